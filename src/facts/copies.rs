//! Which claims, made on different commits, are one claim: what amends, rebases, cherry-picks and squashes copied.
//!
//! A derived id survives a rewrite that preserves author, author time and title. Everything else is found here: records
//! whose commit was left behind, messages that were changed, and squashes that join the messages of several commits. If
//! two claims might be one task or two, git's history decides.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::claimed::{CommitClaims, Said};
use super::commit::{Instant, Person};
use super::ids::{ObjectId, TaskId};
use super::task::{Task, TaskSource};

/// How many claims with the same content, and the same title or time, one claim is compared with at most.
const MAX_COMPARED: usize = 16;

/// How many claims of one message are searched together on a branch.
const MAX_TOGETHER: usize = 64;

/// What is known of commits beyond their messages and notes.
pub trait History {
    /// What happened to the commits that notes describe.
    fn rewrites(&self, spoken_of: &BTreeSet<ObjectId>) -> Rewrites;

    /// Whether a commit is a descendant of another.
    fn descends(&self, commit: ObjectId, from: ObjectId) -> bool;

    /// Whether no branch and no tag reaches a commit, of those in [`Rewrites::claims`].
    fn is_gone(&self, commit: ObjectId) -> bool;

    /// Whether HEAD reaches a commit.
    fn is_current(&self, commit: ObjectId) -> bool;

    /// Whether a commit made the change of another, or of several consecutive ones including that one.
    fn made_change_of(&self, whole: ObjectId, part: ObjectId) -> bool;

    /// Whether a commit changed every file that another changed.
    fn changed_files_of(&self, whole: ObjectId, part: ObjectId) -> bool;
}

/// What happened to commits that notes describe.
#[derive(Debug, Clone, Default)]
pub struct Rewrites {
    /// Those that a branch or a tag reaches.
    pub standing: HashSet<ObjectId>,
    /// Those that are not in the repository, and of which only the id is known.
    pub absent: BTreeSet<ObjectId>,
    /// What a rewrite made of them.
    pub copies: BTreeMap<ObjectId, ObjectId>,
    /// The squash commit whose message quotes them.
    pub squashed: BTreeMap<ObjectId, ObjectId>,
    /// The copies whose messages join that of the commit and those of others.
    pub joined: BTreeSet<ObjectId>,
    /// Claims in the messages of those that were not among the messages read.
    pub claims: Vec<CommitClaims>,
}

impl Rewrites {
    /// The commits of a task or a session; rewritten ones are replaced by the commits made from them.
    ///
    /// Git copies notes only if configured to (`notes.rewriteRef`), and then leaves the old one. A note whose commit no
    /// ref reaches, and which has no known copy, counts for nothing if a note or a claim is on a reachable one.
    pub(super) fn followed(
        &self,
        commits: &BTreeSet<ObjectId>,
        notes: &BTreeSet<ObjectId>,
        claimed: impl Iterator<Item = ObjectId>,
    ) -> Vec<ObjectId> {
        let claimed: HashSet<ObjectId> = claimed.collect();
        let stands = |commit: &ObjectId| self.standing.contains(commit) || claimed.contains(commit);
        let is_elsewhere = notes.iter().chain(&claimed).any(stands);
        let current: BTreeSet<ObjectId> = commits
            .iter()
            .filter_map(|commit| {
                let copy = self.copies.get(commit).or_else(|| self.squashed.get(commit));
                match copy {
                    Some(copy) => Some(*copy),
                    None if !stands(commit) && is_elsewhere && notes.contains(commit) => None,
                    None => Some(*commit),
                }
            })
            .collect();
        current.into_iter().collect()
    }
}

/// Commits of which nothing is known: all count as reachable, and none is a descendant of another.
pub(super) struct Unknown;

impl History for Unknown {
    fn rewrites(&self, spoken_of: &BTreeSet<ObjectId>) -> Rewrites {
        Rewrites {
            standing: spoken_of.iter().copied().collect(),
            ..Rewrites::default()
        }
    }

    fn descends(&self, _: ObjectId, _: ObjectId) -> bool {
        false
    }

    fn is_gone(&self, _: ObjectId) -> bool {
        false
    }

    fn is_current(&self, _: ObjectId) -> bool {
        true
    }

    fn made_change_of(&self, _: ObjectId, _: ObjectId) -> bool {
        false
    }

