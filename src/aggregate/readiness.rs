//! Readiness: what a repository needs before others can rely on it. One function per rule, each with its id and reason.

use serde::{Deserialize, Serialize};

use crate::facts::inventory::{Dockerfile, LockFile, ProjectPart, RepoFacts, StateFacts, TreeFacts};

/// The result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Passed.
    Pass,
    /// Something is missing or wrong.
    Fail,
    /// The check does not apply here.
    NotApplicable,
    /// What it needs could not be read.
    Unknown,
}

/// One check of one repository.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name: stable, `kebab-case`.
    pub id: String,
    /// Its result.
    pub verdict: Verdict,
    /// Why, one sentence. Untrusted text.
    pub reason: String,
    /// What to do about a failure.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hint: Option<String>,
}

/// A verdict and its reason.
type Answer = (Verdict, String);

/// What a rule examines.
enum Rule {
    /// A tree: one file that passes is enough, so unreadable parts leave any other verdict open.
    Wanted(fn(&TreeFacts) -> Answer),
    /// A tree: one file that fails is enough.
    Unwanted(fn(&TreeFacts) -> Answer),
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
        rule: Rule::Wanted(readme),
        hint: "Add a `README.md` that describes the project and how to run it",
    },
    Named {
        id: "license",
        rule: Rule::Wanted(license),
        hint: "Add a `LICENSE` file with the full text",
    },
    Named {
        id: "ci",
        rule: Rule::Wanted(ci),
        hint: "Add a workflow that builds and tests every change",
    },
    Named {
        id: "tests",
        rule: Rule::Wanted(tests),
        hint: "Add at least one test that the CI runs",
    },
    Named {
        id: "manifest",
        rule: Rule::Unwanted(manifest),
        hint: "Fix the manifest: tools cannot read it",
    },
    Named {
        id: "lock-file",
        rule: Rule::Unwanted(lock_file),
        hint: "Commit the lock file so that every build uses the tested versions",
    },
    Named {
        id: "no-secrets",
        rule: Rule::Unwanted(no_secrets),
        hint: "Remove it from history and revoke it",
    },
    Named {
        id: "docker-pinned",
        rule: Rule::Unwanted(docker_pinned),
        hint: "Pin the base image to a version or digest",
    },
    Named {
        id: "docker-user",
        rule: Rule::Unwanted(docker_user),
        hint: "Add a `USER` line to the last stage",
    },
    Named {
        id: "changelog",
        rule: Rule::Wanted(changelog),
        hint: "Add a `CHANGELOG.md`",
    },
    Named {
        id: "security-policy",
        rule: Rule::Wanted(security_policy),
        hint: "Add a `SECURITY.md` that describes how to report a vulnerability",
    },
    Named {
        id: "pushed",
        rule: Rule::Clone(pushed),
        hint: "Push the default branch to a remote",
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
                Rule::Wanted(_) | Rule::Unwanted(_) if facts.head.is_none() => {
                    facts.tree.as_ref().map(|_| not_applicable("no commits yet"))
                }
                Rule::Wanted(rule) => facts
                    .tree
                    .as_ref()
                    .map(|tree| settled(rule(tree), Verdict::Pass, tree)),
                Rule::Unwanted(rule) => facts
                    .tree
                    .as_ref()
                    .map(|tree| settled(rule(tree), Verdict::Fail, tree)),
                Rule::Clone(rule) => facts.state.as_ref().map(rule),
            };
            let (verdict, reason) = answer.unwrap_or_else(|| unknown("could not be read"));
            Check {
                id: named.id.to_owned(),
                verdict,
                reason,
                hint: (verdict == Verdict::Fail).then(|| named.hint.to_owned()),
            }
        })
        .collect()
}

