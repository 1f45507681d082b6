//! `setup`: configures coding agents to report their sessions, and undoes it.

use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::set_up::apply::{self, Applied};
use crate::cli::set_up::memory::{Lock, Memory};
use crate::cli::set_up::plan::{self, Machine, Plan, Wanted};
use crate::cli::set_up::repository::{self, ConfigPlan, Configured};
use crate::cli::set_up::{managers, show, states};
use crate::cli::terminal::Verbosity;
use crate::facts::diagnostics::Warning;
use crate::facts::quantity::counted;
use crate::facts::shell;
use crate::git::Repo;
use crate::integrations::integration::Integration;
use crate::integrations::setup::{self, HookState, Scope};
use crate::integrations::{INTEGRATIONS, by_name};
use crate::render::escape::visible;

/// How often it starts over if another program changes the same files.
const ATTEMPTS: usize = 5;

/// The arguments of `setup`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Adds hooks to the settings of coding agents, which call git-leverage when a session starts, \
                  after each answer, and when the session ends, and a skill that explains how to record a task. In a repository, it also \
                  configures git to copy notes to rewritten commits. Every change is shown first and, on a terminal, must be confirmed. Everything else in the files stays unchanged, byte for byte.\n\n\
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
    /// Write to the settings in this repository, for everyone who works in it
    #[arg(long)]
    project: bool,
    /// Show what would change, but write nothing
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Remove what an earlier `setup` added
    #[arg(long, conflicts_with = "remind")]
    remove: bool,
    /// Remind agents, once per session, of commits that have no task
    #[arg(long)]
    remind: bool,
    /// Stop reminding agents; without either option, each agent stays as it is
    #[arg(long, conflicts_with_all = ["remind", "remove"])]
    no_remind: bool,
}

impl Args {
    /// Whether nothing is written, so that nothing is asked.
    pub fn is_dry_run(&self) -> bool {
        self.dry_run
    }
}

fn agent(text: &str) -> Result<&'static str, String> {
    let found = by_name(text).map(|agent| agent.identity.name);
    found.ok_or_else(|| {
        let known: Vec<&str> = INTEGRATIONS.iter().map(|agent| agent.identity.name).collect();
        let meant = similar_to(text).map(|name| format!("did you mean `{name}`? Known agents"));
        format!(
            "unknown agent; {}: {}",
            meant.as_deref().unwrap_or("known agents"),
            known.join(", ")
        )
    })
}

/// The agent that a misspelled name most likely means: by a part of its name, by its program, or by most of its letters.
fn similar_to(text: &str) -> Option<&'static str> {
    let text = text.to_lowercase();
    let is_part = |agent: &&&Integration| {
        let form = &agent.setup;
        let names = [agent.identity.name, form.title].into_iter();
        let mut names = names.chain(form.programs.iter().copied());
        text.len() > 2 && names.any(|name| name.to_lowercase().contains(&text) || text.contains(name))
    };
    let likeness = |name: &str| similar::TextDiff::from_chars(text.as_str(), name).ratio();
    let by_part = INTEGRATIONS.iter().find(is_part).map(|agent| agent.identity.name);
    by_part.or_else(|| {
        let names = INTEGRATIONS.iter().map(|agent| agent.identity.name);
        names
            .filter(|name| likeness(name) > 0.6)
            .max_by(|one, other| likeness(one).total_cmp(&likeness(other)))
    })
}

/// Shows the changes, and makes them.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let repo = repository_here(context)?;
    let project = repo.as_ref().and_then(Repo::work_dir).map(Path::to_owned);
    let scope = if args.project { Scope::Project } else { Scope::User };
    if args.project && project.is_none() {
        return Err(CommandError::usage(
            "`--project` must be run in the working tree of a repository",
        ));
    }
    let program = states::program(&context.environment)
        .ok_or_else(|| CommandError::failed("cannot determine the path of this program"))?;
    let command = setup::command(scope, &program, args.remind);
    let task = Task {
        agents: agents(args, context),
        wanted: Wanted {
            scope,
            command: (!args.remove).then_some(command),
            keeps_remind: !args.no_remind,
        },
        repo,
        project,
        program,
        dry_run: args.dry_run,
        whole: args.agent.is_empty(),
    };
    if task.agents.is_empty() && task.repo.is_none() {
        return Err(nobody(context));
    }
    for _ in 0..ATTEMPTS {
        if let Some(outcome) = task.attempt(context)? {
            return Ok(outcome);
        }
        context
            .terminal
            .status("A file changed in the meantime; starting over")?;
    }
    Err(CommandError::failed("another program keeps changing the files")
        .hint("Close the agents and run `git leverage setup` again"))
}

/// Why there is nothing to set up.
fn nobody(context: &Context) -> CommandError {
    if context
        .environment
        .home()
        .is_none_or(|home| home.as_os_str().is_empty())
    {
        return CommandError::failed("cannot find the directories of coding agents: `HOME` is not set")
            .hint("Set `HOME` to your home directory");
    }
    let names: Vec<&str> = INTEGRATIONS.iter().map(|agent| agent.identity.name).collect();
    CommandError::failed("no coding agents found on this machine")
        .hint(format!("Pass `--agent` with one of: {}", names.join(", ")))
}

