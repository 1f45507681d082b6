//! Gathers the facts for the checks: nothing is written except files that are removed at once.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::{managers, programs};
use crate::cli::background::sweep;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::logs::LogArgs;
use crate::cli::recording::known_writer;
use crate::cli::set_up::states::{self, AgentState, OwnFile};
use crate::doctor::evidence::{
    AgentFacts, Evidence, GitHook, HookFacts, Hooks, Own, PendingFacts, RemoteFacts, RepositoryFacts,
    SkillFacts, SpoolFacts, UncapturedFacts,
};
use crate::facts::event::Event;
use crate::facts::session::Session;
use crate::facts::span::Moment;
use crate::git::config::{Config, ConfigValue};
use crate::git::remote::Settings;
use crate::git::{Repo, health, own_config};
use crate::integrations::by_name;
use crate::integrations::settings::command::HookCommand;
use crate::integrations::setup::{HookState, Scope};
use crate::sources::agents::collect::{self, Request};
use crate::sources::ledger::read_recorded;
use crate::sources::retention::retention;
use crate::sources::sharing::News;
use crate::spool::Spool;
use crate::spool::pending::Contents;
use crate::workspace::options::SessionOptions;
use crate::workspace::sessions::OwnLinks;
use crate::workspace::status::uncaptured_in;

/// What is read before the agents are examined.
struct Found<'a> {
    repo: Option<&'a Repo>,
    sessions: &'a [Session],
    request: &'a Request,
    events: BTreeMap<String, Event>,
}

/// The last event of each agent.
fn last_events(contents: &[Contents]) -> BTreeMap<String, Event> {
    let mut last: BTreeMap<String, Event> = BTreeMap::new();
    for (agent, event) in contents.iter().flat_map(|contents| &contents.last) {
        let known = last.entry(agent.clone()).or_insert_with(|| event.clone());
        if known.at < event.at {
            known.clone_from(event);
        }
    }
    last
}

/// Gathers all facts, of the machine and of the current repository.
pub(super) fn evidence(logs: &LogArgs, context: &Context) -> Result<Evidence, CommandError> {
    let environment = &context.environment;
    let (repo, closed) = match environment.is_in_repository().then(|| environment.repository()) {
        Some(Ok(repo)) => (Some(repo), None),
        Some(Err(error)) => (
            None,
            Some((error.message().to_owned(), error.hints().first().cloned())),
        ),
        None => (None, None),
    };
    let options = SessionOptions {
        logs: logs.request(context, context.cache(false))?,
        ..SessionOptions::default()
    };
    let own = repo.as_ref().map(|repo| OwnLinks::of(repo, &options));
    let sessions = match &own {
        Some(own) => own.sessions.clone(),
        None => collect::collect(&options.logs).sessions,
    };
    // Read again: it may just have been fixed.
    let files = &environment.config_files;
    let config = match &repo {
        Some(repo) => repo.config(files),
        None => Config::read(files, None),
    };
    let spools = sweep::spools(context);
    let contents: Vec<Contents> = spools
        .iter()
        .map(|spool| spool.contents(environment.now))
        .collect();
    let found = Found {
        repo: repo.as_ref(),
        sessions: &sessions,
        request: &options.logs,
        events: last_events(&contents),
    };
    Ok(Evidence {
        now: environment.now,
        program: programs::own(environment),
        git: own_config::version(),
        git_hooks: git_hooks(&config, context),
        agents: agents(&found, context),
        spool: spool(context, contents),
        closed,
        is_author_of_repository: ["user.name", "user.email"]
            .iter()
            .all(|key| config.get(key).is_some_and(ConfigValue::is_of_repository)),
        author: known_writer(context).map(|writer| writer.person.to_string()),
        repository: repo
            .as_ref()
            .zip(own.as_ref())
            .map(|(repo, own)| repository(repo, own, &options.logs, &config)),
    })
}

