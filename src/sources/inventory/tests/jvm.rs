//! Java and Kotlin: methods under `@Test` and its like, JUnit 3 methods, and Kotest.
//!
//! - `junit5`, `junit4`, `testng`, `kotlin-test` by what the file imports: `@Test`, `@ParameterizedTest`, `@RepeatedTest`,
//!   `@TestFactory`, `@Property`; `junit` where nothing is imported by name.
//! - `junit3`: `public void test…()` in a class that extends `…TestCase`.
//! - `kotest`: `test("…")`, `should("…")`, `it("…")`, `"…" {` in files that import it.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::mask::{Dialect, mask};
use super::{Found, contains, grouped, pattern};
use crate::facts::inventory::Cases;

static ANNOTATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"@(?:[\w.]+\.)?(?:Test|ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property)(?:\W|$)",
    )
});
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"@(?:[\w.]+\.)?(?:ParameterizedTest|RepeatedTest|TestFactory|TestTemplate|Property)\b|dataProvider",
    )
});
static JUNIT3: LazyLock<Regex> = LazyLock::new(|| pattern(r"public\s+void\s+test\w*\s*\(\s*\)"));
static EXTENDS: LazyLock<Regex> = LazyLock::new(|| pattern(r"extends\s+[\w.]*TestCase\b"));
static KOTEST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r#"(?m)^\s*(?:(?:test|should|it|scenario|then|expect)\s*\(\s*"[^"\n]*"|"[^"\n]*"\s*\{|(?:x?should|x?it)\s*\()"#,
    )
});

/// The tests of one file.
pub(super) fn count(text: &[u8]) -> Found {
    let mut found = Found::default();
    if !contains(text, "Test") && !contains(text, "kotest") {
        return found;
    }
    let masked = mask(text, Dialect::JVM);
    if contains(text, "import io.kotest") {
        let cases = KOTEST.find_iter(&masked).count() as u64;
        found.add(
            "kotest",
            Cases {
                cases,
                parametrized: 0,
            },
        );
    }
    let starts = |pattern: &Regex| {
        pattern
            .find_iter(&masked)
            .map(|at| at.start())
            .collect::<Vec<_>>()
    };
    let annotated = starts(&ANNOTATION);
    if annotated.is_empty() && EXTENDS.is_match(&masked) {
        let cases = JUNIT3.find_iter(&masked).count() as u64;
        found.add(
            "junit3",
            Cases {
                cases,
                parametrized: 0,
            },
        );
    }
    found.add(framework(text), grouped(&masked, &annotated, &starts(&PARAMETER)));
    found
}

fn framework(text: &[u8]) -> &'static str {
    [
        ("org.junit.jupiter", "junit5"),
        ("org.testng", "testng"),
        ("kotlin.test", "kotlin-test"),
        ("net.jqwik", "jqwik"),
        ("org.junit.", "junit4"),
    ]
    .iter()
    .find(|(import, _)| contains(text, import))
    .map_or("junit", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(text: &str) -> Vec<(&'static str, u64, u64)> {
        count(text.as_bytes())
            .cases
            .into_iter()
            .map(|(name, all)| (name, all.cases, all.parametrized))
            .collect()
    }

    #[test]
    fn annotations_make_tests() {
        let text = "import org.junit.jupiter.api.Test;\nclass A {\n @Test\n void a() {}\n @ParameterizedTest @ValueSource(ints = {1})\n \
                    void b(int n) {}\n // @Test\n @TestInstance(X) class B {}\n}\n";
        assert_eq!(cases(text), [("junit5", 2, 1)]);
        assert_eq!(
            cases("import org.junit.Test;\n@Test(expected = X.class) public void a() {}"),
            [("junit4", 1, 0)]
        );
    }

    #[test]
    fn older_and_kotlin_styles() {
        assert_eq!(
            cases("class A extends TestCase {\n public void testA() {}\n public void other() {}\n}"),
            [("junit3", 1, 0)]
        );
        assert_eq!(
            cases(
                "import io.kotest.core.spec.style.StringSpec\nclass A : StringSpec({\n  \"adds\" {\n  }\n  test(\"b\") {\n }\n})"
            ),
            [("kotest", 2, 0)]
        );
    }
}
