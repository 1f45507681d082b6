//! Which part of the repository's work is in the ledger, and how a task compares with the others.

use std::collections::BTreeSet;

use super::Level;
use super::evidence::{All, Evidence, Shown};
use super::found::{Found, number};
use super::rule::{Check, Rule, no_history, no_sessions};
use crate::correlate::seen::SeenSession;
use crate::facts::evidence::OriginState;
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::ledger::LedgerTask;
use crate::facts::quantity::{Minutes, plural};
use crate::facts::task::Task;

/// The rules, in the order in which they are listed.
pub(super) const RULES: &[Rule] = &[
    Rule {
        id: "outlier",
        about: "Is the factor far above the others in the repository?",
        advice: "Check the estimate and the minutes of this task first",
        one: "factor far above the others",
        many: "factors far above the others",
        missing: too_few_tasks,
        check: Check::ShownByAll(outlier),
    },
    Rule {
        id: "session-without-task",
        about: "Are there measured sessions that belong to no task?",
        advice: "Record a task for them, even if nothing came of it",
        one: "session without a task",
        many: "sessions without a task",
        missing: no_sessions,
        check: Check::ShownByAll(session_without_task),
    },
    Rule {
        id: "agent-commit-without-task",
        about: "Do most commits made with agents belong to no task?",
        advice: "The factor covers only selected work",
        one: "gap in the ledger",
        many: "gaps in the ledger",
        missing: no_history,
        check: Check::ShownByAll(agent_commit_without_task),
    },
];

/// Quartiles of fewer tasks mean nothing.
const ENOUGH_FOR_A_DISTRIBUTION: usize = 8;

fn too_few_tasks(evidence: &Evidence<'_>) -> Option<&'static str> {
    let is_few = factors(&evidence.all.ledger.tasks).len() < ENOUGH_FOR_A_DISTRIBUTION;
    is_few.then_some("fewer than 8 tasks have a factor")
}

/// The factors of tasks, smallest first.
fn factors<'a>(tasks: impl IntoIterator<Item = &'a LedgerTask>) -> Vec<(f64, &'a Task)> {
    let mut factors: Vec<(f64, &Task)> = tasks
        .into_iter()
        .filter_map(|found| {
            let factor = found.task.leverage_factor().filter(|factor| *factor > 0.0)?;
            Some((factor, &found.task))
        })
        .collect();
    factors.sort_by(|one, other| one.0.total_cmp(&other.0));
    factors
}

/// Three times the distance of the quartiles above the upper one, on a logarithmic scale: factors are ratios.
fn outlier(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let of_all = factors(&all.ledger.tasks);
    let at = |share: f64| {
        of_all
            .get((share * (of_all.len() as f64 - 1.0)).round() as usize)
            .map(|one| one.0.ln())
    };
    let (Some(lower), Some(upper)) = (at(0.25), at(0.75)) else {
        return Vec::new();
    };
    let bound = (upper + 3.0 * (upper - lower)).exp();
    factors(shown.tasks())
        .iter()
        .filter(|(factor, _)| *factor > bound * 1.000_001)
        .map(|(factor, task)| {
            let message = format!(
                "`{}` has a factor of {factor:.1}x; the limit from the other tasks is {bound:.1}x",
                task.title
            );
            Found::of(Level::Note, task, message)
                .figure("factor", *factor)
                .figure("bound", bound)
        })
        .collect()
}

fn session_without_task(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let claimed: BTreeSet<&SessionId> = all
        .ledger
        .tasks
        .iter()
        .flat_map(|found| &found.task.sessions)
        .collect();
    let commits = commits_of_tasks(all);
    let has_task = |session: &&SeenSession| {
        claimed.contains(&session.id) || session.made().any(|(_, link)| commits.contains(&link.commit))
    };
    shown
        .sessions()
        .filter(|session| !has_task(session))
        .map(|session| {
            let minutes = session.most_agent_minutes().map_or(0.0, Minutes::get);
            let message = format!(
                "{} has {} of agent time and no task",
                session.id,
                whole_minutes(minutes)
            );
            Found::new(Level::Note, &session.id, message).figure("agent_minutes", minutes)
        })
        .collect()
}

