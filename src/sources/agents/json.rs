//! The only way in which readers turn text into records.
//!
//! JavaScript cuts strings in the middle of an emoji, and writes the remaining half as an escape such as `\ud83d`. Its
//! own parser reads that; Rust's refuses the whole record, because a Rust string cannot contain it. Here every such
//! half is read as U+FFFD, wherever it is: in a value, a key, or JSON that is itself a string. Nothing else is changed.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::de::{Deserialize, IgnoredAny};
use serde_json::value::RawValue;
use serde_json::{Result, Value};

/// JSON without halves of characters, ready for any parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text<'text>(&'text str);

impl<'text> Text<'text> {
    /// Parses it.
    pub fn parse<T: Deserialize<'text>>(self) -> Result<T> {
        serde_json::from_str(self.0)
    }

    /// The text itself.
    pub fn as_str(self) -> &'text str {
        self.0
    }
}

/// Parses a part of a record that was left unparsed.
pub fn part<'text, T: Deserialize<'text>>(raw: &'text RawValue) -> Result<T> {
    serde_json::from_str(raw.get())
}

/// Parses JSON from a string, a column or a separate file.
pub fn value(text: &str) -> Result<Value> {
    serde_json::from_str(text).or_else(|error| match mended(text) {
        Cow::Owned(mended) => serde_json::from_str(&mended),
        Cow::Borrowed(_) => Err(error),
    })
}

/// Parses the bytes of a document, and returns whether some of them were not UTF-8: these are read as U+FFFD.
pub fn document(bytes: &[u8]) -> (Result<Value>, bool) {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    (value(text), std::str::from_utf8(bytes).is_err())
}

/// What a reader saved for itself in [`super::log::Carried`].
pub fn kept<'text, T: Deserialize<'text>>(text: &'text str) -> Option<T> {
    serde_json::from_str(text).ok()
}

/// The records of a text: nearly always one, which is the text itself.
///
/// A crash or a full disk may lose a line feed, so that a record follows another one, or the remainder of one.
pub fn records(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = without_blanks(text);
    let mut budget = text.len().saturating_mul(TRIES).saturating_add(1 << 16);
    while !rest.is_empty() {
        let (piece, length) = match object(rest) {
            Ok(length) => (Piece::Whole(Text(&rest[..length])), length),
            Err(_) => (Piece::Broken, next_object(rest, &mut budget)),
        };
        pieces.push(piece);
        rest = without_blanks(&rest[length..]);
    }
    pieces
}

/// A part of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'text> {
    /// A record.
    Whole(Text<'text>),
    /// The remainder of one.
    Broken,
}

/// How often a text is read in total to find where its records begin.
const TRIES: usize = 16;

/// The length of the object with which a text begins; if it begins with none, or with a part of one, how much of it was
/// read.
fn object(text: &str) -> std::result::Result<usize, usize> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    if !text.starts_with('{') {
        return Err(1);
    }
    match values.next() {
        Some(Ok(_)) => Ok(values.byte_offset()),
        // Columns are bytes, but of the last line only.
        Some(Err(error)) if error.line() == 1 => Err(error.column()),
        _ => Err(text.len()),
    }
}

/// Where the next record after a broken one begins, or the end of the text. It begins where the broken one could not
/// continue with an object, and ends where another one begins, or at the end. If more than `budget` bytes would have to
/// be read for that, the rest is broken.
fn next_object(text: &str, budget: &mut usize) -> usize {
    let is_record = |at: usize, budget: &mut usize| {
        let candidate = text.get(at..).unwrap_or_default();
        let has_field = candidate
            .get(1..)
            .is_some_and(|inside| inside.trim_start().starts_with('"'));
        if !has_field {
            return false;
        }
        let read = object(candidate);
        *budget = budget.saturating_sub(read.unwrap_or_else(|read| read));
        let behind = read.map(|length| without_blanks(&candidate[length..]));
        behind.is_ok_and(|behind| behind.is_empty() || behind.starts_with('{'))
    };
    let mut outline = Outline::default();
    let starts = text
        .bytes()
        .enumerate()
        .filter(|(_, byte)| outline.is_misplaced(*byte));
    for at in starts.map(|(at, _)| at).filter(|at| *at > 0) {
        if *budget == 0 {
            break;
        }
        if is_record(at, budget) {
            return at;
        }
    }
    text.len()
}

