//! The lines of the ledger, version 1: JSON objects, one per line, canonical and immutable.
//!
//! A note is a set of lines. It is merged by union of bytes, so that a line which this version cannot read survives
//! every rewrite, and the bytes of a line are its identity. `docs/formats/ledger.md` is the specification.

use std::collections::BTreeSet;
use std::io;

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::checks::{NOT_A_YEAR, TaskError, check_actual, check_hours, check_text, check_year};
use super::checks::{day_with_four_digits, time_with_four_digits};
use super::estimate::Estimate;
use super::evidence::Confidence;
use super::ids::{RecordId, SessionId, TaskId};
use super::quantity::{Hours, Minutes};
use super::range::Ends;
use super::session::{Sources, TokenCounts};
use super::sign::Sign;
use super::span::{Moment, Span};
use super::task::{Task, TaskSource, WrittenBy};

/// The version of the lines that are written.
pub const VERSION: u64 = 1;
/// The largest note that is written, in bytes.
pub const NOTE_CAP: usize = 1024 * 1024;
/// The largest note that is read, in bytes: git-leverage did not write a larger one, and it would fill the memory.
pub const LARGEST_NOTE: usize = 16 << 20;

/// The content of a line.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// One revision of a task.
    Task(Box<Task>),
    /// What was measured of one session for the commit that the note is on.
    Session(Box<SessionRecord>),
    /// Another estimate of a task.
    Opinion(Box<Opinion>),
    /// What a person did without an agent.
    ByHand(Box<ByHand>),
    /// A task is retracted.
    Tombstone(Tombstone),
}

/// The measured facts of one session, saved because agents delete their logs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SessionRecord {
    /// The id of this record.
    pub id: RecordId,
    /// 0 for the first revision, then 1, 2, …
    pub rev: u32,
    /// When this revision was written.
    pub at: DateTime<Utc>,
    /// Who wrote it: `Name <email>`.
    pub by: String,
    /// The session.
    pub session: SessionId,
    /// The agent, in our spelling.
    pub agent: String,
    /// The models it ran, as the log names them. Untrusted text.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub models: Vec<String>,
    /// The first entry of the log.
    pub started_at: DateTime<Utc>,
    /// The last entry of the log.
    pub ended_at: DateTime<Utc>,
    /// When any lane worked: `[first minute since the start, how many minutes]`, in order, without overlap. A started
    /// minute counts, so they are too long; [`Self::worked_seconds`] are not.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub intervals: Vec<[u32; 2]>,
    /// The same to the second: `[first second since the start, how many seconds]`. Earlier lines have only minutes.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub worked_seconds: Vec<[u32; 2]>,
    /// How long the agent worked, subagents counted as separate lanes; `None` if its log does not show it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub agent_minutes: Option<Minutes>,
    /// How much longer it may have worked: time of which its log does not show whether anything worked. `None` if there was
    /// none, and on lines from before notes recorded it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unknown_minutes: Option<Minutes>,
    /// How long a person prompted and reviewed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub supervisory_minutes: Option<Minutes>,
    /// Tokens by kind.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tokens: Option<TokenCounts>,
    /// How the metrics came to be; `None` on lines from before notes recorded it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub sources: Option<Sources>,
    /// The part of the session that belongs to this commit, 0 to 1.
    pub share: f64,
    /// The part that belongs to no commit of any repository, 0 to 1; `None` on lines from before notes recorded it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub uncommitted: Option<f64>,
    /// The confidence of the link.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub confidence: Option<Confidence>,
    /// The rules that link the session to this commit.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub evidence: Vec<Sign>,
}

impl SessionRecord {
    /// Whether it can be one of a session.
    ///
    /// # Errors
    /// Says which field is wrong.
    pub fn check(&self) -> Result<(), String> {
        let moment = |at: DateTime<Utc>| Moment(at.timestamp_millis());
        let whole = Span {
            start: moment(self.started_at),
            end: moment(self.ended_at),
        };
        if !(0.0..=1.0).contains(&self.share) {
            Err(format!("its share is {}, not between 0 and 1", self.share))
        } else if whole.end < whole.start {
            Err("it ended before it started".to_owned())
        } else if !whole.is_sound() {
            Err(format!("its times are invalid: {NOT_A_YEAR}"))
        } else {
            Ok(())
        }
    }
}

