//! Lock files: which one a manifest's ecosystem wants beside it.
//!
//! A library is tested against whatever its users resolve; a program ships what it was tested with. So a manifest that shows
//! a library wants none, and has one all the same where it is there.

use serde_json::Value;

use super::listing::{Listing, is_sample};
use super::paths::{folder_of, name_of};
use crate::facts::inventory::LockFile;

/// Whether one is wanted, and its possible names.
type Wanted = (bool, &'static [&'static str]);

const NPM: &[&str] = &[
    "package-lock.json",
    "yarn.lock",
    "pnpm-lock.yaml",
    "bun.lock",
    "bun.lockb",
    "npm-shrinkwrap.json",
    "deno.lock",
];
const PYTHON: &[&str] = &[
    "uv.lock",
    "poetry.lock",
    "pdm.lock",
    "pylock.toml",
    "requirements.txt",
];

/// The lock file that belongs to the manifest at `path`; `None` where its ecosystem wants none. That of a workspace lies at
/// the top.
pub(super) fn of(path: &str, text: &str, value: &Value, listing: &Listing) -> Option<LockFile> {
    let (wanted, names) = wanted(path, text, value, listing);
    let folder = folder_of(path);
    let beside = names.iter().map(|name| match folder {
        "" => (*name).to_owned(),
        folder => format!("{folder}/{name}"),
    });
    let mut places = beside.chain(names.iter().map(|name| (*name).to_owned()));
    match places.find(|place| listing.has(place)) {
        Some(present) => Some(LockFile::Present(present)),
        None => {
            wanted.then(|| LockFile::Missing(names.iter().take(3).copied().collect::<Vec<_>>().join(", ")))
        }
    }
}

fn wanted(path: &str, text: &str, value: &Value, listing: &Listing) -> Wanted {
    let name = name_of(path);
    let has = |pointer: &str| value.pointer(pointer).is_some();
    let any = |pointers: &[&str]| pointers.iter().any(|pointer| has(pointer));
    match name {
        "Cargo.toml" => (
            has("/bin")
                || has_program(folder_of(path), "", listing)
                || members(value).any(|member| has_program(folder_of(path), member, listing)),
            &["Cargo.lock"],
        ),
        "package.json" => (wants_npm(value), NPM),
        "deno.json" | "deno.jsonc" => (
            text.contains("\"imports\"") && !text.contains("\"lock\": false"),
            &["deno.lock"],
        ),
        "pyproject.toml" => (any(&["/tool/poetry", "/tool/pdm", "/tool/uv"]), PYTHON),
        "Pipfile" => (any(&["/packages", "/dev-packages"]), &["Pipfile.lock"]),
        "go.mod" => (has_requirements(text), &["go.sum"]),
        "composer.json" => (wants_composer(value), &["composer.lock"]),
        "Gemfile" | "gems.rb" => (wants_bundler(text), &["Gemfile.lock", "gems.locked"]),
        "Package.swift" => (
            text.contains(".package(") && (text.contains("executable")),
            &["Package.resolved"],
        ),
        "mix.exs" => (
            holds_all(text, &["deps", "{:"]) && !text.contains("package:"),
            &["mix.lock"],
        ),
        "pubspec.yaml" => (is_unpublished_dart(text), &["pubspec.lock"]),
        "Podfile" => (text.contains("pod "), &["Podfile.lock"]),
        "build.gradle" | "build.gradle.kts" => (
            text.contains("dependencyLocking") || text.contains("lockAllConfigurations"),
            &["gradle.lockfile", "buildscript-gradle.lockfile"],
        ),
        // NuGet makes none unless it is told to.
        name if is_dotnet_project(name) => (
            text.contains("<RestorePackagesWithLockFile>true"),
            &["packages.lock.json"],
        ),
        _ => (false, &[]),
    }
}

pub(super) fn is_dotnet_project(name: &str) -> bool {
    [".csproj", ".fsproj", ".vbproj"]
        .iter()
        .any(|ending| name.ends_with(ending))
}

fn holds_all(text: &str, phrases: &[&str]) -> bool {
    phrases.iter().all(|phrase| text.contains(phrase))
}

fn is_filled(value: Option<&Value>) -> bool {
    value
        .and_then(Value::as_object)
        .is_some_and(|map| !map.is_empty())
}

/// What npm can publish, with a name and a version, is a library unless it is `private`, has programs, or is a workspace.
fn wants_npm(manifest: &Value) -> bool {
    let depends = ["dependencies", "devDependencies", "optionalDependencies"]
        .iter()
        .any(|kind| is_filled(manifest.get(kind)));
    let publishable = manifest.get("name").is_some() && manifest.get("version").is_some();
    let is_private = manifest.get("private").and_then(Value::as_bool) == Some(true);
    let is_program = is_private || manifest.get("bin").is_some() || manifest.get("workspaces").is_some();
    depends && (is_program || !publishable)
}