/// A verdict that does not depend on directories that could not be read: only `sure` does.
fn settled(answer: Answer, sure: Verdict, tree: &TreeFacts) -> Answer {
    match tree.gaps.folders {
        0 => answer,
        _ if answer.0 == sure => answer,
        1 => unknown("a directory cannot be read"),
        several => unknown(format!("{several} directories cannot be read")),
    }
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

fn unknown(reason: impl Into<String>) -> Answer {
    (Verdict::Unknown, reason.into())
}

/// Unreadable files of a kind leave the verdict open, unless a readable one settles it.
fn unless_unread(tree: &TreeFacts, part: ProjectPart, answer: Answer) -> Answer {
    match answer.0 {
        Verdict::Pass | Verdict::NotApplicable if tree.project.unread.contains(&part) => {
            unknown("a file that it needs cannot be read")
        }
        _ => answer,
    }
}

/// A file that exists, but whose object is missing, may be empty.
fn present(tree: &TreeFacts, path: Option<&String>, missing: &str) -> Answer {
    match path {
        Some(path) if tree.gaps.unreadable.contains(path) => unknown(format!("{path} cannot be read")),
        Some(path) => pass(path),
        None => fail(missing),
    }
}

fn readme(tree: &TreeFacts) -> Answer {
    present(tree, tree.project.readme.as_ref(), "no README")
}

fn license(tree: &TreeFacts) -> Answer {
    let project = &tree.project;
    match (&project.license, project.has_license_text) {
        (Some(license), true) => pass(license.spdx.clone()),
        (None, true) => pass("a custom license text"),
        _ if project.unread.contains(&ProjectPart::License) => unknown("the text cannot be read"),
        (Some(license), false) => fail(format!("{} is claimed, but its text is missing", license.spdx)),
        (None, false) => match &project.license_file {
            Some(path) => fail(format!("{path} does not contain a license text")),
            None => fail("no license"),
        },
    }
}

/// Of several files, one whose name says that it builds or tests is shown: others label, greet and close.
fn ci(tree: &TreeFacts) -> Answer {
    let files = &tree.project.ci;
    let works = |path: &&String| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let mut words = name.split(['.', '-', '_']);
        words.any(|word| {
            matches!(
                word,
                "ci" | "test" | "tests" | "build" | "check" | "checks" | "main"
            )
        })
    };
    present(
        tree,
        files.iter().find(works).or(files.first()),
        "no CI configuration",
    )
}

fn has_source(tree: &TreeFacts) -> bool {
    tree.tests.source_lines + tree.tests.test_lines > 0
}

