//! Which files of a tree nobody wrote by hand for this project: generated and vendored ones.
//!
//! [`FileClass::of`] decides, as it does for the lines of a history. The attributes are those that the tree at HEAD itself has,
//! and not those of the working tree: the inventory describes what is committed, the same for everybody who has it and in a bare
//! repository too.

use std::collections::HashMap;
use std::path::Path;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::paths::folder_of;
use crate::facts::files::{FileClass, Linguist};

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
/// What comes before the name of a macro, in the file at the top.
const MACRO: &str = "[attr]";

/// The three attributes in the `.gitattributes` files of a tree.
#[derive(Default)]
pub(super) struct Attributes {
    generated: Vec<Rules>,
    vendored: Vec<Rules>,
    documentation: Vec<Rules>,
    /// The words that a macro stands for.
    macros: HashMap<String, Vec<String>>,
}

/// The lines of one file that mention one attribute.
struct Rules {
    /// Patterns of lines that set it, and negated ones of those that unset it.
    values: Gitignore,
    /// Patterns of both, and negated ones of lines that leave it unspecified (`!attribute`).
    mentions: Gitignore,
}

impl Attributes {
    /// Adds the file at `path`. Files deeper in the tree outrank those above, so they are added later.
    pub(super) fn add(&mut self, path: &str, content: &[u8]) {
        let text = String::from_utf8_lossy(content);
        let folder = folder_of(path);
        if folder.is_empty() {
            self.macros = macros(&text);
        }
        let root = format!("{ROOT}/{folder}");
        let rules = |attribute| rules(&root, &text, attribute, &self.macros);
        let (generated, vendored) = (rules("linguist-generated"), rules("linguist-vendored"));
        let documentation = rules("linguist-documentation");
        self.generated.extend(generated);
        self.vendored.extend(vendored);
        self.documentation.extend(documentation);
    }

    /// Where the lines of the file at `path` come from.
    pub(super) fn provenance(&self, path: &str) -> Provenance {
        let said = Linguist {
            generated: said(&self.generated, path),
            vendored: said(&self.vendored, path),
            documentation: said(&self.documentation, path),
        };
        match FileClass::of(path.as_bytes(), said) {
            FileClass::Generated | FileClass::Lock => Provenance::Generated,
            FileClass::Vendored => Provenance::Vendored,
            _ => Provenance::Own,
        }
    }
}

/// `[attr]name words…`.
fn macros(text: &str) -> HashMap<String, Vec<String>> {
    let named = text
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix(MACRO));
    named
        .filter_map(|line| {
            let mut words = line.split_whitespace().map(str::to_owned);
            Some((words.next()?, words.collect()))
        })
        .collect()
}

/// What the lines say of `attribute`; `None` where they do not name it.
fn rules(root: &str, text: &str, attribute: &str, macros: &HashMap<String, Vec<String>>) -> Option<Rules> {
    let is_named = text.contains(attribute) || macros.keys().any(|name| text.contains(name.as_str()));
    if !is_named {
        return None;
    }
    let (mut values, mut mentions) = (GitignoreBuilder::new(root), GitignoreBuilder::new(root));
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let is_pattern = |word: &&str| !word.starts_with(['#', '!']) && !word.starts_with(MACRO);
        let Some(pattern) = words.next().filter(is_pattern) else {
            continue;
        };
        let meant = words.flat_map(|word| {
            let stands_for = macros.get(word).into_iter().flatten();
            std::iter::once(word).chain(stands_for.map(String::as_str))
        });
        let Some(said) = meant.filter_map(|word| word_says(word, attribute)).next_back() else {
            continue;
        };
        // A pattern that cannot be read matches nothing.
        let _ = mentions.add_line(None, &negated(pattern, said.is_none()));
        if let Some(set) = said {
            let _ = values.add_line(None, &negated(pattern, !set));
        }
    }
    Some(Rules {
        values: values.build().ok()?,
        mentions: mentions.build().ok()?,
    })
}

/// What a word says of the attribute: set, unset or (inner `None`) unspecified; `None` where it is about another.
fn word_says(word: &str, attribute: &str) -> Option<Option<bool>> {
    if word == attribute {
        return Some(Some(true));
    }
    match word.strip_suffix(attribute) {
        Some("-") => return Some(Some(false)),
        Some("!") => return Some(None),
        _ => {}
    }
    let value = word.strip_prefix(attribute)?.strip_prefix('=')?;
    Some(Some(Linguist::value(value.as_bytes())))
}

fn negated(pattern: &str, is_negated: bool) -> String {
    format!("{}{pattern}", if is_negated { "!" } else { "" })
}

/// What the last line that mentions a path says, the deepest file first.
fn said(rules: &[Rules], path: &str) -> Option<bool> {
    let whole = format!("{ROOT}/{path}");
    let whole = Path::new(&whole);
    let of = |patterns: &Gitignore| match whole.starts_with(patterns.path()) {
        true => patterns.matched(whole, false).map(|_| ()),
        false => Match::None,
    };
    let deepest = rules.iter().rev().find(|rules| !of(&rules.mentions).is_none())?;
    match (of(&deepest.mentions), of(&deepest.values)) {
        (Match::Whitelist(()), _) | (_, Match::None) => None,
        (_, value) => Some(value.is_ignore()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_decide_before_names() {
        let mut attributes = Attributes::default();
        attributes.add(
            ".gitattributes",
            b"[attr]taken-over linguist-vendored -diff\n\
              *.snap linguist-generated\nvendor/ours/** -linguist-vendored\nlib/jq.js text linguist-vendored=true\n\
              vendor/ours/but/** !linguist-vendored\nold/** taken-over\nmine/*.pb.go linguist-generated=false\n\
              lib/*.pb.go linguist-vendored\nvendor/manual/** linguist-documentation\n",
        );
        attributes.add("sub/.gitattributes", b"*.snap -linguist-generated\n");
        for (path, expected) in [
            ("a.snap", Provenance::Generated),
            ("sub/a.snap", Provenance::Own),
            ("vendor/a.go", Provenance::Vendored),
            ("vendor/ours/a.go", Provenance::Own),
            ("vendor/ours/but/a.go", Provenance::Vendored),
            ("vendor/manual/a.go", Provenance::Own),
            ("old/a.go", Provenance::Vendored),
            ("mine/x.pb.go", Provenance::Own),
            ("lib/jq.js", Provenance::Vendored),
            ("lib/x.pb.go", Provenance::Vendored),
            ("api/x.pb.go", Provenance::Generated),
            ("Cargo.lock", Provenance::Generated),
            ("src/vendor.rs", Provenance::Own),
        ] {
            assert_eq!(attributes.provenance(path), expected, "{path}");
        }
    }
}
