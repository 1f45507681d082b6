//! From what messages claim to tasks: which task each claim describes, and how the claims of one task revise each
//! other.

use chrono::DateTime;

use super::claim::{Claim, ClaimError};
use super::commit::{Authored, Instant, Person};
use super::ids::{ObjectId, TaskId};
use super::session::Provenance;
use super::task::{FirstClaim, Task, TaskSource};
use super::trailers::TrailerPlace;

/// What the message of one commit claims.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitClaims {
    /// The commit.
    pub commit: ObjectId,
    /// Its author, as git shows the commit's own.
    pub author: Person,
    /// The author's time.
    pub time: Instant,
    /// When it was committed, seconds since the epoch: an amended copy has the author time of the first.
    pub committed: i64,
    /// The first line of the message.
    pub subject: String,
    /// What a rewrite preserves of it.
    pub authored: Authored,
    /// The claims, one per paragraph.
    pub claims: Vec<Claim>,
    /// What could not be read of them.
    pub errors: Vec<ClaimError>,
}

/// One claim, with what a task takes from its commit.
pub(super) struct Said {
    pub(super) commit: ObjectId,
    pub(super) claim: Claim,
    /// What a rewrite preserves of the commit that made the claim: the one that a squash quotes, otherwise the one it
    /// is on.
    pub(super) authored: Authored,
    /// The title of that commit.
    pub(super) title: String,
    /// Its position among the claims of that commit that name no task, the first being 1; 0 for one that names its
    /// task.
    pub(super) ordinal: usize,
    /// When the commit that it is on was committed, seconds since the epoch.
    pub(super) committed: i64,
    /// The task that the claim makes by itself.
    task: Option<Task>,
    /// Whether the message has claims in its middle, as a squash does: they may be copies of its parts'.
    in_squash: bool,
}

impl Said {
    /// Whether it names its task, then the author time and the committer time: a task whose id is derived from a claim
    /// begins with that claim, whatever clocks say.
    fn order(&self) -> (bool, i64, i64) {
        (
            self.claim.task.is_some(),
            self.authored.time.seconds,
            self.committed,
        )
    }
}

impl CommitClaims {
    /// Each claim with the id of its task: the one that it names, otherwise the derived one.
    pub(super) fn said(&self) -> Vec<(TaskId, Said)> {
        let in_squash = self.claims.iter().any(|claim| claim.place == TrailerPlace::Body);
        let mut unnamed = 0;
        let mut part = None;
        let said = |claim: &Claim| {
            let of_part = claim.part.as_ref().map(|part| part.line);
            if part != of_part {
                part = of_part;
                unnamed = 0;
            }
            let authored = self.authored(claim);
            let id = claim.task.unwrap_or_else(|| {
                unnamed += 1;
                self.derived_id(claim, &authored, unnamed)
            });
            let said = Said {
                commit: self.commit,
                claim: claim.clone(),
                task: task(claim, &self.shown(claim), id),
                title: self.shown(claim).title,
                authored,
                ordinal: if claim.task.is_some() { 0 } else { unnamed },
                committed: self.committed,
                in_squash,
            };
            (id, said)
        };
        self.claims.iter().map(said).collect()
    }

    /// The commit that made the claim, as rewrites know it.
    fn authored(&self, claim: &Claim) -> Authored {
        match &claim.part {
            Some(part) => part
                .authored
                .clone()
                .unwrap_or_else(|| part.as_authored(&self.authored)),
            None => self.authored.clone(),
        }
    }

    /// The same as it is shown.
    fn shown(&self, claim: &Claim) -> Authored {
        let own = Authored {
            author: self.author.clone(),
            time: self.time,
            title: self.subject.clone(),
        };
        match &claim.part {
            Some(part) => part.as_authored(&own),
            None => own,
        }
    }

    /// The id of a task whose trailers name none: from what a rebase preserves of a commit (author, author time,
    /// subject) and the position of the claim among those of the message. A quoted commit gives the same id as the
    /// commit itself.
    fn derived_id(&self, claim: &Claim, authored: &Authored, ordinal: usize) -> TaskId {
        // Without its time a quoted commit is identified by where it is quoted.
        let place = match &claim.part {
            Some(part) if part.time.is_none() => format!("{ordinal} in line {}", part.line),
            _ => ordinal.to_string(),
        };
        TaskId::derived(&[
            "trailer",
            &authored.author.name,
            &authored.author.email,
            &authored.time.seconds.to_string(),
            &authored.title,
            &place,
        ])
    }
}

