//! Adds values to a JSON text and removes them again, each with the smallest possible change.
//!
//! Removing is the reverse of adding: the comma, the blanks and the newlines that came with a value are removed, too.

use std::fmt;

use serde_json::Value;

use super::jsonc::{self, Child, Node, NodeValue, Position, SyntaxError, Trivia, trivia};
use super::layout::{Layout, indentation, indentation_of_line};
use super::splice::Splice;

/// A step on the path to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A member of an object.
    Key(String),
    /// An element of an array.
    At(usize),
}

/// Why a text was not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EditError {
    /// It is not valid JSON.
    Syntax(SyntaxError),
    /// There is another value in the place of ours.
    Unexpected {
        /// The place.
        place: Position,
        /// What is there, and what should be.
        what: String,
    },
    /// The change would have touched other values.
    Unsafe,
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(error) => error.fmt(f),
            Self::Unexpected { place, what } => write!(f, "{place}: {what}"),
            Self::Unsafe => f.write_str("it cannot be edited without changing its layout"),
        }
    }
}

impl From<SyntaxError> for EditError {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax(error)
    }
}

/// A text being edited.
#[derive(Debug, Clone)]
pub struct Editor {
    text: String,
    root: Option<Node>,
    splices: Vec<Splice>,
}

impl Editor {
    /// Parses a text.
    pub fn new(text: &str) -> Result<Self, EditError> {
        Ok(Self {
            root: jsonc::parse(text)?,
            text: text.to_owned(),
            splices: Vec::new(),
        })
    }

    /// The current text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The current value of the text.
    pub fn root(&self) -> Option<&Node> {
        self.root.as_ref()
    }

    /// The text, and everything that was replaced in it.
    pub fn finish(self) -> (String, Vec<Splice>) {
        (self.text, self.splices)
    }

    /// The value at the end of a path.
    pub fn at(&self, way: &[Step]) -> Option<&Node> {
        way.iter().try_fold(self.root.as_ref()?, |node, step| match step {
            Step::Key(key) => node.get(key),
            Step::At(index) => node.children()?.get(*index).map(|child| &child.node),
        })
    }

    /// Gives a text without a value this value.
    pub fn begin(&mut self, value: &Value) -> Result<(), EditError> {
        let layout = Layout::of(&self.text, None);
        let newline = layout.newline;
        let before = match self.text.is_empty() || self.text.ends_with(['\n', '\u{feff}']) {
            true => "",
            false => newline,
        };
        let new = format!("{before}{}{newline}", layout.written(value, Some("")));
        let at = self.text.len();
        self.replace(at, 0, new)?;
        match self.root.is_some() {
            true => Ok(()),
            false => Err(EditError::Unsafe),
        }
    }

    /// Adds a member, or an element if `key` is `None`, to the end of the value at the end of a path.
    pub fn add(&mut self, way: &[Step], key: Option<&str>, value: &Value) -> Result<(), EditError> {
        let expected = self.root.clone();
        let node = self.at(way).ok_or(EditError::Unsafe)?.clone();
        let children = self.container(&node, key.is_some())?.to_vec();
        let layout = Layout::of(&self.text, self.root.as_ref());
        match children.last() {
            Some(last) => self.add_after(&children, last, &layout, key, value)?,
            None => self.add_first(&node, &layout, key, value)?,
        }
        // Without the addition, it must mean the same as before.
        let mut probe = self.root.clone();
        let added = probe
            .as_mut()
            .and_then(|root| descend(root, way))
            .and_then(children_mut);
        let is_there = added.and_then(Vec::pop).is_some_and(|child| {
            let same = jsonc::parse(&layout.written(value, None)).ok().flatten();
            child.key.as_deref() == key && same.as_ref() == Some(&child.node)
        });
        match is_there && probe == expected {
            true => Ok(()),
            false => Err(EditError::Unsafe),
        }
    }

