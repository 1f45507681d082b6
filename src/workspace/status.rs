//! What a status needs in addition to repositories and sessions: notes that lag behind the logs, remotes that lag behind the
//! notes, and when each agent last worked here.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};

use super::options::SessionOptions;
use super::read::{Looked, Workspace};
use super::sessions::OwnLinks;
use crate::aggregate::status::{Counts, Uncaptured, Unshared};
use crate::correlate::measured::{Stamp, record};
use crate::facts::diagnostics::Warning;
use crate::facts::ids::{ObjectId, RecordId, SessionId};
use crate::facts::link::Link;
use crate::facts::record::SessionRecord;
use crate::facts::retention::Keeps;
use crate::facts::session::Session;
use crate::facts::span::{Moment, Span};
use crate::facts::supervision::{Charge, charged_minutes};
use crate::git::Repo;
use crate::git::refs::Tips;
use crate::git::{messages, remote};
use crate::sources::agents::collect::Request;
use crate::sources::ledger::read_recorded;
use crate::sources::retention::retention;
use crate::sources::sharing::{Kinds, News};

/// The results.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Evening {
    /// What is not captured.
    pub uncaptured: Vec<Uncaptured>,
    /// What is not shared, one entry per repository with a remote.
    pub unshared: Vec<Unshared>,
    /// Sessions that ran within another one, with that one.
    pub within: HashMap<SessionId, SessionId>,
    /// The last record in the logs of each agent.
    pub last_logs: BTreeMap<String, Moment>,
}

impl Evening {
    /// Adds the sessions to the repositories, as [`Workspace::complete`] does, and determines what is left to do.
    pub fn complete(workspace: &mut Workspace, options: &SessionOptions) -> Self {
        let mut evening = workspace.complete_and(options, |looked| Self {
            uncaptured: uncaptured(looked, &options.logs),
            within: within(looked.sessions),
            last_logs: last_logs(looked.sessions),
            ..Self::default()
        });
        let mut warnings = Vec::new();
        for (at, repo) in workspace.repos.iter().enumerate() {
            match Repo::open(Path::new(&repo.path)) {
                Ok(open) if !repo.given_up => evening.unshared.extend(unshared(&open, at, &mut warnings)),
                _ => {}
            }
        }
        workspace.warnings.extend(warnings);
        evening
    }
}

fn last_logs(sessions: &[Session]) -> BTreeMap<String, Moment> {
    let mut last: BTreeMap<String, Moment> = BTreeMap::new();
    for session in sessions {
        let known = last.entry(session.id.agent.clone()).or_insert(session.span.end);
        *known = session.span.end.max(*known);
    }
    last
}

/// Subagents with their own log run while the session that started them waits; a fork continues after it.
fn within(sessions: &[Session]) -> HashMap<SessionId, SessionId> {
    let spans: HashMap<&SessionId, Span> = sessions
        .iter()
        .map(|session| (&session.id, session.span))
        .collect();
    let outer = |session: &Session| {
        let parent = session.parent.as_ref()?;
        let around = spans.get(parent)?;
        let is_inside = around.start <= session.span.start && session.span.end <= around.end;
        is_inside.then(|| (session.id.clone(), parent.clone()))
    };
    sessions.iter().filter_map(outer).collect()
}

/// What `capture` would write, for all commits.
fn uncaptured(looked: &Looked<'_>, request: &Request) -> Vec<Uncaptured> {
    let mut found = Vec::new();
    for (at, links) in looked.links.iter().enumerate() {
        let repo = looked.repos.get(at).filter(|_| !links.is_empty());
        let open = repo.and_then(|repo| Repo::open(Path::new(&repo.path)).ok());
        let sessions = (looked.sessions, looked.charges);
        found.extend(
            open.into_iter()
                .flat_map(|open| Notes::of(&open, at, request).lack(sessions, links)),
        );
    }
    found
}