/// What another estimator thinks of the hours of a task: one revision of one opinion. Text in it is untrusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Opinion {
    /// The id of this record: derived from the task, its revision and the estimator, so that it is the same in every clone.
    pub id: RecordId,
    /// 0 for the first opinion, then 1, 2, …: a later one replaces it.
    pub rev: u32,
    /// When it was written, in the years 1 to 9999.
    #[serde(deserialize_with = "time_with_four_digits")]
    pub at: DateTime<Utc>,
    /// Who wrote it: `Name <email>`.
    pub by: String,
    /// The task.
    pub of: TaskId,
    /// The revision of the task that was current; `None` if its claim was not in the clone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub of_rev: Option<u32>,
    /// The estimate.
    pub estimate: Estimate,
    /// Whether the claim was in the clone, where one could have looked at it.
    pub claim_here: bool,
    /// Whether it was asked for blind: `opine --next` showed the work and none of the claimed figures.
    pub asked: bool,
    /// The agent that wrote it on behalf of `by`; `None` if a person did.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub written_by: Option<WrittenBy>,
}

/// A task that a person did without an agent, with what it really took. It is in no leverage factor: it shows what the
/// estimates of its estimator are worth. Text in it is untrusted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ByHand {
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
    /// What it was estimated to take.
    pub estimate: Estimate,
    /// What it took, in hours of that person.
    pub actual_hours: Hours,
    /// What kind of work it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub category: Option<String>,
    /// Free labels.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tags: Vec<String>,
    /// Where the record came from.
    pub source: TaskSource,
}

impl ByHand {
    /// The first revision of a task that was done by hand, with what a task without an agent says of it.
    pub fn new(task: Task, actual_hours: Hours) -> Self {
        Self {
            id: task.id,
            rev: 0,
            at: task.at,
            by: task.by,
            title: task.title,
            date: task.date,
            estimate: task.estimate,
            actual_hours,
            category: task.category,
            tags: task.tags,
            source: task.source,
        }
    }

    /// Whether it may be written: plain text on one line everywhere, and hours that are not 0.
    ///
    /// # Errors
    /// Says which field is wrong.
    pub fn check(&self) -> Result<(), TaskError> {
        check_year(self.date)?;
        check_text("the title", &self.title)?;
        check_text("the author", &self.by)?;
        check_text("the estimator", &self.estimate.by)?;
        let optional = [
            ("the basis", &self.estimate.basis),
            ("the category", &self.category),
        ];
        for (field, text) in optional {
            text.as_deref().map_or(Ok(()), |text| check_text(field, text))?;
        }
        self.tags.iter().try_for_each(|tag| check_text("the tag", tag))?;
        check_hours(self.estimate.hours)?;
        check_actual(self.actual_hours)?;
        self.estimate.check()
    }
}

/// A retraction. The lines that it retracts stay, but no longer count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tombstone {
    /// The id of this record.
    pub id: RecordId,
    /// Always 0.
    pub rev: u32,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// Who wrote it: `Name <email>`.
    pub by: String,
    /// What is retracted: a task, or the record of a session.
    pub of: RecordId,
    /// Why.
    pub reason: String,
}

/// Why a line could not be read. It is preserved byte for byte.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum LineError {
    /// Not JSON, or cut off.
    #[error("not a JSON object: {0}")]
    NotAnObject(String),
    /// Written by a later version.
    #[error("unknown ledger version {0}")]
    Version(String),
    /// A kind that version 1 does not have.
    #[error("unknown line kind `{0}`")]
    Kind(String),
    /// A field that is missing or wrong.
    #[error("invalid {kind} line: {reason}")]
    Field {
        /// The kind of the line.
        kind: &'static str,
        /// What is wrong.
        reason: String,
    },
}

impl LineError {
    /// Whether a later version of this program would read it.
    pub fn is_from_the_future(&self) -> bool {
        matches!(self, Self::Version(_) | Self::Kind(_))
    }
}

impl Record {
    /// What every kind has: the id of the task or of the record itself, when it was written and who wrote it.
    fn stamp(&self) -> (RecordId, DateTime<Utc>, &str) {
        match self {
            Self::Task(task) => (task.id.into(), task.at, &task.by),
            Self::Session(session) => (session.id, session.at, &session.by),
            Self::Opinion(opinion) => (opinion.id, opinion.at, &opinion.by),
            Self::ByHand(by_hand) => (by_hand.id.into(), by_hand.at, &by_hand.by),
            Self::Tombstone(tombstone) => (tombstone.id, tombstone.at, &tombstone.by),
        }
    }

