//! A task as JSON (`--json`): the fields that only the author of the work can know.
//!
//! Programs and agents can pass JSON where a shell would need nested quotes. Reading is strict: an unknown field is an error,
//! because a misspelled one would be lost silently. Measured values are not accepted.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::context::Context;
use super::error::CommandError;
use super::input;
use super::recording::TaskFields;
use crate::facts::quantity::WorkTime;
use crate::facts::range::HoursRange;

/// The maximum size of the input, in bytes.
const LARGEST: u64 = 1 << 20;

/// Fields of a task that JSON does not accept, and the options that set them.
const OPTIONS: &[(&str, &str)] = &[
    ("agent", "--agent"),
    ("agent_minutes", "--agent-time"),
    ("agent_time", "--agent-time"),
    ("model", "--model"),
    ("session", "--session"),
    ("sessions", "--session"),
    ("supervision", "--supervision"),
    ("supervisory_minutes", "--supervision"),
    ("tokens", "--tokens"),
];

/// Fills in the fields that the options leave open from the JSON in `source`, a file or `-` for standard input.
pub fn fill(fields: &mut TaskFields, source: &str, context: &Context) -> Result<(), CommandError> {
    let (name, read) = match source {
        "-" => ("standard input".to_owned(), input::standard_input(LARGEST)),
        _ => (
            format!("`{source}`"),
            input::file(&context.environment.directory.join(source), LARGEST),
        ),
    };
    let json = read.map_err(|error| CommandError::failed(format!("cannot read {name}: {error}")))?;
    if json.trim_ascii().is_empty() {
        return Err(
            CommandError::usage(format!("invalid value for `--json`: {name} is empty")).hint(EXAMPLE),
        );
    }
    let given: Object<Given> = serde_json::from_slice(&json).map_err(|error| refused(&name, &error))?;
    given.0.fill(fields);
    Ok(())
}

const EXAMPLE: &str =
    r#"Write an object such as {"title": "Retry queue", "phases": {"Queue": "3h", "Tests": "1h"}}"#;

fn refused(source: &str, error: &serde_json::Error) -> CommandError {
    let text = error.to_string();
    let option = OPTIONS
        .iter()
        .find(|(field, _)| text.starts_with(&format!("unknown field `{field}`")));
    let said = CommandError::usage(format!(
        "invalid value for `--json`: {source}: {}",
        in_words(&text)
    ));
    match option {
        Some((field, option)) => said.hint(format!(
            "`{field}` cannot be set in JSON; if no log has it, pass `{option}`"
        )),
        // If only a value is wrong, an example of the form does not help.
        None if is_of_form(&text) => said.hint(EXAMPLE),
        None => said,
    }
}

/// How parser messages about the form of the JSON begin.
const OF_FORM: &[&str] = &[
    "invalid type: ",
    "unknown field ",
    "missing field ",
    "duplicate field ",
    "trailing ",
    "expected ",
    "key must be ",
    "EOF ",
];

fn is_of_form(text: &str) -> bool {
    OF_FORM.iter().any(|start| text.starts_with(start))
}

/// The parser's message, with the place first and in JSON terms: `line 1, column 12: expected an object, found an array`.
fn in_words(text: &str) -> String {
    let placed = text.rsplit_once(" at line ");
    let placed = placed.and_then(|(what, place)| Some((what, place.split_once(" column ")?)));
    let (what, place) = match placed {
        // The parser counts columns from 0 where nothing was read.
        Some((what, (line, "0"))) => (what, format!("line {line}, column 1: ")),
        Some((what, (line, column))) => (what, format!("line {line}, column {column}: ")),
        None => (text, String::new()),
    };
    let types = what
        .strip_prefix("invalid type: ")
        .and_then(|types| types.split_once(", expected "));
    let what = match types {
        Some((found, wanted)) => format!("expected {}, found {}", kind(wanted), kind(found)),
        None => what.replace("EOF while parsing", "unexpected end of input in"),
    };
    format!("{place}{what}")
}

