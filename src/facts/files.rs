//! What kind of file a path names.

use serde::{Deserialize, Serialize};

/// The kinds. Their order is that of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileClass {
    /// Code that ships.
    Source,
    /// Code that checks it, with its data.
    Test,
    /// Text for people.
    Docs,
    /// Settings of builds and tools.
    Config,
    /// Anything else.
    Data,
    /// Written by a program.
    Generated,
    /// Copied from elsewhere.
    Vendored,
    /// Exact versions of dependencies.
    Lock,
}

const LOCK_FILES: &[&str] = &[
    "bun.lock",
    "bun.lockb",
    "cargo.lock",
    "composer.lock",
    "flake.lock",
    "gemfile.lock",
    "go.sum",
    "gopkg.lock",
    "gradle.lockfile",
    "mix.lock",
    "npm-shrinkwrap.json",
    "package-lock.json",
    "packages.lock.json",
    "pdm.lock",
    "pipfile.lock",
    "pnpm-lock.yaml",
    "podfile.lock",
    "poetry.lock",
    "pubspec.lock",
    "uv.lock",
    "yarn.lock",
];
const VENDORED_FOLDERS: &[&str] = &[
    "vendor",
    "vendored",
    "third_party",
    "third-party",
    "thirdparty",
    "3rdparty",
    "node_modules",
    "bower_components",
    "godeps",
    "carthage",
    "pods",
    "site-packages",
];
const GENERATED_ENDINGS: &[&str] = &[
    ".pb.go",
    ".pb.cc",
    ".pb.h",
    ".pb.rs",
    "_pb2.py",
    "_pb2_grpc.py",
    "_pb.js",
    "_pb.ts",
    ".g.dart",
    ".freezed.dart",
    ".designer.cs",
    ".g.cs",
    ".generated.cs",
    ".generated.ts",
    ".generated.rs",
    ".gen.go",
    ".min.js",
    ".min.css",
    ".js.map",
    ".css.map",
    ".snap",
    ".snap.new",
];
const TEST_FOLDERS: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "test-data",
    "test_data",
    "spec",
    "specs",
    "__tests__",
    "__snapshots__",
    "fixtures",
    "fixture",
    "androidtest",
    "unittests",
    "unit-tests",
    "e2e",
    "t",
];
const DOCS_FOLDERS: &[&str] = &["doc", "docs", "documentation", "man", "changelogs"];
const DOCS_EXTENSIONS: &[&str] = &[
    "md", "mdx", "markdown", "rst", "adoc", "asciidoc", "txt", "org", "tex", "pod", "roff",
];
const DOCS_FILES: &[&str] = &[
    "readme",
    "license",
    "licence",
    "copying",
    "authors",
    "contributors",
    "changelog",
    "changes",
    "news",
    "notice",
    "install",
    "todo",
    "maintainers",
    "codeowners",
];
const CONFIG_EXTENSIONS: &[&str] = &[
    "toml",
    "yaml",
    "yml",
    "ini",
    "cfg",
    "conf",
    "properties",
    "editorconfig",
    "gradle",
    "cmake",
    "mk",
    "bazel",
    "bzl",
    "nix",
    "tf",
    "service",
    "env",
    "in",
    "am",
    "ac",
];
const CONFIG_FILES: &[&str] = &[
    "makefile",
    "gnumakefile",
    "dockerfile",
    "containerfile",
    "justfile",
    "rakefile",
    "gemfile",
    "procfile",
    "jenkinsfile",
    "vagrantfile",
    "brewfile",
    "cmakelists.txt",
    "package.json",
    "tsconfig.json",
    "build",
    "workspace",
    "meson.build",
    "pom.xml",
    "go.mod",
    "requirements.txt",
    "setup.cfg",
    "build.rs",
    "setup.py",
];

/// What the attributes of a repository state about a path; `None` if they do not mention it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Linguist {
    /// `linguist-generated`.
    pub generated: Option<bool>,
    /// `linguist-vendored`.
    pub vendored: Option<bool>,
    /// `linguist-documentation`.
    pub documentation: Option<bool>,
}

