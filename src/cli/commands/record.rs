//! `record [REV]`: adds a task to the ledger, once.
//!
//! If trailers or notes of the commit already claim a task, it must be revised, or a second one requested explicitly. This is
//! decided on the state of the ledger that the write is based on, so two concurrent calls cannot both succeed.

mod by_hand;
mod measured;
mod trailer;
mod unwritable;
pub mod within;

use measured::{measure, measure_rest};
use within::{Logs, Within};

use crate::cli::background::apart;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::logs::{ForeignArgs, LogArgs};
use crate::cli::outcome::Outcome;
use crate::cli::recording::{OpenLedger, TaskFields, homes, next_revision, no_estimate, phases_left_out};
use crate::cli::task_json;
use crate::facts::checks::check_text;
use crate::facts::claim_lines::whole;
use crate::facts::ids::ObjectId;
use crate::facts::ledger::{Findings, Ledger, LedgerTask};
use crate::facts::record::{NoteLines, Record};
use crate::facts::short_ids::ShortIds;
use crate::facts::task::{FirstClaim, Task, TaskSource};
use crate::facts::zone::Zone;
use crate::git::messages;
use crate::ledger::{self, WithoutCode};
use crate::render::task::{card, card_without_id};
use crate::sources::ledger::{read_ledger_at, read_recorded};

/// The arguments of `record`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "Examples:\n  \
    git leverage record --estimate 40h --agent-time 25m --supervision 5m\n  \
    git leverage record --estimate 40h            (agent time from the sessions behind HEAD)\n  \
    git leverage record HEAD~2 --phase 'Schema design=4h' --phase Client=12h --agent claude-code\n  \
    git leverage record --phase Client=8h..20h --phase Tests=2h..4h    (a range for each part)\n  \
    git leverage record --no-commit --title 'Deployment audit' --estimate 2d --agent-time 1h30m\n  \
    git leverage record --trailer --estimate 4h   (into the message of HEAD, before it is pushed)\n  \
    git leverage record --by-hand --estimate 4h --actual 6h      (done without an agent)\n  \
    git leverage record --json - <<'EOF'          (reads JSON: {\"phases\": {\"Client\": \"3h\"}})\n  \
    git leverage record --revise --estimate 24h --reason 'The client library existed'")]
pub struct Args {
    /// Commit of the task
    #[arg(value_name = "REV", default_value = "HEAD")]
    revision: String,
    /// The fields of the task.
    #[command(flatten)]
    fields: TaskFields,
    /// Read title, estimate, phases, basis, category, tags and commits from the JSON in FILE (`-` for standard input)
    #[arg(long, value_name = "FILE")]
    json: Option<String>,
    /// Record a task that was done without an agent, with what it took: it calibrates estimates, and is in no factor
    #[arg(long, requires = "actual", conflicts_with_all = [
        "agent_time", "supervision", "tokens", "agent", "model", "session", "commit", "revise", "reason", "trailer", "json",
    ])]
    by_hand: bool,
    /// Hours that the task took a person, with `--by-hand`
    #[arg(
        long,
        value_name = "DURATION",
        requires = "by_hand",
        allow_hyphen_values = true
    )]
    actual: Option<String>,
    /// Record a task that has no commit in this repository, in `refs/leverage/tasks`
    #[arg(long)]
    no_commit: bool,
    /// Revise the task that the commit already has; fields that are not given do not change
    #[arg(long, requires = "reason", conflicts_with_all = ["another", "no_commit"])]
    revise: bool,
    /// Why the task changed
    #[arg(long, value_name = "TEXT", requires = "revise")]
    reason: Option<String>,
    /// Record another task for a commit that already has one, or a task without a commit a second time
    #[arg(long)]
    another: bool,
    /// Add the task to the message of HEAD, unless a remote, a tag or another branch has that commit [config: `leverage.claims`]
    #[arg(long, conflicts_with_all = ["another", "revise", "no_commit"])]
    trailer: bool,
    /// Record the task in a note, whatever `leverage.claims` is
    #[arg(long, conflicts_with = "trailer")]
    note: bool,
    /// Do not take agent time, supervision, tokens or sessions from session logs
    #[arg(long)]
    no_sessions: bool,
    #[command(flatten)]
    foreign: ForeignArgs,
    #[command(flatten)]
    logs: LogArgs,
    /// Show the task, but write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
}

