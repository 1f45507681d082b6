//! Which files of a tree the `tokei` program would look at in a clean checkout of it.
//!
//! It skips hidden files and what `.tokeignore`, `.ignore` and `.gitignore` name, tracked or not. The rules
//! of one kind outrank those of the next; within a kind the deepest file that says anything wins. A rule that lets a
//! hidden file in makes it count.

use std::collections::HashMap;
use std::path::Path;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::paths::{folder_of, name_of};

/// The files with rules, the strongest first.
const KINDS: [&str; 3] = [".tokeignore", ".ignore", ".gitignore"];
/// Stands for the top of the tree: patterns need a root to be relative to.
const ROOT: &str = "/tree";

/// The ignore rules of a tree.
#[derive(Default)]
pub(super) struct Ignored {
    rules: [HashMap<String, Gitignore>; 3],
    folders: HashMap<String, bool>,
}

impl Ignored {
    /// Whether a file of this name holds rules.
    pub(super) fn is_rule_file(path: &str) -> bool {
        KINDS.contains(&name_of(path))
    }

    /// Adds the rules of the file at `path`. An invalid pattern is ignored.
    pub(super) fn add(&mut self, path: &str, content: &[u8]) {
        let Some(kind) = KINDS.iter().position(|kind| *kind == name_of(path)) else {
            return;
        };
        let folder = folder_of(path);
        let mut builder = GitignoreBuilder::new(absolute(folder));
        let text = String::from_utf8_lossy(content);
        for line in text.trim_start_matches('\u{feff}').lines() {
            let _ = builder.add_line(None, line);
        }
        if let Ok(rules) = builder.build() {
            self.rules[kind].insert(folder.to_owned(), rules);
        }
    }

    /// Whether the file at `path` counts.
    pub(super) fn counts(&mut self, path: &str) -> bool {
        self.enters(folder_of(path)) && self.lets_in(path, false)
    }

    fn enters(&mut self, folder: &str) -> bool {
        if folder.is_empty() {
            return true;
        }
        if let Some(known) = self.folders.get(folder) {
            return *known;
        }
        let verdict = self.enters(folder_of(folder)) && self.lets_in(folder, true);
        self.folders.insert(folder.to_owned(), verdict);
        verdict
    }

    fn lets_in(&self, path: &str, is_folder: bool) -> bool {
        match self.verdict(path, is_folder) {
            Match::Ignore(()) => false,
            Match::Whitelist(()) => true,
            Match::None => !name_of(path).starts_with('.'),
        }
    }

    fn verdict(&self, path: &str, is_folder: bool) -> Match<()> {
        let whole = absolute(path);
        for rules in self.rules.iter().filter(|rules| !rules.is_empty()) {
            let mut folder = path;
            while !folder.is_empty() {
                folder = folder_of(folder);
                let Some(rules) = rules.get(folder) else { continue };
                let verdict = rules.matched(Path::new(&whole), is_folder);
                if !verdict.is_none() {
                    return verdict.map(|_| ());
                }
            }
        }
        Match::None
    }
}

fn absolute(path: &str) -> String {
    if path.is_empty() {
        ROOT.to_owned()
    } else {
        format!("{ROOT}/{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted<'a>(rules: &[(&str, &str)], paths: &[&'a str]) -> Vec<&'a str> {
        let mut ignored = Ignored::default();
        for (path, text) in rules {
            ignored.add(path, text.as_bytes());
        }
        paths
            .iter()
            .copied()
            .filter(|path| ignored.counts(path))
            .collect()
    }

    #[test]
    fn hidden_files_count_only_when_let_in() {
        let paths = [".env.py", ".ci/run.sh", "src/a.rs"];
        assert_eq!(counted(&[], &paths), ["src/a.rs"]);
        assert_eq!(
            counted(&[(".gitignore", "!.ci/\n")], &paths),
            [".ci/run.sh", "src/a.rs"]
        );
    }

    #[test]
    fn tracked_files_that_a_rule_names_do_not_count() {
        let rules = [
            (".gitignore", "build/\n*.gen.rs\n"),
            ("lib/.gitignore", "!keep.gen.rs\n/only.rs\n"),
        ];
        let paths = [
            "build/a.rs",
            "a.gen.rs",
            "lib/keep.gen.rs",
            "lib/only.rs",
            "lib/sub/only.rs",
        ];
        assert_eq!(counted(&rules, &paths), ["lib/keep.gen.rs", "lib/sub/only.rs"]);
    }

    #[test]
    fn a_folder_that_is_ignored_hides_what_is_let_in_below() {
        let rules = [(".gitignore", "out\n"), ("out/.gitignore", "!a.rs\n")];
        assert!(counted(&rules, &["out/a.rs"]).is_empty());
    }

    #[test]
    fn the_counters_own_file_outranks_the_others() {
        let rules = [(".tokeignore", "!a.rs\n"), ("sub/.gitignore", "a.rs\n")];
        assert_eq!(counted(&rules, &["sub/a.rs"]), ["sub/a.rs"]);
    }
}
