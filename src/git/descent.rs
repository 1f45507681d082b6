//! Which commits come after which.
//!
//! libgit2 can answer this, too, but its walk reads objects without checking them: it waits forever for one that is truncated,
//! and reads one of a gigabyte completely. This walk takes the same path, and checks.

pub(super) mod met;

use std::collections::{BinaryHeap, HashMap};

use git2::{Error, ErrorCode, Oid, Revwalk};

use self::met::{Met, Place, plain};
use super::open::Repo;

/// The sides from which a commit was reached.
const ONE: u8 = 1;
const OTHER: u8 = 2;
const BOTH: u8 = ONE | OTHER;

impl Met {
    /// The time of a commit in seconds, and its parents.
    fn read(&mut self, repo: &Repo, place: Place) -> Result<&(i64, Box<[Place]>), Error> {
        let at = place as usize;
        let id = self.commits[at].id;
        if self.commits[at].read.is_none() {
            let commit = repo.commit_at(id)?;
            let parents = commit.parent_ids().map(|parent| self.place(parent)).collect();
            self.commits[at].read = Some((commit.time().seconds(), parents));
        }
        let read = self.commits[at].read.as_ref();
        read.ok_or_else(|| Error::from_str(&format!("commit {id} was not read")))
    }

    /// The position of a commit that may be named by a tag.
    fn place_of_tip(&mut self, repo: &Repo, tip: Oid) -> Result<Place, Error> {
        if let Some(place) = self.places.get(&plain(tip)) {
            return Ok(*place);
        }
        let commit = repo.peel_to_commit(tip)?;
        let commit = commit.ok_or_else(|| Error::from_str(&format!("object {tip} is not a commit")))?;
        Ok(self.place(commit.id()))
    }
}

/// A walk from two sides at once, newest commit first, until only commits remain that both reached.
struct Painting<'a> {
    repo: &'a Repo,
    met: &'a mut Met,
    /// The sides from which each commit was reached.
    sides: HashMap<Place, u8>,
    /// Where to continue: time, the sides at that point, and position.
    pending: BinaryHeap<(i64, u8, Place)>,
    /// How many of these were not reached from both sides.
    open: usize,
}

impl<'a> Painting<'a> {
    fn from(repo: &'a Repo, met: &'a mut Met, one: &[Place], other: &[Place]) -> Result<Self, Error> {
        let mut painting = Self {
            repo,
            met,
            sides: HashMap::new(),
            pending: BinaryHeap::new(),
            open: 0,
        };
        for (places, side) in [(one, ONE), (other, OTHER)] {
            for place in places {
                painting.reach(*place, side)?;
            }
        }
        Ok(painting)
    }

    fn reach(&mut self, place: Place, side: u8) -> Result<(), Error> {
        let sides = self.sides.entry(place).or_default();
        if *sides | side != *sides {
            *sides |= side;
            let time = self.met.read(self.repo, place)?.0;
            self.pending.push((time, *sides, place));
            self.open += usize::from(*sides != BOTH);
        }
        Ok(())
    }

    /// Walks until it is decided what both sides reach, or that both reach `wanted`.
    fn run(&mut self, wanted: Option<Place>) -> Result<(), Error> {
        let is_found =
            |sides: &HashMap<Place, u8>| wanted.is_some_and(|place| sides.get(&place) == Some(&BOTH));
        while self.open > 0 && !is_found(&self.sides) {
            let Some((_, sides, place)) = self.pending.pop() else {
                break;
            };
            self.open -= usize::from(sides != BOTH);
            // It was reached from the other side in the meantime, and is queued again.
            if self.sides.get(&place) != Some(&sides) {
                continue;
            }
            for parent in self.met.read(self.repo, place)?.1.clone() {
                self.reach(parent, sides)?;
            }
        }
        Ok(())
    }

    /// Continues below what both reach, among commits already reached: with a wrong clock, a commit may come before its children.
    fn run_on(&mut self) -> Result<(), Error> {
        while let Some((_, sides, place)) = self.pending.pop() {
            for parent in self.met.read(self.repo, place)?.1.clone() {
                if self.sides.contains_key(&parent) {
                    self.reach(parent, sides)?;
                }
            }
        }
        Ok(())
    }

