//! Files that say how a project is run: README, licence, CI, manifests, Dockerfiles, changelog, security policy; and those
//! that should not be there.

use super::paths::{folder_of, folders, name_of};
use super::{docker, licence, manifest, readme};
use crate::facts::inventory::{Licence, LicenceSource, Project};

/// The longest description, in characters.
const MAX_DESCRIPTION: usize = 200;
/// More secrets than this are not listed.
const MAX_SECRETS: usize = 20;

/// Reads the project files among `paths`. `content` gives a file's bytes, or nothing where they cannot be read.
pub(super) fn read(
    paths: &[&str],
    has_file: manifest::HasFile,
    content: impl Fn(&str) -> Option<Vec<u8>>,
) -> Project {
    let mut project = Project {
        readme: best(paths, |name| name.starts_with("readme")),
        changelog: best(paths, |name| {
            [
                "changelog",
                "changes",
                "history",
                "news",
                "release-notes",
                "release_notes",
                "releases",
            ]
            .iter()
            .any(|start| {
                name.strip_prefix(start)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        })
        .or_else(|| best(paths, |name| name == "relnotes" || name == "changelogs")),
        security_policy: best(paths, |name| name.starts_with("security.") || name == "security"),
        ci: paths
            .iter()
            .filter(|path| is_ci(path))
            .map(|path| (*path).to_owned())
            .collect(),
        ..Project::default()
    };
    let mut claimed = None;
    for path in manifests(paths) {
        let Some(bytes) = content(path) else { continue };
        let (manifest, said) = manifest::read(path, &bytes, has_file);
        project.manifests.push(manifest);
        project.description = project.description.or(said.description);
        claimed = claimed.or(said.licence);
    }
    let texts = licence_texts(paths, &content);
    project.has_licence_text = texts.is_some();
    project.licence = licence_of(claimed, &texts.unwrap_or_default());
    let readme = project.readme.as_deref().and_then(&content);
    let description = project
        .description
        .filter(|text| !text.trim().is_empty())
        .or_else(|| readme::first_sentence(&String::from_utf8_lossy(&readme?)));
    project.description = description.map(|text| shortened(&text));
    project.dockerfiles = paths
        .iter()
        .filter(|path| docker::is_dockerfile(name_of(path)) && !is_sample(path))
        .filter_map(|path| Some(docker::read(path, &String::from_utf8_lossy(&content(path)?))))
        .collect();
    project.secrets = paths
        .iter()
        .filter(|path| looks_secret(path, &content))
        .take(MAX_SECRETS)
        .map(|path| (*path).to_owned())
        .collect();
    project
}

/// The file whose lower-case name fits, the shortest of several: at the top, else in `.github` or `docs`.
fn best(paths: &[&str], fits: impl Fn(&str) -> bool) -> Option<String> {
    ["", ".github", "docs", "doc", ".gitlab"]
        .iter()
        .find_map(|folder| {
            paths
                .iter()
                .filter(|path| {
                    folder_of(path).eq_ignore_ascii_case(folder) && fits(&name_of(path).to_ascii_lowercase())
                })
                .min_by_key(|path| path.len())
                .map(|path| (*path).to_owned())
        })
}

/// Manifests at the top; where there are none, those one folder down.
fn manifests<'a>(paths: &[&'a str]) -> Vec<&'a str> {
    let at_depth = |depth: usize| -> Vec<&'a str> {
        paths
            .iter()
            .copied()
            .filter(|path| folders(path).count() == depth && manifest::is_manifest(path))
            .collect()
    };
    let top = at_depth(0);
    if top.is_empty() { at_depth(1) } else { top }
}

/// The ids of the licence texts at the top, or else in `LICENSES`, where those of borrowed parts lie as well; empty where
/// none is known, `None` where there is no such file.
fn licence_texts(paths: &[&str], content: &impl Fn(&str) -> Option<Vec<u8>>) -> Option<Vec<&'static str>> {
    let is_text = |path: &str| licence::is_licence_file(name_of(path));
    let top = paths
        .iter()
        .filter(|path| folder_of(path).is_empty() && is_text(path));
    let mut files: Vec<_> = top.collect();
    if files.is_empty() {
        files.extend(paths.iter().filter(|path| folder_of(path) == "LICENSES"));
    }
    let mut ids: Vec<_> = files
        .iter()
        .filter_map(|path| licence::spdx_of(&content(path)?))
        .collect();
    ids.sort_unstable();
    ids.dedup();
    (!files.is_empty()).then_some(ids)
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

