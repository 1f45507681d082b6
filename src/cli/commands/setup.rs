//! `setup`: has coding agents report their sessions, and takes that back.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::set_up::apply::{self, Applied};
use crate::cli::set_up::memory::Memory;
use crate::cli::set_up::plan::{self, Machine, Plan, Wanted};
use crate::cli::set_up::repository::{self, ConfigPlan};
use crate::cli::set_up::{managers, show, states};
use crate::facts::diagnostics::Warning;
use crate::facts::quantity::counted;
use crate::facts::shell;
use crate::git::Repo;
use crate::integrations::integration::Integration;
use crate::integrations::setup::{self, Scope};
use crate::integrations::{INTEGRATIONS, by_name};
use crate::render::escape::visible;

/// How often it is begun again where somebody else writes the same files.
const ATTEMPTS: usize = 5;

/// The arguments of `setup`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Adds hooks to the settings of coding agents, which tell git-leverage when a session begins, answers and ends, and \
                  a skill, which tells them how to record a task. In a repository it also lets notes follow rewritten commits. \
                  Each change is shown first; on a terminal you are asked. What others wrote stays as it is, byte for byte.\n\n\
                  Examples:\n  git leverage setup --dry-run\n  git leverage setup\n  git leverage setup --agent claude-code --agent codex\n  \
                  git leverage setup --remove"
)]
pub struct Args {
    /// Set up AGENT; may be repeated [default: those found on this machine]
    #[arg(long, value_name = "AGENT", value_parser = agent)]
    agent: Vec<&'static str>,
    /// Write to your own settings, for all repositories [default]
    #[arg(long, conflicts_with = "project")]
    user: bool,
    /// Write to the settings in this repository, for everybody who works in it
    #[arg(long)]
    project: bool,
    /// Show what would change; write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Remove what an earlier `setup` added
    #[arg(long, conflicts_with = "remind")]
    remove: bool,
    /// Let agents be reminded, once a session, of commits that have no task
    #[arg(long)]
    remind: bool,
}

fn agent(text: &str) -> Result<&'static str, String> {
    let found = by_name(text).map(|agent| agent.identity.name);
    found.ok_or_else(|| {
        let known: Vec<&str> = INTEGRATIONS.iter().map(|agent| agent.identity.name).collect();
        format!("unknown agent; the known ones are {}", known.join(", "))
    })
}

/// Shows the changes, and makes them.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let repo = repository_here(context)?;
    let project = repo.as_ref().and_then(Repo::work_dir).map(Path::to_owned);
    let scope = if args.project { Scope::Project } else { Scope::User };
    if args.project && project.is_none() {
        return Err(CommandError::usage(
            "`--project` needs a work tree of a repository",
        ));
    }
    let program = states::program(&context.environment)
        .ok_or_else(|| CommandError::failed("cannot tell where this program is"))?;
    let command = setup::command(scope, &program, args.remind);
    let task = Task {
        agents: agents(args, context),
        wanted: Wanted {
            scope,
            command: (!args.remove).then_some(command),
        },
        repo,
        project,
        program,
        dry_run: args.dry_run,
        whole: args.agent.is_empty(),
    };
    if task.agents.is_empty() && task.repo.is_none() {
        let names: Vec<&str> = INTEGRATIONS.iter().map(|agent| agent.identity.name).collect();
        return Err(CommandError::failed("no coding agent was found on this machine")
            .hint(format!("Name one with --agent: {}", names.join(", "))));
    }
    for _ in 0..ATTEMPTS {
        if let Some(outcome) = task.attempt(context)? {
            return Ok(outcome);
        }
        context
            .terminal
            .status("somebody else changed a file meanwhile; beginning again")?;
    }
    Err(
        CommandError::failed("the files are being changed by somebody else")
            .hint("Close the agents, and run `git leverage setup` again"),
    )
}

