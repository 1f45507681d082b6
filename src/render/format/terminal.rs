//! A document for a terminal: aligned, as wide as it may be, coloured only when asked.
//!
//! A table that is too wide first loses the columns that are marked as spare, then its sentences are broken into lines,
//! and then its texts are shortened, the widest first. Numbers are never cut.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use anstyle::{AnsiColor, Effects, Style};
use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::style::HorizontalLine;
use tabled::settings::{Alignment, Padding, Span, Style as Lines, Theme};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::markdown::more_rows;
use crate::doctor::Health;
use crate::render::document::{Align, Basis, Cell, Column, Document, Table};
use crate::render::escape;

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Screen {
    /// Its width in columns; `None` for as wide as it takes (a file or a pipe).
    pub width: Option<usize>,
    /// Whether colour and bold are wanted.
    pub color: bool,
}

/// Blanks between two columns.
const GAP: usize = 2;
/// A text column is not shortened below this: a day still fits.
const MIN_TEXT: usize = 12;
/// Sentences are not broken into lines shorter than this.
const MIN_PROSE: usize = 30;

const HEADING: Style = Style::new().bold();
const FAINT: Style = Style::new().effects(Effects::DIMMED);
const FACTOR: Style = AnsiColor::Green.on_default();

/// The whole page.
pub fn render(document: &Document, screen: Screen) -> String {
    let mut parts = Vec::new();
    if let Some(title) = &document.title {
        parts.push(paragraph(title, screen, HEADING));
    }
    parts.extend(document.tables.iter().map(|part| table(part, screen)));
    if !document.notes.is_empty() {
        parts.push(notes(&document.notes, screen));
    }
    parts.join("\n")
}

fn table(table: &Table, screen: Screen) -> String {
    let layout = Layout::new(table, screen);
    let mut text = String::new();
    if let Some(title) = &table.title {
        text += &format!("{}\n", screen.paint(&escape::visible(title), HEADING));
    }
    text += &layout.draw(screen);
    let dropped = layout.dropped_note(table);
    let beneath: Vec<String> = more_rows(table)
        .into_iter()
        .chain(dropped)
        .chain(table.notes.clone())
        .collect();
    if !beneath.is_empty() {
        text.push('\n');
        text += &notes(&beneath, screen);
    }
    text
}

/// Sentences beneath a table, wrapped at words.
fn notes(notes: &[String], screen: Screen) -> String {
    let mut text = String::new();
    for note in notes {
        text += &paragraph(note, screen, FAINT);
    }
    text
}

/// Lines of one style, wrapped at words.
fn paragraph(text: &str, screen: Screen, style: Style) -> String {
    let mut lines = String::new();
    for line in wrap(&escape::visible(text), screen.width.unwrap_or(usize::MAX)) {
        let _ = writeln!(lines, "{}", screen.paint(&line, style));
    }
    lines
}

impl Screen {
    fn paint(self, text: &str, style: Style) -> String {
        if self.color && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// The cells that are shown, as harmless text, and how wide each column becomes.
struct Layout<'a> {
    columns: Vec<&'a Column>,
    rows: Vec<Vec<Shown<'a>>>,
    has_totals: bool,
    widths: Vec<usize>,
}

struct Shown<'a> {
    cell: &'a Cell,
    text: String,
    width: usize,
}

impl<'a> Shown<'a> {
    fn new(cell: &'a Cell) -> Self {
        let text = escape::visible(&cell.for_people()).into_owned();
        let width = text.width();
        Self { cell, text, width }
    }

    /// The text in at most `width` columns.
    fn fit(&self, column: &Column, width: usize) -> String {
        if column.keeps_end {
            return shorten_front(&self.text, width).into_owned();
        }
        if !column.is_prose {
            return shorten(&self.text, width).into_owned();
        }
        let lines = wrap(&self.text, width);
        let lines: Vec<_> = lines.iter().map(|line| shorten(line, width)).collect();
        lines.join("\n")
    }
}

