//! The layout of a file: its newlines, its indentation, and how a new value looks in it.

use serde_json::Value;

use super::jsonc::{Node, bom};

/// The members of hooks in the order in which people write them; all others follow, by name.
const ORDER: &[&str] = &[
    "version",
    "type",
    "command",
    "bash",
    "timeout",
    "timeoutSec",
    "SessionStart",
    "sessionStart",
    "AfterAgent",
    "Stop",
    "stop",
    "agentStop",
    "SessionEnd",
    "sessionEnd",
];

/// The layout of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// `\n` or `\r\n`.
    pub newline: &'static str,
    /// One step of indentation; `None` for a file on one line.
    pub unit: Option<String>,
    /// The text between a name and its value.
    pub colon: &'static str,
    /// The text between two values on one line.
    pub comma: &'static str,
}

impl Layout {
    /// Detects the layout; the default indentation is two blanks.
    pub fn of(text: &str, root: Option<&Node>) -> Self {
        let first = root.and_then(|root| root.children()?.first().map(|first| (root, first)));
        let is_tight = first.is_some_and(|(_, first)| {
            let name = &text[first.start..first.node.span.start];
            first.key.is_some() && name.ends_with(':')
        });
        let unit = match first {
            None => Some("  ".to_owned()),
            Some((_, first)) => indentation(text, first.start)
                .map(|unit| if unit.is_empty() { "  " } else { unit }.to_owned()),
        };
        Self {
            newline: match text.contains("\r\n") {
                true => "\r\n",
                false => "\n",
            },
            unit,
            colon: if is_tight { ":" } else { ": " },
            comma: if is_tight { "," } else { ", " },
        }
    }

    /// A value whose first line is indented by `indent`, or all of it on one line.
    pub fn written(&self, value: &Value, indent: Option<&str>) -> String {
        let (open, close, parts) = match value {
            Value::Array(items) if !items.is_empty() => (
                '[',
                ']',
                items.iter().map(|item| (String::new(), item)).collect::<Vec<_>>(),
            ),
            Value::Object(members) if !members.is_empty() => {
                let place = |name: &str| ORDER.iter().position(|known| *known == name);
                let mut members: Vec<_> = members.iter().collect();
                members.sort_by_key(|(name, _)| (place(name).unwrap_or(ORDER.len()), *name));
                let named = members.into_iter().map(|(name, value)| (self.name(name), value));
                ('{', '}', named.collect())
            }
            plain => return plain.to_string(),
        };
        let Some((outer, unit)) = indent.zip(self.unit.as_deref()) else {
            let parts: Vec<String> = parts
                .into_iter()
                .map(|(name, value)| name + &self.written(value, None))
                .collect();
            return format!("{open}{}{close}", parts.join(self.comma));
        };
        let inner = format!("{outer}{unit}");
        let lines: Vec<String> = parts
            .into_iter()
            .map(|(name, value)| format!("{inner}{name}{}", self.written(value, Some(&inner))))
            .collect();
        let newline = self.newline;
        let lines = lines.join(&format!(",{newline}"));
        format!("{open}{newline}{lines}{newline}{outer}{close}")
    }

    /// The name of a member with its colon.
    pub fn name(&self, name: &str) -> String {
        format!("{}{}", Value::from(name), self.colon)
    }
}

/// The blanks at the start of a line, if the value at `at` is the first on it.
pub fn indentation(text: &str, at: usize) -> Option<&str> {
    let line = line_start(text, at);
    // The first line does not count, because nothing comes before it.
    let blanks = &text[line..at];
    (line > 0 && is_blank(blanks)).then_some(blanks)
}

/// The blanks at the start of the line that contains `at`.
pub fn indentation_of_line(text: &str, at: usize) -> &str {
    let line = line_start(text, at).max(bom(text).min(at));
    let rest = &text[line..at];
    &rest[..rest.len() - rest.trim_start_matches([' ', '\t']).len()]
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::integrations::settings::jsonc;

    fn layout(text: &str) -> Layout {
        Layout::of(text, jsonc::parse(text).unwrap().as_ref())
    }

    #[test]
    fn a_file_shows_how_it_is_laid_out() {
        let unit = |text: &str| layout(text).unit;
        assert_eq!(unit("{\n    \"a\": 1\n}").as_deref(), Some("    "));
        assert_eq!(unit("{\r\n\t\"a\": 1\r\n}").as_deref(), Some("\t"));
        assert_eq!(unit("{\n\"a\": 1\n}").as_deref(), Some("  "));
        assert_eq!(unit("{\"a\": 1}"), None);
        assert_eq!(unit("{}").as_deref(), Some("  "));
        assert_eq!(layout("{\r\n}").newline, "\r\n");
        assert_eq!(
            (layout("{\"a\":1}").colon, layout("{\"a\": 1}").colon),
            (":", ": ")
        );
    }

    #[test]
    fn values_are_written_in_it() {
        let value = json!({"a": [1, {"b": []}]});
        assert_eq!(layout("{\"x\":1}").written(&value, None), r#"{"a":[1,{"b":[]}]}"#);
        assert_eq!(
            layout("{\n\t\"x\": 1\n}").written(&value, Some("\t")),
            "{\n\t\t\"a\": [\n\t\t\t1,\n\t\t\t{\n\t\t\t\t\"b\": []\n\t\t\t}\n\t\t]\n\t}"
        );
    }
}
