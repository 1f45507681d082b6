//! What is acknowledged stays, what is refused is not there, and the next command needs no help: broken streams, power cuts,
//! killed writers and clean-ups beside them.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

#[cfg(target_os = "linux")]
use crate::world::can_trace;
use crate::world::{TestRepo, World, executable};

const NOTES: &str = "refs/notes/leverage";
const PIN: &str = "refs/leverage/pin";
const TASKS: &str = "refs/leverage/tasks";

/// A repository with a task on a commit and one without.
fn kiln(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn main() {}\n").commit("Kiln controller");
    record(&repo, "Kiln controller");
    let _ = repo
        .run(&["record", "--no-commit", "--title", "Plan", "--estimate", "1h"])
        .success();
    repo
}

fn record(repo: &TestRepo<'_>, title: &str) {
    let _ = repo
        .run(&["record", "--another", "--estimate", "4h", "--title", title])
        .success();
}

fn titles(repo: &TestRepo<'_>) -> Vec<String> {
    let listed: serde_json::Value =
        serde_json::from_str(&repo.run(&["log", "--format", "json"]).success()).unwrap();
    let title = |task: &serde_json::Value| task["title"].as_str().unwrap().to_owned();
    let mut titles: Vec<String> = listed["tasks"].as_array().unwrap().iter().map(title).collect();
    titles.sort();
    titles
}

/// How many tasks a report counts, and whether it is complete.
fn reported(repo: &TestRepo<'_>) -> (u64, String) {
    let report: serde_json::Value =
        serde_json::from_str(&repo.run(&["report", "--format", "json"]).stdout).unwrap();
    let status = report["repos"][0]["status"].as_str().unwrap().to_owned();
    (report["totals"]["tasks"].as_u64().unwrap(), status)
}

/// Files below `.git` whose names end so.
fn files(repo: &TestRepo<'_>, wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![repo.path().join(".git")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if wanted(path.file_name().unwrap().to_str().unwrap()) {
                found.push(path.clone());
            }
            if path.is_dir() {
                folders.push(path);
            }
        }
    }
    found
}

/// Nothing of a dead or a finished writer is left.
fn assert_tidy(repo: &TestRepo<'_>) {
    let left = files(repo, |name| {
        name.ends_with(".lock")
            || name.ends_with(".keep")
            || name.starts_with("leverage.pending")
            || name.starts_with("leverage-")
    });
    assert!(left.is_empty(), "{left:?}");
}

/// Commands, and what each says that it wrote.
#[cfg(target_os = "linux")]
fn written(plan: &str) -> [(Vec<&str>, &str); 6] {
    [
        (
            vec!["record", "--another", "--title", "Full", "--estimate", "2h"],
            "is recorded on",
        ),
        (
            vec!["record", "--no-commit", "--title", "Alone", "--estimate", "2h"],
            "is recorded",
        ),
        (
            vec!["revise", plan, "--estimate", "3h", "--reason", "Grew"],
            "is revised",
        ),
        (vec!["retract", plan, "--reason", "Twice"], "is retracted"),
        (
            vec!["import", "../tasks.csv", "--date", "2026-03-01"],
            "1 task is imported",
        ),
        (
            vec![
                "record",
                "--revise",
                "HEAD",
                "--title",
                "x",
                "--reason",
                "x",
                "--estimate",
                "1h",
            ],
            "",
        ),
    ]
}

