//! A link: one session and one commit that belong together, how that is known and how sure it is.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::evidence::Confidence;
use super::ids::{ObjectId, SessionId};
use super::span::Span;

/// The kinds of evidence, the strongest first. Time alone is on no rung.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Rung {
    /// The session's own log names the commit.
    Hash,
    /// A note or trailer of the commit names the session.
    Record,
    /// Lines that the session wrote or removed are written or removed by the commit.
    Lines,
    /// The commit stands where the session worked: its time and its files, or its place in the session's branch.
    Context,
    /// The same day and a file in common: a place to look.
    Day,
}

impl Rung {
    /// The rung of a sign, as [`Link::evidence`] has them; `None` for one that another version wrote.
    pub fn of(sign: &str) -> Option<Self> {
        match sign.split(':').next()? {
            "hash" => Some(Self::Hash),
            "trailer" | "note" | "url" => Some(Self::Record),
            "lines" => Some(Self::Lines),
            "window" | "follows" | "beside" => Some(Self::Context),
            "day" => Some(Self::Day),
            _ => None,
        }
    }
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hash => "hash",
            Self::Record => "record",
            Self::Lines => "lines",
            Self::Context => "context",
            Self::Day => "day",
        })
    }
}

/// The evidence that marks a copy.
pub const COPY: &str = "copy";

/// One session and one commit that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The commit.
    pub commit: ObjectId,
    /// The session.
    pub session: SessionId,
    /// The strongest kind of evidence.
    pub rung: Rung,
    /// How sure it is.
    pub confidence: Confidence,
    /// All that speaks for it, the strongest first, such as `lines:12` or `window:3`. `docs/formats/links.md` lists them.
    pub evidence: Vec<String>,
    /// The part of the session's agent time that went into this commit: 0 to 1. Over all links of a session these add up
    /// to 1 or less; what is missing was not committed.
    pub share: f64,
    /// The agent time that the share stands for, lane by lane: overlapping where subagents worked side by side. Empty where
    /// the log has no times.
    #[serde(skip)]
    pub worked: Vec<Span>,
}

impl Link {
    /// Whether it is sure enough to count in totals.
    pub fn counts(&self) -> bool {
        self.confidence >= Confidence::Medium
    }

    /// Whether another link of the session holds the same change and takes its share: a rebased or picked copy.
    pub fn is_copy(&self) -> bool {
        self.evidence.iter().any(|sign| sign == COPY)
    }
}
