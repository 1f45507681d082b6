//! Whether the ledger of this repository can be written and is intact.

use super::check::{Check, Fix, Found};
use super::evidence::{Evidence, Hooks, RepositoryFacts};
use crate::facts::agents;
use crate::facts::quantity::counted;
use crate::facts::shell;
use crate::git::health::HeldLock;

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "repository",
        about: "Can the repository be opened?",
        look: repository,
    },
    Check {
        name: "author",
        about: "Does git know the author of new records?",
        look: author,
    },
    Check {
        name: "ledger-written",
        about: "Can notes be written here?",
        look: written,
    },
    Check {
        name: "ledger-locks",
        about: "Are the refs of the ledger unlocked?",
        look: locks,
    },
    Check {
        name: "ledger-read",
        about: "Can the ledger be read?",
        look: read,
    },
    Check {
        name: "ledger-whole",
        about: "Does the ledger still contain everything this clone wrote?",
        look: whole,
    },
    Check {
        name: "rewriting",
        about: "Does git copy notes when commits are amended or rebased?",
        look: rewriting,
    },
];

/// Checks that the repository can be opened.
fn here(evidence: &Evidence) -> impl Iterator<Item = &RepositoryFacts> {
    evidence.repository.iter()
}

fn repository(evidence: &Evidence) -> Vec<Found> {
    let closed = evidence.closed.iter().map(|(reason, hint)| {
        let found = Found::broken(reason.clone());
        match hint {
            Some(hint) => found.advice(hint.clone()),
            None => found.advice("Run `git fsck` to inspect it"),
        }
    });
    let open = here(evidence).map(|repo| Found::ok(format!("`{}` can be opened", repo.name)));
    closed.chain(open).collect()
}

/// Gemini CLI hides the user's git config from the commands it runs.
fn author_of_gemini(evidence: &Evidence) -> Option<Found> {
    let is_used = evidence.agents.iter().any(|agent| {
        let hooks = agent.hooks.iter().flatten();
        agent.name == agents::GEMINI_CLI.name
            && hooks
                .into_iter()
                .any(|facts| matches!(facts.state, Hooks::Present { .. }))
    });
    let is_hidden = is_used && evidence.repository.is_some() && !evidence.is_author_of_repository;
    is_hidden.then(|| {
        Found::warning(
            "Gemini CLI hides your global git config from the commands it runs, so git has no author there",
        )
        .at("gemini-cli: user.name, user.email")
        .advice(format!(
            "Run `{}` to set it in the repository",
            identity("", evidence.author.as_deref())
        ))
    })
}

fn author(evidence: &Evidence) -> Vec<Found> {
    let known = author_of(evidence);
    std::iter::once(known).chain(author_of_gemini(evidence)).collect()
}

fn author_of(evidence: &Evidence) -> Found {
    match &evidence.author {
        Some(author) => Found::ok(format!("new records are by {author}")),
        None => Found::broken("git has no author identity, so nothing is recorded or captured")
            .at("user.name, user.email")
            .advice(format!("Run `{}` to set it", identity("--global ", None))),
    }
}

/// The commands that set an identity in git, filled in with `Name <mail>` if known.
fn identity(scope: &str, author: Option<&str>) -> String {
    let known = author.and_then(|author| author.strip_suffix('>')?.rsplit_once(" <"));
    let (name, mail) = known.unwrap_or(("Your Name", "you@example.org"));
    let (name, mail) = (shell::quoted(name), shell::word(mail));
    format!("git config {scope}user.name {name} && git config {scope}user.email {mail}")
}

fn written(evidence: &Evidence) -> Vec<Found> {
    let found = here(evidence).map(|repo| match &repo.unwritable {
        None => Found::ok("notes can be written"),
        Some(unwritable) => Found::broken(format!("cannot write notes: {}", unwritable.reason))
            .in_file(&unwritable.path)
            .advice("Make the directory writable; in a sandbox, add the output of `git leverage trailers --print` to the commit message"),
    });
    found.collect()
}

fn locks(evidence: &Evidence) -> Vec<Found> {
    let mut found = Vec::new();
    for repo in here(evidence) {
        if repo.locks.is_empty() {
            found.push(Found::ok("no ref of the ledger is locked"));
        }
        found.extend(repo.locks.iter().map(lock));
    }
    found
}

fn lock(lock: &HeldLock) -> Found {
    let age = lock.age.as_deref().unwrap_or("is of unknown age");
    let found = match (lock.is_ours, lock.is_young) {
        (true, _) => Found::broken(format!(
            "a git-leverage process died and left this lock, which {age}"
        ))
        .advice("Run `git leverage doctor --fix` to remove it")
        .fix(Fix::RemoveLocks),
        (false, true) => {
            Found::unknown(format!("git holds this lock, which {age}")).advice("Check again in a minute")
        }
        (false, false) => Found::broken(format!(
            "this lock of git {age}, and nothing can be recorded while it is there"
        ))
        .advice(format!(
            "If no git process is running here, run `rm {}` to remove it",
            shell::quoted(&lock.path.to_string_lossy())
        )),
    };
    found.in_file(&lock.path)
}

