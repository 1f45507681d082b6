//! JSON with comments and trailing commas, parsed into a tree in which every value and every comma has its position.

use std::fmt;
use std::ops::Range;

/// The maximum nesting depth.
const DEEPEST: usize = 200;

/// A value, and its position in the text.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its bytes, without surrounding blanks and comments.
    pub span: Range<usize>,
    /// Its content.
    pub value: NodeValue,
}

/// The content of a value.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeValue {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A string, with escapes decoded.
    Text(String),
    /// An array.
    List(Vec<Child>),
    /// An object.
    Map(Vec<Child>),
}

/// An element of an array, or a member of an object.
#[derive(Debug, Clone)]
pub struct Child {
    /// The name of a member.
    pub key: Option<String>,
    /// The start of the name or, without one, of the value.
    pub start: usize,
    /// The value.
    pub node: Node,
    /// The position of the comma after it.
    pub comma: Option<usize>,
}

/// Values are equal if they mean the same, at any position.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialEq for Child {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.node == other.node
    }
}

impl Node {
    /// The elements or members; `None` for other values.
    pub fn children(&self) -> Option<&[Child]> {
        match &self.value {
            NodeValue::List(children) | NodeValue::Map(children) => Some(children),
            _ => None,
        }
    }

    /// The value of a member. If a name occurs twice, the last one counts, as in most programs.
    pub fn get(&self, key: &str) -> Option<&Self> {
        match &self.value {
            NodeValue::Map(children) => children
                .iter()
                .rev()
                .find(|child| child.key.as_deref() == Some(key))
                .map(|child| &child.node),
            _ => None,
        }
    }

    /// The text of a string.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Its type in words.
    pub fn kind(&self) -> &'static str {
        match self.value {
            NodeValue::Null => "null",
            NodeValue::Bool(_) => "a boolean",
            NodeValue::Number(_) => "a number",
            NodeValue::Text(_) => "a string",
            NodeValue::List(_) => "an array",
            NodeValue::Map(_) => "an object",
        }
    }
}

/// Why a text is not valid JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The position.
    pub place: Position,
    /// The problem.
    pub what: &'static str,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// A position in a text, as editors count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The character in the line, from 1.
    pub column: usize,
}

