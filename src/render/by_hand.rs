//! Tasks that were done by hand: the card of one, a table of several, and what the estimates of each estimator are worth.

use std::fmt::Write as _;

use super::document::{Basis, Cell, Column, Table};
use super::escape::visible;
use crate::aggregate::calibration::{Calibration, Estimated};
use crate::facts::estimate::Estimate;
use crate::facts::ids::{ObjectId, TaskId};
use crate::facts::ledger::LedgerByHand;
use crate::facts::quantity::{counted, percent};
use crate::facts::record::{ByHand, Tombstone};
use crate::facts::short_ids::ShortIds;
use crate::facts::statistics::FEWEST;
use crate::facts::zone::Zone;

/// One of them, a line a fact. Ends with a newline.
pub fn card(found: &LedgerByHand, tombstone: Option<&Tombstone>, zone: Zone) -> String {
    facts(found, Some(found.record.id), tombstone, zone)
}

/// The same of a task that is not written and may never have this id.
pub fn card_without_id(found: &LedgerByHand, zone: Zone) -> String {
    facts(found, None, None, zone)
}

fn facts(found: &LedgerByHand, id: Option<TaskId>, tombstone: Option<&Tombstone>, zone: Zone) -> String {
    let task = &found.record;
    let mut card = format!("{}\n", visible(&task.title));
    let mut fact = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(card, "  {name:<12} {}", visible(value));
    };
    if let Some(id) = id {
        fact("id", &id.to_string());
    }
    fact("date", &task.date.to_string());
    fact(
        "estimate",
        &format!("{} by {}", task.estimate.shown(), estimator(&task.estimate)),
    );
    for phase in &task.estimate.phases {
        fact("", &format!("{}  {}", phase.shown(), phase.name));
    }
    let ratio = task.actual_hours.get() / task.estimate.hours.get();
    fact(
        "actual",
        &format!(
            "{} by hand, {} of the estimate",
            task.actual_hours,
            percent(ratio, 0)
        ),
    );
    let commits: Vec<String> = found.commits.iter().map(ObjectId::short).collect();
    let day = |at: i64| zone.at(at).format("%Y-%m-%d %H:%M").to_string();
    let optional = [
        ("basis", task.estimate.basis.clone().unwrap_or_default()),
        ("category", task.category.clone().unwrap_or_default()),
        ("tags", task.tags.join(", ")),
        ("commits", commits.join(", ")),
        ("source", task.source.to_string()),
        ("recorded", format!("{} by {}", day(task.at.timestamp()), task.by)),
        (
            "retracted",
            tombstone.map_or(String::new(), |tombstone| {
                let at = day(tombstone.at.timestamp());
                format!("{at} by {}: {}", tombstone.by, tombstone.reason)
            }),
        ),
    ];
    for (name, value) in optional.iter().filter(|(_, value)| !value.is_empty()) {
        fact(name, value);
    }
    card
}

/// The person, or the agent on their behalf.
fn estimator(estimate: &Estimate) -> String {
    match &estimate.estimator {
        None => estimate.by.clone(),
        Some(agent) => format!("{agent} for {}", estimate.by),
    }
}

/// Several, a row each.
pub fn table<'a>(tasks: impl IntoIterator<Item = &'a ByHand>) -> Table {
    let tasks: Vec<&ByHand> = tasks.into_iter().collect();
    let ids: ShortIds = tasks.iter().map(|task| task.id).collect();
    let row = |task: &&ByHand| {
        vec![
            Cell::text(ids.of(task.id)),
            Cell::text(task.title.clone()),
            Cell::Date(task.date),
            Cell::Hours(task.estimate.hours),
            Cell::Hours(task.actual_hours),
            Cell::text(estimator(&task.estimate)),
        ]
    };
    Table {
        columns: vec![
            Column::text("id", "Id").whole(),
            Column::text("title", "Done by hand").key(),
            Column::text("date", "Date").drop_order(2),
            Column::number("estimate", "Estimate", Basis::Claimed),
            Column::number("actual", "Actual", Basis::Claimed),
            Column::text("estimator", "Estimator").drop_order(1),
        ],
        rows: tasks.iter().map(row).collect(),
        ..Table::default()
    }
}

/// What the estimates of each estimator are worth.
pub fn calibration(calibration: &Calibration) -> Table {
    let number = |id, heading, basis| Column::number(id, heading, basis);
    let all = calibration.all.as_ref();
    Table {
        title: Some("Calibration: actual hours per estimated hour, of tasks done by hand".to_owned()),
        columns: vec![
            Column::text("estimator", "Estimator").key(),
            number("tasks", "Tasks", Basis::Claimed),
            number("estimated", "Estimated", Basis::Claimed).drop_order(3),
            number("actual", "Actual", Basis::Claimed).drop_order(3),
            number("ratio_of_sums", "Ratio of sums", Basis::Derived),
            number("ratio_of_sums_low", "Low", Basis::Derived).drop_order(1),
            number("ratio_of_sums_high", "High", Basis::Derived).drop_order(1),
            number("geometric_ratio", "Geometric", Basis::Derived).drop_order(2),
            number("sd_of_ln_ratio", "Spread", Basis::Derived).drop_order(4),
        ],
        rows: calibration.estimators.iter().map(row).collect(),
        totals: all.filter(|_| calibration.estimators.len() > 1).map(row),
        more_rows: 0,
        notes: notes(calibration),
    }
}

fn row(found: &Estimated) -> Vec<Cell> {
    let person = found.person.clone().unwrap_or_else(|| "All".to_owned());
    let name = match &found.agent {
        None => person,
        Some(agent) => format!("{agent} for {person}"),
    };
    let ratio = |value: Option<f64>| Cell::known(value, Cell::Percent);
    // The spread of one estimate: a factor either way.
    let spread = found.sd_of_ln_ratio.map(f64::exp);
    vec![
        Cell::text(name),
        Cell::Count(found.tasks),
        Cell::Hours(found.estimated_hours),
        Cell::Hours(found.actual_hours),
        ratio(found.ratio_of_sums),
        ratio(found.ratio_of_sums_low),
        ratio(found.ratio_of_sums_high),
        ratio(found.geometric_ratio),
        Cell::known(spread, Cell::Factor),
    ]
}

fn notes(calibration: &Calibration) -> Vec<String> {
    let Some(_) = &calibration.all else {
        let none = "No task done by hand is recorded here; `git leverage record --by-hand --estimate 4h --actual 6h` adds one";
        return vec![none.to_owned()];
    };
    let few = calibration.too_few().count() as u64;
    let few = (few > 0).then(|| {
        format!(
            "{} fewer than {FEWEST} tasks done by hand, and no calibrated factor",
            counted(few, "estimator has", "estimators have")
        )
    });
    few.into_iter()
        .chain([
            "Low and High are the interval of 95% of the ratio of sums. Geometric is what one estimate is worth; Spread is one \
             standard deviation of it, as a factor either way"
                .to_owned(),
        ])
        .collect()
}
