//! Notes of AgentNote (`refs/notes/agentnote`): JSON with a session, its files and the share that the agent wrote. An
//! older flat form has the same in other fields.

use serde::Deserialize;

use super::Maker;
use crate::evidence::Evidence;

/// The fields of a note that are read.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct AgentNote {
    agent: Option<String>,
    model: Option<String>,
    session_id: Option<String>,
    files: Vec<File>,
    files_by_ai: Vec<serde_json::Value>,
    attribution: Attribution,
    ai_ratio: Option<f64>,
    ai_added_lines: Option<u64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct File {
    by_ai: bool,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Attribution {
    ai_ratio: Option<f64>,
    lines: Option<LineShare>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct LineShare {
    ai_added: Option<u64>,
}

impl AgentNote {
    /// Reads a note; one that is not such JSON is empty.
    pub fn read(content: &[u8]) -> Self {
        serde_json::from_slice(content).unwrap_or_default()
    }

    /// The session that it names. Untrusted text.
    pub fn session(&self) -> Option<&str> {
        self.session_id.as_deref()
    }

    /// The sign of an agent, with its lines if they are counted; none if the note assigns it no part.
    pub fn evidence(&self) -> Option<Evidence> {
        let share = self.attribution.lines.as_ref();
        let lines = share.and_then(|share| share.ai_added).or(self.ai_added_lines);
        let ratio = self.attribution.ai_ratio.or(self.ai_ratio);
        let has_part = lines.is_some_and(|lines| lines > 0)
            || ratio.is_some_and(|ratio| ratio > 0.0)
            || self.files.iter().any(|file| file.by_ai)
            || !self.files_by_ai.is_empty();
        let maker = Maker::agent(self.agent.as_deref(), self.model.as_deref());
        has_part.then(|| maker.sign("agentnote", lines))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_are_read() {
        let new = br#"{"v":1,"agent":"claude","model":"opus","session_id":"7","files":[{"path":"a","by_ai":true}],
                       "attribution":{"ai_ratio":50,"method":"line","lines":{"ai_added":12,"total_added":24}}}"#;
        let note = AgentNote::read(new);
        let sign = note.evidence().unwrap();
        assert_eq!(
            (sign.rule.to_string().as_str(), sign.lines),
            ("note:agentnote", Some(12))
        );
        assert_eq!(
            (sign.agent.as_deref(), note.session()),
            (Some("claude-code"), Some("7"))
        );
        let old = AgentNote::read(br#"{"files_by_ai":["a"],"ai_ratio":10,"ai_added_lines":3}"#);
        assert_eq!(old.evidence().unwrap().lines, Some(3));
    }

    #[test]
    fn a_note_that_gives_the_agent_no_part_is_no_sign() {
        for note in [
            "",
            "[]",
            "{\"v\":1,\"agent\":\"codex\",\"attribution\":{\"ai_ratio\":0}}",
        ] {
            assert_eq!(AgentNote::read(note.as_bytes()).evidence(), None, "{note}");
        }
    }
}
