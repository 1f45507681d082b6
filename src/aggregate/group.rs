//! The dimensions that reports group by, and the keys of a task or a commit in each.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::effort::{Effort, Spent};
use super::repository::{PlacedTask, Repository};
use crate::correlate::seen::SeenSession;
use crate::facts::commit::Commit;
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::model;
use crate::facts::task::Task;
use crate::facts::zone::Zone;

/// A dimension to group by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dimension {
    /// A calendar day of the zone.
    Day,
    /// An ISO week, Monday to Sunday: `2026-W14`.
    Week,
    /// A calendar month: `2026-04`.
    Month,
    /// The repository.
    Repo,
    /// The agent.
    Agent,
    /// The model.
    Model,
    /// The task's category.
    Category,
    /// The author: `Name <mail>`.
    Author,
    /// Who estimated: the agent that did, or `person`.
    Estimator,
    /// The task itself.
    Task,
    /// A tag of the task: a task with two tags is in two rows, and once in the totals.
    Tag,
    /// A session of an agent: a commit that two sessions made is in two rows, and once in the totals.
    Session,
}

impl Dimension {
    /// All dimensions, in the order of the help.
    pub const ALL: [Self; 12] = [
        Self::Day,
        Self::Week,
        Self::Month,
        Self::Repo,
        Self::Agent,
        Self::Model,
        Self::Category,
        Self::Author,
        Self::Estimator,
        Self::Task,
        Self::Tag,
        Self::Session,
    ];

    /// Its name on the command line and in every format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "week",
            Self::Month => "month",
            Self::Repo => "repo",
            Self::Agent => "agent",
            Self::Model => "model",
            Self::Category => "category",
            Self::Author => "author",
            Self::Estimator => "estimator",
            Self::Task => "task",
            Self::Tag => "tag",
            Self::Session => "session",
        }
    }

    /// Whether its keys follow the calendar.
    pub fn is_time(self) -> bool {
        matches!(self, Self::Day | Self::Week | Self::Month)
    }

    /// Whether its keys come only from tasks.
    pub(super) fn is_of_tasks(self) -> bool {
        matches!(self, Self::Task | Self::Category | Self::Tag | Self::Estimator)
    }

    pub(super) fn of_day(self, day: NaiveDate) -> String {
        match self {
            Self::Week => {
                let week = day.iso_week();
                format!("{:04}-W{:02}", week.year(), week.week())
            }
            Self::Month => day.format("%Y-%m").to_string(),
            _ => day.to_string(),
        }
    }

    /// A number that all days with the same key have, and no others: without making the key.
    pub(super) fn number(self, day: NaiveDate) -> i32 {
        match self {
            Self::Month => day.year() * 12 + day.month0() as i32,
            // The first day of the calendar is a Monday, and its number is 1.
            Self::Week => (day.num_days_from_ce() - 1).div_euclid(7),
            _ => day.num_days_from_ce(),
        }
    }

    /// The position of a key on an axis of time, in periods; `None` if it is not a key of the calendar.
    pub fn position(self, key: &str) -> Option<i64> {
        let day = self.first_day(key)?;
        let days = i64::from(day.num_days_from_ce());
        Some(match self {
            Self::Month => i64::from(day.year()) * 12 + i64::from(day.month0()),
            Self::Week => days.div_euclid(7),
            _ => days,
        })
    }

    /// The first day of a key that [`of_day`](Self::of_day) made; `None` if it is not a key of the calendar.
    pub(super) fn first_day(self, key: &str) -> Option<NaiveDate> {
        match self {
            Self::Day => key.parse().ok(),
            Self::Week => {
                let (year, week) = key.split_once("-W")?;
                NaiveDate::from_isoywd_opt(year.parse().ok()?, week.parse().ok()?, chrono::Weekday::Mon)
            }
            Self::Month => format!("{key}-01").parse().ok(),
            _ => None,
        }
    }
}

impl fmt::Display for Dimension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A word that is not a dimension.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error(
    "cannot group by `{0}`; choose one or two of day, week, month, repo, agent, model, category, author, estimator, task, tag, session"
)]
pub struct UnknownDimension(String);

impl FromStr for Dimension {
    type Err = UnknownDimension;

    fn from_str(text: &str) -> Result<Self, UnknownDimension> {
        Self::ALL
            .into_iter()
            .find(|dimension| dimension.name() == text)
            .ok_or_else(|| UnknownDimension(text.chars().take(40).collect()))
    }
}

