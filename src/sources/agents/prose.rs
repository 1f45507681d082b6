//! How much of a prompt a person typed. The text itself is not stored.

use crate::facts::session::ActionKind;

/// Longer text was pasted.
const LONGEST: usize = 2_000;

/// Blocks that programs put around or into prompts.
const INJECTED: &[&str] = &[
    "system-reminder",
    "system_reminder",
    "system_notification",
    "ide_opened_file",
    "ide_selection",
    "ide_diagnostics",
    "local-command-stdout",
    "local-command-stderr",
    "local-command-caveat",
    "task-notification",
    "agent-notification",
    "teammate-message",
    "bash-stdout",
    "bash-stderr",
    "environment_context",
    "user_instructions",
    "session_context",
    "hook_context",
    "state_snapshot",
    "current_datetime",
    "reminder",
    "additional_data",
    "attached_files",
    "timestamp",
];

/// The characters of a prompt that count as typed: without injected blocks and fenced code, at most 2,000.
pub fn typed(prompt: &str) -> u32 {
    let own = without_injected(prompt);
    let mut fenced = false;
    let mut count = 0;
    for line in own.trim().lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            count += line.trim_end().chars().count() + 1;
        }
    }
    u32::try_from(count.saturating_sub(1).min(LONGEST)).unwrap_or(0)
}

/// Whether a prompt is a slash command: a first word with one slash, at its beginning.
pub fn kind(prompt: &str) -> ActionKind {
    let first = prompt.split_whitespace().next().unwrap_or_default();
    if first.starts_with('/') && first.matches('/').count() == 1 {
        ActionKind::Command
    } else {
        ActionKind::Prompt
    }
}

/// Whether a prompt is empty without what programs put into it.
pub fn is_injected(prompt: &str) -> bool {
    without_injected(prompt).trim().is_empty()
}

/// The prompt without injected blocks.
pub fn without_injected(prompt: &str) -> String {
    let mut own = prompt.to_owned();
    for tag in INJECTED {
        let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
        while let Some(start) = tag_start(&own, &open) {
            let end = own[start..]
                .find(&close)
                .map_or(own.len(), |at| start + at + close.len());
            own.replace_range(start..end, "");
        }
    }
    own
}

/// Where a tag of exactly this name opens.
fn tag_start(text: &str, open: &str) -> Option<usize> {
    text.match_indices(open)
        .find(|(at, _)| text[at + open.len()..].starts_with(['>', ' ', '\n']))
        .map(|(at, _)| at)
}

/// The content of the first `<tag>…</tag>`.
pub fn tagged<'text>(text: &'text str, tag: &str) -> Option<&'text str> {
    let (_, rest) = text.split_once(&format!("<{tag}>"))?;
    rest.split_once(&format!("</{tag}>")).map(|(inside, _)| inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_code_and_injected_blocks_were_not_typed() {
        assert_eq!(typed("fix it"), 6);
        assert_eq!(typed("fix this:\n```\nlong code\n```\nplease"), 9 + 1 + 6);
        assert_eq!(
            typed("<ide_opened_file>The user opened a.rs</ide_opened_file>\nfix it"),
            6
        );
        assert_eq!(typed(&"x".repeat(9_000)), 2_000);
        assert_eq!(typed(""), 0);
    }

    #[test]
    fn a_path_is_no_command() {
        assert_eq!(kind("/model m-x"), ActionKind::Command);
        assert_eq!(kind("/w/kiln does not build"), ActionKind::Prompt);
    }

    #[test]
    fn a_prompt_of_nothing_but_injected_blocks_is_no_prompt() {
        assert!(is_injected(
            "<task-notification>\n<id>1</id>\n</task-notification>"
        ));
        assert!(is_injected("<system-reminder>never closed"));
        assert!(!is_injected("<system-reminders>are a topic"));
        assert!(!is_injected("see <b>this</b>"));
    }

    #[test]
    fn the_first_tag_counts() {
        assert_eq!(tagged("<a>1</a><a>2</a>", "a"), Some("1"));
        assert_eq!(tagged("<a>1", "a"), None);
    }
}
