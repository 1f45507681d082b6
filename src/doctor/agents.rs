//! Whether agents call git-leverage: hooks in their settings, what these run, and whether any call arrived.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use super::check::{Check, Found};
use super::evidence::{AgentFacts, Called, Evidence, HookFacts, Hooks, Own, SkillFacts};
use crate::facts::{agents, shell};

/// A log that is this much newer than the last call was written without one.
const SLACK: TimeDelta = TimeDelta::minutes(10);
/// Logs older than this say nothing about hooks that were set up since.
const RECENT: TimeDelta = TimeDelta::days(14);

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "agent-hooks",
        about: "Do the agents on this machine have git-leverage's hooks?",
        look: hooks,
    },
    Check {
        name: "hook-program",
        about: "Does the program that the hooks call exist, and is it this one?",
        look: programs,
    },
    Check {
        name: "skill",
        about: "Does the agent have the skill that explains when and how to record a task?",
        look: skill,
    },
    Check {
        name: "hook-trust",
        about: "If the agent asks for approval of hooks, was it given?",
        look: trust,
    },
    Check {
        name: "last-event",
        about: "Has each agent called its hook since it last worked?",
        look: events,
    },
];

fn of_agents(evidence: &Evidence, look: fn(&AgentFacts, &Evidence) -> Vec<Found>) -> Vec<Found> {
    let found = evidence.agents.iter().flat_map(|agent| {
        let found = look(agent, evidence).into_iter();
        found.map(|found| found.at_agent(agent))
    });
    found.collect()
}

impl Found {
    /// Puts the place after the name of the agent.
    fn at_agent(mut self, agent: &AgentFacts) -> Self {
        self.place = Some(match self.place {
            Some(place) => format!("{}: {place}", agent.name),
            None => agent.name.clone(),
        });
        self
    }
}

fn hooks(evidence: &Evidence) -> Vec<Found> {
    if evidence.agents.iter().all(|agent| agent.hooks.is_none()) {
        return vec![
            Found::unknown("no coding agent that supports hooks was found")
                .advice("Run `git leverage setup --agent NAME` to set one up anyway"),
        ];
    }
    of_agents(evidence, |agent, _| {
        let is_set = |facts: &&HookFacts| facts.state != Hooks::Absent;
        let Some(hooks) = &agent.hooks else {
            return Vec::new();
        };
        let told: Vec<Found> = hooks
            .iter()
            .filter(is_set)
            .map(|facts| state(agent, facts))
            .collect();
        match told.is_empty() {
            false => told,
            true => vec![
                Found::warning("the hooks are not installed, so its sessions are not captured")
                    .advice(to_set_up(&set_up(agent))),
            ],
        }
    })
}

/// The advice to set up an agent with a command.
fn to_set_up(command: &str) -> String {
    format!("Run `{command}` to set it up")
}

/// The command that sets up an agent.
fn set_up(agent: &AgentFacts) -> String {
    format!("git leverage setup --agent {}", agent.name)
}

/// The same in the scope of a file.
fn set_up_again(agent: &AgentFacts, facts: &HookFacts) -> String {
    let remind = if facts.reminds { " --remind" } else { "" };
    to_set_up(&format!(
        "{}{}{remind}",
        set_up(agent),
        scope(facts.is_of_project)
    ))
}

fn scope(is_of_project: bool) -> &'static str {
    if is_of_project { " --project" } else { "" }
}

/// How to restore a file that `setup` skips as it is now.
fn take_ours(agent: &AgentFacts, file: &Path, is_of_project: bool) -> String {
    format!(
        "Run `rm {} && git leverage setup --agent {}{}{}` to replace it",
        shell::quoted(&file.to_string_lossy()),
        agent.name,
        scope(is_of_project),
        remind(agent, is_of_project)
    )
}

/// The option that keeps the reminder on if the hooks have it.
fn remind(agent: &AgentFacts, is_of_project: bool) -> &'static str {
    let mut hooks = agent.hooks.iter().flatten();
    match hooks.any(|facts| facts.is_of_project == is_of_project && facts.reminds) {
        true => " --remind",
        false => "",
    }
}

fn state(agent: &AgentFacts, facts: &HookFacts) -> Found {
    let found = match &facts.state {
        Hooks::Present { .. } => Found::ok("the hooks are installed"),
        Hooks::Incomplete(missing) => Found::broken(format!("hooks are missing: {}", missing.join(", ")))
            .advice(set_up_again(agent, facts)),
        Hooks::TurnedOff(switch) => Found::broken(format!(
            "the hooks are installed, but `{switch}` turns all hooks off"
        ))
        .advice("Change that setting"),
        Hooks::Unclear(reason) => Found::broken(format!("cannot read its settings: {reason}"))
            .advice("Fix the file; the agent may not be able to read it either"),
        Hooks::Changed => {
            Found::unknown("its plugin was changed, so it is unknown whether it calls git-leverage")
                .advice(take_ours(agent, &facts.file, facts.is_of_project))
        }
        Hooks::Dangling => Found::broken("its settings are a dangling symbolic link").advice(format!(
            "Restore the target of the link, or run `rm {}` to remove the link",
            shell::quoted(&facts.file.to_string_lossy())
        )),
        Hooks::Absent => Found::warning("the hooks are not installed").advice(set_up_again(agent, facts)),
    };
    found.in_file(&facts.file)
}

