//! The ledger of one repository as it was read: every task once, with its revisions and its commits.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::claim::{Claim, ClaimError};
use super::claimed::{self, CommitClaims, Said};
use super::copies::{self, History, Names, Recorded, Rewrites, Unknown};
use super::diagnostics::{Status, Warning};
use super::estimate::EstimatorKey;
use super::evidence::{Evidence, Signs};
use super::ids::{ObjectId, RecordId, TaskId};
use super::opinions::{self, People};
use super::record::{ByHand, LineError, NoteLines, Opinion, Record, SessionRecord, Tombstone};
use super::short_ids::{self, ShortIds};
use super::sign::Sign;
use super::task::{Task, TaskSource};
use super::trailers::TrailerPlace;

/// The content of all notes, trailers and task commits of a repository.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ledger {
    /// The tasks that count, by id.
    pub tasks: Vec<LedgerTask>,
    /// The tasks that were retracted, by id.
    pub retracted: Vec<RetractedTask>,
    /// The measured sessions, by the id of their record.
    pub sessions: Vec<LedgerSession>,
    /// What persons did without an agent, by id.
    pub by_hand: Vec<LedgerByHand>,
    /// The same, retracted.
    pub retracted_by_hand: Vec<(LedgerByHand, Tombstone)>,
    /// Authors of estimates whom a mailmap knows under another name, if there are opinions.
    pub people: People,
    /// Opinions on tasks that are not here, by the id of the task.
    pub strayed: Vec<Opinion>,
    /// The derived ids of claims, with the ids of the tasks that they count under here. Another clone may know them by
    /// the first.
    pub same: BTreeMap<TaskId, TaskId>,
    /// The trailers that could not be read, by commit.
    pub refused: Vec<(ObjectId, Vec<ClaimError>)>,
    /// The commits whose trailers name a task that no note here records, with its id.
    pub unknown: BTreeMap<ObjectId, TaskId>,
    /// The remote whose ledger was never fetched, if nothing of one is here. Untrusted text.
    pub unfetched: Option<String>,
    /// Whether every note and each of its lines was read; refused trailers do not matter for this.
    pub status: Status,
    /// What could not be read, and what disagrees.
    pub warnings: Vec<Warning>,
}

/// A task with all that the repository knows of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LedgerTask {
    /// The current revision.
    pub task: Task,
    /// Every revision, those of trailers included, oldest first; the current one is the last.
    pub revisions: Vec<Task>,
    /// How it was found.
    pub provenance: TaskProvenance,
    /// The commits whose notes contain it, those of `refs/leverage/tasks` included.
    pub notes: Vec<ObjectId>,
    /// The code commits that belong to it: those of notes, of trailers and those that the record lists.
    pub commits: Vec<ObjectId>,
    /// Its claims in trailers, in the order in which they were written.
    pub claims: Vec<(ObjectId, Claim)>,
    /// Every opinion on it, oldest first: those that count are [`opinions::current`](super::opinions::current).
    pub opinions: Vec<Opinion>,
}

/// What a person did without an agent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LedgerByHand {
    /// The current revision.
    pub record: ByHand,
    /// The commits whose notes contain it, those of `refs/leverage/tasks` included.
    pub notes: Vec<ObjectId>,
    /// The code commits among them, after rewrites.
    pub commits: Vec<ObjectId>,
}

/// How a task was found, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskProvenance {
    /// A record in a note.
    Note,
    /// Trailers that git reads as such.
    Trailer,
    /// Lines in the middle of a message, as a squash merge leaves trailers.
    Body,
}

/// A task that no longer counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RetractedTask {
    /// The task as it was.
    pub task: LedgerTask,
    /// Who retracted it, when and why; the first who did.
    pub tombstone: Tombstone,
}

/// A measured session.
#[derive(Debug, Clone, PartialEq)]
pub struct LedgerSession {
    /// The current revision of the record.
    pub record: SessionRecord,
    /// The commits whose notes contain it: more than one after a rewrite that copied notes.
    pub commits: Vec<ObjectId>,
}

