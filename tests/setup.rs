//! `setup`: what it writes into settings of agents, and that they are as they were when it has taken that out again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use insta::assert_snapshot;

use crate::world::{Ran, World, copy_of_the_program, executable};

/// The agents with the files of a person that their hooks are in.
const FILES: &[(&str, &str)] = &[
    ("claude-code", ".claude/settings.json"),
    ("codex", ".codex/hooks.json"),
    ("gemini-cli", ".gemini/settings.json"),
    ("antigravity", ".gemini/config/hooks.json"),
    ("qwen", ".qwen/settings.json"),
    ("copilot-cli", ".copilot/hooks/leverage.json"),
    ("cursor", ".cursor/hooks.json"),
    ("droid", ".factory/hooks.json"),
    ("droid", ".factory/settings.json"),
];

/// A home in which nothing but git can be started.
struct Machine {
    world: World,
}

impl Machine {
    fn new() -> Self {
        let world = World::new();
        let machine = Self { world };
        fs::create_dir(machine.world.path("bin")).unwrap();
        let git = std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .map(|folder| folder.join("git"))
            .find(|path| path.is_file())
            .unwrap();
        machine.script("git", &format!("exec '{}' \"$@\"", git.display()));
        machine
    }

    fn script(&self, name: &str, line: &str) {
        let path = self.world.path("bin").join(name);
        executable(&path, &format!("#!/bin/sh\n{line}\n"));
    }

    /// A git that calls itself one that has hooks in its configuration.
    fn git_with_hooks(&self) {
        let path = self.world.path("bin/git");
        let real = fs::read_to_string(&path).unwrap().replace("#!/bin/sh\n", "");
        let line = format!("test \"$1\" = --version && echo git version 2.54.1 && exit\n{real}");
        self.script("git", &line);
    }

    fn home(&self, name: &str) -> PathBuf {
        self.world.home().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.home(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.home(name)).unwrap()
    }

    fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = self.world.leverage(folder);
        command.env(
            "PATH",
            format!("{}:/usr/bin-not-there", self.world.path("bin").display()),
        );
        command.arg("setup").args(arguments);
        command
    }

    fn run_in(&self, folder: &Path, arguments: &[&str]) -> Ran {
        ran(&self.world, self.command(folder, arguments))
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in(&self.world.home(), arguments)
    }

    /// All that is in the home folder: files with what they say and their modes, links with where they lead.
    fn tree(&self) -> BTreeMap<PathBuf, String> {
        tree(&self.world.home())
    }
}

fn ran(world: &World, mut command: Command) -> Ran {
    let output = command.output().unwrap();
    let program = env!("CARGO_BIN_EXE_git-leverage");
    let root = world.path("").to_string_lossy().trim_end_matches('/').to_owned();
    let text = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.replace(&root, "$WORLD")
            .replace(program, "/opt/git-leverage")
    };
    Ran {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

fn tree(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in next.read_dir().unwrap() {
            let path = entry.unwrap().path();
            let data = path.symlink_metadata().unwrap();
            let said = if data.is_dir() {
                folders.push(path.clone());
                "folder".to_owned()
            } else if data.is_symlink() {
                format!("-> {}", fs::read_link(&path).unwrap().display())
            } else {
                format!(
                    "{} {:?}",
                    mode(&data),
                    String::from_utf8_lossy(&fs::read(&path).unwrap())
                )
            };
            found.insert(path, said);
        }
    }
    found
}

#[cfg(unix)]
fn mode(data: &fs::Metadata) -> String {
    use std::os::unix::fs::PermissionsExt;
    format!("{:o}", data.permissions().mode())
}

#[cfg(not(unix))]
fn mode(_: &fs::Metadata) -> String {
    String::new()
}

/// Sets up twice and takes it back; the home has to be as it was.
fn there_and_back(machine: &Machine, agent: &str, what: &str) {
    let before = machine.tree();
    let first = machine.run(&["--agent", agent]);
    assert_eq!(first.code, Some(0), "{what}: {first}");
    let once = machine.tree();
    assert_ne!(before, once, "{what}");
    let second = machine.run(&["--agent", agent]);
    assert!(second.stderr.contains("Nothing to do"), "{what}: {second}");
    assert!(second.stdout.is_empty(), "{what}: {second}");
    assert_eq!(once, machine.tree(), "{what}");
    let removed = machine.run(&["--agent", agent, "--remove"]);
    assert_eq!(removed.code, Some(0), "{what}: {removed}");
    assert_eq!(before, machine.tree(), "{what}");
}

