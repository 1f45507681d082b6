//! The union of two ledgers: every line of each note of both, regardless of shared history.
//!
//! Joining is commutative, associative and idempotent in the content of notes, so clones that join each other in any order end up
//! with the same ledger. Merged notes are written in one form, and a ledger that contains all of ours is used as it is: two
//! clones that join each other repeatedly reach a fixed point.

use std::collections::BTreeSet;

use git2::{Commit, Oid};

use super::{Base, LARGEST_NOTE, NotesTree, Store, Written, load_commit, write};
use crate::facts::ids::ObjectId;
use crate::writer::{WriteError, Writer};
use crate::{Repo, refs};

/// Merges the ledger at `theirs` into ours: fast-forward if it contains all of ours, else with a merge commit, which needs a
/// writer. Lines that the pin has and our ledger lost are merged in, too.
///
/// The caller holds the [`WriteLock`](crate::refs::WriteLock).
pub fn join(
    repo: &Repo,
    theirs: ObjectId,
    message: &str,
    writer: Option<&Writer>,
) -> Result<Written, WriteError> {
    let tip = Oid::from_bytes(theirs.as_bytes()).map_err(|error| WriteError::git(repo, &error))?;
    let (commit, notes) = load_commit(repo, tip).map_err(|error| WriteError::Unreadable {
        what: format!("the ledger at {}", theirs.short()),
        reason: error.message().to_owned(),
        hint: format!("Run `git log {theirs}` and `git fsck` to inspect it"),
    })?;
    let theirs = Theirs { commit, notes };
    write(repo, |base| theirs.joined_to(base, message, repo, writer))
}

/// Which of two ledgers came after the other.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Ours, or both are the same.
    Ours,
    /// Theirs.
    Theirs,
    /// Neither.
    Beside,
}

/// The ledger of another clone.
struct Theirs<'repo> {
    commit: Commit<'repo>,
    notes: NotesTree,
}

impl Theirs<'_> {
    /// The commit that contains both; `None` if ours already does.
    fn joined_to(
        &self,
        base: &Base<'_>,
        message: &str,
        repo: &Repo,
        writer: Option<&Writer>,
    ) -> Result<Option<Oid>, WriteError> {
        self.look_through(base, repo)?;
        let order = self.order(base, repo);
        let mut notes = self.taken_into(base, order);
        let mut store = Store::new(repo)?;
        unite(&mut notes, &mut store)?;
        let parents = self.heads(base, order, repo);
        let (same, result) = match order {
            Order::Ours => (&base.notes, None),
            Order::Theirs | Order::Beside => (&self.notes, Some(self.commit.id())),
        };
        if parents.len() == 1 && order != Order::Beside && says_the_same(&notes, same, &mut store)? {
            return Ok(result);
        }
        let tree = notes
            .write(&mut store, &base.notes)
            .map_err(|error| WriteError::git(repo, &error))?;
        let merged = Base {
            old: base.old,
            parents,
            notes: NotesTree::default(),
            pinned: None,
        };
        let writer = writer.ok_or(WriteError::Nobody)?;
        merged.commit(tree, message, store, repo, writer).map(Some)
    }

    /// Checks both histories before libgit2 walks them.
    fn look_through(&self, base: &Base<'_>, repo: &Repo) -> Result<(), WriteError> {
        let own = base.parents.iter().map(Commit::id);
        let tips: Vec<Oid> = own.chain([self.commit.id()]).collect();
        repo.look_through(&tips)
            .map_err(|error| WriteError::of_reference(refs::NOTES, &error, None))
    }

    /// An incomplete history proves nothing.
    fn order(&self, base: &Base<'_>, repo: &Repo) -> Order {
        let theirs = self.commit.id();
        let descends = |from: Oid, of: Oid| from == of || repo.descends(from, of).unwrap_or(false);
        if base.parents.iter().any(|own| descends(own.id(), theirs)) {
            return Order::Ours;
        }
        match base.parents.iter().all(|own| descends(theirs, own.id())) {
            true => Order::Theirs,
            false => Order::Beside,
        }
    }

    /// The parents of a merge commit: no commit that another of them descends from.
    fn heads<'repo>(&self, base: &Base<'repo>, order: Order, repo: &'repo Repo) -> Vec<Commit<'repo>> {
        if order == Order::Ours {
            return base.parents.clone();
        }
        let theirs = self.commit.id();
        let is_before = |own: &Commit<'_>| repo.descends(theirs, own.id()).unwrap_or(false);
        let own = base.parents.iter().filter(|own| !is_before(own)).cloned();
        own.chain(repo.commit_at(theirs)).collect()
    }

    /// Our notes combined with theirs. Of other entries with the same name, that of the later ledger counts; if neither is later,
    /// the choice does not depend on who joins.
    fn taken_into(&self, base: &Base<'_>, order: Order) -> NotesTree {
        let mut notes = base.notes.clone();
        if order == Order::Theirs {
            notes.foreign.clone_from(&self.notes.foreign);
        }
        if let Some(pinned) = &base.pinned {
            notes.take_in(pinned);
        }
        notes.take_in(&self.notes);
        if order == Order::Beside {
            for (place, theirs) in &self.notes.foreign {
                let own = notes.foreign.entry(place.clone()).or_insert(*theirs);
                if (own.mode, own.id) < (theirs.mode, theirs.id) {
                    *own = *theirs;
                }
            }
        }
        notes
    }
}