impl Position {
    /// The position of a byte.
    pub fn of(text: &str, at: usize) -> Self {
        let before = text.as_bytes().get(..at).unwrap_or(text.as_bytes());
        let start = before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |newline| newline + 1);
        let line = String::from_utf8_lossy(&before[start..]);
        Self {
            line: 1 + before.iter().filter(|byte| **byte == b'\n').count(),
            column: 1 + line.trim_start_matches('\u{feff}').chars().count(),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Parses a text; `None` if it contains only blanks and comments.
pub fn parse(text: &str) -> Result<Option<Node>, SyntaxError> {
    let mut reader = Reader { text, at: bom(text) };
    reader.blanks()?;
    if reader.at == text.len() {
        return Ok(None);
    }
    let node = reader.value(0)?;
    reader.blanks()?;
    match reader.at == text.len() {
        true => Ok(Some(node)),
        false => Err(reader.error("expected the end of the file")),
    }
}

/// The length of the byte order mark.
pub fn bom(text: &str) -> usize {
    text.len() - text.trim_start_matches('\u{feff}').len()
}

/// A comment, or blanks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trivia {
    /// Blanks, tabs and newlines.
    Blank(Range<usize>),
    /// `// …`, without the newline, or `/* … */`.
    Comment {
        /// Its position.
        span: Range<usize>,
        /// Whether it extends to the end of the line.
        is_line: bool,
    },
}

/// The blanks and comments from `at` on.
pub fn trivia(text: &str, mut at: usize) -> Vec<Trivia> {
    let mut found = Vec::new();
    loop {
        let rest = &text[at..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
        let next = if blank > 0 {
            Trivia::Blank(at..at + blank)
        } else if rest.starts_with("//") {
            let line = rest.find('\n').unwrap_or(rest.len());
            let len = rest[..line].trim_end_matches('\r').len();
            Trivia::Comment {
                span: at..at + len,
                is_line: true,
            }
        } else if let Some(end) = rest.strip_prefix("/*").and_then(|inner| inner.find("*/")) {
            Trivia::Comment {
                span: at..at + end + 4,
                is_line: false,
            }
        } else {
            return found;
        };
        at = match &next {
            Trivia::Blank(span) | Trivia::Comment { span, .. } => span.end,
        };
        found.push(next);
    }
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn error(&self, what: &'static str) -> SyntaxError {
        SyntaxError {
            place: Position::of(self.text, self.at),
            what,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) -> Result<(), SyntaxError> {
        if let Some(Trivia::Blank(span) | Trivia::Comment { span, .. }) = trivia(self.text, self.at).last() {
            self.at = span.end;
        }
        match self.text[self.at..].starts_with("/*") {
            true => Err(self.error("unterminated comment")),
            false => Ok(()),
        }
    }

    fn value(&mut self, depth: usize) -> Result<Node, SyntaxError> {
        if depth > DEEPEST {
            return Err(self.error("nested too deeply"));
        }
        let start = self.at;
        let value = match self.peek() {
            Some(b'{') => NodeValue::Map(self.children(b'}', depth)?),
            Some(b'[') => NodeValue::List(self.children(b']', depth)?),
            Some(b'"') => NodeValue::Text(self.string()?),
            Some(b'-' | b'0'..=b'9') => NodeValue::Number(self.number()?),
            Some(_) => self.word()?,
            None => return Err(self.error("expected a value, found the end of the file")),
        };
        Ok(Node {
            span: start..self.at,
            value,
        })
    }

    fn children(&mut self, close: u8, depth: usize) -> Result<Vec<Child>, SyntaxError> {
        let opened = self.error(match close {
            b'}' => "a `{` without its `}`",
            _ => "a `[` without its `]`",
        });
        self.at += 1;
        let mut children: Vec<Child> = Vec::new();
        loop {
            self.blanks()?;
            let Some(next) = self.peek() else {
                return Err(opened);
            };
            if next == close {
                self.at += 1;
                return Ok(children);
            }
            if children.last().is_some_and(|last| last.comma.is_none()) {
                return Err(self.error(match close {
                    b'}' => "expected `,` or `}`",
                    _ => "expected `,` or `]`",
                }));
            }
            let start = self.at;
            let key = match close {
                b'}' => Some(self.key()?),
                _ if !self.is_value() => return Err(self.error("expected a value or `]`")),
                _ => None,
            };
            let node = self.value(depth + 1)?;
            self.blanks()?;
            let comma = (self.peek() == Some(b',')).then_some(self.at);
            self.at += usize::from(comma.is_some());
            children.push(Child {
                key,
                start,
                node,
                comma,
            });
        }
    }

    /// Whether something starts here that is at least intended as a value.
    fn is_value(&self) -> bool {
        self.peek()
            .is_some_and(|next| next.is_ascii_alphanumeric() || b"{[\"-".contains(&next))
    }

    fn key(&mut self) -> Result<String, SyntaxError> {
        if self.peek() != Some(b'"') {
            return Err(self.error("expected a name in double quotes or `}`"));
        }
        let key = self.string()?;
        self.blanks()?;
        if self.peek() != Some(b':') {
            return Err(self.error("expected `:`"));
        }
        self.at += 1;
        self.blanks()?;
        Ok(key)
    }

    /// Strings follow the rules of the JSON library used everywhere else.
    fn string(&mut self) -> Result<String, SyntaxError> {
        let rest = &self.text.as_bytes()[self.at..];
        let mut len = 1;
        loop {
            match rest.get(len) {
                Some(b'"') => break,
                Some(b'\\') => len += 2,
                Some(b'\n') | None => return Err(self.error("unterminated string")),
                Some(_) => len += 1,
            }
        }
        let written = &self.text[self.at..=self.at + len];
        let read = serde_json::from_str::<String>(written).or_else(|_| {
            // Half a character is acceptable; confusing two with each other is not.
            serde_json::from_str::<Box<serde_json::value::RawValue>>(written).map(|raw| raw.get().to_owned())
        });
        let read = read.map_err(|_| self.error("not a valid string"))?;
        self.at += len + 1;
        Ok(read)
    }

    fn number(&mut self) -> Result<String, SyntaxError> {
        let rest = &self.text[self.at..];
        let len = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)))
            .unwrap_or(rest.len());
        let number = &rest[..len];
        if serde_json::from_str::<Box<serde_json::value::RawValue>>(number).is_err() {
            return Err(self.error("not a valid number"));
        }
        self.at += len;
        Ok(number.to_owned())
    }

