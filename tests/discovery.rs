//! Each repository is found once, however it is reached.

use std::path::PathBuf;

use git_leverage::testing::sources::{LinkedWorkTrees, discover};

use crate::world::World;

/// The paths found below the world, relative to it.
fn found(world: &World, roots: &[&str]) -> Vec<String> {
    found_with(world, roots, LinkedWorkTrees::LeadToMain)
}

fn found_with(world: &World, roots: &[&str], linked: LinkedWorkTrees) -> Vec<String> {
    let roots: Vec<PathBuf> = roots.iter().map(|root| world.path(root)).collect();
    let base = world.path("").canonicalize().unwrap();
    discover(&roots, linked)
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
fn repositories_in_a_folder_of_a_work_tree_are_found() {
    let world = World::new();
    let outer = world.repo("outer");
    outer.write("code/main.rs", "").write("clones/list.txt", "");
    outer.git(&["init", "--quiet", "--bare", "fixtures/kept.git"]);
    outer.write("fixtures/kept.git/refs/heads/.keep", "");
    outer.commit("Start");
    world.repo("outer/clones/kiln");
    world.repo("outer/clones/deeper/loom");
    outer.git(&["init", "--quiet", "--bare", "clones/store.git"]);
    assert_eq!(
        found(&world, &["outer/clones"]),
        [
            "outer/clones/deeper/loom",
            "outer/clones/kiln",
            "outer/clones/store.git"
        ]
    );
    assert_eq!(found(&world, &["outer"]), ["outer"]);
    assert_eq!(found(&world, &["outer/code"]), ["outer"]);
    assert_eq!(
        found(&world, &["outer/fixtures"]),
        ["outer"],
        "what is committed came with it"
    );
}

#[test]
fn a_submodule_is_part_of_its_repository_until_it_is_named() {
    let world = World::new();
    world.repo("lib").commit("Start");
    let repo = world.repo("kiln");
    let url = world.path("lib").display().to_string();
    repo.git(&[
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        &url,
        "deps/lib",
    ]);
    repo.commit("Use lib");
    assert_eq!(found(&world, &["kiln/deps"]), ["kiln"]);
    assert_eq!(found(&world, &["kiln/deps/lib"]), ["kiln/deps/lib"]);
}

#[test]
fn paths_are_the_same_however_they_are_written() {
    let world = World::new();
    world.repo("src/kiln");
    std::os::unix::fs::symlink(world.path("src"), world.path("link")).unwrap();
    for root in ["src/", "./src/../src", "link", "src/kiln/", "src/kiln/.git"] {
        assert_eq!(found(&world, &[root]), ["src/kiln"], "{root}");
    }
}

#[test]
fn a_linked_work_tree_may_stand_for_itself() {
    let world = World::new();
    let repo = world.repo("src/kiln");
    repo.commit("Start");
    repo.git(&["worktree", "add", "--quiet", "../../fix/kiln"]);
    let own = LinkedWorkTrees::StandForThemselves;
    assert_eq!(found_with(&world, &["fix"], own), ["fix/kiln"]);
    assert_eq!(found_with(&world, &["fix", "src"], own), ["src/kiln"]);
    assert_eq!(found(&world, &["fix"]), ["src/kiln"]);
}

#[test]
fn a_root_that_holds_nothing_is_said_once() {
    let world = World::new();
    std::fs::create_dir(world.path("empty")).unwrap();
    std::fs::write(world.path("file"), "").unwrap();
    let roots = ["empty", "gone", "file"].map(|root| world.path(root));
    let said: Vec<String> = discover(&roots, LinkedWorkTrees::LeadToMain)
        .warnings
        .iter()
        .zip(&roots)
        .map(|(warning, root)| warning.to_string().replace(&root.display().to_string(), "ROOT"))
        .collect();
    assert_eq!(
        said,
        [
            "ROOT: not a git repository",
            "ROOT: no such directory",
            "ROOT: not a directory"
        ]
    );
}

#[test]
fn a_work_tree_whose_git_folder_is_a_link_is_found() {
    let world = World::new();
    let repo = world.repo("hidden/real");
    repo.write("file", "x").commit("Start");
    std::fs::create_dir_all(world.path("src/linked")).unwrap();
    std::os::unix::fs::symlink(world.path("hidden/real/.git"), world.path("src/linked/.git")).unwrap();
    assert_eq!(found(&world, &["src"]), ["src/linked"]);
    // If both are found, they are one, at the path of the repository itself.
    assert_eq!(found(&world, &["src", "hidden"]), ["hidden/real"]);
    assert_eq!(found(&world, &["hidden", "src"]), ["hidden/real"]);
    let report = world.run(&["report", "src", "--by", "repo"]);
    assert_eq!(report.code, Some(0), "{report}");
    assert!(report.stdout.contains("linked"), "{report}");
}

#[test]
fn a_work_tree_that_lost_its_repository_is_named() {
    let world = World::new();
    world.repo("src/kiln").write("file", "x").commit("Start");
    std::fs::create_dir_all(world.path("src/lost")).unwrap();
    std::os::unix::fs::symlink(world.path("unplugged/.git"), world.path("src/lost/.git")).unwrap();
    let report = world.run(&["report", "src"]);
    assert_eq!(report.code, Some(3), "{report}");
    assert!(report.stderr.contains("src/lost"), "{report}");
}
