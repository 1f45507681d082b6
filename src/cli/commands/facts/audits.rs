//! `--audit`: what an audit needs of each repository besides its history.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::args::Args;
use super::looked::Looked;
use crate::aggregate::repository::Repository;
use crate::cli::bar;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::exchange::facts::{Row, Writer};
use crate::facts::diagnostics::{Status, Warning};
use crate::git::Repo;
use crate::workspace::from_objects::{Begun, ObjectOptions};
use crate::workspace::options::ReadOptions;
use crate::workspace::workers::{Turn, read_each};

impl Args {
    /// The repositories of which audits need more than what is there, by position.
    pub(super) fn to_audit(
        &self,
        looked: &[Looked],
        writer: &Writer<'_>,
        known: &[Option<Row>],
    ) -> BTreeSet<usize> {
        let lacks_it = |at: &usize| known[*at].is_none() || !writer.has_audit(&looked[*at].entry);
        (0..looked.len())
            .filter(|at| self.audit && looked[*at].trouble.is_none() && lacks_it(at))
            .collect()
    }
}

/// Reads and writes what audits need of some of the repositories; returns what could not be read of it.
pub(super) fn write(
    looked: &[Looked],
    (to_audit, repos): (&BTreeSet<usize>, &HashMap<String, Repository>),
    options: &ReadOptions,
    writer: &Writer<'_>,
    context: &Context,
) -> Result<Vec<Warning>, CommandError> {
    // One that could not be read is not opened again.
    let is_read = |at: &&usize| {
        let read = repos.get(&looked[**at].entry.repo);
        read.is_some_and(|read| read.status != Status::Failed && !read.given_up)
    };
    let all: Vec<&Looked> = to_audit.iter().filter(is_read).map(|at| &looked[*at]).collect();
    if all.is_empty() {
        return Ok(Vec::new());
    }
    let paths: Vec<PathBuf> = all.iter().map(|one| one.path.clone()).collect();
    let at: HashMap<&Path, &Looked> = all.iter().map(|one| (&*one.path, *one)).collect();
    let each = ObjectOptions {
        read: options.for_each_of(all.len()),
        config_files: context.environment.config_files.clone(),
        with_lines: false,
    };
    let threads = options.history.threads;
    let warnings = bar::during(context, || {
        read_each(&paths, threads, ("Auditing", &options.progress), |path, share| {
            let mut each = each.clone();
            each.read.history.threads = Some(share.threads);
            Turn::Done(at.get(path).map(|one| write_one(one, &each, writer)))
        })
    })?;
    Ok(warnings.into_iter().flatten().flatten().collect())
}

fn write_one(looked: &Looked, options: &ObjectOptions, writer: &Writer<'_>) -> Vec<Warning> {
    let place = looked.path.display().to_string();
    let repo = match Repo::open(&looked.path) {
        Ok(repo) => repo,
        Err(error) => return vec![Warning::new(place, format!("it cannot be audited: {error}"))],
    };
    let (history, begun) = Begun::read(&repo, options);
    let mut objects = begun.complete(&repo, &history.commits, options);
    let warnings = objects.warnings.clone();
    // That a cache cannot be written is true of this machine only.
    let cache = options.read.history.cache.as_ref();
    let cache = cache.map(|folder| folder.display().to_string());
    let is_of_cache = |warning: &Warning| {
        cache
            .as_ref()
            .is_some_and(|cache| warning.message.contains(cache))
    };
    objects.warnings.retain(|warning| !is_of_cache(warning));
    let written = writer.write_audit(&looked.entry, &history.path, (&objects, &history.commits));
    let failed = written.err();
    let failed =
        failed.map(|error| Warning::new(place, format!("what audits need of it was not written: {error}")));
    warnings.into_iter().chain(failed).collect()
}
