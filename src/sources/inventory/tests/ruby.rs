//! Ruby: RSpec examples in `*_spec.rb`; `def test_…`, `test "…"` and `it "…"` in `*_test.rb` and `test_*.rb`.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::super::paths::name_of;
use super::mask::{Dialect, mask};
use super::{Found, contains, pattern};
use crate::facts::inventory::Cases;

static EXAMPLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r#"(?m)^\s*(?:it|its|specify|example|scenario|xit|fit)(?:\s*\(|\s+["':A-Z]|\s+do\b|\s*\{)"#)
});
static METHOD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?m)^\s*(?:def\s+test_\w+|(?:test|it|should|specify)\s*\(?\s*["'])"#));

/// The tests of one file.
pub(super) fn count(path: &str, text: &[u8]) -> Found {
    let mut found = Found::default();
    let name = name_of(path);
    let (framework, tests) = if name.ends_with("_spec.rb") {
        let minitest = contains(text, "minitest");
        (if minitest { "minitest" } else { "rspec" }, &EXAMPLE)
    } else if name.ends_with("_test.rb") || name.starts_with("test_") {
        let unit = contains(text, "Test::Unit");
        (if unit { "test-unit" } else { "minitest" }, &METHOD)
    } else {
        return found;
    };
    let masked = mask(text, Dialect::RUBY);
    let cases = tests.find_iter(&masked).count() as u64;
    found.add(
        framework,
        Cases {
            cases,
            parametrized: 0,
        },
    );
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_and_methods() {
        let cases = |path, text: &str| {
            count(path, text.as_bytes())
                .cases
                .into_iter()
                .map(|(name, all)| (name, all.cases))
                .collect::<Vec<_>>()
        };
        let spec =
            "describe A do\n  it 'a' do\n  end\n  it { is_expected.to x }\n  # it 'no'\n  item 'no'\nend\n";
        assert_eq!(cases("a_spec.rb", spec), [("rspec", 2)]);
        let test = "class A < Minitest::Test\n  def test_a\n  end\n  def helper\n  end\n  test \"b\" do\n  end\nend\n";
        assert_eq!(cases("a_test.rb", test), [("minitest", 2)]);
        assert!(cases("a.rb", test).is_empty());
    }
}
