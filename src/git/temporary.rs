//! Where a process that another one may end at any time puts what is temporary: into a folder that the other one named, and
//! removes after it.
//!
//! The folder is made when it is needed: nothing is left behind by most processes, whichever of the two ends first.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::folder;

/// The variable that tells a process where temporary files belong.
pub const VARIABLE: &str = "TMPDIR";
/// What the names of such folders begin with.
const PREFIX: &str = "git-leverage-";

/// A folder for one process, which finds it in [`VARIABLE`]. What is in it when this is dropped is removed with it.
#[derive(Debug)]
pub struct Lent(PathBuf);

impl Lent {
    /// One that is not there yet, below `folder`, with a name that nobody can guess.
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

    /// Where it is to be.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Mostly there is none.
        let _ = folder::remove_with_all(&self.0);
    }
}

/// A folder of this process's own, which is removed when it is dropped.
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

/// Makes a folder that nobody else can look into.
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
        assert_eq!(count(), 0, "it is made when it is needed");
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
            "a folder that nobody lent"
        );
    }
}
