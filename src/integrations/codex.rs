//! Codex.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::{AS_CLAUDE_CODE, PayloadForm, Reminder, shape};
use super::settings::hooks::{GROUPED, HookFile};
use super::setup::{HookForm, NamedFile, SettingsFolder, SetupForm, SkillFolders};
use crate::facts::agents;

/// Codex.
pub static CODEX: Integration = Integration {
    identity: &agents::CODEX,
    payload: PayloadForm {
        events: AS_CLAUDE_CODE,
        folders: &[".codex"],
        is_log: |log, _| shape(log).is_some_and(|(name, _)| name.starts_with("rollout-")),
        session_variables: &[],
        own_variables: &[],
        reminder: Reminder::Refusal,
    },
    marks: Marks {
        variables: &[("CODEX_SESSION_ID", None), ("CODEX_THREAD_ID", None)],
        // In a subagent, the thread is the subagent's, and the session is the one that a person started.
        session: &["CODEX_SESSION_ID", "CODEX_THREAD_ID"],
        programs: &["codex", "codex-exec", "codex-tui", "codex-linux-sandbox"],
        packages: &["@openai/codex"],
        ..Marks::NONE
    },
    setup: SETUP,
};

/// How to set it up.
const SETUP: SetupForm = SetupForm {
    title: "Codex",
    programs: &["codex"],
    signs: &[".codex"],
    folder: SettingsFolder {
        variable: Some("CODEX_HOME"),
        below: "",
        usual: ".codex",
    },
    project: ".codex",
    hooks: HookForm::Json {
        form: // Codex allows 3 seconds at the end of a session, and warns at each start if more are requested.
HookFile {
 events: &[("SessionStart", 10), ("Stop", 10), ("SessionEnd", 3)],
  ..GROUPED
},
        user: &[NamedFile::usual("hooks.json")],
        project: &[NamedFile::usual("hooks.json")],
    },
    skills: SkillFolders::Shared,
    then: Some("Codex runs new hooks only after you have approved them: start `codex` and open `/hooks`"),
};
