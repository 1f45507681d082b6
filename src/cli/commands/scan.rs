//! `scan [ROOT…]`: brings the kept facts up to date and says what each repository holds.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rayon::prelude::*;

use super::Context;
use crate::cli::Outcome;
use crate::cli::error::CommandError;
use crate::facts::commit::LineCounts;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::evidence::OriginState;
use crate::git::changes::{Progress, Renames};
use crate::render::document::{Basis, Cell, Column, Document, Table};
use crate::render::terminal::{Screen, render};
use crate::sources::discover::discover;
use crate::sources::history::{ForeignTrailers, History, HistoryOptions, KeptFacts, read_history};

/// What takes less time than this is not worth a progress bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// The arguments of `scan`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage scan\n  git leverage scan ~/src\n  git leverage scan --rebuild ~/src/kiln"
)]
pub struct Args {
    /// Repositories, or folders to search for them [default: the repository you stand in, else `leverage.root`, else
    /// this folder]
    #[arg(value_name = "ROOT")]
    roots: Vec<PathBuf>,
    /// Count a moved file as removed and added, as `git log --no-renames` does
    #[arg(long)]
    no_renames: bool,
    /// Read remote branches and tags as well
    #[arg(long)]
    all_refs: bool,
    /// Read everything anew and keep nothing
    #[arg(long)]
    no_cache: bool,
    /// Read everything anew and keep that
    #[arg(long, conflicts_with = "no_cache")]
    rebuild: bool,
    /// Take only our own trailers, authors and notes as signs of an agent
    #[arg(long)]
    ignore_foreign_trailers: bool,
    /// Threads to use [default: one for each processor]
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

/// Reads the repositories side by side and shows them.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let found = discover(&args.roots(context));
    if found.repositories.is_empty() {
        let reasons: Vec<String> = found.warnings.iter().map(Warning::to_string).collect();
        return Err(CommandError::failed(reasons.join("; "))
            .hint("Name a repository or a folder that holds some, or set `leverage.root`"));
    }
    let options = args.options(context);
    let histories = read_all(&found.repositories, &options, context)?;
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
    Ok(if is_complete {
        Outcome::Done
    } else {
        Outcome::Partial
    })
}

impl Args {
    fn roots(&self, context: &Context) -> Vec<PathBuf> {
        let environment = &context.environment;
        if !self.roots.is_empty() {
            return self
                .roots
                .iter()
                .map(|root| environment.directory.join(root))
                .collect();
        }
        if let Ok(repo) = environment.repository() {
            return vec![repo.place().to_owned()];
        }
        let configured = context.settings().get_all("root");
        if configured.is_empty() {
            return vec![environment.directory.clone()];
        }
        configured.iter().map(|root| environment.resolve(root)).collect()
    }

    fn options(&self, context: &Context) -> HistoryOptions {
        let mut options = HistoryOptions {
            renames: if self.no_renames {
                Renames::Ignore
            } else {
                Renames::Follow
            },
            foreign_trailers: if self.ignore_foreign_trailers {
                ForeignTrailers::Ignore
            } else {
                ForeignTrailers::Believe
            },
            cache: context.environment.cache_dir().filter(|_| !self.no_cache),
            kept_facts: if self.rebuild {
                KeptFacts::Replace
            } else {
                KeptFacts::Use
            },
            threads: self.jobs,
            ..HistoryOptions::default()
        };
        options.refs.all = self.all_refs;
        let excluded = context.settings().get_all("excludeRef");
        if !excluded.is_empty() {
            options.refs.exclude = excluded;
        }
        options
    }
}

fn read_all(
    paths: &[PathBuf],
    options: &HistoryOptions,
    context: &Context,
) -> Result<Vec<History>, CommandError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(options.threads.map_or(0, NonZeroUsize::get))
        .build()
        .map_err(|error| CommandError::from_error(&error))?;
    let watcher = context
        .terminal
        .interactive
        .then(|| Watcher::start(Arc::clone(&options.progress)));
    let read = || paths.par_iter().map(|path| read_history(path, options)).collect();
    let histories = pool.install(read);
    if let Some(watcher) = watcher {
        watcher.stop();
    }
    Ok(histories)
}

/// Draws the progress from a thread of its own.
struct Watcher {
    thread: std::thread::JoinHandle<()>,
    stop: std::sync::mpsc::Sender<()>,
}

impl Watcher {
    fn start(progress: Arc<Progress>) -> Self {
        let (stop, stopped) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let start = Instant::now();
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
            let template = "reading commits {wide_bar} {percent}%, {eta} left";
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            while stopped.recv_timeout(PATIENCE / 4).is_err() {
                if start.elapsed() >= PATIENCE && bar.is_hidden() {
                    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
                }
                bar.set_length(progress.total.load(Ordering::Relaxed) as u64);
                bar.set_position(progress.done.load(Ordering::Relaxed) as u64);
            }
            bar.finish_and_clear();
        });
        Self { thread, stop }
    }

    fn stop(self) {
        // A thread that ended already drew its last.
        let _ = self.stop.send(());
        let _ = self.thread.join();
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
