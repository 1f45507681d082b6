//! Whether a plain `git fetch` or `git push` can remove records.

use super::check::{Check, Found};
use super::evidence::{Evidence, RemoteFacts};
use crate::facts::shell;
use crate::git::remote::{Dangerous, Forced, Place};

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "fetch-refspecs",
        about: "Does `git fetch` leave the ledger unchanged?",
        look: fetches,
    },
    Check {
        name: "push-refspecs",
        about: "Does `git push` leave the ledgers of remotes unchanged?",
        look: pushes,
    },
];

fn of_remotes(evidence: &Evidence, look: fn(&RemoteFacts) -> Vec<Found>, fine: &str) -> Vec<Found> {
    let Some(repo) = &evidence.repository else {
        return Vec::new();
    };
    let Some(remotes) = &repo.remotes else {
        return vec![Found::unknown("cannot read the configuration of remotes")];
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
    of_remotes(evidence, look, "`git fetch` leaves the ledger unchanged")
}

fn fetch(found: &Dangerous, prunes: bool) -> Found {
    let what = match prunes {
        true => "`git fetch` replaces the ledger of this clone, and deletes it where the remote has none",
        false => "`git fetch` replaces the ledger of this clone, and with --prune deletes it",
    };
    Found::broken(format!("with `{}`, {what}", found.refspec))
        .at(found.key.clone())
        .advice(removal(&found.key, &found.refspec, &found.place))
}

/// How to remove a value from where it is set.
fn removal(key: &str, value: &str, place: &Place) -> String {
    let file = match place {
        Place::Own => String::new(),
        Place::File(path) => format!("--file {} ", shell::quoted(path)),
        Place::Elsewhere => {
            return "It was set on the command line or in the environment; remove it there".to_owned();
        }
    };
    format!(
        "Run `git config {file}--fixed-value --unset-all {} {}` to remove it",
        shell::word(key),
        shell::quoted(value)
    )
}

fn pushes(evidence: &Evidence) -> Vec<Found> {
    let look = |remotes: &RemoteFacts| remotes.forced.iter().map(push).collect();
    of_remotes(
        evidence,
        look,
        "`git push` leaves the ledgers of remotes unchanged",
    )
}

fn push(found: &Forced) -> Found {
    let what = match found.is_mirror {
        true => "`git push` mirrors this clone: records that exist only on the remote are deleted there"
            .to_owned(),
        false => format!(
            "with `{}`, `git push` overwrites the ledger of the remote, including the records of others",
            found.value
        ),
    };
    Found::warning(what)
        .at(found.key.clone())
        .advice(removal(&found.key, &found.value, &found.place))
}
