//! Whether a working tree is as git left it: told by the stat data in the index, as `git status` does, so that no file is opened.
//!
//! Only what is certain is told. Everything else is left to libgit2: any file whose stat data differ, submodules that are
//! checked out, directories that are not ignored, and file systems without such data.

use git2::{DiffOptions, Error, Repository};

use super::index::{Stat, Tracked, parse};
use super::screen::LARGEST_INDEX;
use super::{Repo, files};

/// Deeper working trees are left to libgit2: each level needs an open directory.
const DEEPEST: usize = 64;
/// So many files are compared one by one if they could have changed in the moment in which the index was written.
const MOST_RACY: usize = 64;
/// So many paths that are not tracked are looked up one by one.
const MOST_UNKNOWN: usize = 256;
/// The part of a mode that is its type.
const TYPE: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const LINK: u32 = 0o120_000;
const SUBMODULE: u32 = 0o160_000;

/// What the stat data leave open.
#[derive(Debug, Default)]
struct Open {
    /// Files that were modified no earlier than the index: they may have been modified again since.
    racy: Vec<Vec<u8>>,
    /// What is not tracked: ignored, or new.
    unknown: Vec<Unknown>,
}

/// A path that is not tracked.
#[derive(Debug)]
struct Unknown {
    path: Vec<u8>,
    is_folder: bool,
}

impl Repo {
    /// The number of new files in a working tree that has no other changes; `None` if that is not certain. `open` opens it with
    /// its index, after checking the directories above the paths that are passed to it.
    pub(super) fn untouched(
        &self,
        open: impl FnOnce(&[Vec<u8>]) -> Result<Repository, Error>,
    ) -> Result<Option<u64>, Error> {
        let Some(left) = self.compare_stat() else {
            return Ok(None);
        };
        if left.racy.is_empty() && left.unknown.is_empty() {
            return Ok(Some(0));
        }
        // The directories above each path, and for certainty those that are not tracked: libgit2 looks for patterns there.
        let unknown = left
            .unknown
            .iter()
            .map(|unknown| [&unknown.path[..], b"/x"].concat());
        let paths: Vec<Vec<u8>> = left.racy.iter().cloned().chain(unknown).collect();
        let repo = open(&paths)?;
        left.settle(&repo)
    }

    /// Compares all files with the stat data; `None` if any differs.
    fn compare_stat(&self) -> Option<Open> {
        let place = self.git_dir().join("index");
        let written = place.symlink_metadata().ok()?;
        let index = files::read(&place, LARGEST_INDEX).ok()??;
        let index = parse(&index, self.id_width())?;
        let tree = self.head_tree().ok()?.id();
        if index.tree?.as_bytes() != tree.as_bytes() {
            return None;
        }
        unix::compare(self.work_dir()?, &index.files, &written)
    }
}

impl Open {
    fn settle(&self, repo: &Repository) -> Result<Option<u64>, Error> {
        if !self.racy.is_empty() {
            let mut options = DiffOptions::new();
            options.disable_pathspec_match(true).update_index(false);
            for path in &self.racy {
                options.pathspec(as_path(path));
            }
            let compared = repo.diff_index_to_workdir(None, Some(&mut options))?;
            if compared.deltas().len() > 0 {
                return Ok(None);
            }
        }
        let mut new = 0;
        for unknown in &self.unknown {
            let is_ignored = repo.is_path_ignored(as_path(&unknown.path))?;
            match (is_ignored, unknown.is_folder) {
                (true, _) => {}
                (false, false) => new += 1,
                // It may contain only ignored files.
                (false, true) => return Ok(None),
            }
        }
        Ok(Some(new))
    }
}

#[cfg(unix)]
fn as_path(path: &[u8]) -> std::path::PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::path::PathBuf::from(std::ffi::OsStr::from_bytes(path))
}

#[cfg(not(unix))]
fn as_path(path: &[u8]) -> std::path::PathBuf {
    std::path::PathBuf::from(String::from_utf8_lossy(path).into_owned())
}

#[cfg(not(unix))]
mod unix {
    use super::{Open, Tracked};

    /// On other systems, the stat data in the index are not reliable enough.
    pub(super) fn compare(_: &std::path::Path, _: &[Tracked], _: &std::fs::Metadata) -> Option<Open> {
        None
    }
}

