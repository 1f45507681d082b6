//! The inventory as tables: its columns, the matrix of checks, and what changed.

use std::cmp::Ordering;

use super::document::{Align, Basis, Cell, Column, Document, Table};
use crate::aggregate::inventory::{Activity, Change, Comparison, Difference, Inventory, Row, Step};
use crate::aggregate::readiness::{self, Verdict};
use crate::facts::diagnostics::Status;
use crate::facts::zone::Zone;

/// What a cell is made from.
struct Given<'a> {
    row: &'a Row,
    zone: Zone,
}

/// A column that can be asked for.
struct Spec {
    id: &'static str,
    heading: &'static str,
    group: &'static str,
    basis: Option<Basis>,
    cell: fn(&Given) -> Cell,
}

const IDENTITY: &str = "identity";
const SIZE: &str = "size";
const TESTS: &str = "testing";
const HISTORY: &str = "history";
/// The group whose columns take a look at every commit.
pub const AI: &str = "ai";
const STATE: &str = "clone";
/// The groups that `--columns` takes for all their columns.
pub const GROUPS: [&str; 6] = [IDENTITY, SIZE, TESTS, HISTORY, AI, STATE];
/// What is shown where no columns are asked for.
pub const DEFAULT: [&str; 10] = [
    "name",
    "language",
    "code",
    "tests",
    "test_ratio",
    "commits",
    "authors",
    "last_commit",
    "commits_90d",
    "state",
];

const fn text(
    id: &'static str,
    heading: &'static str,
    group: &'static str,
    cell: fn(&Given) -> Cell,
) -> Spec {
    Spec {
        id,
        heading,
        group,
        basis: None,
        cell,
    }
}

const fn number(
    id: &'static str,
    heading: &'static str,
    group: &'static str,
    basis: Basis,
    cell: fn(&Given) -> Cell,
) -> Spec {
    Spec {
        id,
        heading,
        group,
        basis: Some(basis),
        cell,
    }
}

fn count(value: Option<u64>) -> Cell {
    Cell::known(value, Cell::Count)
}

fn words(value: Option<&String>) -> Cell {
    Cell::known(value, |text| Cell::text(text.as_str()))
}

fn yes(value: Option<bool>) -> Cell {
    Cell::known(value, |yes| Cell::text(if yes { "yes" } else { "no" }))
}

fn day(given: &Given, seconds: Option<i64>) -> Cell {
    Cell::known(seconds, |seconds| Cell::Date(given.zone.day(seconds)))
}

fn commits(activity: Option<Activity>) -> Cell {
    count(activity.map(|activity| activity.commits))
}

fn added(activity: Option<Activity>) -> Cell {
    count(activity.and_then(|activity| activity.lines_added))
}

fn removed(activity: Option<Activity>) -> Cell {
    count(activity.and_then(|activity| activity.lines_removed))
}

use Basis::{Claimed, Derived, Measured};

