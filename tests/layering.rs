//! The layers hold: who may import whom, and who may touch what of the world outside.
//!
//! Environment, clock, streams, processes and the types of libgit2 are held by the compiler: `clippy.toml` forbids them, and one
//! module each allows them. What is here needs all files at once, or a folder in which something else holds than elsewhere.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::imports::Imports;

/// In the order of the flow. A module imports only from those before it.
const LAYERS: &[&str] = &[
    "tables",
    "facts",
    "git",
    "sources",
    "correlate",
    "aggregate",
    "audit",
    "doctor",
    "overview",
    "workspace",
    "render",
    "exchange",
    "ledger",
    "spool",
    "integrations",
    "cli",
    "hostile",
    "testing",
];

/// Every source file with its layer and its text.
fn sources() -> Vec<(PathBuf, String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).unwrap().to_owned();
                let first = inside.iter().next().unwrap().to_string_lossy();
                let layer = first.trim_end_matches(".rs").to_owned();
                found.push((inside, layer, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

fn rank(layer: &str) -> Option<usize> {
    LAYERS.iter().position(|known| *known == layer)
}

/// What all files import: they are parsed once for all tests.
fn imports() -> Imports {
    static ALL: LazyLock<Imports> =
        LazyLock::new(|| Imports::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")));
    ALL.clone()
}

/// The layer of a source file.
fn layer(file: &Path) -> String {
    let first = file.iter().next().unwrap().to_string_lossy();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn no_two_files_import_each_other() {
    let circles = imports().circles();
    assert!(
        circles.is_empty(),
        "{} circles:\n{}",
        circles.len(),
        circles.join("\n")
    );
}

#[test]
fn a_module_imports_only_from_layers_before_it() {
    let mut broken = Vec::new();
    for (file, taken) in imports().files {
        let own = layer(&file);
        let Some(own) = rank(&own) else {
            assert!(
                matches!(own.as_str(), "lib" | "main"),
                "{} is in no layer",
                file.display()
            );
            continue;
        };
        for (other, names) in taken {
            if rank(&layer(&other)).is_none_or(|other| other > own) {
                broken.push(format!(
                    "{} imports {names:?} of {}",
                    file.display(),
                    other.display()
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// The paths of other crates that a file names and that `is_meant` knows, outside of the files that may.
fn foreign(may: impl Fn(&Path) -> bool, is_meant: impl Fn(&str) -> bool) -> Vec<String> {
    let files = imports().foreign.into_iter().filter(|(file, _)| !may(file));
    files
        .flat_map(|(file, paths)| paths.into_iter().map(move |path| (file.clone(), path)))
        .filter(|(_, path)| is_meant(path))
        .map(|(file, path)| format!("{}: {path}", file.display()))
        .collect()
}

/// What sessions made is worked out from facts: repositories are opened and the disk is looked at by others.
#[test]
fn linking_takes_facts_alone() {
    let is_inside = |file: &Path| file.starts_with("correlate");
    let mut broken = foreign(
        |file| !is_inside(file),
        |path| {
            ["std::fs::", "std::path::", "std::env::"]
                .iter()
                .any(|disk| path.starts_with(disk))
        },
    );
    let mut seen = 0;
    for (file, taken) in imports().files.into_iter().filter(|(file, _)| is_inside(file)) {
        for (other, names) in taken {
            seen += usize::from(layer(&other) == "facts");
            if !matches!(layer(&other).as_str(), "facts" | "correlate") {
                broken.push(format!(
                    "{} imports {names:?} of {}",
                    file.display(),
                    other.display()
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(seen > 0, "its imports are seen");
    let opens = foreign(
        |file| !file.starts_with("workspace/places"),
        |path| path.starts_with("std::path::"),
    );
    assert!(!opens.is_empty(), "those of who looks at the disk are seen");
}

/// Options are plain data to whoever reads by them, and how far the reading is can be drawn by others.
#[test]
fn only_the_command_line_names_its_parser_and_its_bar() {
    let names_them = |path: &str| path.starts_with("clap::") || path.starts_with("indicatif::");
    let broken = foreign(|file| file.starts_with("cli"), names_them);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(
        !foreign(|file| !file.starts_with("cli"), names_them).is_empty(),
        "those of the command line are seen"
    );
}

#[test]
fn readers_of_logs_parse_json_in_one_place() {
    let parser = Path::new("sources/agents/json.rs");
    // With halves of characters in it, a record would be lost.
    let parses =
        |path: &str| path.starts_with("serde_json::from_") || path.starts_with("serde_json::Deserializer");
    let broken = foreign(
        |file| !file.starts_with("sources/agents") || file == parser,
        parses,
    );
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(
        !foreign(|file| file != parser, parses).is_empty(),
        "the parser itself is seen"
    );
}

#[test]
fn only_git_names_libgit2() {
    let names_it = |path: &str| path.starts_with("git2::");
    let broken = foreign(|file| file.starts_with("git"), names_it);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(
        !foreign(|file| !file.starts_with("git"), names_it).is_empty(),
        "that of git is seen"
    );
}

/// `cli/` may know the process, its `environment` the machine's zone, `git/` libgit2 and git, its `folder` how folders are listed
/// where that cannot end the process, its `descent` and `refs` walks of libgit2 that were looked at before, two files start this program again, one for workers
/// that end with it and `cli/background/detached.rs` for a capture that outlives it, `cli/pager.rs` starts the user's pager, and `cli/commands/site/serve.rs` listens on this machine. An `allow` anywhere else would open another door.
#[test]
fn few_modules_alone_allow_what_is_forbidden() {
    let allowing: Vec<String> = sources()
        .into_iter()
        .filter(|(_, _, text)| text.contains("clippy::disallowed"))
        .map(|(path, ..)| path.display().to_string())
        .collect();
    // The root of each crate does so for unit tests.
    assert_eq!(
        allowing,
        [
            "cli/background/detached.rs",
            "cli/commands/site/serve.rs",
            "cli/environment.rs",
            "cli/mod.rs",
            "cli/pager.rs",
            "facts/lib.rs",
            "git/descent.rs",
            "git/folder.rs",
            "git/lib.rs",
            "git/refs.rs",
            "lib.rs",
            "sources/lib.rs",
            "workspace/isolated/process.rs"
        ]
    );
    let text =
        |path: &str| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap();
    assert!(text("src/cli/mod.rs").contains("#![allow(clippy::disallowed_methods)]"));
    assert!(text("src/git/lib.rs").contains("#![allow(clippy::disallowed_types)]"));
    for root in ["lib.rs", "facts/lib.rs", "git/lib.rs", "sources/lib.rs"] {
        let text = text(&format!("src/{root}"));
        let mut allowing = text.lines().filter(|line| line.contains("disallowed_methods"));
        assert!(
            allowing.all(|line| line.starts_with("#![cfg_attr(test, allow(")),
            "{root}"
        );
    }
}

/// `site --serve` shows pages to the browser of this machine, and nothing else uses the network.
#[test]
fn one_file_listens_and_only_on_this_machine() {
    let server = Path::new("cli/commands/site/serve.rs");
    let connects = |path: &str| path.starts_with("std::net::") || path.starts_with("std::os::unix::net::");
    let broken = foreign(|file| file == server, connects);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(
        !foreign(|file| file != server, connects).is_empty(),
        "that one is seen"
    );
    let sources = sources();
    let (_, _, text) = sources.iter().find(|(path, ..)| path == server).unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let binds: Vec<&str> = code
        .lines()
        .filter(|line| line.contains("bind("))
        .map(str::trim)
        .collect();
    assert_eq!(
        binds,
        [
            "pub(super) fn bind(port: u16) -> io::Result<Self> {",
            "let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;"
        ]
    );
    assert!(!code.contains("connect("));
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<_> = sources()
        .into_iter()
        .filter(|(_, _, text)| !text.starts_with("//!"))
        .map(|(path, ..)| path)
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn every_test_file_runs() {
    let main = include_str!("main.rs");
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let is_test = path.extension().is_some_and(|extension| extension == "rs") && name != "main";
        assert!(
            !is_test || main.contains(&format!("mod {name};")),
            "{name} is not listed in main.rs"
        );
    }
}

/// Names that stand in several files of one layer for a reason.
const NAMES_OF_SEVERAL: &[(&str, &str)] = &[
    // What each command can be called with: told apart by the module, as in `report::Args`.
    ("cli", "Args"),
];

#[test]
fn a_public_type_name_has_one_meaning_in_a_layer() {
    let mut places: BTreeMap<(String, String), Vec<PathBuf>> = BTreeMap::new();
    for (path, layer, text) in sources() {
        let file = syn::parse_file(&text).unwrap();
        for name in public_types(&file.items) {
            places
                .entry((layer.clone(), name))
                .or_default()
                .push(path.clone());
        }
    }
    assert!(places.len() > 300, "{}", places.len());
    let allowed =
        |(layer, name): &(String, String)| NAMES_OF_SEVERAL.contains(&(layer.as_str(), name.as_str()));
    places.retain(|name, files| files.len() > 1 && !allowed(name));
    assert!(places.is_empty(), "{places:#?}");
}

/// The public types among items and in the modules between them; unit tests are left out.
fn public_types(items: &[syn::Item]) -> Vec<String> {
    let is_public = |visibility: &syn::Visibility| matches!(visibility, syn::Visibility::Public(_));
    let mut names = Vec::new();
    for item in items {
        let (visibility, name) = match item {
            syn::Item::Struct(item) => (&item.vis, &item.ident),
            syn::Item::Enum(item) => (&item.vis, &item.ident),
            syn::Item::Type(item) => (&item.vis, &item.ident),
            syn::Item::Trait(item) => (&item.vis, &item.ident),
            syn::Item::Union(item) => (&item.vis, &item.ident),
            syn::Item::Mod(module) if !module.attrs.iter().any(|one| one.path().is_ident("cfg")) => {
                let inside = module.content.as_ref();
                names.extend(inside.map(|(_, items)| public_types(items)).unwrap_or_default());
                continue;
            }
            _ => continue,
        };
        if is_public(visibility) {
            names.push(name.to_string());
        }
    }
    names
}

/// Whether a repository may set a key is said in `cli/keys.rs`, and heeded by `cli/settings.rs` alone.
#[test]
fn settings_of_ours_are_looked_up_in_one_place() {
    let lookup = |text: &str| {
        let names = ["get(", "get_all(", "below(", "format!("];
        names
            .iter()
            .any(|name| text.contains(&format!("{name}\"leverage.")))
    };
    let files: Vec<PathBuf> = sources()
        .into_iter()
        .filter(|(_, _, text)| lookup(text.split("mod tests {").next().unwrap_or_default()))
        .map(|(file, ..)| file)
        .collect();
    assert_eq!(files, [Path::new("cli/settings.rs")]);
}

/// A log, or a file beside one, may be a pipe, a device or terabytes of nothing: one module knows how to open it.
#[test]
fn one_module_opens_the_files_of_agents() {
    let opens = |path: &str| {
        let names = ["read", "read_to_string", "File", "OpenOptions"];
        let what = path.strip_prefix("std::fs::").unwrap_or_default();
        names.contains(&what.split("::").next().unwrap_or_default())
    };
    let elsewhere = |file: &Path| !file.starts_with("sources/agents") || file.ends_with("agents/files.rs");
    let broken = foreign(elsewhere, opens);
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let seen = foreign(|file| !file.ends_with("agents/files.rs"), opens);
    assert!(!seen.is_empty(), "what that module does is seen");
    // A module of `fs` that is imported whole hides what is called of it.
    for (file, _, text) in sources() {
        if file.starts_with("sources/agents") && !elsewhere(&file) && !file.ends_with("tests.rs") {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for call in ["fs::read(", "fs::read_to_string(", "File::open(", "OpenOptions"] {
                assert!(!code.contains(call), "{}: {call}", file.display());
            }
        }
    }
}

/// Text of repositories becomes part of a page through maud, which escapes it: one file inserts style and script, which are ours.
#[test]
fn one_module_inserts_text_without_escaping_it() {
    let inserting: Vec<PathBuf> = sources()
        .into_iter()
        .filter(|(_, _, text)| text.contains("PreEscaped"))
        .map(|(file, ..)| file)
        .collect();
    assert_eq!(inserting, [Path::new("render/page/assets.rs")]);
}

/// What a content security policy would have to allow by name, and what could fetch or run anything.
#[test]
fn pages_have_neither_inline_styles_nor_handlers() {
    let mut broken = Vec::new();
    let mut seen = 0;
    for (file, layer, text) in sources() {
        if layer != "render" || file.ends_with("golden.rs") {
            continue;
        }
        // Tests name what they look for.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        seen += usize::from(code.contains("html! {"));
        let bad = [
            "style=",
            "javascript:",
            "innerHTML",
            "outerHTML",
            "eval(",
            "@import",
            "url(http",
        ];
        broken.extend(
            bad.into_iter()
                .filter(|bad| code.contains(bad))
                .map(|bad| format!("{}: {bad}", file.display())),
        );
        broken.extend(
            handler(code)
                .into_iter()
                .map(|bad| format!("{}: {bad}", file.display())),
        );
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(seen > 5, "files with markup are seen");
    assert_eq!(handler("button onclick=\"x\" {}").as_deref(), Some("onclick"));
    let page = |name: &str| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/render/page");
        std::fs::read_to_string(root.join(name)).unwrap()
    };
    for bad in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "Function(",
        "fetch(",
        "import(",
    ] {
        assert!(!page("leverage.js").contains(bad), "{bad}");
    }
}

/// The first attribute in markup that would run a script.
fn handler(code: &str) -> Option<String> {
    code.match_indices(" on").find_map(|(at, _)| {
        let rest = &code[at + 1..];
        let name: String = rest.chars().take_while(char::is_ascii_lowercase).collect();
        (name.len() > 3 && rest[name.len()..].starts_with("=\"")).then_some(name)
    })
}
