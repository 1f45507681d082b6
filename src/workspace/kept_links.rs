//! The cache of what sessions made: while neither a log, nor a repository, nor a directory that a log names changed, nothing is
//! linked again, and no repository is opened.
//!
//! One file for each question: which repositories, and how they were chosen. It contains what the answer was found from: the
//! fingerprints of the sessions, the state of each repository before it was opened, and what the disk said about the paths in
//! logs. It is only used if all of that is still so. An answer with warnings is not stored.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::options::SessionOptions;
use super::places::disk::{Disk, Testimony};
use crate::correlate::linked::Linked;
use crate::facts::evidence::{Confidence, ForeignTrailers};
use crate::facts::hash::hex;
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::link::Link;
use crate::facts::session::Session;
use crate::facts::sign::{Rung, Sign};
use crate::facts::span::Span;
use crate::git::stamp::Stamp;
use crate::sources::agents::assembled::{Fingerprint, Fingerprinter};
use crate::sources::agents::collect::Collected;
use crate::sources::store::{Kind, Slot};

/// Increase it whenever sessions are linked or placed differently, or links are stored differently.
const VERSION: u32 = 2;

/// What is asked: which repositories, and how they were chosen.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// In which way repositories are chosen from the paths.
    pub way: &'static str,
    /// The repositories that are named.
    pub paths: &'a [PathBuf],
    /// Directories in which none is opened.
    pub closed: &'a [PathBuf],
}

/// The answer.
#[derive(Debug, Default)]
pub struct Answer {
    /// The repositories that the links are in.
    pub repositories: Vec<PathBuf>,
    /// What sessions made in them.
    pub linked: Linked,
}

/// What an answer is found from, noted while it is.
#[derive(Debug, Default)]
pub struct Witness {
    /// The disk.
    pub disk: Disk,
    /// The state of each repository; `None` if it has none that can be compared.
    repositories: RefCell<BTreeMap<PathBuf, Option<[u8; 32]>>>,
}

impl Witness {
    /// Notes the states of repositories, before they are opened.
    pub fn note(&self, paths: &[PathBuf]) {
        let mut noted = self.repositories.borrow_mut();
        let new: Vec<&PathBuf> = paths.iter().filter(|path| !noted.contains_key(*path)).collect();
        noted.extend(
            states(&new)
                .into_iter()
                .map(|(path, state)| (path.clone(), state)),
        );
    }

    /// The noted state of a repository.
    pub fn state(&self, path: &Path) -> Option<[u8; 32]> {
        self.repositories.borrow().get(path).copied().flatten()
    }

    /// All that was noted; `None` if that does not tell everything.
    fn testimony(self) -> Option<Noted> {
        let repositories = self.repositories.into_inner().into_iter();
        Some(Noted {
            repositories: repositories
                .map(|(path, state)| Some((path, state?)))
                .collect::<Option<_>>()?,
            disk: self.disk.testimony()?,
        })
    }
}

/// The present states of repositories; one that may change without showing it has none yet.
fn states<'p>(paths: &[&'p PathBuf]) -> Vec<(&'p PathBuf, Option<[u8; 32]>)> {
    let state = |path: &&'p PathBuf| {
        let stamp = Stamp::of_history(path).filter(Stamp::is_settled);
        (*path, stamp.map(|stamp| stamp.sum))
    };
    paths.par_iter().map(state).collect()
}

/// What an answer was found from, as stored.
#[derive(Serialize, Deserialize)]
struct Noted {
    repositories: Vec<(PathBuf, [u8; 32])>,
    disk: Testimony,
}

impl Noted {
    fn holds(&self) -> bool {
        let paths: Vec<&PathBuf> = self.repositories.iter().map(|(path, _)| path).collect();
        let known = self.repositories.iter().map(|(_, state)| Some(*state));
        let now = || states(&paths).into_iter().map(|(_, state)| state);
        self.disk.holds() && now().eq(known)
    }
}

/// An answer as stored. Sessions are positions in the list of them.
#[derive(Serialize, Deserialize)]
struct Rows {
    repositories: Vec<PathBuf>,
    links: Vec<Vec<Row>>,
    elsewhere: Vec<Row>,
    homes: Vec<Option<usize>>,
    first: Vec<Option<usize>>,
    visits: Vec<Vec<usize>>,
}

/// A link as stored.
#[derive(Serialize, Deserialize)]
struct Row {
    commit: ObjectId,
    session: usize,
    rung: Rung,
    confidence: Confidence,
    evidence: Vec<Sign>,
    share: f64,
    worked: Vec<Span>,
}