const COLUMNS: &[Spec] = &[
    text("name", "Repository", IDENTITY, |given| {
        Cell::text(given.row.name.as_str())
    }),
    text("path", "Path", IDENTITY, |given| {
        Cell::text(given.row.path.as_str())
    }),
    text("status", "Status", IDENTITY, |given| {
        Cell::known(given.row.status, |status| Cell::text(status.to_string()))
    }),
    text("default_branch", "Default branch", IDENTITY, |given| {
        words(given.row.default_branch.as_ref())
    }),
    text("branch", "Branch", IDENTITY, |given| {
        words(given.row.branch.as_ref())
    }),
    text("head", "HEAD", IDENTITY, |given| {
        Cell::known(given.row.head.as_ref(), |head| {
            Cell::text(head.chars().take(10).collect::<String>())
        })
    }),
    text("remotes", "Remotes", IDENTITY, |given| {
        let urls: Vec<&str> = given
            .row
            .remotes
            .iter()
            .map(|remote| remote.url.as_str())
            .collect();
        Cell::text(urls.join(", "))
    }),
    text("description", "Description", IDENTITY, |given| {
        words(given.row.description.as_ref())
    }),
    text("licence", "Licence", IDENTITY, |given| {
        words(given.row.licence.as_ref())
    }),
    text("language", "Language", IDENTITY, |given| {
        words(given.row.language.as_ref())
    }),
    text("languages", "Languages", IDENTITY, |given| {
        Cell::known(shares(given.row), Cell::text)
    }),
    number("files", "Files", SIZE, Measured, |given| count(given.row.files)),
    number("code", "Code", SIZE, Measured, |given| {
        count(given.row.lines_code)
    }),
    number("comments", "Comments", SIZE, Measured, |given| {
        count(given.row.lines_comments)
    }),
    number("blanks", "Blanks", SIZE, Measured, |given| {
        count(given.row.lines_blank)
    }),
    number("generated", "Generated", SIZE, Measured, |given| {
        count(given.row.lines_generated)
    }),
    number("vendored", "Vendored", SIZE, Measured, |given| {
        count(given.row.lines_vendored)
    }),
    number("submodules", "Submodules", SIZE, Measured, |given| {
        count(given.row.submodules)
    }),
    number("tests", "Tests", TESTS, Measured, |given| {
        count(given.row.tests.as_ref().map(|tests| tests.cases))
    }),
    number("parametrised", "Parametrised", TESTS, Measured, |given| {
        count(given.row.tests.as_ref().map(|tests| tests.parametrised))
    }),
    text("frameworks", "Frameworks", TESTS, |given| {
        Cell::known(given.row.tests.as_ref(), |tests| {
            let each: Vec<String> = tests
                .frameworks
                .iter()
                .map(|(name, all)| format!("{name} {}", all.cases))
                .collect();
            Cell::text(each.join(", "))
        })
    }),
    number("test_lines", "Test lines", TESTS, Measured, |given| {
        count(given.row.tests.as_ref().map(|tests| tests.test_lines))
    }),
    number("test_ratio", "Test ratio", TESTS, Derived, |given| {
        Cell::known(
            given.row.tests.as_ref().and_then(|tests| tests.ratio),
            Cell::Percent,
        )
    }),
    number("commits", "Commits", HISTORY, Measured, |given| {
        count(given.row.commits)
    }),
    number("authors", "Authors", HISTORY, Measured, |given| {
        count(given.row.authors)
    }),
    text("first_commit", "First commit", HISTORY, |given| {
        day(given, given.row.first_commit)
    }),
    text("last_commit", "Last commit", HISTORY, |given| {
        day(given, given.row.last_commit)
    }),
    number("commits_30d", "Commits 30d", HISTORY, Measured, |given| {
        commits(given.row.last_30_days)
    }),
    number("added_30d", "Added 30d", HISTORY, Measured, |given| {
        added(given.row.last_30_days)
    }),
    number("removed_30d", "Removed 30d", HISTORY, Measured, |given| {
        removed(given.row.last_30_days)
    }),
    number("commits_90d", "Commits 90d", HISTORY, Measured, |given| {
        commits(given.row.last_90_days)
    }),
    number("added_90d", "Added 90d", HISTORY, Measured, |given| {
        added(given.row.last_90_days)
    }),
    number("removed_90d", "Removed 90d", HISTORY, Measured, |given| {
        removed(given.row.last_90_days)
    }),
    number("commits_since", "Commits since", HISTORY, Measured, |given| {
        commits(given.row.since)
    }),
    number("added_since", "Added since", HISTORY, Measured, |given| {
        added(given.row.since)
    }),
    number("removed_since", "Removed since", HISTORY, Measured, |given| {
        removed(given.row.since)
    }),
    number("tags", "Tags", HISTORY, Measured, |given| count(given.row.tags)),
    number("releases", "Releases", HISTORY, Measured, |given| {
        count(given.row.releases)
    }),
    text("latest_release", "Latest release", HISTORY, |given| {
        words(given.row.latest_release.as_ref())
    }),
    number("agent_commits", "Agent commits", AI, Measured, |given| {
        count(given.row.agent_commits)
    }),
    number("agent_lines", "Agent lines", AI, Measured, |given| {
        count(given.row.agent_lines_added)
    }),
    number("known_origin", "Known origin", AI, Derived, |given| {
        Cell::known(given.row.known_origin_share, Cell::Percent)
    }),
    number("tasks", "Tasks", AI, Claimed, |given| count(given.row.tasks)),
    number("human_hours", "Human hours", AI, Claimed, |given| {
        Cell::known(given.row.human_hours, Cell::Hours)
    }),
    number("leverage", "Leverage", AI, Derived, |given| {
        Cell::known(given.row.leverage_factor, Cell::Factor)
    }),
    number("sessions", "Sessions", AI, Claimed, |given| {
        count(given.row.sessions)
    }),
    text("state", "State", STATE, |given| {
        Cell::text(given.row.state_in_words())
    }),
    number("changed", "Changed", STATE, Measured, |given| {
        count(given.row.changed_files)
    }),
    number("untracked", "Untracked", STATE, Measured, |given| {
        count(given.row.untracked_files)
    }),
    number("ahead", "Ahead", STATE, Measured, |given| count(given.row.ahead)),
    number("behind", "Behind", STATE, Measured, |given| {
        count(given.row.behind)
    }),
    number("unpushed", "Unpushed", STATE, Measured, |given| {
        count(
            given
                .row
                .unpushed_branches
                .as_ref()
                .map(|branches| branches.len() as u64),
        )
    }),
    number("stale", "Stale", STATE, Measured, |given| {
        count(
            given
                .row
                .stale_branches
                .as_ref()
                .map(|branches| branches.len() as u64),
        )
    }),
    number("stashes", "Stashes", STATE, Measured, |given| {
        count(given.row.stashes)
    }),
    text("bare", "Bare", STATE, |given| yes(given.row.bare)),
    text("shallow", "Shallow", STATE, |given| yes(given.row.shallow)),
    text("partial", "Partial", STATE, |given| yes(given.row.partial_clone)),
    text("last_fetch", "Last fetch", STATE, |given| {
        day(given, given.row.last_fetch)
    }),
];

