//! `status [ROOT…]`: what was recorded today, and what is left to do.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::DateTime;

use super::report::unfetched;
use crate::aggregate::repository::Repository;
use crate::aggregate::status::{self, AgentActivity, Beside, Status};
use crate::cli::background::apart;
use crate::cli::background::sweep::{self, Where};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::linking::Linking;
use crate::cli::logs::{LogArgs, RulesArgs};
use crate::cli::outcome::Outcome;
use crate::cli::output::OutputArgs;
use crate::cli::period;
use crate::cli::reading::ReadArgs;
use crate::cli::set_up::states;
use crate::facts::event::Event;
use crate::facts::span::{Millis, Moment};
use crate::git::Repo;
use crate::integrations::setup::HookState;
use crate::render::json::Versioned;
use crate::render::status as shown;
use crate::workspace::status::Evening;

/// Agents whose hooks never ran are listed only if their logs are newer than this.
const RECENT: Millis = Millis::DAY.times(30);

/// The arguments of `status`.
#[derive(Debug, Default, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage status\n  git leverage status ~/src\n  git leverage\n\n\
                  Shows today's tasks; since yesterday, commits of agents without a task and sessions without a commit; and \
                  whatever is not captured or not shared yet. What a remote has is known from the last sync: no network is used."
)]
pub struct Args {
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    logs: LogArgs,
    #[command(flatten)]
    rules: RulesArgs,
    /// Time zone that decides which day is today: `Area/City`, `UTC` or `local` [default: `leverage.zone`, else local]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    #[command(flatten)]
    output: OutputArgs,
}

/// Reads, looks and shows.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let settings = context.settings();
    let zone = period::zone(args.zone.as_deref(), &settings)?;
    let linking = Linking::reading(&args.logs, &args.rules, &args.read);
    let options = linking.options(context)?;
    apart::sweep_and_say(context, Where::Everywhere)?;
    let events: Vec<Event> = sweep::spools(context)
        .iter()
        .flat_map(|spool| spool.contents(context.environment.now).last.into_values())
        .collect();
    let read = args.read.options(context)?;
    let mut workspace = args.read.read(context, &read)?;
    let evening = Evening::complete(&mut workspace, &options);
    let hooks = hooks(&workspace.repos, context);
    let beside = Beside {
        now: context.environment.now,
        zone,
        work: settings.work_time()?,
        uncaptured: evening.uncaptured,
        unshared: evening.unshared,
        within: evening.within,
        agents: agents(&events, &evening.last_logs, &hooks, context),
        is_set_up: hooks.values().any(|has_hooks| *has_hooks == Some(true)),
    };
    let mut status = status::status(&workspace.repos, &workspace.sessions, beside);
    let outcome = workspace.status().into();
    status.warnings.splice(0..0, workspace.warnings);
    send(args, context, &status)?;
    context.terminal.warnings(&status.warnings)?;
    for said in unfetched(&workspace.repos) {
        context.terminal.status(&said)?;
    }
    Ok(outcome)
}

fn send(args: &Args, context: &mut Context, status: &Status) -> Result<(), CommandError> {
    let machine = Versioned {
        schema: status::SCHEMA,
        body: status,
    };
    let document = shown::document(status);
    args.output
        .send(context, &document, &shown::rows(status), &machine)
}

/// Whether the settings of each agent that can have hooks have ours: those of the user, or of a repository that is read.
fn hooks(repos: &[Repository], context: &Context) -> BTreeMap<&'static str, Option<bool>> {
    let open = repos
        .iter()
        .filter_map(|repo| Repo::open(Path::new(&repo.path)).ok());
    let tops: Vec<PathBuf> = open
        .filter_map(|repo| repo.work_dir().map(Path::to_owned))
        .collect();
    // Those of the user are the same for all.
    let tops = tops.iter().map(|top| Some(top.as_path()));
    let mut found: BTreeMap<&'static str, Option<bool>> = BTreeMap::new();
    for top in std::iter::once(None).chain(tops) {
        for state in states::all(&context.environment, top) {
            let has_hooks = match state.hooks {
                HookState::Absent => Some(false),
                HookState::Unclear { .. } => None,
                _ => Some(true),
            };
            let known = found.entry(state.integration.identity.name).or_insert(has_hooks);
            *known = match (*known, has_hooks) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (None, _) | (_, None) => None,
                (Some(false), Some(false)) => Some(false),
            };
        }
    }
    found
}

/// The agents that called, and those that worked here of late.
fn agents(
    events: &[Event],
    logs: &BTreeMap<String, Moment>,
    hooks: &BTreeMap<&str, Option<bool>>,
    context: &Context,
) -> Vec<AgentActivity> {
    let now = Moment(context.environment.now.timestamp_millis());
    let mut found: BTreeMap<&str, AgentActivity> = BTreeMap::new();
    let none = |agent: &str| AgentActivity {
        agent: agent.to_owned(),
        last_event_at: None,
        last_event: None,
        last_log_at: None,
        has_hooks: hooks.get(agent).copied().flatten(),
    };
    for event in events {
        let known = found.entry(&event.agent).or_insert_with(|| none(&event.agent));
        if known.last_event_at.is_none_or(|at| at <= event.at) {
            known.last_event_at = Some(event.at);
            known.last_event = Some(event.kind);
        }
    }
    for (agent, last) in logs {
        if found.contains_key(agent.as_str()) || now.since(*last) < RECENT.0 {
            let known = found.entry(agent).or_insert_with(|| none(agent));
            known.last_log_at = DateTime::from_timestamp(last.seconds(), 0);
        }
    }
    found.into_values().collect()
}
