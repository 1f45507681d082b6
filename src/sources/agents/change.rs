//! Edits of files in the forms in which agents log them, as hashes of lines.

use std::collections::HashMap;

use super::log::{Change, Log};
use crate::facts::session::LineHash;

/// A file written whole.
pub fn written(log: &mut Log, path: &str, content: &str) -> Change {
    Change {
        path: log.name(path),
        added: LineHash::of_lines(content.as_bytes()),
        removed: Vec::new(),
    }
}

/// A text replaced by another: what both have counts as unchanged.
pub fn replaced(log: &mut Log, path: &str, old: &str, new: &str) -> Change {
    let (old, new) = (
        LineHash::of_lines(old.as_bytes()),
        LineHash::of_lines(new.as_bytes()),
    );
    Change {
        path: log.name(path),
        added: beyond(&new, &old),
        removed: beyond(&old, &new),
    }
}

/// The lines of hunks: `+` and `-` count, everything else is context.
pub fn patched<'line>(log: &mut Log, path: &str, hunks: impl IntoIterator<Item = &'line str>) -> Change {
    let mut change = Change {
        path: log.name(path),
        added: Vec::new(),
        removed: Vec::new(),
    };
    for line in hunks {
        if let Some(added) = line.strip_prefix('+') {
            change.added.extend(LineHash::of(added.as_bytes()));
        } else if let Some(removed) = line.strip_prefix('-') {
            change.removed.extend(LineHash::of(removed.as_bytes()));
        }
    }
    change
}

/// A unified diff of one file: everything before its first `@@` is header.
pub fn unified(log: &mut Log, path: &str, diff: &str) -> Change {
    patched(log, path, diff.lines().skip_while(|line| !line.starts_with("@@")))
}

/// The files of an `apply_patch` text (`*** Begin Patch`, `*** Update File: …`).
pub fn apply_patch(log: &mut Log, patch: &str) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut file: Option<(&str, Vec<&str>)> = None;
    for line in patch.lines() {
        let marker = line.strip_prefix("*** ").map(str::trim_end);
        let opened = marker.and_then(|marker| {
            ["Update File: ", "Add File: ", "Delete File: "]
                .iter()
                .find_map(|kind| marker.strip_prefix(kind))
        });
        match (
            opened,
            marker.and_then(|marker| marker.strip_prefix("Move to: ")),
            &mut file,
        ) {
            (Some(path), ..) => {
                if let Some((path, lines)) = file.replace((path, Vec::new())) {
                    changes.push(patched(log, path, lines));
                }
            }
            (None, Some(target), Some((path, _))) => *path = target,
            (None, None, Some((_, lines))) => lines.push(line),
            _ => {}
        }
    }
    if let Some((path, lines)) = file {
        changes.push(patched(log, path, lines));
    }
    changes
}

/// The part of `lines` that is not in `others`, each line of which cancels one.
fn beyond(lines: &[LineHash], others: &[LineHash]) -> Vec<LineHash> {
    let mut taken: HashMap<LineHash, usize> = HashMap::new();
    for line in others {
        *taken.entry(*line).or_default() += 1;
    }
    lines
        .iter()
        .copied()
        .filter(|line| match taken.get_mut(line) {
            Some(count @ 1..) => {
                *count -= 1;
                false
            }
            _ => true,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashes(lines: &[&str]) -> Vec<LineHash> {
        lines
            .iter()
            .filter_map(|line| LineHash::of(line.as_bytes()))
            .collect()
    }

    #[test]
    fn a_replacement_adds_what_is_new() {
        let change = replaced(
            &mut Log::default(),
            "a.rs",
            "one\ntwo\ntwo\n",
            "one\ntwo\nthree\nthree\n",
        );
        assert_eq!(change.added, hashes(&["three", "three"]));
        assert_eq!(change.removed, hashes(&["two"]));
    }

    #[test]
    fn a_patch_tells_context_from_change() {
        let diff = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n same\n-old\n--- a comment\n+new\n+\n+++counter;\n";
        let change = unified(&mut Log::default(), "x", diff);
        assert_eq!(change.added, hashes(&["new", "++counter;"]));
        assert_eq!(change.removed, hashes(&["old", "-- a comment"]));
    }

    #[test]
    fn an_apply_patch_names_its_files() {
        let mut log = Log::default();
        let patch = "*** Begin Patch\n*** Update File: a.rs\n*** Move to: b.rs\n@@\n-x\n+y\n*** Add File: c.rs\n+z\n*** End Patch\n";
        let changes = apply_patch(&mut log, patch);
        let paths: Vec<_> = changes.iter().map(|change| log.text(change.path)).collect();
        assert_eq!(paths, ["b.rs", "c.rs"]);
        assert_eq!(changes[1].added, hashes(&["z"]));
        assert_eq!(changes[0].removed, hashes(&["x"]));
    }
}
