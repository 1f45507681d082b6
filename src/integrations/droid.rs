//! Factory Droid.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::{AS_CLAUDE_CODE, PayloadForm, Reminder};
use super::settings::hooks::{GROUPED, HookFile};
use super::setup::{HookForm, NamedFile, SettingsFolder, SetupForm, SkillFolders};
use crate::facts::agents;

/// Factory Droid.
pub static DROID: Integration = Integration {
    identity: &agents::DROID,
    payload: PayloadForm {
        events: AS_CLAUDE_CODE,
        folders: &[".factory"],
        own_variables: &["DROID_PROJECT_DIR"],
        reminder: Reminder::Decision,
        ..PayloadForm::NONE
    },
    marks: Marks {
        programs: &["droid"],
        packages: &["@factory/cli", "droid"],
        ..Marks::NONE
    },
    setup: SETUP,
};

/// How to set it up.
const SETUP: SetupForm = SetupForm {
    title: "Factory Droid",
    programs: &["droid"],
    signs: &[".factory"],
    folder: SettingsFolder {
        variable: Some("FACTORY_HOME_OVERRIDE"),
        below: ".factory",
        usual: ".factory",
    },
    project: ".factory",
    hooks: HookForm::Json {
        form: HookFile {
            way: &[],
            events: &[("SessionStart", 10), ("Stop", 10), ("SessionEnd", 10)],
            ..GROUPED
        },
        user: &[NamedFile::usual("hooks.json"), LEGACY, SETTINGS],
        project: &[NamedFile::usual("hooks.json"), LEGACY, SETTINGS],
    },
    skills: SkillFolders::Own,
    then: None,
};

/// Where it stored them in earlier versions.
const LEGACY: NamedFile = NamedFile {
    name: "hooks/hooks.json",
    way: None,
    only_without_first: true,
};

/// The other place for hooks. Hooks for an event in the first file hide those here.
const SETTINGS: NamedFile = NamedFile {
    name: "settings.json",
    way: Some(&["hooks"]),
    only_without_first: false,
};
