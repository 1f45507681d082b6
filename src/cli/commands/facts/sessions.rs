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
use crate::exchange::facts::{Line, LoggedSession, digest, id_of, write_sessions};
use crate::facts::ids::SessionId;
use crate::workspace::read::Workspace;

impl Args {
    /// Writes what logs say of sessions in these repositories; returns how many worked there.
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
        let written = |session: SeenSession| match times {
            SessionTimes::Times => session,
            SessionTimes::Days => by_day(session, zone),
        };
        let logged = std::mem::take(&mut workspace.sessions).into_iter();
        let logged = logged.filter(|session| session.origin == Origin::Log);
        let seen: HashMap<SessionId, SeenSession> = logged
            .map(|session| (session.id.clone(), written(session)))
            .collect();
        let mut sessions: Vec<LoggedSession> = visits
            .into_iter()
            .map(|(id, visits)| LoggedSession {
                seen: seen
                    .get(&id)
                    .and_then(|session| Line::of(session, (&visits, &ids), zone)),
                id,
            })
            .collect();
        sessions.sort_by(|one, other| one.id.cmp(&other.id));
        let source = id_of(&context.environment.machine(), None);
        write_sessions(folder, (&source, &digest([&*source])), &sessions, &seen)
            .map_err(CommandError::failed)?;
        context.terminal.warnings(&workspace.warnings)?;
        Ok(seen.len())
    }
}
