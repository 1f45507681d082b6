//! What commands that read and write one ledger share: the repository, the author, and the fields of a task.

use chrono::{DateTime, NaiveDate, Utc};

use super::context::Context;
use super::error::CommandError;
use super::settings::Settings;
use super::{environment, period};
use crate::correlate::measured::Stamp;
use crate::facts::agents;
use crate::facts::commit::{Instant, Person};
use crate::facts::estimate::{Estimate, Estimator, Phase, phase_sum};
use crate::facts::ids::{ObjectId, RecordId, SessionId, TaskId};
use crate::facts::ledger::{Ledger, LedgerTask};
use crate::facts::quantity::{Hours, Minutes, Tokens, WorkTime};
use crate::facts::range::HoursRange;
use crate::facts::task::{Task, WrittenBy};
use crate::facts::zone::Zone;
use crate::git::Repo;
use crate::git::config::ConfigValue;
use crate::git::messages;
use crate::git::signing::programs;
use crate::git::walk::RefSelection;
use crate::ledger::{self, Signing, WriteError, Writer};
use crate::sources::ledger::{LedgerOptions, read_ledger, read_ledger_at};

/// One repository and its ledger, after any overwritten records have been restored.
pub struct OpenLedger {
    /// The repository.
    pub repo: Repo,
    /// The length of a day and of a week.
    pub work: WorkTime,
    /// The time zone that decides on which day a task falls.
    pub zone: Zone,
    /// The clock, whole milliseconds.
    pub now: DateTime<Utc>,
    /// The agent that makes the estimate being recorded, unless another estimator is named.
    pub estimator: Option<Estimator>,
    /// The agent that ran this command.
    pub written_by: Option<WrittenBy>,
    writer: Option<Writer>,
}

impl OpenLedger {
    /// Opens the current repository, and restores whatever other programs overwrote in its ledger.
    pub fn open(context: &mut Context) -> Result<Self, CommandError> {
        let (open, is_healed) = Self::open_and_heal(context)?;
        if is_healed {
            context
                .terminal
                .status("Restored records that another program had overwritten")?;
        }
        Ok(open)
    }

    /// Like [`Self::open`], for commands that write; a dry run restores nothing either.
    pub fn open_to(is_dry_run: bool, context: &mut Context) -> Result<Self, CommandError> {
        match is_dry_run {
            true => Self::open_as_it_is(context),
            false => Self::open(context),
        }
    }

    /// Like [`Self::open`], but prints nothing.
    pub fn open_quietly(context: &Context) -> Result<Self, CommandError> {
        Ok(Self::open_and_heal(context)?.0)
    }

    /// The open ledger, and whether anything was restored.
    fn open_and_heal(context: &Context) -> Result<(Self, bool), CommandError> {
        let open = Self::open_as_it_is(context)?;
        // A repository that cannot be written is still read: reading checks the pin itself.
        let heal = |writer| ledger::heal(&open.repo, writer).unwrap_or(false);
        let is_healed = open.writer.as_ref().is_some_and(heal);
        Ok((open, is_healed))
    }

