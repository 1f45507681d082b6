//! The estimate of a task: its hours with their range, its parts, and who gave it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::agents;
use super::checks::{TaskError, check_text};
use super::number;
use super::quantity::{Hours, WorkTime};
use super::range::{self, Ends, HoursRange, RangeError};

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
        self.estimator_key_of(&self.by)
    }

    /// Who estimated, if the person is `by`: the same person by the name and address that a mailmap gives.
    pub fn estimator_key_of(&self, by: &str) -> EstimatorKey {
        let address = by.rsplit_once('<').and_then(|(_, rest)| rest.split_once('>'));
        let address = address.map(|(address, _)| address.trim());
        let person = address.filter(|address| !address.is_empty()).unwrap_or(by.trim());
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

    /// The ends of its range: its own, or those that follow from its phases.
    pub fn range(&self) -> Option<Ends> {
        Ends::around(self.hours, self.low, self.high)
    }

    /// The lowest and the highest hours: the ends of its range, or the hours without one. So a sum of estimates adds low
    /// ends and high ends: one estimator may be too high everywhere, and tasks do not make up for each other.
    pub fn ends(&self) -> (Hours, Hours) {
        self.range()
            .map_or((self.hours, self.hours), |ends| (ends.low, ends.high))
    }

    /// Takes over what somebody states: hours or a range, phases, or both. With phases, their sum is the likely value of
    /// a range that states none, and their ranges make one of hours without. `None` leaves the hours to the phases.
    pub fn state(&mut self, hours: Option<HoursRange>, phases: Vec<Phase>) {
        let hours = hours.unwrap_or_else(|| phase_sum(&phases).into());
        self.hours = match phases.is_empty() {
            true => hours.likely(),
            false => hours.likely_with(phase_sum(&phases)),
        };
        self.phases = phases;
        self.low = hours.ends().map(|ends| ends.low);
        self.high = hours.ends().map(|ends| ends.high);
        self.fill_range();
    }

    /// Gives hours without a range the one that follows from the phases.
    pub fn fill_range(&mut self) {
        if self.low.is_none() && self.high.is_none() {
            let ends = self.range_of_phases();
            self.low = ends.map(|ends| ends.low);
            self.high = ends.map(|ends| ends.high);
        }
    }

    /// The range that follows from its phases.
    pub fn range_of_phases(&self) -> Option<Ends> {
        let phases = self.phases.iter().map(|phase| (phase.hours, phase.range()));
        let ends = range::combined(phases).filter(|_| self.phases_sum_to_it())?;
        Ends::around(self.hours, Some(ends.low), Some(ends.high))
    }

    /// Whether its phases have names and sum to its hours, and the hours are within their range.
    pub fn check(&self) -> Result<(), TaskError> {
        self.estimator.as_ref().map_or(Ok(()), Estimator::check)?;
        self.phases
            .iter()
            .try_for_each(|phase| check_text("the phase", &phase.name))?;
        if !self.phases_sum_to_it() {
            return Err(TaskError::PhasesDoNotSum {
                phases: phase_sum(&self.phases).to_string(),
                estimate: stated(self.hours, self.low, self.high),
            });
        }
        let phases = self.phases.iter();
        let phases = phases.map(|phase| (phase.hours, phase.low, phase.high));
        let mut all = std::iter::once((self.hours, self.low, self.high)).chain(phases);
        let is_range = |(hours, low, high): &(Hours, Option<Hours>, Option<Hours>)| {
            low.is_none() && high.is_none() || Ends::around(*hours, *low, *high).is_some()
        };
        match all.find(|stated| !is_range(stated)) {
            None => Ok(()),
            Some((hours, low, high)) => Err(TaskError::NoRange {
                range: stated(hours, low, high),
            }),
        }
    }

    /// `40h`, or `37.9h (24h..60h)`: the hours with their range, for people.
    pub fn shown(&self) -> String {
        with_range(self.hours, self.range())
    }

    /// Whether its phases, if it has any, are parts of its hours and no others.
    pub fn phases_sum_to_it(&self) -> bool {
        let sum = phase_sum(&self.phases).get();
        self.phases.is_empty() || (sum - self.hours.get()).abs() <= PHASE_TOLERANCE
    }
}

