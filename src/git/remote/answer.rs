//! Git's answers to a push or a fetch: its own messages, separated from those of the remote side.
//!
//! A hook on the remote can print anything, including git's own messages. Whether another attempt makes sense is therefore
//! decided by the lines that `git push --porcelain` prints per ref, and never by a line that begins with `remote:`.

use super::error::Chance;

/// Reasons in the status of a ref which mean that it moved in the meantime.
const OVERTAKEN: &[&str] = &[
    "fetch first",
    "non-fast-forward",
    "stale info",
    "incorrect old value provided",
    "reference already exists",
];
/// Beginnings of reasons that may be temporary or permanent.
const UNCLEAR: &[&str] = &["failed to update ref", "failed to lock", "cannot lock ref"];
/// Git's message if only the other ref of an atomic push was refused.
const ALONG: &[&str] = &[
    "atomic push failed",
    "atomic transaction failed",
    "transaction failed",
];
/// Prefixes of git's lines that begin a sentence.
const MARKS: &[&str] = &["fatal:", "error:", "warning:", "remote:", "ssh:"];
/// Hints of git are for its direct callers, and the rest is redundant.
const SAID_ALREADY: &[&str] = &["hint:", "To ", "Done", "error: failed to push some refs"];

/// The results for the refs of a push.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Statuses {
    /// The refs that were updated.
    pub(super) done: Vec<String>,
    /// The summaries of those that were refused: `[rejected] (fetch first)`.
    pub(super) refused: Vec<String>,
}

impl Statuses {
    /// Parses the output of `git push --porcelain`.
    pub(super) fn of(printed: &str) -> Self {
        let mut statuses = Self::default();
        for line in printed.lines() {
            let mut parts = line.splitn(3, '\t');
            let (Some(flag), Some(pair), Some(summary)) = (parts.next(), parts.next(), parts.next()) else {
                continue;
            };
            match flag {
                "!" => statuses.refused.push(summary.to_owned()),
                _ => {
                    let reference = pair.rsplit(':').next().unwrap_or(pair);
                    statuses.done.push(reference.to_owned());
                }
            }
        }
        statuses
    }

    /// Why refs were refused, each reason once, without those that were refused because of another one.
    pub(super) fn reasons(&self) -> Vec<String> {
        let mut reasons: Vec<String> = Vec::new();
        for summary in self.refused.iter().filter(|summary| chance(summary).is_some()) {
            if !reasons.contains(summary) {
                reasons.push(summary.clone());
            }
        }
        reasons
    }

    /// Whether another push may be accepted: only if nothing was refused permanently.
    pub(super) fn chance(&self) -> Chance {
        let chances: Vec<Chance> = self
            .refused
            .iter()
            .filter_map(|summary| chance(summary))
            .collect();
        let all_of = |wanted: &[Chance]| chances.iter().all(|chance| wanted.contains(chance));
        match chances.as_slice() {
            // Only the remote side's message tells which ref of a transaction was locked or had moved.
            [] if !self.refused.is_empty() => Chance::Unclear,
            [] => Chance::None,
            _ if !all_of(&[Chance::Overtaken, Chance::Unclear]) => Chance::None,
            _ if all_of(&[Chance::Unclear]) => Chance::Unclear,
            _ => Chance::Overtaken,
        }
    }
}

/// `None` if the ref was refused because of another one.
fn chance(summary: &str) -> Option<Chance> {
    let reason = summary.split_once(" (").map_or("", |(_, reason)| reason);
    let reason = reason.strip_suffix(')').unwrap_or(reason);
    match reason {
        _ if ALONG.contains(&reason) => None,
        _ if OVERTAKEN.contains(&reason) => Some(Chance::Overtaken),
        _ if UNCLEAR.iter().any(|start| reason.starts_with(start)) => Some(Chance::Unclear),
        _ => Some(Chance::None),
    }
}

/// Whether another fetch may succeed: a ref was removed after it was listed, or a lock exists here.
pub(super) fn chance_of_fetch(said: &str) -> Chance {
    let own = said.lines().filter(|line| !line.starts_with("remote:"));
    let mut own = own.map(str::trim_start);
    let is_passing = own.any(|line| {
        let text = line
            .strip_prefix("fatal: ")
            .or_else(|| line.strip_prefix("error: "));
        text.is_some_and(|text| {
            text.starts_with("couldn't find remote ref") || text.contains(".lock': File exists")
        })
    });
    match is_passing {
        true => Chance::Unclear,
        false => Chance::None,
    }
}