/// What was read from git, before it is put together.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// The name of the repository, for warnings.
    pub repo: String,
    /// Notes with the commit they are on. A commit may come more than once: its notes are merged.
    pub notes: Vec<(ObjectId, NoteLines)>,
    /// The commits of `refs/leverage/tasks`: without code.
    pub task_commits: HashSet<ObjectId>,
    /// The messages with `Leverage-` trailers.
    pub claims: Vec<CommitClaims>,
    /// The remote whose ledger was never fetched, if nothing of one is here.
    pub unfetched: Option<String>,
    /// The trouble so far.
    pub warnings: Vec<Warning>,
}

impl Ledger {
    /// Assembles what was read: each id once, its current line the highest `(rev, at, bytes)`, a record in a note
    /// before trailers.
    pub fn assemble(findings: Findings) -> Self {
        Self::assemble_with(findings, &Unknown)
    }

    /// The same, given git's history of commits that were rewritten or squashed: each of their tasks once, on the
    /// commits that replaced them.
    pub fn assemble_with(findings: Findings, history: &dyn History) -> Self {
        let unfetched = findings.unfetched;
        let mut builder = Builder {
            repo: findings.repo,
            task_commits: findings.task_commits,
            status: match findings.warnings.as_slice() {
                [] => Status::Complete,
                _ => Status::Partial,
            },
            warnings: findings.warnings,
            ..Builder::default()
        };
        for (commit, lines) in findings.notes {
            builder.add_note(commit, &lines);
        }
        builder.settle_revisions();
        builder.add_listed_commits();
        builder.rewrites = history.rewrites(&builder.spoken_of());
        builder.add_claims(&findings.claims, history);
        Self {
            unfetched,
            ..builder.finish()
        }
    }

    /// The evidence of the records in notes for their commits.
    pub fn signs(&self) -> Signs {
        let mut signs = Signs::default();
        let recorded = self.tasks.iter();
        for task in recorded.filter(|task| task.provenance == TaskProvenance::Note) {
            for commit in &task.commits {
                signs.add(*commit, task.task.sign());
            }
        }
        for session in &self.sessions {
            for commit in &session.commits {
                signs.add(*commit, [session.record.sign()]);
            }
        }
        signs
    }

    /// The tasks that count and have one of these commits.
    pub fn on<'a>(&'a self, commits: &'a [ObjectId]) -> impl Iterator<Item = &'a LedgerTask> {
        let has_one = |task: &&LedgerTask| task.commits.iter().any(|commit| commits.contains(commit));
        self.tasks.iter().filter(has_one)
    }

    /// The task of that id, counted or retracted.
    pub fn task(&self, id: TaskId) -> Option<&LedgerTask> {
        self.all_tasks().find(|found| found.task.id == id)
    }

    /// Every task, counted or retracted.
    pub fn all_tasks(&self) -> impl Iterator<Item = &LedgerTask> {
        let retracted = self.retracted.iter().map(|retracted| &retracted.task);
        self.tasks.iter().chain(retracted)
    }

    /// Every task done by hand, counted or retracted.
    pub fn all_by_hand(&self) -> impl Iterator<Item = &LedgerByHand> {
        let retracted = self.retracted_by_hand.iter().map(|(found, _)| found);
        self.by_hand.iter().chain(retracted)
    }

    /// The opinions on a task that count: of each estimator the last, and none of who made the claim.
    pub fn opinions_on(&self, found: &LedgerTask) -> Vec<Opinion> {
        opinions::current(&found.task, &found.opinions, &self.people)
    }

    /// The short form of one id that names no other task.
    pub fn short_id(&self, id: TaskId) -> String {
        short_ids::among(id, self.all_tasks().map(|found| found.task.id))
    }

    /// The short forms of all ids.
    pub fn short_ids(&self) -> ShortIds {
        self.all_tasks().map(|found| found.task.id).collect()
    }

    /// When and why a task was retracted.
    pub fn tombstone(&self, id: TaskId) -> Option<&Tombstone> {
        let tasks = self.retracted.iter();
        let tasks = tasks.map(|retracted| (retracted.task.task.id, &retracted.tombstone));
        let by_hand = self.retracted_by_hand.iter();
        let by_hand = by_hand.map(|(found, tombstone)| (found.record.id, tombstone));
        let mut all = tasks.chain(by_hand);
        all.find(|(retracted, _)| *retracted == id)
            .map(|(_, tombstone)| tombstone)
    }
}

