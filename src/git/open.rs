//! Opens a repository in such a way that its configuration cannot change what is read.

use std::cell::{OnceCell, RefCell};
use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use git2::{ErrorCode, Index, ObjectFormat, Oid, Repository, RepositoryOpenFlags};

use super::config::{Config, ConfigFiles};
use super::descent::met::Met;
use super::files::FileError;
use super::graph::known::Graph;
use super::remote_url;
use super::replacements::Replaced;
use super::screen;
use super::settle::Settling;
use super::shadow::Shadow;
use super::store::Packs;
use crate::facts::ids::ObjectId;
use crate::facts::lineage::Lineage;

/// An open repository.
///
/// Its index is replaced in memory by an empty one: libgit2 looks for attributes there, and fails every tree diff if the real
/// index is sparse, split or damaged.
pub struct Repo {
    inner: Repository,
    /// The shadow that libgit2 opened instead, if it cannot open the repository itself.
    shadow: Option<Arc<Shadow>>,
    common_dir: PathBuf,
    /// The cached result of [`Repo::replaced`].
    pub(super) replaced: OnceCell<Arc<Replaced>>,
    /// Its packs, once an object was read.
    pub(super) packs: OnceCell<Arc<Packs>>,
    /// Its commits, as far as they were read.
    pub(super) graph: RefCell<Graph>,
    /// Where its objects are, once that was needed.
    pub(super) object_folders: OnceCell<Vec<PathBuf>>,
    /// Objects whose files were found intact.
    pub(super) whole: RefCell<HashSet<Oid>>,
    /// Commits that were read to determine their order.
    pub(super) met: RefCell<Met>,
    /// How writes are made durable.
    pub(super) settling: Settling,
}

/// Why a directory could not be opened as a repository.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Neither the directory nor, when searched, a parent is a repository.
    #[error("not a git repository: `{0}`")]
    NotARepository(PathBuf),
    /// Git would refuse it, too.
    #[error("`{0}` belongs to another user")]
    ForeignOwner(PathBuf),
    /// An extension that this program or git does not know.
    #[error("unsupported repository format at `{path}`: {reason}")]
    Unsupported {
        /// The directory.
        path: PathBuf,
        /// The message from libgit2.
        reason: String,
    },
    /// One of its files is a pipe or a device, or unreasonably large.
    #[error("refused to open `{path}`: {reason}")]
    Refused {
        /// The directory.
        path: PathBuf,
        /// The file, and the reason.
        reason: FileError,
    },
    /// Any other error.
    #[error("cannot open `{path}`: {reason}")]
    Unreadable {
        /// The directory.
        path: PathBuf,
        /// The message from libgit2.
        reason: String,
    },
}

impl OpenError {
    /// A hint for the user.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotARepository(_) => {
                Some("Change to a repository with `git leverage -C PATH`, or run `git init` first".into())
            }
            Self::ForeignOwner(path) => Some(format!(
                "If you trust it, run `git config --global --add safe.directory '{}'`",
                path.display()
            )),
            Self::Unsupported { .. } | Self::Refused { .. } | Self::Unreadable { .. } => None,
        }
    }

    fn new(path: &Path, error: &git2::Error) -> Self {
        let path = path.to_owned();
        let reason = error.message().to_owned();
        match error.code() {
            ErrorCode::NotFound => Self::NotARepository(path),
            ErrorCode::Owner => Self::ForeignOwner(path),
            _ if reason.contains("unsupported extension") || reason.contains("unknown object format") => {
                Self::Unsupported { path, reason }
            }
            _ => Self::Unreadable { path, reason },
        }
    }
}

