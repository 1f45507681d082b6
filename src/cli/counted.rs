//! Tasks in JSON, as `log` and `show` write them.

use chrono::NaiveDate;
use serde::Serialize;

use crate::facts::ledger::LedgerTask;
use crate::facts::quantity::{Minutes, Tokens};
use crate::facts::record::Opinion;
use crate::facts::task::Task;
use crate::render::task::Timed;

/// A task as it was recorded, and what reports make of its last revision.
#[derive(Debug, Serialize)]
pub struct TaskBody {
    #[serde(flatten)]
    task: Task,
    #[serde(flatten)]
    counted: Option<Counted>,
    /// The opinions that count.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    opinions: Vec<Opinion>,
}

#[derive(Debug, Serialize)]
struct Counted {
    /// The day of the zone.
    day: NaiveDate,
    /// The part of its agent minutes that nobody claimed, with unknown time.
    agent_minutes_measured: Option<Minutes>,
    /// The same without unknown time; `None` if nothing is unknown.
    agent_minutes_low: Option<Minutes>,
    /// The same of its supervision.
    supervisory_minutes_measured: Option<Minutes>,
    /// The same of its tokens.
    tokens_measured: Option<Tokens>,
    leverage_factor: Option<f64>,
    /// Its ends; `None` if neither the hours nor the minutes have a range.
    leverage_factor_low: Option<f64>,
    leverage_factor_high: Option<f64>,
}

impl TaskBody {
    /// The last revision with all commits of the task, those that the record itself does not list included.
    pub fn last(found: &LedgerTask, opinions: Vec<Opinion>, timed: &Timed<'_>) -> Self {
        let mut task = timed.task.clone();
        task.commits.clone_from(&found.commits);
        let factors = timed.effort.leverage_factors(timed.task);
        Self {
            counted: Some(Counted {
                day: timed.day,
                agent_minutes_measured: timed.effort.agent.measured,
                agent_minutes_low: timed.effort.agent_low,
                supervisory_minutes_measured: timed.effort.supervisory.measured,
                tokens_measured: timed.effort.tokens.measured,
                leverage_factor: timed.effort.leverage_factor(timed.task),
                leverage_factor_low: factors.map(|ends| ends.low),
                leverage_factor_high: factors.map(|ends| ends.high),
            }),
            opinions,
            task,
        }
    }

    /// A revision as it was recorded.
    pub fn revision(task: &Task) -> Self {
        Self {
            task: task.clone(),
            counted: None,
            opinions: Vec::new(),
        }
    }
}
