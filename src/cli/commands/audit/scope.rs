//! The repository, commits and file that an audit is about, from its arguments.

use std::collections::HashSet;
use std::path::{Component, Path, PathBuf};

use super::args::Args;
use crate::audit::Asked;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::range;
use crate::facts::ids::ObjectId;
use crate::git::Repo;
use crate::git::messages::Range;
use crate::workspace::audit::Part;

/// The repository and the range. A single argument that is not an existing path is a range of the current
/// repository.
pub(super) fn target(args: &Args, context: &Context) -> Result<(Repo, Option<String>), CommandError> {
    let environment = &context.environment;
    let Some(path) = &args.repo else {
        return Ok((environment.repository()?, None));
    };
    let place = environment.directory.join(path);
    let word = path.to_string_lossy();
    match &args.range {
        None if !place.exists() => match environment.repository() {
            Ok(repo) => Ok((repo, Some(word.into_owned()))),
            Err(_) => Err(CommandError::failed(format!("no such directory: `{word}`"))
                .hint("To audit a range, name the repository before it, or change to it")),
        },
        None if !is_clearly_a_path(&word)
            && environment
                .repository()
                .is_ok_and(|repo| names_commits(&repo, &word)) =>
        {
            Err(
                CommandError::usage(format!("`{word}` is both a path and a revision"))
                    .hint(format!("For the commits, run `git leverage audit . {word}`"))
                    .hint(format!("For the repository, run `git leverage audit ./{word}`")),
            )
        }
        range => Ok((Repo::discover(&place)?, range.clone())),
    }
}

/// Git also takes these for paths, whatever else they may name.
fn is_clearly_a_path(word: &str) -> bool {
    matches!(word, "." | "..") || ["/", "./", "../"].iter().any(|start| word.starts_with(start))
}

fn names_commits(repo: &Repo, word: &str) -> bool {
    Range::parse(repo, word).is_ok()
}

/// A path relative to the current directory or to the directory that was named, as a path from the top of the tree.
pub(super) fn in_repository(
    repo: &Repo,
    path: &Path,
    args: &Args,
    context: &Context,
) -> Result<String, CommandError> {
    let directory = match &args.repo {
        Some(repo) => context.environment.directory.join(repo),
        None => context.environment.directory.clone(),
    };
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let top = repo.work_dir().map(real);
    // Without a working tree, and inside `.git`, paths start at the top.
    let inside = |path: PathBuf| match &top {
        Some(top) => path.strip_prefix(top).map(Path::to_owned).ok(),
        None => Some(path.strip_prefix(real(&directory)).unwrap_or(&path).to_owned()),
    };
    let outside = || {
        CommandError::failed(format!(
            "`{}` is outside the repository `{}`",
            path.display(),
            repo.place().display()
        ))
    };
    let whole = without_dots(&real(&directory).join(path));
    // An absolute path may lead through links; the file itself may be one, and is not followed.
    let linked = whole
        .parent()
        .map(real)
        .zip(whole.file_name())
        .map(|(parent, name)| parent.join(name));
    let found = inside(whole).or_else(|| inside(linked?)).ok_or_else(outside)?;
    Ok(found.to_string_lossy().into_owned())
}

/// The path without `.` and `..`, resolved by its text alone.
fn without_dots(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// The selected part of the repository.
pub(super) fn part(
    repo: &Repo,
    range: Option<String>,
    args: &Args,
    context: &Context,
) -> Result<Part, CommandError> {
    let commits = range.as_deref().map(|range| commits_in(repo, range));
    let part = part_at(repo.place(), args, context)?;
    Ok(Part {
        commits: commits.transpose()?,
        asked: Asked { range, ..part.asked },
        ..part
    })
}

/// The part that is selected without a range, of the repository at a path.
pub(super) fn part_at(place: &Path, args: &Args, context: &Context) -> Result<Part, CommandError> {
    let author = args.author.pattern(context, place)?;
    let days = &args.period;
    Ok(Part {
        commits: None,
        period: days.period(args.zone(context)?, &context.environment)?,
        asked: Asked {
            range: None,
            since: days.since.clone().or_else(|| days.on.clone()),
            until: days.until.clone().or_else(|| days.on.clone()),
            author: args.author.as_typed(),
        },
        author,
    })
}

fn commits_in(repo: &Repo, range: &str) -> Result<HashSet<ObjectId>, CommandError> {
    range::commits(repo, range).map_err(|_| {
        CommandError::failed(format!("`{range}` is neither a directory nor a range of commits"))
            .hint("Write `A..B`, or a revision, which includes all its ancestors")
    })
}
