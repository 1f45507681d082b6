//! Agents of which only the marks of their commands are known: no settings, no hooks.

use super::marks::Marks;
use crate::facts::agents::{self, AgentIdentity};

/// Each with its marks.
pub static OTHERS: &[(&AgentIdentity, Marks)] = &[
    (
        &agents::PI,
        Marks {
            variables: &[("PI_CODING_AGENT", Some("true"))],
            programs: &["pi"],
            packages: &["@mariozechner/pi-coding-agent", "@earendil-works/pi-coding-agent"],
            ..Marks::NONE
        },
    ),
    (
        &agents::KILO,
        Marks {
            // It is based on OpenCode.
            imitates: &["opencode"],
            programs: &["kilo", "kilocode"],
            packages: &["@kilocode/cli"],
            ..Marks::NONE
        },
    ),
    (
        &agents::AIDER,
        Marks {
            programs: &["aider"],
            ..Marks::NONE
        },
    ),
];