impl Repo {
    /// Opens the repository at `path`: the top of a working tree, a `.git` directory or file, or a bare repository.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        Self::look_at_files(path, false)?;
        Self::open_with(path, RepositoryOpenFlags::NO_SEARCH)
            .or_else(|error| Self::open_through_git(path, false, error))
    }

    /// Opens the repository that contains `path`, searching upwards as git does.
    pub fn discover(path: &Path) -> Result<Self, OpenError> {
        Self::look_at_files(path, true)?;
        Self::open_with(path, RepositoryOpenFlags::empty())
            .or_else(|error| Self::open_through_git(path, true, error))
    }

    fn look_at_files(path: &Path, upwards: bool) -> Result<(), OpenError> {
        screen::check(path, upwards).map_err(|reason| OpenError::Refused {
            path: path.to_owned(),
            reason,
        })
    }

    /// Opens an open repository again, at its `.git` directory.
    pub(super) fn reopen(git_dir: &Path) -> Result<Self, OpenError> {
        match Shadow::in_use(git_dir) {
            Some(shadow) => Self::open_shadow(shadow),
            None => Self::open_with(git_dir, RepositoryOpenFlags::NO_SEARCH),
        }
    }

    /// Opens a repository that git can read and libgit2 cannot.
    fn open_through_git(path: &Path, upwards: bool, refused: OpenError) -> Result<Self, OpenError> {
        if !matches!(refused, OpenError::Unsupported { .. }) {
            return Err(refused);
        }
        let shadow = Shadow::of(path, upwards).map_err(|error| {
            let (path, reason) = (path.to_owned(), error.to_string());
            match error.kind() {
                _ if reason.contains("safe.directory") => OpenError::ForeignOwner(path),
                io::ErrorKind::Unsupported => refused,
                _ => OpenError::Unsupported { path, reason },
            }
        })?;
        Self::open_shadow(shadow)
    }

    fn open_shadow(shadow: Arc<Shadow>) -> Result<Self, OpenError> {
        let common_dir = shadow.place.common_dir.clone();
        let opened = Self::open_with(shadow.folder(), RepositoryOpenFlags::NO_SEARCH)?;
        Ok(Self {
            common_dir,
            shadow: Some(shadow),
            ..opened
        })
    }

    fn open_with(path: &Path, flags: RepositoryOpenFlags) -> Result<Self, OpenError> {
        let no_ceilings: [&Path; 0] = [];
        let inner =
            Repository::open_ext(path, flags, no_ceilings).map_err(|error| OpenError::new(path, &error))?;
        Index::new_ext(inner.object_format())
            .and_then(|mut index| inner.set_index(&mut index))
            .map_err(|error| OpenError::new(path, &error))?;
        // One repository has one common directory, however it was reached.
        let common_dir = inner
            .commondir()
            .canonicalize()
            .unwrap_or_else(|_| inner.commondir().to_owned());
        Ok(Self {
            inner,
            shadow: None,
            common_dir,
            replaced: OnceCell::new(),
            packs: OnceCell::new(),
            graph: RefCell::default(),
            object_folders: OnceCell::new(),
            whole: RefCell::default(),
            met: RefCell::default(),
            settling: Settling::default(),
        })
    }

    /// The directory that all its working trees share. Two handles with the same one are the same repository.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The `.git` directory of this working tree, or the bare repository itself.
    pub fn git_dir(&self) -> &Path {
        match &self.shadow {
            Some(shadow) => &shadow.place.git_dir,
            None => self.inner.path(),
        }
    }

    /// The top of the working tree, if there is one.
    pub fn work_dir(&self) -> Option<&Path> {
        match &self.shadow {
            Some(shadow) => shadow.place.work_dir.as_deref(),
            None => self.inner.workdir(),
        }
    }

    /// The path that a person would use for the repository: its working tree, or the directory itself if it is bare.
    pub fn place(&self) -> &Path {
        let own = self.work_dir().unwrap_or_else(|| self.git_dir());
        match own.file_name() {
            Some(name) if name == ".git" => own.parent().unwrap_or(own),
            _ => own,
        }
    }

    /// Its path, and the repository on this machine that it was cloned from.
    pub fn lineage(&self) -> Lineage {
        let origin = self.inner.find_remote("origin").ok();
        let url = origin.as_ref().and_then(|remote| remote.url().ok());
        let folder = url.map(|url| url.strip_prefix("file://").unwrap_or(url));
        let folder = folder.map(|folder| self.place().join(folder));
        Lineage {
            place: self.common_dir.clone(),
            is_linked: match &self.shadow {
                Some(shadow) => shadow.place.git_dir != shadow.place.common_dir,
                None => self.inner.is_worktree(),
            },
            origin: folder.as_ref().and_then(|folder| folder.canonicalize().ok()),
            named: folder,
            is_named_after_origin: url.is_some_and(|url| Lineage::is_name_of(&self.name(), url)),
            key: url.and_then(remote_url::key),
            rank: 0,
            generation: None,
            marks: None,
        }
    }

    /// The last part of its path, without `.git`: `tokio` for `/src/tokio`. Untrusted text.
    pub fn name(&self) -> String {
        let name = self.place().file_name().unwrap_or_default().to_string_lossy();
        name.strip_suffix(".git").unwrap_or(&name).to_owned()
    }

    /// The settings as git reads them, including the repository's own.
    pub fn config(&self, files: &ConfigFiles) -> Config {
        Config::read(files, Some((&self.common_dir, self.git_dir())))
    }

    /// The commit at HEAD, or `None` if the branch is unborn.
    pub fn head(&self) -> Result<Option<ObjectId>, git2::Error> {
        let head = match self.raw().head() {
            Ok(head) => head,
            Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => {
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        // A missing commit is damage, not an unborn branch: only the lookup of the ref may return `None`.
        Ok(self.commit_of(&head)?.and_then(|commit| object_id(commit.id())))
    }

    /// Whether it is a shallow clone.
    pub fn is_shallow(&self) -> bool {
        self.inner.is_shallow()
    }

    /// Whether it has no working tree.
    pub fn is_bare(&self) -> bool {
        self.inner.is_bare()
    }

    /// Whether writes through this handle are flushed to disk before they are acknowledged; off unless requested.
    pub fn set_fsync(&self, fsync: bool) {
        self.settling.fsync.set(fsync);
    }

    /// Adds a notice to show with the next record.
    pub fn doubt(&self, doubt: String) {
        self.settling.doubt(doubt);
    }

    /// What was not perfect about the last writes, which are complete; each notice is returned once.
    pub fn take_doubts(&self) -> Vec<String> {
        self.settling.take_doubts()
    }

    /// The length of its object names in bytes: 20 for SHA-1, or 32 for SHA-256.
    pub(super) fn id_width(&self) -> usize {
        match self.inner.object_format() {
            ObjectFormat::Sha1 => 20,
            ObjectFormat::Sha256 => 32,
        }
    }

    /// The shadow that replaces it, if libgit2 cannot open it.
    pub(super) fn shadow(&self) -> Option<&Shadow> {
        self.shadow.as_deref()
    }

    /// Refreshes refs after git moved some.
    pub(super) fn refresh(&self) -> io::Result<()> {
        self.shadow().map_or(Ok(()), Shadow::refresh)
    }

    /// What libgit2 opens: its `.git` directory, or the shadow.
    pub(super) fn opened_as(&self) -> &Path {
        self.inner.path()
    }

    /// The directory whose `refs` are files, one per ref.
    pub(super) fn files_of_references(&self) -> &Path {
        match &self.shadow {
            Some(shadow) if shadow.is_reftable => shadow.folder(),
            _ => &self.common_dir,
        }
    }

    /// Where its objects are.
    pub(super) fn objects(&self) -> PathBuf {
        self.common_dir.join("objects")
    }

    /// The handle itself, for other modules of `git/` only.
    pub(super) fn raw(&self) -> &Repository {
        &self.inner
    }
}

/// Converts libgit2's id.
pub(super) fn object_id(oid: git2::Oid) -> Option<ObjectId> {
    ObjectId::from_bytes(oid.as_bytes())
}
