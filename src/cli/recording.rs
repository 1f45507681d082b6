//! What the commands that read and write one ledger share: the repository, who writes, and the fields of a task.

use chrono::{DateTime, NaiveDate, Utc};

use super::context::Context;
use super::error::CommandError;
use super::settings::Settings;
use super::{environment, period};
use crate::correlate::measured::Stamp;
use crate::facts::agents;
use crate::facts::commit::{Instant, Person};
use crate::facts::ids::{ObjectId, RecordId, SessionId, TaskId};
use crate::facts::ledger::{Ledger, LedgerTask};
use crate::facts::quantity::{Hours, Minutes, Tokens, WorkTime};
use crate::facts::task::{Estimator, Phase, Task, WrittenBy, phase_sum};
use crate::facts::zone::Zone;
use crate::git::Repo;
use crate::git::config::ConfigValue;
use crate::git::messages;
use crate::git::signing::programs;
use crate::git::walk::RefSelection;
use crate::ledger::{self, Signing, WriteError, Writer};
use crate::sources::ledger::{LedgerOptions, read_ledger, read_ledger_at};

/// One repository with its ledger, healed.
pub struct OpenLedger {
    /// The repository.
    pub repo: Repo,
    /// How long a day and a week are.
    pub work: WorkTime,
    /// Whose days count.
    pub zone: Zone,
    /// The clock, whole milliseconds.
    pub now: DateTime<Utc>,
    /// The agent that estimates what is recorded now, unless somebody else is named.
    pub estimator: Option<Estimator>,
    /// The agent that called.
    pub written_by: Option<WrittenBy>,
    writer: Option<Writer>,
}

impl OpenLedger {
    /// Opens the repository that the process stands in, and restores what others overwrote in its ledger.
    pub fn open(context: &mut Context) -> Result<Self, CommandError> {
        let (open, is_healed) = Self::open_and_heal(context)?;
        if is_healed {
            context
                .terminal
                .status("restored records that another program had overwritten")?;
        }
        Ok(open)
    }

    /// [`Self::open`] for who writes; for a dry run, nothing is restored either.
    pub fn open_to(is_dry_run: bool, context: &mut Context) -> Result<Self, CommandError> {
        match is_dry_run {
            true => Self::open_as_it_is(context),
            false => Self::open(context),
        }
    }

    /// [`Self::open`] without a word.
    pub fn open_quietly(context: &Context) -> Result<Self, CommandError> {
        Ok(Self::open_and_heal(context)?.0)
    }

    /// The open ledger, and whether something was restored.
    fn open_and_heal(context: &Context) -> Result<(Self, bool), CommandError> {
        let open = Self::open_as_it_is(context)?;
        // A repository that cannot be written is read all the same: reading looks at the pin itself.
        let heal = |writer| ledger::heal(&open.repo, writer).unwrap_or(false);
        let is_healed = open.writer.as_ref().is_some_and(heal);
        Ok((open, is_healed))
    }

    /// The repository for who only looks: nothing is written.
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

    /// How what is measured is signed, by `Name <mail>`.
    pub fn stamp(&self, by: String) -> Stamp {
        Stamp {
            id: RecordId::derived(&[]),
            at: self.now,
            by,
        }
    }

    /// Who writes, or how to say it to git.
    pub fn writer(&self) -> Result<&Writer, CommandError> {
        self.known_writer().ok_or_else(|| WriteError::Nobody.into())
    }

    /// Who writes, if git knows.
    pub fn known_writer(&self) -> Option<&Writer> {
        self.writer.as_ref()
    }

    /// Who commits code, if it is known whether they sign.
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

    /// The whole ledger; its warnings are shown.
    pub fn ledger(&self, context: &mut Context) -> Result<Ledger, CommandError> {
        let ledger = self.read();
        context.terminal.warnings(&ledger.warnings)?;
        Ok(ledger)
    }

    /// The whole ledger, every branch and tag searched for trailers.
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

