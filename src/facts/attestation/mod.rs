//! Notes of other tools that attest which lines of a commit an agent wrote, and which agent.
//!
//! One file per format. Notes are untrusted text: invalid parts are skipped, and what a note does not name stays
//! unknown.

pub mod agentnote;
pub mod git_ai;

use super::agents::our_spelling;
use super::evidence::Evidence;
use super::sign::Sign;

/// Who wrote attested lines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Maker {
    /// An agent, and which one if the note names it.
    Agent {
        /// In the standard spelling.
        agent: Option<String>,
        /// As written. Untrusted text.
        model: Option<String>,
    },
    /// A person.
    Person,
}

impl Maker {
    /// An agent as other tools name it, with placeholders for unknown models left out.
    fn agent(tool: Option<&str>, model: Option<&str>) -> Self {
        let model = model.map(|model| model.trim_matches('"').trim());
        let is_named = |model: &&str| !matches!(*model, "" | "default" | "unknown" | "<synthetic>");
        Self::Agent {
            agent: tool.filter(|tool| !tool.is_empty()).map(our_spelling),
            model: model.filter(is_named).map(str::to_owned),
        }
    }

    /// The sign that this maker wrote this many lines, by a note of the tool `by`.
    fn sign(&self, by: &str, lines: Option<u64>) -> Evidence {
        match self {
            Self::Agent { agent, model } => Evidence {
                rule: Sign::Note(by.to_owned()),
                agent: agent.clone(),
                model: model.clone(),
                lines,
            },
            Self::Person => Evidence {
                rule: Sign::Human(by.to_owned()),
                agent: None,
                model: None,
                lines,
            },
        }
    }
}