/// The answer to a question: as an earlier run found it, or else as `find` does.
pub fn or_find(
    question: &Question<'_>,
    collected: &Collected,
    options: &SessionOptions,
    find: impl FnOnce(&Witness) -> Answer,
) -> Answer {
    let witness = Witness::default();
    let is_known = collected.fingerprints.len() == collected.sessions.len();
    let is_worthwhile = is_known && !collected.sessions.is_empty();
    let Some(cache) = options.cache().filter(|_| is_worthwhile) else {
        return find(&witness);
    };
    let slot = question.slot(cache);
    let key = question.key(collected, options.foreign);
    if let Some(answer) = load(&slot, &key, &collected.sessions) {
        return answer;
    }
    let answer = find(&witness);
    if answer.linked.warnings.is_empty()
        && let Some(noted) = witness.testimony()
        && let Some(rows) = Rows::of(&answer, &collected.sessions)
    {
        let body = slot.empty().with(&key);
        let body = body.and_then(|body| body.with(&noted)?.with(&rows));
        // A failed write only costs time in the next run.
        let _ = body.and_then(|body| slot.write(body));
    }
    answer
}

/// A stored answer, if everything that it was found from is still so.
fn load(slot: &Slot, key: &Fingerprint, sessions: &[Session]) -> Option<Answer> {
    let body = slot.read().ok()?;
    let (stored, rest) = postcard::take_from_bytes::<Fingerprint>(&body).ok()?;
    if stored != *key {
        return None;
    }
    let (noted, rest) = postcard::take_from_bytes::<Noted>(rest).ok()?;
    let (is_so, rows) = rayon::join(
        || noted.holds(),
        || {
            postcard::take_from_bytes::<Rows>(rest)
                .ok()
                .filter(|(_, rest)| rest.is_empty())
        },
    );
    let (rows, _) = rows.filter(|_| is_so)?;
    rows.answer(sessions)
}

impl Question<'_> {
    /// The parts of it that decide which file has the answer.
    fn hashed(&self) -> Fingerprinter {
        let mut hashed = Fingerprinter::default();
        hashed.add(self.way.as_bytes());
        for paths in [self.paths, self.closed] {
            hashed.add(&paths.len().to_le_bytes());
            paths.iter().for_each(|path| hashed.add_path(path));
        }
        hashed
    }

    fn slot(&self, cache: &Path) -> Slot {
        let hash = self.hashed().finish();
        Slot::new(cache, Kind::Links, VERSION, hex(&hash[..8]))
    }

    /// Everything that determines the answer, apart from repositories and the disk.
    fn key(&self, collected: &Collected, foreign: ForeignTrailers) -> Fingerprint {
        let mut key = self.hashed();
        key.add(env!("CARGO_PKG_VERSION").as_bytes());
        key.add(match foreign {
            ForeignTrailers::Believe => b"believe",
            ForeignTrailers::Ignore => b"ignore",
        });
        for fingerprint in &collected.fingerprints {
            key.add(fingerprint);
        }
        key.finish()
    }
}

impl Rows {
    fn of(answer: &Answer, sessions: &[Session]) -> Option<Self> {
        let positions: BTreeMap<&SessionId, usize> = sessions
            .iter()
            .enumerate()
            .map(|(at, session)| (&session.id, at))
            .collect();
        let row = |link: &Link| {
            Some(Row {
                commit: link.commit,
                session: *positions.get(&link.session)?,
                rung: link.rung,
                confidence: link.confidence,
                evidence: link.evidence.clone(),
                share: link.share,
                worked: link.worked.clone(),
            })
        };
        let rows = |links: &Vec<Link>| links.iter().map(row).collect::<Option<Vec<Row>>>();
        Some(Self {
            repositories: answer.repositories.clone(),
            links: answer.linked.links.iter().map(rows).collect::<Option<_>>()?,
            elsewhere: rows(&answer.linked.elsewhere)?,
            homes: answer.linked.homes.clone(),
            first: answer.linked.first.clone(),
            visits: answer.linked.visits.clone(),
        })
    }

    /// `None` if the rows contradict the sessions.
    fn answer(self, sessions: &[Session]) -> Option<Answer> {
        let link = |row: Row| {
            Some(Link {
                commit: row.commit,
                session: sessions.get(row.session)?.id.clone(),
                rung: row.rung,
                confidence: row.confidence,
                evidence: row.evidence,
                share: row.share,
                worked: row.worked,
            })
        };
        let links = |rows: Vec<Row>| rows.into_iter().map(link).collect::<Option<Vec<Link>>>();
        let count = self.repositories.len();
        let is_one = |home: &Option<usize>| home.is_none_or(|home| home < count);
        let lengths = [self.homes.len(), self.first.len(), self.visits.len()];
        let each = lengths.iter().all(|length| *length == sessions.len());
        let are_known = self.homes.iter().chain(&self.first).all(is_one)
            && self.visits.iter().flatten().all(|visit| *visit < count);
        (each && are_known && self.links.len() <= count).then_some(())?;
        Some(Answer {
            repositories: self.repositories,
            linked: Linked {
                links: self.links.into_iter().map(links).collect::<Option<_>>()?,
                elsewhere: links(self.elsewhere)?,
                homes: self.homes,
                first: self.first,
                visits: self.visits,
                warnings: Vec::new(),
            },
        })
    }
}
