//! Files that say how a project is run: README, license, CI, manifests, Dockerfiles, changelog, security policy; and those
//! that should not be there.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::listing::{Listing, is_sample};
use super::paths::{folder_of, folders, name_of};
use super::{docker, license, manifest, readme, secrets};
use crate::facts::inventory::{License, LicenseSource, Project, ProjectPart};

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
    "releasenotes",
    "releases",
];
/// Directories with a file for each version.
const CHANGELOG_FOLDERS: &[&str] = &[
    "changelog",
    "changelogs",
    "relnotes",
    "release-notes",
    "releasenotes",
    "docs/changelog",
    "docs/changelogs",
    "docs/release-notes",
    "doc/changelogs",
];

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
            .or_else(|| listing.best(|name| is_prose(name, &["changelog", "relnotes"], &['.', '-', '_'])))
            .or_else(|| first_version_notes(listing)),
        security_policy: listing.best(|name| is_prose(name, &["security"], &['.'])),
        ci: ci(listing.files()),
        ..Project::default()
    };
    // That one is listed says little where nobody can read it.
    let presented = [&project.changelog, &project.security_policy]
        .into_iter()
        .flatten();
    presented.chain(&project.ci).for_each(|path| drop(content(path)));
    let readme = project.readme.as_deref().and_then(&content);
    let claimed = read_manifests(listing, &mut project, |path| {
        read_for(ProjectPart::Manifest, path)
    });
    let texts = license_texts(listing, |path| read_for(ProjectPart::License, path));
    project.has_license_text = texts.has_text;
    project.license_file = texts.file;
    project.license = license_of(claimed, &texts.ids);
    let description = project
        .description
        .filter(|text| !text.trim().is_empty())
        .or_else(|| readme::first_sentence(&readme?));
    project.description = description.map(|text| shortened(readme::sentence(&one_line(&text))));
    let files = || listing.files().iter().filter(|path| !is_sample(path));
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

/// The first file of a directory with a file for each version.
fn first_version_notes(listing: &Listing<'_>) -> Option<String> {
    let mut notes = listing.documents().iter().filter(|path| {
        let path = path.to_ascii_lowercase();
        CHANGELOG_FOLDERS.contains(&folder_of(&path)) && has_prose_ending(&path)
    });
    notes.next().map(|path| (*path).to_owned())
}

/// Manifests at the top. Where there are none, or only those that build and name no dependency, those one or two directories
/// down as well.
fn manifests<'a>(listing: &Listing<'a>) -> Vec<&'a str> {
    let at_depth = |depth: usize| {
        let files = listing.files().iter().copied();
        files.filter(move |path| folders(path).count() == depth && manifest::is_manifest(path))
    };
    let mut found: Vec<&str> = at_depth(0).collect();
    for depth in 1..=2 {
        if !found.iter().any(|path| manifest::names_dependencies(path)) {
            found.extend(at_depth(depth).filter(|path| !is_sample(path)));
        }
    }
    found
}

/// Reads the manifests; gives the license that one claims.
fn read_manifests(
    listing: &Listing,
    project: &mut Project,
    content: impl Fn(&str) -> Option<Vec<u8>>,
) -> Option<String> {
    let paths = manifests(listing);
    // Those of parts say nothing of the whole where it has one of its own.
    let depth = paths.first().map_or(0, |path| folders(path).count());
    let mut claimed = None;
    for path in paths {
        let Some(bytes) = content(path) else { continue };
        let (manifest, said) = manifest::read(path, &bytes, listing);
        project.manifests.push(manifest);
        if folders(path).count() == depth {
            project.description = project.description.take().or(said.description);
            claimed = claimed.or(said.license);
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
    begins && (!name.contains('.') || has_prose_ending(name))
}

fn has_prose_ending(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, ending)| PROSE.contains(&ending))
}

/// What the license files of a tree came to.
#[derive(Default)]
struct LicenseTexts {
    /// The first of them, whatever it holds.
    file: Option<String>,
    has_text: bool,
    ids: Vec<&'static str>,
}

/// The license texts at the top, else in `LICENSES`, where those of borrowed parts lie as well, else among the documents.
fn license_texts(listing: &Listing, content: impl Fn(&str) -> Option<Vec<u8>>) -> LicenseTexts {
    let in_folder = |folder: &str| -> Vec<&str> {
        let documents = listing.documents().iter().copied();
        let here = documents.filter(|path| folder_of(path).eq_ignore_ascii_case(folder));
        here.filter(|path| folder == "LICENSES" || license::is_license_file(name_of(path)))
            .collect()
    };
    let folders = ["", "LICENSES", ".github", "docs", "doc"];
    let files = folders.map(in_folder).into_iter().find(|files| !files.is_empty());
    let files = files.unwrap_or_default();
    let texts: Vec<Vec<u8>> = files
        .iter()
        .filter_map(|path| content(path))
        .filter(|text| license::is_text(text))
        .collect();
    let mut ids: Vec<_> = texts.iter().flat_map(|text| license::spdx_of(text)).collect();
    ids.sort_unstable();
    ids.dedup();
    LicenseTexts {
        file: files.first().map(|path| (*path).to_owned()),
        has_text: !texts.is_empty(),
        ids,
    }
}

