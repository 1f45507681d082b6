//! Rust: functions under a test attribute, calls of macros that make them, and documentation examples.
//!
//! - `rust`: a function under `#[test]` or any attribute whose last part is `test` (`#[tokio::test]`), `#[rstest]`,
//!   `#[test_case(…)]`, `#[quickcheck]` and their like; and every call of a `macro_rules!` macro whose body holds such an
//!   attribute, in its own file, or in others where its name has `test` in it.
//! - `rust-doctest`: a fenced block in `///` or `//!` of a library crate that is Rust by its info string.
//!
//! Benchmarks are not tests. What `cfg` leaves out of a build counts all the same.

use std::sync::LazyLock;

use regex::bytes::Regex;

use super::mask::{Dialect, mask};
use super::{Found, grouped, pattern};

static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"#\[\s*(?:\w+\s*::\s*)*(test|rstest|test_case|test_matrix|wasm_bindgen_test|quickcheck|test_with|apply)\s*[\](=]",
    )
});
static PARAMETER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"#\[\s*(?:test_case::)?(?:case|test_case|test_matrix)\b|#\[\s*values\s*\("));
static MACRO: LazyLock<Regex> = LazyLock::new(|| pattern(r"macro_rules!\s*(\w+)\s*[{(]"));
static CALL: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(\w+)!\s*[({\[]"));
static TEST_MODULE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"#\[\s*cfg\s*\(\s*(?:all\s*\(\s*)?test\b[^\]]*\]\s*(?:#\[[^\]]*\]\s*)*(?:pub\s*(?:\([^)]*\)\s*)?)?mod\s+\w+\s*\{",
    )
});

/// The tests of one file.
pub(super) fn count(text: &[u8]) -> Found {
    let mut found = Found {
        doc_examples: doc_examples(text),
        ..Found::default()
    };
    if memchr::memmem::find(text, b"test").is_none() {
        return found;
    }
    let masked = mask(text, Dialect::RUST);
    let macros: Vec<_> = MACRO
        .captures_iter(&masked)
        .filter_map(|captures| {
            let open = captures.get(0)?.end().checked_sub(1)?;
            let name = String::from_utf8_lossy(captures.get(1)?.as_bytes()).into_owned();
            Some((name, open..block_end(&masked, open)))
        })
        .collect();
    let in_macro = |at: usize| macros.iter().find(|(_, body)| body.contains(&at));
    let mut tests = Vec::new();
    for attribute in ATTRIBUTE.find_iter(&masked) {
        match in_macro(attribute.start()) {
            Some((name, _)) => {
                found.macros.makes_tests.insert(name.clone());
            }
            None => tests.push(attribute.start()),
        }
    }
    for call in CALL.captures_iter(&masked) {
        let Some(name) = call.get(1) else { continue };
        if in_macro(name.start()).is_none() {
            found.macros.call(String::from_utf8_lossy(name.as_bytes()));
        }
    }
    let parameters: Vec<usize> = PARAMETER.find_iter(&masked).map(|at| at.start()).collect();
    found.add("rust", grouped(&masked, &tests, &parameters));
    found.inline_test_lines = inline_test_lines(&masked);
    found
}

/// Where the block ends whose bracket opens at `open`.
fn block_end(masked: &[u8], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in masked.iter().enumerate().skip(open) {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    masked.len()
}

/// Lines with code in the `#[cfg(test)]` modules of a file.
fn inline_test_lines(masked: &[u8]) -> u64 {
    let mut past = 0;
    let mut lines = 0;
    for module in TEST_MODULE.find_iter(masked) {
        if module.start() < past {
            continue;
        }
        past = block_end(masked, module.end() - 1);
        lines += masked[module.start()..past]
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.trim_ascii().is_empty())
            .count() as u64;
    }
    lines
}

/// Fenced blocks in documentation that rustdoc would compile.
fn doc_examples(text: &[u8]) -> u64 {
    let mut examples = 0;
    let mut fence: Option<&[u8]> = None;
    let mut in_block = false;
    for line in text.split(|byte| *byte == b'\n') {
        let Some(doc) = documentation(line.trim_ascii(), &mut in_block) else {
            fence = None;
            continue;
        };
        let mark: &[u8] = if doc.starts_with(b"~~~") { b"~~~" } else { b"```" };
        match fence {
            Some(open) if doc.starts_with(open) && doc.iter().all(|byte| open.contains(byte)) => fence = None,
            None if doc.starts_with(mark) => {
                let info = &doc[doc.iter().take_while(|byte| mark.contains(byte)).count()..];
                examples += u64::from(is_rust(&String::from_utf8_lossy(info)));
                fence = Some(mark);
            }
            _ => {}
        }
    }
    examples
}

