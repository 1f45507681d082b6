//! Names according to the mailmap as git reads it: addresses and names match regardless of case. libgit2 is case-sensitive, and
//! separates people whom git joins.

use std::collections::HashMap;
use std::path::Path;

use git2::{Error, FileMode, ObjectType, Oid};

use super::tree::oid;
use super::{Repo, files};
use crate::facts::commit::Person;
use crate::facts::commits::Commits;

/// A mailmap above this size is an attack.
const LARGEST: u64 = 16 << 20;

/// The names and addresses in a mailmap.
#[derive(Debug, Clone, Default)]
pub struct NameMap {
    by_address: HashMap<String, Proper>,
    /// By address and name: takes precedence over the address only.
    by_both: HashMap<(String, String), Proper>,
}

/// What replaces the name or address in a commit.
#[derive(Debug, Clone, Default)]
struct Proper {
    name: Option<String>,
    address: Option<String>,
}

impl NameMap {
    /// Reads a mailmap. Invalid lines are ignored; later lines override earlier ones.
    fn add(&mut self, text: &str) {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((name, first, rest)) = person(line).filter(|(_, first, _)| !first.is_empty()) else {
                continue;
            };
            let (commit_name, address, proper_address) = match person(rest) {
                Some((commit_name, second, _)) => (commit_name, second, some(first)),
                None => ("", first, None),
            };
            let address = address.to_ascii_lowercase();
            let proper = Proper {
                name: some(name),
                address: proper_address,
            };
            if commit_name.is_empty() {
                let known = self.by_address.entry(address).or_default();
                known.name = proper.name.or(known.name.take());
                known.address = proper.address.or(known.address.take());
            } else {
                let key = (address, commit_name.to_ascii_lowercase());
                self.by_both.insert(key, proper);
            }
        }
    }

    /// Adds the mailmap in the tree of `head`. Git follows no link there.
    fn add_tree(&mut self, repo: &Repo, head: Oid) -> Result<(), Error> {
        let tree = repo.tree_at(repo.commit_at(head)?.tree_id())?;
        let file = tree
            .get_name(".mailmap")
            .filter(|entry| entry.filemode() != i32::from(FileMode::Link))
            .filter(|entry| entry.kind() == Some(ObjectType::Blob));
        if let Some(file) = file {
            self.add_blob(repo, file.id())?;
        }
        Ok(())
    }

    fn add_blob(&mut self, repo: &Repo, id: Oid) -> Result<(), Error> {
        let (_, kind) = repo.look_at(id, u64::MAX)?;
        if kind == ObjectType::Blob {
            self.add(&String::from_utf8_lossy(repo.blob_at(id, LARGEST)?.content()));
        }
        Ok(())
    }

    fn add_file(&mut self, path: &Path) -> Result<(), Error> {
        let text = files::read_text(path, LARGEST);
        if let Some(text) = text.map_err(|error| Error::from_str(&error.to_string()))? {
            self.add(&text);
        }
        Ok(())
    }

    /// The mailmap in the tree of `head`: the one of a clean checkout.
    pub(super) fn of_tree(repo: &Repo, head: Oid) -> Result<Self, Error> {
        let mut names = Self::default();
        names.add_tree(repo, head)?;
        Ok(names)
    }

    fn is_empty(&self) -> bool {
        self.by_address.is_empty() && self.by_both.is_empty()
    }

    fn find(&self, name: &str, address: &str) -> Option<&Proper> {
        let key = (address.to_ascii_lowercase(), name.to_ascii_lowercase());
        self.by_both.get(&key).or_else(|| self.by_address.get(&key.0))
    }

    /// The mapped name for a commit's `name` and `address`.
    pub fn resolve<'a>(&'a self, name: &'a str, address: &str) -> &'a str {
        let proper = self.find(name, address).and_then(|proper| proper.name.as_deref());
        proper.unwrap_or(name)
    }

    /// The mapped `Name <address>` of an author of records; the text itself if it does not change.
    pub fn proper_author(&self, by: &str) -> String {
        let split = by
            .split_once('<')
            .and_then(|(name, rest)| Some((name, rest.split_once('>')?.0)));
        let person = split.map(|(name, email)| Person {
            name: name.trim().to_owned(),
            email: email.trim().to_owned(),
        });
        let replaced = person.and_then(|person| self.replace(&person));
        replaced.map_or(by.to_owned(), |person| {
            format!("{} <{}>", person.name, person.email)
        })
    }

    /// The mapped name and address of a commit's `person`; `None` if they do not change.
    fn replace(&self, person: &Person) -> Option<Person> {
        let proper = self.find(&person.name, &person.email)?;
        let replaced = Person {
            name: proper.name.clone().unwrap_or_else(|| person.name.clone()),
            email: proper.address.clone().unwrap_or_else(|| person.email.clone()),
        };
        Some(replaced).filter(|replaced| replaced != person)
    }
}

