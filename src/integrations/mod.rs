//! Integrations with agents: one file per agent, with the format of its hooks, their payloads, and how commands that it runs are
//! recognized.
//!
//! Everything here is data and text: the content of a settings file, the meaning of a payload, the form of an answer. It does not
//! access git or decide what is recorded.

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

/// All integrations, in display order.
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

/// The integration of an agent, by its name here.
pub fn by_name(name: &str) -> Option<&'static Integration> {
    let mut all = INTEGRATIONS.iter().copied();
    all.find(|integration| integration.identity.name == name)
}
