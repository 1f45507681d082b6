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
        row.extend(sums.cells(history.status != Status::Failed));
        row.push(Cell::text(history.status.to_string()));
        rows.push(row);
    }
    let mut totals = vec![Cell::text("total")];
    totals.extend(total.cells(true));
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

#[derive(Default)]
struct Sums {
    commits: u64,
    new: u64,
    by_agents: u64,
    lines: LineCounts,
}

impl Sums {
    fn of(history: &History) -> Self {
        let mut sums = Self {
            commits: history.commits.len() as u64,
            new: history.new_commits as u64,
            ..Self::default()
        };
        for commit in &history.commits {
            sums.by_agents += u64::from(commit.origin.state == OriginState::Agent);
            sums.lines += commit.lines.unwrap_or_default();
        }
        sums
    }

    fn add(&mut self, other: &Self) {
        self.commits += other.commits;
        self.new += other.new;
        self.by_agents += other.by_agents;
        self.lines += other.lines;
    }

    fn cells(&self, is_known: bool) -> [Cell; 5] {
        let counts = [
            self.commits,
            self.new,
            self.by_agents,
            self.lines.added,
            self.lines.removed,
        ];
        counts.map(|count| {
            if is_known {
                Cell::Count(count)
            } else {
                Cell::Unknown
            }
        })
    }
}
