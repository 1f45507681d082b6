//! `report [ROOT…]`: tasks and commits of many repositories, summed by day, repository or another dimension.

use std::collections::HashMap;
use std::path::Path;

use crate::aggregate::estimates::{self, Choice, Counted};
use crate::aggregate::group::{Dimension, UnknownDimension};
use crate::aggregate::models::{Requested, USUAL_LINES_PER_DAY};
use crate::aggregate::report::{self, Authors, Material, Query, Report, SCHEMA, SortBy};
use crate::aggregate::repository::Repository;
use crate::cli::authors::AuthorArgs;
use crate::cli::background::apart;
use crate::cli::background::sweep::Where;
use crate::cli::columns::{ColumnsArgs, LimitArgs};
use crate::cli::commands::scan::no_commits;
use crate::cli::commands::sensitivity;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::facts::FactsArgs;
use crate::cli::linking::SessionArgs;
use crate::cli::logs::RulesArgs;
use crate::cli::outcome::Outcome;
use crate::cli::output::{Format, OutputArgs, send_text};
use crate::cli::period::PeriodArgs;
use crate::cli::reading::ReadArgs;
use crate::cli::terminal::Verbosity;
use crate::correlate::seen::SeenSession;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::estimate::Estimate;
use crate::facts::number::{self, DecimalMark};
use crate::facts::shell;
use crate::facts::zone::{Period, Zone};
use crate::git::Repo;
use crate::git::mailmap::NameMap;
use crate::overview::reading::{self, Part};
use crate::overview::{self, Overview};
use crate::render::columns::{UnknownName, find};
use crate::render::document::Table;
use crate::render::json::Versioned;
use crate::render::report::{self as shown, Headline, View};
use crate::render::single;
use crate::workspace::read::Workspace;

/// The arguments of `report`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage report\n  git leverage report ~/src --by repo,day --since monday\n  \
                  git leverage report --by task --on today -o today.md\n  \
                  git leverage report ~/src --mine --since '2 weeks ago' -o report.json\n  \
                  git leverage report --columns human,factor,commits,tokens_logged\n\n\
                  Without `--by`, several repositories are shown by repository, and one by day, week or month, whichever \
                  fits its history."
)]
pub struct Args {
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    facts: FactsArgs,
    /// Group by one or two of: day, week, month, repo, agent, model, category, author, estimator, task, tag, session
    #[arg(long, value_name = "WHAT", value_delimiter = ',', num_args = 1, value_parser = dimension)]
    by: Vec<Dimension>,
    #[command(flatten)]
    period: PeriodArgs,
    #[command(flatten)]
    author: AuthorArgs,
    /// Only work done with this agent, such as `claude-code`
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Sort by a measure, largest first, or by `key` [default: by time if grouped by time, else by hours]
    #[arg(long, value_name = "FIELD")]
    sort: Option<String>,
    #[command(flatten)]
    limit: LimitArgs,
    #[command(flatten)]
    columns: ColumnsArgs,
    /// Count all lines, or only source and tests (JSON and CSV have both)
    #[arg(long, value_name = "WHICH", value_enum, default_value_t)]
    lines: LinesShown,
    /// Estimate work without a task from its lines of source and tests, in separate columns: `sloc` is 200 lines per day,
    /// `pace` the lines per day of people in the repository before its first agent, `cocomo` is COCOMO II
    #[arg(long, value_name = "sloc[=N/day],pace,cocomo", value_parser = models)]
    estimate_model: Vec<Requested>,
    /// Also show factors corrected by what their estimators' tasks by hand took, where an estimator has at least 5 of them
    #[arg(long)]
    calibrated: bool,
    /// Show how much of the factor survives each doubt, instead of the sums
    #[arg(long, conflicts_with_all = [
        "by", "sort", "limit", "columns", "lines", "estimate_model", "calibrated", "estimates",
    ])]
    sensitivity: bool,
    /// Count these estimates of each task: the claim, the median, lowest or highest of claim and opinions, or your own
    #[arg(long, value_name = "WHICH", value_enum, default_value_t)]
    estimates: EstimatesArg,
    /// Do not draw a chart below a table by day, week or month
    #[arg(long)]
    no_chart: bool,
    #[command(flatten)]
    sessions: SessionArgs,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    output: OutputArgs,
}

/// Which estimates count.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum EstimatesArg {
    /// What was claimed
    #[default]
    Claimed,
    /// The median of claim and opinions, of two in the middle the lower one
    Median,
    /// The lowest of claim and opinions
    Lowest,
    /// The highest of claim and opinions
    Highest,
    /// Your own claim or opinion; other tasks are left out
    Mine,
}