fn programs(evidence: &Evidence) -> Vec<Found> {
    of_agents(evidence, |agent, evidence| {
        let present = agent
            .hooks
            .iter()
            .flatten()
            .filter_map(|facts| match &facts.state {
                Hooks::Present { program, called } => Some((facts, program, called)),
                _ => None,
            });
        present
            .map(|(facts, program, called)| {
                let found = match called {
                    Called::This => Found::ok("the hooks call this program"),
                    Called::Another(path) => Found::warning(format!(
                        "the hooks call a different program: `{}`",
                        path.display()
                    ))
                    .advice(call_this(agent, facts, evidence)),
                    Called::NotExecutable(path) => Found::broken(format!(
                        "the hooks call `{}`, which is not executable",
                        path.display()
                    ))
                    .advice(executable(path)),
                    Called::Missing => {
                        Found::broken(format!("the hooks call `{program}`, which does not exist"))
                            .advice(call_this(agent, facts, evidence))
                    }
                };
                found.in_file(&facts.file)
            })
            .collect()
    })
}

/// How to make a file executable.
pub(super) fn executable(path: &Path) -> String {
    format!(
        "Run `chmod +x {}` to make it executable",
        shell::quoted(&path.to_string_lossy())
    )
}

/// How to make hooks call this program. A repository's hooks name no path, because it differs per machine.
fn call_this(agent: &AgentFacts, facts: &HookFacts, evidence: &Evidence) -> String {
    let folder = evidence.program.path.as_deref().and_then(Path::parent);
    match folder.filter(|_| facts.is_of_project) {
        Some(folder) => format!(
            "Hooks in a repository use the PATH; put `{}` first in it",
            folder.display()
        ),
        None => set_up_again(agent, facts),
    }
}

fn skill(evidence: &Evidence) -> Vec<Found> {
    of_agents(evidence, |agent, _| {
        let is_set_up = agent.hooks.iter().flatten().any(is_there);
        let found = agent.skill.as_ref().filter(|_| is_set_up);
        let found = found.map(|facts| skill_of(agent, facts).in_file(&facts.file));
        found.into_iter().collect()
    })
}

fn skill_of(agent: &AgentFacts, facts: &SkillFacts) -> Found {
    let SkillFacts {
        file,
        is_of_project,
        state,
    } = facts;
    let set_up = || {
        let (scope, remind) = (scope(*is_of_project), remind(agent, *is_of_project));
        to_set_up(&format!("{}{scope}{remind}", set_up(agent)))
    };
    match state {
        Own::Ours => Found::ok("the skill is installed"),
        Own::Absent => Found::warning("the skill is missing, so the agent does not record tasks by itself")
            .advice(set_up()),
        Own::Older => Found::warning("the skill is from another version").advice(set_up()),
        Own::Changed => Found::unknown("the skill was changed since git-leverage wrote it")
            .advice(take_ours(agent, file, *is_of_project)),
        Own::Unreadable => {
            Found::broken("cannot read the skill").advice(take_ours(agent, file, *is_of_project))
        }
    }
}

fn trust(evidence: &Evidence) -> Vec<Found> {
    of_agents(evidence, |agent, evidence| {
        let asks = agent.name == agents::CODEX.name && agent.hooks.iter().flatten().any(is_there);
        if !asks {
            return Vec::new();
        }
        vec![match agent.last_event {
            Some(last) => Found::ok(format!(
                "its last hook call was {}, so its hooks are approved",
                ago(evidence, last)
            )),
            None => Found::unknown("only Codex knows whether its hooks were approved")
                .advice(agent.then.unwrap_or("Start `codex` and open `/hooks`")),
        }]
    })
}

fn is_there(facts: &HookFacts) -> bool {
    matches!(facts.state, Hooks::Present { .. })
}

fn events(evidence: &Evidence) -> Vec<Found> {
    of_agents(evidence, |agent, evidence| {
        if !agent.hooks.iter().flatten().any(is_there) {
            return Vec::new();
        }
        vec![called_since(agent, evidence)]
    })
}

/// Differences are compared instead of sums: the times in foreign data may be the largest possible ones.
fn called_since(agent: &AgentFacts, evidence: &Evidence) -> Found {
    let now = evidence.now;
    let is_ahead = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at - now > SLACK);
    match (agent.last_event, agent.last_log) {
        (event, log) if is_ahead(event) || is_ahead(log) => {
            let what = if is_ahead(event) { "call" } else { "log" };
            Found::unknown(format!(
                "its last {what} is dated in the future, so it is unknown whether its hook runs"
            ))
            .advice("Check this machine's clock, and check again after that time")
        }
        (Some(event), Some(log)) if log - event > SLACK && now - log < RECENT => Found::broken(format!(
            "last hook call {}, last log entry {}: the hook does not run",
            ago(evidence, event),
            ago(evidence, log)
        ))
        .advice(format!(
            "Restart {} and give it a prompt; if no call arrives, see the checks above",
            agent.title
        )),
        (Some(event), _) => Found::ok(format!("last hook call {}", ago(evidence, event))),
        (None, Some(log)) if now - log < RECENT => Found::unknown(format!(
            "no hook call yet, last log entry {}: written before the hooks were set up, or they do not run",
            ago(evidence, log)
        ))
        .advice(format!("Give {} a prompt, and check again", agent.title)),
        (None, _) => Found::unknown("no hook call yet, and no recent activity"),
    }
}

/// How long ago something was, in the largest unit that fits.
fn ago(evidence: &Evidence, at: DateTime<Utc>) -> String {
    let passed = evidence.now - at;
    let (count, unit) = match () {
        () if passed < TimeDelta::minutes(1) => return "just now".to_owned(),
        () if passed < TimeDelta::hours(1) => (passed.num_minutes(), "minute"),
        () if passed < TimeDelta::days(1) => (passed.num_hours(), "hour"),
        () => (passed.num_days(), "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}
