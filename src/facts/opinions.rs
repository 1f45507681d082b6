//! Which opinions on a task count: of each estimator the last one, and none of who made the claim.

use std::collections::BTreeMap;

use super::estimate::{Estimate, EstimatorKey};
use super::record::Opinion;
use super::task::Task;

/// Authors of estimates whom a mailmap knows under another name or address: as they are written, and as it has them.
pub type People = BTreeMap<String, String>;

/// Who estimated, by the name that a mailmap gives the person.
pub fn estimator(estimate: &Estimate, people: &People) -> EstimatorKey {
    estimate.estimator_key_of(people.get(&estimate.by).unwrap_or(&estimate.by))
}

/// The opinions that count beside the claim, one of each estimator, by estimator. `all` are those on the task, oldest
/// first.
pub fn current(task: &Task, all: &[Opinion], people: &People) -> Vec<Opinion> {
    let claimed_by = estimator(&task.estimate, people);
    let mut last: BTreeMap<EstimatorKey, &Opinion> = BTreeMap::new();
    let mut all: Vec<&Opinion> = all.iter().collect();
    // A revision that the task does not have must not come after all others.
    all.sort_by_key(|opinion| (opinion.of_rev.map(|rev| rev.min(task.rev)), opinion.at));
    for opinion in all {
        last.insert(estimator(&opinion.estimate, people), opinion);
    }
    let others = last.into_iter().filter(|(by, _)| *by != claimed_by);
    others.map(|(_, opinion)| opinion.clone()).collect()
}
