//! What is broken, and how to fix it.

use super::document::{Cell, Column, Document, Table};
use crate::doctor::{Diagnosis, Health, Symptom};
use crate::facts::agents::by_name;
use crate::facts::quantity::counted;

/// The page for people: failed checks, and the names of the others. `all` also shows those that passed.
pub fn document(diagnosis: &Diagnosis, mended: &[String], all: bool) -> Document {
    let shown = diagnosis
        .checks
        .iter()
        .filter(|found| all || found.health != Health::Ok);
    let rows: Vec<Vec<Cell>> = shown.flat_map(lines).collect();
    let table = Table {
        columns: vec![
            Column::text("health", "Health"),
            Column::text("check", "Check"),
            Column::prose("message", "Finding, and what to do"),
        ],
        rows,
        ..Table::default()
    };
    let fine = (!all).then(|| in_order(diagnosis)).flatten();
    let mended = mended.iter().cloned();
    Document {
        title: Some(title(diagnosis)),
        tables: (!table.rows.is_empty()).then_some(table).into_iter().collect(),
        notes: mended.chain(fine).collect(),
        ..Document::default()
    }
}

fn title(diagnosis: &Diagnosis) -> String {
    let subject = diagnosis.repo.as_deref().unwrap_or("this machine");
    let count = |health| {
        diagnosis
            .checks
            .iter()
            .filter(|found| found.health == health)
            .count() as u64
    };
    let parts = [
        (count(Health::Broken), "broken", "broken"),
        (count(Health::Warning), "warning", "warnings"),
        (count(Health::Unknown), "unknown", "unknown"),
    ];
    let told = parts.into_iter().filter(|(count, ..)| *count > 0);
    let told: Vec<String> = told.map(|(count, one, many)| counted(count, one, many)).collect();
    match told.is_empty() {
        true => format!("Doctor: {subject}, no problems found"),
        false => format!("Doctor: {subject}, {}", told.join(", ")),
    }
}

/// A row for the finding and its place, and one for the advice.
fn lines(found: &Symptom) -> Vec<Vec<Cell>> {
    let text = match &found.place {
        // The sentence is about it.
        Some(place) if by_name(place).is_some() => format!("{place}: {}", found.message),
        Some(place) => format!("{} ({place})", found.message),
        None => found.message.clone(),
    };
    let first = vec![
        Cell::Health(found.health),
        Cell::text(found.check),
        Cell::text(text),
    ];
    let advice = found
        .advice
        .as_ref()
        .map(|advice| vec![Cell::Empty, Cell::Empty, Cell::text(format!("→ {advice}"))]);
    std::iter::once(first).chain(advice).collect()
}

/// The names of the checks that passed.
fn in_order(diagnosis: &Diagnosis) -> Option<String> {
    let mut names: Vec<&str> = diagnosis.checks.iter().map(|found| found.check).collect();
    names.dedup();
    let is_fine = |name: &&str| {
        let mut of_check = diagnosis.checks.iter().filter(|found| found.check == *name);
        of_check.all(|found| found.health == Health::Ok)
    };
    names.retain(is_fine);
    (!names.is_empty()).then(|| format!("Passed: {}", names.join(", ")))
}

/// All findings, as rows.
pub fn rows(diagnosis: &Diagnosis) -> Table {
    let row = |found: &Symptom| {
        vec![
            Cell::Health(found.health),
            Cell::text(found.check),
            Cell::known(found.place.clone(), Cell::Text),
            Cell::text(&found.message),
            Cell::known(found.advice.clone(), Cell::Text),
        ]
    };
    Table {
        columns: vec![
            Column::text("health", "Health"),
            Column::text("check", "Check"),
            Column::text("place", "Place"),
            Column::text("message", "Message"),
            Column::text("advice", "Advice"),
        ],
        rows: diagnosis.checks.iter().map(row).collect(),
        ..Table::default()
    }
}
