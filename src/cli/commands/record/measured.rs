//! What session logs add to a task when it is recorded.

use super::within::log;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::recording::OpenLedger;
use crate::correlate::measured::{
    Figures, SessionPart, Unmeasured, agent_minutes, figures, measured_in, minutes_of, parts, uncommitted,
};
use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::ledger::Ledger;
use crate::facts::quantity::Minutes;
use crate::facts::session::Provenance;
use crate::facts::supervision::charged_minutes;
use crate::facts::task::{MeasuredIn, Task};
use crate::sources::ledger::read_recorded;
use crate::workspace::sessions::OwnLinks;

/// The measured values for a task.
struct Measured {
    minutes: Minutes,
    sessions: Vec<SessionId>,
    figures: Figures,
    from: Vec<MeasuredIn>,
}

/// Takes the agent time from the sessions that certainly made the task's commits, or says why it cannot. If no session made them,
/// it prints nothing. A task recorded within a session also gets its supervision and tokens.
pub fn measure(
    task: &mut Task,
    commits: &[ObjectId],
    own: &OwnLinks,
    open: &OpenLedger,
    context: &mut Context,
) -> Result<(), CommandError> {
    let measured = of_commits(commits, own, task.id, open);
    fill(task, measured, context)
}

/// The same for a task recorded within a session and without commits: the part of the session that led to no commit.
pub fn measure_rest(
    task: &mut Task,
    own: &OwnLinks,
    open: &OpenLedger,
    context: &mut Context,
) -> Result<(), CommandError> {
    let session = task.recorded_in.clone();
    let Some(measured) = session.and_then(|session| of_rest(&session, own, task.id, open)) else {
        return Ok(());
    };
    fill(task, measured, context)
}

fn fill(
    task: &mut Task,
    measured: Result<Measured, Unmeasured>,
    context: &mut Context,
) -> Result<(), CommandError> {
    // The session may log more later, so an unknown value is left to its log.
    if task.recorded_in.is_some() {
        fill_figures(task, measured.as_ref().map(|measured| measured.figures).ok());
    }
    if let Ok(measured) = &measured {
        task.measured_in.clone_from(&measured.from);
    }
    if task.agent_minutes.is_some() {
        return Ok(());
    }
    let Measured {
        minutes,
        sessions,
        figures,
        ..
    } = match measured {
        Ok(measured) => measured,
        Err(Unmeasured::NoSession) if task.recorded_in.is_none() => return Ok(()),
        Err(Unmeasured::NoSession) => {
            let unknown = "Agent time is unknown so far; reports take it from the session's log";
            return Ok(context.terminal.status(unknown)?);
        }
        Err(reason) => {
            let unknown = format!("Agent time is unknown: {reason}");
            return Ok(context.terminal.status(&unknown)?);
        }
    };
    task.agent_minutes = Some(minutes);
    task.agent_minutes_basis = Some(Provenance::Measured);
    task.unknown_minutes = figures.unknown;
    let names: Vec<String> = sessions.iter().map(SessionId::to_string).collect();
    context.terminal.status(&format!(
        "Agent time taken from {} (`--agent-time` overrides it)",
        names.join(", ")
    ))?;
    for session in sessions {
        if !task.sessions.contains(&session) {
            task.sessions.push(session);
        }
    }
    Ok(())
}

/// Values that were given are claims and do not change.
fn fill_figures(task: &mut Task, figures: Option<Figures>) {
    let figures = figures.unwrap_or_default();
    if task.supervisory_minutes.is_none() {
        task.supervisory_minutes = figures.supervisory;
        task.supervisory_minutes_basis = Some(Provenance::Estimated);
    }
    if task.tokens.is_none() {
        let known = figures.tokens;
        task.tokens = known.map(|(tokens, _)| tokens);
        task.tokens_basis = Some(known.map_or(Provenance::Measured, |(_, basis)| basis));
    }
}

/// What the sessions of some commits spent on them, minus what other tasks already use.
fn of_commits(
    commits: &[ObjectId],
    own: &OwnLinks,
    id: TaskId,
    open: &OpenLedger,
) -> Result<Measured, Unmeasured> {
    let (all, sessions) = agent_minutes(commits, &own.links, &own.sessions)?;
    let recorded = read_recorded(&open.repo);
    let others = recorded.on(commits).filter(|other| other.task.id != id);
    let minutes = left_by_others(all, others.map(|other| &other.task))?;
    let parts = parts(commits, &own.links, &own.sessions, |at| supervisory(own, at));
    Ok(Measured {
        minutes,
        sessions,
        figures: figures(&parts, minutes.get() / all.get()),
        from: measured_in(&parts, minutes.get() / all.get()),
    })
}

/// The part of a session that led to no commit, minus what other tasks already use. `None` if it has no log yet.
fn of_rest(
    session: &SessionId,
    own: &OwnLinks,
    id: TaskId,
    open: &OpenLedger,
) -> Option<Result<Measured, Unmeasured>> {
    let log = log(own, Some(session))?;
    let at = own.sessions.iter().position(|other| other.id == *session)?;
    let part = SessionPart {
        session: log,
        supervisory: supervisory(own, at),
        share: uncommitted(session, own.links.iter().chain(&own.elsewhere)),
    };
    let measured = || {
        let all = minutes_of(&part).ok_or(match log.sources.agent_time {
            Provenance::Absent => Unmeasured::NoTimes,
            _ => Unmeasured::Elsewhere,
        })?;
        let recorded = read_recorded(&open.repo);
        let minutes = left_by_others(all, naming(&recorded, session, id))?;
        Ok(Measured {
            minutes,
            sessions: vec![session.clone()],
            figures: figures(&[part], minutes.get() / all.get()),
            from: measured_in(&[part], minutes.get() / all.get()),
        })
    };
    Some(measured())
}

/// The other tasks without commits that name a session: they share the part that led to no commit.
fn naming<'a>(recorded: &'a Ledger, session: &SessionId, id: TaskId) -> impl Iterator<Item = &'a Task> {
    let others = recorded.tasks.iter().filter(move |other| other.task.id != id);
    let others = others.filter(|other| other.commits.is_empty());
    others
        .map(|other| &other.task)
        .filter(move |other| other.sessions.contains(session))
}

fn supervisory(own: &OwnLinks, at: usize) -> Minutes {
    charged_minutes(own.charges.get(at).into_iter().flatten())
}

/// The minutes of the sessions that the records of other tasks leave over, if no other task could claim them too.
fn left_by_others<'a>(
    minutes: Minutes,
    others: impl Iterator<Item = &'a Task>,
) -> Result<Minutes, Unmeasured> {
    let (measured, open): (Vec<&Task>, Vec<&Task>) =
        others.partition(|other| other.agent_minutes_basis.is_some());
    let taken: Minutes = measured.iter().filter_map(|other| other.agent_minutes).sum();
    // Minutes are recorded with two decimals.
    let left = ((minutes.get() - taken.get()) * 100.0).round() / 100.0;
    match Minutes::new(left).filter(|left| left.get() > 0.0) {
        Some(_) if !open.is_empty() => Err(Unmeasured::Shared),
        left => left.ok_or(Unmeasured::Taken),
    }
}
