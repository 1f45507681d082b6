//! git config, each value with the file it comes from.
//!
//! libgit2 finds the default files; the variables that move them (`GIT_CONFIG_GLOBAL`, `GIT_CONFIG_NOSYSTEM`) are read by `cli/`
//! and passed in as [`ConfigFiles`].

use std::path::{Path, PathBuf};

use git2::ConfigLevel;
use serde::{Deserialize, Serialize};

/// Which files outside the repository count.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct ConfigFiles {
    /// `GIT_CONFIG_SYSTEM`; `None` for the default path.
    pub system: Option<PathBuf>,
    /// `GIT_CONFIG_NOSYSTEM`.
    pub skip_system: bool,
    /// `GIT_CONFIG_GLOBAL`; `None` for the default paths.
    pub global: Option<PathBuf>,
    /// `git -c NAME=VALUE` and the like, in order: these take precedence.
    pub overrides: Vec<(String, String)>,
}

/// A value of git config and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigValue {
    /// The value, as written.
    pub value: String,
    /// `system`, `global`, `local`, `worktree` or `command line`.
    pub origin: &'static str,
}

impl ConfigValue {
    /// Whether it comes from the repository's own config, which may be a stranger's.
    pub fn is_of_repository(&self) -> bool {
        matches!(self.origin, "local" | "worktree")
    }

    /// Where it comes from, as the end of a sentence.
    pub fn place(&self) -> String {
        match self.origin {
            "command line" => "on the command line or in the environment".to_owned(),
            origin => format!("in the {origin} git config"),
        }
    }
}

/// git config as a flat list in git's order: later entries win.
#[derive(Debug, Clone, Default)]
pub struct Config {
    entries: Vec<(String, ConfigValue)>,
    broken: Vec<(PathBuf, String)>,
}

impl Config {
    /// Reads the files outside a repository and, given `(common directory, git directory)`, those of that repository.
    ///
    /// A file that cannot be read is skipped and listed in [`Config::broken`].
    pub fn read(files: &ConfigFiles, repo: Option<(&Path, &Path)>) -> Self {
        let mut config = Self::default();
        for (path, level, origin) in config_paths(files, repo) {
            if path.is_file() {
                config.add(&path, level, origin);
            }
        }
        for (name, value) in &files.overrides {
            config.push(name, value, "command line");
        }
        config
    }

    fn add(&mut self, path: &Path, level: ConfigLevel, origin: &'static str) {
        let read = || -> Result<Vec<(String, String)>, git2::Error> {
            let mut file = git2::Config::new()?;
            file.add_file(path, level, false)?;
            let mut found = Vec::new();
            file.entries(None)?.for_each(|entry| {
                let name = String::from_utf8_lossy(entry.name_bytes()).into_owned();
                let value = if entry.has_value() {
                    entry.value_bytes()
                } else {
                    b"true"
                };
                found.push((name, String::from_utf8_lossy(value).into_owned()));
            })?;
            Ok(found)
        };
        match read() {
            Ok(found) => found
                .iter()
                .for_each(|(name, value)| self.push(name, value, origin)),
            Err(error) => self.broken.push((path.to_owned(), error.message().to_owned())),
        }
    }

    fn push(&mut self, name: &str, value: &str, origin: &'static str) {
        let value = ConfigValue {
            value: value.to_owned(),
            origin,
        };
        self.entries.push((normalised(name), value));
    }

