//! The keys of `leverage.*`, and whose word on each counts.
//!
//! A repository may come from anybody, and its own config with it. It may say how what is found there is described: in which
//! zone, with how many hours a day. What is read elsewhere, what is run, and what may be used up is said by the user alone:
//! in the global or system config, by `git -c`, or by an option. [`super::settings::Settings`] looks up nothing that is not
//! listed here, so that a new key has to say what it is.

/// Whose word on a key counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// That of a repository's own config as well: the key only describes.
    Repository,
    /// That of the user alone: the key says what is read, run or used up outside of the repository.
    User,
}

/// A key, or all keys below a section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// As it is documented: `leverage.zone`, or `leverage.agentDir.<agent>` for a section.
    pub name: &'static str,
    /// Whose word on it counts.
    pub scope: Scope,
    /// What it says, in a few words.
    pub meaning: &'static str,
}

/// A key that only describes.
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
    reaching("leverage.root", "which folders are searched"),
    describing("leverage.zone", "whose midnight ends a day"),
    describing("leverage.hoursPerDay", "what `1d` means"),
    describing("leverage.hoursPerWeek", "what `1w` means"),
    describing("leverage.idle", "after how many minutes a person was away"),
    describing("leverage.cap", "how many minutes an action takes at most"),
    reaching("leverage.agentDir.<agent>", "where the logs of an agent are"),
    reaching("leverage.pathMap", "where paths in logs lead"),
    describing("leverage.excludeRef", "which branches hold no history"),
    reaching("leverage.limits.time", "how long one repository may take"),
    reaching(
        "leverage.limits.memory",
        "how much memory one repository may fill",
    ),
    reaching(
        "leverage.limits.cpu",
        "how much processor time one repository may take",
    ),
    describing(
        "leverage.claims",
        "whether a claim goes into a note or into the commit message",
    ),
    reaching("leverage.sign", "whether a program signs the ledger"),
    describing(
        "leverage.fsync",
        "whether a record is on the disk before it is acknowledged",
    ),
];

impl Key {
    /// The section of a key that stands for several, with its last dot.
    fn section(&self) -> Option<&'static str> {
        self.name.find('<').and_then(|at| self.name.get(..at))
    }

    /// Whether a name of git config is this key; case is not looked at.
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
                "counts" => Scope::Repository,
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
