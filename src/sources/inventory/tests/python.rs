//! Python: what pytest collects by its defaults, and `unittest` classes.
//!
//! - `pytest`: `def test…` at the top of `test_*.py` and `*_test.py`, and in classes named `Test…` there.
//! - `unittest`: `def test…` in classes with a base named `…TestCase`, in files named `test*.py` or as above.
//!
//! A function under `parametrize` counts once. Inherited test methods count where they are written.

use std::sync::LazyLock;

use regex::Regex;

use super::super::paths::name_of;
use super::mask::{Dialect, mask};
use super::{Found, text_pattern};
use crate::facts::inventory::Cases;

static CLASS: LazyLock<Regex> = LazyLock::new(|| text_pattern(r"^class\s+(\w+)\s*(?:\[.*?\])?\s*(\(.*)?"));
static FUNCTION: LazyLock<Regex> = LazyLock::new(|| text_pattern(r"^(?:async\s+)?def\s+(\w+)"));

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    Function,
    Pytest,
    Unittest,
    OtherClass,
}

/// The tests of one file.
pub(super) fn count(path: &str, text: &[u8]) -> Found {
    let mut found = Found::default();
    let name = name_of(path);
    let pytest_file = name.starts_with("test_") || name.ends_with("_test.py");
    if !(pytest_file || name.starts_with("test")) || memchr::memmem::find(text, b"def test").is_none() {
        return found;
    }
    let masked = mask(text, Dialect::PYTHON);
    let masked = String::from_utf8_lossy(&masked);
    let mut scopes: Vec<(usize, Scope)> = Vec::new();
    let mut local_cases: Vec<&str> = Vec::new();
    let mut parametrized = false;
    for (indent, line) in logical_lines(&masked) {
        while scopes.last().is_some_and(|(above, _)| *above >= indent) {
            scopes.pop();
        }
        let within = scopes.last().map(|(_, scope)| *scope);
        if let Some(class) = CLASS.captures(line) {
            let bases = class.get(2).map_or("", |bases| bases.as_str());
            let name = class.get(1).map_or("", |name| name.as_str());
            let scope = class_scope(name, bases, &local_cases, within);
            if scope == Scope::Unittest {
                local_cases.push(name);
            }
            scopes.push((indent, scope));
        } else if let Some(function) = FUNCTION.captures(line) {
            let is_test = function
                .get(1)
                .is_some_and(|name| name.as_str().starts_with("test"));
            let framework = match within {
                None | Some(Scope::Pytest) if pytest_file => Some("pytest"),
                Some(Scope::Unittest) => Some("unittest"),
                _ => None,
            };
            if let (true, Some(framework)) = (is_test, framework) {
                let parametrized = u64::from(parametrized);
                found.add(
                    framework,
                    Cases {
                        cases: 1,
                        parametrized,
                    },
                );
            }
            scopes.push((indent, Scope::Function));
        }
        // Decorators belong to the next thing that is none.
        parametrized = line.starts_with('@') && (parametrized || line.contains("parametrize"));
    }
    found
}

fn class_scope(name: &str, bases: &str, local_cases: &[&str], within: Option<Scope>) -> Scope {
    let derives = bases
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|base| base.ends_with("TestCase") || local_cases.contains(&base));
    match within {
        Some(Scope::Function | Scope::OtherClass) => Scope::OtherClass,
        _ if derives => Scope::Unittest,
        _ if name.starts_with("Test") => Scope::Pytest,
        _ => Scope::OtherClass,
    }
}

/// Lines that start a statement, with their indent: those inside brackets, and blank ones, are left out.
fn logical_lines(masked: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut depth = 0_usize;
    masked.lines().filter_map(move |line| {
        let starts = depth == 0;
        for byte in line.bytes() {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        let statement = line.trim_start();
        (starts && !statement.is_empty()).then(|| (line.len() - statement.len(), statement))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(path: &str, text: &str) -> Vec<(&'static str, u64, u64)> {
        count(path, text.as_bytes())
            .cases
            .into_iter()
            .map(|(name, all)| (name, all.cases, all.parametrized))
            .collect()
    }

    #[test]
    fn what_pytest_collects() {
        let text = "def test_a():\n    def test_inner(): pass\n    x = \"\"\"\ndef test_no(): pass\n\"\"\"\n\
                    @pytest.mark.parametrize(\n    'a', [1]\n)\n@other\ndef test_b(a): pass\n\
                    class TestC:\n    async def test_d(self): pass\n    def helper(self): pass\n\
                    class Other:\n    def test_no(self): pass\nif True:\n    def test_e(): pass\n";
        assert_eq!(cases("tests/test_x.py", text), [("pytest", 4, 1)]);
        assert_eq!(cases("tests/x_test.py", "def test_a(): pass"), [("pytest", 1, 0)]);
        assert!(cases("tests/conftest.py", "def test_a(): pass").is_empty());
    }

    #[test]
    fn what_unittest_collects() {
        let text = "class Base(unittest.TestCase):\n    def test_a(self):\n        pass\n    def check(self): pass\n\
                    class More(Base):\n    def test_b(self): pass\n";
        assert_eq!(cases("app/tests.py", text), [("unittest", 2, 0)]);
        assert_eq!(cases("test_app.py", text), [("unittest", 2, 0)]);
    }
}
