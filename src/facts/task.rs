//! The task: what is claimed about a piece of work, and what was measured of it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::agents;
use super::commit::Instant;
use super::factor::Ratio;
use super::ids::{ObjectId, SessionId, TaskId};
use super::number;
use super::quantity::{Hours, Minutes, Tokens, WorkTime};
use super::session::Provenance;
use super::zone::Zone;

/// The longest title, name or reason that is written, in characters.
const MAX_TEXT: usize = 1000;
/// The tolerance between phases and their estimate, in hours: less than a second.
const PHASE_TOLERANCE: f64 = 1e-4;

/// One revision of one task. Text in it is untrusted: it came from a repository or a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// The id, the same in every revision and every clone.
    pub id: TaskId,
    /// 0 for the first revision, then 1, 2, …
    pub rev: u32,
    /// When this revision was written, in the years 1 to 9999.
    #[serde(deserialize_with = "time_with_four_digits")]
    pub at: DateTime<Utc>,
    /// Who wrote it: `Name <email>`.
    pub by: String,
    /// What was done, on one line.
    pub title: String,
    /// The day the work belongs to, in the years 1 to 9999.
    #[serde(deserialize_with = "day_with_four_digits")]
    pub date: NaiveDate,
    /// What a person would have needed: claimed.
    pub estimate: Estimate,
    /// How long the agent worked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agent_minutes: Option<Minutes>,
    /// How that came to be, if it is not claimed: measured in the sessions linked to the commit when it was recorded.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agent_minutes_basis: Option<Provenance>,
    /// How long a person prompted and reviewed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub supervisory_minutes: Option<Minutes>,
    /// How that came to be, if it is not claimed: estimated from the sessions. It may be set without a figure, if these
    /// showed nothing yet.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub supervisory_minutes_basis: Option<Provenance>,
    /// Tokens of all kinds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tokens: Option<Tokens>,
    /// How they came to be, if they are not claimed. It may be set without a figure, as above.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tokens_basis: Option<Provenance>,
    /// The agent, in the standard spelling (`claude-code`).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agent: Option<String>,
    /// The model, as written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub model: Option<String>,
    /// What kind of work it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub category: Option<String>,
    /// Free labels.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tags: Vec<String>,
    /// Sessions in which it was done.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub sessions: Vec<SessionId>,
    /// The session that recorded it, in the middle of its work: what it does besides its commits until it ends also
    /// counts for the task. Revisions keep it, wherever they are written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub recorded_in: Option<SessionId>,
    /// The agent that wrote this revision on behalf of `by`; `None` if a person did, or an earlier version does not
    /// record it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub written_by: Option<WrittenBy>,
    /// The totals at that time of the sessions that figures were taken from: they show whether the logs have lost
    /// anything since. Empty on lines of earlier versions.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub measured_in: Vec<MeasuredIn>,
    /// Commits of the task besides the one that its note is on.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub commits: Vec<ObjectId>,
    /// Additional repositories that it touched, by name.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub repos: Vec<String>,
    /// Where the record came from.
    pub source: TaskSource,
    /// Why it was revised.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
}

/// Whether a year has at most four digits, as in RFC 3339. The calendar goes much further, and nothing that walks it would end.
fn has_four_digits(year: i32) -> bool {
    (1..=9999).contains(&year)
}

const NOT_A_YEAR: &str = "the year is not one from 1 to 9999";

fn day_with_four_digits<'de, D: Deserializer<'de>>(from: D) -> Result<NaiveDate, D::Error> {
    let day = NaiveDate::deserialize(from)?;
    match has_four_digits(day.year()) {
        true => Ok(day),
        false => Err(D::Error::custom(NOT_A_YEAR)),
    }
}

fn time_with_four_digits<'de, D: Deserializer<'de>>(from: D) -> Result<DateTime<Utc>, D::Error> {
    let at = DateTime::<Utc>::deserialize(from)?;
    match has_four_digits(at.year()) {
        true => Ok(at),
        false => Err(D::Error::custom(NOT_A_YEAR)),
    }
}

