//! The variables that each agent sets for its commands, as observed.

use super::*;
use crate::integrations::INTEGRATIONS;

const HERE: &str = "/home/ada/src/kiln";

struct Case {
    variables: BTreeMap<String, String>,
    processes: Vec<Process>,
    events: Vec<Event>,
    folders: Vec<String>,
    on_terminal: bool,
}

fn variables(pairs: &[(&str, &str)]) -> Case {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Case {
        variables: pairs.iter().map(pair).collect(),
        processes: Vec::new(),
        events: Vec::new(),
        folders: vec![HERE.to_owned(), format!("{HERE}/src")],
        on_terminal: false,
    }
}

fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_775_822_400 + minute * 60, 0).unwrap()
}

impl Case {
    /// A parent process, after those already added.
    fn below(mut self, name: &str, arguments: &[&str]) -> Self {
        self.processes.push(Process {
            name: name.to_owned(),
            arguments: arguments.iter().map(|part| (*part).to_owned()).collect(),
        });
        self
    }

    fn told(self, minute: i64, session: &str, kind: EventKind) -> Self {
        self.told_in(HERE, minute, session, kind)
    }

    fn told_in(mut self, folder: &str, minute: i64, session: &str, kind: EventKind) -> Self {
        let (agent, id) = session.split_once(':').unwrap();
        self.events.push(Event {
            at: at(minute),
            agent: agent.to_owned(),
            kind,
            session: Some(id.to_owned()),
            log: None,
            folder: Some(folder.to_owned()),
            model: None,
        });
        self
    }

    fn on_terminal(mut self) -> Self {
        self.on_terminal = true;
        self
    }

    fn traces(&self) -> Traces<'_> {
        Traces {
            variables: &self.variables,
            processes: &self.processes,
            events: &self.events,
            folders: &self.folders,
            on_terminal: self.on_terminal,
            now: at(0),
        }
    }

    /// `agent:session by trace`, `person`, or `unclear: agents`.
    fn called(&self) -> String {
        match called(INTEGRATIONS, &self.traces()) {
            Called::ByPerson => "person".to_owned(),
            Called::Unclear(agents) => format!("unclear: {}", agents.join(", ")),
            Called::ByAgent(caller) => {
                let session = caller.session.as_deref().unwrap_or("?");
                format!("{}:{session} by {}", caller.agent, caller.known_by())
            }
        }
    }
}

#[test]
fn each_agent_is_known_by_its_variables() {
    let claude: &[(&str, &str)] = &[
        ("CLAUDECODE", "1"),
        ("CLAUDE_CODE_SESSION_ID", "4038"),
        ("CLAUDE_CODE_CHILD_SESSION", "1"),
        ("CLAUDE_CODE_ENTRYPOINT", "sdk-cli"),
        ("AI_AGENT", "claude-code_2-1-332_agent"),
    ];
    let codex: &[(&str, &str)] = &[
        ("CODEX_CI", "1"),
        ("CODEX_SESSION_ID", "01a2-root"),
        ("CODEX_THREAD_ID", "01a2-root"),
        ("CODEX_TOOL_CALL_ID", "call_d"),
    ];
    let codex_subagent: &[(&str, &str)] =
        &[("CODEX_SESSION_ID", "01a2-root"), ("CODEX_THREAD_ID", "01a2-own")];
    let qwen: &[(&str, &str)] = &[
        ("QWEN_CODE", "1"),
        ("QWEN_CODE_SESSION_ID", "e26e"),
        ("QWEN_CODE_AGENT_ID", ""),
        ("GEMINI_CLI", "1"),
    ];
    let opencode: &[(&str, &str)] = &[
        ("OPENCODE", "1"),
        ("AGENT", "1"),
        ("LEVERAGE_SESSION", "opencode:ses_de70"),
    ];
    let copilot: &[(&str, &str)] = &[("COPILOT_CLI", "1"), ("COPILOT_AGENT_SESSION_ID", "18bd")];
    let amp: &[(&str, &str)] = &[
        ("AGENT", "amp"),
        ("AMP_CURRENT_THREAD_ID", "T-1"),
        ("AGENT_THREAD_ID", "T-1"),
        ("CLAUDECODE", "1"),
    ];
    let cursor: &[(&str, &str)] = &[("CURSOR_AGENT", "1")];
    for (pairs, expected) in [
        (claude, "claude-code:4038 by CLAUDE_CODE_SESSION_ID"),
        (
            &[("CLAUDE_CODE_CHILD_SESSION", "1")],
            "claude-code:? by CLAUDE_CODE_CHILD_SESSION",
        ),
        (codex, "codex:01a2-root by CODEX_SESSION_ID"),
        (codex_subagent, "codex:01a2-root by CODEX_SESSION_ID"),
        (&[("CODEX_THREAD_ID", "01a2")], "codex:01a2 by CODEX_THREAD_ID"),
        (&[("GEMINI_CLI", "1")], "gemini-cli:? by GEMINI_CLI"),
        (qwen, "qwen:e26e by QWEN_CODE_SESSION_ID"),
        (&[("OPENCODE", "1"), ("AGENT", "1")], "opencode:? by OPENCODE"),
        (opencode, "opencode:ses_de70 by LEVERAGE_SESSION"),
        (copilot, "copilot-cli:18bd by COPILOT_AGENT_SESSION_ID"),
        (amp, "amp:T-1 by AMP_CURRENT_THREAD_ID"),
        (cursor, "cursor:? by CURSOR_AGENT"),
        (&[("PI_CODING_AGENT", "true")], "pi:? by PI_CODING_AGENT"),
    ] {
        assert_eq!(variables(pairs).called(), expected);
    }
    let with_model = variables(&[("QWEN_CODE", "1"), ("QWEN_CODE_MODEL", "qwen3-coder-plus")]);
    let Called::ByAgent(caller) = called(INTEGRATIONS, &with_model.traces()) else {
        panic!("an agent");
    };
    assert_eq!(caller.model.as_deref(), Some("qwen3-coder-plus"));
}

