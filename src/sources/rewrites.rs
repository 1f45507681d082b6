//! What amends, rebases, cherry-picks and squashes made of commits that notes are on.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::ancestry::Ancestry;
use super::claims::claims_of;
use super::reach::everywhere;
use super::squashes::Squashes;
use crate::facts::claim;
use crate::facts::commit::{Authored, Instant, Person};
use crate::facts::copies::{History, Rewrites};
use crate::facts::diagnostics::Warning;
use crate::facts::ids::ObjectId;
use crate::facts::quantity::WorkTime;
use crate::git::messages::{self, RawCommit};
use crate::git::touched::touched;
use crate::git::{Repo, change_id, filter_map, refs};

/// How many commits of one author and second are distinguished by more than their titles.
const MAX_AT_ONCE: usize = 16;

/// The history of a repository, as far as it was read.
pub struct GitHistory<'a> {
    repo: &'a Repo,
    /// The commits that were read.
    read: &'a HashSet<ObjectId>,
    work: WorkTime,
    /// Whether copies are searched only among those that were read, and not among all that refs reach.
    is_few: bool,
    /// Whether commits that were not read count as not here.
    is_elsewhere: bool,
    ancestry: OnceCell<Ancestry<'a>>,
    squashes: Squashes<'a>,
}

impl<'a> GitHistory<'a> {
    /// The history with these commits.
    pub fn new(repo: &'a Repo, read: &'a HashSet<ObjectId>, work: WorkTime) -> Self {
        Self {
            repo,
            read,
            work,
            is_few: false,
            is_elsewhere: false,
            ancestry: OnceCell::new(),
            squashes: Squashes::new(repo),
        }
    }

    /// The history as seen by a clone with only these commits.
    pub fn elsewhere(repo: &'a Repo, read: &'a HashSet<ObjectId>, work: WorkTime) -> Self {
        Self {
            is_elsewhere: true,
            ..Self::new(repo, read, work)
        }
    }

    /// The same for a reader that cares only about these commits: whatever refs reach, all others are older copies of
    /// them or irrelevant.
    pub fn of_few(repo: &'a Repo, few: &'a HashSet<ObjectId>, work: WorkTime) -> Self {
        Self {
            is_few: true,
            ..Self::new(repo, few, work)
        }
    }

    /// Everything that may replace these commits, which were not read. The claims in their messages are added to
    /// `rewrites`, and so is which of them are not here.
    fn traces(&self, missing: &[ObjectId], rewrites: &mut Rewrites) -> Traces {
        let filtered = match self.is_elsewhere {
            true => BTreeMap::default(),
            false => filter_map::rewritten(self.repo, &missing.iter().copied().collect()),
        };
        // What a filter made of them may have been rewritten since.
        let between = filtered.values().filter(|id| !self.read.contains(id));
        let missing: BTreeSet<ObjectId> = missing.iter().chain(between).copied().collect();
        let mut traces = self.search(&missing.into_iter().collect::<Vec<_>>(), rewrites);
        traces.follow(&filtered, self.read);
        traces
    }

    fn search(&self, missing: &[ObjectId], rewrites: &mut Rewrites) -> Traces {
        let mut search = Search::new(self, missing, rewrites);
        if self.is_few {
            for id in self.read {
                // A commit that cannot be read has no known copy.
                let _ = messages::with_commit(self.repo, *id, |raw| search.visit(raw));
            }
        } else {
            // What cannot be walked has no known copy; reading the history reports it.
            let _ = messages::visit_all(self.repo, &everywhere(), |commit| search.visit(commit));
        }
        search.finish(self)
    }

    /// Everything that may replace commits which no ref reaches, for a caller that decides between the candidates.
    pub(super) fn traces_of(&self, missing: &[ObjectId]) -> Traces {
        self.traces(missing, &mut Rewrites::default())
    }

    /// Of several copies one that was read, then the one with the smallest id.
    fn best_of(&self, found: &Copies) -> BTreeMap<ObjectId, ObjectId> {
        let best = |(original, copies): (&ObjectId, &BTreeSet<ObjectId>)| {
            let copies = copies.iter();
            let best = copies.min_by_key(|copy| (!self.read.contains(copy), **copy))?;
            Some((*original, *best))
        };
        found.iter().filter_map(best).collect()
    }

    fn has(&self, commit: ObjectId) -> bool {
        !self.is_elsewhere || self.read.contains(&commit)
    }

