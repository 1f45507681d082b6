//! A commit that is truncated or too large, wherever a history is followed to it: nothing waits for the rest, and the
//! history is reported as partial.

use std::fs;
use std::path::PathBuf;

use crate::special_files::run_in_time_at;
use crate::world::{START, TestRepo, World};

const NOTES: &str = "refs/notes/leverage";
const FETCHED: &str = "refs/leverage/remotes/o/notes";

/// Three commits, and a task on the last one.
fn kiln(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    for (number, title) in (0..).zip(["Begin", "Walls", "Door"]) {
        repo.write("kiln.rs", format!("{title}\n"))
            .commit_at(title, START + 60 * number);
    }
    record(&repo, "Door");
    repo
}

fn record(repo: &TestRepo<'_>, title: &str) {
    let _ = repo
        .run(&["record", "--another", "--estimate", "4h", "--title", title])
        .success();
}

/// Takes all objects out of their packs.
fn loosen(repo: &TestRepo<'_>) {
    let folder = repo.path().join(".git/objects/pack");
    let packs: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "pack"))
        .collect();
    for pack in packs {
        fs::rename(&pack, repo.path().join("away.pack")).unwrap();
        fs::remove_file(pack.with_extension("idx")).unwrap();
        let unpack = "alias.loosen=!git unpack-objects -q <away.pack";
        repo.git(&["-c", unpack, "loosen"]);
    }
}

/// Truncates the file of an object, as a full disk leaves it.
fn cut(repo: &TestRepo<'_>, object: &str) -> String {
    let id = repo.git(&["rev-parse", object]);
    let path = repo.path().join(".git/objects").join(&id[..2]).join(&id[2..]);
    let whole = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 12]).unwrap();
    id
}

/// Runs each command; returns its exit code and output.
fn run_all(world: &World, repo: &TestRepo<'_>, commands: &[&str]) -> Vec<(String, Option<i32>, String)> {
    let run = |command: &&str| {
        let args: Vec<&str> = command.split(' ').collect();
        let (code, out, err) = run_in_time_at(world, repo.path(), &args);
        ((*command).to_owned(), code, out + &err)
    };
    commands.iter().map(run).collect()
}

#[test]
fn a_commit_below_a_fetched_ledger_that_is_cut_short_is_not_waited_for() {
    let world = World::new();
    let repo = kiln(&world);
    let own = repo.git(&["rev-parse", NOTES]);
    record(&repo, "Below");
    record(&repo, "Fetched");
    repo.git(&["update-ref", FETCHED, NOTES]);
    repo.git(&["update-ref", NOTES, &own]);
    repo.git(&["update-ref", "refs/leverage/pin", &own]);
    record(&repo, "Own");
    loosen(&repo);
    cut(&repo, &format!("{FETCHED}^"));
    for (command, code, said) in run_all(&world, &repo, &["log", "report", "audit"]) {
        assert!(matches!(code, Some(0 | 3)), "{command}: {code:?} {said}");
    }
    // The fetched ledger itself can be read.
    let (_, log, _) = run_in_time_at(&world, repo.path(), &["log", "--format", "json"]);
    assert!(log.contains("Fetched") && log.contains("Own"), "{log}");
}

#[test]
fn a_commit_of_the_history_that_is_cut_short_is_not_waited_for() {
    let world = World::new();
    let repo = kiln(&world);
    repo.git_at(&["commit", "--amend", "-m", "Door and handle"], START + 600);
    loosen(&repo);
    cut(&repo, "HEAD^");
    let commands = ["log", "report", "audit", "inventory", "repair"];
    for (command, code, said) in run_all(&world, &repo, &commands) {
        assert!(matches!(code, Some(0 | 3)), "{command}: {said}");
        if matches!(&*command, "report" | "audit") {
            assert_eq!(code, Some(3), "{command}: {said}");
        }
    }
}

#[test]
fn a_commit_behind_branches_that_is_cut_short_is_not_waited_for() {
    let world = World::new();
    let repo = kiln(&world);
    repo.git(&["remote", "add", "origin", "https://example.org/kiln.git"]);
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD~2"]);
    repo.git(&["config", "branch.main.remote", "origin"]);
    repo.git(&["config", "branch.main.merge", "refs/heads/main"]);
    loosen(&repo);
    cut(&repo, "HEAD^");
    let (code, out, err) = run_in_time_at(&world, repo.path(), &["inventory", "--format", "json"]);
    assert!(matches!(code, Some(0 | 3)), "{code:?} {err}");
    assert!(!out.is_empty(), "{err}");
}
