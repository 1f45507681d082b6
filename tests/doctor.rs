//! `doctor`: each link is broken for real, told, and mended where that is safe.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::world::transcript::Transcript;
use crate::world::{NOW, Ran, START, TestRepo, World, copy_of_the_program, executable};

const LINES: &str = "let retries = 5;\nlet delay = cap(retries);\n";
/// 09:00 of the present day, in minutes from [`START`].
const TODAY: i64 = 9 * 24 * 60;

/// A machine with git and this program on its PATH, and nothing else.
struct Machine {
    world: World,
    bin: PathBuf,
}

impl Machine {
    fn new() -> Self {
        let world = World::new();
        let bin = world.path("bin");
        std::fs::create_dir(&bin).unwrap();
        let machine = Self { world, bin };
        let path = std::env::var_os("PATH").unwrap();
        let git = std::env::split_paths(&path)
            .map(|folder| folder.join("git"))
            .find(|git| git.is_file());
        machine.link("git", &git.unwrap());
        machine.link("git-leverage", Path::new(env!("CARGO_BIN_EXE_git-leverage")));
        machine
    }

    /// A machine on which nothing is wrong, and the repository on it.
    fn healthy() -> (Self, PathBuf) {
        let machine = Self::new();
        let repo = machine.world.repo("kiln");
        repo.write("a.rs", "").commit("Begin");
        repo.git(&["config", "notes.rewriteRef", "refs/notes/*"]);
        repo.git(&["config", "notes.rewriteMode", "cat_sort_uniq"]);
        let place = repo.path().to_owned();
        machine.set_up_claude(&machine.program());
        machine.home(
            ".claude/skills/leverage/SKILL.md",
            include_str!("../src/integrations/skill/SKILL.md"),
        );
        machine.call(NOW - 120, &place);
        (machine, place)
    }

    fn link(&self, name: &str, to: &Path) {
        std::os::unix::fs::symlink(to, self.bin.join(name)).unwrap();
    }

    fn program(&self) -> String {
        self.bin.join("git-leverage").to_string_lossy().into_owned()
    }

    fn home(&self, name: &str, text: &str) {
        write(&self.world.home().join(name), text);
    }

    /// Hooks in the settings of Claude Code that call a program.
    fn set_up_claude(&self, program: &str) {
        self.home(
            ".claude/settings.json",
            &claude_hooks(program, &["SessionStart", "Stop", "SessionEnd"]),
        );
    }

    /// A call of Claude Code's hook at a time, of a session that left no log.
    fn call(&self, at: i64, folder: &Path) {
        self.event(
            at,
            &json!({"agent": "claude-code", "kind": "session-end", "folder": folder}),
        );
    }

    /// What a hook left in the spool.
    fn event(&self, at: i64, event: &Value) {
        let at = chrono::DateTime::from_timestamp(at, 0).unwrap();
        let mut event = event.clone();
        event["at"] = at.to_rfc3339().into();
        let file = self.spool().join(format!("{}.jsonl", at.date_naive()));
        let before = std::fs::read_to_string(&file).unwrap_or_default();
        write(&file, &format!("{before}{event}\n"));
    }

    fn set_up(&self, folder: &Path, args: &[&str]) {
        let mut setup = self.world.leverage(folder);
        let output = setup.arg("setup").args(args).env("PATH", &self.bin).output();
        assert!(output.unwrap().status.success(), "{args:?}");
    }

    fn spool(&self) -> PathBuf {
        self.world.home().join(".local/state/git-leverage/spool")
    }

    fn command(&self, folder: &Path, args: &[&str]) -> Command {
        self.command_of(folder, "doctor", args)
    }

    fn command_of(&self, folder: &Path, name: &str, args: &[&str]) -> Command {
        let mut command = self.world.leverage(folder);
        command
            .arg(name)
            .args(args)
            .env("PATH", &self.bin)
            .env("COLUMNS", "80");
        command
    }

    fn run(&self, folder: &Path, args: &[&str]) -> Ran {
        ran(&self.world, &mut self.command(folder, args))
    }

    fn report(&self, folder: &Path, args: &[&str]) -> Value {
        let ran = self.run(folder, &[args, &["--format", "json"]].concat());
        assert_eq!(ran.code, Some(0), "{ran}");
        serde_json::from_str(&ran.stdout).unwrap()
    }

    /// `health place: message` of what a check found.
    fn found(&self, folder: &Path, check: &str) -> Vec<String> {
        told(&self.report(folder, &[]), check)
    }
}

