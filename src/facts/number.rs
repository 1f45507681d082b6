//! Decimal numbers as people write them: `1,200`, `1.5`, `1,5`, `1 234,5`, `1'234`.
//!
//! A comma before three digits groups thousands and a point is a decimal point, as in English, unless the number cannot
//! be read that way: `0,750` is three quarters, since no group of thousands begins with 0. What nobody would write
//! either way (`1,23,456`, `00,750`) is refused. A wrong guess would be wrong by a factor of a thousand.

/// Why a text is not a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberError {
    /// There are no digits, or its separators make no sense.
    Malformed,
    /// It has two readings: both, without separators.
    Ambiguous(String, String),
}

/// The character that the numbers of a text have before their fraction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DecimalMark {
    /// A point, and in a number without another reading, a comma.
    #[default]
    English,
    /// A comma: other numbers of the same text can only be read this way.
    Comma,
    /// Unknown: a number with two readings is refused.
    Unknown,
}

/// The digits and separators of a number at the start of a text.
struct Shape<'a> {
    parts: Vec<&'a str>,
    separators: Vec<char>,
    /// Its length in bytes.
    len: usize,
}

/// Spaces that group digits, the plain one and non-breaking ones.
fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}')
}

/// All spaces are one separator, and so are both apostrophes.
fn separator(c: char) -> Option<char> {
    match c {
        '.' | ',' | '\'' => Some(c),
        '\u{2019}' => Some('\''),
        c if is_space(c) => Some(' '),
        _ => None,
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

impl<'a> Shape<'a> {
    fn of(text: &'a str) -> Self {
        let mut shape = Self {
            parts: Vec::new(),
            separators: Vec::new(),
            len: digits(text),
        };
        shape.parts.push(&text[..shape.len]);
        while let Some(c) = text[shape.len..].chars().next()
            && let Some(separator) = separator(c)
        {
            let start = shape.len + c.len_utf8();
            let count = digits(&text[start..]);
            // A space may as well end the number: `1h 30m`, `2 tasks`.
            if separator == ' ' && count != 3 || separator == '\'' && count == 0 {
                break;
            }
            shape.separators.push(separator);
            shape.parts.push(&text[start..start + count]);
            shape.len = start + count;
        }
        shape
    }

    /// Whether the first `parts` parts are groups of thousands: `1`, `234`, `567`.
    fn is_grouped(&self, parts: usize) -> bool {
        let first = self.parts[0];
        let rest = &self.parts[1..parts];
        (1..=3).contains(&first.len()) && !first.starts_with('0') && rest.iter().all(|part| part.len() == 3)
    }

    fn whole(&self, parts: usize) -> String {
        self.parts[..parts].concat()
    }

    /// The number with its last separator as the decimal mark.
    fn decimal(&self) -> Option<String> {
        let (last, whole) = self.parts.split_last()?;
        let is_odd = whole.len() == 1 && whole[0].len() > 1 && whole[0].starts_with('0');
        (!last.is_empty() && !is_odd).then(|| format!("{}.{last}", self.whole(whole.len())))
    }

    /// The number as digits and a point.
    fn read(&self, mark: DecimalMark) -> Result<String, NumberError> {
        let count = self.parts.len();
        let malformed = NumberError::Malformed;
        let Some((last, before)) = self.separators.split_last() else {
            return match self.parts[0] {
                "" => Err(malformed),
                whole => Ok(whole.to_owned()),
            };
        };
        if before.is_empty() && matches!(last, '.' | ',') {
            return self.read_one(*last, mark);
        }
        if before.iter().all(|separator| separator == last) {
            return if self.is_grouped(count) {
                Ok(self.whole(count))
            } else {
                Err(malformed)
            };
        }
        let is_one_kind = before.windows(2).all(|pair| pair[0] == pair[1]);
        if is_one_kind && matches!(last, '.' | ',') && self.is_grouped(count - 1) {
            return self.decimal().ok_or(malformed);
        }
        Err(malformed)
    }

    /// One point or comma.
    fn read_one(&self, separator: char, mark: DecimalMark) -> Result<String, NumberError> {
        let decimal = if self.parts[0].is_empty() && separator == '.' {
            Some(format!("0.{}", self.parts[1])).filter(|_| !self.parts[1].is_empty())
        } else if self.parts[0].is_empty() {
            None
        } else {
            self.decimal()
        };
        let grouped = Some(self.whole(2)).filter(|_| self.is_grouped(2));
        match (decimal, grouped, mark) {
            (None, None, _) => Err(NumberError::Malformed),
            (Some(only), None, _) | (None, Some(only), _) => Ok(only),
            (Some(decimal), Some(grouped), DecimalMark::Unknown) => {
                Err(NumberError::Ambiguous(grouped, decimal))
            }
            (Some(decimal), Some(grouped), mark) => {
                let decimal_mark = if mark == DecimalMark::Comma { ',' } else { '.' };
                Ok(if separator == decimal_mark {
                    decimal
                } else {
                    grouped
                })
            }
        }
    }
}

/// Splits a number without a sign off the front, with its exponent if it has one: its digits with a point, and the
/// rest.
pub fn cut(text: &str, mark: DecimalMark) -> Result<(String, &str), NumberError> {
    let shape = Shape::of(text);
    let mut number = shape.read(mark)?;
    let mut end = shape.len;
    if let Some(tail) = text[end..].strip_prefix(['e', 'E']) {
        let exponent = digits(tail);
        if exponent > 0 {
            number.push_str(&text[end..end + 1 + exponent]);
            end += 1 + exponent;
        }
    }
    Ok((number, &text[end..]))
}

/// The value of [`cut`], and the rest.
pub fn split(text: &str, mark: DecimalMark) -> Result<(f64, &str), NumberError> {
    let (number, rest) = cut(text, mark)?;
    let value = number.parse().map_err(|_| NumberError::Malformed)?;
    Ok((value, rest))
}

/// A count: the number at the front must be whole. `400.000` has two readings then, `1.234` one.
pub fn split_whole(text: &str, mark: DecimalMark) -> Result<(f64, &str), NumberError> {
    let shape = Shape::of(text);
    let may_be_fraction = matches!(
        (shape.separators.as_slice(), mark),
        (['.'], DecimalMark::English | DecimalMark::Unknown)
            | ([','], DecimalMark::Comma | DecimalMark::Unknown)
    );
    if may_be_fraction && shape.is_grouped(2) {
        let grouped = shape.whole(2);
        if shape.parts[1] == "000" {
            return Err(NumberError::Ambiguous(grouped, shape.parts[0].to_owned()));
        }
        let value = grouped.parse().map_err(|_| NumberError::Malformed)?;
        return Ok((value, &text[shape.len..]));
    }
    let (value, rest) = split(text, mark)?;
    if (value.fract() == 0.0 || value.is_infinite())
        && !matches!(shape.separators.as_slice(), [','] if shape.parts[1].len() != 3)
    {
        Ok((value, rest))
    } else {
        Err(NumberError::Malformed)
    }
}

/// Whether a text begins with digits that a space groups: `2 400h`, which may be the end of a name and a number.
pub fn is_grouped_by_space(text: &str) -> bool {
    Shape::of(text).separators.first() == Some(&' ')
}

/// The mark that the number at the start of a text must have; `None` if it could have either.
pub fn mark_of(text: &str) -> Option<DecimalMark> {
    let shape = Shape::of(text);
    shape.read(DecimalMark::Unknown).ok()?;
    let (last, before) = shape.separators.split_last()?;
    match (before.first(), last) {
        (None, ',') | (Some('.' | '\'' | ' '), ',') | (Some('.'), '.') => Some(DecimalMark::Comma),
        (None, '.') | (Some(',' | '\'' | ' '), '.') | (Some(','), ',') => Some(DecimalMark::English),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<f64, NumberError> {
        split(text, DecimalMark::English).map(|(value, _)| value)
    }

    #[test]
    fn one_reading_is_taken() {
        for (text, expected) in [
            ("40", 40.0),
            ("007", 7.0),
            ("1.5", 1.5),
            (".5", 0.5),
            ("1,5", 1.5),
            ("0,750", 0.75),
            ("0,5", 0.5),
            ("0.750", 0.75),
            ("1,2345", 1.2345),
            ("1234,567", 1234.567),
            ("1,200", 1200.0),
            ("1.234", 1.234),
            ("400,000", 400_000.0),
            ("1,234,567", 1_234_567.0),
            ("1.234.567", 1_234_567.0),
            ("1,234.5", 1234.5),
            ("1.234,5", 1234.5),
            ("1.234,567", 1234.567),
            ("1'234", 1234.0),
            ("1\u{2019}234.5", 1234.5),
            ("1 234", 1234.0),
            ("1\u{a0}234,5", 1234.5),
            ("12\u{202f}345\u{202f}678", 12_345_678.0),
            ("2e3", 2000.0),
        ] {
            assert_eq!(read(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_nobody_means_is_refused() {
        for text in [
            "",
            "x",
            ".",
            ",5",
            "00,750",
            "0,750,000",
            "1,23,456",
            "1,2,3",
            "1..5",
            "1.2.3",
            "1,234,56",
            "1.5,5",
            "1,5.5",
            "12,34,5",
            "0'750",
            "1'23",
            "1,234'567",
            "1234,567,890",
            "1,",
        ] {
            assert_eq!(read(text), Err(NumberError::Malformed), "{text}");
        }
    }

    #[test]
    fn a_space_ends_a_number_unless_three_digits_follow() {
        let rest = |text| split(text, DecimalMark::English).map(|(value, rest)| (value, rest.to_owned()));
        assert_eq!(rest("1 30m"), Ok((1.0, " 30m".to_owned())));
        assert_eq!(rest("1 2345m"), Ok((1.0, " 2345m".to_owned())));
        assert_eq!(rest("40 hours"), Ok((40.0, " hours".to_owned())));
        assert!(is_grouped_by_space("2 400h"));
        assert!(!is_grouped_by_space("2 40h"));
    }

    #[test]
    fn the_mark_decides_between_two_readings() {
        let with = |text, mark| split(text, mark).map(|(value, _)| value);
        let both = |grouped: &str, decimal: &str| Err(NumberError::Ambiguous(grouped.into(), decimal.into()));
        assert_eq!(with("1,250", DecimalMark::Comma), Ok(1.25));
        assert_eq!(with("1.250", DecimalMark::Comma), Ok(1250.0));
        assert_eq!(with("1.5", DecimalMark::Comma), Ok(1.5));
        assert_eq!(with("1,250", DecimalMark::Unknown), both("1250", "1.250"));
        assert_eq!(with("1,25", DecimalMark::Unknown), Ok(1.25));
        assert_eq!(with("0,250", DecimalMark::Unknown), Ok(0.25));
    }

    #[test]
    fn counts_are_whole() {
        let whole = |text| split_whole(text, DecimalMark::English).map(|(value, _)| value);
        for (text, expected) in [
            ("400000", 400_000.0),
            ("400,000", 400_000.0),
            ("1.234", 1234.0),
            ("1.234.567", 1_234_567.0),
            ("400 000", 400_000.0),
            ("25.0", 25.0),
        ] {
            assert_eq!(whole(text), Ok(expected), "{text}");
        }
        assert_eq!(
            whole("400.000"),
            Err(NumberError::Ambiguous("400000".into(), "400".into()))
        );
        for text in ["4,00", "1.5", "0,750", "4,5"] {
            assert_eq!(whole(text), Err(NumberError::Malformed), "{text}");
        }
    }

    #[test]
    fn a_number_with_one_reading_tells_its_mark() {
        use DecimalMark::{Comma, English};
        for (text, expected) in [
            ("0,750", Some(Comma)),
            ("1,5h", Some(Comma)),
            ("1.234,5", Some(Comma)),
            ("1 234,5", Some(Comma)),
            ("1.234.567", Some(Comma)),
            ("1.5", Some(English)),
            ("0.750", Some(English)),
            ("1,234.5", Some(English)),
            ("1,234,567", Some(English)),
            ("1,250", None),
            ("1.250", None),
            ("40", None),
            ("1 234", None),
            ("1,23,456", None),
        ] {
            assert_eq!(mark_of(text), expected, "{text}");
        }
    }
}
