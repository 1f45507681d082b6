//! `--facts`: what was read of repositories elsewhere, in the place of repositories or beside them.

use std::path::PathBuf;
use std::sync::Arc;

use super::context::Context;
use super::error::CommandError;
use super::linking::SessionArgs;
use super::logs::RulesArgs;
use super::reading::ReadArgs;
use crate::exchange::facts::{self, Trouble};
use crate::workspace::read::Workspace;

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

    /// Reads repositories completely, and facts.
    pub fn read(
        &self,
        (read, sessions, rules): (&ReadArgs, &SessionArgs, &RulesArgs),
        context: &Context,
    ) -> Result<(Workspace, Loading), CommandError> {
        let mut workspace = match self.are_all(read) {
            true => Workspace::default(),
            false => sessions.read(read, rules, context)?,
        };
        let loading = self.join(&mut workspace, (read, sessions, rules), context)?;
        Ok((workspace, loading))
    }

    /// Adds facts to repositories that were read completely.
    pub fn join(
        &self,
        workspace: &mut Workspace,
        (read, sessions, rules): (&ReadArgs, &SessionArgs, &RulesArgs),
        context: &Context,
    ) -> Result<Loading, CommandError> {
        if self.folders.is_empty() {
            return Ok(Loading::default());
        }
        let folders: Vec<PathBuf> = self
            .folders
            .iter()
            .map(|folder| context.environment.directory.join(folder))
            .collect();
        let found = facts::read(&folders).map_err(|error| CommandError::from_error(&error))?;
        workspace.warnings.extend(found.warnings);
        let counted = sessions.options(read, rules, context)?;
        workspace.join(found.repos, (found.sessions, found.live), &counted);
        Ok(Loading(Some(found.trouble)))
    }
}
