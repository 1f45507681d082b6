//! What the checks look at, gathered: nothing is written but files that are gone again at once.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Args, managers, programs};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::recording::known_writer;
use crate::doctor::evidence::{AgentFacts, Evidence, GitHook, RemoteFacts, RepositoryFacts, UncapturedFacts};
use crate::facts::session::Session;
use crate::facts::span::Moment;
use crate::git::config::Config;
use crate::git::remote::Settings;
use crate::git::{Repo, health};
use crate::sources::agents::collect::{self, Request};
use crate::sources::ledger::read_recorded;
use crate::sources::retention::retention;
use crate::sources::sharing::News;
use crate::workspace::options::SessionOptions;
use crate::workspace::sessions::OwnLinks;
use crate::workspace::status::uncaptured_in;

/// All of it, of the machine and of the repository that one stands in.
pub(super) fn evidence(args: &Args, context: &Context) -> Result<Evidence, CommandError> {
    let environment = &context.environment;
    let repo = match environment.is_in_repository() {
        true => Some(environment.repository()?),
        false => None,
    };
    let options = SessionOptions {
        logs: args.logs.request(context, context.cache(false))?,
        ..SessionOptions::default()
    };
    let own = repo.as_ref().map(|repo| OwnLinks::of(repo, &options));
    let sessions = match &own {
        Some(own) => own.sessions.clone(),
        None => collect::collect(&options.logs).sessions,
    };
    // Read anew: it may have been mended just now.
    let files = &environment.config_files;
    let config = match &repo {
        Some(repo) => repo.config(files),
        None => Config::read(files, None),
    };
    Ok(Evidence {
        now: environment.now,
        program: programs::own(environment),
        git: health::git_version(),
        git_hooks: git_hooks(&config, context),
        agents: agents(repo.as_ref(), &sessions, &options.logs),
        spool: None,
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

/// How many lines that this clone wrote the ledger does not hold any more.
fn lost_lines(repo: &Repo) -> Option<u64> {
    match health::moved(repo) {
        None => Some(0),
        Some((pinned, own)) => News::of(repo, pinned, own)
            .ok()
            .map(|news| news.lines.len() as u64),
    }
}

/// The commands for which git is told to leave notes behind.
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

/// The hooks in git config that call us, by what they are named or run.
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
            // An empty one takes back those before it.
            "event" if value.value.is_empty() => hook.events.clear(),
            "event" => hook.events.push(value.value.clone()),
            "enabled" => {
                hook.is_off = matches!(
                    value.value.to_ascii_lowercase().as_str(),
                    "false" | "no" | "off" | "0"
                )
            }
            _ => {}
        }
    }
    let is_ours = |hook: &GitHook| hook.name == "leverage" || hook.command.contains("git-leverage");
    let mut hooks: Vec<GitHook> = hooks.into_values().filter(is_ours).collect();
    for hook in &mut hooks {
        hook.called = program_in(&hook.command).map(|word| programs::called(&word, &context.environment));
    }
    hooks
}

/// The word of a command that names us, as a shell would read it.
fn program_in(command: &str) -> Option<String> {
    let at = command.find("git-leverage")?;
    let (before, after) = command.split_at(at);
    let end = after
        .find(['\'', '"', ' ', ';', '&', '|', '\t'])
        .unwrap_or(after.len());
    let start = match before.rfind(['\'', '"']) {
        Some(quote) if before[..quote].matches(['\'', '"']).count() % 2 == 0 => quote + 1,
        _ => before
            .rfind([' ', ';', '&', '|', '\t'])
            .map_or(0, |blank| blank + 1),
    };
    Some(format!("{}{}", &before[start..], &after[..end]))
}

/// The agents that left logs here.
fn agents(repo: Option<&Repo>, sessions: &[Session], request: &Request) -> Vec<AgentFacts> {
    let mut unreadable = collect::unreadable(request);
    let mut last: BTreeMap<&str, Moment> = BTreeMap::new();
    for session in sessions {
        let known = last.entry(&session.id.agent).or_insert(session.span.end);
        *known = session.span.end.max(*known);
    }
    let with_trouble = unreadable.keys().copied();
    let names: std::collections::BTreeSet<&str> = last.keys().copied().chain(with_trouble).collect();
    let facts = |name: &str| {
        let kept = retention(name, request, repo.and_then(Repo::work_dir));
        AgentFacts {
            name: name.to_owned(),
            title: name.to_owned(),
            hooks: None,
            then: None,
            last_event: None,
            last_log: last
                .get(name)
                .and_then(|at| DateTime::<Utc>::from_timestamp(at.seconds(), 0)),
            keeps: kept.keeps,
            keeps_by: kept.set_in,
            unreadable: unreadable.remove(name).unwrap_or_default(),
        }
    };
    names.into_iter().map(facts).collect::<Vec<AgentFacts>>()
}
