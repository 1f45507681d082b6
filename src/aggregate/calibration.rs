//! What the estimates of each estimator are worth, by the tasks that were done by hand: how many hours these took for each
//! hour that was estimated.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::repository::Repository;
use crate::facts::estimate::{Estimate, EstimatorKey};
use crate::facts::ids::TaskId;
use crate::facts::quantity::Hours;
use crate::facts::record::ByHand;
use crate::facts::statistics::{FEWEST, Logarithms, Pair, RatioOfSums};

/// The estimators with tasks done by hand, and all of them together.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Calibration {
    /// By the number of tasks, most first.
    pub estimators: Vec<Estimated>,
    /// All tasks, whoever estimated them; `None` without any.
    pub all: Option<Estimated>,
    #[serde(skip)]
    by_key: BTreeMap<EstimatorKey, Correction>,
}

/// The estimates of one estimator, and what the tasks took.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Estimated {
    /// The person, as written; `None` for all estimators together. Untrusted text.
    pub person: Option<String>,
    /// The agent that estimated on behalf of the person; `None` if the person did.
    pub agent: Option<String>,
    /// Tasks done by hand.
    pub tasks: u64,
    /// Σ estimates, in hours.
    pub estimated_hours: Hours,
    /// Σ hours that the tasks took.
    pub actual_hours: Hours,
    /// Σ actual hours / Σ estimates; corrects factors, which are ratios of sums.
    pub ratio_of_sums: Option<f64>,
    /// The low end of its interval of 95%; `None` below [`FEWEST`] tasks.
    pub ratio_of_sums_low: Option<f64>,
    /// The high end.
    pub ratio_of_sums_high: Option<f64>,
    /// The geometric mean of actual / estimate: what one estimate is worth.
    pub geometric_ratio: Option<f64>,
    /// The sample standard deviation of ln(actual / estimate).
    pub sd_of_ln_ratio: Option<f64>,
    /// The standard error of the mean of ln(actual / estimate).
    pub standard_error: Option<f64>,
}

/// What hours of an estimator are multiplied with: the ratio of sums with both ends of its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correction {
    /// The low end, the ratio, and the high end.
    pub ratios: [f64; 3],
}

impl Calibration {
    /// That of all tasks by hand in these repositories, each once in its last revision.
    pub fn of(repos: &[Repository]) -> Self {
        let mut tasks: Vec<&ByHand> = by_hand_once(repos).into_iter().map(|(_, task)| task).collect();
        tasks.sort_unstable_by_key(|task| (task.date, task.id));
        Self::of_tasks(&tasks)
    }

    /// That of these tasks.
    pub fn of_tasks(tasks: &[&ByHand]) -> Self {
        let mut by_key: BTreeMap<EstimatorKey, Vec<&ByHand>> = BTreeMap::new();
        for task in tasks {
            by_key
                .entry(task.estimate.estimator_key())
                .or_default()
                .push(task);
        }
        let mut estimators: Vec<Estimated> = by_key.values().map(|own| Estimated::of(own, true)).collect();
        estimators.sort_by(|a, b| (b.tasks, &a.person, &a.agent).cmp(&(a.tasks, &b.person, &b.agent)));
        let correction = |own: &[&ByHand]| {
            let ratio = RatioOfSums::of(&pairs(own))?;
            let [low, high] = ratio.interval?;
            Some(Correction {
                ratios: [low, ratio.ratio, high],
            })
        };
        Self {
            all: (!tasks.is_empty()).then(|| Estimated::of(tasks, false)),
            estimators,
            by_key: by_key
                .into_iter()
                .filter_map(|(key, own)| Some((key, correction(&own)?)))
                .collect(),
        }
    }

    /// What the hours of an estimate are multiplied with; `None` if its estimator has fewer than [`FEWEST`] tasks by hand.
    pub fn correction(&self, estimate: &Estimate) -> Option<Correction> {
        self.by_key.get(&estimate.estimator_key()).copied()
    }

    /// The estimators with too few tasks for a correction.
    pub fn too_few(&self) -> impl Iterator<Item = &Estimated> {
        self.estimators.iter().filter(|found| found.tasks < FEWEST as u64)
    }
}

