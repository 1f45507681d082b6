//! Random rewrites, also in two clones at once: after a repair the totals of the ledger are those that were recorded,
//! and each task is on a commit with its change or listed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;

use crate::repair::{noted, repaired, totals};
use crate::rewrites::interactive;
use crate::world::{TestRepo, World};

/// Pseudo-random numbers, the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// A task: its hours, different from those of all others.
struct Task {
    name: String,
    hours: u64,
    is_note: bool,
    id: Option<String>,
}

struct Story<'a> {
    repo: TestRepo<'a>,
    tasks: Vec<Task>,
    retracted: BTreeSet<usize>,
    /// How many commits at the tip of the branch are those of tasks, and were on no other branch.
    own: usize,
    told: Vec<&'static str>,
    numbers: Numbers,
}

impl<'a> Story<'a> {
    fn new(world: &'a World, seed: u64) -> Self {
        let repo = world.repo("pottery");
        repo.write("base.rs", "fn base() {}\n").commit("Base");
        repo.git(&["checkout", "--quiet", "-b", "topic"]);
        Self {
            repo,
            tasks: Vec::new(),
            retracted: BTreeSet::new(),
            own: 0,
            told: Vec::new(),
            numbers: Numbers(seed),
        }
    }

    /// A commit with a task in a note or in trailers.
    fn work(&mut self) {
        let number = self.tasks.len();
        let (name, hours) = (format!("Part {number}"), 3 + 2 * number as u64);
        let is_note = self.numbers.below(2) == 0;
        self.repo.write(
            &format!("part{number}.rs"),
            format!("fn part{number}() {{}}\n// as it was\n"),
        );
        let id = if is_note {
            self.repo.commit(&name);
            let hours = format!("{hours}h");
            let title = format!("Task of {name}.");
            let card = self
                .repo
                .run(&["record", "--estimate", &hours, "--title", &title])
                .success();
            let id = card.lines().find_map(|line| line.trim().strip_prefix("id "));
            Some(id.unwrap().trim().to_owned())
        } else {
            self.repo
                .commit(&format!("{name}\n\nLeverage-Estimate: {hours}h\n"));
            None
        };
        self.tasks.push(Task {
            name,
            hours,
            is_note,
            id,
        });
        self.own += 1;
    }

    fn amend(&mut self) {
        let message = self.repo.git(&["log", "-1", "--format=%B"]);
        let again = format!("Again: {message}");
        self.repo.git(&["commit", "--quiet", "--amend", "-m", &again]);
    }

    fn amend_content(&mut self) {
        let files = self.repo.git(&["show", "--name-only", "--format=", "HEAD"]);
        let file = files.lines().next().unwrap();
        let text = std::fs::read_to_string(self.repo.path().join(file)).unwrap();
        self.repo.write(file, format!("{text}// and more\n"));
        self.repo
            .git(&["commit", "--quiet", "--all", "--amend", "--no-edit"]);
    }

    fn main_goes_on(&mut self) {
        self.repo.git(&["checkout", "--quiet", "main"]);
        let name = format!("main{}.rs", self.told.len());
        self.repo.write(&name, "fn main() {}\n").commit("On main");
        self.repo.git(&["checkout", "--quiet", "topic"]);
    }

    fn rebase(&mut self, way: &str) {
        self.main_goes_on();
        self.repo.git(&["rebase", "--quiet", way, "main"]);
    }

    fn squash_two(&mut self) {
        interactive(&self.repo, "sed -i '2s/^pick/squash/'", &["HEAD~2"]);
        self.own -= 1;
    }

    fn reorder(&mut self) {
        interactive(&self.repo, "sed -i -e '1{h;d}' -e '2{G}'", &["HEAD~2"]);
    }

    fn pick(&mut self) {
        self.main_goes_on();
        self.repo.git(&["checkout", "--quiet", "main"]);
        self.repo.git(&["cherry-pick", "-x", "topic"]);
        self.repo.git(&["checkout", "--quiet", "topic"]);
        self.own = 0;
    }

    fn revert(&mut self) {
        self.repo.git(&["revert", "--no-edit", "HEAD"]);
        if self.numbers.below(2) == 0 {
            self.repo.git(&["revert", "--no-edit", "HEAD"]);
        }
        self.own = 0;
    }