    fn changed_files_of(&self, _: ObjectId, _: ObjectId) -> bool {
        false
    }
}

/// The records in notes.
pub(super) struct Recorded<'a> {
    /// The current revision of each task, and the commits whose notes contain it; neither if there is only a
    /// retraction.
    pub(super) tasks: BTreeMap<TaskId, (Option<&'a Task>, Option<&'a BTreeSet<ObjectId>>)>,
    /// The tasks that the note on a commit records.
    pub(super) on: &'a BTreeMap<ObjectId, BTreeSet<TaskId>>,
}

/// A claim, and one that repeats it.
type Pair<'a> = (&'a Sighting<'a>, &'a Sighting<'a>);

/// The squashes that contain each task.
type Taken = HashMap<TaskId, Vec<ObjectId>>;

/// The id that each claim counts under.
#[derive(Debug, Default)]
pub(super) struct Names(HashMap<TaskId, TaskId>);

impl Names {
    pub(super) fn of(&self, mut id: TaskId) -> TaskId {
        while let Some(next) = self.0.get(&id) {
            id = *next;
        }
        id
    }

    /// The same, and the path there is short from now on.
    fn root(&mut self, id: TaskId) -> TaskId {
        let root = self.of(id);
        let mut at = id;
        while let Some(next) = self.0.get_mut(&at).filter(|next| **next != root) {
            at = std::mem::replace(next, root);
        }
        root
    }
}

/// One claim that names no task.
struct Sighting<'a> {
    id: TaskId,
    said: &'a Said,
    /// Whether a ref reaches its commit, so that it counts; otherwise it only shows what its copies mean.
    counts: bool,
}

impl Sighting<'_> {
    /// When it was committed, then what distinguishes it from all others.
    fn place(&self) -> (i64, ObjectId, usize) {
        (self.said.committed, self.said.commit, self.said.ordinal)
    }

    fn is_quoted(&self) -> bool {
        self.said.claim.part.is_some()
    }

    fn author(&self) -> &Person {
        &self.said.authored.author
    }

    fn title(&self) -> &str {
        &self.said.title
    }
}

/// The claims with the same content as others: those on HEAD and all others, each in the order in which they were
/// committed.
#[derive(Default)]
struct Alike<'a>(BTreeMap<String, (Vec<&'a Sighting<'a>>, Vec<&'a Sighting<'a>>)>);

impl<'a> Alike<'a> {
    fn all(&self) -> impl Iterator<Item = &'a Sighting<'a>> {
        self.0
            .values()
            .flat_map(|(current, others)| current.iter().chain(others))
            .copied()
    }

    /// Some that were committed before one, those nearest in time first: branches are squashed when they are done. A
    /// squashed branch is seldom on HEAD beside its squash, where nearly all claims are.
    fn before(&self, whole: &Sighting<'_>) -> Vec<&'a Sighting<'a>> {
        let Some((current, others)) = self.0.get(&whole.said.claim.content()) else {
            return Vec::new();
        };
        let nearest = |group: &[&'a Sighting<'a>]| {
            let end = group.partition_point(|one| one.place() < whole.place());
            // What a message quotes was made by another commit.
            let before = group.iter().take(end).rev().take(MAX_COMPARED);
            let before = before.filter(|one| !one.is_quoted());
            before.copied().collect::<Vec<_>>()
        };
        [nearest(others), nearest(current)].concat()
    }
}

/// Finds the claims that are copies of each other, or describe a record. Those of `left_behind` do not count; they only
/// show what their copies mean.
pub(super) fn names(
    read: &[(TaskId, Said)],
    left_behind: &[(TaskId, Said)],
    recorded: Recorded<'_>,
    rewrites: &Rewrites,
    history: &dyn History,
) -> Names {
    let mut sightings = Vec::new();
    for (all, counts) in [(read, true), (left_behind, false)] {
        let unnamed = all.iter().filter(|(_, said)| said.claim.task.is_none());
        sightings.extend(unnamed.map(|(id, said)| Sighting {
            id: *id,
            said,
            counts,
        }));
    }
    let mut on_commit: HashMap<ObjectId, Vec<usize>> = HashMap::new();
    for (at, sighting) in sightings.iter().enumerate() {
        on_commit.entry(sighting.said.commit).or_default().push(at);
    }
    let mut search = Search {
        sightings: &sightings,
        on_commit,
        recorded,
        rewrites,
        history,
        names: Names::default(),
    };
    search.notes();
    search.copies();
    search.changed_messages();
    search.squashes();
    search.same_changes();
    search.orphans();
    search.absent();
    search.names
}