    /// The ancestry of the commits; read when the first question is asked.
    fn ancestry(&self) -> &Ancestry<'a> {
        self.ancestry.get_or_init(|| Ancestry::of(self.repo))
    }

    /// What was left undecided because it would have taken too long.
    pub fn trouble(&self) -> Option<Warning> {
        let said = if self.ancestry.get().is_some_and(Ancestry::gave_up) {
            "too many similar claims to tell copies apart by history; some may be counted as one task"
        } else if self.squashes.gave_up() {
            "too many similar claims to compare all of their changes; some may be counted twice"
        } else {
            return None;
        };
        Some(Warning::new(self.repo.name(), said))
    }
}

impl History for GitHistory<'_> {
    fn rewrites(&self, spoken_of: &BTreeSet<ObjectId>) -> Rewrites {
        let missing: Vec<ObjectId> = spoken_of
            .iter()
            .copied()
            .filter(|id| !self.read.contains(id))
            .collect();
        let mut rewrites = Rewrites::default();
        if missing.is_empty() {
            rewrites.standing = spoken_of.iter().copied().collect();
            return rewrites;
        }
        let traces = self.traces(&missing, &mut rewrites);
        rewrites.copies = self.best_of(&traces.copies);
        rewrites.squashed = self.best_of(&traces.squashed);
        let copies = rewrites.copies.iter();
        let joining = copies.filter(|(original, copy)| joins_more(self.repo, **original, **copy));
        rewrites.joined = joining.map(|(_, copy)| *copy).chain(traces.joined).collect();
        let reached = traces.reached;
        let stands = |id: &&ObjectId| self.read.contains(id) || reached.contains(id);
        rewrites.standing = spoken_of.iter().filter(stands).copied().collect();
        rewrites
    }

    fn descends(&self, commit: ObjectId, from: ObjectId) -> bool {
        self.ancestry().descends(commit, from)
    }

    fn is_gone(&self, commit: ObjectId) -> bool {
        !self.ancestry().holds(commit)
    }

    fn is_current(&self, commit: ObjectId) -> bool {
        self.ancestry().is_current(commit)
    }

    fn made_change_of(&self, whole: ObjectId, part: ObjectId) -> bool {
        self.has(part) && self.squashes.holds(self.ancestry(), whole, part)
    }

    fn changed_files_of(&self, whole: ObjectId, part: ObjectId) -> bool {
        self.has(part) && self.squashes.has_files_of(whole, part)
    }
}

/// Commits, each with all that may be copies of it.
type Copies = BTreeMap<ObjectId, BTreeSet<ObjectId>>;

/// What a walk found of commits that were missing.
pub(super) struct Traces {
    /// Those that a ref reaches, after all.
    pub(super) reached: HashSet<ObjectId>,
    /// What amends, rebases and cherry-picks may have made of them.
    pub(super) copies: Copies,
    /// The squash commits whose messages quote them.
    pub(super) squashed: Copies,
    /// Those of them that joined others to one of them: a squash of several commits leaves one for each step.
    joined: BTreeSet<ObjectId>,
}

impl Traces {
    /// A filter's own record of what it made of commits takes precedence over everything that looks like a copy of
    /// them.
    fn follow(&mut self, filtered: &BTreeMap<ObjectId, ObjectId>, read: &HashSet<ObjectId>) {
        for (old, new) in filtered {
            if read.contains(new) || self.reached.contains(new) {
                self.copies.insert(*old, [*new].into());
                continue;
            }
            for found in [&mut self.copies, &mut self.squashed] {
                if let Some(later) = found.get(new).cloned() {
                    found.insert(*old, later);
                }
            }
        }
    }
}

/// A commit that a note is on and that was not read, or one that may be its copy.
struct Known {
    id: ObjectId,
    authored: Authored,
    committed: i64,
    tree: Option<ObjectId>,
    parents: Vec<ObjectId>,
}

impl Known {
    fn of(commit: &RawCommit<'_>, authored: Authored) -> Self {
        Self {
            id: commit.id,
            authored,
            committed: commit.commit_time().seconds,
            tree: commit.tree(),
            parents: commit.parents().collect(),
        }
    }
}

/// The commits authored in the same second.
#[derive(Default)]
struct Together {
    missing: Vec<Known>,
    /// Those that a ref reaches, with the author or the title of one that is missing, but not both.
    others: Vec<Known>,
}

/// The commits of one author with one title.
#[derive(Default)]
struct Namesakes {
    missing: Vec<Known>,
    /// Those that a ref reaches and that have another author time: `--reset-author` and `--date` change it.
    retimed: Vec<Known>,
}

