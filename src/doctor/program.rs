//! Whether the program is found, and which git calls it.

use super::agents::executable;
use super::check::{Check, Found};
use super::evidence::{Called, Evidence, GitHook};
use crate::facts::shell;
use crate::facts::version::GitVersion;

pub(super) const CHECKS: &[Check] = &[
    Check {
        name: "program",
        about: "Does the PATH have this program, so that `git leverage` works?",
        look: program,
    },
    Check {
        name: "git",
        about: "Can git be started, and does it run hooks of git config?",
        look: git,
    },
    Check {
        name: "git-hooks",
        about: "Do the hooks in git config call a program that is there?",
        look: git_hooks,
    },
    Check {
        name: "hook-managers",
        about: "Do husky, lefthook and pre-commit call us, where git does not by itself?",
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
        Some(other) => Found::warning("the PATH has another git-leverage than the one that runs now")
            .in_file(other)
            .advice(format!(
                "Keep one of them; this one is {}",
                shell::word(&path.to_string_lossy())
            )),
        None => Found::warning("git-leverage is not on the PATH, so `git leverage` does not work")
            .in_file(path)
            .advice("Add its folder to the PATH, also where agents and editors start from"),
    }]
}

fn git(evidence: &Evidence) -> Vec<Found> {
    vec![match evidence.git {
        None => Found::broken("git cannot be started, or does not tell its version")
            .advice("Install git, or put it on the PATH"),
        Some(version) if version < GitVersion::WITH_CONFIGURED_HOOKS => Found::ok(format!(
            "git {version}; hooks of git config need {}, hooks of agents do not",
            GitVersion::WITH_CONFIGURED_HOOKS
        )),
        Some(version) => Found::ok(format!("git {version}, which runs hooks of git config")),
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
                .advice("Update git; hooks of agents capture all the same")
        }
        _ if hook.is_off => Found::warning("it is switched off").advice(format!(
            "Switch it on: git config hook.{}.enabled true",
            shell::word(&hook.name)
        )),
        (_, true) => Found::broken("it is bound to no event").advice("Set it up again: git leverage setup"),
        (Some(Called::Missing), _) => Found::broken("the program that it runs is not there")
            .advice("Set it up again: git leverage setup"),
        (Some(Called::NotExecutable(path)), _) => {
            Found::broken(format!("`{}` may not be run", path.display())).advice(executable(path))
        }
        (Some(Called::Another(path)), _) => Found::warning(format!(
            "it runs another program than this one: `{}`",
            path.display()
        ))
        .advice("To have it run this one: git leverage setup"),
        (Some(Called::This), _) => Found::ok(format!("it runs on {}", hook.events.join(", "))),
        (None, _) => Found::unknown("what it runs is for a shell to say"),
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
                (false, true) => Found::ok(format!("{name} is here, and git calls this program by itself")),
                (false, false) => Found::ok(format!(
                    "{name} is here and does not call this program, which need not be"
                ))
                .advice("`git leverage setup` shows the line, for commits that no agent makes"),
            };
            found.in_file(&manager.file)
        })
        .collect()
}
