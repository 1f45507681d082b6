//! The lines of each commit, against `git log --numstat`; facts cached between runs.

use std::collections::BTreeMap;
use std::path::Path;

use git_leverage::testing::facts::{ForeignTrailers, Status, decide};
use git_leverage::testing::git::Renames;
use git_leverage::testing::sources::{History, HistoryOptions, KeptFacts, read_history};

use crate::world::{START, TestRepo, World};

/// Files, added and removed lines of each commit.
type Counts = BTreeMap<String, (u64, u64, u64)>;

fn git_counts(repo: &TestRepo<'_>, renames: &str) -> Counts {
    let log = repo.git(&[
        "log",
        "--no-merges",
        "--numstat",
        renames,
        "--format=commit %H",
        "--branches",
    ]);
    let mut counts = Counts::new();
    let mut commit = String::new();
    for line in log.lines().filter(|line| !line.is_empty()) {
        if let Some(id) = line.strip_prefix("commit ") {
            id.clone_into(&mut commit);
            counts.insert(commit.clone(), (0, 0, 0));
            continue;
        }
        let mut fields = line.split('\t').map(|field| field.parse().unwrap_or(0));
        let entry = counts.get_mut(&commit).unwrap();
        entry.0 += 1;
        entry.1 += fields.next().unwrap();
        entry.2 += fields.next().unwrap();
    }
    counts
}

fn our_counts(history: &History) -> Counts {
    let commits = history.commits.iter().filter(|commit| !commit.is_merge());
    commits
        .map(|commit| {
            let lines = commit.lines.unwrap();
            (commit.id.to_string(), (lines.files, lines.added, lines.removed))
        })
        .collect()
}

fn read(repo: &TestRepo<'_>, cache: Option<&Path>) -> History {
    read_at(repo.path(), cache)
}

fn read_at(path: &Path, cache: Option<&Path>) -> History {
    let options = HistoryOptions {
        cache: cache.map(Path::to_owned),
        ..HistoryOptions::default()
    };
    read_history(path, &options)
}

fn text(lines: std::ops::Range<u32>) -> String {
    lines.map(|line| format!("line {line} of some text\n")).collect()
}

/// Everything that can happen to a file in a history.
fn eventful<'world>(world: &'world World) -> TestRepo<'world> {
    let repo = world.repo("kiln");
    repo.write("a/one.txt", text(0..40))
        .write("two.bin", b"\0\x01\x02")
        .write("three", "no end");
    repo.write("mode.sh", "#!/bin/sh\n")
        .write("becomes", "a file\n")
        .write("same/x", text(50..60));
    repo.commit("start");
    repo.git(&["mv", "a/one.txt", "b.txt"]);
    repo.commit("move");
    repo.write("b.txt", text(5..44))
        .write("three", "no end\nafter all\n")
        .write("two.bin", b"\0\x02");
    repo.git(&["mv", "b.txt", "c.txt"]);
    repo.write("c.txt", text(3..44));
    repo.commit("move and edit");
    repo.git(&["update-index", "--chmod=+x", "mode.sh"]);
    repo.git(&["commit", "--quiet", "-m", "mode"]);
    std::fs::remove_file(repo.path().join("becomes")).unwrap();
    repo.write("becomes/a/folder", "now\n");
    repo.commit("a file becomes a folder");
    #[cfg(unix)]
    {
        std::fs::remove_file(repo.path().join("three")).unwrap();
        std::os::unix::fs::symlink("c.txt", repo.path().join("three")).unwrap();
        repo.commit("a file becomes a link");
    }
    repo.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        "160000,0123456789012345678901234567890123456789,sub",
    ]);
    repo.git(&["commit", "--quiet", "-m", "submodule"]);
    repo.git(&["rm", "--quiet", "--cached", "sub"]);
    repo.write("same/y", text(50..60))
        .write("d.txt", text(0..30))
        .write("e/d.txt", text(100..130));
    repo.commit("copies");
    repo.git(&["switch", "--quiet", "--create", "side", "HEAD~2"]);
    repo.write("side.txt", "x\n");
    repo.commit("side");
    repo.git(&["switch", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--no-edit", "side"]);
    std::fs::remove_file(repo.path().join("d.txt")).unwrap();
    std::fs::remove_file(repo.path().join("same/x")).unwrap();
    repo.write("f/d.txt", text(2..31)).write("g.txt", text(50..62));
    repo.commit("moves to be guessed");
    repo.commit("nothing");
    repo
}

#[test]
fn every_commit_has_gits_own_numbers() {
    let world = World::new();
    let repo = eventful(&world);
    let plain = HistoryOptions {
        renames: Renames::Ignore,
        ..HistoryOptions::default()
    };
    // Once from loose objects, once from a pack with deltas.
    for _ in 0..2 {
        assert_eq!(
            our_counts(&read(&repo, None)),
            git_counts(&repo, "--find-renames")
        );
        assert_eq!(
            our_counts(&read_history(repo.path(), &plain)),
            git_counts(&repo, "--no-renames")
        );
        repo.git(&["gc", "--quiet", "--aggressive"]);
    }
}

#[test]
fn old_modes_that_mean_the_same_are_no_change() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a", "one\n").write("b", "two\n");
    repo.commit("start");
    let blob = |name: &str| repo.git(&["rev-parse", &format!("HEAD:{name}")]);
    let (a, b) = (blob("a"), blob("b"));
    // Programs of the first years wrote files that are group-writable.
    let tree = repo.git_with_input(&["mktree"], &format!("100664 blob {a}\ta\n100664 blob {b}\tb\n"));
    let commit = repo.git(&["commit-tree", "-p", "HEAD", "-m", "other modes", &tree]);
    repo.git(&["reset", "--quiet", "--hard", &commit]);
    repo.write("a", "one\nmore\n");
    repo.commit("the usual modes again");
    assert_eq!(
        our_counts(&read(&repo, None)),
        git_counts(&repo, "--find-renames")
    );
}

