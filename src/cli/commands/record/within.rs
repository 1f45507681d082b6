//! A record that an agent makes during its session: who called, in which session, and how that is known.

use std::collections::BTreeSet;

use crate::cli::called::Seen;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::linking::Linking;
use crate::cli::logs::{ForeignArgs, LogArgs, RulesArgs};
use crate::cli::recording::{OpenLedger, TaskFields};
use crate::facts::estimate::Estimator;
use crate::facts::evidence::Confidence;
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::link::Link;
use crate::facts::session::Session;
use crate::facts::task::{Task, WrittenBy};
use crate::git::messages;
use crate::integrations::caller::{Called, Caller, LATELY, Trace};
use crate::workspace::sessions::OwnLinks;

/// Which logs are read, if any.
pub struct Logs<'a> {
    /// Where the logs are.
    pub logs: &'a LogArgs,
    /// Whether traces of other tools count.
    pub foreign: ForeignArgs,
    /// Whether no logs are read.
    pub are_left_out: bool,
}

impl Logs<'_> {
    /// The sessions of this machine, and the commits they made here.
    pub fn read(&self, open: &OpenLedger, context: &Context) -> Result<OwnLinks, CommandError> {
        let linking = Linking {
            logs: self.logs,
            rules: &RulesArgs::default(),
            foreign: self.foreign,
            no_cache: false,
        };
        Ok(OwnLinks::of(&open.repo, &linking.options(context)?))
    }
}

/// The calling agent, if an agent called.
#[derive(Default)]
pub struct Within {
    caller: Option<Caller>,
    session: Option<SessionId>,
    model: Option<String>,
    /// The notice if the caller may not have been a person.
    doubt: Option<String>,
    /// The logs, if they were already read.
    own: Option<OwnLinks>,
}

impl Within {
    /// Detects who called to record a task of these commits, and says how it knows. Reads the logs if an agent called.
    pub fn find(
        commits: &[ObjectId],
        logs: &Logs<'_>,
        open: &OpenLedger,
        context: &mut Context,
    ) -> Result<Self, CommandError> {
        let seen = Seen::of(&context.environment, &open.repo);
        let caller = match seen.called() {
            Called::ByPerson => {
                return Ok(Self {
                    doubt: seen.doubt(),
                    ..Self::default()
                });
            }
            Called::Unclear(agents) => {
                let agents = agents.join(" or ");
                let unclear =
                    format!("Called by {agents}, but it is not clear which; pass `--agent` and `--session`");
                context.terminal.status(&unclear)?;
                let doubt = "The estimate counts as yours; if an agent made it, pass `--estimated-by AGENT`";
                return Ok(Self {
                    doubt: Some(doubt.to_owned()),
                    ..Self::default()
                });
            }
            Called::ByAgent(caller) => caller,
        };
        if logs.are_left_out {
            return Ok(Self {
                model: caller.model.clone(),
                caller: Some(caller),
                ..Self::default()
            });
        }
        let own = logs.read(open, context)?;
        let within = Self::read(caller, commits, &seen, own, open);
        context.terminal.status(&within.in_words())?;
        Ok(within)
    }

    /// Adds what the logs know: the model, and whether an id is that of a session.
    fn read(mut caller: Caller, commits: &[ObjectId], seen: &Seen, own: OwnLinks, open: &OpenLedger) -> Self {
        let mut session = session_of(&caller);
        if caller.may_be_subagent && log(&own, session.as_ref()).is_none() {
            caller = seen.without_session(&caller);
            session = session_of(&caller);
        }
        if session.is_none() {
            session = by_commit(commits, &caller.agent, &own, open);
            caller.by.extend(session.is_some().then_some(Trace::Commit));
        }
        let answered = log(&own, session.as_ref()).and_then(model);
        Self {
            model: answered.or_else(|| caller.model.clone()),
            session,
            caller: Some(caller),
            doubt: None,
            own: Some(own),
        }
    }

    fn in_words(&self) -> String {
        let (agent, by) = match &self.caller {
            Some(caller) => (caller.agent.as_str(), caller.known_by()),
            None => return String::new(),
        };
        match &self.session {
            Some(session) => format!("Session: `{session}` (from {by})"),
            None => format!("Called by {agent} (from {by}); its session is unknown"),
        }
    }

    /// The agent that estimates what it records.
    pub fn estimator(&self) -> Option<Estimator> {
        let caller = self.caller.as_ref()?;
        Some(Estimator {
            agent: caller.agent.clone(),
            model: self.model.clone(),
        })
    }

    /// The calling agent with its session, whoever estimated and whichever session made the commits.
    pub fn written_by(&self) -> Option<WrittenBy> {
        let caller = self.caller.as_ref()?;
        Some(WrittenBy {
            agent: caller.agent.clone(),
            session: self.session.as_ref().map(|session| session.id.clone()),
        })
    }

    /// Prints a notice if an estimate counts as a person's, but an agent may have called.
    pub fn tell_doubt(&self, fields: &TaskFields, context: &mut Context) -> Result<(), CommandError> {
        if let Some(unknown) = fields.unknown_estimator() {
            context.terminal.status(&unknown)?;
        }
        let doubt = self.doubt.as_ref().filter(|_| fields.counts_as_the_callers());
        doubt.map_or(Ok(()), |doubt| Ok(context.terminal.status(doubt)?))
    }

