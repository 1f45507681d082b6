//! Dependency manifests: what a project says of itself, and which lock file its ecosystem wants beside it.

use serde_json::Value;

use super::paths::{folder_of, name_of};
use crate::facts::inventory::{LockFile, Manifest};

/// What a manifest says.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) description: Option<String>,
    pub(super) licence: Option<String>,
}

/// The paths of a tree, as a question.
pub(super) type HasFile<'a> = &'a dyn Fn(&str) -> bool;

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

/// Reads the manifest at `path`.
pub(super) fn read(path: &str, content: &[u8], has_file: HasFile) -> (Manifest, Said) {
    let text = String::from_utf8_lossy(content);
    let parsed = parse(path, text.trim_start_matches('\u{feff}'));
    let manifest = |lock, broken| Manifest {
        path: path.to_owned(),
        lock,
        broken,
    };
    match parsed {
        Ok(value) => (
            manifest(lock(path, &text, &value, has_file), None),
            said(path, &value, &text),
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
        "go.mod" if !text.lines().any(|line| line.trim_start().starts_with("module ")) => {
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
fn lock(path: &str, text: &str, value: &Value, has_file: HasFile) -> Option<LockFile> {
    let beside = |name: &str| match folder_of(path) {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    };
    let has = |pointer: &str| value.pointer(pointer).is_some();
    let (wanted, names): (bool, &[&str]) = match name_of(path) {
        // A library is tested against whatever its users resolve; a program ships what it was tested with.
        "Cargo.toml" => (
            has("/bin")
                || has_file(&beside("src/main.rs"))
                || members(value).any(|member| {
                    member.contains('*') || has_file(&beside(&format!("{member}/src/main.rs")))
                }),
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
        "go.mod" => (
            text.lines().any(|line| line.trim_start().starts_with("require")),
            &["go.sum"],
        ),
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
    let present = names.iter().map(|name| beside(name)).find(|name| has_file(name));
    match present {
        Some(present) => Some(LockFile::Present(present)),
        None => {
            wanted.then(|| LockFile::Missing(names.iter().take(3).copied().collect::<Vec<_>>().join(", ")))
        }
    }
}

/// The members of a Cargo workspace. What a pattern stands for may hold a program.
fn members(manifest: &Value) -> impl Iterator<Item = &str> {
    let list = manifest.pointer("/workspace/members").and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(path: &str, text: &str) -> (Manifest, Said) {
        read(path, text.as_bytes(), &|name| name == "src/main.rs")
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
        let workspace = |members: &str| {
            let text = format!("[workspace]\nmembers = [{members}]");
            let has_file = |name: &str| name == "kiln/src/main.rs";
            read("Cargo.toml", text.as_bytes(), &has_file).0.lock.is_some()
        };
        assert!(workspace("\"clay\", \"kiln\""));
        assert!(workspace("\"crates/*\""));
        assert!(!workspace("\"clay\""));
        let (manifest, _) = read("package.json", b"{}", &|name| name == "yarn.lock");
        assert_eq!(manifest.lock, Some(LockFile::Present("yarn.lock".to_owned())));
    }
}
