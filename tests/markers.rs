//! A repository that names a program wherever git or we could be made to run one: none of them runs.
//!
//! Each program leaves a marker. Every command of the program is called, from the list that the arguments are declared in.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use git_leverage::testing::cli::commands;

use crate::world::{START, TestRepo, World, executable};

/// The hooks that git knows.
const HOOKS: &[&str] = &[
    "applypatch-msg",
    "commit-msg",
    "fsmonitor-watchman",
    "post-applypatch",
    "post-checkout",
    "post-commit",
    "post-index-change",
    "post-merge",
    "post-receive",
    "post-rewrite",
    "post-update",
    "pre-applypatch",
    "pre-auto-gc",
    "pre-commit",
    "pre-merge-commit",
    "pre-push",
    "pre-rebase",
    "pre-receive",
    "prepare-commit-msg",
    "proc-receive",
    "push-to-checkout",
    "reference-transaction",
    "sendemail-validate",
    "update",
];

/// Programs that the user chose by variables, for other purposes than ours.
const VARIABLES: &[&str] = &[
    "BROWSER",
    "EDITOR",
    "GIT_ASKPASS",
    "GIT_EDITOR",
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "GIT_PROXY_COMMAND",
    "GIT_SEQUENCE_EDITOR",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "PAGER",
    "SSH_ASKPASS",
    "VISUAL",
];

/// The programs that only a transfer from and to `origin` runs.
const TRANSPORT: &str = r#"
[core]
	sshCommand = EVIL sshCommand
	gitProxy = EVIL gitProxy
	askPass = EVIL
[credential]
	helper = !EVIL credential
[credential "https://example.org"]
	helper = EVIL
[remote "origin"]
	url = ext::EVIL
	uploadpack = EVIL uploadpack
	receivepack = EVIL receivepack
	vcs = evil
	proxy = EVIL
[url "ext::EVIL "]
	insteadOf = https://
	pushInsteadOf = https://
[protocol]
	allow = always
[protocol "ext"]
	allow = always
"#;

/// All others.
const CONFIG: &str = r#"
[core]
	repositoryFormatVersion = 1
	fsmonitor = EVIL
	pager = EVIL pager
	editor = EVIL editor
	hooksPath = HOOKS
	alternateRefsCommand = EVIL alternateRefsCommand
	untrackedCache = true
	splitIndex = true
[extensions]
	worktreeConfig = true
[diff]
	external = EVIL external
	tool = evil
	guitool = evil
	submodule = diff
[diff "evil"]
	textconv = EVIL textconv
	command = EVIL command
	cachetextconv = true
[difftool "evil"]
	cmd = EVIL difftool
[merge]
	tool = evil
	default = evil
[mergetool "evil"]
	cmd = EVIL mergetool
[merge "evil"]
	driver = EVIL %O %A %B
[filter "evil"]
	clean = EVIL clean
	smudge = EVIL smudge
	process = EVIL process
	required = true
[interactive]
	diffFilter = EVIL diffFilter
[sequence]
	editor = EVIL
[pager]
	log = EVIL
	report = EVIL
	show = EVIL
	leverage = EVIL
[gpg]
	program = EVIL gpg
	format = ssh
[gpg "openpgp"]
	program = EVIL
[gpg "x509"]
	program = EVIL
[gpg "ssh"]
	program = EVIL
	defaultKeyCommand = EVIL defaultKeyCommand
	allowedSignersFile = EVIL
[user]
	signingKey = key
[commit]
	gpgSign = true
[tag]
	gpgSign = true
[push]
	gpgSign = if-asked
	recurseSubmodules = on-demand
[log]
	showSignature = true
[uploadpack]
	packObjectsHook = EVIL packObjectsHook
[trailer "evil"]
	key = Leverage-Estimate
	ifMissing = add
	command = EVIL trailer
	cmd = EVIL trailer
[remote "promised"]
	url = ext::EVIL
	promisor = true
	partialCloneFilter = blob:none
	uploadpack = EVIL uploadpack
[alias]
	leverage = !EVIL alias
	log = !EVIL alias
	cat-file = !EVIL alias
	commit-tree = !EVIL alias
	config = !EVIL alias
	rev-list = !EVIL alias
	rev-parse = !EVIL alias
