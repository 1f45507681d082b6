//! Whether the program is found, and which git it calls.

use super::agents::executable;
use super::check::{Check, Found};
use super::evidence::{Called, Evidence, GitHook};
use crate::facts::shell;
use crate::facts::version::GitVersion;

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "program",
        about: "Is this program on the PATH, so that `git leverage` works?",
        look: program,
    },
    Check {
        name: "git",
        about: "Can git be started, and does it run hooks from git config?",
        look: git,
    },
    Check {
        name: "git-hooks",
        about: "Do the hooks in git config call a program that exists?",
        look: git_hooks,
    },
    Check {
        name: "hook-managers",
        about: "Do husky, lefthook and pre-commit call git-leverage, if git itself does not?",
        look: hook_managers,
    },
];

fn program(evidence: &Evidence) -> Vec<Found> {
    let own = &evidence.program;
    let Some(path) = &own.path else {
        return vec![Found::unknown("cannot determine the path of this program")];
    };
    vec![match &own.on_path {
        Some(_) if own.is_on_path => Found::ok("git-leverage is on the PATH").in_file(path),
        Some(other) => Found::warning("the git-leverage on the PATH is not the one running now")
            .in_file(other)
            .advice(format!(
                "Keep only one of them; this one is `{}`",
                shell::word(&path.to_string_lossy())
            )),
        None => Found::warning("git-leverage is not on the PATH, so `git leverage` does not work")
            .in_file(path)
            .advice("Add its directory to the PATH, including that of agents and editors"),
    }]
}

fn git(evidence: &Evidence) -> Vec<Found> {
    vec![match evidence.git {
        None => Found::broken("cannot start git, or its version is unknown")
            .advice("Install git, or put it on the PATH"),
        Some(version) if version < GitVersion::WITH_CONFIGURED_HOOKS => Found::ok(format!(
            "git {version}; hooks in git config need {}, hooks of agents do not",
            GitVersion::WITH_CONFIGURED_HOOKS
        )),
        Some(version) => Found::ok(format!("git {version}, which runs hooks from git config")),
    }]
}

fn git_hooks(evidence: &Evidence) -> Vec<Found> {
    evidence
        .git_hooks
        .iter()
        .map(|hook| git_hook(hook, evidence.git))
        .collect()
}

fn git_hook(hook: &GitHook, git: Option<GitVersion>) -> Found {
    let key = format!("hook.{}.command", hook.name);
    let found = match (&hook.called, hook.events.is_empty()) {
        _ if git.is_some_and(|version| version < GitVersion::WITH_CONFIGURED_HOOKS) => {
            let needed = GitVersion::WITH_CONFIGURED_HOOKS;
            Found::warning(format!("this git ignores it: {needed} is needed"))
                .advice("Update git; hooks of agents work without it")
        }
        _ if hook.is_off => Found::warning("it is disabled").advice(format!(
            "Run `git config hook.{}.enabled true` to enable it",
            shell::word(&hook.name)
        )),
        (_, true) => Found::broken("it has no event").advice("Run `git leverage setup` to set it up again"),
        (Some(Called::Missing), _) => Found::broken("the program that it runs does not exist")
            .advice("Run `git leverage setup` to set it up again"),
        (Some(Called::NotExecutable(path)), _) => {
            Found::broken(format!("`{}` is not executable", path.display())).advice(executable(path))
        }
        (Some(Called::Another(path)), _) => {
            Found::warning(format!("it runs a different program: `{}`", path.display()))
                .advice("Run `git leverage setup` to make it run this one")
        }
        (Some(Called::This), _) => Found::ok(format!("it runs on {}", hook.events.join(", "))),
        (None, _) => Found::unknown("cannot determine what it runs"),
    };
    found.at(key)
}

fn hook_managers(evidence: &Evidence) -> Vec<Found> {
    let managers = evidence.repository.iter().flat_map(|repo| &repo.managers);
    let by_itself = evidence
        .git_hooks
        .iter()
        .any(|hook| hook.called == Some(Called::This) && !hook.is_off)
        && evidence
            .git
            .is_some_and(|version| version >= GitVersion::WITH_CONFIGURED_HOOKS);
    managers
        .map(|manager| {
            let name = manager.name;
            let found = match (manager.calls_us, by_itself) {
                (true, _) => Found::ok(format!("{name} calls this program")),
                (false, true) => Found::ok(format!("{name} is used, and git itself calls this program")),
                (false, false) => Found::ok(format!(
                    "{name} is used, but does not call this program; that is optional"
                ))
                .advice("Run `git leverage setup` to see the line to add, for commits that no agent makes"),
            };
            found.in_file(&manager.file)
        })
        .collect()
}
