//! The arguments of `audit`.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, StyledStr};

use crate::audit::{Level, allow_file, rules};
use crate::cli::authors::AuthorArgs;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::linking::SessionArgs;
use crate::cli::logs::{ForeignArgs, RulesArgs};
use crate::cli::period::PeriodArgs;
use crate::cli::reading::{ReadArgs, threads};
use crate::cli::terminal::to_file;
use crate::facts::zone::Zone;
use crate::render::format::Format;
use crate::workspace::audit::AuditOptions;
use crate::workspace::from_objects::ObjectOptions;
use crate::workspace::options::Sessions;

/// The arguments of `audit`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "git leverage audit [OPTIONS] [REPO] [REV-RANGE]\n       git leverage audit [OPTIONS] --file PATH [REPO]\n       \
                      git leverage audit [OPTIONS] --facts DIR [REPO]",
    after_help = "Examples:\n  git leverage audit\n  git leverage audit ~/src/kiln --strict --level warning\n  \
                  git leverage audit --output findings.sarif\n  git leverage audit --file src/lib.rs\n  \
                  git leverage audit v1.0..HEAD\n  git leverage audit . main\n  git leverage audit --facts ~/facts kiln\n\n\
                  `--help` lists the rules.",
    after_long_help = long_help()
)]
pub struct Args {
    /// Repository [default: the current one]; a name that is not a path is read as REV-RANGE
    pub(super) repo: Option<PathBuf>,
    /// Only commits in this range, and their tasks
    #[arg(value_name = "REV-RANGE")]
    pub(super) range: Option<String>,
    #[command(flatten)]
    pub(super) period: PeriodArgs,
    #[command(flatten)]
    pub(super) author: AuthorArgs,
    /// Show who wrote each line of a file instead; PATH is relative to the current directory, or to REPO
    #[arg(long, value_name = "PATH", conflicts_with_all = ["range", "since", "until", "on", "author", "mine", "strict", "level", "rule", "allow", "no_allow_file"])]
    pub(super) file: Option<PathBuf>,
    /// Audit by the facts that `git leverage facts --audit` wrote to DIR; REPO is a name, key or id in them. May be given more than once
    #[arg(long, value_name = "DIR")]
    pub(super) facts: Vec<PathBuf>,
    /// Exit with 4 if there are findings
    #[arg(long)]
    pub(super) strict: bool,
    /// Lowest level to show, and to fail on with `--strict`
    #[arg(long, value_enum, value_name = "LEVEL", default_value_t)]
    pub(super) level: LevelArg,
    /// Check only this rule; may be repeated (`--help` lists the rules)
    #[arg(long, value_name = "RULE", value_parser = rule_ids(), hide_possible_values = true)]
    pub(super) rule: Vec<String>,
    /// Allow a finding for this run; may be repeated
    #[arg(long, value_name = "RULE:ID", value_parser = allow_file::rule_and_id)]
    pub(super) allow: Vec<String>,
    /// Ignore the repository's own `.leverage-audit`
    #[arg(long)]
    pub(super) no_allow_file: bool,
    #[command(flatten)]
    pub(super) foreign: ForeignArgs,
    /// Read everything again, and cache nothing
    #[arg(long)]
    pub(super) no_cache: bool,
    #[command(flatten)]
    pub(super) sessions: SessionArgs,
    /// Threads to use, at most 256 [default: one per processor]
    #[arg(long, value_name = "N", value_parser = threads)]
    pub(super) jobs: Option<NonZero<usize>>,
    /// Output format [default: by the extension of `--output`, else table]
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) format: Option<AuditFormat>,
    /// Write to FILE, atomically; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
}

impl Args {
    /// The time zone of days and months.
    pub(super) fn zone(&self, context: &Context) -> Result<Zone, CommandError> {
        self.period.zone(&context.settings())
    }

    /// The requested format, else the one of the file's extension, else a table.
    pub(super) fn format(&self) -> AuditFormat {
        let of_file = || AuditFormat::of_file(to_file(self.output.as_deref())?);
        self.format.or_else(of_file).unwrap_or_default()
    }

    /// Which sessions count.
    pub(super) fn sessions(&self, context: &Context) -> Result<Sessions, CommandError> {
        self.sessions
            .options(&self.read(), &RulesArgs::default(), context)
    }

    fn read(&self) -> ReadArgs {
        ReadArgs {
            foreign: self.foreign,
            no_cache: self.no_cache,
            jobs: self.jobs,
            ..ReadArgs::default()
        }
    }

    /// How the repository and the sessions are read.
    pub(super) fn options(&self, context: &Context) -> Result<AuditOptions, CommandError> {
        Ok(AuditOptions {
            sessions: self.sessions(context)?,
            objects: ObjectOptions {
                read: self.read().options(context)?,
                config_files: context.environment.config_files.clone(),
                with_lines: self.file.is_some(),
            },
            zone: self.zone(context)?,
        })
    }
}

/// An output format of every command, or the one that only audits have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AuditFormat {
    Common(Format),
    /// SARIF 2.1.0, for forges.
    Sarif,
}

impl AuditFormat {
    /// The format for a file's extension, in any case.
    fn of_file(file: &Path) -> Option<Self> {
        let is_sarif = file
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("sarif"));
        match is_sarif {
            true => Some(Self::Sarif),
            false => Format::of_file(file).map(Self::Common),
        }
    }
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

/// A level as an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub(super) enum LevelArg {
    /// All findings
    #[default]
    Note,
    /// Errors, and findings that need an explanation
    Warning,
    /// Only errors: claims that cannot be right
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

/// Examples, the allow file, and what each rule asks.
fn long_help() -> StyledStr {
    let mut text = String::from(
        "Examples:\n  git leverage audit\n  git leverage audit ~/src/kiln --strict --level warning\n  \
         git leverage audit --output findings.sarif\n  git leverage audit --file src/lib.rs\n  \
         git leverage audit v1.0..HEAD\n  git leverage audit . main\n  git leverage audit --facts ~/facts kiln\n\n\
         The audit reads HEAD and the local branches. A finding is allowed if the file `.leverage-audit` at HEAD has a line \
         `RULE:ID  why`. That file belongs to the audited repository; `--no-allow-file` ignores it.\n\nRules:\n",
    );
    for rule in rules::RULES {
        text += &format!("  {}\n      {}\n", rule.id, rule.about);
    }
    text.trim_end().to_owned().into()
}

/// The ids of the rules, each with what it asks.
fn rule_ids() -> PossibleValuesParser {
    let value = |rule: &rules::Rule| PossibleValue::new(rule.id).help(rule.about);
    rules::RULES.iter().map(value).collect::<Vec<_>>().into()
}
