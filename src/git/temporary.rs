//! Temporary files of a process that another one may kill at any time: they go to a directory that the other one names, and
//! removes afterwards.
//!
//! The directory is created when it is needed: most processes leave nothing behind, whichever of the two ends first.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::folder;

/// The variable that tells a process where to put temporary files.
pub const VARIABLE: &str = "TMPDIR";
/// The prefix of such directories' names.
const PREFIX: &str = "git-leverage-";

/// A directory for one process, which finds it in [`VARIABLE`]. It is removed with its content when this is dropped.
#[derive(Debug)]
pub struct Lent(PathBuf);

impl Lent {
    /// A directory that does not exist yet, below `directory`, with an unguessable name.
    pub fn below(folder: &Path) -> io::Result<Self> {
        let names =
            tempfile::Builder::new()
                .prefix(PREFIX)
                .rand_bytes(16)
                .make_in(folder, |name| match name.symlink_metadata() {
                    Ok(_) => Err(io::ErrorKind::AlreadyExists.into()),
                    Err(_) => Ok(()),
                })?;
        Ok(Self(names.into_temp_path().keep()?))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Usually it does not exist.
        let _ = folder::remove_with_all(&self.0);
    }
}

/// A directory of this process, which is removed when dropped.
pub(super) fn fresh() -> io::Result<TempDir> {
    fresh_in(&tempfile::env::temp_dir())
}

fn fresh_in(parent: &Path) -> io::Result<TempDir> {
    let name = parent.file_name().unwrap_or_default().to_string_lossy();
    if name.starts_with(PREFIX) && parent.symlink_metadata().is_err() {
        make(parent)?;
    }
    tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)
}

/// Creates a directory that nobody else can read.
fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_in_a_lent_folder_goes_with_it() {
        let place = tempfile::tempdir().unwrap();
        let count = || folder::present(place.path()).count();
        let lent = Lent::below(place.path()).unwrap();
        assert_eq!(count(), 0, "created only when needed");
        for _ in 0..2 {
            let left = fresh_in(lent.path()).unwrap().keep();
            fs::write(left.join("packed-refs"), "").unwrap();
        }
        assert_eq!((count(), folder::present(lent.path()).count()), (1, 2));
        drop(lent);
        assert_eq!(count(), 0);
        drop(Lent::below(place.path()).unwrap());
        assert!(
            fresh_in(&place.path().join("nowhere")).is_err(),
            "a directory that nobody lent"
        );
    }
}