/// Chosen columns, in order.
#[derive(Clone)]
pub struct Columns(Vec<&'static Spec>);

/// A name that is no column and no group.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("`{0}` is no column of the inventory")]
pub struct UnknownColumn(pub String);

/// The columns of a group.
fn columns_of(group: &str) -> impl Iterator<Item = &'static Spec> {
    COLUMNS.iter().filter(move |spec| spec.group == group)
}

/// `size: files, code, …`: the columns of each group.
pub fn groups_in_words() -> impl Iterator<Item = String> {
    GROUPS.into_iter().map(|group| {
        let ids: Vec<&str> = columns_of(group).map(|spec| spec.id).collect();
        format!("{group}: {}", ids.join(", "))
    })
}

/// What each column shows and its group.
pub fn columns_there_are() -> Table {
    let row = |spec: &Spec| {
        vec![spec.id, spec.heading, spec.group]
            .into_iter()
            .map(Cell::text)
            .collect()
    };
    Table {
        columns: vec![
            Column::text("column", "Column"),
            Column::text("heading", "Heading"),
            Column::text("group", "Group"),
        ],
        rows: GROUPS.into_iter().flat_map(columns_of).map(row).collect(),
        ..Table::default()
    }
}

impl Columns {
    /// The columns of these ids, groups standing for all of theirs.
    pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Self, UnknownColumn> {
        let mut chosen: Vec<&Spec> = Vec::new();
        for name in names {
            let before = chosen.len();
            chosen.extend(
                COLUMNS
                    .iter()
                    .filter(|spec| spec.id == name || spec.group == name),
            );
            if chosen.len() == before {
                return Err(UnknownColumn(name.to_owned()));
            }
        }
        Ok(Self(chosen))
    }

