//! `record [REV]`: puts a task into the ledger.

use super::Context;
use crate::cli::Outcome;
use crate::cli::error::CommandError;
use crate::cli::linking::Linking;
use crate::cli::logs::{LogArgs, RulesArgs};
use crate::cli::reading::ReadArgs;
use crate::cli::recording::{Desk, TaskFields};
use crate::correlate::measured::{Unmeasured, agent_minutes};
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::ledger::{Findings, Ledger};
use crate::facts::quantity::Minutes;
use crate::facts::record::{NoteLines, Record};
use crate::facts::session::Provenance;
use crate::facts::task::{Task, TaskSource};
use crate::git::messages;
use crate::ledger;
use crate::render::task::card;
use crate::sources::ledger::read_recorded;

/// The arguments of `record`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    git leverage record --estimate 40h --agent-time 25m --supervision 5m\n  \
    git leverage record --estimate 40h            (agent time from the sessions behind HEAD)\n  \
    git leverage record HEAD~2 --phase 'Schema design=4h' --phase Client=12h --agent claude-code\n  \
    git leverage record --no-commit --title 'Deployment audit' --estimate 2d --agent-time 1h30m")]
pub struct Args {
    /// The commit that the task made
    #[arg(value_name = "REV", default_value = "HEAD")]
    revision: String,
    /// The fields of the task.
    #[command(flatten)]
    fields: TaskFields,
    /// The task changed no code here: keep it in refs/leverage/tasks
    #[arg(long)]
    no_commit: bool,
    /// Take no agent time from the logs of sessions that made the commit
    #[arg(long)]
    no_sessions: bool,
    #[command(flatten)]
    logs: LogArgs,
    /// Show the task and write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

/// Writes the task and prints it as it will be read.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let desk = Desk::open(context)?;
    let on = match args.no_commit {
        true => None,
        false => Some(desk.commit(&args.revision)?),
    };
    let mut task = new_task(args, &desk, on)?;
    if let Some(commit) = on.filter(|_| task.agent_minutes.is_none() && !args.no_sessions) {
        measure(&mut task, commit, args, &desk, context)?;
    }
    let message = format!("Record: {}\n", task.title);
    let (place, commit) = match on {
        _ if args.dry_run => ("not written (--dry-run)".to_owned(), on),
        Some(commit) => {
            let record = [(commit, Record::Task(Box::new(task.clone())))];
            ledger::append(&desk.repo, &record, &message, desk.writer()?)?;
            (format!("recorded on {}", commit.short()), on)
        }
        None => {
            ledger::append_without_code(&desk.repo, std::slice::from_ref(&task), &message, desk.writer()?)?;
            ("recorded without a commit".to_owned(), None)
        }
    };
    context.terminal.data(preview(task, commit, args).as_bytes())?;
    context.terminal.status(&place)?;
    Ok(Outcome::Done)
}

fn new_task(args: &Args, desk: &Desk, on: Option<ObjectId>) -> Result<Task, CommandError> {
    let Some(hours) = args.fields.hours(desk.work)? else {
        return Err(CommandError::usage("the task has no estimate").hint(
            "Say what a person would have needed: --estimate 40h, or --phase 'Design=4h' for each part",
        ));
    };
    let of_commit = on
        .map(|commit| messages::with_commit(&desk.repo, commit, |raw| (raw.subject(), raw.author_day())))
        .transpose()
        .map_err(|error| CommandError::failed(error.to_string()))?;
    let (subject, day) = match of_commit {
        Some((subject, day)) => (Some(subject), day),
        None => (None, desk.zone.day(desk.now.timestamp())),
    };
    let Some(title) = args.fields.title.clone().or(subject) else {
        return Err(CommandError::usage("a task without a commit needs --title"));
    };
    let by = desk.author()?;
    let mut task = Task::first(
        desk.new_id(),
        desk.now,
        &by,
        title,
        day,
        hours,
        TaskSource::Record,
    );
    args.fields.apply(&mut task, desk)?;
    Ok(task)
}

/// Takes the agent minutes from the sessions that surely made the task's commits, or says why it cannot. What no session made
/// needs no words.
fn measure(
    task: &mut Task,
    commit: ObjectId,
    args: &Args,
    desk: &Desk,
    context: &mut Context,
) -> Result<(), CommandError> {
    let linking = Linking {
        logs: &args.logs,
        rules: &RulesArgs::default(),
        read: &ReadArgs::default(),
    };
    let own = linking.own(context, &context.settings(), &desk.repo)?;
    let mut commits = vec![commit];
    commits.extend(task.commits.iter().filter(|other| **other != commit));
    let measured = agent_minutes(&commits, &own.links, &own.sessions).and_then(|(minutes, sessions)| {
        let recorded = read_recorded(&desk.repo);
        Ok((left_by_others(minutes, &commits, &recorded)?, sessions))
    });
    let (minutes, sessions) = match measured {
        Ok(measured) => measured,
        Err(Unmeasured::NoSession) => return Ok(()),
        Err(reason) => {
            let unknown = format!("agent time is unknown: {reason}");
            return Ok(context.terminal.status(&unknown)?);
        }
    };
    task.agent_minutes = Some(minutes);
    task.agent_minutes_basis = Some(Provenance::Measured);
    let names: Vec<String> = sessions.iter().map(SessionId::to_string).collect();
    context.terminal.status(&format!(
        "agent time measured in {}; --agent-time claims another",
        names.join(", ")
    ))?;
    for session in sessions {
        if !task.sessions.contains(&session) {
            task.sessions.push(session);
        }
    }
    Ok(())
}

/// What the records of other tasks of these commits left of the minutes of their sessions, where no other task could claim
/// them too.
fn left_by_others(minutes: Minutes, commits: &[ObjectId], recorded: &Ledger) -> Result<Minutes, Unmeasured> {
    let others = recorded
        .tasks
        .iter()
        .filter(|other| other.commits.iter().any(|commit| commits.contains(commit)))
        .map(|other| &other.task);
    let (measured, open): (Vec<&Task>, Vec<&Task>) =
        others.partition(|other| other.agent_minutes_basis.is_some());
    let taken: Minutes = measured.iter().filter_map(|other| other.agent_minutes).sum();
    // Minutes are recorded in hundredths.
    let left = ((minutes.get() - taken.get()) * 100.0).round() / 100.0;
    match Minutes::new(left).filter(|left| left.get() > 0.0) {
        Some(_) if !open.is_empty() => Err(Unmeasured::Shared),
        left => left.ok_or(Unmeasured::Taken),
    }
}

/// The task as a reader of the ledger finds it: through its line, not as it stands in memory.
fn preview(task: Task, on: Option<ObjectId>, args: &Args) -> String {
    let zero = ObjectId::from_bytes(&[0; 20]);
    let mut findings = Findings::default();
    let mut lines = NoteLines::default();
    lines.insert(Record::Task(Box::new(task)).encode());
    findings.notes.extend(on.or(zero).map(|commit| (commit, lines)));
    findings.task_commits.extend(zero.filter(|_| args.no_commit));
    let ledger = Ledger::assemble(findings);
    ledger.tasks.iter().map(|task| card(task, None)).collect()
}
