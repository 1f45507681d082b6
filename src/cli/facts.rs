//! `--facts`: what was read of repositories elsewhere, in the place of repositories or beside them.

use std::path::PathBuf;
use std::sync::Arc;

use super::context::Context;
use super::error::CommandError;
use super::linking::SessionArgs;
use super::logs::RulesArgs;
use super::reading::ReadArgs;
use crate::aggregate::repository::Repository;
use crate::exchange::facts::{self, FactsRead, Inventoried, Trouble};
use crate::facts::diagnostics::Status;
use crate::facts::span::Seconds;
use crate::facts::zone::Zone;
use crate::workspace::inventory::Elsewhere;
use crate::workspace::read::Workspace;

/// What writes facts with inventories.
const WRITE: &str = "git leverage facts --output DIR --inventory";
/// What writes facts with what audits need.
const WRITE_AUDITS: &str = "git leverage facts --output DIR --audit";

/// Where facts are.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct FactsArgs {
    /// Use the facts that `git leverage facts` wrote to DIR, in the place of repositories or, with ROOT, beside them;
    /// may be given more than once
    #[arg(long = "facts", value_name = "DIR")]
    folders: Vec<PathBuf>,
}

/// Facts as read; they are sound only if all of it could be loaded when it was used.
#[derive(Debug, Default)]
pub struct Loading(Option<Arc<Trouble>>);

impl Loading {
    /// Whether everything could be loaded.
    pub fn check(&self) -> Result<(), CommandError> {
        let error = self.0.as_ref().and_then(|trouble| trouble.take());
        error.map_or(Ok(()), |error| Err(CommandError::from_error(&error)))
    }
}

impl FactsArgs {
    /// Whether facts take the place of repositories.
    pub fn are_all(&self, read: &ReadArgs) -> bool {
        !self.folders.is_empty() && read.roots.is_empty()
    }

    /// Reads repositories completely, and facts; days are those of `zone`, here and below.
    pub fn read(
        &self,
        (read, sessions, rules): (&ReadArgs, &SessionArgs, &RulesArgs),
        zone: Zone,
        context: &Context,
    ) -> Result<(Workspace, Loading), CommandError> {
        let mut workspace = match self.are_all(read) {
            true => Workspace::default(),
            false => sessions.read(read, rules, context)?,
        };
        let loading = self.join(&mut workspace, (read, sessions, rules), zone, context)?;
        Ok((workspace, loading))
    }

    /// Adds facts to repositories that were read completely.
    pub fn join(
        &self,
        workspace: &mut Workspace,
        (read, sessions, rules): (&ReadArgs, &SessionArgs, &RulesArgs),
        zone: Zone,
        context: &Context,
    ) -> Result<Loading, CommandError> {
        let Some(found) = self.load(zone, context)? else {
            return Ok(Loading::default());
        };
        let logged = found.sessions_among(0..found.repos.len());
        workspace.warnings.extend(found.warnings);
        let counted = sessions.options(read, rules, context)?;
        workspace.join(found.repos, logged, &counted);
        Ok(Loading(Some(found.trouble)))
    }

    /// The facts with their inventories, whose windows begin at `earliest`, in seconds since the epoch.
    pub fn inventories(
        &self,
        earliest: i64,
        zone: Zone,
        context: &Context,
    ) -> Result<(Elsewhere, Loading), CommandError> {
        let Some(found) = self.load(zone, context)? else {
            return Ok(Default::default());
        };
        let (sessions, live) = found.sessions_among(0..found.repos.len());
        let inventories = found.inventories();
        let all = found.repos.iter().zip(&inventories);
        let mut readable = all.filter(|(repo, _)| repo.status != Status::Failed).peekable();
        if readable.peek().is_some() && readable.all(|(_, inventory)| inventory.is_none()) {
            return Err(self.without_inventories());
        }
        let usable = |(repo, inventory): (&Repository, Option<Inventoried>)| {
            let lacking = || Inventoried::failed(repo, format!("no inventory in its facts: run `{WRITE}`"));
            let inventory = inventory.unwrap_or_else(lacking);
            check_start(&inventory, earliest)?;
            Ok(inventory.facts)
        };
        let facts: Result<_, CommandError> = found.repos.iter().zip(inventories).map(usable).collect();
        let facts = facts?;
        let elsewhere = Elsewhere {
            repos: found.repos,
            facts,
            sessions,
            live,
            warnings: found.warnings,
        };
        Ok((elsewhere, Loading(Some(found.trouble))))
    }

    fn without_inventories(&self) -> CommandError {
        let what = format!("no inventory in the facts in {}", self.typed());
        CommandError::failed(what).hint(format!("Run `{WRITE}`"))
    }

    /// The facts, with what audits need unless they are skipped.
    pub fn with_audits(
        &self,
        audits: bool,
        zone: Zone,
        context: &Context,
    ) -> Result<(Option<FactsRead>, Loading), CommandError> {
        let Some(found) = self.load(zone, context)? else {
            return Ok(Default::default());
        };
        if audits && !found.has_audits() {
            let what = format!("the facts in {} do not have what audits need", self.typed());
            let hint = format!("Run `{WRITE_AUDITS}`, or use `--no-audit`");
            return Err(CommandError::failed(what).hint(hint));
        }
        let loading = Loading(Some(found.trouble.clone()));
        Ok((Some(found), loading))
    }

    /// The directories, from the current directory.
    pub fn folders(&self, context: &Context) -> Vec<PathBuf> {
        folders(&self.folders, context)
    }

    fn typed(&self) -> String {
        let folders = self.folders.iter();
        let folders: Vec<String> = folders.map(|folder| format!("`{}`", folder.display())).collect();
        folders.join(", ")
    }

    /// What is in these directories, if there are any.
    fn load(&self, zone: Zone, context: &Context) -> Result<Option<FactsRead>, CommandError> {
        if self.folders.is_empty() {
            return Ok(None);
        }
        let found = facts::read(&self.folders(context), zone);
        found.map(Some).map_err(|error| CommandError::from_error(&error))
    }
}

/// The directories of facts as they were typed, from the current directory.
pub fn folders(typed: &[PathBuf], context: &Context) -> Vec<PathBuf> {
    let directory = &context.environment.directory;
    typed.iter().map(|folder| directory.join(folder)).collect()
}

/// Refuses facts that do not list the commits of the whole period.
fn check_start(inventory: &Inventoried, earliest: i64) -> Result<(), CommandError> {
    if inventory.since <= earliest || inventory.facts.history.is_none() {
        return Ok(());
    }
    let day = |seconds: i64| Zone::default().day(seconds);
    // The first day may be cut.
    let first = day(inventory.since + Seconds::DAY.0);
    let what = format!(
        "the facts of `{}` list recent commits only from {first} on",
        inventory.facts.name
    );
    Err(CommandError::failed(what).hint(format!("Run `{WRITE} --since {}`", day(earliest))))
}