    /// Opens the repository read-only; nothing is written.
    pub fn open_as_it_is(context: &Context) -> Result<Self, CommandError> {
        let repo = context.environment.repository()?;
        let settings = context.settings();
        let zone = period::PeriodArgs::default().zone(&settings)?;
        repo.set_fsync(fsync(&settings));
        if let Some(doubt) = unsigned(&settings) {
            repo.doubt(doubt);
        }
        let now = context.environment.now;
        let now = DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now);
        Ok(Self {
            work: settings.work_time()?,
            writer: writer(context, &settings, now),
            repo,
            zone,
            now,
            estimator: None,
            written_by: None,
        })
    }

    /// The identity that signs measured records, as `Name <mail>`.
    pub fn stamp(&self, by: String) -> Stamp {
        Stamp {
            id: RecordId::derived(&[]),
            at: self.now,
            by,
        }
    }

    /// The author of new records, or an error that says how to set one in git.
    pub fn writer(&self) -> Result<&Writer, CommandError> {
        self.known_writer().ok_or_else(|| WriteError::Nobody.into())
    }

    /// The author of new records, if git knows one.
    pub fn known_writer(&self) -> Option<&Writer> {
        self.writer.as_ref()
    }

    /// The author of code commits, if it is known whether they are signed.
    pub fn committer(&self, settings: &Settings) -> Result<Option<Writer>, CommandError> {
        let writer = self.writer()?;
        let signing = signing_of_code(settings);
        Ok(signing.map(|signing| Writer {
            signing,
            ..writer.clone()
        }))
    }

    /// `Name <mail>` of the writer.
    pub fn author(&self) -> Result<String, CommandError> {
        let person = &self.writer()?.person;
        Ok(format!("{} <{}>", person.name, person.email))
    }

    /// Reads the whole ledger and shows its warnings.
    pub fn ledger(&self, context: &mut Context) -> Result<Ledger, CommandError> {
        let ledger = self.read();
        context.terminal.warnings(&ledger.warnings)?;
        Ok(ledger)
    }

    /// Reads the whole ledger, searching every branch and tag for trailers.
    pub fn read(&self) -> Ledger {
        let options = LedgerOptions {
            refs: RefSelection {
                all: true,
                ..RefSelection::default()
            },
            work: self.work,
        };
        read_ledger(&self.repo, &options)
    }

    /// The tasks of a commit that count. If it has none, those of the commit that it is a copy of.
    pub fn tasks_of<'a>(&self, ledger: &'a Ledger, commit: ObjectId) -> Vec<&'a LedgerTask> {
        let own: Vec<&LedgerTask> = ledger
            .tasks
            .iter()
            .filter(|task| task.commits.contains(&commit) || task.notes.contains(&commit))
            .collect();
        if !own.is_empty() {
            return own;
        }
        let at = read_ledger_at(&self.repo, &[commit], self.work);
        let copied: Vec<TaskId> = at.on(&[commit]).map(|task| task.task.id).collect();
        let is_copied = |task: &&LedgerTask| copied.contains(&task.task.id);
        ledger.tasks.iter().filter(is_copied).collect()
    }

    /// A new id, made now.
    pub fn new_id(&self) -> TaskId {
        let mut random = [0; 10];
        random.copy_from_slice(&uuid::Uuid::now_v7().as_bytes()[6..]);
        let millis = u64::try_from(self.now.timestamp_millis()).unwrap_or_default();
        TaskId::new(millis, &random)
    }

    /// Whether the current branch has no commits yet.
    pub fn is_unborn(&self) -> bool {
        matches!(self.repo.head(), Ok(None))
    }

    /// The commit that a revision names.
    pub fn commit(&self, revision: &str) -> Result<ObjectId, CommandError> {
        if let Some(commit) = messages::resolve(&self.repo, revision) {
            return Ok(commit);
        }
        Err(if matches!(revision, "HEAD" | "@") && self.is_unborn() {
            CommandError::failed("the current branch has no commits yet").hint("Run `git commit` first")
        } else {
            let error = CommandError::usage(format!("not a commit: `{revision}`"));
            match HoursRange::parse(revision, self.work) {
                Ok(_) => error.hint(format!("If this is the estimate, pass `--estimate {revision}`")),
                Err(_) => error,
            }
        })
    }

    /// Parses a day as git reads dates.
    pub fn day(&self, option: &str, text: &str) -> Result<NaiveDate, CommandError> {
        period::day(text, self.zone, self.now).ok_or_else(|| {
            CommandError::usage(format!("invalid date for `{option}`: `{text}`"))
                .hint("Use a date such as `2026-03-01`, or words that git understands, such as `yesterday` or `last monday`")
        })
    }
}

/// The identity that git would use for a commit here; `None` if none is configured.
pub fn known_writer(context: &Context) -> Option<Writer> {
    let now = context.environment.now;
    let now = DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now);
    writer(context, &context.settings(), now)
}

/// The identity that git would use for a commit.
fn writer(context: &Context, settings: &Settings, now: DateTime<Utc>) -> Option<Writer> {
    let field = |variables: [&str; 2], names: [&str; 2]| {
        let from_variable = variables
            .iter()
            .find_map(|name| context.environment.variable(name).map(str::to_owned));
        let from_config = || {
            names
                .iter()
                .find_map(|name| settings.config().get(name))
                .map(|entry| entry.value.clone())
        };
        let text: String = from_variable
            .or_else(from_config)?
            .chars()
            .filter(|c| !c.is_control() && !matches!(c, '<' | '>'))
            .collect();
        let text = text.trim().to_owned();
        (!text.is_empty()).then_some(text)
    };
    let person = Person {
        name: field(
            ["GIT_COMMITTER_NAME", "GIT_AUTHOR_NAME"],
            ["committer.name", "user.name"],
        )?,
        email: field(
            ["GIT_COMMITTER_EMAIL", "GIT_AUTHOR_EMAIL"],
            ["committer.email", "user.email"],
        )?,
    };
    let offset = environment::local_zone()
        .at(now.timestamp())
        .offset()
        .local_minus_utc()
        / 60;
    let time = Instant {
        seconds: now.timestamp(),
        offset: i16::try_from(offset).unwrap_or_default(),
    };
    Some(Writer {
        person,
        time,
        signing: signing(settings),
        signing_config: programs(settings.config()),
    })
}