/// What a parser would expect next, as far as it shows whether an object may begin.
#[derive(Default)]
struct Outline {
    in_string: bool,
    is_escaped: bool,
    /// For each enclosing object or array, whether it is an array.
    around: Vec<bool>,
    /// The last byte that was not a blank.
    last: u8,
}

impl Outline {
    /// Reads a byte. Returns whether an object begins with it that is not part of the record.
    fn is_misplaced(&mut self, byte: u8) -> bool {
        if self.in_string {
            let is_escape = byte == b'\\' && !self.is_escaped;
            self.in_string = byte != b'"' || self.is_escaped;
            self.is_escaped = is_escape;
            self.last = byte;
            return byte == b'{';
        }
        let in_array = self.around.last() == Some(&true);
        let is_value = self.last == b':' || in_array && matches!(self.last, b'[' | b',') || self.last == 0;
        match byte {
            b'{' | b'[' => self.around.push(byte == b'['),
            b'}' | b']' => {
                self.around.pop();
            }
            b'"' => self.in_string = true,
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            self.last = byte;
        }
        byte == b'{' && !is_value
    }
}

fn without_blanks(text: &str) -> &str {
    text.trim_start_matches(|char: char| char.is_ascii_whitespace() || char == '\0' || char == '\u{feff}')
}

/// A text with U+FFFD for each escape that is half of a character.
pub fn mended(text: &str) -> Cow<'_, str> {
    if !may_have_halves(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut out = String::new();
    let (mut kept, mut from) = (0, 0);
    while let Some(at) = memchr::memchr(b'\\', &bytes[from..]).map(|found| from + found) {
        from = match unit(bytes, at) {
            // Any other escape, of which a backslash is one.
            None => (at + 2).min(bytes.len()),
            Some(0xd800..=0xdbff) if matches!(unit(bytes, at + 6), Some(0xdc00..=0xdfff)) => at + 12,
            Some(0xd800..=0xdfff) => {
                out.push_str(&text[kept..at]);
                out.push_str("\\ufffd");
                kept = at + 6;
                kept
            }
            Some(_) => at + 6,
        };
    }
    if kept == 0 {
        return Cow::Borrowed(text);
    }
    out.push_str(&text[kept..]);
    Cow::Owned(out)
}

/// A text without halves of characters, the source of `mended`.
pub(super) fn whole(mended: &str) -> Text<'_> {
    Text(mended)
}

/// Created once, because most lines are short.
static ESCAPE: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new(b"\\u"));

/// Whether the text may contain an escape of half a character; hardly any record does.
fn may_have_halves(bytes: &[u8]) -> bool {
    ESCAPE.find_iter(bytes).any(|at| {
        let digits = bytes.get(at + 2..at + 4).unwrap_or_default();
        matches!(digits, [b'd' | b'D', b'8'..=b'9' | b'a'..=b'f' | b'A'..=b'F'])
    })
}

