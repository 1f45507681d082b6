//! The lines of a commit that a person would have written.

use crate::facts::commit::{Commit, LineCounts};
use crate::facts::files::FileClass;

/// Lines that a person would have written: source and tests. Also `None` for a merge, whose lines are its branch's.
pub fn written(commit: &Commit) -> Option<LineCounts> {
    let all = commit.lines.filter(|_| !commit.is_merge())?;
    let is_code = |class: FileClass| matches!(class, FileClass::Source | FileClass::Test);
    let code = commit.by_class.iter().filter(|(class, _)| is_code(*class));
    Some(match commit.by_class.is_empty() {
        true => all,
        false => code.fold(LineCounts::default(), |sum, (_, lines)| sum + *lines),
    })
}
