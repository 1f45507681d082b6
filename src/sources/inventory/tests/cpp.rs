//! C and C++: the macros of the common frameworks at the start of a line.
//!
//! `TEST`, `TEST_F`, `TEST_P`, `TYPED_TEST` are GoogleTest (or CppUTest, where it is included); `TEST_CASE`, `SCENARIO` and
//! their like Catch2 or doctest; `BOOST_…_TEST_CASE`; `START_TEST` of Check; `cmocka_unit_test`; `RUN_TEST` of Unity;
//! `Test` of Criterion. Qt's private slots are not counted.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::mask::{Dialect, mask};
use super::{Found, contains, pattern};
use crate::facts::inventory::Cases;

/// How a framework writes a test, and how one with parameters.
struct Style {
    plain: Regex,
    parametrized: Option<Regex>,
    name: fn(&[u8]) -> Option<&'static str>,
}

static STYLES: LazyLock<[Style; 7]> = LazyLock::new(|| {
    [
        style(
            r"(?m)^[ \t]*(?:TEST|TEST_F|TEST_P|TYPED_TEST|TYPED_TEST_P)[ \t]*\(",
            r"(?m)^[ \t]*(?:TEST_P|TYPED_TEST|TYPED_TEST_P)[ \t]*\(",
            |text| {
                Some(if contains(text, "CppUTest") {
                    "cpputest"
                } else {
                    "googletest"
                })
            },
        ),
        style(
            r"(?m)^[ \t]*(?:TEST_CASE|SCENARIO|TEST_CASE_METHOD|SCENARIO_METHOD|TEST_CASE_FIXTURE|TEMPLATE_(?:LIST_|PRODUCT_)?TEST_CASE\w*|TEST_CASE_TEMPLATE)[ \t]*\(",
            r"(?m)^[ \t]*(?:TEMPLATE_(?:LIST_|PRODUCT_)?TEST_CASE\w*|TEST_CASE_TEMPLATE)[ \t]*\(",
            |text| {
                Some(if contains(text, "doctest") {
                    "doctest"
                } else {
                    "catch2"
                })
            },
        ),
        style(
            r"(?m)^[ \t]*BOOST_(?:AUTO|FIXTURE|DATA|AUTO_PARAM)_TEST_CASE\w*[ \t]*\(",
            r"(?m)^[ \t]*BOOST_(?:DATA_TEST_CASE\w*|AUTO_TEST_CASE_TEMPLATE)[ \t]*\(",
            |_| Some("boost-test"),
        ),
        style(r"(?m)^[ \t]*START_TEST[ \t]*\(", "", |_| Some("check")),
        style(r"\bcmocka_unit_test\w*[ \t]*\(", "", |_| Some("cmocka")),
        style(r"(?m)^[ \t]*RUN_TEST[ \t]*\(", "", |text| {
            contains(text, "unity").then_some("unity")
        }),
        style(
            r"(?m)^(?:Test|ParameterizedTest|Theory)[ \t]*\(",
            r"(?m)^(?:ParameterizedTest|Theory)[ \t]*\(",
            |text| contains(text, "criterion/").then_some("criterion"),
        ),
    ]
});

fn style(plain: &str, parametrized: &str, name: fn(&[u8]) -> Option<&'static str>) -> Style {
    Style {
        plain: pattern(plain),
        parametrized: (!parametrized.is_empty()).then(|| pattern(parametrized)),
        name,
    }
}

/// The tests of one file.
pub(super) fn count(text: &[u8]) -> Found {
    let mut found = Found::default();
    let words = ["TEST", "SCENARIO", "cmocka", "criterion/"];
    if !words.iter().any(|word| contains(text, word)) {
        return found;
    }
    let masked = mask(text, Dialect::CPP);
    for style in STYLES.iter() {
        let cases = style.plain.find_iter(&masked).count() as u64;
        if let (true, Some(name)) = (cases > 0, (style.name)(text)) {
            let parametrized = style
                .parametrized
                .as_ref()
                .map_or(0, |pattern| pattern.find_iter(&masked).count() as u64);
            found.add(name, Cases { cases, parametrized });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macros_at_the_start_of_a_line() {
        let cases = |text: &str| {
            count(text.as_bytes())
                .cases
                .into_iter()
                .map(|(name, all)| (name, all.cases, all.parametrized))
                .collect::<Vec<_>>()
        };
        let text = "TEST(A, b) {}\nTEST_F(A, c) {}\nTEST_P(A, d) {}\n#define TEST(a, b)\n// TEST(A, no)\n";
        assert_eq!(cases(text), [("googletest", 3, 1)]);
        assert_eq!(
            cases("#include \"doctest.h\"\nTEST_CASE(\"a\") {\n  SECTION(\"no\") {}\n}\n"),
            [("doctest", 1, 0)]
        );
        assert_eq!(cases("START_TEST(test_a)\n{\n}\nEND_TEST\n"), [("check", 1, 0)]);
        assert!(cases("int TESTED = 1;").is_empty());
    }
}
