//! Tables of a page: bands that name the basis of columns, heads that a script can sort by, cells with exact values and links.

use maud::{Markup, html};

use super::key::{Mark, mark, named};
use super::tiles::{is_unknown, value};
use crate::facts::quantity::counted;
use crate::render::document::{Align, Cell, Column, Table};
use crate::render::escape;
use crate::render::href::Href;

/// Rows beyond this are counted and not shown: a browser has to lay out all of them.
const MAX_ROWS: usize = 2_000;

/// A table of a document with more rows has a field that filters it.
const MIN_ROWS_TO_FILTER: usize = 20;

/// A table.
#[derive(Debug, Default)]
pub struct Grid {
    /// The name of its region.
    pub label: String,
    /// Words above it.
    pub caption: Option<String>,
    /// Its columns.
    pub columns: Vec<Head>,
    /// Its rows. One that is shorter than `columns` ends in empty cells.
    pub rows: Vec<Vec<Td>>,
    /// The totals.
    pub foot: Option<Vec<Td>>,
    /// Whether its heads sort it.
    pub sort: bool,
    /// The label of a field that filters it.
    pub filter: Option<&'static str>,
    /// How many rows are beyond a limit that somebody set. The totals include them.
    pub more_rows: usize,
}

/// Which columns belong together, and how their numbers came to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Band {
    /// Text.
    #[default]
    None,
    /// A drawing, which has no basis of its own.
    Chart,
    /// Numbers.
    Basis(Mark),
}

/// The head of a column.
#[derive(Debug, Default)]
pub struct Head {
    /// Its name.
    pub word: String,
    /// Its basis.
    pub band: Band,
    /// Whether its cells are numbers.
    pub is_number: bool,
    /// Classes besides those of the above.
    pub class: &'static str,
    /// The axis of a column of drawings; `word` is then for readers of screens only.
    pub axis: Option<Markup>,
}

/// One cell.
#[derive(Debug, Default)]
pub struct Td {
    /// What it shows.
    pub cell: Cell,
    /// Where it leads.
    pub href: Option<Href>,
    /// A drawing in place of the value.
    pub chart: Option<Markup>,
    /// Whether it names the row.
    pub is_head: bool,
    /// Classes besides those of the column.
    pub class: &'static str,
    /// The id of its row, if something leads here. Only the first cell of a row may have one.
    pub id: Option<String>,
    /// The mark before it, where it differs from that of the column.
    pub mark: Option<Mark>,
}

impl Head {
    /// A column of text.
    pub fn text(word: impl Into<String>) -> Self {
        Self {
            word: word.into(),
            ..Self::default()
        }
    }

    /// A column of numbers.
    pub fn number(word: impl Into<String>, basis: Mark) -> Self {
        Self {
            band: Band::Basis(basis),
            ..Self::ordinal(word)
        }
    }

    /// A column of numbers without a basis.
    pub fn ordinal(word: impl Into<String>) -> Self {
        Self {
            word: word.into(),
            is_number: true,
            ..Self::default()
        }
    }

    /// A column of drawings, which `word` describes.
    pub fn chart(word: impl Into<String>, axis: Markup) -> Self {
        Self {
            word: word.into(),
            band: Band::Chart,
            axis: Some(axis),
            ..Self::default()
        }
    }

    /// The same column with a class.
    #[must_use]
    pub fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    fn classes(&self, more: &str, is_edge: bool) -> Option<String> {
        let kinds = [
            if self.is_number { "n" } else { "" },
            if self.band == Band::Chart { "chart" } else { "" },
            self.class,
            more,
            if is_edge { "edge" } else { "" },
        ];
        let classes: Vec<&str> = kinds.into_iter().filter(|class| !class.is_empty()).collect();
        (!classes.is_empty()).then(|| classes.join(" "))
    }
}

impl Td {
    /// A value.
    pub fn of(cell: Cell) -> Self {
        Self {
            cell,
            ..Self::default()
        }
    }

