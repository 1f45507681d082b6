//! Sessions that an earlier run wrote and of which this one knows less: agents delete their logs after weeks, and a run may read only
//! some of the repositories.

use std::collections::{BTreeMap, HashSet};

use super::sessions::LoggedSession;
use crate::facts::ids::SessionId;
use crate::facts::zone::Zone;

/// The sessions of a run with what only `earlier` ones know: those whose logs no longer exist, and what others did in repositories that
/// this run did not read: it read `repos`. If times of day are left out, `days` is the zone of the days. By agent and id.
pub fn with_earlier(
    now: Vec<LoggedSession>,
    earlier: Vec<LoggedSession>,
    repos: &HashSet<String>,
    days: Option<Zone>,
) -> Vec<LoggedSession> {
    let mut all: BTreeMap<SessionId, LoggedSession> = BTreeMap::new();
    for LoggedSession { id, seen } in earlier {
        let seen = seen.and_then(|line| match days {
            Some(zone) => line.by_day(&id, zone),
            None => Some(line),
        });
        all.insert(id.clone(), LoggedSession { id, seen });
    }
    for session in now {
        let known = all.remove(&session.id).and_then(|known| known.seen);
        let others = known.and_then(|line| line.without(repos));
        let seen = match (session.seen, others) {
            (Some(line), Some((others, home))) => Some(line.joined(others, home)),
            (Some(line), None) => Some(line),
            (None, others) => others.map(|(line, _)| line),
        };
        let id = session.id;
        all.insert(id.clone(), LoggedSession { id, seen });
    }
    all.into_values().collect()
}
