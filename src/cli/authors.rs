//! `--author` and `--mine`: whose work a command looks at.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use regex::{Regex, RegexBuilder};

use super::context::Context;
use super::error::CommandError;
use crate::facts::commit::Person;
use crate::git::Repo;

/// Whose work.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct AuthorArgs {
    /// Only work of authors whose `Name <mail>` matches PATTERN, a regular expression that ignores case
    #[arg(long, value_name = "PATTERN", conflicts_with = "mine")]
    pub author: Option<String>,
    /// Only your own work: that of `user.email`, and of whom a mailmap says you are
    #[arg(long)]
    pub mine: bool,
}

impl AuthorArgs {
    /// The pattern that `Name <mail>` has to match, checked before anything is read; `None` for all authors and for
    /// `--mine`.
    pub fn checked(&self) -> Result<Option<Regex>, CommandError> {
        let pattern = |text: &String| {
            pattern(text).map_err(|error| {
                let reason = error.to_string();
                let reason = reason
                    .lines()
                    .last()
                    .unwrap_or_default()
                    .trim_start_matches("error: ");
                CommandError::usage(format!("invalid pattern for `--author`: `{text}`: {reason}"))
                    .hint("It is a regular expression; write `\\[` for a bracket")
            })
        };
        self.author.as_ref().map(pattern).transpose()
    }

    /// The pattern that `Name <mail>` has to match in these repositories; `None` for all authors.
    pub fn pattern<'a>(
        &self,
        context: &Context,
        repos: impl Iterator<Item = &'a Path>,
    ) -> Result<Option<Regex>, CommandError> {
        if !self.mine {
            return self.checked();
        }
        let addresses = addresses(context, repos);
        if addresses.is_empty() {
            return Err(
                CommandError::failed("`--mine` needs your address, and git knows none")
                    .hint("Run `git config --global user.email ADDRESS` first"),
            );
        }
        let any: Vec<String> = addresses.iter().map(|address| regex::escape(address)).collect();
        let mine = pattern(&format!("<({})>$", any.join("|")));
        mine.map(Some).map_err(|error| CommandError::from_error(&error))
    }
}

fn pattern(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text)
        .case_insensitive(true)
        .size_limit(1 << 20)
        .build()
}

/// The addresses of the user: the one that git would put on a commit here, that of each repository's configuration, and what
/// their mailmaps make of these.
fn addresses<'a>(context: &Context, repos: impl Iterator<Item = &'a Path>) -> BTreeSet<String> {
    let settings = context.settings();
    let of = |name: &str| Some(settings.config().get(name)?.value.clone());
    let variable = |name: &str| context.environment.variable(name).map(str::to_owned);
    let here = Person {
        name: variable("GIT_AUTHOR_NAME")
            .or_else(|| of("user.name"))
            .unwrap_or_default(),
        email: variable("GIT_AUTHOR_EMAIL")
            .or_else(|| of("user.email"))
            .unwrap_or_default(),
    };
    let mut people = vec![here.clone()];
    for path in repos.map(PathBuf::from) {
        let Ok(repo) = Repo::open(&path) else {
            continue;
        };
        let config = repo.config(&context.environment.config_files);
        let of = |name: &str| config.get(name).map(|entry| entry.value.clone());
        let there = Person {
            name: of("user.name").unwrap_or_default(),
            email: of("user.email").unwrap_or_default(),
        };
        for person in [here.clone(), there] {
            people.push(repo.proper_name(&person));
            people.push(person);
        }
    }
    let addresses = people
        .into_iter()
        .map(|person| person.email.trim().to_lowercase());
    addresses.filter(|address| !address.is_empty()).collect()
}
