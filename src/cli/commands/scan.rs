//! `scan [ROOT…]`: updates the cache and lists what each repository contains.

use crate::aggregate::report::{self, CommitsOnce};
use crate::aggregate::repository::Repository;
use crate::cli::bar;
use crate::cli::columns::ColumnsArgs;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::linking::SessionArgs;
use crate::cli::logs::RulesArgs;
use crate::cli::outcome::Outcome;
use crate::cli::reading::ReadArgs;
use crate::facts::commit::Commit;
use crate::facts::diagnostics::Status;
use crate::facts::evidence::OriginState;
use crate::render::document::{Basis, Cell, Column, Document, Table};
use crate::render::escape::visible;
use crate::render::terminal::render;
use crate::sources::history::KeptFacts;

/// The arguments of `scan`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage scan\n  git leverage scan ~/src\n  git leverage scan --rebuild ~/src/kiln"
)]
pub struct Args {
    #[command(flatten)]
    read: ReadArgs,
    /// Read everything again and replace the cache
    #[arg(long, conflicts_with = "no_cache")]
    rebuild: bool,
    #[command(flatten)]
    sessions: SessionArgs,
    #[command(flatten)]
    columns: ColumnsArgs,
}

/// Reads the repositories and lists them.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let none = Document::from(table(&[]));
    if args.columns.ask_for_help() {
        return ColumnsArgs::list_of(&none, context);
    }
    args.columns.choose(none)?;
    let sessions = (args.sessions).options(&args.read, &RulesArgs::default(), context)?;
    let mut options = args.read.options(context)?;
    if args.rebuild {
        options.history.kept_facts = KeptFacts::Replace;
    }
    let mut workspace = args.read.read(context, &options)?;
    bar::during(context, || workspace.complete(&sessions));
    let status = workspace.status();
    let mut warnings = workspace.warnings;
    warnings.extend(workspace.repos.iter().flat_map(Repository::all_warnings));
    let screen = context.terminal.screen(None);
    let document = args.columns.choose(Document::from(table(&workspace.repos)))?;
    let is_unborn = |repo: &Repository| repo.commits.is_empty() && repo.status == Status::Complete;
    let text = match workspace.repos.iter().all(is_unborn) {
        true => no_commits(workspace.repos.iter().map(|repo| repo.name.as_str())),
        false => render(&document, screen),
    };
    context.terminal.data(text.as_bytes())?;
    context.terminal.warnings(&warnings)?;
    Ok(status.into())
}

/// The sentence in place of a table of repositories without commits.
pub(super) fn no_commits<'n>(mut names: impl ExactSizeIterator<Item = &'n str>) -> String {
    match (names.len(), names.next()) {
        (1, Some(only)) => format!("No commits in `{}` yet\n", visible(only)),
        (all, _) => format!("No commits in any of {all} repositories yet\n"),
    }
}

/// One line per repository, and a total in which each commit counts once.
fn table(repos: &[Repository]) -> Table {
    let copies = report::copies(repos);
    let mut total = Sums::default();
    let mut rows = Vec::new();
    for (at, repo) in repos.iter().enumerate() {
        let mut sums = Sums::of(repo, repo.new_commits);
        repo.commits.iter().for_each(|commit| sums.add_commit(commit));
        let mut row = vec![Cell::text(&*repo.name)];
        row.extend(sums.cells());
        row.push(Cell::text(repo.status.to_string()));
        rows.push(row);
        total.add(&Sums::of(repo, repo.new_commits.min(copies.counted(at))));
    }
    for (_, commit) in CommitsOnce::of(repos, &copies).iter() {
        total.add_commit(commit);
    }
    let mut totals = vec![Cell::text("Total")];
    totals.extend(total.cells());
    Table {
        columns: vec![
            Column::name("repo", "Repository").key(),
            Column::number("commits", "Commits", Basis::Measured),
            Column::number("new_commits", "New", Basis::Measured).drop_order(4),
            Column::number("agent_commits", "By agents", Basis::Measured).drop_order(1),
            Column::number("lines_added", "+lines", Basis::Measured).drop_order(2),
            Column::number("lines_removed", "-lines", Basis::Measured).drop_order(3),
            Column::text("status", "Status"),
        ],
        rows,
        totals: (repos.len() > 1).then_some(totals),
        notes: copies.notes(|at| &repos[at].name),
        ..Table::default()
    }
}

/// The known part of a number, and whether that is all of it.
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

    /// The number, a lower bound, or unknown where no part is known.
    fn cell(self) -> Cell {
        match (self.is_short, self.known) {
            (false, known) => Cell::Count(known),
            (true, 0) => Cell::Unknown,
            (true, known) => Cell::AtLeast(known),
        }
    }
}

/// Commits, new commits, commits by agents, lines added and lines removed, in the order of the columns.
#[derive(Default)]
struct Sums([Count; 5]);

impl Sums {
    /// The state before the commits of a repository are counted.
    fn of(repo: &Repository, new_commits: usize) -> Self {
        let mut sums = [Count {
            known: 0,
            is_short: repo.cut_short,
        }; 5];
        sums[1] = Count {
            known: new_commits as u64,
            is_short: repo.status == Status::Failed,
        };
        Self(sums)
    }

    fn add_commit(&mut self, commit: &Commit) {
        let [commits, _, by_agents, added, removed] = &mut self.0;
        commits.known += 1;
        by_agents.known += u64::from(commit.origin.state() == OriginState::Agent);
        let lines = commit.lines.unwrap_or_default();
        added.known += lines.added;
        removed.known += lines.removed;
        let lacks_lines = commit.lines.is_none() && !commit.is_merge();
        added.is_short |= lacks_lines;
        removed.is_short |= lacks_lines;
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
