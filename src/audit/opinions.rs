//! What others think of the claimed hours, and the factor under each choice of estimates.

use serde::Serialize;

use super::confidence::agent_times;
use super::evidence::Evidence;
use crate::aggregate::estimates::Spread;
use crate::facts::estimate::Estimate;
use crate::facts::factor::Ratio;
use crate::facts::ids::TaskId;
use crate::facts::quantity::{Hours, serialize_decimal};
use crate::facts::record::Opinion;

/// The opinions on the tasks of an audit.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Opinions {
    /// How many tasks there are, with and without opinions.
    pub tasks: u64,
    /// The opinions that count, of each estimator one a task.
    pub opinions: u64,
    /// How many of them are agents'.
    pub by_agents: u64,
    /// How many were given where the claim was not.
    pub blind: u64,
    /// How many were asked for without showing the claim, where it was.
    pub asked: u64,
    /// The sums of all tasks by what was claimed.
    pub claimed: Under,
    /// The same by the median of claim and opinions, of two in the middle the lower one.
    pub median: Under,
    /// The same by the lowest of them.
    pub lowest: Under,
    /// The same by the highest of them.
    pub highest: Under,
    /// The tasks with opinions, those whose estimates are farthest apart first.
    pub by_task: Vec<TaskSpread>,
}

/// The sums of all tasks under one choice of estimates.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Under {
    /// Σ hours.
    #[serde(serialize_with = "serialize_decimal")]
    pub human_hours: Hours,
    /// Σ hours × 60 / Σ agent minutes, over tasks that have minutes.
    pub leverage_factor: Option<f64>,
}

/// The estimates of one task.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TaskSpread {
    /// The task.
    pub id: TaskId,
    /// Its title. Untrusted text.
    pub title: String,
    /// How many opinions count.
    pub opinions: u64,
    /// How many of them are agents'.
    pub by_agents: u64,
    /// Its estimates.
    #[serde(flatten)]
    pub spread: Spread,
}

/// The opinions on the selected tasks.
pub(super) fn opinions(evidence: &Evidence<'_>) -> Opinions {
    let ledger = evidence.all.ledger;
    let mut found = Opinions::default();
    let mut sums = [(Hours::default(), Ratio::default()); 4];
    for (task, effort) in agent_times(evidence.shown(), evidence.all) {
        let given = ledger.opinions_on(task);
        let claim = &task.task.estimate;
        let spread = Spread::of(claim, &given);
        found.tasks += 1;
        found.count(&given);
        let hours = spread.map_or([claim.hours; 4], |spread| {
            [spread.claimed, spread.median, spread.lowest, spread.highest]
        });
        for ((all, ratio), hours) in sums.iter_mut().zip(hours) {
            let mut counted = task.task.clone();
            counted.estimate = Estimate {
                hours,
                low: None,
                high: None,
                ..counted.estimate
            };
            *all += hours;
            *ratio += effort.ratio(&counted);
        }
        found.by_task.extend(spread.map(|spread| TaskSpread {
            id: task.task.id,
            title: task.task.title.clone(),
            opinions: given.len() as u64,
            by_agents: by_agents(&given),
            spread,
        }));
    }
    let under = sums.map(|(human_hours, ratio)| Under {
        human_hours,
        leverage_factor: ratio.factor(),
    });
    [found.claimed, found.median, found.lowest, found.highest] = under;
    let apart = |task: &TaskSpread| task.spread.ratio.unwrap_or(f64::INFINITY);
    found
        .by_task
        .sort_by(|a, b| apart(b).total_cmp(&apart(a)).then(a.id.cmp(&b.id)));
    found
}

impl Opinions {
    fn count(&mut self, given: &[Opinion]) {
        self.opinions += given.len() as u64;
        self.by_agents += by_agents(given);
        self.blind += given.iter().filter(|opinion| !opinion.claim_here).count() as u64;
        let asked = given.iter().filter(|opinion| opinion.claim_here && opinion.asked);
        self.asked += asked.count() as u64;
    }
}

fn by_agents(given: &[Opinion]) -> u64 {
    let by_agents = given
        .iter()
        .filter(|opinion| opinion.estimate.estimator.is_some());
    by_agents.count() as u64
}
