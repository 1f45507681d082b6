//! Test cases by framework, counted as they are written: nothing is built or run.
//!
//! One file a language family holds its rules and says them at its top. A case with parameters counts once and is told
//! apart, so that the number is a lower bound of what a runner would list.

mod cpp;
mod dotnet;
mod found;
mod go;
mod javascript;
mod jvm;
mod macros;
mod mask;
mod more;
mod php;
mod python;
mod ruby;
mod rust;
mod shell;
mod swift;

use std::collections::BTreeMap;

use tokei::LanguageType;

use super::languages::{Counted, is_programming, needs_no_tests};
use super::paths::{folder_of, name_of};
use crate::facts::files::{FileClass, Linguist};
use crate::facts::inventory::{Cases, TestFacts};
use found::{Found, contains, grouped, pattern, text_pattern};
use macros::Macros;

/// The tests of the files seen so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    facts: BTreeMap<&'static str, Cases>,
    macros: Macros,
    /// Documentation examples by file: they are tests in a library crate alone.
    doc_examples: Vec<(String, u64)>,
    /// Cases by file that imports no framework.
    javascript: Vec<(String, Cases)>,
    /// The framework that the `package.json` of a directory names.
    packages: BTreeMap<String, &'static str>,
    test_lines: u64,
    source_lines: u64,
    searched: u64,
    unsearched: u64,
    /// The first of the files that test, as their place or name says.
    test_file: Option<String>,
    /// The first language, by name, with tests that may not have been counted.
    uncounted: Option<&'static str>,
}

impl Tally {
    /// Counts a file that may contain tests and could not be read.
    pub(super) fn miss(&mut self) {
        self.unsearched += 1;
    }

    /// Adds a file written for this project.
    pub(super) fn add(&mut self, path: &str, content: &[u8], counted: Counted) {
        let mut found = find(path, content, counted.language);
        if let Some(cases) = found.cases.remove("javascript") {
            self.javascript.push((path.to_owned(), cases));
        }
        for (framework, cases) in found.cases {
            *self.facts.entry(framework).or_default() += cases;
        }
        self.macros.merge(found.macros);
        if is_programming(counted.language) {
            self.add_test_file(path);
            if found.is_open {
                let name = counted.language.name();
                self.uncounted = Some(self.uncounted.map_or(name, |first| first.min(name)));
            }
        }
        if found.doc_examples > 0 {
            self.doc_examples.push((path.to_owned(), found.doc_examples));
        }
        if name_of(path) == "package.json" {
            let manifest = serde_json::from_slice(content).ok();
            let framework = manifest.and_then(|manifest| javascript::framework(&manifest));
            self.packages
                .extend(framework.map(|name| (folder_of(path).to_owned(), name)));
        }
        if is_programming(counted.language) {
            self.searched += 1;
            let code = counted.lines.code;
            let test_lines = if FileClass::of(path.as_bytes(), Linguist::default()) == FileClass::Test {
                code
            } else {
                found.inline_test_lines.min(code)
            };
            self.test_lines += test_lines;
            self.source_lines += code - test_lines;
        }
    }

    /// Adds a file of tests that no language claims, so that it counts as no lines.
    pub(super) fn add_unclaimed(&mut self, path: &str, content: &[u8]) {
        for (framework, cases) in shell::count(path, content).cases {
            *self.facts.entry(framework).or_default() += cases;
        }
        self.searched += 1;
        self.add_test_file(path);
    }

    fn add_test_file(&mut self, path: &str) {
        let is_first = self.test_file.as_deref().is_none_or(|first| path < first);
        if is_first && FileClass::of(path.as_bytes(), Linguist::default()) == FileClass::Test {
            self.test_file = Some(path.to_owned());
        }
    }

    /// Joins what two threads found.
    pub(super) fn merge(mut self, other: Self) -> Self {
        for (framework, cases) in other.facts {
            *self.facts.entry(framework).or_default() += cases;
        }
        self.macros.merge(other.macros);
        self.doc_examples.extend(other.doc_examples);
        self.javascript.extend(other.javascript);
        self.packages.extend(other.packages);
        self.test_lines += other.test_lines;
        self.source_lines += other.source_lines;
        self.searched += other.searched;
        self.unsearched += other.unsearched;
        self.test_file = match (self.test_file, other.test_file) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self.uncounted = match (self.uncounted, other.uncounted) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        self
    }

