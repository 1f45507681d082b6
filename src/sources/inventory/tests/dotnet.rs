//! C#: methods under the attributes of NUnit, xUnit and MSTest. A method with several `[TestCase]` or `[InlineData]` counts
//! once, as one with parameters.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::mask::{Dialect, mask};
use super::{Found, contains, grouped, pattern};

static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"[\[,]\s*(?:[\w.]+\.)?(?:TestCase|TestCaseSource|Theory|DataTestMethod|DataRow)\b")
});
static FRAMEWORKS: LazyLock<[(&str, Regex); 3]> = LazyLock::new(|| {
    [
        (
            "nunit",
            r"\[\s*(?:[\w.]+\.)?(?:Test|TestCase|TestCaseSource)\s*[\](,]",
        ),
        ("xunit", r"\[\s*(?:[\w.]+\.)?(?:Fact|Theory)\s*[\](,]"),
        (
            "mstest",
            r"\[\s*(?:[\w.]+\.)?(?:TestMethod|DataTestMethod)\s*[\](,]",
        ),
    ]
    .map(|(name, text)| (name, pattern(text)))
});

/// The tests of one file.
pub(super) fn count(text: &[u8]) -> Found {
    let mut found = Found::default();
    if !["Test", "Fact", "Theory"].iter().any(|word| contains(text, word)) {
        return found;
    }
    let masked = mask(text, Dialect::CSHARP);
    let starts = |pattern: &Regex| {
        pattern
            .find_iter(&masked)
            .map(|at| at.start())
            .collect::<Vec<_>>()
    };
    let parameters = starts(&PARAMETER);
    for (name, attribute) in FRAMEWORKS.iter() {
        found.add(name, grouped(&masked, &starts(attribute), &parameters));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_of_three_frameworks() {
        let text = b"[TestFixture] class A {\n[Test] public void A() { x(); }\n[TestCase(1)]\n[TestCase(2)]\npublic void B(int n) { }\n\
                     [Fact]\npublic void C() { a[Test] = 1; }\n[Theory, InlineData(1)] public void D(int n) { }\n[TestMethod] void E() {}\n}";
        let found = count(text);
        let cases: Vec<_> = found
            .cases
            .iter()
            .map(|(name, all)| (*name, all.cases, all.parametrized))
            .collect();
        assert_eq!(cases, [("mstest", 1, 0), ("nunit", 3, 1), ("xunit", 2, 1)]);
    }
}
