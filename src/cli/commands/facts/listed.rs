//! The repositories whose facts are written: found in directories, or named in a list.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::args::{Args, SessionTimes};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::input;
use crate::facts::diagnostics::Warning;
use crate::git::remote_url::without_users;

/// The maximum size of a list of repositories, in bytes.
const LARGEST_LIST: u64 = 64 << 20;

/// A repository of the list.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) path: PathBuf,
    pub(super) key: Option<String>,
    pub(super) rank: u32,
}

impl Args {
    /// The repositories to read.
    pub(super) fn listed(&self, context: &mut Context) -> Result<(Vec<Listed>, Vec<Warning>), CommandError> {
        self.check_roots(context)?;
        let Some(file) = &self.repos else {
            let found = self.read.find(context)?;
            let listed = found.repositories.into_iter();
            let listed = listed.map(|path| Listed {
                path,
                key: None,
                rank: 0,
            });
            return Ok((listed.collect(), found.warnings));
        };
        let content = match file.to_str() {
            Some("-") => input::standard_input(LARGEST_LIST),
            _ => input::file(&context.environment.directory.join(file), LARGEST_LIST),
        };
        let unreadable = |reason: String| CommandError::failed(format!("{}: {reason}", file.display()));
        let content = content.map_err(|error| unreadable(error.to_string()))?;
        let text = String::from_utf8(content).map_err(|_| unreadable("not UTF-8".to_owned()))?;
        let listed: Result<Vec<Listed>, CommandError> = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
            .zip(0..)
            .map(|((number, line), rank)| {
                let listed = listed_in(line, rank, &context.environment.directory);
                listed.map_err(|reason| {
                    CommandError::usage(format!("{}:{}: {reason}", file.display(), number + 1))
                })
            })
            .collect();
        let listed = listed?;
        match listed.is_empty() {
            true => Err(CommandError::usage(format!(
                "{}: no repository in it",
                file.display()
            ))),
            false => Ok((listed, Vec::new())),
        }
    }
}

impl Args {
    /// `--sessions days` would write times that nobody asked for.
    fn check_roots(&self, context: &Context) -> Result<(), CommandError> {
        let is_times = |root: &&PathBuf| {
            let text = root.to_string_lossy();
            SessionTimes::from_str(&text, false).is_ok() && !context.environment.directory.join(root).exists()
        };
        let meant = self
            .read
            .roots
            .iter()
            .find(is_times)
            .filter(|_| self.sessions.is_some());
        match meant {
            Some(root) => {
                let error = CommandError::usage(format!("no such directory: `{}`", root.display()));
                Err(error.hint(format!("Did you mean `--sessions={}`?", root.display())))
            }
            None => Ok(()),
        }
    }
}

fn listed_in(line: &str, rank: u32, directory: &Path) -> Result<Listed, String> {
    let mut parts = line.split('\t');
    let path = parts.next().unwrap_or_default();
    if path.is_empty() {
        return Err("its path is empty".to_owned());
    }
    let key = parts.next().filter(|key| !key.is_empty());
    let own_rank = parts.next().map(|rank| rank.trim().parse());
    let own_rank: Option<u32> = own_rank
        .transpose()
        .map_err(|_| "its rank is not a number".to_owned())?;
    if parts.next().is_some() {
        return Err("more than a path, a key and a rank".to_owned());
    }
    if key.is_some_and(|key| key.len() > 1000 || key.chars().any(char::is_control)) {
        return Err("its key is too long, or has control characters".to_owned());
    }
    if key.is_some_and(|key| without_users(key) != key) {
        return Err("its key has a user or a password".to_owned());
    }
    Ok(Listed {
        path: directory.join(path),
        key: key.map(str::to_owned),
        rank: own_rank.unwrap_or(rank),
    })
}