    /// Whether any of them is of the group.
    pub fn touch(&self, group: &str) -> bool {
        self.0.iter().any(|spec| spec.group == group)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Which way rows are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Numbers and days from the largest, text from A.
    Usual,
    /// The other way round.
    Reversed,
}

/// Sorts the rows by columns. Those that are equal keep their order, and what is unknown comes last either way.
pub fn sort(rows: &mut [Row], by: &Columns, zone: Zone, direction: Direction) {
    if by.is_empty() && direction == Direction::Reversed {
        rows.reverse();
    }
    rows.sort_by(|a, b| {
        by.0.iter()
            .map(|spec| {
                let cell = |row| (spec.cell)(&Given { row, zone });
                order(&cell(a), &cell(b), direction)
            })
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
    });
}

fn order(a: &Cell, b: &Cell, direction: Direction) -> Ordering {
    let known = match (is_known(a), is_known(b)) {
        (true, true) => known_order(a, b),
        (a, b) => return b.cmp(&a),
    };
    match direction {
        Direction::Usual => known,
        Direction::Reversed => known.reverse(),
    }
}

fn is_known(cell: &Cell) -> bool {
    !matches!(cell, Cell::Unknown | Cell::Empty) && *cell != Cell::text("")
}

fn known_order(a: &Cell, b: &Cell) -> Ordering {
    match (a, b) {
        (Cell::Count(a), Cell::Count(b)) => b.cmp(a),
        (Cell::Percent(a), Cell::Percent(b)) | (Cell::Factor(a), Cell::Factor(b)) => b.total_cmp(a),
        (Cell::Hours(a), Cell::Hours(b)) => b.get().total_cmp(&a.get()),
        (Cell::Date(a), Cell::Date(b)) => b.cmp(a),
        _ => a.for_people().to_lowercase().cmp(&b.for_people().to_lowercase()),
    }
}

/// The chosen columns of every row, with totals.
pub fn table(inventory: &Inventory, columns: &Columns, zone: Zone) -> Table {
    let cell = |spec: &Spec, row: &Row| {
        let cell = (spec.cell)(&Given { row, zone });
        if is_cut_short(spec, row) {
            at_least(cell)
        } else {
            cell
        }
    };
    let total = |spec: &Spec| {
        let lacks = inventory.rows.iter().any(|row| spec.lacks(row, zone));
        match (spec.id, cell(spec, &inventory.totals)) {
            ("name", _) => Cell::text("Total"),
            // Sums only: a total of names or days says nothing, and one that nobody knows is left open.
            (_, Cell::Text(_) | Cell::Date(_) | Cell::Unknown) => Cell::Empty,
            (_, total) if lacks => at_least(total),
            (_, total) => total,
        }
    };
    let totals: Vec<Cell> = columns.0.iter().map(|spec| total(spec)).collect();
    let rows: Vec<Vec<Cell>> = inventory
        .rows
        .iter()
        .map(|row| columns.0.iter().map(|spec| cell(spec, row)).collect())
        .collect();
    let says_something = totals
        .iter()
        .any(|cell| !matches!(cell, Cell::Empty | Cell::Text(_)));
    let totals = (rows.len() > 1 && says_something).then_some(totals);
    Table {
        columns: columns
            .0
            .iter()
            .enumerate()
            .map(|(at, spec)| column(spec, at))
            .collect(),
        notes: notes(inventory, columns, rows.iter().chain(&totals)),
        rows,
        totals,
        ..Table::default()
    }
}

impl Spec {
    /// Whether the row does not know what there is to know here.
    fn lacks(&self, row: &Row, zone: Zone) -> bool {
        let has_none = row.checked_out == Some(false) && matches!(self.id, "changed" | "untracked");
        !has_none && (self.cell)(&Given { row, zone }) == Cell::Unknown
    }
}

/// Whether a number counts only a part of what it is about.
fn is_cut_short(spec: &Spec, row: &Row) -> bool {
    match spec.group {
        SIZE | TESTS => row.files_complete == Some(false),
        HISTORY | AI => row.history_complete == Some(false),
        _ => false,
    }
}

fn at_least(cell: Cell) -> Cell {
    match cell {
        Cell::Count(count) => Cell::AtLeast(count),
        other => other,
    }
}

/// On a narrow terminal what can be done without goes first, then the rightmost columns, but neither the name nor the state.
fn column(spec: &Spec, at: usize) -> Column {
    let spare = match spec.id {
        "name" | "code" | "state" => 0,
        "authors" => u8::MAX,
        "test_ratio" => u8::MAX - 1,
        "commits_90d" | "commits_since" => u8::MAX - 2,
        _ => u8::try_from(at).unwrap_or(u8::MAX),
    };
    match spec.basis {
        Some(basis) => Column::number(spec.id, spec.heading, basis),
        None => Column::text(spec.id, spec.heading),
    }
    .spare(spare)
}

/// What the reader of the table has to know besides.
fn notes<'a>(
    inventory: &Inventory,
    columns: &Columns,
    mut rows: impl Iterator<Item = &'a Vec<Cell>>,
) -> Vec<String> {
    let is_partial = rows.any(|row| row.iter().any(|cell| matches!(cell, Cell::AtLeast(_))));
    let partial = is_partial.then(|| "≥: there is more that could not be read".to_owned());
    let period = columns.period_in_words(inventory);
    let submodules = inventory.rows.iter().filter_map(|row| {
        let submodules = row
            .submodules
            .filter(|_| columns.touch(SIZE))
            .filter(|n| *n > 0)?;
        let s = if submodules == 1 { "" } else { "s" };
        Some(format!("{}: {submodules} submodule{s}, not counted", row.name))
    });
    period
        .into_iter()
        .chain(partial)
        .chain(submodules)
        .chain(troubles(inventory))
        .collect()
}

