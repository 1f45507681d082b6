//! How strong the evidence is that an agent made a commit: who could have written it.

use std::collections::HashSet;

use serde::Serialize;

use super::evidence::All;
use crate::correlate::seen::Origin;
use crate::facts::automations::is_automation;
use crate::facts::commit::Commit;
use crate::facts::evidence::OriginState;
use crate::facts::ids::ObjectId;
use crate::facts::sign::{Rung, Sign};

/// Kinds of evidence, the strongest first. Anyone who can commit can type all but the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// The log of a session, on this machine, is linked to the commit.
    Log,
    /// A note on the commit, which anyone who can push notes can write.
    Note,
    /// The author, which is whatever the config of the one who commits says.
    Author,
    /// A trailer of the message.
    Trailer,
    /// Other text of the message.
    Text,
}

impl Strength {
    /// All of them, the strongest first.
    pub const ALL: [Self; 5] = [Self::Log, Self::Note, Self::Author, Self::Trailer, Self::Text];

    /// As in the JSON format.
    pub fn word(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Note => "note",
            Self::Author => "author",
            Self::Trailer => "trailer",
            Self::Text => "text",
        }
    }

    /// What a sign of an agent is worth on a commit whose session logs are here, or are not. A session that a trailer or a
    /// note names is worth no more than these.
    pub(super) fn of(sign: &Sign, is_logged: bool) -> Self {
        match sign {
            Sign::Session(rung) if is_logged && *rung != Rung::Record => Self::Log,
            Sign::Session(_) | Sign::Note(_) | Sign::Human(_) => Self::Note,
            Sign::Author => Self::Author,
            Sign::Trailer(_) | Sign::OwnTrailer(_) => Self::Trailer,
            _ => Self::Text,
        }
    }
}

/// The commits that the log of a session on this machine is linked to, by what it contains.
pub(super) fn logged(all: All<'_>) -> HashSet<ObjectId> {
    let logged = all
        .sessions
        .iter()
        .filter(|session| session.origin == Origin::Log);
    logged
        .flat_map(|session| &session.links)
        .filter(|(_, link)| link.counts() && link.rung != Rung::Record)
        .map(|(_, link)| link.commit)
        .collect()
}

/// Who or what made a commit. An automation, such as one that updates dependencies, is neither an agent nor unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Maker {
    /// An agent had a part in it.
    Agent,
    /// A known automation committed it, and nothing says that an agent had a part.
    Automation,
    /// Something says that a person made it without an agent.
    Human,
    /// There is no evidence either way.
    Unknown,
}

impl Maker {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Self; 4] = [Self::Agent, Self::Human, Self::Automation, Self::Unknown];

    /// Who or what made it.
    pub fn of(commit: &Commit) -> Self {
        match commit.origin.state() {
            OriginState::Agent => Self::Agent,
            OriginState::Human => Self::Human,
            OriginState::Unknown if is_automation(&commit.author) => Self::Automation,
            OriginState::Unknown => Self::Unknown,
        }
    }

    /// As in the JSON format.
    pub fn word(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Automation => "automation",
            Self::Human => "human",
            Self::Unknown => "unknown",
        }
    }
}
