//! Damage in a repository makes it partial, with the reason; never a shorter history without a message.

use serde_json::Value;

use crate::world::{TestRepo, World};

/// Three commits on `main`, and a branch `side` at the second.
fn kiln<'world>(world: &'world World, name: &str) -> TestRepo<'world> {
    let repo = world.repo(name);
    for number in 1..=3 {
        repo.write("src/lib.rs", "a line\n".repeat(number));
        repo.commit("Grow");
    }
    repo.git(&["branch", "side", "HEAD~1"]);
    repo
}

/// The report on the only repository: its status, its reason and its commits; and the warnings.
fn report(repo: &TestRepo<'_>) -> (String, String, u64, String) {
    let ran = repo.run(&["report", ".", "--format", "json", "--no-cache"]);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{ran}"));
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = &json["repos"][0];
    let is_complete = told["status"] == "complete";
    assert_eq!(ran.code, Some(if is_complete { 0 } else { 3 }), "{ran}");
    let commits = json["totals"]["commits"].as_u64().unwrap();
    (text(&told["status"]), text(&told["reason"]), commits, ran.stderr)
}

/// Asserts that it is partial with this many commits, and why.
fn assert_partial(repo: &TestRepo<'_>, commits: u64, warning: &str) {
    let (status, reason, found, stderr) = report(repo);
    assert_eq!(
        (status.as_str(), found),
        ("partial", commits),
        "{reason}\n{stderr}"
    );
    assert!(!reason.is_empty(), "{stderr}");
    assert!(stderr.contains(warning), "{stderr}");
}

#[test]
fn a_branch_whose_file_says_nothing_makes_a_history_partial() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    assert_eq!(report(&repo).0, "complete");
    let main = repo.path().join(".git/refs/heads/main");
    let whole = std::fs::read(&main).unwrap();
    for damage in ["", "\0\0\0\0", "rubbish\n", "ref: \n", "0123\n"] {
        std::fs::write(&main, damage).unwrap();
        assert_partial(&repo, 2, "`refs/heads/main` is empty or damaged");
        let inventory = repo.run(&["inventory", "."]);
        assert_eq!(inventory.code, Some(3), "{damage:?}: {inventory}");
    }
    std::fs::write(&main, &whole[..20]).unwrap();
    assert_partial(&repo, 2, "`refs/heads/main` is empty or damaged");
    // One that is not checked out.
    std::fs::write(&main, whole).unwrap();
    std::fs::write(repo.path().join(".git/refs/heads/side"), "").unwrap();
    assert_partial(&repo, 3, "`refs/heads/side` is empty or damaged");
    let inventory = repo.run(&["inventory", "."]);
    assert_eq!(inventory.code, Some(3), "{inventory}");
}

#[test]
fn what_was_packed_does_not_stand_in_for_a_broken_branch() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    repo.git(&["pack-refs", "--all"]);
    repo.write("new.rs", "new\n").commit("More");
    std::fs::write(repo.path().join(".git/refs/heads/main"), "").unwrap();
    assert_partial(&repo, 2, "`refs/heads/main` is empty or damaged");
}

#[test]
fn broken_refs_that_are_not_asked_for_are_no_damage() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    for name in [
        "refs/tags/v1",
        "refs/heads/main.lock",
        "refs/heads/entire/x",
        "refs/heads/.hidden",
    ] {
        let path = repo.path().join(".git").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "").unwrap();
    }
    assert_eq!(report(&repo).0, "complete");
}

#[test]
fn a_head_that_cannot_be_read_makes_a_history_partial() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    repo.git(&["checkout", "--quiet", "--detach"]);
    repo.write("new.rs", "new\n").commit("Alone");
    let head = repo.path().join(".git/HEAD");
    for damage in ["rubbish\n", "", "ref: \n", "0123456789\n"] {
        std::fs::write(&head, damage).unwrap();
        assert_partial(&repo, 3, "`HEAD` cannot be read");
    }
    // An unborn branch is not damage.
    std::fs::write(&head, "ref: refs/heads/new\n").unwrap();
    assert_eq!(report(&repo).0, "complete");
}

#[test]
fn damaged_packed_refs_are_no_shorter_list() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    repo.git(&["pack-refs", "--all"]);
    let path = repo.path().join(".git/packed-refs");
    let whole = std::fs::read_to_string(&path).unwrap();
    for damage in [
        whole[..whole.len() - 5].to_owned(),
        format!("{whole}rubbish\n"),
        "\0".repeat(200),
    ] {
        std::fs::write(&path, &damage).unwrap();
        let ran = repo.run(&["report", ".", "--format", "json", "--no-cache"]);
        assert_ne!(ran.code, Some(0), "{damage:?}: {ran}");
        assert!(!ran.stdout.contains(r#""status": "complete""#), "{ran}");
        assert!(!ran.stdout.contains(r#""status":"complete""#), "{ran}");
    }
}

#[test]
fn a_tree_that_ends_in_an_entry_has_no_lines_to_remove() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    for (number, tree) in ["100644 f\0abc", "100644 f", "1x0644 f\0abcdefghijklmnopqrst"]
        .iter()
        .enumerate()
    {
        let tree = repo.git_with_input(
            &["hash-object", "-t", "tree", "--literally", "-w", "--stdin"],
            tree,
        );
        let head = repo.git(&["rev-parse", "side"]);
        let commit = format!(
            "tree {tree}\nparent {head}\nauthor A <a@b> 17000000{number:02} +0000\n\
             committer A <a@b> 1700000000 +0000\n\nCut\n"
        );
        let commit = repo.git_with_input(
            &["hash-object", "-t", "commit", "--literally", "-w", "--stdin"],
            &commit,
        );
        std::fs::write(repo.path().join(".git/refs/heads/cut"), format!("{commit}\n")).unwrap();
        let ran = repo.run(&["report", ".", "--format", "json", "--no-cache"]);
        assert_eq!(ran.code, Some(3), "{ran}");
        assert!(ran.stderr.contains("is cut short or invalid"), "{ran}");
        let json: Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_eq!(json["totals"]["lines_removed"], 0, "{ran}");
    }
}
