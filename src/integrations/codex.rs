//! Codex.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::{AS_CLAUDE_CODE, PayloadForm, Reminder, shape};
use crate::facts::agents;

/// Codex.
pub static CODEX: Integration = Integration {
    identity: &agents::CODEX,
    payload: PayloadForm {
        events: AS_CLAUDE_CODE,
        folders: &[".codex"],
        is_log: |log, _| shape(log).is_some_and(|(name, _)| name.starts_with("rollout-")),
        session_variables: &[],
        own_variables: &[],
        reminder: Reminder::Refusal,
    },
    marks: Marks {
        variables: &[("CODEX_SESSION_ID", None), ("CODEX_THREAD_ID", None)],
        // In a subagent the thread is its own, and the session the one that a person began.
        session: &["CODEX_SESSION_ID", "CODEX_THREAD_ID"],
        programs: &["codex", "codex-exec", "codex-tui", "codex-linux-sandbox"],
        packages: &["@openai/codex"],
        ..Marks::NONE
    },
};