/// A session as it was when a task took figures from it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MeasuredIn {
    /// The session.
    pub session: SessionId,
    /// Its last event, rounded up to a second.
    pub ended_at: DateTime<Utc>,
    /// All that its agents had worked.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agent_minutes: Option<Minutes>,
    /// All of the person's time in it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub supervisory_minutes: Option<Minutes>,
    /// All tokens.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tokens: Option<Tokens>,
    /// The part of it, 0 to 1, that the task took.
    pub share: f64,
}

/// Hours that a senior engineer who knows the stack and the domain would need.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The hours.
    pub hours: Hours,
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

/// An agent that called a command to write a revision. Its texts are untrusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrittenBy {
    /// The agent, in the standard spelling (`claude-code`).
    pub agent: String,
    /// The id of its session, if that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub session: Option<String>,
}

/// `claude-code:<id>`, or only the agent.
impl fmt::Display for WrittenBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.agent)?;
        let session = self.session.as_deref();
        session.map_or(Ok(()), |session| write!(f, ":{session}"))
    }
}

impl From<&SessionId> for WrittenBy {
    fn from(session: &SessionId) -> Self {
        Self {
            agent: session.agent.clone(),
            session: Some(session.id.clone()),
        }
    }
}

/// A named part of an estimate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// The name of the part.
    pub name: String,
    /// Its hours.
    pub hours: Hours,
}

/// How a task came into the ledger: `record`, `trailer`, `trailer:body` or `import:<name>`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskSource {
    /// `git leverage record`.
    Record,
    /// Trailers of a commit; no record was written.
    Trailer,
    /// Lines like trailers in the middle of a message, where git reads none; no record was written.
    TrailerBody,
    /// A file of that name.
    Import(String),
    /// A way that a later version knows.
    Other(String),
}

impl fmt::Display for TaskSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record => f.write_str("record"),
            Self::Trailer => f.write_str("trailer"),
            Self::TrailerBody => f.write_str("trailer:body"),
            Self::Import(name) => write!(f, "import:{name}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl FromStr for TaskSource {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match (text, text.strip_prefix("import:")) {
            ("record", _) => Self::Record,
            ("trailer", _) => Self::Trailer,
            ("trailer:body", _) => Self::TrailerBody,
            (_, Some(name)) => Self::Import(name.to_owned()),
            _ => Self::Other(text.to_owned()),
        })
    }
}

impl Serialize for TaskSource {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TaskSource {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Ok(source) = String::deserialize(deserializer)?.parse();
        Ok(source)
    }
}

/// Why a task may not be written.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum TaskError {
    /// Nothing in it.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// A newline, a tab, an escape: it must be one line of plain text.
    #[error(
        "{field} `{text}` contains the control character U+{character:04X}; write it on one line of plain text"
    )]
    Control {
        /// The field.
        field: &'static str,
        /// Its value.
        text: String,
        /// The character.
        character: u32,
    },
    /// Longer than a reader would read.
    #[error("{0} has more than {MAX_TEXT} characters")]
    TooLong(&'static str),
    /// A day that no calendar of people has.
    #[error("invalid date `{0}`: {NOT_A_YEAR}")]
    Year(NaiveDate),
    /// Zero is a claim; unknown values are left out.
    #[error("{0}; leave it out if it is unknown")]
    Zero(&'static str),
    /// An agent's name is one word, and not that of a person.
    #[error("`{0}` is not an agent name such as `claude-code`")]
    NoAgent(String),
    /// Phases and estimate disagree.
    #[error("the phases sum to {phases}, but the estimate is {estimate}")]
    PhasesDoNotSum {
        /// What the phases sum to.
        phases: String,
        /// The estimate.
        estimate: String,
    },
}

/// What every task has from the beginning.
#[derive(Debug, Clone)]
pub struct FirstClaim<'a> {
    /// When it is written.
    pub at: DateTime<Utc>,
    /// Who writes it and vouches for the hours: `Name <email>`.
    pub by: &'a str,
    /// What was done, on one line.
    pub title: String,
    /// The day that it counts on.
    pub date: NaiveDate,
    /// What it would have taken a person.
    pub hours: Hours,
    /// Where it came from.
    pub source: TaskSource,
}