impl Serialize for Dimension {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// The key of a row: one value for each dimension, `None` if the facts have none.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key(pub Vec<(Dimension, Option<String>)>);

impl Key {
    /// Its value for a dimension, owned.
    pub(super) fn own(&self, dimension: Dimension) -> Option<String> {
        self.value(dimension).map(str::to_owned)
    }

    /// Every combination of the values of each dimension.
    pub(super) fn all_of(values: &[(Dimension, Vec<Option<String>>)]) -> Vec<Self> {
        let mut keys = vec![Self(Vec::with_capacity(values.len()))];
        for (dimension, values) in values {
            keys = keys
                .iter()
                .flat_map(|key| {
                    values.iter().map(|value| {
                        let mut longer = key.clone();
                        longer.0.push((*dimension, value.clone()));
                        longer
                    })
                })
                .collect();
        }
        keys
    }

    /// Its value for a dimension, if it has one.
    pub fn value(&self, dimension: Dimension) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(own, _)| *own == dimension)?;
        value.as_deref()
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (dimension, value) in &self.0 {
            map.serialize_entry(dimension.name(), value)?;
        }
        map.end()
    }
}

/// Finds the keys of tasks and commits.
pub(super) struct Grouping<'a> {
    dimensions: &'a [Dimension],
    zone: Zone,
    tasks_of: HashMap<ObjectId, Vec<&'a Task>>,
    effort: &'a Effort<'a>,
}

