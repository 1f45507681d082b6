//! Each repository is found once, however it is reached.

use std::path::PathBuf;

use git_leverage::sources::discover::discover;

use crate::world::World;

/// The paths found below the world, relative to it.
fn found(world: &World, roots: &[&str]) -> Vec<String> {
    let roots: Vec<PathBuf> = roots.iter().map(|root| world.path(root)).collect();
    let base = world.path("");
    discover(&roots)
        .repositories
        .iter()
        .map(|path| path.strip_prefix(&base).unwrap().display().to_string())
        .collect()
}

#[test]
fn worktrees_links_and_roots_given_twice_are_one_repository() {
    let world = World::new();
    let repo = world.repo("src/kiln");
    repo.commit("Start");
    repo.git(&["worktree", "add", "--quiet", "../kiln-fix"]);
    std::os::unix::fs::symlink(world.path("src/kiln"), world.path("src/link")).unwrap();
    assert_eq!(found(&world, &["src", "src/kiln", "src"]), ["src/kiln"]);
}

#[test]
fn bare_repositories_count_and_embedded_ones_do_not() {
    let world = World::new();
    let repo = world.repo("src/kiln");
    repo.git(&["init", "--quiet", "--bare", "../store.git"]);
    repo.git(&["init", "--quiet", "--bare", "inner/trap.git"]);
    world.repo("src/.hidden/cache");
    assert_eq!(found(&world, &["src"]), ["src/kiln", "src/store.git"]);
}

#[test]
fn a_folder_in_a_work_tree_stands_for_its_repository() {
    let world = World::new();
    world.repo("kiln").write("deep/er/file", "x");
    assert_eq!(found(&world, &["kiln/deep/er"]), ["kiln"]);
}

#[test]
fn a_root_with_nothing_in_it_is_said() {
    let world = World::new();
    std::fs::create_dir(world.path("empty")).unwrap();
    let warnings = discover(&[world.path("empty"), world.path("gone")]).warnings;
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}
