//! Rungs 1 and 2: the log names the commit, or the commit names the session.
//!
//! Logs name commits by short hashes, in the output of commands that make commits; a log or a diff that shows a hash is
//! not evidence, and the readers do not report it. A hash that is no longer in the history was rewritten since: the
//! commit that was authored while the command ran is its successor.

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use super::lines::PATIENCE;
use super::visit::Visit;
use super::{ChangeIndex, Found, Proof, Repository, VisitIndex};
use crate::facts::agents;
use crate::facts::change::NamedSession;
use crate::facts::evidence::{Confidence, ForeignTrailers};
use crate::facts::ids::SessionId;
use crate::facts::session::{CommitKind, HashEvidence, MadeCommit};
use crate::facts::sign::{HashSign, Rung, Sign};
use crate::facts::span::Seconds;

/// The commit time may be this long before the end of the command that made the commit: hooks take time.
const LONGEST_COMMAND: Seconds = Seconds::MINUTE.times(2);

/// Adds the links that names prove.
pub(super) fn add(repository: &Repository<'_>, foreign: ForeignTrailers, found: &mut Found) {
    for (index, visit) in repository.visits.iter().enumerate() {
        for made in &visit.session.commits {
            add_made(repository, index, made, found);
        }
    }
    let mut names = None;
    for (change, commit) in repository.history.changes.iter().enumerate() {
        let read = |name: &&NamedSession| !name.foreign || foreign == ForeignTrailers::Believe;
        for named in commit.named.iter().filter(read) {
            let names = names.get_or_insert_with(|| Names::of(repository));
            for visit in names.find(&named.name) {
                let proof = proof(Rung::Record, Confidence::High, named.rule.clone());
                found.add(change, visit, proof);
            }
        }
    }
}

fn proof(rung: Rung, confidence: Confidence, evidence: Sign) -> Proof {
    Proof {
        rung,
        confidence,
        evidence: vec![evidence],
        lines: 0,
        taken: None,
    }
}

fn add_made(repository: &Repository<'_>, visit: VisitIndex, made: &MadeCommit, found: &mut Found) {
    if let Some(change) = resolve(repository, made) {
        let evidence = match made.evidence {
            HashEvidence::Structured => HashSign::Structured,
            HashEvidence::Output => HashSign::Output,
            HashEvidence::Untimed => HashSign::Untimed,
        };
        found.add(
            change,
            visit,
            proof(Rung::Hash, Confidence::Certain, Sign::Hash(evidence)),
        );
        for copy in &repository.groups[repository.group_of[change]] {
            if *copy != change {
                found.add(
                    *copy,
                    visit,
                    proof(Rung::Hash, Confidence::High, Sign::Hash(HashSign::Copy)),
                );
            }
        }
    } else {
        for change in rewritten(repository, &repository.visits[visit], made) {
            found.add(
                change,
                visit,
                proof(Rung::Hash, Confidence::High, Sign::Hash(HashSign::Rewritten)),
            );
        }
    }
}

/// The commit that a hash names, if it can have been made by this command: nothing is made before its own commit time.
fn resolve(repository: &Repository<'_>, made: &MadeCommit) -> Option<ChangeIndex> {
    let id = repository.history.resolved.get(&made.hash)?;
    let change = *repository.position.get(id)?;
    let commit_time = repository.change(change).commit_time;
    let end = made.at.seconds();
    let possible = match made.evidence {
        HashEvidence::Untimed => end - 1..=(made.at + PATIENCE).seconds(),
        HashEvidence::Structured | HashEvidence::Output => end - LONGEST_COMMAND.times(10).0..=end + 1,
    };
    possible.contains(&commit_time).then_some(change)
}

