//! GitHub Copilot CLI.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::{AS_CLAUDE_CODE, PayloadForm, Reminder, shape};
use super::settings::hooks::HookFile;
use super::setup::{HookForm, NamedFile, SettingsFolder, SetupForm, SkillFolders};
use crate::facts::agents;

/// GitHub Copilot CLI.
pub static COPILOT_CLI: Integration = Integration {
    identity: &agents::COPILOT_CLI,
    // In addition to its own format, whose events have no names, it supports Claude Code's for hooks from there.
    payload: PayloadForm {
        events: AS_CLAUDE_CODE,
        folders: &[".copilot"],
        is_log: |log, session| {
            let is_events = |(name, above): (&str, Vec<&str>)| {
                name == "events" && above.first() == Some(&session) && above.get(1) == Some(&"session-state")
            };
            shape(log).is_some_and(is_events)
        },
        session_variables: &[],
        own_variables: &["COPILOT_PROJECT_DIR"],
        reminder: Reminder::Decision,
    },
    marks: Marks {
        variables: &[("COPILOT_CLI", Some("1")), ("COPILOT_AGENT_SESSION_ID", None)],
        session: &["COPILOT_AGENT_SESSION_ID"],
        has_other_ids: true,
        programs: &[
            "copilot",
            "copilot-linux-x64",
            "copilot-linux-arm64",
            "copilot-darwin-x64",
            "copilot-darwin-arm64",
        ],
        packages: &["@github/copilot"],
        ..Marks::NONE
    },
    setup: SETUP,
};

/// How to set it up.
const SETUP: SetupForm = SetupForm {
    title: "Copilot CLI",
    programs: &["copilot"],
    signs: &[".copilot"],
    folder: SettingsFolder {
        variable: Some("COPILOT_HOME"),
        below: "",
        usual: ".copilot",
    },
    project: ".github",
    hooks: HookForm::Json {
        form: HookFile {
            way: &["hooks"],
            grouped: false,
            command: "bash",
            timeout: "timeoutSec",
            more: &[("type", "command")],
            events: &[("sessionStart", 10), ("agentStop", 10), ("sessionEnd", 10)],
            versioned: true,
            owned: true,
            only_without_first: false,
            switches: &[(&["disableAllHooks"], true)],
        },
        user: &[NamedFile::usual("hooks/leverage.json")],
        project: &[NamedFile::usual("hooks/leverage.json")],
    },
    skills: SkillFolders::SharedUnlessMoved,
    then: None,
};
