//! A link: one session and one commit that belong together, with the evidence and the confidence.

use serde::{Deserialize, Serialize};

use super::evidence::Confidence;
use super::ids::{ObjectId, SessionId};
use super::sign::{Rung, Sign};
use super::span::Span;

/// One session and one commit that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// The commit.
    pub commit: ObjectId,
    /// The session.
    pub session: SessionId,
    /// The strongest kind of evidence.
    pub rung: Rung,
    /// Its confidence.
    pub confidence: Confidence,
    /// All evidence for it, the strongest first, such as `lines:12` or `window:3`. `docs/formats/links.md` lists them.
    pub evidence: Vec<Sign>,
    /// The part of the session's agent time that went into this commit: 0 to 1. Over all links of a session these add
    /// up to 1 or less; the rest was not committed.
    pub share: f64,
    /// The agent time of the share, lane by lane: overlapping if subagents worked in parallel. Empty if the log has no
    /// times.
    #[serde(skip)]
    pub worked: Vec<Span>,
}

impl Link {
    /// Whether it is certain enough to count in totals.
    pub fn counts(&self) -> bool {
        self.confidence >= Confidence::Medium
    }

    /// Whether another link of the session has the same change and takes its share: a rebased or picked copy.
    pub fn is_copy(&self) -> bool {
        self.evidence.contains(&Sign::Copy)
    }
}