    /// The sum, with what only the whole tree can tell. `has_file` says whether a path is in it.
    pub(super) fn finish(mut self, has_file: impl Fn(&str) -> bool) -> TestFacts {
        let mut add = |framework: &'static str, cases: Cases| {
            if cases.cases > 0 {
                *self.facts.entry(framework).or_default() += cases;
            }
        };
        add(
            "rust",
            Cases {
                cases: self.macros.tests(),
                parametrized: 0,
            },
        );
        for (path, cases) in self.doc_examples {
            let cases = if in_library_crate(&path, &has_file) {
                cases
            } else {
                0
            };
            add(
                "rust-doctest",
                Cases {
                    cases,
                    parametrized: 0,
                },
            );
        }
        for (path, cases) in self.javascript {
            add(package_framework(&path, &self.packages), cases);
        }
        let no_case = self.facts.values().all(|all| all.cases == 0);
        TestFacts {
            frameworks: self
                .facts
                .into_iter()
                .map(|(name, cases)| (name.to_owned(), cases))
                .collect(),
            unrecognised: self.test_file.filter(|_| no_case),
            uncounted: self.uncounted.filter(|_| no_case).map(str::to_owned),
            test_lines: self.test_lines,
            source_lines: self.source_lines,
            searched: self.searched,
            unsearched: self.unsearched,
        }
    }
}

#[cfg(any(test, feature = "testing"))]
/// Source text, masked as each dialect has it and searched for the tests of each language.
pub fn hostile(data: &[u8]) {
    use mask::{Dialect, mask};
    for dialect in [
        Dialect::RUST,
        Dialect::GO,
        Dialect::JAVASCRIPT,
        Dialect::JVM,
        Dialect::CSHARP,
        Dialect::SWIFT,
        Dialect::CPP,
        Dialect::PHP,
        Dialect::PYTHON,
        Dialect::RUBY,
    ] {
        let masked = mask(data, dialect);
        let breaks = |text: &[u8]| memchr::memchr_iter(b'\n', text).count();
        assert_eq!((masked.len(), breaks(&masked)), (data.len(), breaks(data)));
    }
    for (language, _) in LanguageType::list() {
        find("tests/a_test.x", data, *language);
    }
}

fn find(path: &str, content: &[u8], language: LanguageType) -> Found {
    use LanguageType as L;
    match language {
        L::Rust => rust::count(content),
        L::Python => python::count(path, content),
        L::Go => go::count(path, content),
        L::JavaScript | L::TypeScript | L::Jsx | L::Tsx | L::CoffeeScript => javascript::count(path, content),
        L::Java | L::Kotlin => jvm::count(content),
        L::CSharp => dotnet::count(content),
        L::Ruby => ruby::count(path, content),
        L::Php => php::count(path, content),
        L::Swift => swift::count(content),
        L::C | L::CHeader | L::Cpp | L::CppHeader | L::CppModule => cpp::count(content),
        L::Sh | L::Bash | L::Zsh => shell::count(path, content),
        // Their code is JavaScript, and so are the files that test it.
        L::Vue | L::Svelte | L::Astro => Found::default(),
        _ if needs_no_tests(language) => Found::default(),
        _ => more::count(path, content, language),
    }
}

/// Whether a file may hold tests though no language claims it: those of Bats, and Perl's.
pub(super) fn may_be_unclaimed(path: &str) -> bool {
    shell::is_bats(path)
        || path.ends_with(".t") && FileClass::of(path.as_bytes(), Linguist::default()) == FileClass::Test
}

/// Whether the innermost crate with a `src` directory around the file has a library.
fn in_library_crate(path: &str, has_file: &impl Fn(&str) -> bool) -> bool {
    let mut folder = folder_of(path);
    loop {
        if name_of(folder) == "src" {
            let is_program =
                path == format!("{folder}/main.rs") || path.starts_with(&format!("{folder}/bin/"));
            return !is_program && has_file(&format!("{folder}/lib.rs"));
        }
        if folder.is_empty() {
            return false;
        }
        folder = folder_of(folder);
    }
}

