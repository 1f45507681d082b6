//! `report [ROOT…]`: tasks and commits of many repositories, summed by day, repository or whatever else.

use regex::{Regex, RegexBuilder};

use crate::aggregate::group::{Dimension, UnknownDimension};
use crate::aggregate::measures::Measures;
use crate::aggregate::report::{self, Query, Report, SCHEMA, SortBy};
use crate::aggregate::repository::Repository;
use crate::cli::apart;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::linking::SessionArgs;
use crate::cli::logs::RulesArgs;
use crate::cli::outcome::Outcome;
use crate::cli::output::{Format, OutputArgs};
use crate::cli::period::PeriodArgs;
use crate::cli::reading::ReadArgs;
use crate::cli::settings::Settings;
use crate::cli::sweep::Where;
use crate::facts::number::{self, DecimalMark};
use crate::facts::shell;
use crate::facts::zone::{Period, Zone};
use crate::render::json::Versioned;
use crate::render::report::{self as shown, Headline};

/// Lines of source and tests in a working day, where none are given.
const USUAL_LINES_PER_DAY: f64 = 200.0;

/// The arguments of `report`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage report\n  git leverage report ~/src --by repo,month\n  \
                  git leverage report --by task --since yesterday --until yesterday --format markdown\n  \
                  git leverage report ~/src --since '2 weeks ago' --format json --output report.json\n\n\
                  Without --by, several repositories are shown by repository, and one by day, week or month, whichever\n\
                  fits its history."
)]
pub struct Args {
    #[command(flatten)]
    read: ReadArgs,
    /// Group by one or two of: day, week, month, repo, agent, model, category, author, estimator, task, tag, session
    #[arg(long, value_name = "WHAT", value_delimiter = ',', num_args = 1, value_parser = dimension)]
    by: Vec<Dimension>,
    #[command(flatten)]
    period: PeriodArgs,
    /// Only work of authors whose `Name <mail>` matches PATTERN, a regular expression that ignores case
    #[arg(long, value_name = "PATTERN", value_parser = author)]
    author: Option<Regex>,
    /// Only work done with this agent, such as `claude-code`
    #[arg(long, value_name = "NAME")]
    agent: Option<String>,
    /// Sort by a measure (a field of the JSON format), largest first, or by `key`, from A to Z
    #[arg(long, value_name = "FIELD", value_parser = sort_by)]
    sort: Option<SortBy>,
    /// Show at most N rows; the totals include the others
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Which lines the table counts; formats for programs always have both
    #[arg(long, value_name = "WHICH", value_enum, default_value_t)]
    lines: LinesShown,
    /// Estimate work without a task from its lines of source and tests, in separate columns: `sloc` is 200 lines a day
    #[arg(long, value_name = "sloc[=N/day]", value_parser = lines_per_day)]
    estimate_model: Option<f64>,
    #[command(flatten)]
    sessions: SessionArgs,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    output: OutputArgs,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum LinesShown {
    /// Those of all files, with source and tests beside them
    #[default]
    All,
    /// Those of source and tests alone
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

/// Reads, sums up and shows.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    check_by(&args.by)?;
    let settings = context.settings();
    let zone = args.period.zone(&settings)?;
    let period = args.period.period(zone, &context.environment)?;
    if !args.sessions.no_sessions {
        apart::sweep_and_say(context, Where::At(&args.read.roots(context)))?;
    }
    let workspace = args.sessions.read(&args.read, &args.rules, context)?;
    let query = args.query(&settings, zone, period, &workspace.repos)?;
    let mut report = report::report(&workspace.repos, &workspace.sessions, &query);
    let status = workspace.status();
    report.warnings.splice(0..0, workspace.warnings);
    args.send(context, &report)?;
    context.terminal.warnings(&report.warnings)?;
    if let Some(said) = unfetched(&workspace.repos) {
        context.terminal.status(&said)?;
    }
    Ok(status.into())
}

/// One line for all repositories whose remote may have a ledger that is not here.
fn unfetched(repos: &[Repository]) -> Option<String> {
    let without: Vec<&Repository> = repos.iter().filter(|repo| repo.unfetched.is_some()).collect();
    let [first, others @ ..] = without.as_slice() else {
        return None;
    };
    let remote = first.unfetched.as_deref().unwrap_or_default();
    let command = format!(
        "git -C {} leverage sync {}",
        shell::quoted(first.path.trim_end_matches('/')),
        shell::word(remote)
    );
    Some(match others.len() {
        0 => format!(
            "{}: no ledger was fetched from `{remote}`; if it has one: {command}",
            first.name
        ),
        _ => format!(
            "{} repositories: no ledger was fetched from their remotes; where there is one: {command}",
            without.len()
        ),
    })
}

impl Args {
    fn query(
        &self,
        settings: &Settings,
        zone: Zone,
        period: Period,
        repos: &[Repository],
    ) -> Result<Query, CommandError> {
        let by = if self.by.is_empty() {
            usual_grouping(repos, zone, period)
        } else {
            self.by.clone()
        };
        Ok(Query {
            by,
            zone,
            period,
            author: self.author.clone(),
            agent: self.agent.clone(),
            sort: self.sort.clone(),
            limit: self.limit,
            work: settings.work_time()?,
            lines_per_day: self.estimate_model,
        })
    }

    fn send(&self, context: &mut Context, report: &Report) -> Result<(), CommandError> {
        let is_page = matches!(self.output.format, Format::Markdown | Format::Html);
        let document = match report.group_by.as_slice() {
            [Dimension::Task] if is_page => shown::task_log(report, self.lines.headline()),
            _ => shown::document(report, self.lines.headline()),
        };
        let machine = Versioned {
            schema: SCHEMA,
            body: report,
        };
        self.output
            .send(context, &document, &shown::rows(report), &machine)
    }
}

/// By repository where there are several; else the finest of day, week and month that keeps to a screen or two.
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
            "`--by {first},{second}` names the same twice"
        ))),
        [_, _, _, ..] => Err(CommandError::usage(
            "`--by` takes one or two of them, as in `--by repo,day`",
        )),
        _ => Ok(()),
    }
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
        .ok_or_else(|| "write `sloc`, or `sloc=200/day` for other lines of source and tests a day".to_owned())
}

fn dimension(text: &str) -> Result<Dimension, UnknownDimension> {
    text.trim().parse()
}

fn author(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .case_insensitive(true)
        .size_limit(1 << 20)
        .build()
}

fn sort_by(text: &str) -> Result<SortBy, String> {
    if text == "key" {
        return Ok(SortBy::Key);
    }
    let mut names = Measures::NAMES.to_vec();
    names.sort_unstable();
    if names.contains(&text) {
        return Ok(SortBy::Measure(text.to_owned()));
    }
    Err(format!("write `key` or one of {}", names.join(", ")))
}
