//! Single tasks for people: the card that `record` and `show` print, and the rows of `log`.

use std::fmt::Write as _;

use chrono::{DateTime, NaiveDate, Utc};

use super::document::{Basis, Cell, Column, Table};
use super::escape::visible;
use super::format::terminal::{Screen, shorten, wrap};
use super::history::{Step, estimator};
use super::opinion::{estimated_by, sight};
use crate::aggregate::effort::TaskEffort;
use crate::facts::estimate::Estimator;
use crate::facts::factor::FactorRange;
use crate::facts::ids::TaskId;
use crate::facts::ledger::{LedgerTask, TaskProvenance};
use crate::facts::quantity::{Minutes, counted, plural};
use crate::facts::record::Tombstone;
use crate::facts::session::Provenance;
use crate::facts::short_ids::ShortIds;
use crate::facts::task::Task;
use crate::facts::zone::Zone;

/// A task with the day that it counts on and what it took.
#[derive(Debug, Clone, Copy)]
pub struct Timed<'a> {
    /// The task.
    pub task: &'a Task,
    /// The day.
    pub day: NaiveDate,
    /// What it took of agents and persons.
    pub effort: TaskEffort,
}

impl<'a> Timed<'a> {
    /// The task as its record has it, without a look at its commits and sessions.
    pub fn as_recorded(task: &'a Task) -> Self {
        Self {
            task,
            day: task.date,
            effort: TaskEffort::recorded(task),
        }
    }
}

/// A task with its factors as its record has them, a line a fact. Ends with a newline.
pub fn card(found: &LedgerTask, tombstone: Option<&Tombstone>, zone: Zone) -> String {
    timed_card(found, Timed::as_recorded(&found.task), tombstone, zone)
}

/// The same of a task that is not written and may never have this id.
pub fn card_without_id(found: &LedgerTask, zone: Zone) -> String {
    facts(found, Timed::as_recorded(&found.task), None, None, zone)
}

/// The same with the day and the time that reports give it.
pub fn timed_card(found: &LedgerTask, timed: Timed<'_>, tombstone: Option<&Tombstone>, zone: Zone) -> String {
    facts(found, timed, Some(found.task.id), tombstone, zone)
}

/// What names of facts and the blanks around them take.
const INDENT: usize = 15;

/// Cards on a terminal: a fact that is too long continues below its beginning.
pub fn fitted(cards: &str, screen: Screen) -> String {
    let Some(width) = screen.width else {
        return cards.to_owned();
    };
    let mut text = String::new();
    for line in cards.lines() {
        // The title, and facts with their names before them.
        let indent = if line.starts_with(' ') { INDENT } else { 0 };
        let (name, fact) = line.split_at_checked(indent).unwrap_or(("", line));
        let parts = wrap(fact, width.saturating_sub(indent).max(1));
        let blank = " ".repeat(indent);
        for (at, part) in parts.iter().enumerate() {
            let before = if at == 0 { name } else { &blank };
            let line = format!("{before}{part}");
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}

fn facts(
    found: &LedgerTask,
    timed: Timed<'_>,
    id: Option<TaskId>,
    tombstone: Option<&Tombstone>,
    zone: Zone,
) -> String {
    let Timed { task, day, effort } = timed;
    let mut card = format!("{}\n", visible(&task.title));
    let mut fact = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(card, "  {name:<12} {}", visible(value));
    };
    if let Some(id) = id {
        fact("id", &id.to_string());
    }
    fact("date", &day.to_string());
    fact("estimate", &estimate(task));
    for phase in &task.estimate.phases {
        fact("", &format!("{}  {}", phase.shown(), phase.name));
    }
    let minutes = |value: Option<String>, factor: Option<f64>, name: &str| {
        let known = value.unwrap_or("–".to_owned());
        factor.map_or(known.clone(), |factor| format!("{known}  {factor:.1}x {name}"))
    };
    let ends = |ends: Option<FactorRange>| {
        ends.map_or(String::new(), |ends| {
            format!(" ({})", Cell::Factors(ends).for_people())
        })
    };
    fact(
        "agent time",
        &(minutes(agent_time(task, effort), effort.leverage_factor(task), "factor")
            + &ends(effort.leverage_factors(task))),
    );
    let supervised = effort.supervisory.value.map(shown_minutes);
    fact(
        "supervision",
        &(minutes(
            supervised.map(|minutes| with_basis(minutes, task.supervisory_minutes_basis)),
            effort.supervisory_leverage_factor(task),
            "supervisory factor",
        ) + &ends(effort.supervisory_ratio_range(task).factors())),
    );
    let tokens = effort.tokens.value.map(|tokens| tokens.to_string());
    let sessions = joined(&task.sessions);
    let optional = [
        (
            "tokens",
            tokens.map(|tokens| with_basis(tokens, task.tokens_basis)),
        ),
        ("agent", task.agent.clone()),
        ("model", task.model.clone()),
        ("category", task.category.clone()),
        ("tags", Some(task.tags.join(", "))),
        ("sessions", Some(sessions)),
        ("commits", Some(commits(found))),
        ("source", Some(source(found))),
        ("recorded", Some(recorded(found, zone))),
        ("retracted", tombstone.map(|tombstone| retracted(tombstone, zone))),
    ];
    for (name, value) in optional {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            fact(name, &value);
        }
    }
    card
}

