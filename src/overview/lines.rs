//! The lines that the commits of tasks added, and the hours that models give for them.

use std::collections::HashMap;

use crate::aggregate::models::{ModelHours, Terms, USUAL_LINES_PER_DAY};
use crate::aggregate::pace::{Pace, pace};
use crate::aggregate::report::{CountedTask, Material};
use crate::aggregate::repository::Repository;
use crate::aggregate::written::written;
use crate::facts::ids::ObjectId;

/// What models need to know of all tasks.
pub(super) struct TaskLines<'a> {
    /// The pace of people in each repository with tasks, by its name, where it is known.
    paces: HashMap<&'a str, Pace>,
    /// How many tasks each commit belongs to.
    claims: HashMap<ObjectId, u64>,
}

impl<'a> TaskLines<'a> {
    pub(super) fn of(material: &Material<'a>, repos: &'a [Repository]) -> Self {
        let mut claims: HashMap<ObjectId, u64> = HashMap::new();
        for commit in material.all_tasks().flat_map(|placed| &placed.commits) {
            *claims.entry(*commit).or_default() += 1;
        }
        let with_tasks = repos.iter().filter(|repo| !repo.tasks.is_empty());
        let paces = with_tasks.filter_map(|repo| Some((repo.name.as_str(), pace(&repo.commits).ok()?)));
        Self {
            paces: paces.collect(),
            claims,
        }
    }

    /// The hours for the lines of a task: those of a commit are divided evenly among its tasks, so that a sum has each line once.
    /// `None` without commits, or if the lines of one are unknown.
    pub(super) fn models(
        &self,
        material: &Material<'_>,
        task: &CountedTask<'_>,
        hours_per_day: f64,
    ) -> Option<ModelHours> {
        let lines = task.placed.commits.iter().map(|id| {
            let (_, commit) = material.commit(*id)?;
            let tasks = self.claims.get(id).copied().unwrap_or(1);
            Some(written(commit)?.added as f64 / tasks as f64)
        });
        let lines: Option<Vec<f64>> = lines.collect();
        let lines = lines.filter(|lines| !lines.is_empty())?;
        let terms = Terms {
            lines_per_day: USUAL_LINES_PER_DAY,
            hours_per_day,
            pace: self.paces.get(task.repo.name.as_str()),
        };
        Some(ModelHours::of_lines(lines.iter().sum::<f64>() as u64, terms))
    }
}