/// The number of the UTF-16 unit that is escaped here.
fn unit(bytes: &[u8], at: usize) -> Option<u32> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    digits.iter().try_fold(0, |number, digit| {
        Some(number * 16 + char::from(*digit).to_digit(16)?)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn half_of_a_character_is_read_as_one_that_is_missing() {
        for (text, read) in [
            (r#""\ud83d""#, "\u{fffd}"),
            (r#""\uDC00 a""#, "\u{fffd} a"),
            (r#""\udc00\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (r#""\ud83d\ude00\ude00""#, "\u{1f600}\u{fffd}"),
            (r#""\ud83d\n\ud83d\"\ud83dx""#, "\u{fffd}\n\u{fffd}\"\u{fffd}x"),
            (r#""\ud83d\\ude00""#, "\u{fffd}\\ude00"),
            // No halves, though they look like it.
            (r#""\\ud83d""#, "\\ud83d"),
            (r#""\\\\ud83d \u00e9""#, "\\\\ud83d \u{e9}"),
            (r#""\ud83d\ude00""#, "\u{1f600}"),
        ] {
            assert_eq!(value(text).unwrap(), json!(read), "{text}");
            assert_eq!(whole(&mended(text)).parse::<String>().unwrap(), read, "{text}");
        }
        assert_eq!(value(r#"{"\udfff":1}"#).unwrap(), json!({"\u{fffd}": 1}));
        assert_eq!(value(r#"{"\\\ud83d":1}"#).unwrap(), json!({"\\\u{fffd}": 1}));
    }

    #[test]
    fn what_is_no_json_stays_none() {
        for text in [r#""\ud83"#, r#""\ud83x""#, r#"{"a":"\ud83d"#, "\\", "\\u", ""] {
            assert!(value(text).is_err(), "{text}");
            assert!(mended(text).len() == text.len(), "{text}");
        }
    }

    #[test]
    fn a_document_may_have_bytes_that_are_no_text() {
        let (read, replaced) = document(b"\xef\xbb\xbf[\"a\xed\xa0\xbdb\", \"\\udc00\"]");
        let text = |value: &Value| value.as_str().unwrap().replace('\u{fffd}', "?");
        let read = read.unwrap();
        assert_eq!((text(&read[0]).as_str(), text(&read[1]).as_str()), ("a???b", "?"));
        assert!(replaced);
        assert!(!document(b"{}").1);
    }

    fn shown(text: &str) -> Vec<&str> {
        let pieces = records(text).into_iter().map(|piece| match piece {
            Piece::Whole(text) => text.as_str(),
            Piece::Broken => "-",
        });
        pieces.collect()
    }

    #[test]
    fn what_may_be_a_record_at_every_byte_is_given_up() {
        for part in [r#"{"":"#, r#"{"a":{"#, "{\"a\":[1,"] {
            let line = format!(r#"{{"a":"x{}"#, part.repeat(300_000));
            assert_eq!(shown(&line), ["-"]);
        }
    }

    #[test]
    fn records_without_a_line_feed_between_them_are_told_apart() {
        for (line, expected) in [
            (r#"{"a":"}{"}"#, &[r#"{"a":"}{"}"#][..]),
            (r#"{"a":1}{"b":2}"#, &[r#"{"a":1}"#, r#"{"b":2}"#]),
            (
                "{\"a\":1} \0\u{feff}{\"b\":2}{\"c\":{}}",
                &[r#"{"a":1}"#, r#"{"b":2}"#, r#"{"c":{}}"#],
            ),
            // Cut in a string, a key, a number, an object, an array.
            (r#"{"a":"x{"b":2}"#, &["-", r#"{"b":2}"#]),
            (r#"{"a":{"c":1},"d{"b":2}"#, &["-", r#"{"b":2}"#]),
            (
                r#"{"a":1{"b":{"c":[{"d":1}]}}"#,
                &["-", r#"{"b":{"c":[{"d":1}]}}"#],
            ),
            (r#"{"a":[{"x":1},{"b":2}{"c":3}"#, &["-", r#"{"c":3}"#]),
            (r#"{"a":"\"{\"{"b":2}{"c":"#, &["-", r#"{"b":2}"#, "-"]),
            (r#"{"a":1}{"b{"c":3}"#, &[r#"{"a":1}"#, "-", r#"{"c":3}"#]),
            (r#"{"a":1}{"a":1}"#, &[r#"{"a":1}"#, r#"{"a":1}"#]),
            (r#"{"a":{"b":1}"#, &["-"]),
            (r#"{"a":1},"b":2}"#, &[r#"{"a":1}"#, "-"]),
            ("not json", &["-"]),
            (" \0", &[]),
        ] {
            assert_eq!(shown(line), expected, "{line}");
        }
    }
}
