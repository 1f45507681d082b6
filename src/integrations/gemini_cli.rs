//! Gemini CLI.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::{PayloadForm, Reminder, shape};
use super::settings::hooks::{GROUPED, HookFile};
use super::setup::{HookForm, NamedFile, SettingsFolder, SetupForm, SkillFolders};
use crate::facts::agents;
use crate::facts::event::EventKind;

/// Its names for the relevant events.
pub const EVENTS: &[(&str, EventKind)] = &[
    ("SessionStart", EventKind::SessionStart),
    ("AfterAgent", EventKind::TurnEnd),
    ("SessionEnd", EventKind::SessionEnd),
];

/// Gemini CLI.
pub static GEMINI_CLI: Integration = Integration {
    identity: &agents::GEMINI_CLI,
    payload: PayloadForm {
        events: EVENTS,
        folders: &[".gemini"],
        is_log: |log, _| {
            let is_chat = |(name, above): (&str, Vec<&str>)| {
                name.starts_with("session-") && above.first() == Some(&"chats")
            };
            shape(log).is_some_and(is_chat)
        },
        session_variables: &["GEMINI_SESSION_ID"],
        own_variables: &[],
        reminder: Reminder::Refusal,
    },
    marks: Marks {
        variables: &[("GEMINI_CLI", Some("1"))],
        programs: &["gemini"],
        packages: &["@google/gemini-cli"],
        ..Marks::NONE
    },
    setup: SETUP,
};

/// How to set it up.
const SETUP: SetupForm = SetupForm {
    title: "Gemini CLI",
    programs: &["gemini"],
    signs: &[".gemini"],
    folder: SettingsFolder {
        variable: Some("GEMINI_CLI_HOME"),
        below: ".gemini",
        usual: ".gemini",
    },
    project: ".gemini",
    hooks: HookForm::Json {
        form: // In milliseconds.
HookFile {
 events: &[("SessionStart", 10000), ("AfterAgent", 10000), ("SessionEnd", 10000)],
 more: &[("type", "command"), ("name", "git-leverage")],
 switches: &[(&["hooksConfig", "enabled"], false), (&["tools", "enableHooks"], false)], ..GROUPED
},
        user: &[NamedFile::usual("settings.json")],
        project: &[NamedFile::usual("settings.json")],
    },
    skills: SkillFolders::Shared,
    then: None,
};