/// As many opinions on one task are kept; a note could hold any number.
const MOST_OPINIONS: usize = 5_000;

/// A line that was read, with what orders revisions.
struct Revision<T> {
    record: T,
    rev: u32,
    at: DateTime<Utc>,
    line: Vec<u8>,
}

impl<T> Revision<T> {
    fn of(record: T, (rev, at): (u32, DateTime<Utc>), line: &[u8]) -> Self {
        Self {
            record,
            rev,
            at,
            line: line.to_vec(),
        }
    }
}

/// Sorts revisions, the current one last.
fn sort<T>(revisions: &mut [Revision<T>]) {
    revisions.sort_by(|a, b| (a.rev, a.at, &a.line).cmp(&(b.rev, b.at, &b.line)));
}

/// All that is known of one id while reading.
struct Gathered {
    revisions: Vec<Revision<Task>>,
    provenance: TaskProvenance,
    notes: BTreeSet<ObjectId>,
    commits: BTreeSet<ObjectId>,
    said: Vec<Said>,
}

impl Gathered {
    fn new(provenance: TaskProvenance) -> Self {
        Self {
            revisions: Vec::new(),
            provenance,
            notes: BTreeSet::new(),
            commits: BTreeSet::new(),
            said: Vec::new(),
        }
    }

    /// The records, after the claims if these came first: `revise` writes no line for what a message claims.
    fn all_revisions(&self, id: TaskId) -> Vec<Task> {
        let recorded = self.revisions.iter().map(|revision| revision.record.clone());
        let first = self.revisions.first().map(|first| first.record.rev);
        let claimed = claimed::revisions(id, &self.said).into_iter();
        claimed
            .filter(|task| first.is_none_or(|first| task.rev < first))
            .chain(recorded)
            .collect()
    }
}

#[derive(Default)]
struct Builder {
    repo: String,
    task_commits: HashSet<ObjectId>,
    tasks: BTreeMap<TaskId, Gathered>,
    /// The tasks, retracted or not, that the note on a commit records.
    recorded_on: BTreeMap<ObjectId, BTreeSet<TaskId>>,
    tombstones: BTreeMap<RecordId, Tombstone>,
    /// The commits whose notes contain a retraction: their copies make no new claim.
    retracted_on: BTreeSet<ObjectId>,
    rewrites: Rewrites,
    same: BTreeMap<TaskId, TaskId>,
    sessions: BTreeMap<RecordId, (Vec<Revision<SessionRecord>>, BTreeSet<ObjectId>)>,
    by_hand: BTreeMap<TaskId, (Vec<Revision<ByHand>>, BTreeSet<ObjectId>)>,
    /// By task; each line once.
    opinions: BTreeMap<TaskId, Vec<Revision<Opinion>>>,
    /// The tasks with more opinions than are kept.
    crowded: BTreeSet<TaskId>,
    unknown_tasks: BTreeMap<ObjectId, TaskId>,
    refused: Vec<(ObjectId, Vec<ClaimError>)>,
    status: Status,
    warnings: Vec<Warning>,
}

impl Builder {
    fn add_note(&mut self, commit: ObjectId, lines: &NoteLines) {
        let mut refused = Vec::new();
        for line in lines.iter() {
            let decoded = Record::decode_and_tell(line).map(|(record, ignored)| {
                self.tell_ignored(commit, &record, &ignored);
                record
            });
            match decoded {
                Ok(Record::Task(task)) => self.add_task(commit, *task, line),
                Ok(Record::Session(session)) => self.add_session(commit, *session, line),
                Ok(Record::Opinion(opinion)) => {
                    self.add_opinion(*opinion, line);
                }
                Ok(Record::ByHand(by_hand)) => {
                    let (revisions, commits) = self.by_hand.entry(by_hand.id).or_default();
                    commits.insert(commit);
                    let order = (by_hand.rev, by_hand.at);
                    revisions.push(Revision::of(*by_hand, order, line));
                }
                Ok(Record::Tombstone(tombstone)) => {
                    self.retracted_on.insert(commit);
                    self.add_tombstone(tombstone);
                }
                Err(error) => refused.push(error),
            }
        }
        if let Some(warning) = note_warning(&self.repo, commit, &refused) {
            self.status = Status::Partial;
            self.warnings.push(warning);
        }
    }

