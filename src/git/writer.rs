//! Who writes to a repository, whether they sign, and why nothing was written.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use git2::Signature;

use super::Repo;
use super::ref_names::{NOTES, PIN};
use crate::facts::commit::{Instant, Person};
use crate::facts::ids::ObjectId;
use crate::facts::record::LARGEST_NOTE;
use crate::facts::shell;

/// How long a writer waits for the lock of another writer of this program.
pub(super) const PATIENCE_WITH_OURS: Duration = Duration::from_secs(60);

/// Whether commits of the ledger are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signing {
    /// They are not signed.
    #[default]
    Off,
    /// Signed as `git commit --gpg-sign` does.
    On,
}

/// Why nothing was written. The previous content is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// No file can be created in the git directory: no permission, or a read-only file system, as in agents' sandboxes.
    #[error("cannot write to `{path}`: {reason}")]
    NotWritable {
        /// The repository.
        path: PathBuf,
        /// The message of the system.
        reason: String,
    },
    /// A full or a broken disk.
    #[error("cannot write to `{path}`: {reason}")]
    Storage {
        /// The repository.
        path: PathBuf,
        /// The message of the system.
        reason: String,
    },
    /// Another process holds a lock, or left one behind.
    #[error("`{path}` {age}; another process is writing, or died while writing")]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// The age of the lock.
        age: String,
    },
    /// Another writer of this program does not finish.
    #[error("another git-leverage process has held `{0}` for {limit} seconds", limit = PATIENCE_WITH_OURS.as_secs())]
    Busy(PathBuf),
    /// The ref moves faster than this program can write.
    #[error("`{0}` keeps changing")]
    Contended(String),
    /// The target of the ref cannot be read: overwriting it would lose data.
    #[error("cannot read {what}: {reason}; it was not overwritten")]
    Unreadable {
        /// The ref, or another part of the ledger.
        what: String,
        /// The reason.
        reason: String,
        /// What can be done about it.
        hint: String,
    },
    /// A note cannot be read: overwriting it would lose data.
    #[error("cannot read the note on {}: {reason}; it was not overwritten", .commit.short())]
    UnreadableNote {
        /// The commit of the note.
        commit: ObjectId,
        /// The reason.
        reason: String,
    },
    /// A commit would be needed, but no author is known.
    #[error("git does not know who you are, but every record needs an author")]
    Nobody,
    /// The user's git should have signed, but did not.
    #[error("git did not sign: {reason}")]
    Unsigned {
        /// The message of git.
        reason: String,
    },
    /// A note would become larger than every reader guarantees to read.
    #[error("the note on {commit} would grow to {size} bytes; the limit is 1 MiB")]
    NoteFull {
        /// The commit of the note.
        commit: ObjectId,
        /// Its size.
        size: usize,
    },
    /// A note is larger than any that is read.
    #[error("the note on {} is too large: {size} bytes; the limit is {} MiB", .commit.short(), LARGEST_NOTE >> 20)]
    NoteTooLarge {
        /// The commit of the note.
        commit: ObjectId,
        /// Its size.
        size: usize,
    },
}

impl WriteError {
    /// The commit whose note is the only obstacle.
    pub fn commit(&self) -> Option<ObjectId> {
        match self {
            Self::NoteFull { commit, .. }
            | Self::NoteTooLarge { commit, .. }
            | Self::UnreadableNote { commit, .. } => Some(*commit),
            _ => None,
        }
    }