impl<'a> Grouping<'a> {
    pub(super) fn new(
        dimensions: &'a [Dimension],
        zone: Zone,
        tasks: &[&'a PlacedTask],
        effort: &'a Effort<'a>,
    ) -> Self {
        let mut tasks_of: HashMap<ObjectId, Vec<&Task>> = HashMap::new();
        for placed in tasks {
            for commit in &placed.commits {
                tasks_of.entry(*commit).or_default().push(&placed.task);
            }
        }
        Self {
            dimensions,
            zone,
            tasks_of,
            effort,
        }
    }

    /// The commits that have a task.
    pub(super) fn with_task(&self) -> impl Iterator<Item = ObjectId> {
        self.tasks_of.keys().copied()
    }

    /// Whether the commit has a task.
    pub(super) fn has_task(&self, commit: ObjectId) -> bool {
        self.tasks_of.contains_key(&commit)
    }

    /// The rows where a task of this `day` counts, or the part of it that was done in one session.
    pub(super) fn of_task(
        &self,
        repo: &Repository,
        placed: &PlacedTask,
        day: NaiveDate,
        author: &str,
        session: Option<&SessionId>,
    ) -> Vec<Key> {
        let task = &placed.task;
        self.keys(|dimension| match dimension {
            Dimension::Day | Dimension::Week | Dimension::Month => vec![Some(dimension.of_day(day))],
            Dimension::Repo => vec![Some(repo.name.clone())],
            Dimension::Author => vec![Some(author.to_owned())],
            Dimension::Session => session.map(|id| Some(id.to_string())).into_iter().collect(),
            Dimension::Agent => or_none(self.agents_of(task)),
            _ => or_none(of_task(dimension, task)),
        })
    }

    /// The agent that a task names, else those of the sessions in which it was done, as far as they are known.
    pub(super) fn agents_of(&self, task: &Task) -> Vec<Option<String>> {
        if task.agent.is_some() {
            return of_task(Dimension::Agent, task);
        }
        let linked = self.effort.of_task(task.id).into_iter().flat_map(Spent::sessions);
        let sessions = task.sessions.iter().chain(linked);
        each_once(sessions.map(|session| Some(session.agent.clone())).collect())
    }

    /// The rows where a commit counts: by task, none if it has no task.
    pub(super) fn of_commit(&self, repo: &Repository, commit: &Commit) -> Vec<Key> {
        let tasks = self.tasks_of.get(&commit.id).map_or(&[][..], Vec::as_slice);
        self.keys(|dimension| match dimension {
            Dimension::Day | Dimension::Week | Dimension::Month => {
                vec![Some(dimension.of_day(self.zone.day(commit.author_time.seconds)))]
            }
            Dimension::Repo => vec![Some(repo.name.clone())],
            Dimension::Author => vec![Some(commit.author.to_string())],
            Dimension::Task => values(tasks, |task| of_task(dimension, task)),
            Dimension::Session => sessions(self.effort.of_commit(commit.id)),
            Dimension::Category | Dimension::Tag | Dimension::Estimator => {
                or_none(values(tasks, |task| of_task(dimension, task)))
            }
            Dimension::Agent | Dimension::Model => or_none(signed(dimension, commit, tasks)),
        })
    }

    /// The rows where a part of a session counts: `repo` is where it worked, `task` what it was for. By task, none if there is
    /// no such task.
    pub(super) fn of_part(
        &self,
        repo: &Repository,
        session: &SeenSession,
        day: NaiveDate,
        task: Option<&Task>,
        author: Option<&str>,
    ) -> Vec<Key> {
        let tasks = task.as_slice();
        self.keys(|dimension| match dimension {
            Dimension::Day | Dimension::Week | Dimension::Month => vec![Some(dimension.of_day(day))],
            Dimension::Repo => vec![Some(repo.name.clone())],
            Dimension::Author => vec![author.map(str::to_owned)],
            Dimension::Task => values(tasks, |task| of_task(dimension, task)),
            Dimension::Category | Dimension::Tag | Dimension::Estimator => {
                or_none(values(tasks, |task| of_task(dimension, task)))
            }
            Dimension::Agent => vec![Some(session.id.agent.clone())],
            Dimension::Model => or_none(each_once(named_models(session.models.iter()))),
            Dimension::Session => vec![Some(session.id.to_string())],
        })
    }

    /// Every combination of the values of each dimension.
    fn keys(&self, values: impl Fn(Dimension) -> Vec<Option<String>>) -> Vec<Key> {
        let values: Vec<_> = self
            .dimensions
            .iter()
            .map(|dimension| (*dimension, values(*dimension)))
            .collect();
        Key::all_of(&values)
    }
}

/// The sessions of a commit or a task; none if none is known.
fn sessions(spent: Option<&Spent<'_>>) -> Vec<Option<String>> {
    let sessions = spent.into_iter().flat_map(Spent::sessions);
    sessions.map(|session| Some(session.to_string())).collect()
}

/// The values that a task states for a dimension.
fn of_task(dimension: Dimension, task: &Task) -> Vec<Option<String>> {
    match dimension {
        Dimension::Task => vec![Some(task.id.to_string())],
        Dimension::Agent => vec![task.agent.clone()],
        Dimension::Model => vec![task.model.as_deref().map(model::canonical)],
        Dimension::Category => vec![task.category.clone()],
        Dimension::Estimator => vec![Some(task.estimate.estimated_by().to_owned())],
        Dimension::Tag => task.tags.iter().cloned().map(Some).collect(),
        _ => Vec::new(),
    }
}

/// The agents or models that a commit's evidence or its tasks name.
fn signed(dimension: Dimension, commit: &Commit, tasks: &[&Task]) -> Vec<Option<String>> {
    let mut named: Vec<Option<String>> = commit
        .origin
        .evidence()
        .iter()
        .map(|sign| match dimension {
            Dimension::Agent => sign.agent.clone(),
            _ => sign.model.as_deref().map(model::canonical),
        })
        .collect();
    named.extend(values(tasks, |task| of_task(dimension, task)));
    named.retain(Option::is_some);
    each_once(named)
}

fn named_models<'m>(models: impl Iterator<Item = &'m String>) -> Vec<Option<String>> {
    models.map(|name| Some(model::canonical(name))).collect()
}

fn values(tasks: &[&Task], of: impl Fn(&Task) -> Vec<Option<String>>) -> Vec<Option<String>> {
    each_once(tasks.iter().flat_map(|task| of(task)).collect())
}

fn each_once(mut values: Vec<Option<String>>) -> Vec<Option<String>> {
    values.sort_unstable();
    values.dedup();
    values
}

fn or_none(values: Vec<Option<String>>) -> Vec<Option<String>> {
    if values.is_empty() { vec![None] } else { values }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_the_same_number_if_they_have_the_same_key() {
        let first = NaiveDate::from_ymd_opt(1899, 12, 20).unwrap();
        let days: Vec<NaiveDate> = first.iter_days().take(50_000).collect();
        for by in [Dimension::Day, Dimension::Week, Dimension::Month] {
            for pair in days.windows(2) {
                let [is_same_key, is_same_number] = [
                    by.of_day(pair[0]) == by.of_day(pair[1]),
                    by.number(pair[0]) == by.number(pair[1]),
                ];
                assert_eq!(is_same_key, is_same_number, "{by} {pair:?}");
                assert!(by.number(pair[0]) <= by.number(pair[1]));
            }
        }
    }
}