    /// Reports ranges that are none. Their estimates count without them.
    fn tell_ignored(&mut self, commit: ObjectId, record: &Record, ranges: &[String]) {
        let place = format!("{} note on {}", self.repo, commit.short());
        let told = |range| {
            let what = record.described();
            Warning::new(
                place.clone(),
                format!("ignored the range `{range}` in {what}: it is not one"),
            )
        };
        self.warnings.extend(ranges.iter().map(told));
    }

    fn add_task(&mut self, commit: ObjectId, task: Task, line: &[u8]) {
        self.recorded_on.entry(commit).or_default().insert(task.id);
        let gathered = self
            .tasks
            .entry(task.id)
            .or_insert_with(|| Gathered::new(TaskProvenance::Note));
        gathered.notes.insert(commit);
        if !self.task_commits.contains(&commit) {
            gathered.commits.insert(commit);
        }
        let order = (task.rev, task.at);
        gathered.revisions.push(Revision::of(task, order, line));
    }

    fn add_opinion(&mut self, opinion: Opinion, line: &[u8]) {
        let of = opinion.of;
        let of_task = self.opinions.entry(of).or_default();
        let order = (opinion.rev, opinion.at);
        of_task.push(Revision::of(opinion, order, line));
        if of_task.len() >= MOST_OPINIONS * 2 && bounded(of_task) && self.crowded.insert(of) {
            let what =
                format!("the task {of} has more than {MOST_OPINIONS} opinions; the earliest are left out");
            self.warnings.push(Warning::new(self.repo.clone(), what));
        }
    }

    fn add_session(&mut self, commit: ObjectId, session: SessionRecord, line: &[u8]) {
        let (revisions, commits) = self.sessions.entry(session.id).or_default();
        commits.insert(commit);
        let order = (session.rev, session.at);
        revisions.push(Revision::of(session, order, line));
    }

    /// The first retraction counts: later ones retract nothing more.
    fn add_tombstone(&mut self, tombstone: Tombstone) {
        let first = self
            .tombstones
            .entry(tombstone.of)
            .or_insert_with(|| tombstone.clone());
        if (tombstone.at, tombstone.id) < (first.at, first.id) {
            *first = tombstone;
        }
    }

    /// Sorts revisions, each once: a rewrite that copies notes leaves the same line on two commits.
    fn settle_revisions(&mut self) {
        for gathered in self.tasks.values_mut() {
            sort(&mut gathered.revisions);
            gathered.revisions.dedup_by(|a, b| a.line == b.line);
        }
    }

    fn add_listed_commits(&mut self) {
        for gathered in self.tasks.values_mut() {
            if let Some(current) = gathered.revisions.last() {
                gathered.commits.extend(current.record.commits.iter().copied());
            }
        }
    }

    /// Every commit of code that notes are on or name.
    fn spoken_of(&self) -> BTreeSet<ObjectId> {
        let of_tasks = self.tasks.values().flat_map(|gathered| &gathered.commits);
        let of_sessions = self.sessions.values().flat_map(|(_, commits)| commits);
        let of_retractions = self
            .retracted_on
            .iter()
            .filter(|commit| !self.task_commits.contains(commit));
        of_tasks
            .chain(of_sessions)
            .chain(of_retractions)
            .copied()
            .collect()
    }

    fn add_claims(&mut self, all: &[CommitClaims], history: &dyn History) {
        for found in all {
            self.add_refused(found);
        }
        let said: Vec<(TaskId, Said)> = all.iter().flat_map(CommitClaims::said).collect();
        let names = self.names(&said, history);
        for (id, said) in said {
            let task = names.of(id);
            if task != id {
                self.same.insert(id, task);
            }
            self.add_claim(task, said);
        }
    }

    /// Which task each claim describes, if it names none.
    fn names(&self, said: &[(TaskId, Said)], history: &dyn History) -> Names {
        let left_behind: Vec<(TaskId, Said)> =
            self.rewrites.claims.iter().flat_map(CommitClaims::said).collect();
        let mut recorded = BTreeMap::new();
        for (id, gathered) in &self.tasks {
            let current = gathered.revisions.last().map(|last| &last.record);
            recorded.insert(*id, (current, Some(&gathered.notes)));
        }
        for id in self.tombstones.keys() {
            recorded.entry(id.as_task()).or_insert((None, None));
        }
        let recorded = Recorded {
            tasks: recorded,
            on: &self.recorded_on,
        };
        copies::names(said, &left_behind, recorded, &self.rewrites, history)
    }