    /// The branch ends in a squash with git's message or a merge, and another one begins.
    fn end(&mut self) {
        self.main_goes_on();
        self.repo.git(&["checkout", "--quiet", "main"]);
        match self.numbers.below(2) {
            0 => self
                .repo
                .git(&["merge", "--quiet", "--no-ff", "--no-edit", "topic"]),
            _ => {
                self.repo.git(&["merge", "--quiet", "--squash", "topic"]);
                self.repo.git(&["commit", "--quiet", "--no-edit"])
            }
        };
        self.repo.git(&["branch", "--quiet", "-D", "topic"]);
        self.repo.git(&["checkout", "--quiet", "-b", "topic"]);
        self.own = 0;
    }

    fn retract(&mut self) {
        let number = self.numbers.below(self.tasks.len() as u64) as usize;
        if let Some(id) = &self.tasks[number].id
            && self.retracted.insert(number)
        {
            let _ = self.repo.run(&["retract", id, "--reason", "Not done"]).success();
        }
    }

    fn step(&mut self) {
        let step = self.numbers.below(14);
        let told = match (step, self.own) {
            (0, 1..) => {
                self.amend();
                "amend"
            }
            (1, 1..) => {
                self.amend_content();
                "amend the content"
            }
            (2, _) => {
                self.rebase("--merge");
                "rebase"
            }
            (3, _) => {
                self.rebase("--apply");
                "rebase --apply"
            }
            (4, 2..) => {
                self.squash_two();
                "squash two"
            }
            (5, 2..) => {
                self.reorder();
                "reorder"
            }
            (6, 1..) => {
                self.pick();
                "cherry-pick -x"
            }
            (7, 1..) => {
                self.revert();
                "revert"
            }
            (8, 1..) => {
                self.end();
                "squash or merge"
            }
            (9, _) if !self.tasks.is_empty() => {
                self.retract();
                "retract"
            }
            _ => {
                self.work();
                "work"
            }
        };
        self.told.push(told);
    }

    /// The commits of all branches that changed the file of a task.
    fn changing(&self, number: usize) -> BTreeSet<String> {
        let file = format!("part{number}.rs");
        let log = ["log", "--branches", "--full-history", "-m", "--format=%H", "--"];
        let commits = self.repo.git(&[&log[..], &[&file]].concat());
        commits.lines().map(str::to_owned).collect()
    }

    fn check(&self, seed: u64) {
        let case = format!("{seed}: {:?}", self.told);
        let counted = (0..self.tasks.len()).filter(|number| !self.retracted.contains(number));
        let counted: Vec<usize> = counted.collect();
        let hours: u64 = counted.iter().map(|number| self.tasks[*number].hours).sum();
        let [tasks, said_hours, ..] = totals(&self.repo);
        assert_eq!(
            (tasks, said_hours),
            (counted.len().into(), hours.into()),
            "{case}"
        );
        let said = repaired(&self.repo, &case);
        for number in counted {
            let task = &self.tasks[number];
            if !task.is_note {
                continue;
            }
            let found = noted(&self.repo, &format!("Task of {}.", task.name));
            let right = self.changing(number);
            assert!(
                found.is_subset(&right),
                "{case}: {} {found:?} {right:?}\n{said}",
                task.name
            );
            let is_told = said.contains(&format!("Task of {}.", task.name));
            assert!(
                !found.is_empty() || is_told,
                "{case}: {} is nowhere\n{said}",
                task.name
            );
        }
    }
}

#[test]
fn after_rewrites_at_random_every_hour_is_where_it_was() {
    for seed in 0..8 {
        let world = World::new();
        let mut story = Story::new(&world, seed * 7 + 1);
        story.work();
        for _ in 0..14 {
            story.step();
        }
        story.check(seed);
    }
}

fn clone<'w>(world: &'w World, from: &Path, name: &str) -> TestRepo<'w> {
    let clone = world.at(name);
    std::fs::create_dir(clone.path()).unwrap();
    clone.git(&["clone", "--quiet", &from.to_string_lossy(), "."]);
    clone
}

