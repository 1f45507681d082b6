//! What git answers to a push or a fetch: its own words, told apart from those of the other side.
//!
//! A hook of the remote may print anything, also what git would say. Whether another attempt makes sense is therefore judged by
//! the lines that `git push --porcelain` prints for each reference, and never by a line that begins with `remote:`.

use super::error::Chance;

/// Reasons in the status of a reference that say that it moved meanwhile.
const OVERTAKEN: &[&str] = &[
    "fetch first",
    "non-fast-forward",
    "stale info",
    "incorrect old value provided",
    "reference already exists",
];
/// Beginnings of reasons that hold for a moment or for ever.
const UNCLEAR: &[&str] = &["failed to update ref", "failed to lock", "cannot lock ref"];
/// What git says where only the other reference of an atomic push was refused.
const ALONG: &[&str] = &[
    "atomic push failed",
    "atomic transaction failed",
    "transaction failed",
];
/// Beginnings of lines of git that say where a sentence begins.
const MARKS: &[&str] = &["fatal:", "error:", "warning:", "remote:", "ssh:"];
/// Hints of git are for those who called it, and the rest is said already.
const SAID_ALREADY: &[&str] = &["hint:", "To ", "Done", "error: failed to push some refs"];

/// What became of the references of a push.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Statuses {
    /// Those that are there now.
    pub(super) done: Vec<String>,
    /// The summaries of those that were refused: `[rejected] (fetch first)`.
    pub(super) refused: Vec<String>,
}

impl Statuses {
    /// Reads what `git push --porcelain` printed.
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

    /// Why references were refused, each reason once, without those that were refused for the sake of another.
    pub(super) fn reasons(&self) -> Vec<String> {
        let mut reasons: Vec<String> = Vec::new();
        for summary in self.refused.iter().filter(|summary| chance(summary).is_some()) {
            if !reasons.contains(summary) {
                reasons.push(summary.clone());
            }
        }
        reasons
    }

    /// Whether the next push may be taken: only if nothing was refused for good.
    pub(super) fn chance(&self) -> Chance {
        let chances: Vec<Chance> = self
            .refused
            .iter()
            .filter_map(|summary| chance(summary))
            .collect();
        let all_of = |wanted: &[Chance]| chances.iter().all(|chance| wanted.contains(chance));
        match chances.as_slice() {
            // Only the other side's words tell which reference of a transaction was held or had moved.
            [] if !self.refused.is_empty() => Chance::Unclear,
            [] => Chance::None,
            _ if !all_of(&[Chance::Overtaken, Chance::Unclear]) => Chance::None,
            _ if all_of(&[Chance::Unclear]) => Chance::Unclear,
            _ => Chance::Overtaken,
        }
    }
}

/// `None` where the reference was refused for the sake of another one.
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

/// Whether another fetch may end otherwise: a reference went away between its listing and now, or git holds a lock here.
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

/// What git said on standard error, on one line: its sentences stay whole where it broke them.
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