/// Hours with their range, for people.
pub fn with_range(hours: Hours, range: Option<Ends>) -> String {
    match range {
        Some(ends) => format!("{hours} ({ends})"),
        None => hours.to_string(),
    }
}

/// What a range states, whether it is one or not: `24h..40h..60h`.
fn stated(hours: Hours, low: Option<Hours>, high: Option<Hours>) -> String {
    if low.is_none() && high.is_none() {
        return hours.to_string();
    }
    let end = |end: Option<Hours>| end.map_or(String::new(), |end| end.to_string());
    format!("{}..{hours}..{}", end(low), end(high))
}

/// A text that is not a phase.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum PhaseError {
    /// It has no name or no hours.
    #[error("`{0}` is not a phase such as `Schema design=4h`")]
    NoPhase(String),
    /// Its hours are not a range.
    #[error(transparent)]
    NoRange(#[from] RangeError),
}

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

    /// A phase with what somebody states of its hours.
    pub fn stated(name: impl Into<String>, hours: HoursRange) -> Self {
        Self {
            name: name.into(),
            hours: hours.likely(),
            low: hours.ends().map(|ends| ends.low),
            high: hours.ends().map(|ends| ends.high),
        }
    }

    /// The ends of its range.
    pub fn range(&self) -> Option<Ends> {
        Ends::around(self.hours, self.low, self.high)
    }

    /// `4h`, or `4.24h (3h..6h)`: its hours with their range, for people.
    pub fn shown(&self) -> String {
        with_range(self.hours, self.range())
    }

    /// Reads `Schema design=4h` or `Schema design 4h`, or with a range, `Schema design=3h..6h`.
    pub fn parse(text: &str, work: WorkTime) -> Result<Self, PhaseError> {
        let text = text.trim();
        let phase = |name: &str, hours: &str| {
            let name = name.trim();
            let hours = HoursRange::parse(hours, work).ok()?;
            (!name.is_empty()).then(|| Self::stated(name, hours))
        };
        text.rsplit_once('=')
            .and_then(|(name, hours)| phase(name, hours))
            // The longest end that is a duration: `Stage 2 1h 30m` takes an hour and a half. `Stage 2 400h` takes 400:
            // a number grouped by a space would absorb the end of the name.
            .or_else(|| {
                text.match_indices(char::is_whitespace)
                    .filter(|(at, _)| !number::is_grouped_by_space(text[*at..].trim_start()))
                    .filter(|(at, _)| !Self::ends_in_range(&text[..*at], work))
                    .find_map(|(at, _)| phase(&text[..at], &text[at..]))
            })
            .ok_or_else(|| Self::refused(text, work))
    }

    /// Whether the end of a name belongs to what follows it: the range of `Client 6h.. 3h` is reversed, and 3h are not
    /// those of a phase with such a name.
    fn ends_in_range(name: &str, work: WorkTime) -> bool {
        let last = name.rsplit(|c: char| c.is_whitespace() || c == '=').next();
        let low = last.and_then(|word| word.split_once("..")).map(|(low, _)| low);
        low.is_some_and(|low| low.is_empty() || Hours::parse(low, work).is_ok())
    }

    /// Why a text is not a phase.
    fn refused(text: &str, work: WorkTime) -> PhaseError {
        let range = text
            .rsplit_once('=')
            .or_else(|| text.rsplit_once(char::is_whitespace));
        let range = range.filter(|(name, range)| !name.trim().is_empty() && range.contains(".."));
        match range.and_then(|(_, range)| HoursRange::parse(range, work).err()) {
            Some(error) => PhaseError::NoRange(error),
            None => PhaseError::NoPhase(text.chars().take(60).collect()),
        }
    }
}

/// The sum of phases.
pub fn phase_sum(phases: &[Phase]) -> Hours {
    phases.iter().map(|phase| phase.hours).sum()
}

