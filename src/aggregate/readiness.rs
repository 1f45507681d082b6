//! Readiness: what a repository needs before others can rely on it. One rule a function, each with its id and reason.

use serde::{Deserialize, Serialize};

use crate::facts::inventory::{LockFile, Project, RepoFacts, StateFacts, TreeFacts};

/// What a check came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All is well.
    Pass,
    /// Something is missing or wrong.
    Fail,
    /// The question does not arise here.
    NotApplicable,
    /// What it asks could not be read.
    Unknown,
}

/// One check of one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name: stable, `kebab-case`.
    pub id: String,
    /// What it came to.
    pub verdict: Verdict,
    /// Why, one sentence. Untrusted text.
    pub reason: String,
    /// What to do about a failure.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

/// A verdict and its reason.
type Answer = (Verdict, String);

/// What a rule looks at.
enum Rule {
    Tree(fn(&TreeFacts) -> Answer),
    Clone(fn(&StateFacts) -> Answer),
}

/// A rule with its id and what to do when it fails.
struct Named {
    id: &'static str,
    rule: Rule,
    hint: &'static str,
}

const RULES: &[Named] = &[
    Named {
        id: "readme",
        rule: Rule::Tree(readme),
        hint: "Add a README.md that says what this is and how to run it",
    },
    Named {
        id: "licence",
        rule: Rule::Tree(licence),
        hint: "Add a LICENSE file with the full text",
    },
    Named {
        id: "ci",
        rule: Rule::Tree(ci),
        hint: "Add a workflow that builds and tests every change",
    },
    Named {
        id: "tests",
        rule: Rule::Tree(tests),
        hint: "Add at least one test that the CI runs",
    },
    Named {
        id: "manifest",
        rule: Rule::Tree(manifest),
        hint: "Correct the manifest: tools that read it will fail",
    },
    Named {
        id: "lock-file",
        rule: Rule::Tree(lock_file),
        hint: "Commit the lock file, so that every build uses what was tested",
    },
    Named {
        id: "no-secrets",
        rule: Rule::Tree(no_secrets),
        hint: "Remove it from history and revoke what it opens",
    },
    Named {
        id: "docker-pinned",
        rule: Rule::Tree(docker_pinned),
        hint: "Name a version or digest of the base image",
    },
    Named {
        id: "docker-user",
        rule: Rule::Tree(docker_user),
        hint: "Add a USER line to the last stage",
    },
    Named {
        id: "changelog",
        rule: Rule::Tree(changelog),
        hint: "Add a CHANGELOG.md",
    },
    Named {
        id: "security-policy",
        rule: Rule::Tree(security_policy),
        hint: "Add a SECURITY.md that says how to report a hole",
    },
    Named {
        id: "pushed",
        rule: Rule::Clone(pushed),
        hint: "Push the default branch",
    },
    Named {
        id: "no-stale-branches",
        rule: Rule::Clone(no_stale_branches),
        hint: "Merge or delete branches that nobody works on",
    },
];

/// The ids of all checks, in order.
pub fn ids() -> impl Iterator<Item = &'static str> {
    RULES.iter().map(|named| named.id)
}

/// All checks of one repository, in the order of [`ids`].
pub fn checks(facts: &RepoFacts) -> Vec<Check> {
    RULES
        .iter()
        .map(|named| {
            let answer = match named.rule {
                Rule::Tree(rule) if facts.head.is_some() => facts.tree.as_ref().map(rule),
                Rule::Tree(_) => facts.tree.as_ref().map(|_| not_applicable("no commit yet")),
                Rule::Clone(rule) => facts.state.as_ref().map(rule),
            };
            let (verdict, reason) =
                answer.unwrap_or_else(|| (Verdict::Unknown, "could not be read".to_owned()));
            Check {
                id: named.id.to_owned(),
                verdict,
                reason,
                hint: (verdict == Verdict::Fail).then(|| named.hint.to_owned()),
            }
        })
        .collect()
}

fn pass(reason: impl Into<String>) -> Answer {
    (Verdict::Pass, reason.into())
}

fn fail(reason: impl Into<String>) -> Answer {
    (Verdict::Fail, reason.into())
}

fn not_applicable(reason: impl Into<String>) -> Answer {
    (Verdict::NotApplicable, reason.into())
}

fn present(path: Option<&String>, missing: &str) -> Answer {
    path.map_or_else(|| fail(missing), pass)
}

fn readme(tree: &TreeFacts) -> Answer {
    present(tree.project.readme.as_ref(), "no README")
}

fn licence(tree: &TreeFacts) -> Answer {
    match (&tree.project.licence, tree.project.has_licence_text) {
        (Some(licence), true) => pass(licence.spdx.clone()),
        (None, true) => pass("a licence text of its own"),
        (Some(licence), false) => fail(format!("{} is claimed, but its text is missing", licence.spdx)),
        (None, false) => fail("no licence"),
    }
}

fn ci(tree: &TreeFacts) -> Answer {
    present(tree.project.ci.first(), "no CI configuration")
}

fn has_source(tree: &TreeFacts) -> bool {
    tree.tests.source_lines + tree.tests.test_lines > 0
}

