//! A document for a terminal: aligned, within its width, colored only if requested.
//!
//! A table that is too wide first breaks its headings in two. Then it hides columns by worth: those without any value, those
//! with the same value in every row, and then the others by rank, but never the last one of a basis. What names the rows
//! stays whole as long as half of the width is enough for it. Finally, sentences are broken into lines and texts are
//! shortened, the widest first. Numbers are never cut.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use anstyle::{AnsiColor, Effects, Style};
use tabled::builder::Builder;
use tabled::settings::object::Columns;
use tabled::settings::style::HorizontalLine;
use tabled::settings::{Padding, Style as Lines, Theme};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::{markdown::more_rows, timeline};
use crate::doctor::Health;
use crate::render::document::{Align, Basis, Cell, Column, Document, Table};
use crate::render::escape;

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Screen {
    /// Its width in columns; `None` without a limit (a file or a pipe).
    pub width: Option<usize>,
    /// Whether color and bold are wanted.
    pub color: bool,
}

/// Blanks between two columns.
const GAP: usize = 2;
/// A text column is not shortened below this: a day still fits.
const MIN_TEXT: usize = 12;
/// Sentences are not broken into lines shorter than this.
const MIN_PROSE: usize = 20;
/// From this many rows on, a column with a single value says little about any of them.
const ENOUGH_ROWS: usize = 3;

const HEADING: Style = Style::new().bold();
const FAINT: Style = Style::new().effects(Effects::DIMMED);

/// The whole page.
pub fn render(document: &Document, screen: Screen) -> String {
    let mut parts = Vec::new();
    if let Some(title) = &document.title {
        parts.push(paragraph(title, screen, HEADING));
    }
    parts.extend(document.tables.iter().map(|part| table(part, screen)));
    if let Some(timeline) = &document.timeline {
        parts.extend(Some(timeline::draw(timeline, screen.width)).filter(|chart| !chart.is_empty()));
    }
    if !document.notes.is_empty() {
        parts.push(notes(&document.notes, screen));
    }
    parts.join("\n")
}

fn table(table: &Table, screen: Screen) -> String {
    let layout = Layout::new(table, screen);
    let mut text = String::new();
    if let Some(title) = &table.title {
        text += &paragraph(title, screen, HEADING);
    }
    text += &layout.draw(screen);
    let hidden = layout.hidden_note(table);
    let beneath: Vec<String> = more_rows(table)
        .into_iter()
        .chain(hidden)
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
    /// Where each column is in the whole table.
    places: Vec<usize>,
    rows: Vec<Vec<Shown<'a>>>,
    has_totals: bool,
    /// Whether headings that are wider than their cells are broken in two.
    folds_headings: bool,
    widths: Vec<usize>,
}

/// A column that is not shown.
struct Hidden<'a> {
    place: usize,
    column: &'a Column,
    cells: Vec<Shown<'a>>,
}

struct Shown<'a> {
    cell: &'a Cell,
    text: String,
    width: usize,
}

impl<'a> Shown<'a> {
    fn new(cell: &'a Cell, tenths: bool) -> Self {
        let text = escape::visible(&cell.in_column(tenths)).into_owned();
        let width = text.width();
        Self { cell, text, width }
    }

    /// The lines of the text in at most `width` columns.
    fn fit(&self, column: &Column, width: usize) -> Vec<String> {
        if column.keeps_end {
            vec![shorten_front(&self.text, width).into_owned()]
        } else if column.is_prose {
            wrap(&self.text, width)
        } else {
            vec![shorten(&self.text, width).into_owned()]
        }
    }
}

impl<'a> Layout<'a> {
    fn new(table: &'a Table, screen: Screen) -> Self {
        let lines = table.rows.iter().chain(&table.totals);
        let tenths = table.tenths();
        let mut layout = Self {
            columns: table.columns.iter().collect(),
            places: (0..table.columns.len()).collect(),
            rows: lines
                .map(|row| {
                    let cells = row.iter().chain(std::iter::repeat(&Cell::Empty));
                    let cells = cells.zip(&tenths);
                    cells.map(|(cell, tenths)| Shown::new(cell, *tenths)).collect()
                })
                .collect(),
            has_totals: table.totals.is_some(),
            folds_headings: false,
            widths: Vec::new(),
        };
        layout.measure();
        if let Some(width) = screen.width {
            layout.fit(width);
        }
        layout
    }

    /// Makes it as narrow as the screen.
    fn fit(&mut self, width: usize) {
        if self.wanted_width(width) > width {
            self.folds_headings = true;
            self.measure();
        }
        let mut hidden = Vec::new();
        while self.wanted_width(width) > width
            && let Some(at) = self.least_worth(false)
        {
            hidden.push(self.hide(at));
        }
        while self.least_width() > width
            && let Some(at) = self.least_worth(true)
        {
            hidden.push(self.hide(at));
        }
        // What was hidden last is worth most, and a wide column that went may leave room for a narrow one.
        while let Some(column) = hidden.pop() {
            let at = self.restore(column);
            if self.wanted_width(width) > width {
                self.hide(at);
            }
        }
        self.shorten_texts(width);
    }

