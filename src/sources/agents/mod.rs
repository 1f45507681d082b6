//! The logs of coding agents, read into sessions.
//!
//! One file per agent, behind [`Agent`]: it knows where that agent stores its logs and turns their records into
//! [`log::Log`] events. Everything that all agents share is done once: opening only regular files ([`files`]), reading
//! from where the last run ended ([`lines`]), JSON that is not quite valid ([`json`]), putting events of many files in
//! order and counting each once ([`assemble`]), turns and working time ([`timeline`]), the time of a lane that waits
//! for another ([`beside`]), what a command did to git ([`commands`]), edits as hashes ([`change`]). Nothing here
//! writes into an agent's directory.
//!
//! There are two ways to parse a JSON record. A new reader uses [`value`]: the record as a `serde_json::Value`, its
//! fields by pointer, which copes with formats that change from version to version. [`record`] borrows fields straight
//! from the line into structs and never builds unused parts. That is about 3.5 times as fast, and worth its rigid
//! structs only for Claude Code, whose logs contain whole files and run to gigabytes.

pub mod agent;
pub mod aider;
pub mod amp;
pub mod assemble;
pub mod assembled;
pub mod beside;
pub mod calls;
pub mod change;
pub mod claude_code;
pub mod codex;
pub mod collect;
pub mod commands;
pub mod copilot_cli;
pub mod cursor;
mod database;
pub mod droid;
pub mod files;
pub mod gemini_cli;
pub mod json;
pub mod lines;
pub mod log;
pub mod opencode;
pub mod parts;
pub mod pi;
pub mod prose;
pub mod qwen;
pub mod record;
pub mod repeats;
pub mod shell;
pub mod timeline;
pub mod tools;
pub mod unrecorded;
pub mod value;

pub use agent::{Agent, LogFile, Machine, files_below};

/// The agents that can be read.
pub static READERS: &[&dyn Agent] = &[
    &aider::Aider,
    &amp::Amp,
    &claude_code::ClaudeCode,
    &codex::Codex,
    &copilot_cli::CopilotCli,
    &cursor::Cursor,
    &droid::Droid,
    &gemini_cli::GeminiCli,
    &opencode::ICODEMATE,
    &opencode::KILO,
    &opencode::MIMO,
    &opencode::OPENCODE,
    &pi::Pi,
    &qwen::Qwen,
];
