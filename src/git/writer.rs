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

/// How long a writer waits for the lock of another one of ours.
pub(super) const PATIENCE_WITH_OURS: Duration = Duration::from_secs(60);

/// Whether commits of the ledger are signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signing {
    /// They are not.
    #[default]
    Off,
    /// As `git commit --gpg-sign` signs.
    On,
}

/// Why nothing was written. What was there before is there still.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// No file can be made in git's folder: no permission, or a read-only file system, as agents' sandboxes make of it.
    #[error("cannot write to `{path}`: {reason}")]
    NotWritable {
        /// The repository.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A full or a broken disk.
    #[error("cannot write to `{path}`: {reason}")]
    Storage {
        /// The repository.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// Somebody else holds a lock, or left one behind.
    #[error("`{path}` {age}; another process is writing, or died while it was")]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long it has been there.
        age: String,
    },
    /// Another of our writers does not finish.
    #[error("another git-leverage has held `{0}` for {limit} seconds", limit = PATIENCE_WITH_OURS.as_secs())]
    Busy(PathBuf),
    /// The reference moves faster than we can write.
    #[error("`{0}` keeps changing under us")]
    Contended(String),
    /// What the reference names cannot be read: to write over it would lose it.
    #[error("{what} cannot be read: {reason}; nothing was written over it")]
    Unreadable {
        /// The reference, or what else of the ledger it is.
        what: String,
        /// What is wrong.
        reason: String,
        /// What can be done about it.
        hint: String,
    },
    /// A note cannot be read: to write over it would lose it.
    #[error("the note on {} cannot be read: {reason}; nothing was written over it", .commit.short())]
    UnreadableNote {
        /// The commit that it is on.
        commit: ObjectId,
        /// What is wrong.
        reason: String,
    },
    /// A commit would have to be made, and nobody is there to make it.
    #[error("git does not know who you are, and every record names its author")]
    Nobody,
    /// The user's git is to sign, and did not.
    #[error("git did not sign: {reason}")]
    Unsigned {
        /// What git said.
        reason: String,
    },
    /// A note would be larger than every reader promises to read.
    #[error("the note on {commit} would grow to {size} bytes; a note holds at most 1 MiB")]
    NoteFull {
        /// The commit that it is on.
        commit: ObjectId,
        /// Its size.
        size: usize,
    },
    /// A note is larger than any that is read.
    #[error("the note on {} has {size} bytes, and no ledger holds one above {} MiB", .commit.short(), LARGEST_NOTE >> 20)]
    NoteTooLarge {
        /// The commit that it is on.
        commit: ObjectId,
        /// Its size.
        size: usize,
    },
}

impl WriteError {
    /// The commit whose note alone is in the way.
    pub fn commit(&self) -> Option<ObjectId> {
        match self {
            Self::NoteFull { commit, .. }
            | Self::NoteTooLarge { commit, .. }
            | Self::UnreadableNote { commit, .. } => Some(*commit),
            _ => None,
        }
    }

    /// What the user can do about it.
    pub fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Locked { path, .. } => format!(
                "Try again; if no git command runs in this repository: rm {}",
                shell::quoted(&path.display().to_string())
            ),
            Self::Busy(_) | Self::Contended(_) => "Try again; nothing was lost".into(),
            Self::Unreadable { hint, .. } => hint.clone(),
            Self::UnreadableNote { commit, .. } => {
                format!("Inspect it: git notes --ref=leverage show {}; git fsck", commit.short())
            }
            Self::NoteFull { .. } => "Record the task without a commit: --no-commit".into(),
            Self::NoteTooLarge { commit, .. } => {
                format!("Inspect it: git notes --ref=leverage show {commit}")
            }
            Self::Unsigned { .. } => {
                "Check that `git commit -S` works here, or turn it off: git config --global leverage.sign false"
                    .into()
            }
            Self::Nobody => {
                return vec![
                    "Run: git config --global user.name 'Your Name'".into(),
                    "and: git config --global user.email you@example.org".into(),
                ];
            }
            Self::NotWritable { .. } => {
                "Nothing was written. Run it again where git's folder can be written, such as outside of a sandbox".into()
            }
            Self::Storage { .. } => return Vec::new(),
        };
        vec![hint]
    }

    /// What a reference of ours names cannot be read; `last` is the last commit of it that can, where one is known.
    pub(super) fn of_reference(reference: &str, error: &git2::Error, last: Option<ObjectId>) -> Self {
        Self::Unreadable {
            what: format!("`{reference}`"),
            reason: error.message().to_owned(),
            hint: match last {
                Some(last) => format!(
                    "Inspect it with `git fsck`, or go on from the last state that can be read: \
                     git update-ref {reference} {last}"
                ),
                None => format!("Inspect it: git log {reference}; git fsck"),
            },
        }
    }

    /// A write that failed; what a small file is told says whether any could have been made.
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

    /// A write that failed with an error of the system.
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

/// Whether the system lets nobody write, or not us.
fn is_refused(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
    )
}

/// Whether a file can be made wherever a write makes one: beside the lock, among the objects and among the references.
pub fn is_writable(repo: &Repo) -> bool {
    !refusals(repo).any(|(_, error)| is_refused(&error))
}

/// The folders that a write makes files in and in which none can be made, each with what the system says. What is tried has no
/// name: git would take a file among the references for one, and a process that is killed would leave it there.
pub(super) fn refusals(repo: &Repo) -> impl Iterator<Item = (PathBuf, io::Error)> + use<> {
    let common = repo.common_dir();
    // The folders of a reference are made with it; what stands in the place of one is in the way.
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

/// What libgit2 says, with the cause before what it was about to do, and without the marks of its own code: `No space left on
/// device (cannot extend packfile)` of `cannot extend packfile '/…/tmp': No space left on device; class=Os (2)`.
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

/// Why nothing can be written where libgit2 does not say: what the system says to a small file.
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
    /// What a git that signs is told, as `NAME=VALUE`: [`super::signing::programs`].
    pub signing_config: Vec<String>,
}

impl Writer {
    pub(super) fn signature(&self, repo: &Repo) -> Result<Signature<'static>, WriteError> {
        let time = git2::Time::new(self.time.seconds, self.time.offset.into());
        Signature::new(&self.person.name, &self.person.email, &time)
            .map_err(|error| WriteError::git(repo, &error))
    }
}