[hook "evil"]
	command = EVIL hook
	event = pre-commit
	event = pre-push
	event = pre-auto-gc
	event = post-index-change
	event = reference-transaction
[hook "evil=other"]
	command = EVIL hook
	event = reference-transaction
[web]
	browser = evil
[browser "evil"]
	cmd = EVIL browser
	path = EVIL
[man]
	viewer = evil
[man "evil"]
	cmd = EVIL man
[help]
	browser = evil
	format = web
[sendemail]
	smtpServer = EVIL
	sendmailCmd = EVIL
	validate = true
[imap]
	tunnel = EVIL
[instaweb]
	httpd = EVIL
[guitool "evil"]
	cmd = EVIL
[lfs "customtransfer.evil"]
	path = EVIL
[init]
	templateDir = HOOKS
[notes]
	rewriteRef = refs/notes/*
	displayRef = refs/notes/*
[gc]
	auto = 1
	recentObjectsHook = EVIL recentObjects
[maintenance]
	auto = true
[fetch]
	recurseSubmodules = true
	writeCommitGraph = true
[submodule]
	recurse = true
[submodule "sub"]
	update = !EVIL update
[status]
	submoduleSummary = true
[leverage]
	sign = true
[mailmap]
	file = EVIL
[includeIf "gitdir:WORLD/**"]
	path = WORLD/included
[include]
	path = WORLD/included
"#;

/// The same in files that config includes, or that a linked work tree has of its own.
const INCLUDED: &str = r#"
[core]
	fsmonitor = EVIL included
	hooksPath = HOOKS
[gpg "ssh"]
	program = EVIL included
[filter "evil"]
	clean = EVIL included
	required = true
[diff "evil"]
	textconv = EVIL included
"#;

/// Files that make programs of other kinds run something, and a name of a program in the folder where git is started.
const FILES: &[(&str, &str)] = &[
    (
        ".gitattributes",
        "* diff=evil filter=evil merge=evil ident working-tree-encoding=UTF-16\n",
    ),
    (
        ".gitmodules",
        "[submodule \"sub\"]\n\tpath = sub\n\turl = ext::EVIL\n\tupdate = !EVIL\n",
    ),
    (".mailmap", "Eve <eve@example.org> <ada@example.org>\n"),
    (".lfsconfig", "[lfs]\n\turl = ext::EVIL\n"),
    (".envrc", "EVIL\n"),
    (
        ".claude/settings.json",
        r#"{"hooks":{"SessionStart":[{"hooks":[{"type":"command","command":"EVIL"}]}]},"apiKeyHelper":"EVIL"}"#,
    ),
    (".codex/config.toml", "notify = [\"EVIL\"]\n"),
    (
        ".cursor/hooks.json",
        r#"{"version":1,"hooks":{"stop":[{"command":"EVIL"}]}}"#,
    ),
    (
        ".gemini/settings.json",
        r#"{"tools":{"discoveryCommand":"EVIL"}}"#,
    ),
    (
        "package.json",
        r#"{"name":"evil","scripts":{"prepare":"EVIL","test":"EVIL"}}"#,
    ),
    ("setup.py", "import os\nos.system('EVIL')\n"),
    ("conftest.py", "import os\nos.system('EVIL')\n"),
    (
        "build.rs",
        "fn main() { std::process::Command::new(\"EVIL\").status(); }\n",
    ),
    (
        "Cargo.toml",
        "[package]\nname = \"evil\"\nversion = \"1.0.0\"\nbuild = \"build.rs\"\n",
    ),
    ("Makefile", "X := $(shell EVIL)\nall test:\n\tEVIL\n"),
    ("Dockerfile", "FROM scratch\nRUN EVIL\n"),
];

/// A world with a hostile repository in `work/app`, and what its programs leave.
struct Trap {
    world: World,
    evil: PathBuf,
    marker: PathBuf,
    task: String,
}

impl Trap {
    /// With `transport`, the programs of a transfer are named as well; without, `origin` is a plain folder.
    fn new(transport: bool) -> Self {
        let world = World::new();
        let (evil, marker) = (world.path("bin/evil"), world.path("marker"));
        fs::create_dir_all(world.path("bin/hooks")).unwrap();
        let script = format!("#!/bin/sh\necho \"$0 $*\" >> '{}'\nexit 1\n", marker.display());
        executable(&evil, &script);
        for hook in HOOKS {
            executable(&world.path("bin/hooks").join(hook), &script);
        }
        let trap = Self {
            task: history(&world),
            world,
            evil,
            marker,
        };
        trap.beside();
        trap.wire(transport);
        trap
    }

    fn app(&self) -> TestRepo<'_> {
        self.world.at("work/app")
    }

    fn filled(&self, text: &str) -> String {
        text.replace("EVIL", self.evil.to_str().unwrap())
            .replace("HOOKS", self.world.path("bin/hooks").to_str().unwrap())
            .replace(
                "WORLD",
                self.world.path("").to_str().unwrap().trim_end_matches('/'),
            )
    }

    /// What a repository has in it and beside it: an embedded one, a submodule, a linked work tree, objects of another one.
    fn beside(&self) {
        let app = self.app();
        let path = |name: &str| self.world.path(name).to_str().unwrap().to_owned();
        app.git(&[
            "clone",
            "--quiet",
            "--bare",
            ".",
            &path("work/app/vendor/inner.git"),
        ]);
        app.git(&["clone", "--quiet", "--bare", ".", &path("remote.git")]);
        app.git(&["clone", "--quiet", ".", &path("work/app/sub")]);
        app.git(&["-c", "advice.addEmbeddedRepo=false", "add", "--force", "."]);
        app.git(&["worktree", "add", "--quiet", "-b", "linked", &path("work/linked")]);
        app.git(&["remote", "add", "origin", &path("remote.git")]);
        let alternates = app.path().join(".git/objects/info/alternates");
        fs::write(alternates, path("remote.git/objects")).unwrap();
        let missing = "1".repeat(40);
        let tree = app.git_with_input(
            &["mktree", "--missing"],
            &format!("100644 blob {missing}\tmissing\n"),
        );
        let partial = app.git_at(
            &["commit-tree", "-m", "Partial", &tree, "-p", "HEAD"],
            START + 7000,
        );
        app.git(&["update-ref", "refs/heads/partial", &partial]);
    }

    /// Puts the programs everywhere. No git is called for a fixture after this.
    fn wire(&self, transport: bool) {
        let app = self.app();
        for (name, content) in FILES {
            app.write(name, self.filled(content));
        }
        for name in ["git", "gpg", "gpgsm", "less", "sh", "ssh", "ssh-keygen", "vi"] {
            fs::copy(&self.evil, app.path().join(name)).unwrap();
        }
        app.write("src/a.rs", "a dirty file\n");
        fs::write(self.world.path("included"), self.filled(INCLUDED)).unwrap();
        let config = match transport {
            true => format!("{CONFIG}{TRANSPORT}"),
            false => CONFIG.to_owned(),
        };
        let git_dirs = ["work/app/.git", "work/app/vendor/inner.git", "work/app/sub/.git"];
        for git_dir in git_dirs {
            let git_dir = self.world.path(git_dir);
            let before = fs::read_to_string(git_dir.join("config")).unwrap();
            fs::write(git_dir.join("config"), before + &self.filled(&config)).unwrap();
            fs::create_dir_all(git_dir.join("hooks")).unwrap();
            for hook in HOOKS {
                fs::copy(&self.evil, git_dir.join("hooks").join(hook)).unwrap();
            }
            fs::create_dir_all(git_dir.join("info")).unwrap();
            fs::write(git_dir.join("info/attributes"), "* diff=evil filter=evil\n").unwrap();
        }
        for own in ["work/app/.git", "work/app/.git/worktrees/linked"] {
            let own = self.world.path(own).join("config.worktree");
            fs::write(own, self.filled(INCLUDED)).unwrap();
        }
    }

    /// Runs a command in a folder of the world; no program may have left a marker, and nothing may have failed.
    fn run(&self, folder: &str, args: &[&str]) {
        let mut command = self.world.leverage(&self.world.path(folder));
        command.envs(VARIABLES.iter().map(|name| (*name, self.evil.as_path())));
        let args: Vec<String> = args.iter().map(|arg| arg.replace("TASK", &self.task)).collect();
        let ended = command.args(&args).output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(self.taken(), None, "{folder}: {args:?}: {said}");
        assert!(
            matches!(ended.status.code(), Some(0 | 3)),
            "{folder}: {args:?}: {said}"
        );
    }

    /// What programs left, and leaves nothing.
    fn taken(&self) -> Option<String> {
        let left = fs::read_to_string(&self.marker).ok()?;
        fs::remove_file(&self.marker).unwrap();
        Some(left)
    }
}

/// Commits, a merge, a task, and signatures that somebody would have to check. Returns the task.
fn history(world: &World) -> String {
    let app = world.repo("work/app");
    app.write("src/a.rs", "one\n").write("g.bin", "\0\u{1}");
    app.commit("Begin");
    app.git(&["checkout", "--quiet", "-b", "side"]);
    app.write("src/b.rs", "two\n").commit("Aside");
    app.git(&["checkout", "--quiet", "main"]);
    app.write("src/c.rs", "three\n")
        .commit("Claim\n\nLeverage-Estimate: 2h\nLeverage-Agent-Time: 5m\n");
    app.git(&["merge", "--quiet", "--no-edit", "side"]);
    let signed = |tree: &str, parent: &str, kind: &str| {
        let who = format!("Ada <ada@example.org> {} +0000", START + 6000);
        let commit = format!(
            "tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\ngpgsig -----BEGIN {kind} SIGNATURE-----\n \n iQEz\n \
             -----END {kind} SIGNATURE-----\n\nSigned\n"
        );
        app.git_with_input(&["hash-object", "-t", "commit", "-w", "--stdin"], &commit)
    };
    let (tree, head) = (
        app.git(&["rev-parse", "HEAD^{tree}"]),
        app.git(&["rev-parse", "HEAD"]),
    );
    app.git(&["reset", "--quiet", "--hard", &signed(&tree, &head, "PGP")]);
    let recorded = app.run(&["record", "--estimate", "1h", "--title", "First"]);
    let said = recorded.success();
    for kind in ["PGP", "SSH", "SIGNED MESSAGE"] {
        let notes = "refs/notes/leverage";
        let (tree, tip) = (
            app.git(&["rev-parse", &format!("{notes}^{{tree}}")]),
            app.git(&["rev-parse", notes]),
        );
        app.git(&["update-ref", notes, &signed(&tree, &tip, kind)]);
    }
    let logged: serde_json::Value =
        serde_json::from_str(&app.run(&["log", "--format", "json"]).success()).unwrap();
    let tasks = logged["tasks"].as_array().unwrap();
    let first = tasks.iter().find(|task| task["title"] == "First");
    let id = first.unwrap_or_else(|| panic!("{said} {logged}"))["id"].as_str();
    id.unwrap().to_owned()
}

/// How each command is called: at least once, and with what makes it look further.
const CALLS: &[(&str, &[&[&str]])] = &[
    (
        "record",
        &[
            &["record", "--another", "--estimate", "1h", "--dry-run"],
            &["record", "--another", "--estimate", "1h", "--title", "Second"],
            &["record", "--no-commit", "--estimate", "1h", "--title", "Third"],
            &["record", "side", "--date", "yesterday", "--estimate", "1h"],
        ],
    ),
    ("capture", &[&["capture"], &["capture", "--since", "30.days"]]),
    (
        "revise",
        &[&["revise", "TASK", "--estimate", "3h", "--reason", "More"]],
    ),
    (
        "opine",
        &[
            &["opine", "--next"],
            &["opine", "TASK", "--estimate", "1h", "--estimated-by", "codex"],
        ],
    ),
    ("retract", &[&["retract", "TASK", "--reason", "None"]]),
    ("repair", &[&["repair", "--dry-run"], &["repair"]]),
    ("carry", &[&["carry", "--onto", "HEAD~1", "--from", "side"]]),
    ("show", &[&["show"], &["show", "TASK"], &["show", "HEAD~1"]]),
    ("log", &[&["log", "--history"], &["log", "HEAD~1..HEAD"]]),
    ("sync", &[&["sync", "--setup", "--dry-run"], &["sync", "--setup"]]),
    ("import", &[&["import", "../rows.md", "--date", "2026-01-01"]]),
    (
        "hook",
        &[
            &["hook"],
            &["hook", "--remind"],
            &["hook", "--git", "post-commit"],
        ],
    ),
    (
        "trailers",
        &[
            &["trailers"],
            &["trailers", "HEAD~2..HEAD"],
            &["trailers", "--file", "../message"],
        ],
    ),
    (
        "report",
        &[
            &["report", "--since", "2 weeks ago", "--format", "html"],
            &["report", "--all-refs", "--by", "task"],
        ],
    ),
    (
        "export",
        &[
            &["export", "commits"],
            &["export", "tasks"],
            &["export", "sessions"],
            &["export", "links"],
            &["export", "survival"],
        ],
    ),
    (
        "facts",
        &[
            &["facts", "..", "--output", "../facts", "--sessions", "--audit"],
            &["report", "--facts", "../facts"],
            &["audit", "--facts", "../facts"],
        ],
    ),
    ("demo", &[&["demo", "../demo"]]),
    ("scan", &[&["scan", ".."]]),
    ("sessions", &[&["sessions", "."], &["sessions", "--sensitivity"]]),
    (
        "inventory",
        &[
            &["inventory", ".."],
            &["inventory", ".", "--readiness"],
            &["inventory", ".", "--columns", "ai,clone,history"],
        ],
    ),
    (
        "audit",
        &[
            &["audit"],
            &["audit", ".", "--format", "sarif"],
            &["audit", "--file", "src/a.rs"],
            &["audit", ".", "HEAD~1..HEAD"],
        ],
    ),
    ("cache", &[&["cache"], &["cache", "clear"]]),
    (
        "hook",
        &[
            &["hook"],
            &["hook", "--remind"],
            &["hook", "--git", "post-commit"],
        ],
    ),
    ("status", &[&["status"], &["status", ".."]]),
    (
        "setup",
        &[
            &["setup", "--agent", "codex"],
            &["setup", "--agent", "codex", "--remove"],
        ],
    ),
    ("doctor", &[&["doctor"], &["doctor", "--fix"]]),
    (
        "site",
        &[
            &["site", "../site", "."],
            &["site", "../bare-site", ".", "--no-audit"],
        ],
    ),
    ("completions", &[&["completions", "bash"]]),
    ("help", &[&["help"], &["help", "--all"], &["help", "report"]]),
    ("manual", &[&["manual", "../manual"]]),
];

#[test]
fn no_command_runs_a_program_of_a_repository() {
    let trap = Trap::new(true);
    fs::write(
        trap.world.path("work/rows.md"),
        "Task | Human Est. | Claude | Factor\n--|--|--|--\na | 1h | 5m | 12x\n",
    )
    .unwrap();
    fs::write(trap.world.path("work/message"), "x\n\nLeverage-Estimate: 1h\n").unwrap();
    let calls: BTreeMap<&str, &[&[&str]]> = CALLS.iter().copied().collect();
    for command in commands() {
        let calls = calls.get(command.as_str());
        let calls = calls.unwrap_or_else(|| panic!("say how `{command}` is called"));
        for call in *calls {
            trap.run("work/app", call);
        }
    }
    // Git itself would have run one.
    let mut git = std::process::Command::new("git");
    git.args(["status"]).current_dir(trap.app().path());
    let _ = git.output().unwrap();
    assert!(trap.taken().is_some(), "the programs leave markers");
}

#[test]
fn no_program_is_run_wherever_a_command_starts() {
    let trap = Trap::new(true);
    for folder in [
        "work/app/src",
        "work/app/sub",
        "work/linked",
        "work/app/vendor/inner.git",
    ] {
        for call in [
            &["report", "--since", "yesterday"][..],
            &["inventory"],
            &["audit"],
            &["log"],
            &["record", "--another", "--estimate", "1h"],
        ] {
            trap.run(folder, call);
        }
    }
}

#[test]
fn a_sync_runs_what_the_transfer_needs_and_nothing_else() {
    let trap = Trap::new(false);
    trap.run("work/app", &["record", "--another", "--estimate", "1h"]);
    for call in [&["sync", "--dry-run"][..], &["sync"], &["sync"]] {
        trap.run("work/app", call);
    }
    // What a fetch from the remote would run, runs.
    let config = trap.app().path().join(".git/config");
    let wired =
        fs::read_to_string(&config).unwrap() + &trap.filled("[remote \"origin\"]\n\tuploadpack = EVIL\n");
    fs::write(&config, wired).unwrap();
    let ran = trap.app().run(&["sync"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(trap.taken().is_some(), "{ran}");
}
