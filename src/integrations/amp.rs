//! Amp.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::PayloadForm;
use super::setup::{HookForm, SettingsFolder, SetupForm, SkillFolders};
use crate::facts::agents;

/// Amp.
pub static AMP: Integration = Integration {
    identity: &agents::AMP,
    payload: PayloadForm::NONE,
    marks: Marks {
        variables: &[("AGENT", Some("amp")), ("AMP_CURRENT_THREAD_ID", None)],
        session: &["AMP_CURRENT_THREAD_ID", "AGENT_THREAD_ID"],
        programs: &["amp"],
        packages: &["@sourcegraph/amp", "@ampcode/cli"],
        ..Marks::NONE
    },
    setup: SETUP,
};

/// How to set it up.
const SETUP: SetupForm = SetupForm {
    title: "Amp",
    programs: &["amp"],
    signs: &[".config/amp"],
    folder: SettingsFolder {
        variable: Some("XDG_CONFIG_HOME"),
        below: "amp",
        usual: ".config/amp",
    },
    project: ".amp",
    hooks: HookForm::Plugin {
        file: "plugins/leverage.ts",
        template: include_str!("plugins/amp.ts"),
    },
    skills: SkillFolders::Shared,
    then: None,
};
