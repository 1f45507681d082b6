//! What amends, rebases, cherry-picks and squashes made of commits that notes speak of.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::ancestry::Ancestry;
use super::claims::claims_of;
use super::reach::everywhere;
use crate::facts::commit::{Authored, Instant, Person};
use crate::facts::copies::{History, Rewrites};
use crate::facts::diagnostics::Warning;
use crate::facts::ids::ObjectId;
use crate::facts::quantity::WorkTime;
use crate::git::messages::{self, RawCommit};
use crate::git::touched::touched;
use crate::git::{Repo, refs};

/// How many commits of one author and second are told apart by more than their titles.
const MAX_AT_ONCE: usize = 16;

/// The history of a repository, as far as it was read.
pub struct GitHistory<'a> {
    repo: &'a Repo,
    /// The commits that were read.
    read: &'a HashSet<ObjectId>,
    work: WorkTime,
    /// Whether copies are looked for among those that were read alone, and not among all that refs reach.
    is_few: bool,
    ancestry: OnceCell<Ancestry<'a>>,
}

impl<'a> GitHistory<'a> {
    /// The history with these commits.
    pub fn new(repo: &'a Repo, read: &'a HashSet<ObjectId>, work: WorkTime) -> Self {
        Self {
            repo,
            read,
            work,
            is_few: false,
            ancestry: OnceCell::new(),
        }
    }

    /// The same for one who wants to know of these commits alone: whatever refs reach, all others are older copies of them or
    /// none of their business.
    pub fn of_few(repo: &'a Repo, few: &'a HashSet<ObjectId>, work: WorkTime) -> Self {
        Self {
            is_few: true,
            ..Self::new(repo, few, work)
        }
    }

    /// What comes after what; read when the first question is asked.
    fn ancestry(&self) -> &Ancestry<'a> {
        self.ancestry.get_or_init(|| Ancestry::of(self.repo))
    }

    /// What was left undecided, since it would have taken too long.
    pub fn trouble(&self) -> Option<Warning> {
        let gave_up = self.ancestry.get().is_some_and(Ancestry::gave_up);
        gave_up.then(|| {
            Warning::new(
                self.repo.name(),
                "too many claims are alike to tell their copies by the history; some may count as one task",
            )
        })
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
        let mut search = Search::new(self, &missing, &mut rewrites);
        if self.is_few {
            for id in self.read {
                // A commit that cannot be read has no copy that is known.
                let _ = messages::with_commit(self.repo, *id, |raw| search.visit(raw));
            }
        } else {
            // What cannot be walked has no copy that is known; reading the history reports it.
            let _ = messages::visit_all(self.repo, &everywhere(), |commit| search.visit(commit));
        }
        let reached = search.finish(self, &mut rewrites);
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
}

/// A commit that a note is on and that was not read, or one that may be its copy.
struct Known {
    id: ObjectId,
    authored: Authored,
    committed: i64,
    tree: Option<ObjectId>,
}

impl Known {
    fn of(commit: &RawCommit<'_>, authored: Authored) -> Self {
        Self {
            id: commit.id,
            authored,
            committed: commit.commit_time().seconds,
            tree: commit.tree(),
        }
    }
}

/// The commits whose author's time is one second.
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
    /// Those that a ref reaches and that have another author's time: `--reset-author` and `--date` change it.
    retimed: Vec<Known>,
}

/// A walk in search of the copies of commits.
struct Search<'a> {
    missing: HashSet<ObjectId>,
    read: &'a HashSet<ObjectId>,
    /// The missing commits, by what most rewrites keep.
    exact: HashMap<Authored, Vec<ObjectId>>,
    together: HashMap<Instant, Together>,
    namesakes: HashMap<(Person, String), Namesakes>,
    reached: HashSet<ObjectId>,
    copies: BTreeMap<ObjectId, ObjectId>,
    squashed: BTreeMap<ObjectId, ObjectId>,
}

impl<'a> Search<'a> {
    /// Looks at the commits themselves; what their messages claim goes into `rewrites`, and so does which are not here.
    fn new(history: &GitHistory<'a>, missing: &[ObjectId], rewrites: &mut Rewrites) -> Self {
        let mut together: HashMap<Instant, Together> = HashMap::new();
        let mut namesakes: HashMap<(Person, String), Namesakes> = HashMap::new();
        let mut exact: HashMap<Authored, Vec<ObjectId>> = HashMap::new();
        for id in missing {
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
        }
    }