/// The JSON term for the parser's name of a type.
fn kind(word: &str) -> String {
    let known = [
        ("sequence", "an array"),
        ("a sequence", "an array"),
        ("map", "an object"),
        ("a map", "an object"),
        ("a string", "a string"),
    ];
    let starts = [
        ("string ", "the string "),
        ("integer ", "the number "),
        ("floating point ", "the number "),
        ("boolean ", ""),
    ];
    if let Some((_, ours)) = known.iter().find(|(theirs, _)| *theirs == word) {
        return (*ours).to_owned();
    }
    let start = starts
        .iter()
        .find_map(|(theirs, ours)| Some(format!("{ours}{}", word.strip_prefix(theirs)?)));
    start.unwrap_or_else(|| word.to_owned())
}

/// The accepted fields. Texts are checked where those of options are.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    title: Option<String>,
    estimate: Option<Duration>,
    phases: Option<Phases>,
    basis: Option<String>,
    category: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    commits: Vec<String>,
}

impl Given {
    /// Fills in the fields; options take precedence.
    fn fill(self, fields: &mut TaskFields) {
        let text = |field: &mut Option<String>, given: Option<String>| {
            if field.is_none() {
                *field = given;
            }
        };
        let list = |field: &mut Vec<String>, given: Vec<String>| {
            if field.is_empty() {
                *field = given;
            }
        };
        text(&mut fields.title, self.title);
        text(&mut fields.estimate, self.estimate.map(|duration| duration.0));
        list(&mut fields.phase, self.phases.unwrap_or_default().0);
        text(&mut fields.basis, self.basis);
        text(&mut fields.category, self.category);
        list(&mut fields.tag, self.tags);
        list(&mut fields.commit, self.commits);
    }
}

/// An object with named fields, not an array of their values.
struct Object<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(OfObject(PhantomData)).map(Self)
    }
}

struct OfObject<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for OfObject<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

/// `"3h"`. A bare number could be hours or minutes.
#[derive(Debug)]
struct Duration(String);

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(&OfDuration { unit: None })
    }
}

/// `3` or `"3h"`, for a field whose numbers are hours.
#[derive(Debug)]
struct InHours(String);

impl<'de> Deserialize<'de> for InHours {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let read = deserializer.deserialize_any(&OfDuration { unit: Some('h') });
        read.map(|duration| Self(duration.0))
    }
}

struct OfDuration {
    /// The unit of a bare number.
    unit: Option<char>,
}

impl OfDuration {
    fn number<E: Error>(&self, number: &str) -> Result<Duration, E> {
        match self.unit {
            Some(unit) => self.visit_str(&format!("{number}{unit}")),
            None => Err(E::custom(format_args!(
                "{number} has no unit; write \"{number}h\" or \"{number}m\""
            ))),
        }
    }
}

impl Visitor<'_> for &OfDuration {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.unit {
            Some(_) => "a number of hours, a duration such as \"3h\", or a range such as \"3h..6h\"",
            None => "a duration such as \"3h\" or \"1h30m\", or a range such as \"3h..6h\"",
        })
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        // The length of a day does not change the notation.
        HoursRange::parse(text, WorkTime::default()).map_err(E::custom)?;
        Ok(Duration(text.to_owned()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Duration, E> {
        self.number(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Duration, E> {
        self.number(&number.to_string())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Duration, E> {
        self.number(&number.to_string())
    }
}

/// Phases as `--phase` takes them: `{"Client": "3h"}`, or `[{"name": "Client", "hours": 3}]`.
#[derive(Debug, Default)]
struct Phases(Vec<String>);

#[derive(Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "a phase such as {\"name\": \"Client\", \"hours\": 3}"
)]
struct NamedPhase {
    name: String,
    hours: InHours,
    low: Option<InHours>,
    high: Option<InHours>,
}

impl NamedPhase {
    /// Its hours with their range, as a text.
    fn time(&self) -> Result<String, &'static str> {
        match (&self.low, &self.high) {
            (None, None) => Ok(self.hours.0.clone()),
            (Some(low), Some(high)) => Ok(format!("{}..{}..{}", low.0, self.hours.0, high.0)),
            _ => Err("a phase has a `low` without a `high`, or a `high` without a `low`"),
        }
    }
}

impl Phases {
    fn add<E: Error>(&mut self, name: &str, time: &str) -> Result<(), E> {
        if name.trim().is_empty() {
            return Err(E::custom("a phase has no name"));
        }
        self.0.push(format!("{name}={time}"));
        Ok(())
    }
}

impl<'de> Deserialize<'de> for Phases {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfPhases)
    }
}