    /// A hint for the user.
    pub fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Locked { path, .. } => format!(
                "Try again; if no git command is running in this repository, run `rm {}`",
                shell::quoted(&path.display().to_string())
            ),
            Self::Busy(_) | Self::Contended(_) => "Try again; nothing was lost".into(),
            Self::Unreadable { hint, .. } => hint.clone(),
            Self::UnreadableNote { commit, .. } => {
                format!("Run `git notes --ref=leverage show {}` and `git fsck` to inspect it", commit.short())
            }
            Self::NoteFull { .. } => "Pass `--no-commit` to record the task without a commit".into(),
            Self::NoteTooLarge { commit, .. } => {
                format!("Run `git notes --ref=leverage show {commit}` to inspect it")
            }
            Self::Unsigned { .. } => {
                "Check that `git commit -S` works here, or run `git config --global leverage.sign false` to turn signing off"
                    .into()
            }
            Self::Nobody => {
                return vec![
                    "Run `git config --global user.name 'Your Name'`".into(),
                    "Run `git config --global user.email you@example.org`".into(),
                ];
            }
            Self::NotWritable { .. } => {
                "Nothing was written. Run it again where the git directory is writable, such as outside a sandbox".into()
            }
            Self::Storage { .. } => return Vec::new(),
        };
        vec![hint]
    }

    /// The target of one of the ledger's refs cannot be read; `last` is its last readable commit, if known.
    pub(super) fn of_reference(reference: &str, error: &git2::Error, last: Option<ObjectId>) -> Self {
        Self::Unreadable {
            what: format!("`{reference}`"),
            reason: error.message().to_owned(),
            hint: match last {
                Some(last) => format!(
                    "Run `git fsck` to inspect it, or `git update-ref {reference} {last}` to return to the last readable state"
                ),
                None => format!("Run `git log {reference}` and `git fsck` to inspect it"),
            },
        }
    }

    /// A failed write; writing a small file shows whether any write could have succeeded.
    pub(super) fn storage(repo: &Repo, reason: &str) -> Self {
        let path = repo.common_dir().to_owned();
        let reason = match reason {
            "" | "no error" => reason_of_the_system(repo),
            said => cause_first(said),
        };
        match is_writable(repo) {
            true => Self::Storage { path, reason },
            false => Self::NotWritable { path, reason },
        }
    }

    /// A write that failed with a system error.
    pub(super) fn of_system(repo: &Repo, error: &io::Error) -> Self {
        match Self::storage(repo, &error.to_string()) {
            Self::Storage { path, reason } if is_refused(error) => Self::NotWritable { path, reason },
            failed => failed,
        }
    }

    pub(super) fn git(repo: &Repo, error: &git2::Error) -> Self {
        Self::storage(repo, error.message())
    }
}

/// Whether the system forbids writing, to everyone or to this user.
fn is_refused(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
    )
}

/// Whether a file can be created wherever a write creates one: beside the lock, among the objects and among the refs.
pub fn is_writable(repo: &Repo) -> bool {
    !refusals(repo).any(|(_, error)| is_refused(&error))
}

/// The directories in which a write creates files and in which none can be created, each with the system's message. The test file
/// has no name: git would take a file among the refs for a ref, and a killed process would leave it behind.
pub(super) fn refusals(repo: &Repo) -> impl Iterator<Item = (PathBuf, io::Error)> + use<> {
    let common = repo.common_dir();
    // The directories of a ref are created with it; a file in the place of one is an obstacle.
    let present = |reference: &str| {
        let reference = common.join(reference);
        let above = reference.ancestors().skip(1).find(|above| above.exists());
        above.unwrap_or(common).to_owned()
    };
    let folders = [common.to_owned(), repo.objects(), present(NOTES), present(PIN)];
    folders.into_iter().filter_map(|folder| {
        let error = tempfile::tempfile_in(&folder).err()?;
        Some((folder, error))
    })
}

/// libgit2's message, with the cause before the operation, and without internal details: `No space left on device (cannot extend
/// packfile)` for `cannot extend packfile '/…/tmp': No space left on device; class=Os (2)`.
fn cause_first(said: &str) -> String {
    let said = said.split("; class=").next().unwrap_or(said);
    match said.rsplit_once(": ") {
        Some((what, cause)) if !what.is_empty() && !cause.contains('\'') => {
            let what = what.split('\'').next().unwrap_or(what).trim_end();
            let what = what.trim_end_matches(" file at").trim_end_matches(" for");
            format!("{cause} ({what})")
        }
        _ => said.to_owned(),
    }
}

/// Why nothing can be written if libgit2 does not say: the system's error for a small file.
fn reason_of_the_system(repo: &Repo) -> String {
    let attempt = || -> io::Result<()> {
        let mut file = tempfile::tempfile_in(repo.objects())?;
        file.write_all(&[0; 4096])?;
        file.sync_all()
    };
    match attempt() {
        Err(error) => error.to_string(),
        Ok(()) => "libgit2 gives no reason".to_owned(),
    }
}

/// Who writes, and when.
#[derive(Debug, Clone)]
pub struct Writer {
    /// The user's identity, as for a commit.
    pub person: Person,
    /// The time of the commit.
    pub time: Instant,
    /// Whether it is signed.
    pub signing: Signing,
    /// The settings for a git that signs, as `NAME=VALUE`: [`super::signing::programs`].
    pub signing_config: Vec<String>,
}

impl Writer {
    pub(super) fn signature(&self, repo: &Repo) -> Result<Signature<'static>, WriteError> {
        let time = git2::Time::new(self.time.seconds, self.time.offset.into());
        Signature::new(&self.person.name, &self.person.email, &time)
            .map_err(|error| WriteError::git(repo, &error))
    }
}