    fn container<'a>(&self, node: &'a Node, is_map: bool) -> Result<&'a [Child], EditError> {
        match (&node.value, is_map) {
            (NodeValue::Map(children), true) | (NodeValue::List(children), false) => Ok(children),
            _ => Err(EditError::Unexpected {
                place: Position::of(&self.text, node.span.start),
                what: format!(
                    "expected {}, found {}",
                    if is_map { "an object" } else { "an array" },
                    node.kind()
                ),
            }),
        }
    }

    fn add_after(
        &mut self,
        children: &[Child],
        last: &Child,
        layout: &Layout,
        key: Option<&str>,
        value: &Value,
    ) -> Result<(), EditError> {
        let text = &self.text;
        let end = last.node.span.end;
        let after = last.comma.map_or(end, |comma| comma + 1);
        let tail = if last.comma.is_some() { "," } else { "" };
        let Some(indent) = indentation(text, children[0].start).map(str::to_owned) else {
            let name = key.map(|key| layout.name(key)).unwrap_or_default();
            let written = layout.written(value, None);
            let (comma, blank) = (if last.comma.is_some() { "" } else { "," }, layout.comma);
            let blank = blank.trim_start_matches(',');
            return self.replace(after, 0, format!("{comma}{blank}{name}{written}{tail}"));
        };
        let anchor = end_of_line_comments(text, after);
        let line = line(layout, &indent, key, value);
        let new = format!("{line}{tail}");
        match last.comma {
            Some(_) => self.replace(anchor, 0, new),
            None if anchor == end => self.replace(end, 0, format!(",{new}")),
            None => {
                self.replace_unread(anchor, 0, new)?;
                self.replace(end, 0, ",".to_owned())
            }
        }
    }

    fn add_first(
        &mut self,
        node: &Node,
        layout: &Layout,
        key: Option<&str>,
        value: &Value,
    ) -> Result<(), EditError> {
        let text = &self.text;
        let inside = node.span.start + 1..node.span.end - 1;
        let (at, is_line) = last_comment(text, inside.start, inside.end);
        let rest = &text[at..inside.end];
        if layout.unit.is_none() && !is_line {
            let name = key.map(|key| layout.name(key)).unwrap_or_default();
            let written = layout.written(value, None);
            return self.replace(at, 0, format!("{name}{written}"));
        }
        let outer = indentation_of_line(text, node.span.start).to_owned();
        let inner = format!("{outer}{}", layout.unit.as_deref().unwrap_or("  "));
        let mut new = line(layout, &inner, key, value);
        if !rest.contains('\n') {
            new.push_str(layout.newline);
            new.push_str(&outer);
        }
        self.replace(at, 0, new)
    }

    /// Removes the member or element at the end of a path.
    pub fn remove(&mut self, way: &[Step]) -> Result<(), EditError> {
        let (last, above) = way.split_last().ok_or(EditError::Unsafe)?;
        let container = self.at(above).ok_or(EditError::Unsafe)?.clone();
        let children = container.children().ok_or(EditError::Unsafe)?.to_vec();
        let index = position(&children, last).ok_or(EditError::Unsafe)?;
        let mut expected = self.root.clone();
        expected
            .as_mut()
            .and_then(|root| descend(root, above))
            .and_then(children_mut)
            .map(|children| children.remove(index));
        self.cut(&container, &children, index)?;
        match self.root == expected {
            true => Ok(()),
            false => Err(EditError::Unsafe),
        }
    }

    fn cut(&mut self, container: &Node, children: &[Child], index: usize) -> Result<(), EditError> {
        let child = &children[index];
        let before = index.checked_sub(1).map(|index| &children[index]);
        let from = match before {
            Some(before) => before.comma.map_or(before.node.span.end, |comma| comma + 1),
            None => container.span.start + 1,
        };
        let (comment, is_line) = last_comment(&self.text, from, child.start);
        let end = child.node.span.end;
        let mut start = comment.max(from);
        // The rest of the line must not become part of the comment before it.
        let after = &self.text[child.comma.map_or(end, |comma| comma + 1)..];
        if is_line && !after.trim_start_matches([' ', '\t', '\r']).starts_with('\n') {
            start += self.text[start..].find('\n').map_or(0, |newline| newline + 1);
        }
        if let Some(comma) = child.comma {
            // The next one becomes the first on its line, without blanks before it.
            let is_tight = before.is_none() && child.start == from && children.len() > 1;
            let rest = &self.text[comma + 1..];
            let blanks = rest.len() - rest.trim_start_matches([' ', '\t']).len();
            self.replace_unread(comma, 1 + if is_tight { blanks } else { 0 }, String::new())?;
        }
        if children.len() == 1 {
            // Only newlines and blanks are left, which were added, too.
            let inside = container.span.end - 1 - usize::from(child.comma.is_some());
            let is_empty = self.text[end..inside].trim().is_empty() && comment == from;
            let end = if is_empty { inside } else { end };
            return self.replace(start, end - start, String::new());
        }
        let orphan = before.and_then(|before| before.comma).filter(|_| {
            // The comma before the last value separated the two.
            child.comma.is_none()
        });
        match orphan {
            Some(comma) if comma + 1 == start => self.replace(comma, end - comma, String::new()),
            Some(comma) => {
                self.replace_unread(start, end - start, String::new())?;
                self.replace(comma, 1, String::new())
            }
            None => self.replace(start, end - start, String::new()),
        }
    }

    fn replace(&mut self, at: usize, len: usize, new: String) -> Result<(), EditError> {
        self.replace_unread(at, len, new)?;
        self.root = jsonc::parse(&self.text).map_err(|_| EditError::Unsafe)?;
        Ok(())
    }

    fn replace_unread(&mut self, at: usize, len: usize, new: String) -> Result<(), EditError> {
        let old = self.text.get(at..at + len).ok_or(EditError::Unsafe)?.to_owned();
        let splice = Splice { at, old, new };
        self.text = splice.apply(&self.text).ok_or(EditError::Unsafe)?;
        self.splices.push(splice);
        Ok(())
    }
}