/// A package is a library unless it says otherwise; what has no name cannot be published.
fn wants_composer(manifest: &Value) -> bool {
    let depends = ["require", "require-dev"]
        .iter()
        .any(|kind| is_filled(manifest.get(kind)));
    let kind = manifest.get("type").and_then(Value::as_str);
    depends && (kind == Some("project") || manifest.get("name").is_none())
}

/// A `gemspec` is the manifest of a library; its Gemfile only adds what its tests need.
fn wants_bundler(text: &str) -> bool {
    let mut words = text
        .lines()
        .filter_map(|line| line.split(['(', ' ', '\t']).find(|word| !word.is_empty()));
    !words.clone().any(|word| word == "gemspec") && words.any(|word| word == "gem")
}

/// Dart's packages are published unless they say `publish_to: none`.
fn is_unpublished_dart(text: &str) -> bool {
    text.lines()
        .filter_map(|line| line.strip_prefix("publish_to:"))
        .any(|value| value.trim().trim_matches(['"', '\'']) == "none")
}

/// The members of a Cargo workspace, which may be patterns.
fn members(manifest: &Value) -> impl Iterator<Item = &str> {
    let list = manifest.pointer("/workspace/members").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

/// Whether a crate in `folder`, or one that the pattern `member` there stands for, has a program where Cargo looks for one.
/// Those of tests, benchmarks and examples are not shipped.
fn has_program(folder: &str, member: &str, listing: &Listing) -> bool {
    let member = member.trim_start_matches("./").trim_end_matches('/');
    let parts = folder.split('/').chain(member.split('/'));
    let pattern: Vec<&str> = parts.filter(|part| !part.is_empty() && *part != ".").collect();
    let files = listing.files().iter();
    files.filter(|path| !is_sample(path)).any(|path| {
        let Some(home) = program_of(path) else {
            return false;
        };
        let home: Vec<&str> = home.split('/').filter(|part| !part.is_empty()).collect();
        fits(&pattern, &home)
    })
}

/// The directory of the crate whose program is at `path`.
fn program_of(path: &str) -> Option<&str> {
    if path == "src/main.rs" || path.starts_with("src/bin/") {
        return path.ends_with(".rs").then_some("");
    }
    path.strip_suffix("/src/main.rs")
        .or_else(|| Some(path.split_once("/src/bin/")?.0).filter(|_| path.ends_with(".rs")))
}

/// Whether a path fits a pattern, part by part: `**` is any directories, `*` and `?` any characters of one.
fn fits(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern, path) {
        ([], []) => true,
        (["**", rest @ ..], _) => {
            fits(rest, path) || path.split_first().is_some_and(|(_, below)| fits(pattern, below))
        }
        ([one, rest @ ..], [name, below @ ..]) => {
            fits_part(one.as_bytes(), name.as_bytes()) && fits(rest, below)
        }
        _ => false,
    }
}

fn fits_part(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern, name) {
        ([], []) => true,
        ([b'*', rest @ ..], _) => {
            fits_part(rest, name)
                || name
                    .split_first()
                    .is_some_and(|(_, left)| fits_part(pattern, left))
        }
        ([b'?', rest @ ..], [_, left @ ..]) => fits_part(rest, left),
        ([one, rest @ ..], [first, left @ ..]) => one == first && fits_part(rest, left),
        _ => false,
    }
}

