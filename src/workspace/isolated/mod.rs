//! Unknown repositories are read in worker processes: a hang, a bomb or a crash affects that repository alone.
//!
//! A worker ([`child`]) runs this program again and reads one repository after another. It sets its limits ([`confine`]) before
//! each, inherits only the environment that reading needs, and writes nothing but its responses ([`answer`]) to a pipe; cache
//! files are part of the response, and the parent stores them. A worker that met anything but a complete repository is killed,
//! and the next repository gets a new one. A repository that has not changed since it was read completely
//! ([`Seal`](crate::sources::seal::Seal)) is read from the cache in this process.
//!
//! The repository of the current directory is read in this process too: its user runs git in it anyway, and a slow first run is
//! better than none. So is a single repository given on the command line: there are no others to protect.

mod answer;
pub mod child;
mod confine;
mod frame;
mod pool;
mod process;
mod request;

use std::path::Path;
use std::time::{Duration, Instant};

use super::isolation::Isolation;
use super::one::{Found, Order};
use super::readings::{ReadingPlace, Readings};
use super::workers::{Share, Turn};
use crate::facts::limits::Limits;
use crate::git::stamp::Stamp;
use crate::sources::history::KeptFacts;
use crate::sources::seal::Seal;
use answer::Answer;
pub use pool::COMMAND;
use pool::Pool;
use process::{Ended, Worker};
use request::{Asked, Request};

/// After this time, others are read while an idle worker is waited for.
const PATIENCE: Duration = Duration::from_millis(500);

/// Reads repositories for one request.
#[derive(Debug)]
pub struct Readers<'a> {
    order: &'a Order<'a>,
    readings: Option<Readings<'a>>,
    apart: Option<Apart<'a>>,
}

/// How they are read in worker processes.
#[derive(Debug)]
struct Apart<'a> {
    isolation: &'a Isolation,
    request: Request,
    pool: Pool<'a>,
}

/// One repository that is read in a worker process.
struct Reading<'a> {
    order: &'a Order<'a>,
    apart: &'a Apart<'a>,
    path: &'a Path,
    seal: Option<(&'a Path, Seal)>,
    known: Option<Known<'a>>,
    limits: Limits,
    question: Vec<u8>,
}

/// A repository whose reading is to be cached.
struct Known<'a> {
    readings: &'a Readings<'a>,
    place: ReadingPlace,
    stamp: Stamp,
}

impl Known<'_> {
    fn keep(&self, path: &Path, found: &Found) {
        if let Some(repository) = &found.repository {
            self.readings.keep(&self.place, path, &self.stamp, repository);
        }
    }
}

impl<'a> Readers<'a> {
    /// For this many repositories.
    pub fn new(order: &'a Order<'a>, repositories: usize) -> Self {
        let isolation = order.read.isolation.as_ref().filter(|_| repositories > 1);
        let apart = isolation.map(|isolation| {
            let request = Request::new(order, isolation);
            Apart {
                pool: Pool::new(isolation, serde_json::to_string(&request)),
                isolation,
                request,
            }
        });
        Self {
            readings: Readings::new(order),
            order,
            apart,
        }
    }

