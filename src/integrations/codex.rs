//! Codex.

use super::integration::Integration;
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
};