/// What `capture` would write in one repository, for all commits.
pub fn uncaptured_in(repo: &Repo, own: &OwnLinks, request: &Request) -> Vec<Uncaptured> {
    Notes::of(repo, 0, request).lack((&own.sessions, &own.charges), &own.links)
}

/// The notes of one repository.
struct Notes<'a> {
    repo: &'a Repo,
    at: usize,
    request: &'a Request,
    records: HashMap<ObjectId, Vec<SessionRecord>>,
    keeps: HashMap<String, Keeps>,
}

impl<'a> Notes<'a> {
    fn of(repo: &'a Repo, at: usize, request: &'a Request) -> Self {
        let mut records: HashMap<ObjectId, Vec<SessionRecord>> = HashMap::new();
        for found in read_recorded(repo).sessions {
            for commit in &found.commits {
                records.entry(*commit).or_default().push(found.record.clone());
            }
        }
        Self {
            repo,
            at,
            request,
            records,
            keeps: HashMap::new(),
        }
    }

    fn on(&self, commit: ObjectId) -> Vec<&SessionRecord> {
        self.records.get(&commit).into_iter().flatten().collect()
    }

    /// Which sessions with commits they lack, each with the person's time.
    fn lack(&mut self, (sessions, charges): (&[Session], &[Vec<Charge>]), links: &[Link]) -> Vec<Uncaptured> {
        let positions = sessions.iter().enumerate();
        let positions: HashMap<&SessionId, usize> =
            positions.map(|(at, session)| (&session.id, at)).collect();
        let stamp = Stamp {
            id: RecordId::derived(&["session"]),
            at: DateTime::<Utc>::UNIX_EPOCH,
            by: String::new(),
        };
        let mut found = Vec::new();
        for link in links.iter().filter(|link| link.counts() && !link.is_copy()) {
            let Some(&at) = positions.get(&link.session) else {
                continue;
            };
            let minutes = charges.get(at).map_or(&[][..], Vec::as_slice);
            let minutes = charged_minutes(minutes).checked();
            if record(&sessions[at], link, None, minutes, &self.on(link.commit), &stamp).is_some() {
                found.push(self.lacking(&sessions[at], link.commit));
            }
        }
        found
    }

    /// Whether they lack the current state of a session on a commit.
    fn lacking(&mut self, session: &Session, commit: ObjectId) -> Uncaptured {
        let agent = &session.id.agent;
        let project: Option<PathBuf> = self.repo.work_dir().map(Path::to_owned);
        let look = || retention(agent, self.request, project.as_deref()).keeps;
        let authored = messages::with_commit(self.repo, commit, |raw| raw.author_time().seconds);
        Uncaptured {
            repo: self.at,
            session: session.id.clone(),
            commit,
            authored: authored.ok(),
            ended: session.span.end,
            keeps: *self.keeps.entry(agent.clone()).or_insert_with(look),
        }
    }
}

/// What the default remote of a repository lacked at the last contact; `None` if there is no remote, or it is unknown.
fn unshared(repo: &Repo, at: usize, warnings: &mut Vec<Warning>) -> Option<Unshared> {
    let (name, theirs) = remote::last_known(repo)?;
    match News::of(repo, Tips::own(repo), theirs) {
        Ok(news) => Some(Unshared {
            repo: at,
            remote: name,
            was_met: theirs != Tips::default(),
            news: counts(&news),
        }),
        Err(unread) => {
            let what = format!("cannot determine which records `{name}` lacks: {unread}");
            warnings.push(Warning::new(repo.place().display().to_string(), what));
            None
        }
    }
}

fn counts(news: &News) -> Counts {
    let lines = Kinds::of(&news.lines);
    Counts {
        tasks: lines.tasks,
        revisions: lines.revisions,
        opinions: lines.opinions,
        by_hand: lines.by_hand,
        retractions: lines.retractions,
        sessions: lines.sessions,
        others: lines.unknown + news.past.len() as u64,
    }
}