    /// Untrusted text that names the row.
    pub fn head(text: impl Into<String>) -> Self {
        Self {
            is_head: true,
            ..Self::of(Cell::text(text))
        }
    }

    /// A drawing.
    pub fn chart(chart: Markup) -> Self {
        Self {
            chart: Some(chart),
            ..Self::default()
        }
    }

    /// The same cell with a link.
    #[must_use]
    pub fn link(mut self, href: Option<Href>) -> Self {
        self.href = href;
        self
    }

    /// The same cell with a class.
    #[must_use]
    pub fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }

    fn inside(&self, tenths: bool) -> Markup {
        let text = self.cell.in_column(tenths);
        let text = match &self.cell {
            // A link, and the head of a row, need a word.
            Cell::Text(_) if self.href.is_some() || self.is_head => escape::visible(named(&text)),
            _ => escape::visible(&text),
        };
        let href = self.href.as_ref().filter(|_| !text.is_empty());
        html! {
            @if let Some(kind) = self.mark { (mark(kind)) }
            @match (&self.chart, href) {
                (Some(chart), _) => (chart),
                (None, Some(href)) => { a href=(href) { (text) } },
                (None, None) => {
                    // A link is followed only by who clicks on it.
                    @if let Cell::Link(_, address) = &self.cell {
                        a href=(address) rel="noopener noreferrer" { (text) }
                    } @else { (text) }
                },
            }
        }
    }
}

impl Grid {
    /// A table of a document. Its key column names the rows, else the first with text.
    pub fn of_table(table: &Table, label: &str) -> Self {
        let columns = || table.columns.iter();
        let key = columns()
            .position(|column| column.is_key)
            .or_else(|| columns().position(|column| column.align == Align::Left))
            .unwrap_or(0);
        let row = |cells: &Vec<Cell>| {
            let cells = cells.iter().enumerate();
            cells
                .map(|(at, cell)| Td {
                    is_head: at == key && *cell != Cell::Empty,
                    ..Td::of(cell.clone())
                })
                .collect()
        };
        let count = table.rows.len();
        Self {
            label: table.title.clone().unwrap_or_else(|| label.to_owned()),
            caption: None,
            columns: table.columns.iter().map(head_of).collect(),
            rows: table.rows.iter().map(row).collect(),
            foot: table.totals.as_ref().map(row),
            // Sentences are in the order in which they are to be read.
            sort: count > 1 && !table.columns.iter().any(|column| column.is_prose),
            filter: (count > MIN_ROWS_TO_FILTER).then_some("Filter rows"),
            more_rows: table.more_rows,
        }
    }

    /// The table in a region that scrolls, and how many rows it leaves out.
    pub fn render(&self) -> Markup {
        let tenths = self.tenths();
        let shown = &self.rows[..self.rows.len().min(MAX_ROWS)];
        html! {
            section.scroll tabindex="0" aria-label=(self.label) {
                table data-sort[self.sort] data-filter=[self.filter] {
                    @if let Some(caption) = &self.caption { caption { (caption) } }
                    thead {
                        @if self.columns.iter().any(|head| matches!(head.band, Band::Basis(_))) { (self.bands()) }
                        "\n" tr { @for (at, head) in self.columns.iter().enumerate() { (self.head(at, head)) } }
                    }
                    tbody { @for row in shown { "\n" (self.row(row, &tenths)) } }
                    @if let Some(foot) = &self.foot { tfoot { "\n" (self.row(foot, &tenths)) } }
                }
            }
            (self.left_out(self.rows.len() - shown.len()))
        }
    }

    /// How many rows are not shown: `cut` of them because they are too many for a page.
    fn left_out(&self, cut: usize) -> Markup {
        let rows = |count: usize| counted(count as u64, "more row", "more rows");
        html! {
            @if cut > 0 { p.sub { "And " (rows(cut)) "; " code { "--format json" } " has all of them" } }
            @if self.more_rows > 0 {
                p.sub { (rows(self.more_rows)) @if self.foot.is_some() { "; the totals include them" } }
            }
        }
    }

