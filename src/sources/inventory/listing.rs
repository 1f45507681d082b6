//! The paths of a tree, and which of them are nothing but samples.

use super::paths::{folder_of, folders, name_of};

/// Directories whose keys open nothing and whose images run nowhere.
const SAMPLES: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "testutil",
    "testutils",
    "testcerts",
    "testkeys",
    "test-data",
    "test_data",
    "spec",
    "specs",
    "fixture",
    "fixtures",
    "example",
    "examples",
    "sample",
    "samples",
    "doc",
    "docs",
    "__tests__",
    "mock",
    "mocks",
    "e2e",
    "vendor",
    "node_modules",
    ".devcontainer",
    "benches",
    "fuzz",
    "t",
];

/// The paths of a tree.
pub(super) struct Listing<'a> {
    files: Vec<&'a str>,
    /// Files, and links that lead to one.
    documents: Vec<&'a str>,
}

impl<'a> Listing<'a> {
    pub(super) fn new(files: impl Iterator<Item = &'a str>, links: impl Iterator<Item = &'a str>) -> Self {
        let mut files: Vec<&str> = files.collect();
        files.sort_unstable();
        let documents = files.iter().copied().chain(links).collect();
        Self { files, documents }
    }

    pub(super) fn files(&self) -> &[&'a str] {
        &self.files
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.files.binary_search(&path).is_ok()
    }

    /// Files, and links that lead to one.
    pub(super) fn documents(&self) -> &[&'a str] {
        &self.documents
    }

    /// The file whose lower-case name fits, the shortest of several: at the top, else in `.github` or `docs`.
    pub(super) fn best(&self, fits: impl Fn(&str) -> bool) -> Option<String> {
        ["", ".github", "docs", "doc", ".gitlab"]
            .iter()
            .find_map(|folder| {
                self.documents
                    .iter()
                    .filter(|path| {
                        folder_of(path).eq_ignore_ascii_case(folder)
                            && fits(&name_of(path).to_ascii_lowercase())
                    })
                    .min_by_key(|path| (path.len(), **path))
                    .map(|path| (*path).to_owned())
            })
    }
}

/// Whether a file lies where nothing is meant to be deployed: `tests`, `unit-tests`, `test-keys` and `KilnTests`, but not
/// `latests`.
pub(super) fn is_sample(path: &str) -> bool {
    folders(path).any(|folder| {
        let lower = folder.to_ascii_lowercase();
        let mut words = lower.split(['-', '_', '.']);
        let first = words.next().unwrap_or_default();
        let last = words.next_back().unwrap_or(first);
        [lower.as_str(), last].iter().any(|word| SAMPLES.contains(word))
            || ["test", "tests", "testing", "mock", "example", "sample"].contains(&first)
            || folder.ends_with("Tests")
    })
}