#[test]
fn a_change_is_shown_before_it_is_made() {
    let machine = Machine::new();
    machine.write(".claude/settings.json", "{\n  \"model\": \"opus\" // mine\n}\n");
    let before = machine.tree();
    let shown = machine.run(&["--dry-run"]);
    let (diff, skill) = shown.stdout.split_once("new file").unwrap();
    let is_one_line =
        skill.starts_with(" ~/.claude/skills/leverage/SKILL.md, ") && skill.ends_with(" lines\n");
    assert!(is_one_line, "{skill}");
    let whole = machine.run(&["--dry-run", "-v"]);
    assert!(whole.stdout.contains("+name: leverage\n"), "{whole}");
    assert_snapshot!(diff, @r#"
    --- $WORLD/home/.claude/settings.json
    +++ $WORLD/home/.claude/settings.json
    @@ -1,3 +1,38 @@
     {
    -  "model": "opus" // mine
    +  "model": "opus", // mine
    +  "hooks": {
    +    "SessionStart": [
    +      {
    +        "hooks": [
    +          {
    +            "type": "command",
    +            "command": "/opt/git-leverage hook",
    +            "timeout": 10
    +          }
    +        ]
    +      }
    +    ],
    +    "Stop": [
    +      {
    +        "hooks": [
    +          {
    +            "type": "command",
    +            "command": "/opt/git-leverage hook",
    +            "timeout": 10
    +          }
    +        ]
    +      }
    +    ],
    +    "SessionEnd": [
    +      {
    +        "hooks": [
    +          {
    +            "type": "command",
    +            "command": "/opt/git-leverage hook",
    +            "timeout": 10
    +          }
    +        ]
    +      }
    +    ]
    +  }
     }
    "#);
    assert_eq!(shown.stderr, "Nothing written (--dry-run)\n");
    assert_eq!(before, machine.tree());
    let made = machine.run(&[]);
    assert_eq!((made.code, made.stderr.as_str()), (Some(0), "Changed 2 files\n"));
    assert_eq!(made.stdout, shown.stdout);
}

#[test]
fn every_agent_has_a_file_that_it_understands_and_that_goes_again() {
    let machine = Machine::new();
    for (agent, _) in FILES.iter().chain(&[("opencode", ""), ("amp", "")]) {
        there_and_back(&machine, agent, agent);
    }
    let all: Vec<&str> = FILES.iter().map(|(agent, _)| *agent).collect();
    let arguments: Vec<&str> = all.iter().flat_map(|agent| ["--agent", agent]).collect();
    let before = machine.tree();
    assert_eq!(machine.run(&arguments).code, Some(0));
    assert_eq!(
        machine.run(&["--remove"]).code,
        Some(0),
        "those that are not named as well"
    );
    assert_eq!(before, machine.tree());
}

#[test]
fn files_of_any_layout_come_back_byte_for_byte() {
    let texts = [
        "",
        "\n",
        "{}",
        "{ }\n",
        "{\n}\n",
        "{\n\n}",
        "\u{feff}{}",
        "// nothing yet\n",
        "{\"a\":1}",
        "{ \"a\": [1, 2] }",
        "{\n\t\"a\": 1\n}",
        "{\r\n    \"a\": 1\r\n}\r\n",
        "{\n    \"a\": 1, // one\n    /* two */\n}\n",
        "{\n  \"hooks\": {}\n}\n",
        "{\n  \"hooks\": {\n  }, \"z\": 1\n}\n",
        "{\"hooks\":{\"Stop\":[]}}",
        "{\"hooks\":{\"Stop\":[ ], \"stop\":[]}, \"version\": 1}",
        "{\n  \"version\": 1,\n  \"hooks\": {\n    \"agentStop\": [{\"bash\": \"x\"}],\n    \"stop\": [{\"command\": \"x\"}]\n  }\n}\n",
        "{\n  \"hooks\": {\n    \"Stop\": [\n      {\"matcher\": \"*\", \"hooks\": [{\"type\": \"command\", \"command\": \"git-ai checkpoint\"}]}, // git-ai\n    ],\n    \"PreToolUse\": [{\"hooks\": []}],\n  },\n}",
    ];
    let machine = Machine::new();
    // Those that nest their hooks otherwise.
    let others = ["codex", "gemini-cli", "qwen"];
    for (agent, file) in FILES.iter().filter(|(agent, _)| !others.contains(agent)) {
        for text in texts {
            machine.write(file, text);
            there_and_back(&machine, agent, &format!("{agent}: {text:?}"));
            assert_eq!(machine.read(file), text);
        }
        fs::remove_file(machine.home(file)).unwrap();
    }
}

#[test]
#[cfg(unix)]
fn a_link_stays_a_link_and_modes_stay() {
    use std::os::unix::fs::PermissionsExt;
    let machine = Machine::new();
    machine.write("dotfiles/claude.json", "{\"a\": 1}");
    fs::set_permissions(
        machine.home("dotfiles/claude.json"),
        fs::Permissions::from_mode(0o640),
    )
    .unwrap();
    fs::create_dir(machine.home(".claude")).unwrap();
    std::os::unix::fs::symlink("../dotfiles/claude.json", machine.home(".claude/settings.json")).unwrap();
    there_and_back(&machine, "claude-code", "linked");
    machine.run(&[]).success();
    assert!(machine.read("dotfiles/claude.json").contains("hook"));
    assert!(machine.home(".claude/settings.json").is_symlink());
}

#[test]
fn broken_files_are_left_alone_and_the_others_are_set_up() {
    let machine = Machine::new();
    machine.write(".claude/settings.json", "{\n  \"a\": 1\n  \"b\": 2\n}");
    machine.write(".codex/hooks.json", "{\n\n\"hooks\": []}");
    machine.write(".qwen/settings.json", "{}");
    fs::create_dir_all(machine.home(".gemini/settings.json")).unwrap();
    let ran = machine.run(&[]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert_snapshot!(ran.stderr, @"
    warning: $WORLD/home/.claude/settings.json: skipped: line 3, column 3: expected `,` or `}`
    warning: $WORLD/home/.codex/hooks.json: skipped: line 3, column 10: expected an object, found an array
    warning: $WORLD/home/.gemini/settings.json: skipped: cannot read it: not a regular file
    Changed 4 files
    ");
    assert_eq!(
        machine.read(".claude/settings.json"),
        "{\n  \"a\": 1\n  \"b\": 2\n}"
    );
    assert!(machine.read(".qwen/settings.json").contains("hook"));
}

#[test]
fn what_somebody_wrote_in_between_stays() {
    let machine = Machine::new();
    machine.write(".claude/settings.json", "{\n  \"a\": 1\n}\n");
    machine.run(&[]).success();
    let text = machine.read(".claude/settings.json");
    let edited = text.replace("\"a\": 1", "\"a\": 2,\n  \"b\": \"new\"");
    machine.write(".claude/settings.json", &edited);
    assert!(machine.run(&[]).stderr.contains("Nothing to do"));
    machine.run(&["--remove"]).success();
    assert_eq!(
        machine.read(".claude/settings.json"),
        "{\n  \"a\": 2,\n  \"b\": \"new\"\n}\n"
    );
    // Written again by the agent itself, in its own layout.
    machine.write(".claude/settings.json", "{\"a\":1}");
    machine.run(&[]).success();
    let value: serde_json::Value = serde_json::from_str(&machine.read(".claude/settings.json")).unwrap();
    machine.write(
        ".claude/settings.json",
        &serde_json::to_string_pretty(&value).unwrap(),
    );
    machine.run(&["--remove"]).success();
    assert_eq!(machine.read(".claude/settings.json"), "{\n  \"a\": 1\n}");
}

#[test]
fn it_can_be_taken_back_without_what_was_remembered() {
    let machine = Machine::new();
    for text in [
        "{\n  \"a\": 1\n}\n",
        "{\"a\": 1}",
        "{\"hooks\": {\"PreToolUse\": [1]}}",
    ] {
        machine.write(".claude/settings.json", text);
        machine.run(&[]).success();
        fs::remove_dir_all(machine.home(".local")).unwrap();
        assert!(machine.run(&[]).stderr.contains("Nothing to do"));
        machine.run(&["--remove"]).success();
        assert_eq!(machine.read(".claude/settings.json"), text);
    }
    machine.run(&["--agent", "copilot-cli"]).success();
    fs::remove_dir_all(machine.home(".local")).unwrap();
    machine.run(&["--remove"]).success();
    assert!(!machine.home(".copilot/hooks/leverage.json").exists());
    assert!(!machine.home(".agents/skills/leverage").exists());
}

#[test]
fn an_older_program_and_another_choice_are_replaced() {
    let machine = Machine::new();
    let old = "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"/old/bin/git-leverage hook\", \"timeout\": 10}]}]}, \"a\": 1}";
    machine.write(".claude/settings.json", old);
    machine.run(&["--remind"]).success();
    let text = machine.read(".claude/settings.json");
    assert!(!text.contains("/old/bin"), "{text}");
    assert_eq!(text.matches("git-leverage hook --remind").count(), 3, "{text}");
    // It stays as it is until somebody says otherwise.
    assert!(machine.run(&[]).stderr.contains("Nothing to do"));
    machine.run(&["--no-remind"]).success();
    let text = machine.read(".claude/settings.json");
    assert_eq!(
        (text.matches("hook\"").count(), text.matches("--remind").count()),
        (3, 0),
        "{text}"
    );
    machine.run(&["--remove"]).success();
    assert_eq!(machine.read(".claude/settings.json"), "{\"a\": 1}");
}

#[test]
fn a_skill_or_plugin_of_somebody_else_is_left_alone() {
    let machine = Machine::new();
    machine.write(".claude/skills/leverage/SKILL.md", "mine");
    machine.write(".config/opencode/plugins/leverage.js", "mine");
    let before = machine.tree();
    let ran = machine.run(&[]);
    assert_eq!(ran.code, Some(3));
    assert_snapshot!(ran.stderr, @"
    warning: $WORLD/home/.config/opencode/plugins/leverage.js: skipped: it was changed, or git-leverage did not write it
    hint: Run `rm $WORLD/home/.config/opencode/plugins/leverage.js && git leverage setup --agent opencode` to replace it
    warning: $WORLD/home/.claude/skills/leverage/SKILL.md: skipped: it was changed, or git-leverage did not write it
    hint: Run `rm $WORLD/home/.claude/skills/leverage/SKILL.md && git leverage setup --agent claude-code` to replace it
    Changed 2 files
    ");
    assert_eq!(machine.run(&["--remove"]).code, Some(3));
    assert_eq!(before, machine.tree());
}

#[test]
fn a_skill_stays_as_long_as_an_agent_looks_for_it() {
    let machine = Machine::new();
    machine.run(&["--agent", "codex", "--agent", "amp"]).success();
    machine.run(&["--agent", "codex", "--remove"]).success();
    assert!(machine.home(".agents/skills/leverage/SKILL.md").exists());
    assert!(!machine.home(".codex").exists());
    machine.run(&["--agent", "amp", "--remove"]).success();
    assert_eq!(
        machine.tree().len(),
        1,
        "the git config alone: {:?}",
        machine.tree().keys()
    );
}

#[test]
fn folders_are_where_the_variables_of_the_agents_say() {
    let machine = Machine::new();
    let moved = |name: &str| machine.world.path("moved").join(name);
    let mut command = machine.command(
        &machine.world.home(),
        &[
            "claude-code",
            "codex",
            "gemini-cli",
            "qwen",
            "copilot-cli",
            "droid",
            "opencode",
            "amp",
        ]
        .map(|agent| format!("--agent={agent}"))
        .iter()
        .map(String::as_str)
        .collect::<Vec<_>>(),
    );
    for (variable, name) in [
        ("CLAUDE_CONFIG_DIR", "claude"),
        ("CODEX_HOME", "codex"),
        ("GEMINI_CLI_HOME", "gemini"),
        ("QWEN_HOME", "qwen"),
        ("COPILOT_HOME", "copilot"),
        ("FACTORY_HOME_OVERRIDE", "factory"),
        ("XDG_CONFIG_HOME", "config"),
    ] {
        command.env(variable, moved(name));
    }
    assert_eq!(ran(&machine.world, command).code, Some(0));
    let mut written: Vec<String> = tree(&moved(""))
        .into_iter()
        .filter(|(_, said)| said != "folder")
        .map(|(path, _)| path.strip_prefix(moved("")).unwrap().display().to_string())
        .collect();
    written.sort();
    assert_snapshot!(written.join("\n"), @"
    claude/settings.json
    claude/skills/leverage/SKILL.md
    codex/hooks.json
    config/amp/plugins/leverage.ts
    config/opencode/plugins/leverage.js
    copilot/hooks/leverage.json
    copilot/skills/leverage/SKILL.md
    factory/.factory/hooks.json
    factory/.factory/skills/leverage/SKILL.md
    gemini/.gemini/settings.json
    qwen/settings.json
    qwen/skills/leverage/SKILL.md
    ");
    assert!(machine.home(".agents/skills/leverage/SKILL.md").exists());
}

#[test]
fn droid_keeps_hooks_of_an_event_in_one_file() {
    let machine = Machine::new();
    let settings = "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"x\"}]}]}}";
    machine.write(".factory/settings.json", settings);
    there_and_back(&machine, "droid", "settings");
    machine.run(&[]).success();
    // What stands in the one hides what the other has for the event.
    assert!(
        machine
            .read(".factory/settings.json")
            .contains("git-leverage hook")
    );
    assert!(!machine.read(".factory/hooks.json").contains("Stop"));
    machine.run(&["--remove"]).success();
    fs::create_dir(machine.home(".factory/hooks")).unwrap();
    machine.write(".factory/hooks/hooks.json", "{}");
    machine.run(&[]).success();
    assert!(!machine.home(".factory/hooks.json").exists());
    assert!(machine.read(".factory/hooks/hooks.json").contains("SessionEnd"));
}

#[test]
fn in_a_repository_the_files_are_for_everybody() {
    let machine = Machine::new();
    let repo = machine.world.repo("kiln");
    repo.write("sub/a", "");
    let before = tree(repo.path());
    let ran = machine.run_in(
        &repo.path().join("sub"),
        &["--project", "--agent", "claude-code", "--agent", "copilot-cli"],
    );
    assert_eq!(ran.code, Some(0), "{ran}");
    let text = fs::read_to_string(repo.path().join(".claude/settings.json")).unwrap();
    assert!(
        text.contains("command -v git-leverage >/dev/null 2>&1 || exit 0; git-leverage hook"),
        "{text}"
    );
    assert!(repo.path().join(".github/hooks/leverage.json").exists());
    assert!(repo.path().join(".claude/skills/leverage/SKILL.md").exists());
    assert!(repo.path().join(".agents/skills/leverage/SKILL.md").exists());
    machine.run_in(repo.path(), &["--project", "--remove"]).success();
    assert_eq!(before, tree(repo.path()));
    let outside = machine.run(&["--project"]);
    assert_eq!(outside.code, Some(2), "{outside}");
}

#[test]
fn notes_follow_rewritten_commits_and_others_settings_stay() {
    let machine = Machine::new();
    let repo = machine.world.repo("kiln");
    let config = || fs::read_to_string(repo.path().join(".git/config")).unwrap();
    let before = config();
    let run = |arguments: &[&str]| machine.run_in(repo.path(), arguments);
    assert_snapshot!(run(&[]), @"
    git config --local
    +notes.rewriteRef = 'refs/notes/leverage*'
    +notes.rewriteMode = cat_sort_uniq
    [stderr]
    Changed 2 git config values
    [exit 0]
    ");
    assert!(run(&[]).stderr.contains("Nothing to do"));
    run(&["--remove"]).success();
    assert_eq!(config(), before);
    // Others have set these as well.
    repo.git(&["config", "notes.rewriteRef", "refs/notes/commits"]);
    repo.git(&["config", "notes.rewriteMode", "overwrite"]);
    let before = config();
    let ran = run(&[]);
    assert_snapshot!(ran, @"
    git config --local
    +notes.rewriteRef = 'refs/notes/leverage*'
    [stderr]
    warning: notes.rewriteMode: skipped: it is `overwrite` in the local git config, which can lose or duplicate notes
    hint: Run `git config notes.rewriteMode cat_sort_uniq` to change it
    Changed 1 git config value
    [exit 0]
    ");
    assert_eq!(
        repo.git(&["config", "--get-all", "notes.rewriteRef"]),
        "refs/notes/commits\nrefs/notes/leverage*"
    );
    run(&["--remove"]).success();
    assert_eq!(config(), before);
    // What was set so before stays, though it is the same.
    repo.git(&["config", "notes.rewriteRef", "refs/notes/*"]);
    repo.git(&["config", "notes.rewriteMode", "cat_sort_uniq"]);
    let before = config();
    assert!(run(&[]).stderr.contains("Nothing to do"));
    run(&["--remove"]).success();
    assert_eq!(config(), before);
}

#[test]
fn a_git_that_has_hooks_in_its_configuration_gets_ours() {
    let machine = Machine::new();
    machine.git_with_hooks();
    let repo = machine.world.repo("kiln");
    let config = || fs::read_to_string(repo.path().join(".git/config")).unwrap();
    let before = config();
    machine.run_in(repo.path(), &[]).success();
    assert_eq!(
        repo.git(&["config", "--get-all", "hook.leverage.event"]),
        "post-commit\npost-rewrite"
    );
    let command = repo.git(&["config", "hook.leverage.command"]);
    assert!(
        command.ends_with("hook --git $event </dev/null >/dev/null 2>&1 & #"),
        "{command}"
    );
    // As git calls it: the arguments of the hook come after the command.
    let told = machine.world.path("told");
    machine.script(
        "git-leverage",
        &format!("sleep 0.2; echo \"$@\" >'{}'; echo loud; exit 1", told.display()),
    );
    let called = |arguments: &str| {
        let program = machine.world.path("bin/git-leverage");
        let line = command.replace(env!("CARGO_BIN_EXE_git-leverage"), &program.display().to_string());
        let output = Command::new("sh")
            .args(["-c", &format!("{line} \"$@\""), "sh"])
            .args(arguments.split_whitespace())
            .output()
            .unwrap();
        assert!(output.status.success());
        assert_eq!((output.stdout.len(), output.stderr.len()), (0, 0));
        // Git does not wait for it, and neither does who waits for the output of git.
        assert!(!told.exists());
        let patience = Instant::now() + Duration::from_secs(20);
        while !fs::read_to_string(&told).is_ok_and(|text| text.ends_with('\n')) && Instant::now() < patience {
            thread::sleep(Duration::from_millis(20));
        }
        let text = fs::read_to_string(&told).unwrap();
        fs::remove_file(&told).unwrap();
        text
    };
    assert_eq!(called(""), "hook --git post-commit\n");
    assert_eq!(called("amend"), "hook --git post-rewrite\n");
    repo.git(&[
        "config",
        "hook.leverage.command",
        "/old/git-leverage hook --git post-commit",
    ]);
    machine.run_in(repo.path(), &[]).success();
    assert_eq!(
        repo.git(&["config", "--get-all", "hook.leverage.command"]),
        command
    );
    machine.run_in(repo.path(), &["--remove"]).success();
    assert_eq!(config(), before);
}

#[test]
fn managers_of_hooks_are_told_what_to_add_and_their_files_stay() {
    let machine = Machine::new();
    let repo = machine.world.repo("kiln");
    repo.write(".husky/pre-commit", "npm test\n")
        .write("lefthook.yml", "pre-commit: {}\n");
    let ran = machine.run_in(repo.path(), &[]);
    assert_snapshot!(ran.stderr, @"
    Changed 2 git config values
    To let husky also report commits, add to `.husky/post-commit`:
      command -v git-leverage >/dev/null 2>&1 && git-leverage hook --git post-commit || true
    To let lefthook also report commits, add to `lefthook.yml`:
      post-commit:
        commands:
          leverage:
            run: command -v git-leverage >/dev/null 2>&1 && git-leverage hook --git post-commit || true
    ");
    assert!(!repo.path().join(".husky/post-commit").exists());
    repo.write(
        ".husky/post-commit",
        "command -v git-leverage >/dev/null 2>&1 && git-leverage hook --git post-commit || true\n",
    );
    assert!(!machine.run_in(repo.path(), &[]).stderr.contains("husky"));
}

#[test]
#[cfg(unix)]
fn agents_that_share_a_file_or_a_folder_do_not_get_in_each_others_way() {
    let machine = Machine::new();
    fs::create_dir_all(machine.home("real/claude")).unwrap();
    fs::create_dir_all(machine.home(".agents/skills")).unwrap();
    std::os::unix::fs::symlink("real/claude", machine.home(".claude")).unwrap();
    std::os::unix::fs::symlink(
        "../../.claude/skills/leverage",
        machine.home(".agents/skills/leverage"),
    )
    .unwrap();
    let before = machine.tree();
    let agents = ["--agent", "claude-code", "--agent", "amp"];
    machine.run(&agents).success();
    assert!(machine.home("real/claude/skills/leverage/SKILL.md").exists());
    assert!(machine.run(&agents).stderr.contains("Nothing to do"));
    machine.run(&["--remove"]).success();
    assert_eq!(before, machine.tree());
    machine.write(".gemini/settings.json", "{}");
    fs::create_dir_all(machine.home(".qwen")).unwrap();
    std::os::unix::fs::symlink("../.gemini/settings.json", machine.home(".qwen/settings.json")).unwrap();
    let ran = machine.run(&["--agent", "gemini-cli", "--agent", "qwen"]);
    assert!(
        ran.stderr
            .contains(".qwen/settings.json: skipped: another agent uses the same file"),
        "{ran}"
    );
    machine.run(&["--remove"]).success();
    assert_eq!(machine.read(".gemini/settings.json"), "{}");
}

#[test]
fn without_a_home_folder_it_says_so() {
    let machine = Machine::new();
    let mut command = machine.command(&machine.world.home(), &["--agent", "codex"]);
    command.env_remove("HOME");
    let ran = ran(&machine.world, command);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(
        ran.stderr
            .contains("Codex: skipped: cannot find its settings: `HOME` is not set"),
        "{ran}"
    );
}

#[test]
fn an_agent_that_calls_no_hooks_is_named() {
    let machine = Machine::new();
    machine.write(".claude/settings.json", "{\"disableAllHooks\": true}");
    let ran = machine.run(&["--dry-run"]);
    let said = "warning: $WORLD/home/.claude/settings.json: Claude Code calls no hooks while `disableAllHooks` is set";
    assert!(ran.stderr.contains(said), "{ran}");
    assert_eq!(ran.code, Some(0));
}

#[test]
fn where_no_agent_is_found_it_says_so() {
    let machine = Machine::new();
    let ran = machine.run(&[]);
    assert_snapshot!(ran, @"
    [stderr]
    error: no coding agents found on this machine
    hint: Pass `--agent` with one of: claude-code, codex, gemini-cli, antigravity, qwen, copilot-cli, cursor, droid, opencode, amp
    [exit 1]
    ");
    machine.script("claude", "exit 1");
    let ran = machine.run(&["--dry-run"]);
    assert!(ran.stdout.contains(".claude/settings.json"), "{ran}");
    let ran = machine.run(&["--agent", "clippy"]);
    assert_eq!(ran.code, Some(2), "{ran}");
}

#[test]
fn an_agent_that_was_meant_is_named() {
    let machine = Machine::new();
    for (typed, meant) in [
        ("claude", "claude-code"),
        ("Claude", "claude-code"),
        ("gemini", "gemini-cli"),
        ("factory", "droid"),
        ("agy", "antigravity"),
        ("opncode", "opencode"),
    ] {
        let ran = machine.run(&["--agent", typed]);
        assert_eq!(ran.code, Some(2), "{ran}");
        assert!(ran.stderr.contains(&format!("did you mean `{meant}`?")), "{ran}");
    }
    assert!(!machine.run(&["--agent", "zzz"]).stderr.contains("did you mean"));
}

#[test]
fn hooks_that_were_written_by_hand_stay() {
    let machine = Machine::new();
    let guard = "command -v git-leverage >/dev/null 2>&1 || exit 0; git-leverage hook";
    for hook in [
        r#"{"hooks": [{"type": "command", "command": "git-leverage hook", "timeout": 5}]}"#.to_owned(),
        r#"{"matcher": "startup", "hooks": [{"type": "command", "command": "/x/git-leverage hook", "timeout": 10}]}"#.to_owned(),
        format!(r#"{{"hooks": [{{"type": "command", "command": "command -v afplay >/dev/null && afplay done.wav; {guard}", "timeout": 10}}]}}"#),
        format!(r#"{{"hooks": [{{"type": "command", "command": "{guard} 2>>log", "timeout": 10}}]}}"#),
    ] {
        let text = format!("{{\"hooks\": {{\"Stop\": [{hook}]}}}}");
        machine.write(".claude/settings.json", &text);
        there_and_back(&machine, "claude-code", &hook);
        machine.run(&[]).success();
        assert!(machine.read(".claude/settings.json").contains(&hook));
        fs::remove_dir_all(machine.home(".local")).unwrap();
        let removed = machine.run(&["--remove"]);
        assert_eq!(removed.code, Some(0), "{removed}");
        assert!(
            removed
                .stderr
                .contains("left in place: hooks that call git-leverage, but were not written by `setup`: Stop"),
            "{removed}"
        );
        assert_eq!(machine.read(".claude/settings.json"), text);
    }
}

#[test]
#[cfg(unix)]
fn a_program_of_another_name_knows_its_hooks() {
    let machine = Machine::new();
    machine.write(".claude/settings.json", "{}");
    let copy = machine.world.path("gl-try");
    copy_of_the_program(&copy);
    let run = |arguments: &[&str]| {
        let own = machine.command(&machine.world.home(), arguments);
        let mut command = Command::new(&copy);
        command.env_clear().current_dir(machine.world.home());
        command.envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
        ran(&machine.world, {
            command.args(own.get_args());
            command
        })
    };
    assert_eq!(run(&[]).code, Some(0));
    assert!(machine.read(".claude/settings.json").contains("gl-try hook"));
    assert!(run(&[]).stderr.contains("Nothing to do"));
    fs::remove_dir_all(machine.home(".local")).unwrap();
    assert_eq!(run(&["--remove"]).code, Some(0));
    assert!(!machine.read(".claude/settings.json").contains("hook"));
}

#[test]
#[cfg(unix)]
fn links_do_not_lead_out_of_a_repository() {
    use std::os::unix::fs::symlink;
    let machine = Machine::new();
    let repo = machine.world.repo("kiln");
    machine.write(".claude/settings.json", "{}");
    machine.write("conf/settings.json", "{}");
    symlink(machine.home(".claude"), repo.path().join(".claude")).unwrap();
    fs::create_dir(repo.path().join(".qwen")).unwrap();
    symlink(
        machine.home("conf/settings.json"),
        repo.path().join(".qwen/settings.json"),
    )
    .unwrap();
    symlink(".git/hooks", repo.path().join(".factory")).unwrap();
    symlink("../nowhere", repo.path().join(".cursor")).unwrap();
    fs::create_dir(repo.path().join("real")).unwrap();
    symlink("real", repo.path().join(".gemini")).unwrap();
    let before = machine.tree();
    let agents = ["claude-code", "qwen", "droid", "cursor", "gemini-cli"];
    let mut arguments: Vec<&str> = agents.iter().flat_map(|agent| ["--agent", agent]).collect();
    arguments.push("--project");
    let ran = machine.run_in(repo.path(), &arguments);
    assert_eq!(ran.code, Some(3), "{ran}");
    for left in [
        ".claude/settings.json: skipped: a symbolic link points out of the repository, to `$WORLD/home/.claude/settings.json`",
        ".qwen/settings.json: skipped: a symbolic link points out of the repository, to `$WORLD/home/conf/settings.json`",
        ".factory/hooks.json: skipped: a symbolic link points into the git directory",
        ".cursor/hooks.json: skipped: a symbolic link points out of the repository, to `$WORLD/nowhere/hooks.json`",
    ] {
        assert!(ran.stderr.contains(left), "{left}\n{ran}");
    }
    let mut after = machine.tree();
    after.retain(|path, _| !path.starts_with(machine.home(".local")));
    assert_eq!(before, after);
    assert!(repo.path().join("real/settings.json").exists());
    assert!(
        ran.stdout
            .contains(".gemini/settings.json -> $WORLD/kiln/real/settings.json"),
        "{ran}"
    );
    assert!(!repo.path().join(".git/hooks/hooks.json").exists());
}

#[test]
fn values_that_stand_twice_are_removed_and_only_what_was_done_is_told() {
    let machine = Machine::new();
    machine.git_with_hooks();
    let repo = machine.world.repo("kiln");
    let config = || fs::read_to_string(repo.path().join(".git/config")).unwrap();
    let before = config();
    machine.run_in(repo.path(), &[]).success();
    repo.git(&["config", "--add", "hook.leverage.event", "post-commit"]);
    repo.git(&["config", "--add", "notes.rewriteRef", "refs/notes/leverage*"]);
    let ran = machine.run_in(repo.path(), &["--remove"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(config(), before);
    assert!(ran.stderr.ends_with("Changed 5 git config values\n"), "{ran}");
    // Somebody holds the file.
    fs::write(repo.path().join(".git/config.lock"), "").unwrap();
    let ran = machine.run_in(repo.path(), &[]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(ran.stderr.ends_with("Nothing changed\n"), "{ran}");
    assert_eq!(config(), before);
}

#[test]
fn with_the_last_agent_the_settings_of_the_repository_go() {
    let machine = Machine::new();
    let repo = machine.world.repo("kiln");
    let config = || fs::read_to_string(repo.path().join(".git/config")).unwrap();
    let before = config();
    let run = |arguments: &[&str]| machine.run_in(repo.path(), arguments).success();
    run(&["--agent", "codex", "--agent", "qwen"]);
    run(&["--agent", "codex", "--remove"]);
    assert_ne!(config(), before);
    run(&["--agent", "qwen", "--remove"]);
    assert_eq!(config(), before);
}

#[test]
fn a_memory_that_cannot_be_read_is_not_written_over() {
    let machine = Machine::new();
    let memory = ".local/state/git-leverage/setup.json";
    machine.write(".claude/settings.json", "{\n  \"hooks\": {}\n}\n");
    machine.run(&[]).success();
    let good = machine.read(memory);
    for broken in [
        good[..good.len() / 2].to_owned(),
        good.replace("\"before\"", "\"earlier\""),
        String::new(),
    ] {
        machine.write(memory, &broken);
        let before = machine.tree();
        for arguments in [&["--remove"][..], &["--remind"]] {
            let ran = machine.run(arguments);
            assert_eq!(ran.code, Some(1), "{ran}");
            assert!(
                ran.stderr.contains("setup.json: ") && ran.stderr.contains("hint: Run `mv "),
                "{ran}"
            );
        }
        assert_eq!(before, machine.tree());
    }
    // One of a later release, which knows more.
    machine.write(memory, &good.replace("\"splices\"", "\"more\": 1, \"splices\""));
    machine.run(&["--remove"]).success();
    assert_eq!(machine.read(".claude/settings.json"), "{\n  \"hooks\": {}\n}\n");
}

#[test]
fn two_at_once_forget_nothing() {
    let machine = Machine::new();
    let before = machine.tree();
    for _ in 0..3 {
        let agents = ["claude-code", "codex", "qwen", "cursor"];
        let children: Vec<_> = agents
            .map(|agent| {
                let mut command = machine.command(&machine.world.home(), &["--agent", agent]);
                command.stderr(std::process::Stdio::null());
                command.stdout(std::process::Stdio::null()).spawn().unwrap()
            })
            .into_iter()
            .collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        machine.run(&["--remove"]).success();
        assert_eq!(before, machine.tree());
    }
}

#[test]
fn a_skill_of_an_earlier_release_is_replaced() {
    let machine = Machine::new();
    let skill = ".claude/skills/leverage/SKILL.md";
    let first = include_str!("../src/integrations/skill/first.md");
    machine.write(skill, first);
    machine.run(&[]).success();
    assert_ne!(machine.read(skill), first);
    machine.write(skill, first);
    machine.run(&["--remove"]).success();
    assert!(!machine.home(skill).exists());
}

#[test]
fn files_of_a_folder_that_no_variable_names_any_longer_go_too() {
    let machine = Machine::new();
    let moved = machine.world.path("moved");
    fs::create_dir(&moved).unwrap();
    fs::write(moved.join("settings.json"), "{\"a\": 1}").unwrap();
    let before = (machine.tree(), tree(&moved));
    let set_up = || {
        let mut command = machine.command(&machine.world.home(), &["--agent", "claude-code"]);
        command.env("CLAUDE_CONFIG_DIR", &moved);
        assert_eq!(ran(&machine.world, command).code, Some(0));
    };
    set_up();
    machine.run(&["--remove"]).success();
    assert_eq!(before, (machine.tree(), tree(&moved)));
    set_up();
    let text = fs::read_to_string(moved.join("settings.json")).unwrap();
    fs::write(moved.join("settings.json"), text.replace("\"a\": 1", "\"a\": 2")).unwrap();
    let left = machine.run(&["--remove"]);
    assert_eq!(left.code, Some(3), "{left}");
    assert!(
        left.stderr
            .contains("$WORLD/moved/settings.json: skipped: written by an earlier `setup`"),
        "{left}"
    );
}

#[test]
#[cfg(unix)]
fn read_only_files_stay_and_other_names_of_a_file_are_told() {
    use std::os::unix::fs::PermissionsExt;
    let machine = Machine::new();
    machine.write(".claude/settings.json", "{}");
    machine.write(".qwen/settings.json", "{}");
    fs::set_permissions(
        machine.home(".claude/settings.json"),
        fs::Permissions::from_mode(0o444),
    )
    .unwrap();
    fs::hard_link(machine.home(".qwen/settings.json"), machine.home("other.json")).unwrap();
    let ran = machine.run(&[]);
    assert_eq!(ran.code, Some(3), "{ran}");
    assert!(
        ran.stderr
            .contains(".claude/settings.json: skipped: it is read-only"),
        "{ran}"
    );
    assert!(
        ran.stderr.contains(".qwen/settings.json: it has 2 hard links"),
        "{ran}"
    );
    assert_eq!(machine.read(".claude/settings.json"), "{}");
    assert_eq!(machine.read("other.json"), "{}");
}

#[test]
fn secrets_on_a_line_that_changes_are_not_shown() {
    let machine = Machine::new();
    machine.write(".claude/settings.json", "{\"env\": {\"TOKEN\": \"s3cret\"}}");
    for arguments in [&[][..], &["--remove"]] {
        let ran = machine.run(arguments);
        assert_eq!(ran.code, Some(0), "{ran}");
        assert!(ran.stdout.contains("git-leverage hook"), "{ran}");
        assert!(!ran.stdout.contains("s3cret"), "{ran}");
    }
}

#[test]
fn without_home_no_agent_is_missed() {
    let machine = Machine::new();
    for empty in [false, true] {
        let mut command = machine.command(&machine.world.home(), &[]);
        match empty {
            true => command.env("HOME", ""),
            false => command.env_remove("HOME"),
        };
        let ran = ran(&machine.world, command);
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(ran.stderr.contains("`HOME` is not set"), "{ran}");
    }
}
