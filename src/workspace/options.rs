//! Options for reading repositories, logs and links, used by every reader here.

use std::path::Path;
use std::sync::Arc;

use super::isolation::Isolation;
use crate::facts::evidence::ForeignTrailers;
use crate::facts::progress::Progress;
use crate::facts::quantity::WorkTime;
use crate::facts::supervision::SupervisionRules;
use crate::sources::agents::collect::Request;
use crate::sources::history::HistoryOptions;

/// How repositories are read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Which parts of their histories.
    pub history: HistoryOptions,
    /// The length of a day and a week in trailers.
    pub work: WorkTime,
    /// How repositories are isolated; `None` to read all in this process.
    pub isolation: Option<Isolation>,
    /// Receives the progress.
    pub progress: Arc<Progress>,
}

impl ReadOptions {
    /// Options with their own progress.
    pub fn new(history: HistoryOptions, work: WorkTime) -> Self {
        Self {
            progress: Arc::clone(&history.progress),
            isolation: None,
            history,
            work,
        }
    }

    /// The options for each of so many repositories. Of several, each is one step, and its history does not count.
    pub fn for_each_of(&self, repositories: usize) -> Self {
        let mut options = self.clone();
        if repositories > 1 {
            options.history.progress = Arc::default();
        }
        options
    }
}

/// How sessions are read and linked to commits.
#[derive(Debug, Clone, Default)]
pub struct SessionOptions {
    /// Which logs are read, and where results are cached. The working trees being read need not be in it.
    pub logs: Request,
    /// The thresholds for estimating the person's time.
    pub rules: SupervisionRules,
    /// Whether traces of other tools count as evidence for who made a commit, and in which session.
    pub foreign: ForeignTrailers,
}

/// Which sessions count in addition to git's history.
#[derive(Debug, Clone)]
pub enum Sessions {
    /// Those in logs, and those in notes whose logs are gone.
    Counted(Box<SessionOptions>),
    /// None; and whether traces of other tools count as evidence for who made a commit.
    LeftOut(ForeignTrailers),
}

impl Sessions {
    /// Whether traces of other tools count.
    pub fn foreign(&self) -> ForeignTrailers {
        match self {
            Self::Counted(options) => options.foreign,
            Self::LeftOut(foreign) => *foreign,
        }
    }
}

impl SessionOptions {
    /// The cache directory, if results are cached.
    pub fn cache(&self) -> Option<&Path> {
        self.logs.cache.as_deref()
    }
}
