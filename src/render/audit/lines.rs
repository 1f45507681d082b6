//! The lines of one file: a sentence that sums them up, then who wrote each, as blame shows it.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use super::page::columns;
use super::sentences::{counted_in_groups, number};
use crate::audit::lines::FileLine;
use crate::audit::strength::Maker;
use crate::render::document::{Cell, Column, Document, Table};
use crate::render::escape;
use crate::render::terminal::Screen;
use crate::render::terminal::shorten;

/// `0 of 118 lines are from commits made with agents`, and where the others are from.
fn sum(lines: &[FileLine]) -> String {
    let of = |maker: Option<Maker>| -> u64 {
        let same = lines.iter().filter(|line| line.state == maker);
        same.map(FileLine::count).sum()
    };
    let all: u64 = lines.iter().map(FileLine::count).sum();
    let mut text = format!(
        "{} of {} from commits made with agents",
        number(of(Some(Maker::Agent))),
        counted_in_groups(all, "line", "lines")
    );
    for (maker, words) in [
        (Some(Maker::Human), "from people"),
        (Some(Maker::Automation), "from automation"),
        (Some(Maker::Unknown), "of unknown origin"),
        (None, "of commits that were not read"),
    ] {
        let count = of(maker);
        if count > 0 {
            let _ = write!(text, ", {} {words}", number(count));
        }
    }
    text
}

/// The agents, or who else made the commit.
fn maker(line: &FileLine) -> String {
    match line.state {
        Some(Maker::Agent) if !line.agents.is_empty() => line.agents.join(", "),
        Some(maker) => maker.word().to_owned(),
        None => "–".to_owned(),
    }
}

/// For a terminal: each line with its commit, its author, its agent, its number and its text.
pub fn file_page(lines: &[FileLine], screen: Screen) -> String {
    let mut text = String::new();
    for line in columns(&sum(lines), screen) {
        let _ = writeln!(text, "{line}");
    }
    let widest = |texts: &mut dyn Iterator<Item = usize>, most: usize| texts.max().unwrap_or(0).min(most);
    let visible = |text: &str| escape::visible(text).into_owned();
    let author_of = |line: &FileLine| visible(line.author.as_deref().unwrap_or("–"));
    let is_narrow = screen.width.is_some_and(|width| width < NARROW);
    let authors = match is_narrow {
        true => 0,
        false => widest(&mut lines.iter().map(|line| author_of(line).width()), 16),
    };
    let makers = widest(&mut lines.iter().map(|line| visible(&maker(line)).width()), 12);
    let digits = lines.last().map_or(1, |line| line.last_line.to_string().len());
    for line in lines {
        let commit = line
            .commit
            .map_or_else(|| "–".to_owned(), |commit| commit.short());
        let mut head = format!("{commit:<10} ");
        if !is_narrow {
            head += &padded(&author_of(line), authors);
        }
        head += &padded(&visible(&maker(line)), makers);
        for number in line.first_line..=line.last_line {
            let content = (number - line.first_line).try_into().ok();
            let content = content.and_then(|at: usize| line.text.get(at));
            // Blanks have the same width everywhere; tabs do not.
            let content = content.map(|text| visible(&text.replace('\t', "    ")));
            let whole = format!("{head}{number:>digits$}) {}", content.unwrap_or_default());
            let whole = match screen.width {
                Some(width) => shorten(&whole, width).into_owned(),
                None => whole,
            };
            let _ = writeln!(text, "{}", whole.trim_end());
        }
    }
    text
}

/// Below this width, the author is hidden in favor of the text.
const NARROW: usize = 72;

/// The text in exactly so many columns, and a blank.
fn padded(text: &str, width: usize) -> String {
    let cut = shorten(text, width);
    let fill = width.saturating_sub(cut.width());
    format!("{cut}{} ", " ".repeat(fill))
}

/// The runs of lines as rows, for all other formats.
pub fn file_document(path: &str, lines: &[FileLine]) -> Document {
    let cells = |line: &FileLine| {
        vec![
            Cell::Count(line.first_line),
            Cell::Count(line.last_line),
            Cell::known(line.commit, |commit| Cell::text(commit.short())),
            Cell::known(line.author.as_deref(), Cell::text),
            Cell::known(line.state, |state| Cell::text(state.word())),
            Cell::text(line.agents.join(", ")),
            Cell::text(line.tasks.join(", ")),
            Cell::text(line.sessions.join(", ")),
        ]
    };
    let table = Table {
        columns: vec![
            Column::ordinal("first_line", "First"),
            Column::ordinal("last_line", "Last"),
            Column::text("commit", "Commit"),
            Column::text("author", "Author"),
            Column::text("state", "Made by"),
            Column::text("agents", "Agents"),
            Column::text("tasks", "Task"),
            Column::text("sessions", "Sessions"),
        ],
        rows: lines.iter().map(cells).collect(),
        ..Table::default()
    };
    Document {
        title: Some(format!("{path}: {}", sum(lines))),
        ..Document::from(table)
    }
}