impl Linguist {
    /// The meaning of an attribute with this value: as in Linguist, anything but `false` is true.
    pub fn value(text: &[u8]) -> bool {
        text != b"false"
    }

    /// The kind that they give the path, if they give it one.
    fn class(self) -> Option<FileClass> {
        let classes = [
            (self.generated, FileClass::Generated),
            (self.vendored, FileClass::Vendored),
            (self.documentation, FileClass::Docs),
        ];
        let said = classes.into_iter().find(|(said, _)| *said == Some(true));
        said.map(|(_, class)| class)
    }
}

impl FileClass {
    /// The kind of a path, by common rules (Linguist's for vendored and generated files). The repository's own
    /// attributes take precedence: what they call not generated or not vendored is not, whatever its name. A lock file
    /// is one in any case. Every table gets its answer from here. Untrusted bytes.
    pub fn of(path: &[u8], said: Linguist) -> Self {
        if let Some(class) = said.class() {
            return class;
        }
        let written = String::from_utf8_lossy(path);
        let path = written.to_lowercase();
        let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
        let lies_in = |known: &[&str]| folders.split('/').any(|folder| known.contains(&folder));
        let is_test_project = folders.split('/').any(|folder| folder.ends_with(".tests"));
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        if LOCK_FILES.contains(&name) {
            Self::Lock
        } else if said.vendored.is_none() && lies_in(VENDORED_FOLDERS) {
            Self::Vendored
        } else if said.generated.is_none() && GENERATED_ENDINGS.iter().any(|ending| name.ends_with(ending)) {
            Self::Generated
        } else if lies_in(TEST_FOLDERS) || is_test_project || is_test_name(stem) || is_test_class(&written) {
            Self::Test
        } else if CONFIG_FILES.contains(&name) || name.starts_with('.') || folders.starts_with(".github") {
            Self::Config
        } else if DOCS_EXTENSIONS.contains(&extension) || DOCS_FILES.contains(&stem) {
            Self::Docs
        } else if language(extension).is_some() {
            Self::Source
        } else if lies_in(DOCS_FOLDERS) {
            Self::Docs
        } else if CONFIG_EXTENSIONS.contains(&extension) {
            Self::Config
        } else {
            Self::Data
        }
    }
}

/// `test_x.py`, `x_test.go`, `x.spec.ts`, in lower case.
fn is_test_name(stem: &str) -> bool {
    stem.starts_with("test_")
        || stem.starts_with("test-")
        || ["_test", "_tests", "-test", "_spec", ".test", ".spec"]
            .iter()
            .any(|end| stem.ends_with(end))
        || stem == "conftest"
        || stem == "tests"
}

/// `XTest.java`, or `A.swift` in `XTests`, as written: `Contest.java` is not one.
fn is_test_class(path: &str) -> bool {
    let Some((stem, extension)) = path.rsplit_once('.') else {
        return false;
    };
    let is_suite = stem
        .split('/')
        .rev()
        .skip(1)
        .any(|folder| folder.ends_with("Tests"));
    matches!(extension, "java" | "kt" | "cs" | "scala" | "swift" | "php")
        && (is_suite || stem.ends_with("Test") || stem.ends_with("Tests"))
}