impl Task {
    /// A first revision with only what every task has.
    pub fn new(id: TaskId, first: FirstClaim<'_>) -> Self {
        Self {
            id,
            rev: 0,
            at: first.at,
            by: first.by.to_owned(),
            title: first.title,
            date: first.date,
            estimate: Estimate {
                hours: first.hours,
                by: first.by.to_owned(),
                estimator: None,
                basis: None,
                phases: Vec::new(),
            },
            agent_minutes: None,
            agent_minutes_basis: None,
            supervisory_minutes: None,
            supervisory_minutes_basis: None,
            tokens: None,
            tokens_basis: None,
            agent: None,
            model: None,
            category: None,
            tags: Vec::new(),
            sessions: Vec::new(),
            recorded_in: None,
            written_by: None,
            measured_in: Vec::new(),
            commits: Vec::new(),
            repos: Vec::new(),
            source: first.source,
            reason: None,
        }
    }

    /// The terms of the claimed factor: sums of tasks add these.
    pub fn ratio(&self) -> Ratio {
        Ratio::new(self.estimate.hours, self.agent_minutes)
    }

    /// Human hours × 60 / agent minutes; `None` if the minutes are unknown or none.
    pub fn leverage_factor(&self) -> Option<f64> {
        self.ratio().factor()
    }

    /// The day that it counts on in `zone`, given its commits and their author times, if known. A task that was
    /// recorded on a commit has the day of the author's clock as its date, and counts with that commit; any other date
    /// was given explicitly, and stays.
    pub fn day(
        &self,
        commits: &[ObjectId],
        author_time: impl FnMut(&ObjectId) -> Option<Instant>,
        zone: Zone,
    ) -> NaiveDate {
        let times = commits.iter().filter_map(author_time);
        let own = times.filter(|at| at.day() == self.date);
        own.min_by_key(|at| at.seconds)
            .map_or(self.date, |at| zone.day(at.seconds))
    }

    /// Human hours × 60 / supervisory minutes; `None` if the minutes are unknown or none.
    pub fn supervisory_leverage_factor(&self) -> Option<f64> {
        Ratio::new(self.estimate.hours, self.supervisory_minutes).factor()
    }

    /// Whether it leaves the agent time to its sessions: it has none, or what was measured when it was recorded.
    pub fn leaves_minutes_to_sessions(&self) -> bool {
        self.agent_minutes.is_none() || self.agent_minutes_basis.is_some()
    }

    /// The agent that wrote this revision, if one did. For a first one, the session that it was recorded in shows that,
    /// too.
    pub fn writer(&self) -> Option<WrittenBy> {
        let recorded_in = self.recorded_in.as_ref().filter(|_| self.rev == 0);
        self.written_by
            .clone()
            .or_else(|| recorded_in.map(WrittenBy::from))
    }

    /// Whether what a session did besides its commits was also for it: it was recorded there, and claims no minutes.
    pub fn has_rest_of(&self, session: &SessionId) -> bool {
        self.recorded_in.as_ref() == Some(session) && self.leaves_minutes_to_sessions()
    }

    /// The task with a part, 0 to 1, of its hours, minutes and tokens: what one of several sessions did of it.
    #[must_use]
    pub fn part(&self, part: f64) -> Self {
        let minutes = |value: Option<Minutes>| value.and_then(|value| Minutes::new(value.get() * part));
        let hours = Hours::new(self.estimate.hours.get() * part);
        Self {
            estimate: Estimate {
                hours: hours.unwrap_or(self.estimate.hours),
                ..self.estimate.clone()
            },
            agent_minutes: minutes(self.agent_minutes),
            supervisory_minutes: minutes(self.supervisory_minutes),
            tokens: self
                .tokens
                .map(|tokens| Tokens((tokens.0 as f64 * part).round() as u64)),
            ..self.clone()
        }
    }

