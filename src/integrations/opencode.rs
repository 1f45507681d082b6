//! OpenCode.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::PayloadForm;
use super::setup::{HookForm, SettingsFolder, SetupForm, SkillFolders};
use crate::facts::agents;

/// OpenCode.
pub static OPENCODE: Integration = Integration {
    identity: &agents::OPENCODE,
    payload: PayloadForm::NONE,
    marks: Marks {
        variables: &[("OPENCODE", Some("1"))],
        programs: &["opencode"],
        packages: &["opencode-ai"],
        ..Marks::NONE
    },
    setup: SETUP,
};

/// How to set it up.
const SETUP: SetupForm = SetupForm {
    title: "OpenCode",
    programs: &["opencode"],
    signs: &[".config/opencode"],
    folder: SettingsFolder {
        variable: Some("XDG_CONFIG_HOME"),
        below: "opencode",
        usual: ".config/opencode",
    },
    project: ".opencode",
    hooks: HookForm::Plugin {
        file: "plugins/leverage.js",
        template: include_str!("plugins/opencode.js"),
    },
    skills: SkillFolders::Shared,
    then: None,
};