struct Search<'a> {
    sightings: &'a [Sighting<'a>],
    on_commit: HashMap<ObjectId, Vec<usize>>,
    recorded: Recorded<'a>,
    rewrites: &'a Rewrites,
    history: &'a dyn History,
    names: Names,
}

impl<'a> Search<'a> {
    fn is_recorded(&mut self, id: TaskId) -> bool {
        let root = self.names.root(id);
        self.recorded.tasks.contains_key(&root)
    }

    /// Merges two ids: the recorded one counts, otherwise the second. Two records stay two tasks.
    fn join(&mut self, id: TaskId, with: TaskId) {
        let (id, with) = (self.names.root(id), self.names.root(with));
        if id == with {
            return;
        }
        if !self.recorded.tasks.contains_key(&id) {
            self.names.0.insert(id, with);
        } else if !self.recorded.tasks.contains_key(&with) {
            self.names.0.insert(with, id);
        }
    }

    /// The claims of a commit itself, without those that it quotes.
    fn own(&self, commit: ObjectId) -> Vec<&'a Sighting<'a>> {
        let on = self.on_commit.get(&commit).into_iter().flatten();
        on.map(|at| &self.sightings[*at])
            .filter(|sighting| !sighting.is_quoted())
            .collect()
    }

    /// A claim describes the task that the note on its commit records.
    fn notes(&mut self) {
        let (quoted, own): (Vec<_>, Vec<_>) = self.sightings.iter().partition(|one| one.is_quoted());
        for sighting in own.into_iter().chain(quoted) {
            if self.is_recorded(sighting.id) {
                continue;
            }
            let source = sighting.said.claim.part.as_ref().and_then(|part| part.commit);
            let mut commits = source.into_iter().chain([sighting.said.commit]);
            if let Some(record) = commits.find_map(|commit| self.record_of(sighting, commit)) {
                self.join(sighting.id, record);
            }
        }
    }

    /// The first record on a commit that describes a claim. One with the id of another claim describes that.
    fn record_of(&self, sighting: &Sighting<'_>, commit: ObjectId) -> Option<TaskId> {
        let beside = [commit, sighting.said.commit];
        let is_of_another = |id: &TaskId| {
            let all = beside.iter().filter_map(|commit| self.on_commit.get(commit));
            all.flatten().any(|at| self.sightings[*at].id == *id)
        };
        let records = self.recorded.on.get(&commit)?.iter();
        records
            .filter(|id| !is_of_another(id))
            .find(|id| self.speaks_of(**id, sighting))
            .copied()
    }

    /// A record that was copied from commits that are left behind describes what these claimed. A squash joined the
    /// claims of others to them.
    fn speaks_of(&self, record: TaskId, sighting: &Sighting<'_>) -> bool {
        let commit = sighting.said.commit;
        let (_, notes) = self.recorded.tasks.get(&record).copied().unwrap_or_default();
        let is_left_behind = |first: &&ObjectId| {
            let is_known = !self.rewrites.standing.contains(first) && !self.rewrites.absent.contains(first);
            **first != commit && is_known
        };
        let mut left_behind = notes.into_iter().flatten().filter(is_left_behind).peekable();
        if left_behind.peek().is_none() {
            return true;
        }
        left_behind.any(|first| {
            let claims = self.own(*first);
            let may_speak = match self.rewrites.copies.get(first) == Some(&commit) {
                true => claims.is_empty() || sighting.said.ordinal <= claims.len(),
                false => claims
                    .iter()
                    .any(|one| one.said.claim.says_the_same(&sighting.said.claim)),
            };
            let has_claimed = !claims.is_empty() && !self.rewrites.joined.contains(first);
            may_speak && (has_claimed || !self.is_of_another(record, sighting))
        })
    }