fn tests(tree: &TreeFacts) -> Answer {
    match (tree.tests.cases(), tree.tests.test_lines) {
        (0, 0) if !tree.gaps.unreadable.is_empty() => unknown("files that may contain tests cannot be read"),
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
    let answer = match (broken, manifests.first()) {
        (Some((path, reason)), _) => fail(format!("{path}: {reason}")),
        (None, Some(first)) if manifests.len() == 1 => pass(first.path.clone()),
        (None, Some(first)) => pass(format!("{} and {} more", first.path, manifests.len() - 1)),
        (None, None) => not_applicable("no dependency manifest"),
    };
    unless_unread(tree, ProjectPart::Manifest, answer)
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
    let answer = match (missing, present) {
        (Some(missing), _) => fail(missing),
        (None, Some(path)) => pass(path),
        (None, None) => not_applicable("no manifest needs one"),
    };
    let broken = tree
        .project
        .manifests
        .iter()
        .any(|manifest| manifest.broken.is_some());
    match answer.0 {
        Verdict::NotApplicable if broken => unknown("a manifest does not parse"),
        _ => unless_unread(tree, ProjectPart::Manifest, answer),
    }
}

fn no_secrets(tree: &TreeFacts) -> Answer {
    let answer = match tree.project.secrets.as_slice() {
        [] => pass("none found"),
        [one] => fail(one.clone()),
        [first, rest @ ..] => fail(format!("{first} and {} more", rest.len())),
    };
    unless_unread(tree, ProjectPart::Secret, answer)
}

fn dockerfiles(tree: &TreeFacts, wrong: impl Fn(&Dockerfile) -> Option<String>) -> Answer {
    let files = &tree.project.dockerfiles;
    let answer = match files.iter().find_map(wrong) {
        Some(reason) => fail(reason),
        None if files.is_empty() => not_applicable("no Dockerfile"),
        None => pass(format!("{} checked", files.len())),
    };
    unless_unread(tree, ProjectPart::Dockerfile, answer)
}

fn docker_pinned(tree: &TreeFacts) -> Answer {
    dockerfiles(tree, |file| {
        let image = file.floating_images.first()?;
        Some(format!("{} builds on {image}, which is not pinned", file.path))
    })
}

fn docker_user(tree: &TreeFacts) -> Answer {
    dockerfiles(tree, |file| {
        file.runs_as_root
            .then(|| format!("{} runs its last stage as root", file.path))
    })
}

fn changelog(tree: &TreeFacts) -> Answer {
    present(tree, tree.project.changelog.as_ref(), "no changelog")
}

fn security_policy(tree: &TreeFacts) -> Answer {
    present(tree, tree.project.security_policy.as_ref(), "no security policy")
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
        [] => pass("every branch has a commit from the last 90 days or is the default branch"),
        [one] => fail(format!("{one} has no commit from the last 90 days")),
        [first, rest @ ..] => fail(format!(
            "{first} and {} more have no commit from the last 90 days",
            rest.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

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

    fn of_tree(tree: TreeFacts) -> RepoFacts {
        RepoFacts {
            status: Status::Complete,
            head: ObjectId::from_bytes(&[1; 20]),
            tree: Some(tree),
            state: Some(StateFacts::default()),
            ..RepoFacts::failed("a".into(), "/a".into(), String::new())
        }
    }

    fn with(verdict: Verdict, tree: TreeFacts) -> Vec<String> {
        let all = verdicts(&of_tree(tree)).into_iter();
        all.filter(|(_, one)| *one == verdict).map(|(id, _)| id).collect()
    }

    #[test]
    fn an_empty_tree_fails_where_something_is_missing() {
        assert_eq!(
            with(Verdict::Fail, TreeFacts::default()),
            [
                "readme",
                "license",
                "ci",
                "changelog",
                "security-policy",
                "pushed"
            ]
        );
    }

    #[test]
    fn folders_that_cannot_be_read_leave_open_what_they_may_hold() {
        let mut tree = TreeFacts::default();
        tree.gaps.folders = 1;
        tree.project.readme = Some("README.md".into());
        tree.project.secrets = vec!["site.key".into()];
        assert_eq!(with(Verdict::Pass, tree.clone()), ["readme", "no-stale-branches"]);
        assert_eq!(with(Verdict::Fail, tree.clone()), ["no-secrets", "pushed"]);
        assert_eq!(with(Verdict::Unknown, tree).len(), 9);
    }

    #[test]
    fn files_that_cannot_be_read_leave_open_what_they_say() {
        let mut tree = TreeFacts::default();
        tree.project.readme = Some("README.md".into());
        tree.gaps.unreadable = BTreeSet::from(["README.md".into()]);
        tree.project.unread = BTreeSet::from([
            ProjectPart::License,
            ProjectPart::Manifest,
            ProjectPart::Dockerfile,
            ProjectPart::Secret,
        ]);
        assert_eq!(
            with(Verdict::Unknown, tree.clone()),
            [
                "readme",
                "license",
                "tests",
                "manifest",
                "lock-file",
                "no-secrets",
                "docker-pinned",
                "docker-user"
            ]
        );
        tree.project.secrets = vec!["site.key".into()];
        assert!(with(Verdict::Fail, tree).contains(&"no-secrets".to_owned()));
    }

    #[test]
    fn a_license_file_without_a_text_says_so() {
        let mut tree = TreeFacts::default();
        tree.project.license_file = Some("LICENSE".into());
        let answer = license(&tree);
        assert_eq!(answer, fail("LICENSE does not contain a license text"));
    }
}