    /// Reads the repository at `path`, in a worker process unless it is unchanged or the current one.
    pub fn read<'s>(&'s self, path: &'s Path, share: Share) -> Turn<'s, Found> {
        let cache = self.order.read.history.cache.as_deref();
        let stamp = cache.and_then(|_| Stamp::of(path));
        let known = self
            .readings
            .as_ref()
            .zip(stamp.clone())
            .map(|(readings, stamp)| Known {
                place: readings.place(path, &stamp),
                readings,
                stamp,
            });
        if let Some(known) = &known
            && let Some(found) = known.readings.known(&known.place, &known.stamp)
        {
            return Turn::Done(found);
        }
        let read_here = || {
            let found = self.order.read_here(path);
            known.iter().for_each(|known| known.keep(path, &found));
            Turn::Done(found)
        };
        let apart = self.apart.as_ref();
        let Some(apart) = apart.filter(|apart| !apart.isolation.stands_in(path)) else {
            return read_here();
        };
        let seal = cache
            .zip(stamp)
            .map(|(cache, stamp)| (cache, Seal::new(cache, stamp, apart.request.way())));
        let is_known = |(cache, seal): &(&Path, Seal)| {
            self.order.read.history.kept_facts == KeptFacts::Use && seal.holds(cache, apart.request.since())
        };
        if seal.as_ref().is_some_and(is_known) {
            return read_here();
        }
        let limits = apart.isolation.limits.for_size(share.bytes);
        let asked = Asked {
            path: path.to_owned(),
            limits,
            threads: share.threads,
        };
        match postcard::to_stdvec(&asked) {
            Ok(question) => Reading {
                order: self.order,
                apart,
                path,
                seal,
                known,
                limits,
                question,
            }
            .turn(),
            Err(error) => Turn::Done(self.order.given_up(path, &error.to_string())),
        }
    }
}

impl<'a> Reading<'a> {
    /// Reads it now, or returns without a result if the worker is idle for long.
    fn turn(self) -> Turn<'a, Found> {
        let mut worker = match self.apart.pool.worker() {
            Ok(worker) => worker,
            Err(ended) => return Turn::Done(self.given_up(&ended)),
        };
        let until = self.ask(&mut worker);
        let patience = Instant::now() + PATIENCE;
        if until.is_none_or(|until| patience < until) {
            if let Some(heard) = worker.hear(Some(patience)) {
                return Turn::Done(self.settle(worker, heard));
            }
            if worker.is_idle() && self.apart.pool.leave_one() {
                return Turn::Later(Box::new(move || self.finish(worker, until)));
            }
        }
        Turn::Done(self.finish(worker, until))
    }

    /// Requests the repository. Returns the deadline of the answer.
    fn ask(&self, worker: &mut Worker) -> Option<Instant> {
        worker.ask(&self.question);
        Instant::now().checked_add(self.limits.time?)
    }

    fn finish(&self, mut worker: Worker, until: Option<Instant>) -> Found {
        match (worker.hear(until), self.limits.time) {
            (Some(heard), _) => self.settle(worker, heard),
            (None, time) => self.given_up(&Ended::Late(time.unwrap_or_default())),
        }
    }

    /// The result of an answer, or of its absence. If a process that answered before fails, an earlier repository may be the
    /// cause: a fresh process shows which.
    fn settle(&self, worker: Worker, heard: Result<Vec<u8>, Ended>) -> Found {
        match heard {
            Ok(answer) => self.found(worker, &answer),
            Err(ended) if worker.is_fresh() => self.given_up(&ended),
            Err(_) => match self.apart.pool.fresh() {
                Ok(mut fresh) => {
                    let until = self.ask(&mut fresh);
                    self.finish(fresh, until)
                }
                Err(ended) => self.given_up(&ended),
            },
        }
    }

    fn found(&self, worker: Worker, answer: &[u8]) -> Found {
        let Some(answer) = Answer::decode(answer) else {
            let reason = "the answer of the worker process is invalid";
            return self.order.given_up(self.path, reason);
        };
        if answer.found.is_complete() && !answer.is_spent {
            self.apart.pool.give_back(worker);
        }
        self.keep(answer)
    }

    /// Writes the answer's cache files, and seals a repository that was read completely.
    fn keep(&self, answer: Answer) -> Found {
        let Answer {
            found, mut recorded, ..
        } = answer;
        if let Some((cache, seal)) = &self.seal {
            recorded.restrict(&seal.clone_name());
            // A failed cache write costs time in the next run, nothing else.
            if recorded.save(cache).is_ok() && found.is_complete() {
                seal.set(self.path, &recorded, self.apart.request.since());
            }
        }
        if let Some(known) = &self.known {
            known.keep(self.path, &found);
        }
        found
    }

    fn given_up(&self, ended: &Ended) -> Found {
        self.order.given_up(self.path, &ended.reason(&self.limits))
    }
}