    fn hide(&mut self, at: usize) -> Hidden<'a> {
        let hidden = Hidden {
            place: self.places.remove(at),
            column: self.columns.remove(at),
            cells: self.rows.iter_mut().map(|row| row.remove(at)).collect(),
        };
        self.measure();
        hidden
    }

    /// Shows a hidden column again, and tells where it is now.
    fn restore(&mut self, hidden: Hidden<'a>) -> usize {
        let at = self.places.partition_point(|place| *place < hidden.place);
        self.places.insert(at, hidden.place);
        self.columns.insert(at, hidden.column);
        for (row, cell) in self.rows.iter_mut().zip(hidden.cells) {
            row.insert(at, cell);
        }
        self.measure();
        at
    }

    /// The natural width of every column: its widest cell, its heading, and its share of the band above it.
    fn measure(&mut self) {
        self.widths = (0..self.columns.len())
            .map(|at| {
                let heading = self.heading(at);
                let heading = heading.iter().map(|line| line.width());
                heading.max().unwrap_or(0).max(self.widest_cell(at))
            })
            .collect();
        for band in self.bands() {
            let held = self.span(&band);
            self.widths[band.end - 1] += self.band_word(&band).len().saturating_sub(held);
        }
    }

    fn widest_cell(&self, at: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(at));
        cells.map(|cell| cell.width).max().unwrap_or(0)
    }

    /// The lines of a heading: one, or the two that are narrowest.
    fn heading(&self, at: usize) -> Vec<&'a str> {
        let heading: &'a str = &self.columns[at].heading;
        if !self.folds_headings || heading.width() <= self.widest_cell(at) {
            return vec![heading];
        }
        let blanks = heading.match_indices(' ');
        let halves = blanks.map(|(blank, _)| [&heading[..blank], &heading[blank + 1..]]);
        let narrowest = halves.min_by_key(|halves| halves.map(UnicodeWidthStr::width).into_iter().max());
        narrowest.map_or(vec![heading], |halves| halves.to_vec())
    }

    /// Adjacent columns with one basis.
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

    /// How wide some columns are together.
    fn span(&self, columns: &Range<usize>) -> usize {
        self.widths[columns.clone()].iter().sum::<usize>() + GAP * columns.len().saturating_sub(1)
    }

    fn band_word(&self, band: &Range<usize>) -> &'static str {
        self.columns[band.start].basis.map_or("", Basis::word)
    }

    /// Whether the column names the row.
    fn is_key(&self, at: usize) -> bool {
        let has_keys = self.columns.iter().any(|column| column.is_key);
        self.columns[at].is_key || !has_keys && at == 0
    }

    /// The width that it needs before columns are hidden.
    fn wanted_width(&self, width: usize) -> usize {
        let keys = (0..self.columns.len()).filter(|at| self.is_key(*at));
        let for_a_key = share(width / 2, keys.map(|at| self.widths[at]).collect()).max(MIN_TEXT);
        self.width_with(|at, held| match self.is_key(at) {
            true => held.min(for_a_key.max(least(self.columns[at], held))),
            false => least(self.columns[at], held),
        })
    }

    /// Its width with all texts as short as allowed.
    fn least_width(&self) -> usize {
        self.width_with(|at, held| least(self.columns[at], held))
    }

    fn width_with(&self, of: impl Fn(usize, usize) -> usize) -> usize {
        let cells = self.widths.iter().enumerate();
        let cells: usize = cells.map(|(at, held)| of(at, *held)).sum();
        cells + GAP * self.columns.len().saturating_sub(1)
    }

    /// The column to hide next. With `any`, also the last one of a basis and those without a rank.
    fn least_worth(&self, any: bool) -> Option<usize> {
        let emptiness: Vec<Emptiness> = (0..self.columns.len()).map(|at| self.emptiness(at)).collect();
        let mut left: HashMap<Basis, usize> = HashMap::new();
        for (column, emptiness) in self.columns.iter().zip(&emptiness) {
            if let Some(basis) = column.basis.filter(|_| *emptiness != Emptiness::NothingKnown) {
                *left.entry(basis).or_default() += 1;
            }
        }
        let is_last = |at: usize| {
            let basis = self.columns[at].basis.filter(|basis| *basis != Basis::Estimated);
            let others = basis.and_then(|basis| left.get(&basis));
            emptiness[at] != Emptiness::NothingKnown && others == Some(&1)
        };
        let is_spare =
            |at: usize| self.columns[at].drop_order > 0 || emptiness[at] == Emptiness::NothingKnown;
        (0..self.columns.len())
            .filter(|at| !self.is_key(*at) && !self.columns[*at].is_prose)
            .filter(|at| any || is_spare(*at) && !is_last(*at))
            .max_by_key(|at| (!is_last(*at), emptiness[*at], self.columns[*at].drop_order, *at))
    }

    fn emptiness(&self, at: usize) -> Emptiness {
        let cells = || {
            self.rows
                .iter()
                .filter_map(|row| row.get(at))
                .map(|shown| shown.cell)
        };
        let is_nothing = |cell: &Cell| matches!(cell, Cell::Unknown | Cell::Empty);
        let rows = self.rows.len() - usize::from(self.has_totals);
        let first = cells().next();
        // A sum that differs from its rows says something, even if they are alike.
        let is_same = || cells().all(|cell| Some(cell) == first || *cell == Cell::Empty);
        if cells().all(is_nothing) {
            Emptiness::NothingKnown
        } else if cells().all(|cell| is_nothing(cell) || *cell == Cell::Count(0))
            || rows >= ENOUGH_ROWS && is_same()
        {
            Emptiness::Constant
        } else {
            Emptiness::None
        }
    }

    fn shorten_texts(&mut self, width: usize) {
        let keys: Vec<bool> = (0..self.columns.len()).map(|at| self.is_key(at)).collect();
        for (column, held) in self.columns.iter().zip(&mut self.widths) {
            if column.align == Align::Left {
                *held = (*held).min(width.max(MIN_TEXT));
            }
        }
        let gaps = GAP * self.columns.len().saturating_sub(1);
        while self.widths.iter().sum::<usize>() + gaps > width {
            let texts = self.columns.iter().zip(&mut self.widths).zip(&keys);
            let able = texts.filter(|((column, held), _)| **held > least(column, **held));
            // A broken sentence can still be read; a cut text cannot, and least of all the name of a row.
            let widest = able.max_by_key(|((column, held), is_key)| {
                (column.is_prose, !**is_key || **held > width / 2, **held)
            });
            let Some(((_, widest), _)) = widest else {
                return;
            };
            *widest -= 1;
        }
    }

    fn hidden_note(&self, table: &Table) -> Option<String> {
        let is_shown = |column: &Column| self.columns.iter().any(|shown| shown.id == column.id);
        let hidden: Vec<&str> = table
            .columns
            .iter()
            .filter(|column| !is_shown(column))
            .map(|column| column.heading.as_ref())
            .collect();
        (!hidden.is_empty()).then(|| format!("Hidden at this width: {}", hidden.join(", ")))
    }

    fn draw(&self, screen: Screen) -> String {
        let mut builder = Builder::with_capacity(self.rows.len() + 1, self.columns.len());
        builder.push_record(self.headings(screen));
        for (at, row) in self.rows.iter().enumerate() {
            let is_totals = self.has_totals && at + 1 == self.rows.len();
            let cells = row.iter().zip(&self.columns).zip(&self.widths);
            builder.push_record(cells.map(|((shown, column), &width)| {
                let lines = shown.fit(column, width);
                self.cell(&lines, column, width, style(shown.cell, is_totals), screen)
            }));
        }
        let mut grid = builder.build();
        grid.with(self.rules()).with(Padding::zero());
        for at in 1..self.columns.len() {
            grid.modify(Columns::one(at), Padding::new(GAP, 0, 0, 0));
        }
        let bands = match self.columns.iter().any(|column| column.basis.is_some()) {
            true => self.band_line(screen),
            false => String::new(),
        };
        bands + &trimmed(&grid.to_string())
    }

    /// Lines below the headings and above the totals, and nowhere else.
    fn rules(&self) -> Theme {
        let mut theme = Theme::from_style(Lines::empty());
        theme.insert_horizontal_line(1, HorizontalLine::new('─'));
        if self.has_totals && self.rows.len() > 1 {
            theme.insert_horizontal_line(self.rows.len(), HorizontalLine::new('─'));
        }
        theme
    }

    /// The lines of a cell, each as wide as its column. The blanks are not painted.
    fn cell(&self, lines: &[String], column: &Column, width: usize, style: Style, screen: Screen) -> String {
        let padded = lines.iter().map(|line| {
            let room = " ".repeat(width.saturating_sub(line.width()));
            let text = screen.paint(line, style);
            match column.align {
                Align::Left => text + &room,
                Align::Right => room + &text,
            }
        });
        padded.collect::<Vec<_>>().join("\n")
    }

    /// Shows over which columns each basis extends: `╌╌╌╌ claimed ╌╌╌╌`, `════ derived ════`.
    fn band_line(&self, screen: Screen) -> String {
        let mut line = String::new();
        for band in self.bands() {
            let (word, width) = (self.band_word(&band), self.span(&band));
            let rule = self.columns[band.start]
                .basis
                .map_or(' ', Basis::rule)
                .to_string();
            let rules = width.saturating_sub(word.len() + 2);
            let text = match word {
                "" => " ".repeat(width),
                _ if rules < 2 => format!("{word:^width$}"),
                _ => format!(
                    "{} {word} {}",
                    rule.repeat(rules / 2),
                    rule.repeat(rules - rules / 2)
                ),
            };
            line += &" ".repeat(if band.start > 0 { GAP } else { 0 });
            line += &screen.paint(&text, if word.is_empty() { Style::new() } else { FAINT });
        }
        format!("{}\n", line.trim_end())
    }

    /// The headings; those of one line are level with the last line of the others.
    fn headings(&self, screen: Screen) -> Vec<String> {
        let headings: Vec<Vec<&str>> = (0..self.columns.len()).map(|at| self.heading(at)).collect();
        let height = headings.iter().map(Vec::len).max().unwrap_or(1);
        let columns = self.columns.iter().zip(&self.widths);
        let cells = headings.iter().zip(columns).map(|(heading, (column, width))| {
            let above = std::iter::repeat_n("", height - heading.len());
            let lines = above.chain(heading.iter().copied());
            let lines: Vec<String> = lines.map(|line| shorten(line, *width).into_owned()).collect();
            self.cell(&lines, column, *width, HEADING, screen)
        });
        cells.collect()
    }
}