    /// Its id.
    pub fn id(&self) -> RecordId {
        self.stamp().0
    }

    /// When it was written, by its own account.
    pub fn at(&self) -> DateTime<Utc> {
        self.stamp().1
    }

    /// Who wrote it, by its own account: `Name <email>`.
    pub fn by(&self) -> &str {
        self.stamp().2
    }

    /// What it is, inside a sentence: ``revision 2 of `Kiln controller` ``. Untrusted text.
    pub fn described(&self) -> String {
        match self {
            Self::Task(task) => format!("revision {} of `{}`", task.rev, task.title),
            Self::Session(session) => format!("the session {}", session.session),
            Self::Opinion(opinion) => format!("an opinion on the task {}", opinion.of),
            Self::ByHand(by_hand) => format!("revision {} of `{}`, done by hand", by_hand.rev, by_hand.title),
            Self::Tombstone(tombstone) => format!("the retraction of {}", tombstone.of),
        }
    }

    /// The canonical line, without its newline: keys sorted, ASCII only.
    pub fn encode(&self) -> Vec<u8> {
        let (kind, fields) = match self {
            Self::Task(task) => ("task", serde_json::to_value(task)),
            Self::Session(session) => ("session", serde_json::to_value(session)),
            Self::Opinion(opinion) => ("opinion", serde_json::to_value(opinion)),
            Self::ByHand(by_hand) => ("by-hand", serde_json::to_value(by_hand)),
            Self::Tombstone(tombstone) => ("tombstone", serde_json::to_value(tombstone)),
        };
        // These types have only string keys and finite numbers, which is all that JSON requires.
        let mut object = match fields {
            Ok(Value::Object(object)) => object,
            _ => Map::new(),
        };
        object.insert("kind".into(), kind.into());
        object.insert("v".into(), VERSION.into());
        canonical(&Value::Object(object))
    }

    /// Reads one line, canonical or not.
    pub fn decode(line: &[u8]) -> Result<Self, LineError> {
        Self::decode_and_tell(line).map(|(record, _)| record)
    }

    /// Reads one line, and returns the ranges in it that are none: they are ignored, and the rest of the line counts.
    pub fn decode_and_tell(line: &[u8]) -> Result<(Self, Vec<String>), LineError> {
        let mut object: Map<String, Value> =
            serde_json::from_slice(line).map_err(|error| LineError::NotAnObject(error.to_string()))?;
        match object.remove("v") {
            Some(version) if version == VERSION => {}
            version => return Err(LineError::Version(shown(version.as_ref()))),
        }
        let kind = object.remove("kind");
        let ignored = object
            .get_mut("estimate")
            .map_or_else(Vec::new, without_false_ranges);
        let fields = Value::Object(object);
        let mut record = match kind.as_ref().and_then(Value::as_str) {
            Some("task") => field("task", fields).map(|task| Self::Task(Box::new(task))),
            Some("session") => session(fields).map(|session| Self::Session(Box::new(session))),
            Some("opinion") => opinion(fields).map(|opinion| Self::Opinion(Box::new(opinion))),
            Some("by-hand") => by_hand(fields).map(|by_hand| Self::ByHand(Box::new(by_hand))),
            Some("tombstone") => field("tombstone", fields).map(Self::Tombstone),
            _ => Err(LineError::Kind(shown(kind.as_ref()))),
        }?;
        if let Some(estimate) = record.estimate_mut() {
            estimate.fill_range();
        }
        Ok((record, ignored))
    }

    fn estimate_mut(&mut self) -> Option<&mut Estimate> {
        match self {
            Self::Task(task) => Some(&mut task.estimate),
            Self::Opinion(opinion) => Some(&mut opinion.estimate),
            Self::ByHand(by_hand) => Some(&mut by_hand.estimate),
            Self::Session(_) | Self::Tombstone(_) => None,
        }
    }
}

/// Removes the ranges of an estimate and its phases that are none, and returns them. Builds that know no ranges read such
/// a line, so the task must not be lost here.
fn without_false_ranges(estimate: &mut Value) -> Vec<String> {
    let mut ignored = Vec::new();
    ignored.extend(without_false_range(estimate));
    let phases = estimate.get_mut("phases").and_then(Value::as_array_mut);
    ignored.extend(phases.into_iter().flatten().filter_map(without_false_range));
    ignored
}