/// The copies of the one change that was authored while the command ran, in a file that the session changed.
fn rewritten(repository: &Repository<'_>, visit: &Visit<'_>, made: &MadeCommit) -> Vec<ChangeIndex> {
    let lost = made.kind == CommitKind::Commit
        && made.evidence != HashEvidence::Untimed
        && !repository.history.resolved.contains_key(&made.hash);
    let end = made.at.seconds();
    let authored = |change: &ChangeIndex| {
        let time = repository.change(*change).author_time;
        (end - LONGEST_COMMAND.0..=end + 1).contains(&time)
    };
    // They are in the order in which they were authored, all members of one group at once.
    let time = |members: &Vec<ChangeIndex>| {
        members
            .first()
            .map(|change| repository.change(*change).author_time)
    };
    let groups = &repository.groups;
    let from = groups.partition_point(|members| time(members) < Some(end - LONGEST_COMMAND.0));
    let to = groups.partition_point(|members| time(members) <= Some(end + 1));
    let mut groups = groups.get(from..to).unwrap_or_default().iter().filter(|members| {
        members
            .iter()
            .any(|change| authored(change) && visit.files_in(repository.change(*change)) > 0)
    });
    match (lost, groups.next(), groups.next()) {
        (true, Some(only), None) => only.clone(),
        _ => Vec::new(),
    }
}

/// The sessions by the names that a commit may contain.
struct Names<'a> {
    by_id: HashMap<&'a str, Vec<VisitIndex>>,
    by_git_ai: HashMap<String, Vec<VisitIndex>>,
    sessions: Vec<&'a SessionId>,
}

impl<'a> Names<'a> {
    fn of(repository: &'a Repository<'_>) -> Self {
        Self::new(repository.visits.iter().map(|visit| &visit.session.id))
    }

    fn new(sessions: impl Iterator<Item = &'a SessionId>) -> Self {
        let mut names = Self {
            by_id: HashMap::new(),
            by_git_ai: HashMap::new(),
            sessions: sessions.collect(),
        };
        for (visit, session) in names.sessions.iter().enumerate() {
            names.by_id.entry(&session.id).or_default().push(visit);
            for key in git_ai_keys(session) {
                names.by_git_ai.entry(key).or_default().push(visit);
            }
        }
        names
    }

    /// The sessions that a name means.
    fn find(&self, name: &str) -> BTreeSet<VisitIndex> {
        let by_id = |id: &str| self.by_id.get(id).into_iter().flatten().copied();
        let mut found: BTreeSet<VisitIndex> = by_id(name).collect();
        if let Some((agent, id)) = name.split_once(':') {
            found.extend(by_id(id).filter(|visit| self.sessions[*visit].agent == agent));
        }
        // Entire puts the day before the id.
        if let Some(id) = name.get(10..).and_then(|rest| rest.strip_prefix('-')) {
            found.extend(by_id(id));
        }
        found.extend(self.by_git_ai.get(name).into_iter().flatten());
        found
    }
}

/// How git-ai names a session: parts of a hash of its tool and id, in the new form and the old one.
fn git_ai_keys(session: &SessionId) -> [String; 2] {
    let tool = match agents::by_name(&session.agent) {
        Some(agent) => agent.git_ai_spelling(),
        None => &session.agent,
    };
    let digest = Sha256::digest(format!("{tool}:{}", session.id));
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).take(8).collect();
    [format!("s_{}", &hex[..14]), hex]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_are_known_by_every_name_that_tools_give_them() {
        let session = SessionId::new("claude-code", "5d0c");
        let names =
            |name: &str, session: &SessionId| !Names::new([session].into_iter()).find(name).is_empty();
        for name in ["5d0c", "claude-code:5d0c", "2026-01-06-5d0c"] {
            assert!(names(name, &session), "{name}");
        }
        for name in ["5d0", "codex:5d0c", "x5d0c", ""] {
            assert!(!names(name, &session), "{name}");
        }
        let digest = Sha256::digest("claude:5d0c");
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(names(&format!("s_{}", &hex[..14]), &session));
        assert!(names(&hex[..16], &session));
    }
}
