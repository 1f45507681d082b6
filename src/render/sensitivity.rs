//! How much of a factor survives each doubt: the table, and what each row leaves out.

use super::document::{Basis, Cell, Column, Document, Table};
use crate::aggregate::sensitivity::{Doubt, DoubtRow, Doubts};
use crate::facts::quantity::{counted, plural, thousands};

/// The heading of the table.
pub const HEADING: &str = "How much survives each doubt";

/// Instead of a rank: only for programs.
const MACHINE: u8 = u8::MAX;

/// The page, for people. `title` says what the tasks are.
pub fn document(sensitivity: &Doubts, title: String) -> Document {
    Document {
        title: Some(title),
        tables: vec![table(sensitivity)],
        ..Document::default()
    }
}

/// The table for people, with a note for each row that needs one.
pub fn table(sensitivity: &Doubts) -> Table {
    let fields: Vec<&Field> = FIELDS
        .iter()
        .filter(|field| field.drop_order != MACHINE)
        .collect();
    let mut columns = vec![Column::text("doubt", "Doubt").whole().key()];
    columns.extend(fields.iter().map(|field| field.column()));
    let cells = |row: &DoubtRow| {
        let own = fields.iter().map(|field| (field.cell)(row));
        std::iter::once(Cell::text(words(row.doubt))).chain(own).collect()
    };
    Table {
        title: Some(HEADING.to_owned()),
        columns,
        rows: sensitivity.rows.iter().map(cells).collect(),
        notes: notes(sensitivity),
        ..Table::default()
    }
}

/// The rows for programs.
pub fn rows(sensitivity: &Doubts) -> Table {
    let mut columns = vec![Column::text("doubt", "Doubt").key()];
    columns.extend(FIELDS.iter().map(Field::column));
    columns.extend(
        [("task", "Task"), ("title", "Title"), ("reason", "Reason")].map(|(id, word)| Column::text(id, word)),
    );
    let cells = |row: &DoubtRow| {
        let mut cells = vec![Cell::text(row.doubt.id())];
        cells.extend(FIELDS.iter().map(|field| (field.cell)(row)));
        let task = row.task.as_ref();
        cells.push(Cell::known(task.map(|task| task.id.to_string()), Cell::Text));
        cells.push(Cell::known(task.map(|task| task.title.clone()), Cell::Text));
        cells.push(Cell::known(row.reason, Cell::text));
        cells
    };
    Table {
        columns,
        rows: sensitivity.rows.iter().map(cells).collect(),
        ..Table::default()
    }
}

/// A number of a row.
struct Field {
    id: &'static str,
    heading: &'static str,
    basis: Basis,
    drop_order: u8,
    cell: fn(&DoubtRow) -> Cell,
}

impl Field {
    fn column(&self) -> Column {
        Column::number(self.id, self.heading, self.basis).drop_order(self.drop_order)
    }

    const fn new(
        id: &'static str,
        heading: &'static str,
        basis: Basis,
        drop_order: u8,
        cell: fn(&DoubtRow) -> Cell,
    ) -> Self {
        Self {
            id,
            heading,
            basis,
            drop_order,
            cell,
        }
    }
}

/// In the order of the format.
const FIELDS: &[Field] = &[
    Field::new("tasks", "Tasks", Basis::Claimed, 2, |row| {
        Cell::known(row.agent.tasks, Cell::Count)
    }),
    Field::new("human_hours", "Human", Basis::Derived, 0, |row| {
        Cell::known(row.agent.human_hours, Cell::Hours)
    }),
    Field::new("agent_minutes", "Agent time", Basis::Derived, 0, |row| {
        Cell::known(row.agent.agent_minutes, Cell::Minutes)
    }),
    Field::new("leverage_factor", "Factor", Basis::Derived, 0, |row| {
        Cell::known(row.agent.leverage_factor, Cell::Factor)
    }),
    Field::new("left", "Left", Basis::Derived, 0, |row| {
        Cell::known(row.agent.left, Cell::Percent)
    }),
    Field::new("supervised_tasks", "Sup. tasks", Basis::Claimed, MACHINE, |row| {
        Cell::known(row.supervisory.supervised_tasks, Cell::Count)
    }),
    Field::new(
        "supervised_human_hours",
        "Sup. human",
        Basis::Derived,
        MACHINE,
        |row| Cell::known(row.supervisory.supervised_human_hours, Cell::Hours),
    ),
    Field::new("supervisory_minutes", "Sup.", Basis::Derived, 4, |row| {
        Cell::known(row.supervisory.supervisory_minutes, Cell::Minutes)
    }),
    Field::new(
        "supervisory_leverage_factor",
        "Sup. factor",
        Basis::Derived,
        1,
        |row| Cell::known(row.supervisory.supervisory_leverage_factor, Cell::Factor),
    ),
    Field::new("supervisory_left", "Sup. left", Basis::Derived, 3, |row| {
        Cell::known(row.supervisory.supervisory_left, Cell::Percent)
    }),
    Field::new(
        "tasks_concerned",
        "Tasks concerned",
        Basis::Claimed,
        MACHINE,
        |row| Cell::Count(row.tasks_concerned),
    ),
    Field::new(
        "claimed_leverage_factor",
        "As claimed",
        Basis::Derived,
        MACHINE,
        |row| Cell::known(row.claimed_leverage_factor, Cell::Factor),
    ),
];