fn agent_time(task: &Task, effort: TaskEffort) -> Option<String> {
    let most = shown_minutes(effort.agent.value?);
    let minutes = match effort.agent_low.map(shown_minutes) {
        Some(least) => format!("{least}..{most}"),
        None => most,
    };
    Some(match task.agent_minutes {
        None => format!("{minutes}, from logs"),
        Some(_) => with_basis(minutes, task.agent_minutes_basis),
    })
}

/// A figure with how it came to be, where nobody claimed it.
fn with_basis(figure: String, basis: Option<Provenance>) -> String {
    match basis {
        Some(basis) => format!("{figure}, {basis}"),
        None => figure,
    }
}

/// Minutes as tables have them.
fn shown_minutes(minutes: Minutes) -> String {
    Cell::Minutes(minutes).for_people().into_owned()
}

fn estimate(task: &Task) -> String {
    let basis = task.estimate.basis.as_deref().map(|basis| format!(": {basis}"));
    format!(
        "{}, by {}{}",
        task.estimate.shown(),
        estimated_by(&task.estimate),
        basis.unwrap_or_default()
    )
}

fn joined<T: ToString>(parts: &[T]) -> String {
    parts.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}

fn commits(found: &LedgerTask) -> String {
    match found.commits.as_slice() {
        [] => "none: a task without code".to_owned(),
        commits => commits
            .iter()
            .map(crate::facts::ids::ObjectId::short)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

fn source(found: &LedgerTask) -> String {
    match found.provenance {
        TaskProvenance::Note => found.task.source.to_string(),
        TaskProvenance::Trailer => "trailer".to_owned(),
        TaskProvenance::Body => "trailer, in the middle of a message (a squash merge?)".to_owned(),
    }
}

/// When the task was recorded and by whom; of a later revision, what it changed the estimate from, and why.
fn recorded(found: &LedgerTask, zone: Zone) -> String {
    let task = &found.task;
    let before = found.revisions.len().checked_sub(2);
    let before = before.and_then(|index| found.revisions.get(index));
    let now = task.estimate.shown();
    let revised = before.map(|before| match before.estimate.shown() {
        before if before == now => format!(", revision {}", task.rev),
        before => format!(", revision {}: {before} → {now}", task.rev),
    });
    let reason = task.reason.as_deref().map(|reason| format!(" (`{reason}`)"));
    let within = task.writer().map(|agent| format!(" in {agent}"));
    let parts = [within, revised, reason];
    let rest: String = parts.into_iter().flatten().collect();
    format!("{}, by {}{rest}", local(task.at, zone), task.by)
}

fn retracted(tombstone: &Tombstone, zone: Zone) -> String {
    let at = local(tombstone.at, zone);
    format!("{at}, by {} (`{}`)", tombstone.by, tombstone.reason)
}

/// An instant on the clock of `zone`, with its offset.
pub(super) fn local(at: DateTime<Utc>, zone: Zone) -> String {
    zone.at(at.timestamp()).format("%Y-%m-%d %H:%M %z").to_string()
}

/// The column of ids.
const ID: &str = "id";
/// The column of what nobody claimed.
const FROM_LOGS: &str = "agent_minutes_measured";

/// Tasks, a row each, with whole ids.
pub fn table(tasks: &[Timed<'_>]) -> Table {
    let number = Column::number;
    Table {
        columns: vec![
            Column::text("date", "Date"),
            Column::text(ID, "Id").whole(),
            Column::text("title", "Task"),
            number("human_hours", "Human", Basis::Claimed),
            number("agent_minutes", "Agent time", Basis::Claimed),
            number(FROM_LOGS, "From logs", Basis::Measured),
            number("supervisory_minutes", "Sup.", Basis::Claimed).drop_order(1),
            number("leverage_factor", "Factor", Basis::Derived),
            number("supervisory_leverage_factor", "Sup. factor", Basis::Derived).drop_order(2),
            Column::text(ESTIMATOR, "Estimator"),
        ],
        rows: tasks.iter().map(row).collect(),
        ..Table::default()
    }
}

/// The column of who estimated.
const ESTIMATOR: &str = "estimator";

/// How many of some estimates are agents', where any is.
pub fn estimates_by_agents(theirs: u64, all: u64) -> Option<String> {
    let all = counted(all, "estimate", "estimates");
    let are = plural(&theirs, "is by an agent", "are by agents");
    (theirs > 0).then(|| format!("{theirs} of {all} {are}"))
}

/// Takes the column of who estimated out of a table for people where agents estimated nothing.
pub fn without_idle_estimator(mut table: Table) -> Table {
    let at = table.columns.iter().position(|column| column.id == ESTIMATOR);
    let person = Cell::text(Estimator::PERSON);
    let is_idle = |at: &usize| {
        let cells = table.rows.iter().filter_map(|row| row.get(*at));
        cells
            .into_iter()
            .all(|cell| *cell == Cell::Empty || *cell == person)
    };
    if let Some(at) = at.filter(is_idle) {
        table.columns.remove(at);
        table.rows.iter_mut().for_each(|row| drop(row.remove(at)));
    }
    table
}

/// The table for people: with short ids, and without the columns of what nobody claimed and of agents that estimated where
/// there is nothing in them.
pub fn shown(table: Table, tasks: &[Timed<'_>], ids: &ShortIds) -> Table {
    let mut table = without_idle_estimator(with_short_ids(table, tasks, ids));
    let Some(at) = table.columns.iter().position(|column| column.id == FROM_LOGS) else {
        return table;
    };
    let measured = table
        .rows
        .iter()
        .filter(|row| row.get(at) != Some(&Cell::Unknown))
        .count();
    match measured {
        0 => {
            table.columns.remove(at);
            table.rows.iter_mut().for_each(|row| drop(row.remove(at)));
        }
        some => table.notes.push(format!(
            "{} agent time from logs, which nobody claimed",
            counted(some, "task has", "tasks have")
        )),
    }
    table
}

/// All columns, with short ids.
pub fn with_short_ids(mut table: Table, tasks: &[Timed<'_>], ids: &ShortIds) -> Table {
    let short = tasks.iter().map(|timed| Cell::text(ids.of(timed.task.id)));
    if let Some(at) = table.columns.iter().position(|column| column.id == ID) {
        let cells = table.rows.iter_mut().filter_map(|row| row.get_mut(at));
        cells.zip(short).for_each(|(cell, short)| *cell = short);
    }
    table
}

fn row(timed: &Timed<'_>) -> Vec<Cell> {
    let Timed { task, day, effort } = timed;
    vec![
        Cell::Date(*day),
        Cell::text(task.id.to_string()),
        Cell::text(task.title.clone()),
        Cell::Hours(task.estimate.hours),
        Cell::known(effort.agent.value, Cell::Minutes),
        Cell::known(effort.agent.measured, Cell::Minutes),
        Cell::known(effort.supervisory.value, Cell::Minutes),
        Cell::known(effort.leverage_factor(task), Cell::Factor),
        Cell::known(effort.supervisory_leverage_factor(task), Cell::Factor),
        Cell::text(task.estimate.estimated_by()),
    ]
}

/// Tasks, a line each: the id, the day, the estimate and the title.
pub fn oneline(tasks: &[Timed<'_>], ids: &ShortIds, screen: Screen) -> String {
    let line = |timed: &Timed<'_>| {
        let (id, day, hours) = (ids.of(timed.task.id), timed.day, timed.task.estimate.hours);
        let line = format!("{id} {day} {hours} {}", timed.task.title);
        let line = visible(&line);
        let line = screen
            .width
            .map_or(line.clone(), |width| shorten(&line, width).into_owned().into());
        format!("{line}\n")
    };
    tasks.iter().map(line).collect()
}

/// Every revision of tasks, a row each, for files: who, when, from what to what, and why.
pub fn history(steps: &[Step<'_>], zone: Zone) -> Table {
    Table {
        columns: vec![
            Column::text("at", "When").whole(),
            Column::text(ID, "Id").whole(),
            Column::ordinal("rev", "Revision"),
            Column::text("by", "Author"),
            Column::number("from", "From", Basis::Claimed),
            Column::number("to", "To", Basis::Claimed),
            Column::number("agent_minutes", "Agent time", Basis::Claimed),
            Column::number("supervisory_minutes", "Sup.", Basis::Claimed),
            Column::text("title", "Task"),
            Column::text("reason", "Reason"),
            Column::text(ESTIMATOR, "Estimated by"),
        ],
        rows: steps.iter().map(|step| history_row(step, zone)).collect(),
        ..Table::default()
    }
}

fn history_row(step: &Step<'_>, zone: Zone) -> Vec<Cell> {
    let task = step.task();
    let when = zone.at(step.at().timestamp()).format("%Y-%m-%d %H:%M:%S %z");
    let known = |is_revision: bool, cell: Cell| if is_revision { cell } else { Cell::Empty };
    let (is_revision, before, to) = match step {
        Step::Revision(task, before) => (true, *before, Cell::Hours(task.estimate.hours)),
        Step::Opinion(task, opinion) => {
            let said = format!("opinion of {}, {}", opinion.estimate.hours, sight(opinion));
            (false, Some(*task), Cell::text(said))
        }
        Step::Retraction(task, _) => (false, Some(*task), Cell::text("retracted")),
    };
    vec![
        Cell::text(when.to_string()),
        Cell::text(task.id.to_string()),
        known(is_revision, Cell::Count(task.rev.into())),
        Cell::text(step.by()),
        before.map_or(Cell::Empty, |before| Cell::Hours(before.estimate.hours)),
        to,
        known(is_revision, Cell::known(task.agent_minutes, Cell::Minutes)),
        known(is_revision, Cell::known(task.supervisory_minutes, Cell::Minutes)),
        Cell::text(task.title.clone()),
        step.reason().map_or(Cell::Empty, Cell::text),
        known(is_revision, Cell::text(estimator(task))),
    ]
}
