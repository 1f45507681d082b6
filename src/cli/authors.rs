//! `--author` and `--mine`: whose work a command looks at.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use regex::{Regex, RegexBuilder};

use super::context::Context;
use super::error::CommandError;
use crate::aggregate::report::Authors;
use crate::facts::commit::Person;
use crate::git::Repo;

/// Whose work.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct AuthorArgs {
    /// Only work of authors whose `Name <mail>` matches PATTERN, a regular expression that ignores case
    #[arg(long, value_name = "PATTERN", conflicts_with = "mine")]
    pub author: Option<String>,
    /// Only your own work: that of `user.email` and of the addresses that a mailmap assigns to you
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

    /// What was asked for, in the words of the reader.
    pub fn as_typed(&self) -> Option<String> {
        self.author
            .clone()
            .or_else(|| self.mine.then(|| "you".to_owned()))
    }

    /// The pattern that `Name <mail>` has to match in one repository; `None` for all authors.
    pub fn pattern(&self, context: &Context, repo: &Path) -> Result<Option<Regex>, CommandError> {
        if !self.mine {
            return self.checked();
        }
        mine_in(context, repo)?.map_or_else(|| Err(no_address()), |pattern| Ok(Some(pattern)))
    }

    /// Whose work in each of these repositories; `None` for all authors.
    pub fn in_each<'a>(
        &self,
        context: &Context,
        repos: impl Iterator<Item = &'a str>,
    ) -> Result<Option<Authors>, CommandError> {
        if !self.mine {
            return Ok(self.checked()?.map(Authors::Like));
        }
        let mut mine = HashMap::new();
        for path in repos {
            if let Some(pattern) = mine_in(context, Path::new(path))? {
                mine.insert(path.to_owned(), pattern);
            }
        }
        match mine.is_empty() {
            true => Err(no_address()),
            false => Ok(Some(Authors::InEach(mine))),
        }
    }
}

fn no_address() -> CommandError {
    CommandError::failed("`--mine` needs your address, and git knows none")
        .hint("Run `git config --global user.email ADDRESS` first")
}

/// The user in one repository; `None` without an address.
fn mine_in(context: &Context, repo: &Path) -> Result<Option<Regex>, CommandError> {
    let addresses = addresses(context, repo);
    if addresses.is_empty() {
        return Ok(None);
    }
    let any: Vec<String> = addresses.iter().map(|address| regex::escape(address)).collect();
    let mine = pattern(&format!("<({})>$", any.join("|")));
    mine.map(Some).map_err(|error| CommandError::from_error(&error))
}

fn pattern(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text)
        .case_insensitive(true)
        .size_limit(1 << 20)
        .build()
}

/// The addresses of the user in a repository: that of the environment or the user's configuration, that of the repository's own
/// configuration, and what its mailmap makes of these. They hold in that repository alone: its mailmap and configuration may
/// come from anybody, and must not claim work in another one.
fn addresses(context: &Context, repo: &Path) -> BTreeSet<String> {
    let settings = context.settings();
    let of = |name: &str| Some(settings.config().trusted(name)?.value.clone());
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
    if let Ok(repo) = Repo::open(repo) {
        let config = repo.config(&context.environment.config_files);
        let of = |name: &str| config.get(name).map(|entry| entry.value.clone());
        let there = Person {
            name: of("user.name").unwrap_or_default(),
            email: of("user.email").unwrap_or_default(),
        };
        for person in [here, there] {
            people.push(repo.proper_name(&person));
            people.push(person);
        }
    }
    let addresses = people
        .into_iter()
        .map(|person| person.email.trim().to_lowercase());
    addresses.filter(|address| !address.is_empty()).collect()
}
