//! Qwen Code.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::{AS_CLAUDE_CODE, PayloadForm, Reminder, shape};
use crate::facts::agents;

/// Qwen Code.
pub static QWEN: Integration = Integration {
    identity: &agents::QWEN,
    payload: PayloadForm {
        events: AS_CLAUDE_CODE,
        folders: &[".qwen"],
        is_log: |log, session| {
            let is_chat = |(name, above): (&str, Vec<&str>)| {
                name == session && above.first() == Some(&"chats") && above.get(2) == Some(&"projects")
            };
            shape(log).is_some_and(is_chat)
        },
        session_variables: &["QWEN_CODE_SESSION_ID"],
        own_variables: &["QWEN_PROJECT_DIR"],
        reminder: Reminder::Refusal,
    },
    marks: Marks {
        variables: &[("QWEN_CODE", Some("1")), ("QWEN_CODE_SESSION_ID", None)],
        session: &["QWEN_CODE_SESSION_ID"],
        model: Some("QWEN_CODE_MODEL"),
        imitates: &["gemini-cli"],
        programs: &["qwen"],
        packages: &["@qwen-code/qwen-code"],
        ..Marks::NONE
    },
};
