//! How repositories, logs and links are read: what every reader here is told.

use std::path::Path;
use std::sync::Arc;

use super::isolation::Isolation;
use super::workers::Progress;
use crate::facts::evidence::ForeignTrailers;
use crate::facts::quantity::WorkTime;
use crate::facts::supervision::SupervisionRules;
use crate::sources::agents::collect::Request;
use crate::sources::history::HistoryOptions;

/// How repositories are read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// What of their histories.
    pub history: HistoryOptions,
    /// How long a day and a week are where their trailers name some.
    pub work: WorkTime,
    /// How repositories are kept apart; `None` where all are read in this process.
    pub isolation: Option<Isolation>,
    /// Told how far the reading is.
    pub progress: Arc<Progress>,
}

impl ReadOptions {
    /// Options with a progress of their own.
    pub fn new(history: HistoryOptions, work: WorkTime) -> Self {
        Self {
            progress: Arc::new(Progress::with_commits(Arc::clone(&history.progress))),
            isolation: None,
            history,
            work,
        }
    }
}

/// How sessions are read and linked to commits.
#[derive(Debug, Clone, Default)]
pub struct SessionOptions {
    /// Which logs are read, and where what was read of them and of the commits beside them is kept. Work trees that are
    /// looked at need not be among it.
    pub logs: Request,
    /// The thresholds of the person's time.
    pub rules: SupervisionRules,
    /// Whether what other tools wrote says who made a commit, and in which session.
    pub foreign: ForeignTrailers,
}

/// Which sessions count beside what git says.
#[derive(Debug, Clone)]
pub enum Sessions {
    /// Those of logs, and those that notes have of logs which are gone.
    Counted(Box<SessionOptions>),
    /// None; and whether what other tools wrote says who made a commit.
    LeftOut(ForeignTrailers),
}

impl SessionOptions {
    /// Where what is read is kept between runs, if it is.
    pub fn cache(&self) -> Option<&Path> {
        self.logs.cache.as_deref()
    }
}
