//! The revisions of tasks as `git log` shows commits: a block each, with who, when, what changed and why.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use super::document::Cell;
use super::escape::visible;
use super::format::terminal::{Screen, wrap};
use super::opinion::sight;
use crate::facts::estimate::Estimator;
use crate::facts::ledger::LedgerTask;
use crate::facts::quantity::{Minutes, Tokens};
use crate::facts::record::{Opinion, Tombstone};
use crate::facts::short_ids::ShortIds;
use crate::facts::task::Task;
use crate::facts::zone::Zone;

/// What happened to a task at one time.
#[derive(Debug, Clone, Copy)]
pub enum Step<'a> {
    /// A revision, with the one before it.
    Revision(&'a Task, Option<&'a Task>),
    /// What another estimator thinks of it.
    Opinion(&'a Task, &'a Opinion),
    /// The end.
    Retraction(&'a Task, &'a Tombstone),
}

impl<'a> Step<'a> {
    /// All steps of a task, oldest first, each with the time that orders it among those of other tasks: clocks differ, and no
    /// revision comes before an earlier one.
    pub fn timed(
        found: &'a LedgerTask,
        tombstone: Option<&'a Tombstone>,
    ) -> impl Iterator<Item = (DateTime<Utc>, Self)> {
        let later = |last: &mut DateTime<Utc>, step: Self| {
            *last = (*last).max(step.at());
            Some((*last, step))
        };
        Self::all(found, tombstone)
            .into_iter()
            .scan(DateTime::<Utc>::MIN_UTC, later)
    }

    fn all(found: &'a LedgerTask, tombstone: Option<&'a Tombstone>) -> Vec<Self> {
        let before = std::iter::once(None).chain(found.revisions.iter().map(Some));
        let revisions = found.revisions.iter().zip(before);
        let revisions = revisions.map(|(task, before)| Self::Revision(task, before));
        let last = tombstone.map(|tombstone| Self::Retraction(&found.task, tombstone));
        let opinions = found.opinions.iter();
        let mut steps: Vec<Self> = revisions.collect();
        for opinion in opinions {
            // Below the revision that it is on, or the first if the claim was not here.
            let is_later = |step: &Self| step.rev() > opinion.of_rev.unwrap_or_default();
            let at = steps.iter().position(is_later).unwrap_or(steps.len());
            steps.insert(at, Self::Opinion(&found.task, opinion));
        }
        steps.extend(last);
        steps
    }

    /// The revision of the task that it makes or is on.
    fn rev(&self) -> u32 {
        match self {
            Self::Revision(task, _) | Self::Retraction(task, _) => task.rev,
            Self::Opinion(_, opinion) => opinion.of_rev.unwrap_or_default(),
        }
    }

    /// When it was recorded.
    pub fn at(&self) -> DateTime<Utc> {
        match self {
            Self::Revision(task, _) => task.at,
            Self::Opinion(_, opinion) => opinion.at,
            Self::Retraction(_, tombstone) => tombstone.at,
        }
    }