#[test]
fn large_files_count_as_binary_where_git_says_so() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("small", text(0..10)).write("large", text(0..1000));
    repo.commit("start");
    repo.git(&["config", "core.bigFileThreshold", "10k"]);
    let history = read(&repo, None);
    assert_eq!(our_counts(&history), git_counts(&repo, "--find-renames"));
    assert_eq!(our_counts(&history).values().next(), Some(&(2, 10, 0)));
    assert!(history.warnings[0].to_string().contains("above 10 KiB"));
}

#[test]
fn files_of_many_mebibytes_have_lines() {
    let world = World::new();
    let repo = world.repo("kiln");
    let line = format!("{}\n", "x".repeat(1 << 20));
    repo.write("small", text(0..10)).write("large", line.repeat(65));
    repo.commit("start");
    repo.write("large", line.repeat(66));
    repo.commit("one line more");
    let history = read(&repo, None);
    assert_eq!(our_counts(&history), git_counts(&repo, "--find-renames"));
    assert_eq!(our_counts(&history).values().map(|lines| lines.1).max(), Some(75));
    assert_eq!((history.status, history.warnings), (Status::Complete, Vec::new()));
}

#[test]
fn attributes_decide_what_is_text() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write(".gitattributes", "*.svg -diff\n*.dat diff\n");
    repo.write("a.svg", "<svg>\n")
        .write("b.dat", b"\0\n\n")
        .write("c", b"\0\n");
    repo.commit("start");
    assert_eq!(
        our_counts(&read(&repo, None)),
        git_counts(&repo, "--find-renames")
    );
}

#[test]
fn a_branch_whose_commit_is_gone_makes_a_history_partial() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a", "one\n");
    let tip = repo.commit("start");
    repo.git(&["tag", "file", "HEAD:a"]);
    let cache = world.path("facts");
    assert_eq!(read(&repo, Some(&cache)).status, Status::Complete);
    let object = format!(".git/objects/{}/{}", &tip[..2], &tip[2..]);
    std::fs::remove_file(repo.path().join(object)).unwrap();
    let history = read(&repo, Some(&cache));
    assert_eq!((history.status, history.commits.len()), (Status::Partial, 0));
    assert_eq!(history.warnings.len(), 2, "HEAD and main: {:?}", history.warnings);
}

#[test]
fn a_commit_is_read_once() {
    let world = World::new();
    let repo = eventful(&world);
    let cache = world.path("facts");
    let first = read(&repo, Some(&cache));
    assert_eq!(first.new_commits, first.commits.len());
    let second = read(&repo, Some(&cache));
    assert_eq!((second.new_commits, &second.commits), (0, &first.commits));
    repo.write("later.txt", "one\n");
    repo.commit("later");
    let third = read(&repo, Some(&cache));
    assert_eq!(
        (third.new_commits, third.commits.len()),
        (1, first.commits.len() + 1)
    );
    assert_eq!(third.commits, read(&repo, None).commits);
}

#[test]
fn kept_facts_follow_whatever_happens_to_branches() {
    let world = World::new();
    let repo = eventful(&world);
    let cache = world.path("facts");
    let first = read(&repo, Some(&cache)).commits;
    // What is done, and how many commits are then read.
    let steps: [(&[&str], usize); 7] = [
        (
            &[
                "commit",
                "--quiet",
                "--amend",
                "--allow-empty",
                "--message",
                "reworded",
            ],
            1,
        ),
        (&["reset", "--quiet", "--hard", "HEAD~2"], 0),
        (&["reset", "--quiet", "--hard", "ORIG_HEAD"], 0),
        (&["branch", "older", "HEAD~3"], 0),
        (&["commit", "--quiet", "--allow-empty", "--message", "on top"], 1),
        (&["checkout", "--quiet", "-b", "aside", "older"], 0),
        (
            &["merge", "--quiet", "--no-edit", "main", "-s", "ours", "--no-ff"],
            1,
        ),
    ];
    for (git, new) in steps {
        repo.git_at(git, START + 5000);
        let kept = read(&repo, Some(&cache));
        assert_eq!(kept.new_commits, new, "{git:?}");
        let listed = repo.git(&["rev-list", "--count", "HEAD", "--branches"]);
        assert_eq!(kept.commits.len().to_string(), listed, "{git:?}");
        assert_eq!(kept.commits, read(&repo, None).commits, "{git:?}");
    }
    assert!(read(&repo, Some(&cache)).commits.len() > first.len());
}