#[test]
fn what_is_no_agents_own_names_none() {
    // Terminals of editors have the first, and the user may have set the others.
    for pairs in [
        &[][..],
        &[("CLAUDECODE", "1"), ("CLAUDE_CODE_SSE_PORT", "41234")],
        &[("AGENT", "1")],
        &[("GEMINI_CLI_HOME", "/home/ada"), ("GEMINI_CLI", "")],
        &[("CODEX_HOME", "/home/ada/.codex"), ("COPILOT_MODEL", "gpt-5.4")],
        &[("CLAUDE_CODE_SESSION_ID", "4038"), ("LEVERAGE_SESSION", "none")],
    ] {
        assert_eq!(variables(pairs).called(), "person", "{pairs:?}");
    }
}

#[test]
fn whoever_knows_better_names_the_session() {
    let case = variables(&[("LEVERAGE_SESSION", "kilo:ses_1")]);
    assert_eq!(case.called(), "kilo:ses_1 by LEVERAGE_SESSION");
}

/// Claude Code runs Codex, which runs a command.
fn codex_in_claude() -> Case {
    variables(&[("CLAUDE_CODE_SESSION_ID", "4038"), ("CODEX_SESSION_ID", "01a2")])
}

#[test]
fn of_two_agents_the_nearer_process_decides_or_nothing() {
    assert_eq!(codex_in_claude().called(), "unclear: claude-code, codex");
    let told = codex_in_claude()
        .below("bash", &["bash", "-c", "git leverage record"])
        .below("codex", &["/opt/codex/bin/codex", "exec"])
        .below("claude", &["claude"]);
    assert_eq!(told.called(), "codex:01a2 by CODEX_SESSION_ID");
    // An agent that sets no variables passes on those of the outer one.
    let droid = variables(&[("CLAUDE_CODE_SESSION_ID", "4038")])
        .below("sh", &["sh"])
        .below("droid", &["/usr/local/bin/droid", "exec"])
        .below("claude", &["claude"]);
    assert_eq!(droid.called(), "droid:? by the process `droid`");
    let amp = variables(&[("AGENT", "amp"), ("CLAUDE_CODE_SESSION_ID", "4038")]);
    assert_eq!(amp.called(), "unclear: claude-code, amp");
}

