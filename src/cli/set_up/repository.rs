//! The configuration of a repository: notes that follow rewritten commits, and git's own hooks.

use crate::cli::environment::Environment;
use crate::facts::diagnostics::Warning;
use crate::facts::shell;
use crate::facts::version::GitVersion;
use crate::git::own_config;
use crate::git::{Repo, refs};

const REWRITE_REF: &str = "notes.rewriteRef";
/// The ledger, as a pattern: for a plain name that does not exist yet, git warns at every rewrite.
const LEDGER: &str = "refs/notes/leverage*";
const REWRITE_MODE: &str = "notes.rewriteMode";
/// Joins two notes line by line without duplicates, which suits a ledger.
const MODE: &str = "cat_sort_uniq";
const COMMAND: &str = "hook.leverage.command";
const EVENT: &str = "hook.leverage.event";
const EVENTS: [&str; 2] = ["post-commit", "post-rewrite"];

/// Planned changes to a repository's configuration.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ConfigPlan {
    /// Values to remove.
    pub removed: Vec<(String, String)>,
    /// Values to add.
    pub added: Vec<(String, String)>,
    /// Values that are set otherwise, and stay so.
    pub left: Vec<Warning>,
}

impl ConfigPlan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty()
    }
}

/// Whether git runs hooks from its configuration.
pub fn has_config_hooks() -> bool {
    own_config::version().is_some_and(|version| version >= GitVersion::WITH_CONFIGURED_HOOKS)
}

/// The values to add.
pub fn plan(repo: &Repo, environment: &Environment, program: &str, with_hooks: bool) -> ConfigPlan {
    let values = Values::read(repo, environment);
    let mut plan = ConfigPlan::default();
    if !values.all(REWRITE_REF).iter().any(|(_, value)| covers(value)) {
        plan.added.push((REWRITE_REF.into(), LEDGER.into()));
    }
    match values.all(REWRITE_MODE).last() {
        None => plan.added.push((REWRITE_MODE.into(), MODE.into())),
        Some((_, mode)) if mode.eq_ignore_ascii_case(MODE) => {}
        Some((origin, mode)) => plan.left.push(
            Warning::new(
                REWRITE_MODE,
                format!(
                    "skipped: it is `{mode}` in the {origin} git config, which can lose or duplicate notes"
                ),
            )
            .hint(format!("Run `git config {REWRITE_MODE} {MODE}` to change it")),
        ),
    }
    if with_hooks {
        let command = command(program);
        let own = values.own(COMMAND);
        plan.removed.extend(
            own.iter()
                .filter(|value| **value != command)
                .map(|value| (COMMAND.into(), value.clone())),
        );
        if !own.contains(&command) {
            plan.added.push((COMMAND.into(), command));
        }
        plan.removed = each_once(plan.removed);
        let present = values.own(EVENT);
        let missing = EVENTS
            .into_iter()
            .filter(|event| !present.iter().any(|value| value == event));
        plan.added
            .extend(missing.map(|event| (EVENT.into(), event.into())));
    }
    plan
}

/// The values to remove: those that are remembered as added, else those that look like git-leverage's.
pub fn plan_removal(
    repo: &Repo,
    environment: &Environment,
    remembered: Option<&[(String, String)]>,
) -> ConfigPlan {
    let values = Values::read(repo, environment);
    let mut removed: Vec<(String, String)> = Vec::new();
    for name in [COMMAND, EVENT] {
        removed.extend(values.own(name).into_iter().map(|value| (name.to_owned(), value)));
    }
    let is_there = |(name, value): &&(String, String)| values.own(name).contains(value);
    match remembered {
        Some(added) => {
            let notes = added.iter().filter(|(name, _)| name.starts_with("notes."));
            removed.extend(notes.filter(is_there).cloned());
        }
        None => {
            let own = values.own(REWRITE_REF);
            let ours = |value: &&String| [LEDGER, refs::NOTES].contains(&value.as_str());
            let added: Vec<&String> = own.iter().filter(ours).collect();
            removed.extend(added.iter().map(|value| (REWRITE_REF.into(), (*value).clone())));
            let modes = values.own(REWRITE_MODE);
            if !added.is_empty() && added.len() == own.len() && modes == [MODE] {
                removed.push((REWRITE_MODE.into(), MODE.into()));
            }
        }
    }
    ConfigPlan {
        removed: each_once(removed),
        ..ConfigPlan::default()
    }
}

/// A value that occurs twice is removed both times at once.
fn each_once(values: Vec<(String, String)>) -> Vec<(String, String)> {
    let mut seen = Vec::new();
    for value in values {
        if !seen.contains(&value) {
            seen.push(value);
        }
    }
    seen
}

/// What was changed, and why the rest was not.
#[derive(Debug, Default)]
pub struct Configured {
    /// The removed values.
    pub removed: Vec<(String, String)>,
    /// The added values.
    pub added: Vec<(String, String)>,
    /// Why it stopped early.
    pub error: Option<std::io::Error>,
}

impl Configured {
    /// How many values were changed.
    pub fn count(&self) -> u64 {
        (self.removed.len() + self.added.len()) as u64
    }
}

/// Carries out a plan, as far as possible.
pub fn apply(repo: &Repo, plan: &ConfigPlan) -> Configured {
    let mut done = Configured::default();
    for (name, value) in &plan.removed {
        match own_config::remove(repo, name, value) {
            // Another program may have removed it in the meantime.
            Err(error) if own_config::has(repo, name, value) => {
                done.error = Some(error);
                return done;
            }
            _ => done.removed.push((name.clone(), value.clone())),
        }
    }
    for (name, value) in &plan.added {
        if let Err(error) = own_config::add(repo, name, value) {
            done.error = Some(error);
            return done;
        }
        done.added.push((name.clone(), value.clone()));
    }
    done
}

/// The command of git's hooks: it does nothing if the program is gone, prints nothing, and does not delay git. Git appends the
/// arguments of the hook; post-commit has none.
fn command(program: &str) -> String {
    let program = shell::word(program);
    format!(
        "test -x {program} || exit 0; event=post-commit; test $# = 0 || event=post-rewrite; \
         {program} hook --git $event </dev/null >/dev/null 2>&1 & #"
    )
}

/// Whether a pattern for notes to rewrite includes the ledger.
fn covers(pattern: &str) -> bool {
    match pattern.split_once('*') {
        Some((start, end)) => {
            refs::NOTES.len() >= start.len() + end.len()
                && refs::NOTES.starts_with(start)
                && refs::NOTES.ends_with(end)
        }
        None => pattern == refs::NOTES,
    }
}

/// The current configuration.
struct Values(crate::git::config::Config);

impl Values {
    fn read(repo: &Repo, environment: &Environment) -> Self {
        Self(repo.config(&environment.config_files))
    }

    /// All values, with the files they come from.
    fn all(&self, name: &str) -> Vec<(&'static str, String)> {
        let values = self.0.get_all(name);
        values.map(|value| (value.origin, value.value.clone())).collect()
    }

    /// The values of the repository's own file.
    fn own(&self, name: &str) -> Vec<String> {
        let all = self.all(name).into_iter();
        all.filter(|(origin, _)| *origin == "local")
            .map(|(_, value)| value)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_have_the_ledger_are_known() {
        for pattern in ["refs/notes/leverage", "refs/notes/*", "refs/notes/lev*"] {
            assert!(covers(pattern), "{pattern}");
        }
        for pattern in ["refs/notes/commits", "refs/notes/ai*", ""] {
            assert!(!covers(pattern), "{pattern}");
        }
    }
}
