//! JavaScript and TypeScript: calls of `it`, `test`, `specify`, `QUnit.test` and `Deno.test` in test files.
//!
//! A test file is named `*.test.*` or `*.spec.*`, or lies below `test`, `tests`, `spec`, `specs`, `__tests__`, `e2e` or
//! `cypress`. The framework is the one that the file imports, else the one in the nearest `package.json` that names one.
//! `it.each(…)` counts once. Tests made in loops count as written.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::super::paths::{folders, name_of};
use super::mask::{Dialect, mask};
use super::{Found, pattern};
use crate::facts::inventory::Cases;

static CALL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?m)(?:^|[^\w.$])(?:function\s+)?((?:QUnit|Deno)\.(?:test|only|skip|todo)|(?:it|test|specify)(?:\.(?:only|skip|todo|concurrent|failing|fails|sequential|serial|fixme|slow))*(\.each)?)\s*[(<`]",
    )
});

/// A framework's name in a `package.json` and here, the most telling first.
const FRAMEWORKS: &[(&str, &str)] = &[
    ("vitest", "vitest"),
    ("jest", "jest"),
    ("mocha", "mocha"),
    ("jasmine", "jasmine"),
    ("ava", "ava"),
    ("qunit", "qunit"),
    ("@playwright/test", "playwright"),
    ("cypress", "cypress"),
    ("tap", "tap"),
    ("tape", "tape"),
    ("uvu", "uvu"),
];
const IMPORTS: &[(&str, &str)] = &[
    ("vitest", "vitest"),
    ("@jest/globals", "jest"),
    ("node:test", "node-test"),
    ("bun:test", "bun-test"),
    ("@playwright/test", "playwright"),
    ("ava", "ava"),
    ("tape", "tape"),
    ("tap", "tap"),
    ("uvu", "uvu"),
];
const FOLDERS: &[&str] = &["test", "tests", "spec", "specs", "__tests__", "e2e", "cypress"];

/// The framework that a `package.json` names, if any.
pub(super) fn framework(manifest: &serde_json::Value) -> Option<&'static str> {
    let named = |name: &str| {
        ["devDependencies", "dependencies", "peerDependencies"]
            .iter()
            .any(|kind| manifest.get(kind).is_some_and(|names| names.get(name).is_some()))
    };
    FRAMEWORKS
        .iter()
        .find(|(name, _)| named(name))
        .map(|(_, ours)| *ours)
}

/// The tests of one file; those of a framework that it does not import are under `javascript`.
pub(super) fn count(path: &str, text: &[u8]) -> Found {
    let mut found = Found::default();
    let name = name_of(path);
    let by_name = name.contains(".test.") || name.contains(".spec.") || name.contains("_test.");
    if !by_name && !folders(path).any(|folder| FOLDERS.contains(&folder)) {
        return found;
    }
    let masked = mask(text, Dialect::JAVASCRIPT);
    let mut cases = Cases::default();
    let mut own = None;
    for call in CALL.captures_iter(&masked) {
        let (whole, called) = (call.get(0), call.get(1).map_or(&b""[..], |part| part.as_bytes()));
        // `function test(` defines one.
        if whole.is_some_and(|whole| memchr::memmem::find(whole.as_bytes(), b"function").is_some()) {
            continue;
        }
        own = own.or(match called {
            _ if called.starts_with(b"QUnit") => Some("qunit"),
            _ if called.starts_with(b"Deno") => Some("deno"),
            _ => None,
        });
        cases.cases += 1;
        cases.parametrized += u64::from(call.get(2).is_some());
    }
    let framework = own.or_else(|| imported(text)).unwrap_or("javascript");
    found.add(framework, cases);
    found
}

fn imported(text: &[u8]) -> Option<&'static str> {
    IMPORTS
        .iter()
        .find(|(module, _)| {
            ["'", "\""].iter().any(|quote| {
                memchr::memmem::find(text, format!("{quote}{module}{quote}").as_bytes()).is_some()
            })
        })
        .map(|(_, ours)| *ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_in_test_files() {
        let text = b"import { it } from 'vitest';\ndescribe('x', () => {\n  it('a', f);\n  it.only(`b`, f);\n  it.each([1])('c', f);\n\
                     // it('no')\n  re.test('no');\n  obj.it('no');\n});\nfunction test(a) {}\ntest.skip('d', f);\n";
        let found = count("src/a.test.ts", text);
        let cases = found.cases.get("vitest").copied().unwrap_or_default();
        assert_eq!((cases.cases, cases.parametrized), (4, 1));
        assert!(count("src/a.ts", text).cases.is_empty());
        let found = count("test/a.js", b"QUnit.test('a', f);");
        assert_eq!(found.cases.keys().copied().collect::<Vec<_>>(), ["qunit"]);
    }
}
