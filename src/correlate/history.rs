//! What the sessions could have made in one repository, read from git.

use std::collections::{HashMap, HashSet};

use super::History;
use super::lines::PATIENCE;
use super::visit::{Visit, place};
use crate::facts::diagnostics::Warning;
use crate::facts::session::Session;
use crate::git::Repo;
use crate::git::added_lines::{self, Period};
use crate::git::walk::RefSelection;

/// Reads the commits that `sessions` could have made. Without sessions in this repository, nothing is read.
///
/// `refs` should hold all branches, since work is often committed where HEAD is not. `roots` are the work trees, as the
/// paths of the logs have them. What cannot be read is a warning, and no commits.
pub fn read(
    repo: &Repo,
    refs: &RefSelection,
    roots: Vec<String>,
    sessions: &[Session],
) -> (History, Vec<Warning>) {
    let mut history = History {
        roots,
        ..History::default()
    };
    let visits: Vec<Visit<'_>> = sessions
        .iter()
        .filter_map(|session| Visit::of(session, &history.roots))
        .collect();
    let Some(period) = period(&visits) else {
        return (history, Vec::new());
    };
    let wanted: HashSet<String> = visits
        .iter()
        .flat_map(|visit| &visit.edits)
        .map(|edit| edit.path.clone())
        .collect();
    let resolved = resolved(repo, &visits);
    match added_lines::read(repo, refs, period, &wanted) {
        Ok(changes) => {
            history.changes = changes;
            history.resolved = resolved;
            (history, Vec::new())
        }
        Err(error) => {
            let place = repo.place().to_string_lossy();
            let warning = Warning::new(place, format!("sessions cannot be linked here: {error}"));
            (history, vec![warning])
        }
    }
}

/// Whether the session worked in one of these work trees.
pub fn visited(session: &Session, roots: &[String]) -> bool {
    session
        .places
        .iter()
        .any(|known| place(&known.folder, roots).is_some())
        || Visit::of(session, roots).is_some()
}

fn period(visits: &[Visit<'_>]) -> Option<Period> {
    let since = visits
        .iter()
        .map(|visit| visit.session.span.start.seconds())
        .min()?;
    let until = visits
        .iter()
        .map(|visit| visit.session.span.end.plus(PATIENCE).seconds())
        .max()?;
    // Commits are seconds, logs milliseconds: a commit may seem a second older than the edit in it.
    Some(Period {
        since: since - 1,
        until,
    })
}

fn resolved(repo: &Repo, visits: &[Visit<'_>]) -> HashMap<String, crate::facts::ids::ObjectId> {
    visits
        .iter()
        .flat_map(|visit| &visit.session.commits)
        .filter_map(|made| Some((made.hash.clone(), added_lines::resolve(repo, &made.hash)?)))
        .collect()
}
