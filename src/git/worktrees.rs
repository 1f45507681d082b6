//! The places of sessions that worked on a repository: its working trees, and the paths by which it is known elsewhere.

use std::path::PathBuf;

use super::Repo;

impl Repo {
    /// The main working tree and the linked ones, sorted, each as written and with links resolved.
    pub fn work_trees(&self) -> Vec<PathBuf> {
        let raw = self.raw();
        let main = self
            .common_dir()
            .ends_with(".git")
            .then(|| self.common_dir().parent());
        let linked = raw.worktrees();
        let names = linked.iter().flat_map(|names| names.iter().flatten().flatten());
        let linked = names.filter_map(|name| Some(raw.find_worktree(name).ok()?.path().to_owned()));
        let mut trees: Vec<PathBuf> = main
            .flatten()
            .into_iter()
            .chain(raw.workdir())
            .map(std::path::Path::to_owned)
            .chain(linked)
            .collect();
        let real: Vec<PathBuf> = trees.iter().filter_map(|tree| tree.canonicalize().ok()).collect();
        trees.extend(real);
        trees.sort();
        trees.dedup();
        trees
    }

    /// Whether it has a branch of this name, local or on `origin`.
    pub fn has_branch(&self, name: &str) -> bool {
        let raw = self.raw();
        let remote = format!("origin/{name}");
        raw.find_branch(name, git2::BranchType::Local).is_ok()
            || raw.find_branch(&remote, git2::BranchType::Remote).is_ok()
    }

    /// How many of these paths HEAD has.
    pub fn count_of<'p>(&self, paths: impl Iterator<Item = &'p str>) -> usize {
        let Ok(tree) = self.head_tree() else { return 0 };
        paths
            .filter(|path| self.entry_at(&tree, std::path::Path::new(path)).is_ok())
            .count()
    }

    /// The directory that represents the repository itself, even if it was opened in a linked worktree.
    pub fn main_folder(&self) -> PathBuf {
        let common = self.common_dir();
        match common.parent() {
            Some(parent) if common.ends_with(".git") => parent.to_owned(),
            _ => common.to_owned(),
        }
    }
}
