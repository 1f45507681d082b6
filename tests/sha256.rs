//! Repositories whose objects have SHA-256 names: git's own figures are right, and only the names differ from SHA-1.

use std::collections::BTreeMap;
use std::path::PathBuf;

use regex::Regex;
use serde_json::Value;

use crate::world::{TestRepo, World};

/// Seven commits: a file moved and edited, a mode changed, a binary file, a submodule, a side branch that is merged, trailers
/// and tags.
fn story<'world>(world: &'world World, name: &str, hash: &str) -> TestRepo<'world> {
    let repo = world.repo_of(name, hash);
    let lines = |from: u32, to: u32| {
        (from..to)
            .map(|line| format!("line {line}\n"))
            .collect::<String>()
    };
    repo.write("kiln/heat.rs", lines(0, 60))
        .write("README.md", "# Kiln\n")
        .write("image.png", b"\x89PNG\0\0\0\x01");
    repo.commit("Fire the kiln");
    repo.git(&["mv", "kiln/heat.rs", "kiln/warm.rs"]);
    repo.write("kiln/warm.rs", lines(3, 64));
    repo.commit(
        "Warm it slowly\n\nLeverage-Estimate: 4h\nLeverage-Agent-Time: 20m\nCo-Authored-By: Claude <noreply@anthropic.com>",
    );
    repo.git(&["tag", "v1.0"]);
    repo.git(&["checkout", "-q", "-b", "side"]);
    repo.write("side.rs", lines(0, 5));
    repo.commit("Go aside");
    repo.git(&["checkout", "-q", "main"]);
    repo.write("image.png", b"\x89PNG\0\0\0\x02")
        .write("main.rs", lines(7, 20));
    repo.commit("Stay on course");
    repo.git_at(&["merge", "-q", "-m", "Merge the side", "side"], 1_775_040_000);
    let submodule = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("160000,{submodule},vendored"),
    ]);
    repo.git(&["update-index", "--chmod=+x", "main.rs"]);
    repo.git_at(
        &["commit", "-q", "-m", "Take in another repository"],
        1_775_040_060,
    );
    repo.git_at(&["tag", "-a", "-m", "Second", "v1.1"], 1_775_040_060);
    repo.git(&["rm", "-q", "side.rs"]);
    repo.git_at(&["commit", "-q", "-m", "Leave the side"], 1_775_040_120);
    repo
}

/// The author, the added and the removed lines of each commit without a merge, as `git log` prints them.
fn figures_of_git(repo: &TestRepo<'_>) -> BTreeMap<String, (String, u64, u64)> {
    let log = repo.git(&[
        "log",
        "--no-merges",
        "--numstat",
        "-M",
        "--format=commit %H %an <%ae>",
    ]);
    let mut figures = BTreeMap::new();
    let mut id = String::new();
    for line in log.lines().filter(|line| !line.is_empty()) {
        if let Some((commit, author)) = line.strip_prefix("commit ").and_then(|line| line.split_once(' ')) {
            commit.clone_into(&mut id);
            figures.insert(id.clone(), (author.to_owned(), 0, 0));
            continue;
        }
        let numbers: Vec<u64> = line.split('\t').map(|field| field.parse().unwrap_or(0)).collect();
        let entry = figures.get_mut(&id).unwrap();
        (entry.1, entry.2) = (entry.1 + numbers[0], entry.2 + numbers[1]);
    }
    figures
}

/// The same as `git leverage` exports them.
fn our_figures(repo: &TestRepo<'_>) -> BTreeMap<String, (String, u64, u64)> {
    let lines = repo.run(&["export", "commits", "."]).success();
    let commits = lines
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let mut figures = BTreeMap::new();
    for commit in commits.filter(|commit| commit["parents"].as_array().unwrap().len() < 2) {
        let text = |key: &str| commit[key].as_str().unwrap().to_owned();
        let number = |key: &str| commit[key].as_u64().unwrap();
        figures.insert(
            text("commit"),
            (text("author"), number("lines_added"), number("lines_removed")),
        );
    }
    figures
}

