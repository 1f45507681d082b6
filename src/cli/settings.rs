//! `leverage.*` of git config, as typed values. A value that cannot be read is an error that names its origin.

use super::error::CommandError;
use super::keys::{KEYS, Key, Scope};
use crate::facts::diagnostics::Warning;
use crate::facts::limits::{self, ChosenLimits};
use crate::facts::quantity::WorkTime;
use crate::git::config::{Config, ConfigValue};

/// Reads `leverage.*` out of git config, as far as [`KEYS`] lets it.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    config: Config,
}

/// Whether a value of a name counts: its key is listed, and who set it may. A name that is not listed is a slip of ours.
fn counts(name: &str, value: &ConfigValue) -> bool {
    let key = Key::of(name);
    debug_assert!(key.is_some(), "`{name}` is missing in cli/keys.rs");
    key.is_some_and(|key| key.scope == Scope::Repository || !value.is_of_repository())
}

impl Settings {
    /// The settings in `config`.
    pub fn new(config: Config) -> Self {
        Self { config }
    }

    /// The values of `leverage.<name>` that count, in order.
    fn values(&self, name: &str) -> impl Iterator<Item = &ConfigValue> {
        let name = format!("leverage.{name}");
        let values = self.config.get_all(&name).collect::<Vec<_>>().into_iter();
        values.filter(move |value| counts(&name, value))
    }

    /// The raw value of `leverage.<name>`.
    pub fn get(&self, name: &str) -> Option<&ConfigValue> {
        self.values(name).last()
    }

    /// All values of `leverage.<name>`, in order.
    pub fn get_all(&self, name: &str) -> Vec<String> {
        self.values(name).map(|entry| entry.value.clone()).collect()
    }