/// A value on its own line.
fn line(layout: &Layout, indent: &str, key: Option<&str>, value: &Value) -> String {
    let name = key.map(|key| layout.name(key)).unwrap_or_default();
    // The file has a value on one line because it is short: ours is not.
    let written = layout.written(value, Some(indent));
    format!("{}{indent}{name}{written}", layout.newline)
}

/// The position after the comments that follow on the same line.
fn end_of_line_comments(text: &str, from: usize) -> usize {
    let mut end = from;
    for part in trivia(text, from) {
        match part {
            Trivia::Blank(span) if text[span.clone()].contains('\n') => break,
            Trivia::Blank(_) => {}
            Trivia::Comment { span, .. } if text[span.clone()].contains('\n') => break,
            Trivia::Comment { span, .. } => end = span.end,
        }
    }
    end
}

/// The position after the last comment in a stretch of blanks and comments, and whether it extends to the end of its line.
fn last_comment(text: &str, from: usize, to: usize) -> (usize, bool) {
    let mut parts = trivia(&text[..to], from).into_iter().rev();
    let end = parts.find_map(|part| match part {
        Trivia::Comment { span, is_line } => Some((span.end, is_line)),
        Trivia::Blank(_) => None,
    });
    end.unwrap_or((from, false))
}

fn position(children: &[Child], step: &Step) -> Option<usize> {
    match step {
        Step::At(index) => (*index < children.len()).then_some(*index),
        Step::Key(key) => children
            .iter()
            .rposition(|child| child.key.as_deref() == Some(key.as_str())),
    }
}

fn descend<'a>(root: &'a mut Node, way: &[Step]) -> Option<&'a mut Node> {
    way.iter().try_fold(root, |node, step| {
        let children = children_mut(node)?;
        let index = position(children, step)?;
        children.get_mut(index).map(|child| &mut child.node)
    })
}

