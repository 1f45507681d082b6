//! Go: `Test…`, `Fuzz…`, `Benchmark…` and `Example…` functions at the top of `_test.go`, as `go test -list` names them.
//!
//! An example counts when it says what it prints. Subtests are made when a test runs and do not count; a test that has
//! them (`t.Run`) in a loop is not distinguished from one that has none.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::mask::{Dialect, mask};
use super::{Found, pattern};
use crate::facts::inventory::Cases;

static FUNCTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?m)^func (Test|Fuzz|Benchmark|Example)(\w*)\s*\(\s*(?:\w+\s+\*testing\.([TFB]))?\s*\)")
});
static OUTPUT: LazyLock<Regex> = LazyLock::new(|| pattern(r"(?mi)^\s*//\s*(?:unordered )?output:"));

/// The tests of one file.
pub(super) fn count(path: &str, text: &[u8]) -> Found {
    let mut found = Found::default();
    if !path.ends_with("_test.go") {
        return found;
    }
    let masked = mask(text, Dialect::GO);
    let cases = FUNCTION
        .captures_iter(&masked)
        .filter(|function| {
            let part = |at: usize| function.get(at).map_or(&b""[..], |part| part.as_bytes());
            // `Testify` is a helper: the name goes on with a lower-case letter.
            if part(2).first().is_some_and(u8::is_ascii_lowercase) {
                return false;
            }
            match part(1) {
                b"Test" => part(3) == b"T",
                b"Fuzz" => part(3) == b"F",
                b"Benchmark" => part(3) == b"B",
                _ => part(3).is_empty() && prints(text, function.get(0).map_or(0, |all| all.end())),
            }
        })
        .count() as u64;
    found.add(
        "go",
        Cases {
            cases,
            parametrized: 0,
        },
    );
    found
}

/// Whether the function that starts at `at` says what it prints.
fn prints(text: &[u8], at: usize) -> bool {
    let rest = text.get(at..).unwrap_or_default();
    let end = memchr::memmem::find(rest, b"\n}").unwrap_or(rest.len());
    OUTPUT.is_match(&rest[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_go_lists() {
        let text = b"package a\nfunc TestA(t *testing.T) {}\nfunc Testify(t *testing.T) {}\nfunc TestMain(m *testing.M) {}\n\
                     func BenchmarkB(b *testing.B) {}\nfunc FuzzC(f *testing.F) {}\nfunc helper() {}\n\
                     func ExampleD() {\n\tfmt.Println(1)\n\t// Output: 1\n}\nfunc ExampleE() {\n}\n\
                     var x = `\nfunc TestNo(t *testing.T) {}\n`\n";
        let cases = |path| count(path, text).cases.get("go").map(|all| all.cases);
        assert_eq!(cases("a_test.go"), Some(4));
        assert_eq!(cases("a.go"), None);
    }
}