    fn count(&self, side: u8) -> usize {
        self.sides.values().filter(|sides| **sides == side).count()
    }
}

impl Repo {
    /// Whether a commit comes after another. Fails if one on the way is missing, damaged or too large.
    pub(super) fn descends(&self, commit: Oid, from: Oid) -> Result<bool, Error> {
        Ok(commit != from && self.is_reached(from, &[commit])?)
    }

    /// Whether one of `tips` is a commit or comes after it. Fails like [`Repo::descends`].
    pub(super) fn is_reached(&self, commit: Oid, tips: &[Oid]) -> Result<bool, Error> {
        let met = &mut *self.met.borrow_mut();
        let wanted = met.place_of_tip(self, commit)?;
        let tips: Vec<Place> = tips
            .iter()
            .map(|tip| met.place_of_tip(self, *tip))
            .collect::<Result<_, _>>()?;
        let mut painting = Painting::from(self, met, &[wanted], &tips)?;
        painting.run(Some(wanted))?;
        Ok(painting.sides.get(&wanted) == Some(&BOTH))
    }

    /// How many commits one tip reaches that the other does not, and vice versa. Fails like [`Repo::descends`].
    pub(super) fn apart(&self, one: Oid, other: Oid) -> Result<(usize, usize), Error> {
        let met = &mut *self.met.borrow_mut();
        let places = (met.place_of_tip(self, one)?, met.place_of_tip(self, other)?);
        let mut painting = Painting::from(self, met, &[places.0], &[places.1])?;
        painting.run(None)?;
        painting.run_on()?;
        Ok((painting.count(ONE), painting.count(OTHER)))
    }