/// The repository that one stands in; none where there is none. One that cannot be opened is said to be so.
fn repository_here(context: &mut Context) -> Result<Option<Repo>, CommandError> {
    use crate::git::OpenError;
    match context.environment.repository() {
        Ok(repo) => Ok(Some(repo)),
        Err(error) => {
            let is_nowhere = Repo::discover(&context.environment.directory)
                .is_err_and(|error| matches!(error, OpenError::NotARepository(_)));
            if !is_nowhere {
                let place = context.environment.directory.display().to_string();
                let warning = Warning::new(place, format!("the repository is left out: {}", error.message()));
                context.terminal.warnings(&[warning])?;
            }
            Ok(None)
        }
    }
}

/// Those that are named; else all to remove, and those that are found to set up.
fn agents(args: &Args, context: &Context) -> Vec<&'static Integration> {
    let is_named = |agent: &&'static Integration| args.agent.contains(&agent.identity.name);
    let named: Vec<&'static Integration> = INTEGRATIONS.iter().copied().filter(is_named).collect();
    match (named.is_empty(), args.remove) {
        (false, _) => named,
        (true, true) => INTEGRATIONS.to_vec(),
        (true, false) => plan::found(&context.environment),
    }
}

/// What one call is to do.
struct Task {
    agents: Vec<&'static Integration>,
    wanted: Wanted,
    repo: Option<Repo>,
    project: Option<PathBuf>,
    program: String,
    dry_run: bool,
    /// Whether no agent was named.
    whole: bool,
}

impl Task {
    fn is_removal(&self) -> bool {
        self.wanted.command.is_none()
    }

    /// Plans, shows, asks and writes; `None` where a file was changed by somebody else meanwhile.
    fn attempt(&self, context: &mut Context) -> Result<Option<Outcome>, CommandError> {
        let mut memory = Memory::load(&context.environment);
        let machine = Machine {
            environment: &context.environment,
            project: self.project.as_deref(),
            memory: &memory,
        };
        let files = machine.plan(&self.agents, &self.wanted);
        let config = self.config_plan(&memory, context);
        context.terminal.warnings(&files.left)?;
        context.terminal.warnings(&files.off)?;
        context.terminal.warnings(&config.left)?;
        let outcome = Outcome::of(&files.left);
        show_all(&files, &config, context)?;
        if files.changes.is_empty() && config.is_empty() {
            self.nothing_to_do(context)?;
            self.tell_managers(context)?;
            return Ok(Some(outcome));
        }
        if self.dry_run {
            context.terminal.status("nothing was written (--dry-run)")?;
            return Ok(Some(outcome));
        }
        if !is_confirmed(context)? {
            context.terminal.status("nothing was written")?;
            return Ok(Some(outcome));
        }
        let applied = apply::apply(&files.changes, &mut memory, &context.environment);
        context.terminal.warnings(&applied.failed)?;
        if !applied.overtaken.is_empty() {
            return Ok(None);
        }
        let configured = self.configure(&config, &mut memory, context)?;
        self.tell(&applied, &config, context)?;
        self.then(context)?;
        self.tell_managers(context)?;
        let is_whole = applied.failed.is_empty() && configured;
        Ok(Some(outcome.max(if is_whole {
            Outcome::Done
        } else {
            Outcome::Partial
        })))
    }

    fn config_plan(&self, memory: &Memory, context: &Context) -> ConfigPlan {
        let Some(repo) = &self.repo else {
            return ConfigPlan::default();
        };
        match (self.is_removal(), self.whole) {
            (true, false) => ConfigPlan::default(),
            (true, true) => {
                let added = memory.repositories.get(repo.common_dir());
                repository::plan_removal(repo, &context.environment, added.map(Vec::as_slice))
            }
            (false, _) => {
                let with_hooks = repository::has_config_hooks();
                repository::plan(repo, &context.environment, &self.program, with_hooks)
            }
        }
    }