    fn visit(&mut self, commit: RawCommit<'_>) {
        let id = commit.id;
        for quoted in quoted_ids(&commit.message()).filter(|quoted| self.missing.contains(quoted)) {
            better(&mut self.squashed, quoted, id, self.read);
        }
        if self.missing.contains(&id) {
            self.reached.insert(id);
            return;
        }
        let authored = commit.authored();
        if let Some(originals) = self.exact.get(&authored) {
            for original in originals {
                better(&mut self.copies, *original, id, self.read);
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

    /// What was found goes into `rewrites`; returns those of the missing commits that a ref reaches.
    fn finish(mut self, history: &GitHistory<'_>, rewrites: &mut Rewrites) -> HashSet<ObjectId> {
        let changed = self.changed(history);
        self.copies.extend(changed);
        let retimed = self.retimed(history);
        self.copies.extend(retimed);
        let (read, reached) = (self.read, &self.reached);
        self.copies.retain(|original, copy| {
            (read.contains(copy) || !reached.contains(original)) && !is_in_line(history, *copy, *original)
        });
        self.squashed.retain(|original, _| !reached.contains(original));
        rewrites.copies = self.copies;
        rewrites.squashed = self.squashed;
        self.reached
    }
}

impl Search<'_> {
    /// What an amend or a rebase made of commits and of their titles or authors.
    fn changed(&self, history: &GitHistory<'_>) -> Vec<(ObjectId, ObjectId)> {
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
                let copy = only_copy(original, &others, self.read);
                let certain = |copy: &&Known| {
                    !history.is_few || copy.tree == original.tree || history.is_gone(original.id)
                };
                changed.extend(copy.filter(certain).map(|copy| (original.id, copy.id)));
            }
        }
        changed
    }

    /// What became of commits whose author's time was changed: of a commit that no ref reaches, the only one that took its place.
    fn retimed(&self, history: &GitHistory<'_>) -> Vec<(ObjectId, ObjectId)> {
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
                .filter(|one| one.committed >= original.committed && is_rewrite(history.repo, original, one));
            if let [copy] = later.collect::<Vec<_>>()[..]
                && history.is_gone(original.id)
            {
                retimed.push((original.id, copy.id));
            }
        }
        retimed
    }
}

/// Whether one commit may be what a rewrite made of another: it is not what that one was built on, and unless the title stayed
/// with another author, it has the same files or changed one that the other changed. Commits that a program makes one after
/// the other have one second, too.
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
        // What cannot be read says nothing against it.
        _ => true,
    }
}

/// Whether one of two commits comes after the other: two of one second then, and no rewrite. Only asked where few commits are
/// looked at; elsewhere nothing that was read comes after what was not.
fn is_in_line(history: &GitHistory<'_>, one: ObjectId, other: ObjectId) -> bool {
    let descends = |commit, from| refs::descends(history.repo, commit, from);
    history.is_few && (descends(one, other) || descends(other, one))
}

/// Keeps the better of two copies: one that was read, then the one with the smaller id.
fn better(
    found: &mut BTreeMap<ObjectId, ObjectId>,
    original: ObjectId,
    copy: ObjectId,
    read: &HashSet<ObjectId>,
) {
    let known = found.entry(original).or_insert(copy);
    if (!read.contains(&copy), copy) < (!read.contains(known), *known) {
        *known = copy;
    }
}

/// The commit of its second that has its title and another author, or its author and another title: of several titles the
/// one with the same files. Commits with one title are copies of each other.
fn only_copy<'a>(original: &Known, alike: &[&'a Known], read: &HashSet<ObjectId>) -> Option<&'a Known> {
    let (first, more) = alike.split_first()?;
    let has_title = |one: &&&Known| one.authored.title == original.authored.title;
    let wanted = match alike.iter().find(has_title) {
        Some(one) => one,
        None if more.iter().all(|one| one.authored.title == first.authored.title) => first,
        None => alike.iter().find(|one| one.tree == original.tree)?,
    };
    let copies = alike
        .iter()
        .filter(|one| one.authored.title == wanted.authored.title);
    copies
        .min_by_key(|one| (!read.contains(&one.id), one.id))
        .copied()
}

/// The full ids of commits that a message quotes in the form of `git log`, at any depth.
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

#[cfg(test)]
mod tests {
    use super::*;

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
