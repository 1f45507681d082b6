//! The sums of a survival: what most readers need of it, without the lines of each file.

use std::collections::{BTreeSet, HashMap};

use serde::{Deserialize, Serialize};

use super::Survival;
use crate::Repo;
use crate::facts::ids::ObjectId;

/// How many lines at HEAD each commit added, and which files are at the top of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    /// The lines of each commit that has any. Lines of unknown origin are in none.
    pub lines: HashMap<ObjectId, u64>,
    /// The names of files that are in no directory and valid UTF-8, in git's order. Untrusted text.
    pub top: Vec<String>,
    /// Whether the origin of every line is known. If not, objects that appear later may change the sums.
    pub is_complete: bool,
}

impl Standing {
    /// The sums of a survival.
    pub fn of(survival: &Survival) -> Self {
        let mut sums = Self {
            is_complete: true,
            ..Self::default()
        };
        for file in &survival.files {
            sums.top.extend(
                std::str::from_utf8(&file.path)
                    .ok()
                    .filter(|path| !path.contains('/'))
                    .map(str::to_owned),
            );
            let Ok(runs) = &file.runs else {
                sums.is_complete = false;
                continue;
            };
            for run in runs.iter().flatten() {
                match run.commit {
                    Some(commit) => *sums.lines.entry(commit).or_default() += run.lines as u64,
                    None => sums.is_complete = false,
                }
            }
        }
        sums
    }

    /// How many lines of a commit are at HEAD.
    pub fn lines_of(&self, commit: &ObjectId) -> u64 {
        self.lines.get(commit).copied().unwrap_or(0)
    }
}

/// Everything besides the objects that decides where lines come from: if it is the same and no object was missing, so is the
/// survival.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    head: ObjectId,
    /// Where a shallow clone ends.
    shallow: BTreeSet<ObjectId>,
    /// A number for replacements and grafts, if there are any.
    replacements: Option<u64>,
}

impl Origin {
    /// The origin for the tree at `head`.
    pub fn of(repo: &Repo, head: ObjectId) -> Self {
        Self {
            head,
            shallow: repo.shallow_commits(),
            replacements: repo.replacements(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survival::{FileLines, LineRun};

    #[test]
    fn lines_are_summed_by_commit_and_unknown_ones_are_noticed() {
        let (one, two): (ObjectId, ObjectId) = ([1; 20].into(), [2; 20].into());
        let run = |lines, commit| LineRun { lines, commit };
        let file = |path: &str, runs| FileLines {
            path: path.into(),
            runs,
        };
        let mut survival = Survival {
            head: two,
            files: vec![
                file(
                    "a/b",
                    Ok(Some(vec![
                        run(2, Some(one)),
                        run(1, Some(two)),
                        run(3, Some(one)),
                    ])),
                ),
                file("logo", Ok(None)),
            ],
        };
        let sums = Standing::of(&survival);
        assert!(sums.is_complete);
        assert_eq!((sums.lines_of(&one), sums.lines_of(&two)), (5, 1));
        assert_eq!(sums.top, ["logo"]);
        survival.files.push(file("c", Ok(Some(vec![run(4, None)]))));
        let sums = Standing::of(&survival);
        assert!(!sums.is_complete);
        assert_eq!(sums.lines.values().sum::<u64>(), 6);
        survival.files.truncate(2);
        survival.files.push(file("d", Err("missing".into())));
        assert!(!Standing::of(&survival).is_complete);
    }
}
