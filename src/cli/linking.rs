//! Which sessions count beside what git says, and how they are linked: the options of every command that links.

use super::context::Context;
use super::error::CommandError;
use super::logs::{ForeignArgs, LogArgs, RulesArgs};
use super::reading::ReadArgs;
use crate::workspace::options::{SessionOptions, Sessions};
use crate::workspace::read::Workspace;

/// Which logs are read, and how they are linked.
#[derive(Debug, Clone, Copy)]
pub struct Linking<'a> {
    /// Where logs are.
    pub logs: &'a LogArgs,
    /// The thresholds of the estimate.
    pub rules: &'a RulesArgs,
    /// Whether what other tools wrote counts.
    pub foreign: ForeignArgs,
    /// Whether everything is read again and nothing cached.
    pub no_cache: bool,
}

impl<'a> Linking<'a> {
    /// As in a command without options.
    pub fn usual(logs: &'a LogArgs, rules: &'a RulesArgs) -> Self {
        Self {
            logs,
            rules,
            foreign: ForeignArgs::default(),
            no_cache: false,
        }
    }

    /// As typed, else as configured.
    pub fn options(&self, context: &Context) -> Result<SessionOptions, CommandError> {
        Ok(SessionOptions {
            logs: self.logs.request(context, context.cache(self.no_cache))?,
            rules: self.rules.rules(&context.settings())?,
            foreign: self.foreign.foreign(),
        })
    }
}

/// Which sessions count beside what git says.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct SessionArgs {
    /// Read no logs of agents and no captured sessions
    #[arg(long)]
    pub no_sessions: bool,
    /// Where logs are.
    #[command(flatten)]
    pub logs: LogArgs,
}

impl SessionArgs {
    /// Those that count where repositories are read so, by these thresholds.
    pub fn options(
        &self,
        read: &ReadArgs,
        rules: &RulesArgs,
        context: &Context,
    ) -> Result<Sessions, CommandError> {
        let linking = Linking {
            logs: &self.logs,
            rules,
            foreign: read.foreign,
            no_cache: read.no_cache,
        };
        Ok(match self.no_sessions {
            true => Sessions::LeftOut(linking.foreign.foreign()),
            false => Sessions::Counted(Box::new(linking.options(context)?)),
        })
    }

    /// Reads repositories whole: what git says of them, the sessions that worked there, and who made their commits.
    pub fn read(
        &self,
        read: &ReadArgs,
        rules: &RulesArgs,
        context: &Context,
    ) -> Result<Workspace, CommandError> {
        let sessions = self.options(read, rules, context)?;
        let mut workspace = read.read(context, &read.options(context)?)?;
        workspace.complete(&sessions);
        Ok(workspace)
    }
}