    /// Whether a column is the first of its band.
    fn is_edge(&self, at: usize) -> bool {
        let band = |at: usize| self.columns.get(at).map(|head| head.band);
        let is_basis = |band| matches!(band, Some(Band::Basis(_)));
        at > 0
            && band(at) != band(at - 1)
            && (is_basis(band(at)) || is_basis(band(at - 1)) && band(at) == Some(Band::None))
    }

    /// Whether the cells of a column name their rows, so that it stays in view.
    fn names_rows(&self, at: usize) -> bool {
        let first = self.rows.first();
        first.and_then(|row| row.get(at)).is_some_and(|td| td.is_head)
    }

    fn bands(&self) -> Markup {
        let bands = self
            .columns
            .chunk_by(|a, b| a.band == b.band && (a.class == b.class || a.band != Band::None));
        html! {
            tr.bands {
                @for band in bands {
                    @match band.first().map(|head| head.band) {
                        Some(Band::Basis(kind)) => {
                            th.edge.(kind.class()) scope="colgroup" colspan=(band.len()) { (mark(kind)) (kind.word()) }
                        },
                        Some(Band::Chart) => { td.chart {} },
                        _ => { td colspan=(band.len()) class=[band.first().and_then(|head| head.classes("", false)).filter(|class| class.contains("opt"))] {} },
                    }
                }
            }
        }
    }

    fn head(&self, at: usize, head: &Head) -> Markup {
        let classes = head.classes(if self.names_rows(at) { "key" } else { "" }, self.is_edge(at));
        html! {
            th scope="col" class=[classes] {
                @if let Some(axis) = &head.axis { span.vh { (head.word) } (axis) } @else { (head.word) }
            }
        }
    }

    fn row(&self, row: &[Td], tenths: &[bool]) -> Markup {
        let id = row.first().and_then(|td| td.id.as_deref());
        let rest = self.columns.len().saturating_sub(row.len());
        html! {
            tr id=[id] {
                @for (at, (td, head)) in row.iter().zip(&self.columns).enumerate() {
                    (self.cell(at, td, head, tenths.get(at).copied().unwrap_or_default()))
                }
                @for _ in 0..rest { td {} }
            }
        }
    }

    fn cell(&self, at: usize, td: &Td, head: &Head, tenths: bool) -> Markup {
        let unknown = if is_unknown(&td.cell) && td.chart.is_none() {
            "u"
        } else {
            ""
        };
        let more = [td.class, unknown].join(" ");
        let classes = head.classes(more.trim(), self.is_edge(at));
        let value = value(&td.cell).filter(|_| td.chart.is_none());
        html! {
            @if td.is_head && !matches!(td.cell, Cell::Empty) {
                th scope="row" class=[classes] data-v=[value] { (td.inside(tenths)) }
            } @else {
                td class=[classes] data-v=[value] { (td.inside(tenths)) }
            }
        }
    }

    /// For each column, whether its minutes are shown with one decimal.
    fn tenths(&self) -> Vec<bool> {
        let has = |row: &Vec<Td>, at: usize| match row.get(at).map(|td| &td.cell) {
            Some(Cell::Minutes(minutes)) => minutes.has_tenths(),
            _ => false,
        };
        let rows = || self.rows.iter().chain(&self.foot);
        (0..self.columns.len())
            .map(|at| rows().any(|row| has(row, at)))
            .collect()
    }
}

fn head_of(column: &Column) -> Head {
    Head {
        word: column.heading.to_string(),
        band: column.basis.map_or(Band::None, |basis| Band::Basis(basis.into())),
        is_number: column.align == Align::Right,
        class: if column.is_prose {
            "title"
        } else if column.is_whole {
            "nw"
        } else {
            ""
        },
        ..Head::default()
    }
}