fn id_width(repo: &TestRepo<'_>) -> usize {
    repo.git(&["rev-parse", "HEAD"]).len()
}

#[test]
fn a_history_has_the_figures_of_git_wherever_its_objects_lie() {
    let world = World::new();
    let repo = story(&world, "kiln", "sha256");
    assert_eq!(id_width(&repo), 64);
    let figures = figures_of_git(&repo);
    assert_eq!(figures.len(), 6);
    assert_eq!(our_figures(&repo), figures, "loose");
    repo.git(&["pack-refs", "--all"]);
    repo.git(&["repack", "-adfq", "--depth=50"]);
    repo.git(&["prune-packed"]);
    assert_eq!(our_figures(&repo), figures, "packed");
    repo.git(&["multi-pack-index", "write"]);
    repo.git(&["commit-graph", "write", "--reachable"]);
    assert_eq!(our_figures(&repo), figures, "with indexes over all packs");
    repo.git(&["worktree", "add", "-q", "../linked", "main", "--force"]);
    assert_eq!(our_figures(&world.at("linked")), figures, "in a linked work tree");
    repo.git(&["clone", "-q", "--shared", "--bare", ".", "../lent"]);
    assert_eq!(
        our_figures(&world.at("lent")),
        figures,
        "with objects of another repository"
    );
    // The cache also works for these.
    let scan = repo.run(&["scan", "."]).success();
    let row = scan.lines().find(|line| line.starts_with("kiln")).unwrap();
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(cells[1..3], ["7", "0"], "{scan}");
}

/// The output of a command in a repository, with a word for each object name and each id of a task.
fn told(repo: &TestRepo<'_>, args: &[&str]) -> String {
    let ran = repo.run(args);
    let names = Regex::new("[0-9a-f]{64}|[0-9a-f]{40}|\\b[0-9a-f]{10}\\b").unwrap();
    let tasks =
        Regex::new("[0-9a-f]{8}-[0-9a-f]{4}(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?|\\b[0-9a-f]{8}\\b")
            .unwrap();
    let text = ran.to_string();
    let text = tasks
        .replace_all(&names.replace_all(&text, "NAME"), "TASK")
        .into_owned();
    // Which missing object is found first depends on the ids, and commits that lack the same one share a line.
    let text = text.replace(
        "`NAME`, `NAME`: object NAME is missing",
        "`NAME`: object NAME is missing",
    );
    let warning = r#"\{\s+"place": "[^"]*",\s+"message": "cannot count the lines of `NAME`: object NAME is missing"\s+\},?\s+"#;
    let text = Regex::new(&format!("({warning})+"))
        .unwrap()
        .replace_all(&text, "LINES ");
    let mut lines: Vec<&str> = text.lines().collect();
    lines.dedup();
    lines.join("\n")
}

const COMMANDS: [&[&str]; 9] = [
    &["report", "."],
    &["report", ".", "--format", "json"],
    &["scan", "."],
    &["export", "tasks", "."],
    &["inventory", "."],
    &["inventory", ".", "--format", "json"],
    &["log"],
    &["audit", "."],
    &["show", "HEAD"],
];

/// The output of all commands; the repositories have the same name, because it is part of that.
fn all_told(repo: &TestRepo<'_>) -> BTreeMap<String, String> {
    let told = |args: &&[&str]| (args.join(" "), told(repo, args));
    COMMANDS.iter().map(told).collect()
}

/// Gives the recorded task another estimate.
fn revise(repo: &TestRepo<'_>, estimate: &str) {
    let tasks = repo.run(&["export", "tasks", "."]).success();
    let mut tasks = tasks
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let task = tasks.find(|task| task["title"] == "Firing").unwrap();
    let id = task["id"].as_str().unwrap();
    let _ = repo
        .run(&["revise", id, "--estimate", estimate, "--reason", "It was less"])
        .success();
}