fn package_framework(path: &str, packages: &BTreeMap<String, &'static str>) -> &'static str {
    let mut folder = path;
    while !folder.is_empty() {
        folder = folder_of(folder);
        if let Some(framework) = packages.get(folder) {
            return framework;
        }
    }
    "javascript"
}

#[cfg(test)]
mod unit_tests {
    use super::*;
    use crate::facts::inventory::LinesByKind;

    fn counted(language: LanguageType, code: u64) -> Counted {
        let lines = LinesByKind {
            code,
            ..LinesByKind::default()
        };
        Counted { language, lines }
    }

    #[test]
    fn the_whole_tree_tells_what_a_file_cannot() {
        let mut tally = Tally::default();
        let doc = b"/// ```\n/// a();\n/// ```\nfn a() {}\n";
        for path in ["lib/src/lib.rs", "lib/src/main.rs", "app/src/cli.rs"] {
            tally.add(path, doc, counted(LanguageType::Rust, 1));
        }
        let manifest = br#"{"devDependencies": {"mocha": "1"}}"#;
        tally.add("web/package.json", manifest, counted(LanguageType::Json, 1));
        let calls = b"it('a', f)";
        tally.add("web/test/a.js", calls, counted(LanguageType::JavaScript, 1));
        let facts = tally.finish(|path| path == "lib/src/lib.rs" || path == "app/src/main.rs");
        let cases = |name: &str| facts.frameworks.get(name).map(|all| all.cases);
        assert_eq!(cases("rust-doctest"), Some(1));
        assert_eq!(cases("mocha"), Some(1));
        assert_eq!((facts.test_lines, facts.source_lines), (1, 3));
        assert_eq!(facts.known_cases(), Some(2));
    }

    #[test]
    fn none_is_known_only_where_every_language_is_counted() {
        let facts = |files: &[(&str, LanguageType, &str)]| {
            let mut tally = Tally::default();
            for (path, language, text) in files {
                tally.add(path, text.as_bytes(), counted(*language, 1));
            }
            tally.finish(|_| false)
        };
        let rust = ("src/lib.rs", LanguageType::Rust, "fn a() {}\n");
        let tested = ("src/b.rs", LanguageType::Rust, "#[test]\nfn b() {}\n");
        let make = ("Makefile", LanguageType::Makefile, "all:\n");
        assert_eq!(facts(&[rust, make]).known_cases(), Some(0));
        for (path, language) in [
            ("oven.ml", LanguageType::OCaml),
            ("oven.nim", LanguageType::Nim),
            ("Oven.hs", LanguageType::Haskell),
            ("oven.sql", LanguageType::Sql),
            ("Oven.Tests.ps1", LanguageType::PowerShell),
            ("oven.f90", LanguageType::FortranModern),
            ("oven.scala", LanguageType::Scala),
        ] {
            let source = (path, language, "heat\n");
            let open = facts(&[rust, source]);
            assert_eq!(open.known_cases(), None, "{path}");
            assert_eq!(open.uncounted.as_deref(), Some(language.name()));
            assert_eq!(facts(&[tested, source]).known_cases(), Some(1), "{path}");
        }
        let dart = |text| facts(&[("lib/oven.dart", LanguageType::Dart, text)]).known_cases();
        assert_eq!(dart("void main() {}\n"), Some(0));
        assert_eq!(dart("void main() { test('heats', () {}); }\n"), None);
        let elixir = facts(&[("oven.exs", LanguageType::Elixir, "  test \"heats\" do\n")]);
        assert_eq!(elixir.known_cases(), None);
    }

    #[test]
    fn tests_that_nobody_recognises_are_not_none() {
        let facts = |files: &[(&str, LanguageType, &str)]| {
            let mut tally = Tally::default();
            for (path, language, text) in files {
                tally.add(path, text.as_bytes(), counted(*language, 1));
            }
            tally.finish(|_| false)
        };
        let source = ("src/a.sh", LanguageType::Sh, "echo a\n");
        let script = ("test/run.sh", LanguageType::Sh, "./a && echo ok\n");
        let more = ("test/more.sh", LanguageType::Sh, "./a\n");
        let data = ("test/data.json", LanguageType::Json, "{}");
        let git = ("t/t1.sh", LanguageType::Sh, "test_expect_success 'a' 'true'\n");
        assert_eq!(facts(&[source, data]).known_cases(), Some(0));
        let unclear = facts(&[source, script, more]);
        assert_eq!(unclear.known_cases(), None);
        assert_eq!(unclear.unrecognised.as_deref(), Some("test/more.sh"));
        assert_eq!(facts(&[source, script, git]).known_cases(), Some(1));
        let mut perl = Tally::default();
        perl.add_unclaimed("t/a.t", b"ok(1);");
        assert_eq!(perl.finish(|_| false).known_cases(), None);
        let mut bats = Tally::default();
        bats.add_unclaimed("test/a.bats", b"@test \"a\" {\n}\n");
        assert_eq!(bats.finish(|_| false).known_cases(), Some(1));
        assert!(may_be_unclaimed("t/a.t") && may_be_unclaimed("a.bats") && !may_be_unclaimed("src/a.t"));
    }
}