    /// Whether it may be written: plain text on one line everywhere, hours and minutes that are not 0, and phases that
    /// sum to the estimate. Supervision may be 0.
    pub fn check(&self) -> Result<(), TaskError> {
        if !has_four_digits(self.date.year()) {
            return Err(TaskError::Year(self.date));
        }
        check_text("the title", &self.title)?;
        check_text("the author", &self.by)?;
        let optional = [
            ("the basis", &self.estimate.basis),
            ("the agent", &self.agent),
            ("the model", &self.model),
            ("the category", &self.category),
            ("the reason", &self.reason),
        ];
        for (field, text) in optional {
            text.as_deref().map_or(Ok(()), |text| check_text(field, text))?;
        }
        self.tags.iter().try_for_each(|tag| check_text("the tag", tag))?;
        self.repos
            .iter()
            .try_for_each(|repo| check_text("the repository", repo))?;
        check_hours(self.estimate.hours)?;
        self.agent_minutes.map_or(Ok(()), check_agent_minutes)?;
        if let Some(writer) = &self.written_by {
            check_text("the agent that writes", &writer.agent)?;
            let session = writer.session.as_deref();
            session.map_or(Ok(()), |session| check_text("the session of the agent", session))?;
        }
        self.estimate.check()
    }
}

impl Estimate {
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
    /// Reads `Schema design=4h` or `Schema design 4h`.
    pub fn parse(text: &str, work: WorkTime) -> Result<Self, PhaseError> {
        let text = text.trim();
        let phase = |name: &str, hours: &str| {
            let name = name.trim();
            let hours = Hours::parse(hours, work).ok()?;
            (!name.is_empty()).then(|| Self {
                name: name.to_owned(),
                hours,
            })
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

/// Whether an estimate is positive: work of no hours would be worth nothing, whatever it took.
pub fn check_hours(hours: Hours) -> Result<(), TaskError> {
    match hours.get() > 0.0 {
        true => Ok(()),
        false => Err(TaskError::Zero("the estimate is 0h")),
    }
}

/// Whether an agent time is positive: hours that took no time would raise every factor that they are summed into.
pub fn check_agent_minutes(minutes: Minutes) -> Result<(), TaskError> {
    match minutes.get() > 0.0 {
        true => Ok(()),
        false => Err(TaskError::Zero("the agent time is 0m")),
    }
}

/// Whether `text` is one line of plain text that is not blank.
pub fn check_text(field: &'static str, text: &str) -> Result<(), TaskError> {
    if text.trim().is_empty() {
        return Err(TaskError::Empty(field));
    }
    if let Some(character) = text.chars().find(|c| c.is_control()) {
        return Err(TaskError::Control {
            field,
            text: text.chars().take(60).collect(),
            character: character.into(),
        });
    }
    if text.chars().count() > MAX_TEXT {
        return Err(TaskError::TooLong(field));
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A task of 40 hours in 25 minutes with 5 of supervision.
    pub(crate) fn sample() -> Task {
        let id = TaskId::new(1_775_822_400_000, &[7; 10]);
        let at = DateTime::from_timestamp(1_775_822_400, 0).unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 4, 10).unwrap();
        let first = FirstClaim {
            at,
            by: "Ada Example <ada@example.org>",
            title: "Kiln controller".into(),
            date: day,
            hours: Hours::new(40.0).unwrap(),
            source: TaskSource::Record,
        };
        let mut task = Task::new(id, first);
        task.agent_minutes = Minutes::new(25.0);
        task.supervisory_minutes = Minutes::new(5.0);
        task
    }

    #[test]
    fn a_task_counts_on_the_day_of_its_commit_and_a_date_that_was_said_stays() {
        // 2026-04-10T01:30:00+02:00, which is still the 9th in UTC.
        let at = Instant {
            seconds: 1_775_777_400,
            offset: 120,
        };
        let other = Instant {
            seconds: at.seconds + 86_400 * 3,
            ..at
        };
        let id = |number: usize| ObjectId::from_bytes(&[u8::try_from(number).unwrap(); 20]).unwrap();
        let day = |task: &Task, zone: &str, times: &[Instant]| {
            let commits: Vec<ObjectId> = (0..times.len()).map(id).collect();
            let time_of = |commit: &ObjectId| times.get(usize::from(commit.as_bytes()[0])).copied();
            let and_a_missing_one = [commits, vec![id(200)]].concat();
            task.day(&and_a_missing_one, time_of, zone.parse().unwrap())
                .to_string()
        };
        let mut task = sample();
        assert_eq!(day(&task, "UTC", &[other, at]), "2026-04-09");
        assert_eq!(day(&task, "Europe/Berlin", &[at]), "2026-04-10");
        assert_eq!(day(&task, "UTC", &[]), "2026-04-10");
        task.date = NaiveDate::from_ymd_opt(2026, 4, 1).unwrap();
        assert_eq!(day(&task, "UTC", &[at]), "2026-04-01");
    }

    fn phase(name: &str, hours: f64) -> Phase {
        Phase {
            name: name.into(),
            hours: Hours::new(hours).unwrap(),
        }
    }

    #[test]
    fn factors_are_hours_over_minutes() {
        let task = sample();
        assert_eq!(task.leverage_factor(), Some(96.0));
        assert_eq!(task.supervisory_leverage_factor(), Some(480.0));
        let unknown = Task {
            agent_minutes: None,
            supervisory_minutes: Minutes::new(0.0),
            ..task
        };
        assert_eq!(unknown.leverage_factor(), None);
        assert_eq!(unknown.supervisory_leverage_factor(), None);
    }

    #[test]
    fn a_title_is_one_line_of_text() {
        for (title, expected) in [
            ("", "the title is empty"),
            (" \u{a0} ", "the title is empty"),
            (
                "two\nlines",
                "the title `two\nlines` contains the control character U+000A; write it on one line of plain text",
            ),
            (
                "\u{1b}[31m",
                "the title `\u{1b}[31m` contains the control character U+001B; write it on one line of plain text",
            ),
        ] {
            let error = Task {
                title: title.into(),
                ..sample()
            }
            .check()
            .unwrap_err();
            assert_eq!(error.to_string(), expected);
        }
        let long = Task {
            title: "x".repeat(1001),
            ..sample()
        };
        assert_eq!(long.check(), Err(TaskError::TooLong("the title")));
    }

    #[test]
    fn a_date_has_a_year_of_at_most_four_digits() {
        let line = serde_json::to_string(&sample()).unwrap();
        let day = sample().date.to_string();
        for (date, is_read) in [
            ("0001-01-01", true),
            ("9999-12-31", true),
            ("+12345-01-01", false),
            ("-262143-01-01", false),
            ("0000-12-31", false),
        ] {
            let read =
                serde_json::from_str::<Task>(&line.replace(&format!("\"{day}\""), &format!("\"{date}\"")));
            assert_eq!(read.is_ok(), is_read, "{date}: {read:?}");
        }
        let task = Task {
            date: NaiveDate::MAX,
            ..sample()
        };
        assert_eq!(task.check(), Err(TaskError::Year(NaiveDate::MAX)));
    }

    #[test]
    fn what_is_unknown_is_not_zero() {
        let mut task = sample();
        task.supervisory_minutes = Minutes::new(0.0);
        assert_eq!(task.check(), Ok(()));
        task.agent_minutes = Minutes::new(0.0);
        assert_eq!(task.check(), Err(TaskError::Zero("the agent time is 0m")));
        task.agent_minutes = None;
        task.estimate.hours = Hours::default();
        assert_eq!(
            task.check().unwrap_err().to_string(),
            "the estimate is 0h; leave it out if it is unknown"
        );
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
    fn sources_survive_their_text() {
        for text in [
            "record",
            "trailer",
            "trailer:body",
            "import:march.csv",
            "telepathy",
        ] {
            let Ok(source) = text.parse::<TaskSource>();
            assert_eq!(source.to_string(), text);
        }
        assert_eq!("import:a".parse(), Ok(TaskSource::Import("a".into())));
    }
}