impl From<EstimatesArg> for Choice {
    fn from(arg: EstimatesArg) -> Self {
        match arg {
            EstimatesArg::Claimed => Self::Claimed,
            EstimatesArg::Median => Self::Median,
            EstimatesArg::Lowest => Self::Lowest,
            EstimatesArg::Highest => Self::Highest,
            EstimatesArg::Mine => Self::Mine,
        }
    }
}

/// Who asks, in each repository, and what its mailmap makes of those who estimated.
struct Whose {
    authors: Option<Authors>,
    names: HashMap<String, NameMap>,
}

impl Whose {
    fn find(choice: Choice, repos: &[Repository], context: &Context) -> Result<Self, CommandError> {
        let mut whose = Self {
            authors: None,
            names: HashMap::new(),
        };
        if choice == Choice::Mine {
            let mine = AuthorArgs {
                author: None,
                mine: true,
            };
            whose.authors = mine.in_each(context, repos.iter().map(|repo| repo.path.as_str()))?;
            for repo in repos {
                if let Ok(open) = Repo::open(Path::new(&repo.path)) {
                    whose.names.insert(repo.path.clone(), open.name_map());
                }
            }
        }
        Ok(whose)
    }

    /// Whether the person who asks made an estimate, and not an agent for them.
    fn is_mine(&self, repo: &Repository, estimate: &Estimate) -> bool {
        let proper = self
            .names
            .get(&repo.path)
            .map(|names| names.proper_author(&estimate.by));
        let is_own = |author: &str| {
            self.authors
                .as_ref()
                .is_some_and(|mine| mine.takes(&repo.path, author))
        };
        estimate.estimator.is_none() && (is_own(&estimate.by) || proper.is_some_and(|author| is_own(&author)))
    }
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum LinesShown {
    /// All files, and source and tests in columns of their own
    #[default]
    All,
    /// Only source and tests
    Source,
}

impl LinesShown {
    fn headline(self) -> Headline {
        match self {
            Self::All => Headline::AllLines,
            Self::Source => Headline::SourceLines,
        }
    }
}

/// Reads the repositories and shows the sums.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    if args.columns.ask_for_help() {
        return ColumnsArgs::list(&shown::choices(), context);
    }
    check_by(&args.by)?;
    args.columns.check(&shown::choices())?;
    args.author.checked()?;
    args.sort.as_deref().map(sort_by).transpose()?;
    let settings = context.settings();
    let zone = args.period.zone(&settings)?;
    let period = args.period.period(zone, &context.environment)?;
    if !args.sessions.no_sessions && !args.facts.are_all(&args.read) {
        apart::sweep_and_say(context, Where::At(&args.read.roots(context)))?;
    }
    let (mut workspace, loading) =
        args.facts
            .read((&args.read, &args.sessions, &args.rules), zone, context)?;
    let is_blank = args.is_page() && is_blank(&workspace);
    workspace.narrow(period, zone);
    let query = args.query(context, zone, period, &workspace.repos)?;
    let chosen = args.choose_estimates(&mut workspace, &query, context)?;
    let mut report = report::report(&workspace.repos, &workspace.sessions, &query);
    loading.check()?;
    report.estimates = chosen;
    let status = workspace.status();
    report.warnings.splice(0..0, workspace.warnings);
    match is_blank {
        true => {
            let names = workspace.repos.iter().map(|repo| repo.name.as_str());
            context.terminal.data(no_commits(names).as_bytes())?;
        }
        false => args.send(context, &report, || {
            args.overview(&workspace.repos, &workspace.sessions, &query)
        })?,
    }
    let untold = args.untold(&workspace.repos, &report.warnings, context.terminal.verbosity);
    context.terminal.warnings(&untold)?;
    for said in unfetched(&workspace.repos) {
        context.terminal.status(&said)?;
    }
    // The process is about to end; taking apart what was read would only delay that.
    std::mem::forget(workspace.repos);
    Ok(status.into())
}

/// Whether there is nothing to report on, whatever was asked for.
fn is_blank(workspace: &Workspace) -> bool {
    let is_empty = |repo: &Repository| {
        let has_no_task = repo.tasks.is_empty() && repo.by_hand.is_empty();
        repo.commits.is_empty() && has_no_task && repo.status == Status::Complete
    };
    workspace.sessions.is_empty() && workspace.repos.iter().all(is_empty)
}

/// One line for all repositories whose remotes may have a ledger that was not fetched, and one for those that were read elsewhere.
pub(super) fn unfetched(repos: &[Repository]) -> Vec<String> {
    let without = repos.iter().filter(|repo| repo.unfetched.is_some());
    let (elsewhere, here): (Vec<_>, Vec<_>) = without.partition(|repo| repo.lineage.is_elsewhere());
    let here = here
        .split_first()
        .map(|(first, others)| unfetched_here(first, others.len()));
    let elsewhere = elsewhere
        .split_first()
        .map(|(first, others)| unfetched_elsewhere(first, others.len()));
    here.into_iter().chain(elsewhere).collect()
}