    /// Every value below `leverage.<section>`, as `(rest of the name, value)`, in order.
    pub fn below<'a>(&'a self, section: &str) -> impl Iterator<Item = (&'a str, &'a ConfigValue)> {
        let section = format!("leverage.{section}");
        let values = self.config.below(&section).collect::<Vec<_>>().into_iter();
        values.filter(move |(rest, value)| counts(&format!("{section}.{rest}"), value))
    }

    /// That the repository's own config sets what it may not, and where that belongs. Only documented names are repeated:
    /// the rest of the file is a stranger's text, and the hint is there to be copied.
    pub fn ignored(&self) -> Option<Warning> {
        let found: Vec<&Key> = self
            .config
            .of_repository("leverage")
            .filter_map(Key::of)
            .collect();
        let refused = KEYS.iter().filter(|key| key.scope == Scope::User);
        let names: Vec<&str> = refused
            .filter(|key| found.contains(key))
            .map(|key| key.name)
            .collect();
        let first = names.first()?;
        let named: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        let message = format!(
            "{} ignored: a repository must not decide what is read or run elsewhere",
            match named.as_slice() {
                [one] => format!("{one} is"),
                many => format!("{} are", many.join(", ")),
            }
        );
        let hint = format!("Run `git config --global {first} VALUE` to set it for yourself");
        Some(Warning::new("the repository's own git config", message).hint(hint))
    }

    /// The config itself, for names outside `leverage.*`.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// `leverage.hoursPerDay` and `leverage.hoursPerWeek`.
    pub fn work_time(&self) -> Result<WorkTime, CommandError> {
        let usual = WorkTime::default();
        Ok(WorkTime {
            hours_per_day: self.hours("hoursPerDay", 24.0)?.unwrap_or(usual.hours_per_day),
            hours_per_week: self.hours("hoursPerWeek", 168.0)?.unwrap_or(usual.hours_per_week),
        })
    }

    /// `leverage.limits.time`, `leverage.limits.memory` and `leverage.limits.cpu`, of which a repository's own config says
    /// nothing: it is what they are against.
    pub fn limits(&self) -> Result<ChosenLimits, CommandError> {
        let seconds = "a time above 0 such as `90s` or `2m`, or `none`";
        let bytes = "a number of bytes above 0 such as `512m` or `2g`, or `none`";
        Ok(ChosenLimits {
            time: self.parsed("limits.time", seconds, limits::time)?,
            memory: self.parsed("limits.memory", bytes, limits::memory)?,
            cpu: self.parsed("limits.cpu", seconds, limits::time)?,
        })
    }

    fn hours(&self, name: &str, most: f64) -> Result<Option<f64>, CommandError> {
        self.parsed(name, "a number of hours above 0", |text| {
            text.parse()
                .ok()
                .filter(|hours: &f64| *hours > 0.0 && *hours <= most)
        })
    }

    /// `leverage.<name>` through `parse`; what it refuses is an error that says where the value is set.
    pub fn parsed<T>(
        &self,
        name: &str,
        wanted: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Result<Option<T>, CommandError> {
        let Some(entry) = self.get(name) else {
            return Ok(None);
        };
        parse(entry.value.trim()).map(Some).ok_or_else(|| {
            CommandError::failed(format!(
                "`leverage.{name}` is `{}`, which is not {wanted}",
                entry.value
            ))
            .hint(format!("It is set {}", entry.place()))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::git::config::ConfigFiles;

    /// Settings of a repository whose own config is `own`, beside a global one.
    fn settings(own: &str, global: &str, overrides: &[(&str, &str)]) -> Settings {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str| folder.path().join(name);
        let (common, private) = (file("common"), file("private"));
        std::fs::create_dir_all(&common).unwrap();
        std::fs::create_dir_all(&private).unwrap();
        std::fs::write(file("global"), global).unwrap();
        // Half of it for all work trees, and all of it for this one.
        std::fs::write(common.join("config"), own).unwrap();
        std::fs::write(private.join("config.worktree"), own).unwrap();
        let overrides = overrides
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_string()));
        let files = ConfigFiles {
            skip_system: true,
            global: Some(file("global")),
            overrides: overrides.collect(),
            ..ConfigFiles::default()
        };
        let repo: (&Path, &Path) = (&common, &private);
        Settings::new(Config::read(&files, Some(repo)))
    }

    /// A line of config that sets a key, or one of those below a section.
    fn line(key: &Key, value: &str) -> String {
        let name = key.name.replace("<agent>", "codex");
        let parts: Vec<&str> = name.split('.').collect();
        match parts.as_slice() {
            [_, below, last] => format!("[leverage \"{below}\"]\n\t{last} = {value}\n"),
            _ => format!("[leverage]\n\t{} = {value}\n", parts[1]),
        }
    }

    fn value(settings: &Settings, key: &Key) -> Option<String> {
        let name = key.name.strip_prefix("leverage.").unwrap();
        let found = match name.split_once(".<") {
            Some((section, _)) => settings.below(section).last().map(|(_, value)| value),
            None => settings.get(name),
        };
        found.map(|found| found.value.clone())
    }

    #[test]
    fn a_repository_sets_what_describes_and_nothing_else() {
        for key in KEYS {
            let own = line(key, "own");
            let describes = key.scope == Scope::Repository;
            let alone = settings(&own, "", &[]);
            assert_eq!(value(&alone, key), describes.then(|| "own".to_owned()), "{key:?}");
            let both = settings(&own, &line(key, "global"), &[]);
            let wanted = if describes { "own" } else { "global" };
            assert_eq!(value(&both, key).as_deref(), Some(wanted), "{key:?}");
            assert_eq!(both.ignored().is_none(), describes, "{key:?}");
            let name = key.name.replace("<agent>", "codex");
            let typed = settings(&own, "", &[(&name, "typed")]);
            assert_eq!(value(&typed, key).as_deref(), Some("typed"), "{key:?}");
        }
    }

    #[test]
    fn one_warning_names_all_keys_and_no_text_of_the_file() {
        let own = "[leverage \"agentDir\"]\n\tcodex = /x$(y)\n[leverage]\n\tpathMap = a=b\n\tzone = UTC\n\tnew = 1\n";
        let warning = settings(own, "", &[]).ignored().unwrap();
        let text = format!("{warning} {}", warning.hint.as_deref().unwrap());
        assert!(
            text.contains("`leverage.agentDir.<agent>`, `leverage.pathMap` are ignored"),
            "{text}"
        );
        assert!(
            text.contains("git config --global leverage.agentDir.<agent> VALUE"),
            "{text}"
        );
        for absent in ["zone", "new", "$(y)"] {
            assert!(!text.contains(absent), "{text}");
        }
        assert_eq!(settings("", own, &[]).ignored(), None);
    }
}
