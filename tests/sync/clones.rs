//! Ten clones of one remote that record, revise, retract and sync at the same time, while processes are killed at
//! random.
//!
//! `TEN_CLONES_SECONDS` sets how long; `tests/scripts/ten-clones.sh` runs it for two minutes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::world::World;

use super::{clone, remote};

const CLONES: usize = 10;
const PROGRAM: &str = env!("CARGO_BIN_EXE_git-leverage");

/// A small pseudo-random generator: the same numbers for the same seed.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// What was acknowledged: the command exited with 0.
#[derive(Default)]
struct Acknowledged {
    /// The title of each task in its first revision, by id.
    recorded: BTreeMap<String, String>,
    /// Id and title.
    revised: BTreeSet<(String, String)>,
    retracted: BTreeSet<String>,
    syncs: usize,
    killed: usize,
}

struct Place<'a> {
    home: &'a Path,
    folder: PathBuf,
}

impl Place<'_> {
    /// With the clock of the machine: revisions are in order of time.
    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.home)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("TZ", "UTC")
            .args(args)
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn run(&self, program: &str, args: &[&str]) -> String {
        let output = self.command(program, args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{args:?} in {}: {said}",
            self.folder.display()
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn leverage(&self, args: &[&str]) -> String {
        self.run(PROGRAM, args)
    }

    /// Runs `git leverage`, one time in four with a kill at some moment, of it or of the git that it runs. Returns what
    /// it printed, if it exited normally.
    fn attempt(&self, args: &[&str], random: &mut Random, all: &Mutex<Acknowledged>) -> Option<String> {
        let child = self.command(PROGRAM, args).spawn().unwrap();
        let output = match random.below(4) {
            0 => {
                all.lock().unwrap().killed += 1;
                interrupted(child, random)
            }
            _ => child.wait_with_output().unwrap(),
        };
        output
            .status
            .success()
            .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn interrupted(child: Child, random: &mut Random) -> Output {
    std::thread::sleep(Duration::from_millis(random.below(150)));
    let own = child.id().to_string();
    let children = std::fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
    let git = children
        .split_whitespace()
        .next()
        .filter(|_| random.below(2) == 0);
    let killed = Command::new("kill").args(["-9", git.unwrap_or(&own)]).output();
    assert!(killed.is_ok());
    child.wait_with_output().unwrap()
}

/// Works in one clone until the time is over.
fn work(number: u64, place: &Place<'_>, end: Instant, all: &Mutex<Acknowledged>) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (number + 1).wrapping_mul(0xff51_afd7_ed55_8ccd));
    let mut count = 0;
    while Instant::now() < end {
        count += 1;
        let title = format!("Task {number}.{count}");
        let known: Vec<String> = all.lock().unwrap().recorded.keys().cloned().collect();
        let some = |random: &mut Random| {
            known
                .get(random.below(known.len().max(1) as u64) as usize)
                .cloned()
        };
        match random.below(20) {
            0..6 => {
                let args = ["record", "--no-commit", "--title", &title, "--estimate", "4h"];
                if let Some(card) = place.attempt(&args, &mut random, all) {
                    all.lock().unwrap().recorded.insert(super::id_in(&card), title);
                }
            }
            6..8 => {
                place.run("git", &["commit", "--quiet", "--allow-empty", "-m", &title]);
                if let Some(card) = place.attempt(&["record", "--estimate", "4h"], &mut random, all) {
                    all.lock().unwrap().recorded.insert(super::id_in(&card), title);
                }
            }
            8..12 => {
                let Some(id) = some(&mut random) else { continue };
                let title = format!("Revised {number}.{count}");
                let args = ["revise", &id, "--title", &title, "--reason", "Said better"];
                if place.attempt(&args, &mut random, all).is_some() {
                    all.lock().unwrap().revised.insert((id, title));
                }
            }
            12 => {
                let Some(id) = some(&mut random) else { continue };
                if place
                    .attempt(&["retract", &id, "--reason", "Twice"], &mut random, all)
                    .is_some()
                {
                    all.lock().unwrap().retracted.insert(id);
                }
            }
            _ => {
                if place.attempt(&["sync"], &mut random, all).is_some() {
                    all.lock().unwrap().syncs += 1;
                }
            }
        }
    }
}

/// Id, number, time and title of a revision.
type Revision = (String, u64, String, String);
type History = BTreeSet<Revision>;

fn revisions(place: &Place<'_>, more: &[&str]) -> (Vec<Revision>, BTreeSet<String>) {
    let mut args = vec!["log", "--format", "json"];
    args.extend(more);
    let log: serde_json::Value = serde_json::from_str(&place.leverage(&args)).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let tasks = log["tasks"].as_array().unwrap().iter();
    let tasks = tasks.map(|task| {
        let revision = task["rev"].as_u64().unwrap();
        (
            text(&task["id"]),
            revision,
            text(&task["at"]),
            text(&task["title"]),
        )
    });
    let retracted = log["retractions"].as_array().into_iter().flatten();
    (
        tasks.collect(),
        retracted.map(|tombstone| text(&tombstone["of"])).collect(),
    )
}

/// Every acknowledged record is there, once, in its last revision. Returns everything in the clone.
fn check(place: &Place<'_>, acknowledged: &Acknowledged) -> (History, BTreeSet<String>) {
    let (all, retracted) = revisions(place, &["--history"]);
    let history: History = all.iter().cloned().collect();
    assert_eq!(history.len(), all.len(), "a revision is there twice");
    let says = |id: &str, title: &str| {
        history
            .iter()
            .any(|(found, _, _, said)| found == id && said == title)
    };
    for (id, title) in &acknowledged.recorded {
        assert!(
            says(id, title),
            "{id} `{title}` is lost in {}",
            place.folder.display()
        );
    }
    for (id, title) in &acknowledged.revised {
        assert!(
            says(id, title),
            "{id} `{title}` is lost in {}",
            place.folder.display()
        );
    }
    assert!(
        acknowledged.retracted.is_subset(&retracted),
        "a retraction is lost"
    );

    let (current, _) = revisions(place, &[]);
    let ids: BTreeSet<&String> = current.iter().map(|(id, ..)| id).collect();
    assert_eq!(ids.len(), current.len(), "a task counts twice");
    for id in acknowledged.recorded.keys() {
        assert_eq!(ids.contains(id), !retracted.contains(id), "{id}");
    }
    for (id, revision, at, _) in &current {
        let last = history.iter().filter(|(found, ..)| found == id);
        let last = last.map(|(_, revision, at, _)| (*revision, at.clone())).max();
        assert_eq!(
            last,
            Some((*revision, at.clone())),
            "{id} is not in its last revision"
        );
    }
    (history, retracted)
}

#[test]
fn ten_clones_lose_nothing_whatever_is_killed() {
    let seconds = std::env::var("TEN_CLONES_SECONDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let world = World::new();
    let remote = remote(&world);
    let home = world.home();
    let places: Vec<Place<'_>> = (0..CLONES)
        .map(|number| Place {
            home: &home,
            folder: clone(&world, &remote, &format!("clone{number}"))
                .path()
                .to_owned(),
        })
        .collect();
    let all = Mutex::new(Acknowledged::default());
    let end = Instant::now() + Duration::from_secs(seconds.unwrap_or(4));
    std::thread::scope(|scope| {
        for (number, place) in (0..).zip(&places) {
            let all = &all;
            scope.spawn(move || work(number, place, end, all));
        }
    });
    let acknowledged = all.into_inner().unwrap();
    // What was killed last may have left a running git.
    std::thread::sleep(Duration::from_secs(1));
    for place in places.iter().chain(&places) {
        place.leverage(&["sync"]);
    }
    let known: Vec<_> = places.iter().map(|place| check(place, &acknowledged)).collect();
    assert!(
        known.iter().all(|other| *other == known[0]),
        "all clones know the same"
    );
    for folder in places
        .iter()
        .map(|place| place.folder.as_path())
        .chain([remote.path()])
    {
        let place = Place {
            home: &home,
            folder: folder.to_owned(),
        };
        let said = place.run("git", &["fsck", "--strict", "--no-dangling", "--no-progress"]);
        assert_eq!(said, "", "{}", folder.display());
    }
    println!(
        "{} tasks, {} revisions and {} retractions acknowledged, {} syncs, {} kills: all in {CLONES} clones",
        acknowledged.recorded.len(),
        acknowledged.revised.len(),
        acknowledged.retracted.len(),
        acknowledged.syncs,
        acknowledged.killed,
    );
    assert!(!acknowledged.recorded.is_empty());
}