    /// The logs; read now if they were not read before.
    pub fn take_logs(
        &mut self,
        logs: &Logs<'_>,
        open: &OpenLedger,
        context: &Context,
    ) -> Result<OwnLinks, CommandError> {
        match self.own.take() {
            Some(own) => Ok(own),
            None => logs.read(open, context),
        }
    }

    /// Whether an agent called and its logs may be read.
    pub fn is_known(&self) -> bool {
        self.own.is_some()
    }

    /// Adds the session to a task, with its agent and model, where these are not given and nothing contradicts it.
    pub fn name(
        &self,
        task: &mut Task,
        commits: &[ObjectId],
        fields: &TaskFields,
        open: &OpenLedger,
        context: &mut Context,
    ) -> Result<(), CommandError> {
        let (Some(caller), Some(own)) = (&self.caller, &self.own) else {
            return Ok(());
        };
        if let Some(other) = made_by_another(commits, &caller.agent, self.session.as_ref(), own, open) {
            let said = format!("Not linked to this session: {other}");
            return Ok(context.terminal.status(&said)?);
        }
        self.name_in(task, fields);
        Ok(())
    }

    /// Adds the caller to a task of the next commit, which no other session can have made yet.
    pub fn name_for_the_next(&self, task: &mut Task, fields: &TaskFields) {
        if self.own.is_some() {
            self.name_in(task, fields);
        }
    }

    fn name_in(&self, task: &mut Task, fields: &TaskFields) {
        let Some(caller) = &self.caller else {
            return;
        };
        if let Some(session) = &self.session {
            if fields.session.is_empty() && !task.sessions.contains(session) {
                task.sessions.push(session.clone());
            }
            if task.sessions.contains(session) {
                task.recorded_in = Some(session.clone());
            }
        }
        if task.agent.is_none() {
            task.agent = Some(caller.agent.clone());
            // The model of the caller does not apply to another agent.
            if task.model.is_none() {
                task.model.clone_from(&self.model);
            }
        }
    }
}

/// The session of a caller, if its id is a valid session id.
fn session_of(caller: &Caller) -> Option<SessionId> {
    let id = caller.session.as_ref()?;
    format!("{}:{id}", caller.agent).parse().ok()
}

/// The only session of an agent that certainly made some of the commits, if it was active recently.
fn by_commit(commits: &[ObjectId], agent: &str, own: &OwnLinks, open: &OpenLedger) -> Option<SessionId> {
    let surely = |link: &&Link| link.counts() && !link.is_copy() && link.confidence >= Confidence::High;
    let here = own.links.iter().filter(surely);
    let here = here.filter(|link| commits.contains(&link.commit) && link.session.agent == agent);
    let sessions: BTreeSet<&SessionId> = here.map(|link| &link.session).collect();
    let mut at_work = sessions.into_iter().filter(|session| {
        let end = log(own, Some(session)).map(|log| log.span.end.seconds());
        end.is_some_and(|end| open.now.timestamp() - end <= LATELY.num_seconds())
    });
    let only = at_work.next()?;
    at_work.next().is_none().then(|| only.clone())
}

/// The session as its log describes it.
pub fn log<'a>(own: &'a OwnLinks, session: Option<&SessionId>) -> Option<&'a Session> {
    let session = session?;
    own.sessions.iter().find(|log| log.id == *session)
}

/// The model of the last answer in the main lane: the current one.
fn model(session: &Session) -> Option<String> {
    let is_main = |lane: u32| {
        let lane = session.lanes.get(lane as usize);
        lane.is_none_or(|lane| lane.subagent.is_none())
    };
    let mut main = session.usage.iter().filter(|usage| is_main(usage.lane)).rev();
    let model = main.find(|usage| !usage.model.is_empty())?;
    Some(model.model.clone())
}

/// Why commits are not the work of the session that records them; `None` if they may be. An agent may be asked to record earlier
/// work.
fn made_by_another(
    commits: &[ObjectId],
    agent: &str,
    session: Option<&SessionId>,
    own: &OwnLinks,
    open: &OpenLedger,
) -> Option<String> {
    let here = own
        .links
        .iter()
        .filter(|link| link.counts() && commits.contains(&link.commit));
    let here: Vec<&Link> = here.collect();
    let is_own = |link: &&Link| match session {
        Some(session) => link.session == *session,
        None => link.session.agent == agent,
    };
    if here.iter().any(is_own) {
        return None;
    }
    if let Some(sure) = here.iter().find(|link| link.confidence >= Confidence::High) {
        return Some(format!("`{}` made `{}`", sure.session, sure.commit.short()));
    }
    let began = log(own, session)?.span.start.seconds();
    let first = commits.first()?;
    let made = messages::with_commit(&open.repo, *first, |raw| raw.commit_time().seconds).ok()?;
    (made < began).then(|| format!("`{}` was made before this session began", first.short()))
}