#[test]
fn many_scans_at_once_spoil_nothing() {
    let world = World::new();
    let repo = eventful(&world);
    let (path, cache) = (repo.path(), world.path("facts"));
    let whole = read(&repo, None).commits;
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..4 {
                    let history = read_at(path, Some(&cache));
                    assert_eq!(history.warnings, []);
                    assert_eq!(history.commits, whole);
                }
            });
        }
    });
    assert_eq!(
        std::fs::read_dir(&cache).unwrap().count(),
        1,
        "nothing is left over"
    );
    assert_eq!(read(&repo, Some(&cache)).new_commits, 0);
}

#[test]
fn damaged_facts_are_read_anew_and_replaced() {
    let world = World::new();
    let repo = eventful(&world);
    let cache = world.path("facts");
    let first = read(&repo, Some(&cache));
    for entry in std::fs::read_dir(&cache).unwrap() {
        let path = entry.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        std::fs::write(path, bytes).unwrap();
    }
    let second = read(&repo, Some(&cache));
    assert_eq!(second.commits, first.commits);
    assert_eq!((second.warnings.len(), second.status), (1, Status::Complete));
    assert!(read(&repo, Some(&cache)).warnings.is_empty());
    let rebuilt = HistoryOptions {
        cache: Some(cache),
        kept_facts: KeptFacts::Replace,
        ..HistoryOptions::default()
    };
    assert_eq!(
        read_history(repo.path(), &rebuilt).new_commits,
        first.commits.len()
    );
}

#[test]
fn a_missing_blob_costs_its_commit_alone() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a", "one\n");
    repo.commit("start");
    repo.write("a", "two\n");
    let broken = repo.commit("broken");
    let blob = repo.git(&["rev-parse", "HEAD:a"]);
    repo.write("b", "three\n");
    repo.commit("later");
    let object = repo.path().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
    std::fs::remove_file(object).unwrap();
    let history = read(&repo, None);
    assert_eq!(history.status, Status::Partial);
    let unknown: Vec<String> = history
        .commits
        .iter()
        .filter(|commit| commit.lines.is_none())
        .map(|commit| commit.id.to_string())
        .collect();
    assert_eq!(unknown, [broken]);
}

#[test]
fn a_shallow_clone_says_what_it_lacks() {
    let world = World::new();
    let repo = eventful(&world);
    let path = world.path("shallow");
    let url = format!("file://{}", repo.path().display());
    repo.git(&["clone", "--quiet", "--depth=1", &url, &path.to_string_lossy()]);
    let history = read_history(&path, &HistoryOptions::default());
    assert_eq!((history.status, history.commits.len()), (Status::Partial, 1));
    assert_eq!(history.commits[0].lines, None);
    insta::assert_snapshot!(history.reason.unwrap_or_default(), @"the clone is shallow: older commits are missing");
}

#[test]
fn notes_of_other_tools_say_who_made_a_commit() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.rs", "fn a() {}\nfn b() {}\n");
    let first = repo.commit("By an agent");
    repo.write("b.rs", "fn c() {}\n");
    let second = repo.commit("By another one");
    let note = |reference: &str, commit: &str, text: &str| {
        let force = [
            "notes",
            "--ref",
            reference,
            "add",
            "--force",
            "--message",
            text,
            commit,
        ];
        repo.git(&force);
    };
    note(
        "ai",
        &first,
        "a.rs\n  s_0123456789abcd::t_1 1-2\n---\n{\"sessions\":{\"s_0123456789abcd\":{\"agent_id\":{\"tool\":\"claude\"}}}}",
    );
    note(
        "agentnote",
        &second,
        "{\"v\":1,\"agent\":\"codex\",\"attribution\":{\"ai_ratio\":100}}",
    );
    let cache = world.path("facts");
    let origins = || -> Vec<(String, Vec<String>, Option<u64>)> {
        let history = read(&repo, Some(&cache));
        assert_eq!(history.signs, read(&repo, None).signs, "cached and read again");
        let mut commits = history.commits.to_vec();
        decide(&mut commits, &history.signs, ForeignTrailers::Believe);
        commits.sort_by_key(|commit| commit.commit_time);
        let told = commits.iter().map(|commit| {
            let agents = commit.origin.agents().into_iter().map(str::to_owned).collect();
            let lines = commit.origin.evidence().first().and_then(|sign| sign.lines);
            (format!("{:?}", commit.origin.state()), agents, lines)
        });
        told.collect()
    };
    let agent = |name: &str, lines| ("Agent".to_owned(), vec![name.to_owned()], lines);
    assert_eq!(origins(), [agent("claude-code", Some(2)), agent("codex", None)]);
    note("ai", &first, "a.rs\n  h_0123456789abcd 1-2\n---\n{}");
    assert_eq!(
        origins(),
        [("Human".to_owned(), Vec::new(), Some(2)), agent("codex", None)]
    );
}