#[cfg(test)]
mod tests {
    use super::super::task::Task;
    use super::super::task::sample;
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
            ("Client=3h..6h", ranged("Client", 3.0, 4.24, 6.0)),
            ("Client 3h..6h", ranged("Client", 3.0, 4.24, 6.0)),
            ("Client 3h .. 6h", ranged("Client", 3.0, 4.24, 6.0)),
            ("Stage 2 1h 30m..4h..5h", ranged("Stage 2", 1.5, 4.0, 5.0)),
            ("Client=4h..4h", phase("Client", 4.0)),
            ("v1..v2 4h", phase("v1..v2", 4.0)),
            ("and so on.. 4h", phase("and so on..", 4.0)),
        ] {
            assert_eq!(read(text), Ok(expected));
        }
        for text in ["", "4h", "=4h", "Design", "Design=4", "Design=-4h"] {
            assert_eq!(
                read(text),
                Err(format!("`{text}` is not a phase such as `Schema design=4h`"))
            );
        }
        let reversed = "the range `6h..3h` is reversed: its low end is above its high end";
        for text in ["Client=6h..3h", "Client 6h..3h", "a b=6h..3h"] {
            assert_eq!(read(text), Err(reversed.to_owned()), "{text}");
        }
        for text in [
            "Client 6h .. 3h",
            "Client 6h.. 3h",
            "Client=6h..3h 30m",
            "Client 0h..3h 30m",
            "Client .. 4h",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    fn ranged(name: &str, low: f64, hours: f64, high: f64) -> Phase {
        Phase {
            low: Hours::new(low),
            high: Hours::new(high),
            ..phase(name, hours)
        }
    }

    #[test]
    fn what_is_stated_of_the_whole_goes_before_what_follows_from_the_phases() {
        let read = |text: &str| HoursRange::parse(text, WorkTime::default()).unwrap();
        let shown = |hours: Option<&str>, phases: &[Phase]| {
            let mut estimate = sample().estimate;
            estimate.state(hours.map(read), phases.to_vec());
            let checked = estimate.check().map_err(|error| error.to_string());
            checked.map(|()| estimate.shown())
        };
        let phases = [ranged("a", 7.0, 10.0, 16.0), ranged("b", 16.0, 20.0, 28.0)];
        let shown_of = |text: &str| Ok(text.to_owned());
        assert_eq!(shown(Some("40h"), &[]), shown_of("40h"));
        assert_eq!(shown(Some("24h..60h"), &[]), shown_of("37.9h (24h..60h)"));
        assert_eq!(shown(None, &phases), shown_of("30h (25h..40h)"));
        assert_eq!(shown(Some("30h"), &phases), shown_of("30h (25h..40h)"));
        assert_eq!(shown(Some("24h..60h"), &phases), shown_of("30h (24h..60h)"));
        assert_eq!(shown(Some("24h..30h..60h"), &phases), shown_of("30h (24h..60h)"));
        assert_eq!(
            shown(Some("24h..60h"), &[phase("a", 30.0)]),
            shown_of("30h (24h..60h)")
        );
        for (whole, stated) in [
            ("31h..60h", "31h..43.1h..60h"),
            ("24h..40h..60h", "24h..40h..60h"),
        ] {
            let wanted = format!("the phases sum to 30h, but the estimate is {stated}");
            assert_eq!(shown(Some(whole), &phases), Err(wanted));
        }
        let mut wrong = sample().estimate;
        wrong.low = Hours::new(50.0);
        let refused = |estimate: &Estimate| estimate.check().unwrap_err().to_string();
        assert!(
            refused(&wrong).starts_with("`50h..40h..` is not a range"),
            "{}",
            refused(&wrong)
        );
        wrong.high = Hours::new(60.0);
        assert!(refused(&wrong).starts_with("`50h..40h..60h` is not a range"));
        assert_eq!(wrong.range(), None);
        wrong.low = Hours::new(0.0);
        assert!(wrong.check().is_err());
        wrong.low = Hours::new(0.5);
        assert_eq!(wrong.check(), Ok(()));
        wrong.phases = vec![ranged("a", 41.0, 40.0, 42.0)];
        assert!(wrong.check().is_err());
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