fn ran(world: &World, command: &mut Command) -> Ran {
    let output = command.output().unwrap();
    let root = world.path("").to_string_lossy().trim_end_matches('/').to_owned();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&root, "$WORLD");
    Ran {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

fn told(report: &Value, check: &str) -> Vec<String> {
    let all = report["checks"].as_array().unwrap().iter();
    let found = all.filter(|found| found["check"] == check);
    let text = |value: &Value| value.as_str().unwrap_or("–").to_owned();
    found
        .map(|found| {
            let fix = if found["can_fix"] == true { " (fix)" } else { "" };
            let [health, place, message] = ["health", "place", "message"].map(|key| text(&found[key]));
            format!("{health} {place}: {message}{fix}")
        })
        .collect()
}

fn write(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn claude_hooks(program: &str, events: &[&str]) -> String {
    let hook = json!([{"hooks": [{"type": "command", "command": format!("{program} hook"), "timeout": 10}]}]);
    let hooks: serde_json::Map<String, Value> = events
        .iter()
        .map(|event| ((*event).to_owned(), hook.clone()))
        .collect();
    json!({ "hooks": hooks }).to_string()
}

/// A session that writes two lines from a minute on, and the commit of these.
fn work(machine: &Machine, repo: &TestRepo<'_>, session: &str, minute: i64) -> String {
    Transcript::new(session, repo.path())
        .prompt(minute, "cap the delay")
        .write(minute + 5, "src/a.rs", LINES)
        .answer(minute + 10, "done")
        .end(minute + 10)
        .save(&machine.world);
    repo.write("src/a.rs", LINES)
        .commit_at("Cap the delay", START + (minute + 11) * 60)
}

#[test]
fn a_machine_that_is_in_order() {
    let (machine, repo) = Machine::healthy();
    insta::assert_snapshot!(machine.run(&repo, &[]), @"
    Doctor: kiln, no problems found

    Passed: program, git, agent-hooks, hook-program, skill, last-event,
    spool-written, spool-drained, repository, author, ledger-written, ledger-locks,
    ledger-read, ledger-whole, rewriting, fetch-refspecs, push-refspecs
    [exit 0]
    ");
    let all = machine.run(&repo, &["--verbose"]);
    let at = all.stdout.find("git 2.").unwrap();
    assert!(all.stdout[at..].contains("hooks"), "{all}");
    for line in all.stdout.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    assert_eq!(machine.run(&repo, &["--strict"]).code, Some(0));
}

#[test]
fn a_new_machine() {
    let machine = Machine::new();
    let repo = machine.world.repo("kiln");
    std::fs::create_dir(machine.world.home().join(".claude")).unwrap();
    insta::assert_snapshot!(machine.run(repo.path(), &[]), @"
    Doctor: kiln, 2 warnings

    Health   Check        Finding, and what to do
    ────────────────────────────────────────────────────────────────────────────────
    warning  agent-hooks  claude-code: the hooks are not installed, so its sessions
                          are not captured
                          → Run `git leverage setup --agent claude-code` to set it
                          up
    warning  rewriting    amend and rebase leave notes behind until `git leverage
                          repair` reattaches them (notes.rewriteRef)
                          → Run `git leverage doctor --fix` to let git copy them

    Passed: program, git, spool-written, spool-drained, repository, author,
    ledger-written, ledger-locks, ledger-read, ledger-whole, fetch-refspecs,
    push-refspecs
    [exit 0]
    ");
    insta::assert_snapshot!(machine.run(repo.path(), &["--fix"]), @"
    Doctor: kiln, 1 warning

    Health   Check        Finding, and what to do
    ────────────────────────────────────────────────────────────────────────────────
    warning  agent-hooks  claude-code: the hooks are not installed, so its sessions
                          are not captured
                          → Run `git leverage setup --agent claude-code` to set it
                          up

    Set in the git config of this repository: notes.rewriteRef =
    refs/notes/leverage*, notes.rewriteMode = cat_sort_uniq
    Passed: program, git, spool-written, spool-drained, repository, author,
    ledger-written, ledger-locks, ledger-read, ledger-whole, rewriting,
    fetch-refspecs, push-refspecs
    [exit 0]
    ");
    assert_eq!(machine.run(repo.path(), &["--strict"]).code, Some(4));
}

#[test]
fn what_setup_does_is_in_order() {
    let machine = Machine::new();
    let repo = machine.world.repo("kiln");
    repo.commit("Begin");
    for agent in [
        "claude-code",
        "codex",
        "gemini-cli",
        "qwen",
        "copilot-cli",
        "cursor",
        "droid",
        "opencode",
        "amp",
    ] {
        let mut setup = machine.world.leverage(repo.path());
        setup.args(["setup", "--agent", agent]).env("PATH", &machine.bin);
        assert!(setup.output().unwrap().status.success(), "{agent}");
        let report = machine.report(repo.path(), &[]);
        for check in ["agent-hooks", "hook-program", "skill"] {
            let found = told(&report, check);
            let of_agent: Vec<&String> = found.iter().filter(|found| found.contains(agent)).collect();
            assert!(!of_agent.is_empty(), "{agent}: {check}: {found:?}");
            assert!(
                of_agent.iter().all(|found| found.starts_with("ok")),
                "{agent}: {of_agent:?}"
            );
        }
    }
    // Most of it is git's, and setup did that too.
    let found = machine.found(repo.path(), "rewriting");
    assert!(found.iter().all(|found| found.starts_with("ok")), "{found:?}");
}

#[test]
fn outside_of_a_repository_the_machine_is_looked_at() {
    let (machine, _) = Machine::healthy();
    let outside = machine.run(&machine.world.home(), &[]);
    assert!(
        outside
            .stdout
            .starts_with("Doctor: this machine, no problems found"),
        "{outside}"
    );
    let report = machine.report(&machine.world.home(), &[]);
    assert_eq!(report["repo"], Value::Null);
    assert_eq!(told(&report, "ledger-written"), [""; 0]);
}

#[test]
fn a_repository_that_cannot_be_opened_hides_nothing_else() {
    let (machine, repo) = Machine::healthy();
    let at = machine.world.at("kiln");
    at.git(&["config", "core.repositoryFormatVersion", "1"]);
    write(
        &repo.join(".git/config"),
        "[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tunheardOf = true\n",
    );
    let report = machine.report(&repo, &[]);
    let found = told(&report, "repository");
    assert!(found[0].starts_with("broken"), "{report:#}");
    assert!(told(&report, "agent-hooks")[0].starts_with("ok"), "{report:#}");
    assert_eq!(told(&report, "ledger-read"), [""; 0]);
}

#[test]
fn the_program_on_the_path() {
    let (machine, repo) = Machine::healthy();
    let own = machine.bin.join("git-leverage");
    std::fs::remove_file(&own).unwrap();
    let found = machine.found(&repo, "program");
    assert!(
        found[0].starts_with("warning") && found[0].contains("is not on the PATH"),
        "{found:?}"
    );
    executable(&own, "#!/bin/sh\n");
    let found = machine.found(&repo, "program");
    assert!(found[0].contains("is not the one running now"), "{found:?}");
    // A copy is as good.
    copy_of_the_program(&own);
    let found = machine.found(&repo, "program");
    assert!(found[0].starts_with("ok"), "{found:?}");
}

#[test]
fn hooks_in_the_settings_of_an_agent() {
    let (machine, repo) = Machine::healthy();
    let settings = ".claude/settings.json";
    let health = |text: &str| {
        machine.home(settings, text);
        machine.found(&repo, "agent-hooks")[0].clone()
    };
    let all = ["SessionStart", "Stop", "SessionEnd"];
    let program = machine.program();
    assert!(health(&claude_hooks(&program, &all)).starts_with("ok"));
    let found = health("{}");
    assert!(
        found.starts_with("warning claude-code: the hooks are not installed"),
        "{found}"
    );
    let found = health(&claude_hooks(&program, &["SessionStart", "SessionEnd"]));
    assert!(
        found.starts_with("broken") && found.ends_with("hooks are missing: Stop"),
        "{found}"
    );
    let mut off: Value = serde_json::from_str(&claude_hooks(&program, &all)).unwrap();
    off["disableAllHooks"] = true.into();
    let found = health(&off.to_string());
    assert!(
        found.starts_with("broken") && found.contains("disableAllHooks"),
        "{found}"
    );
    let found = health("{ broken");
    assert!(
        found.starts_with("broken") && found.contains("cannot read its settings"),
        "{found}"
    );
}

#[test]
fn the_program_that_hooks_call() {
    let (machine, repo) = Machine::healthy();
    let found = |program: &str| {
        machine.set_up_claude(program);
        machine.found(&repo, "hook-program").join("\n")
    };
    assert!(found(&machine.program()).starts_with("ok"));
    let gone = machine.world.path("gone/git-leverage");
    let told = found(&gone.to_string_lossy());
    assert!(
        told.starts_with("broken") && told.contains("does not exist"),
        "{told}"
    );
    write(&gone, "#!/bin/sh\n");
    let told = found(&gone.to_string_lossy());
    assert!(
        told.starts_with("broken") && told.contains("is not executable"),
        "{told}"
    );
    let command = follow(&machine, &repo, "hook-program");
    assert_eq!(command, "chmod +x '$WORLD/gone/git-leverage'");
    let told = found(&gone.to_string_lossy());
    assert!(
        told.starts_with("warning") && told.contains("a different program"),
        "{told}"
    );
    assert!(found("git-leverage").starts_with("ok"));
    std::fs::remove_file(machine.bin.join("git-leverage")).unwrap();
    assert!(found("git-leverage").starts_with("broken"));
}

#[test]
fn the_skill_of_an_agent() {
    let (machine, repo) = Machine::healthy();
    assert!(machine.found(&repo, "skill")[0].starts_with("ok"));
    let skill = machine.world.home().join(".claude/skills/leverage/SKILL.md");
    std::fs::remove_file(&skill).unwrap();
    let found = machine.found(&repo, "skill");
    assert!(
        found[0].starts_with("warning claude-code: ") && found[0].contains("the skill is missing"),
        "{found:?}"
    );
}

/// Does what a check advises, as it stands there.
fn follow(machine: &Machine, folder: &Path, check: &str) -> String {
    let report = machine.report(folder, &[]);
    let all = report["checks"].as_array().unwrap();
    let found = all
        .iter()
        .find(|found| found["check"] == check && found["health"] != "ok");
    let advice = found.unwrap()["advice"].as_str().unwrap();
    let command = advice.split('`').nth(1).unwrap();
    let path = std::env::var("PATH").unwrap();
    let root = machine
        .world
        .path("")
        .to_string_lossy()
        .trim_end_matches('/')
        .to_owned();
    let output = machine
        .world
        .shell(folder, &command.replace("$WORLD", &root))
        .env("PATH", format!("{}:{path}", machine.bin.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{advice}: {output:?}");
    command.to_owned()
}

#[test]
fn advice_on_a_skill_helps_as_it_stands() {
    let (machine, repo) = Machine::healthy();
    let skill = machine.world.home().join(".claude/skills/leverage/SKILL.md");
    let health = |starts: &str| {
        let found = machine.found(&repo, "skill");
        assert!(found[0].starts_with(starts), "{starts}: {found:?}");
    };
    let setup = "git leverage setup --agent claude-code";
    std::fs::remove_file(&skill).unwrap();
    health("warning claude-code: $WORLD/home/.claude/skills/leverage/SKILL.md: the skill is missing");
    assert_eq!(follow(&machine, &repo, "skill"), setup);
    health("ok");
    std::fs::write(&skill, "Record nothing.\n").unwrap();
    health("unknown claude-code: $WORLD/home/.claude/skills/leverage/SKILL.md: the skill was changed");
    let command = follow(&machine, &repo, "skill");
    assert!(
        command.starts_with("rm '") && command.ends_with(&format!("' && {setup}")),
        "{command}"
    );
    health("ok");
    std::fs::remove_file(&skill).unwrap();
    std::os::unix::fs::symlink("gone", &skill).unwrap();
    health("broken claude-code: $WORLD/home/.claude/skills/leverage/SKILL.md: cannot read the skill");
    follow(&machine, &repo, "skill");
    health("ok");
    // As an earlier version wrote it.
    let memory = machine.world.home().join(".local/state/git-leverage/setup.json");
    let mut known: Value = serde_json::from_str(&std::fs::read_to_string(&memory).unwrap()).unwrap();
    let old = "An older text.\n";
    let hash: String = Sha256::digest(old)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    known["files"][skill.canonicalize().unwrap().to_str().unwrap()]["after"] = hash.into();
    std::fs::write(&memory, known.to_string()).unwrap();
    std::fs::write(&skill, old).unwrap();
    health("warning claude-code: $WORLD/home/.claude/skills/leverage/SKILL.md: the skill is from another");
    assert_eq!(follow(&machine, &repo, "skill"), setup);
    health("ok");
}

#[test]
fn advice_on_hooks_helps_as_it_stands() {
    let machine = Machine::new();
    let repo = machine.world.repo("kiln");
    repo.commit("Begin");
    let home = machine.world.home();
    let reminds = |file: &Path| std::fs::read_to_string(file).unwrap().contains("--remind");
    let is_in_order = || {
        let found = machine.found(repo.path(), "agent-hooks");
        assert!(found.iter().all(|found| found.starts_with("ok")), "{found:?}");
    };
    for scope in [&[][..], &["--project"]] {
        machine.set_up(
            repo.path(),
            &[&["--agent", "claude-code", "--remind"], scope].concat(),
        );
        let file = match scope {
            [] => home.join(".claude/settings.json"),
            _ => repo.path().join(".claude/settings.json"),
        };
        assert!(reminds(&file));
        let mut settings: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        settings["hooks"].as_object_mut().unwrap().remove("SessionEnd");
        write(&file, &settings.to_string());
        let command = follow(&machine, repo.path(), "agent-hooks");
        assert!(command.ends_with("--remind"), "{command}");
        is_in_order();
        assert!(reminds(&file), "{command}");
        machine.set_up(
            repo.path(),
            &[&["--remove", "--agent", "claude-code"], scope].concat(),
        );
    }
}

#[test]
fn advice_on_files_that_setup_leaves_alone_helps_as_it_stands() {
    let machine = Machine::new();
    let repo = machine.world.repo("kiln");
    repo.commit("Begin");
    let home = machine.world.home();
    let is_in_order = || {
        let found = machine.found(repo.path(), "agent-hooks");
        assert!(found.iter().all(|found| found.starts_with("ok")), "{found:?}");
    };
    // A plugin is a file of its own, which is left alone where somebody changed it.
    machine.set_up(repo.path(), &["--agent", "amp"]);
    let found = machine.report(repo.path(), &[])["checks"].clone();
    let found = found.as_array().unwrap().iter();
    let mut places = found.filter_map(|found| found["place"].as_str()?.strip_prefix("amp: "));
    let plugin = places.find(|place| place.ends_with("ts")).unwrap().to_owned();
    let root = machine
        .world
        .path("")
        .to_string_lossy()
        .trim_end_matches('/')
        .to_owned();
    std::fs::write(plugin.replace("$WORLD", &root), "// mine\n").unwrap();
    let found = machine.found(repo.path(), "agent-hooks");
    assert!(
        found.iter().any(|found| found.contains("its plugin was changed")),
        "{found:?}"
    );
    follow(&machine, repo.path(), "agent-hooks");
    is_in_order();
    machine.set_up(repo.path(), &["--remove", "--agent", "amp"]);
    // A link to nothing.
    machine.set_up(repo.path(), &["--agent", "droid"]);
    machine.set_up(repo.path(), &["--remove", "--agent", "droid"]);
    let settings = home.join(".factory/settings.json");
    std::fs::create_dir_all(home.join(".factory")).unwrap();
    std::os::unix::fs::symlink("gone", &settings).unwrap();
    let found = machine.found(repo.path(), "agent-hooks");
    assert_eq!(
        found,
        ["broken droid: $WORLD/home/.factory/settings.json: its settings are a dangling symbolic link"]
    );
    follow(&machine, repo.path(), "agent-hooks");
    follow(&machine, repo.path(), "agent-hooks");
    is_in_order();
}

#[test]
fn codex_runs_hooks_that_were_approved() {
    let (machine, repo) = Machine::healthy();
    let hooks = claude_hooks(&machine.program(), &["SessionStart", "Stop", "SessionEnd"]);
    machine.home(".codex/hooks.json", &hooks);
    let found = machine.found(&repo, "hook-trust");
    assert!(found[0].starts_with("unknown codex"), "{found:?}");
    let event = json!({"agent": "codex", "kind": "turn-end", "folder": repo});
    machine.event(NOW - 60, &event);
    let found = machine.found(&repo, "hook-trust");
    assert!(
        found[0].starts_with("ok codex: its last hook call was 1 minute ago"),
        "{found:?}"
    );
}

#[test]
fn a_hook_that_does_not_fire() {
    let machine = Machine::new();
    let repo = machine.world.repo("kiln");
    repo.commit("Begin");
    machine.set_up_claude(&machine.program());
    work(&machine, &repo, "s", TODAY);
    let found = machine.found(repo.path(), "last-event");
    assert!(
        found[0].starts_with("unknown claude-code: no hook call yet"),
        "{found:?}"
    );
    machine.call(NOW - 10 * 3600, repo.path());
    let found = machine.found(repo.path(), "last-event");
    assert_eq!(
        found,
        [
            "broken claude-code: last hook call 10 hours ago, last log entry 2 hours ago: the hook does not run"
        ]
    );
    machine.call(NOW - 3600, repo.path());
    let found = machine.found(repo.path(), "last-event");
    assert_eq!(found, ["ok claude-code: last hook call 1 hour ago"]);
}

#[test]
fn times_that_no_clock_shows() {
    let machine = Machine::new();
    let repo = machine.world.repo("kiln");
    repo.commit("Begin");
    machine.set_up_claude(&machine.program());
    let look = |what: &str, starts: &str| {
        for format in ["table", "json"] {
            for command in ["doctor", "status", "report", "sessions"] {
                let mut command = machine.command_of(repo.path(), command, &["--format", format]);
                let ran = ran(&machine.world, &mut command);
                assert_eq!(ran.code, Some(0), "{what}: {ran}");
            }
        }
        let found = machine.found(repo.path(), "last-event");
        assert!(found[0].starts_with(starts), "{what}: {found:?}");
    };
    let ahead = |what: &str| format!("unknown claude-code: its last {what} is dated in the future");
    work(&machine, &repo, "s", TODAY);
    let file = machine.spool().join("2026-04-10.jsonl");
    for at in ["-262143-01-01T00:00:00Z", "+262142-12-31T23:59:59Z"] {
        let event = json!({
            "at": at, "agent": "claude-code", "kind": "turn-end", "session": "s", "folder": repo.path(),
        });
        write(&file, &format!("{event}\n"));
        let starts = if at.starts_with('-') {
            "broken"
        } else {
            &ahead("call")
        };
        look(at, starts);
        machine.run(repo.path(), &["--fix"]).success();
        std::fs::remove_dir_all(machine.spool()).unwrap();
    }
    // A clock that was ahead, or is behind.
    work(&machine, &repo, "ahead", TODAY + 24 * 60);
    machine.call(NOW - 3600, repo.path());
    look("a log of tomorrow", &ahead("log"));
    Transcript::new("far", repo.path())
        .prompt(4_000_000_000, "cap the delay")
        .end(4_000_000_001)
        .save(&machine.world);
    look("a log of another millennium", &ahead("log"));
}

#[test]
fn a_spool_that_cannot_be_written_or_read() {
    let (machine, repo) = Machine::healthy();
    let spool = machine.spool();
    let day = spool.join("2026-04-09.jsonl");
    std::fs::write(&day, "rubbish\n").unwrap();
    let found = machine.found(&repo, "spool-read");
    assert!(
        found[0].starts_with("warning") && found[0].ends_with("2026-04-09.jsonl: 1 line is not an event"),
        "{found:?}"
    );
    let command = follow(&machine, &repo, "spool-read");
    assert_eq!(command, "git leverage capture --since 2026-04-09");
    std::fs::File::create(&day).unwrap().set_len(33 << 20).unwrap();
    let found = machine.found(&repo, "spool-written");
    assert!(
        found[1].starts_with("broken") && found[1].contains("today's spool file is full"),
        "{found:?}"
    );
    std::fs::remove_dir_all(&spool).unwrap();
    std::fs::write(&spool, "in the way").unwrap();
    let found = machine.found(&repo, "spool-written");
    assert!(found[0].starts_with("broken"), "{found:?}");
    let mut homeless = machine.command(&repo, &["--format", "json"]);
    let ran = ran(
        &machine.world,
        homeless.env_remove("HOME").env("GIT_CONFIG_GLOBAL", "/dev/null"),
    );
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let found = told(&report, "spool-written");
    assert!(found[0].contains("no place for the spool"), "{found:?}");
    // Looking makes no folder.
    std::fs::remove_file(&spool).unwrap();
    machine.found(&repo, "spool-written");
    assert!(!spool.exists());
}

#[test]
fn what_waits_in_the_spool_is_captured_by_fix() {
    let machine = Machine::new();
    let repo = machine.world.repo("kiln");
    repo.commit("Begin");
    work(&machine, &repo, "s", TODAY);
    let log = machine.world.home().join(".claude/projects/any/s.jsonl");
    let event = json!({"agent": "claude-code", "kind": "session-end", "session": "s", "folder": repo.path(), "log": log});
    machine.event(NOW - 2 * 3600, &event);
    let found = machine.found(repo.path(), "spool-drained");
    assert_eq!(
        found
            .iter()
            .map(|found| found.split(": ").nth(1).unwrap())
            .collect::<Vec<_>>(),
        ["1 session has waited to be captured for more than an hour (fix)"]
    );
    let fixed = machine.report(repo.path(), &["--fix"]);
    let fixes = fixed["fixed"].as_array().unwrap();
    assert!(
        fixes.iter().any(|fix| fix == "Captured 1 session on 1 commit"),
        "{fixed:#}"
    );
    assert!(told(&fixed, "spool-drained")[0].starts_with("ok"), "{fixed:#}");
    assert!(
        repo.git(&["notes", "--ref=leverage", "show", "HEAD"])
            .contains("claude-code:s")
    );
}

#[test]
fn gemini_hides_who_one_is() {
    let (machine, repo) = Machine::healthy();
    let hook = json!([{"hooks": [{"type": "command", "command": format!("{} hook", machine.program())}]}]);
    let hooks = json!({"SessionStart": hook, "AfterAgent": hook, "SessionEnd": hook});
    machine.home(".gemini/settings.json", &json!({ "hooks": hooks }).to_string());
    let found = machine.found(&repo, "author");
    assert!(found[1].starts_with("warning gemini-cli"), "{found:?}");
    let at = machine.world.at("kiln");
    let of_user = ["user.name", "user.email"].map(|key| at.git(&["config", key]));
    follow(&machine, &repo, "author");
    assert_eq!(machine.found(&repo, "author").len(), 1);
    let own = ["user.name", "user.email"].map(|key| at.git(&["config", "--local", key]));
    assert_eq!(own, of_user);
}

#[test]
fn nobody_is_known() {
    let (machine, repo) = Machine::healthy();
    machine.home(".gitconfig", "");
    let found = machine.found(&repo, "author");
    assert!(found[0].starts_with("broken user.name"), "{found:?}");
    let command = follow(&machine, &repo, "author");
    assert!(
        command.contains("--global user.name 'Your Name' && "),
        "{command}"
    );
    let found = machine.found(&repo, "author");
    assert_eq!(found, ["ok –: new records are by Your Name <you@example.org>"]);
}

#[test]
fn a_ledger_that_cannot_be_written() {
    let (machine, repo) = Machine::healthy();
    write(&repo.join(".git/refs/notes"), "in the way");
    let found = machine.found(&repo, "ledger-written");
    assert!(
        found[0].starts_with("broken") && found[0].contains("refs/notes"),
        "{found:?}"
    );
}

#[test]
fn locks_of_the_ledger() {
    let (machine, repo) = Machine::healthy();
    let at = machine.world.at("kiln");
    at.run(&["record", "--estimate", "4h"]).success();
    let lock = repo.join(".git/refs/notes/leverage.lock");
    write(&lock, "");
    let found = machine.found(&repo, "ledger-locks");
    assert!(
        found[0].starts_with("unknown") && found[0].contains("git holds this lock"),
        "{found:?}"
    );
    let touched = Command::new("touch")
        .args(["-d", "2 hours ago"])
        .arg(&lock)
        .status();
    assert!(touched.unwrap().success());
    let found = machine.found(&repo, "ledger-locks");
    assert!(
        found[0].starts_with("broken") && found[0].contains("this lock of git"),
        "{found:?}"
    );
    assert!(!found[0].ends_with("(fix)"), "{found:?}");
    // What git may hold is nothing to remove.
    machine.report(&repo, &["--fix"]);
    assert!(lock.exists());
    follow(&machine, &repo, "ledger-locks");
    assert!(machine.found(&repo, "ledger-locks")[0].starts_with("ok"));
    write(&repo.join(".git/leverage.pending"), "");
    std::fs::hard_link(repo.join(".git/leverage.pending"), &lock).unwrap();
    let found = machine.found(&repo, "ledger-locks");
    assert!(
        found[0].starts_with("broken") && found[0].ends_with("(fix)"),
        "{found:?}"
    );
    let fixed = machine.report(&repo, &["--fix"]);
    assert!(told(&fixed, "ledger-locks")[0].starts_with("ok"), "{fixed:#}");
    assert!(!lock.exists());
}

#[test]
fn a_reference_that_says_nothing() {
    let (machine, repo) = Machine::healthy();
    let at = machine.world.at("kiln");
    at.run(&["record", "--estimate", "4h"]).success();
    let before = at.git(&["rev-parse", "refs/notes/leverage"]);
    write(&repo.join(".git/refs/notes/leverage"), "");
    let found = machine.found(&repo, "ledger-read");
    assert!(
        found[0].starts_with("broken") && found[0].ends_with("(fix)"),
        "{found:?}"
    );
    let fixed = machine.report(&repo, &["--fix"]);
    assert!(told(&fixed, "ledger-read")[0].starts_with("ok"), "{fixed:#}");
    assert_eq!(at.git(&["rev-parse", "refs/notes/leverage"]), before);
}

#[test]
fn a_ledger_that_was_overwritten() {
    let (machine, repo) = Machine::healthy();
    let at = machine.world.at("kiln");
    at.run(&["record", "--estimate", "4h"]).success();
    let before = at.git(&["rev-parse", "refs/notes/leverage"]);
    at.run(&["record", "--no-commit", "--title", "A plan", "--estimate", "3h"])
        .success();
    at.git(&["update-ref", "refs/notes/leverage", &before]);
    // Looking changes nothing.
    for _ in 0..2 {
        let found = machine.found(&repo, "ledger-whole");
        assert_eq!(
            found,
            [
                "broken refs/notes/leverage: another program overwrote the ledger: 1 line of this clone is missing (fix)"
            ]
        );
    }
    let fixed = machine.report(&repo, &["--fix"]);
    assert!(told(&fixed, "ledger-whole")[0].starts_with("ok"), "{fixed:#}");
    assert!(at.run(&["log"]).success().contains("A plan"));
    // What moved forward is no damage.
    at.git(&["notes", "--ref=leverage", "append", "-m", "{\"v\":9}", "HEAD"]);
    assert!(machine.found(&repo, "ledger-whole")[0].starts_with("ok"));
}

#[test]
fn a_ledger_that_is_damaged() {
    let (machine, repo) = Machine::healthy();
    let at = machine.world.at("kiln");
    at.run(&["record", "--estimate", "4h"]).success();
    let missing = "1111111111111111111111111111111111111111";
    write(&repo.join(".git/refs/notes/leverage"), &format!("{missing}\n"));
    let found = machine.found(&repo, "ledger-read");
    assert!(
        found[0].starts_with("broken") && found[0].contains("cannot read"),
        "{found:?}"
    );
}

#[test]
fn notes_that_git_leaves_behind() {
    let (machine, repo) = Machine::healthy();
    let at = machine.world.at("kiln");
    let found = || machine.found(&repo, "rewriting");
    assert!(
        found().iter().all(|found| found.starts_with("ok")),
        "{:?}",
        found()
    );
    at.git(&["config", "notes.rewriteMode", "overwrite"]);
    assert!(
        found()[1].starts_with("broken notes.rewriteMode: it is `overwrite`"),
        "{:?}",
        found()
    );
    at.git(&["config", "notes.rewrite.amend", "false"]);
    assert!(
        found()[2].starts_with("warning notes.rewrite.amend"),
        "{:?}",
        found()
    );
    // A word of the user's own is theirs to change.
    machine.report(&repo, &["--fix"]);
    assert_eq!(at.git(&["config", "notes.rewriteMode"]), "overwrite");
    at.git(&["config", "--unset", "notes.rewriteMode"]);
    at.git(&["config", "--unset", "notes.rewrite.amend"]);
    assert!(found()[1].ends_with("(fix)"), "{:?}", found());
    at.git(&["config", "notes.rewriteRef", "refs/notes/commits"]);
    assert!(
        found()[0].starts_with("warning") && found()[0].ends_with("(fix)"),
        "{:?}",
        found()
    );
    let fixed = machine.report(&repo, &["--fix"]);
    assert!(
        told(&fixed, "rewriting")
            .iter()
            .all(|found| found.starts_with("ok")),
        "{fixed:#}"
    );
    let refs = at.git(&["config", "--get-all", "notes.rewriteRef"]);
    assert_eq!(refs, "refs/notes/commits\nrefs/notes/leverage*");
    assert_eq!(at.git(&["config", "notes.rewriteMode"]), "cat_sort_uniq");
    // And git does as it is told.
    at.run(&["record", "--estimate", "4h"]).success();
    at.git_at(&["commit", "--quiet", "--amend", "-m", "Begin again"], NOW);
    assert!(
        at.git(&["notes", "--ref=leverage", "show", "HEAD"])
            .contains("estimate")
    );
}

#[test]
fn refspecs_that_take_the_ledger_away() {
    let (machine, repo) = Machine::healthy();
    let at = machine.world.at("kiln");
    let fetches = || machine.found(&repo, "fetch-refspecs");
    let pushes = || machine.found(&repo, "push-refspecs");
    at.git(&["remote", "add", "origin", "../hub.git"]);
    assert_eq!((fetches().len(), pushes().len()), (1, 1));
    assert!(fetches()[0].starts_with("ok") && pushes()[0].starts_with("ok"));
    at.git(&[
        "config",
        "--add",
        "remote.origin.fetch",
        "+refs/notes/*:refs/notes/*",
    ]);
    assert!(
        fetches()[0].starts_with("broken remote.origin.fetch: with `+refs/notes/*:refs/notes/*`"),
        "{:?}",
        fetches()
    );
    assert!(fetches()[0].contains("with --prune"), "{:?}", fetches());
    at.git(&["config", "fetch.prune", "true"]);
    assert!(
        fetches()[0].contains("deletes it where the remote has none"),
        "{:?}",
        fetches()
    );
    // The advice is a command that does it.
    let report = machine.report(&repo, &[]);
    let all = report["checks"].as_array().unwrap();
    let advice = all
        .iter()
        .find(|found| found["check"] == "fetch-refspecs")
        .unwrap()["advice"]
        .clone();
    let command = advice.as_str().unwrap().split('`').nth(1).unwrap();
    let done = Command::new("sh")
        .args(["-c", command])
        .current_dir(&repo)
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .status();
    assert!(done.unwrap().success());
    assert!(fetches()[0].starts_with("ok"), "{:?}", fetches());
    at.git(&["remote", "add", "--mirror=fetch", "copy", "../copy.git"]);
    assert!(fetches()[0].contains("`+refs/*:refs/*`"), "{:?}", fetches());
    at.git(&["remote", "remove", "copy"]);
    at.git(&["remote", "add", "--mirror=push", "backup", "../backup.git"]);
    assert!(
        pushes()[0].starts_with("warning remote.backup.mirror"),
        "{:?}",
        pushes()
    );
    at.git(&[
        "config",
        "--add",
        "remote.origin.push",
        "+refs/notes/*:refs/notes/*",
    ]);
    at.git(&["config", "--add", "remote.origin.push", "refs/notes/leverage"]);
    assert_eq!(pushes().len(), 2, "{:?}", pushes());
}

#[test]
fn programs_that_manage_hooks() {
    let (machine, repo) = Machine::healthy();
    assert_eq!(machine.found(&repo, "hook-managers"), [""; 0]);
    write(&repo.join(".husky/pre-commit"), "npm test\n");
    write(&repo.join("lefthook.yml"), "pre-commit:\n");
    write(
        &repo.join(".pre-commit-config.yaml"),
        "# git leverage hook\nrepos: []\n",
    );
    let found = machine.found(&repo, "hook-managers");
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        found
            .iter()
            .all(|found| found.starts_with("ok") && found.contains("does not call")),
        "{found:?}"
    );
    write(
        &repo.join(".husky/post-commit"),
        "git-leverage hook --git post-commit || true\n",
    );
    let found = machine.found(&repo, "hook-managers");
    assert!(found[0].ends_with("husky calls this program"), "{found:?}");
}

#[test]
fn hooks_in_git_config() {
    let (machine, repo) = Machine::healthy();
    let at = machine.world.at("kiln");
    assert_eq!(machine.found(&repo, "git-hooks"), [""; 0]);
    at.git(&[
        "config",
        "hook.leverage.command",
        "/gone/git-leverage hook --git post-commit",
    ]);
    at.git(&["config", "hook.leverage.event", "post-commit"]);
    let found = machine.found(&repo, "git-hooks");
    let version = at.git(&["--version"]);
    let minor: u32 = version.split('.').nth(1).unwrap().parse().unwrap();
    match version.starts_with("git version 2.") && minor < 54 {
        true => assert!(
            found[0].starts_with("warning") && found[0].contains("ignores it"),
            "{found:?}"
        ),
        false => assert!(
            found[0].starts_with("broken") && found[0].contains("is not there"),
            "{found:?}"
        ),
    }
}

#[test]
fn logs_that_go_before_they_are_captured() {
    let (machine, repo) = Machine::healthy();
    let at = machine.world.at("kiln");
    work(&machine, &at, "s", TODAY - 3 * 1440);
    let found = || machine.found(&repo, "log-retention").join("\n");
    assert_eq!(found(), "ok claude-code: it keeps logs for 30 days");
    let hooks = claude_hooks(&machine.program(), &["SessionStart", "Stop", "SessionEnd"]);
    let keep = |days: u32| {
        let mut settings: Value = serde_json::from_str(&hooks).unwrap();
        settings["cleanupPeriodDays"] = days.into();
        machine.home(".claude/settings.json", &settings.to_string());
    };
    keep(8);
    assert!(
        found().starts_with("warning") && found().ends_with("the first is deleted on 2026-04-15"),
        "{}",
        found()
    );
    keep(2);
    assert!(
        found().starts_with("broken") && found().contains("can be deleted at its next start"),
        "{}",
        found()
    );
    at.run(&["capture", "--since", "2026-04-01"]).success();
    assert!(found().starts_with("ok"), "{}", found());
}

#[test]
fn logs_that_cannot_be_read() {
    let (machine, repo) = Machine::healthy();
    let at = machine.world.at("kiln");
    work(&machine, &at, "s", TODAY);
    assert_eq!(
        machine.found(&repo, "log-folders"),
        ["ok claude-code: its logs can be read"]
    );
    let pipe = machine.world.home().join(".claude/projects/any/pipe.jsonl");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let found = machine.found(&repo, "log-folders");
    assert!(
        found[0].starts_with("warning claude-code") && found[0].contains("pipe.jsonl"),
        "{found:?}"
    );
}

#[test]
fn what_others_wrote_cannot_draw_on_the_terminal() {
    let (machine, repo) = Machine::healthy();
    let at = machine.world.at("kiln");
    let evil = "+refs/notes/*:refs/notes/*\u{1b}[31m\u{202e}";
    at.git(&["config", "--add", "remote.origin.url", "x"]);
    at.git(&["config", "--add", "remote.origin.push", evil]);
    at.git(&["config", "hook.leverage\u{1b}[31m.command", "\u{1b}[31m"]);
    machine.set_up_claude("/\u{202e}/git-leverage");
    for format in ["table", "json", "csv", "markdown", "html"] {
        let ran = machine.run(&repo, &["--format", format, "--verbose"]);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(!ran.stdout.contains(['\u{1b}', '\u{202e}']), "{format}: {ran}");
    }
}

#[test]
fn the_format_and_the_checks_are_documented() {
    const PAGE: &str = include_str!("../docs/formats/doctor.md");
    let rows = PAGE.lines().filter(|line| line.starts_with("| `"));
    let rows = rows.filter_map(|row| {
        let mut cells = row.split('|').map(str::trim).skip(1);
        let (name, asks) = (cells.next()?.trim_matches('`'), cells.next()?);
        asks.ends_with('?').then(|| (name.to_owned(), asks.to_owned()))
    });
    let checks = git_leverage::testing::doctor::checks().into_iter();
    let checks: Vec<(String, String)> = checks
        .map(|(name, about)| (name.to_owned(), about.to_owned()))
        .collect();
    assert_eq!(rows.collect::<Vec<_>>(), checks);
    let (machine, repo) = Machine::healthy();
    let report = machine.report(&repo, &[]);
    assert_eq!(report["schema"], "git-leverage.doctor/1");
    let fields = |value: &Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    let mut all = [fields(&report), fields(&report["checks"][0])].concat();
    all.retain(|field| field != "schema");
    for field in all {
        let named = [format!("`{field}`"), format!("`{field}[]`")];
        assert!(named.iter().any(|name| PAGE.contains(name)), "{field}");
    }
}
