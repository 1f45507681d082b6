//! Claims compared with the sessions and with each other.

use std::collections::{BTreeSet, HashMap};

use super::Level;
use super::evidence::{All, Shown};
use super::found::Found;
use super::rule::{Check, Rule, no_sessions, no_tasks};
use crate::correlate::seen::{Origin, SeenSession};
use crate::facts::agents::our_spelling;
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::ledger::LedgerTask;
use crate::facts::span::Seconds;
use crate::facts::task::Task;

/// The rules, in the order in which they are listed.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "zero-claimed",
        about: "Is the estimate or the agent time zero?",
        advice: "Revise the task with the time it took, or retract it; leave out what is unknown",
        one: "claim of zero hours or minutes",
        many: "claims of zero hours or minutes",
        missing: no_tasks,
        check: Check::Shown(zero_claimed),
    },
    Rule {
        id: "agent-minutes-differ",
        about: "Does the claimed agent time differ from the sessions' by more than a quarter?",
        advice: "Use the sessions' agent time, or name the sessions that are missing",
        one: "agent time that differs from its sessions",
        many: "agent times that differ from their sessions",
        missing: no_sessions,
        check: Check::ShownByAll(agent_minutes_differ),
    },
    Rule {
        id: "supervision-too-short",
        about: "Is the claimed supervision too short to be possible?",
        advice: "Count the time spent on prompting and reviewing",
        one: "supervision time that is too short",
        many: "supervision times that are too short",
        missing: no_tasks,
        check: Check::ShownByAll(supervision_too_short),
    },
    Rule {
        id: "agent-minutes-beyond-span",
        about: "Is the claimed agent time longer than the task's sessions?",
        advice: "Use the sessions' agent time, or name the sessions that are missing",
        one: "agent time longer than its sessions",
        many: "agent times longer than their sessions",
        missing: no_sessions,
        check: Check::ShownByAll(agent_minutes_beyond_span),
    },
    Rule {
        id: "session-not-found",
        about: "Is there a log or a captured record of the sessions that tasks name?",
        advice: "Correct the name, or run `git leverage capture` where the session ran",
        one: "task with a session that was not found",
        many: "tasks with sessions that were not found",
        missing: no_tasks,
        check: Check::ShownByAll(session_not_found),
    },
    Rule {
        id: "session-away-from-commits",
        about: "Was the session active when its commits were made?",
        advice: "See who wrote the record, and name the session that did the work",
        one: "session far from its commits in time",
        many: "sessions far from their commits in time",
        missing: no_sessions,
        check: Check::ShownByAll(session_away_from_commits),
    },
    Rule {
        id: "estimate-by-own-agent",
        about: "Did the agent that did the work estimate it?",
        advice: "Have a person check it: `git leverage revise ID --estimated-by person --reason TEXT`",
        one: "estimate by the agent that did the work",
        many: "estimates by the agent that did the work",
        missing: no_tasks,
        check: Check::Shown(estimate_by_own_agent),
    },
    Rule {
        id: "estimate-entered-by-agent",
        about: "Did an agent record an estimate as a person's?",
        advice: "Have the person confirm it: `git leverage revise ID --estimated-by person --reason TEXT`",
        one: "estimate of a person, recorded by an agent",
        many: "estimates of people, recorded by agents",
        missing: no_tasks,
        check: Check::Shown(estimate_entered_by_agent),
    },
];

/// How far a claim may be from what was measured.
const TOLERANCE: f64 = 0.25;