/// A walk in search of the copies of commits.
struct Search<'a> {
    missing: HashSet<ObjectId>,
    read: &'a HashSet<ObjectId>,
    /// The missing commits, by what most rewrites preserve.
    exact: HashMap<Authored, Vec<ObjectId>>,
    together: HashMap<Instant, Together>,
    namesakes: HashMap<(Person, String), Namesakes>,
    reached: HashSet<ObjectId>,
    copies: Copies,
    squashed: Copies,
    /// The commits whose messages name them as their origin.
    former: Copies,
}

impl<'a> Search<'a> {
    /// Examines the commits themselves; the claims in their messages are added to `rewrites`, and so is which of them
    /// are not here.
    fn new(history: &GitHistory<'a>, missing: &[ObjectId], rewrites: &mut Rewrites) -> Self {
        let mut together: HashMap<Instant, Together> = HashMap::new();
        let mut namesakes: HashMap<(Person, String), Namesakes> = HashMap::new();
        let mut exact: HashMap<Authored, Vec<ObjectId>> = HashMap::new();
        for id in missing {
            if history.is_elsewhere {
                rewrites.absent.insert(*id);
                continue;
            }
            let read = messages::with_commit(history.repo, *id, |raw| {
                rewrites.claims.extend(claims_of(&raw, history.work));
                let authored = raw.authored();
                exact.entry(authored.clone()).or_default().push(*id);
                let name = (authored.author.clone(), authored.title.clone());
                let namesakes = namesakes.entry(name).or_default();
                namesakes.missing.push(Known::of(&raw, authored.clone()));
                let together = together.entry(authored.time).or_default();
                together.missing.push(Known::of(&raw, authored));
            });
            if read.is_err() {
                rewrites.absent.insert(*id);
            }
        }
        Self {
            missing: missing.iter().copied().collect(),
            read: history.read,
            exact,
            together,
            namesakes,
            reached: HashSet::new(),
            copies: BTreeMap::new(),
            squashed: BTreeMap::new(),
            former: BTreeMap::new(),
        }
    }

    fn visit(&mut self, commit: RawCommit<'_>) {
        let id = commit.id;
        let message = commit.message();
        for quoted in quoted_ids(&message).filter(|quoted| self.missing.contains(quoted)) {
            self.squashed.entry(quoted).or_default().insert(id);
        }
        for former in former_ids(&message).filter(|former| self.missing.contains(former)) {
            self.former.entry(former).or_default().insert(id);
        }
        if self.missing.contains(&id) {
            self.reached.insert(id);
            return;
        }
        let authored = commit.authored();
        if let Some(originals) = self.exact.get(&authored) {
            for original in originals {
                self.copies.entry(*original).or_default().insert(id);
            }
            return;
        }
        let name = (authored.author.clone(), authored.title.clone());
        if let Some(namesakes) = self.namesakes.get_mut(&name)
            && namesakes.retimed.len() <= MAX_AT_ONCE
        {
            namesakes.retimed.push(Known::of(&commit, authored.clone()));
        }
        if let Some(together) = self.together.get_mut(&authored.time)
            && together.missing.len() <= MAX_AT_ONCE
            && together.others.len() <= MAX_AT_ONCE
        {
            let mut missing = together.missing.iter();
            if missing.any(|one| one.authored.is_alike(&authored)) {
                together.others.push(Known::of(&commit, authored));
            }
        }
    }

    fn finish(mut self, history: &GitHistory<'_>) -> Traces {
        let changed = self.changed(history);
        self.copies.extend(changed);
        let retimed = self.retimed(history);
        self.copies.extend(retimed);
        for (original, copies) in std::mem::take(&mut self.former) {
            self.copies.entry(original).or_insert(copies);
        }
        let (read, reached) = (self.read, &self.reached);
        for (original, copies) in &mut self.copies {
            copies.retain(|copy| {
                (read.contains(copy) || !reached.contains(original)) && !is_in_line(history, *copy, *original)
            });
        }
        self.copies.retain(|_, copies| !copies.is_empty());
        self.squashed.retain(|original, _| !reached.contains(original));
        Traces {
            joined: self.joined(history.repo),
            reached: self.reached,
            copies: self.copies,
            squashed: self.squashed,
        }
    }
}