fn read(evidence: &Evidence) -> Vec<Found> {
    let mut found = Vec::new();
    for repo in here(evidence) {
        if repo.has_rubbish {
            found.push(
                Found::broken("the file of a ledger ref is empty or garbled, as after a power failure")
                    .at("refs/notes/leverage, refs/leverage")
                    .advice("Run `git leverage doctor --fix` to rebuild it")
                    .fix(Fix::HealLedger),
            );
        }
        found.push(match &repo.unreadable {
            None => Found::ok("the ledger can be read"),
            Some(reason) => Found::broken(format!("cannot read the ledger: {reason}"))
                .advice("Run `git leverage sync` to fetch what is missing, or see `docs/formats/ledger.md`"),
        });
    }
    found
}

fn whole(evidence: &Evidence) -> Vec<Found> {
    let found = here(evidence).map(|repo| match repo.lost_lines {
        Some(0) => Found::ok("the ledger contains everything this clone wrote"),
        Some(lost) => Found::broken(format!(
            "another program overwrote the ledger: {} of this clone {} missing",
            counted(lost, "line", "lines"),
            if lost == 1 { "is" } else { "are" },
        ))
        .at("refs/notes/leverage")
        .advice("Run `git leverage doctor --fix` to restore them")
        .fix(Fix::HealLedger),
        None => Found::unknown("it is unknown whether the ledger contains everything this clone wrote"),
    });
    found.collect()
}

fn rewriting(evidence: &Evidence) -> Vec<Found> {
    here(evidence).flat_map(rewriting_of).collect()
}

const LEDGER: &str = "refs/notes/leverage";
/// A pattern, because git warns at every rewrite about a plain name that does not exist yet.
const REWRITE_REF: (&str, &str) = ("notes.rewriteRef", "refs/notes/leverage*");
const REWRITE_MODE: (&str, &str) = ("notes.rewriteMode", "cat_sort_uniq");

fn rewriting_of(repo: &RepositoryFacts) -> Vec<Found> {
    let is_named = repo.rewrite_refs.iter().any(|name| covers(name, LEDGER));
    let mode = repo.rewrite_mode.as_deref().map(str::to_ascii_lowercase);
    let copied = match (is_named, &mode) {
        (true, _) => Found::ok("git copies notes when commits are amended or rebased"),
        (false, mode) => {
            let both: &[_] = if mode.is_none() {
                &[REWRITE_REF, REWRITE_MODE]
            } else {
                &[REWRITE_REF]
            };
            Found::warning("amend and rebase leave notes behind until `git leverage repair` reattaches them")
                .advice("Run `git leverage doctor --fix` to let git copy them")
                .fix(Fix::AddConfig(both))
        }
    };
    let mut found = vec![copied.at(REWRITE_REF.0)];
    // Joined with blank lines and duplicates: readers ignore these, but notes grow.
    let twice = || Found::warning("when commits are squashed, their notes are joined with duplicate lines");
    let change = "Run `git config notes.rewriteMode cat_sort_uniq` to change it";
    let joined = match mode.as_deref() {
        None if !is_named => None,
        None => Some(
            twice()
                .advice("Run `git leverage doctor --fix` to let git join them by line")
                .fix(Fix::AddConfig(&[REWRITE_MODE])),
        ),
        Some("cat_sort_uniq") => Some(Found::ok(
            "when commits are squashed, their notes are joined by line",
        )),
        Some("concatenate") => Some(twice().advice(change)),
        Some(mode) => Some(
            Found::broken(format!(
                "it is `{mode}`, which loses notes when commits are rewritten"
            ))
            .advice(change),
        ),
    };
    found.extend(joined.map(|joined| joined.at(REWRITE_MODE.0)));
    found.extend(repo.no_rewrite.iter().map(|command| {
        Found::warning(format!("it is off, so `{command}` leaves notes behind"))
            .at(format!("notes.rewrite.{command}"))
            .advice(format!(
                "Run `git config notes.rewrite.{command} true` to turn it on"
            ))
    }));
    found
}

/// Whether a name with stars, as git config takes it, stands for a ref.
fn covers(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(rest) = parts.next().and_then(|start| name.strip_prefix(start)) else {
        return false;
    };
    let rest_parts: Vec<&str> = parts.collect();
    match rest_parts.as_slice() {
        [] => rest.is_empty(),
        [between @ .., end] => {
            let mut rest = rest;
            for part in between {
                match rest.find(part) {
                    Some(at) => rest = &rest[at + part.len()..],
                    None => return false,
                }
            }
            rest.ends_with(end)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_stars_are_matched_as_git_does() {
        for pattern in [
            "refs/notes/leverage",
            "refs/notes/*",
            "refs/*",
            "*",
            "refs/*/lev*e",
            "refs/notes/l*",
        ] {
            assert!(covers(pattern, LEDGER), "{pattern}");
        }
        for pattern in [
            "refs/notes/commits",
            "refs/notes/leverage2",
            "refs/notes/*x",
            "notes/*",
            "",
            "refs/notes/lev",
        ] {
            assert!(!covers(pattern, LEDGER), "{pattern}");
        }
    }
}
