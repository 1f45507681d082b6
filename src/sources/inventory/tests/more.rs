//! Languages with one way of testing, whose cases begin a line: Elixir (`test "…"` in `*_test.exs`), Dart (`test(…)`,
//! `testWidgets(…)` in `*_test.dart`), Lua (`it(…)` of Busted in `*_spec.lua`), Zig (`test "…" {`), R (`test_that(…)` of
//! testthat), Clojure (`(deftest …)`).

use std::sync::LazyLock;

use regex::bytes::Regex;
use tokei::LanguageType;

use super::super::paths::name_of;
use super::{Found, pattern};
use crate::facts::inventory::Cases;

/// How the cases of a language look, and the end of the names of files that hold some.
struct Rule {
    framework: &'static str,
    files: &'static str,
    case: &'static LazyLock<Regex>,
}

static ELIXIR: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?m)^[ \t]*(?:test|property)\s*\(?\s*""#));
static DART: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^[ \t]*(?:test|testWidgets)\s*\("));
static LUA: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?m)^[ \t]*it\s*\(?\s*["'\[]"#));
static ZIG: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?m)^[ \t]*test\s+(?:"(?:[^"\\\n]|\\.)*"\s*|[A-Za-z_]\w*\s*)?\{"#));
static R: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^[ \t]*(?:testthat::)?test_that\s*\("));
static CLOJURE: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^[ \t]*\((?:\w+/)?deftest\s"));

fn rule(language: LanguageType) -> Option<Rule> {
    use LanguageType as L;
    let (framework, files, case) = match language {
        L::Elixir => ("exunit", "_test.exs", &ELIXIR),
        L::Dart => ("dart-test", "_test.dart", &DART),
        L::Lua => ("busted", "_spec.lua", &LUA),
        L::Zig => ("zig", ".zig", &ZIG),
        L::R => ("testthat", "", &R),
        L::Clojure | L::ClojureC => ("clojure-test", "", &CLOJURE),
        _ => return None,
    };
    Some(Rule {
        framework,
        files,
        case,
    })
}

/// What looks like a case, wherever it stands.
static PERHAPS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"\b(?:test|testWidgets|property|it|describe|deftest|test_that)\b[ \t]*[("'\[{]|\(\S*deftest\b"#)
});

/// The tests of one file. A language without a rule may have some, and so may a file that only looks like it.
pub(super) fn count(path: &str, text: &[u8], language: LanguageType) -> Found {
    let mut found = Found {
        is_open: rule(language).is_none() || PERHAPS.is_match(text),
        ..Found::default()
    };
    if let Some(rule) = rule(language).filter(|rule| name_of(path).ends_with(rule.files)) {
        let cases = rule.case.find_iter(text).count() as u64;
        found.add(
            rule.framework,
            Cases {
                cases,
                parametrized: 0,
            },
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_begin_a_line() {
        use LanguageType as L;
        for (language, path, text, expected) in [
            (
                L::Elixir,
                "test/a_test.exs",
                "test \"adds\" do\nend\n  # test \"no\" do\n  property \"b\" do\n",
                2,
            ),
            (L::Elixir, "lib/a.ex", "test \"no\" do\n", 0),
            (
                L::Dart,
                "test/a_test.dart",
                "  test('adds', () {\n  testWidgets('b', f);\n  // test('no', f);\n",
                2,
            ),
            (
                L::Lua,
                "spec/a_spec.lua",
                "it(\"adds\", function()\nit 'b'\n-- it('no')\n",
                2,
            ),
            (
                L::Zig,
                "src/a.zig",
                "test \"adds\" {\n}\ntest {\n}\ntest add {\n}\nconst test = 1;\n// test \"no\" {\n",
                3,
            ),
            (
                L::R,
                "tests/testthat/test-a.R",
                "test_that(\"adds\", {\n})\n# test_that(\"no\", {\n",
                1,
            ),
            (
                L::Clojure,
                "test/a_test.clj",
                "(deftest adds\n  (is true))\n; (deftest no\n",
                1,
            ),
        ] {
            let cases: u64 = count(path, text.as_bytes(), language)
                .cases
                .values()
                .map(|all| all.cases)
                .sum();
            assert_eq!(cases, expected, "{path}");
        }
    }
}