fn record(repo: &TestRepo<'_>) {
    let record = [
        "record",
        "--title",
        "Firing",
        "--estimate",
        "6h",
        "--agent-time",
        "30m",
        "--supervision",
        "5m",
    ];
    let _ = repo.run(&record).success();
    revise(repo, "5h");
}

#[test]
fn every_command_says_what_it_says_of_the_same_history_of_sha_1() {
    let said = ["sha1", "sha256"].map(|hash| {
        let world = World::new();
        let repo = story(&world, "kiln", hash);
        record(&repo);
        let whole = all_told(&repo);
        repo.git(&["gc", "-q", "--prune=now"]);
        let packed = all_told(&repo);
        let source = format!("file://{}", repo.path().display());
        repo.git(&["config", "uploadpack.allowFilter", "true"]);
        repo.git(&["clone", "-q", "--depth", "2", &source, "../shallow/kiln"]);
        let shallow = all_told(&world.at("shallow/kiln"));
        repo.git(&[
            "clone",
            "-q",
            "--no-checkout",
            "--filter=blob:none",
            &source,
            "../partial/kiln",
        ]);
        let partial = all_told(&world.at("partial/kiln"));
        [whole, packed, shallow, partial]
    });
    let [sha1, sha256] = said;
    for (form, (sha1, sha256)) in ["whole", "packed", "shallow", "partial"]
        .iter()
        .zip(sha1.iter().zip(&sha256))
    {
        for (command, expected) in sha1 {
            assert_eq!(&sha256[command], expected, "`{command}`, {form}");
        }
    }
    assert!(sha256[0]["log"].contains("Firing"), "{}", sha256[0]["log"]);
    assert!(
        sha256[2]["report ."].contains("[exit 3]"),
        "{}",
        sha256[2]["report ."]
    );
}

#[test]
fn a_ledger_is_written_and_shared_as_git_reads_it() {
    let world = World::new();
    let repo = story(&world, "kiln", "sha256");
    record(&repo);
    repo.git(&["fsck", "--strict"]);
    let head = repo.git(&["rev-parse", "HEAD"]);
    let note = repo.git(&["notes", "--ref", "leverage", "show", &head]);
    assert_eq!(note.lines().count(), 2, "{note}");
    let logged = std::fs::read_to_string(repo.path().join(".git/logs/refs/notes/leverage")).unwrap();
    assert!(logged.starts_with(&"0".repeat(64)), "{logged}");

    // git's own notes about the ledger are read, and preserved.
    repo.git(&["clone", "-q", "--bare", ".", "../remote.git"]);
    repo.git(&["remote", "add", "origin", "../remote.git"]);
    let _ = repo.run(&["sync"]).success();
    repo.git(&["clone", "-q", "../remote.git", "../other"]);
    let other = world.at("other");
    let older = other.git(&["rev-parse", "HEAD~1"]);
    let line = note.lines().next().unwrap().replace("Firing", "Glazing");
    let id = Regex::new("\"id\":\"[^\"]*\"").unwrap();
    let line = id.replace(&line, "\"id\":\"01a00000-0000-7000-8000-000000000001\"");
    other.git(&["notes", "--ref", "leverage", "add", "-m", &line, &older]);
    let log = other.run(&["log"]).success();
    assert!(log.contains("Glazing"), "{log}");
    let _ = other.run(&["sync"]).success();
    let _ = repo.run(&["sync"]).success();
    for clone in [&repo, &other] {
        let log = clone.run(&["log"]).success();
        assert!(log.contains("Firing") && log.contains("Glazing"), "{log}");
        clone.git(&["fsck", "--strict"]);
    }
    let noted = repo.git(&["notes", "--ref", "leverage", "list"]);
    let mut noted: Vec<&str> = noted.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    noted.sort_unstable();
    let mut expected = [head.as_str(), older.as_str()];
    expected.sort_unstable();
    assert_eq!(noted, expected);
}

