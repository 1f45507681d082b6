//! A session as seen from one repository: its edits under paths of the repository, and when it was active.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::links::Links;
use crate::facts::session::{LineHash, Provenance, Session};
use crate::facts::span::{self, Millis, Moment, Span};

/// How long a commit may follow the last work of the session and still belong to its time.
const GRACE: Millis = Millis::MINUTE.times(15);

/// A session that worked in a repository.
pub(super) struct Visit<'a> {
    pub(super) session: &'a Session,
    /// The worktree in which it worked first: sessions of one worktree are one person's.
    pub(super) root: &'a str,
    /// Its edits here, in order of time.
    pub(super) edits: Vec<PlacedEdit<'a>>,
    /// The files it changed here.
    pub(super) files: BTreeSet<String>,
    /// When it was active, each span with the quarter of an hour after it.
    pub(super) at_work: Vec<Span>,
}

/// An edit under its path in the repository.
pub(super) struct PlacedEdit<'a> {
    pub(super) at: Moment,
    pub(super) path: String,
    pub(super) added: &'a [LineHash],
    pub(super) removed: &'a [LineHash],
}

impl<'a> Visit<'a> {
    /// The session in the repository with these worktrees; `None` if it never worked there.
    pub(super) fn of(session: &'a Session, roots: &'a [String], links: &Links) -> Option<Self> {
        let place = |path: &str| place(path, roots, links);
        let edits: Vec<PlacedEdit<'a>> = session
            .edits
            .iter()
            .filter_map(|edit| {
                Some(PlacedEdit {
                    at: edit.at,
                    path: place(&edit.path)?.1,
                    added: &edit.added,
                    removed: &edit.removed,
                })
            })
            .collect();
        let root = paths(session).find_map(|path| place(path).map(|(root, _)| root))?;
        let changed = session.touched.iter().filter(|touch| touch.changed);
        let files = edits
            .iter()
            .map(|edit| edit.path.clone())
            .chain(changed.filter_map(|touch| place(&touch.path).map(|(_, path)| path)))
            .collect();
        Some(Self {
            session,
            root,
            edits,
            files,
            at_work: at_work(session),
        })
    }

    /// Whether the session was active in this second, or shortly before it.
    pub(super) fn worked_at(&self, second: i64) -> bool {
        let moment = Moment(second.saturating_mul(1000));
        self.at_work
            .iter()
            .any(|span| span.start <= moment.plus(999) && moment < span.end)
    }

    /// How many of a commit's files the session changed.
    pub(super) fn files_in(&self, change: &crate::facts::change::Change) -> usize {
        change
            .files
            .iter()
            .filter(|file| self.files.contains(&file.path))
            .count()
    }
}

/// When it worked, with what follows closely. Being opened also counts as activity; with no turns, the whole span does.
/// If the log does not show when it worked, the span is that of a file, which may exist for days.
fn at_work(session: &Session) -> Vec<Span> {
    if session.sources.agent_time == Provenance::Absent {
        return Vec::new();
    }
    let with_grace = |span: Span| Span::new(span.start, span.end + GRACE);
    let mut turns = session.turns().peekable();
    if turns.peek().is_none() {
        return vec![with_grace(session.span)];
    }
    let opened = Span::new(session.span.start, session.span.start);
    let working = turns.flat_map(|turn| &turn.working).copied();
    span::union(working.chain([opened]).map(with_grace))
}

/// Where a session worked, the most certain signs first: its directories, those in which it made commits, the files it
/// edited.
pub fn paths(session: &Session) -> impl Iterator<Item = &str> {
    let folders = session.places.iter().map(|known| known.folder.as_str());
    let made_in = session.commits.iter().filter_map(|made| made.folder.as_deref());
    folders
        .chain(made_in)
        .chain(session.edits.iter().map(|edit| edit.path.as_str()))
}

/// Whether a session worked in the repository with these worktrees.
pub fn came(session: &Session, roots: &[String], links: &Links) -> bool {
    paths(session).any(|path| place(path, roots, links).is_some())
}

/// The innermost worktree that contains a path of the log, and the path in it: resolved, otherwise as written.
pub fn place<'a>(path: &str, roots: &'a [String], links: &Links) -> Option<(&'a str, String)> {
    let real = links.real(path);
    place_as_written(real, roots).or_else(|| place_as_written(path, roots).filter(|_| real != path))
}

fn place_as_written<'a>(path: &str, roots: &'a [String]) -> Option<(&'a str, String)> {
    let path: Cow<'_, str> = if path.contains('\\') && !path.contains('/') {
        path.replace('\\', "/").into()
    } else {
        path.into()
    };
    roots
        .iter()
        .filter_map(|root| {
            let rest = path.strip_prefix(root.as_str())?;
            let inside = if rest.is_empty() {
                rest
            } else {
                rest.strip_prefix('/')?
            };
            Some((root.as_str(), inside.to_owned()))
        })
        .max_by_key(|(root, _)| root.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_lies_in_the_innermost_work_tree() {
        let (roots, links) = (
            ["/w/kiln".to_owned(), "/w/kiln/.trees/a".to_owned()],
            Links::default(),
        );
        assert_eq!(
            place("/w/kiln/src/a.rs", &roots, &links),
            Some(("/w/kiln", "src/a.rs".into()))
        );
        assert_eq!(
            place("/w/kiln/.trees/a/b.rs", &roots, &links),
            Some(("/w/kiln/.trees/a", "b.rs".into()))
        );
        assert_eq!(place("/w/kiln2/src/a.rs", &roots, &links), None);
    }
}