impl Repo {
    /// Maps authors. Fails if one of them cannot be read.
    pub fn apply_mailmap(&self, commits: &mut Commits) -> Result<(), Error> {
        let mut names = NameMap::default();
        let read = self.read_names(&mut names);
        if !names.is_empty() {
            commits.map_people(|person| names.replace(person));
        }
        read
    }

    /// Whom the mailmap makes of a person, as far as it can be read.
    pub fn proper_name(&self, person: &Person) -> Person {
        let names = self.name_map();
        names.replace(person).unwrap_or_else(|| person.clone())
    }

    /// The mailmap, as far as it can be read.
    pub fn name_map(&self) -> NameMap {
        let mut names = NameMap::default();
        let _ = self.read_names(&mut names);
        names
    }

    /// The mailmap of the working tree, or of HEAD if nothing is checked out; then the configured ones.
    fn read_names(&self, names: &mut NameMap) -> Result<(), Error> {
        let mut read = Ok(());
        if let Some(folder) = self.work_dir().filter(|_| self.is_checked_out()) {
            let path = folder.join(".mailmap");
            if !path.is_symlink() {
                read = names.add_file(&path);
            }
        } else if let Ok(Some(head)) = self.head() {
            read = oid(head).and_then(|head| names.add_tree(self, head));
        }
        let Ok(config) = self.raw().config() else {
            return read;
        };
        if let Ok(name) = config.get_string("mailmap.blob")
            && let Some(blob) = self.blob_named(&name)
        {
            read = read.and(names.add_blob(self, blob));
        }
        if let Ok(path) = config.get_path("mailmap.file") {
            read = read.and(names.add_file(&path));
        }
        read
    }
}

impl Repo {
    /// The blob that the configuration names as `REVISION:PATH`, as a ref, or by its id. A repository must not trigger git's
    /// other syntax, such as a search through all messages.
    fn blob_named(&self, name: &str) -> Option<Oid> {
        let Some((revision, path)) = name.split_once(':') else {
            return self.named(name);
        };
        let commit = self.peel_to_commit(self.named(revision)?).ok()??;
        let tree = self.tree_at(commit.tree_id()).ok()?;
        Some(self.entry_at(&tree, Path::new(path)).ok()?.id())
    }
}

/// Splits `Name <address> rest`.
fn person(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('<')?;
    let (address, rest) = rest.split_once('>')?;
    Some((name.trim(), address, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_line() {
        let mut names = NameMap::default();
        names.add(
            "# people\nAda Example <ada@example.org>\nBob <bob@example.org> <BOB@old.example>\n\
             Cy <cy@example.org> nick <shared@example.org>\n<new@example.org> <old@example.org>\nbroken line\n",
        );
        for (name, address, proper) in [
            ("ada", "Ada@Example.org", "Ada Example"),
            ("b", "bob@OLD.example", "Bob"),
            ("b", "bob@example.org", "b"),
            ("Nick", "shared@example.org", "Cy"),
            ("other", "shared@example.org", "other"),
            ("old", "old@example.org", "old"),
        ] {
            assert_eq!(names.resolve(name, address), proper, "{name} <{address}>");
        }
        for (name, address, proper) in [
            ("b", "bob@old.EXAMPLE", Some("Bob <bob@example.org>")),
            ("old", "Old@example.org", Some("old <new@example.org>")),
            ("NICK", "shared@example.org", Some("Cy <cy@example.org>")),
            ("other", "shared@example.org", None),
            ("Ada Example", "ada@example.org", None),
        ] {
            let person = Person {
                name: name.to_owned(),
                email: address.to_owned(),
            };
            let replaced = names.replace(&person).map(|person| person.to_string());
            assert_eq!(replaced.as_deref(), proper, "{name} <{address}>");
        }
    }
}
