//! Shell: `test_expect_success` and `test_expect_failure` of git's `test-lib.sh` and Sharness, `@test` of Bats, functions
//! `test…` in files that name shUnit2, and `It`, `Specify`, `Example` of ShellSpec in `*_spec.sh`.
//!
//! A case begins a line. Here-documents are data: they may hold scripts that test the test library.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::super::paths::name_of;
use super::{Found, contains, pattern};
use crate::facts::inventory::Cases;

static EXPECT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*test_expect_(?:success|failure)(?:\s+[^\s(]|\s*\\?$)"));
static BATS: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*@test\s+\S"));
static FUNCTION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\s*(?:function\s+test\w*\s*(?:\(\s*\))?|test\w*\s*\(\s*\))\s*(?:\{.*)?$"));
static SPEC: LazyLock<Regex> = LazyLock::new(|| pattern(r#"^\s*(?:It|Specify|Example)\s+["']"#));
static HERE: LazyLock<Regex> = LazyLock::new(|| pattern(r#"(?:^|[^<])<<(-?)\s*[\\'"]?([A-Za-z_]\w*)"#));

/// Whether a file holds shell tests though no language claims it.
pub(super) fn is_bats(path: &str) -> bool {
    path.ends_with(".bats")
}

/// The tests of one file.
pub(super) fn count(path: &str, text: &[u8]) -> Found {
    let mut found = Found::default();
    let rules: [(&'static str, &Regex, bool); 4] = [
        ("git-test-lib", &EXPECT, !is_bats(path)),
        ("bats", &BATS, is_bats(path)),
        ("shunit2", &FUNCTION, contains(text, "shunit2")),
        ("shellspec", &SPEC, name_of(path).ends_with("_spec.sh")),
    ];
    if !rules.iter().any(|(.., may)| *may) {
        return found;
    }
    let lines = code_lines(text);
    for (framework, case, _) in rules.into_iter().filter(|(.., may)| *may) {
        let cases = lines.iter().filter(|line| case.is_match(line)).count() as u64;
        found.add(
            framework,
            Cases {
                cases,
                parametrized: 0,
            },
        );
    }
    found
}

/// The lines outside here-documents. What never ends is none: `a << b` shifts numbers.
fn code_lines(text: &[u8]) -> Vec<&[u8]> {
    let all: Vec<&[u8]> = text
        .split(|byte| *byte == b'\n')
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .collect();
    let mut lines = Vec::new();
    let mut at = 0;
    while let Some(line) = all.get(at) {
        lines.push(*line);
        at += 1;
        let is_comment = line.trim_ascii_start().starts_with(b"#");
        let Some(found) = HERE.captures(line).filter(|_| !is_comment) else {
            continue;
        };
        let part = |at: usize| found.get(at).map_or(&b""[..], |part| part.as_bytes());
        let is_end = |line: &&[u8]| {
            let tabs = line.iter().take_while(|byte| **byte == b'\t').count();
            let from = if part(1).is_empty() { 0 } else { tabs };
            &line[from..] == part(2)
        };
        if let Some(end) = all[at..].iter().position(is_end) {
            at += end + 1;
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(path: &str, text: &str) -> Vec<(&'static str, u64)> {
        let found = count(path, text.as_bytes()).cases.into_iter();
        found.map(|(name, all)| (name, all.cases)).collect()
    }

    #[test]
    fn git_and_sharness() {
        let text = "#!/bin/sh\n. ./test-lib.sh\n\ntest_expect_success 'setup' '\n\tcat >a <<-\\EOF &&\n\
                    \ttest_expect_success no no\n\tEOF\n\ttest_cmp a b\n'\n\nfor i in 1 2\ndo\n\
                    \ttest_expect_failure PREREQ \"case $i\" '\n\t\tfalse\n\t'\ndone\n\
                    # test_expect_success 'no' 'true'\ntest_expect_success () {\n\t:\n}\ntest_done\n";
        assert_eq!(cases("t/t0001-a.sh", text), [("git-test-lib", 2)]);
        assert_eq!(cases("t/a.sh", "#!/bin/sh\necho test_expect_success\n"), []);
    }

    #[test]
    fn bats_shunit2_and_shellspec() {
        let bats =
            "#!/usr/bin/env bats\n@test \"adds\" {\n  run add 1 2\n}\n@test 'takes' {\n}\n# @test \"no\" {\n";
        assert_eq!(cases("test/a.bats", bats), [("bats", 2)]);
        let shunit = "testAdds() {\n  assertEquals 3 $(add 1 2)\n}\nfunction test_takes {\n  :\n}\nhelper() { :; }\n. shunit2\n";
        assert_eq!(cases("tests/a_test.sh", shunit), [("shunit2", 2)]);
        assert_eq!(cases("tests/a_test.sh", &shunit.replace(". shunit2", "")), []);
        let spec = "Describe 'add'\n  It 'adds'\n    When call add 1 2\n  End\nEnd\n";
        assert_eq!(cases("spec/add_spec.sh", spec), [("shellspec", 1)]);
    }
}
