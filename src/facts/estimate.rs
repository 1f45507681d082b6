//! The estimate of a task: its hours with their range, its parts, and who gave it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::agents;
use super::checks::{TaskError, check_text};
use super::number;
use super::quantity::{Hours, WorkTime};

/// The tolerance between phases and their estimate, in hours: less than a second.
const PHASE_TOLERANCE: f64 = 1e-4;

/// Hours that a senior engineer who knows the stack and the domain would need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The hours: the likely value if there is a range.
    pub hours: Hours,
    /// The low end of their range; `None` without a range.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub low: Option<Hours>,
    /// The high end of their range; `None` without a range.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub high: Option<Hours>,
    /// The person who states it, or on whose behalf an agent does.
    pub by: String,
    /// The agent that estimated; `None` if a person did, or a line of an earlier version does not record it. In the
    /// ledger its fields are those of the estimate: `agent` and `model`.
    #[serde(flatten, skip_serializing_if = "Option::is_none", default)]
    pub estimator: Option<Estimator>,
    /// What it is based on.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub basis: Option<String>,
    /// Its named parts; they sum to the hours.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub phases: Vec<Phase>,
}

/// An agent that estimated on behalf of a person. Its texts are untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimator {
    /// The agent, in the standard spelling (`claude-code`).
    pub agent: String,
    /// The model, as written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
}

/// No agent's name has more words.
const MOST_WORDS: usize = 4;

impl Estimator {
    /// The value for a person in the place of an agent.
    pub const PERSON: &'static str = "person";

    /// Reads `claude-code` or `claude-code claude-opus-4-8`; `person` is not an agent.
    pub fn parse(text: &str) -> Result<Option<Self>, TaskError> {
        let text = text.trim();
        if text.eq_ignore_ascii_case(Self::PERSON) {
            return Ok(None);
        }
        let (agent, model) = Self::known(text)
            .or_else(|| text.split_once(char::is_whitespace))
            .unwrap_or((text, ""));
        let model = model.trim();
        let estimator = Self {
            agent: agents::known_spelling(agent).unwrap_or(agent).to_owned(),
            model: (!model.is_empty()).then(|| model.to_owned()),
        };
        estimator.check()?;
        Ok(Some(estimator))
    }

    /// The agent whose name of several words the text begins with, and the rest: `Claude Code` is not a `Claude` with
    /// the model `Code`.
    fn known(text: &str) -> Option<(&str, &str)> {
        let ends = text.match_indices(char::is_whitespace).map(|(at, _)| at);
        let ends: Vec<usize> = ends.chain([text.len()]).take(MOST_WORDS).collect();
        let splits = ends.into_iter().rev().map(|end| text.split_at(end));
        let mut known = splits.filter(|(name, _)| agents::known_spelling(name).is_some());
        known.next()
    }

    /// Whether it may be written.
    fn check(&self) -> Result<(), TaskError> {
        check_text("the estimator", &self.agent)?;
        if self.agent == Self::PERSON || self.agent.contains(char::is_whitespace) {
            return Err(TaskError::NoAgent(self.agent.clone()));
        }
        let model = self.model.as_deref();
        model.map_or(Ok(()), |model| check_text("the model of the estimator", model))
    }
}

/// `claude-code claude-opus-4-8`, as a trailer has it.
impl fmt::Display for Estimator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.agent)?;
        let model = self.model.as_deref();
        model.map_or(Ok(()), |model| write!(f, " {model}"))
    }
}

/// A named part of an estimate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// The name of the part.
    pub name: String,
    /// Its hours: the likely value if there is a range.
    pub hours: Hours,
    /// The low end of their range; `None` without a range.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub low: Option<Hours>,
    /// The high end of their range; `None` without a range.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub high: Option<Hours>,
}

