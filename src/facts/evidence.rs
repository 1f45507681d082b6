//! Who made a commit, and the evidence for it.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::ids::ObjectId;
use super::sign::Sign;

/// The three states of a commit. Unknown is never counted as human.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OriginState {
    /// An agent had a part in it.
    Agent,
    /// Evidence shows that a person made it without an agent.
    Human,
    /// There is no evidence either way.
    #[default]
    Unknown,
}

/// How sure a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A hint; in no total.
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

/// One sign, and what it shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Evidence {
    /// The rule that found it, such as `trailer:co-authored-by` or `note:git-ai`.
    pub rule: Sign,
    /// The agent it names, in our spelling (`claude-code`, `codex`, …).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agent: Option<String>,
    /// The model it names, as written there. Untrusted text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
    /// Lines that the sign attests, if it counts them.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lines: Option<u64>,
}

/// [`Evidence`] without the attributes that omit empty fields from its JSON: for compact formats.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredEvidence {
    rule: Sign,
    agent: Option<String>,
    model: Option<String>,
    lines: Option<u64>,
}

impl StoredEvidence {
    /// For a file.
    pub fn of(evidence: &Evidence) -> Self {
        let Evidence {
            rule,
            agent,
            model,
            lines,
        } = evidence.clone();
        Self {
            rule,
            agent,
            model,
            lines,
        }
    }

    /// The inverse.
    pub fn evidence(self) -> Evidence {
        Evidence {
            rule: self.rule,
            agent: self.agent,
            model: self.model,
            lines: self.lines,
        }
    }
}

/// The state of a commit with all its evidence. Made only from signs, so that the two cannot disagree.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Origin {
    state: OriginState,
    /// Sorted, each once.
    evidence: Vec<Evidence>,
}

impl Origin {
    /// The conclusion from signs: one of an agent is enough, and without any the state is unknown.
    pub fn new(mut evidence: Vec<Evidence>) -> Self {
        evidence.sort();
        evidence.dedup();
        let state = if evidence.iter().any(|sign| !sign.rule.is_of_person()) {
            OriginState::Agent
        } else if evidence.is_empty() {
            OriginState::Unknown
        } else {
            OriginState::Human
        };
        Self { state, evidence }
    }

    /// Adds more signs.
    #[must_use]
    pub fn with(&self, signs: impl IntoIterator<Item = Evidence>) -> Self {
        Self::new(self.evidence.iter().cloned().chain(signs).collect())
    }

    /// The conclusion from the evidence.
    pub fn state(&self) -> OriginState {
        self.state
    }

    /// Every sign found, sorted, each once.
    pub fn evidence(&self) -> &[Evidence] {
        &self.evidence
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

/// Whether marks that other tools leave in messages and notes count as evidence of who made a commit, and in which
/// session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForeignTrailers {
    /// They do.
    #[default]
    Believe,
    /// Only the trailers and notes of git-leverage do, and authors.
    Ignore,
}

impl ForeignTrailers {
    fn admits(self, sign: &Evidence) -> bool {
        self == Self::Believe || !sign.rule.is_foreign_mark()
    }
}

/// Evidence for commits besides their own text: notes of other tools, records of the ledger, sessions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Signs(HashMap<ObjectId, Vec<Evidence>>);

impl Signs {
    /// Adds evidence for a commit.
    pub fn add(&mut self, commit: ObjectId, signs: impl IntoIterator<Item = Evidence>) {
        self.0.entry(commit).or_default().extend(signs);
    }

    /// Adds all signs of another collection.
    pub fn extend(&mut self, other: Self) {
        for (commit, signs) in other.0 {
            self.add(commit, signs);
        }
    }

    /// All of them, by commit, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (ObjectId, &[Evidence])> {
        self.0.iter().map(|(commit, signs)| (*commit, signs.as_slice()))
    }

    /// Those of one commit.
    pub fn of(&self, commit: ObjectId) -> &[Evidence] {
        self.0.get(&commit).map_or(&[], Vec::as_slice)
    }
}

/// Who made a commit: the only place where its own signs (author, trailers, text) and those from elsewhere are weighed.
pub fn origin(own: &[Evidence], elsewhere: &[Evidence], foreign: ForeignTrailers) -> Origin {
    let all = own.iter().chain(elsewhere);
    Origin::new(all.filter(|sign| foreign.admits(sign)).cloned().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign(rule: &str) -> Evidence {
        let Ok(rule) = rule.parse();
        Evidence {
            rule,
            agent: None,
            model: None,
            lines: None,
        }
    }

    #[test]
    fn one_sign_of_an_agent_from_anywhere_is_enough() {
        let human = [sign("human:no-agent")];
        let state = |own: &[Evidence], elsewhere: &[Evidence], foreign| origin(own, elsewhere, foreign).state;
        let believe = ForeignTrailers::Believe;
        assert_eq!(state(&[], &[], believe), OriginState::Unknown);
        assert_eq!(state(&human, &[], believe), OriginState::Human);
        assert_eq!(
            state(&human, &[sign("session:hash")], believe),
            OriginState::Agent
        );
        assert_eq!(state(&[], &[sign("note:git-ai")], believe), OriginState::Agent);
    }

    #[test]
    fn foreign_marks_can_be_left_out_and_notes_sessions_and_authors_stay() {
        let foreign = ["trailer:co-authored-by", "text:generated-with"].map(sign);
        let ours = ["author", "trailer:leverage-agent"].map(sign);
        let elsewhere = ["note:git-ai", "session:lines"].map(sign);
        let own: Vec<Evidence> = foreign.iter().chain(&ours).cloned().collect();
        let rules = |foreign| -> Vec<String> {
            let found = origin(&own, &elsewhere, foreign).evidence;
            found.into_iter().map(|sign| sign.rule.to_string()).collect()
        };
        assert_eq!(rules(ForeignTrailers::Believe).len(), 6);
        assert_eq!(
            rules(ForeignTrailers::Ignore),
            ["author", "note:git-ai", "session:lines", "trailer:leverage-agent"]
        );
    }
}