    /// Fails if a commit that `tips` reach must not be read, so that libgit2's own walk does not meet one.
    pub(super) fn look_through(&self, tips: &[Oid]) -> Result<(), Error> {
        let met = &mut *self.met.borrow_mut();
        let mut pending: Vec<Place> = tips.iter().map(|tip| met.place(*tip)).collect();
        let mut seen = std::collections::HashSet::new();
        while let Some(place) = pending.pop() {
            if !seen.insert(place) {
                continue;
            }
            match met.read(self, place) {
                Ok((_, parents)) => pending.extend(parents),
                // The end of a shallow clone, or damage: the walk decides what that means.
                Err(error) if error.code() == ErrorCode::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// A walk of libgit2's that starts at `tip` and excludes what `known` reaches. Fails if it would meet a commit that must not
    /// be read.
    #[expect(clippy::disallowed_methods, reason = "the commits it meets were checked")]
    pub(super) fn looked_walk(&self, tip: Oid, known: Option<Oid>) -> Result<Revwalk<'_>, Error> {
        self.look_through(&known.into_iter().chain([tip]).collect::<Vec<_>>())?;
        let mut walk = self.raw().revwalk()?;
        walk.push(tip)?;
        if let Some(known) = known {
            walk.hide(known)?;
        }
        Ok(walk)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::oracle::{Dice, Oracle};

    /// Commits with any parents and times: the parents of each, by number.
    fn tangle(oracle: &Oracle, dice: &mut Dice, count: usize) -> (Vec<Oid>, Vec<BTreeSet<usize>>) {
        let mut stream = String::new();
        let mut parents: Vec<BTreeSet<usize>> = Vec::new();
        for number in 0..count {
            let most = number.min(dice.roll(4));
            let own: BTreeSet<usize> = (0..most).map(|_| number - 1 - dice.roll(number.min(6))).collect();
            // A clock may be wrong.
            let time = 1_700_000_000 + 60 * (if dice.one_in(5) { dice.roll(count) } else { number });
            stream.push_str(&format!(
                "reset refs/heads/c{number}\n\ncommit refs/heads/c{number}\ncommitter A <a@b.c> {time} +0000\ndata 3\n{number:03}\n"
            ));
            for (at, parent) in own.iter().enumerate() {
                let word = if at == 0 { "from" } else { "merge" };
                stream.push_str(&format!("{word} refs/heads/c{parent}\n"));
            }
            parents.push(own);
        }
        oracle.git(&["fast-import", "--quiet", "--force"], stream.as_bytes());
        let id = |number| oracle.text(&["rev-parse", &format!("refs/heads/c{number}")]);
        let ids = (0..count).map(|number| id(number).trim().parse().unwrap());
        (ids.collect(), parents)
    }

    #[test]
    fn commits_come_after_what_they_reach() {
        let mut dice = Dice::new(7);
        for _ in 0..4 {
            let oracle = Oracle::new();
            let (ids, parents) = tangle(&oracle, &mut dice, 40);
            let mut reached: Vec<BTreeSet<usize>> = Vec::new();
            for (number, own) in parents.iter().enumerate() {
                let above = own.iter().flat_map(|parent| reached[*parent].clone());
                reached.push(above.chain([number]).collect());
            }
            let repo = oracle.open();
            for (one, id) in ids.iter().enumerate() {
                for (other, from) in ids.iter().enumerate() {
                    let is_after = one != other && reached[one].contains(&other);
                    assert_eq!(repo.descends(*id, *from).unwrap(), is_after, "{id} {from}");
                }
                let tips = [ids[dice.roll(40)], ids[dice.roll(40)]];
                let holds = |tip: &Oid| reached[ids.iter().position(|id| id == tip).unwrap()].contains(&one);
                assert_eq!(repo.is_reached(*id, &tips).unwrap(), tips.iter().any(holds));
            }
        }
    }

    #[test]
    fn what_two_tips_do_not_share_is_counted() {
        let oracle = Oracle::new();
        oracle.git(
            &["fast-import", "--quiet"],
            b"commit refs/heads/a\ncommitter A <a@b.c> 1 +0000\ndata 0\n",
        );
        for (branch, parent, time) in [("a", "a", 2), ("a", "a", 3), ("b", "a~1", 4), ("c", "a~1", 1)] {
            let head = format!("commit refs/heads/{branch}\ncommitter A <a@b.c> {time} +0000\ndata 0\n");
            let parent = oracle.text(&["rev-parse", parent]);
            let stream = format!("{head}from {parent}\n");
            oracle.git(&["fast-import", "--quiet", "--force"], stream.as_bytes());
        }
        let tip = |branch: &str| oracle.text(&["rev-parse", branch]).trim().parse::<Oid>().unwrap();
        let repo = oracle.open();
        for (one, other) in [("a", "b"), ("b", "a"), ("c", "a"), ("a", "a"), ("a~2", "b")] {
            let range = format!("{one}...{other}");
            let counted = oracle.text(&["rev-list", "--left-right", "--count", &range]);
            let (left, right) = repo.apart(tip(one), tip(other)).unwrap();
            assert_eq!(counted.trim(), format!("{left}\t{right}"), "{range}");
        }
    }

    #[test]
    fn nothing_is_told_of_what_is_cut_short() {
        let oracle = Oracle::new();
        let tree = oracle.text(&["mktree"]);
        let mut ids: Vec<String> = Vec::new();
        for _ in 0..4 {
            let mut args = vec!["commit-tree", "-m", "One", tree.trim()];
            if let Some(parent) = ids.last() {
                args.extend(["-p", parent]);
            }
            let id = oracle.text(&args).trim().to_owned();
            ids.push(id);
        }
        let file = oracle.open().objects().join(&ids[1][..2]).join(&ids[1][2..]);
        let whole = std::fs::read(&file).unwrap();
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, &whole[..whole.len() - 8]).unwrap();
        let repo = oracle.open();
        let id = |number: usize| ids[number].parse::<Oid>().unwrap();
        assert!(repo.descends(id(3), id(0)).is_err());
        assert!(repo.descends(id(3), id(1)).is_err());
        assert!(repo.apart(id(3), id(0)).is_err());
        assert!(repo.look_through(&[id(3)]).is_err());
        assert!(repo.look_through(&[id(0)]).is_ok());
        assert!(repo.looked_walk(id(3), None).is_err());
        // The question does not lead there.
        assert!(repo.descends(id(3), id(2)).unwrap());
    }
}
