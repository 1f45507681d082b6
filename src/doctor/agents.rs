//! Whether agents call us: hooks in their settings, what these run, and whether anything came of it.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use super::check::{Check, Found};
use super::evidence::{AgentFacts, Called, Evidence, HookFacts, Hooks, Own, SkillFacts};
use crate::facts::{agents, shell};

/// A log that is so much younger than the last call was written without one.
const SLACK: TimeDelta = TimeDelta::minutes(10);
/// Logs older than this say nothing of hooks that were set up since.
const RECENT: TimeDelta = TimeDelta::days(14);

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "agent-hooks",
        about: "Do the agents of this machine have our hooks?",
        look: hooks,
    },
    Check {
        name: "hook-program",
        about: "Is the program there that they call, and is it this one?",
        look: programs,
    },
    Check {
        name: "skill",
        about: "Does the agent know when a task is done, and how to record it?",
        look: skill,
    },
    Check {
        name: "hook-trust",
        about: "Does the agent run hooks only after somebody approved them?",
        look: trust,
    },
    Check {
        name: "last-event",
        about: "Did each agent call since it last worked?",
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
    /// The place behind the name of the agent.
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
            Found::unknown("no agent was found that has hooks")
                .advice("To set one up all the same: git leverage setup --agent NAME"),
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
                Found::warning("it has no hook of git-leverage, so its sessions are not captured")
                    .advice(set_up(agent)),
            ],
        }
    })
}

fn set_up(agent: &AgentFacts) -> String {
    format!("Set it up: git leverage setup --agent {}", agent.name)
}

/// The same in the scope of a file.
fn set_up_again(agent: &AgentFacts, facts: &HookFacts) -> String {
    let remind = if facts.reminds { " --remind" } else { "" };
    format!("{}{}{remind}", set_up(agent), scope(facts.is_of_project))
}

fn scope(is_of_project: bool) -> &'static str {
    if is_of_project { " --project" } else { "" }
}

/// How a file of ours comes back that `setup` leaves alone as it is now.
fn take_ours(agent: &AgentFacts, file: &Path, is_of_project: bool) -> String {
    format!(
        "To have ours again: rm {} && git leverage setup --agent {}{}{}",
        shell::quoted(&file.to_string_lossy()),
        agent.name,
        scope(is_of_project),
        remind(agent, is_of_project)
    )
}

/// What keeps the reminder on where hooks have it.
fn remind(agent: &AgentFacts, is_of_project: bool) -> &'static str {
    let mut hooks = agent.hooks.iter().flatten();
    match hooks.any(|facts| facts.is_of_project == is_of_project && facts.reminds) {
        true => " --remind",
        false => "",
    }
}

fn state(agent: &AgentFacts, facts: &HookFacts) -> Found {
    let found = match &facts.state {
        Hooks::Present { .. } => Found::ok("its hooks are there"),
        Hooks::Incomplete(missing) => Found::broken(format!("hooks are missing: {}", missing.join(", ")))
            .advice(set_up_again(agent, facts)),
        Hooks::TurnedOff(switch) => {
            Found::broken(format!("its hooks are there, and `{switch}` turns all hooks off"))
                .advice("Change that setting")
        }
        Hooks::Unclear(reason) => Found::broken(format!("its settings cannot be understood: {reason}"))
            .advice("Mend the file; the agent may not be able to read it either"),
        Hooks::Changed => {
            Found::unknown("somebody changed its plugin, so whether that calls us cannot be told")
                .advice(take_ours(agent, &facts.file, facts.is_of_project))
        }
        Hooks::Dangling => Found::broken("its settings are a symbolic link to nothing").advice(format!(
            "Restore the file that it points to, or remove the link: rm {}",
            shell::quoted(&facts.file.to_string_lossy())
        )),
        Hooks::Absent => Found::warning("it has no hook of ours").advice(set_up_again(agent, facts)),
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
                    Called::This => Found::ok("its hooks call this program"),
                    Called::Another(path) => Found::warning(format!(
                        "its hooks call another program than this one: `{}`",
                        path.display()
                    ))
                    .advice(call_this(agent, facts, evidence)),
                    Called::NotExecutable(path) => Found::broken(format!(
                        "its hooks call `{}`, which may not be run",
                        path.display()
                    ))
                    .advice(executable(path)),
                    Called::Missing => {
                        Found::broken(format!("its hooks call `{program}`, which is not there"))
                            .advice(call_this(agent, facts, evidence))
                    }
                };
                found.in_file(&facts.file)
            })
            .collect()
    })
}

/// How a file becomes one that may be run.
pub(super) fn executable(path: &Path) -> String {
    format!(
        "Make it executable: chmod +x {}",
        shell::quoted(&path.to_string_lossy())
    )
}

/// How hooks come to call this program. Those of a repository name none, as everybody has it somewhere else.
fn call_this(agent: &AgentFacts, facts: &HookFacts, evidence: &Evidence) -> String {
    let folder = evidence.program.path.as_deref().and_then(Path::parent);
    match folder.filter(|_| facts.is_of_project) {
        Some(folder) => format!(
            "Hooks of a repository call what the PATH has; put this folder first in it: {}",
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
        format!("{}{scope}{remind}", set_up(agent))
    };
    match state {
        Own::Ours => Found::ok("it has the skill"),
        Own::Absent => Found::warning("it lacks our skill, so it records nothing by itself").advice(set_up()),
        Own::Older => Found::warning("it has the skill of another version").advice(set_up()),
        Own::Changed => Found::unknown("its skill is not as git-leverage wrote it: somebody changed it")
            .advice(take_ours(agent, file, *is_of_project)),
        Own::Unreadable => {
            Found::broken("its skill cannot be read").advice(take_ours(agent, file, *is_of_project))
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
                "it called {}, so its hooks were approved",
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

/// Times are compared by how far apart they are: those of a foreign line may be the last that there are.
fn called_since(agent: &AgentFacts, evidence: &Evidence) -> Found {
    let now = evidence.now;
    let is_ahead = |at: Option<DateTime<Utc>>| at.is_some_and(|at| at - now > SLACK);
    match (agent.last_event, agent.last_log) {
        (event, log) if is_ahead(event) || is_ahead(log) => {
            let what = if is_ahead(event) { "call" } else { "log" };
            Found::unknown(format!(
                "its last {what} is dated in the future, so whether its hook fires cannot be told"
            ))
            .advice("Check the clock of this machine, and look again when that time has passed")
        }
        (Some(event), Some(log)) if log - event > SLACK && now - log < RECENT => Found::broken(format!(
            "it last called {}, and wrote a log {}: its hook does not fire",
            ago(evidence, event),
            ago(evidence, log)
        ))
        .advice(format!(
            "Start {} anew and let it do something; look at the lines above if nothing comes",
            agent.title
        )),
        (Some(event), _) => Found::ok(format!("it last called {}", ago(evidence, event))),
        (None, Some(log)) if now - log < RECENT => Found::unknown(format!(
            "it never called, and last wrote a log {}: before its hooks were set up, or they do not fire",
            ago(evidence, log)
        ))
        .advice(format!("Let {} do something, and look again", agent.title)),
        (None, _) => Found::unknown("no hook call yet, and no recent activity"),
    }
}

/// How long ago something was, in the largest unit that it fills.
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
