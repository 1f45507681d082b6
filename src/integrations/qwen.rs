//! Qwen Code.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::{AS_CLAUDE_CODE, PayloadForm, Reminder, shape};
use super::settings::hooks::{GROUPED, HookFile};
use super::setup::{HookForm, NamedFile, SettingsFolder, SetupForm, SkillFolders};
use crate::facts::agents;

/// Qwen Code.
pub static QWEN: Integration = Integration {
    identity: &agents::QWEN,
    payload: PayloadForm {
        events: AS_CLAUDE_CODE,
        folders: &[".qwen"],
        is_log: |log, session| {
            let is_chat = |(name, above): (&str, Vec<&str>)| {
                name == session && above.first() == Some(&"chats") && above.get(2) == Some(&"projects")
            };
            shape(log).is_some_and(is_chat)
        },
        session_variables: &["QWEN_CODE_SESSION_ID"],
        own_variables: &["QWEN_PROJECT_DIR"],
        reminder: Reminder::Refusal,
    },
    marks: Marks {
        variables: &[("QWEN_CODE", Some("1")), ("QWEN_CODE_SESSION_ID", None)],
        session: &["QWEN_CODE_SESSION_ID"],
        model: Some("QWEN_CODE_MODEL"),
        imitates: &["gemini-cli"],
        programs: &["qwen"],
        packages: &["@qwen-code/qwen-code"],
        ..Marks::NONE
    },
    setup: SETUP,
};

/// How to set it up.
const SETUP: SetupForm = SetupForm {
    title: "Qwen Code",
    programs: &["qwen"],
    signs: &[".qwen"],
    folder: SettingsFolder {
        variable: Some("QWEN_HOME"),
        below: "",
        usual: ".qwen",
    },
    project: ".qwen",
    hooks: HookForm::Json {
        form: // In milliseconds: later releases interpret a number this large as such, and smaller ones as seconds.
HookFile {
 events: &[("SessionStart", 10000), ("Stop", 10000), ("SessionEnd", 10000)],
 more: &[("type", "command"), ("name", "git-leverage")],
 switches: &[(&["disableAllHooks"], true), (&["hooksConfig", "enabled"], false)], ..GROUPED
},
        user: &[NamedFile::usual("settings.json")],
        project: &[NamedFile::usual("settings.json")],
    },
    skills: SkillFolders::Own,
    then: None,
};
