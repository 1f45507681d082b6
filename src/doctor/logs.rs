//! Whether logs exist until they are captured, and can be read.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::check::{Check, Found};
use super::evidence::{AgentFacts, Evidence};
use crate::facts::quantity::counted;
use crate::facts::retention::Keeps;
use crate::facts::span::Millis;

/// Logs that are deleted within this time are urgent.
const SOON: TimeDelta = TimeDelta::days(7);
/// The maximum number of unreadable places that are listed per agent.
const MOST_NAMED: usize = 3;

/// How logs are captured before they go.
const CAPTURE: &str = "Run `git leverage capture --since 60.days` to capture them";

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "log-folders",
        about: "Can the logs of agents be read?",
        look: folders,
    },
    Check {
        name: "log-retention",
        about: "Are sessions captured before agents delete their logs?",
        look: retention,
    },
];

fn folders(evidence: &Evidence) -> Vec<Found> {
    evidence.agents.iter().flat_map(folders_of).collect()
}

fn folders_of(agent: &AgentFacts) -> Vec<Found> {
    if agent.unreadable.is_empty() {
        let found = agent
            .last_log
            .map(|_| Found::ok("its logs can be read").at(agent.name.clone()));
        return found.into_iter().collect();
    }
    let more = agent.unreadable.len().saturating_sub(MOST_NAMED) as u64;
    let named = agent.unreadable.iter().take(MOST_NAMED).map(|warning| {
        Found::warning(warning.message.clone())
            .at(format!("{}: {}", agent.name, warning.place))
            .advice("Its contents do not count until it can be read")
    });
    let more = (more > 0).then(|| {
        let places = counted(more, "more place", "more places");
        Found::warning(format!("{places} cannot be read")).at(agent.name.clone())
    });
    named.chain(more).collect()
}

fn retention(evidence: &Evidence) -> Vec<Found> {
    let going = going(evidence);
    let agents = evidence.agents.iter().filter(|agent| agent.last_log.is_some());
    agents
        .map(|agent| retention_of(agent, evidence, going.get(agent.name.as_str())))
        .collect()
}

/// For each agent how many uncaptured logs go soon, and when the first.
fn going(evidence: &Evidence) -> BTreeMap<&str, (u64, DateTime<Utc>)> {
    let mut going: BTreeMap<&str, (u64, DateTime<Utc>)> = BTreeMap::new();
    let uncaptured = evidence.repository.iter().flat_map(|repo| &repo.uncaptured);
    for found in uncaptured {
        if let Some(at) = found.deleted_at.filter(|at| *at - evidence.now <= SOON) {
            let known = going.entry(&found.agent).or_insert((0, at));
            *known = (known.0 + 1, known.1.min(at));
        }
    }
    going
}

fn retention_of(agent: &AgentFacts, evidence: &Evidence, going: Option<&(u64, DateTime<Utc>)>) -> Found {
    let (found, kept) = match agent.keeps {
        Keeps::Always => return Found::ok("it does not delete logs").at(agent.name.clone()),
        Keeps::Unknown => return unknown(agent, evidence).at(agent.name.clone()),
        Keeps::For(time) => (Found::ok(format!("it keeps logs for {}", days(time))), time),
    };
    let last = evidence.repository.as_ref().and_then(|repo| repo.last_capture);
    let lags = |last: DateTime<Utc>| evidence.now - last > TimeDelta::milliseconds(kept.0);
    let found = match going {
        Some((count, first)) if *first <= evidence.now => Found::broken(format!(
            "it deletes logs after {}; {} not captured, and can be deleted at its next start",
            days(kept),
            counted(*count, "session here is", "sessions here are")
        ))
        .advice(CAPTURE),
        Some((count, first)) => Found::warning(format!(
            "it deletes logs after {}; {} not captured, the first is deleted on {}",
            days(kept),
            counted(*count, "session here is", "sessions here are"),
            first.date_naive()
        ))
        .advice(CAPTURE),
        None if last.is_some_and(lags)
            && evidence
                .repository
                .as_ref()
                .is_some_and(|repo| !repo.uncaptured.is_empty()) =>
        {
            Found::warning(format!(
                "it deletes logs after {}, and the last capture here is older than that",
                days(kept)
            ))
            .advice(CAPTURE)
        }
        None => found,
    };
    match &agent.keeps_by {
        Some(file) => found.at(format!("{}: {}", agent.name, file.display())),
        None => found.at(agent.name.clone()),
    }
}

fn unknown(agent: &AgentFacts, evidence: &Evidence) -> Found {
    let uncaptured = evidence.repository.iter().flat_map(|repo| &repo.uncaptured);
    match uncaptured.filter(|found| found.agent == agent.name).count() as u64 {
        0 => Found::ok("how long it keeps logs is unknown; all sessions here are captured"),
        waiting => Found::unknown(format!(
            "how long it keeps logs is unknown; {} not captured",
            counted(waiting, "session here is", "sessions here are")
        ))
        .advice(CAPTURE),
    }
}

fn days(time: Millis) -> String {
    match time.whole(Millis::DAY) {
        0 => "less than a day".to_owned(),
        days => counted(u64::try_from(days).unwrap_or_default(), "day", "days"),
    }
}
