//! Which agent logs are read, whose marks count, and the thresholds: the options of every command that uses sessions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::context::Context;
use super::environment::{Environment, local_zone};
use super::error::CommandError;
use super::settings::Settings;
use crate::facts::evidence::ForeignTrailers;
use crate::facts::span::Millis;
use crate::facts::supervision::SupervisionRules;
use crate::sources::agents::collect::Request;
use crate::sources::agents::{Machine, READERS};

/// Where logs are read from.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct LogArgs {
    /// Read the logs of AGENT from DIR instead of its default directory [config: `leverage.agentDir.<agent>`]
    #[arg(long, value_name = "AGENT=DIR", value_parser = agent_dir)]
    pub agent_dir: Vec<(String, PathBuf)>,
    /// Map the path FROM in logs to TO here; `.` is the current directory [config: `leverage.pathMap`]
    #[arg(long, value_name = "FROM=TO", value_parser = mapping)]
    pub path_map: Vec<(String, String)>,
}

/// The thresholds of the estimate.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct RulesArgs {
    /// Minutes of inactivity that count as away [default: 15; config: `leverage.idle`]
    #[arg(long, value_name = "MINUTES", value_parser = minutes)]
    pub idle: Option<u32>,
    /// Upper limit in minutes for one action of a person [default: 10; config: `leverage.cap`]
    #[arg(long, value_name = "MINUTES", value_parser = minutes)]
    pub cap: Option<u32>,
}

/// Whether traces of other tools count.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct ForeignArgs {
    /// Ignore other tools' trailers, authors and notes when detecting agents and sessions
    #[arg(long)]
    pub ignore_foreign_trailers: bool,
}

impl ForeignArgs {
    /// Whose traces count.
    pub fn foreign(self) -> ForeignTrailers {
        match self.ignore_foreign_trailers {
            true => ForeignTrailers::Ignore,
            false => ForeignTrailers::Believe,
        }
    }
}

fn agent_dir(text: &str) -> Result<(String, PathBuf), String> {
    match text.split_once('=') {
        Some((agent, folder)) if !folder.is_empty() => Ok((known(agent)?.to_owned(), PathBuf::from(folder))),
        _ => Err("expected AGENT=DIR".into()),
    }
}

/// The name of an agent whose logs can be read.
fn known(agent: &str) -> Result<&'static str, String> {
    let mut names = READERS.iter().map(|known| known.name());
    names.find(|known| *known == agent).ok_or_else(|| {
        let known: Vec<&str> = READERS.iter().map(|agent| agent.name()).collect();
        format!("unknown agent; known agents: {}", known.join(", "))
    })
}

/// A directory of a path map as logs of this machine name it: relative paths start at the current directory.
fn here(environment: &Environment, folder: String) -> String {
    if Path::new(&folder).is_absolute() || folder.get(1..2) == Some(":") {
        return folder;
    }
    let folder = environment.resolve(&folder);
    let folder = folder.canonicalize().unwrap_or(folder);
    folder.to_string_lossy().into_owned()
}

fn mapping(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => Ok((from.to_owned(), to.to_owned())),
        _ => Err("expected FROM=TO, such as /workspace=/home/ada/kiln".into()),
    }
}

/// What [`minutes`] accepts.
const MINUTES: &str = "a whole number of minutes from 1 to 1440";

fn minutes(text: &str) -> Result<u32, String> {
    let read = text.parse().ok();
    read.filter(|minutes| (1..=1440).contains(minutes))
        .ok_or_else(|| format!("not {MINUTES}"))
}

impl LogArgs {
    /// The logs on this machine, from the options, else from the configuration. Parsed logs are cached in `cache`.
    pub fn request(&self, context: &Context, cache: Option<PathBuf>) -> Result<Request, CommandError> {
        let (environment, settings) = (&context.environment, context.settings());
        let mut request = Request {
            machine: Machine {
                home: environment.home(),
                variables: environment.variables().clone(),
                work_trees: Vec::new(),
                zone: local_zone(),
            },
            cache,
            progress: Arc::clone(&context.progress),
            ..Request::default()
        };
        for (agent, configured) in settings.below("agentDir") {
            let agent = known(agent).map_err(|unknown| {
                CommandError::failed(format!("`leverage.agentDir.{agent}`: {unknown}"))
                    .hint(format!("It is set {}", configured.place()))
            })?;
            // As everywhere in git config, the last value wins.
            let folder = environment.resolve(&configured.value);
            request.folders.insert(agent.to_owned(), vec![folder]);
        }
        for (agent, _) in &self.agent_dir {
            let named = self.agent_dir.iter().filter(|(other, _)| other == agent);
            let folders = named
                .map(|(_, folder)| environment.resolve(&folder.to_string_lossy()))
                .collect();
            request.folders.insert(agent.clone(), folders);
        }
        let here = |(from, to): (String, String)| (from, here(environment, to));
        request.path_map.extend(self.path_map.iter().cloned().map(here));
        for configured in settings.get_all("pathMap") {
            let map = mapping(&configured).map_err(|wanted| {
                CommandError::failed(format!("invalid `leverage.pathMap`: `{configured}`: {wanted}"))
            })?;
            request.path_map.push(here(map));
        }
        Ok(request)
    }
}

impl RulesArgs {
    /// The thresholds: from the options, else from the configuration, else the defaults.
    pub fn rules(&self, settings: &Settings) -> Result<SupervisionRules, CommandError> {
        let usual = SupervisionRules::default();
        let configured = |name| settings.parsed(name, MINUTES, |text| minutes(text).ok());
        let millis = |minutes: u32| Millis::MINUTE.times(i64::from(minutes));
        Ok(SupervisionRules {
            idle: self.idle.or(configured("idle")?).map_or(usual.idle, millis),
            cap: self.cap.or(configured("cap")?).map_or(usual.cap, millis),
            ..usual
        })
    }
}
