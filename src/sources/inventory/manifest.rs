//! Dependency manifests: what a project says of itself, and whether its tools could read it.

use serde_json::Value;

use super::listing::Listing;
use super::lock;
use super::paths::name_of;
use crate::facts::inventory::Manifest;

/// What a manifest says.
#[derive(Debug, Default)]
pub(super) struct Said {
    pub(super) description: Option<String>,
    pub(super) license: Option<String>,
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
            | "setup.py"
            | "requirements.txt"
            | "Pipfile"
            | "deno.json"
            | "deno.jsonc"
            | "go.mod"
            | "composer.json"
            | "Gemfile"
            | "gems.rb"
            | "mix.exs"
            | "pubspec.yaml"
            | "Podfile"
            | "pom.xml"
            | "build.gradle"
            | "build.gradle.kts"
            | "Package.swift"
            | "CMakeLists.txt"
            | "meson.build"
    ) || name.ends_with(".gemspec")
        || lock::is_dotnet_project(name)
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
            manifest(lock::of(path, text, &value, listing), None),
            said(path, &value, text),
        ),
        Err(reason) => (manifest(None, Some(reason)), Said::default()),
    }
}

/// TOML and JSON as a value. Of other kinds, some of which are programs, only what no reader accepts is wrong.
fn parse(path: &str, text: &str) -> Result<Value, String> {
    let needs = |is_there: bool, what: &str| match is_there {
        true => Ok(Value::Null),
        false => Err(format!("no {what}")),
    };
    match name_of(path) {
        "Cargo.toml" => match toml(text)? {
            value if value.get("package").is_some() || value.get("workspace").is_some() => Ok(value),
            _ => Err("neither `package` nor `workspace`".to_owned()),
        },
        "pyproject.toml" | "Pipfile" => toml(text),
        "package.json" | "composer.json" => match serde_json::from_str(text) {
            Ok(value @ Value::Object(_)) => Ok(value),
            Ok(_) => Err("not an object".to_owned()),
            Err(error) => Err(error.to_string().lines().next().unwrap_or_default().to_owned()),
        },
        "go.mod" => go_mod(text),
        "pom.xml" => needs(
            text.contains("<project") && text.contains("</project>"),
            "`project` element",
        ),
        "pubspec.yaml" => needs(text.lines().any(|line| line.starts_with("name:")), "`name`"),
        name if lock::is_dotnet_project(name) => needs(
            text.contains("<Project") && (text.contains("</Project>") || text.contains("/>")),
            "`Project` element",
        ),
        _ => Ok(Value::Null),
    }
}

fn toml(text: &str) -> Result<Value, String> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let reason = error.message().lines().next().unwrap_or_default();
        match error.span().and_then(|span| text.get(..span.start)) {
            Some(before) => format!("line {}: {reason}", before.matches('\n').count() + 1),
            None => reason.to_owned(),
        }
    })
}

/// Every line outside of a block starts with a word that Go knows, one of them with `module`.
fn go_mod(text: &str) -> Result<Value, String> {
    const WORDS: &[&str] = &[
        "module",
        "go",
        "toolchain",
        "godebug",
        "require",
        "replace",
        "exclude",
        "retract",
        "tool",
        "ignore",
        ")",
    ];
    let mut in_block = false;
    let mut has_module = false;
    for (at, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default().trim();
        let word = code.split([' ', '\t', '(']).next().unwrap_or_default();
        has_module |= word == "module";
        if code == ")" {
            in_block = false;
        } else if !in_block && !code.is_empty() {
            if !WORDS.contains(&word) {
                return Err(format!("line {}: an unknown directive", at + 1));
            }
            in_block = code.ends_with('(');
        }
    }
    match has_module {
        true => Ok(Value::Null),
        false => Err("no `module` line".to_owned()),
    }
}

fn said(path: &str, value: &Value, text: &str) -> Said {
    let at = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| at(pointer));
    match name_of(path) {
        "Cargo.toml" => Said {
            description: first(&["/package/description", "/workspace/package/description"]),
            license: first(&["/package/license", "/workspace/package/license"])
                .map(|license| license.replace('/', " OR ")),
        },
        "package.json" | "composer.json" => Said {
            description: at("/description"),
            license: first(&["/license", "/license/type", "/license/0"])
                .filter(|license| !license.starts_with("SEE ") && license != "UNLICENSED"),
        },
        "pyproject.toml" => Said {
            description: first(&["/project/description", "/tool/poetry/description"]),
            license: first(&[
                "/project/license",
                "/tool/poetry/license",
                "/project/license/text",
            ])
            .filter(|license| license.len() <= 60 && !license.contains('\n')),
        },
        "setup.cfg" => Said {
            description: setting(text, "description"),
            license: setting(text, "license"),
        },
        "pom.xml" => Said {
            description: element(text, "description"),
            license: None,
        },
        name if name.ends_with(".gemspec") => Said {
            description: assigned(text, "summary"),
            license: assigned(text, "license"),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn both(path: &str, text: &str) -> (Manifest, Said) {
        let listing = Listing::new(std::iter::empty(), std::iter::empty());
        read(path, text.as_bytes(), &listing)
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
            assert_eq!(said.license.as_deref(), Some("MIT OR Apache-2.0"), "{path}");
        }
    }

    #[test]
    fn a_broken_manifest_is_reported() {
        for (path, text, reason) in [
            ("Cargo.toml", "[package]\nname = \n", "line 2: "),
            ("Cargo.toml", "", "neither `package` nor `workspace`"),
            ("pyproject.toml", "[project", "line 1: "),
            ("package.json", "{", "EOF while parsing"),
            ("package.json", "", "EOF while parsing"),
            ("package.json", "[]", "not an object"),
            ("composer.json", "{\"a\": 1,}", "trailing comma"),
            (
                "go.mod",
                "module x\nrequires y v1",
                "line 2: an unknown directive",
            ),
            ("go.mod", "go 1.22", "no `module` line"),
            ("pom.xml", "<a/>", "no `project` element"),
            ("kiln.csproj", "", "no `Project` element"),
            ("pubspec.yaml", "description: a", "no `name`"),
        ] {
            let told = both(path, text).0.broken.unwrap_or_default();
            assert!(told.starts_with(reason), "{path}: {told}");
        }
        for (path, text) in [
            (
                "go.mod",
                "// Kiln\nmodule x // a\n\ngo 1.22\nrequire (\n\ta v1\n)\nreplace a => ../a\n",
            ),
            ("Cargo.toml", "[workspace]"),
            ("setup.py", "setup("),
        ] {
            assert_eq!(both(path, text).0.broken, None, "{path}");
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