    fn add_refused(&mut self, found: &CommitClaims) {
        let place = format!("{} {}", self.repo, found.commit.short());
        let warnings = found.errors.iter();
        let warnings = warnings.map(|error| Warning::new(place.clone(), error.to_string()));
        self.warnings.extend(warnings);
        if !found.errors.is_empty() {
            self.refused.push((found.commit, found.errors.clone()));
        }
    }

    fn add_claim(&mut self, id: TaskId, said: Said) {
        let provenance = match said.claim.place {
            TrailerPlace::Block => TaskProvenance::Trailer,
            TrailerPlace::Body => TaskProvenance::Body,
        };
        let gathered = self.tasks.entry(id).or_insert_with(|| Gathered::new(provenance));
        gathered.provenance = gathered.provenance.min(provenance);
        gathered.commits.insert(said.commit);
        gathered.said.push(said);
    }

    /// Assigns the opinions on a task that another clone knows by a derived id to the id that it has here.
    fn name_opinions(&mut self) {
        for (derived, id) in &self.same {
            if let Some(opinions) = self.opinions.remove(derived) {
                self.opinions.entry(*id).or_default().extend(opinions);
            }
        }
    }

    fn finish_by_hand(&mut self, ledger: &mut Ledger) {
        for (id, (mut revisions, notes)) in std::mem::take(&mut self.by_hand) {
            sort(&mut revisions);
            let Some(current) = revisions.pop() else {
                continue;
            };
            let on_code = notes.iter().filter(|commit| !self.task_commits.contains(commit));
            let on_code: BTreeSet<ObjectId> = on_code.copied().collect();
            let found = LedgerByHand {
                record: current.record,
                commits: self.rewrites.followed(&on_code, &on_code, std::iter::empty()),
                notes: notes.into_iter().collect(),
            };
            match self.tombstones.get(&id.into()) {
                Some(tombstone) => ledger.retracted_by_hand.push((found, tombstone.clone())),
                None => ledger.by_hand.push(found),
            }
        }
    }

    fn finish(mut self) -> Ledger {
        let mut ledger = Ledger::default();
        self.finish_by_hand(&mut ledger);
        self.name_opinions();
        for (id, mut gathered) in self.tasks {
            claimed::sort(&mut gathered.said);
            let mut revisions = gathered.all_revisions(id);
            mark_place(&mut revisions, gathered.provenance);
            let Some(task) = revisions.last().cloned() else {
                let named = gathered.said.iter().filter(|said| said.claim.task.is_some());
                self.unknown_tasks.extend(named.map(|said| (said.commit, id)));
                continue;
            };
            let commits = self.rewrites.followed(
                &gathered.commits,
                &gathered.notes,
                gathered.said.iter().map(|said| said.commit),
            );
            let task = LedgerTask {
                task,
                revisions,
                provenance: gathered.provenance,
                notes: gathered.notes.into_iter().collect(),
                commits,
                claims: gathered
                    .said
                    .into_iter()
                    .map(|said| (said.commit, said.claim))
                    .collect(),
                opinions: in_order(self.opinions.remove(&id).unwrap_or_default()),
            };
            match self.tombstones.remove(&id.into()) {
                Some(tombstone) => ledger.retracted.push(RetractedTask { task, tombstone }),
                None => ledger.tasks.push(task),
            }
        }
        for (id, (mut revisions, commits)) in self.sessions {
            sort(&mut revisions);
            if let Some(current) = revisions.pop().filter(|_| !self.tombstones.contains_key(&id)) {
                ledger.sessions.push(LedgerSession {
                    record: current.record,
                    commits: self.rewrites.followed(&commits, &commits, std::iter::empty()),
                });
            }
        }
        ledger.strayed = self.opinions.into_values().flat_map(in_order).collect();
        self.warnings
            .extend(unknown_warning(&self.repo, &self.unknown_tasks));
        ledger.same = self.same;
        ledger.unknown = self.unknown_tasks;
        ledger.refused = self.refused;
        ledger.status = self.status;
        ledger.warnings = self.warnings;
        ledger
    }
}