/// A doubt as the head of a row.
fn words(doubt: Doubt) -> &'static str {
    match doubt {
        Doubt::Total => "Total",
        Doubt::WithoutLargestTask => "Without the largest task",
        Doubt::WithoutLargestTenth => "Without the largest tenth",
        Doubt::WithoutHighestTenth => "Without the highest tenth",
        Doubt::LowestOpinion => "By the lowest opinion",
        Doubt::MedianOpinion => "By the median opinion",
        Doubt::LowEnds => "By low ends of ranges",
        Doubt::Calibrated => "By calibrated hours",
        Doubt::Pace => "By pace",
        Doubt::Sloc => "By sloc",
        Doubt::Cocomo => "By COCOMO II",
        Doubt::AllIn => "Over all-in minutes",
        Doubt::WithoutUnknownTime => "Without unknown time",
        Doubt::MeasuredMinutes => "Over measured minutes",
    }
}

/// What the rows do not say themselves, in their order.
fn notes(sensitivity: &Doubts) -> Vec<String> {
    let mut notes: Vec<String> = (sensitivity.rows.iter())
        .filter_map(|row| {
            let text = row
                .reason
                .map_or_else(|| note(row, sensitivity.tasks), |reason| Some(reason.to_owned()));
            Some(format!("{}: {}", words(row.doubt), text?))
        })
        .collect();
    let without = sensitivity.tasks_without_agent_minutes;
    if without > 0 {
        notes.push(format!(
            "{} of {} {} no agent time; their {} are in no factor over it",
            thousands(without),
            tasks(sensitivity.tasks),
            plural(&without, "has", "have"),
            hours(sensitivity.human_hours_without_agent_minutes),
        ));
    }
    notes
}

/// What a row leaves out or changes.
fn note(row: &DoubtRow, all: u64) -> Option<String> {
    let concerned = row.tasks_concerned;
    let of = || match concerned == all {
        true if all == 1 => "the only task".to_owned(),
        true => format!("all {}", tasks(all)),
        false => format!("{} of {}", thousands(concerned), tasks(all)),
    };
    let others = || match concerned == all {
        true => "",
        false => "; the others count as claimed",
    };
    let only = || match concerned == all {
        true => of(),
        false => format!("only {}", of()),
    };
    let have = || plural(&concerned, "has", "have");
    Some(match row.doubt {
        Doubt::Total => return None,
        Doubt::WithoutLargestTask => format!("`{}`", row.task.as_ref()?.title),
        Doubt::WithoutLargestTenth => format!("{} left out", tasks(concerned)),
        Doubt::WithoutHighestTenth => {
            let factors = plural(&concerned, "factor", "factors");
            format!("{} with the highest {factors} left out", tasks(concerned))
        }
        Doubt::LowestOpinion | Doubt::MedianOpinion => {
            format!("{} {} opinions{}", of(), have(), others())
        }
        Doubt::LowEnds => format!("{} {} a range{}", of(), have(), others()),
        Doubt::Calibrated => format!("{} by calibrated estimators; {}", only(), as_claimed(row)),
        Doubt::Pace | Doubt::Sloc | Doubt::Cocomo => {
            format!("{} with known lines; {}", only(), as_claimed(row))
        }
        Doubt::AllIn => format!(
            "only {} with sessions, over all sessions; {}",
            of(),
            as_claimed(row)
        ),
        Doubt::WithoutUnknownTime => format!(
            "{} {} agent time that is unknown in part; the total includes it",
            of(),
            have()
        ),
        Doubt::MeasuredMinutes => format!(
            "{} {} claimed and measured agent time; the others count as in the total",
            of(),
            have()
        ),
    })
}

/// The factor that the same tasks have in the total.
fn as_claimed(row: &DoubtRow) -> String {
    match row.claimed_leverage_factor {
        Some(factor) => format!(
            "as claimed, their factor is {}",
            Cell::Factor(factor).for_people()
        ),
        None => "as claimed, they have no factor".to_owned(),
    }
}

fn tasks(count: u64) -> String {
    counted(count, "task", "tasks")
}

fn hours(hours: crate::facts::quantity::Hours) -> String {
    Cell::Hours(hours).for_people().into_owned()
}