/// Who estimated, as one estimator is told from another: a person by their address, an agent by its name and that of the
/// person on whose behalf it estimated.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EstimatorKey {
    /// The address of the person in lower case, or the whole text if it has none. Untrusted text.
    pub person: String,
    /// The agent in the standard spelling; `None` if the person estimated.
    pub agent: Option<String>,
}

impl Estimate {
    /// An estimate of a person without a range, a basis or phases.
    pub fn new(hours: Hours, by: impl Into<String>) -> Self {
        Self {
            hours,
            low: None,
            high: None,
            by: by.into(),
            estimator: None,
            basis: None,
            phases: Vec::new(),
        }
    }

    /// Who estimated.
    pub fn estimator_key(&self) -> EstimatorKey {
        let address = self
            .by
            .rsplit_once('<')
            .and_then(|(_, rest)| rest.split_once('>'));
        let address = address.map(|(address, _)| address.trim());
        let person = address
            .filter(|address| !address.is_empty())
            .unwrap_or(self.by.trim());
        let agent = self.estimator.as_ref().map(|_| self.estimated_by().to_owned());
        EstimatorKey {
            person: person.to_lowercase(),
            agent,
        }
    }

    /// The agent that estimated, in the standard spelling if it is known, or `person`.
    pub fn estimated_by(&self) -> &str {
        let agent = self.estimator.as_ref().map(|estimator| estimator.agent.as_str());
        agent.map_or(Estimator::PERSON, |agent| {
            agents::known_spelling(agent).unwrap_or(agent)
        })
    }

    /// Whether its phases have names and sum to its hours.
    pub fn check(&self) -> Result<(), TaskError> {
        self.estimator.as_ref().map_or(Ok(()), Estimator::check)?;
        self.phases
            .iter()
            .try_for_each(|phase| check_text("the phase", &phase.name))?;
        match self.phases_sum_to_it() {
            true => Ok(()),
            false => Err(TaskError::PhasesDoNotSum {
                phases: phase_sum(&self.phases).to_string(),
                estimate: self.hours.to_string(),
            }),
        }
    }

    /// Whether its phases, if it has any, are parts of its hours and no others.
    pub fn phases_sum_to_it(&self) -> bool {
        let sum = phase_sum(&self.phases).get();
        self.phases.is_empty() || (sum - self.hours.get()).abs() <= PHASE_TOLERANCE
    }
}

/// A text that is not a phase.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("`{0}` is not a phase such as `Schema design=4h`")]
pub struct PhaseError(String);

impl Phase {
    /// A phase without a range.
    pub fn new(name: impl Into<String>, hours: Hours) -> Self {
        Self {
            name: name.into(),
            hours,
            low: None,
            high: None,
        }
    }

    /// Reads `Schema design=4h` or `Schema design 4h`.
    pub fn parse(text: &str, work: WorkTime) -> Result<Self, PhaseError> {
        let text = text.trim();
        let phase = |name: &str, hours: &str| {
            let name = name.trim();
            let hours = Hours::parse(hours, work).ok()?;
            (!name.is_empty()).then(|| Self::new(name, hours))
        };
        text.rsplit_once('=')
            .and_then(|(name, hours)| phase(name, hours))
            // The longest end that is a duration: `Stage 2 1h 30m` takes an hour and a half. `Stage 2 400h` takes 400:
            // a number grouped by a space would absorb the end of the name.
            .or_else(|| {
                text.match_indices(char::is_whitespace)
                    .filter(|(at, _)| !number::is_grouped_by_space(text[*at..].trim_start()))
                    .find_map(|(at, _)| phase(&text[..at], &text[at..]))
            })
            .ok_or_else(|| PhaseError(text.chars().take(60).collect()))
    }
}

/// The sum of phases.
pub fn phase_sum(phases: &[Phase]) -> Hours {
    phases.iter().map(|phase| phase.hours).sum()
}

#[cfg(test)]
mod tests {
    use super::super::task::Task;
    use super::super::task::tests::sample;
    use super::*;