    /// The tasks of a commit that count; those of the commit that it is a copy of, where it has none itself.
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
            CommandError::failed("the current branch has no commits yet").hint("Create one first: git commit")
        } else {
            let error = CommandError::usage(format!("`{revision}` names no commit here"));
            match Hours::parse(revision, self.work) {
                Ok(_) => error.hint(format!("If it is the estimate: --estimate {revision}")),
                Err(_) => error,
            }
        })
    }

    /// A day as git reads dates.
    pub fn day(&self, option: &str, text: &str) -> Result<NaiveDate, CommandError> {
        period::day(text, self.zone, self.now).ok_or_else(|| {
            CommandError::usage(format!("`{option} {text}` is not a date"))
                .hint("Write 2026-03-01, or words that git knows: yesterday, last monday")
        })
    }
}

/// The identity that git would use for a commit here; `None` where git knows nobody.
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

/// `leverage.sign`, else what git does with commits. A repository's own config is not asked: it would start a program.
fn signing(settings: &Settings) -> Signing {
    let own = settings.get("sign");
    let value = own.or_else(|| settings.config().trusted("commit.gpgSign"));
    match value.is_some_and(is_true) {
        true => Signing::On,
        false => Signing::Off,
    }
}

/// Whether commits are signed, from what counts most.
const SIGNING: [&str; 2] = ["leverage.sign", "commit.gpgSign"];

/// Whether git signs commits of code. A repository's own config is not asked, as what it names would be run; where it alone
/// says so, the commit is not to be made without a signature either.
fn signing_of_code(settings: &Settings) -> Option<Signing> {
    let config = settings.config();
    match (config.trusted(SIGNING[1]), config.get(SIGNING[1])) {
        (Some(value), _) if is_true(value) => Some(Signing::On),
        (None, Some(value)) if is_true(value) => None,
        _ => Some(Signing::Off),
    }
}

/// What is to be said of a record that the repository's own config wants signed, and nobody else.
fn unsigned(settings: &Settings) -> Option<String> {
    let config = settings.config();
    let is_decided = SIGNING.iter().any(|name| config.trusted(name).is_some());
    let name = SIGNING.iter().find(|name| config.get(name).is_some_and(is_true));
    name.filter(|_| !is_decided).map(|name| {
        format!("it is not signed: `{name}` counts in your own git config, not in that of the repository")
    })
}

/// Whether a write is on the disk before it is acknowledged: `leverage.fsync`, else unless `core.fsync` asks for nothing.
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

/// The next revision of a task, with the fields that were given; an error where nothing would change.
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
        return Err(CommandError::usage("nothing would change").hint("Name a field, such as --estimate 24h"));
    }
    revised.rev += 1;
    revised.at = open.now;
    revised.by = open.author()?;
    revised.written_by.clone_from(&open.written_by);
    revised.reason = Some(reason.to_owned());
    Ok(revised)
}

/// What is to be said of a revision that does not have all phases of the one before: as these do not sum to its estimate, or
/// others were given.
pub fn phases_left_out(before: &Task, revised: &Task) -> Option<String> {
    let (before, now) = (&before.estimate.phases, &revised.estimate.phases);
    let is_kept = |phase: &Phase| now.iter().any(|kept| kept.name == phase.name);
    if before.iter().all(is_kept) {
        return None;
    }
    let sum = phase_sum(before);
    let phases: Vec<String> = before
        .iter()
        .map(|phase| format!("{} {}", phase.name, phase.hours))
        .collect();
    let phases = phases.join(", ");
    Some(match now.is_empty() {
        true => format!(
            "left out the phases, which sum to {sum} ({phases}); to give new ones: --phase NAME=HOURS for each"
        ),
        false => format!("the phases were {phases}; --phase gives all of them anew"),
    })
}

/// Where the next line of a task goes: to the notes that hold it. Where none of these is on a commit of the task any more,
/// or trailers alone made it, it goes to one that is as well: to `on` before all others, which is one or a copy of one.
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