/// Whether records are signed: `leverage.sign`, else the setting for commits. A repository's own config is ignored, since it
/// would start a program.
fn signing(settings: &Settings) -> Signing {
    let own = settings.get("sign");
    let value = own.or_else(|| settings.config().trusted("commit.gpgSign"));
    match value.is_some_and(is_true) {
        true => Signing::On,
        false => Signing::Off,
    }
}

/// Whether commits are signed, most important key first.
const SIGNING: [&str; 2] = ["leverage.sign", "commit.gpgSign"];

/// Whether git signs code commits. A repository's own config is ignored, since it names a program to run; if only that config
/// asks for signing, the commit must not be created unsigned either.
fn signing_of_code(settings: &Settings) -> Option<Signing> {
    let config = settings.config();
    match (config.trusted(SIGNING[1]), config.get(SIGNING[1])) {
        (Some(value), _) if is_true(value) => Some(Signing::On),
        (None, Some(value)) if is_true(value) => None,
        _ => Some(Signing::Off),
    }
}

/// The notice for a record that only the repository's own config asks to sign.
fn unsigned(settings: &Settings) -> Option<String> {
    let config = settings.config();
    let is_decided = SIGNING.iter().any(|name| config.trusted(name).is_some());
    let name = SIGNING.iter().find(|name| config.get(name).is_some_and(is_true));
    name.filter(|_| !is_decided).map(|name| {
        format!("not signed: `{name}` is set only in the repository's own git config, which is ignored")
    })
}

/// Whether a write is flushed to disk before it is acknowledged: `leverage.fsync`, or true unless `core.fsync` is `none`.
fn fsync(settings: &Settings) -> bool {
    if let Some(value) = settings.get("fsync") {
        return !matches!(
            value.value.trim().to_ascii_lowercase().as_str(),
            "false" | "no" | "off" | "0"
        );
    }
    let parts = settings.config().get("core.fsync");
    !parts.is_some_and(|parts| {
        parts
            .value
            .split(',')
            .all(|part| part.trim().eq_ignore_ascii_case("none"))
    })
}

/// A name without a value is true, as everywhere in git config.
fn is_true(value: &ConfigValue) -> bool {
    let value = value.value.trim().to_ascii_lowercase();
    matches!(value.as_str(), "" | "true" | "yes" | "on" | "1")
}

/// The next revision of a task, with the given fields; an error if nothing would change.
pub fn next_revision(
    found: &LedgerTask,
    fields: &TaskFields,
    reason: &str,
    open: &OpenLedger,
) -> Result<Task, CommandError> {
    let mut revised = found.task.clone();
    fields.apply(&mut revised, open)?;
    let is_confirmed =
        found.task.writer().is_some() && open.written_by.is_none() && fields.say_who_estimates();
    if revised == found.task && !is_confirmed {
        return Err(CommandError::usage("nothing would change")
            .hint("Pass a field to change, such as `--estimate 24h`"));
    }
    revised.rev += 1;
    revised.at = open.now;
    revised.by = open.author()?;
    revised.written_by.clone_from(&open.written_by);
    revised.reason = Some(reason.to_owned());
    Ok(revised)
}

/// The notice for a revision that drops phases of the one before it: because they do not sum to its estimate, or because others
/// were given.
pub fn phases_left_out(before: &Task, revised: &Task) -> Option<String> {
    let (before, now) = (&before.estimate.phases, &revised.estimate.phases);
    let is_kept = |phase: &Phase| now.iter().any(|kept| kept.name == phase.name);
    if before.iter().all(is_kept) {
        return None;
    }
    let sum = phase_sum(before);
    let phases: Vec<String> = before
        .iter()
        .map(|phase| format!("{} {}", phase.name, phase.shown()))
        .collect();
    let phases = phases.join(", ");
    Some(match now.is_empty() {
        true => format!(
            "Removed the phases, which sum to {sum} ({phases}); pass `--phase NAME=HOURS` for each new one"
        ),
        false => format!("Replaced all phases (before: {phases}); `--phase` does not change single ones"),
    })
}

