//! One session, event by event: times, counts, paths and commits, and no text of the conversation.

use serde::Serialize;

use crate::facts::link::Link;
use crate::facts::quantity::Minutes;
use crate::facts::session::{Action, Edit, MadeCommit, Session, Sources, Turn};
use crate::facts::span::{self, Moment, Span};

/// How much of a commit's id is shown.
const SHORT: usize = 10;

/// A session in order of time.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Timeline {
    /// The agent.
    pub agent: String,
    /// Its id for the session.
    pub session: String,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// RFC 3339, UTC.
    pub ended_at: String,
    /// What happened.
    pub events: Vec<Event>,
    /// How each kind of event came to be known.
    pub sources: Sources,
}

/// Something that happened in a session.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// RFC 3339, UTC.
    pub at: String,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "lowercase")]
pub enum What {
    /// The agent worked on one prompt.
    Turn {
        /// `main`, or the name of a subagent. Untrusted text.
        lane: String,
        /// RFC 3339, UTC.
        until: String,
        /// Without waits, with unknown time.
        agent_minutes: Option<Minutes>,
        /// Without waits and unknown time; `None` if nothing is unknown.
        agent_minutes_low: Option<Minutes>,
        /// Whether a person's prompt opened it.
        human: bool,
        /// The commits that its work went into, shortened.
        commits: Vec<String>,
    },
    /// A person did something.
    Person {
        /// `prompt`, `command`, `shell`, `answer`, `refusal`, `interrupt`.
        action: String,
        /// Characters typed.
        typed: u32,
    },
    /// A file was changed.
    Edit {
        /// Which. Untrusted text.
        path: String,
        /// Lines that are not blank.
        lines_added: usize,
        /// Lines that are not blank.
        lines_removed: usize,
    },
    /// The log names a commit that a command made.
    Made {
        /// Its hash, as in the log.
        commit: String,
        /// Untrusted text.
        branch: Option<String>,
    },
    /// A commit contains the session's work.
    Linked {
        /// The repository. Untrusted text.
        repo: String,
        /// The evidence, and the part of the session in it.
        #[serde(flatten)]
        link: Link,
    },
}

/// The events of a session, with the commits that it is linked to and the names of their repositories.
pub fn timeline(session: &Session, links: &[(String, Link)]) -> Timeline {
    let mut events: Vec<(Moment, What)> = Vec::new();
    for lane in &session.lanes {
        let name = lane.subagent.as_deref().unwrap_or("main");
        let turns = lane.turns.iter();
        events.extend(turns.map(|turn| (turn.span.start, of_turn(name, turn, links))));
    }
    events.extend(session.actions.iter().map(of_action));
    events.extend(session.edits.iter().map(of_edit));
    events.extend(session.commits.iter().map(of_made));
    events.extend(links.iter().map(|(repo, link)| of_link(session, repo, link)));
    events.sort_by_key(|(at, _)| *at);
    let event = |(at, what): (Moment, What)| Event {
        at: at.to_string(),
        what,
    };
    Timeline {
        agent: session.id.agent.clone(),
        session: session.id.id.clone(),
        started_at: session.span.start.to_string(),
        ended_at: session.span.end.to_string(),
        events: events.into_iter().map(event).collect(),
        sources: session.sources,
    }
}

fn of_turn(lane: &str, turn: &Turn, links: &[(String, Link)]) -> What {
    let has = |link: &Link| {
        let within = |span: &Span| turn.working.iter().any(|own| own.overlap(*span).is_some());
        link.worked.iter().any(within)
    };
    let made = links.iter().filter(|(_, link)| has(link));
    let least: Minutes = turn.working.iter().map(|span| span.minutes()).sum();
    let unknown = span::minutes(turn.unknown);
    What::Turn {
        lane: lane.to_owned(),
        until: turn.span.end.to_string(),
        agent_minutes: (least + unknown).checked(),
        agent_minutes_low: (turn.unknown > 0).then_some(least).and_then(Minutes::checked),
        human: turn.human,
        commits: made.map(|(_, link)| link.commit.short()).collect(),
    }
}

fn of_action(action: &Action) -> (Moment, What) {
    let what = What::Person {
        action: format!("{:?}", action.kind).to_lowercase(),
        typed: action.typed,
    };
    (action.at, what)
}

fn of_edit(edit: &Edit) -> (Moment, What) {
    let what = What::Edit {
        path: edit.path.clone(),
        lines_added: edit.added.len(),
        lines_removed: edit.removed.len(),
    };
    (edit.at, what)
}

fn of_made(made: &MadeCommit) -> (Moment, What) {
    let what = What::Made {
        commit: made.hash.chars().take(SHORT).collect(),
        branch: made.branch.clone(),
    };
    (made.at, what)
}

/// A link comes after the last work that went into it, or at the end of the session.
fn of_link(session: &Session, repo: &str, link: &Link) -> (Moment, What) {
    let last = link.worked.iter().map(|span| span.end).max();
    let what = What::Linked {
        repo: repo.to_owned(),
        link: link.clone(),
    };
    (last.unwrap_or(session.span.end), what)
}