impl Columns {
    /// Of which days the columns of activity tell, where that was asked for.
    fn period_in_words(&self, inventory: &Inventory) -> Option<String> {
        let shown = |end: &str| self.0.iter().any(|spec| spec.id.ends_with(end));
        let until = inventory.until.map(|day| format!("until {day}"));
        let since = inventory
            .since
            .filter(|_| shown("_since"))
            .map(|day| format!("since {day}"));
        let fixed = until.clone().filter(|_| shown("_30d") || shown("_90d"));
        let asked = match (since, until) {
            (Some(since), Some(until)) => Some(format!("{since} {until}")),
            (since, _) => since,
        };
        let fixed = fixed.map(|until| format!("30d, 90d: the days {until}"));
        let told: Vec<String> = asked.into_iter().chain(fixed).collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// What could not be read, a sentence a repository.
fn troubles(inventory: &Inventory) -> Vec<String> {
    inventory
        .rows
        .iter()
        .filter(|row| row.status.is_some_and(|status| status != Status::Complete))
        .map(|row| format!("{}: {}", row.name, row.reasons.join("; ")))
        .collect()
}

/// `Rust 91%, Python 9%`: the three largest programming languages.
fn shares(row: &Row) -> Option<String> {
    let mut shares: Vec<(&String, f64)> = row
        .languages
        .as_ref()?
        .iter()
        .filter_map(|(name, language)| Some((name, language.share?)))
        .filter(|(_, share)| *share >= 0.005)
        .collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    let named: Vec<String> = shares
        .iter()
        .take(3)
        .map(|(name, share)| format!("{name} {:.0}%", share * 100.0))
        .collect();
    Some(named.join(", "))
}

/// The checks of every row, and what failed with what to do. The checks are a matrix, or on a screen that is too narrow for
/// it, those that failed by name.
pub fn readiness(inventory: &Inventory, width: Option<usize>) -> Document {
    let matrix = matrix(inventory);
    let fits = width.is_none_or(|width| matrix_width(&matrix) <= width);
    let mut tables = vec![if fits { matrix } else { failures(inventory) }];
    let findings = findings(inventory);
    if !findings.rows.is_empty() {
        tables.push(findings);
    }
    Document {
        tables,
        ..Document::default()
    }
}

/// How many characters of a screen the matrix takes.
fn matrix_width(matrix: &Table) -> usize {
    let widths = matrix.columns.iter().enumerate().map(|(at, column)| {
        let cells = matrix.rows.iter().filter_map(|row| row.get(at));
        let cells = cells.map(|cell| cell.for_people().chars().count());
        cells.chain([column.heading.chars().count()]).max().unwrap_or(0) + 2
    });
    widths.sum::<usize>().saturating_sub(2)
}

fn mark(verdict: Verdict) -> Cell {
    match verdict {
        Verdict::Pass => Cell::text("ok"),
        Verdict::Fail => Cell::text("FAIL"),
        Verdict::NotApplicable => Cell::text("n/a"),
        Verdict::Unknown => Cell::Unknown,
    }
}

/// One row a repository, one column a check.
pub fn matrix(inventory: &Inventory) -> Table {
    let mut columns = vec![Column::text("name", "Repository")];
    columns.extend(readiness::ids().map(|id| Column::text(id, id)));
    columns.push(passed_column());
    let rows = inventory
        .rows
        .iter()
        .map(|row| {
            let verdict = |id: &str| {
                row.checks
                    .iter()
                    .find(|check| check.id == id)
                    .map(|check| check.verdict)
            };
            let mut cells = vec![Cell::text(row.name.as_str())];
            cells.extend(readiness::ids().map(|id| verdict(id).map_or(Cell::Unknown, mark)));
            cells.push(passed(row));
            cells
        })
        .collect();
    Table {
        columns,
        rows,
        notes: troubles(inventory),
        ..Table::default()
    }
}

/// One row a repository, with the checks that it fails.
fn failures(inventory: &Inventory) -> Table {
    let names = |row: &Row, verdict| -> Vec<String> {
        row.checks_with(verdict).map(|check| check.id.clone()).collect()
    };
    let rows = inventory.rows.iter().map(|row| {
        let unknown = names(row, Verdict::Unknown);
        let mut fails = names(row, Verdict::Fail);
        fails.extend((!unknown.is_empty()).then(|| format!("{} unknown", unknown.len())));
        vec![
            Cell::text(row.name.as_str()),
            passed(row),
            Cell::text(fails.join(", ")),
        ]
    });
    Table {
        columns: vec![
            Column::text("name", "Repository"),
            passed_column(),
            Column::text("fails", "Fails"),
        ],
        rows: rows.collect(),
        notes: troubles(inventory),
        ..Table::default()
    }
}

fn passed_column() -> Column {
    Column {
        align: Align::Right,
        ..Column::text("passed", "Passed")
    }
}

fn passed(row: &Row) -> Cell {
    let passed = row.checks_with(Verdict::Pass).count();
    let asked = passed + row.checks_with(Verdict::Fail).count();
    Cell::text(format!("{passed}/{asked}"))
}

/// Every failed check with its reason and hint.
pub fn findings(inventory: &Inventory) -> Table {
    let rows = inventory
        .rows
        .iter()
        .flat_map(|row| {
            row.checks_with(Verdict::Fail).map(|check| {
                vec![
                    Cell::text(row.name.as_str()),
                    Cell::text(check.id.as_str()),
                    Cell::text(check.reason.as_str()),
                    Cell::text(check.hint.clone().unwrap_or_default()),
                ]
            })
        })
        .collect();
    Table {
        title: Some("What failed".to_owned()),
        columns: vec![
            Column::text("name", "Repository"),
            Column::text("check", "Check"),
            Column::text("reason", "Why"),
            Column::text("hint", "What to do").spare(1),
        ],
        rows,
        ..Table::default()
    }
}

/// What changed since an earlier inventory, in a table where anything did.
pub fn changes(comparison: &Comparison) -> Document {
    let notes = vec![format!(
        "Since {}: {} unchanged",
        comparison.before, comparison.unchanged
    )];
    let tables = if comparison.rows.is_empty() {
        Vec::new()
    } else {
        vec![changed(comparison)]
    };
    Document {
        tables,
        notes,
        ..Document::default()
    }
}

/// A row a repository that differs.
pub fn changed(comparison: &Comparison) -> Table {
    let step = |id: &'static str, heading: &'static str| {
        [
            Column::number(id, heading, Measured),
            Column::number(format!("{id}_change"), "±", Measured),
        ]
    };
    let mut columns = vec![
        Column::text("name", "Repository"),
        Column::text("change", "Change"),
    ];
    columns.extend(step("code", "Code"));
    columns.extend(step("tests", "Tests"));
    columns.extend(step("commits", "Commits"));
    columns.push(Column::text("checks", "Checks"));
    let rows: Vec<Vec<Cell>> = comparison.rows.iter().map(changed_row).collect();
    Table {
        columns,
        totals: (rows.len() > 1).then(|| sum_of_changes(&comparison.rows)),
        rows,
        ..Table::default()
    }
}

fn changed_row(row: &Difference) -> Vec<Cell> {
    let change = match row.change {
        Change::Added => "added",
        Change::Gone => "gone",
        Change::Changed => "changed",
    };
    let mut cells = vec![Cell::text(row.name.as_str()), Cell::text(change)];
    for step in [row.lines_code, row.tests, row.commits] {
        cells.push(match row.change {
            Change::Gone => Cell::Empty,
            Change::Added | Change::Changed => count(step.now),
        });
        cells.push(match change_of(row.change, step) {
            Some(0) => Cell::Empty,
            change => Cell::known(change, Cell::Change),
        });
    }
    let broken = row.checks_broken.iter().map(|id| format!("{id} fails now"));
    let mended = row.checks_mended.iter().map(|id| format!("{id} passes now"));
    cells.push(Cell::text(broken.chain(mended).collect::<Vec<_>>().join(", ")));
    cells
}

/// A repository that came brings all that it has, and one that went takes it away.
fn change_of(change: Change, step: Step) -> Option<i64> {
    let whole = |count: Option<u64>| count.map(u64::cast_signed);
    match change {
        Change::Added => whole(step.now),
        Change::Gone => whole(step.before).map(|count| -count),
        Change::Changed => step.difference(),
    }
}

/// The sums of what is known; a sum that lacks a part is left open.
fn sum_of_changes(rows: &[Difference]) -> Vec<Cell> {
    let sum = |pick: fn(&Difference) -> Step| {
        let sum: Option<i64> = rows.iter().map(|row| change_of(row.change, pick(row))).sum();
        [Cell::Empty, Cell::known(sum, Cell::Change)]
    };
    let mut cells = vec![Cell::text("Total"), Cell::Empty];
    cells.extend(sum(|row| row.lines_code));
    cells.extend(sum(|row| row.tests));
    cells.extend(sum(|row| row.commits));
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_its_own_id_and_the_usual_ones_exist() {
        let ids: std::collections::BTreeSet<_> = COLUMNS.iter().map(|spec| spec.id).collect();
        assert_eq!(ids.len(), COLUMNS.len());
        assert!(Columns::named(DEFAULT).is_ok());
        assert!(Columns::named(GROUPS).is_ok_and(|all| all.0.len() == COLUMNS.len()));
        assert_eq!(
            Columns::named(["kiln"]).err(),
            Some(UnknownColumn("kiln".to_owned()))
        );
    }

    #[test]
    fn unknown_sorts_last_and_numbers_from_the_largest() {
        let row = |name: &str, code: Option<u64>| Row {
            name: name.to_owned(),
            lines_code: code,
            ..Row::default()
        };
        let names = |by: &str, direction: Direction| {
            let mut rows = [
                row("b", None),
                row("a", Some(1)),
                row("c", Some(9)),
                row("d", Some(1)),
            ];
            sort(&mut rows, &Columns::named([by]).unwrap(), Zone::Local, direction);
            rows.map(|row| row.name).join("")
        };
        assert_eq!(names("code", Direction::Usual), "cadb");
        assert_eq!(names("code", Direction::Reversed), "adcb");
        assert_eq!(names("name", Direction::Usual), "abcd");
        assert_eq!(names("name", Direction::Reversed), "dcba");
    }
}
