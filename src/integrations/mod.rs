//! Other programs' settings: one file an agent, with what its hooks look like, what they send, and how commands that it runs
//! are told from others.
//!
//! Everything here is data and text: what a settings file is to become, what a payload says, what an answer looks like. It
//! neither touches git nor decides what is recorded.

pub mod amp;
pub mod antigravity;
pub mod caller;
pub mod claude_code;
pub mod codex;
pub mod copilot_cli;
pub mod cursor;
pub mod droid;
pub mod gemini_cli;
pub mod integration;
pub mod marks;
pub mod opencode;
pub mod others;
pub mod payload;
pub mod plugin;
pub mod qwen;
pub mod settings;
pub mod setup;
pub mod skill;
pub mod told;

use integration::Integration;

/// All of them, in the order in which they are shown.
pub static INTEGRATIONS: &[&Integration] = &[
    &claude_code::CLAUDE_CODE,
    &codex::CODEX,
    &gemini_cli::GEMINI_CLI,
    &antigravity::ANTIGRAVITY,
    &qwen::QWEN,
    &copilot_cli::COPILOT_CLI,
    &cursor::CURSOR,
    &droid::DROID,
    &opencode::OPENCODE,
    &amp::AMP,
];

/// The integration of an agent, by our name for it.
pub fn by_name(name: &str) -> Option<&'static Integration> {
    let mut all = INTEGRATIONS.iter().copied();
    all.find(|integration| integration.identity.name == name)
}