impl Search<'_> {
    /// What an amend or a rebase made of commits and of their titles or authors.
    fn changed(&self, history: &GitHistory<'_>) -> Vec<(ObjectId, BTreeSet<ObjectId>)> {
        let mut changed = Vec::new();
        for together in self
            .together
            .values()
            .filter(|all| all.others.len() <= MAX_AT_ONCE)
        {
            let open = |one: &&Known| !self.copies.contains_key(&one.id);
            for original in together.missing.iter().filter(open) {
                let others = together.others.iter();
                let others: Vec<&Known> = others
                    .filter(|one| one.authored.is_alike(&original.authored))
                    .filter(|one| is_rewrite(history.repo, original, one))
                    .collect();
                let certain = |copy: &&Known| {
                    !history.is_few || copy.tree == original.tree || history.is_gone(original.id)
                };
                let mut copies = copies_among(original, &others);
                if history.is_few {
                    copies.sort_by_key(|copy| copy.id);
                    copies.truncate(1);
                }
                let copies = copies.into_iter().filter(certain).map(|copy| copy.id);
                let copies: BTreeSet<ObjectId> = copies.collect();
                changed.extend((!copies.is_empty()).then_some((original.id, copies)));
            }
        }
        changed
    }

    /// The missing commits that others of them were joined to.
    fn joined(&self, repo: &Repo) -> BTreeSet<ObjectId> {
        let mut joined = BTreeSet::new();
        let few = self.together.values().map(|together| &together.missing);
        for missing in few.filter(|missing| (2..=MAX_AT_ONCE).contains(&missing.len())) {
            for (number, copy) in missing.iter().enumerate() {
                let mut others = missing.iter().enumerate().filter(|(other, _)| *other != number);
                let is_of_one = |one: &Known| one.authored.author == copy.authored.author;
                if others.any(|(_, one)| is_of_one(one) && joins_more(repo, one.id, copy.id)) {
                    joined.insert(copy.id);
                }
            }
        }
        joined
    }

    /// What happened to commits whose author time was changed: for a commit that no ref reaches, the only one that
    /// replaced it.
    fn retimed(&self, history: &GitHistory<'_>) -> Vec<(ObjectId, BTreeSet<ObjectId>)> {
        let mut retimed = Vec::new();
        for namesakes in self.namesakes.values() {
            let [original] = namesakes.missing.as_slice() else {
                continue;
            };
            if self.copies.contains_key(&original.id) || self.reached.contains(&original.id) {
                continue;
            }
            let later = namesakes
                .retimed
                .iter()
                .filter(|one| one.committed >= original.committed && is_rewrite(history.repo, original, one))
                .filter(|one| has_its_place_or_change(history.repo, original, one));
            if let [copy] = later.collect::<Vec<_>>()[..]
                && history.is_gone(original.id)
            {
                retimed.push((original.id, BTreeSet::from([copy.id])));
            }
        }
        retimed
    }
}

/// Whether one commit may be a rewrite of another: it is not an ancestor of that one, and unless the title stayed with
/// another author, it has the same files or changed one that the other changed. Commits that a program makes in a row
/// may also have the same second.
fn is_rewrite(repo: &Repo, original: &Known, copy: &Known) -> bool {
    if refs::descends(repo, original.id, copy.id) {
        return false;
    }
    let of_another =
        original.authored.title == copy.authored.title && original.authored.author != copy.authored.author;
    if of_another || original.tree == copy.tree {
        return true;
    }
    match &touched(repo, [original.id, copy.id])[..] {
        [Some(before), Some(now)] => {
            before.is_empty() && now.is_empty() || before.iter().any(|path| now.contains(path))
        }
        // What cannot be read is not evidence against it.
        _ => true,
    }
}

/// Whether a commit has the position of another, as after an amend, or makes the same change. Without the author time,
/// its name and title are not enough: there is more than one "Bump version".
fn has_its_place_or_change(repo: &Repo, original: &Known, copy: &Known) -> bool {
    if original.tree == copy.tree || original.parents == copy.parents {
        return true;
    }
    let change = change_id::of_commit(repo, original.id);
    change.is_some() && change == change_id::of_commit(repo, copy.id)
}

/// Whether one of two commits is a descendant of the other: then they are two commits of one second, not a rewrite.
/// Only asked if few commits are examined; elsewhere nothing that was read is a descendant of what was not.
fn is_in_line(history: &GitHistory<'_>, one: ObjectId, other: ObjectId) -> bool {
    let descends = |commit, from| refs::descends(history.repo, commit, from);
    history.is_few && (descends(one, other) || descends(other, one))
}

/// The commits of its second with its title and another author, or its author and another title: of several titles the
/// one with the same files. Commits with one title are copies of each other.
fn copies_among<'a>(original: &Known, alike: &[&'a Known]) -> Vec<&'a Known> {
    let Some((first, more)) = alike.split_first() else {
        return Vec::new();
    };
    let has_title = |one: &&&Known| one.authored.title == original.authored.title;
    let wanted = match alike.iter().find(has_title) {
        Some(one) => Some(one),
        None if more.iter().all(|one| one.authored.title == first.authored.title) => Some(first),
        None => alike.iter().find(|one| one.tree == original.tree),
    };
    let Some(wanted) = wanted else {
        return Vec::new();
    };
    let is_wanted = |one: &&Known| one.authored.title == wanted.authored.title;
    alike.iter().copied().filter(is_wanted).collect()
}