/// The fields of a task, as `record` and `revise` take them.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct TaskFields {
    /// What was done, on one line
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// What a senior engineer who knows the stack would need by hand: 40h, 1.5h, 90m, 2d, 1w
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub estimate: Option<String>,
    /// A named part of the estimate; the parts sum to it, and give it when it is absent
    #[arg(long, value_name = "NAME=DURATION")]
    pub phase: Vec<String>,
    /// What the estimate rests on
    #[arg(long, value_name = "TEXT")]
    pub basis: Option<String>,
    /// Who estimated: `person`, or an agent, which may be followed by its model [default: the agent that calls, else person]
    #[arg(long, value_name = "WHO")]
    pub estimated_by: Option<String>,
    /// How long the agent worked: 25m, 1h30m, 90s
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub agent_time: Option<String>,
    /// How long a person prompted and reviewed
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true)]
    pub supervision: Option<String>,
    /// Tokens of all kinds: 400k, 2.62M
    #[arg(long, value_name = "COUNT", allow_hyphen_values = true)]
    pub tokens: Option<String>,
    /// The agent, such as claude-code or codex
    #[arg(long, value_name = "NAME")]
    pub agent: Option<String>,
    /// The model, as its maker names it
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// What kind of work it was
    #[arg(long, value_name = "NAME")]
    pub category: Option<String>,
    /// A label; may be given more than once
    #[arg(long, value_name = "NAME")]
    pub tag: Vec<String>,
    /// A session in which it was done; may be given more than once
    #[arg(long, value_name = "AGENT:ID")]
    pub session: Vec<SessionId>,
    /// One more commit of the task; may be given more than once
    #[arg(long, value_name = "REV")]
    pub commit: Vec<String>,
    /// The day the work belongs to
    #[arg(long, value_name = "DATE")]
    pub date: Option<String>,
}

impl TaskFields {
    /// The estimate, from `--estimate` or the sum of `--phase`; `None` where neither was given.
    pub fn hours(&self, work: WorkTime) -> Result<Option<Hours>, CommandError> {
        match &self.estimate {
            Some(text) => quantity("--estimate", Hours::parse(text, work)).map(Some),
            None if self.phase.is_empty() => Ok(None),
            None => Ok(Some(phase_sum(&self.phases(work)?))),
        }
    }

    fn phases(&self, work: WorkTime) -> Result<Vec<Phase>, CommandError> {
        self.phase
            .iter()
            .map(|text| quantity("--phase", Phase::parse(text, work)))
            .collect()
    }

    /// What is to be said where the agent that estimated is none that is known, and may be another one in a wrong spelling.
    pub fn unknown_estimator(&self) -> Option<String> {
        let estimator = Estimator::parse(self.estimated_by.as_deref()?).ok()??;
        Some(format!(
            "`{}` is not an agent that is known here; a person is `{}`",
            estimator.agent,
            Estimator::PERSON
        ))
        .filter(|_| agents::known_spelling(&estimator.agent).is_none())
    }

    /// Whether they make an estimate, and do not say whose it is.
    pub fn counts_as_the_callers(&self) -> bool {
        self.say_who_estimates() && self.estimated_by.is_none()
    }

    /// Whether they make an estimate, or say whose it is.
    fn say_who_estimates(&self) -> bool {
        self.estimate.is_some() || !self.phase.is_empty() || self.estimated_by.is_some()
    }

    /// Whether a task says all that was given already, whoever said it.
    pub fn changes_nothing_in(&self, task: &Task, open: &OpenLedger) -> bool {
        let mut again = task.clone();
        // Values that are wrong for this task, such as an estimate that its phases do not sum to, are others than its own.
        if self.apply(&mut again, open).is_err() {
            return false;
        }
        again.estimate.by.clone_from(&task.estimate.by);
        if self.estimated_by.is_none() {
            again.estimate.estimator.clone_from(&task.estimate.estimator);
        }
        again == *task
    }

    /// Puts what was given into the task, and checks that it may be written.
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

    /// Puts into the task what was given that needs no repository to be understood.
    pub fn claim(&self, task: &mut Task, work: WorkTime) -> Result<(), CommandError> {
        if let Some(hours) = self.hours(work)? {
            task.estimate.hours = hours;
        }
        if !self.phase.is_empty() {
            task.estimate.phases = self.phases(work)?;
        } else if !task.estimate.phases_sum_to_it() {
            // Nobody said how other hours are divided. The revision before keeps what was said.
            task.estimate.phases.clear();
        }
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

/// A task without hours claims nothing.
pub fn no_estimate() -> CommandError {
    CommandError::usage("the task has no estimate")
        .hint("Pass what a person would have needed: --estimate 40h, or --phase 'Design=4h' for each part")
}

/// A value that cannot be read is a wrong call; the error names the option.
fn quantity<T, E: std::fmt::Display>(option: &str, read: Result<T, E>) -> Result<T, CommandError> {
    read.map_err(|error| CommandError::usage(format!("{option}: {error}")))
}