/// Whether a `go.mod` requires a module, in a line of its own or in a block.
fn has_requirements(text: &str) -> bool {
    let mut in_block = false;
    text.lines().any(|line| {
        let code = line.split("//").next().unwrap_or_default();
        // `require(` needs no space.
        let spaced = code.replace('(', " ( ").replace(')', " ) ");
        let words: Vec<&str> = spaced.split_whitespace().collect();
        match words.as_slice() {
            ["require", "(", ")"] | [] => false,
            ["require", "("] => {
                in_block = true;
                false
            }
            ["require", ..] => true,
            [")", ..] => {
                in_block = false;
                false
            }
            _ => in_block,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::manifest;
    use super::*;

    fn lock(path: &str, text: &str, files: &[&str]) -> Option<LockFile> {
        let listing = Listing::new(files.iter().copied(), std::iter::empty());
        let (manifest, _) = manifest::read(path, text.as_bytes(), &listing);
        assert_eq!(manifest.broken, None, "{path}: {text}");
        manifest.lock
    }

    #[test]
    fn programs_want_a_lock_file() {
        for (path, text, name) in [
            ("Cargo.toml", "[package]\n[[bin]]\nname = \"a\"", "Cargo.lock"),
            (
                "package.json",
                "{\"dependencies\": {\"a\": \"1\"}}",
                "pnpm-lock.yaml",
            ),
            (
                "package.json",
                "{\"name\": \"a\", \"version\": \"1\", \"private\": true, \"devDependencies\": {\"a\": \"1\"}}",
                "bun.lock",
            ),
            ("pyproject.toml", "[tool.poetry]\nname = \"a\"", "poetry.lock"),
            ("pyproject.toml", "[tool.uv]", "uv.lock"),
            ("Pipfile", "[packages]", "Pipfile.lock"),
            ("deno.json", "{\"imports\": {}}", "deno.lock"),
            (
                "composer.json",
                "{\"type\": \"project\", \"require\": {\"a/b\": \"1\"}}",
                "composer.lock",
            ),
            ("Gemfile", "gem 'rack'", "Gemfile.lock"),
            (
                "Package.swift",
                ".package(url: x), .executableTarget(name: y)",
                "Package.resolved",
            ),
            ("mix.exs", "defp deps do [{:plug, \"1\"}] end", "mix.lock"),
            ("pubspec.yaml", "name: a\npublish_to: 'none'\n", "pubspec.lock"),
            (
                "build.gradle",
                "dependencyLocking { lockAllConfigurations() }",
                "gradle.lockfile",
            ),
            (
                "a.csproj",
                "<Project><RestorePackagesWithLockFile>true</RestorePackagesWithLockFile></Project>",
                "packages.lock.json",
            ),
        ] {
            let missing = lock(path, text, &[]);
            assert!(matches!(missing, Some(LockFile::Missing(_))), "{path}: {text}");
            assert_eq!(
                lock(path, text, &[name]),
                Some(LockFile::Present(name.to_owned())),
                "{path}"
            );
        }
    }

    #[test]
    fn libraries_want_none() {
        for (path, text) in [
            ("Cargo.toml", "[package]\nname = \"a\""),
            (
                "package.json",
                "{\"name\": \"a\", \"version\": \"1\", \"dependencies\": {\"a\": \"1\"}}",
            ),
            ("package.json", "{\"dependencies\": {}}"),
            (
                "pyproject.toml",
                "[project]\nname = \"a\"\ndependencies = [\"b\"]",
            ),
            (
                "composer.json",
                "{\"name\": \"a/b\", \"require\": {\"c/d\": \"1\"}}",
            ),
            ("Gemfile", "gemspec\ngem 'rake'"),
            ("Package.swift", ".package(url: x), .library(name: y)"),
            ("mix.exs", "package: package(), deps: [{:plug, \"1\"}]"),
            ("pubspec.yaml", "name: a\n"),
            ("build.gradle", "dependencies {}"),
            ("a.csproj", "<Project></Project>"),
        ] {
            assert_eq!(lock(path, text, &[]), None, "{path}: {text}");
        }
        let present = Some(LockFile::Present("Cargo.lock".to_owned()));
        assert_eq!(lock("Cargo.toml", "[package]", &["Cargo.lock"]), present);
    }

    #[test]
    fn a_part_has_the_lock_file_of_the_whole() {
        let text = "{\"private\": true, \"dependencies\": {\"a\": \"1\"}}";
        let told = lock("web/package.json", text, &["yarn.lock"]);
        assert_eq!(told, Some(LockFile::Present("yarn.lock".to_owned())));
        let own = lock("web/package.json", text, &["web/yarn.lock", "yarn.lock"]);
        assert_eq!(own, Some(LockFile::Present("web/yarn.lock".to_owned())));
    }

    #[test]
    fn a_workspace_wants_a_lock_file_where_a_member_is_a_program() {
        let wants = |members: &str, files: &[&str]| {
            let text = format!("[workspace]\nmembers = [{members}]");
            lock("Cargo.toml", &text, files).is_some()
        };
        let program = ["kiln/src/main.rs"];
        assert!(wants("\"clay\", \"kiln\"", &program));
        assert!(wants("\"./kiln/\"", &program));
        assert!(wants("\"k*n\"", &program));
        assert!(!wants("\"clay\"", &program));
        assert!(!wants("\"kilns*\"", &program));
        let libraries = ["crates/clay/src/lib.rs", "other/kiln/src/main.rs"];
        assert!(!wants("\"crates/*\"", &libraries));
        assert!(wants("\"crates/*\"", &["crates/clay/src/bin/fire.rs"]));
        assert!(wants("\"**\"", &libraries));
        assert!(!wants("\"kiln-tests\"", &["kiln-tests/src/main.rs"]));
    }

    #[test]
    fn a_go_module_wants_a_lock_file_where_it_requires_something() {
        let wants = |text: &str| lock("go.mod", text, &[]).is_some();
        for text in [
            "module x\nrequire a v1",
            "module\tx\nrequire (\n\ta v1\n)",
            "module x\nrequire(\n// b\na v1\n)",
        ] {
            assert!(wants(text), "{text}");
        }
        for text in [
            "module\tx\n",
            "module x\nrequire ()\n",
            "module x\nrequire (\n// a v1\n)\nreplace (\na => b\n)",
        ] {
            assert!(!wants(text), "{text}");
        }
    }
}
