//! The pace of people in repositories, in sentences.

use super::document::Cell;
use crate::aggregate::pace::{Pace, RepoPace, Uncounted};
use crate::aggregate::report::Report;
use crate::facts::quantity::{counted, plural, thousands};

/// The pace of each repository, and what the columns by pace leave out.
pub(super) fn notes(report: &Report) -> Vec<String> {
    let without = report.left_out.commits_without_pace.filter(|count| *count > 0);
    let without = without.map(|count| {
        format!(
            "{} without a task {} in repositories without a pace; the columns by pace leave {} out",
            counted(count, "commit", "commits"),
            plural(&count, "is", "are"),
            plural(&count, "it", "them")
        )
    });
    report.pace.iter().map(sentence).chain(without).collect()
}

/// The pace of a repository, or why it has none.
fn sentence(known: &RepoPace) -> String {
    match (&known.pace, &known.reason) {
        (Some(pace), _) => format!("Pace of people in {}: {}", known.repo, text(pace)),
        (None, reason) => format!(
            "Pace of people in {}: unknown; {}",
            known.repo,
            reason.as_deref().unwrap_or_default()
        ),
    }
}

/// A pace with its range, and what it rests on.
pub(super) fn text(pace: &Pace) -> String {
    let range = pace
        .lines_per_day_low
        .zip(pace.lines_per_day_high)
        .map(|(low, high)| format!(" ({low:.0} to {high:.0})"));
    let left_out = left_out(&pace.left_out);
    let left_out = match left_out.is_empty() {
        true => String::new(),
        false => format!("; without {}", left_out.join(", ")),
    };
    format!(
        "{:.0} lines of source and tests per working day{}, from {} of {} in {} of {} to {}{left_out}",
        pace.lines_per_day,
        range.unwrap_or_default(),
        counted(pace.days, "day", "days"),
        counted(pace.people, "person", "people"),
        counted(pace.commits, "commit", "commits"),
        Cell::Date(pace.since).for_people(),
        Cell::Date(pace.until).for_people(),
    )
}

fn left_out(left_out: &Uncounted) -> Vec<String> {
    let reasons = [
        (left_out.since_first_agent, "since the first with an agent"),
        (left_out.merges, "merges"),
        (left_out.robots, "by robots"),
        (left_out.unknown_lines, "with unknown lines"),
        (left_out.without_code, "without code"),
        (left_out.copies, "copies"),
        (left_out.reformatting, "reformatting"),
        (left_out.bulk, "bulk"),
    ];
    let some = reasons.into_iter().filter(|(count, _)| *count > 0);
    some.map(|(count, reason)| format!("{} {reason}", thousands(count)))
        .collect()
}