fn repository(repo: &Repo, own: &OwnLinks, request: &Request, config: &Config) -> RepositoryFacts {
    let recorded = read_recorded(repo);
    let remotes = Settings::read(repo).ok();
    let uncaptured = uncaptured_in(repo, own, request);
    RepositoryFacts {
        name: repo.name(),
        unwritable: health::unwritable(repo),
        locks: health::locks(repo),
        has_rubbish: crate::git::refs::has_rubbish(repo),
        unreadable: health::unreadable(repo),
        lost_lines: lost_lines(repo),
        rewrite_refs: config
            .get_all("notes.rewriteRef")
            .map(|value| value.value.clone())
            .collect(),
        rewrite_mode: config.get("notes.rewriteMode").map(|value| value.value.clone()),
        no_rewrite: no_rewrite(config),
        remotes: remotes.map(|remotes| RemoteFacts {
            dangerous: remotes.dangerous(),
            forced: remotes.forced(),
            prunes: remotes.prunes(),
        }),
        managers: repo.work_dir().map(managers::found).unwrap_or_default(),
        last_capture: recorded.sessions.iter().map(|found| found.record.at).max(),
        uncaptured: uncaptured
            .into_iter()
            .map(|found| UncapturedFacts {
                deleted_at: found.keeps.until(found.ended),
                agent: found.session.agent,
            })
            .collect(),
    }
}

/// How many lines that this clone wrote are missing from the ledger.
fn lost_lines(repo: &Repo) -> Option<u64> {
    match health::moved(repo) {
        None => Some(0),
        Some((pinned, own)) => News::of(repo, pinned, own)
            .ok()
            .map(|news| news.lines.len() as u64),
    }
}

/// The commands for which git is configured to leave notes behind.
fn no_rewrite(config: &Config) -> Vec<String> {
    let commands = ["amend", "rebase"].into_iter();
    let is_off = |command: &&str| {
        let value = config.get(&format!("notes.rewrite.{command}"));
        value.is_some_and(|value| {
            matches!(
                value.value.trim().to_ascii_lowercase().as_str(),
                "false" | "no" | "off" | "0"
            )
        })
    };
    commands.filter(is_off).map(str::to_owned).collect()
}

/// The hooks in git config that call git-leverage, by name or by command.
fn git_hooks(config: &Config, context: &Context) -> Vec<GitHook> {
    let mut hooks: BTreeMap<String, GitHook> = BTreeMap::new();
    for (rest, value) in config.below("hook") {
        let Some((name, key)) = rest.rsplit_once('.') else {
            continue;
        };
        let hook = hooks.entry(name.to_owned()).or_insert_with(|| GitHook {
            name: name.to_owned(),
            command: String::new(),
            events: Vec::new(),
            is_off: false,
            called: None,
        });
        match key.to_ascii_lowercase().as_str() {
            "command" => hook.command.clone_from(&value.value),
            // An empty value removes those before it.
            "event" if value.value.is_empty() => hook.events.clear(),
            "event" => hook.events.push(value.value.clone()),
            "enabled" => {
                hook.is_off = matches!(
                    value.value.to_ascii_lowercase().as_str(),
                    "false" | "no" | "off" | "0"
                );
            }
            _ => {}
        }
    }
    let is_ours =
        |hook: &GitHook| hook.name.starts_with("leverage") || HookCommand::anywhere(&hook.command).is_some();
    let mut hooks: Vec<GitHook> = hooks.into_values().filter(is_ours).collect();
    for hook in &mut hooks {
        let command = HookCommand::anywhere(&hook.command);
        hook.called = command.map(|command| programs::called(&command.program, &context.environment));
    }
    hooks
}

/// The agents that are used or set up here, or left logs.
fn agents(found: &Found<'_>, context: &Context) -> Vec<AgentFacts> {
    let mut unreadable = collect::unreadable(found.request);
    let mut last: BTreeMap<&str, Moment> = BTreeMap::new();
    for session in found.sessions {
        let known = last.entry(&session.id.agent).or_insert(session.span.end);
        *known = session.span.end.max(*known);
    }
    let project = found.repo.and_then(Repo::work_dir);
    let mut states: BTreeMap<&str, Vec<AgentState>> = BTreeMap::new();
    for state in states::all(&context.environment, project) {
        states
            .entry(state.integration.identity.name)
            .or_default()
            .push(state);
    }
    let is_set_up = |state: &AgentState| state.is_used || state.hooks != HookState::Absent;
    let set_up = states.iter().filter(|(_, states)| states.iter().any(is_set_up));
    let names = set_up.map(|(name, _)| *name).chain(last.keys().copied());
    let names: BTreeSet<&str> = names.chain(unreadable.keys().copied()).collect();
    let facts = |name: &str| {
        let kept = retention(name, found.request, project);
        let integration = by_name(name);
        AgentFacts {
            name: name.to_owned(),
            title: integration.map_or(name, |known| known.setup.title).to_owned(),
            hooks: states
                .get(name)
                .map(|states| states.iter().map(|state| hooks(state, context)).collect()),
            skill: states.get(name).and_then(|states| skill(states)),
            then: integration.and_then(|known| known.setup.then),
            last_event: found.events.get(name).map(|event| event.at),
            last_log: last
                .get(name)
                .and_then(|at| DateTime::<Utc>::from_timestamp(at.seconds(), 0)),
            keeps: kept.keeps,
            keeps_by: kept.set_in,
            unreadable: unreadable.remove(name).unwrap_or_default(),
        }
    };
    names.into_iter().map(facts).collect()
}

