//! Which files of a tree nobody wrote by hand for this project: generated and vendored ones.
//!
//! `linguist-generated` and `linguist-vendored` in `.gitattributes` decide; where they are silent, well-known names do.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::paths::folder_of;
use crate::facts::files::FileClass;

/// Where the lines of a file come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Provenance {
    /// Written for this project.
    Own,
    /// Made by a program.
    Generated,
    /// Taken over from elsewhere.
    Vendored,
}

/// Stands for the top of the tree: patterns need a root to be relative to.
const ROOT: &str = "/tree";

/// The two attributes in the `.gitattributes` files of a tree.
#[derive(Default)]
pub(super) struct Attributes {
    generated: Vec<Gitignore>,
    vendored: Vec<Gitignore>,
}

impl Attributes {
    /// Adds the file at `path`. Files deeper in the tree outrank those above, so they are added later.
    pub(super) fn add(&mut self, path: &str, content: &[u8]) {
        let text = String::from_utf8_lossy(content);
        let root = format!("{ROOT}/{}", folder_of(path));
        self.generated.extend(rules(&root, &text, "linguist-generated"));
        self.vendored.extend(rules(&root, &text, "linguist-vendored"));
    }

    /// Where the lines of the file at `path` come from.
    pub(super) fn provenance(&self, path: &str) -> Provenance {
        let class = FileClass::of(path.as_bytes(), None);
        let looks_generated = || matches!(class, FileClass::Generated | FileClass::Lock);
        if said(&self.generated, path).unwrap_or_else(looks_generated) {
            Provenance::Generated
        } else if said(&self.vendored, path).unwrap_or(class == FileClass::Vendored) {
            Provenance::Vendored
        } else {
            Provenance::Own
        }
    }
}

/// The lines that set or unset `attribute`, as patterns and negated patterns.
fn rules(root: &str, text: &str, attribute: &str) -> Option<Gitignore> {
    if !text.contains(attribute) {
        return None;
    }
    let mut builder = GitignoreBuilder::new(root);
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let Some(pattern) = words.next().filter(|word| !word.starts_with(['#', '!'])) else {
            continue;
        };
        let set = words.fold(None, |set, word| match word.strip_prefix(['-', '!']) {
            Some(unset) if unset == attribute => Some(false),
            None if word == attribute => Some(true),
            _ => match word.split_once('=') {
                Some((name, value)) if name == attribute => Some(value == "true"),
                _ => set,
            },
        });
        if let Some(set) = set {
            let _ = builder.add_line(None, &format!("{}{pattern}", if set { "" } else { "!" }));
        }
    }
    builder.build().ok()
}

fn said(rules: &[Gitignore], path: &str) -> Option<bool> {
    let whole = format!("{ROOT}/{path}");
    rules
        .iter()
        .rev()
        .map(|rules| {
            if Path::new(&whole).starts_with(rules.path()) {
                rules.matched(Path::new(&whole), false)
            } else {
                ignore::Match::None
            }
        })
        .find(|verdict| !verdict.is_none())
        .map(|verdict| verdict.is_ignore())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_decide_before_names() {
        let mut attributes = Attributes::default();
        attributes.add(
            ".gitattributes",
            b"*.snap linguist-generated\nvendor/ours/** -linguist-vendored\nlib/jq.js text linguist-vendored=true\n",
        );
        attributes.add("sub/.gitattributes", b"*.snap -linguist-generated\n");
        for (path, expected) in [
            ("a.snap", Provenance::Generated),
            ("sub/a.snap", Provenance::Own),
            ("vendor/a.go", Provenance::Vendored),
            ("vendor/ours/a.go", Provenance::Own),
            ("lib/jq.js", Provenance::Vendored),
            ("api/x.pb.go", Provenance::Generated),
            ("Cargo.lock", Provenance::Generated),
            ("src/vendor.rs", Provenance::Own),
        ] {
            assert_eq!(attributes.provenance(path), expected, "{path}");
        }
    }
}
