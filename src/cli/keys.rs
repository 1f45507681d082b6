//! The keys of `leverage.*`, and which config files each may come from.
//!
//! A repository can come from anybody, and its own config with it. That config may set how the repository is described: the time
//! zone, the hours per day. Only the user may set what is read elsewhere, which programs run, and how many resources may be used:
//! in the global or system config, with `git -c`, or with an option. [`super::settings::Settings`] looks up only keys that are
//! listed here, so every new key must declare its kind.

/// Which config may set a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Any, including a repository's own config: the key only affects descriptions.
    Repository,
    /// Only the user's: the key affects what is read, run or used up outside the repository.
    User,
}

/// A key, or all keys of a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// As it is documented: `leverage.zone`, or `leverage.agentDir.<agent>` for a section.
    pub name: &'static str,
    /// Which config may set it.
    pub scope: Scope,
    /// A short description.
    pub meaning: &'static str,
}

/// A key that only affects descriptions.
const fn describing(name: &'static str, meaning: &'static str) -> Key {
    Key {
        name,
        scope: Scope::Repository,
        meaning,
    }
}

/// A key that reaches beyond the repository.
const fn reaching(name: &'static str, meaning: &'static str) -> Key {
    Key {
        name,
        scope: Scope::User,
        meaning,
    }
}

/// All keys, in the order in which they are documented.
pub const KEYS: &[Key] = &[
    reaching("leverage.root", "directories to search when outside a repository"),
    describing("leverage.zone", "time zone that day boundaries follow"),
    describing("leverage.hoursPerDay", "what `1d` means"),
    describing("leverage.hoursPerWeek", "what `1w` means"),
    describing("leverage.idle", "minutes of inactivity that count as away"),
    describing("leverage.cap", "upper limit in minutes for one action"),
    reaching("leverage.agentDir.<agent>", "directory of an agent's logs"),
    reaching("leverage.pathMap", "map from paths in logs to paths here"),
    describing(
        "leverage.excludeRef",
        "branches to ignore: they store data, not history",
    ),
    reaching("leverage.limits.time", "time limit per repository"),
    reaching("leverage.limits.memory", "memory limit per repository"),
    reaching("leverage.limits.cpu", "processor time limit per repository"),
    describing(
        "leverage.claims",
        "where a claim is written: a note or the commit message",
    ),
    reaching("leverage.sign", "whether the ledger is signed"),
    describing(
        "leverage.fsync",
        "whether a record is flushed to disk before it is acknowledged",
    ),
];

impl Key {
    /// The section of a key that stands for several, with its last dot.
    fn section(&self) -> Option<&'static str> {
        self.name.find('<').and_then(|at| self.name.get(..at))
    }

    /// Whether this key covers a name in git config, ignoring case.
    pub fn covers(&self, name: &str) -> bool {
        match self.section() {
            Some(section) => name
                .get(..section.len())
                .is_some_and(|start| start.eq_ignore_ascii_case(section)),
            None => self.name.eq_ignore_ascii_case(name),
        }
    }

    /// The key that covers a name.
    pub fn of(name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.covers(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_one_key_whatever_its_case() {
        for (name, wanted) in [
            ("leverage.zone", Some("leverage.zone")),
            ("LEVERAGE.PATHMAP", Some("leverage.pathMap")),
            ("leverage.agentDir.codex", Some("leverage.agentDir.<agent>")),
            ("leverage.AGENTDIR.claude-code", Some("leverage.agentDir.<agent>")),
            ("leverage.agentDir", None),
            ("leverage.zones", None),
            ("user.name", None),
        ] {
            assert_eq!(Key::of(name).map(|key| key.name), wanted, "{name}");
        }
        for key in KEYS {
            assert_eq!(KEYS.iter().filter(|other| other.covers(key.name)).count(), 1);
        }
    }

    #[test]
    fn the_table_of_settings_says_of_each_key_what_holds() {
        let readme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
        let readme = std::fs::read_to_string(readme).unwrap();
        let rows = readme.lines().filter(|line| line.starts_with("| `leverage."));
        let mut documented = Vec::new();
        for row in rows {
            let cells: Vec<&str> = row.trim_matches(['|', ' ']).split('|').map(str::trim).collect();
            let scope = match *cells.last().unwrap() {
                "used" => Scope::Repository,
                "ignored" => Scope::User,
                other => panic!("{other}: {row}"),
            };
            let names = cells[0].split(", ").map(|name| name.trim_matches('`').to_owned());
            documented.extend(names.map(|name| (name, scope)));
        }
        let listed: Vec<(String, Scope)> = KEYS.iter().map(|key| (key.name.to_owned(), key.scope)).collect();
        assert_eq!(documented, listed);
    }
}