/// The notes of the ledger, by commit.
fn notes(repo: &TestRepo<'_>) -> BTreeMap<String, String> {
    let list = repo.git(&["notes", "--ref=leverage", "list"]);
    let notes = list.lines().map(|line| line.split_once(' ').unwrap());
    notes
        .map(|(blob, commit)| (commit.to_owned(), blob.to_owned()))
        .collect()
}

/// Two clones of one remote, with a branch of two tasks.
fn clones(world: &World) -> [TestRepo<'_>; 2] {
    let seed = world.repo("seed");
    seed.write("base.rs", "fn base() {}\n").commit("Base");
    seed.git(&["clone", "--quiet", "--bare", ".", "../remote.git"]);
    let remote = world.path("remote.git");
    let (ada, ben) = (clone(world, &remote, "ada"), clone(world, &remote, "ben"));
    ada.git(&["checkout", "--quiet", "-b", "topic"]);
    for (name, hours) in [("clay", "3h"), ("kiln", "5h")] {
        ada.write(&format!("{name}.rs"), format!("fn {name}() {{}}\n"))
            .commit(name);
        let _ = ada
            .run(&[
                "record",
                "--estimate",
                hours,
                "--title",
                &format!("Task of {name}"),
            ])
            .success();
    }
    ada.git(&["push", "--quiet", "origin", "topic"]);
    let _ = ada.run(&["sync"]).success();
    ben.git(&["fetch", "--quiet"]);
    ben.git(&["checkout", "--quiet", "topic"]);
    let _ = ben.run(&["sync"]).success();
    [ada, ben]
}

/// Ada rewrites the branch, Ben records on its old commits.
fn part(ada: &TestRepo<'_>, ben: &TestRepo<'_>, is_squash: bool) {
    ada.git(&["checkout", "--quiet", "main"]);
    ada.write("more.rs", "fn more() {}\n").commit("More");
    if is_squash {
        ada.git(&["merge", "--quiet", "--squash", "topic"]);
        ada.commit("Pottery");
        ada.git(&["branch", "--quiet", "-D", "topic"]);
        ada.git(&["push", "--quiet", "origin", "main", ":topic"]);
    } else {
        ada.git(&["rebase", "--quiet", "main", "topic"]);
        ada.git(&["push", "--quiet", "--force", "origin", "main", "topic"]);
    }
    let _ = ben
        .run(&[
            "record",
            "HEAD~1",
            "--another",
            "--estimate",
            "7h",
            "--title",
            "More of clay",
        ])
        .success();
    ben.git(&["fetch", "--quiet", "--prune"]);
    ben.git(&["checkout", "--quiet", "--detach", "origin/main"]);
    ben.git(&["branch", "--quiet", "-D", "topic"]);
}

/// One clone rebases and squashes, the other records on the old commits; both repair, before and after they exchange
/// ledgers.
#[test]
fn two_clones_repair_to_one_ledger() {
    for (is_squash, repairs_first) in [(false, false), (false, true), (true, false), (true, true)] {
        let case = format!("{is_squash} {repairs_first}");
        let world = World::new();
        let [ada, ben] = clones(&world);
        part(&ada, &ben, is_squash);
        let repair = |clones: &[&TestRepo<'_>]| {
            for clone in clones {
                let said = repaired(clone, &case);
                assert!(!said.contains("undecided"), "{case}: {said}");
            }
        };
        if repairs_first {
            repair(&[&ada, &ben]);
        }
        for clone in [&ada, &ben, &ada] {
            let _ = clone.run(&["sync"]).success();
        }
        repair(&[&ada, &ben]);
        for clone in [&ada, &ben, &ada] {
            let _ = clone.run(&["sync"]).success();
        }
        assert_eq!(notes(&ada), notes(&ben), "{case}");
        for clone in [&ada, &ben] {
            assert_eq!(totals(clone)[..2], [Value::from(3), Value::from(15)], "{case}");
            assert_eq!(repaired(clone, &case), "", "{case}");
            let on = |text: &str| noted(clone, text).len();
            assert_eq!(
                [on("Task of clay"), on("Task of kiln"), on("More of clay")],
                [1, 1, 1],
                "{case}"
            );
        }
    }
}
