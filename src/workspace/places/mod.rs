//! Where sessions worked, according to the disk and the repositories: through links, in removed working trees, on other machines.

pub mod disk;
mod elsewhere;
mod links;
mod standing;
mod trees;

use std::path::PathBuf;
use std::sync::Arc;

use self::disk::Disk;
use crate::correlate::links::Links;
use crate::facts::session::Session;
use crate::git::Repo;

pub use standing::{named, repositories, repositories_near, worked_in};

/// Which directories in logs belong to which repository.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The working trees of each repository, with the paths used in logs.
    pub roots: Vec<Vec<String>>,
    /// The targets of paths in logs that lead through symbolic links.
    pub links: Arc<Links>,
}

/// Which directories in logs belong to one repository.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Its working trees.
    pub roots: &'a [String],
    /// The targets of paths that lead through links.
    pub links: &'a Arc<Links>,
}

impl Places {
    /// The places of `repos`, those repositories that could be opened.
    pub fn of(repos: &[Option<Repo>], sessions: &[Session], disk: &Disk) -> Self {
        let links = links::follow(sessions, disk);
        let mut roots: Vec<Vec<String>> = repos
            .iter()
            .map(|repo| {
                repo.as_ref()
                    .map(|repo| work_trees(repo, disk))
                    .unwrap_or_default()
            })
            .collect();
        trees::add_inside(repos, &mut roots, (sessions, &links), disk);
        elsewhere::adopt(repos, &mut roots, (sessions, &links), disk);
        Self {
            roots,
            links: Arc::new(links),
        }
    }
}

/// The working trees of a repository, as logs name them; a bare repository stands for itself.
fn work_trees(repo: &Repo, disk: &Disk) -> Vec<String> {
    let mut trees = repo.work_trees();
    for tree in &trees {
        disk.note_real(tree);
    }
    if trees.is_empty() {
        trees.push(repo.place().to_owned());
    }
    let text = |tree: &PathBuf| {
        tree.to_string_lossy()
            .replace('\\', "/")
            .trim_end_matches('/')
            .to_owned()
    };
    let mut trees: Vec<String> = trees.iter().map(text).collect();
    trees.dedup();
    trees
}
