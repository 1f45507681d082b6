//! Names by the mailmap as git reads it: addresses and names match in whatever case. libgit2 heeds the case, and leaves
//! people apart that git joins.

use std::collections::HashMap;
use std::path::Path;

use git2::{Error, FileMode, ObjectType, Oid};

use super::tree::oid;
use super::{Repo, files};
use crate::facts::commit::{Commit, Person};

/// A mailmap above this size is a trap.
const LARGEST: u64 = 16 << 20;

/// The names and addresses that a mailmap gives.
#[derive(Debug, Clone, Default)]
pub struct NameMap {
    by_address: HashMap<String, Proper>,
    /// By address and name: stronger than the address alone.
    by_both: HashMap<(String, String), Proper>,
}

/// What stands in place of what a commit says.
#[derive(Debug, Clone, Default)]
struct Proper {
    name: Option<String>,
    address: Option<String>,
}

impl NameMap {
    /// Reads a mailmap. A line that makes no sense is passed over; a later line outranks an earlier one.
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

    /// Adds what the tree of `head` has. Git follows no link there.
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

    /// The mailmap in the tree of `head`: the one that a clean checkout has.
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

    /// The name of whom a commit calls `name` at `address`.
    pub fn resolve<'a>(&'a self, name: &'a str, address: &str) -> &'a str {
        let proper = self.find(name, address).and_then(|proper| proper.name.as_deref());
        proper.unwrap_or(name)
    }

    /// Name and address of whom a commit calls `person`; `None` where they stay as they are.
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
    /// Replaces authors by what the mailmap says. Fails where one of them cannot be read.
    pub fn apply_mailmap(&self, commits: &mut [Commit]) -> Result<(), Error> {
        let mut names = NameMap::default();
        let read = self.read_names(&mut names);
        if names.is_empty() {
            return read;
        }
        // Of most people nothing is said.
        let mut known: HashMap<Person, Option<Person>> = HashMap::new();
        for commit in commits {
            let replaced = match known.get(&commit.author) {
                Some(replaced) => replaced,
                None => {
                    let replaced = names.replace(&commit.author);
                    known.entry(commit.author.clone()).or_insert(replaced)
                }
            };
            if let Some(replaced) = replaced {
                commit.author.clone_from(replaced);
            }
        }
        read
    }

    /// The mailmap of the work tree, or where nothing is checked out, of HEAD; then those that the configuration names.
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
    /// The blob that the configuration names as `REVISION:PATH`, as a reference, or by its id. What else git could make of
    /// it, such as a search through all messages, is not for a repository to ask.
    fn blob_named(&self, name: &str) -> Option<Oid> {
        let Some((revision, path)) = name.split_once(':') else {
            return self.named(name);
        };
        let commit = self.peel_to_commit(self.named(revision)?).ok()??;
        let tree = self.tree_at(commit.tree_id()).ok()?;
        Some(self.entry_at(&tree, Path::new(path)).ok()?.id())
    }
}

/// `Name <address> rest`, taken apart.
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
