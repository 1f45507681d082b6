//! Claude Code.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::{AS_CLAUDE_CODE, PayloadForm, Reminder, shape};
use crate::facts::agents;

/// Claude Code.
pub static CLAUDE_CODE: Integration = Integration {
    identity: &agents::CLAUDE_CODE,
    payload: PayloadForm {
        events: AS_CLAUDE_CODE,
        folders: &[".claude"],
        is_log: |log, session| {
            shape(log).is_some_and(|(name, above)| name == session && above.get(1) == Some(&"projects"))
        },
        session_variables: &["CLAUDE_CODE_SESSION_ID"],
        own_variables: &[],
        reminder: Reminder::Context("Stop"),
    },
    marks: Marks {
        // `CLAUDECODE` alone is set in terminals of editors as well, where a person types.
        variables: &[
            ("CLAUDE_CODE_SESSION_ID", None),
            ("CLAUDE_CODE_CHILD_SESSION", None),
        ],
        session: &["CLAUDE_CODE_SESSION_ID"],
        programs: &["claude"],
        packages: &["@anthropic-ai/claude-code"],
        ..Marks::NONE
    },
};
