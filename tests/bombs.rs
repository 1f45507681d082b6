//! A few objects that expand to billions of files: they are named, and everything else is read.

use crate::world::{TestRepo, World};

/// A tree that names one directory sixteen times, which names one directory sixteen times, and so on: 4 billion files
/// from nine objects. `name` makes the names of the directories.
fn bomb(repo: &TestRepo<'_>, name: impl Fn(usize) -> String) -> String {
    let blob = repo.git_with_input(&["hash-object", "-w", "--stdin"], "a line\n");
    let mut tree = repo.git_with_input(&["mktree"], &format!("100644 blob {blob}\tfile\n"));
    for _ in 0..8 {
        let folders = (0..16).map(|number| format!("040000 tree {tree}\t{}\n", name(number)));
        tree = repo.git_with_input(&["mktree"], &folders.collect::<String>());
    }
    tree
}

fn commit(repo: &TestRepo<'_>, tree: &str, parents: &[&str]) -> String {
    let mut args = vec!["commit-tree", "-m", "Many files", tree];
    parents.iter().for_each(|parent| args.extend(["-p", *parent]));
    repo.git_at(&args, crate::world::START + 3600)
}

#[test]
fn a_tree_bomb_on_a_branch_costs_its_own_commit_alone() {
    let world = World::new();
    let repo = world.repo("app");
    repo.write("src/lib.rs", "one\ntwo\n").commit("Begin");
    // Long names fill the memory before there are too many files.
    let bomb = bomb(&repo, |number| format!("d{number:0900}"));
    let with_bomb = commit(&repo, &bomb, &["HEAD"]);
    let without_past = commit(&repo, &bomb, &[]);
    repo.git(&["branch", "bomb", &with_bomb]);
    repo.git(&["branch", "alone", &without_past]);
    for command in ["scan", "report", "audit"] {
        let ran = repo.run(&[command, "-v"]);
        assert_eq!(ran.code, Some(3), "{command}: {ran}");
        for commit in [&with_bomb, &without_past] {
            assert!(ran.stderr.contains(&commit[..7]), "{command}: {ran}");
        }
        assert!(ran.stderr.contains("lists too many files"), "{command}: {ran}");
    }
    let commits = repo.run(&["export", "commits"]);
    assert!(commits.stdout.contains(r#""lines_added":2"#), "{commits}");
}

#[test]
fn a_tree_bomb_at_head_leaves_who_wrote_its_lines_unknown() {
    let world = World::new();
    let repo = world.repo("app");
    repo.write("src/lib.rs", "one\ntwo\n").commit("Begin");
    let bomb = bomb(&repo, |number| format!("d{number}"));
    let head = commit(&repo, &bomb, &["HEAD"]);
    repo.git(&["update-ref", "refs/heads/main", &head]);
    let audit = repo.run(&["audit"]);
    assert_eq!(audit.code, Some(3), "{audit}");
    assert!(audit.stderr.contains("lists too many files"), "{audit}");
    let inventory = repo.run(&["inventory", "--format", "json"]);
    assert_eq!(inventory.code, Some(3), "{inventory}");
    let limit = "lists too many files: the limits are 1000000 files, 250000 in directories that occur again";
    assert!(inventory.stdout.contains(limit), "{inventory}");
}

#[test]
fn a_tree_of_many_folders_of_their_own_is_read_whole() {
    let world = World::new();
    let repo = world.repo("app");
    repo.write("a.txt", "one\n").commit("Begin");
    let blob = repo.git(&["rev-parse", "HEAD:a.txt"]);
    // More files than directories may repeat, each directory with a unique name.
    let folders = (0..260).map(|folder| {
        let files = (0..1000).map(|file| format!("100644 blob {blob}\t{folder}-{file}\n"));
        format!("{}\n", files.collect::<String>())
    });
    let trees = repo.git_with_input(&["mktree", "--batch"], &folders.collect::<String>());
    let entries = trees.lines().enumerate();
    let entries = entries.map(|(number, tree)| format!("040000 tree {tree}\td{number}\n"));
    let tree = repo.git_with_input(&["mktree"], &entries.collect::<String>());
    let head = commit(&repo, &tree, &["HEAD"]);
    repo.git(&["update-ref", "refs/heads/main", &head]);
    let inventory = repo.run(&["inventory", "--format", "json"]);
    assert_eq!(inventory.code, Some(0), "{inventory}");
    assert!(inventory.stdout.contains("260000"), "{inventory}");
}

#[test]
fn a_ledger_that_is_a_tree_bomb_is_not_read() {
    let world = World::new();
    let repo = world.repo("app");
    repo.write("src/lib.rs", "one\ntwo\n").commit("Begin");
    let bomb = bomb(&repo, |number| format!("{number:02x}"));
    let notes = commit(&repo, &bomb, &[]);
    repo.git(&["update-ref", "refs/notes/leverage", &notes]);
    for command in ["report", "audit"] {
        let ran = repo.run(&[command]);
        assert!(matches!(ran.code, Some(2 | 3)), "{command}: {ran}");
        assert!(
            ran.stderr.contains("too many files in its tree"),
            "{command}: {ran}"
        );
    }
}

/// Writes an object that git would not: a commit, tag or tree that is larger than anything that is read.
fn huge(repo: &TestRepo<'_>, kind: &str, mut head: String, size: usize) -> String {
    head.push_str(&"x".repeat(size));
    repo.git_with_input(
        &["hash-object", "-t", kind, "--literally", "-w", "--stdin"],
        &head,
    )
}

fn huge_commit(repo: &TestRepo<'_>) -> String {
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    let person = "A <a@example.org> 1700000000 +0000";
    let head = format!("tree {tree}\nauthor {person}\ncommitter {person}\n\n");
    huge(repo, "commit", head, 17 << 20)
}

#[test]
fn a_huge_commit_is_not_read_wherever_it_stands() {
    let world = World::new();
    let repo = world.repo("app");
    repo.write("src/lib.rs", "one\ntwo\n").commit("Begin");
    let bomb = huge_commit(&repo);
    let child = commit(&repo, "HEAD^{tree}", &[&bomb]);
    let tag = format!("object {bomb}\ntype commit\ntag v1\ntagger A <a@b.c> 1700000000 +0000\n\n");
    let tag = huge(&repo, "tag", tag, 17 << 20);
    let branch = repo.path().join(".git/refs/heads/bomb");
    for (id, warning) in [
        (
            &bomb,
            "`refs/heads/bomb` names a commit that is missing, damaged or too large",
        ),
        (
            &tag,
            "`refs/heads/bomb` names a commit that is missing, damaged or too large",
        ),
        (&child, "is too large"),
    ] {
        std::fs::write(&branch, format!("{id}\n")).unwrap();
        for command in ["report", "audit"] {
            let ran = repo.run(&[command]);
            assert_eq!(ran.code, Some(3), "{command}: {ran}");
            assert!(ran.stderr.contains(warning), "{command}: {ran}");
        }
    }
    std::fs::remove_file(branch).unwrap();
    std::fs::write(repo.path().join(".git/refs/heads/main"), format!("{bomb}\n")).unwrap();
    for command in ["report", "audit", "inventory"] {
        let ran = repo.run(&[command, "-v"]);
        assert_eq!(ran.code, Some(3), "{command}: {ran}");
    }
}

#[test]
fn a_huge_tree_at_head_is_not_read() {
    let world = World::new();
    let repo = world.repo("app");
    repo.write("src/lib.rs", "one\ntwo\n").commit("Begin");
    let tree = huge(&repo, "tree", String::new(), 65 << 20);
    let person = "A <a@example.org> 1700000000 +0000";
    let text = format!("tree {tree}\nauthor {person}\ncommitter {person}\n\nHuge\n");
    let head = huge(&repo, "commit", text, 0);
    std::fs::write(repo.path().join(".git/refs/heads/main"), format!("{head}\n")).unwrap();
    for command in ["report", "audit", "inventory"] {
        let ran = repo.run(&[command, "-v"]);
        assert_eq!(ran.code, Some(3), "{command}: {ran}");
        assert!(ran.to_string().contains("is too large"), "{command}: {ran}");
    }
}

#[test]
fn huge_files_that_are_looked_for_by_name_are_not_read() {
    let world = World::new();
    let repo = world.repo("app");
    let huge = "a line\n".repeat(3 << 20);
    repo.write("src/lib.rs", "one\n")
        .write(".leverage-audit", &huge)
        .write(".gitmodules", &huge)
        .write(".mailmap", &huge);
    repo.commit("Begin");
    assert_eq!(repo.run(&["audit"]).code, Some(0));
    let row = repo.run(&["inventory", ".", "--format", "json"]);
    assert!(row.stdout.contains(r#""submodules": null"#), "{row}");
}

#[test]
fn equal_files_are_matched_in_one_look() {
    let world = World::new();
    let repo = world.repo("app");
    repo.write("keep", "x\n").commit("Begin");
    let blob = repo.git(&["rev-parse", "HEAD:keep"]);
    let tree = |prefix: &str| {
        let names = (0..60_000).map(|number| format!("100644 blob {blob}\t{prefix}{number}\n"));
        repo.git_with_input(&["mktree"], &names.collect::<String>())
    };
    let old = commit(&repo, &tree("a"), &["HEAD"]);
    let new = commit(&repo, &tree("b"), &[&old]);
    repo.git(&["update-ref", "refs/heads/main", &new]);
    let start = std::time::Instant::now();
    let ran = repo.run(&["export", "commits"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stdout.contains(r#""files_changed":60000"#), "{ran}");
    // Comparing each with each takes minutes.
    assert!(start.elapsed().as_secs() < 60, "{:?}", start.elapsed());
}
