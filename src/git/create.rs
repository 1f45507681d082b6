//! Creates new repositories, commit by commit, for the demo. It never touches an existing one.

use std::path::Path;

use git2::build::{CheckoutBuilder, TreeUpdateBuilder};
use git2::{FileMode, Oid, Repository, RepositoryInitOptions, Signature, Time};

use super::open::object_id;
use crate::facts::commit::{Instant, Person};
use crate::facts::ids::ObjectId;

/// Why a repository could not be created.
#[derive(Debug, thiserror::Error)]
#[error("cannot create the repository: {0}")]
pub struct CreateError(#[from] git2::Error);

/// A repository being created: one branch, `main`.
pub struct NewRepo {
    inner: Repository,
    tip: Option<Oid>,
}

/// One commit to create.
#[derive(Debug, Clone, PartialEq)]
pub struct Change<'a> {
    /// The complete new content of files, by path.
    pub files: &'a [(String, String)],
    /// The message, trailers included.
    pub message: &'a str,
    /// Author and committer.
    pub author: &'a Person,
    /// When.
    pub at: Instant,
}

impl NewRepo {
    /// Creates an empty repository at `path`, without hooks or templates, in which `owner` commits.
    pub fn init(path: &Path, owner: &Person) -> Result<Self, CreateError> {
        let mut options = RepositoryInitOptions::new();
        options
            .initial_head("main")
            .external_template(false)
            .no_reinit(true)
            .mkpath(true);
        let inner = Repository::init_opts(path, &options)?;
        let mut config = inner.config()?;
        config.set_str("user.name", &owner.name)?;
        config.set_str("user.email", &owner.email)?;
        Ok(Self { inner, tip: None })
    }

    /// Adds a commit to the branch.
    pub fn commit(&mut self, change: &Change<'_>) -> Result<Option<ObjectId>, CreateError> {
        let parent = self.tip.map(|tip| self.inner.find_commit(tip)).transpose()?;
        let base = match &parent {
            Some(parent) => parent.tree()?,
            None => self.inner.find_tree(self.inner.treebuilder(None)?.write()?)?,
        };
        let mut update = TreeUpdateBuilder::new();
        for (path, content) in change.files {
            update.upsert(
                path.as_str(),
                self.inner.blob(content.as_bytes())?,
                FileMode::Blob,
            );
        }
        let tree = self.inner.find_tree(update.create_updated(&self.inner, &base)?)?;
        let time = Time::new(change.at.seconds, i32::from(change.at.offset));
        let who = Signature::new(&change.author.name, &change.author.email, &time)?;
        let parents: Vec<_> = parent.iter().collect();
        let made = self.inner.commit(
            Some("refs/heads/main"),
            &who,
            &who,
            change.message,
            &tree,
            &parents,
        )?;
        self.tip = Some(made);
        Ok(object_id(made))
    }

    /// Writes the files of the last commit to the working tree.
    pub fn check_out(&self) -> Result<(), CreateError> {
        Ok(self.inner.checkout_head(Some(CheckoutBuilder::new().force()))?)
    }
}