/// Without the blanks that fill up the last column, and with a newline at the end.
fn trimmed(grid: &str) -> String {
    let lines = grid.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}

/// The width that each may have for all of them to fit in `width`; those that need less leave the rest to the others.
fn share(width: usize, mut widths: Vec<usize>) -> usize {
    widths.sort_unstable();
    let mut left = width;
    for (at, held) in widths.iter().enumerate() {
        let each = left / (widths.len() - at);
        if *held > each {
            return each;
        }
        left -= held;
    }
    width
}

/// How little a column says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Emptiness {
    /// Its values differ.
    None,
    /// Every row has the same.
    Constant,
    /// No row has any.
    NothingKnown,
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
        Cell::Health(Health::Ok) => AnsiColor::Green.on_default(),
        Cell::Health(Health::Unknown) => FAINT,
        Cell::Health(Health::Warning) => AnsiColor::Yellow.on_default().bold(),
        Cell::Health(Health::Broken) => AnsiColor::Red.on_default().bold(),
        _ => Style::new(),
    }
}

/// The text in at most `width` columns; what is cut off shows as `…`.
pub(in crate::render) fn shorten(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let start: String = fitting(text.graphemes(true), width.saturating_sub(1)).collect();
    Cow::Owned(start + "…")
}

/// The end of the text in at most `width` columns.
fn shorten_front(text: &str, width: usize) -> Cow<'_, str> {
    if text.width() <= width {
        return Cow::Borrowed(text);
    }
    let end = fitting(text.graphemes(true).rev(), width.saturating_sub(1));
    let end: Vec<&str> = end.collect();
    Cow::Owned(
        end.into_iter()
            .rev()
            .fold("…".to_owned(), |text, part| text + part),
    )
}