    /// `Name <mail>` of who recorded it. Untrusted text.
    pub fn by(&self) -> &'a str {
        match self {
            Self::Revision(task, _) => &task.by,
            Self::Opinion(_, opinion) => &opinion.by,
            Self::Retraction(_, tombstone) => &tombstone.by,
        }
    }

    /// The task as it was then.
    pub fn task(&self) -> &'a Task {
        match self {
            Self::Revision(task, _) | Self::Opinion(task, _) | Self::Retraction(task, _) => task,
        }
    }

    fn heading(&self, ids: &ShortIds) -> String {
        match self {
            Self::Revision(task, _) => format!("task {}, revision {}", ids.of(task.id), task.rev),
            Self::Opinion(task, _) => format!("task {}, opinion", ids.of(task.id)),
            Self::Retraction(task, _) => format!("task {}, retracted", ids.of(task.id)),
        }
    }

    /// Why, if anybody said. Untrusted text.
    pub fn reason(&self) -> Option<&'a str> {
        match self {
            Self::Revision(task, _) => task.reason.as_deref(),
            Self::Opinion(_, opinion) => opinion.estimate.basis.as_deref(),
            Self::Retraction(_, tombstone) => Some(&tombstone.reason),
        }
    }

    /// What is new, a line each.
    fn changes(&self) -> Vec<String> {
        let (task, before) = match self {
            Self::Revision(task, before) => (task, before),
            Self::Opinion(_, opinion) => return of_opinion(opinion),
            Self::Retraction(..) => return Vec::new(),
        };
        let (task, before) = (*task, *before);
        let figures = |task: &Task| {
            [
                Some(task.estimate.shown()),
                // Of a first estimate, a person is the rule.
                (before.is_some() || task.estimate.estimator.is_some()).then(|| estimator(task)),
                task.agent_minutes.map(minutes),
                task.supervisory_minutes.map(minutes),
                task.tokens.as_ref().map(Tokens::to_string),
                task.category.clone(),
                Some(task.date.to_string()),
            ]
        };
        let old = before.map_or([const { None }; 7], figures);
        let names = [
            "Estimate",
            "Estimated by",
            "Agent time",
            "Supervision",
            "Tokens",
            "Category",
            "Day",
        ];
        let change = |((name, new), old): ((&str, Option<String>), Option<String>)| match (old, new) {
            (old, new) if old == new => None,
            (None, Some(new)) => Some(format!("{name}: {new}")),
            (Some(old), new) => Some(format!("{name}: {old} → {}", new.unwrap_or("–".to_owned()))),
            (None, None) => None,
        };
        let changed = names.into_iter().zip(figures(task)).zip(old).filter_map(change);
        let renamed = before.filter(|before| before.title != task.title);
        let renamed = renamed.map(|before| format!("Title: was `{}`", before.title));
        changed.chain(renamed).collect()
    }
}

/// What an opinion says, a line each.
fn of_opinion(opinion: &Opinion) -> Vec<String> {
    let estimate = &opinion.estimate;
    let by_agent = estimate.estimator.as_ref();
    [
        Some(format!("Estimate: {}", estimate.shown())),
        by_agent.map(|agent| format!("Estimated by: {agent}")),
        Some(format!("Given: {}", sight(opinion))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The agent that estimated with its model, or `person`.
pub(super) fn estimator(task: &Task) -> String {
    let estimator = task.estimate.estimator.as_ref();
    estimator.map_or(Estimator::PERSON.to_owned(), ToString::to_string)
}

/// Minutes as tables show them.
fn minutes(minutes: Minutes) -> String {
    Cell::Minutes(minutes).for_people().into_owned()
}

/// A block for each step, in their order.
pub fn blocks(steps: &[Step<'_>], ids: &ShortIds, zone: Zone, screen: Screen) -> String {
    let mut text = String::new();
    for (number, step) in steps.iter().enumerate() {
        if number > 0 {
            text.push('\n');
        }
        block(step, ids, zone, screen, &mut text);
    }
    text
}

fn block(step: &Step<'_>, ids: &ShortIds, zone: Zone, screen: Screen, text: &mut String) {
    let date = zone.at(step.at().timestamp()).format("%Y-%m-%d %H:%M:%S %z");
    let within = match step {
        Step::Revision(task, _) => task.writer(),
        Step::Opinion(_, opinion) => opinion.written_by.clone(),
        Step::Retraction(..) => None,
    };
    let within = within.map_or_else(String::new, |agent| format!(" in {agent}"));
    let mut add = |indent: &str, line: &str| paragraph(indent, line, screen, text);
    add("", &step.heading(ids));
    add("", &format!("Author: {}{within}", step.by()));
    add("", &format!("Date:   {date}"));
    add("", "");
    add("    ", &step.task().title);
    for part in [
        step.changes(),
        step.reason()
            .map(|reason| format!("Reason: {reason}"))
            .into_iter()
            .collect(),
    ] {
        if !part.is_empty() {
            add("", "");
        }
        part.iter().for_each(|line| add("    ", line));
    }
}

/// Lines with an indent, wrapped at words.
fn paragraph(indent: &str, line: &str, screen: Screen, text: &mut String) {
    let width = screen
        .width
        .map_or(usize::MAX, |width| width.saturating_sub(indent.len()).max(1));
    for line in wrap(&visible(line), width) {
        let line = format!("{indent}{line}");
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}", line.trim_end());
    }
}
