//! Cursor.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::{PayloadForm, Reminder};
use super::settings::hooks::HookFile;
use super::setup::{HookForm, NamedFile, SettingsFolder, SetupForm, SkillFolders};
use crate::facts::agents;
use crate::facts::event::EventKind;

/// Cursor.
pub static CURSOR: Integration = Integration {
    identity: &agents::CURSOR,
    payload: PayloadForm {
        events: &[
            ("sessionStart", EventKind::SessionStart),
            ("stop", EventKind::TurnEnd),
            ("sessionEnd", EventKind::SessionEnd),
            // Its names for hooks from the settings of Claude Code.
            ("SessionStart", EventKind::SessionStart),
            ("Stop", EventKind::TurnEnd),
            ("SessionEnd", EventKind::SessionEnd),
        ],
        folders: &[".cursor"],
        reminder: Reminder::FollowUp,
        ..PayloadForm::NONE
    },
    marks: Marks {
        variables: &[("CURSOR_AGENT", Some("1")), ("CURSOR_CONVERSATION_ID", None)],
        session: &["CURSOR_CONVERSATION_ID"],
        has_other_ids: true,
        programs: &["cursor-agent"],
        ..Marks::NONE
    },
    setup: SETUP,
};

/// How to set it up.
const SETUP: SetupForm = SetupForm {
    title: "Cursor",
    programs: &["cursor-agent", "cursor"],
    signs: &[".cursor"],
    folder: SettingsFolder {
        variable: None,
        below: "",
        usual: ".cursor",
    },
    project: ".cursor",
    hooks: HookForm::Json {
        form: HookFile {
            way: &["hooks"],
            grouped: false,
            command: "command",
            timeout: "timeout",
            more: &[],
            events: &[("sessionStart", 10), ("stop", 10), ("sessionEnd", 10)],
            versioned: true,
            owned: false,
            only_without_first: false,
            switches: &[],
        },
        user: &[NamedFile::usual("hooks.json")],
        project: &[NamedFile::usual("hooks.json")],
    },
    skills: SkillFolders::Shared,
    then: None,
};
