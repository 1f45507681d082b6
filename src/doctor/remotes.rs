//! Whether a plain `git fetch` or `git push` can take records away.

use super::check::{Check, Found};
use super::evidence::{Evidence, RemoteFacts};
use crate::facts::shell;
use crate::git::remote::{Dangerous, Forced, Place};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "fetch-refspecs",
        about: "Does `git fetch` leave the ledger alone?",
        look: fetches,
    },
    Check {
        name: "push-refspecs",
        about: "Does `git push` leave the ledger of a remote alone?",
        look: pushes,
    },
];

fn of_remotes(evidence: &Evidence, look: fn(&RemoteFacts) -> Vec<Found>, fine: &str) -> Vec<Found> {
    let Some(repo) = &evidence.repository else {
        return Vec::new();
    };
    let Some(remotes) = &repo.remotes else {
        return vec![Found::unknown("git does not tell what is configured of remotes")];
    };
    let found = look(remotes);
    match found.is_empty() {
        true => vec![Found::ok(fine)],
        false => found,
    }
}

fn fetches(evidence: &Evidence) -> Vec<Found> {
    let look = |remotes: &RemoteFacts| {
        remotes
            .dangerous
            .iter()
            .map(|found| fetch(found, remotes.prunes))
            .collect()
    };
    of_remotes(evidence, look, "`git fetch` leaves the ledger alone")
}

fn fetch(found: &Dangerous, prunes: bool) -> Found {
    let what = match prunes {
        true => "`git fetch` replaces the ledger of this clone, and deletes it where the remote has none",
        false => "`git fetch` replaces the ledger of this clone, and with --prune deletes it",
    };
    Found::broken(format!("by `{}`, {what}", found.refspec))
        .at(found.key.clone())
        .advice(removal(&found.key, &found.refspec, &found.place))
}

/// How a value is removed from where it stands.
fn removal(key: &str, value: &str, place: &Place) -> String {
    let file = match place {
        Place::Own => String::new(),
        Place::File(path) => format!("--file {} ", shell::quoted(path)),
        Place::Elsewhere => {
            return "It is from a command line or the environment: leave it out there".to_owned();
        }
    };
    format!(
        "Remove it: git config {file}--fixed-value --unset-all {} {}",
        shell::word(key),
        shell::quoted(value)
    )
}

fn pushes(evidence: &Evidence) -> Vec<Found> {
    let look = |remotes: &RemoteFacts| remotes.forced.iter().map(push).collect();
    of_remotes(evidence, look, "`git push` leaves the ledgers of remotes alone")
}

fn push(found: &Forced) -> Found {
    let what = match found.is_mirror {
        true => "`git push` makes the remote what this clone is: records of others that are not here are deleted there".to_owned(),
        false => format!("by `{}`, `git push` overwrites the ledger of the remote, and what others wrote there", found.value),
    };
    Found::warning(what)
        .at(found.key.clone())
        .advice(removal(&found.key, &found.value, &found.place))
}