fn is_ci(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let yaml = lower.ends_with(".yml") || lower.ends_with(".yaml");
    yaml && [
        ".github/workflows/",
        ".circleci/",
        ".buildkite/",
        ".woodpecker/",
        ".gitea/workflows/",
        ".forgejo/workflows/",
    ]
    .iter()
    .any(|folder| lower.starts_with(folder))
        || matches!(
            lower.as_str(),
            ".gitlab-ci.yml"
                | ".travis.yml"
                | ".drone.yml"
                | ".cirrus.yml"
                | ".woodpecker.yml"
                | "appveyor.yml"
                | ".appveyor.yml"
                | "azure-pipelines.yml"
                | "bitbucket-pipelines.yml"
                | "jenkinsfile"
                | ".build.yml"
                | "cloudbuild.yaml"
        )
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

/// Whether a committed file looks like a secret, by its name and, for keys and tokens, by its content. Folders for tests,
/// fixtures, examples and documentation hold keys that open nothing, and are passed over.
fn looks_secret(path: &str, content: &impl Fn(&str) -> Option<Vec<u8>>) -> bool {
    let name = name_of(path).to_ascii_lowercase();
    let holds = |needle: &str| {
        content(path).is_some_and(|bytes| memchr::memmem::find(&bytes, needle.as_bytes()).is_some())
    };
    if is_named_like_a_secret(&name) {
        return !is_sample(path);
    }
    match name.rsplit('.').next() {
        Some("pem" | "key") => !is_sample(path) && holds("PRIVATE KEY-----"),
        _ if name == ".npmrc" => holds("_authToken=") && !holds("_authToken=${"),
        _ if name == ".pypirc" => holds("password"),
        _ => false,
    }
}

/// Whether a file lies where nothing is meant to be deployed.
fn is_sample(path: &str) -> bool {
    folders(path).any(|folder| {
        let folder = folder.to_ascii_lowercase();
        SAMPLES.contains(&folder.as_str()) || folder.ends_with("tests")
    })
}

fn is_named_like_a_secret(name: &str) -> bool {
    matches!(
        name,
        ".env"
            | ".netrc"
            | "_netrc"
            | ".pgpass"
            | ".htpasswd"
            | "id_rsa"
            | "id_dsa"
            | "id_ecdsa"
            | "id_ed25519"
            | "credentials.json"
            | "client_secret.json"
            | ".git-credentials"
            | "terraform.tfstate"
    ) || name.starts_with(".env.")
        && ["local", "production", "prod", "staging"]
            .iter()
            .any(|kind| name.ends_with(kind))
        || [".p12", ".pfx", ".jks", ".keystore", ".ppk", ".kdbx"]
            .iter()
            .any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project(files: &[(&str, &str)]) -> Project {
        let paths: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
        let find = |path: &str| files.iter().find(|(name, _)| *name == path);
        read(&paths, &|path| find(path).is_some(), |path| {
            find(path).map(|(_, text)| text.as_bytes().to_vec())
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
        let text = "Apache License\nVersion 2.0";
        let proved = project(&[("LICENSE", text)]);
        assert_eq!(
            proved.licence.map(|licence| (licence.spdx, licence.source)),
            Some(("Apache-2.0".into(), LicenceSource::Text))
        );
        let claimed = project(&[("Cargo.toml", "[package]\nlicense = \"MIT\""), ("LICENSE", text)]);
        assert_eq!(
            claimed.licence.map(|licence| (licence.spdx, licence.source)),
            Some(("MIT".into(), LicenceSource::Manifest))
        );
        assert!(claimed.has_licence_text);
    }

    #[test]
    fn secrets_by_name_and_by_content() {
        let key = "-----BEGIN PRIVATE KEY-----";
        let found = project(&[
            (".env", "A=1"),
            (".env.example", "A="),
            ("certs/ca.pem", "-----BEGIN CERTIFICATE-----"),
            ("certs/site.key", key),
            ("tests/site.key", key),
            (".npmrc", "//x/:_authToken=${TOKEN}"),
        ]);
        assert_eq!(found.secrets, [".env", "certs/site.key"]);
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
}
