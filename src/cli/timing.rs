//! How long agents and persons worked for tasks, and on which day these count: for the commands that show single tasks, as reports have it.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::context::Context;
use super::error::CommandError;
use super::linking::SessionArgs;
use super::logs::{ForeignArgs, RulesArgs};
use super::outcome::Outcome;
use super::reading::ReadArgs;
use super::recording::OpenLedger;
use crate::aggregate::effort::{Effort, TaskEffort};
use crate::aggregate::repository::{PlacedTask, Repository};
use crate::facts::commit::Instant;
use crate::facts::ids::{ObjectId, TaskId};
use crate::facts::ledger::{Ledger, LedgerTask};
use crate::facts::task::Task;
use crate::facts::zone::Zone;
use crate::git::messages;
use crate::render::task::Timed;
use crate::workspace::read::Workspace;

/// What counts beside the ledger.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct TimingArgs {
    #[command(flatten)]
    foreign: ForeignArgs,
    /// Read every log again, and cache nothing
    #[arg(long)]
    no_cache: bool,
    #[command(flatten)]
    sessions: SessionArgs,
}

/// What is known of the time of tasks.
pub struct Timing {
    days: HashMap<TaskId, NaiveDate>,
    efforts: HashMap<TaskId, TaskEffort>,
    /// Whether something of the logs was left out.
    pub outcome: Outcome,
}

impl Timing {
    /// The task with its day and the time of its agents.
    pub fn of<'t>(&self, found: &'t LedgerTask) -> Timed<'t> {
        let task = &found.task;
        Timed {
            task,
            day: self.days.get(&task.id).copied().unwrap_or(task.date),
            effort: (self.efforts.get(&task.id).copied()).unwrap_or_else(|| TaskEffort::recorded(task)),
        }
    }
}

impl TimingArgs {
    /// The time of the `shown` tasks. Logs are read only where one of these says nothing of it itself.
    pub fn time(
        &self,
        open: &OpenLedger,
        ledger: &Ledger,
        shown: &[&LedgerTask],
        zone: Zone,
        context: &mut Context,
    ) -> Result<Timing, CommandError> {
        let mut authored = HashMap::new();
        let mut timing = Timing {
            days: shown
                .iter()
                .map(|found| (found.task.id, day(open, found, zone, &mut authored)))
                .collect(),
            efforts: HashMap::new(),
            outcome: Outcome::Done,
        };
        let is_open = |found: &&LedgerTask| is_left_to_sessions(&found.task) && can_be_measured(found);
        if self.sessions.no_sessions || !shown.iter().any(is_open) {
            return Ok(timing);
        }
        let workspace = self.read(open, ledger, context)?;
        let placed: Vec<PlacedTask> = ledger.tasks.iter().map(PlacedTask::from).collect();
        let effort = Effort::new(&workspace.sessions, &placed.iter().collect::<Vec<_>>());
        timing.efforts = placed
            .iter()
            .map(|placed| (placed.task.id, effort.figures(&placed.task)))
            .collect();
        context.terminal.warnings(&workspace.warnings)?;
        timing.outcome = workspace.status().into();
        Ok(timing)
    }

    /// The sessions that worked in the repository.
    fn read(&self, open: &OpenLedger, ledger: &Ledger, context: &Context) -> Result<Workspace, CommandError> {
        let read = ReadArgs {
            foreign: self.foreign,
            no_cache: self.no_cache,
            ..ReadArgs::default()
        };
        let repository = Repository {
            name: open.repo.name(),
            path: open.repo.main_folder().display().to_string(),
            captured: ledger.sessions.clone(),
            ..Repository::default()
        };
        let mut workspace = Workspace::from(repository);
        workspace.complete(&self.sessions.options(&read, &RulesArgs::default(), context)?);
        Ok(workspace)
    }
}

/// Whether the task leaves something to its sessions.
fn is_left_to_sessions(task: &Task) -> bool {
    task.leaves_minutes_to_sessions()
        || task.supervisory_minutes_basis.is_some()
        || task.tokens_basis.is_some()
}

/// Whether sessions can say how long it took: through its commits, or by their names.
fn can_be_measured(found: &LedgerTask) -> bool {
    !found.commits.is_empty() || !found.task.sessions.is_empty()
}

/// The day of a task. `authored` are the times of the commits that were asked for before: one message can claim thousands of
/// tasks.
fn day(
    open: &OpenLedger,
    found: &LedgerTask,
    zone: Zone,
    authored: &mut HashMap<ObjectId, Option<Instant>>,
) -> NaiveDate {
    let read = |commit: &ObjectId| messages::with_commit(&open.repo, *commit, |raw| raw.author_time()).ok();
    let author_time = |commit: &ObjectId| *authored.entry(*commit).or_insert_with(|| read(commit));
    found.task.day(&found.commits, author_time, zone)
}
