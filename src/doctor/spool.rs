//! Whether what hooks were told reaches a capture.

use std::path::Path;

use chrono::{NaiveDate, TimeDelta};

use super::check::{Check, Fix, Found};
use super::evidence::{Evidence, SpoolFacts};
use crate::facts::quantity::counted;

/// A session that waits longer is not captured by itself.
const LONG: TimeDelta = TimeDelta::hours(1);
/// So many sessions that were given up are named.
const MOST_NAMED: usize = 3;

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "spool-written",
        about: "Can a hook write down that it was called?",
        look: written,
    },
    Check {
        name: "spool-read",
        about: "Can all be read that hooks wrote down?",
        look: read,
    },
    Check {
        name: "spool-drained",
        about: "Is what they wrote down captured?",
        look: drained,
    },
];

fn written(evidence: &Evidence) -> Vec<Found> {
    let Some(spool) = &evidence.spool else {
        return vec![
            Found::broken("there is no place for the spool: neither a home folder nor XDG_STATE_HOME is set")
                .advice("Set HOME where agents run"),
        ];
    };
    let full = spool.full.iter().map(|file| {
        Found::broken("today's spool file is full")
            .in_file(file)
            .advice("Something calls the hook in a loop; find it before removing the file")
    });
    let folder = match &spool.unwritable {
        Some(reason) => Found::broken(format!("nothing can be written to the spool: {reason}"))
            .advice("Make the folder yours and writable; until then a hook writes into the repository that it is called in"),
        None => Found::ok("a hook can write down that it was called"),
    };
    std::iter::once(folder.in_file(&spool.folder))
        .chain(full)
        .collect()
}

fn read(evidence: &Evidence) -> Vec<Found> {
    let unreadable = evidence.spool.iter().flat_map(|spool| &spool.unreadable);
    unreadable
        .map(|warning| {
            Found::warning(warning.message.clone())
                .at(warning.place.clone())
                .advice(format!(
                    "Capture from the logs what it may have told of: git leverage capture{}",
                    since(&warning.place)
                ))
        })
        .collect()
}

/// From the day on whose events a file has, by its name.
fn since(file: &str) -> String {
    let stem = Path::new(file).file_stem().and_then(|stem| stem.to_str());
    let day = stem.and_then(|stem| stem.parse::<NaiveDate>().ok());
    day.map(|day| format!(" --since {day}")).unwrap_or_default()
}

fn drained(evidence: &Evidence) -> Vec<Found> {
    let Some(spool) = &evidence.spool else {
        return Vec::new();
    };
    let waiting = spool
        .pending
        .iter()
        .filter(|pending| evidence.now - pending.last >= LONG)
        .count();
    let waits = match (waiting, spool.pending.len()) {
        (0, 0) => Found::ok("all that hooks told of is captured"),
        (0, fresh) => Found::ok(format!(
            "{} at work or just done",
            counted(fresh as u64, "session is", "sessions are")
        )),
        (waiting, _) => Found::warning(format!(
            "{} for more than an hour",
            counted(
                waiting as u64,
                "session waits to be captured",
                "sessions wait to be captured"
            )
        ))
        .advice("Capture them: git leverage doctor --fix")
        .fix(Fix::DrainSpool),
    };
    std::iter::once(waits.in_file(&spool.folder))
        .chain(dropped(spool))
        .collect()
}

fn dropped(spool: &SpoolFacts) -> Vec<Found> {
    let named = spool.dropped.iter().rev().take(MOST_NAMED);
    let named = named.map(|(session, reason)| {
        Found::warning(format!("the session was given up: {reason}"))
            .at(session.clone())
            .advice(
                "If its repository is somewhere else now, `git leverage capture` there finds it in the logs",
            )
    });
    named.collect()
}
