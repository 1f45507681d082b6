//! Facts → links: which session made which commit, the evidence for it, and what part of the session's time went there.
//!
//! Nothing here opens a repository or reads the disk: `workspace/` does, as [`wanted`] says, and passes a [`History`]
//! for each repository. [`traces`] processes one after the other, rung by rung, the strongest evidence first:
//!
//! 1. [`named`]: the session's log names the commit, or the commit names the session;
//! 2. [`lines`]: the lines that a session wrote are in the commit;
//! 3. [`context`]: the commit matches the session's time, files and branch.
//!
//! A weaker rung does not guess at a commit that a stronger one explains. Then [`shares`] divides each session's time
//! among the commits it made, in all repositories together, so that nothing counts twice, and [`launched`] gives
//! sessions that made no commit themselves the commits of those that launched them. The rules and the reasons for them
//! are in `docs/formats/links.md` and `docs/decisions/session-links.md`.

pub mod blocks;
pub mod by_day;
mod context;
mod launched;
mod lines;
pub mod linked;
pub mod links;
pub mod measured;
mod named;
mod repository;
#[cfg(test)]
mod sample;
pub mod seen;
mod shares;
#[cfg(test)]
mod tests;
pub mod traces;
pub mod trees;
pub mod visit;
pub mod wanted;

use crate::facts::link::Link;
use crate::facts::session::Session;
pub use repository::History;
use repository::{ChangeIndex, Found, GroupIndex, Proof, Repository, VisitIndex};
use traces::Traces;

/// The links of sessions that left these traces in repositories: one list for each, sorted by commit and confidence.
///
/// `sessions` have distinct ids. The order of arguments does not matter to the result.
pub fn links(sessions: &[Session], traces: &[Traces]) -> Vec<Vec<Link>> {
    let mut links = shares::links(sessions, traces);
    launched::add(sessions, &mut links);
    for links in &mut links {
        links.sort_by(|a, b| (a.commit, b.confidence, &a.session).cmp(&(b.commit, a.confidence, &b.session)));
    }
    links
}

/// Links sessions to the commits of repositories.
#[cfg(test)]
fn link(
    sessions: &[Session],
    repositories: &[History],
    foreign: crate::facts::evidence::ForeignTrailers,
) -> Vec<Vec<Link>> {
    let each: Vec<&Session> = sessions.iter().collect();
    let histories = repositories.iter();
    let traces: Vec<Traces> = histories
        .map(|history| Traces::of(&each, history, foreign))
        .collect();
    links(sessions, &traces)
}
