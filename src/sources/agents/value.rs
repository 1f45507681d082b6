//! Fields of records that are read as plain JSON: a missing field, or one of another type, is empty, not an error. A
//! new reader uses this; the [module above](super) explains why.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use serde_json::Value;

use super::lines;
use super::log::{Log, TIMELESS};
use super::{files, json, record};
use crate::facts::span::Moment;

/// A log that is one JSON document. Its agent may be writing it: an incomplete document is read a second time. One that
/// is still incomplete, or too large, is noted in the log.
pub fn document(path: &Path, log: &mut Log) -> io::Result<Option<Value>> {
    let parse = || files::whole(path).map(|bytes| json::document(&bytes));
    let read = match parse() {
        Ok((Err(_), _)) => parse(),
        read => read,
    };
    let (document, replaced) = match read {
        Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            let message = format!("a log larger than {} MiB was skipped", files::LARGEST >> 20);
            log.warn(path, 1, message);
            return Ok(None);
        }
        read => read?,
    };
    note_replaced(path, replaced, log);
    Ok(document
        .map_err(|error| log.warn(path, 1, record::reason(&error)))
        .ok())
}

fn note_replaced(path: &Path, replaced: bool, log: &mut Log) {
    if replaced {
        log.warn(path, 1, lines::REPLACED);
    }
}

/// A JSON document beside a log; null if there is none, or none yet: the end of one that its agent is writing is
/// missing. One that cannot be read is noted in the log.
pub fn companion(path: &Path, log: &mut Log) -> Value {
    let Some(bytes) = files::beside(path, log) else {
        return Value::Null;
    };
    let (document, replaced) = json::document(&bytes);
    note_replaced(path, replaced, log);
    document.unwrap_or_else(|error| {
        if !error.is_eof() {
            log.warn(path, 1, record::reason(&error));
        }
        Value::Null
    })
}

/// The text at a JSON pointer; empty if there is none.
pub fn text<'value>(value: &'value Value, pointer: &str) -> &'value str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The first of several fields that contains a text; empty if none does.
pub fn first_text<'value>(value: &'value Value, fields: &[&str]) -> &'value str {
    let texts = fields.iter().filter_map(|field| value.get(field)?.as_str());
    texts
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or_default()
}

/// The count at a JSON pointer; `None` if there is none or it is invalid.
pub fn number(value: &Value, pointer: &str) -> Option<u64> {
    let number = value.pointer(pointer)?.as_f64()?;
    record::COUNTS.contains(&number).then_some(number.round() as u64)
}

/// Whether one of the counts in a token record is invalid: a string of digits, a negative number, one beyond all sums,
/// or null for a count that every response has.
pub fn is_miscounted(tokens: &Value) -> bool {
    let wrong = |(name, count): (&String, &Value)| match count {
        Value::Number(_) => number(count, "").is_none(),
        Value::String(text) => text.trim().parse::<f64>().is_ok(),
        Value::Null => {
            ["input", "output"].contains(&name.trim_end_matches("_tokens").trim_end_matches("Tokens"))
        }
        Value::Object(_) => is_miscounted(count),
        _ => false,
    };
    tokens.as_object().is_some_and(|counts| counts.iter().any(wrong))
}

/// The instant at a JSON pointer; one that is not in the calendar is noted in the log.
pub fn timed(value: &Value, pointer: &str, line: u32, log: &mut Log) -> Option<Moment> {
    let at = instant(value, pointer);
    if at.is_none() && value.pointer(pointer).is_some_and(|time| !time.is_null()) {
        log.refuse(line, TIMELESS);
    }
    at
}

/// The count at a JSON pointer; 0 if there is none.
pub fn count(value: &Value, pointer: &str) -> u64 {
    number(value, pointer).unwrap_or(0)
}

/// Milliseconds at a JSON pointer, if they fit.
pub fn millis(value: &Value, pointer: &str) -> Option<u32> {
    u32::try_from(number(value, pointer)?).ok()
}

/// The first millisecond of a year with five digits.
const END_OF_CALENDAR: i64 = 253_402_300_800_000;

/// The instant at a JSON pointer: RFC 3339, or milliseconds since 1970.
pub fn instant(value: &Value, pointer: &str) -> Option<Moment> {
    match value.pointer(pointer)? {
        Value::String(text) => record::moment(text),
        _ => i64::try_from(number(value, pointer)?)
            .ok()
            .filter(|millis| *millis < END_OF_CALENDAR)
            .map(Moment),
    }
}

/// The elements of the array at a JSON pointer; none if there is no array.
pub fn items<'value>(value: &'value Value, pointer: &str) -> &'value [Value] {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The text of a message or a result: a string, or the `text` and `output` of an array of parts, one per line.
pub fn content(value: Option<&Value>) -> Cow<'_, str> {
    match value {
        Some(Value::String(text)) => Cow::Borrowed(text),
        Some(Value::Array(parts)) => {
            let texts: Vec<Cow<'_, str>> = parts.iter().map(|part| content(Some(part))).collect();
            Cow::Owned(texts.join("\n"))
        }
        Some(Value::Object(fields)) => ["text", "output", "content", "stdout"]
            .iter()
            .find_map(|field| fields.get(*field))
            .map_or(Cow::Borrowed(""), |inner| content(Some(inner))),
        _ => Cow::Borrowed(""),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_of_another_type_is_absent() {
        let value = json!({"a": {"n": -1, "t": 5, "list": "x"}, "at": 1_786_000_000_000_i64});
        assert_eq!((count(&value, "/a/n"), text(&value, "/a/t")), (0, ""));
        assert!(items(&value, "/a/list").is_empty());
        assert_eq!(instant(&value, "/at"), Some(Moment(1_786_000_000_000)));
        assert_eq!(instant(&value, "/a"), None);
    }

    #[test]
    fn a_count_that_is_none_is_told_from_one_that_is_missing() {
        for (tokens, wrong) in [
            (
                json!({"input": 1, "tier": "standard", "cache": {"read": 0}, "cached": null}),
                false,
            ),
            (json!({"input": "12"}), true),
            (json!({"input_tokens": null}), true),
            (json!({"output": -1}), true),
            (json!({"cache": {"read": i64::MAX}}), true),
        ] {
            assert_eq!(is_miscounted(&tokens), wrong, "{tokens}");
        }
    }

    #[test]
    fn a_time_in_no_calendar_is_noted() {
        let mut log = Log::default();
        let record = json!({"none": null, "early": "-000001-01-01T00:00:00Z", "late": 9e14});
        let times = ["/none", "/early", "/late"].map(|at| timed(&record, at, 1, &mut log));
        assert_eq!((times, log.flaws.len()), ([None; 3], 2));
    }

    #[test]
    fn content_is_a_text_or_parts() {
        let parts = json!([{"text": "one"}, "two", {"image": 1}, {"output": {"text": "three"}}]);
        assert_eq!(content(Some(&parts)), "one\ntwo\n\nthree");
        assert_eq!(content(Some(&json!(5))), "");
    }
}