impl<'a> Layout<'a> {
    fn new(table: &'a Table, screen: Screen) -> Self {
        let lines = table.rows.iter().chain(&table.totals);
        let mut layout = Self {
            columns: table.columns.iter().collect(),
            rows: lines
                .map(|row| {
                    let cells = row.iter().chain(std::iter::repeat(&Cell::Empty));
                    cells.take(table.columns.len()).map(Shown::new).collect()
                })
                .collect(),
            has_totals: table.totals.is_some(),
            widths: Vec::new(),
        };
        layout.measure();
        if let Some(width) = screen.width {
            layout.drop_spare_columns(width);
            layout.shorten_texts(width);
        }
        layout
    }

    /// The natural width of every column: its widest cell, its heading, and its share of the band above it.
    fn measure(&mut self) {
        self.widths = (0..self.columns.len())
            .map(|at| {
                let cells = self
                    .rows
                    .iter()
                    .filter_map(|row| row.get(at))
                    .map(|cell| cell.width);
                cells.max().unwrap_or(0).max(self.columns[at].heading.width())
            })
            .collect();
        for band in self.bands() {
            let held = self.widths[band.clone()].iter().sum::<usize>() + GAP * (band.len() - 1);
            self.widths[band.end - 1] += self.band_word(&band).len().saturating_sub(held);
        }
    }

    /// Neighbouring columns of one basis.
    fn bands(&self) -> Vec<Range<usize>> {
        let mut bands: Vec<Range<usize>> = Vec::new();
        for (at, column) in self.columns.iter().enumerate() {
            match bands.last_mut() {
                Some(band) if self.columns[band.start].basis == column.basis => band.end = at + 1,
                _ => bands.push(at..at + 1),
            }
        }
        bands
    }

    fn least_width(&self) -> usize {
        let columns = self.columns.iter().zip(&self.widths);
        let cells: usize = columns
            .map(|(column, &width)| width.min(least(column, width)))
            .sum();
        cells + GAP * self.columns.len().saturating_sub(1)
    }

    fn drop_spare_columns(&mut self, width: usize) {
        while self.least_width() > width {
            let drop_order = self
                .columns
                .iter()
                .enumerate()
                .filter(|(_, column)| column.drop_order > 0);
            let Some((at, _)) = drop_order.max_by_key(|(_, column)| column.drop_order) else {
                return;
            };
            self.columns.remove(at);
            for row in &mut self.rows {
                row.remove(at);
            }
            self.measure();
        }
    }

    fn shorten_texts(&mut self, width: usize) {
        for (column, held) in self.columns.iter().zip(&mut self.widths) {
            if column.align == Align::Left {
                *held = (*held).min(width.max(MIN_TEXT));
            }
        }
        let gaps = GAP * self.columns.len().saturating_sub(1);
        while self.widths.iter().sum::<usize>() + gaps > width {
            let texts = self.columns.iter().zip(&mut self.widths);
            let able = texts.filter(|(column, held)| **held > least(column, **held));
            // A broken sentence can still be read, a cut text cannot.
            let Some((_, widest)) = able.max_by_key(|(column, held)| (column.is_prose, **held)) else {
                return;
            };
            *widest -= 1;
        }
    }

    fn dropped_note(&self, table: &Table) -> Option<String> {
        let kept = |column: &Column| self.columns.iter().any(|shown| shown.id == column.id);
        let dropped: Vec<&str> = table
            .columns
            .iter()
            .filter(|column| !kept(column))
            .map(|column| column.heading.as_ref())
            .collect();
        (!dropped.is_empty()).then(|| format!("not shown at this width: {}", dropped.join(", ")))
    }

