//! PHP: PHPUnit methods (`function test…`, `#[Test]`, `@test`) in `*Test.php`, and Pest calls (`it('…')`, `test('…')`) in
//! files without a class. A method with a data provider counts once.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::super::paths::{folders, name_of};
use super::mask::{Dialect, mask};
use super::{Found, pattern};
use crate::facts::inventory::Cases;

static METHOD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\bfunction\s+test\w*\s*\(|#\[\s*(?:\\?\w+\\)*Test\s*[\](,]"));
static DOCUMENTED: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^\s*(?:/\*)?\*\s*@test\b"));
static PROVIDER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"@dataProvider\b|#\[\s*(?:\\?\w+\\)*(?:DataProvider|TestWith)\w*\b"));
static CLASS: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?m)^\s*(?:abstract\s+|final\s+)*class\s"));
static PEST: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?m)^\s*(?:it|test)\s*\(\s*["']"#));

/// The tests of one file.
pub(super) fn count(path: &str, text: &[u8]) -> Found {
    let mut found = Found::default();
    let in_tests = folders(path).any(|folder| folder.eq_ignore_ascii_case("tests"));
    if !name_of(path).ends_with("Test.php") && !in_tests {
        return found;
    }
    let masked = mask(text, Dialect::PHP);
    if !CLASS.is_match(&masked) {
        let cases = PEST.find_iter(&masked).count() as u64;
        found.add(
            "pest",
            Cases {
                cases,
                parametrized: 0,
            },
        );
    } else if name_of(path).ends_with("Test.php") {
        let cases = METHOD.find_iter(&masked).count() + DOCUMENTED.find_iter(text).count();
        let parametrized = PROVIDER.find_iter(text).count().min(cases);
        found.add(
            "phpunit",
            Cases {
                cases: cases as u64,
                parametrized: parametrized as u64,
            },
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_and_calls() {
        let cases = |path, text: &str| {
            count(path, text.as_bytes())
                .cases
                .into_iter()
                .map(|(name, all)| (name, all.cases, all.parametrized))
                .collect::<Vec<_>>()
        };
        let unit = "<?php\nclass ATest extends TestCase {\n  public function testA(): void {}\n  /** @dataProvider x */\n  \
                    public function testB($n) {}\n  #[Test]\n  public function c() {}\n  // function testNo()\n}\n";
        assert_eq!(cases("tests/ATest.php", unit), [("phpunit", 3, 1)]);
        assert_eq!(
            cases(
                "tests/Feature/A.php",
                "<?php\nit('a', fn () => 1);\ntest(\"b\", f);\n"
            ),
            [("pest", 2, 0)]
        );
    }
}