/// The skill of an agent: where it is as it should be, else where its hooks are, else where it would be for the user.
fn skill(states: &[AgentState]) -> Option<SkillFacts> {
    let has_ours = |state: &&AgentState| state.skill_state == OwnFile::Ours;
    let has_hooks = |state: &&AgentState| state.hooks != HookState::Absent;
    let is_of_user = |state: &&AgentState| state.scope == Scope::User;
    let with_file = || states.iter().filter(|state| state.skill.is_some());
    let state = with_file()
        .find(has_ours)
        .or_else(|| with_file().find(has_hooks))
        .or_else(|| with_file().find(is_of_user))?;
    Some(SkillFacts {
        file: state.skill.clone()?,
        is_of_project: state.scope == Scope::Project,
        state: own(state.skill_state),
    })
}

fn own(state: OwnFile) -> Own {
    match state {
        OwnFile::Ours => Own::Ours,
        OwnFile::Older => Own::Older,
        OwnFile::Changed => Own::Changed,
        OwnFile::Absent => Own::Absent,
        OwnFile::Unreadable => Own::Unreadable,
    }
}

/// What one file of an agent says about git-leverage's hooks.
fn hooks(state: &AgentState, context: &Context) -> HookFacts {
    let present = |program: &String| Hooks::Present {
        called: programs::called(program, &context.environment),
        program: program.clone(),
    };
    let mut file = state.file.clone();
    let mut reminds = false;
    let said = match &state.hooks {
        HookState::Installed { program, remind } | HookState::OtherProgram { program, remind } => {
            reminds = *remind;
            present(program)
        }
        HookState::Incomplete { missing, remind } => {
            reminds = *remind;
            Hooks::Incomplete(missing.clone())
        }
        HookState::TurnedOff { switch } => Hooks::TurnedOff(switch.clone()),
        HookState::Absent if state.plugin == Some(OwnFile::Changed) => Hooks::Changed,
        HookState::Absent => Hooks::Absent,
        HookState::Unclear {
            file: unclear,
            reason,
        } => {
            file.clone_from(unclear);
            match file.is_symlink() && !file.exists() {
                true => Hooks::Dangling,
                false => Hooks::Unclear(reason.clone()),
            }
        }
    };
    HookFacts {
        file,
        is_of_project: state.scope == Scope::Project,
        state: said,
        reminds,
    }
}

/// The spool of the machine, including what is pending in the one that replaces it here.
fn spool(context: &Context, contents: Vec<Contents>) -> Option<SpoolFacts> {
    let machine = Spool::of_machine(&context.environment.state_dir()?);
    let mut facts = SpoolFacts {
        folder: machine.folder().to_owned(),
        unwritable: unwritable(&machine),
        full: machine.full(),
        ..SpoolFacts::default()
    };
    for found in contents {
        facts.unreadable.extend(found.warnings);
        let dropped = found.dropped.into_iter();
        facts
            .dropped
            .extend(dropped.map(|dropped| (dropped.session, dropped.reason)));
        facts
            .pending
            .extend(found.pending.into_iter().map(|pending| PendingFacts {
                session: pending.session.to_string(),
                last: pending.last,
            }));
    }
    Some(facts)
}

/// Why a hook could not write, if it could not. Missing directories are not created.
fn unwritable(spool: &Spool) -> Option<String> {
    let tried = match spool.folder().ancestors().find(|folder| folder.exists()) {
        Some(folder) if folder == spool.folder() => spool.check(),
        Some(above) => tempfile::tempfile_in(above).map(drop),
        None => return Some("no directory above it exists".to_owned()),
    };
    tried.err().map(|error| error.to_string())
}
