//! The table of days, months or repositories: what each claims, what follows, and what was measured.

use maud::{Markup, html};

use crate::facts::quantity::Minutes;
use crate::overview::{Group, Overview};
use crate::render::chart::cells::{self, Scale};
use crate::render::document::Cell;
use crate::render::href::Href;
use crate::render::page::{Grid, Head, Mark, Td};

/// Ticks of a rug that are closer than this, in powers of ten, are one.
const CLOSE: f64 = 0.01;

/// One row.
pub struct Row<'a> {
    /// What it is about. Untrusted text.
    pub name: String,
    /// Its page.
    pub href: Option<Href>,
    /// Its sums.
    pub group: &'a Group,
}

/// The table. `total` is the sum of all of them, of those beyond a limit, too.
pub fn table(
    overview: &Overview,
    label: &str,
    head: &str,
    rows: &[Row<'_>],
    total: Option<&Group>,
) -> Markup {
    let groups = rows.iter().map(|row| row.group).chain(total);
    let scale = super::parts::scale(overview, groups);
    let cells = |row: &Row<'_>| {
        cells(
            overview,
            Td::head(row.name.clone()).link(row.href.clone()),
            row.group,
            scale.as_ref(),
        )
    };
    let grid = Grid {
        label: label.to_owned(),
        columns: columns(head, scale.as_ref()),
        rows: rows.iter().map(cells).collect(),
        foot: total.map(|total| self::cells(overview, Td::head("Total"), total, scale.as_ref())),
        sort: rows.len() > 1,
        ..Grid::default()
    };
    html! { (grid.render()) }
}

fn columns(head: &str, scale: Option<&Scale>) -> Vec<Head> {
    let mut columns = vec![Head::text(head).class("nw")];
    columns
        .extend(["Tasks", "Human", "Agent", "Sup.", "Tokens"].map(|word| Head::number(word, Mark::Claimed)));
    columns.extend(["Factor", "Sup. factor"].map(|word| Head::number(word, Mark::Derived)));
    columns.extend(scale.map(|scale| Head::chart("Each task at its factor", cells::axis(scale))));
    columns.extend(
        ["Measured", "Commits", "By agents", "+Lines"].map(|word| Head::number(word, Mark::Measured)),
    );
    columns
}

fn cells(overview: &Overview, name: Td, group: &Group, scale: Option<&Scale>) -> Vec<Td> {
    let measures = &group.measures;
    let mut cells = vec![
        name,
        Td::of(Cell::Count(measures.tasks)),
        Td::of(Cell::known(measures.human_hours, Cell::Hours)),
        minutes(
            measures.agent_minutes,
            measures.agent_minutes_measured,
            Mark::Measured,
        ),
        minutes(
            measures.supervisory_minutes,
            measures.supervisory_minutes_measured,
            Mark::Estimated,
        ),
        Td::of(Cell::known(measures.tokens, Cell::Tokens)),
        Td::of(Cell::known(measures.leverage_factor, Cell::Factor)),
        Td::of(Cell::known(measures.supervisory_leverage_factor, Cell::Factor)),
    ];
    cells.extend(scale.map(|scale| Td::chart(rug(overview, group, scale))));
    cells.extend([
        Td::of(Cell::known(measures.session_agent_minutes, Cell::Minutes)),
        Td::of(Cell::Count(measures.commits)),
        Td::of(Cell::Count(measures.agent_commits)),
        Td::of(Cell::known(measures.lines_added, Cell::Count)),
    ]);
    cells
}

/// Minutes, with a mark if none of them are claimed.
fn minutes(all: Option<Minutes>, measured: Option<Minutes>, mark: Mark) -> Td {
    Td {
        mark: (all.is_some() && all == measured).then_some(mark),
        ..Td::of(Cell::known(all, Cell::Minutes))
    }
}

/// The factors of the tasks of a group, those at one place once.
fn rug(overview: &Overview, group: &Group, scale: &Scale) -> Markup {
    let views = overview.tasks_of(group);
    let mut factors: Vec<f64> = views.filter_map(|view| view.measures.leverage_factor).collect();
    factors.sort_by(f64::total_cmp);
    factors.dedup_by(|later, earlier| *later > 0.0 && (later.log10() - earlier.log10()).abs() < CLOSE);
    cells::rug(scale, &factors, group.measures.leverage_factor)
}
