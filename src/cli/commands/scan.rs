//! `scan [ROOT…]`: brings the kept facts up to date and says what each repository holds.

use std::path::Path;

use super::Context;
use crate::aggregate::names::{Named, tell_apart};
use crate::cli::Outcome;
use crate::cli::error::CommandError;
use crate::cli::reading::ReadArgs;
use crate::cli::workers::read_each;
use crate::facts::commit::LineCounts;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::evidence::OriginState;
use crate::render::document::{Basis, Cell, Column, Document, Table};
use crate::render::terminal::{Screen, render};
use crate::sources::history::{History, KeptFacts, read_history};

/// The arguments of `scan`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage scan\n  git leverage scan ~/src\n  git leverage scan --rebuild ~/src/kiln"
)]
pub struct Args {
    #[command(flatten)]
    read: ReadArgs,
    /// Read everything anew and keep that
    #[arg(long, conflicts_with = "no_cache")]
    rebuild: bool,
}

/// Reads the repositories side by side and shows them.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let settings = context.settings();
    let found = args.read.discover(context, &settings)?;
    let mut options = args.read.history(context, &settings);
    if args.rebuild {
        options.kept_facts = KeptFacts::Replace;
    }
    let read = |path: &Path| read_history(path, &options);
    let mut histories = read_each(
        context,
        args.read.jobs,
        &found.repositories,
        &options.progress,
        read,
    )?;
    tell_apart(&mut histories);
    let searched_all = found.warnings.is_empty();
    let mut warnings = found.warnings;
    for history in &histories {
        let reason = history.reason.clone();
        warnings.extend(reason.map(|reason| Warning::new(&history.path, reason)));
        warnings.extend(history.warnings.iter().cloned());
    }
    let screen = Screen {
        width: context.terminal.width,
        color: context.terminal.color,
    };
    let text = render(&Document::from(table(&histories)), screen);
    context.terminal.data(text.as_bytes())?;
    context.terminal.warnings(&warnings)?;
    let is_complete = histories.iter().all(|history| history.status == Status::Complete);
    Ok(if is_complete && searched_all {
        Outcome::Done
    } else {
        Outcome::Partial
    })
}

impl Named for History {
    fn path(&self) -> &str {
        &self.path
    }

    fn name(&mut self) -> &mut String {
        &mut self.name
    }
}

/// A line a repository, and their sum.
fn table(histories: &[History]) -> Table {
    let mut total = Sums::default();
    let mut rows = Vec::new();
    for history in histories {
        let sums = Sums::of(history);
        total.add(&sums);
        let mut row = vec![Cell::text(&*history.name)];
        row.extend(sums.cells());
        row.push(Cell::text(history.status.to_string()));
        rows.push(row);
    }
    let mut totals = vec![Cell::text("total")];
    totals.extend(total.cells());
    Table {
        columns: vec![
            Column::text("repo", "Repository"),
            Column::number("commits", "Commits", Basis::Measured),
            Column::number("new_commits", "New", Basis::Measured),
            Column::number("agent_commits", "By agents", Basis::Measured),
            Column::number("lines_added", "Added", Basis::Measured),
            Column::number("lines_removed", "Removed", Basis::Measured),
            Column::text("status", "Status"),
        ],
        rows,
        totals: (histories.len() > 1).then_some(totals),
        ..Table::default()
    }
}

/// What is known of a number, and whether that is all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Count {
    known: u64,
    is_short: bool,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.known += other.known;
        self.is_short |= other.is_short;
    }

    /// Where none of it is known, it is unknown.
    fn cell(self) -> Cell {
        match (self.is_short, self.known) {
            (false, known) => Cell::Count(known),
            (true, 0) => Cell::Unknown,
            (true, known) => Cell::AtLeast(known),
        }
    }
}

/// Commits, new ones, those by agents, lines added and removed, as the columns have them.
#[derive(Default)]
struct Sums([Count; 5]);

impl Sums {
    fn of(history: &History) -> Self {
        let mut by_agents = 0;
        let mut lines = LineCounts::default();
        let mut lacks_lines = history.cut_short;
        for commit in &history.commits {
            by_agents += u64::from(commit.origin.state == OriginState::Agent);
            lines += commit.lines.unwrap_or_default();
            lacks_lines |= commit.lines.is_none() && !commit.is_merge();
        }
        let count = |known, is_short| Count { known, is_short };
        Self([
            count(history.commits.len() as u64, history.cut_short),
            count(history.new_commits as u64, history.status == Status::Failed),
            count(by_agents, history.cut_short),
            count(lines.added, lacks_lines),
            count(lines.removed, lacks_lines),
        ])
    }

    fn add(&mut self, other: &Self) {
        for (sum, count) in self.0.iter_mut().zip(other.0) {
            sum.add(count);
        }
    }

    fn cells(&self) -> [Cell; 5] {
        self.0.map(Count::cell)
    }
}