#[cfg(unix)]
mod unix {
    use std::ffi::CString;
    use std::fs::Metadata;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
    use std::os::unix::fs::MetadataExt as _;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, openat, statat};

    use super::{
        DEEPEST, LINK, MOST_RACY, MOST_UNKNOWN, Open, REGULAR, SUBMODULE, Stat, TYPE, Tracked, Unknown,
    };

    pub(super) fn compare(work_dir: &Path, files: &[Tracked], written: &Metadata) -> Option<Open> {
        let written = (written.mtime() as u32, written.mtime_nsec() as u32);
        let mut walk = Walk {
            written,
            left: Open::default(),
        };
        let top = folder(CWD, work_dir)?;
        walk.compare(&top, files, 0, 0)?;
        Some(walk.left)
    }

    /// Opens a directory, but follows no link to one.
    fn folder(at: BorrowedFd<'_>, path: impl rustix::path::Arg) -> Option<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        openat(at, path, flags, Mode::empty()).ok()
    }

    struct Walk {
        /// When the index was.
        written: (u32, u32),
        left: Open,
    }

    impl Walk {
        /// Compares an open directory with the `files` in it, whose paths continue at `start`; `None` if something differs.
        fn compare(
            &mut self,
            folder_of: &OwnedFd,
            files: &[Tracked],
            start: usize,
            depth: usize,
        ) -> Option<()> {
            if depth > DEEPEST {
                return None;
            }
            let names = names(folder_of)?;
            let mut known = Vec::with_capacity(names.len());
            let mut rest = files;
            while let Some(first) = rest.first() {
                let path = &first.path[start..];
                let end = memchr::memchr(b'/', path);
                let name = &path[..end.unwrap_or(path.len())];
                if matches!(name, b"" | b"." | b"..") {
                    return None;
                }
                let inside = match end {
                    None => 1,
                    Some(_) => rest.partition_point(|file| is_below(&file.path[start..], name)),
                };
                let (here, after) = rest.split_at(inside);
                rest = after;
                known.push(name);
                let name = CString::new(name).ok()?;
                match end {
                    None => self.compare_file(folder_of.as_fd(), &name, first)?,
                    Some(end) => {
                        let below = folder(folder_of.as_fd(), name.as_c_str())?;
                        self.compare(&below, here, start + end + 1, depth + 1)?;
                    }
                }
            }
            known.sort_unstable();
            let above = files.first().map_or(&b""[..], |file| &file.path[..start]);
            self.note_unknown(names, &known, above, depth)
        }

        fn compare_file(&mut self, folder_of: BorrowedFd<'_>, name: &CString, file: &Tracked) -> Option<()> {
            if file.mode == SUBMODULE {
                // One that is not checked out is an empty directory.
                let inside = folder(folder_of, name.as_c_str())?;
                return names(&inside)?.is_empty().then_some(());
            }
            let found = statat(folder_of, name.as_c_str(), AtFlags::SYMLINK_NOFOLLOW).ok()?;
            let kind = FileType::from_raw_mode(found.st_mode);
            let is_executable = Mode::from_raw_mode(found.st_mode).contains(Mode::XUSR);
            let fits = match file.mode & TYPE {
                REGULAR => kind == FileType::RegularFile && is_executable == (file.mode & 0o100 != 0),
                LINK => kind == FileType::Symlink,
                _ => false,
            };
            let stat = Stat {
                changed: (found.st_ctime as u32, found.st_ctime_nsec as u32),
                modified: (found.st_mtime as u32, found.st_mtime_nsec as u32),
                inode: found.st_ino as u32,
                owner: found.st_uid as u32,
                group: found.st_gid as u32,
                size: found.st_size as u32,
            };
            if !fits || stat != file.stat {
                return None;
            }
            if stat.modified >= self.written {
                self.left.racy.push(file.path.clone());
            }
            (self.left.racy.len() <= MOST_RACY).then_some(())
        }

        /// Notes which of the `names` in the directory `above` are not among the sorted ones that are `known`.
        fn note_unknown(
            &mut self,
            names: Vec<(Vec<u8>, FileType)>,
            known: &[&[u8]],
            above: &[u8],
            depth: usize,
        ) -> Option<()> {
            for (name, kind) in names {
                if known.binary_search(&name.as_slice()).is_ok() {
                    continue;
                }
                if name == b".git" {
                    // Below the top, another repository is inside.
                    match depth {
                        0 => continue,
                        _ => return None,
                    }
                }
                let is_folder = match kind {
                    FileType::RegularFile | FileType::Symlink => false,
                    FileType::Directory => true,
                    _ => return None,
                };
                let path = [above, &name].concat();
                self.left.unknown.push(Unknown { path, is_folder });
            }
            (self.left.unknown.len() <= MOST_UNKNOWN).then_some(())
        }
    }

    /// Whether a path starts with the directory `name`.
    fn is_below(path: &[u8], name: &[u8]) -> bool {
        path.strip_prefix(name).is_some_and(|rest| rest.starts_with(b"/"))
    }

    /// What is in a directory.
    fn names(folder_of: &OwnedFd) -> Option<Vec<(Vec<u8>, FileType)>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(folder_of).ok()? {
            let entry = entry.ok()?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                names.push((name.to_owned(), entry.file_type()));
            }
        }
        Some(names)
    }
}
