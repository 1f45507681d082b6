//! Sessions and commits made by hand, for the tests of this layer.

use super::History;
use crate::facts::change::{Change, ChangedFile, ChangedLines, NamedSession};
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::session::{
    CommitKind, Edit, HashEvidence, Lane, LineHash, MadeCommit, Place, Provenance, Session, Sources,
    TokenCounts, Turn, TurnEnd, Usage,
};
use crate::facts::sign::Sign;
use crate::facts::span::{Moment, Span};

pub(super) const ROOT: &str = "/w/kiln";

/// Seconds as a moment.
pub(super) fn at(second: i64) -> Moment {
    Moment(second * 1000)
}

/// Hashes of the lines of a text.
pub(super) fn lines(text: &str) -> Vec<LineHash> {
    let mut lines = LineHash::of_lines(text.as_bytes());
    lines.sort_unstable();
    lines
}

/// A session that works from its first turn to its last, one lane, `turns` in seconds.
pub(super) fn session(id: &str, turns: &[(i64, i64)]) -> Session {
    let spans: Vec<Span> = turns
        .iter()
        .map(|(start, end)| Span::new(at(*start), at(*end)))
        .collect();
    let span = Span::new(
        spans.first().map_or(at(0), |span| span.start),
        spans.last().map_or(at(0), |span| span.end),
    );
    let turn = |span: &Span| Turn {
        span: *span,
        working: vec![*span],
        unknown: 0,
        human: true,
        end: TurnEnd::Recorded,
        told: false,
    };
    Session {
        id: SessionId::new("claude-code", id),
        parent: None,
        span,
        places: vec![Place {
            folder: ROOT.into(),
            branch: None,
        }],
        remotes: Vec::new(),
        versions: Vec::new(),
        models: vec!["m".into()],
        lanes: vec![Lane {
            subagent: None,
            turns: spans.iter().map(turn).collect(),
        }],
        actions: Vec::new(),
        usage: vec![Usage {
            at: span.start,
            model: "m".into(),
            lane: 0,
            tokens: TokenCounts {
                input: 7,
                cache_write: 11,
                cache_read: 13,
                output: 17,
            },
        }],
        edits: Vec::new(),
        commits: Vec::new(),
        touched: Vec::new(),
        sources: Sources {
            agent_time: Provenance::Measured,
            tokens: Provenance::Measured,
            ..Sources::default()
        },
    }
}

/// The session with one more edit.
pub(super) fn edits(mut session: Session, second: i64, path: &str, added: &str, removed: &str) -> Session {
    session.edits.push(Edit {
        at: at(second),
        path: format!("{ROOT}/{path}"),
        added: lines(added),
        removed: lines(removed),
    });
    session
}

/// The session with a commit that its log names.
pub(super) fn makes(mut session: Session, second: i64, hash: &str) -> Session {
    session.commits.push(MadeCommit {
        at: at(second),
        hash: hash.into(),
        kind: CommitKind::Commit,
        folder: None,
        branch: None,
        evidence: HashEvidence::Output,
    });
    session
}

/// A commit id that repeats one byte.
pub(super) fn id(byte: u8) -> ObjectId {
    ObjectId::from_bytes(&[byte; 20]).expect("20 bytes")
}

/// A commit on HEAD by Ada: `(path, added, removed)` for each file.
pub(super) fn commit(byte: u8, second: i64, files: &[(&str, &str, &str)]) -> Change {
    let file = |(path, added, removed): &(&str, &str, &str)| ChangedFile {
        path: (*path).into(),
        lines: Some(ChangedLines {
            added: lines(added),
            removed: lines(removed),
        }),
    };
    Change {
        id: id(byte),
        parents: Vec::new(),
        author: "ada@example.org".into(),
        author_time: second,
        commit_time: second,
        title: LineHash::of(&[byte]),
        on_head: true,
        files: files.iter().map(file).collect(),
        named: Vec::new(),
    }
}

/// A name in a commit that another tool wrote.
pub(super) fn foreign_name(name: &str) -> NamedSession {
    NamedSession {
        rule: Sign::trailer("entire-session"),
        name: name.into(),
        foreign: true,
    }
}

/// A repository with one worktree at [`ROOT`]; a commit's hash is known by its first seven digits.
pub(super) fn history(changes: Vec<Change>) -> History {
    let short = |change: &Change| change.id.to_string().chars().take(7).collect();
    History {
        roots: vec![ROOT.into()],
        resolved: changes.iter().map(|change| (short(change), change.id)).collect(),
        changes,
        ..History::default()
    }
}
