//! Where sessions worked, as far as the disk and the repositories tell: through links, in work trees that are gone, on other
//! machines.

mod elsewhere;
mod links;
mod standing;
mod trees;

use std::path::PathBuf;
use std::sync::Arc;

use crate::correlate::links::Links;
use crate::facts::session::Session;
use crate::git::Repo;

pub use standing::{named, repositories, repositories_near, worked_in};

/// Which folders of the logs belong to which repository.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// For each repository its work trees, as paths of the logs have them.
    pub roots: Vec<Vec<String>>,
    /// Where paths of the logs lead through symbolic links.
    pub links: Arc<Links>,
}

impl Places {
    /// Those of `repos`, where each is a repository that could be opened.
    pub fn of(repos: &[Option<Repo>], sessions: &[Session]) -> Self {
        let links = links::follow(sessions);
        let mut roots: Vec<Vec<String>> = repos
            .iter()
            .map(|repo| repo.as_ref().map(work_trees).unwrap_or_default())
            .collect();
        trees::add_inside(repos, &mut roots, sessions, &links);
        elsewhere::adopt(repos, &mut roots, sessions, &links);
        Self {
            roots,
            links: Arc::new(links),
        }
    }
}

/// The work trees of a repository, as logs name them; a bare repository stands for itself.
fn work_trees(repo: &Repo) -> Vec<String> {
    let mut trees = repo.work_trees();
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
