//! The audit on a terminal: the first lines, then findings, then tables, each line within the width.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Effects, Style};
use unicode_width::UnicodeWidthStr;

use super::kinds::{Kind, kinds, short_id, with_short_ids};
use super::lead::{facts, title};
use super::sentences::{notes, number, skipped};
use super::tables;
use crate::audit::{Audit, Finding, Level};
use crate::render::document::{Document, Table};
use crate::render::escape;
use crate::render::terminal::{self, Screen, hanging, shorten};

/// How many kinds of findings are named at the top.
const WORST: usize = 3;
/// How many rows a table has before the rest is folded.
const ROWS: usize = 10;

const HEADING: Style = Style::new().bold();
const FAINT: Style = Style::new().effects(Effects::DIMMED);

/// The page. Unless it is `unfolded`, findings of one kind are one line, and long tables end early.
pub fn page(audit: &Audit, screen: Screen, unfolded: bool) -> String {
    let pen = Pen { screen };
    let mut text = top(audit, pen);
    let kinds = kinds(&audit.findings);
    if !kinds.is_empty() {
        text += &format!("\n{}\n", pen.paint("Findings", HEADING));
    }
    for kind in &kinds {
        text += &found(kind, pen, unfolded);
    }
    let tables = tables(audit).into_iter();
    let rest = Document {
        title: None,
        tables: tables.map(|table| folded(table, unfolded)).collect(),
        notes: notes(audit).into_iter().chain(skipped(audit, unfolded)).collect(),
        ..Document::default()
    };
    text += "\n";
    text + &terminal::render(&rest, screen)
}

/// What a sceptic wants to know first, in about ten lines on a terminal with 80 columns.
fn top(audit: &Audit, pen: Pen) -> String {
    let mut text = pen.paragraph(&title(audit), "", HEADING);
    for fact in facts(audit) {
        let line = fact.line(|line| pen.fits(line));
        text += &pen.paragraph(&line, "  ", Style::new());
    }
    for kind in kinds(&audit.findings).iter().take(WORST) {
        text += &pen.worst(kind);
    }
    text
}

/// One kind of finding with what to do about it.
fn found(kind: &Kind<'_>, pen: Pen, unfolded: bool) -> String {
    let advice = format!("{} ({})", kind.rule.advice, kind.rule.id);
    let mut text = match (kind.findings, unfolded) {
        ([one], false) => pen.headed(kind.level, &one_line(one)),
        (_, false) => pen.headed(kind.level, &pen.folded(kind)),
        (all, true) => {
            let mut text = pen.headed(kind.level, &kind.summary());
            for one in all {
                text += &pen.indented(&with_id(one, &one.message));
            }
            text
        }
    };
    text += &pen.paragraph(&format!("  {advice}"), "  ", FAINT);
    text
}

/// The id and the message, both with short ids.
fn one_line(found: &Finding) -> String {
    with_id(found, &with_short_ids(&found.message))
}

/// The text after the short id, if there is one.
fn with_id(found: &Finding, text: &str) -> String {
    match short_id(found) {
        id if id.is_empty() => text.to_owned(),
        id => format!("{id} {text}"),
    }
}

/// The table, its last rows left out and counted.
fn folded(mut table: Table, unfolded: bool) -> Table {
    // A table that may be folded is sorted so that its first rows matter most.
    if !unfolded && super::is_long_list(&table) && table.rows.len() > ROWS + 1 {
        let more = table.rows.len() - ROWS;
        table.rows.truncate(ROWS);
        table
            .notes
            .push(format!("{} more rows (`-v` shows them)", number(more as u64)));
    }
    table
}

/// Writes lines that are no wider than the screen.
#[derive(Clone, Copy)]
struct Pen {
    screen: Screen,
}

impl Pen {
    fn width(self) -> usize {
        self.screen.width.unwrap_or(usize::MAX)
    }

    fn fits(self, text: &str) -> bool {
        escape::visible(text).width() <= self.width()
    }

    fn paint(self, text: &str, style: Style) -> String {
        match self.screen.color && !text.is_empty() {
            true => format!("{style}{text}{style:#}"),
            false => text.to_owned(),
        }
    }

    /// Lines of one style, those after the first behind `indent`.
    fn paragraph(self, text: &str, indent: &str, style: Style) -> String {
        let mut lines = String::new();
        for line in hanging(&escape::visible(text), self.width(), indent) {
            let _ = writeln!(lines, "{}", self.paint(&line, style));
        }
        lines
    }

    fn indented(self, text: &str) -> String {
        self.paragraph(&format!("  {text}"), "    ", Style::new())
    }

    /// `error: TEXT`, its first word in the color of the level.
    fn headed(self, of: Level, text: &str) -> String {
        let head = format!("{}:", of.word());
        let plain = self.paragraph(&format!("{head} {text}"), "  ", Style::new());
        match plain.strip_prefix(&head) {
            Some(rest) => self.paint(&head, color(of)) + rest,
            None => plain,
        }
    }

    /// One line about a kind, cut where the screen ends.
    fn worst(self, kind: &Kind<'_>) -> String {
        let head = format!("{}:", kind.level.word());
        let text = match kind.findings {
            [one] => one_line(one),
            _ => self.folded(kind),
        };
        let room = self.width().saturating_sub(head.width() + 1);
        let text = shorten(&escape::visible(&text), room).into_owned();
        format!("{} {text}\n", self.paint(&head, color(kind.level)))
    }

    /// `3 estimates raised later: 0707072a, 23bc9911, …`, with as many ids as there is room for.
    fn folded(self, kind: &Kind<'_>) -> String {
        let head = kind.level.word().len() + 2;
        let room = self.width().saturating_sub(head).min(MOST_IDS);
        let mut line = kind.summary() + ":";
        for (at, found) in kind.findings.iter().enumerate() {
            let id = short_id(found);
            let is_last = at + 1 == kind.findings.len();
            let needed = line.width() + 1 + escape::visible(&id).width() + if is_last { 0 } else { 3 };
            if needed > room {
                return match at {
                    0 => kind.summary(),
                    _ => line + " …",
                };
            }
            line += &format!(" {id}{}", if is_last { "" } else { "," });
        }
        line
    }
}

/// Examples end here, however wide the screen is.
const MOST_IDS: usize = 100;

/// The colors of git and cargo.
fn color(level: Level) -> Style {
    let color = match level {
        Level::Error => AnsiColor::Red,
        Level::Warning => AnsiColor::Yellow,
        Level::Note => AnsiColor::Cyan,
    };
    color.on_default().bold()
}

/// A sentence in lines that fit.
pub(super) fn columns(text: &str, screen: Screen) -> Vec<String> {
    hanging(&escape::visible(text), screen.width.unwrap_or(usize::MAX), "  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_the_screen() {
        let text = "some words and averyveryverylongword日本語日本語 end";
        for width in [5, 8, 20, 60] {
            let lines = hanging(text, width, "  ");
            assert!(
                lines.iter().all(|line| line.width() <= width),
                "{width}: {lines:?}"
            );
            let joined: String = lines.iter().flat_map(|line| line.split_whitespace()).collect();
            assert_eq!(joined, text.replace(' ', ""), "{width}");
            assert!(shorten(text, width).width() <= width);
        }
    }

    #[test]
    fn a_paragraph_keeps_its_first_indent() {
        assert_eq!(hanging("  one two", 6, "  "), ["  one", "  two"]);
    }
}
