//! Swift: `func test…()` in files with XCTest, and functions under `@Test` of Swift Testing.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::mask::{Dialect, mask};
use super::{Found, contains, pattern};
use crate::facts::inventory::Cases;

static METHOD: LazyLock<Regex> = LazyLock::new(|| pattern(r"\bfunc\s+test\w*\s*\(\s*\)"));
static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| pattern(r"@Test(?:\W|$)"));
static ARGUMENTS: LazyLock<Regex> = LazyLock::new(|| pattern(r"@Test\s*\([^{]*\barguments\s*:"));

/// The tests of one file.
pub(super) fn count(text: &[u8]) -> Found {
    let mut found = Found::default();
    let xctest = contains(text, "XCTest") || contains(text, "TestCase");
    if !xctest && !contains(text, "import Testing") {
        return found;
    }
    let masked = mask(text, Dialect::SWIFT);
    let matches = |pattern: &Regex| pattern.find_iter(&masked).count() as u64;
    if xctest {
        found.add(
            "xctest",
            Cases {
                cases: matches(&METHOD),
                parametrized: 0,
            },
        );
    }
    found.add(
        "swift-testing",
        Cases {
            cases: matches(&ATTRIBUTE),
            parametrized: matches(&ARGUMENTS),
        },
    );
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_frameworks() {
        let found = count(
            b"import XCTest\nimport Testing\nclass A: XCTestCase {\n  func testA() {}\n  func testB() async throws {}\n  func helper() {}\n}\n\
              @Test(arguments: [1]) func c(n: Int) {}\n@Test func d() {}\n// @Test\n",
        );
        let cases: Vec<_> = found
            .cases
            .iter()
            .map(|(name, all)| (*name, all.cases, all.parametrized))
            .collect();
        assert_eq!(cases, [("swift-testing", 2, 1), ("xctest", 2, 0)]);
    }
}
