//! Antigravity CLI.

use super::gemini_cli;
use super::integration::Integration;
use super::marks::Marks;
use super::payload::PayloadForm;
use super::settings::hooks::{GROUPED, HookFile};
use super::setup::{HookForm, NamedFile, SettingsFolder, SetupForm, SkillFolders};
use crate::facts::agents;

/// Antigravity CLI.
pub static ANTIGRAVITY: Integration = Integration {
    identity: &agents::ANTIGRAVITY,
    // It came out of Gemini CLI, in whose folder its own ones lie.
    payload: PayloadForm {
        events: gemini_cli::EVENTS,
        folders: &["antigravity-cli", "antigravity-ide", "antigravity"],
        ..PayloadForm::NONE
    },
    marks: Marks {
        programs: &["agy"],
        ..Marks::NONE
    },
    setup: SETUP,
};

/// How it is set up.
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
    hooks: HookForm::Json {
        form: // Hooks have a name, and below it the events. There is none for the end of a session.
HookFile {
 way: &["leverage"], grouped: false, events: &[("SessionStart", 10), ("Stop", 10)], switches: &[(&["leverage", "enabled"], false)], ..GROUPED },
        user: &[NamedFile::usual("hooks.json")],
        project: &[NamedFile::usual("hooks.json")],
    },
    skills: SkillFolders::Own,
    then: None,
};
