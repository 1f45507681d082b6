//! Which estimate of a task counts: what was claimed, or what opinions make of it.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::repository::{PlacedTask, Repository};
use crate::facts::estimate::Estimate;
use crate::facts::ids::TaskId;
use crate::facts::opinions::{self, People};
use crate::facts::quantity::Hours;
use crate::facts::record::Opinion;

/// Which of several estimates of a task counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Choice {
    /// What was claimed.
    #[default]
    Claimed,
    /// The median of the claim and the opinions; of two in the middle the lower one.
    Median,
    /// The lowest of them.
    Lowest,
    /// The highest of them.
    Highest,
    /// The claim or the opinion of whoever asks; other tasks are left out.
    Mine,
}

impl Choice {
    /// What counts, inside a sentence.
    pub fn described(self) -> &'static str {
        match self {
            Self::Claimed => "the claims",
            Self::Median => "the median of claim and opinions",
            Self::Lowest => "the lowest of claim and opinions",
            Self::Highest => "the highest of claim and opinions",
            Self::Mine => "your own claims and opinions",
        }
    }
}

/// What a report counts instead of claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// Which estimates.
    pub by: Choice,
    /// How many tasks have how many opinions: `[opinions, tasks]`, fewest opinions first.
    pub opinions: Vec<(u64, u64)>,
    /// How many of the opinions are agents'.
    pub opinions_by_agents: u64,
    /// The tasks that are left out because they have no estimate of this kind.
    pub tasks_left_out: u64,
}

impl Counted {
    /// Counts the opinions on the tasks of a report.
    pub fn of<'a>(by: Choice, tasks: impl Iterator<Item = &'a PlacedTask>) -> Self {
        let mut opinions: BTreeMap<u64, u64> = BTreeMap::new();
        let mut opinions_by_agents = 0;
        for placed in tasks {
            *opinions.entry(placed.opinions.len() as u64).or_default() += 1;
            let by_agent = |opinion: &&Opinion| opinion.estimate.estimator.is_some();
            opinions_by_agents += placed.opinions.iter().filter(by_agent).count() as u64;
        }
        Self {
            by,
            opinions: opinions.into_iter().collect(),
            opinions_by_agents,
            tasks_left_out: 0,
        }
    }

    /// All tasks, those that are left out included.
    pub fn tasks(&self) -> u64 {
        self.opinions.iter().map(|(_, tasks)| tasks).sum()
    }
}

/// Gives every copy of a task the opinions that any clone has of it.
pub fn unite(repos: &mut [Repository]) {
    let mut all: HashMap<TaskId, Vec<Opinion>> = HashMap::new();
    for placed in repos.iter().flat_map(|repo| &repo.tasks) {
        if !placed.opinions.is_empty() {
            let of_task = all.entry(placed.task.id).or_default();
            of_task.extend(placed.opinions.iter().cloned());
        }
    }
    for opinions in all.values_mut() {
        opinions.sort_by_key(|opinion| (opinion.at, opinion.rev, opinion.id));
    }
    for placed in repos.iter_mut().flat_map(|repo| &mut repo.tasks) {
        if let Some(opinions) = all.get(&placed.task.id) {
            placed.opinions = opinions::current(&placed.task, opinions, &People::new());
        }
    }
}

/// Replaces the estimate of each task by the one that counts. With [`Choice::Mine`], a task without one is removed; `is_mine` says
/// whose an estimate in a repository is.
pub fn choose(repos: &mut [Repository], choice: Choice, is_mine: impl Fn(&Repository, &Estimate) -> bool) {
    for repo in repos {
        let tasks = std::mem::take(&mut repo.tasks);
        let mut chosen = Vec::with_capacity(tasks.len());
        for mut placed in tasks {
            let mine = |estimate: &&Estimate| is_mine(repo, estimate);
            match counted(&placed.task.estimate, &placed.opinions, choice, mine).cloned() {
                Some(estimate) => {
                    placed.task.estimate = estimate;
                    chosen.push(placed);
                }
                None => repo.set_aside.extend(placed.commits),
            }
        }
        repo.tasks = chosen;
    }
}

/// The estimate that counts. Of equal ones the claim comes first.
fn counted<'a>(
    claim: &'a Estimate,
    opinions: &'a [Opinion],
    choice: Choice,
    is_mine: impl Fn(&&'a Estimate) -> bool,
) -> Option<&'a Estimate> {
    let mut all = sorted(claim, opinions);
    match choice {
        Choice::Claimed => Some(claim),
        Choice::Lowest => all.first().copied(),
        Choice::Highest => {
            // The first of the highest ones, which is the claim if it is one of them.
            let highest = all.last().copied()?;
            all.into_iter().find(|estimate| estimate.hours == highest.hours)
        }
        Choice::Median => Some(all.remove((all.len() - 1) / 2)),
        Choice::Mine => std::iter::once(claim)
            .chain(opinions.iter().map(|opinion| &opinion.estimate))
            .find(is_mine),
    }
}

