//! Files that say how a project is run: README, licence, CI, manifests, Dockerfiles, changelog, security policy; and those
//! that should not be there.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::paths::{folder_of, folders, name_of};
use super::{docker, licence, manifest, readme, secrets};
use crate::facts::inventory::{Licence, LicenceSource, Project, ProjectPart};

/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 200;
/// More secrets than this are not listed.
const MAX_SECRETS: usize = 20;
/// The endings of prose.
const PROSE: &[&str] = &[
    "md",
    "mdx",
    "mdown",
    "markdown",
    "mkd",
    "txt",
    "text",
    "rst",
    "rest",
    "adoc",
    "asciidoc",
    "asc",
    "org",
    "html",
    "htm",
    "rdoc",
    "pod",
    "textile",
    "wiki",
    "mediawiki",
    "creole",
    "tex",
    "rtf",
    "pdf",
];
const CHANGELOGS: &[&str] = &[
    "changelog",
    "changes",
    "history",
    "news",
    "release-notes",
    "release_notes",
    "releases",
];

/// The paths of a tree.
pub(super) struct Listing<'a> {
    files: Vec<&'a str>,
    /// Files, and links that lead to one.
    documents: Vec<&'a str>,
}

impl<'a> Listing<'a> {
    pub(super) fn new(files: impl Iterator<Item = &'a str>, links: impl Iterator<Item = &'a str>) -> Self {
        let mut files: Vec<&str> = files.collect();
        files.sort_unstable();
        let documents = files.iter().copied().chain(links).collect();
        Self { files, documents }
    }

    pub(super) fn files(&self) -> &[&'a str] {
        &self.files
    }

    pub(super) fn has(&self, path: &str) -> bool {
        self.files.binary_search(&path).is_ok()
    }

    /// The file whose lower-case name fits, the shortest of several: at the top, else in `.github` or `docs`.
    fn best(&self, fits: impl Fn(&str) -> bool) -> Option<String> {
        ["", ".github", "docs", "doc", ".gitlab"]
            .iter()
            .find_map(|folder| {
                self.documents
                    .iter()
                    .filter(|path| {
                        folder_of(path).eq_ignore_ascii_case(folder)
                            && fits(&name_of(path).to_ascii_lowercase())
                    })
                    .min_by_key(|path| (path.len(), **path))
                    .map(|path| (*path).to_owned())
            })
    }

    /// Manifests at the top. Where there are none, or only those that build and name no dependency, those one folder down as
    /// well.
    fn manifests(&self) -> Vec<&'a str> {
        let at_depth = |depth: usize| {
            let files = self.files.iter().copied();
            files.filter(move |path| folders(path).count() == depth && manifest::is_manifest(path))
        };
        let mut found: Vec<&str> = at_depth(0).collect();
        if !found.iter().any(|path| manifest::names_dependencies(path)) {
            found.extend(at_depth(1).filter(|path| !is_sample(path)));
        }
        found
    }
}