#[test]
fn processes_are_known_by_name_script_and_package() {
    for (name, arguments, expected) in [
        ("droid", &["droid"][..], "droid:? by the process `droid`"),
        (
            "MainThread",
            &[
                "node",
                "--no-warnings",
                "/usr/lib/node_modules/@google/gemini-cli/bundle/gemini.js",
            ],
            "gemini-cli:? by the process `gemini`",
        ),
        (
            "node",
            &[
                "/usr/bin/node",
                "/usr/lib/node_modules/@qwen-code/qwen-code/cli-entry.js",
            ],
            "qwen:? by the process `@qwen-code/qwen-code`",
        ),
        (
            "node",
            &["node", "/home/ada/bin/copilot", "-p"],
            "copilot-cli:? by the process `copilot`",
        ),
        (
            "python3",
            &["/usr/bin/python3", "/usr/bin/aider"],
            "aider:? by the process `aider`",
        ),
        (
            "claude.exe",
            &["C:\\bin\\claude.exe"],
            "claude-code:? by the process `claude`",
        ),
        ("agy", &["agy"], "antigravity:? by the process `agy`"),
        // Merely mentioning an agent does not count.
        ("vim", &["vim", "/home/ada/codex"], "person"),
        ("node", &["node", "/home/ada/server.js", "claude"], "person"),
        ("cursor", &["/usr/share/cursor/cursor"], "person"),
        ("bash", &[], "person"),
    ] {
        assert_eq!(variables(&[]).below(name, arguments).called(), expected, "{name}");
    }
}

#[test]
fn terminals_that_an_agent_opened_and_left_are_a_persons() {
    let left = variables(&[("CLAUDE_CODE_SESSION_ID", "4038")])
        .below("bash", &["-bash"])
        .below("tmux: server", &["tmux"]);
    assert_eq!(left.called(), "person");
    let within = variables(&[("CLAUDE_CODE_SESSION_ID", "4038")])
        .below("claude", &["claude"])
        .below("tmux: server", &["tmux"]);
    assert_eq!(within.called(), "claude-code:4038 by CLAUDE_CODE_SESSION_ID");
}

#[test]
fn hooks_name_the_session_of_an_agent_that_does_not() {
    let gemini = || variables(&[("GEMINI_CLI", "1")]);
    let one = gemini()
        .told(-90, "gemini-cli:old", EventKind::SessionStart)
        .told(-80, "gemini-cli:old", EventKind::SessionEnd)
        .told(-5, "gemini-cli:new", EventKind::SessionStart)
        .told(-4, "codex:other", EventKind::TurnEnd);
    assert_eq!(one.called(), "gemini-cli:new by GEMINI_CLI and its hook");
    let two = gemini().told(-9, "gemini-cli:a", EventKind::TurnEnd).told(
        -5,
        "gemini-cli:b",
        EventKind::SessionStart,
    );
    assert_eq!(two.called(), "gemini-cli:? by GEMINI_CLI");
    let long_ago = gemini().told(-150, "gemini-cli:a", EventKind::SessionStart);
    assert_eq!(long_ago.called(), "gemini-cli:? by GEMINI_CLI");
    for (folder, expected) in [
        (
            "/home/ada/src/kiln/src",
            "gemini-cli:a by GEMINI_CLI and its hook",
        ),
        ("/home/ada/src", "gemini-cli:a by GEMINI_CLI and its hook"),
        ("/home/ada/src/kiln-2", "gemini-cli:? by GEMINI_CLI"),
    ] {
        let case = gemini().told_in(folder, -5, "gemini-cli:a", EventKind::TurnEnd);
        assert_eq!(case.called(), expected, "{folder}");
    }
    let process = variables(&[])
        .below("droid", &["droid"])
        .told(-5, "droid:a", EventKind::SessionStart);
    assert_eq!(process.called(), "droid:a by the process `droid` and its hook");
}

#[test]
fn hooks_alone_do_not_take_a_person_for_an_agent() {
    let alone = || variables(&[]).told(-5, "droid:a", EventKind::SessionStart);
    assert_eq!(alone().called(), "droid:a by its hook");
    assert_eq!(alone().on_terminal().called(), "person");
    let two = alone().told(-4, "codex:b", EventKind::TurnEnd);
    assert_eq!(two.called(), "person");
}

#[test]
fn an_id_that_is_no_sessions_gives_way_to_what_hooks_told() {
    let case = variables(&[("COPILOT_CLI", "1"), ("COPILOT_AGENT_SESSION_ID", "third")]).told(
        -5,
        "copilot-cli:main",
        EventKind::SessionStart,
    );
    let traces = case.traces();
    let Called::ByAgent(caller) = called(INTEGRATIONS, &traces) else {
        panic!("an agent");
    };
    assert!(caller.may_be_subagent);
    let settled = caller.without_session(&traces);
    assert_eq!(settled.session.as_deref(), Some("main"));
    assert_eq!(settled.known_by(), "COPILOT_AGENT_SESSION_ID and its hook");
}
