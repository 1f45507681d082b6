//! What `audit` was called with.

use std::num::NonZero;
use std::path::PathBuf;
use std::sync::LazyLock;

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser};

use crate::audit::{Level, rules};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::linking::SessionArgs;
use crate::cli::logs::{ForeignArgs, RulesArgs};
use crate::cli::period;
use crate::cli::reading::{ReadArgs, threads};
use crate::facts::zone::Zone;
use crate::render::format::Format;
use crate::workspace::audit::AuditOptions;

/// Findings that may stand, one a line: `RULE:ID  why`. Committed, so that it is reviewed like code.
pub(super) const ALLOWED: &str = ".leverage-audit";

/// The arguments of `audit`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "git leverage audit [OPTIONS] [REPO] [REV-RANGE]\n       git leverage audit [OPTIONS] --file PATH [REPO]",
    after_help = "Examples:\n  git leverage audit\n  git leverage audit ~/src/kiln --strict --level warning\n  \
                  git leverage audit --format sarif --output findings.sarif\n  git leverage audit --file src/lib.rs\n  \
                  git leverage audit v1.0..HEAD\n  git leverage audit . main\n\n\
                  HEAD and the local branches are read. `--help` says what each rule asks.\n\
                  A finding is allowed if `.leverage-audit` at HEAD has a line `RULE:ID  why`. The repository decides that \
                  itself;\n`--no-allow-file` ignores it."
)]
pub struct Args {
    /// The repository [default: the current one]. If it is not an existing path, it is read as REV-RANGE
    pub(super) repo: Option<PathBuf>,
    /// Only the commits of this range, and the tasks that have some of them
    #[arg(value_name = "REV-RANGE")]
    pub(super) range: Option<String>,
    /// Only commits of this day and later: a date, or words that git understands, such as `2 weeks ago`
    #[arg(long, value_name = "DATE")]
    pub(super) since: Option<String>,
    /// Show where each line of one file comes from instead; PATH is relative to the current directory, or to REPO
    #[arg(long, value_name = "PATH", conflicts_with_all = ["range", "since", "strict", "level", "rule", "allow", "no_allow_file"])]
    pub(super) file: Option<PathBuf>,
    /// Exit with 4 if something is found
    #[arg(long)]
    pub(super) strict: bool,
    /// Lowest level to show, and to fail on with `--strict`
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    pub(super) level: LevelArg,
    /// Only this rule; may be repeated
    #[arg(long, value_name = "RULE", value_parser = rule_ids())]
    pub(super) rule: Vec<String>,
    /// Allow a finding for this run; may be repeated
    #[arg(long, value_name = "RULE:ID", value_parser = rule_and_id)]
    pub(super) allow: Vec<String>,
    /// Ignore the repository's own `.leverage-audit`, for example if you do not trust it
    #[arg(long)]
    pub(super) no_allow_file: bool,
    /// Time zone that days and months are counted in: `Area/City`, `UTC` or `local` [default: `leverage.zone`, else local]
    #[arg(long, value_name = "ZONE")]
    pub(super) zone: Option<String>,
    #[command(flatten)]
    pub(super) foreign: ForeignArgs,
    /// Read everything again, and cache nothing
    #[arg(long)]
    pub(super) no_cache: bool,
    #[command(flatten)]
    pub(super) sessions: SessionArgs,
    /// Threads to use, at most 256 [default: one for each processor]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(super) jobs: Option<NonZero<usize>>,
    /// Output format
    #[arg(long, value_enum, value_name = "FORMAT", default_value_t)]
    pub(super) format: AuditFormat,
    /// Write to FILE, all or nothing, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

impl Args {
    /// The zone whose days and months count.
    pub(super) fn zone(&self, context: &Context) -> Result<Zone, CommandError> {
        period::zone(self.zone.as_deref(), &context.settings())
    }

    /// How the repository is read, and the sessions beside it.
    pub(super) fn options(&self, context: &Context) -> Result<AuditOptions, CommandError> {
        let read = ReadArgs {
            foreign: self.foreign,
            no_cache: self.no_cache,
            jobs: self.jobs,
            ..ReadArgs::default()
        };
        Ok(AuditOptions {
            sessions: self.sessions.options(&read, &RulesArgs::default(), context)?,
            read: read.options(context)?,
            config_files: context.environment.config_files.clone(),
            zone: self.zone(context)?,
        })
    }
}

/// An output format, or the one that audits alone have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AuditFormat {
    Common(Format),
    /// SARIF 2.1.0, for forges.
    Sarif,
}

impl Default for AuditFormat {
    fn default() -> Self {
        Self::Common(Format::default())
    }
}

/// In the order in which they are listed.
static FORMATS: LazyLock<Vec<AuditFormat>> = LazyLock::new(|| {
    let common = Format::ALL.iter().copied().map(AuditFormat::Common);
    common.chain([AuditFormat::Sarif]).collect()
});

impl ValueEnum for AuditFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &FORMATS
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        match self {
            Self::Common(format) => format.to_possible_value(),
            Self::Sarif => Some(PossibleValue::new("sarif").help("SARIF 2.1.0, for forges")),
        }
    }
}

/// A level as it is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum LevelArg {
    /// Everything
    #[default]
    Note,
    /// What needs an explanation
    Warning,
    /// What cannot be right
    Error,
}

impl From<LevelArg> for Level {
    fn from(level: LevelArg) -> Self {
        match level {
            LevelArg::Note => Self::Note,
            LevelArg::Warning => Self::Warning,
            LevelArg::Error => Self::Error,
        }
    }
}

/// The ids of the rules, each with what it asks.
fn rule_ids() -> PossibleValuesParser {
    let value = |rule: &rules::Rule| PossibleValue::new(rule.id).help(rule.about);
    rules::RULES.iter().map(value).collect::<Vec<_>>().into()
}

pub(super) fn rule_and_id(text: &str) -> Result<String, String> {
    let (rule, id) = text
        .split_once(':')
        .ok_or("write it as RULE:ID, as in the JSON format")?;
    if rules::RULES.iter().all(|known| known.id != rule) {
        let known: Vec<&str> = rules::RULES.iter().map(|rule| rule.id).collect();
        return Err(format!("the rules are {}", known.join(", ")));
    }
    if id.is_empty() {
        return Err("the id after the colon is missing".into());
    }
    Ok(text.to_owned())
}