/// Sorts opinions, and keeps the last ones; whether some are left out.
fn bounded(opinions: &mut Vec<Revision<Opinion>>) -> bool {
    sort_opinions(opinions);
    let excess = opinions.len().saturating_sub(MOST_OPINIONS);
    let mut last: BTreeMap<EstimatorKey, usize> = BTreeMap::new();
    for (at, opinion) in opinions.iter().enumerate() {
        last.insert(opinion.record.estimate.estimator_key(), at);
    }
    // Nobody's last opinion is crowded out by what others repeat.
    let last: BTreeSet<usize> = last.into_values().rev().take(MOST_OPINIONS / 2).collect();
    let mut at = 0;
    let before = opinions.len();
    opinions.retain(|_| {
        at += 1;
        at > excess || last.contains(&(at - 1))
    });
    opinions.len() < before
}

/// In the order in which they were given, each once: a rewrite that copies notes leaves the same line on two commits.
fn sort_opinions(opinions: &mut Vec<Revision<Opinion>>) {
    opinions.sort_by(|a, b| (a.at, a.rev, &a.line).cmp(&(b.at, b.rev, &b.line)));
    opinions.dedup_by(|a, b| a.line == b.line);
}

/// Opinions in the order in which they were given, each once: a rewrite that copies notes leaves the same line on two commits.
fn in_order(mut opinions: Vec<Revision<Opinion>>) -> Vec<Opinion> {
    sort_opinions(&mut opinions);
    opinions.into_iter().map(|opinion| opinion.record).collect()
}

/// A task in a trailer block anywhere does not count as found by the second look, whichever of its copies was read
/// first.
fn mark_place(revisions: &mut [Task], provenance: TaskProvenance) {
    let source = match provenance {
        TaskProvenance::Note => return,
        TaskProvenance::Trailer => TaskSource::Trailer,
        TaskProvenance::Body => TaskSource::TrailerBody,
    };
    for task in revisions {
        task.source = source.clone();
    }
}

/// One warning per note, however many of its lines are foreign.
fn note_warning(repo: &str, commit: ObjectId, refused: &[LineError]) -> Option<Warning> {
    let first = refused.first()?;
    let more = match refused.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more such lines"),
    };
    let warning = Warning::new(
        format!("{repo} note on {}", commit.short()),
        format!("a line cannot be read: {first}{more}"),
    );
    Some(match first.is_from_the_future() {
        true => warning.hint("Update git-leverage: a newer version wrote it"),
        false => warning,
    })
}

fn unknown_warning(repo: &str, commits: &BTreeMap<ObjectId, TaskId>) -> Option<Warning> {
    let (first, _) = commits.first_key_value()?;
    let what = match commits.len() {
        1 => format!("commit {} names a task", first.short()),
        count => format!("{count} commits, such as {}, name tasks", first.short()),
    };
    let warning = Warning::new(repo, format!("{what} that no note here records"));
    Some(warning.hint("Run `git leverage sync` to fetch the ledger that records them"))
}

/// The name of git-leverage as the tool that wrote a note.
const OWN: &str = "leverage";

impl Task {
    /// The evidence of a record for an agent. An estimate by itself is none, and neither is supervision.
    fn sign(&self) -> Option<Evidence> {
        let speaks_of_agent = self.agent.is_some()
            || self.model.is_some()
            || self.agent_minutes.is_some()
            || self.tokens.is_some()
            || !self.sessions.is_empty();
        let of_session = || self.sessions.first().map(|session| session.agent.clone());
        speaks_of_agent.then(|| Evidence {
            rule: Sign::Note(OWN.to_owned()),
            agent: self.agent.clone().or_else(of_session),
            model: self.model.clone(),
            lines: None,
        })
    }
}

impl SessionRecord {
    fn sign(&self) -> Evidence {
        Evidence {
            rule: Sign::Note(OWN.to_owned()),
            agent: Some(self.agent.clone()),
            model: self.models.first().cloned(),
            lines: None,
        }
    }
}

#[cfg(test)]
mod tests;
