//! Whether events from hooks reach a capture.

use std::path::Path;

use chrono::{NaiveDate, TimeDelta};

use super::check::{Check, Fix, Found};
use super::evidence::{Evidence, SpoolFacts};
use crate::facts::quantity::counted;

/// A session that waits longer than this is not captured automatically.
const LONG: TimeDelta = TimeDelta::hours(1);
/// How many given-up sessions are listed.
const MOST_NAMED: usize = 3;

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "spool-written",
        about: "Can hooks write to the spool?",
        look: written,
    },
    Check {
        name: "spool-read",
        about: "Can everything in the spool be read?",
        look: read,
    },
    Check {
        name: "spool-drained",
        about: "Are all sessions in the spool captured?",
        look: drained,
    },
];

fn written(evidence: &Evidence) -> Vec<Found> {
    let Some(spool) = &evidence.spool else {
        return vec![
            Found::broken("no place for the spool: neither `HOME` nor `XDG_STATE_HOME` is set")
                .advice("Set `HOME` where agents run"),
        ];
    };
    let full = spool.full.iter().map(|file| {
        Found::broken("today's spool file is full")
            .in_file(file)
            .advice("Something calls the hook in a loop; find it before you remove the file")
    });
    let folder = match &spool.unwritable {
        Some(reason) => Found::broken(format!("cannot write to the spool: {reason}"))
            .advice("Make the directory yours and writable; until then, hooks write to the repository they are called in"),
        None => Found::ok("hooks can write to the spool"),
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
                    "Run `git leverage capture{}` to capture from the logs instead",
                    since(&warning.place)
                ))
        })
        .collect()
}

/// The first day whose events a file has, from its name.
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
        (0, 0) => Found::ok("all sessions reported by hooks are captured"),
        (0, fresh) => Found::ok(format!(
            "{} at work or just done",
            counted(fresh as u64, "session is", "sessions are")
        )),
        (waiting, _) => Found::warning(format!(
            "{} for more than an hour",
            counted(
                waiting as u64,
                "session has waited to be captured",
                "sessions have waited to be captured"
            )
        ))
        .advice("Run `git leverage doctor --fix` to capture them")
        .fix(Fix::DrainSpool),
    };
    std::iter::once(waits.in_file(&spool.folder))
        .chain(dropped(spool))
        .collect()
}

fn dropped(spool: &SpoolFacts) -> Vec<Found> {
    let named = spool.dropped.iter().rev().take(MOST_NAMED);
    let named = named.map(|(session, reason)| {
        Found::warning(format!("gave up on this session: {reason}"))
            .at(session.clone())
            .advice("If its repository was moved, run `git leverage capture` there to find it in the logs")
    });
    named.collect()
}
