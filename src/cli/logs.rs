//! Which logs of agents are read, and by which thresholds: the options of every command that looks at sessions.

use std::path::PathBuf;

use super::commands::Context;
use super::error::CommandError;
use super::linking;
use super::settings::Settings;
use crate::facts::supervision::SupervisionRules;
use crate::facts::zone::Zone;
use crate::sources::agents::collect::{Collected, Request, collect};
use crate::sources::agents::{AGENTS, Machine};

/// Which logs are read.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct LogArgs {
    /// Read the logs of AGENT from DIR instead of its own folder [config: `leverage.agentDir.<agent>`]
    #[arg(long, value_name = "AGENT=DIR", value_parser = agent_dir)]
    pub agent_dir: Vec<(String, PathBuf)>,
    /// Logs name FROM what is TO here [config: `leverage.pathMap`]
    #[arg(long, value_name = "FROM=TO", value_parser = mapping)]
    pub path_map: Vec<(String, String)>,
}

/// The thresholds of the estimate.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct RulesArgs {
    /// After so many minutes without an action the person was away [default: 15; config: `leverage.idle`]
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=1440))]
    pub idle: Option<u32>,
    /// No action of a person takes more minutes than this [default: 10; config: `leverage.cap`]
    #[arg(long, value_name = "MINUTES", value_parser = clap::value_parser!(u32).range(1..=1440))]
    pub cap: Option<u32>,
}

fn agent_dir(text: &str) -> Result<(String, PathBuf), String> {
    let known = || {
        AGENTS
            .iter()
            .map(|agent| agent.name())
            .collect::<Vec<_>>()
            .join(", ")
    };
    match text.split_once('=') {
        Some((agent, folder)) if !folder.is_empty() => AGENTS
            .iter()
            .find(|known| known.name() == agent)
            .map(|agent| (agent.name().to_owned(), PathBuf::from(folder)))
            .ok_or_else(|| format!("no agent is called that; known are {}", known())),
        _ => Err("write AGENT=DIR".into()),
    }
}

fn mapping(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((from, to)) if !from.is_empty() && !to.is_empty() => Ok((from.to_owned(), to.to_owned())),
        _ => Err("write FROM=TO, such as /workspace=/home/ada/kiln".into()),
    }
}

impl LogArgs {
    /// Reads the sessions on this machine and those whose logs lie in work trees of `repositories`, what was read before from
    /// `cache`.
    pub fn collect(
        &self,
        context: &Context,
        settings: &Settings,
        cache: Option<PathBuf>,
        repositories: &[PathBuf],
    ) -> Result<Collected, CommandError> {
        let environment = &context.environment;
        let mut request = Request {
            machine: Machine {
                home: environment.home(),
                variables: environment.variables().clone(),
                work_trees: linking::work_trees(repositories),
                zone: Zone::Local,
            },
            path_map: self.path_map.clone(),
            cache,
            ..Request::default()
        };
        for agent in AGENTS {
            let configured = settings.get_all(&format!("agentDir.{}", agent.name()));
            if !configured.is_empty() {
                let folders = configured.iter().map(|path| environment.resolve(path)).collect();
                request.folders.insert(agent.name().to_owned(), folders);
            }
        }
        for (agent, _) in &self.agent_dir {
            let named = self.agent_dir.iter().filter(|(other, _)| other == agent);
            let folders = named
                .map(|(_, folder)| environment.resolve(&folder.to_string_lossy()))
                .collect();
            request.folders.insert(agent.clone(), folders);
        }
        for configured in settings.get_all("pathMap") {
            let map = mapping(&configured).map_err(|wanted| {
                CommandError::failed(format!("`leverage.pathMap` is `{configured}`: {wanted}"))
            })?;
            request.path_map.push(map);
        }
        Ok(collect(&request))
    }
}

impl RulesArgs {
    /// The thresholds as typed, else as configured, else as usual.
    pub fn rules(&self, settings: &Settings) -> Result<SupervisionRules, CommandError> {
        let usual = SupervisionRules::default();
        let configured = |name| {
            settings.parsed(name, "a whole number of minutes from 1 to 1440", |text| {
                text.parse::<u32>()
                    .ok()
                    .filter(|minutes| (1..=1440).contains(minutes))
            })
        };
        let millis = |minutes: u32| i64::from(minutes) * 60_000;
        Ok(SupervisionRules {
            idle: self.idle.or(configured("idle")?).map_or(usual.idle, millis),
            cap: self.cap.or(configured("cap")?).map_or(usual.cap, millis),
            ..usual
        })
    }
}
