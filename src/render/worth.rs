//! What claims are worth, in one line: which of the hours have more than one person's word.

use super::document::Cell;
use crate::aggregate::worth::{Worth, WorthPart};
use crate::facts::quantity::{Hours, capital};

/// The parts, in the order in which they are named.
fn parts(worth: &Worth) -> Vec<(&'static str, WorthPart)> {
    let mut parts = vec![
        ("by two or more people", worth.by_two_people),
        ("with phases", worth.with_phases),
        ("given before the work", worth.given_before_work),
        ("backed by tasks done by hand", worth.by_calibrated_estimators),
        ("on measured minutes", worth.on_measured_minutes),
    ];
    // What notes say is not called measured: anyone can type it.
    if worth.on_noted_minutes.tasks > 0 {
        parts.push(("on minutes in notes", worth.on_noted_minutes));
    }
    parts
}

fn hours(hours: Hours) -> String {
    Cell::Hours(hours).for_people().into_owned()
}

/// One sentence, without a period; `None` without claims.
pub fn sentence(worth: &Worth) -> Option<String> {
    phrase(worth).map(|phrase| capital(&phrase))
}

/// The same behind a label: each part with its factor, if it has one.
pub fn phrase(worth: &Worth) -> Option<String> {
    let part = |(words, part): (&str, WorthPart)| {
        let factor = part.leverage_factor.map(Cell::Factor);
        let factor = factor.map(|factor| format!(" ({})", factor.for_people()));
        format!(
            "{} {words}{}",
            hours(part.human_hours),
            factor.unwrap_or_default()
        )
    };
    (worth.claimed.tasks > 0).then(|| {
        format!(
            "of {} claimed, {}",
            hours(worth.claimed.human_hours),
            parts(worth).into_iter().map(part).collect::<Vec<_>>().join(", ")
        )
    })
}