fn children_mut(node: &mut Node) -> Option<&mut Vec<Child>> {
    match &mut node.value {
        NodeValue::List(children) | NodeValue::Map(children) => Some(children),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn keys(way: &[&str]) -> Vec<Step> {
        way.iter().map(|key| Step::Key((*key).to_owned())).collect()
    }

    /// Adds a member and removes it again.
    fn there_and_back(text: &str) -> String {
        let mut editor = Editor::new(text).unwrap();
        editor.add(&[], Some("new"), &json!({"x": [1]})).unwrap();
        let changed = editor.text().to_owned();
        editor.remove(&keys(&["new"])).unwrap();
        assert_eq!(editor.text(), text, "{changed}");
        changed
    }

    #[test]
    fn a_member_is_added_in_the_layout_of_the_file() {
        assert_eq!(
            there_and_back("{\n    \"a\": 1\n}\n"),
            "{\n    \"a\": 1,\n    \"new\": {\n        \"x\": [\n            1\n        ]\n    }\n}\n"
        );
        assert_eq!(there_and_back("{\"a\":1}"), "{\"a\":1,\"new\":{\"x\":[1]}}");
        assert_eq!(
            there_and_back("{ \"a\": 1 }"),
            "{ \"a\": 1, \"new\": {\"x\": [1]} }"
        );
        assert_eq!(
            there_and_back("{}"),
            "{\n  \"new\": {\n    \"x\": [\n      1\n    ]\n  }\n}"
        );
    }

    #[test]
    fn comments_and_commas_stay_where_they_are() {
        for text in [
            "{\n  \"a\": 1 // why\n}",
            "{\n  \"a\": 1, // why\n}",
            "{\r\n\t\"a\": 1 /* x */ // y\r\n\t// z\r\n}\r\n",
            "{\n  \"a\": 1 /* x\n */\n}",
            "{\n  \"a\": 1,\n  /* last */\n}",
            "{\n  \"a\": 1\n  // last\n}",
            "{ // only\n}",
            "{\"a\": 1,}",
            "{\"a\": 1 /* x */}",
            "{\"a\": 1 // x\n}",
            "\u{feff}{\"a\": 1}",
            "// top\n{\n\"a\": 1}",
            "{\n\n  \"a\": 1\n\n}",
            "{\n  \"a\": 1\n\n  ,\n}",
        ] {
            let _ = there_and_back(text);
        }
    }

    #[test]
    fn what_stands_around_a_value_survives_it() {
        for (text, without) in [
            ("{\"a\":1,\"b\":2,\"c\":3}", "{\"a\":1,\"c\":3}"),
            ("{\"b\":2,\"c\":3}", "{\"c\":3}"),
            ("{\"b\": 2, \"c\": 3}", "{\"c\": 3}"),
            ("{ \"b\": 2, \"c\": 3 }", "{ \"c\": 3 }"),
            (
                "{\n  \"a\": 1, // one\n  \"b\": 2 // two\n}",
                "{\n  \"a\": 1 // one\n // two\n}",
            ),
            ("{\n  // two\n  \"b\": 2\n}", "{\n  // two\n}"),
            ("{ // two\n  \"b\": 2 }", "{ // two\n }"),
            ("{\n  \"a\": 1, // one\n  \"b\": 2 }", "{\n  \"a\": 1 // one\n }"),
            ("{\n  \"b\": 2,\n}", "{}"),
        ] {
            let mut editor = Editor::new(text).unwrap();
            editor.remove(&keys(&["b"])).unwrap();
            assert_eq!(editor.text(), without);
        }
    }

    #[test]
    fn what_is_no_container_is_left_alone() {
        let mut editor = Editor::new("{\n\"hooks\": []}").unwrap();
        let error = editor
            .add(&keys(&["hooks"]), Some("Stop"), &json!([]))
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "line 2, column 10: expected an object, found an array"
        );
        assert_eq!(editor.text(), "{\n\"hooks\": []}");
        assert!(Editor::new("{").is_err());
    }

    #[test]
    fn a_text_without_a_value_begins_with_one() {
        for (text, begun) in [
            ("", "{\n  \"a\": 1\n}\n"),
            ("// c", "// c\n{\n  \"a\": 1\n}\n"),
            ("\r\n", "\r\n{\r\n  \"a\": 1\r\n}\r\n"),
        ] {
            let mut editor = Editor::new(text).unwrap();
            editor.begin(&json!({"a": 1})).unwrap();
            assert_eq!(editor.text(), begun);
        }
    }
}