impl Estimated {
    fn of(tasks: &[&ByHand], is_one: bool) -> Self {
        let pairs = pairs(tasks);
        let ratio = RatioOfSums::of(&pairs);
        let interval = ratio.and_then(|ratio| ratio.interval);
        let logarithms = Logarithms::of(&pairs);
        let first = tasks.first().filter(|_| is_one).map(|task| &task.estimate);
        Self {
            person: first.map(|estimate| estimate.by.clone()),
            agent: first.and_then(|estimate| estimate.estimator_key().agent),
            tasks: tasks.len() as u64,
            estimated_hours: pairs.iter().map(|pair| pair.estimate).sum(),
            actual_hours: pairs.iter().map(|pair| pair.actual).sum(),
            ratio_of_sums: ratio.map(|ratio| ratio.ratio),
            ratio_of_sums_low: interval.map(|[low, _]| low),
            ratio_of_sums_high: interval.map(|[_, high]| high),
            geometric_ratio: logarithms.map(|logarithms| logarithms.geometric_mean),
            sd_of_ln_ratio: logarithms.and_then(|logarithms| logarithms.deviation),
            standard_error: logarithms.and_then(|logarithms| logarithms.standard_error),
        }
    }
}

/// Every task done by hand once, in its last revision, with a repository that has it; in no order.
pub(super) fn by_hand_once(repos: &[Repository]) -> Vec<(&Repository, &ByHand)> {
    let mut last: HashMap<TaskId, (&Repository, &ByHand)> = HashMap::new();
    for (repo, found) in repos
        .iter()
        .flat_map(|repo| repo.by_hand.iter().map(move |found| (repo, found)))
    {
        let (_, known) = *last.entry(found.id).or_insert((repo, found));
        if (known.rev, known.at) < (found.rev, found.at) {
            last.insert(found.id, (repo, found));
        }
    }
    last.into_values().collect()
}

fn pairs(tasks: &[&ByHand]) -> Vec<Pair> {
    let pair = |task: &&ByHand| Pair {
        estimate: task.estimate.hours,
        actual: task.actual_hours,
    };
    tasks.iter().map(pair).collect()
}

impl Correction {
    /// The hours at the low end, at the ratio, and at the high end.
    pub fn of_hours(self, hours: Hours) -> [Hours; 3] {
        self.ratios.map(|ratio| hours * ratio)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::sample::{by_hand, repository};
    use crate::facts::estimate::Estimator;

    #[test]
    fn each_estimator_has_a_ratio_and_from_five_tasks_on_a_correction() {
        let ada: Vec<ByHand> = (1..=5)
            .map(|id| by_hand(id, "Ada <ada@example.org>", 4.0, 6.0))
            .collect();
        let ben: Vec<ByHand> = (6..=9)
            .map(|id| by_hand(id, "Ben <ben@example.org>", 8.0, 2.0))
            .collect();
        let mut again = ada[0].clone();
        again.rev = 1;
        again.actual_hours = Hours::new(11.0).unwrap();
        let repos = [
            Repository {
                by_hand: [ada, ben].concat(),
                ..repository("kiln")
            },
            Repository {
                by_hand: vec![again],
                ..repository("copy")
            },
        ];
        let calibration = Calibration::of(&repos);
        let [ada, ben] = &calibration.estimators[..] else {
            panic!("{:?}", calibration.estimators)
        };
        assert_eq!(
            (ada.tasks, ada.estimated_hours.get(), ada.actual_hours.get()),
            (5, 20.0, 35.0)
        );
        assert_eq!((ada.ratio_of_sums, ben.ratio_of_sums), (Some(1.75), Some(0.25)));
        assert!(ada.ratio_of_sums_low.unwrap() < 1.75 && ben.ratio_of_sums_low.is_none());
        assert_eq!(calibration.too_few().collect::<Vec<_>>(), [ben]);
        assert_eq!(calibration.all.as_ref().unwrap().tasks, 9);
        let estimate = |by: &str| Estimate::new(Hours::new(10.0).unwrap(), by);
        let corrected = calibration.correction(&estimate("A. <ADA@example.org>")).unwrap();
        assert_eq!(corrected.of_hours(Hours::new(10.0).unwrap())[1].get(), 17.5);
        assert_eq!(calibration.correction(&estimate("Ben <ben@example.org>")), None);
        let of_agent = Estimate {
            estimator: Estimator::parse("codex").unwrap(),
            ..estimate("Ada <ada@example.org>")
        };
        assert_eq!(calibration.correction(&of_agent), None);
    }
}