#[cfg(target_os = "linux")]
#[test]
fn what_is_written_is_no_failure_where_nobody_takes_the_output() {
    let world = World::new();
    let repo = kiln(&world);
    repo.write("../tasks.csv", "title,human_hours\nImported,2h\n");
    let id = |title: &str| {
        let listed: serde_json::Value =
            serde_json::from_str(&repo.run(&["log", "--format", "json"]).success()).unwrap();
        let tasks = listed["tasks"].as_array().unwrap();
        let task = tasks.iter().find(|task| task["title"] == title).unwrap();
        task["id"].as_str().unwrap().to_owned()
    };
    let plan = id("Plan");
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    for (args, expected) in written(&plan) {
        let before = repo.git(&["rev-parse", NOTES]);
        let output = world
            .leverage(repo.path())
            .args(&args)
            .stdout(full())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let is_written = repo.git(&["rev-parse", NOTES]) != before;
        assert_eq!(output.status.success(), is_written, "{args:?}: {said}");
        assert_eq!(is_written, !expected.is_empty(), "{args:?}: {said}");
        assert!(said.contains(expected), "{args:?}: {said}");
        assert!(
            !is_written || said.contains("no space left on device"),
            "{args:?}: {said}"
        );
    }
    // Nor where its messages go nowhere.
    let mut command = world.leverage(repo.path());
    command.args(["record", "--another", "--title", "Mute", "--estimate", "2h"]);
    let status = command.stdout(full()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(0));
    assert_eq!(
        titles(&repo),
        ["Alone", "Full", "Imported", "Kiln controller", "Mute"]
    );
    // What writes nothing still fails.
    let report = world
        .leverage(repo.path())
        .arg("report")
        .stdout(full())
        .output()
        .unwrap();
    assert_eq!(report.status.code(), Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn what_repair_carry_and_sync_did_is_no_failure_where_nobody_takes_the_output() {
    let world = World::new();
    let repo = kiln(&world);
    repo.git(&["clone", "--quiet", "--bare", ".", "../remote.git"]);
    repo.git(&["remote", "add", "origin", "../remote.git"]);
    repo.git(&[
        "commit",
        "--quiet",
        "--amend",
        "-m",
        "Kiln controller, said better",
    ]);
    repo.git(&["checkout", "--quiet", "-b", "topic"]);
    repo.write("door.rs", "fn door() {}\n").commit("Door");
    record(&repo, "Door");
    repo.git(&["checkout", "--quiet", "main"]);
    repo.git(&["merge", "--quiet", "--squash", "topic"]);
    repo.git(&["commit", "--quiet", "-m", "All of it"]);
    let commands: [(&[&str], &str); 3] = [
        (&["repair"], "1 note is reattached"),
        (
            &["carry", "--onto", "main", "--from", "main..topic"],
            "1 task carried onto",
        ),
        (&["sync"], "the ledger is in sync with `origin`"),
    ];
    let notes = |name: &str| world.at(name).git(&["rev-parse", NOTES]);
    for (args, expected) in commands {
        let before = notes("kiln");
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = world
            .leverage(repo.path())
            .args(args)
            .stdout(full)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{args:?}: {said}");
        assert!(said.contains(expected), "{args:?}: {said}");
        assert!(said.contains("no space left on device"), "{args:?}: {said}");
        assert_eq!(notes("kiln") == before, args == ["sync"], "{args:?}");
    }
    assert_eq!(notes("remote.git"), notes("kiln"));
}

#[test]
fn a_pin_that_cannot_follow_is_a_warning() {
    let world = World::new();
    let repo = kiln(&world);
    let pinned = repo.git(&["rev-parse", PIN]);
    repo.write(".git/refs/leverage/pin.lock", "");
    let ran = repo.run(&["record", "--another", "--estimate", "4h", "--title", "Unpinned"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stderr.contains("is recorded on"), "{ran}");
    assert!(ran.stderr.contains("cannot update `refs/leverage/pin`"), "{ran}");
    assert_eq!(repo.git(&["rev-parse", PIN]), pinned);
    fs::remove_file(repo.path().join(".git/refs/leverage/pin.lock")).unwrap();
    record(&repo, "Pinned");
    assert_eq!(repo.git(&["rev-parse", PIN]), repo.git(&["rev-parse", NOTES]));
    assert_eq!(titles(&repo), ["Kiln controller", "Pinned", "Plan", "Unpinned"]);
}

#[test]
fn references_that_a_power_cut_emptied_are_mended_from_what_is_left() {
    let world = World::new();
    let repo = kiln(&world);
    let whole = world.copy();
    let zeros = [0; 41];
    let rubbish: [&[u8]; 4] = [b"", &zeros, b"rubbish\n", b"0123456789abcdef"];
    let cut: [&[&str]; 4] = [&[NOTES], &[PIN], &[TASKS], &[NOTES, PIN]];
    for has_logs in [true, false] {
        for content in rubbish {
            for names in cut.iter().filter(|names| has_logs || names.len() == 1) {
                whole.restore();
                let before: Vec<String> = names.iter().map(|name| repo.git(&["rev-parse", name])).collect();
                if !has_logs {
                    fs::remove_dir_all(repo.path().join(".git/logs")).unwrap();
                }
                for name in *names {
                    fs::write(repo.path().join(".git").join(name), content).unwrap();
                }
                let case = format!("{names:?} {content:?} {has_logs}");
                assert_eq!(reported(&repo), (2, "complete".to_owned()), "{case}");
                record(&repo, "After");
                assert_eq!(titles(&repo), ["After", "Kiln controller", "Plan"], "{case}");
                for (name, before) in names.iter().zip(&before) {
                    let now = repo.git(&["rev-parse", name]);
                    assert_eq!(repo.git(&["merge-base", before, &now]), *before, "{case}");
                }
                repo.git(&["fsck", "--strict"]);
            }
        }
    }
}

#[test]
fn a_ledger_of_which_nothing_is_known_is_not_written_over() {
    let world = World::new();
    let repo = kiln(&world);
    fs::remove_dir_all(repo.path().join(".git/logs")).unwrap();
    for name in [NOTES, PIN] {
        fs::write(repo.path().join(".git").join(name), "").unwrap();
    }
    let ran = repo.run(&["record", "--another", "--estimate", "4h"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.stderr.contains("it was not overwritten"), "{ran}");
    assert_eq!(reported(&repo).1, "partial");
    assert_eq!(fs::read(repo.path().join(".git").join(NOTES)).unwrap(), b"");
}

/// Takes all objects out of their packs.
fn loosen(repo: &TestRepo<'_>) {
    for pack in files(repo, |name| name.ends_with(".pack")) {
        fs::rename(&pack, repo.path().join("away.pack")).unwrap();
        fs::remove_file(pack.with_extension("idx")).unwrap();
        let unpack = "alias.loosen=!git unpack-objects -q <away.pack";
        repo.git(&["-c", unpack, "loosen"]);
    }
}

/// Takes away an object that lies in a file of its own.
fn lose(repo: &TestRepo<'_>, object: &str) {
    let id = repo.git(&["rev-parse", object]);
    let path = repo.path().join(".git/objects").join(&id[..2]).join(&id[2..]);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::remove_file(path).unwrap();
}

#[test]
fn of_a_ledger_whose_objects_are_gone_what_it_was_before_is_read() {
    let world = World::new();
    let repo = kiln(&world);
    let before = repo.git(&["rev-parse", NOTES]);
    record(&repo, "Last");
    let head = repo.git(&["rev-parse", "HEAD"]);
    let note = format!("{NOTES}:{}/{}", &head[..2], &head[2..]);
    loosen(&repo);
    let whole = world.copy();
    for lost in [NOTES, "refs/notes/leverage^{tree}", note.as_str()] {
        whole.restore();
        lose(&repo, lost);
        // All but what only the lost object held.
        assert_eq!(reported(&repo), (2, "partial".to_owned()), "{lost}");
        let listed = repo.run(&["log", "--format", "json"]);
        assert_eq!(listed.code, Some(3), "{listed}");
        let refused = repo.run(&["record", "--another", "--estimate", "4h", "--title", "After"]);
        assert_eq!(refused.code, Some(1), "{refused}");
        assert!(refused.stderr.contains("it was not overwritten"), "{refused}");
        if lost == note {
            continue;
        }
        // What is advised helps.
        let advice = format!("git update-ref {NOTES} {before}");
        assert!(refused.stderr.contains(&advice), "{refused}");
        repo.git(&["update-ref", NOTES, &before]);
        record(&repo, "After");
        assert_eq!(titles(&repo), ["After", "Kiln controller", "Plan"], "{lost}");
    }
    whole.restore();
    lose(&repo, TASKS);
    assert_eq!(titles(&repo), ["Kiln controller", "Last", "Plan"]);
}

/// Makes a pipe, which nobody writes to or reads from.
fn pipe(repo: &TestRepo<'_>, name: &str) {
    let path = repo.path().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

#[test]
fn a_pipe_in_place_of_a_file_that_a_write_opens_is_not_waited_for() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn main() {}\n").commit("Kiln controller");
    // Neither log can be kept then.
    pipe(&repo, ".git/logs/refs/leverage/tasks");
    pipe(&repo, ".git/logs/refs/notes/leverage");
    let _ = repo
        .run(&["record", "--no-commit", "--title", "Plan", "--estimate", "1h"])
        .success();
    fs::remove_file(repo.path().join(".git/leverage.flock")).unwrap();
    pipe(&repo, ".git/leverage.flock");
    let refused = repo.run(&["record", "--estimate", "4h"]);
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(
        refused.stderr.contains("leverage.flock` is not a regular file"),
        "{refused}"
    );
    assert_eq!(titles(&repo), ["Plan"]);
}

#[test]
fn the_lock_of_a_dead_writer_is_taken_over_and_that_of_another_program_is_not() {
    let world = World::new();
    let repo = kiln(&world);
    let git = repo.path().join(".git");
    for name in [NOTES, PIN, TASKS] {
        // As it is between the lock and the move.
        let pending = git.join("leverage.pending");
        fs::write(&pending, format!("{}\n", repo.git(&["rev-parse", name]))).unwrap();
        fs::hard_link(&pending, git.join(format!("{name}.lock"))).unwrap();
        let start = Instant::now();
        let title = format!("After {name}");
        let _ = repo
            .run(&["record", "--no-commit", "--title", &title, "--estimate", "1h"])
            .success();
        assert!(start.elapsed() < Duration::from_secs(2), "{name}");
        assert_tidy(&repo);
    }
    // After the move, before the second name is gone: the reference stays.
    let pending = git.join("leverage.pending");
    fs::hard_link(git.join(NOTES), &pending).unwrap();
    record(&repo, "Moved");
    assert_tidy(&repo);
    // A lock with the content of ours is not ours.
    let lock = git.join(format!("{NOTES}.lock"));
    fs::copy(git.join(NOTES), &lock).unwrap();
    fs::copy(git.join(NOTES), &pending).unwrap();
    let inode = lock.metadata().unwrap().ino();
    let ran = repo.run(&["record", "--another", "--estimate", "4h"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(
        ran.stderr.contains("leverage.lock` was made moments ago"),
        "{ran}"
    );
    assert_eq!(lock.metadata().unwrap().ino(), inode);
}

#[test]
fn a_killed_writer_leaves_the_old_or_the_new_state_and_needs_no_help() {
    let world = World::new();
    let repo = kiln(&world);
    let mut known = titles(&repo);
    let start = Instant::now();
    record(&repo, "Timed");
    let took = start.elapsed();
    known.push("Timed".into());
    const ROUNDS: u32 = 24;
    for round in 0..ROUNDS {
        let title = format!("Killed {round}");
        let mut command = world.leverage(repo.path());
        command.args([
            "record",
            "--another",
            "--no-sessions",
            "--estimate",
            "1h",
            "--title",
            &title,
        ]);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(took * round / ROUNDS);
        let _ = child.kill();
        let acknowledged = child.wait().unwrap().success();
        let now = titles(&repo);
        let is_there = now.contains(&title);
        assert!(is_there || !acknowledged, "{title}");
        known.extend(is_there.then_some(title));
        let next = format!("Next {round}");
        record(&repo, &next);
        known.push(next);
        known.sort();
        assert_eq!(titles(&repo), known);
        assert_tidy(&repo);
    }
    repo.git(&["fsck", "--strict"]);
}

/// At most `most` numbers from 1 to `count`, evenly spread, with the first and the last.
#[cfg(target_os = "linux")]
fn sampled(count: usize, most: usize) -> Vec<usize> {
    let mut numbers: Vec<usize> = (0..most)
        .map(|n| 1 + n * count.saturating_sub(1) / (most - 1))
        .collect();
    numbers.dedup();
    numbers.retain(|number| *number <= count);
    numbers
}

/// Some of what `tests/scripts/kill-sweep` tries. Without strace, the kills at random moments above are all that is tried.
#[cfg(target_os = "linux")]
#[test]
fn a_fault_at_a_system_call_leaves_the_old_or_the_new_state_and_needs_no_help() {
    if !can_trace() {
        return;
    }
    let world = World::new();
    let repo = kiln(&world);
    // All that makes a write last.
    repo.git(&["config", "leverage.fsync", "true"]);
    let old = titles(&repo);
    let whole = world.copy();
    let trace = world.home().join("trace");
    let args = [
        "record",
        "--no-commit",
        "--no-sessions",
        "--title",
        "New",
        "--estimate",
        "1h",
    ];
    let new = ["Kiln controller", "New", "Plan"];
    assert!(
        repo.traced(&["-o", trace.to_str().unwrap()], &args)
            .status
            .success()
    );
    let trace = fs::read_to_string(trace).unwrap();
    for (fault, most) in [("signal=KILL", 5), ("error=ENOSPC", 3), ("error=EIO", 2)] {
        for call in [
            "write", "fsync", "link", "linkat", "rename", "unlink", "mkdir", "flock", "close",
        ] {
            let count = trace.matches(&format!(" {call}(")).count();
            for at in sampled(count, most) {
                whole.restore();
                let case = format!("{call}:{fault}:when={at}");
                let (select, inject) = (format!("trace={call}"), format!("inject={case}"));
                let options = ["-o", "/dev/null", "-e", &select, "-e", &inject];
                let ran = repo.traced(&options, &args);
                let now = titles(&repo);
                assert!(now == old || now == new, "{case}: {now:?}");
                assert_honest(&ran, now == new, &case);
                record(&repo, "After");
                assert_eq!(titles(&repo).len(), now.len() + 1, "{case}");
                assert_tidy(&repo);
            }
        }
    }
    repo.git(&["fsck", "--strict"]);
}

/// What ended well is there, what ended badly is not, and what was killed may be.
#[cfg(target_os = "linux")]
fn assert_honest(ran: &std::process::Output, is_there: bool, case: &str) {
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(!said.contains("panicked"), "{case}: {said}");
    if let Some(code) = ran.status.code() {
        assert_eq!(code == 0, is_there, "{case}: {said}");
    }
}

#[test]
fn what_a_dead_writer_kept_is_released_and_what_others_keep_is_not() {
    let world = World::new();
    let repo = kiln(&world);
    let packs = repo.path().join(".git/objects/pack");
    repo.git(&["gc", "--quiet"]);
    let pack = files(&repo, |name| name.ends_with(".pack")).remove(0);
    fs::write(
        pack.with_extension("keep"),
        "git-leverage: until the reference stands\n",
    )
    .unwrap();
    repo.write(".git/objects/leverage-pack/pack_git2_1", "cut off");
    let foreign = packs.join("pack-0123456789abcdef0123456789abcdef01234567.keep");
    fs::write(&foreign, "mine\n").unwrap();
    record(&repo, "After");
    assert_eq!(
        files(&repo, |name| name.ends_with(".keep")),
        std::slice::from_ref(&foreign)
    );
    fs::remove_file(foreign).unwrap();
    assert_tidy(&repo);
}

#[test]
fn records_outlast_a_clean_up_beside_them() {
    outlast("git gc --quiet --prune=now", Duration::from_secs(6));
}

#[test]
fn records_outlast_a_prune_beside_them() {
    outlast("git prune --expire=now", Duration::from_secs(4));
}

/// Records while a command takes away, over and over, what nothing reaches.
fn outlast(clean_up: &str, time: Duration) {
    let world = World::new();
    let repo = kiln(&world);
    let end = Instant::now() + time;
    let mut acknowledged = vec!["Kiln controller".to_owned(), "Plan".to_owned()];
    let mut sweep = world.leverage(repo.path());
    let variables: Vec<_> = sweep
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    sweep = Command::new("sh");
    sweep.env_clear().envs(variables).current_dir(repo.path());
    sweep.args(["-c", &format!("while [ ! -e stop ]; do {clean_up}; done")]);
    let mut sweep = sweep.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    for number in 0.. {
        if Instant::now() > end {
            break;
        }
        let title = format!("Task {number}");
        let no_commit: &[&str] = if number % 4 == 0 {
            &["--no-commit"]
        } else {
            &["--another"]
        };
        let args = [&["record", "--estimate", "1h", "--title", &title], no_commit].concat();
        if repo.run(&args).code == Some(0) {
            acknowledged.push(title);
        }
    }
    repo.write("stop", "");
    sweep.wait().unwrap();
    acknowledged.sort();
    assert!(acknowledged.len() > 5, "{acknowledged:?}");
    assert_eq!(titles(&repo), acknowledged);
    repo.git(&["fsck", "--strict"]);
    repo.git(&["gc", "--quiet", "--prune=now"]);
    assert_eq!(titles(&repo), acknowledged);
}

#[test]
fn many_packs_are_not_made_more() {
    let world = World::new();
    let repo = kiln(&world);
    // As if a `git gc` ran, beside which new objects come as packs.
    repo.write(".git/gc.pid", "1 elsewhere");
    for number in 0..60 {
        record(&repo, &format!("Task {number}"));
    }
    assert_eq!(files(&repo, |name| name.ends_with(".pack")).len(), 50);
    assert_eq!(titles(&repo).len(), 62);
    repo.git(&["fsck", "--strict"]);
}

#[test]
fn what_is_written_bit_by_bit_comes_together_in_one_pack() {
    let world = World::new();
    let repo = kiln(&world);
    let packs = || files(&repo, |name| name.ends_with(".pack")).len();
    let records = |from: usize, count: usize| {
        (from..from + count).for_each(|number| record(&repo, &format!("Task {number}")));
    };
    records(0, 12);
    assert_eq!(packs(), 1);
    // One that is large enough stays.
    records(12, 40);
    assert_eq!(packs(), 2);
    // So does one that an index of several packs lists.
    repo.git(&["multi-pack-index", "write"]);
    records(52, 2);
    assert_eq!(packs(), 4);
    repo.git(&["fsck", "--strict"]);
    repo.git(&["repack", "-a", "-d", "--quiet"]);
    records(54, 2);
    assert_eq!(packs(), 2);
    assert_eq!(titles(&repo).len(), 58);
    assert_tidy(&repo);
    repo.git(&["fsck", "--strict"]);
}

/// Writes a program that tells when it is run, and says where it tells it.
fn marker(world: &World) -> (String, PathBuf) {
    let (script, marker) = (world.path("script"), world.path("marker"));
    executable(
        &script,
        &format!("#!/bin/sh\ntouch {}\nexit 1\n", marker.display()),
    );
    (script.to_str().unwrap().to_owned(), marker)
}

#[test]
fn nothing_is_run_that_a_repository_wants_to_sign_with() {
    let world = World::new();
    let repo = kiln(&world);
    let (script, ran) = marker(&world);
    for name in [
        "gpg.program",
        "gpg.openpgp.program",
        "gpg.x509.program",
        "gpg.ssh.program",
        "gpg.ssh.defaultKeyCommand",
    ] {
        repo.git(&["config", name, &script]);
    }
    let whole = world.copy();
    for wants in ["leverage.sign", "commit.gpgSign"] {
        for format in ["openpgp", "x509", "ssh"] {
            whole.restore();
            repo.git(&["config", wants, "true"]);
            repo.git(&["config", "gpg.format", format]);
            let recorded = repo.run(&["record", "--another", "--estimate", "2h", "--title", "Unsigned"]);
            assert_eq!(recorded.code, Some(0), "{recorded}");
            assert!(
                recorded.stderr.contains(&format!("not signed: `{wants}`")),
                "{recorded}"
            );
            let _ = repo
                .run(&["record", "--no-commit", "--estimate", "2h", "--title", "Alone"])
                .success();
            // The user wants signatures, and names no program.
            repo.git(&["config", "--global", "leverage.sign", "true"]);
            let refused = repo.run(&["record", "--another", "--estimate", "3h"]);
            assert_eq!(refused.code, Some(1), "{refused}");
            assert!(!ran.exists(), "{wants} {format}: {refused}");
        }
    }
}

#[test]
fn the_program_of_the_user_signs() {
    let world = World::new();
    let repo = kiln(&world);
    let (script, ran) = marker(&world);
    repo.git(&["config", "--global", "leverage.sign", "true"]);
    repo.git(&["config", "--global", "gpg.program", &script]);
    let refused = repo.run(&["record", "--another", "--estimate", "3h"]);
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(ran.exists());
}

/// A `git repack` that saw the new pack of a write, with what it took in, deletes the pack that held this before. So the new one
/// stays, also where the write gives way.
#[test]
fn a_write_that_gives_way_leaves_what_it_took_in() {
    let world = World::new();
    let repo = kiln(&world);
    record(&repo, "Second");
    let lock = repo.path().join(".git/refs/notes/leverage.lock");
    fs::write(&lock, "").unwrap();
    let ran = repo.run(&["record", "--another", "--estimate", "1h", "--title", "Third"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    fs::remove_file(lock).unwrap();
    let last = fs::read_to_string(repo.path().join(".git/leverage.last-pack")).unwrap();
    let last = repo.path().join(".git/objects/pack").join(last.trim_end());
    for kind in ["idx", "pack"] {
        fs::remove_file(last.with_extension(kind)).unwrap();
    }
    repo.git(&["fsck", "--strict"]);
    assert_eq!(titles(&repo), ["Kiln controller", "Plan", "Second"]);
    record(&repo, "Fourth");
    repo.git(&["fsck", "--strict"]);
    assert_tidy(&repo);
}

/// The file that names the last pack is ours. A link in its place leads to somebody else's.
#[test]
fn the_name_of_the_last_pack_goes_through_no_link() {
    let world = World::new();
    let repo = kiln(&world);
    let other = world.path("other");
    fs::write(&other, "of somebody else\n").unwrap();
    let named = repo.path().join(".git/leverage.last-pack");
    fs::remove_file(&named).unwrap();
    std::os::unix::fs::symlink(&other, &named).unwrap();
    record(&repo, "Second");
    assert_eq!(fs::read_to_string(&other).unwrap(), "of somebody else\n");
    assert!(fs::read_to_string(&named).unwrap().starts_with("pack-"));
    assert_tidy(&repo);
}