/// What a line says in `///`, `//!`, `/** … */` or `/*! … */`; `in_block` describes the latter from line to line.
fn documentation<'a>(line: &'a [u8], in_block: &mut bool) -> Option<&'a [u8]> {
    let opened = || {
        let rest = line.strip_prefix(b"/*!").or_else(|| line.strip_prefix(b"/**"))?;
        (!rest.starts_with(b"*") && !rest.starts_with(b"/")).then_some(rest)
    };
    let told = if *in_block {
        line.strip_prefix(b"*")
            .filter(|rest| !rest.starts_with(b"/"))
            .unwrap_or(line)
    } else if let Some(rest) = opened() {
        *in_block = true;
        rest
    } else {
        let outer = || line.strip_prefix(b"///").filter(|rest| !rest.starts_with(b"/"));
        return line.strip_prefix(b"//!").or_else(outer).map(<[u8]>::trim_ascii);
    };
    *in_block = memchr::memmem::find(line, b"*/").is_none();
    Some(told.trim_ascii())
}

fn is_rust(info: &str) -> bool {
    let mut words = info
        .split(|c: char| c == ',' || c.is_whitespace())
        .filter(|word| !word.is_empty());
    words.all(|word| {
        matches!(
            word,
            "rust"
                | "should_panic"
                | "no_run"
                | "compile_fail"
                | "test_harness"
                | "standalone_crate"
                | "standalone"
        ) || word.starts_with("ignore")
            || word.starts_with("edition20")
            || word.starts_with('E') && word[1..].bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::super::macros::Macros;
    use super::*;

    fn cases(text: &str) -> (u64, u64) {
        let found = count(text.as_bytes());
        let all = found.cases.get("rust").copied().unwrap_or_default();
        (all.cases, all.parametrized)
    }

    #[test]
    fn attributes_make_tests() {
        let text = "#[test]\nfn a() {}\n#[tokio::test(flavor = \"x\")]\nasync fn b() {}\n#[cfg(test)]\nmod t {}\n\
                    #[rstest]\n#[case(1)]\n#[case(2)]\nfn c(#[case] n: u8) {}\n\
                    #[test_case(1)]\n#[test_case(2)]\nfn d(n: u8) {}\n#[bench]\nfn e() {}\n";
        assert_eq!(cases(text), (4, 2));
    }

    #[test]
    fn comments_and_strings_hold_no_tests() {
        assert_eq!(cases("// #[test]\n/* #[test] */ let a = r#\"#[test]\"#;"), (0, 0));
    }

    #[test]
    fn a_macro_that_makes_tests_makes_one_each_call() {
        let mut macros = Macros::default();
        for file in [
            "macro_rules! mytest { ($n:ident) => { #[test] fn $n() {} } }\nmytest!(a);\nother_test!(c);",
            "macro_rules! glob { ($n:ident) => { #[test] fn $n() {} } }\nglob!(a);\nglob!(b);",
            "use crate::{mytest, glob};\nmytest!(d);\nglob!(a_pattern);",
        ] {
            let found = count(file.as_bytes());
            assert!(found.cases.is_empty());
            macros.merge(found.macros);
        }
        assert_eq!(macros.tests(), 4);
    }

    #[test]
    fn documentation_examples_are_rust_unless_they_say_otherwise() {
        let text =
            "/// ```\n/// a\n/// ```\n/// ```text\n/// b\n/// ```\n//! ```no_run\n//! c\n//! ```\n// ```\n";
        assert_eq!(count(text.as_bytes()).doc_examples, 2);
        let blocks =
            "/*!\n```\na\n```\n\n * ```\n * b\n * ```\n*/\n/* ```\nc\n``` */\n/** one line */\n```\nd\n```\n";
        assert_eq!(count(blocks.as_bytes()).doc_examples, 2);
    }

    #[test]
    fn lines_of_a_test_module_are_test_lines() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    // why\n\n    #[test]\n    fn b() { x(\"}\"); }\n}\nfn c() {}\n";
        assert_eq!(count(text.as_bytes()).inline_test_lines, 4);
    }
}