/// A manifest's claim before texts: it says how several licenses go together.
fn license_of(claimed: Option<String>, texts: &[&'static str]) -> Option<License> {
    if let Some(spdx) = claimed.filter(|claim| !claim.trim().is_empty()) {
        let source = LicenseSource::Manifest;
        return Some(License { spdx, source });
    }
    (!texts.is_empty()).then(|| License {
        spdx: texts.join(", "),
        source: LicenseSource::Text,
    })
}

fn ci(paths: &[&str]) -> Vec<String> {
    let found = paths.iter().filter(|path| is_ci(&path.to_ascii_lowercase()));
    found.map(|path| (*path).to_owned()).collect()
}

/// Files at the top, without their ending.
const CI_FILES: &[&str] = &[
    ".gitlab-ci",
    ".travis",
    ".drone",
    ".cirrus",
    ".woodpecker",
    "appveyor",
    ".appveyor",
    "bitbucket-pipelines",
    ".build",
    "cloudbuild",
    "buildspec",
    "bitrise",
    "codemagic",
    "screwdriver",
    "wercker",
    ".zuul",
    "zuul",
];
/// Directories that contain nothing else.
const CI_FOLDERS: &[&str] = &[
    ".github/workflows",
    ".gitea/workflows",
    ".forgejo/workflows",
    ".circleci",
    ".builds",
    ".semaphore",
];
/// Directories that contain nothing else, at any depth.
const CI_TREES: &[&str] = &[
    ".buildkite",
    ".woodpecker",
    ".azure-pipelines",
    ".azuredevops",
    "azure-pipelines",
    ".gitlab-ci",
    ".tekton",
    ".zuul.d",
    "zuul.d",
];

/// Whether a lower-case path is that of a common CI system's configuration.
fn is_ci(path: &str) -> bool {
    let bare = path.strip_suffix(".yml").or_else(|| path.strip_suffix(".yaml"));
    let name = name_of(path);
    let folder = folder_of(path);
    let top = folders(path).next();
    match folder {
        "" => {
            bare.is_some_and(|bare| CI_FILES.contains(&bare) || bare.starts_with("azure-pipelines"))
                || matches!(path, ".drone.star" | ".drone.jsonnet" | ".cirrus.star")
                || is_jenkinsfile(name)
        }
        "ci" | ".ci" | "jenkins" | ".jenkins" => is_jenkinsfile(name),
        _ if top == Some(".teamcity") => name.ends_with(".kts") || name.ends_with(".xml"),
        _ => {
            bare.is_some() && (CI_FOLDERS.contains(&folder) || top.is_some_and(|top| CI_TREES.contains(&top)))
        }
    }
}

fn is_jenkinsfile(name: &str) -> bool {
    name.strip_prefix("jenkinsfile")
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-']))
}

/// White space of any kind, and as much of it, is one space.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// One line of at most [`MAX_DESCRIPTION`] characters.
fn shortened(line: &str) -> String {
    if line.chars().count() <= MAX_DESCRIPTION {
        return line.to_owned();
    }
    let cut: String = line.chars().take(MAX_DESCRIPTION - 1).collect();
    format!("{}…", cut.trim_end())
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
    fn a_manifest_claims_a_license_and_a_text_proves_one() {
        let proved = project(&[("LICENSE", APACHE)]);
        assert_eq!(
            proved.license.map(|license| (license.spdx, license.source)),
            Some(("Apache-2.0".into(), LicenseSource::Text))
        );
        let claimed = project(&[
            ("Cargo.toml", "[package]\nlicense = \"MIT\""),
            ("LICENSE", APACHE),
        ]);
        assert_eq!(
            claimed.license.map(|license| (license.spdx, license.source)),
            Some(("MIT".into(), LicenseSource::Manifest))
        );
        assert!(claimed.has_license_text);
        for text in ["", "MIT", "\0"] {
            let told = project(&[("LICENSE", text)]);
            assert!(!told.has_license_text, "{text:?}");
            assert_eq!(told.license_file.as_deref(), Some("LICENSE"), "{text:?}");
        }
    }

    #[test]
    fn licenses_of_several_files_are_told_together() {
        let keeps = "Copyright 2026 Ada. All rights reserved.";
        let told = project(&[("LICENSE-APACHE", APACHE), ("LICENSE.txt", keeps)]).license;
        assert_eq!(
            told.map(|license| license.spdx).as_deref(),
            Some("Apache-2.0, LicenseRef-Proprietary")
        );
        assert!(project(&[(".github/LICENSE", APACHE)]).has_license_text);
        assert!(project(&[("LICENSES/Apache-2.0.txt", APACHE)]).has_license_text);
        assert!(!project(&[("src/LICENSE", APACHE)]).has_license_text);
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
            ProjectPart::License,
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
            ("src/test_keys/site.key", key),
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
        for path in ["CHANGELOG-2.x.md", "RelNotes", "doc/changelogs/V1.md", "NEWS"] {
            assert_eq!(project(&[(path, "")]).changelog.as_deref(), Some(path));
        }
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
            "azure-pipelines-release.yml",
            ".azuredevops/build/main.yml",
            ".buildkite/pipeline.yml",
            ".woodpecker/test.yaml",
            ".forgejo/workflows/test.yml",
            ".gitea/workflows/test.yaml",
            ".travis.yml",
            ".appveyor.yml",
            ".drone.star",
            ".cirrus.yml",
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
        let deep = project(&[
            ("Src/Kiln/Kiln.csproj", "<Project />"),
            ("Src/Kiln.Tests/Kiln.Tests.csproj", "<Project />"),
        ]);
        assert_eq!(deep.manifests.len(), 1);
        assert_eq!(found.description, None, "it describes a part");
    }
}
