//! The variety of commits and files: damaged, replaced, missing, in any encoding.

use std::fs;

use super::{Complete, Partial, Specimen, check, kinds, literal, object_file, plain, spoil};
use crate::world::{TestRepo, World};

kinds! {
    grafts, Complete, |world| {
        let repo = plain(world, "kiln");
        let [head, past] = ["HEAD", "HEAD~4"].map(|name| repo.git(&["rev-parse", name]));
        fs::create_dir_all(repo.path().join(".git/info")).unwrap();
        repo.write(".git/info/grafts", format!("{head} {past}\n"));
        repo
    };
    replaced_commit, Complete, |world| {
        let repo = plain(world, "kiln");
        let [parent, past] = ["HEAD^", "HEAD~3"].map(|name| repo.git(&["rev-parse", name]));
        repo.git(&["replace", &parent, &past]);
        repo
    };
    replaced_file, Complete, |world| {
        let repo = plain(world, "kiln");
        let other = repo.git_with_input(&["hash-object", "-w", "--stdin"], "one\ntwo\n");
        let blob = repo.git(&["rev-parse", "HEAD:src/last.rs"]);
        repo.git(&["replace", &blob, &other]);
        repo
    };
    missing_file, Partial("the lines of 2 commits are unknown"), |world| without(world, "HEAD~4:src/kiln.rs");
    missing_tree, Partial("the lines of"), |world| without(world, "HEAD~2:src");
    missing_commit, Partial("1 commit cannot be read"), |world| without(world, "HEAD~3");
    damaged_file, Partial("the lines of 2 commits are unknown"), |world| damaged(world, "HEAD~4:src/kiln.rs");
    damaged_tree, Partial("the lines of"), |world| damaged(world, "HEAD~2:src");
    damaged_commit, Partial("1 commit cannot be read"), |world| damaged(world, "HEAD~3");
    file_cut_short, Partial("the lines of 2 commits are unknown"), |world| cut(world, "HEAD~4:src/kiln.rs");
    tree_cut_short, Partial("the lines of"), |world| cut(world, "HEAD~2:src");
    commit_cut_short, Partial("1 commit cannot be read"), |world| cut(world, "HEAD~3");
    last_commit_cut_short, Partial("2 refs name no commits"), |world| cut(world, "HEAD");
    message_in_another_encoding, Complete, |world| {
        let repo = plain(world, "kiln");
        let commit = b"\nauthor J\xf6rg <j@example.org> 1775040000 +0000\n\
            committer J\xf6rg <j@example.org> 1775040000 +0000\nencoding ISO-8859-1\n\nGl\xfchen\n";
        branch_off(world, &repo, &[commit])
    };
}

/// Eleven ways in which programs got the people or times of a commit wrong.
const MALFORMED: [&str; 11] = [
    "author A <a@b> 99999999999999999999999 +0000\ncommitter C <c@d> 1775040000 +0000",
    "author A <a@b> soon +0000\ncommitter C <c@d> 1775040000 +0000",
    "author A 1775040000 +0000\ncommitter C <c@d> 1775040000 +0000",
    "author A <<a@b>> 1775040000 +0000\ncommitter C <c@d> 1775040000 +0000",
    "author A <a@b> 1775040000 +0000",
    "committer C <c@d> 1775040000 +0000",
    "author A <a@b>\ncommitter C <c@d>",
    "author A <a@b 1775040000 +0000\ncommitter C <c@d> 1775040000 +0000",
    "author A <a@b> 1775040000 +000000000\ncommitter C <c@d> -5 +0000",
    "author\ncommitter",
    "author A <a@b> 1775040000\ncommitter C <c@d> 1775040000 +9999",
];

#[test]
fn malformed_people_and_times() {
    let world = World::new();
    // Each with others before and after it, by itself and one after the other.
    for (number, header) in MALFORMED.iter().enumerate() {
        let repo = plain(&world, &format!("kiln-{number}"));
        branch_off(&world, &repo, &[format!("\n{header}\n\nOdd\n").as_bytes()]);
        check(&world, &Complete, repo.into());
    }
    let repo = plain(&world, "all");
    let all: Vec<Vec<u8>> = MALFORMED
        .iter()
        .map(|header| format!("\n{header}\n\nOdd\n").into_bytes())
        .collect();
    let all: Vec<&[u8]> = all.iter().map(Vec::as_slice).collect();
    check(&world, &Complete, branch_off(&world, &repo, &all));
}

/// Puts commits on top of `main`, each with the given text after its tree and its parent, and a complete one after
/// them.
fn branch_off(world: &World, repo: &TestRepo<'_>, commits: &[&[u8]]) -> Specimen {
    for (number, rest) in commits.iter().enumerate() {
        repo.write("odd", format!("{number}\n"));
        repo.git(&["add", "odd"]);
        let [tree, parent] = [repo.git(&["write-tree"]), repo.git(&["rev-parse", "HEAD"])];
        let head = format!("tree {tree}\nparent {parent}");
        let commit = literal(repo, world, "commit", &[head.as_bytes(), rest].concat());
        fs::write(repo.path().join(".git/refs/heads/main"), format!("{commit}\n")).unwrap();
    }
    repo.write("even", "even\n").commit("Even");
    repo.path().to_owned().into()
}

fn without<'world>(world: &'world World, revision: &str) -> TestRepo<'world> {
    let repo = plain(world, "kiln");
    fs::remove_file(object_file(&repo, revision)).unwrap();
    repo
}

/// A repository with a truncated object, as after a power cut.
fn cut<'world>(world: &'world World, revision: &str) -> TestRepo<'world> {
    let repo = plain(world, "kiln");
    let file = object_file(&repo, revision);
    let bytes = fs::read(&file).unwrap();
    spoil(&file, &bytes[..bytes.len() / 2]);
    repo
}

fn damaged<'world>(world: &'world World, revision: &str) -> TestRepo<'world> {
    let repo = plain(world, "kiln");
    let file = object_file(&repo, revision);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..].iter_mut().for_each(|byte| *byte = !*byte);
    spoil(&file, &bytes);
    repo
}
