//! Antigravity CLI.

use super::gemini_cli;
use super::integration::Integration;
use super::marks::Marks;
use super::payload::PayloadForm;
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
};
