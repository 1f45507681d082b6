//! Which opinions on a task count: of each estimator the last one, and none of who made the claim.

use std::collections::BTreeMap;

use super::estimate::EstimatorKey;
use super::record::Opinion;
use super::task::Task;

/// The opinions that count beside the claim, one of each estimator, by estimator. `all` are those on the task, oldest
/// first.
pub fn current(task: &Task, all: &[Opinion]) -> Vec<Opinion> {
    let claimed_by = task.estimate.estimator_key();
    let mut last: BTreeMap<EstimatorKey, &Opinion> = BTreeMap::new();
    for opinion in all {
        last.insert(opinion.estimate.estimator_key(), opinion);
    }
    let others = last.into_iter().filter(|(by, _)| *by != claimed_by);
    others.map(|(_, opinion)| opinion.clone()).collect()
}