    /// Whether a claim came into a message with those of other commits, and differs from the record.
    fn is_of_another(&self, record: TaskId, sighting: &Sighting<'_>) -> bool {
        let (task, _) = self.recorded.tasks.get(&record).copied().unwrap_or_default();
        let hours = task.map(|task| task.estimate.hours);
        self.rewrites.joined.contains(&sighting.said.commit) && hours != sighting.said.claim.estimate
    }

    /// What a rewrite made of a commit with a note claims what the commit did.
    fn copies(&mut self) {
        for (first, copy) in &self.rewrites.copies {
            let (before, record) = (self.own(*first), self.recorded.on.get(first));
            for sighting in self.own(*copy) {
                if self.is_recorded(sighting.id) {
                    continue;
                }
                let same = before
                    .iter()
                    .find(|one| one.said.ordinal == sighting.said.ordinal);
                let same = match same {
                    Some(one) => Some(one.id).filter(|id| self.is_recorded(*id)),
                    None if before.is_empty() => record
                        .and_then(|tasks| tasks.first().copied())
                        .filter(|record| !self.is_of_another(*record, sighting)),
                    None => None,
                };
                if let Some(same) = same {
                    self.join(sighting.id, same);
                }
            }
        }
    }

    /// A commit with the author time and the claim of another, and its author or title, is a copy of it whose title or
    /// author was changed, unless one of them is a descendant of the other.
    fn changed_messages(&mut self) {
        let mut together: HashMap<(Instant, usize, String), Vec<&'a Sighting<'a>>> = HashMap::new();
        for sighting in self.sightings.iter().filter(|one| one.counts && !one.is_quoted()) {
            let said = sighting.said;
            let key = (said.authored.time, said.ordinal, said.claim.content());
            together.entry(key).or_default().push(sighting);
        }
        for mut group in together.into_values().filter(|group| group.len() > 1) {
            group.sort_by_key(|one| (one.said.committed, one.said.commit));
            for (number, sighting) in group.iter().enumerate() {
                let authored = &sighting.said.authored;
                let earlier = group.iter().take(number.min(MAX_COMPARED));
                let mut earlier =
                    earlier.filter(|one| one.id != sighting.id && one.said.authored.is_alike(authored));
                if let Some(first) = earlier.find(|one| self.is_elsewhere(one, sighting)) {
                    self.join(sighting.id, first.id);
                }
            }
        }
    }

    /// Whether two equal claims are on diverged lines of history.
    fn is_elsewhere(&self, one: &Sighting<'_>, other: &Sighting<'_>) -> bool {
        let (first, second) = (one.said.commit, other.said.commit);
        first != second && !self.history.descends(first, second) && !self.history.descends(second, first)
    }

    /// A squash contains the claims of its parts, below their titles. The parts are on a separate branch, if anywhere.
    fn squashes(&mut self) {
        // By title and claim: many commits share a title such as "wip".
        let mut alike: HashMap<(&str, String), Vec<&'a Sighting<'a>>> = HashMap::new();
        for sighting in self.sightings.iter().filter(|one| !one.is_quoted()) {
            let key = (sighting.title(), sighting.said.claim.content());
            alike.entry(key).or_default().push(sighting);
        }
        let mut squashes: Vec<&'a Sighting<'a>> = self
            .sightings
            .iter()
            .filter(|one| one.counts && !one.is_quoted())
            .collect();
        squashes.sort_by_key(|one| one.said.committed);
        let mut taken = Taken::default();
        for sighting in squashes {
            let claim = &sighting.said.claim;
            if claim.titles.is_empty() {
                continue;
            }
            let content = claim.content();
            let titles = claim.titles.iter();
            let parts = titles.filter_map(|title| alike.get(&(title.as_str(), content.clone())));
            let parts = parts.flatten();
            for part in parts.take(MAX_COMPARED) {
                let root = self.names.root(part.id);
                let is_known = root == self.names.root(sighting.id);
                let by = taken.get(&root).map(Vec::as_slice).unwrap_or_default();
                if (is_known || self.is_part(part, sighting)) && self.is_free(by, sighting) {
                    taken.entry(root).or_default().push(sighting.said.commit);
                    self.join(sighting.id, part.id);
                    break;
                }
            }
        }
    }

