//! The task: what is claimed about a piece of work, and what was measured of it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::checks::{TaskError, check_agent_minutes, check_hours, check_text, check_year};
use super::checks::{day_with_four_digits, time_with_four_digits};
use super::commit::Instant;
use super::estimate::Estimate;
use super::factor::Ratio;
use super::ids::{ObjectId, SessionId, TaskId};
use super::quantity::{Hours, Minutes, Tokens};
use super::session::Provenance;
use super::zone::Zone;

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
    /// How much longer agents may have worked than the measured `agent_minutes`: unknown time of their sessions. `None` if
    /// there was none, for claimed minutes, and on lines of earlier versions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unknown_minutes: Option<Minutes>,
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
    /// All of its unknown time, in which they may have worked in addition; `None` on lines of earlier versions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unknown_minutes: Option<Minutes>,
    /// All of the person's time in it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub supervisory_minutes: Option<Minutes>,
    /// All tokens.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tokens: Option<Tokens>,
    /// The part of it, 0 to 1, that the task took.
    pub share: f64,
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
            estimate: Estimate::new(first.hours, first.by),
            agent_minutes: None,
            agent_minutes_basis: None,
            supervisory_minutes: None,
            unknown_minutes: None,
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
        let hours = |value: Hours| Hours::new(value.get() * part).unwrap_or(value);
        Self {
            estimate: Estimate {
                hours: hours(self.estimate.hours),
                low: self.estimate.low.map(hours),
                high: self.estimate.high.map(hours),
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
        check_year(self.date)?;
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

/// A task of 40 hours in 25 minutes with 5 of supervision, for tests.
#[cfg(any(test, feature = "testing"))]
#[doc(hidden)]
pub fn sample() -> Task {
    let id = TaskId::new(1_775_822_400_000, &[7; 10]);
    let at = DateTime::from_timestamp(1_775_822_400, 0).expect("a fixed value");
    let day = NaiveDate::from_ymd_opt(2026, 4, 10).expect("a fixed value");
    let first = FirstClaim {
        at,
        by: "Ada Example <ada@example.org>",
        title: "Kiln controller".into(),
        date: day,
        hours: Hours::new(40.0).expect("a fixed value"),
        source: TaskSource::Record,
    };
    let mut task = Task::new(id, first);
    task.agent_minutes = Minutes::new(25.0);
    task.supervisory_minutes = Minutes::new(5.0);
    task
}

#[cfg(test)]
mod tests {
    use super::*;

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