    fn word(&mut self) -> Result<NodeValue, SyntaxError> {
        let words = [
            ("null", NodeValue::Null),
            ("true", NodeValue::Bool(true)),
            ("false", NodeValue::Bool(false)),
        ];
        let rest = &self.text[self.at..];
        let found = words.into_iter().find(|(word, _)| {
            let after = rest.strip_prefix(word).map(|rest| rest.chars().next());
            after.is_some_and(|next| !next.is_some_and(|c| c.is_alphanumeric() || c == '_'))
        });
        let Some((word, value)) = found else {
            return Err(self.error("expected a value"));
        };
        self.at += word.len();
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(text: &str) -> Node {
        parse(text).unwrap().unwrap()
    }

    #[test]
    fn comments_and_commas_do_not_change_what_is_meant() {
        let plain = root(r#"{"a":[1,true,null],"b":{"c":"d\u00e9"}}"#);
        let written = "\u{feff}// top\r\n{ /* x */ \"a\": [1, true, null,], // é\r\n\t\"b\" /**/ : {\"c\": \"dé\"},\r\n} // end";
        assert_eq!(root(written), plain);
        assert_ne!(root(r#"{"a":[1,true],"b":{"c":"dé"}}"#), plain);
        assert_ne!(root("1.0"), root("1"), "numbers are kept as written");
        assert_eq!(root(r#"{"a":1,"a":2}"#).get("a"), Some(&root("2")));
    }

    #[test]
    fn places_are_those_of_the_text() {
        let text = "{ \"a\" : [ 10 ] , \"b\": 2 }";
        let node = root(text);
        let [a, b] = node.children().unwrap() else {
            unreachable!()
        };
        assert_eq!(&text[a.start..a.node.span.end], "\"a\" : [ 10 ]");
        assert_eq!((a.comma, b.comma), (Some(15), None));
        assert_eq!(node.span, 0..text.len());
    }

    #[test]
    fn what_is_no_json_is_named_with_its_line() {
        for (text, line) in [
            ("{\n\"a\": 1\n\"b\": 2}", 3),
            ("{\n\"a\": nul}", 2),
            ("[1,,2]", 1),
            ("{\"a\" 1}", 1),
            ("\n\n{\"a\": [}", 3),
            ("{} {}", 1),
            ("{\"a\n\": 1}", 1),
            ("{'a': 1}", 1),
            ("[01]", 1),
            ("{\"a\": 1", 1),
            ("/* {}", 1),
            ("[truely]", 1),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.place.line, line, "{text:?}: {error}");
        }
        let deep = "[".repeat(100_000);
        assert_eq!(parse(&deep).unwrap_err().what, "nested too deeply");
    }

    #[test]
    fn what_was_expected_is_named_with_its_column() {
        for (text, message) in [
            (
                "{\"hooks\": {\"Stop\": [ }",
                "line 1, column 22: expected a value or `]`",
            ),
            ("\u{feff}{\"\u{e9}\": nul}", "line 1, column 7: expected a value"),
            ("{\"a\": 1 \"b\": 2}", "line 1, column 9: expected `,` or `}`"),
            ("[1 2]", "line 1, column 4: expected `,` or `]`"),
            (
                "{\n  a: 1}",
                "line 2, column 3: expected a name in double quotes or `}`",
            ),
            (
                "{\"a\": ",
                "line 1, column 7: expected a value, found the end of the file",
            ),
            ("{\"a\": }", "line 1, column 7: expected a value"),
            ("{\"a\" 1}", "line 1, column 6: expected `:`"),
            ("{} x", "line 1, column 4: expected the end of the file"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message, "{text:?}");
        }
    }

    #[test]
    fn a_text_without_a_value_is_not_broken() {
        for text in ["", "  \n", "// nothing\n", "\u{feff}", "/* a */ // b"] {
            assert!(parse(text).unwrap().is_none(), "{text:?}");
        }
    }
}
