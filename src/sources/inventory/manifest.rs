//! Dependency manifests: what a project says of itself, and which lock file its ecosystem wants beside it.

use serde_json::Value;

use super::paths::{folder_of, name_of};
use super::project::Listing;
use crate::facts::inventory::{LockFile, Manifest};

/// What a manifest says.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) description: Option<String>,
    pub(super) licence: Option<String>,
}

/// Whether a file of this name is a manifest.
pub(super) fn is_manifest(path: &str) -> bool {
    let name = name_of(path);
    matches!(
        name,
        "Cargo.toml"
            | "package.json"
            | "pyproject.toml"
            | "setup.cfg"
            | "Pipfile"
            | "go.mod"
            | "composer.json"
            | "Gemfile"
            | "pom.xml"
            | "build.gradle"
            | "build.gradle.kts"
            | "Package.swift"
            | "CMakeLists.txt"
            | "meson.build"
    ) || name.ends_with(".gemspec")
        || name.ends_with(".csproj")
        || name.ends_with(".sln")
}

/// Whether a manifest says what a project depends on, beside how it is built.
pub(super) fn names_dependencies(path: &str) -> bool {
    let name = name_of(path);
    !matches!(name, "CMakeLists.txt" | "meson.build") && !name.ends_with(".sln")
}

/// Reads the manifest at `path`.
pub(super) fn read(path: &str, content: &[u8], listing: &Listing) -> (Manifest, Said) {
    let text = String::from_utf8_lossy(content);
    let text = text.trim_start_matches('\u{feff}');
    let parsed = parse(path, text);
    let manifest = |lock, broken| Manifest {
        path: path.to_owned(),
        lock,
        broken,
    };
    match parsed {
        Ok(value) => (
            manifest(lock(path, text, &value, listing), None),
            said(path, &value, text),
        ),
        Err(reason) => (manifest(None, Some(reason)), Said::default()),
    }
}

/// TOML and JSON as a value; a manifest of another kind is nothing, and never wrong.
fn parse(path: &str, text: &str) -> Result<Value, String> {
    let first_line = |reason: String| reason.lines().next().unwrap_or_default().to_owned();
    match name_of(path) {
        "Cargo.toml" | "pyproject.toml" | "Pipfile" => {
            toml::from_str(text).map_err(|error: toml::de::Error| first_line(error.message().to_owned()))
        }
        "package.json" | "composer.json" => {
            serde_json::from_str(text).map_err(|error| first_line(error.to_string()))
        }
        "go.mod"
            if !text
                .lines()
                .any(|line| line.split_whitespace().next() == Some("module")) =>
        {
            Err("no `module` line".to_owned())
        }
        "pom.xml" if !(text.contains("<project") && text.contains("</project>")) => {
            Err("no `project` element".to_owned())
        }
        _ => Ok(Value::Null),
    }
}

fn said(path: &str, value: &Value, text: &str) -> Said {
    let at = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| at(pointer));
    match name_of(path) {
        "Cargo.toml" => Said {
            description: first(&["/package/description", "/workspace/package/description"]),
            licence: first(&["/package/license", "/workspace/package/license"])
                .map(|licence| licence.replace('/', " OR ")),
        },
        "package.json" | "composer.json" => Said {
            description: at("/description"),
            licence: first(&["/license", "/license/type", "/license/0"])
                .filter(|licence| !licence.starts_with("SEE ") && licence != "UNLICENSED"),
        },
        "pyproject.toml" => Said {
            description: first(&["/project/description", "/tool/poetry/description"]),
            licence: first(&[
                "/project/license",
                "/tool/poetry/license",
                "/project/license/text",
            ])
            .filter(|licence| licence.len() <= 60 && !licence.contains('\n')),
        },
        "setup.cfg" => Said {
            description: setting(text, "description"),
            licence: setting(text, "license"),
        },
        "pom.xml" => Said {
            description: element(text, "description"),
            licence: None,
        },
        name if name.ends_with(".gemspec") => Said {
            description: assigned(text, "summary"),
            licence: assigned(text, "license"),
        },
        _ => Said::default(),
    }
}

