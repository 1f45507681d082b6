//! Which commits a message says it reverts.

use memchr::memmem;

/// What git writes at the start of a line of a revert, before the id.
const SAYS_SO: &[u8] = b"This reverts commit ";
/// Git does not abbreviate an id further.
const SHORTEST_ID: usize = 7;

/// The ids, or the beginnings of ids, that a message reverts, in lower case: where git writes them, at the start of a paragraph
/// or below a line about reverting. Elsewhere a line may begin that way because prose was wrapped there.
pub fn in_message(message: &[u8]) -> Box<[Box<str>]> {
    // Hardly any message names one.
    if memmem::find(message, SAYS_SO).is_none() {
        return Box::default();
    }
    let mut found = Vec::new();
    let mut may_say_so = true;
    for line in message.split(|byte| *byte == b'\n') {
        let id = line.strip_prefix(SAYS_SO).filter(|_| may_say_so).map(|rest| {
            let end = rest.iter().position(|byte| !byte.is_ascii_hexdigit());
            &rest[..end.unwrap_or(rest.len())]
        });
        if let Some(id) = id.filter(|id| id.len() >= SHORTEST_ID) {
            found.push(String::from_utf8_lossy(id).to_ascii_lowercase().into());
        }
        let is_about_it = line.starts_with(b"Revert") || line.starts_with(b"Reapply");
        may_say_so = line.trim_ascii().is_empty() || is_about_it || id.is_some();
    }
    found.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reverted_by(message: &str) -> Vec<String> {
        let found = in_message(message.as_bytes());
        found.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_message_may_revert_several() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        let message = format!(
            "Revert\n\nThis reverts commit {id}, and\nThis reverts commit 0123456 (Kiln, 2026-04-01).\n\
             This reverts commit 12\nUnlike that one, This reverts commit {id}\n    This reverts commit {id}"
        );
        assert_eq!(reverted_by(&message), [id, "0123456"]);
        let below_the_title = format!("Reapply \"Kiln\"\nThis reverts commit {id}.");
        assert_eq!(reverted_by(&below_the_title), [id]);
        let wrapped = format!("Look at history\n\nWhere a message says\nThis reverts commit {id}, look.");
        assert_eq!(reverted_by(&wrapped), [""; 0]);
        assert_eq!(reverted_by("This reverts nothing"), [""; 0]);
    }
}
