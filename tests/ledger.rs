//! The ledger as a user meets it: recorded, revised, retracted, listed, healed, and what goes wrong.

use std::process::Stdio;

use crate::world::{TestRepo, World};

/// Ids hold random bits and commits do not: the first go, the second stay.
fn without_ids(text: &str) -> String {
    let id =
        regex::Regex::new(r"\b[0-9a-f]{8}(-[0-9a-f]{4}(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?)?\b").unwrap();
    id.replace_all(text, "ID").into_owned()
}

/// A repository with one commit.
fn kiln(world: &World) -> TestRepo<'_> {
    let repo = world.repo("kiln");
    repo.write("kiln.rs", "fn main() {}\n");
    repo.commit("Kiln controller");
    repo
}

/// The full id of the only task.
fn only_id(repo: &TestRepo<'_>) -> String {
    let shown = repo.run(&["show"]).success();
    let line = shown
        .lines()
        .find(|line| line.trim_start().starts_with("id "))
        .unwrap();
    line.split_whitespace().last().unwrap().to_owned()
}

#[test]
fn a_task_is_recorded_and_read_back() {
    let world = World::new();
    let repo = kiln(&world);
    let recorded = repo.run(&[
        "record",
        "--estimate",
        "40h",
        "--agent-time",
        "25m",
        "--supervision",
        "5m",
        "--tokens",
        "400k",
        "--tag",
        "api",
        "--phase",
        "Schema design=4h",
        "--phase",
        "Client=36h",
    ]);
    insta::assert_snapshot!(without_ids(&recorded.to_string()), @r"
    Kiln controller
      id           ID
      date         2026-04-01
      estimate     40h, by Ada Example <ada@example.org>
                   4h  Schema design
                   36h  Client
      agent time   25m  96.0x factor
      supervision  5m  480.0x supervisory factor
      tokens       400k
      tags         api
      commits      b9b31e5b32
      source       record
      recorded     2026-04-10 12:00 +0000, by Ada Example <ada@example.org>
    [stderr]
    Recorded 40h on `b9b31e5b32`
    [exit 0]
    ");
    assert_eq!(
        without_ids(&repo.run(&["show"]).success()),
        without_ids(&recorded.stdout)
    );
    let note = repo.git(&["notes", "--ref=leverage", "show", "HEAD"]);
    assert!(
        note.starts_with("{\"agent_minutes\":25,\"at\":\"2026-04-10T12:00:00Z\""),
        "{note}"
    );
    assert_eq!(
        repo.git(&["log", "--format=%s %an", "refs/notes/leverage"]),
        "Record: Kiln controller Ada Example"
    );
}

#[test]
fn revisions_stay_and_a_retraction_is_final() {
    let world = World::new();
    let repo = kiln(&world);
    let _ = repo
        .run(&["record", "--estimate", "40h", "--agent-time", "1h"])
        .success();
    let id = only_id(&repo);
    let _ = repo
        .run(&[
            "revise",
            &id,
            "--estimate",
            "24h",
            "--reason",
            "The client existed",
        ])
        .success();
    let _ = repo
        .run(&["retract", &id[24..32], "--reason", "Recorded twice"])
        .success();
    let history = repo.run(&["log", "--history"]).success();
    for said in ["retracted", "Recorded twice", "40h → 24h", "The client existed"] {
        assert!(history.contains(said), "{said}: {history}");
    }
    insta::assert_snapshot!(repo.run(&["log"]), @r"
    1 retracted task shown only with `--history`
    [stderr]
    All tasks here are retracted; `git leverage log --history` shows them
    [exit 0]
    ");
    let refused = repo.run(&["revise", &id, "--estimate", "2h", "--reason", "x"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("a retraction is final"), "{refused}");
}

#[test]
fn a_task_without_code_has_a_commit_of_its_own() {
    let world = World::new();
    let repo = world.repo("plans");
    let _ = repo
        .run(&[
            "record",
            "--no-commit",
            "--title",
            "Deployment audit",
            "--estimate",
            "2d",
            "--agent-time",
            "1h30m",
        ])
        .success();
    insta::assert_snapshot!(repo.git(&["log", "--format=%B", "--shortstat", "refs/leverage/tasks"]), @r"
    Deployment audit

    2026-04-10  Deployment audit: 16h estimated, 90m of agent time
    ");
    insta::assert_snapshot!(without_ids(&repo.run(&["log"]).success()), @r"
                                            ╌╌╌╌╌╌╌ claimed ╌╌╌╌╌╌╌  ═════ derived ═════
    Date        Id        Task              Human  Agent time  Sup.  Factor  Sup. factor
    ────────────────────────────────────────────────────────────────────────────────────
    2026-04-10  ID  Deployment audit    16h         90m     –   10.7x            –
    ");
}

#[test]
fn bad_input_says_what_and_what_next() {
    let world = World::new();
    let repo = kiln(&world);
    let mut said = String::new();
    for args in [
        &["record"][..],
        &["record", "--estimate", "40"],
        &["record", "--estimate", "-3h"],
        &["record", "--estimate", "4x"],
        &["record", "--estimate", "1e400h"],
        &["record", "--estimate", "40h", "--phase", "A=4h"],
        &["record", "--estimate", "4h", "--title", "two\nlines"],
        &["record", "--estimate", "4h", "--title", "\u{1b}[31mred"],
        &["record", "nonsense", "--estimate", "4h"],
        &["record", "--no-commit", "--estimate", "4h"],
        &["show", "0000000000"],
    ] {
        let ran = repo.run(args);
        said.push_str(&format!("{} {}", ran.code.unwrap(), ran.stderr));
    }
    insta::assert_snapshot!(said, @r"
    2 error: the task has no estimate
    hint: Pass the hours that a person would have needed: `--estimate 40h`, or `--phase 'Design=4h'` for each part
    2 error: invalid value for `--estimate`: `40` has no unit; write `40h` or `40m`
    2 error: invalid value for `--estimate`: `-3h` is negative
    2 error: invalid value for `--estimate`: `4x` has an unknown unit `x`; use s, m, h, d or w
    2 error: invalid value for `--estimate`: `1e400h` is too large
    2 error: the phases sum to 4h, but the estimate is 40h
    hint: Leave out the estimate, which is then the sum of the phases, or correct one of them
    2 error: the title `two\nlines` contains the control character U+000A; write it on one line of plain text
    2 error: the title `\x1b[31mred` contains the control character U+001B; write it on one line of plain text
    2 error: not a commit: `nonsense`
    2 error: a task without a commit needs `--title`
    1 error: unknown task or commit `0000000000`
    hint: Run `git leverage log` to list the tasks and their ids
    ");
    assert_eq!(repo.git(&["for-each-ref", "refs/notes", "refs/leverage"]), "");
    let outside = world.run(&["record", "--estimate", "4h"]);
    assert!(outside.stderr.contains("not a git repository"), "{outside}");
    let unborn = world.repo("unborn").run(&["record", "--estimate", "4h"]);
    assert!(
        unborn.stderr.contains("the current branch has no commits yet"),
        "{unborn}"
    );
}

#[test]
fn without_an_identity_nothing_is_written() {
    let world = World::new();
    let repo = kiln(&world);
    std::fs::write(world.home().join(".gitconfig"), "").unwrap();
    insta::assert_snapshot!(repo.run(&["record", "--estimate", "4h"]), @r"
    [stderr]
    error: git does not know who you are, but every record needs an author
    hint: Run `git config --global user.name 'Your Name'`
    hint: Run `git config --global user.email you@example.org`
    [exit 1]
    ");
}

#[test]
fn a_trailer_makes_a_task_and_a_record_wins() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Kiln\n\nLeverage-Estimate: 40h\nLeverage-Agent-Time: 1h\n");
    let by_trailer = repo.run(&["show"]).success();
    assert!(
        by_trailer.contains("1h") || by_trailer.contains("60m  40.0x factor"),
        "{by_trailer}"
    );
    let id = only_id(&repo);
    // A rebase changes the commit, not the task.
    repo.git(&[
        "commit",
        "--quiet",
        "--amend",
        "--allow-empty",
        "--no-edit",
        "--date=2026-04-01T09:00:00Z",
    ]);
    assert_eq!(only_id(&repo), id);
    let _ = repo
        .run(&["revise", &id, "--estimate", "20h", "--reason", "Counted again"])
        .success();
    let revised = repo.run(&["show"]).success();
    assert!(
        revised.contains("20.0x factor") && revised.contains(&id),
        "{revised}"
    );
    assert_eq!(repo.run(&["log"]).success().matches("Kiln").count(), 1);
}

#[test]
fn what_is_not_ours_survives_every_write() {
    let world = World::new();
    let repo = kiln(&world);
    let foreign = "{\"v\":9,\"kind\":\"task\",\"hours\":1}\nsome prose\n{\"v\":1,\"kind\":\"task\",\"id\"";
    repo.git(&["notes", "--ref=leverage", "add", "-m", foreign, "HEAD"]);
    let recorded = repo.run(&["record", "--estimate", "4h"]);
    assert_eq!(recorded.code, Some(0), "{recorded}");
    let note = repo.git(&["notes", "--ref=leverage", "show", "HEAD"]);
    assert_eq!(note.lines().count(), 4, "{note}");
    assert!(
        foreign.lines().all(|line| note.lines().any(|kept| kept == line)),
        "{note}"
    );
    insta::assert_snapshot!(repo.run(&["log"]).stderr, @r"
    warning: kiln note on b9b31e5b32: a line cannot be read: not a JSON object: expected value at line 1 column 1, and 2 more such lines
    ");
}

#[test]
fn a_huge_note_is_read_and_not_made_larger() {
    let world = World::new();
    let repo = kiln(&world);
    repo.write("huge", "x\n".repeat(5 * 1024) + &"y".repeat(5 * 1024 * 1024));
    repo.git(&["notes", "--ref=leverage", "add", "-F", "huge", "HEAD"]);
    let before = repo.git(&["rev-parse", "refs/notes/leverage"]);
    let refused = repo.run(&["record", "--estimate", "4h"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("the limit is 1 MiB"), "{refused}");
    assert_eq!(repo.git(&["rev-parse", "refs/notes/leverage"]), before);
}

#[test]
fn an_overwritten_ledger_is_healed() {
    let world = World::new();
    let repo = kiln(&world);
    let _ = repo
        .run(&["record", "--estimate", "4h", "--title", "First"])
        .success();
    let first = repo.git(&["rev-parse", "refs/notes/leverage"]);
    let _ = repo
        .run(&["record", "--another", "--estimate", "4h", "--title", "Second"])
        .success();
    repo.git(&["update-ref", "refs/notes/leverage", &first]);
    repo.git(&["notes", "--ref=leverage", "append", "-m", "somebody else", "HEAD"]);
    let healed = repo.run(&["log"]);
    assert!(healed.stderr.contains("Restored records"), "{healed}");
    let note = repo.git(&["notes", "--ref=leverage", "show", "HEAD"]);
    assert!(
        ["First", "Second", "somebody else"]
            .iter()
            .all(|text| note.contains(text)),
        "{note}"
    );
    // Deleted as a whole, as `fetch --prune` does.
    repo.git(&["update-ref", "-d", "refs/notes/leverage"]);
    let log = repo.run(&["log"]);
    // What somebody else wrote there is no line of ours.
    assert_eq!(log.code, Some(3), "{log}");
    assert!(log.stdout.contains("Second"), "{log}");
    repo.git(&["fsck", "--strict"]);
}

#[test]
fn a_note_that_git_replaced_is_healed() {
    let world = World::new();
    let repo = kiln(&world);
    let _ = repo
        .run(&["record", "--estimate", "4h", "--title", "First"])
        .success();
    // A proper child of what we wrote, and still it lost the record.
    repo.git(&[
        "notes",
        "--ref=leverage",
        "add",
        "--force",
        "-m",
        "somebody else",
        "HEAD",
    ]);
    let healed = repo.run(&["log"]);
    assert!(healed.stdout.contains("First"), "{healed}");
    let note = repo.git(&["notes", "--ref=leverage", "show", "HEAD"]);
    assert!(note.contains("First") && note.contains("somebody else"), "{note}");
    // What lost nothing is left as it is.
    repo.git(&["notes", "--ref=leverage", "append", "-m", "more", "HEAD"]);
    let before = repo.git(&["rev-parse", "refs/notes/leverage"]);
    assert!(!repo.run(&["log"]).stderr.contains("Restored records"));
    assert_eq!(repo.git(&["rev-parse", "refs/notes/leverage"]), before);
}

#[test]
fn flat_and_fanned_out_notes_become_one_form() {
    let world = World::new();
    let repo = kiln(&world);
    let head = repo.git(&["rev-parse", "HEAD"]);
    for (reference, line) in [("flat", "{\"flat\":1}"), ("fanned", "{\"fanned\":1}")] {
        repo.write(reference, line);
    }
    let blob = |name: &str| repo.git(&["hash-object", "-w", name]);
    let mktree = |lines: String| {
        repo.write("tree", lines);
        repo.git(&["-c", "alias.t=!git mktree <tree", "t"])
    };
    let folder = mktree(format!("100644 blob {}\t{}\n", blob("fanned"), &head[2..]));
    let tree = mktree(format!(
        "100644 blob {}\t{head}\n040000 tree {folder}\t{}\n100644 blob {}\tREADME\n",
        blob("flat"),
        &head[..2],
        blob("flat"),
    ));
    let commit = repo.git(&["commit-tree", "-m", "by hand", &tree]);
    repo.git(&["update-ref", "refs/notes/leverage", &commit]);
    let _ = repo.run(&["record", "--estimate", "4h"]).success();
    let listed = repo.git(&["ls-tree", "-r", "--name-only", "refs/notes/leverage"]);
    assert_eq!(listed, format!("README\n{}/{}", &head[..2], &head[2..]));
    let note = repo.git(&["notes", "--ref=leverage", "show", "HEAD"]);
    assert!(
        note.contains("{\"flat\":1}") && note.contains("{\"fanned\":1}"),
        "{note}"
    );
}

#[test]
fn a_tip_that_cannot_be_read_is_not_written_over() {
    let world = World::new();
    let repo = kiln(&world);
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    repo.git(&["update-ref", "refs/notes/leverage", &tree]);
    let refused = repo.run(&["record", "--estimate", "4h"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.stderr.contains("it was not overwritten"), "{refused}");
    assert_eq!(repo.git(&["rev-parse", "refs/notes/leverage"]), tree);
}

#[test]
fn a_stale_lock_is_named_with_its_age() {
    let world = World::new();
    let repo = kiln(&world);
    repo.write(".git/refs/notes/leverage.lock", "");
    let refused = repo.run(&["record", "--estimate", "4h"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused
            .stderr
            .contains("refs/notes/leverage.lock` was made moments ago"),
        "{refused}"
    );
}

#[test]
fn a_full_disk_leaves_what_was_there() {
    let world = World::new();
    let repo = kiln(&world);
    let _ = repo.run(&["record", "--estimate", "4h"]).success();
    let before = repo.git(&["rev-parse", "refs/notes/leverage"]);
    // No file may grow: every write fails as on a full disk.
    let script = "trap '' XFSZ; ulimit -f 0; exec \"$0\" record --another --estimate 9h";
    let mut command = world.leverage(repo.path());
    let program = command.get_program().to_owned();
    let variables: Vec<_> = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
        .collect();
    command = std::process::Command::new("sh");
    let output = command
        .env_clear()
        .envs(variables)
        .current_dir(repo.path())
        .args(["-c", script])
        .arg(program)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write to"), "{said}");
    assert_eq!(repo.git(&["rev-parse", "refs/notes/leverage"]), before);
    assert!(!repo.path().join(".git/refs/notes/leverage.lock").exists());
    repo.git(&["fsck"]);
}

#[test]
fn writers_side_by_side_lose_nothing() {
    let world = World::new();
    let repo = kiln(&world);
    let record = |title: String| {
        let mut command = world.leverage(repo.path());
        command.args(["record", "--another", "--estimate", "4h", "--title", &title]);
        command
    };
    let mut acknowledged = 0;
    for round in 0..3 {
        let writers: Vec<_> = (0..8)
            .map(|writer| {
                record(format!("Task {round}.{writer}"))
                    .stdout(Stdio::null())
                    .spawn()
                    .unwrap()
            })
            .collect();
        for mut writer in writers {
            acknowledged += usize::from(writer.wait().unwrap().success());
        }
    }
    assert_eq!(acknowledged, 24);
    let listed = repo.run(&["log", "--format", "csv"]).success();
    assert_eq!(listed.lines().count(), 25, "{listed}");
    repo.git(&["fsck", "--strict"]);
}

/// The commands of docs/formats/ledger.md, with real git.
#[test]
fn two_clones_share_their_ledgers_through_git() {
    let world = World::new();
    let (hub, ours) = (world.repo("hub"), kiln(&world));
    hub.git(&["config", "core.bare", "true"]);
    let record = |repo: &TestRepo<'_>, title: &str| {
        repo.run(&[
            "record",
            "--another",
            "--title",
            title,
            "--estimate",
            "4h",
            "--agent-time",
            "10m",
        ])
        .success();
    };
    ours.git(&["push", "--quiet", "../hub", "main:shared"]);
    ours.git(&["clone", "--quiet", "--branch", "shared", "../hub", "../theirs"]);
    let theirs = world.repo("theirs");
    record(&ours, "Ours");
    record(&theirs, "Theirs");
    ours.git(&["push", "--quiet", "../hub", "refs/notes/leverage"]);

    theirs.git(&[
        "fetch",
        "--quiet",
        "origin",
        "refs/notes/leverage:refs/leverage/remotes/origin/notes",
    ]);
    let titles = |repo: &TestRepo<'_>| {
        let csv = repo.run(&["report", "--by", "task", "--format", "csv"]).success();
        let has = |title| csv.lines().any(|line| line.contains(title));
        (has("Ours"), has("Theirs"))
    };
    assert_eq!(titles(&theirs), (true, true));
    assert_eq!(titles(&ours), (true, false));

    let merge = "refs/leverage/remotes/origin/notes";
    theirs.git(&[
        "notes",
        "--ref",
        "leverage",
        "merge",
        "--quiet",
        "-s",
        "cat_sort_uniq",
        merge,
    ]);
    theirs.git(&["push", "--quiet", "origin", "refs/notes/leverage"]);
    ours.git(&[
        "fetch",
        "--quiet",
        "../hub",
        "refs/notes/leverage:refs/leverage/remotes/origin/notes",
    ]);
    assert_eq!(titles(&ours), (true, true));
    record(&theirs, "More");
    assert_eq!(theirs.git(&["fsck"]), "");
    assert_eq!(titles(&theirs), (true, true));
}

/// A commit object as it is given, at the tip of the branch.
fn commit_object(repo: &TestRepo<'_>, author: &[u8], message: &[u8]) {
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    let parent = repo.git(&["rev-parse", "HEAD"]);
    let head = format!("tree {tree}\nparent {parent}\nauthor ");
    let times = b" 1775034000 +0000\ncommitter Ada Example <ada@example.org> 1775034000 +0000\nencoding ISO-8859-1\n\n";
    let object = [head.as_bytes(), author, times, message].concat();
    repo.write("object", object);
    let id = repo.git(&["hash-object", "-t", "commit", "--literally", "-w", "object"]);
    repo.git(&["update-ref", "HEAD", &id]);
}

#[test]
fn claims_are_by_whom_and_of_what_git_shows() {
    let world = World::new();
    for (author, message) in [
        (
            &b"Jos\xe9 <jose@example.org>"[..],
            &b"Caf\xe9\n\nLeverage-Estimate: 4h\n"[..],
        ),
        (
            b"Ada <ada@example.org> (work) <w@example.org>",
            b"Kiln\n\nLeverage-Estimate: 2h\n",
        ),
    ] {
        let repo = kiln(&world);
        commit_object(&repo, author, message);
        let shown = repo.git(&["log", "-1", "--encoding=UTF-8", "--format=%an <%ae>%n%s"]);
        let (by, title) = shown.split_once('\n').unwrap();
        // By a walk over the messages, and by the facts of the history, read and kept.
        for args in [
            ["log", "--format", "json"],
            ["export", "tasks", "."],
            ["export", "tasks", "."],
        ] {
            let said = repo.run(&args).success();
            assert!(said.contains(&format!("\"{by}\"")), "{by} in {said}");
            assert!(said.contains(&format!("\"{title}\"")), "{title} in {said}");
        }
        std::fs::remove_dir_all(repo.path()).unwrap();
    }
}

#[test]
fn empty_folders_in_place_of_a_reference_are_in_nobodys_way() {
    let world = World::new();
    let repo = world.repo("app");
    repo.write("src/lib.rs", "one\n").commit("Begin");
    for folder in [
        ".git/refs/notes/leverage/a/b",
        ".git/refs/notes/leverage/c",
        ".git/logs/refs/notes/leverage/a/b",
        ".git/refs/leverage/pin/a/b",
    ] {
        std::fs::create_dir_all(repo.path().join(folder)).unwrap();
    }
    repo.run(&["record", "--estimate", "4h"]).success();
    assert_eq!(repo.git(&["notes", "--ref=leverage", "list"]).lines().count(), 1);
    assert!(!repo.git(&["reflog", "show", "refs/notes/leverage"]).is_empty());
}

#[test]
fn a_reference_in_the_way_is_named() {
    let world = World::new();
    for (other, packed) in [
        ("refs/notes/leverage/a/b", false),
        ("refs/notes/leverage/a", true),
        ("refs/notes", false),
        ("refs/notes", true),
    ] {
        let name = format!("{}{packed}", other.replace('/', "-"));
        let repo = world.repo(&name);
        repo.write("src/lib.rs", "one\n").commit("Begin");
        repo.git(&["update-ref", other, "HEAD"]);
        if packed {
            repo.git(&["pack-refs", "--all"]);
        }
        let ran = repo.run(&["record", "--estimate", "4h"]);
        assert_eq!(ran.code, Some(1), "{other}: {ran}");
        assert!(
            ran.stderr.contains(&format!("the ref `{other}` is in the way")),
            "{other}: {ran}"
        );
        repo.git(&["update-ref", "-d", other]);
        repo.run(&["record", "--estimate", "4h"]).success();
    }
}