fn without_false_range(of: &mut Value) -> Option<String> {
    let object = of.as_object_mut()?;
    let is_given = |value: Option<&Value>| value.is_some_and(|value| !value.is_null());
    if !is_given(object.get("low")) && !is_given(object.get("high")) {
        return None;
    }
    let hours = |name: &str| object.get(name).and_then(Value::as_f64).and_then(Hours::new);
    let (low, likely, high) = (hours("low"), hours("hours"), hours("high"));
    if likely.is_some_and(|likely| Ends::around(likely, low, high).is_some()) {
        return None;
    }
    // Equal ends are one value.
    let is_value = low.is_some() && low == likely && likely == high;
    let ends = [object.remove("low"), object.remove("high")];
    let [low, high] = ends.map(|end| shown(end.as_ref()));
    (!is_value).then(|| format!("{low}..{high}"))
}

fn field<T: for<'de> Deserialize<'de>>(kind: &'static str, fields: Value) -> Result<T, LineError> {
    serde_json::from_value(fields).map_err(|error| LineError::Field {
        kind,
        reason: error.to_string(),
    })
}

/// An opinion with hours.
fn opinion(fields: Value) -> Result<Opinion, LineError> {
    let opinion: Opinion = field("opinion", fields)?;
    checked("opinion", opinion.estimate.hours, check_hours)?;
    Ok(opinion)
}

/// A task done by hand that was estimated to take hours, and took some.
fn by_hand(fields: Value) -> Result<ByHand, LineError> {
    let by_hand: ByHand = field("by-hand", fields)?;
    checked("by-hand", by_hand.estimate.hours, check_hours)?;
    checked("by-hand", by_hand.actual_hours, check_actual)?;
    Ok(by_hand)
}

fn checked(
    kind: &'static str,
    hours: Hours,
    check: fn(Hours) -> Result<(), TaskError>,
) -> Result<(), LineError> {
    check(hours).map_err(|error| LineError::Field {
        kind,
        reason: error.to_string(),
    })
}

/// A session whose share is at most all of it, and which ended after it began.
fn session(fields: Value) -> Result<SessionRecord, LineError> {
    let session: SessionRecord = field("session", fields)?;
    session
        .check()
        .map(|()| session)
        .map_err(|reason| LineError::Field {
            kind: "session",
            reason,
        })
}

