//! Who made a commit, and how that is known.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The three states of a commit. Unknown is never counted as human.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OriginState {
    /// An agent had a part in it.
    Agent,
    /// Something says that a person made it without an agent.
    Human,
    /// Nothing says either.
    #[default]
    Unknown,
}

/// How sure a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A place to look; in no total.
    Low,
    /// More likely than not.
    Medium,
    /// Named by a record or by matching lines.
    High,
    /// The agent's own log names the commit.
    Certain,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Certain => "certain",
        })
    }
}

/// One sign, and what it says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// The rule that found it, such as `trailer:co-authored-by` or `note:git-ai`.
    pub rule: String,
    /// The agent it names, in our spelling (`claude-code`, `codex`, …).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agent: Option<String>,
    /// The model it names, as written there. Untrusted text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
    /// Lines that the sign itself attests, where it counts them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lines: Option<u64>,
}

/// The state of a commit with all that speaks for it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Origin {
    /// What the evidence adds up to.
    pub state: OriginState,
    /// Every sign found, sorted, each once.
    pub evidence: Vec<Evidence>,
}

/// How the rules begin whose signs speak of a person.
const HUMAN: &str = "human:";

impl Origin {
    /// What signs add up to: one of an agent is enough, and without any nothing is known.
    pub fn new(mut evidence: Vec<Evidence>) -> Self {
        evidence.sort();
        evidence.dedup();
        let state = if evidence.iter().any(|sign| !sign.rule.starts_with(HUMAN)) {
            OriginState::Agent
        } else if evidence.is_empty() {
            OriginState::Unknown
        } else {
            OriginState::Human
        };
        Self { state, evidence }
    }

    /// Adds signs.
    pub fn add(&mut self, signs: impl IntoIterator<Item = Evidence>) {
        let mut evidence = std::mem::take(&mut self.evidence);
        evidence.extend(signs);
        *self = Self::new(evidence);
    }

    /// The agents named, sorted, each once.
    pub fn agents(&self) -> Vec<&str> {
        let mut agents: Vec<&str> = self
            .evidence
            .iter()
            .filter_map(|sign| sign.agent.as_deref())
            .collect();
        agents.sort_unstable();
        agents.dedup();
        agents
    }
}