/// `name = value` of an INI file.
fn setting(text: &str, name: &str) -> Option<String> {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .find(|(key, _)| key.trim() == name)
        .map(|(_, value)| value.trim().to_owned())
        .filter(|value| !value.is_empty() && !value.starts_with("file:"))
}

/// `spec.name = "value"` of a gemspec.
fn assigned(text: &str, name: &str) -> Option<String> {
    let ending = format!(".{name}");
    let (_, value) = text
        .lines()
        .filter_map(|line| line.split_once('='))
        .find(|(key, _)| key.trim().ends_with(&ending))?;
    let value = value.trim().trim_end_matches(".freeze");
    let inside = value.strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])?;
    Some(inside.to_owned())
}

/// The text of the first element of that name which stands before any dependency.
fn element(text: &str, name: &str) -> Option<String> {
    let head = text.split("<dependencies>").next().unwrap_or(text);
    let (_, rest) = head.split_once(&format!("<{name}>"))?;
    let (inside, _) = rest.split_once(&format!("</{name}>"))?;
    Some(inside.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// The lock file that belongs to a manifest; `None` where the ecosystem wants none.
fn lock(path: &str, text: &str, value: &Value, listing: &Listing) -> Option<LockFile> {
    let beside = |name: &str| match folder_of(path) {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    };
    let has = |pointer: &str| value.pointer(pointer).is_some();
    let (wanted, names): (bool, &[&str]) = match name_of(path) {
        // A library is tested against whatever its users resolve; a program ships what it was tested with.
        "Cargo.toml" => (
            has("/bin")
                || has_program(folder_of(path), "", listing)
                || members(value).any(|member| has_program(folder_of(path), member, listing)),
            &["Cargo.lock"],
        ),
        "package.json" => (
            has("/dependencies") || has("/devDependencies"),
            &[
                "package-lock.json",
                "yarn.lock",
                "pnpm-lock.yaml",
                "bun.lock",
                "bun.lockb",
                "npm-shrinkwrap.json",
            ],
        ),
        "pyproject.toml" => (
            ["/tool/poetry", "/tool/pdm", "/tool/uv"]
                .iter()
                .any(|tool| has(tool)),
            &["uv.lock", "poetry.lock", "pdm.lock", "requirements.txt"],
        ),
        "Pipfile" => (true, &["Pipfile.lock"]),
        "go.mod" => (has_requirements(text), &["go.sum"]),
        "composer.json" => (
            value.pointer("/type").and_then(Value::as_str) == Some("project"),
            &["composer.lock"],
        ),
        "Gemfile" => (
            !text.lines().any(|line| line.trim_start().starts_with("gemspec")),
            &["Gemfile.lock"],
        ),
        _ => (false, &[]),
    };
    let present = names
        .iter()
        .map(|name| beside(name))
        .find(|name| listing.has(name));
    match present {
        Some(present) => Some(LockFile::Present(present)),
        None => {
            wanted.then(|| LockFile::Missing(names.iter().take(3).copied().collect::<Vec<_>>().join(", ")))
        }
    }
}

/// The members of a Cargo workspace, which may be patterns.
fn members(manifest: &Value) -> impl Iterator<Item = &str> {
    let list = manifest.pointer("/workspace/members").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

/// Whether a crate in `folder`, or one that the pattern `member` there stands for, has a program where Cargo looks for one.
fn has_program(folder: &str, member: &str, listing: &Listing) -> bool {
    let member = member.trim_start_matches("./").trim_end_matches('/');
    let parts = folder.split('/').chain(member.split('/'));
    let pattern: Vec<&str> = parts.filter(|part| !part.is_empty() && *part != ".").collect();
    listing.files().iter().any(|path| {
        let Some(home) = program_of(path) else {
            return false;
        };
        let home: Vec<&str> = home.split('/').filter(|part| !part.is_empty()).collect();
        fits(&pattern, &home)
    })
}

/// The folder of the crate whose program is at `path`.
fn program_of(path: &str) -> Option<&str> {
    if path == "src/main.rs" || path.starts_with("src/bin/") {
        return path.ends_with(".rs").then_some("");
    }
    path.strip_suffix("/src/main.rs")
        .or_else(|| Some(path.split_once("/src/bin/")?.0).filter(|_| path.ends_with(".rs")))
}

/// Whether a path fits a pattern, part by part: `**` is any folders, `*` and `?` any characters of one.
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
    use super::*;

    fn with_files(path: &str, text: &str, files: &[&str]) -> (Manifest, Said) {
        let listing = Listing::new(files.iter().copied(), std::iter::empty());
        read(path, text.as_bytes(), &listing)
    }

    fn both(path: &str, text: &str) -> (Manifest, Said) {
        with_files(path, text, &["src/main.rs"])
    }

    #[test]
    fn manifests_say_what_a_project_is() {
        for (path, text) in [
            (
                "Cargo.toml",
                "[package]\ndescription = \"Kiln\"\nlicense = \"MIT/Apache-2.0\"",
            ),
            (
                "package.json",
                "{\"description\": \"Kiln\", \"license\": \"MIT OR Apache-2.0\"}",
            ),
            (
                "pyproject.toml",
                "[project]\ndescription = \"Kiln\"\nlicense = {text = \"MIT OR Apache-2.0\"}",
            ),
            (
                "kiln.gemspec",
                "Gem::Specification.new do |s|\n  s.summary = \"Kiln\"\n  s.license = 'MIT OR Apache-2.0'\nend",
            ),
        ] {
            let (manifest, said) = both(path, text);
            assert_eq!(manifest.broken, None, "{path}");
            assert_eq!(said.description.as_deref(), Some("Kiln"), "{path}");
            assert_eq!(said.licence.as_deref(), Some("MIT OR Apache-2.0"), "{path}");
        }
    }

    #[test]
    fn a_broken_manifest_is_reported() {
        for (path, text) in [
            ("Cargo.toml", "[package"),
            ("package.json", "{"),
            ("go.mod", "x"),
            ("pom.xml", "<a/>"),
        ] {
            assert!(both(path, text).0.broken.is_some(), "{path}");
        }
    }

    #[test]
    fn programs_want_a_lock_file() {
        let missing = |path, text| both(path, text).0.lock.is_some();
        assert!(missing("Cargo.toml", "[package]\nname = \"a\""));
        assert!(!missing("lib/Cargo.toml", "[package]\nname = \"a\""));
        assert!(missing("package.json", "{\"dependencies\": {}}"));
        assert!(!missing("composer.json", "{\"type\": \"library\"}"));
        let (manifest, _) = with_files("package.json", "{}", &["yarn.lock"]);
        assert_eq!(manifest.lock, Some(LockFile::Present("yarn.lock".to_owned())));
    }

    #[test]
    fn a_workspace_wants_a_lock_file_where_a_member_is_a_program() {
        let wants = |members: &str, files: &[&str]| {
            let text = format!("[workspace]\nmembers = [{members}]");
            with_files("Cargo.toml", &text, files).0.lock.is_some()
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
    }

    #[test]
    fn a_go_module_wants_a_lock_file_where_it_requires_something() {
        let wants = |text: &str| {
            let manifest = both("go.mod", text).0;
            assert_eq!(manifest.broken, None, "{text}");
            manifest.lock.is_some()
        };
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

    #[test]
    fn a_byte_order_mark_breaks_nothing() {
        let (manifest, said) = both(
            "package.json",
            "\u{feff}{\"description\": \"Kiln\", \"dependencies\": {}}",
        );
        assert_eq!(manifest.broken, None);
        assert_eq!(said.description.as_deref(), Some("Kiln"));
        assert!(both("go.mod", "\u{feff}module x").0.broken.is_none());
    }
}