/// Git's messages on standard error, one per line: sentences that git wrapped are joined.
pub(super) fn sentences(said: &str) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    let mut is_new = true;
    for line in said.lines().map(str::trim) {
        let is_left_out = SAID_ALREADY.iter().any(|start| line.starts_with(start));
        if line.is_empty() || is_left_out {
            is_new = true;
            continue;
        }
        let begins = is_new || MARKS.iter().any(|mark| line.starts_with(mark));
        match sentences.last_mut().filter(|_| !begins) {
            Some(sentence) => {
                sentence.push(' ');
                sentence.push_str(line);
            }
            None => sentences.push(line.to_owned()),
        }
        is_new = false;
    }
    sentences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chance_of(printed: &str) -> Chance {
        Statuses::of(printed).chance()
    }

    #[test]
    fn a_push_is_judged_by_the_status_of_each_reference() {
        for (reason, expected) in [
            ("[rejected] (fetch first)", Chance::Overtaken),
            ("[rejected] (non-fast-forward)", Chance::Overtaken),
            (
                "[remote rejected] (incorrect old value provided)",
                Chance::Overtaken,
            ),
            ("[remote rejected] (failed to update ref)", Chance::Unclear),
            (
                "[remote rejected] (cannot lock ref 'refs/notes/leverage': is at 1 but expected 2)",
                Chance::Unclear,
            ),
            ("[remote rejected] (pre-receive hook declined)", Chance::None),
            ("[remote rejected] (hook declined)", Chance::None),
            ("[remote rejected] (unpacker error)", Chance::None),
            ("[rejected] (needs force)", Chance::None),
        ] {
            let printed = format!("To ../hub.git\n!\t12ab:refs/notes/leverage\t{reason}\nDone\n");
            assert_eq!(chance_of(&printed), expected, "{reason}");
        }
    }

    #[test]
    fn one_refusal_for_good_is_one_for_all() {
        let mixed = "!\ta:refs/leverage/tasks\t[rejected] (fetch first)\n\
                     !\tb:refs/notes/leverage\t[remote rejected] (hook declined)\n";
        assert_eq!(chance_of(mixed), Chance::None);
        let atomic = "!\ta:refs/leverage/tasks\t[rejected] (atomic push failed)\n\
                      !\tb:refs/notes/leverage\t[rejected] (fetch first)\n";
        assert_eq!(chance_of(atomic), Chance::Overtaken);
        assert_eq!(Statuses::of(atomic).reasons(), ["[rejected] (fetch first)"]);
        assert_eq!(chance_of(""), Chance::None);
        let half = Statuses::of(
            "*\ta:refs/leverage/tasks\t[new reference]\n!\tb:refs/notes/leverage\t[rejected] (x)\n",
        );
        assert_eq!(half.done, ["refs/leverage/tasks"]);
        assert_eq!(half.refused, ["[rejected] (x)"]);
    }

    #[test]
    fn what_the_other_side_prints_decides_nothing() {
        let said = "remote: fatal: couldn't find remote ref\nfatal: the remote end hung up\n";
        assert_eq!(chance_of_fetch(said), Chance::None);
        let said = "fatal: couldn't find remote ref refs/notes/leverage\n";
        assert_eq!(chance_of_fetch(said), Chance::Unclear);
        let said = "fatal: Unable to create '/r/.git/shallow.lock': File exists.\n";
        assert_eq!(chance_of_fetch(said), Chance::Unclear);
    }

    #[test]
    fn a_sentence_that_git_broke_is_whole_again() {
        let said = "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\n\
                    and the repository exists.\n";
        assert_eq!(
            sentences(said),
            [
                "fatal: Could not read from remote repository.",
                "Please make sure you have the correct access rights and the repository exists."
            ]
        );
        assert_eq!(
            sentences(
                "remote: Notes are closed        \nhint: pull\nerror: failed to push some refs to 'x'\n"
            ),
            ["remote: Notes are closed"]
        );
    }
}