/// The task that a claim with an estimate makes of its commit.
fn task(claim: &Claim, authored: &Authored, id: TaskId) -> Option<Task> {
    let by = authored.author.to_string();
    let at = DateTime::from_timestamp(authored.time.seconds, 0).unwrap_or_default();
    let source = match claim.place {
        TrailerPlace::Block => TaskSource::Trailer,
        TrailerPlace::Body => TaskSource::TrailerBody,
    };
    let first = FirstClaim {
        at,
        by: &by,
        title: authored.title.clone(),
        date: authored.time.day(),
        hours: claim.estimate?,
        source,
    };
    let mut task = Task::new(id, first);
    task.estimate.low = claim.range.map(|ends| ends.low);
    task.estimate.high = claim.range.map(|ends| ends.high);
    task.estimate.phases.clone_from(&claim.phases);
    task.estimate.estimator.clone_from(&claim.estimator);
    task.agent_minutes = claim.agent_minutes;
    task.supervisory_minutes = claim.supervisory_minutes;
    task.tokens = claim.tokens;
    task.agent.clone_from(&claim.agent);
    task.model.clone_from(&claim.model);
    task.category.clone_from(&claim.category);
    task.sessions.clone_from(&claim.sessions);
    leave_to_session(&mut task);
    Some(task)
}

/// If an agent estimated that names the one session of its own in which it committed, what the message does not claim
/// is left to that session, as if it had been recorded there.
fn leave_to_session(task: &mut Task) {
    let ([session], Some(estimator)) = (task.sessions.as_slice(), &task.estimate.estimator) else {
        return;
    };
    if session.agent != estimator.agent {
        return;
    }
    task.recorded_in = Some(session.clone());
    if task.supervisory_minutes.is_none() {
        task.supervisory_minutes_basis = Some(Provenance::Estimated);
    }
    if task.tokens.is_none() {
        task.tokens_basis = Some(Provenance::Measured);
    }
}

/// The claims of one task in the order in which they were made.
pub(super) fn sort(said: &mut [Said]) {
    said.sort_by(|one, other| {
        (one.order(), one.commit, one.claim.line).cmp(&(other.order(), other.commit, other.claim.line))
    });
}

/// What sorted claims make of the task `id`: the first with an estimate is revision 0, and each later one that differs
/// is the next. A copy, as a rebase or a squash leaves it, is not a revision.
pub(super) fn revisions(id: TaskId, said: &[Said]) -> Vec<Task> {
    let mut revisions: Vec<Task> = Vec::new();
    for (number, one) in said.iter().enumerate() {
        let Some(claimed) = &one.task else {
            continue;
        };
        let Some(before) = revisions.last() else {
            revisions.push(Task {
                id,
                ..claimed.clone()
            });
            continue;
        };
        let mut earlier = said.iter().take(number);
        let is_copy = one.in_squash && earlier.any(|other| other.claim.says_the_same(&one.claim));
        let next = revised(before, claimed);
        if !is_copy && !is_same(before, &next) {
            revisions.push(next);
        }
    }
    revisions
}

/// The task as a later claim has it. What that one leaves out stays.
fn revised(before: &Task, claimed: &Task) -> Task {
    let mut next = before.clone();
    next.rev += 1;
    next.at = claimed.at;
    next.by.clone_from(&claimed.by);
    if claimed.estimate.hours != before.estimate.hours || !claimed.estimate.phases.is_empty() {
        next.estimate = claimed.estimate.clone();
    } else {
        if claimed.estimate.range().is_some() {
            next.estimate.low = claimed.estimate.low;
            next.estimate.high = claimed.estimate.high;
        }
        if claimed.estimate.estimator.is_some() {
            next.estimate.estimator.clone_from(&claimed.estimate.estimator);
        }
    }
    next.agent_minutes = claimed.agent_minutes.or(before.agent_minutes);
    if claimed.supervisory_minutes.is_some() {
        next.supervisory_minutes = claimed.supervisory_minutes;
        next.supervisory_minutes_basis = None;
    }
    if claimed.tokens.is_some() {
        next.tokens = claimed.tokens;
        next.tokens_basis = None;
    }
    next.agent = claimed.agent.clone().or(next.agent);
    next.model = claimed.model.clone().or(next.model);
    next.category = claimed.category.clone().or(next.category);
    let more = claimed.sessions.iter();
    let more = more.filter(|session| !before.sessions.contains(session));
    next.sessions.extend(more.cloned());
    next
}

/// Whether two revisions differ only in who wrote them, and when.
fn is_same(before: &Task, next: &Task) -> bool {
    let mut next = next.clone();
    next.rev = before.rev;
    next.at = before.at;
    next.by.clone_from(&before.by);
    next.estimate.by.clone_from(&before.estimate.by);
    next.source.clone_from(&before.source);
    next == *before
}