/// Which notes get the next line of a task: the notes that contain it. If none of them is on a commit of the task any more, or if
/// the task comes from trailers only, one more commit is added: preferably `on`, which is one of its commits or a copy of one.
pub fn homes(found: &LedgerTask, on: Option<ObjectId>) -> Vec<ObjectId> {
    let mut homes = found.notes.clone();
    let is_current = |note: &ObjectId| found.commits.is_empty() || found.commits.contains(note);
    if !homes.iter().any(is_current) {
        homes.extend(on.or(found.commits.first().copied()));
    } else if let Some(copy) = on.filter(|on| !found.commits.contains(on)) {
        homes.push(copy);
    }
    homes.dedup();
    homes
}

/// The fields of a task that `record` and `revise` accept.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct TaskFields {
    /// Title, on one line
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Hours that a senior engineer who knows the stack would need by hand: 40h, 1.5h, 90m, 2d, 1w, or a range: 24h..60h
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub estimate: Option<String>,
    /// A named part of the estimate, or its range; the parts must add up to `--estimate`, or replace it; may be repeated
    #[arg(long, value_name = "NAME=DURATION")]
    pub phase: Vec<String>,
    /// Reason for the estimate
    #[arg(long, value_name = "TEXT")]
    pub basis: Option<String>,
    /// Who made the estimate: `person`, or an agent, optionally with its model [default: the calling agent, else person]
    #[arg(long, value_name = "WHO")]
    pub estimated_by: Option<String>,
    /// Time the agent worked: 25m, 1h30m, 90s
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub agent_time: Option<String>,
    /// Time a person spent prompting and reviewing
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub supervision: Option<String>,
    /// Tokens of all kinds: 400k, 2.62M
    #[arg(long, value_name = "COUNT", allow_hyphen_values = true)]
    pub tokens: Option<String>,
    /// Agent, such as claude-code or codex
    #[arg(long, value_name = "NAME")]
    pub agent: Option<String>,
    /// Model, as its vendor names it
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// Kind of work
    #[arg(long, value_name = "NAME")]
    pub category: Option<String>,
    /// Label; may be repeated
    #[arg(long, value_name = "NAME")]
    pub tag: Vec<String>,
    /// Session in which the work was done; may be repeated
    #[arg(long, value_name = "AGENT:ID")]
    pub session: Vec<SessionId>,
    /// Another commit of the task; may be repeated
    #[arg(long, value_name = "REV")]
    pub commit: Vec<String>,
    /// Day of the work
    #[arg(long, value_name = "DATE")]
    pub date: Option<String>,
}

impl TaskFields {
    /// The likely hours of the estimate, from `--estimate` or `--phase`; `None` where neither was given.
    pub fn hours(&self, work: WorkTime) -> Result<Option<Hours>, CommandError> {
        let mut estimate = Estimate::new(Hours::default(), "");
        let is_given = self.estimate(&mut estimate, work)?;
        Ok(is_given.then_some(estimate.hours))
    }

    /// Copies `--estimate` and `--phase` to an estimate, and returns whether either was given.
    fn estimate(&self, estimate: &mut Estimate, work: WorkTime) -> Result<bool, CommandError> {
        let hours = self.estimate.as_ref();
        let hours = hours.map(|text| quantity("--estimate", HoursRange::parse(text, work)));
        let (hours, phases) = (hours.transpose()?, self.phases(work)?);
        if hours.is_none() && phases.is_empty() {
            return Ok(false);
        }
        if !phases.is_empty() {
            estimate.state(hours, phases);
            return Ok(true);
        }
        let before = std::mem::take(&mut estimate.phases);
        estimate.state(hours, before);
        if !estimate.phases_sum_to_it() {
            // No split was given for the new hours. The previous revision still has the old one.
            estimate.state(hours, Vec::new());
        }
        Ok(true)
    }

    fn phases(&self, work: WorkTime) -> Result<Vec<Phase>, CommandError> {
        self.phase
            .iter()
            .map(|text| quantity("--phase", Phase::parse(text, work)))
            .collect()
    }

