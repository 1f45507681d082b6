//! Which program a hook calls, determined without running any.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::cli::environment::Environment;
use crate::cli::set_up::states::on_path;
use crate::doctor::evidence::{Called, OwnProgram};
use crate::integrations::settings::command::PROGRAM;

/// The number of bytes compared at once.
const PIECE: usize = 1 << 16;

/// This program, and the program of its name on the PATH.
pub(super) fn own(environment: &Environment) -> OwnProgram {
    let path = std::env::current_exe().ok();
    let on_path = on_path(environment, PROGRAM);
    OwnProgram {
        is_on_path: (path.as_deref().zip(on_path.as_deref())).is_some_and(|(own, other)| is_same(own, other)),
        path,
        on_path,
    }
}

/// What the program in a command resolves to.
pub(super) fn called(word: &str, environment: &Environment) -> Called {
    // As git finds it.
    let word = if word == "git leverage" { PROGRAM } else { word };
    let is_path = word.contains(['/', '\\']);
    let path = match is_path {
        true => Some(environment.resolve(word)),
        false => on_path(environment, word),
    };
    let Some(path) = path.filter(|path| path.is_file()) else {
        return Called::Missing;
    };
    if !is_executable(&path) {
        return Called::NotExecutable(path);
    }
    match std::env::current_exe() {
        Ok(own) if is_same(&own, &path) => Called::This,
        _ => Called::Another(path),
    }
}

#[cfg(unix)]
fn is_executable(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|data| data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(_: &Path) -> bool {
    true
}

/// Whether two files are the same, or copies of each other.
fn is_same(one: &Path, other: &Path) -> bool {
    if one
        .canonicalize()
        .ok()
        .is_some_and(|one| other.canonicalize().is_ok_and(|other| one == other))
    {
        return true;
    }
    let size = |path: &Path| path.metadata().ok().map(|data| data.len());
    size(one).is_some() && size(one) == size(other) && has_same_bytes(one, other).unwrap_or(false)
}

fn has_same_bytes(one: &Path, other: &Path) -> std::io::Result<bool> {
    let (mut one, mut other) = (File::open(one)?, File::open(other)?);
    let (mut left, mut right) = (vec![0; PIECE], vec![0; PIECE]);
    loop {
        let read = one.read(&mut left)?;
        if read == 0 {
            return Ok(true);
        }
        if other.read_exact(&mut right[..read]).is_err() || left[..read] != right[..read] {
            return Ok(false);
        }
    }
}
