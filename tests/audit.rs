//! `audit` on whole repositories: one that cheats, one without a ledger, one that was explained.

use crate::world::{NOW, START, TestRepo, World, executable};

fn id(number: u8) -> String {
    format!("019d7743-6a00-7707-8707-0707070707{number:02x}")
}

/// A task line, written at `at`, with additional fields.
fn task(number: u8, hours: u32, at: &str, more: &str) -> String {
    format!(
        r#"{{"v":1,"kind":"task","id":"{}","rev":0,"at":"{at}","by":"Ada <ada@example.org>","title":"Task {number}","date":"2026-04-01","estimate":{{"hours":{hours},"by":"Ada"{}}},"source":"record"{more}}}"#,
        id(number),
        if more.contains("PHASES") { r#","phases":[{"name":"a","hours":1}]"# } else { "" }
    )
    .replace(r#","PHASES":0"#, "")
}

const SESSION: &str = r#"{"v":1,"kind":"session","id":"019d7743-6a00-7707-8707-0707070707ff","rev":0,"at":"2026-04-10T12:00:00Z","by":"Ada <ada@example.org>","session":"codex:1","agent":"codex","started_at":"2026-04-01T09:00:00Z","ended_at":"2026-04-01T09:30:00Z","intervals":[[0,20]],"agent_minutes":20,"share":1,"evidence":["log:commit"]}"#;

/// Puts lines on the note of a commit, as a person who knows git would.
fn note(repo: &TestRepo<'_>, commit: &str, lines: &[String]) {
    let text = lines.join("\n");
    repo.git_at(
        &["notes", "--ref=leverage", "add", "-f", "-m", &text, commit],
        NOW,
    );
}

#[test]
fn eight_ways_to_cheat_are_seen() {
    let world = World::new();
    let repo = world.repo("kiln");
    let now = "2026-04-10T12:00:00Z";
    let commits: Vec<String> = (0..4)
        .map(|number| {
            repo.write(&format!("{number}.txt"), "line\n")
                .commit(&format!("Work {number}"))
        })
        .collect();
    repo.write("0.txt", "")
        .commit(&format!("Back out\n\nThis reverts commit {}.", commits[0]));
    // Minutes that no session supports, and a session that two tasks claim.
    let first = task(1, 40, now, r#","agent_minutes":90,"sessions":["codex:1"]"#);
    let second = task(2, 40, now, r#","supervisory_minutes":0,"sessions":["codex:1"]"#);
    // A date before the commit that carries it, and phases that are another estimate's.
    let third = task(3, 40, "2026-04-01T00:00:00Z", r#","PHASES":0"#);
    let gone = task(4, 40, now, "");
    note(&repo, &commits[0], &[first.clone(), SESSION.to_owned()]);
    note(&repo, &commits[1], &[second]);
    note(&repo, &commits[2], &[third]);
    note(&repo, &commits[3], &[gone]);
    // An estimate raised without a reason, and a record that vanishes.
    let raised = first
        .replace(r#""rev":0"#, r#""rev":1"#)
        .replace(r#""hours":40"#, r#""hours":400"#);
    note(&repo, &commits[0], &[first, raised, SESSION.to_owned()]);
    repo.git_at(&["notes", "--ref=leverage", "remove", &commits[3]], NOW);
    let ran = repo.run(&["audit", "--strict", "--level", "warning", "--format", "json"]);
    assert_eq!(ran.code, Some(4), "{ran}");
    let audit: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let rules: std::collections::BTreeSet<&str> = audit["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|found| found["rule"].as_str())
        .collect();
    for rule in [
        "agent-minutes-beyond-span",
        "claimed-twice",
        "supervision-too-short",
        "ledger-back-dated",
        "parts-do-not-sum",
        "estimate-raised",
        "ledger-line-removed",
        "commit-reverted",
    ] {
        assert!(rules.contains(rule), "{rule} found nothing: {ran}");
    }
}

#[test]
fn a_repository_without_our_data_is_still_worth_reading() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\ntwo\nthree\n").commit_at("Start", START);
    repo.write("a.txt", "one\nTWO\nthree\n")
        .commit_at("Change", START + 60);
    let audit: serde_json::Value =
        serde_json::from_str(&repo.run(&["audit", "--format", "json"]).success()).unwrap();
    assert_eq!(audit["schema"], "git-leverage.audit/1");
    assert_eq!(audit["findings"], serde_json::json!([]));
    let state = &audit["origin"][0];
    assert_eq!(
        (
            &state["by"],
            &state["value"],
            &state["commits"],
            &state["lines_added"],
            &state["lines_standing"]
        ),
        (
            &"state".into(),
            &"unknown".into(),
            &2.into(),
            &4.into(),
            &3.into()
        )
    );
}

#[test]
fn a_finding_may_stand_with_a_reason() {
    let world = World::new();
    let repo = world.repo("kiln");
    let commit = repo.write("a.txt", "one\n").commit("Start");
    note(
        &repo,
        &commit,
        &[task(1, 40, "2026-04-10T12:00:00Z", r#","supervisory_minutes":0"#)],
    );
    let strict = ["audit", "--strict", "--rule", "supervision-too-short"];
    assert_eq!(repo.run(&strict).code, Some(4));
    repo.write(
        ".leverage-audit",
        format!(
            "# explained\nsupervision-too-short:{} ran by itself over night\n",
            id(1)
        ),
    )
    .commit("Explain");
    let ran = repo.run(&strict);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(ran.stdout.contains("ran by itself over night"), "{ran}");
}

#[test]
fn the_lines_of_a_file_are_told_apart() {
    let world = World::new();
    let repo = world.repo("kiln");
    let first = repo.write("a.txt", "one\ntwo\nthree\n").commit("Start");
    let second = repo.write("a.txt", "one\nTWO\nthree\n").commit("Change");
    let shown = repo.run(&["audit", "--file", "a.txt"]).success();
    assert!(
        shown.contains(&first[..10]) && shown.contains(&second[..10]),
        "{shown}"
    );
    assert_eq!(repo.run(&["audit", "--file", "b.txt"]).code, Some(1));
}

#[test]
fn an_audit_leaves_in_every_format() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\n").commit("Start");
    for format in git_leverage::testing::reports::Format::ALL {
        let findings = repo.run(&["audit", "--format", format.name()]).success();
        let lines = repo.run(&["audit", "--file", "a.txt", "--format", format.name()]);
        assert!(!findings.is_empty() && !lines.success().is_empty(), "{format:?}");
    }
    let page = repo.run(&["audit", "--format", "html"]).success();
    assert!(page.starts_with("<!DOCTYPE html>"));
}

#[test]
fn the_extension_of_the_file_decides_the_format() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit_at("Work", START);
    for (file, begins) in [
        ("page.html", "<!DOCTYPE html>"),
        ("audit.json", "{\n  \"schema\": \"git-leverage.audit/"),
        ("findings.SARIF", "{\n  \"$schema\": \"https://"),
        ("audit.txt", "Audit of kiln: "),
    ] {
        repo.run(&["audit", "--output", file]).success();
        let text = std::fs::read_to_string(repo.path().join(file)).unwrap();
        assert!(
            text.to_lowercase().starts_with(&begins.to_lowercase()),
            "{file}: {text}"
        );
    }
}

#[test]
fn all_trailers_of_ours_are_one_row_of_the_evidence_for_people() {
    let world = World::new();
    let repo = world.repo("kiln");
    for (at, trailers) in ["Agent: codex\nLeverage-Tokens: 4k", "Agent: codex"]
        .iter()
        .enumerate()
    {
        let message = format!("Work\n\nLeverage-Estimate: 2h\nLeverage-{trailers}\n");
        repo.write(&format!("{at}.rs"), "fn f() {}\n").commit(&message);
    }
    let page = repo.run(&["audit"]).success();
    let row = page
        .lines()
        .find(|line| line.starts_with("trailer:leverage "))
        .unwrap();
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert!(
        cells.contains(&"2") && !page.contains("trailer:leverage-"),
        "{page}"
    );
    let json = audited(&repo, &[]);
    let signs = json["origin"].as_array().unwrap().iter();
    let signs: Vec<&str> = signs
        .filter(|row| row["by"] == "how-known")
        .map(|row| row["value"].as_str().unwrap())
        .collect();
    assert_eq!(signs, ["trailer:leverage-agent", "trailer:leverage-tokens"]);
}

#[test]
fn forges_get_sarif() {
    let world = World::new();
    let repo = world.repo("kiln");
    let commit = repo.write("a.txt", "one\n").commit("Start");
    note(
        &repo,
        &commit,
        &[task(1, 40, "2026-04-10T12:00:00Z", r#","PHASES":0"#)],
    );
    let sarif: serde_json::Value = serde_json::from_str(
        &repo
            .run(&["audit", "--format", "sarif", "--level", "error"])
            .success(),
    )
    .unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!(
        (&result["ruleId"], &result["level"]),
        (&"parts-do-not-sum".into(), &"error".into())
    );
}

#[test]
fn the_published_days_raise_nothing_about_arithmetic() {
    let world = World::new();
    let repo = world.repo("published");
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/published");
    for day in ["2026-03-01", "2026-03-02", "2026-03-26", "2026-04-04"] {
        let file = folder.join(format!("{day}.csv"));
        let _ = repo.run(&["import", file.to_str().unwrap()]).success();
    }
    repo.write("a.txt", "one\n").commit("Start");
    let text = repo.run(&["audit", "--format", "json"]).success();
    let audit: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(audit["confidence"]["claimed"]["tasks"], 88);
    assert_eq!(audit["confidence"]["claimed"]["human_hours"], 3035.5);
    let grave: Vec<_> = audit["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|found| found["level"] != "note")
        .collect();
    assert!(grave.is_empty(), "{grave:?}");
    let skipped: Vec<_> = audit["skipped"].as_array().unwrap().iter().collect();
    assert!(
        skipped.iter().all(|one| one["rule"] != "parts-do-not-sum"),
        "{skipped:?}"
    );
}

#[test]
fn a_record_right_after_its_commit_is_no_finding() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.rs", "fn main() {}\n".repeat(100))
        .commit_at("Start", NOW - 600);
    let _ = repo
        .run(&["record", "--estimate", "1h", "--agent-time", "5m"])
        .success();
    let _ = repo
        .run(&["record", "--no-commit", "--title", "Plan", "--estimate", "1h"])
        .success();
    let text = repo.run(&["audit", "--format", "json"]).success();
    let audit: serde_json::Value = serde_json::from_str(&text).unwrap();
    let found: Vec<_> = audit["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["rule"])
        .collect();
    assert_eq!(found, ["claim-without-commit"]);
}

/// The findings, origin and confidence as JSON.
fn audited(repo: &TestRepo<'_>, more: &[&str]) -> serde_json::Value {
    let ran = repo.run(&[&["audit", "--format", "json"], more].concat());
    serde_json::from_str(&ran.success()).unwrap()
}

#[test]
fn a_range_or_a_day_narrows_the_audit() {
    let world = World::new();
    let repo = world.repo("kiln");
    for (number, day) in [(0, 0), (1, 1), (2, 2)] {
        let commit = repo
            .write(&format!("{number}.txt"), "line\n")
            .commit_at("Work", START + day * 86_400);
        note(
            &repo,
            &commit,
            &[task(number + 1, 40, "2026-04-10T12:00:00Z", "")],
        );
    }
    let tasks = |more: &[&str]| {
        let audit = audited(&repo, more);
        let claimed = audit["confidence"]["claimed"]["tasks"].as_u64();
        (claimed.unwrap(), audit["origin"][0]["commits"].as_u64().unwrap())
    };
    assert_eq!(tasks(&[]), (3, 3));
    assert_eq!(tasks(&["HEAD~1..HEAD"]), (1, 1));
    assert_eq!(tasks(&[".", "HEAD~2..HEAD"]), (2, 2));
    assert_eq!(tasks(&["--since", "2026-04-02"]), (2, 2));
    assert_eq!(tasks(&["--until", "2026-04-01"]), (1, 1));
    assert_eq!(tasks(&["--on", "2026-04-02"]), (1, 1));
    assert_eq!(tasks(&["--mine"]), (3, 3));
    assert_eq!(tasks(&["--author", "ADA", "--until", "2026-04-02"]), (2, 2));
    let of_nobody = audited(&repo, &["--author", "nobody@"]);
    assert_eq!(of_nobody["asked"]["author"], "nobody@");
    assert_eq!(of_nobody["confidence"]["claimed"]["tasks"], 0);
    let page = repo
        .run(&["audit", "--on", "2026-04-02", "--author", "ada"])
        .success();
    assert!(
        page.starts_with("Audit of kiln, on 2026-04-02, by ada: "),
        "{page}"
    );
    let nonsense = repo.run(&["audit", "no-such-thing"]);
    assert_eq!(nonsense.code, Some(1), "{nonsense}");
}

#[test]
fn sessions_in_notes_make_a_commit_an_agents_and_its_hours_measured() {
    let world = World::new();
    let repo = world.repo("kiln");
    let commit = repo.write("a.txt", "one\ntwo\n").commit("Start");
    let claim = task(1, 40, "2026-04-10T12:00:00Z", r#","agent_minutes":20"#);
    note(&repo, &commit, &[claim, SESSION.to_owned()]);
    let audit = audited(&repo, &[]);
    assert_eq!(audit["confidence"]["noted"]["tasks"], 1);
    assert_eq!(audit["origin"][0]["value"], "agent");
    let lines = audited(&repo, &["--file", "a.txt"]);
    assert_eq!(lines["schema"], "git-leverage.audit-lines/1");
    assert_eq!(
        lines["lines"],
        serde_json::json!([{
            "first_line": 1, "last_line": 2, "commit": commit, "author": "Ada Example", "state": "agent",
            "agents": ["codex"], "tasks": ["Task 1"], "sessions": ["codex:1"], "text": ["one", "two"],
        }])
    );
}

/// Makes a key, and lets git sign with it and trust it.
fn sign_with_a_new_key(repo: &TestRepo<'_>) {
    let key = repo.path().join("../key");
    let made = std::process::Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "ada", "-f"])
        .arg(&key)
        .status()
        .unwrap();
    assert!(made.success());
    let public = std::fs::read_to_string(key.with_extension("pub")).unwrap();
    let trusted = repo.path().join("../trusted");
    std::fs::write(&trusted, format!("ada@example.org {public}")).unwrap();
    for (name, value) in [
        ("gpg.format", "ssh"),
        ("user.signingKey", key.to_str().unwrap()),
        ("gpg.ssh.allowedSignersFile", trusted.to_str().unwrap()),
        ("leverage.sign", "true"),
    ] {
        repo.git(&["config", "--global", name, value]);
    }
}

#[test]
fn records_are_signed_and_signatures_are_named() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\n").commit("Start");
    sign_with_a_new_key(&repo);
    let _ = repo.run(&["record", "--estimate", "2h"]).success();
    let _ = repo
        .run(&["record", "--no-commit", "--title", "Plan", "--estimate", "1h"])
        .success();
    for reference in ["refs/notes/leverage", "refs/leverage/tasks"] {
        repo.git(&["verify-commit", reference]);
    }
    let audit = audited(&repo, &[]);
    assert_eq!(
        audit["signatures"],
        serde_json::json!([{ "state": "good", "signer": "ada@example.org", "commits": 2 }])
    );
    // An unsigned commit on top is conspicuous.
    repo.git(&["config", "--global", "leverage.sign", "false"]);
    let _ = repo.run(&["record", "--another", "--estimate", "3h"]).success();
    let found = audited(&repo, &["--rule", "ledger-signature"]);
    assert_eq!(found["findings"].as_array().unwrap().len(), 1, "{found}");
    assert_eq!(found["findings"][0]["level"], "warning");
}

#[test]
fn a_record_that_cannot_be_signed_is_not_written() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\n").commit("Start");
    repo.git(&["config", "--global", "leverage.sign", "true"]);
    repo.git(&["config", "--global", "gpg.program", "/nowhere"]);
    let refused = repo.run(&["record", "--estimate", "2h"]);
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(refused.stderr.contains("git did not sign"), "{refused}");
    assert_eq!(repo.git(&["for-each-ref", "refs/notes", "refs/leverage"]), "");
}

#[test]
fn an_audit_runs_no_program_that_the_repository_names() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\n").commit("Start");
    sign_with_a_new_key(&repo);
    let _ = repo.run(&["record", "--estimate", "2h"]).success();
    let marker = world.path("marker");
    let script = world.path("script");
    executable(&script, &format!("#!/bin/sh\ntouch {}\n", marker.display()));
    for name in ["gpg.program", "gpg.ssh.program", "gpg.openpgp.program"] {
        repo.git(&["config", name, script.to_str().unwrap()]);
    }
    let audit = audited(&repo, &[]);
    assert_eq!(audit["signatures"][0]["state"], "good");
    assert!(!marker.exists());
}

#[test]
fn lines_that_a_note_attests_count_if_the_commit_added_them() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\ntwo\nthree\n").commit("Start");
    let commit = repo
        .write("a.txt", "one\nTWO\nthree\nfour\nfive\n")
        .write("b c.txt", "new\n")
        .commit("Change");
    // Line 1 existed before, line 9 does not exist, and line 4 is named twice.
    let note = "a.txt\n  s_11c3e1cdda522c::t_1 1-2,4\n  s_11c3e1cdda522c::t_2 4,9\n  h_00000000000000 5\n\
                \"b c.txt\"\n  0123456789abcdef 1\n---\n{\"schema_version\":\"authorship/3.0.0\",\"prompts\":{},\
                \"sessions\":{\"s_11c3e1cdda522c\":{\"agent_id\":{\"tool\":\"claude\",\"id\":\"1\",\"model\":\"m\"}}}}";
    repo.git(&["notes", "--ref=ai", "add", "-m", note, &commit]);
    let audit = audited(&repo, &[]);
    assert_eq!(
        audit["attested"],
        serde_json::json!([{ "commit": commit, "agent_lines": 3, "human_lines": 1 }])
    );
    let agents: Vec<_> = audit["origin"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["by"] == "agent" || row["by"] == "how-known")
        .map(|row| row["value"].as_str().unwrap())
        .collect();
    assert_eq!(agents, ["human:git-ai", "note:git-ai", "claude-code"]);
}

#[test]
fn a_partial_clone_says_what_it_does_not_know() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\ntwo\n").commit("Start");
    repo.write("a.txt", "one\nTWO\n").commit("Change");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", repo.path().display());
    let clone = world.path("partial").display().to_string();
    repo.git(&["clone", "-q", "--no-checkout", "--filter=blob:none", &url, &clone]);
    let ran = world.run(&["audit", &clone, "--format", "json"]);
    assert_eq!(ran.code, Some(3), "{ran}");
    let audit: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(audit["origin"][0]["commits"], 2);
    assert_eq!(audit["origin"][0]["commits_uncounted"], 2);
    let file = world.run(&["audit", &clone, "--file", "a.txt"]);
    assert_eq!(file.code, Some(1), "{file}");
    assert!(file.stderr.contains("missing"), "{file}");
}

#[test]
fn a_ledger_that_was_reset_is_seen_in_its_log() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.txt", "one\n").commit("Start");
    let _ = repo.run(&["record", "--estimate", "1h"]).success();
    let first = repo.git(&["rev-parse", "refs/notes/leverage"]);
    let _ = repo.run(&["record", "--another", "--estimate", "9h"]).success();
    let rule = ["--rule", "ledger-moved"];
    assert_eq!(audited(&repo, &rule)["findings"], serde_json::json!([]));
    repo.git(&["update-ref", "refs/notes/leverage", &first]);
    let found = audited(&repo, &rule);
    assert_eq!(found["findings"][0]["level"], "error", "{found}");
    // The reflog can be removed; the last position that this clone wrote is still known.
    std::fs::remove_file(repo.path().join(".git/logs/refs/notes/leverage")).unwrap();
    let found = audited(&repo, &rule);
    assert_eq!(found["findings"].as_array().unwrap().len(), 1, "{found}");
}

#[test]
fn tasks_without_code_that_were_reset_are_seen_too() {
    let world = World::new();
    let repo = world.repo("kiln");
    let tasks = "refs/leverage/tasks";
    repo.write("a.rs", "fn main() {}\n").commit("Start");
    for title in ["Plan", "Other plan"] {
        let _ = repo
            .run(&["record", "--no-commit", "--title", title, "--estimate", "1h"])
            .success();
    }
    let rule = ["--rule", "ledger-moved"];
    assert_eq!(audited(&repo, &rule)["skipped"], serde_json::json!([]));
    repo.git(&["update-ref", tasks, "refs/leverage/tasks~1"]);
    let found = audited(&repo, &rule);
    let message = found["findings"][0]["message"].as_str().unwrap();
    assert!(message.starts_with("`refs/leverage/tasks` was moved"), "{found}");
    // Without a reflog it is unknown, which is not a pass.
    std::fs::remove_file(repo.path().join(".git/logs").join(tasks)).unwrap();
    assert_eq!(audited(&repo, &rule)["skipped"][0]["rule"], "ledger-moved");
}

#[test]
fn what_is_unknown_is_not_recorded_as_zero() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a.rs", "fn main() {}\n").commit("Start");
    for wrong in [["0h", "5m"], ["5h", "0m"]] {
        let ran = repo.run(&["record", "--estimate", wrong[0], "--agent-time", wrong[1]]);
        assert_ne!(ran.code, Some(0), "{ran}");
        assert!(ran.stderr.contains("leave it out if it is unknown"), "{ran}");
    }
    assert_eq!(repo.git(&["for-each-ref", "refs/notes"]), "");
    // From elsewhere: no task, or one without minutes, and a finding.
    repo.write("b.rs", "fn b() {}\n")
        .commit("B\n\nLeverage-Estimate: 0h");
    repo.write("c.rs", "fn c() {}\n")
        .commit("C\n\nLeverage-Estimate: 4h\nLeverage-Agent-Time: 0m");
    let audit = audited(&repo, &["--rule", "trailer-refused"]);
    assert_eq!(audit["findings"].as_array().unwrap().len(), 2, "{audit}");
    assert_eq!(audit["confidence"]["claimed"]["tasks"], 1);
    assert_eq!(
        audit["confidence"]["claimed"]["leverage_factor"],
        serde_json::Value::Null
    );
}

#[test]
fn a_range_is_judged_by_the_whole() {
    let world = World::new();
    let repo = world.repo("kiln");
    let now = "2026-04-10T12:00:00Z";
    let commits: Vec<String> = (1..=3)
        .map(|number| repo.write(&format!("{number}.rs"), "fn f() {}\n").commit("Work"))
        .collect();
    let of = |number: u8, more: &str| task(number, 1, now, more);
    let named = |name: &str| format!(r#","agent_minutes":20,"sessions":["codex:{name}"]"#);
    note(&repo, &commits[0], &[of(1, &named("1")), SESSION.to_owned()]);
    note(&repo, &commits[1], &[of(2, &named("1"))]);
    note(&repo, &commits[2], &[of(3, "")]);
    let rules = |range: &str| {
        let found = audited(&repo, &[range]);
        let findings = found["findings"].as_array().unwrap().iter();
        let rules: Vec<String> = findings
            .map(|one| one["rule"].as_str().unwrap().to_owned())
            .collect();
        rules
    };
    let of_each = ["estimate-after-work", "estimate-against-size"];
    // The other task that claims the session, and the session's own record, are before the range.
    assert_eq!(
        rules("HEAD~2..HEAD~1"),
        [&["claimed-twice"], of_each.as_slice()].concat()
    );
    assert_eq!(rules("HEAD~1..HEAD"), of_each);
}

#[test]
fn a_revert_counts_once_it_is_merged_and_until_it_is_undone() {
    let world = World::new();
    let repo = world.repo("kiln");
    let commit = repo.write("a.rs", "fn a() {}\n").commit("Kiln");
    note(&repo, &commit, &[task(1, 1, "2026-04-10T12:00:00Z", "")]);
    let found = || {
        let audit = audited(&repo, &["--rule", "commit-reverted"]);
        audit["findings"].as_array().unwrap().len()
    };
    repo.git(&["checkout", "-q", "-b", "other"]);
    let short = &commit[..8];
    let revert = repo.commit(&format!(
        "Revert\n\nThis reverts commit {short} (Kiln, 2026-04-01)."
    ));
    repo.git(&["checkout", "-q", "main"]);
    assert_eq!(found(), 0);
    repo.git(&["merge", "-q", "--no-ff", "-m", "Merge", "other"]);
    assert_eq!(found(), 1);
    repo.commit(&format!("Reapply \"Kiln\"\n\nThis reverts commit {revert}."));
    assert_eq!(found(), 0);
}