    /// The effective value, if any. `name` is case-insensitive except for its subsection, as in git.
    pub fn get(&self, name: &str) -> Option<&ConfigValue> {
        let name = normalised(name);
        self.entries
            .iter()
            .rev()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// The effective value outside the repository's own files, which may come from anybody.
    pub fn trusted(&self, name: &str) -> Option<&ConfigValue> {
        let name = normalised(name);
        self.entries
            .iter()
            .rev()
            .find(|(key, value)| *key == name && !value.is_of_repository())
            .map(|(_, value)| value)
    }

    /// All values of a multi-valued name, in order.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &ConfigValue> {
        let name = normalised(name);
        self.entries
            .iter()
            .filter(move |(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// Every value below a section, as `(rest of the name, value)`: `("codex", …)` for `leverage.agentDir.codex`.
    pub fn below<'a>(&'a self, section: &str) -> impl Iterator<Item = (&'a str, &'a ConfigValue)> {
        let section = format!("{}.", section.to_ascii_lowercase());
        self.entries.iter().filter_map(move |(key, value)| {
            let head = key.get(..section.len())?;
            (head.to_ascii_lowercase() == section).then(|| (&key[section.len()..], value))
        })
    }

    /// Everything in the repository's own config, in order, with normalized names.
    pub(super) fn own(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = self.entries.iter().filter(|(_, value)| value.is_of_repository());
        own.map(|(name, value)| (name.as_str(), value.value.as_str()))
    }

    /// The names below a section in the repository's own config, normalized, in order.
    pub fn of_repository<'a>(&'a self, section: &'a str) -> impl Iterator<Item = &'a str> {
        let own = self.entries.iter().filter(|(_, value)| value.is_of_repository());
        own.map(|(name, _)| name.as_str()).filter(move |name| {
            let rest = name.strip_prefix(section);
            rest.is_some_and(|rest| rest.starts_with('.'))
        })
    }

    /// The files that could not be read, with the reason.
    pub fn broken(&self) -> &[(PathBuf, String)] {
        &self.broken
    }
}

/// Lower case except for the subsection, which git preserves.
fn normalised(name: &str) -> String {
    match (name.find('.'), name.rfind('.')) {
        (Some(first), Some(last)) if first < last => format!(
            "{}{}{}",
            name[..first].to_ascii_lowercase(),
            &name[first..last],
            name[last..].to_ascii_lowercase()
        ),
        _ => name.to_ascii_lowercase(),
    }
}

fn config_paths(
    files: &ConfigFiles,
    repo: Option<(&Path, &Path)>,
) -> Vec<(PathBuf, ConfigLevel, &'static str)> {
    let mut paths = Vec::new();
    if !files.skip_system {
        let system = files.system.clone().or_else(|| git2::Config::find_system().ok());
        paths.extend(system.map(|path| (path, ConfigLevel::System, "system")));
    }
    match &files.global {
        Some(path) => paths.push((path.clone(), ConfigLevel::Global, "global")),
        None => {
            let xdg = git2::Config::find_xdg().ok();
            paths.extend(xdg.map(|path| (path, ConfigLevel::XDG, "global")));
            let global = git2::Config::find_global().ok();
            paths.extend(global.map(|path| (path, ConfigLevel::Global, "global")));
        }
    }
    if let Some((common_dir, git_dir)) = repo {
        paths.push((common_dir.join("config"), ConfigLevel::Local, "local"));
        paths.push((git_dir.join("config.worktree"), ConfigLevel::Worktree, "worktree"));
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Config {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("config");
        std::fs::write(&path, text).unwrap();
        Config::read(
            &ConfigFiles {
                skip_system: true,
                global: Some(path),
                ..ConfigFiles::default()
            },
            None,
        )
    }

    #[test]
    fn the_last_value_wins_and_all_are_kept() {
        let config = written("[leverage]\n\troot = /a\n\troot = /b\n\tflag\n");
        assert_eq!(config.get("leverage.root").map(|v| v.value.as_str()), Some("/b"));
        assert_eq!(config.get_all("Leverage.Root").count(), 2);
        assert_eq!(
            config.get("leverage.flag").map(|v| v.value.as_str()),
            Some("true")
        );
        assert_eq!(config.get("leverage.root").map(|v| v.origin), Some("global"));
    }

    #[test]
    fn subsections_keep_their_case() {
        let config = written("[leverage \"agentDir\"]\n\tcodex = /logs\n");
        let below: Vec<_> = config
            .below("leverage.agentdir")
            .map(|(name, v)| (name, v.value.as_str()))
            .collect();
        assert_eq!(below, [("codex", "/logs")]);
    }

    #[test]
    fn a_broken_file_is_named_and_not_fatal() {
        let config = written("[leverage\nroot");
        assert_eq!(config.broken().len(), 1);
        assert_eq!(config.get("leverage.root"), None);
    }
}