#[test]
fn a_name_of_the_other_length_is_no_note_and_no_parent() {
    for (hash, other) in [("sha256", 40), ("sha1", 64)] {
        let world = World::new();
        let repo = story(&world, "kiln", hash);
        record(&repo);
        let before = repo.run(&["log"]).success();
        let top = repo.git(&["rev-parse", "refs/notes/leverage^{tree}"]);
        let tree = repo.git(&["ls-tree", &top]);
        let note = repo.git_with_input(&["hash-object", "-w", "--stdin"], "{}\n");
        let strange = format!("{tree}\n100644 blob {note}\t{}\n", "7".repeat(other));
        let tree = repo.git_with_input(&["mktree"], &strange);
        let commit = repo.git(&["commit-tree", "-p", "refs/notes/leverage", "-m", "Strange", &tree]);
        repo.git(&["update-ref", "refs/notes/leverage", &commit]);
        assert_eq!(repo.run(&["log"]).success(), before, "{hash}");
        // The next write preserves it.
        revise(&repo, "4h");
        let kept = repo.git(&["ls-tree", "--name-only", "refs/notes/leverage"]);
        assert!(kept.contains(&"7".repeat(other)), "{hash}: {kept}");
    }
}

/// The file of a loose object.
fn loose(repo: &TestRepo<'_>, revision: &str) -> PathBuf {
    let id = repo.git(&["rev-parse", revision]);
    let objects = repo.path().join(".git/objects");
    objects.join(&id[..2]).join(&id[2..])
}

#[test]
fn what_is_missing_or_damaged_makes_it_partial_with_the_rest_counted() {
    for revision in ["HEAD~2:main.rs", "HEAD~4^{tree}", "HEAD~4"] {
        let statuses = ["sha1", "sha256"].map(|hash| {
            let world = World::new();
            let repo = story(&world, "kiln", hash);
            let file = loose(&repo, revision);
            std::fs::remove_file(&file).unwrap();
            let ran = repo.run(&["report", ".", "--format", "json"]);
            assert_eq!(ran.code, Some(3), "{revision}: {ran}");
            let json: Value = serde_json::from_str(&ran.stdout).unwrap();
            assert_eq!(json["repos"][0]["status"], "partial", "{revision}: {ran}");
            assert!(
                json["totals"]["commits"].as_u64().unwrap() >= 4,
                "{revision}: {ran}"
            );
            let missing = told(&repo, &["report", "."]);
            std::fs::write(&file, "rubbish").unwrap();
            (missing, told(&repo, &["report", "."]))
        });
        let [sha1, sha256] = statuses;
        assert_eq!(sha256.0, sha1.0, "{revision}");
        assert!(sha256.1.contains("[exit 3]"), "{revision}: {}", sha256.1);
    }
}

#[test]
fn a_pack_cut_short_costs_what_lay_behind_its_end() {
    let world = World::new();
    let repo = story(&world, "kiln", "sha256");
    repo.git(&["gc", "-q", "--prune=now"]);
    let packs = std::fs::read_dir(repo.path().join(".git/objects/pack")).unwrap();
    for file in packs.map(|entry| entry.unwrap().path()) {
        let whole = std::fs::read(&file).unwrap();
        let is_pack = file.extension().is_some_and(|extension| extension == "pack");
        if is_pack || file.extension().is_some_and(|extension| extension == "idx") {
            std::fs::remove_file(&file).unwrap();
            std::fs::write(&file, &whole[..whole.len() / 2]).unwrap();
            let ran = repo.run(&["report", ".", "--no-cache"]);
            assert_eq!(ran.code, Some(3), "{}: {ran}", file.display());
            std::fs::write(&file, &whole).unwrap();
        }
    }
    assert_eq!(our_figures(&repo), figures_of_git(&repo));
}
