//! Repositories as they are before their history is read: where they come from, and what their references are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::listed::Listed;
use crate::aggregate::copies::generations;
use crate::aggregate::names::{Named, tell_apart};
use crate::cli::error::CommandError;
use crate::exchange::facts::{Entry, id_of};
use crate::facts::lineage::Lineage;
use crate::git::Repo;

/// A repository that was looked at, without reading its history.
pub(super) struct Looked {
    pub(super) path: PathBuf,
    pub(super) lineage: Lineage,
    pub(super) entry: Entry,
    /// Why it cannot be read.
    pub(super) trouble: Option<String>,
}

impl Named for Looked {
    fn path(&self) -> &str {
        self.path.to_str().unwrap_or_default()
    }

    fn name(&mut self) -> &mut String {
        &mut self.entry.name
    }
}

/// Opens each repository to see where it comes from and what its references are.
pub(super) fn look(listed: Vec<Listed>, machine: &str) -> Vec<Looked> {
    let mut looked: Vec<Looked> = listed
        .into_par_iter()
        .map(|listed| Looked::at(listed, machine))
        .collect();
    tell_apart(&mut looked);
    let lineages: Vec<&Lineage> = looked.iter().map(|one| &one.lineage).collect();
    let generations = generations(&lineages);
    for ((one, generation), place) in looked.iter_mut().zip(generations).zip(0..) {
        one.entry.generation = generation;
        one.entry.place = place;
    }
    looked
}

impl Looked {
    fn at(listed: Listed, machine: &str) -> Self {
        let Listed { path, key, rank } = listed;
        let opened = Repo::open(&path).map_err(|error| error.to_string());
        let opened = opened.and_then(|repo| match repo.references_digest() {
            Ok(references) => Ok((repo.lineage(), repo.name(), references, repo.place().to_owned())),
            Err(error) => Err(format!("its references cannot be read: {}", error.message())),
        });
        let (found, trouble) = match opened {
            Ok(found) => (found, None),
            Err(reason) => {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let nothing = (Lineage::default(), name.into_owned(), String::new(), path.clone());
                (nothing, Some(reason))
            }
        };
        let (lineage, name, references, place) = found;
        // A path that cannot be opened has no slash at its end either.
        let place = place.display().to_string();
        let place = place.trim_end_matches('/').to_owned();
        let repo = match &key {
            Some(key) => id_of(key, None),
            None => id_of(lineage.key.as_deref().unwrap_or(&place), Some(&place)),
        };
        Self {
            entry: Entry {
                repo,
                key: key.or_else(|| lineage.key.clone()).unwrap_or(place),
                name,
                rank,
                generation: 0,
                place: 0,
                marks: lineage.marks_on(machine),
                references,
            },
            path,
            lineage,
            trouble,
        }
    }
}

/// No two repositories are written to one file.
pub(super) fn check_ids(looked: &[Looked]) -> Result<(), CommandError> {
    let mut known: BTreeMap<&str, &Path> = BTreeMap::new();
    for one in looked {
        if let Some(other) = known.insert(&one.entry.repo, &one.path) {
            return Err(CommandError::usage(format!(
                "`{}` and `{}` have the same key `{}`",
                other.display(),
                one.path.display(),
                one.entry.key
            )));
        }
    }
    Ok(())
}