    fn draw(&self, screen: Screen) -> String {
        let bands = self.bands();
        let has_bands = self.columns.iter().any(|column| column.basis.is_some());
        let mut builder = Builder::with_capacity(self.rows.len() + 2, self.columns.len());
        if has_bands {
            builder.push_record(self.band_record(&bands, screen));
        }
        let headings = self.columns.iter().zip(&self.widths);
        builder.push_record(
            headings.map(|(column, &width)| screen.paint(&shorten(&column.heading, width), HEADING)),
        );
        for (at, row) in self.rows.iter().enumerate() {
            let is_totals = self.has_totals && at + 1 == self.rows.len();
            let cells = row.iter().zip(&self.columns).zip(&self.widths);
            builder.push_record(cells.map(|((shown, column), &width)| {
                screen.paint(&shown.fit(column, width), style(shown.cell, is_totals))
            }));
        }
        let mut grid = builder.build();
        let head = usize::from(has_bands) + 1;
        grid.with(self.rules(head)).with(Padding::zero());
        for (at, column) in self.columns.iter().enumerate() {
            grid.modify(
                Columns::one(at),
                Padding::new(if at == 0 { 0 } else { GAP }, 0, 0, 0),
            );
            if column.align == Align::Right {
                grid.modify(Columns::one(at), Alignment::right());
            }
        }
        for band in bands.iter().filter(|band| has_bands && band.len() > 1) {
            grid.modify((0, band.start), Span::column(band.len() as isize));
            grid.modify((0, band.start), Alignment::center());
        }
        trim_lines(&grid.to_string())
    }

    /// Lines under the headings and above the totals, and nowhere else.
    fn rules(&self, head: usize) -> Theme {
        let mut theme = Theme::from_style(Lines::empty());
        theme.insert_horizontal_line(head, HorizontalLine::new('─'));
        if self.has_totals {
            theme.insert_horizontal_line(head + self.rows.len() - 1, HorizontalLine::new('─'));
        }
        theme
    }

    fn band_record(&self, bands: &[Range<usize>], screen: Screen) -> Vec<String> {
        let mut record = vec![String::new(); self.columns.len()];
        for band in bands {
            record[band.start] = screen.paint(self.band_word(band), FAINT);
        }
        record
    }

    fn band_word(&self, band: &Range<usize>) -> &'static str {
        self.columns[band.start].basis.map_or("", Basis::word)
    }
}

/// How far down a column may be shortened: text to [`MIN_TEXT`], sentences to [`MIN_PROSE`], numbers not at all.
fn least(column: &Column, width: usize) -> usize {
    match column.align {
        _ if column.is_whole => width,
        Align::Left if column.is_prose => width.min(MIN_PROSE),
        Align::Left => width.min(MIN_TEXT),
        Align::Right => width,
    }
}

fn style(cell: &Cell, is_totals: bool) -> Style {
    match cell {
        Cell::Unknown => FAINT,
        _ if is_totals => HEADING,
        Cell::Factor(_) => FACTOR,
        Cell::Health(Health::Ok) => FACTOR,
        Cell::Health(Health::Unknown) => FAINT,
        Cell::Health(Health::Warning) => AnsiColor::Yellow.on_default().bold(),
        Cell::Health(Health::Broken) => AnsiColor::Red.on_default().bold(),
        _ => Style::new(),
    }
}

/// The text in at most `width` columns; what is cut off shows as `…`.
fn shorten(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let mut room = width.saturating_sub(1);
    let kept = text
        .chars()
        .take_while(|c| match room.checked_sub(c.width().unwrap_or(0)) {
            Some(left) => {
                room = left;
                true
            }
            None => false,
        });
    Cow::Owned(kept.chain(['…']).collect())
}

/// The text in at most `width` columns, its end kept.
fn shorten_front(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let backwards: String = text.chars().rev().collect();
    Cow::Owned(shorten(&backwards, width).chars().rev().collect())
}

/// Lines of whole words, none wider than `width` unless one word is.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Without the blanks that fill up the last column, and with a newline at the end.
fn trim_lines(grid: &str) -> String {
    grid.lines()
        .fold(String::with_capacity(grid.len()), |mut text, line| {
            text.push_str(line.trim_end());
            text.push('\n');
            text
        })
}