    /// Writes the configuration; whether it could be.
    fn configure(
        &self,
        config: &ConfigPlan,
        memory: &mut Memory,
        context: &mut Context,
    ) -> Result<bool, CommandError> {
        let Some(repo) = self.repo.as_ref().filter(|_| !config.is_empty()) else {
            return Ok(true);
        };
        if let Err(error) = repository::apply(repo, config) {
            let place = repo.common_dir().join("config").display().to_string();
            let warning = Warning::new(place, format!("cannot be written: {error}"));
            context.terminal.warnings(&[warning])?;
            return Ok(false);
        }
        let place = repo.common_dir().to_owned();
        if self.is_removal() {
            memory.repositories.remove(&place);
        } else {
            let added = memory.repositories.entry(place).or_default();
            added.retain(|pair| !config.removed.contains(pair));
            added.extend(config.added.iter().cloned());
        }
        // It can be taken back without it.
        let _ = memory.store(&context.environment);
        Ok(true)
    }

    fn nothing_to_do(&self, context: &mut Context) -> Result<(), CommandError> {
        let names: Vec<&str> = self.agents.iter().map(|agent| agent.setup.title).collect();
        let text = match (self.is_removal(), names.as_slice()) {
            (true, _) => "nothing to remove".to_owned(),
            (false, []) => {
                "nothing to do: no coding agent was found, and the repository is set up".to_owned()
            }
            (false, _) => format!("nothing to do: {}", names.join(", ")),
        };
        Ok(context.terminal.status(&text)?)
    }

    fn tell(
        &self,
        applied: &Applied,
        config: &ConfigPlan,
        context: &mut Context,
    ) -> Result<(), CommandError> {
        let files = counted(applied.done.len() as u64, "file", "files");
        let settings = counted(
            (config.added.len() + config.removed.len()) as u64,
            "value of git config",
            "values of git config",
        );
        let what = match (applied.done.is_empty(), config.is_empty()) {
            (true, _) => settings,
            (_, true) => files,
            _ => format!("{files} and {settings}"),
        };
        Ok(context.terminal.status(&format!("changed {what}"))?)
    }

    /// What is left for the person to do.
    fn then(&self, context: &mut Context) -> Result<(), CommandError> {
        if self.is_removal() {
            return Ok(());
        }
        for agent in &self.agents {
            if let Some(then) = agent.setup.then {
                context.terminal.status(then)?;
            }
        }
        Ok(())
    }

    /// The lines for managers of hooks, where git has no hooks of its own in its configuration.
    fn tell_managers(&self, context: &mut Context) -> Result<(), CommandError> {
        let is_asked = !self.is_removal() && !repository::has_config_hooks();
        let Some(top) = self.project.as_deref().filter(|_| is_asked) else {
            return Ok(());
        };
        for manager in managers::used(top) {
            let Some(lines) = manager.missing(top) else {
                continue;
            };
            let text = format!(
                "To have {} report commits as well, add to {}:",
                manager.name, manager.place
            );
            context.terminal.status(&text)?;
            for line in lines.lines() {
                context.terminal.status(&format!("  {line}"))?;
            }
        }
        Ok(())
    }
}

fn show_all(files: &Plan, config: &ConfigPlan, context: &mut Context) -> Result<(), CommandError> {
    for change in &files.changes {
        context.terminal.data(show::diff(change).as_bytes())?;
    }
    let lines = |sign: &'static str, values: &[(String, String)]| -> Vec<String> {
        let line = |(name, value): &(String, String)| format!("{sign}{name} = {}", shell::word(value));
        values.iter().map(line).collect()
    };
    if !config.is_empty() {
        context.terminal.line("git config --local")?;
    }
    for line in lines("-", &config.removed)
        .into_iter()
        .chain(lines("+", &config.added))
    {
        context.terminal.line(&visible(&line))?;
    }
    Ok(())
}

/// Asks where somebody can answer; goes on where nobody can.
fn is_confirmed(context: &mut Context) -> Result<bool, CommandError> {
    context.terminal.flush()?;
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(true);
    }
    write!(io::stderr(), "Make these changes? [y/N] ")?;
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