/// A refused value, short enough to repeat.
fn shown(value: Option<&Value>) -> String {
    let text = match value {
        None => "none".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    text.chars().take(40).collect()
}

/// JSON with sorted keys (the order of `Map`) and every character outside printable ASCII escaped.
fn canonical(value: &Value) -> Vec<u8> {
    let mut line = Vec::with_capacity(512);
    let mut serializer = serde_json::Serializer::with_formatter(&mut line, AsciiFormatter);
    // Writing to memory cannot fail.
    let _ = value.serialize(&mut serializer);
    line
}

struct AsciiFormatter;

impl serde_json::ser::Formatter for AsciiFormatter {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut units = [0; 2];
        for c in fragment.chars() {
            if matches!(c, ' '..='~') {
                writer.write_all(&[c as u8])?;
                continue;
            }
            for unit in c.encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

/// The lines of one note, sorted by bytes, each once. Blank lines are dropped; everything else is preserved.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoteLines(BTreeSet<Vec<u8>>);

impl NoteLines {
    /// The lines of a note's content.
    pub fn parse(content: &[u8]) -> Self {
        Self(
            content
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.iter().all(u8::is_ascii_whitespace))
                .map(<[u8]>::to_vec)
                .collect(),
        )
    }

    /// Adds a line; false if it was there.
    pub fn insert(&mut self, line: Vec<u8>) -> bool {
        self.0.insert(line)
    }

    /// Adds all lines of another note: commutative, associative and idempotent.
    pub fn merge(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// The lines, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(Vec::as_slice)
    }

    /// The note's content: every line with its newline.
    pub fn content(&self) -> Vec<u8> {
        let mut content = Vec::with_capacity(self.size());
        for line in &self.0 {
            content.extend_from_slice(line);
            content.push(b'\n');
        }
        content
    }

    /// The size of the content in bytes.
    pub fn size(&self) -> usize {
        self.0.iter().map(|line| line.len() + 1).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::task::sample;
    use super::*;

    fn text(record: &Record) -> String {
        String::from_utf8(record.encode()).unwrap()
    }

    #[test]
    fn a_line_is_sorted_ascii_and_reads_back() {
        let mut task = sample();
        task.title = "Öfen 🔥 \"hot\" \\ \u{7f}".into();
        let record = Record::Task(Box::new(task));
        insta::assert_snapshot!(text(&record), @r#"{"agent_minutes":25,"at":"2026-04-10T12:00:00Z","by":"Ada Example <ada@example.org>","date":"2026-04-10","estimate":{"by":"Ada Example <ada@example.org>","hours":40},"id":"019d7743-6a00-7707-8707-070707070707","kind":"task","rev":0,"source":"record","supervisory_minutes":5,"title":"\u00d6fen \ud83d\udd25 \"hot\" \\ \u007f","v":1}"#);
        assert_eq!(Record::decode(&record.encode()), Ok(record));
    }

    #[test]
    fn what_is_not_ours_says_why() {
        for (line, expected) in [
            (r#"{"v":2,"kind":"task"}"#, "unknown ledger version 2"),
            (r#"{"v":1,"kind":"dream"}"#, "unknown line kind `dream`"),
            (
                r#"{"v":1,"kind":"tombstone"}"#,
                "invalid tombstone line: missing field `id`",
            ),
            (
                r#"{"v":1,"ki"#,
                "not a JSON object: EOF while parsing a string at line 1 column 10",
            ),
        ] {
            assert_eq!(Record::decode(line.as_bytes()).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn every_record_of_version_1_reads_back() {
        let tombstone = r#"{"at":"2026-04-10T12:00:00Z","by":"A <a@b>","id":"019d774b-0a00-7707-8707-070707070707","kind":"tombstone","of":"019d774b-0a00-7707-8707-070707070708","reason":"twice","rev":0,"v":1}"#;
        let session = r#"{"agent":"codex","agent_minutes":12.5,"at":"2026-04-10T12:00:00Z","by":"A <a@b>","ended_at":"2026-04-10T11:30:00Z","evidence":["log:commit"],"id":"019d774b-0a00-7707-8707-070707070707","intervals":[[0,10],[20,3]],"kind":"session","models":["m"],"rev":0,"session":"codex:1","share":0.5,"started_at":"2026-04-10T11:00:00Z","tokens":{"cache_read":3,"cache_write":2,"input":1,"output":4},"v":1}"#;
        let timeless = session.replace(r#""agent_minutes":12.5,"#, "");
        let told = session.replace(
            r#""started_at":"2026-04-10T11:00:00Z","tokens""#,
            r#""sources":{"agent_time":"derived","commits":"absent","edits":"measured","human_time":"measured","tokens":"estimated"},"started_at":"2026-04-10T11:00:00Z","tokens""#,
        );
        let told = told.replace(r#""v":1}"#, r#""v":1,"worked_seconds":[[0,577],[1201,178]]}"#);
        let opinion = r#"{"asked":true,"at":"2026-04-10T12:00:00Z","by":"B <b@c>","claim_here":false,"estimate":{"by":"B <b@c>","high":9,"hours":6,"low":4},"id":"019d774b-0a00-8707-8707-070707070707","kind":"opinion","of":"019d774b-0a00-7707-8707-070707070708","rev":1,"v":1}"#;
        let by_hand = r#"{"actual_hours":6.5,"at":"2026-04-10T12:00:00Z","by":"A <a@b>","date":"2026-04-10","estimate":{"by":"A <a@b>","hours":4},"id":"019d774b-0a00-7707-8707-070707070707","kind":"by-hand","rev":0,"source":"record","title":"Kiln door","v":1}"#;
        for line in [tombstone, session, &timeless, &told, opinion, by_hand] {
            let record = Record::decode(line.as_bytes()).unwrap();
            assert_eq!(text(&record), line);
        }
    }

    #[test]
    fn a_range_that_is_none_leaves_the_estimate() {
        let decoded = |estimate: &str| {
            let line = format!(
                r#"{{"v":1,"kind":"task","id":"01a21cde-c366-7142-b796-3d42cea11770","rev":0,"at":"2026-04-10T12:00:00Z",
                "by":"A <a@b>","title":"t","date":"2026-04-10","source":"record","estimate":{{"by":"A <a@b>",{estimate}}}}}"#
            );
            match Record::decode_and_tell(line.as_bytes()) {
                Ok((Record::Task(task), ignored)) => (task.estimate.shown(), ignored.join(" ")),
                other => panic!("{other:?}"),
            }
        };
        for (estimate, shown, ignored) in [
            (r#""hours":40,"low":24,"high":60"#, "40h (24h..60h)", ""),
            (r#""hours":40"#, "40h", ""),
            (r#""hours":40,"low":null,"high":null"#, "40h", ""),
            (r#""hours":40,"low":40,"high":40"#, "40h", ""),
            (r#""hours":40,"low":60,"high":24"#, "40h", "60..24"),
            (r#""hours":40,"low":41,"high":60"#, "40h", "41..60"),
            (r#""hours":40,"low":0,"high":60"#, "40h", "0..60"),
            (r#""hours":40,"low":-4,"high":60"#, "40h", "-4..60"),
            (r#""hours":40,"low":24"#, "40h", "24..none"),
            (r#""hours":40,"low":"x","high":[]"#, "40h", "x..[]"),
            (
                r#""hours":30,"phases":[{"name":"a","hours":10,"low":7,"high":16},{"name":"b","hours":20,"low":16,"high":28}]"#,
                "30h (25h..40h)",
                "",
            ),
            (
                r#""hours":30,"phases":[{"name":"a","hours":30,"low":31,"high":32}]"#,
                "30h",
                "31..32",
            ),
            (
                r#""hours":40,"phases":[{"name":"a","hours":10,"low":7,"high":16}]"#,
                "40h",
                "",
            ),
        ] {
            assert_eq!(
                decoded(estimate),
                (shown.to_owned(), ignored.to_owned()),
                "{estimate}"
            );
        }
    }

    #[test]
    fn a_session_that_cannot_be_is_refused() {
        let session = r#"{"agent":"codex","at":"2026-04-10T12:00:00Z","by":"A <a@b>","ended_at":"2026-04-10T11:30:00Z","id":"019d774b-0a00-7707-8707-070707070707","kind":"session","rev":0,"session":"codex:1","share":1.0,"started_at":"2026-04-10T11:00:00Z","v":1}"#;
        let reason = |line: &str| {
            Record::decode(line.as_bytes())
                .err()
                .map(|error| error.to_string())
        };
        assert_eq!(reason(session), None);
        assert_eq!(
            reason(&session.replace("\"share\":1.0", "\"share\":1.5")).as_deref(),
            Some("invalid session line: its share is 1.5, not between 0 and 1")
        );
        assert_eq!(
            reason(&session.replace("11:30:00Z", "10:59:59Z")).as_deref(),
            Some("invalid session line: it ended before it started")
        );
        assert_eq!(
            reason(&session.replace("2026-04-10T11:30:00Z", "+12026-04-10T11:30:00Z")).as_deref(),
            Some("invalid session line: its times are invalid: the year is not one from 1 to 9999")
        );
    }

    #[test]
    fn blank_lines_go_and_foreign_lines_stay() {
        let note = NoteLines::parse(b"b\n\n  \na\r\nb\n\xff\xfe");
        assert_eq!(note.content(), b"a\r\nb\n\xff\xfe\n");
        assert_eq!(note.size(), note.content().len());
    }

    proptest! {
        #[test]
        fn merging_is_a_union(a in ".{0,40}", b in ".{0,40}", c in ".{0,40}") {
            let note = |text: &str| NoteLines::parse(text.replace('x', "\n").as_bytes());
            let merged = |parts: &[&str]| {
                let mut all = NoteLines::default();
                parts.iter().for_each(|part| all.merge(note(part)));
                all
            };
            prop_assert_eq!(merged(&[&a, &b, &c]), merged(&[&c, &b, &a]));
            prop_assert_eq!(merged(&[&a, &a, &b]), merged(&[&a, &b]));
            prop_assert_eq!(NoteLines::parse(&merged(&[&a, &b]).content()), merged(&[&a, &b]));
        }

        #[test]
        fn any_title_survives_its_line(title in "\\PC{1,60}") {
            let mut task = sample();
            task.title = title;
            let record = Record::Task(Box::new(task));
            let line = record.encode();
            prop_assert!(line.is_ascii() && !line.contains(&b'\n'));
            prop_assert_eq!(Record::decode(&line), Ok(record));
        }
    }
}