/// Whether a rewrite joined other commits to one, as `squash` in an interactive rebase does: its message continues
/// below that of the commit with more than trailers, and it has or changed other files.
fn joins_more(repo: &Repo, original: ObjectId, copy: ObjectId) -> bool {
    // During the rebase, git heads each message with a comment.
    let text = |message: &[u8]| {
        let lines = message.split(|byte| *byte == b'\n');
        let said: Vec<&[u8]> = lines.filter(|line| !line.starts_with(b"#")).collect();
        said.join(&b'\n').trim_ascii().to_owned()
    };
    let read = |id| messages::with_commit(repo, id, |raw| (raw.tree(), text(&raw.message())));
    let (Ok((old_tree, old)), Ok((tree, message))) = (read(original), read(copy)) else {
        return false;
    };
    // Placed after what it is joined with, a commit has the files of both before and after.
    let did_more = || match &touched(repo, [original, copy])[..] {
        [Some(before), Some(now)] => before != now,
        _ => false,
    };
    let Some(below) = message
        .strip_prefix(&old[..])
        .filter(|_| tree != old_tree || did_more())
    else {
        return false;
    };
    let mut lines = below.split(|byte| *byte == b'\n');
    let is_next_paragraph = lines.next() == Some(b"") && lines.next() == Some(b"");
    let lines = lines.skip_while(|line| line.trim_ascii().is_empty());
    let mut paragraph = lines.take_while(|line| !line.trim_ascii().is_empty()).peekable();
    is_next_paragraph && paragraph.peek().is_some() && !paragraph.any(claim::is_ours)
}

/// The full ids of commits that a message quotes in the format of `git log`, at any depth.
fn quoted_ids(message: &[u8]) -> impl Iterator<Item = ObjectId> {
    memchr::memmem::find_iter(message, b"commit ").filter_map(|at| {
        let before = message[..at].iter().rposition(|byte| *byte != b' ');
        if before.is_some_and(|before| message[before] != b'\n') {
            return None;
        }
        let mut lines = message[at..].split(|byte| *byte == b'\n');
        let named = lines.next()?.strip_prefix(b"commit ")?;
        let end = named.iter().position(u8::is_ascii_whitespace);
        let id = std::str::from_utf8(&named[..end.unwrap_or(named.len())])
            .ok()?
            .parse()
            .ok()?;
        let next = lines.next()?.trim_ascii_start();
        (next.starts_with(b"Author:") || next.starts_with(b"Merge:")).then_some(id)
    })
}

/// The full ids of commits that a message names as its origin: what `git cherry-pick -x` and BFG write.
fn former_ids(message: &[u8]) -> impl Iterator<Item = ObjectId> {
    const SAID: [(&[u8], &[u8]); 2] = [
        (b"(cherry picked from commit ", b")"),
        (b"Former-commit-id: ", b""),
    ];
    message.split(|byte| *byte == b'\n').filter_map(|line| {
        let said = |(start, end): &(&[u8], &[u8])| {
            let id = line.trim_ascii_end().strip_prefix(*start)?.strip_suffix(*end)?;
            std::str::from_utf8(id).ok()?.parse().ok()
        };
        SAID.iter().find_map(said)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn former_ids_are_read_where_a_line_says_nothing_else() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let message = format!(
            "Kiln\n\n(cherry picked from commit {one})\nFormer-commit-id: {two}\n\
             (cherry picked from commit 1111111)\nsee (cherry picked from commit {one})\nThis reverts commit {one}.\n"
        );
        let found: Vec<String> = former_ids(message.as_bytes()).map(|id| id.to_string()).collect();
        assert_eq!(found, [one, two]);
    }

    #[test]
    fn quoted_commits_are_found_at_any_depth() {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let message = format!(
            "Squashed\n\ncommit {one}\nAuthor: Ada <a@b>\n\n    Squashed\n\n    commit {two}\n    Author: Bo <b@b>\n\n\
             see commit {one}\nAuthor: Ada\n\ncommit {one}x\nAuthor: A\n\ncommit {two}\nno author\n"
        );
        let found: Vec<String> = quoted_ids(message.as_bytes()).map(|id| id.to_string()).collect();
        assert_eq!(found, [one, two]);
        assert_eq!(quoted_ids(&b"commit ".repeat(1000)).count(), 0);
    }
}