    /// A squash with a new title has nothing of its parts but their claims and their change.
    fn same_changes(&mut self) {
        let alike = self.alike();
        let mut taken = Taken::default();
        for whole in alike.all() {
            if !self.is_open(whole) {
                continue;
            }
            let mut parts = alike.before(whole).into_iter();
            let part = parts.find(|part| {
                self.is_new_part(part, whole, &taken)
                    && self.history.made_change_of(whole.said.commit, part.said.commit)
            });
            if let Some(part) = part {
                self.take(part, whole, &mut taken);
            }
        }
        // A squash that changed more, or less: each of its claims was made on one branch, by another commit.
        let several = self.on_commit.values();
        let several = several.filter(|on| (2..=MAX_TOGETHER).contains(&on.len()));
        let mut wholes: Vec<ObjectId> = several.map(|on| self.sightings[on[0]].said.commit).collect();
        wholes.sort_unstable();
        for commit in wholes {
            for (part, whole) in self.all_parts(commit, &alike, &taken) {
                self.take(part, whole, &mut taken);
            }
        }
    }

    /// The claims with equal content, if there is more than one.
    fn alike(&self) -> Alike<'a> {
        let mut groups: HashMap<String, Vec<&'a Sighting<'a>>> = HashMap::new();
        for sighting in self.sightings {
            let content = sighting.said.claim.content();
            groups.entry(content).or_default().push(sighting);
        }
        groups.retain(|_, group| group.len() > 1);
        let mut alike = Alike::default();
        for (content, mut group) in groups {
            group.sort_by_key(|one| one.place());
            let is_current = |one: &&Sighting<'_>| self.history.is_current(one.said.commit);
            alike.0.insert(content, group.into_iter().partition(is_current));
        }
        alike
    }

    /// For each claim of an unknown commit another one that it may repeat; none if one of them is new, or if they are
    /// not of one branch.
    fn all_parts(&self, commit: ObjectId, alike: &Alike<'a>, taken: &Taken) -> Vec<Pair<'a>> {
        let mut found: Vec<Pair<'a>> = Vec::new();
        for whole in self.own(commit).into_iter().filter(|one| self.is_open(one)) {
            let part = alike.before(whole).into_iter().find(|part| {
                self.is_new_part(part, whole, taken)
                    && found.iter().all(|(other, _)| self.is_in_line(part, other))
                    && self.history.changed_files_of(commit, part.said.commit)
            });
            match part {
                Some(part) => found.push((part, whole)),
                None => return Vec::new(),
            }
        }
        found
    }

    /// Whether two claims are of one branch.
    fn is_in_line(&self, one: &Sighting<'_>, other: &Sighting<'_>) -> bool {
        let descends = |one: &Sighting<'_>, other: &Sighting<'_>| {
            !self.history.is_gone(one.said.commit)
                && self.history.descends(one.said.commit, other.said.commit)
        };
        self.names.of(one.id) != self.names.of(other.id) && (descends(one, other) || descends(other, one))
    }

    /// Whether nothing is known of a claim that counts.
    fn is_open(&self, whole: &Sighting<'_>) -> bool {
        let is_recorded = self.recorded.tasks.contains_key(&self.names.of(whole.id));
        whole.counts && !is_recorded && !self.is_copy(whole)
    }

    fn is_new_part(&self, part: &Sighting<'_>, whole: &Sighting<'_>, taken: &Taken) -> bool {
        let root = self.names.of(part.id);
        let by = taken.get(&root).map(Vec::as_slice).unwrap_or_default();
        // Nothing that a ref reaches was built on a commit that none reaches.
        let is_elsewhere = || self.history.is_gone(part.said.commit) || self.is_elsewhere(part, whole);
        root != self.names.of(whole.id) && is_elsewhere() && self.is_free(by, whole)
    }

    fn take(&mut self, part: &Sighting<'_>, whole: &Sighting<'_>, taken: &mut Taken) {
        let root = self.names.root(part.id);
        taken.entry(root).or_default().push(whole.said.commit);
        self.join(whole.id, part.id);
    }

    /// Whether a claim is known to be that of another commit.
    fn is_copy(&self, sighting: &Sighting<'_>) -> bool {
        self.names.of(sighting.id) != sighting.id
    }

    /// Whether a part that these squashes contain can also be in another one: not in the same, and not in one on the
    /// same line of history, which cannot add it again.
    fn is_free(&self, taken_by: &[ObjectId], squash: &Sighting<'_>) -> bool {
        let commit = squash.said.commit;
        taken_by.len() < MAX_COMPARED
            && taken_by
                .iter()
                .all(|other| *other != commit && !self.history.descends(commit, *other))
    }

    fn is_part(&self, part: &Sighting<'_>, squash: &Sighting<'_>) -> bool {
        let (one, whole) = (part.said, squash.said);
        one.commit != whole.commit
            && one.authored.time.seconds <= whole.committed
            && one.claim.says_the_same(&whole.claim)
            && !self.history.descends(whole.commit, one.commit)
    }

    /// A recorded claim whose commit no longer exists was given another time, or joined to others without its title.
    fn orphans(&mut self) {
        let left: Vec<&'a Sighting<'a>> = self.sightings.iter().filter(|one| !one.counts).collect();
        let is_lost = |one: &&&Sighting<'_>| {
            let commit = one.said.commit;
            !self.rewrites.standing.contains(&commit) && !self.rewrites.copies.contains_key(&commit)
        };
        let lost: Vec<&'a Sighting<'a>> = left.iter().filter(is_lost).copied().collect();
        let mut seen: HashSet<TaskId> = HashSet::new();
        let mut titled: HashMap<(&str, String), Vec<&'a Sighting<'a>>> = HashMap::new();
        let mut joined: HashMap<(&Person, String), Vec<&'a Sighting<'a>>> = HashMap::new();
        for sighting in self.sightings.iter().filter(|one| one.counts) {
            seen.insert(self.names.root(sighting.id));
            if sighting.is_quoted() || self.is_recorded(sighting.id) {
                continue;
            }
            let content = sighting.said.claim.content();
            if !sighting.said.claim.titles.is_empty() {
                let key = (sighting.author(), content.clone());
                joined.entry(key).or_default().push(sighting);
            }
            let key = (sighting.title(), content);
            titled.entry(key).or_default().push(sighting);
        }
        for orphan in lost {
            let record = self.names.root(orphan.id);
            if !self.is_recorded(record) || !seen.insert(record) {
                continue;
            }
            let content = orphan.said.claim.content();
            let titled = titled.get(&(orphan.title(), content.clone()));
            let joined = joined.get(&(orphan.author(), content));
            let (titled, joined) = (titled.into_iter().flatten(), joined.into_iter().flatten());
            let open = titled.take(MAX_COMPARED).chain(joined.take(MAX_COMPARED));
            let mut open = open.filter(|one| !self.recorded.tasks.contains_key(&self.names.of(one.id)));
            let copy = open.find(|one| self.is_part(orphan, one)).copied();
            if let Some(copy) = copy.filter(|_| self.history.is_gone(orphan.said.commit)) {
                self.join(copy.id, record);
            }
        }
    }

    /// A record whose commits are not in this clone describes the claim with its title and day.
    fn absent(&mut self) {
        let mut open: HashMap<(&str, chrono::NaiveDate), Vec<&'a Sighting<'a>>> = HashMap::new();
        let mut seen: HashSet<TaskId> = HashSet::new();
        for sighting in self.sightings.iter().filter(|one| one.counts && !one.is_quoted()) {
            seen.insert(self.names.root(sighting.id));
            let day = sighting.said.authored.time.day();
            open.entry((sighting.title(), day)).or_default().push(sighting);
        }
        let records: Vec<(TaskId, &Task)> = self
            .recorded
            .tasks
            .iter()
            .filter_map(|(id, (task, notes))| {
                let is_absent = notes.is_some_and(|notes| notes.is_subset(&self.rewrites.absent));
                Some((*id, (*task)?)).filter(|_| is_absent)
            })
            .collect();
        for (id, task) in records {
            let is_own = matches!(task.source, TaskSource::Record | TaskSource::Trailer);
            if !is_own || seen.contains(&id) {
                continue;
            }
            let claims = open.get(&(task.title.as_str(), task.date)).into_iter().flatten();
            let claims = claims.filter(|one| !self.recorded.tasks.contains_key(&self.names.of(one.id)));
            // One record is one claim: of several the one that equals the record, otherwise the first.
            let differs = |one: &&&Sighting<'_>| one.said.claim.estimate != Some(task.estimate.hours);
            if let Some(claim) = claims.min_by_key(|one| (differs(one), one.said.committed, one.id)) {
                self.join(claim.id, id);
            }
        }
    }
}
