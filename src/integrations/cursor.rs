//! Cursor.

use super::integration::Integration;
use super::marks::Marks;
use super::payload::{PayloadForm, Reminder};
use crate::facts::agents;
use crate::facts::event::EventKind;

/// Cursor.
pub static CURSOR: Integration = Integration {
    identity: &agents::CURSOR,
    payload: PayloadForm {
        events: &[
            ("sessionStart", EventKind::SessionStart),
            ("stop", EventKind::TurnEnd),
            ("sessionEnd", EventKind::SessionEnd),
            // What it calls them for hooks from the settings of Claude Code.
            ("SessionStart", EventKind::SessionStart),
            ("Stop", EventKind::TurnEnd),
            ("SessionEnd", EventKind::SessionEnd),
        ],
        folders: &[".cursor"],
        reminder: Reminder::FollowUp,
        ..PayloadForm::NONE
    },
    marks: Marks {
        variables: &[("CURSOR_AGENT", Some("1")), ("CURSOR_CONVERSATION_ID", None)],
        session: &["CURSOR_CONVERSATION_ID"],
        has_other_ids: true,
        programs: &["cursor-agent"],
        ..Marks::NONE
    },
};
