//! Trouble as data: what was wrong, where, and what to do next.
//!
//! One bad commit, log line or repository never stops the others. The code that finds it adds a [`Warning`] and
//! continues; only `cli/` shows them, and every report includes them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Something that was skipped or not read as it asked to be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Warning {
    /// Where: a repository, `repository commit`, or `file:line`. Untrusted text: escape before showing.
    pub place: String,
    /// What is wrong, one sentence without a period. Untrusted text: escape before showing.
    pub message: String,
    /// What the reader can do about it, if anything.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

impl Warning {
    /// A warning without a hint.
    pub fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            message: plain(message.into()),
            hint: None,
        }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

/// A message as git would print it: errors of the system come without their number and in lower case. `cannot read x: No such
/// file or directory (os error 2)` ends with `no such file or directory`.
pub fn plain(message: String) -> String {
    // In two parts, since no message has it.
    const NUMBER: &str = concat!(" (", "os error ");
    let mut plain = String::new();
    let mut rest = message.as_str();
    while let Some((before, after)) = rest.split_once(NUMBER) {
        let Some((number, after)) = after.split_once(')') else {
            break;
        };
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            plain.push_str(before);
            plain.push_str(NUMBER);
            rest = rest.get(before.len() + NUMBER.len()..).unwrap_or_default();
            continue;
        }
        let start = before.rfind(": ").map_or(0, |colon| colon + 2);
        let (place, reason) = before.split_at(start);
        plain.push_str(place);
        let mut letters = reason.chars();
        plain.extend(letters.next().iter().flat_map(|first| first.to_lowercase()));
        plain.push_str(letters.as_str());
        rest = after_path(after);
    }
    match plain.is_empty() && rest.len() == message.len() {
        true => message,
        false => plain + rest,
    }
}

/// What follows the path of a temporary file, which the system's error may carry: the reader never chose that path.
fn after_path(text: &str) -> &str {
    let path = text.strip_prefix(" at path \"");
    path.and_then(|path| path.split_once('"'))
        .map_or(text, |(_, after)| after)
}

/// How much of a repository or a log was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All of it.
    #[default]
    Complete,
    /// Some of it is missing or unreadable; what was read is correct.
    Partial,
    /// None of it.
    Failed,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
            Self::Failed => "failed",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_system_come_without_their_number() {
        for (message, expected) in [
            (
                "cannot read `a`: No such file or directory (os error 2)",
                "cannot read `a`: no such file or directory",
            ),
            ("Permission denied (os error 13)", "permission denied"),
            (
                "a: Is a directory (os error 21); b: Not a directory (os error 20) at path \"/.tmpX\"",
                "a: is a directory; b: not a directory",
            ),
            ("as told: `A (os error x)`", "as told: `A (os error x)`"),
            ("cut (os error 2", "cut (os error 2"),
            ("", ""),
            ("Nothing to change", "Nothing to change"),
        ] {
            assert_eq!(plain(message.to_owned()), expected);
            assert_eq!(Warning::new("x", message).message, expected);
        }
    }
}
