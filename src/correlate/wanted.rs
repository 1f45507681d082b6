//! What has to be read from a repository before sessions can be linked to its commits.

use std::collections::HashSet;

use super::lines::PATIENCE;
use super::links::Links;
use super::visit::Visit;
use crate::facts::session::Session;

/// What could be the work of sessions in a repository.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted<'a> {
    /// Commits of this second and later.
    pub since: i64,
    /// Commits up to this second.
    pub until: i64,
    /// Lines of these files, as their paths are in the repository.
    pub files: HashSet<String>,
    /// The commits whose ids begin with these.
    pub hashes: Vec<&'a str>,
}

impl<'a> Wanted<'a> {
    /// What `sessions` could have made in a repository with the worktrees `roots`; `None` if none of them worked there.
    pub fn by(
        sessions: impl Iterator<Item = &'a Session>,
        roots: &'a [String],
        links: &Links,
    ) -> Option<Self> {
        let visits: Vec<Visit<'a>> = sessions
            .filter_map(|session| Visit::of(session, roots, links))
            .collect();
        let spans = || visits.iter().map(|visit| visit.session.span);
        let edits = visits.iter().flat_map(|visit| &visit.edits);
        let sessions = visits.iter().map(|visit| visit.session);
        let made = sessions.flat_map(|session| &session.commits);
        Some(Self {
            // Commit times are in seconds, log times in milliseconds: a commit may seem a second older than the edit in
            // it.
            since: spans().map(|span| span.start.seconds()).min()? - 1,
            until: spans().map(|span| (span.end + PATIENCE).seconds()).max()?,
            files: edits.map(|edit| edit.path.clone()).collect(),
            hashes: made.map(|made| made.hash.as_str()).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::sample::{ROOT, edits, makes, session};

    #[test]
    fn what_sessions_here_did_is_wanted_until_their_lines_are_too_old() {
        let first = edits(session("a", &[(100, 200)]), 150, "src/a.rs", "a line of it", "");
        let second = makes(session("b", &[(300, 400)]), 350, "1a2b3c4");
        let mut elsewhere = edits(session("c", &[(1, 900)]), 500, "src/c.rs", "a line of it", "");
        elsewhere.places[0].folder = "/w/other".into();
        elsewhere.edits[0].path = "/w/other/src/c.rs".into();
        let sessions = [first, second, elsewhere];
        let roots = [ROOT.to_owned()];
        let expected = Wanted {
            since: 99,
            until: 400 + 14 * 24 * 3600,
            files: HashSet::from(["src/a.rs".to_owned()]),
            hashes: vec!["1a2b3c4"],
        };
        assert_eq!(
            Wanted::by(sessions.iter(), &roots, &Links::default()),
            Some(expected)
        );
        assert_eq!(Wanted::by(sessions[2..].iter(), &roots, &Links::default()), None);
    }
}