fn tests(tree: &TreeFacts) -> Answer {
    match (tree.tests.cases(), tree.tests.test_lines) {
        _ if !has_source(tree) => not_applicable("no source code"),
        (0, 0) => fail("no tests"),
        (0, lines) => pass(format!("{lines} lines in test files")),
        (cases, _) => pass(format!("{cases} test cases")),
    }
}

fn manifest(tree: &TreeFacts) -> Answer {
    let manifests = &tree.project.manifests;
    let broken = manifests
        .iter()
        .find_map(|manifest| Some((&manifest.path, manifest.broken.as_ref()?)));
    match (broken, manifests.first()) {
        (Some((path, reason)), _) => fail(format!("{path}: {reason}")),
        (None, Some(first)) => pass(first.path.clone()),
        (None, None) => not_applicable("no dependency manifest"),
    }
}

fn lock_file(tree: &TreeFacts) -> Answer {
    let locks = || {
        tree.project
            .manifests
            .iter()
            .filter_map(|manifest| Some((&manifest.path, manifest.lock.as_ref()?)))
    };
    let missing = locks().find_map(|(path, lock)| match lock {
        LockFile::Missing(names) => Some(format!("{path} has no {names}")),
        LockFile::Present(_) => None,
    });
    let present = locks().find_map(|(_, lock)| match lock {
        LockFile::Present(path) => Some(path.clone()),
        LockFile::Missing(_) => None,
    });
    match (missing, present) {
        (Some(missing), _) => fail(missing),
        (None, Some(path)) => pass(path),
        (None, None) => not_applicable("nothing here wants one"),
    }
}

fn no_secrets(tree: &TreeFacts) -> Answer {
    match tree.project.secrets.as_slice() {
        [] => pass("none by name or content"),
        [one] => fail(one.clone()),
        [first, rest @ ..] => fail(format!("{first} and {} more", rest.len())),
    }
}

fn dockerfiles(
    project: &Project,
    wrong: impl Fn(&crate::facts::inventory::Dockerfile) -> Option<String>,
) -> Answer {
    match project.dockerfiles.iter().find_map(wrong) {
        Some(reason) => fail(reason),
        None if project.dockerfiles.is_empty() => not_applicable("no Dockerfile"),
        None => pass(format!("{} looked at", project.dockerfiles.len())),
    }
}

fn docker_pinned(tree: &TreeFacts) -> Answer {
    dockerfiles(&tree.project, |file| {
        let image = file.floating_images.first()?;
        Some(format!("{} builds on {image}, which changes", file.path))
    })
}

fn docker_user(tree: &TreeFacts) -> Answer {
    dockerfiles(&tree.project, |file| {
        file.runs_as_root.then(|| format!("{} runs as root", file.path))
    })
}

fn changelog(tree: &TreeFacts) -> Answer {
    present(tree.project.changelog.as_ref(), "no changelog")
}

fn security_policy(tree: &TreeFacts) -> Answer {
    present(tree.project.security_policy.as_ref(), "no security policy")
}

fn pushed(state: &StateFacts) -> Answer {
    let branch = state.default_branch.as_deref().unwrap_or("the default branch");
    match state.default_pushed {
        Some(true) => pass(format!("a remote has all of {branch}")),
        Some(false) => fail(format!("{branch} has commits that no remote has")),
        None if state.remotes.is_empty() && state.bare => not_applicable("a bare repository without remotes"),
        None if state.remotes.is_empty() => fail("no remote"),
        None if state.bare => not_applicable("a mirror: its branches are those of the remote"),
        None => not_applicable("no default branch yet"),
    }
}

fn no_stale_branches(state: &StateFacts) -> Answer {
    match state.stale_branches.as_slice() {
        [] => pass("every branch has commits of the last 90 days, or is the default one"),
        [one] => fail(format!("{one} has had no commit for 90 days")),
        [first, rest @ ..] => fail(format!(
            "{first} and {} more have had no commit for 90 days",
            rest.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::diagnostics::Status;
    use crate::facts::ids::ObjectId;

    fn verdicts(facts: &RepoFacts) -> Vec<(String, Verdict)> {
        checks(facts)
            .into_iter()
            .map(|check| (check.id, check.verdict))
            .collect()
    }

    #[test]
    fn a_repository_that_cannot_be_opened_is_unknown() {
        let facts = RepoFacts::failed("a".into(), "/a".into(), "gone".into());
        assert!(
            verdicts(&facts)
                .iter()
                .all(|(_, verdict)| *verdict == Verdict::Unknown)
        );
    }

    #[test]
    fn an_empty_tree_fails_where_something_is_missing() {
        let facts = RepoFacts {
            status: Status::Complete,
            head: ObjectId::from_bytes(&[1; 20]),
            tree: Some(TreeFacts::default()),
            state: Some(StateFacts::default()),
            ..RepoFacts::failed("a".into(), "/a".into(), String::new())
        };
        let failed: Vec<_> = verdicts(&facts)
            .into_iter()
            .filter(|(_, verdict)| *verdict == Verdict::Fail)
            .map(|(id, _)| id)
            .collect();
        assert_eq!(
            failed,
            [
                "readme",
                "licence",
                "ci",
                "changelog",
                "security-policy",
                "pushed"
            ]
        );
    }
}