/// The claim and the opinions by their hours.
fn sorted<'a>(claim: &'a Estimate, opinions: &'a [Opinion]) -> Vec<&'a Estimate> {
    let opinions = opinions.iter().map(|opinion| &opinion.estimate);
    let mut all: Vec<&Estimate> = std::iter::once(claim).chain(opinions).collect();
    all.sort_by(|a, b| a.hours.get().total_cmp(&b.hours.get()));
    all
}

/// How far apart the estimates of one task are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// What was claimed.
    pub claimed: Hours,
    /// The median of the claim and the opinions; of two in the middle the lower one.
    pub median: Hours,
    /// The lowest of them.
    pub lowest: Hours,
    /// The highest of them.
    pub highest: Hours,
    /// The highest over the lowest; `None` if that is 0.
    pub ratio: Option<f64>,
}

impl Spread {
    /// The spread of a task; `None` without opinions.
    pub fn of(claim: &Estimate, opinions: &[Opinion]) -> Option<Self> {
        if opinions.is_empty() {
            return None;
        }
        let all = sorted(claim, opinions);
        let (lowest, highest) = (all.first()?.hours, all.last()?.hours);
        Some(Self {
            claimed: claim.hours,
            median: all[(all.len() - 1) / 2].hours,
            lowest,
            highest,
            ratio: (lowest.get() > 0.0).then(|| highest.get() / lowest.get()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::sample::{claim, repository};
    use crate::facts::ids::RecordId;

    fn opinion(of: TaskId, by: &str, hours: f64) -> Opinion {
        Opinion {
            id: RecordId::derived(&[by]),
            rev: 0,
            at: chrono::DateTime::from_timestamp(1_775_822_400, 0).unwrap(),
            by: by.to_owned(),
            of,
            of_rev: Some(0),
            estimate: Estimate::new(Hours::new(hours).unwrap(), by),
            claim_here: true,
            asked: false,
            written_by: None,
        }
    }

    /// A task of 8 hours with opinions of these hours.
    fn placed(hours: &[f64]) -> PlacedTask {
        let mut placed = claim(1, "2026-04-10", 8.0).placed();
        let opinions = hours.iter().enumerate();
        placed.opinions = opinions
            .map(|(at, hours)| opinion(placed.task.id, &format!("P{at} <p{at}@example.org>"), *hours))
            .collect();
        placed
    }

    fn chosen(hours: &[f64], choice: Choice) -> Option<f64> {
        let mut repo = repository("kiln");
        repo.tasks = vec![placed(hours)];
        let mut repos = [repo];
        choose(&mut repos, choice, |_, estimate| estimate.by.starts_with("P1 "));
        repos[0]
            .tasks
            .first()
            .map(|placed| placed.task.estimate.hours.get())
    }

    #[test]
    fn the_median_is_never_the_higher_of_two() {
        assert_eq!(chosen(&[], Choice::Median), Some(8.0));
        assert_eq!(chosen(&[20.0], Choice::Median), Some(8.0));
        assert_eq!(chosen(&[2.0], Choice::Median), Some(2.0));
        assert_eq!(chosen(&[20.0, 30.0], Choice::Median), Some(20.0));
        assert_eq!(chosen(&[2.0, 4.0, 30.0], Choice::Median), Some(4.0));
    }

    #[test]
    fn the_ends_and_the_own_ones_are_chosen() {
        assert_eq!(chosen(&[2.0, 30.0], Choice::Claimed), Some(8.0));
        assert_eq!(chosen(&[2.0, 30.0], Choice::Lowest), Some(2.0));
        assert_eq!(chosen(&[2.0, 30.0], Choice::Highest), Some(30.0));
        assert_eq!(chosen(&[2.0, 30.0], Choice::Mine), Some(30.0));
        assert_eq!(chosen(&[2.0], Choice::Mine), None);
    }

    #[test]
    fn clones_know_together_what_one_was_told() {
        let mut one = repository("one");
        one.tasks = vec![placed(&[2.0])];
        let mut two = repository("two");
        two.tasks = vec![placed(&[])];
        let mut repos = [one, two];
        unite(&mut repos);
        assert_eq!(repos[0].tasks[0].opinions.len(), 1);
        assert_eq!(repos[1].tasks[0].opinions, repos[0].tasks[0].opinions);
    }

    #[test]
    fn a_spread_is_the_highest_over_the_lowest() {
        let placed = placed(&[2.0, 30.0]);
        let spread = Spread::of(&placed.task.estimate, &placed.opinions).unwrap();
        assert_eq!((spread.median.get(), spread.ratio), (8.0, Some(15.0)));
        assert_eq!(Spread::of(&placed.task.estimate, &[]), None);
    }

    #[test]
    fn how_many_tasks_have_how_many_opinions_is_counted() {
        let tasks = [placed(&[]), placed(&[1.0]), placed(&[1.0])];
        let counted = Counted::of(Choice::Median, tasks.iter());
        assert_eq!(counted.opinions, [(0, 1), (1, 2)]);
        assert_eq!(counted.tasks(), 3);
    }
}
