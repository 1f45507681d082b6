//! Replaced objects and grafts: git's own counts in the same clone are right.

use serde_json::Value;

use crate::world::{TestRepo, World};

/// Four commits, the oldest of two histories joined by a replacement: the newer one has two by itself.
fn joined(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    for number in 1..=4 {
        repo.write("kiln.rs", format!("// {number}\n").repeat(number));
        repo.commit(&format!("Commit {number}"));
    }
    let old = repo.git(&["rev-parse", "HEAD~1"]);
    let start = repo.git(&["commit-tree", "-m", "Start anew", "HEAD~1^{tree}"]);
    let (old, start) = (old.trim(), start.trim());
    repo.git(&["rebase", "-q", "--onto", start, "HEAD~1"]);
    repo.git(&["replace", start, old]);
    repo
}

fn count(repo: &TestRepo<'_>, variables: &[(&str, &str)]) -> u64 {
    let output = std::process::Command::new("git")
        .args(["rev-list", "--count", "HEAD"])
        .envs(variables.iter().copied())
        .current_dir(repo.path())
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

fn output(world: &World, repo: &TestRepo<'_>, args: &[&str], variables: &[(&str, &str)]) -> String {
    let output = world
        .leverage(repo.path())
        .args(args)
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The commits of all states.
fn by_state(audit: &Value) -> u64 {
    let rows = audit["origin"].as_array().unwrap().iter();
    rows.filter(|row| row["by"] == "state")
        .map(|row| row["commits"].as_u64().unwrap())
        .sum()
}

/// The commits that each command counts.
fn counted(world: &World, repo: &TestRepo<'_>, variables: &[(&str, &str)]) -> Vec<u64> {
    let json =
        |args: &[&str]| -> Value { serde_json::from_str(&output(world, repo, args, variables)).unwrap() };
    let inventory = json(&["inventory", ".", "--format", "json"]);
    let report = json(&["report", ".", "--format", "json"]);
    let audit = json(&["audit", ".", "--format", "json"]);
    let lines = output(world, repo, &["export", "commits", "."], variables);
    vec![
        inventory["rows"][0]["commits"].as_u64().unwrap(),
        report["totals"]["commits"].as_u64().unwrap(),
        by_state(&audit),
        lines.lines().count() as u64,
    ]
}

#[test]
fn a_joined_history_counts_as_git_counts_it() {
    let world = World::new();
    let repo = joined(&world);
    assert_eq!(count(&repo, &[]), 4);
    assert_eq!(counted(&world, &repo, &[]), [4; 4]);
    // The cache of the one is not used for the other.
    let without = [("GIT_NO_REPLACE_OBJECTS", "1")];
    assert_eq!(count(&repo, &without), 2);
    assert_eq!(counted(&world, &repo, &without), [2; 4]);
    assert_eq!(counted(&world, &repo, &[]), [4; 4]);
    repo.git(&["pack-refs", "--all"]);
    repo.git(&["gc", "-q"]);
    assert_eq!(counted(&world, &repo, &[]), [4; 4]);
    repo.git(&["config", "core.useReplaceRefs", "false"]);
    assert_eq!(count(&repo, &[]), 2);
    assert_eq!(counted(&world, &repo, &[]), [2; 4]);
}

#[test]
fn a_graft_gives_a_commit_other_parents() {
    let world = World::new();
    let repo = world.repo("kiln");
    for number in 1..=4 {
        repo.write("kiln.rs", format!("// {number}\n"));
        repo.commit(&format!("Commit {number}"));
    }
    let [head, root] = ["HEAD", "HEAD~3"].map(|name| repo.git(&["rev-parse", name]).trim().to_owned());
    repo.write(".git/info/grafts", format!("{head} {root}\n"));
    assert_eq!(count(&repo, &[]), 2);
    assert_eq!(counted(&world, &repo, &[]), [2; 4]);
}

#[test]
fn a_replaced_file_has_the_lines_of_the_other() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn a() {}\n");
    repo.commit("One line");
    let other = repo.git_with_input(
        &["hash-object", "-w", "--stdin"],
        "fn a() {}\nfn b() {}\nfn c() {}\n",
    );
    let blob = repo.git(&["rev-parse", "HEAD:kiln.rs"]);
    repo.git(&["replace", blob.trim(), other.trim()]);
    let inventory = repo.run(&["inventory", ".", "--format", "json"]).success();
    let inventory: Value = serde_json::from_str(&inventory).unwrap();
    assert_eq!(inventory["rows"][0]["lines_code"], 3);
    let line = repo.run(&["export", "commits", "."]).success();
    let line: Value = serde_json::from_str(&line).unwrap();
    let shown = repo.git(&["show", "--numstat", "--format=", "HEAD"]);
    assert_eq!(shown, "3\t0\tkiln.rs");
    assert_eq!(line["lines_added"], 3);
}
