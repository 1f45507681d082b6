//! The pager that long output on a terminal goes through, chosen as git chooses it.
//!
//! A pager is a program that a setting names, so a repository's own config is not asked: only the environment and the user's
//! config are.

#![allow(clippy::disallowed_types)]

use std::collections::BTreeMap;
use std::io;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::git::config::Config;

/// What git starts where nothing else is chosen.
const DEFAULT: &str = "less";

/// What git sets for its pager unless the user did: quit if the text fits, pass colors through, leave the text on the screen.
const DEFAULTS: &[(&str, &str)] = &[("LESS", "FRX"), ("LV", "-c")];

/// Characters that make git start a pager through the shell.
const OF_A_SHELL: &str = "|&;<>()$`\\\"' \t\n*?[#~=%";

/// The variable that tells a program that its output is already paged.
const IN_USE: &str = "GIT_PAGER_IN_USE";

/// A command that shows text page by page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pager {
    command: String,
    /// Whether the user named it.
    is_chosen: bool,
    /// The variables that it needs and the user did not set.
    variables: Vec<(&'static str, &'static str)>,
}

/// A pager that was started.
pub struct Paging {
    child: Child,
}

/// A value of git config as a truth value; `None` for any other text.
fn truth(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "" | "false" | "no" | "off" => Some(false),
        number => number.parse::<i64>().ok().map(|number| number != 0),
    }
}

/// Whether a pager that somebody else started shows the output, as git does for `git -p leverage`.
pub fn is_in_use(variables: &BTreeMap<String, String>) -> bool {
    let value = variables.get(IN_USE);
    value.is_some_and(|value| truth(value) == Some(true))
}

impl Pager {
    /// The pager by the environment and git config: `GIT_PAGER`, `pager.leverage`, `core.pager`, `PAGER`, `less`. `None` where
    /// the one that counts is empty or `cat`, or where `pager.leverage` is false.
    pub fn chosen(variables: &BTreeMap<String, String>, config: &Config) -> Option<Self> {
        let configured = |name: &str| config.trusted(name).map(|entry| entry.value.as_str());
        let own = configured("pager.leverage");
        if own.and_then(truth) == Some(false) {
            return None;
        }
        let variable = |name: &str| variables.get(name).map(String::as_str);
        let named = variable("GIT_PAGER")
            .or_else(|| own.filter(|value| truth(value).is_none()))
            .or_else(|| configured("core.pager"))
            .or_else(|| variable("PAGER"));
        let command = named.unwrap_or(DEFAULT);
        if command.is_empty() || command == "cat" {
            return None;
        }
        let is_unset = |(name, _): &&(&str, &str)| !variables.contains_key(*name);
        Some(Self {
            command: command.to_owned(),
            is_chosen: named.is_some(),
            variables: DEFAULTS.iter().filter(is_unset).copied().collect(),
        })
    }

    /// The command, if the user named it.
    pub fn named(&self) -> Option<&str> {
        self.is_chosen.then_some(self.command.as_str())
    }

    /// Starts the pager. It reads what is written to the returned stream until that is closed.
    ///
    /// From here on an interrupt no longer ends this program: it is meant for the pager, which would be left without a parent.
    pub fn start(&self) -> io::Result<(Paging, ChildStdin)> {
        let mut command = match self.command.contains(|c| OF_A_SHELL.contains(c)) {
            true => {
                let mut shell = Command::new("sh");
                shell.args(["-c", &self.command]);
                shell
            }
            false => Command::new(&self.command),
        };
        let mut child = command
            .envs(self.variables.iter().copied())
            .env_remove(IN_USE)
            .stdin(Stdio::piped())
            .spawn()?;
        let input = child.stdin.take();
        let input = input.ok_or_else(|| io::Error::other("the pager takes no input"))?;
        ignore_interrupts()?;
        Ok((Paging { child }, input))
    }
}

impl Paging {
    /// Waits until the user leaves the pager.
    pub fn wait(mut self) {
        // How it ended is nothing to us, and where it cannot be waited for there is nothing else to do.
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
fn ignore_interrupts() -> io::Result<()> {
    use std::sync::Arc;
    use std::sync::atomic::AtomicBool;

    use signal_hook::consts::{SIGINT, SIGQUIT};

    for signal in [SIGINT, SIGQUIT] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false)))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn ignore_interrupts() -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::config::ConfigFiles;

    /// The command that is chosen with these variables, this config of the user, and this one of the repository.
    fn chosen(variables: &[(&str, &str)], config: &[(&str, &str)], own: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config"), own).unwrap();
        let files = ConfigFiles {
            skip_system: true,
            global: Some(folder.path().join("none")),
            overrides: owned(config).collect(),
            ..ConfigFiles::default()
        };
        let config = Config::read(&files, Some((folder.path(), folder.path())));
        Pager::chosen(&owned(variables).collect(), &config).map(|pager| pager.command)
    }

    fn owned<'a>(pairs: &'a [(&str, &str)]) -> impl Iterator<Item = (String, String)> + 'a {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
    }

    #[test]
    fn the_pager_is_the_one_that_git_would_take() {
        let core = ("core.pager", "core");
        let all = [("GIT_PAGER", "git"), ("PAGER", "page")];
        for (variables, config, expected) in [
            (&all[..], &[core][..], Some("git")),
            (&all[1..], &[core], Some("core")),
            (&all[1..], &[], Some("page")),
            (&[], &[], Some("less")),
            (&[("GIT_PAGER", "")], &[core], None),
            (&[("GIT_PAGER", "cat")], &[core], None),
            (&all[1..], &[("core.pager", "")], None),
            (&[("PAGER", "cat")], &[], None),
            (&[], &[core, ("pager.leverage", "own -x")], Some("own -x")),
            (&all, &[("pager.leverage", "own")], Some("git")),
            (&all, &[("pager.leverage", "false")], None),
            (&[], &[core, ("pager.leverage", "0")], None),
            (&[], &[core, ("pager.leverage", "true")], Some("core")),
        ] {
            assert_eq!(
                chosen(variables, config, "").as_deref(),
                expected,
                "{variables:?} {config:?}"
            );
        }
    }

    #[test]
    fn a_repository_names_no_pager() {
        let own = "[core]\n\tpager = evil\n[pager]\n\tleverage = evil\n";
        assert_eq!(chosen(&[], &[], own).as_deref(), Some("less"));
        assert_eq!(
            chosen(&[], &[("core.pager", "mine")], own).as_deref(),
            Some("mine")
        );
    }

    #[test]
    fn settings_of_the_user_for_less_stay() {
        let variables = |set: &[(&str, &str)]| {
            let pager = Pager::chosen(&owned(set).collect(), &Config::default());
            pager.unwrap().variables
        };
        assert_eq!(variables(&[]), [("LESS", "FRX"), ("LV", "-c")]);
        assert_eq!(variables(&[("LESS", "")]), [("LV", "-c")]);
    }

    #[test]
    fn output_that_git_pages_is_recognized() {
        let is_in_use = |value: &str| is_in_use(&owned(&[("GIT_PAGER_IN_USE", value)]).collect());
        assert!(is_in_use("true") && is_in_use("1"));
        assert!(!is_in_use("false") && !is_in_use(""));
    }
}
