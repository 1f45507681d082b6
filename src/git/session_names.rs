//! Which sessions the message and the notes of a commit name.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use git2::Oid;

use super::packs::Objects;
use super::{Repo, notes};
use crate::facts::attestation::agentnote::AgentNote;
use crate::facts::attestation::git_ai::GitAiNote;
use crate::facts::change::NamedSession;
use crate::facts::ids::ObjectId;
use crate::facts::record::{NoteLines, Record};
use crate::facts::sign::Sign;
use crate::facts::trailers;

/// Trailers that name a session, in lower case, and whether another tool writes them.
const TRAILERS: [(&str, bool); 5] = [
    ("leverage-session", false),
    ("agentnote-session", true),
    ("ai-session", true),
    ("claude-session", true),
    ("entire-session", true),
];
/// The text before the id of a session that ran on the web.
const SESSION_URL: &[u8] = b"https://claude.ai/code/session_";
/// Larger notes are not read.
const LARGEST_NOTE: u64 = 8 << 20;

/// The notes of a repository that name sessions: which blobs are on which commit.
pub(super) struct Notes(Vec<(&'static NotesRef, BTreeMap<ObjectId, Vec<Oid>>)>);

/// The sessions named in notes, by ref and blob: a note may be on many commits.
pub(super) type Read = HashMap<(&'static str, ObjectId), Vec<String>>;

struct NotesRef {
    name: &'static str,
    tool: &'static str,
    foreign: bool,
    sessions: fn(&[u8]) -> Vec<String>,
}

const NOTES: [NotesRef; 3] = [
    NotesRef {
        name: "refs/notes/leverage",
        tool: "leverage",
        foreign: false,
        sessions: leverage_note,
    },
    NotesRef {
        name: "refs/notes/ai",
        tool: "git-ai",
        foreign: true,
        sessions: git_ai_note,
    },
    NotesRef {
        name: "refs/notes/agentnote",
        tool: "agentnote",
        foreign: true,
        sessions: agentnote,
    },
];

impl Notes {
    /// Unreadable trees of notes name nothing; the reader of attestations reports them.
    pub(super) fn of(repo: &Repo) -> Self {
        let blobs = |reference: &NotesRef| notes::blobs(repo, reference.name).unwrap_or_default();
        let present = NOTES.iter().map(|reference| (reference, blobs(reference)));
        Self(present.filter(|(_, notes)| !notes.is_empty()).collect())
    }

    /// The sessions that notes on a commit name; `read` caches earlier results.
    pub(super) fn on(
        &self,
        commit: ObjectId,
        objects: &mut Objects<'_>,
        read: &mut Read,
    ) -> Vec<NamedSession> {
        let mut named = Vec::new();
        for (reference, notes) in &self.0 {
            let blob = notes.get(&commit).and_then(|blobs| blobs.first());
            let Some(blob) = blob.and_then(|blob| ObjectId::from_bytes(blob.as_bytes())) else {
                continue;
            };
            let sessions = read.entry((reference.name, blob)).or_insert_with(|| {
                let note = objects.read(&blob, LARGEST_NOTE).ok();
                note.map_or_else(Vec::new, |note| (reference.sessions)(&note.data))
            });
            named.extend(sessions.iter().map(|name| NamedSession {
                rule: Sign::Note(reference.tool.to_owned()),
                name: name.clone(),
                foreign: reference.foreign,
            }));
        }
        named
    }
}

/// All sessions that a commit's message and the notes on it name, sorted, each once.
pub(super) fn of(message: &[u8], by_notes: Vec<NamedSession>) -> Vec<NamedSession> {
    let named: BTreeSet<NamedSession> = in_message(message).chain(by_notes).collect();
    named.into_iter().collect()
}

fn in_message(message: &[u8]) -> impl Iterator<Item = NamedSession> {
    let known = |key: &[u8]| {
        TRAILERS
            .iter()
            .find(|(name, _)| key.eq_ignore_ascii_case(name.as_bytes()))
    };
    let trailers = trailers::parse_everywhere(message, move |key| known(key).is_some());
    let named = trailers.into_iter().filter_map(move |trailer| {
        let (key, foreign) = known(&trailer.key)?;
        let value = String::from_utf8_lossy(&trailer.value);
        let name = value.rsplit_once("/session_").map_or(&*value, |(_, id)| id);
        Some(NamedSession {
            rule: Sign::trailer(key),
            name: name.to_owned(),
            foreign: *foreign,
        })
    });
    named.chain(in_urls(message))
}

fn in_urls(message: &[u8]) -> impl Iterator<Item = NamedSession> {
    memchr::memmem::find_iter(message, SESSION_URL).map(|at| {
        let rest = message.get(at + SESSION_URL.len()..).unwrap_or_default();
        let id = rest
            .split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'-')
            .next()
            .unwrap_or_default();
        NamedSession {
            rule: Sign::Url("claude-code".to_owned()),
            name: String::from_utf8_lossy(id).into_owned(),
            foreign: true,
        }
    })
}

/// The sessions that recorded tasks name. What `capture` wrote is a copy of a link, not evidence for it.
fn leverage_note(content: &[u8]) -> Vec<String> {
    NoteLines::parse(content)
        .iter()
        .filter_map(|line| match Record::decode(line) {
            Ok(Record::Task(task)) => Some(task.sessions),
            _ => None,
        })
        .flatten()
        .map(|session| session.to_string())
        .collect()
}

/// A hash of tool and session each.
fn git_ai_note(content: &[u8]) -> Vec<String> {
    GitAiNote::read(content).sessions
}

fn agentnote(content: &[u8]) -> Vec<String> {
    let note = AgentNote::read(content);
    note.session().map(str::to_owned).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(message: &str) -> Vec<(String, String)> {
        in_message(message.as_bytes())
            .map(|named| (named.rule.to_string(), named.name))
            .collect()
    }

    #[test]
    fn trailers_and_addresses_name_sessions() {
        let message = "Add it\n\nSee https://claude.ai/code/session_01ab-c.\n\nLeverage-Session: codex:7\n";
        let expected = [
            ("trailer:leverage-session", "codex:7"),
            ("url:claude-code", "01ab-c"),
        ];
        assert_eq!(
            names(message),
            expected.map(|(rule, name)| (rule.to_owned(), name.to_owned()))
        );
    }
}