fn unfetched_here(first: &Repository, others: usize) -> String {
    let remote = first.unfetched.as_deref().unwrap_or_default();
    let command = format!(
        "git -C {} leverage sync {}",
        shell::quoted(first.path.trim_end_matches('/')),
        shell::word(remote)
    );
    match others {
        0 => format!(
            "{}: no ledger was fetched from `{remote}`; if it has one, run `{command}`",
            first.name
        ),
        _ => format!(
            "{} repositories: no ledger was fetched from their remotes; for each that has one, run a command such as `{command}`",
            others + 1
        ),
    }
}

/// A sync here would not help.
fn unfetched_elsewhere(first: &Repository, others: usize) -> String {
    match others {
        0 => format!(
            "{}: no ledger was fetched from its remote; if it has one, run `git leverage sync` in the clone and write its facts again",
            first.name
        ),
        _ => format!(
            "{} repositories of facts: no ledger was fetched from their remotes; for each that has one, run `git leverage sync` in the \
             clone and write its facts again",
            others + 1
        ),
    }
}

impl Args {
    /// Whether a person reads the result where it was asked for.
    fn is_page(&self) -> bool {
        self.output.format() == Format::Table && self.output.output.is_none()
    }

    fn query(
        &self,
        context: &Context,
        zone: Zone,
        period: Period,
        repos: &[Repository],
    ) -> Result<Query, CommandError> {
        let is_page = matches!(self.output.format(), Format::Markdown | Format::Html);
        let by = match self.by.as_slice() {
            // The page of a day is its log of tasks.
            [] if is_page && period.since.is_some() && period.since == period.until => vec![Dimension::Task],
            [] => usual_grouping(repos, zone, period),
            by => by.to_vec(),
        };
        Ok(Query {
            by,
            zone,
            period,
            today: Some(zone.day(context.environment.now.timestamp())),
            author: self
                .author
                .in_each(context, repos.iter().map(|repo| repo.path.as_str()))?,
            agent: self.agent.clone(),
            sort: self.sort.as_deref().map(sort_by).transpose()?,
            limit: self.limit.limit,
            work: context.settings().work_time()?,
            models: self
                .estimate_model
                .iter()
                .copied()
                .fold(Requested::default(), Requested::and),
            calibrated: self.calibrated,
        })
    }

    /// Replaces the estimates of tasks by those that were asked for; `None` if these are the claims.
    fn choose_estimates(
        &self,
        workspace: &mut Workspace,
        query: &Query,
        context: &Context,
    ) -> Result<Option<Counted>, CommandError> {
        let choice = Choice::from(self.estimates);
        if choice == Choice::Claimed {
            return Ok(None);
        }
        let Workspace { repos, sessions, .. } = workspace;
        estimates::unite(repos);
        let counted = |repos: &[Repository]| {
            let material = Material::new(repos, sessions);
            Counted::of(choice, material.tasks(query).map(|counted| counted.placed))
        };
        let before = counted(repos);
        let whose = Whose::find(choice, repos, context)?;
        estimates::choose(repos, choice, |repo, estimate| whose.is_mine(repo, estimate));
        let tasks_left_out = match choice {
            Choice::Mine => before.tasks() - counted(repos).tasks(),
            _ => 0,
        };
        Ok(Some(Counted {
            tasks_left_out,
            ..before
        }))
    }

    /// The warnings without those that the notes below the table already name.
    fn untold(&self, repos: &[Repository], warnings: &[Warning], verbosity: Verbosity) -> Vec<Warning> {
        let has_notes = !matches!(self.output.format(), Format::Csv | Format::Json);
        let is_told = |warning: &Warning| {
            let mut unknown = repos.iter().filter_map(|repo| repo.unknown_lines.as_ref());
            has_notes
                && verbosity < Verbosity::Verbose
                && unknown.any(|unknown| unknown.warnings.contains(warning))
        };
        let untold = warnings.iter().filter(|warning| !is_told(warning));
        untold.cloned().collect()
    }

    /// What the charts and the sentences of a page show.
    fn overview(&self, repos: &[Repository], sessions: &[SeenSession], query: &Query) -> Overview {
        let without_audits = repos.iter().map(|_| None).collect();
        let asked = overview::Query {
            zone: query.zone,
            period: query.period,
            author: query.author.clone(),
            work: query.work,
            excluded: 0,
        };
        let agent = query.agent.as_deref();
        Overview::of_agent(repos, sessions, without_audits, &asked, agent)
    }

