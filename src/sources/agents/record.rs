//! Lenient pieces for records that are read into structs: a field of an unexpected type is absent, not an error. For
//! logs of gigabytes; the [module above](super) explains when to use it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::facts::span::Moment;

/// An RFC 3339 instant; `None` for anything else.
pub fn moment(text: &str) -> Option<Moment> {
    let instant = chrono::DateTime::parse_from_rfc3339(text).ok()?;
    Some(Moment(instant.timestamp_millis()))
}

/// Why a record could not be read, without any of its text: parsers quote what they refuse.
pub fn reason(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Eof => "the record is incomplete and was skipped",
        serde_json::error::Category::Data => "the record has an unknown form and was skipped",
        _ => "the record is not JSON and was skipped",
    }
}

/// A text field; empty if it is missing or something else.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, str>, D::Error> {
    Ok(match Scalar::deserialize(deserializer)? {
        Value::Text(text) => text,
        _ => Cow::Borrowed(""),
    })
}

/// A count of tokens, as a record has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tally {
    /// The field is missing.
    #[default]
    Missing,
    /// The field is null.
    Null,
    /// This many.
    Known(u64),
    /// Invalid: a string, a negative number, or one beyond all sums.
    Unusable,
}

impl Tally {
    /// The count; 0 if there is none.
    pub fn get(self) -> u64 {
        match self {
            Self::Known(count) => count,
            Self::Missing | Self::Null | Self::Unusable => 0,
        }
    }
}

/// A count of tokens.
pub fn tally<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Tally, D::Error> {
    Ok(match Scalar::deserialize(deserializer)? {
        Value::Number(number) if COUNTS.contains(&number) => Tally::Known(number.round() as u64),
        Value::Nothing => Tally::Null,
        _ => Tally::Unusable,
    })
}

/// Upper limit for a count of tokens or milliseconds: a broken log must not overflow a sum.
pub const COUNTS: std::ops::RangeInclusive<f64> = 0.0..=1e15;

/// A number, rounded; `None` if it is missing, negative or something else.
pub fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Ok(match Scalar::deserialize(deserializer)? {
        Value::Number(number) if COUNTS.contains(&number) => Some(number.round() as u64),
        _ => None,
    })
}

/// A flag; `false` if it is missing or something else.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(matches!(Scalar::deserialize(deserializer)?, Value::Flag(true)))
}

/// Any object as `T`; `None` for anything else.
pub fn object<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(match Value::<'de, T, IgnoredAny>::deserialize(deserializer)? {
        Value::Object(object) => Some(object),
        _ => None,
    })
}

/// Any array as a list of `T`; empty for anything else.
pub fn list<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    Ok(match Value::<'de, IgnoredAny, T>::deserialize(deserializer)? {
        Value::List(list) => list,
        _ => Vec::new(),
    })
}

/// A text or an array of blocks; anything else is empty.
#[derive(Debug, Default)]
pub enum Content<'de, B> {
    /// Neither.
    #[default]
    Nothing,
    /// A text.
    Text(Cow<'de, str>),
    /// Blocks.
    Blocks(Vec<B>),
}

impl<'de: 'a, 'a, B: Deserialize<'de>> Deserialize<'de> for Content<'a, B> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Value::<'de, IgnoredAny, B>::deserialize(deserializer)? {
            Value::Text(text) => Self::Text(text),
            Value::List(blocks) => Self::Blocks(blocks),
            _ => Self::Nothing,
        })
    }
}

/// Any JSON value, its objects read as `O` and the elements of its arrays as `E`.
enum Value<'de, O, E> {
    Nothing,
    Flag(bool),
    Number(f64),
    Text(Cow<'de, str>),
    Object(O),
    List(Vec<E>),
}

/// A value of which only scalars matter.
type Scalar<'de> = Value<'de, IgnoredAny, IgnoredAny>;

impl<'de, O: Deserialize<'de>, E: Deserialize<'de>> Deserialize<'de> for Value<'de, O, E> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything(PhantomData))
    }
}

struct Anything<O, E>(PhantomData<(O, E)>);

impl<'de, O: Deserialize<'de>, E: Deserialize<'de>> Visitor<'de> for Anything<O, E> {
    type Value = Value<'de, O, E>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<R>(self) -> Result<Self::Value, R> {
        Ok(Value::Nothing)
    }

    fn visit_bool<R>(self, flag: bool) -> Result<Self::Value, R> {
        Ok(Value::Flag(flag))
    }

    fn visit_i64<R>(self, number: i64) -> Result<Self::Value, R> {
        Ok(Value::Number(number as f64))
    }

    fn visit_u64<R>(self, number: u64) -> Result<Self::Value, R> {
        Ok(Value::Number(number as f64))
    }

    fn visit_f64<R>(self, number: f64) -> Result<Self::Value, R> {
        Ok(Value::Number(number))
    }

    fn visit_borrowed_str<R>(self, text: &'de str) -> Result<Self::Value, R> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<R>(self, text: &str) -> Result<Self::Value, R> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        O::deserialize(MapAccessDeserializer::new(map)).map(Value::Object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element()? {
            elements.push(element);
        }
        Ok(Value::List(elements))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Sample<'a> {
        #[serde(borrow, deserialize_with = "text")]
        name: Cow<'a, str>,
        #[serde(deserialize_with = "tally")]
        tokens: Tally,
        #[serde(deserialize_with = "flag")]
        on: bool,
        #[serde(deserialize_with = "list")]
        parts: Vec<u8>,
        #[serde(borrow)]
        content: Content<'a, u8>,
    }

    #[test]
    fn a_field_of_another_type_is_absent() {
        let line = r#"{"name":[1,{"a":2}],"tokens":"many","on":null,"parts":"x","content":{"a":1},"new":{}}"#;
        let sample: Sample<'_> = serde_json::from_str(line).unwrap();
        assert_eq!(
            (&*sample.name, sample.tokens, sample.on, sample.parts.len()),
            ("", Tally::Unusable, false, 0)
        );
        assert!(matches!(sample.content, Content::Nothing));
    }

    #[test]
    fn a_field_of_the_right_type_is_read() {
        let line = r#"{"name":"a","tokens":12.0,"on":true,"parts":[1],"content":"c"}"#;
        let sample: Sample<'_> = serde_json::from_str(line).unwrap();
        assert_eq!(
            (&*sample.name, sample.tokens, sample.on, sample.parts.len()),
            ("a", Tally::Known(12), true, 1)
        );
        assert!(matches!(sample.content, Content::Text(_)));
        assert!(matches!(sample.name, Cow::Borrowed(_)));
    }

    #[test]
    fn a_refused_record_is_not_quoted() {
        let error = serde_json::from_str::<Vec<u8>>(r#""SECRET""#).map_err(|error| reason(&error));
        assert_eq!(error, Err("the record has an unknown form and was skipped"));
    }
}
