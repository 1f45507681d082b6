//! Which sessions count in addition to git's history, and how they are linked: the options of every command that links.

use super::bar;
use super::context::Context;
use super::error::CommandError;
use super::logs::{ForeignArgs, LogArgs, RulesArgs};
use super::reading::ReadArgs;
use crate::workspace::options::{SessionOptions, Sessions};
use crate::workspace::read::Workspace;

/// Which logs are read, and how they are linked.
#[derive(Debug, Clone, Copy)]
pub struct Linking<'a> {
    /// Where the logs are.
    pub logs: &'a LogArgs,
    /// The thresholds of the estimate.
    pub rules: &'a RulesArgs,
    /// Whether traces of other tools count.
    pub foreign: ForeignArgs,
    /// Whether to read everything again and cache nothing.
    pub no_cache: bool,
}

impl<'a> Linking<'a> {
    /// The defaults, as in a command without options.
    pub fn usual(logs: &'a LogArgs, rules: &'a RulesArgs) -> Self {
        Self {
            logs,
            rules,
            foreign: ForeignArgs::default(),
            no_cache: false,
        }
    }

    /// As the repositories are read.
    pub fn reading(logs: &'a LogArgs, rules: &'a RulesArgs, read: &ReadArgs) -> Self {
        Self {
            logs,
            rules,
            foreign: read.foreign,
            no_cache: read.no_cache,
        }
    }

    /// The options as given, else as configured.
    pub fn options(&self, context: &Context) -> Result<SessionOptions, CommandError> {
        Ok(SessionOptions {
            logs: self.logs.request(context, context.cache(self.no_cache))?,
            rules: self.rules.rules(&context.settings())?,
            foreign: self.foreign.foreign(),
        })
    }
}

/// Which sessions count in addition to git's history.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct SessionArgs {
    /// Do not read agent logs or captured sessions
    #[arg(long)]
    pub no_sessions: bool,
    /// Where the logs are.
    #[command(flatten)]
    pub logs: LogArgs,
}

impl SessionArgs {
    /// The sessions that count with the given rules for repositories and thresholds.
    pub fn options(
        &self,
        read: &ReadArgs,
        rules: &RulesArgs,
        context: &Context,
    ) -> Result<Sessions, CommandError> {
        let linking = Linking::reading(&self.logs, rules, read);
        Ok(match self.no_sessions {
            true => Sessions::LeftOut(linking.foreign.foreign()),
            false => Sessions::Counted(Box::new(linking.options(context)?)),
        })
    }

    /// Reads repositories completely: their history, the sessions that worked there, and who made their commits.
    pub fn read(
        &self,
        read: &ReadArgs,
        rules: &RulesArgs,
        context: &Context,
    ) -> Result<Workspace, CommandError> {
        let sessions = self.options(read, rules, context)?;
        let mut workspace = read.read(context, &read.options(context)?)?;
        bar::during(context, || workspace.complete(&sessions));
        Ok(workspace)
    }
}