    /// The notice if the estimating agent is unknown, and so may be misspelled.
    pub fn unknown_estimator(&self) -> Option<String> {
        let estimator = Estimator::parse(self.estimated_by.as_deref()?).ok()??;
        Some(format!(
            "Unknown agent `{}`; for a person, pass `{}`",
            estimator.agent,
            Estimator::PERSON
        ))
        .filter(|_| agents::known_spelling(&estimator.agent).is_none())
    }

    /// Whether these fields make an estimate without saying whose it is.
    pub fn counts_as_the_callers(&self) -> bool {
        self.say_who_estimates() && self.estimated_by.is_none()
    }

    /// Whether these fields make an estimate or say whose it is.
    fn say_who_estimates(&self) -> bool {
        self.estimate.is_some() || !self.phase.is_empty() || self.estimated_by.is_some()
    }

    /// Whether a task already has all the given values, whoever stated them.
    pub fn changes_nothing_in(&self, task: &Task, open: &OpenLedger) -> bool {
        let mut again = task.clone();
        // Values that are invalid for this task, such as an estimate that does not match its phases, differ from its own.
        if self.apply(&mut again, open).is_err() {
            return false;
        }
        again.estimate.by.clone_from(&task.estimate.by);
        if self.estimated_by.is_none() {
            again.estimate.estimator.clone_from(&task.estimate.estimator);
        }
        again == *task
    }

    /// Copies the given fields to the task, and validates the result.
    pub fn apply(&self, task: &mut Task, open: &OpenLedger) -> Result<(), CommandError> {
        if self.hours(open.work)?.is_some() {
            task.estimate.by = open.author()?;
            task.estimate.estimator.clone_from(&open.estimator);
        } else if self.estimated_by.is_some() {
            task.estimate.by = open.author()?;
        }
        self.claim(task, open.work)?;
        if let Some(date) = &self.date {
            task.date = open.day("--date", date)?;
        }
        for revision in &self.commit {
            let commit = open.commit(revision)?;
            if !task.commits.contains(&commit) {
                task.commits.push(commit);
            }
        }
        Ok(task.check()?)
    }

    /// Copies the given fields that can be interpreted without a repository.
    pub fn claim(&self, task: &mut Task, work: WorkTime) -> Result<(), CommandError> {
        self.estimate(&mut task.estimate, work)?;
        if let Some(text) = &self.estimated_by {
            task.estimate.estimator = quantity("--estimated-by", Estimator::parse(text))?;
        }
        let minutes = |option: &str, text: &Option<String>| {
            text.as_ref()
                .map(|text| quantity(option, Minutes::parse(text, work)))
                .transpose()
        };
        if self.agent_time.is_some() {
            task.agent_minutes = minutes("--agent-time", &self.agent_time)?;
            task.agent_minutes_basis = None;
            task.unknown_minutes = None;
        }
        if self.supervision.is_some() {
            task.supervisory_minutes = minutes("--supervision", &self.supervision)?;
            task.supervisory_minutes_basis = None;
        }
        if let Some(text) = &self.tokens {
            task.tokens = Some(quantity("--tokens", Tokens::parse(text))?);
            task.tokens_basis = None;
        }
        replace(&mut task.estimate.basis, self.basis.clone());
        replace(&mut task.agent, self.agent.clone());
        replace(&mut task.model, self.model.clone());
        replace(&mut task.category, self.category.clone());
        if let Some(title) = &self.title {
            task.title.clone_from(title);
        }
        if !self.tag.is_empty() {
            task.tags.clone_from(&self.tag);
        }
        if !self.session.is_empty() {
            task.sessions.clone_from(&self.session);
        }
        Ok(())
    }
}

fn replace<T>(slot: &mut Option<T>, value: Option<T>) {
    if value.is_some() {
        *slot = value;
    }
}

/// A task needs hours: without them it claims nothing.
pub fn no_estimate() -> CommandError {
    CommandError::usage("the task has no estimate")
        .hint("Pass the hours that a person would have needed: `--estimate 40h`, or `--phase 'Design=4h'` for each part")
}

/// An unreadable value is a usage error; the message names the option.
pub fn quantity<T, E: std::fmt::Display>(option: &str, read: Result<T, E>) -> Result<T, CommandError> {
    read.map_err(|error| CommandError::usage(format!("invalid value for `{option}`: {error}")))
}
