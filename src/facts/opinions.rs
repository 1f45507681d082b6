//! Which opinions on a task count: of each estimator the last one, and none of who made the claim.

use std::collections::BTreeMap;

use super::estimate::{Estimate, EstimatorKey};
use super::ids::RecordId;
use super::record::Opinion;
use super::task::Task;

/// Authors of estimates whom a mailmap knows under another name or address: as they are written, and as it has them.
pub type People = BTreeMap<String, String>;

/// Who estimated, by the name that a mailmap gives the person.
pub fn estimator(estimate: &Estimate, people: &People) -> EstimatorKey {
    estimate.estimator_key_of(people.get(&estimate.by).unwrap_or(&estimate.by))
}

/// The opinions that count beside the claim, one of each estimator, by estimator: of each record its highest revision, and of
/// several records the one that was given last, on whichever revision of the task. `all` are those on the task, oldest first.
pub fn current(task: &Task, all: &[Opinion], people: &People) -> Vec<Opinion> {
    // An id is only what its line says: that of another estimator does not replace it.
    let mut records: BTreeMap<(EstimatorKey, RecordId), &Opinion> = BTreeMap::new();
    for opinion in all {
        let key = (estimator(&opinion.estimate, people), opinion.id);
        let known = records.entry(key).or_insert(opinion);
        if (known.rev, known.at) <= (opinion.rev, opinion.at) {
            *known = opinion;
        }
    }
    let claimed_by = estimator(&task.estimate, people);
    let mut last: BTreeMap<EstimatorKey, &Opinion> = BTreeMap::new();
    for ((by, _), opinion) in records {
        let known = last.entry(by).or_insert(opinion);
        if known.at <= opinion.at {
            *known = opinion;
        }
    }
    let others = last.into_iter().filter(|(by, _)| *by != claimed_by);
    others.map(|(_, opinion)| opinion.clone()).collect()
}