/// Minutes, to a tenth.
fn tenths(minutes: f64) -> String {
    let text = format!("{minutes:.1}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

/// Minutes without and with unknown time: `12m`, `12m..15.5m`.
fn range(least: f64, most: f64) -> String {
    match (tenths(least), tenths(most)) {
        (least, most) if least == most => format!("{most}m"),
        (least, most) => format!("{least}m..{most}m"),
    }
}

fn agent_minutes_differ(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let differs = |found: &LedgerTask| {
        let claimed = found.task.agent_minutes?.get();
        let known = all.measured(found)?;
        // Between both ends the log agrees with any claim.
        let least = known.agent_minutes.get();
        let most = known.most_agent_minutes().get();
        // Sessions that were not found may add time, never subtract any.
        let is_above = claimed > most * (1.0 + TOLERANCE) && known.is_all;
        // Time that was measured when the task was recorded gives way to the sessions' current time.
        let is_claimed = found.task.agent_minutes_basis.is_none();
        let is_below = is_claimed && claimed < least * (1.0 - TOLERANCE);
        (is_above || is_below).then(|| {
            let sessions = match known.is_all {
                true => "its sessions took",
                false => "the sessions found took",
            };
            let message = format!(
                "`{}` claims {}m of agent time; {sessions} {}",
                found.task.title,
                tenths(claimed),
                range(least, most)
            );
            Found::of(Level::Warning, &found.task, message)
                .figure("claimed_minutes", claimed)
                .figure("measured_minutes", most)
                .figure("measured_minutes_low", least)
        })
    };
    shown.tasks().filter_map(differs).collect()
}

/// The least time to write a prompt and read an answer, in minutes.
const LEAST_SUPERVISION: f64 = 0.5;
/// Tenths of minutes that are shown differ by more than this, or not at all.
const HALF_A_TENTH: f64 = 0.05;

fn supervision_too_short(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let short = |found: &LedgerTask| {
        let claimed = found.task.supervisory_minutes?.get();
        let measured = all.measured(found);
        // An estimate made when the task was recorded gives way to the sessions' current estimate.
        if found.task.supervisory_minutes_basis.is_some() && measured.is_some() {
            return None;
        }
        let measured = measured.unwrap_or_default();
        let likely = measured.supervisory_minutes.get();
        let least = LEAST_SUPERVISION.max(likely * (1.0 - TOLERANCE));
        (claimed < least - HALF_A_TENTH).then(|| {
            let expected = match least > LEAST_SUPERVISION {
                true => format!(
                    "its sessions suggest about {}m (limit: {}m)",
                    tenths(likely),
                    tenths(least)
                ),
                false => format!("one prompt and its answer take about {}m", tenths(least)),
            };
            let (title, claimed_text) = (&found.task.title, tenths(claimed));
            let message = format!("`{title}` claims {claimed_text}m of supervision; {expected}");
            Found::of(Level::Warning, &found.task, message)
                .figure("claimed_minutes", claimed)
                .figure("least_minutes", least)
        })
    };
    shown.tasks().filter_map(short).collect()
}

fn agent_minutes_beyond_span(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let beyond = |found: &LedgerTask| {
        let claimed = found.task.agent_minutes?.get();
        let known = all.measured(found).filter(|known| known.is_all)?;
        let possible = known.possible_minutes.get();
        (claimed > possible + 1.0).then(|| {
            let message = format!(
                "`{}` claims {}m of agent time; its sessions allow {}m",
                found.task.title,
                tenths(claimed),
                tenths(possible)
            );
            Found::of(Level::Error, &found.task, message)
                .figure("claimed_minutes", claimed)
                .figure("possible_minutes", possible)
        })
    };
    shown.tasks().filter_map(beyond).collect()
}

/// `git leverage` never records zeros; lines written by hand can, and they raise every sum that includes them.
fn zero_claimed(shown: Shown<'_>) -> Vec<Found> {
    let zero = |found: &LedgerTask| {
        let task = &found.task;
        let hours = task.estimate.hours;
        let what = if hours.get() <= 0.0 {
            "an estimate of 0h".to_owned()
        } else if task.agent_minutes.is_some_and(|minutes| minutes.get() <= 0.0) {
            format!("{hours} in 0m of agent time")
        } else {
            return None;
        };
        let message = format!("`{}` claims {what}", task.title);
        Some(Found::of(Level::Error, task, message).figure("claimed_hours", hours.get()))
    };
    shown.tasks().filter_map(zero).collect()
}

/// Agents delete their logs after some weeks, and a session may have run on another machine: a missing log proves nothing, but
/// it also supports nothing.
fn session_not_found(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let times: HashMap<ObjectId, i64> = all
        .commits
        .iter()
        .map(|one| (one.id, one.author_time.seconds))
        .collect();
    let here: BTreeSet<&SessionId> = all.sessions.iter().map(|one| &one.id).collect();
    let missing = |found: &LedgerTask| {
        let task = &found.task;
        let named: BTreeSet<&SessionId> = task.sessions.iter().filter(|one| !here.contains(one)).collect();
        let first_commit = found.commits.iter().filter_map(|commit| times.get(commit)).min();
        let day = task.date.and_time(chrono::NaiveTime::MIN).and_utc();
        let begin = first_commit.copied().unwrap_or(day.timestamp());
        let expected = named.iter().find(|one| logs_reach_back(all, &one.agent, begin));
        let first = expected.or(named.first())?;
        let (level, why) = match expected {
            Some(_) => (
                Level::Warning,
                ", though older logs are here; it may have run on another machine",
            ),
            None => (Level::Note, "; it may be deleted or on another machine"),
        };
        let more = match named.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let message = format!(
            "`{}` names {first}{more}, without a log or a captured record here{why}",
            task.title
        );
        Some(Found::of(level, task, message).figure("sessions_missing", named.len() as f64))
    };
    shown.tasks().filter_map(missing).collect()
}

/// Whether the agent's logs here contain a session that began before `time`.
fn logs_reach_back(all: All<'_>, agent: &str, time: i64) -> bool {
    let mut sessions = all.sessions.iter();
    sessions.any(|one| {
        let latest = one.span.start + one.vague;
        one.origin == Origin::Log && one.id.agent == agent && latest.seconds() <= time
    })
}

/// A session may end some days before its work is committed.
const LONG_BEFORE: Seconds = Seconds::DAY.times(7);
/// Clocks differ, and people round the dates of commits to the hour.
const LATER: Seconds = Seconds::HOUR;

/// A line in a note can claim any evidence; only times show whether a session was active when its commits were made.
fn session_away_from_commits(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let times: HashMap<ObjectId, (i64, i64)> = all
        .commits
        .iter()
        .map(|one| (one.id, (one.author_time.seconds, one.commit_time.seconds)))
        .collect();
    let away = |session: &SeenSession| {
        let named = all.ledger.tasks.iter();
        let named = named.filter(|found| found.task.sessions.contains(&session.id));
        let commits = named
            .flat_map(|found| found.commits.iter().copied())
            .chain(session.made().map(|(_, link)| link.commit));
        let commits: BTreeSet<ObjectId> = commits.collect();
        let times: Vec<&(i64, i64)> = commits.iter().filter_map(|commit| times.get(commit)).collect();
        let first = times.iter().map(|(written, made)| written.min(made)).min()?;
        let last = times.iter().map(|(written, made)| written.max(made)).max()?;
        let span = session.longest_span();
        let before = Seconds(*first - span.end.seconds());
        let after = Seconds(span.start.seconds() - *last);
        let (how, away) = if before > LONG_BEFORE {
            ("ended", before)
        } else if after > LATER {
            ("began", after)
        } else {
            return None;
        };
        let side = if how == "ended" {
            "before the first"
        } else {
            "after the last"
        };
        let message = format!(
            "{} {how} {} {side} of its commits ({})",
            session.id,
            days_or_hours(away),
            commits.len()
        );
        Some(Found::new(Level::Warning, &session.id, message).figure("hours_away", away.hours()))
    };
    shown.sessions().filter_map(away).collect()
}

/// Whether the agent that did the work estimated it: the task's agent, else the agent of one of its sessions.
pub(super) fn is_by_own_agent(task: &Task) -> bool {
    let Some(estimator) = &task.estimate.estimator else {
        return false;
    };
    match &task.agent {
        Some(agent) => our_spelling(agent) == our_spelling(&estimator.agent),
        None => task
            .sessions
            .iter()
            .any(|session| session.agent == estimator.agent),
    }
}

/// An agent that estimates its own work has nobody to correct it.
fn estimate_by_own_agent(shown: Shown<'_>) -> Vec<Found> {
    let by_itself = |found: &LedgerTask| {
        let task = &found.task;
        let estimator = task.estimate.estimator.as_ref()?;
        is_by_own_agent(task).then(|| {
            let (title, hours, agent) = (&task.title, task.estimate.hours, &estimator.agent);
            let message = format!("`{title}` was estimated at {hours} by {agent}, which did the work");
            Found::of(Level::Note, task, message).figure("claimed_hours", hours.get())
        })
    };
    shown.tasks().filter_map(by_itself).collect()
}

/// An agent can record an estimate as a person's without asking anyone.
fn estimate_entered_by_agent(shown: Shown<'_>) -> Vec<Found> {
    let entered = |found: &LedgerTask| {
        let task = &found.task;
        if task.estimate.estimator.is_some() {
            return None;
        }
        // A person who wrote a later revision has seen the estimate.
        let is_of_it = |one: &&Task| {
            let (theirs, own) = (&one.estimate, &task.estimate);
            (theirs.hours, &theirs.estimator) == (own.hours, &own.estimator)
        };
        let writers = found.revisions.iter().rev().take_while(is_of_it);
        let writers: Option<Vec<_>> = writers.map(Task::writer).collect();
        let agent = writers?.pop()?.agent;
        let (title, hours) = (&task.title, task.estimate.hours);
        let message =
            format!("the estimate of `{title}` ({hours}) counts as a person's, but {agent} recorded it");
        Some(Found::of(Level::Note, task, message).figure("claimed_hours", hours.get()))
    };
    shown.tasks().filter_map(entered).collect()
}

fn days_or_hours(away: Seconds) -> String {
    match away.days() {
        days if days >= 2.0 => format!("{days:.0} days"),
        days => format!("{:.1}h", days * 24.0),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::audit::tests::{Case, passes, task, triggers};
    use crate::audit::{Choice, Level};

    #[test]
    fn estimates_that_an_agent_recorded_as_a_persons() {
        let rule = "estimate-entered-by-agent";
        let of = |rev: u32, hours: u32, writer: Value| {
            let estimate = json!({ "hours": hours, "by": "A" });
            task(
                1,
                json!({ "rev": rev, "estimate": estimate, "written_by": writer }),
            )
        };
        let agent = || json!({ "agent": "codex", "session": "a" });
        let case = |lines: &[Value]| Case::default().note(1, lines);
        triggers(
            rule,
            case(&[of(0, 40, agent())]),
            Level::Note,
            "(40h) counts as a person's, but codex recorded it",
        );
        triggers(
            rule,
            case(&[of(0, 30, Value::Null), of(1, 40, agent())]),
            Level::Note,
            "(40h)",
        );
        passes(rule, case(&[of(0, 40, Value::Null)]));
        // A person confirmed it, and an agent corrected something else of a person's.
        passes(rule, case(&[of(0, 40, agent()), of(1, 40, Value::Null)]));
        passes(rule, case(&[of(0, 40, Value::Null), of(1, 40, agent())]));
    }

    #[test]
    fn estimates_of_the_agent_that_did_the_work() {
        let rule = "estimate-by-own-agent";
        let estimated = |fields: Value| {
            let estimate = json!({ "hours": 40, "by": "A", "agent": "codex", "model": "gpt-6" });
            let mut fields = fields;
            fields["estimate"] = estimate;
            Case::default().note(1, &[task(1, fields)])
        };
        let own = || estimated(json!({ "agent": "codex" }));
        triggers(rule, own(), Level::Note, "was estimated at 40h by codex");
        let named = estimated(json!({ "sessions": ["codex:a"] }));
        triggers(rule, named, Level::Note, "by codex, which did the work");
        passes(rule, estimated(json!({ "agent": "claude-code" })));
        passes(
            rule,
            Case::default().note(1, &[task(1, json!({ "agent": "codex" }))]),
        );

        let confidence = own()
            .note(2, &[task(2, json!({}))])
            .audit(&Choice::default())
            .confidence;
        assert_eq!((confidence.by_agents.tasks, confidence.by_own_agent), (1, 1));
    }
}