/// The first characters, as people count them, that fit in `width` columns together.
fn fitting<'t>(characters: impl Iterator<Item = &'t str>, width: usize) -> impl Iterator<Item = &'t str> {
    let mut room = width;
    characters.take_while(move |part| match room.checked_sub(part.width()) {
        Some(left) => {
            room = left;
            true
        }
        None => false,
    })
}

/// Lines of whole words, none wider than `width`: a word that is wider continues on the next line.
pub(in crate::render) fn wrap(text: &str, width: usize) -> Vec<String> {
    hanging(text, width, "")
}

/// The same, with `indent` before every line but the first.
pub(in crate::render) fn hanging(text: &str, width: usize, indent: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        if let Some(line) = lines.last_mut()
            && line.width().saturating_add(1 + word.width()) <= width
        {
            line.push(' ');
            line.push_str(word);
            continue;
        }
        let room = width.saturating_sub(indent.width());
        for part in broken(word, room) {
            let start = if lines.is_empty() { "" } else { indent };
            lines.push(format!("{start}{part}"));
        }
    }
    lines
}

/// The parts of a word, none wider than `width`.
fn broken(word: &str, width: usize) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut room = width;
    for character in word.graphemes(true) {
        let wide = character.width();
        if wide > room {
            parts.push(String::new());
            room = width;
        }
        if let Some(part) = parts.last_mut() {
            part.push_str(character);
        }
        room = room.saturating_sub(wide);
    }
    parts
}