    fn phase(name: &str, hours: f64) -> Phase {
        Phase::new(name, Hours::new(hours).unwrap())
    }

    #[test]
    fn phases_sum_to_the_estimate() {
        let mut estimate = sample().estimate;
        estimate.phases = vec![phase("Schema", 4.1), phase("Client", 35.9)];
        assert_eq!(estimate.check(), Ok(()));
        estimate.phases.push(phase("Tests", 1.0));
        assert_eq!(
            estimate.check().unwrap_err().to_string(),
            "the phases sum to 41h, but the estimate is 40h"
        );
    }

    #[test]
    fn who_estimated_is_an_agent_with_its_model_or_a_person() {
        let read = |text: &str| Estimator::parse(text).map_err(|error| error.to_string());
        let agent = |agent: &str, model: Option<&str>| {
            Some(Estimator {
                agent: agent.into(),
                model: model.map(Into::into),
            })
        };
        assert_eq!(read(" person "), Ok(None));
        assert_eq!(read("codex"), Ok(agent("codex", None)));
        let with_model = agent("claude-code", Some("claude-opus-4-8"));
        assert_eq!(read("claude-code  claude-opus-4-8"), Ok(with_model.clone()));
        assert_eq!(read(""), Err("the estimator is empty".into()));
        assert!(read("codex gpt\u{1b}").is_err());

        let mut task = sample();
        let before = serde_json::to_value(&task).unwrap();
        assert_eq!(before["estimate"].as_object().unwrap().len(), 2);
        assert_eq!(serde_json::from_value::<Task>(before).unwrap(), task);
        task.estimate.estimator = with_model;
        let after = serde_json::to_value(&task).unwrap();
        assert_eq!(after["estimate"]["agent"], "claude-code");
        assert_eq!(after["estimate"]["model"], "claude-opus-4-8");
        assert_eq!(serde_json::from_value::<Task>(after).unwrap(), task);
        task.estimate.estimator = agent("person", None);
        assert_eq!(
            task.check().unwrap_err().to_string(),
            "`person` is not an agent name such as `claude-code`"
        );
    }

    #[test]
    fn phases_are_a_name_and_a_duration() {
        let read = |text| Phase::parse(text, WorkTime::default()).map_err(|error| error.to_string());
        for (text, expected) in [
            ("Schema design=4h", phase("Schema design", 4.0)),
            ("Schema design 4h", phase("Schema design", 4.0)),
            ("Stage 2 1h 30m", phase("Stage 2", 1.5)),
            ("a=b=2 hours", phase("a=b", 2.0)),
            ("Sprint 2 400h", phase("Sprint 2", 400.0)),
            ("Sprint=2 400h", phase("Sprint", 2400.0)),
        ] {
            assert_eq!(read(text), Ok(expected));
        }
        for text in ["", "4h", "=4h", "Design", "Design=4", "Design=-4h"] {
            assert_eq!(
                read(text),
                Err(format!("`{text}` is not a phase such as `Schema design=4h`"))
            );
        }
    }

    #[test]
    fn an_estimator_is_a_person_by_address_or_an_agent_on_their_behalf() {
        let key = |by: &str, estimator: &str| {
            let estimate = Estimate {
                estimator: Estimator::parse(estimator).unwrap(),
                ..Estimate::new(Hours::default(), by)
            };
            estimate.estimator_key()
        };
        let ada = key("Ada Example <Ada@Example.org>", "person");
        assert_eq!(ada, key("Ada E. <ada@example.org>", "person"));
        assert_ne!(ada, key("Ada Example <ada@example.com>", "person"));
        assert_ne!(ada, key("Ada Example <ada@example.org>", "codex"));
        assert_eq!(key("a <a@b>", "codex"), key("b <a@b>", "codex gpt-6"));
        assert_eq!(key(" 13 ", "person").person, "13");
        assert_eq!(key("Ada <>", "person").person, "ada <>");
    }
}