/// Reads the project files of a tree. `content` gives a file's bytes, or nothing where they cannot be read.
pub(super) fn read(listing: &Listing, content: impl Fn(&str) -> Option<Vec<u8>>) -> Project {
    let unread = RefCell::new(BTreeSet::new());
    let read_for = |part, path: &str| {
        let bytes = content(path);
        if bytes.is_none() {
            unread.borrow_mut().insert(part);
        }
        bytes
    };
    let mut project = Project {
        readme: listing.best(|name| is_prose(name, &["readme"], &['.', '-', '_'])),
        changelog: listing
            .best(|name| is_prose(name, CHANGELOGS, &['.']))
            .or_else(|| listing.best(|name| name == "relnotes" || name == "changelogs")),
        security_policy: listing.best(|name| is_prose(name, &["security"], &['.'])),
        ci: ci(&listing.files),
        ..Project::default()
    };
    // That one is listed says little where nobody can read it.
    let presented = [&project.changelog, &project.security_policy]
        .into_iter()
        .flatten();
    presented
        .chain(project.ci.first())
        .for_each(|path| drop(content(path)));
    let readme = project.readme.as_deref().and_then(&content);
    let claimed = read_manifests(listing, &mut project, |path| {
        read_for(ProjectPart::Manifest, path)
    });
    let texts = licence_texts(listing, |path| read_for(ProjectPart::Licence, path));
    project.has_licence_text = texts.is_some();
    project.licence = licence_of(claimed, &texts.unwrap_or_default());
    let description = project
        .description
        .filter(|text| !text.trim().is_empty())
        .or_else(|| readme::first_sentence(&String::from_utf8_lossy(&readme?)));
    project.description = description.map(|text| shortened(&text));
    let files = || listing.files.iter().filter(|path| !is_sample(path));
    project.dockerfiles = files()
        .filter(|path| docker::is_dockerfile(name_of(path)))
        .filter_map(|path| {
            let bytes = read_for(ProjectPart::Dockerfile, path)?;
            docker::read(path, &String::from_utf8_lossy(&bytes))
        })
        .collect();
    project.secrets = files()
        .filter(|path| secrets::holds_one(path, || read_for(ProjectPart::Secret, path)))
        .take(MAX_SECRETS)
        .map(|path| (*path).to_owned())
        .collect();
    project.unread = unread.take();
    project
}

/// Reads the manifests; gives the licence that one claims.
fn read_manifests(
    listing: &Listing,
    project: &mut Project,
    content: impl Fn(&str) -> Option<Vec<u8>>,
) -> Option<String> {
    let paths = listing.manifests();
    // Those of parts say nothing of the whole where it has one of its own.
    let depth = paths.first().map_or(0, |path| folders(path).count());
    let mut claimed = None;
    for path in paths {
        let Some(bytes) = content(path) else { continue };
        let (manifest, said) = manifest::read(path, &bytes, listing);
        project.manifests.push(manifest);
        if folders(path).count() == depth {
            project.description = project.description.take().or(said.description);
            claimed = claimed.or(said.licence);
        }
    }
    claimed
}

/// Whether a lower-case name is one of `names`, or starts with it and one of `separators`, and is that of prose.
fn is_prose(name: &str, names: &[&str], separators: &[char]) -> bool {
    let begins = names.iter().any(|start| {
        name.strip_prefix(start)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(separators))
    });
    begins
        && name
            .rsplit_once('.')
            .is_none_or(|(_, ending)| PROSE.contains(&ending))
}

/// The ids of the licence texts at the top, or else in `LICENSES`, where those of borrowed parts lie as well; empty where
/// none is known, `None` where there is no such text.
fn licence_texts(listing: &Listing, content: impl Fn(&str) -> Option<Vec<u8>>) -> Option<Vec<&'static str>> {
    let in_folder = |folder: &'static str| {
        let documents = listing.documents.iter();
        documents.filter(move |path| folder_of(path) == folder)
    };
    let mut files: Vec<_> = in_folder("")
        .filter(|path| licence::is_licence_file(name_of(path)))
        .collect();
    if files.is_empty() {
        files.extend(in_folder("LICENSES"));
    }
    let texts: Vec<Vec<u8>> = files
        .iter()
        .filter_map(|path| content(path))
        .filter(|text| licence::is_text(text))
        .collect();
    let mut ids: Vec<_> = texts.iter().filter_map(|text| licence::spdx_of(text)).collect();
    ids.sort_unstable();
    ids.dedup();
    (!texts.is_empty()).then_some(ids)
}