struct OfPhases;

impl<'de> Visitor<'de> for OfPhases {
    type Value = Phases;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("phases such as {\"Client\": \"3h\"}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Phases, A::Error> {
        let mut phases = Phases::default();
        let mut names: Vec<String> = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            if names.contains(&name) {
                return Err(A::Error::custom(format_args!(
                    "the phase `{name}` is given twice"
                )));
            }
            let time: Duration = map.next_value()?;
            phases.add(&name, &time.0)?;
            names.push(name);
        }
        Ok(phases)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Phases, A::Error> {
        let mut phases = Phases::default();
        while let Some(phase) = list.next_element::<Object<NamedPhase>>()? {
            let time = phase.0.time().map_err(A::Error::custom)?;
            HoursRange::parse(&time, WorkTime::default()).map_err(A::Error::custom)?;
            phases.add(&phase.0.name, &time)?;
        }
        Ok(phases)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::quantity::Hours;

    fn read(json: &str) -> Result<TaskFields, String> {
        let given: Object<Given> = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let mut fields = TaskFields::default();
        given.0.fill(&mut fields);
        Ok(fields)
    }

    #[test]
    fn all_fields_are_read() {
        let json = r#"{"title": "Kiln", "estimate": "1h30m", "phases": {"B": "1h", "A=2": "30m"}, "basis": "size",
            "category": "api", "tags": ["x", "y"], "commits": ["HEAD~1"]}"#;
        let fields = read(json).unwrap();
        assert_eq!(fields.title.as_deref(), Some("Kiln"));
        assert_eq!(fields.estimate.as_deref(), Some("1h30m"));
        assert_eq!(fields.phase, ["B=1h", "A=2=30m"]);
        assert_eq!(fields.basis.as_deref(), Some("size"));
        assert_eq!(fields.category.as_deref(), Some("api"));
        assert_eq!(
            (fields.tag, fields.commit),
            (vec!["x".into(), "y".into()], vec!["HEAD~1".into()])
        );
        let list = r#"{"phases": [{"name": "A", "hours": 3}, {"hours": "20m", "name": "B"}, {"name": "A", "hours": 0.5}]}"#;
        assert_eq!(read(list).unwrap().phase, ["A=3h", "B=20m", "A=0.5h"]);
        let ranges = r#"{"estimate": "24h..60h", "phases": [{"name": "A", "hours": "3h..6h"},
            {"name": "B", "hours": 4, "low": 3, "high": 6}]}"#;
        let fields = read(ranges).unwrap();
        assert_eq!(fields.estimate.as_deref(), Some("24h..60h"));
        assert_eq!(fields.phase, ["A=3h..6h", "B=3h..4h..6h"]);
        for (json, wanted) in [
            (r#"{"estimate": "60h..24h"}"#, "the range `60h..24h` is reversed"),
            (r#"{"phases": {"A": "..4h"}}"#, "the range `..4h` has no low end"),
            (
                r#"{"phases": [{"name": "A", "hours": 4, "low": 3}]}"#,
                "a phase has a `low` without a `high`",
            ),
            (
                r#"{"phases": [{"name": "A", "hours": 9, "low": 3, "high": 6}]}"#,
                "the likely value of `3h..9h..6h` is not between its ends",
            ),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.starts_with(wanted), "{error}");
        }
        assert_eq!(
            read(r#"{"title": null, "phases": []}"#),
            Ok(TaskFields::default())
        );
    }

    #[test]
    fn options_win() {
        let mut fields = TaskFields {
            title: Some("Own".into()),
            phase: vec!["A=1h".into()],
            ..TaskFields::default()
        };
        let given: Given =
            serde_json::from_str(r#"{"title": "T", "phases": {"B": "2h"}, "tags": ["x"]}"#).unwrap();
        given.fill(&mut fields);
        assert_eq!(fields.title.as_deref(), Some("Own"));
        assert_eq!(
            (fields.phase, fields.tag),
            (vec!["A=1h".to_owned()], vec!["x".to_owned()])
        );
    }

    #[test]
    fn what_the_skill_shows_is_read() {
        let skill = crate::integrations::skill::SKILL;
        let (_, example) = skill.split_once("--json - <<'EOF'\n").unwrap();
        let (example, _) = example.split_once("\nEOF\n").unwrap();
        let fields = read(example).unwrap();
        assert!(fields.title.is_some() && fields.basis.is_some() && fields.category.is_some());
        assert_eq!(fields.hours(WorkTime::default()).unwrap(), Hours::new(8.5));
        let commits = skill
            .split('`')
            .find(|code| code.starts_with("\"commits\""))
            .unwrap();
        assert_eq!(read(&format!("{{{commits}}}")).unwrap().commit, ["HEAD~1"]);
    }

    #[test]
    fn what_is_wrong_is_said_in_the_words_of_json() {
        let said = |json: &str| {
            let error = serde_json::from_str::<Object<Given>>(json).err().unwrap();
            let error = refused("standard input", &error);
            let said = error
                .message()
                .strip_prefix("invalid value for `--json`: standard input: ")
                .unwrap();
            (said.to_owned(), error.hints().len())
        };
        for (json, wanted, hints) in [
            ("[]", "line 1, column 1: expected an object, found an array", 1),
            (
                r#"{"tags": "a"}"#,
                "line 1, column 12: expected an array, found the string \"a\"",
                1,
            ),
            (
                r#"{"title": 4}"#,
                "line 1, column 11: expected a string, found the number `4`",
                1,
            ),
            (
                r#"{"title": [4]}"#,
                "line 1, column 10: expected a string, found an array",
                1,
            ),
            (
                r#"{"estimate": 4}"#,
                "line 1, column 14: 4 has no unit; write \"4h\" or \"4m\"",
                0,
            ),
            (
                r#"{"estimate": "4x"}"#,
                "line 1, column 17: `4x` has an unknown unit `x`; use s, m, h, d or w",
                0,
            ),
            (
                r#"{"title": "#,
                "line 1, column 10: unexpected end of input in a value",
                1,
            ),
        ] {
            assert_eq!(said(json), (wanted.to_owned(), hints), "{json}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (json, wanted) in [
            (
                r#"{"titel": "x"}"#,
                "unknown field `titel`, expected one of `title`, `estimate`, `phases`, `basis`, `category`, `tags`, `commits` at line 1 column 8",
            ),
            (
                "{\n \"estimate\": 40\n}",
                "40 has no unit; write \"40h\" or \"40m\" at line 2 column 15",
            ),
            (
                r#"{"estimate": "4x"}"#,
                "`4x` has an unknown unit `x`; use s, m, h, d or w at line 1 column 17",
            ),
            (
                r#"{"phases": {"A": 3}}"#,
                "3 has no unit; write \"3h\" or \"3m\" at line 1 column 18",
            ),
            (
                r#"{"phases": {"A": "3h", "A": "1h"}}"#,
                "the phase `A` is given twice at line 1 column 26",
            ),
            (
                r#"{"phases": {" ": "3h"}}"#,
                "a phase has no name at line 1 column 22",
            ),
            (
                r#"{"phases": [{"name": "A", "hours": -3}]}"#,
                "`-3h` is negative at line 1 column 37",
            ),
            (
                r#"{"phases": [{"name": "A", "time": "3h"}]}"#,
                "unknown field `time`, expected one of `name`, `hours`, `low`, `high` at line 1 column 32",
            ),
            (
                r#"{"phases": [{"name": "A"}]}"#,
                "missing field `hours` at line 1 column 25",
            ),
            (
                r#"{"phases": "A 3h"}"#,
                "invalid type: string \"A 3h\", expected phases such as {\"Client\": \"3h\"} at line 1 column 17",
            ),
            (
                r#"{"title": "a", "title": "b"}"#,
                "duplicate field `title` at line 1 column 22",
            ),
            (
                r#"["a"]"#,
                "invalid type: sequence, expected an object at line 1 column 0",
            ),
            (
                r#"{"phases": [["A", 3]]}"#,
                "invalid type: sequence, expected an object at line 1 column 12",
            ),
            (r#"{"title": "a"} {}"#, "trailing characters at line 1 column 16"),
            (r#"{"title": "#, "EOF while parsing a value at line 1 column 10"),
        ] {
            assert_eq!(read(json).unwrap_err(), wanted, "{json}");
        }
    }
}