/// Whether a united ledger has exactly the content of one that may have a note in both forms.
fn says_the_same(united: &NotesTree, other: &NotesTree, store: &mut Store<'_>) -> Result<bool, WriteError> {
    let mut other = other.clone();
    unite(&mut other, store)?;
    Ok(united.notes == other.notes && united.foreign == other.foreign)
}

/// Joins the blobs that a note may have into one: the same one, whoever joins them.
fn unite(notes: &mut NotesTree, store: &mut Store<'_>) -> Result<(), WriteError> {
    for (target, blobs) in notes.notes.iter_mut().filter(|(_, blobs)| blobs.len() > 1) {
        let distinct: BTreeSet<Oid> = blobs.iter().copied().collect();
        let distinct: Vec<Oid> = distinct.into_iter().collect();
        *blobs = match distinct.as_slice() {
            [_] => distinct,
            several => {
                let note = store.union(several, *target)?;
                if note.size() > LARGEST_NOTE {
                    return Err(WriteError::NoteTooLarge {
                        commit: *target,
                        size: note.size(),
                    });
                }
                vec![store.blob(&note.content())?]
            }
        };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use tempfile::TempDir;

    use super::super::{FILE, FOLDER, StoredNote, read_at};
    use git2::Repository;

    use super::*;
    use crate::facts::commit::{Instant, Person};
    use crate::facts::record::NoteLines;
    use crate::open::object_id;
    use crate::refs;
    use crate::writer::Signing;

    /// Commits that notes are on. Two share the directory of their notes.
    const TARGETS: [&str; 4] = [
        "aa11111111111111111111111111111111111111",
        "aa22222222222222222222222222222222222222",
        "bb11111111111111111111111111111111111111",
        "0011111111111111111111111111111111111111",
    ];
    /// Lines of notes: records, lines of a future version, and lines that are not from git-leverage.
    const LINES: [&[u8]; 6] = [
        br#"{"kind":"tombstone","of":"019d774b-0a00-7707-8707-070707070708","v":1}"#,
        br#"{"kind":"task","rev":1,"v":1}"#,
        br#"{"kind":"dream","v":7}"#,
        b"not JSON at all",
        b"\xff\xfe\x00",
        b"with a carriage return\r",
    ];

    /// A note: its commit, its lines in order, and whether it is flat.
    type Note = (usize, Vec<usize>, bool);

    /// A ledger: its notes, a file that is not a note, and whether its history starts like that of others.
    #[derive(Debug, Clone)]
    struct Ledger {
        notes: Vec<Note>,
        readme: Option<u8>,
        shares_root: bool,
    }

    fn ledger() -> impl Strategy<Value = Ledger> {
        let lines = prop::collection::vec(0..LINES.len(), 1..5);
        let notes = prop::collection::vec((0..TARGETS.len(), lines, any::<bool>()), 0..6);
        (notes, prop::option::of(0u8..3), any::<bool>()).prop_map(|(notes, readme, shares_root)| Ledger {
            notes,
            readme,
            shares_root,
        })
    }

    struct Clone {
        _folder: TempDir,
        repo: Repo,
        writer: Writer,
        root: Oid,
    }

    /// The content of a ledger: the lines of each note.
    type Content = BTreeMap<ObjectId, NoteLines>;

    impl Clone {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            Repository::init_bare(folder.path()).unwrap();
            let repo = Repo::open(folder.path()).unwrap();
            let writer = Writer {
                person: Person {
                    name: "Ada Example".into(),
                    email: "ada@example.org".into(),
                },
                time: Instant {
                    seconds: 1_775_822_400,
                    offset: 0,
                },
                signing: Signing::Off,
                signing_config: Vec::new(),
            };
            let mut clone = Self {
                _folder: folder,
                repo,
                writer,
                root: Oid::ZERO_SHA1,
            };
            let empty = clone.repo.raw().treebuilder(None).unwrap().write().unwrap();
            clone.root = clone.commit_tree(empty, &[], "root");
            clone
        }

        fn commit_tree(&self, tree: Oid, parents: &[Oid], message: &str) -> Oid {
            let raw = self.repo.raw();
            let signature = self.writer.signature(&self.repo).unwrap();
            let parents: Vec<_> = parents.iter().map(|id| raw.find_commit(*id).unwrap()).collect();
            let parents: Vec<_> = parents.iter().collect();
            let tree = raw.find_tree(tree).unwrap();
            raw.commit(None, &signature, &signature, message, &tree, &parents)
                .unwrap()
        }

        /// A commit of a ledger, with notes as other programs may write them.
        fn commit(&self, ledger: &Ledger, parents: &[Oid]) -> ObjectId {
            let raw = self.repo.raw();
            let mut folders: BTreeMap<&str, BTreeMap<&str, Oid>> = BTreeMap::new();
            for (target, lines, is_flat) in &ledger.notes {
                let lines: Vec<&[u8]> = lines.iter().map(|line| LINES[*line]).collect();
                let blob = raw.blob(&lines.join(&b'\n')).unwrap();
                let name = TARGETS[*target];
                let (folder, name) = if *is_flat { ("", name) } else { name.split_at(2) };
                folders.entry(folder).or_default().insert(name, blob);
            }
            let mut top = raw.treebuilder(None).unwrap();
            for (folder, entries) in &folders {
                let mut inner = raw.treebuilder(None).unwrap();
                for (name, blob) in entries {
                    let tree = if folder.is_empty() { &mut top } else { &mut inner };
                    tree.insert(name, *blob, FILE).unwrap();
                }
                if !folder.is_empty() {
                    top.insert(folder, inner.write().unwrap(), FOLDER).unwrap();
                }
            }
            if let Some(readme) = ledger.readme {
                top.insert("README", raw.blob(&[readme]).unwrap(), FILE).unwrap();
            }
            let tree = top.write().unwrap();
            object_id(self.commit_tree(tree, parents, "a ledger")).unwrap()
        }

        fn ledger(&self, ledger: &Ledger) -> ObjectId {
            let parents: &[Oid] = if ledger.shares_root { &[self.root] } else { &[] };
            self.commit(ledger, parents)
        }

        /// The ledger of a clone with the one after it merged the other.
        fn joined(&self, own: ObjectId, theirs: ObjectId) -> ObjectId {
            let raw = self.repo.raw();
            let own = Oid::from_bytes(own.as_bytes()).unwrap();
            raw.reference(refs::NOTES, own, true, "test").unwrap();
            if let Ok(mut pin) = raw.find_reference(refs::PIN) {
                pin.delete().unwrap();
            }
            join(&self.repo, theirs, "Join\n", Some(&self.writer)).unwrap();
            super::super::tip(&self.repo, refs::NOTES).unwrap()
        }

        fn content(&self, tip: ObjectId) -> Content {
            let mut content = Content::new();
            for (target, note) in read_at(&self.repo, tip).unwrap() {
                let StoredNote::Lines(lines) = note else {
                    panic!("{note:?}")
                };
                content.entry(target).or_default().merge(lines);
            }
            content
        }

        fn readme(&self, tip: ObjectId) -> Option<Oid> {
            let tip = Oid::from_bytes(tip.as_bytes()).unwrap();
            let tree = self.repo.raw().find_commit(tip).unwrap().tree().unwrap();
            tree.get_name("README").map(|entry| entry.id())
        }
    }

    /// The number of cases; a failure prints how to reproduce it.
    fn cases(cases: u32) -> ProptestConfig {
        ProptestConfig {
            cases,
            failure_persistence: None,
            ..ProptestConfig::default()
        }
    }

    fn union(contents: &[Content]) -> Content {
        let mut all = Content::new();
        for (target, lines) in contents.iter().flatten() {
            all.entry(*target).or_default().merge(lines.clone());
        }
        all
    }

    #[test]
    fn joining_is_commutative_associative_and_idempotent_and_keeps_every_line() {
        let clone = Clone::new();
        proptest!(cases(24), |(a in ledger(), b in ledger(), c in ledger())| {
            let [a, b, c] = [a, b, c].map(|ledger| clone.ledger(&ledger));
            let [ab, ba] = [clone.joined(a, b), clone.joined(b, a)];
            let all = union(&[a, b].map(|tip| clone.content(tip)));
            prop_assert_eq!(&clone.content(ab), &all);
            prop_assert_eq!(&clone.content(ba), &all);
            prop_assert_eq!(clone.readme(ab), clone.readme(ba));

            let left = clone.joined(ab, c);
            let right = clone.joined(a, clone.joined(b, c));
            prop_assert_eq!(clone.content(left), clone.content(right));
            prop_assert_eq!(clone.content(left), union(&[a, b, c].map(|tip| clone.content(tip))));

            for (own, theirs) in [(a, a), (ab, a), (ab, b), (left, ab), (left, c)] {
                prop_assert_eq!(clone.joined(own, theirs), own, "what is there already changes nothing");
            }
            prop_assert_eq!(clone.content(clone.joined(a, ab)), all);
        });
    }

    #[test]
    fn two_clones_that_join_each_other_come_to_rest() {
        let clone = Clone::new();
        proptest!(cases(16), |(a in ledger(), b in ledger())| {
            let [a, b] = [a, b].map(|ledger| clone.ledger(&ledger));
            let [x, y] = [clone.joined(a, b), clone.joined(b, a)];
            let x = clone.joined(x, y);
            prop_assert_eq!(clone.joined(y, x), x);
        });
    }

    fn with(notes: Vec<Note>, readme: Option<u8>) -> Ledger {
        Ledger {
            notes,
            readme,
            shares_root: false,
        }
    }

    #[test]
    fn a_later_ledger_is_taken_as_it_is_unless_it_lost_something() {
        let clone = Clone::new();
        let first = clone.ledger(&with(vec![(0, vec![0, 1], false)], Some(2)));
        let parents = [Oid::from_bytes(first.as_bytes()).unwrap()];
        let later = clone.commit(
            &with(vec![(0, vec![0, 1], false), (2, vec![3], true)], Some(1)),
            &parents,
        );
        assert_eq!(clone.joined(first, later), later);
        assert_eq!(
            clone.joined(later, first),
            later,
            "what it changed on purpose stays"
        );

        let poorer = clone.commit(&with(vec![(0, vec![0], false)], None), &parents);
        let mended = clone.joined(first, poorer);
        assert_eq!(clone.content(mended), clone.content(first));
        let mended = Oid::from_bytes(mended.as_bytes()).unwrap();
        let mended = clone.repo.raw().find_commit(mended).unwrap();
        let parents: Vec<_> = mended.parent_ids().filter_map(object_id).collect();
        assert_eq!(parents, [poorer]);
    }

    #[test]
    fn ledgers_that_grew_beside_each_other_meet_in_a_commit_after_both() {
        let clone = Clone::new();
        let a = clone.ledger(&with(vec![(0, vec![0], false)], None));
        let b = clone.ledger(&with(vec![(0, vec![1], true)], None));
        let both = Oid::from_bytes(clone.joined(a, b).as_bytes()).unwrap();
        let both = clone.repo.raw().find_commit(both).unwrap();
        let parents: Vec<_> = both.parent_ids().filter_map(object_id).collect();
        assert_eq!(parents, [a, b]);
        assert_eq!(both.tree().unwrap().len(), 1, "in one form");
    }

    #[test]
    fn what_is_no_ledger_is_refused_and_ours_stays() {
        let clone = Clone::new();
        let own = clone.ledger(&with(vec![(0, vec![0], false)], None));
        let raw = clone.repo.raw();
        raw.reference(
            refs::NOTES,
            Oid::from_bytes(own.as_bytes()).unwrap(),
            true,
            "test",
        )
        .unwrap();
        let blob = object_id(raw.blob(b"no commit").unwrap()).unwrap();
        let refused = join(&clone.repo, blob, "Join\n", Some(&clone.writer));
        assert!(
            matches!(refused, Err(WriteError::Unreadable { .. })),
            "{refused:?}"
        );
        assert_eq!(super::super::tip(&clone.repo, refs::NOTES), Some(own));
    }
}
