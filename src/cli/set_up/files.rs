//! Files of other programs: read within limits, replaced atomically, and never overwritten while another program changes them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

/// The maximum size of a settings file that is read, in bytes.
pub const LARGEST: u64 = 8 << 20;

/// How many links to missing directories are followed.
const MOST_LINKS: usize = 40;

/// A file as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The file itself, with all symbolic links resolved.
    pub target: PathBuf,
    /// Its content; `None` if it does not exist.
    pub text: Option<String>,
}

/// Reads a file. The error is a phrase for a message.
pub fn read(path: &Path) -> Result<Found, String> {
    let trouble = |error: &io::Error| format!("cannot read it: {error}");
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(Found {
                target: behind_links(path),
                text: None,
            });
        }
        Err(error) => return Err(trouble(&error)),
        Ok(_) => {}
    }
    let target = fs::canonicalize(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "dangling symbolic link".to_owned(),
        _ => trouble(&error),
    })?;
    let bytes = whole(&target).map_err(|error| trouble(&error))?;
    let text = String::from_utf8(bytes).map_err(|_| "not valid UTF-8".to_owned())?;
    Ok(Found {
        target,
        text: Some(text),
    })
}

fn is_dangling(folder: &Path) -> bool {
    folder.is_symlink() && !folder.exists()
}

/// Why a file must not be written although its directory permits it; `None` if it may be.
pub fn forbidden(target: &Path) -> Option<String> {
    let data = fs::metadata(target).ok()?;
    data.permissions()
        .readonly()
        .then(|| "it is read-only".to_owned())
}

/// How many hard links a file has. Replacing it leaves the others with the old content.
#[cfg(unix)]
pub fn names(target: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(target).map_or(1, |data| data.nlink())
}

/// How many hard links a file has. Replacing it leaves the others with the old content.
#[cfg(not(unix))]
pub fn names(_: &Path) -> u64 {
    1
}

/// The path of a file that does not exist: its directories may be links, possibly to missing directories.
fn behind_links(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        let Some(link) = path.ancestors().skip(1).find(|folder| is_dangling(folder)) else {
            break;
        };
        let Some((leads, rest)) = fs::read_link(link).ok().zip(path.strip_prefix(link).ok()) else {
            break;
        };
        path = link.parent().unwrap_or(Path::new("")).join(leads).join(rest);
    }
    let real = path.ancestors().skip(1).find_map(|folder| {
        let rest = path.strip_prefix(folder).ok()?;
        Some(fs::canonicalize(folder).ok()?.join(rest))
    });
    real.unwrap_or_else(|| path.clone())
}

fn whole(path: &Path) -> io::Result<Vec<u8>> {
    // Devices are not even opened: some act when they are.
    check(&fs::metadata(path)?)?;
    let mut options = OpenOptions::new();
    options.read(true);
    // A regular file may have been replaced by a pipe since.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    let file = options.open(path)?;
    check(&file.metadata()?)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > LARGEST {
        true => Err(io::Error::other(format!("larger than {} MiB", LARGEST >> 20))),
        false => Ok(bytes),
    }
}

fn check(data: &fs::Metadata) -> io::Result<()> {
    match data.is_file() {
        true => Ok(()),
        false => Err(io::Error::other("not a regular file")),
    }
}

/// Writes a file atomically, with its existing mode and owner.
pub fn write(target: &Path, text: &str) -> io::Result<()> {
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".leverage-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    if let Ok(present) = fs::metadata(target) {
        keep_owner(file.as_file(), &present);
        file.as_file().set_permissions(present.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(target).map_err(|error| error.error)?;
    Ok(())
}

/// Only the superuser may give a file away; everyone else already owns it.
#[cfg(unix)]
fn keep_owner(file: &File, present: &fs::Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    if file
        .metadata()
        .is_ok_and(|own| (own.uid(), own.gid()) != (present.uid(), present.gid()))
    {
        let _ = fchown(file, Some(present.uid()), Some(present.gid()));
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &fs::Metadata) {}

/// Creates the directories above a file; returns the new ones, outermost first.
pub fn make_folders(target: &Path) -> io::Result<Vec<PathBuf>> {
    let Some(folder) = target.parent() else {
        return Ok(Vec::new());
    };
    let mut missing: Vec<PathBuf> = folder
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        .map(Path::to_owned)
        .collect();
    missing.reverse();
    fs::create_dir_all(folder)?;
    Ok(missing)
}

/// Removes those of these directories that are empty, innermost first; returns the others.
pub fn remove_empty(mut folders: Vec<PathBuf>) -> Vec<PathBuf> {
    folders.sort();
    folders.dedup();
    let mut left = Vec::new();
    for folder in folders.into_iter().rev() {
        if fs::remove_dir(&folder).is_err() && folder.is_dir() {
            left.push(folder);
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_behind_its_link_and_keeps_its_mode() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&file, "a").unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
            std::os::unix::fs::symlink("real", &link).unwrap();
            let found = read(&link).unwrap();
            write(&found.target, "b").unwrap();
            assert_eq!(fs::read_link(&link).unwrap(), Path::new("real"));
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(read(&link).unwrap().text.as_deref(), Some("b"));
        }
    }

    #[test]
    #[cfg(unix)]
    fn what_is_no_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        assert_eq!(read(&path).unwrap().text, None);
        std::os::unix::fs::symlink("x", &path).unwrap();
        assert!(read(&path).is_err(), "a link to itself");
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("gone", &path).unwrap();
        assert_eq!(read(&path).unwrap_err(), "dangling symbolic link");
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(read(&path).unwrap_err().contains("not a regular file"));
        fs::remove_dir(&path).unwrap();
        File::create(&path).unwrap().set_len(LARGEST + 1).unwrap();
        assert!(read(&path).unwrap_err().contains("larger than 8 MiB"));
        fs::write(&path, [0xff]).unwrap();
        assert_eq!(read(&path).unwrap_err(), "not valid UTF-8");
    }

    #[test]
    #[cfg(unix)]
    fn a_file_in_a_linked_folder_has_one_name() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().canonicalize().unwrap();
        std::os::unix::fs::symlink(&real, real.join("link")).unwrap();
        let path = real.join("link/a/b");
        let target = read(&path).unwrap().target;
        assert_eq!(target, real.join("a/b"));
        make_folders(&target).unwrap();
        write(&target, "x").unwrap();
        assert_eq!(read(&path).unwrap().target, target);
    }

    #[test]
    fn folders_that_were_made_go_away_again() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a/b/c");
        let made = make_folders(&target).unwrap();
        assert_eq!(made, [folder.path().join("a"), folder.path().join("a/b")]);
        write(&target, "x").unwrap();
        fs::write(folder.path().join("a/other"), "").unwrap();
        fs::remove_file(&target).unwrap();
        assert_eq!(remove_empty(made), [folder.path().join("a")]);
        assert!(!folder.path().join("a/b").exists());
    }
}