/// A manifest's claim before texts: it says how several licences go together.
fn licence_of(claimed: Option<String>, texts: &[&'static str]) -> Option<Licence> {
    if let Some(spdx) = claimed.filter(|claim| !claim.trim().is_empty()) {
        let source = LicenceSource::Manifest;
        return Some(Licence { spdx, source });
    }
    (!texts.is_empty()).then(|| Licence {
        spdx: texts.join(", "),
        source: LicenceSource::Text,
    })
}

fn ci(paths: &[&str]) -> Vec<String> {
    let found = paths.iter().filter(|path| is_ci(&path.to_ascii_lowercase()));
    found.map(|path| (*path).to_owned()).collect()
}

/// Whether a lower-case path is that of a common CI system's configuration.
fn is_ci(path: &str) -> bool {
    let bare = path.strip_suffix(".yml").or_else(|| path.strip_suffix(".yaml"));
    let name = name_of(path);
    match folder_of(path) {
        // These folders hold nothing else.
        ".github/workflows" | ".gitea/workflows" | ".forgejo/workflows" | ".circleci" | ".builds"
        | ".semaphore" => bare.is_some(),
        "" => {
            bare.is_some_and(|bare| {
                [
                    ".gitlab-ci",
                    ".travis",
                    ".drone",
                    ".cirrus",
                    ".woodpecker",
                    "appveyor",
                    ".appveyor",
                    "azure-pipelines",
                    "bitbucket-pipelines",
                    ".build",
                    "cloudbuild",
                    "buildspec",
                ]
                .contains(&bare)
            }) || is_jenkinsfile(name)
        }
        "ci" | ".ci" | "jenkins" | ".jenkins" => is_jenkinsfile(name),
        folder => {
            let below = |top: &str| folder.split('/').next() == Some(top);
            bare.is_some()
                && [".buildkite", ".woodpecker", ".azure-pipelines"]
                    .into_iter()
                    .any(below)
                || below(".teamcity") && (name.ends_with(".kts") || name.ends_with(".xml"))
        }
    }
}

fn is_jenkinsfile(name: &str) -> bool {
    name.strip_prefix("jenkinsfile")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
}

/// One line of at most [`MAX_DESCRIPTION`] characters.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MAX_DESCRIPTION {
        return line;
    }
    let cut: String = line.chars().take(MAX_DESCRIPTION - 1).collect();
    format!("{}…", cut.trim_end())
}

/// Folders whose keys open nothing and whose images run nowhere.
const SAMPLES: &[&str] = &[
    "test",
    "tests",
    "testing",
    "testdata",
    "test-data",
    "test_data",
    "spec",
    "specs",
    "fixture",
    "fixtures",
    "example",
    "examples",
    "sample",
    "samples",
    "doc",
    "docs",
    "__tests__",
    "mock",
    "mocks",
    "e2e",
    "vendor",
    "node_modules",
    "t",
];

