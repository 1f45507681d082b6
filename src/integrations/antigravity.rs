//! Antigravity CLI.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::PayloadForm;
use super::settings::hooks::{GROUPED, HookFile};
use super::setup::{HookForm, NamedFile, SettingsFolder, SetupForm, SkillFolders};
use crate::facts::agents;
use crate::facts::event::EventKind;

/// Its names for the relevant events.
const EVENTS: &[(&str, EventKind)] = &[
    ("SessionStart", EventKind::SessionStart),
    ("Stop", EventKind::TurnEnd),
];

/// Antigravity CLI.
pub static ANTIGRAVITY: Integration = Integration {
    identity: &agents::ANTIGRAVITY,
    // Its directories are inside Gemini CLI's.
    payload: PayloadForm {
        events: EVENTS,
        folders: &["antigravity-cli", "antigravity-ide", "antigravity"],
        ..PayloadForm::NONE
    },
    marks: Marks {
        programs: &["agy"],
        ..Marks::NONE
    },
    setup: SETUP,
};

/// How to set it up.
const SETUP: SetupForm = SetupForm {
    title: "Antigravity CLI",
    programs: &["agy"],
    signs: &[".gemini/antigravity-cli"],
    folder: SettingsFolder {
        variable: None,
        below: "",
        usual: ".gemini/config",
    },
    project: ".agents",
    // Hooks have a name, and the events are below it. There is no event for the end of a session.
    hooks: HookForm::Json {
        form: HookFile {
            way: &["leverage"],
            grouped: false,
            events: &[("SessionStart", 10), ("Stop", 10)],
            switches: &[(&["leverage", "enabled"], false)],
            ..GROUPED
        },
        user: &[NamedFile::usual("hooks.json")],
        project: &[NamedFile::usual("hooks.json")],
    },
    skills: SkillFolders::Own,
    then: None,
};
