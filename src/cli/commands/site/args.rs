//! The arguments of `site`.

use std::path::PathBuf;

use crate::cli::facts::FactsArgs;
use crate::cli::linking::SessionArgs;
use crate::cli::logs::RulesArgs;
use crate::cli::period::PeriodArgs;
use crate::cli::reading::ReadArgs;
use crate::facts::web_address::WebAddress;

/// The title of a site that has none.
const TITLE: &str = "Leverage Record";
/// The maximum length of a title, in characters.
const LONGEST_TITLE: usize = 200;

/// The arguments of `site`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  git leverage site public\n  git leverage site public ~/src --serve\n  \
                  git leverage site public ~/src --base-url https://example.org/record/ --title 'Our record'\n  \
                  git leverage site public ~/src --exclude private-notes --notes diary\n\n\
                  DIR must not exist yet, be empty, or contain a site; only files of the site are replaced or removed. Titles, \
                  names of people and repositories, ids and figures are published; paths, remotes, prompts and file names are \
                  not."
)]
pub struct Args {
    /// Directory to write the pages to
    #[arg(value_name = "DIR")]
    pub(super) folder: PathBuf,
    #[command(flatten)]
    pub(super) read: ReadArgs,
    #[command(flatten)]
    pub(super) facts: FactsArgs,
    #[command(flatten)]
    pub(super) period: PeriodArgs,
    /// Title of the site
    #[arg(long, value_name = "TEXT", default_value = TITLE, value_parser = title)]
    pub(super) title: String,
    /// Address at which the site will be published; the feed then has absolute links
    #[arg(long, value_name = "URL", value_parser = base_url)]
    pub(super) base_url: Option<WebAddress>,
    /// Show the texts in NOTES on the pages of their days: plain text in files such as `2026-04-04.txt`
    #[arg(long, value_name = "NOTES")]
    pub(super) notes: Option<PathBuf>,
    /// Leave out a repository, by its name in `report`; may be repeated. The site says how many are left out
    #[arg(long, value_name = "REPO")]
    pub(super) exclude: Vec<String>,
    /// Also publish mail addresses
    #[arg(long)]
    pub(super) mail: bool,
    /// Skip the audit: the site then has no findings and does not show which lines are still there
    #[arg(long)]
    pub(super) no_audit: bool,
    /// Show the site at 127.0.0.1 until interrupted, and update it when the ledger changes [default port: any free one]
    #[arg(
        long,
        value_name = "PORT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "0",
        value_parser = port
    )]
    pub(super) serve: Option<u16>,
    #[command(flatten)]
    pub(super) sessions: SessionArgs,
    #[command(flatten)]
    pub(super) rules: RulesArgs,
}

/// A title that fits the head of a page.
fn title(text: &str) -> Result<String, String> {
    let text = text.trim();
    match text.chars().count() {
        0 => Err("a title has at least one letter".to_owned()),
        count if count > LONGEST_TITLE => Err(format!("a title has at most {LONGEST_TITLE} characters")),
        _ => Ok(text.to_owned()),
    }
}

fn port(text: &str) -> Result<u16, String> {
    text.parse()
        .map_err(|_| "not a port number from 0 to 65535".to_owned())
}

/// An address whose scheme may be in capital letters.
fn base_url(text: &str) -> Result<WebAddress, String> {
    let lower = text
        .split_once("://")
        .map(|(scheme, rest)| format!("{}://{rest}", scheme.to_ascii_lowercase()));
    WebAddress::of_site(lower.as_deref().unwrap_or(text)).ok_or_else(|| {
        "write an address such as `https://example.org/record/`, without a user, a query or a fragment"
            .to_owned()
    })
}