/// The current repository, if there is one. One that cannot be opened is reported.
fn repository_here(context: &mut Context) -> Result<Option<Repo>, CommandError> {
    use crate::git::OpenError;
    match context.environment.repository() {
        Ok(repo) => Ok(Some(repo)),
        Err(error) => {
            let is_nowhere = Repo::discover(&context.environment.directory)
                .is_err_and(|error| matches!(error, OpenError::NotARepository(_)));
            if !is_nowhere {
                let place = context.environment.directory.display().to_string();
                let warning = Warning::new(place, format!("skipped: {}", error.message()));
                context.terminal.warnings(&[warning])?;
            }
            Ok(None)
        }
    }
}

/// The named agents; without names, all of them for removal and the detected ones for setup.
fn agents(args: &Args, context: &Context) -> Vec<&'static Integration> {
    let is_named = |agent: &&'static Integration| args.agent.contains(&agent.identity.name);
    let named: Vec<&'static Integration> = INTEGRATIONS.iter().copied().filter(is_named).collect();
    match (named.is_empty(), args.remove) {
        (false, _) => named,
        (true, true) => INTEGRATIONS.to_vec(),
        (true, false) => plan::found(&context.environment),
    }
}

/// What one call has to do.
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

    /// Plans, shows, asks and writes; `None` if another program changed a file in the meantime.
    fn attempt(&self, context: &mut Context) -> Result<Option<Outcome>, CommandError> {
        let memory = Memory::load(&context.environment)?;
        let machine = Machine {
            environment: &context.environment,
            project: self.project.as_deref(),
            memory: &memory,
        };
        let files = machine.plan(&self.agents, &self.wanted);
        let config = self.config_plan(&memory, context);
        context.terminal.warnings(&files.left)?;
        context.terminal.warnings(&files.notes)?;
        context.terminal.warnings(&config.left)?;
        let outcome = Outcome::of(&files.left);
        show_all(&files, &config, context)?;
        if files.changes.is_empty() && config.is_empty() {
            self.nothing_to_do(context)?;
            self.tell_managers(context)?;
            return Ok(Some(outcome));
        }
        if self.dry_run {
            context.terminal.status("Nothing written (--dry-run)")?;
            return Ok(Some(outcome));
        }
        if !is_confirmed(&files, &config, context)? {
            context.terminal.status("Nothing written")?;
            return Ok(Some(outcome));
        }
        let Some(made) = self.make(&files, &config, memory, context)? else {
            return Ok(None);
        };
        self.tell_managers(context)?;
        Ok(Some(outcome.max(made)))
    }

    /// Writes everything while holding the lock; `None` if a file changed since it was planned.
    fn make(
        &self,
        files: &Plan,
        config: &ConfigPlan,
        mut memory: Memory,
        context: &mut Context,
    ) -> Result<Option<Outcome>, CommandError> {
        let lock = Lock::take(&context.environment)?;
        let now = lock
            .as_ref()
            .map(|lock| lock.load(&context.environment))
            .transpose()?;
        if let Some(now) = now {
            if !now.is_as(&memory) {
                lock.into_iter().for_each(|lock| lock.release(&now));
                return Ok(None);
            }
            memory = now;
        }
        let applied = apply::apply(&files.changes, &mut memory, &context.environment);
        let configured = self.configure(config, &mut memory, context);
        if let Some(lock) = lock {
            lock.release(&memory);
        }
        context.terminal.warnings(&applied.failed)?;
        let configured = configured?;
        if !applied.overtaken.is_empty() {
            return Ok(None);
        }
        tell(&applied, &configured, context)?;
        then(files, &applied, context)?;
        let is_whole = applied.failed.is_empty() && configured.error.is_none();
        Ok(Some(if is_whole { Outcome::Done } else { Outcome::Partial }))
    }

    fn config_plan(&self, memory: &Memory, context: &Context) -> ConfigPlan {
        let Some(repo) = &self.repo else {
            return ConfigPlan::default();
        };
        match (self.is_removal(), self.whole) {
            (true, false) if self.others_remain(context) => ConfigPlan::default(),
            (true, _) => {
                let added = memory.repositories.get(repo.common_dir());
                repository::plan_removal(repo, &context.environment, added.map(Vec::as_slice))
            }
            (false, _) => {
                let with_hooks = repository::has_config_hooks();
                repository::plan(repo, &context.environment, &self.program, with_hooks)
            }
        }
    }

    /// Whether another agent is set up whose sessions need the configuration of the repository.
    fn others_remain(&self, context: &Context) -> bool {
        let is_meant = |name: &str| self.agents.iter().any(|agent| agent.identity.name == name);
        let all = states::all(&context.environment, self.project.as_deref());
        all.iter().any(|state| {
            let is_going = state.scope == self.wanted.scope && is_meant(state.integration.identity.name);
            state.hooks != HookState::Absent && !is_going
        })
    }

    /// Writes the configuration, as far as possible.
    fn configure(
        &self,
        config: &ConfigPlan,
        memory: &mut Memory,
        context: &mut Context,
    ) -> Result<Configured, CommandError> {
        let Some(repo) = self.repo.as_ref().filter(|_| !config.is_empty()) else {
            return Ok(Configured::default());
        };
        let done = repository::apply(repo, config);
        let place = repo.common_dir().to_owned();
        if self.is_removal() && done.error.is_none() {
            memory.repositories.remove(&place);
        } else {
            let added = memory.repositories.entry(place.clone()).or_default();
            added.retain(|pair| !done.removed.contains(pair));
            added.extend(done.added.iter().cloned());
            if added.is_empty() {
                memory.repositories.remove(&place);
            }
        }
        // Removal works without it.
        let _ = memory.store(&context.environment);
        if let Some(error) = &done.error {
            let place = repo.common_dir().join("config").display().to_string();
            let warning = Warning::new(place, format!("cannot write it: {error}"));
            context.terminal.warnings(&[warning])?;
        }
        Ok(done)
    }

    fn nothing_to_do(&self, context: &mut Context) -> Result<(), CommandError> {
        let names: Vec<&str> = self.agents.iter().map(|agent| agent.setup.title).collect();
        let text = match (self.is_removal(), names.as_slice()) {
            (true, _) => "Nothing to remove".to_owned(),
            (false, []) => {
                "Nothing to do: no coding agents found, and this repository is already set up".to_owned()
            }
            (false, _) => format!("Nothing to do: {}", names.join(", ")),
        };
        Ok(context.terminal.status(&text)?)
    }

    /// The lines for hook managers, if git's configuration has no hooks of its own.
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
                "To let {} also report commits, add to `{}`:",
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

