//! JSON from the types of the results: one object with a schema, or one object per line.
//!
//! JSON allows DEL, C1 controls and bidirectional characters; a terminal would obey them. They are
//! written as `\u` escapes, which every reader turns back into the same text.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter};

use crate::render::escape;

/// A report with the name and version of its format.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Versioned<T> {
    /// Such as `git-leverage.report/1`.
    pub schema: &'static str,
    /// The report's own fields, beside `schema`.
    #[serde(flatten)]
    pub body: T,
}

/// The value over several lines, with a newline at the end.
pub fn pretty<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    encode(value, PrettyFormatter::new())
}

/// The value on one line, with a newline at the end: a line of JSON Lines.
pub fn line<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    encode(value, CompactFormatter)
}

fn encode<T: Serialize, F: Formatter>(value: &T, formatter: F) -> Result<String, serde_json::Error> {
    let mut bytes = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(
        &mut bytes,
        Harmless(formatter),
    ))?;
    bytes.push(b'\n');
    // The serializer writes only UTF-8.
    Ok(String::from_utf8(bytes).unwrap_or_default())
}

/// Writes deceptive characters of strings as `\u` escapes; leaves the layout to the formatter within.
struct Harmless<F>(F);

impl<F: Formatter> Formatter for Harmless<F> {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, text: &str) -> io::Result<()> {
        let mut plain_from = 0;
        for (at, c) in text.char_indices().filter(|&(_, c)| escape::is_deceptive(c)) {
            writer.write_all(&text.as_bytes()[plain_from..at])?;
            for unit in c.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain_from = at + c.len_utf8();
        }
        writer.write_all(&text.as_bytes()[plain_from..])
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_survives_and_does_nothing() {
        let text = "a\x1b[31m\u{9b}1m\x7f\u{202e}\u{e0041}\"\\é\n";
        let json = line(&text).unwrap();
        assert_eq!(
            json,
            "\"a\\u001b[31m\\u009b1m\\u007f\\u202e\\udb40\\udc41\\\"\\\\é\\n\"\n"
        );
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
    }

    #[test]
    fn the_schema_comes_first() {
        #[derive(Serialize)]
        struct Body {
            rows: Vec<Option<f64>>,
        }
        let versioned = Versioned {
            schema: "git-leverage.report/1",
            body: Body {
                rows: vec![None, Some(0.5)],
            },
        };
        assert_eq!(
            pretty(&versioned).unwrap(),
            "{\n  \"schema\": \"git-leverage.report/1\",\n  \"rows\": [\n    null,\n    0.5\n  ]\n}\n"
        );
    }
}