    fn send(
        &self,
        context: &mut Context,
        report: &Report,
        overview: impl FnOnce() -> Overview,
    ) -> Result<(), CommandError> {
        if self.sensitivity {
            return sensitivity::send(&self.output, context, report, &overview());
        }
        let is_page = matches!(self.output.format(), Format::Markdown | Format::Html);
        let view = View {
            headline: self.lines.headline(),
            chart: !self.no_chart,
            columns: self.columns.columns.clone(),
        };
        let mut document = match report.group_by.as_slice() {
            [Dimension::Task] if is_page => shown::task_log(report, &view)?,
            _ => shown::document(report, &view)?,
        };
        let is_html = self.output.format() == Format::Html;
        let has_reading = is_page && document.lead.is_some();
        if is_html || has_reading {
            let overview = overview();
            if has_reading {
                let sentences = reading::sentences(&overview, &overview.all.tasks);
                let text = |sentence: &Vec<Part>| reading::plain(&overview, sentence);
                document.reading = sentences.iter().map(text).collect();
            }
            if is_html {
                let page = single::report(&document, &overview);
                return send_text(context, self.output.output.as_deref(), &page);
            }
        }
        let machine = Versioned {
            schema: SCHEMA,
            body: report,
        };
        // Its rows have every measure and are only in this format.
        let rows = match self.output.format() {
            Format::Csv => shown::rows(report, &view)?,
            _ => Table::default(),
        };
        self.output.send(context, &document, &rows, &machine)
    }
}

/// By repository if there are several; else the finest of day, week and month that fits a screen or two.
fn usual_grouping(repos: &[Repository], zone: Zone, period: Period) -> Vec<Dimension> {
    if repos.len() > 1 {
        return vec![Dimension::Repo];
    }
    let days = report::days(repos, zone);
    let days = days.iter().filter(|day| period.contains(**day));
    vec![match days.count() {
        0..=62 => Dimension::Day,
        63..=250 => Dimension::Week,
        _ => Dimension::Month,
    }]
}

fn check_by(by: &[Dimension]) -> Result<(), CommandError> {
    match by {
        [first, second] if first == second => Err(CommandError::usage(format!(
            "`--by {first},{second}` names one dimension twice"
        ))),
        [_, _, _, ..] => Err(CommandError::usage(
            "`--by` takes one or two dimensions, as in `--by repo,day`",
        )),
        _ => Ok(()),
    }
}

/// Models, separated by commas: `sloc`, `sloc=200/day` or `sloc=200`, `pace`, `cocomo`. A number may have a comma too.
fn models(text: &str) -> Result<Requested, String> {
    let is_digit =
        |part: Option<&str>| part.is_some_and(|part| part.starts_with(|c: char| c.is_ascii_digit()));
    let mut parts = text.split(',').peekable();
    let mut models = Requested::default();
    while let Some(part) = parts.next() {
        let mut model = part.to_owned();
        while is_digit(parts.peek().copied()) {
            model = format!("{model},{}", parts.next().unwrap_or_default());
        }
        models = models.and(match model.trim() {
            "pace" => Requested {
                pace: true,
                ..Requested::default()
            },
            "cocomo" => Requested {
                cocomo: true,
                ..Requested::default()
            },
            sloc => Requested {
                sloc: Some(lines_per_day(sloc)?),
                ..Requested::default()
            },
        });
    }
    Ok(models)
}

/// `sloc`, `sloc=200/day` or `sloc=200`.
fn lines_per_day(text: &str) -> Result<f64, String> {
    let number = match text.split_once('=') {
        None if text == "sloc" => Some(USUAL_LINES_PER_DAY),
        Some(("sloc", rate)) => {
            let rate = rate.strip_suffix("/day").unwrap_or(rate);
            let read = number::split(rate, DecimalMark::English).ok();
            read.filter(|(_, rest)| rest.is_empty()).map(|(rate, _)| rate)
        }
        _ => None,
    };
    number
        .filter(|lines: &f64| (1.0..=1e6).contains(lines))
        .ok_or_else(|| {
            "write `sloc`, `pace` or `cocomo`, or several, as in `sloc,pace`; `sloc=200/day` is another number of lines of \
             source and tests per day"
                .to_owned()
        })
}

fn dimension(text: &str) -> Result<Dimension, UnknownDimension> {
    text.trim().parse()
}

fn sort_by(text: &str) -> Result<SortBy, UnknownName> {
    if text == "key" {
        return Ok(SortBy::Key);
    }
    let measures = shown::measures();
    match find(&[text], &measures)?.first().and_then(|at| measures.get(*at)) {
        Some(measure) => Ok(SortBy::Measure(measure.id.to_owned())),
        None => Ok(SortBy::Key),
    }
}