/// Whether a file lies where nothing is meant to be deployed: `tests`, `unit-tests` and `KilnTests`, but not `latests`.
fn is_sample(path: &str) -> bool {
    folders(path).any(|folder| {
        let last = folder.rsplit(['-', '_', '.']).next().unwrap_or(folder);
        [folder, last]
            .iter()
            .any(|word| SAMPLES.contains(&word.to_ascii_lowercase().as_str()))
            || folder.ends_with("Tests")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const APACHE: &str = "Apache License\nVersion 2.0, January 2004\nEach Contributor hereby grants to You a perpetual, worldwide, \
                          non-exclusive, no-charge, royalty-free, irrevocable copyright license";

    fn project(files: &[(&str, &str)]) -> Project {
        let find = |path: &str| files.iter().find(|(name, _)| *name == path);
        let listing = Listing::new(files.iter().map(|(path, _)| *path), std::iter::empty());
        read(&listing, |path| {
            let (_, text) = find(path)?;
            (*text != "?").then(|| text.as_bytes().to_vec())
        })
    }

    #[test]
    fn a_readme_describes_where_no_manifest_does() {
        let readmes = [
            ("README-nix.md", "For Nix.\n"),
            ("README.md", "# Kiln\n\nFires   pots.\n"),
        ];
        assert_eq!(project(&readmes).description.as_deref(), Some("Fires pots."));
        assert_eq!(project(&[]).description, None);
    }

    #[test]
    fn a_manifest_claims_a_licence_and_a_text_proves_one() {
        let proved = project(&[("LICENSE", APACHE)]);
        assert_eq!(
            proved.licence.map(|licence| (licence.spdx, licence.source)),
            Some(("Apache-2.0".into(), LicenceSource::Text))
        );
        let claimed = project(&[
            ("Cargo.toml", "[package]\nlicense = \"MIT\""),
            ("LICENSE", APACHE),
        ]);
        assert_eq!(
            claimed.licence.map(|licence| (licence.spdx, licence.source)),
            Some(("MIT".into(), LicenceSource::Manifest))
        );
        assert!(claimed.has_licence_text);
        for text in ["", "MIT", "\0"] {
            assert!(!project(&[("LICENSE", text)]).has_licence_text, "{text:?}");
        }
    }

    #[test]
    fn what_could_not_be_read_is_told() {
        let files = [
            ("LICENSE", "?"),
            ("Cargo.toml", "?"),
            ("Dockerfile", "?"),
            ("site.key", "?"),
        ];
        let unread = project(&files).unread;
        let parts = [
            ProjectPart::Licence,
            ProjectPart::Manifest,
            ProjectPart::Dockerfile,
            ProjectPart::Secret,
        ];
        assert_eq!(unread, BTreeSet::from(parts));
    }

    #[test]
    fn secrets_outside_of_samples() {
        let key = "-----BEGIN PRIVATE KEY-----";
        let found = project(&[
            ("certs/site.key", key),
            ("tests/site.key", key),
            ("KilnTests/site.key", key),
            ("unit-tests/site.key", key),
            ("src/latests/id_rsa", key),
        ]);
        assert_eq!(found.secrets, ["certs/site.key", "src/latests/id_rsa"]);
    }

    #[test]
    fn usual_files_are_found_in_the_usual_places() {
        let found = project(&[
            (".github/SECURITY.md", ""),
            (".github/workflows/ci.yaml", ""),
            ("docs/CHANGELOG.rst", ""),
            ("sub/README.md", ""),
        ]);
        assert_eq!(found.security_policy.as_deref(), Some(".github/SECURITY.md"));
        assert_eq!(found.ci, [".github/workflows/ci.yaml"]);
        assert_eq!(found.changelog.as_deref(), Some("docs/CHANGELOG.rst"));
        assert_eq!(found.readme, None);
    }

    #[test]
    fn code_data_and_pictures_are_no_documents() {
        let found = project(&[
            ("security.rs", ""),
            ("history.go", ""),
            ("changes.py", ""),
            ("releases.json", ""),
            ("readme.png", ""),
        ]);
        assert_eq!(
            (found.readme, found.changelog, found.security_policy),
            (None, None, None)
        );
        for name in [
            "README",
            "readme.rst",
            "README.zh-CN.md",
            "Readme.adoc",
            "README_de.txt",
        ] {
            assert_eq!(project(&[(name, "")]).readme.as_deref(), Some(name));
        }
    }

    #[test]
    fn ci_systems_are_known_by_their_files() {
        for path in [
            ".gitlab-ci.yaml",
            "azure-pipelines.yaml",
            "ci/Jenkinsfile",
            "Jenkinsfile",
            ".semaphore/semaphore.yml",
            ".teamcity/settings.kts",
            ".circleci/config.yml",
        ] {
            assert_eq!(project(&[(path, "")]).ci, [path]);
        }
        for path in [
            ".github/workflows/old/ci.yml",
            "src/Jenkinsfile",
            "ci/run.sh",
            ".teamcity/notes.md",
        ] {
            assert!(project(&[(path, "")]).ci.is_empty(), "{path}");
        }
    }

    #[test]
    fn what_builds_at_the_top_does_not_hide_what_lies_below() {
        let found = project(&[
            ("CMakeLists.txt", ""),
            ("web/package.json", "{\"description\": \"Its pages\"}"),
            ("tests/package.json", "{}"),
        ]);
        let paths: Vec<_> = found.manifests.iter().map(|manifest| &manifest.path).collect();
        assert_eq!(paths, ["CMakeLists.txt", "web/package.json"]);
        assert_eq!(found.description, None, "it describes a part");
    }
}
