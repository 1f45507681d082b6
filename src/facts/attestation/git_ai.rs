//! Notes of git-ai (`refs/notes/ai`, `authorship/3.0.0`): attested ranges of lines, a line `---`, and JSON that
//! resolves their keys.
//!
//! Notes in practice are looser than the format: entries are unsorted and overlap, keys are missing from the map, and
//! there are prefixes outside the standard. Lines that no entry names are untracked, not human.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Maker;
use crate::evidence::Evidence;

/// First and last line of each range, counted from 1.
pub type Ranges = Vec<(u32, u32)>;

/// Lines of one file that one key attests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttestedLines {
    /// The file, in the tree of the commit. Untrusted text.
    pub path: String,
    /// Which lines.
    pub ranges: Ranges,
    /// Who wrote them; `None` if the key does not show it.
    pub maker: Option<Maker>,
}

/// A note.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GitAiNote {
    /// Its attested lines, in its order.
    pub lines: Vec<AttestedLines>,
    /// The keys of sessions and prompts, sorted, each once: hashes of tool and session.
    pub sessions: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    sessions: BTreeMap<String, Session>,
    prompts: BTreeMap<String, Session>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Session {
    agent_id: AgentId,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AgentId {
    tool: Option<String>,
    model: Option<String>,
}

impl GitAiNote {
    /// Reads a note; a damaged one is read as far as possible.
    pub fn read(content: &[u8]) -> Self {
        let text = String::from_utf8_lossy(content);
        let (entries, metadata) = text.split_once("\n---\n").unwrap_or((&text, ""));
        let metadata: Metadata = serde_json::from_str(metadata).unwrap_or_default();
        let mut note = Self::default();
        let mut sessions = BTreeSet::new();
        let mut path = String::new();
        for line in entries.lines().take_while(|line| *line != "---") {
            let Some(entry) = line.strip_prefix("  ") else {
                path = line.trim_matches('"').to_owned();
                continue;
            };
            let (key, ranges) = entry.split_once(' ').unwrap_or((entry, ""));
            let name = key.split("::").next().unwrap_or(key);
            let maker = metadata.maker(name);
            if maker != Some(Maker::Person) {
                sessions.insert(name.to_owned());
            }
            note.lines.push(AttestedLines {
                path: path.clone(),
                ranges: ranges.split(',').filter_map(range).collect(),
                maker,
            });
        }
        note.sessions = sessions.into_iter().collect();
        note
    }

    /// A sign for each maker of any line, with the number of lines that it wrote; a line in several entries counts
    /// once.
    pub fn evidence(&self) -> Vec<Evidence> {
        let mut by_maker: BTreeMap<&Maker, BTreeMap<&str, Ranges>> = BTreeMap::new();
        for lines in &self.lines {
            if let Some(maker) = &lines.maker {
                let files = by_maker.entry(maker).or_default();
                files.entry(&lines.path).or_default().extend(&lines.ranges);
            }
        }
        let counted = by_maker.into_iter().map(|(maker, files)| {
            let lines: u64 = files.into_values().map(distinct).sum();
            (maker, lines)
        });
        counted
            .filter(|(_, lines)| *lines > 0)
            .map(|(maker, lines)| maker.sign("git-ai", Some(lines)))
            .collect()
    }
}

impl Metadata {
    fn maker(&self, name: &str) -> Option<Maker> {
        if name.starts_with("h_") || name == "human" {
            return Some(Maker::Person);
        }
        if let Some(session) = self.sessions.get(name).or_else(|| self.prompts.get(name)) {
            let id = &session.agent_id;
            return Some(Maker::agent(id.tool.as_deref(), id.model.as_deref()));
        }
        // The form of the key shows that it is an agent's, though the note does not name it.
        let is_hash = matches!(name.len(), 7 | 16) && name.bytes().all(|byte| byte.is_ascii_hexdigit());
        (name.starts_with("s_") || name == "ai_agent" || is_hash).then(|| Maker::agent(None, None))
    }
}

/// `3` or `1-4`, counted from 1.
fn range(text: &str) -> Option<(u32, u32)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let range: (u32, u32) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    (range.0 >= 1 && range.0 <= range.1).then_some(range)
}

/// The number of lines in ranges that may overlap.
fn distinct(mut ranges: Ranges) -> u64 {
    ranges.sort_unstable();
    let mut lines = 0;
    let mut past = 0;
    for (first, last) in ranges {
        let first = u64::from(first).max(past + 1);
        let last = u64::from(last);
        lines += (last + 1).saturating_sub(first);
        past = past.max(last);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTE: &str = "src/a.rs\n  s_0123456789abcd::t_1 1-4,9\n  s_0123456789abcd::t_2 3-6\n  h_0123456789abcd 20\n\
                        \"a file.rs\"\n  0123456789abcdef 6\n  odd 7\n  s_99999999999999::t_1 x,5-2,0\n---\n\
                        {\"schema_version\":\"authorship/3.0.0\",\"sessions\":{\"s_0123456789abcd\":{\"agent_id\":\
                        {\"tool\":\"claude\",\"id\":\"x\",\"model\":\"\\\"opus\\\"\"}}},\"prompts\":{\"0123456789abcdef\":\
                        {\"agent_id\":{\"tool\":\"codex\",\"model\":\"default\"}}}}";

    #[test]
    fn a_note_says_who_wrote_which_lines() {
        let note = GitAiNote::read(NOTE.as_bytes());
        assert_eq!(note.lines[0].ranges, [(1, 4), (9, 9)]);
        assert_eq!(note.lines[3].path, "a file.rs");
        assert_eq!(note.lines[4].maker, None);
        let told: Vec<_> = note
            .evidence()
            .into_iter()
            .map(|sign| (sign.rule.to_string(), sign.agent, sign.model, sign.lines))
            .collect();
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                (
                    "note:git-ai".to_owned(),
                    text("claude-code"),
                    text("opus"),
                    Some(7)
                ),
                ("note:git-ai".to_owned(), text("codex"), None, Some(1)),
                ("human:git-ai".to_owned(), None, None, Some(1)),
            ]
        );
    }

    #[test]
    fn keys_name_sessions_but_not_people() {
        let note = GitAiNote::read(NOTE.as_bytes());
        assert_eq!(
            note.sessions,
            ["0123456789abcdef", "odd", "s_0123456789abcd", "s_99999999999999"]
        );
    }

    #[test]
    fn nothing_in_a_note_is_fatal() {
        for note in [
            "",
            "---",
            "  x",
            "a\n  s_1 1-99999999999\n---\n{",
            "\u{0}\n---\n[]",
        ] {
            GitAiNote::read(note.as_bytes()).evidence();
        }
        assert_eq!(distinct(vec![(1, u32::MAX), (5, u32::MAX)]), u64::from(u32::MAX));
    }
}
