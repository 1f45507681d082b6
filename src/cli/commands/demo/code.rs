//! Source files that grow and change as code does, without meaning anything.

use super::random::Random;

/// In which language a repository is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Rust,
    TypeScript,
    Python,
    Go,
}

const VERBS: [&str; 12] = [
    "load", "merge", "check", "post", "split", "match", "close", "price", "plan", "trace", "store", "rank",
];
const NOUNS: [&str; 12] = [
    "entry", "lesson", "invoice", "session", "batch", "token", "account", "lab", "queue", "report", "window",
    "policy",
];

/// What a file is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    Work,
    Test,
}

/// A file as a list of functions; each number decides what one of them looks like.
#[derive(Debug, Clone)]
pub(super) struct SourceFile {
    language: Language,
    purpose: Purpose,
    functions: Vec<u64>,
}

impl SourceFile {
    /// A file of about `lines` lines.
    pub(super) fn new(language: Language, purpose: Purpose, lines: usize, random: &mut Random) -> Self {
        let functions = (0..(lines / 9).max(1)).map(|_| random.next()).collect();
        Self {
            language,
            purpose,
            functions,
        }
    }

    /// Changes some functions and adds a few, as a later commit does.
    pub(super) fn change(&mut self, random: &mut Random) {
        for _ in 0..=random.below(3) {
            let at = random.below(self.functions.len());
            if let Some(function) = self.functions.get_mut(at) {
                // The name stays, the body changes.
                *function = *function & 0xffff | random.next() & !0xffff;
            }
        }
        self.functions.push(random.next());
    }

    pub(super) fn text(&self) -> String {
        let functions: Vec<String> = self
            .functions
            .iter()
            .enumerate()
            .map(|(at, seed)| Function::of(at, *seed))
            .map(|function| match self.purpose {
                Purpose::Work => function.work(self.language),
                Purpose::Test => function.test(self.language),
            })
            .collect();
        functions.join("\n")
    }
}

impl Language {
    pub(super) fn path(self, name: &str) -> String {
        match self {
            Self::Rust => format!("src/{name}.rs"),
            Self::TypeScript => format!("src/{name}.ts"),
            Self::Python => format!("courses/{name}.py"),
            Self::Go => format!("internal/{name}/{name}.go"),
        }
    }

    pub(super) fn test_path(self, name: &str) -> String {
        match self {
            Self::Rust => format!("tests/{name}.rs"),
            Self::TypeScript => format!("src/{name}.test.ts"),
            Self::Python => format!("tests/test_{name}.py"),
            Self::Go => format!("internal/{name}/{name}_test.go"),
        }
    }

    /// The file that tells tools what the repository is, and its content.
    pub(super) fn manifest(self, name: &str, about: &str) -> (String, String) {
        let (path, text) = match self {
            Self::Rust => (
                "Cargo.toml",
                format!(
                    "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\nlicense = \"MIT\"\ndescription = \"{about}\"\n"
                ),
            ),
            Self::TypeScript => (
                "package.json",
                format!(
                    "{{\n  \"name\": \"{name}\",\n  \"version\": \"0.1.0\",\n  \"license\": \"MIT\",\n  \"description\": \"{about}\",\n  \"devDependencies\": {{\"vitest\": \"^3.0.0\"}}\n}}\n"
                ),
            ),
            Self::Python => (
                "pyproject.toml",
                format!(
                    "[project]\nname = \"{name}\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\ndescription = \"{about}\"\n"
                ),
            ),
            Self::Go => ("go.mod", format!("module example.org/{name}\n\ngo 1.24\n")),
        };
        (path.to_owned(), text)
    }
}

/// What a function is about. Its text has as many lines whatever its purpose.
struct Function {
    at: usize,
    verb: &'static str,
    noun: &'static str,
    limit: u64,
    step: u64,
}

impl Function {
    fn of(at: usize, seed: u64) -> Self {
        let word = |list: &[&'static str], shift: u32| {
            list.get((seed >> shift) as usize % list.len())
                .copied()
                .unwrap_or("work")
        };
        Self {
            at,
            verb: word(&VERBS, 0),
            noun: word(&NOUNS, 8),
            limit: seed >> 16 & 0x3ff,
            step: seed >> 32 & 0x3f,
        }
    }

    fn work(&self, language: Language) -> String {
        let Self {
            at,
            verb,
            noun,
            limit,
            step,
        } = self;
        match language {
            Language::Rust => format!(
                "/// Tries to {verb} the {noun}.\npub fn {verb}_{noun}_{at}(values: &[u64]) -> u64 {{\n    let mut total = {step};\n    for value in values {{\n        total += value.min(&{limit});\n    }}\n    total\n}}\n"
            ),
            Language::TypeScript => format!(
                "// Tries to {verb} the {noun}.\nexport function {verb}{at}{noun}(values: number[]): number {{\n  let total = {step};\n  for (const value of values) {{\n    total += Math.min(value, {limit});\n  }}\n  return total;\n}}\n"
            ),
            Language::Python => format!(
                "def {verb}_{noun}_{at}(values):\n    \"\"\"Try to {verb} the {noun}.\"\"\"\n    total = {step}\n    for value in values:\n        total += min(value, {limit})\n    return total\n\n"
            ),
            Language::Go => format!(
                "// {verb}{at}{noun} tries to {verb} the {noun}.\nfunc {verb}{at}{noun}(values []int) int {{\n\ttotal := {step}\n\tfor _, value := range values {{\n\t\ttotal += min(value, {limit})\n\t}}\n\treturn total\n}}\n"
            ),
        }
    }

    fn test(&self, language: Language) -> String {
        let Self {
            at,
            verb,
            noun,
            limit,
            step,
        } = self;
        let sum = limit + step;
        match language {
            Language::Rust => format!(
                "/// Must {verb} the {noun} as before.\n#[test]\nfn {verb}_{noun}_{at}() {{\n    let values = [{step}_u64, {limit}];\n    let total: u64 = values.iter().sum();\n    assert!(total >= {limit});\n    assert_eq!(total, {sum});\n}}\n"
            ),
            Language::TypeScript => format!(
                "// Must {verb} the {noun} as before.\ntest(\"{verb} {noun} {at}\", () => {{\n  let total = {step};\n  for (const value of [{limit}]) {{\n    total += value;\n  }}\n  expect(total).toBe({sum});\n}});\n"
            ),
            Language::Python => format!(
                "def test_{verb}_{noun}_{at}():\n    \"\"\"Must {verb} the {noun} as before.\"\"\"\n    total = {step}\n    for value in [{limit}]:\n        total += value\n    assert total == {sum}\n\n"
            ),
            Language::Go => format!(
                "// Must {verb} the {noun} as before.\nfunc Test_{verb}_{noun}_{at}(t *testing.T) {{\n\ttotal := {step}\n\ttotal += {limit}\n\tif total != {sum} {{\n\t\tt.Fatal(total)\n\t}}\n}}\n"
            ),
        }
    }
}