/// Prints what was changed, and nothing else.
fn tell(applied: &Applied, configured: &Configured, context: &mut Context) -> Result<(), CommandError> {
    let what = match amount(applied.done.len() as u64, configured.count()) {
        Some(what) => format!("Changed {what}"),
        None => "Nothing changed".to_owned(),
    };
    Ok(context.terminal.status(&what)?)
}

/// The number of files and values in words; `None` if there are none.
fn amount(files: u64, values: u64) -> Option<String> {
    let files = (files > 0).then(|| counted(files, "file", "files"));
    let values = (values > 0).then(|| counted(values, "git config value", "git config values"));
    let parts: Vec<String> = files.into_iter().chain(values).collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

/// What is left for the person to do, for the agents whose hooks were written.
fn then(files: &Plan, applied: &Applied, context: &mut Context) -> Result<(), CommandError> {
    let written = files
        .changes
        .iter()
        .filter(|change| change.new.is_some() && applied.done.contains(&change.path));
    let mut said: Vec<&str> = written.filter_map(|change| change.then).collect();
    said.dedup();
    for then in said {
        context.terminal.status(then)?;
    }
    Ok(())
}

fn show_all(files: &Plan, config: &ConfigPlan, context: &mut Context) -> Result<(), CommandError> {
    let home = context.environment.home();
    let is_verbose = context.terminal.verbosity == Verbosity::Verbose;
    for change in &files.changes {
        let shown = match change.whole && !is_verbose {
            true => format!("{}\n", show::line(change, home.as_deref())),
            false => show::diff(change),
        };
        context.terminal.data(shown.as_bytes())?;
    }
    if !config.is_empty() {
        context.terminal.line("git config --local")?;
    }
    for line in values(config) {
        context.terminal.line(&line)?;
    }
    Ok(())
}

/// The values of the configuration that are removed and added.
fn values(config: &ConfigPlan) -> Vec<String> {
    let line = |sign: char, (name, value): &(String, String)| {
        visible(&format!("{sign}{name} = {}", shell::word(value))).into_owned()
    };
    let removed = config.removed.iter().map(|value| line('-', value));
    let added = config.added.iter().map(|value| line('+', value));
    removed.chain(added).collect()
}

/// Lists the changes and asks if there is someone to answer; otherwise continues.
fn is_confirmed(files: &Plan, config: &ConfigPlan, context: &mut Context) -> Result<bool, CommandError> {
    context.terminal.flush()?;
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Ok(true);
    }
    let home = context.environment.home();
    let lines = files
        .changes
        .iter()
        .map(|change| show::line(change, home.as_deref()));
    let lines: Vec<String> = lines.chain(values(config)).collect();
    let count = amount(
        files.changes.len() as u64,
        (config.removed.len() + config.added.len()) as u64,
    );
    let mut err = io::stderr();
    writeln!(err, "\n{}:", count.unwrap_or_default())?;
    for line in lines {
        writeln!(err, "  {line}")?;
    }
    write!(err, "Make these changes? [y/N] ")?;
    err.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}
