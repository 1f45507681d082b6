//! What the logs of this machine say of sessions in the repositories.

use std::collections::HashMap;
use std::path::Path;

use super::args::{Args, SessionTimes};
use super::looked::Looked;
use crate::aggregate::repository::Repository;
use crate::cli::bar;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::linking::Linking;
use crate::cli::period::zone;
use crate::correlate::by_day::by_day;
use crate::correlate::seen::{Origin, SeenSession};
use crate::exchange::facts::{
    Line, LoggedSession, digest, id_of, read_sessions_again, with_earlier, write_sessions,
};
use crate::facts::diagnostics::Warning;
use crate::facts::ids::SessionId;
use crate::facts::quantity::counted;
use crate::workspace::read::Workspace;

impl Args {
    /// Writes what logs say of sessions in these repositories, and what earlier runs knew of sessions that this one does not know; returns
    /// how many worked in any of their repositories.
    pub(super) fn add_sessions(
        &self,
        (looked, repos): (&[Looked], &mut HashMap<String, Repository>),
        times: SessionTimes,
        folder: &Path,
        context: &mut Context,
    ) -> Result<usize, CommandError> {
        let readable = looked.iter().filter(|one| repos.contains_key(&one.entry.repo));
        let ids: Vec<String> = readable.map(|one| one.entry.repo.clone()).collect();
        let read = ids.iter().filter_map(|id| repos.remove(id)).collect();
        let options = Linking::reading(&self.logs, &self.rules, &self.read).options(context)?;
        let mut workspace = Workspace::of(read);
        let visits: HashMap<SessionId, Vec<usize>> = bar::during(context, || {
            workspace.complete_and(&options, |looked| {
                let all = looked.sessions.iter().map(|session| session.id.clone());
                all.zip(looked.visits.iter().cloned()).collect()
            })
        });
        let zone = zone(None, &context.settings())?;
        let days = (times == SessionTimes::Days).then_some(zone);
        let written = |session: SeenSession| match days {
            None => session,
            Some(zone) => by_day(session, zone),
        };
        let logged = std::mem::take(&mut workspace.sessions).into_iter();
        let logged = logged.filter(|session| session.origin == Origin::Log);
        let seen: HashMap<SessionId, SeenSession> = logged
            .map(|session| (session.id.clone(), written(session)))
            .collect();
        let sessions: Vec<LoggedSession> = visits
            .into_iter()
            .map(|(id, visits)| LoggedSession {
                seen: seen
                    .get(&id)
                    .and_then(|session| Line::of(session, (&visits, &ids), zone)),
                id,
            })
            .collect();
        let source = id_of(&context.environment.machine(), None);
        let earlier = read_sessions_again(folder, &source).unwrap_or_else(|error| {
            let reason = format!("sessions of earlier runs are lost: {error}");
            workspace
                .warnings
                .push(Warning::new(folder.display().to_string(), reason));
            Vec::new()
        });
        let sessions = with_earlier(sessions, earlier, &ids.into_iter().collect(), days);
        write_sessions(folder, (&source, &digest([&*source])), &sessions).map_err(CommandError::failed)?;
        let worked = sessions.iter().filter(|session| session.seen.is_some()).count();
        say(context, worked, worked.saturating_sub(seen.len()))?;
        context.terminal.warnings(&workspace.warnings)?;
        Ok(worked)
    }
}

/// Says how many sessions are in the facts of this machine, and how many of these only earlier runs knew.
fn say(context: &mut Context, worked: usize, earlier: usize) -> Result<(), CommandError> {
    let sessions = counted(worked, "session", "sessions");
    let line = match earlier {
        0 => format!("{sessions} of this machine worked in repositories of these facts"),
        _ => format!(
            "{sessions} of this machine worked in repositories of these facts; {earlier} are known only from earlier runs"
        ),
    };
    context.terminal.status(&line)?;
    Ok(())
}
