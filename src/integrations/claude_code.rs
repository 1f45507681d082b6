//! Claude Code.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::{AS_CLAUDE_CODE, PayloadForm, Reminder, shape};
use super::settings::hooks::{GROUPED, HookFile};
use super::setup::{HookForm, NamedFile, SettingsFolder, SetupForm, SkillFolders};
use crate::facts::agents;

/// Claude Code.
pub static CLAUDE_CODE: Integration = Integration {
    identity: &agents::CLAUDE_CODE,
    payload: PayloadForm {
        events: AS_CLAUDE_CODE,
        folders: &[".claude"],
        is_log: |log, session| {
            shape(log).is_some_and(|(name, above)| name == session && above.get(1) == Some(&"projects"))
        },
        session_variables: &["CLAUDE_CODE_SESSION_ID"],
        own_variables: &[],
        reminder: Reminder::Context("Stop"),
    },
    marks: Marks {
        variables: &[
            ("CLAUDE_CODE_SESSION_ID", None),
            ("CLAUDE_CODE_CHILD_SESSION", None),
        ],
        // Terminals of editors have it, too.
        hints: &["CLAUDECODE"],
        session: &["CLAUDE_CODE_SESSION_ID"],
        programs: &["claude"],
        packages: &["@anthropic-ai/claude-code"],
        ..Marks::NONE
    },
    setup: SETUP,
};

/// How to set it up.
const SETUP: SetupForm = SetupForm {
    title: "Claude Code",
    programs: &["claude"],
    signs: &[".claude"],
    folder: SettingsFolder {
        variable: Some("CLAUDE_CONFIG_DIR"),
        below: "",
        usual: ".claude",
    },
    project: ".claude",
    hooks: HookForm::Json {
        form: HookFile {
            events: &[("SessionStart", 10), ("Stop", 10), ("SessionEnd", 10)],
            switches: &[(&["disableAllHooks"], true)],
            ..GROUPED
        },
        user: &[NamedFile::usual("settings.json")],
        project: &[NamedFile::usual("settings.json")],
    },
    skills: SkillFolders::Own,
    then: None,
};