impl Args {
    /// Which logs are read.
    fn sources(&self) -> Logs<'_> {
        Logs {
            logs: &self.logs,
            foreign: self.foreign,
            are_left_out: self.no_sessions,
        }
    }

    /// The same arguments with the fields of `--json` filled in.
    fn with_json(&self, context: &Context) -> Result<Self, CommandError> {
        let mut args = self.clone();
        if let Some(source) = &args.json {
            task_json::fill(&mut args.fields, source, context)?;
        }
        Ok(args)
    }

    /// Whether the task goes into trailers of HEAD instead of a note. A message can claim only one task, so a second task of a
    /// commit and a revision always go into notes.
    fn goes_into_the_message(&self, context: &Context) -> Result<bool, CommandError> {
        if self.trailer || self.note || self.another {
            return Ok(self.trailer);
        }
        let place = |text: &str| match text {
            "note" => Some(false),
            "trailer" => Some(true),
            _ => None,
        };
        let set = context
            .settings()
            .parsed("claims", "`note` or `trailer`", place)?;
        Ok(set.unwrap_or_default())
    }
}

/// How many tasks of a commit are listed; more are only counted.
const TASKS_NAMED: usize = 3;

/// Writes the task and prints it as it will be read, then captures pending sessions.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let args = &args.with_json(context)?;
    let outcome = record(args, context)?;
    if !args.dry_run {
        apart::sweep_here(context)?;
    }
    Ok(outcome)
}

fn record(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let mut open = OpenLedger::open_to(args.dry_run, context)?;
    let on = match args.no_commit {
        true => None,
        false => Some(
            open.commit(&args.revision)
                .map_err(|error| match open.is_unborn() {
                    true => error.hint("Or pass `--no-commit` to record a task without a commit"),
                    false => error,
                })?,
        ),
    };
    let within = Within::find(on.as_slice(), &args.sources(), &open, context)?;
    open.estimator = within.estimator();
    open.written_by = within.written_by();
    within.tell_doubt(&args.fields, context)?;
    if args.by_hand {
        let order = by_hand::Order {
            task: new_task(args, &open, on)?,
            actual: args.actual.as_deref().unwrap_or_default(),
            on,
            another: args.another,
            dry_run: args.dry_run,
        };
        return by_hand::record(order, &open, context);
    }
    let Some(on) = on else {
        return without_commit(args, within, &open, context);
    };
    match &args.reason {
        Some(reason) => revise(args, within, reason, on, &open, context),
        None => first(args, within, on, &open, context),
    }
}

/// Records the first revision of a task on a commit.
fn first(
    args: &Args,
    mut within: Within,
    on: ObjectId,
    open: &OpenLedger,
    context: &mut Context,
) -> Result<Outcome, CommandError> {
    let mut task = new_task(args, open, Some(on))?;
    let commits = all_commits(on, &task);
    // Checked before the logs are read, and again when the task is written.
    let beside = check(args, open, &commits, &task)?;
    let is_for_the_next = within.is_known() && !args.dry_run && !ledger::is_writable(&open.repo);
    if is_for_the_next {
        // The task is printed for a commit that does not exist yet, so HEAD says nothing about it.
        within.name_for_the_next(&mut task, &args.fields);
    } else {
        within.name(&mut task, &commits, &args.fields, open, context)?;
    }
    if !args.no_sessions && !is_for_the_next && (task.agent_minutes.is_none() || within.is_known()) {
        let own = within.take_logs(&args.sources(), open, context)?;
        measure(&mut task, &commits, &own, open, context)?;
    }
    if args.goes_into_the_message(context)? && !has_to_be_a_note(args, &task, on, open, context)? {
        return trailer::claim(&args.fields, &task, on, args.dry_run, open, context);
    }
    let message = format!("Record: {}\n", task.title);
    if !args.dry_run {
        let record = (on, Record::Task(Box::new(task.clone())));
        let written = ledger::append_decided(&open.repo, open.writer()?, || {
            let mut records = written_out(check(args, open, &commits, &task)?, on, open)?;
            records.push(record.clone());
            Ok::<_, CommandError>((records, message.clone()))
        });
        if let Err(error) = written {
            return Err(unwritable::print_trailers(error, &args.fields, &task, context)?);
        }
        let what = format!("the task {} is recorded on {}", task.id, on.short());
        context.recorded(&open.repo, what, Outcome::Done)?;
    }
    let hours = task.estimate.hours;
    context
        .terminal
        .cards(&preview(task, Some(on), args, open.zone))?;
    for other in beside.told.iter().take(TASKS_NAMED) {
        context
            .terminal
            .status(&format!("Also on this commit: {other}"))?;
    }
    if let Some(more) = beside
        .told
        .len()
        .checked_sub(TASKS_NAMED)
        .filter(|more| *more > 0)
    {
        context.terminal.status(&format!("And {more} more"))?;
    }
    let done = format!("Recorded {hours} on `{}`", on.short());
    end(&done, args, context)
}