/// The programming language of an extension (in lower case).
pub fn language(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "rs" => "Rust",
        "c" | "h" => "C",
        "cc" | "cpp" | "cxx" | "hpp" | "hh" | "hxx" => "C++",
        "m" | "mm" => "Objective-C",
        "go" => "Go",
        "py" | "pyi" | "pyx" => "Python",
        "js" | "mjs" | "cjs" | "jsx" => "JavaScript",
        "ts" | "tsx" | "mts" | "cts" => "TypeScript",
        "java" => "Java",
        "kt" | "kts" => "Kotlin",
        "scala" => "Scala",
        "groovy" => "Groovy",
        "clj" | "cljs" => "Clojure",
        "rb" | "erb" => "Ruby",
        "php" => "PHP",
        "pl" | "pm" | "perl" => "Perl",
        "sh" | "bash" | "zsh" | "fish" => "Shell",
        "ps1" | "psm1" => "PowerShell",
        "tcl" => "Tcl",
        "lua" => "Lua",
        "cs" => "C#",
        "fs" => "F#",
        "vb" => "Visual Basic",
        "swift" => "Swift",
        "dart" => "Dart",
        "ex" | "exs" => "Elixir",
        "erl" | "hrl" => "Erlang",
        "hs" => "Haskell",
        "ml" | "mli" => "OCaml",
        "elm" => "Elm",
        "jl" => "Julia",
        "r" => "R",
        "zig" => "Zig",
        "nim" => "Nim",
        "d" => "D",
        "v" => "V",
        "sol" => "Solidity",
        "sql" => "SQL",
        "html" | "htm" => "HTML",
        "css" | "scss" | "sass" | "less" => "CSS",
        "vue" => "Vue",
        "svelte" => "Svelte",
        "el" | "lisp" | "cl" => "Lisp",
        "scm" | "rkt" => "Scheme",
        "s" | "asm" => "Assembly",
        "proto" => "Protocol Buffers",
        "graphql" | "gql" => "GraphQL",
        "vim" => "Vim Script",
        "awk" => "Awk",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_have_the_class_that_people_expect() {
        for (path, class) in [
            ("src/main.rs", FileClass::Source),
            ("src/parser/test_util.py", FileClass::Test),
            ("t/t0001-init.sh", FileClass::Test),
            ("pkg/log/log_test.go", FileClass::Test),
            ("web/app.spec.ts", FileClass::Test),
            ("src/test/java/FooTest.java", FileClass::Test),
            ("AppTests/Kiln.swift", FileClass::Test),
            ("Kiln.Tests/Run.cs", FileClass::Test),
            ("KilnTest.php", FileClass::Test),
            ("Contest.java", FileClass::Source),
            ("README.md", FileClass::Docs),
            ("Documentation/git-log.txt", FileClass::Docs),
            ("LICENSE", FileClass::Docs),
            ("Cargo.toml", FileClass::Config),
            (".github/workflows/ci.yml", FileClass::Config),
            ("Makefile", FileClass::Config),
            ("Cargo.lock", FileClass::Lock),
            ("vendor/github.com/a/b.go", FileClass::Vendored),
            ("api/v1/service.pb.go", FileClass::Generated),
            ("assets/logo.png", FileClass::Data),
            ("\u{fffd}", FileClass::Data),
        ] {
            assert_eq!(
                FileClass::of(path.as_bytes(), Linguist::default()),
                class,
                "{path}"
            );
        }
    }

    #[test]
    fn attributes_have_the_last_word() {
        let (yes, no, silent) = (Some(true), Some(false), None);
        for (path, generated, vendored, documentation, class) in [
            ("src/main.rs", yes, silent, silent, FileClass::Generated),
            ("src/main.rs", silent, yes, silent, FileClass::Vendored),
            ("src/main.rs", silent, silent, yes, FileClass::Docs),
            ("src/main.rs", no, no, no, FileClass::Source),
            ("api/x.pb.go", no, silent, silent, FileClass::Source),
            ("api/x.pb.go", silent, yes, silent, FileClass::Vendored),
            ("vendor/ours/a.go", silent, no, silent, FileClass::Source),
            ("vendor/ours/x.pb.go", silent, no, silent, FileClass::Generated),
            ("vendor/a.go", no, silent, silent, FileClass::Vendored),
            ("Cargo.lock", no, silent, silent, FileClass::Lock),
        ] {
            let said = Linguist {
                generated,
                vendored,
                documentation,
            };
            assert_eq!(FileClass::of(path.as_bytes(), said), class, "{path}: {said:?}");
        }
    }
}