/// Minutes without decimals.
fn whole_minutes(minutes: f64) -> String {
    Minutes::new(minutes.round()).unwrap_or_default().to_string()
}

fn commits_of_tasks(all: All<'_>) -> BTreeSet<ObjectId> {
    let tasks = all.ledger.tasks.iter();
    tasks.flat_map(|found| found.commits.iter().copied()).collect()
}

fn agent_commit_without_task(shown: Shown<'_>, all: All<'_>) -> Vec<Found> {
    let claimed = commits_of_tasks(all);
    let by_agents = || {
        shown
            .commits()
            .filter(|commit| commit.origin.state() == OriginState::Agent && !commit.is_merge())
    };
    let made = by_agents().count() as u64;
    let left_out = by_agents().filter(|commit| !claimed.contains(&commit.id)).count() as u64;
    if left_out * 2 <= made {
        return Vec::new();
    }
    let message = format!(
        "{} of {} {} made with agents {} to no task",
        number(left_out),
        number(made),
        plural(&made, "commit", "commits"),
        plural(&left_out, "belongs", "belong")
    );
    vec![
        Found::new(Level::Warning, &"coverage", message)
            .figure("agent_commits", made as f64)
            .figure("without_task", left_out as f64)
            .up_to(left_out),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::audit::tests::{Case, passes, session, task, triggers, with_session};
    use crate::audit::{Choice, Level};
    use crate::facts::evidence::{Evidence, Origin};

    #[test]
    fn factors_out_of_the_repositorys_range() {
        // Eight tasks between 20x and 27x, and a ninth.
        let with = |hours: f64| {
            let usual = (1..=8).map(|number| (number, 20.0 + f64::from(number) - 1.0));
            usual
                .chain([(9, hours)])
                .fold(Case::default(), |case, (number, hours)| {
                    let fields = json!({ "agent_minutes": 60, "estimate": { "hours": hours, "by": "A" } });
                    case.note(number, &[task(number, fields)])
                })
        };
        triggers("outlier", with(400.0), Level::Note, "400.0x");
        passes("outlier", with(40.0));
        let few = Case::default().note(1, &[task(1, json!({ "agent_minutes": 60 }))]);
        assert!(
            few.audit(&Choice::default())
                .skipped
                .iter()
                .any(|one| one.rule == "outlier")
        );
    }

    fn by_agent() -> Origin {
        Origin::new(vec![Evidence {
            rule: "note:git-ai".parse().unwrap(),
            agent: Some("codex".into()),
            model: None,
            lines: None,
        }])
    }

    #[test]
    fn what_no_task_claims() {
        let left_out = Case::default()
            .note(1, &[task(1, json!({}))])
            .note(2, &[session("codex:1", json!({}))]);
        triggers(
            "session-without-task",
            left_out,
            Level::Note,
            "20m of agent time and no task",
        );
        passes("session-without-task", with_session(json!({})));

        let agents = |others: u8| {
            (1..=1 + others).fold(Case::default().note(1, &[task(1, json!({}))]), |case, number| {
                case.commit(number, |commit| commit.origin = by_agent())
            })
        };
        triggers("agent-commit-without-task", agents(2), Level::Warning, "2 of 3");
        passes("agent-commit-without-task", agents(1));

        // What is claimed by a task that is not asked for is claimed.
        let mut part = Case::default()
            .note(
                1,
                &[
                    task(1, json!({ "sessions": ["codex:1"] })),
                    session("codex:1", json!({})),
                ],
            )
            .note(2, &[task(2, json!({}))]);
        part.asked = vec![2];
        passes("session-without-task", part);
    }
}