/// Whether a task goes into a note because the message that `leverage.claims` asks for can no longer be changed. With
/// `--trailer`, that is an error instead.
fn has_to_be_a_note(
    args: &Args,
    task: &Task,
    on: ObjectId,
    open: &OpenLedger,
    context: &mut Context,
) -> Result<bool, CommandError> {
    match trailer::amendable(task, on, open, context) {
        Err(error) if !args.trailer && !error.is_not_writable() => {
            let said = format!("Recording in a note: {}", error.message());
            context.terminal.status(&said)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// The tasks that the commits already have, if another one is requested.
#[derive(Default)]
struct Beside {
    tasks: Vec<LedgerTask>,
    told: Vec<String>,
}

/// The tasks that the commits already have; an error unless another one is requested.
fn check(args: &Args, open: &OpenLedger, commits: &[ObjectId], task: &Task) -> Result<Beside, CommandError> {
    if args.another {
        // A task claimed in a trailer can be revised by a record on any other commit.
        let ledger = open.read();
        let tasks: Vec<LedgerTask> = ledger.on(commits).cloned().collect();
        let ids = ledger.short_ids();
        let told = tasks.iter().map(|found| told(&found.task, &ids)).collect();
        return Ok(Beside { tasks, told });
    }
    let ledger = read_ledger_at(&open.repo, commits, open.work);
    let taken: Vec<&LedgerTask> = ledger.on(commits).collect();
    match taken.as_slice() {
        [] => {}
        [one] if args.fields.changes_nothing_in(&one.task, open) => {
            return Err(CommandError::failed(format!(
                "this task is already recorded: {}",
                told(&one.task, &ledger.short_ids())
            ))
            .hint(format!(
                "To change it, run {}",
                revise_command(&one.task, &ledger)
            ))
            .hint(ANOTHER));
        }
        // What cannot be recorded here is meant for the next commit, whatever tasks this one has.
        _ if !args.dry_run && !ledger::is_writable(&open.repo) => return Ok(Beside::default()),
        _ => return Err(refused(commits, &taken, task, &ledger.short_ids())),
    }
    let unknown = commits
        .iter()
        .find_map(|commit| Some((commit, ledger.unknown.get(commit)?)));
    match unknown {
        None => Ok(Beside::default()),
        Some((commit, id)) => Err(CommandError::failed(format!(
            "`{}` names the task `{id}`, which is not in this ledger",
            commit.short()
        ))
        .hint("Run `git leverage sync` to fetch the ledger that has it")
        .hint(ANOTHER)),
    }
}

const ANOTHER: &str = "Or run `git leverage record --another …` to record a second task";

/// A task as a message names it, with an id that can be typed.
fn told(task: &Task, ids: &ShortIds) -> String {
    format!("`{}` ({}, {})", task.title, ids.of(task.id), task.estimate.hours)
}

fn revise_command(task: &Task, ledger: &Ledger) -> String {
    format!(
        "`git leverage revise {} … --reason TEXT`",
        ledger.short_id(task.id)
    )
}

fn refused(commits: &[ObjectId], taken: &[&LedgerTask], task: &Task, ids: &ShortIds) -> CommandError {
    let with_task = |commit: &&ObjectId| taken.iter().any(|found| found.commits.contains(commit));
    let commit = commits
        .iter()
        .find(with_task)
        .map_or_else(String::new, ObjectId::short);
    let (what, hint) = match taken {
        [one] => (
            format!("has the task {}", told(&one.task, ids)),
            format!(
                "To change it, run `git leverage revise {} --estimate {} --reason TEXT`",
                ids.of(one.task.id),
                whole(&task.estimate)
            ),
        ),
        several => {
            let all: Vec<String> = several.iter().map(|found| told(&found.task, ids)).collect();
            let ids = several.iter().map(|found| ids.of(found.task.id));
            let ids: Vec<String> = ids.collect();
            (
                format!("has {} tasks: {}", several.len(), all.join(", ")),
                format!(
                    "To change one, run `git leverage revise ID … --reason TEXT` with {}",
                    ids.join(" or ")
                ),
            )
        }
    };
    CommandError::failed(format!("`{commit}` already {what}"))
        .hint(hint)
        .hint(ANOTHER)
}

/// Tasks that only trailers claim, as records: otherwise the trailers of a commit would refer to the first record on it.
fn written_out(
    beside: Beside,
    on: ObjectId,
    open: &OpenLedger,
) -> Result<Vec<(ObjectId, Record)>, CommandError> {
    let claimed = beside.tasks.into_iter().filter(|found| found.notes.is_empty());
    let claimed = claimed.filter(|found| found.commits.contains(&on));
    let record = |found: LedgerTask| {
        let task = Task {
            at: open.now,
            by: open.author()?,
            written_by: open.written_by.clone(),
            source: TaskSource::Trailer,
            ..found.task
        };
        Ok((on, Record::Task(Box::new(task))))
    };
    claimed.map(record).collect()
}

/// Records the next revision of the task that a commit has.
fn revise(
    args: &Args,
    mut within: Within,
    reason: &str,
    on: ObjectId,
    open: &OpenLedger,
    context: &mut Context,
) -> Result<Outcome, CommandError> {
    check_text("the reason", reason)?;
    let (found, mut revised) = next_on(args, reason, on, open)?;
    let mut measured = None;
    if revised.agent_minutes.is_none() && !args.no_sessions {
        let own = within.take_logs(&args.sources(), open, context)?;
        measure(&mut revised, &all_commits(on, &found.task), &own, open, context)?;
        measured = revised.agent_minutes.map(|_| revised.clone());
    }
    let message = format!("Revise: {}\n\n{reason}\n", found.task.title);
    if !args.dry_run {
        ledger::append_decided(&open.repo, open.writer()?, || {
            let (found, mut revised) = next_on(args, reason, on, open)?;
            if let Some(measured) = measured.as_ref().filter(|_| revised.agent_minutes.is_none()) {
                revised.agent_minutes = measured.agent_minutes;
                revised.agent_minutes_basis = measured.agent_minutes_basis;
                revised.unknown_minutes = measured.unknown_minutes;
                revised.sessions.clone_from(&measured.sessions);
            }
            let homes = homes(&found, Some(on)).into_iter();
            let records = homes.map(|home| (home, Record::Task(Box::new(revised.clone()))));
            Ok::<_, CommandError>((records.collect(), message.clone()))
        })?;
        let what = format!("the task {} is revised", found.task.id);
        context.recorded(&open.repo, what, Outcome::Done)?;
    }
    let left_out = phases_left_out(&found.task, &revised);
    let mut shown = found;
    shown.task = revised.clone();
    shown.revisions.push(revised);
    context.terminal.cards(&card(&shown, None, open.zone))?;
    if let Some(left_out) = left_out {
        context.terminal.status(&left_out)?;
    }
    end("Revised", args, context)
}

/// The only task of a commit, and its next revision.
fn next_on(
    args: &Args,
    reason: &str,
    on: ObjectId,
    open: &OpenLedger,
) -> Result<(LedgerTask, Task), CommandError> {
    let ledger = open.read();
    let found = open.tasks_of(&ledger, on);
    match found.as_slice() {
        [] => Err(
            CommandError::failed(format!("`{}` has no task to revise", on.short()))
                .hint("Omit `--revise` and `--reason` to record one"),
        ),
        [one] => Ok(((*one).clone(), next_revision(one, &args.fields, reason, open)?)),
        several => {
            let ids = ledger.short_ids();
            let all: Vec<String> = several.iter().map(|found| told(&found.task, &ids)).collect();
            let what = format!("`{}` has {} tasks: {}", on.short(), several.len(), all.join(", "));
            Err(CommandError::failed(what)
                .hint("Run `git leverage revise ID … --reason TEXT` to revise one of them"))
        }
    }
}

/// Records a task without a commit.
fn without_commit(
    args: &Args,
    mut within: Within,
    open: &OpenLedger,
    context: &mut Context,
) -> Result<Outcome, CommandError> {
    let mut task = new_task(args, open, None)?;
    within.name(&mut task, &[], &args.fields, open, context)?;
    if within.is_known() {
        let own = within.take_logs(&args.sources(), open, context)?;
        measure_rest(&mut task, &own, open, context)?;
    }
    let allowed = || {
        let recorded = read_recorded(&open.repo);
        match same_without_commit(&recorded, &task).filter(|_| !args.another) {
            None => Ok(()),
            Some(known) => Err(CommandError::failed(format!(
                "already recorded for {}: {}",
                known.date,
                told(known, &recorded.short_ids())
            ))
            .hint(format!("To change it, run {}", revise_command(known, &recorded)))
            .hint("Or run `git leverage record --no-commit --another …` to record it a second time")),
        }
    };
    let message = format!("Record: {}\n", task.title);
    if args.dry_run {
        allowed()?;
    } else {
        let tasks = [WithoutCode::from(&task)];
        ledger::append_without_code_if(&open.repo, &tasks, &message, open.writer()?, allowed)?;
        let what = format!("the task {} is recorded", task.id);
        context.recorded(&open.repo, what, Outcome::Done)?;
    }
    let hours = task.estimate.hours;
    context.terminal.cards(&preview(task, None, args, open.zone))?;
    end(&format!("Recorded {hours} without a commit"), args, context)
}

/// A task without a commit that has the same title, day and hours.
fn same_without_commit<'a>(recorded: &'a Ledger, task: &Task) -> Option<&'a Task> {
    let without_code = recorded.tasks.iter().filter(|known| known.commits.is_empty());
    without_code.map(|known| &known.task).find(|known| {
        let known = (&known.title, known.date, known.estimate.hours);
        known == (&task.title, task.date, task.estimate.hours)
    })
}

fn end(done: &str, args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    context.terminal.status(match args.dry_run {
        true => "Nothing written (--dry-run)",
        false => done,
    })?;
    Ok(Outcome::Done)
}

/// The commit of the note, and the other commits that the task lists.
fn all_commits(on: ObjectId, task: &Task) -> Vec<ObjectId> {
    let others = task.commits.iter().copied().filter(|other| *other != on);
    std::iter::once(on).chain(others).collect()
}

fn new_task(args: &Args, open: &OpenLedger, on: Option<ObjectId>) -> Result<Task, CommandError> {
    let hours = args.fields.hours(open.work)?.ok_or_else(no_estimate)?;
    let of_commit = on
        .map(|commit| messages::with_commit(&open.repo, commit, |raw| (raw.title(), raw.author_day())))
        .transpose()?;
    let (subject, day) = match of_commit {
        Some((subject, day)) => (Some(subject), day),
        None => (None, open.zone.day(open.now.timestamp())),
    };
    let Some(title) = args.fields.title.clone().or(subject) else {
        return Err(CommandError::usage("a task without a commit needs `--title`"));
    };
    let by = open.author()?;
    let mut task = Task::new(
        open.new_id(),
        FirstClaim {
            at: open.now,
            by: &by,
            title,
            date: day,
            hours,
            source: TaskSource::Record,
        },
    );
    if args.fields.title.is_none() {
        check_text("the title", &task.title).map_err(|error| {
            CommandError::from(error)
                .hint("The title is the commit's subject; pass `--title TEXT` to set another one")
        })?;
    }
    task.written_by.clone_from(&open.written_by);
    args.fields.apply(&mut task, open)?;
    Ok(task)
}

/// The task as a reader of the ledger sees it: decoded from its line.
fn preview(task: Task, on: Option<ObjectId>, args: &Args, zone: Zone) -> String {
    let zero = ObjectId::from_bytes(&[0; 20]);
    let mut findings = Findings::default();
    let mut lines = NoteLines::default();
    lines.insert(Record::Task(Box::new(task)).encode());
    findings.notes.extend(on.or(zero).map(|commit| (commit, lines)));
    findings.task_commits.extend(zero.filter(|_| args.no_commit));
    let ledger = Ledger::assemble(findings);
    let shown = |task: &LedgerTask| match args.dry_run {
        true => card_without_id(task, zone),
        false => card(task, None, zone),
    };
    ledger.tasks.iter().map(shown).collect()
}
