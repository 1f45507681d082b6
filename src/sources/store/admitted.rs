//! Files for the cache that another process recorded, checked before they are stored.

use std::io;
use std::path::Path;

use super::recording::Recorded;
use super::{Kind, Slot};

impl Recorded {
    /// Accepts only the files of one clone with names that this program would have used: a process cannot write outside
    /// the cache or over the facts of another repository through it.
    pub fn restrict(&mut self, clone: &str) {
        self.files
            .retain(|name, _| own_name(name).is_some_and(|name| parts(name).any(|part| part == clone)));
    }

    /// Stores the new ones in the cache.
    pub fn save(&self, cache: &Path) -> io::Result<()> {
        for (name, bytes) in &self.files {
            let Some(bytes) = bytes else { continue };
            let slot = Slot {
                path: cache.join(name),
                cache: cache.to_owned(),
                head: String::new(),
            };
            slot.put(&bytes.0)?;
        }
        Ok(())
    }
}

/// The name of a file that a kind of facts of one repository has, relative to the cache.
fn own_name(file: &str) -> Option<&str> {
    let of_repositories = Kind::ALL.into_iter().filter(|kind| {
        !matches!(
            kind,
            Kind::Links | Kind::Traces | Kind::Sessions | Kind::Seals | Kind::Readings
        )
    });
    let mut names = of_repositories.filter_map(|kind| {
        let rest = file.strip_prefix(kind.name())?;
        let name = rest.strip_prefix(if kind.has_folder() { '/' } else { '-' })?;
        kind.names(name).then_some(name)
    });
    names.next()
}

fn parts(name: &str) -> impl Iterator<Item = &str> {
    name.split(['.', '-'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::commits::Bytes;

    #[test]
    fn only_files_of_the_clone_that_was_read_are_kept() {
        let (clone, other) = ("0123456789abcdef", "fedcba9876543210");
        let names = [
            format!("history-{clone}.renames"),
            format!("notes-{clone}"),
            format!("inventory/0123456789abcdef0123456789abcdef01234567-{clone}.tree"),
        ];
        let refused = [
            format!("history-{other}.renames"),
            format!("../history-{clone}.renames"),
            format!("/history-{clone}.renames"),
            format!("inventory/../history-{clone}.renames"),
            format!("sessions/codex-{clone}"),
            format!("links/{clone}"),
            format!("traces-{clone}"),
            format!("seals/{clone}-{clone}"),
            format!("readings/{clone}-{clone}"),
            clone.to_owned(),
        ];
        let all = names.iter().chain(&refused);
        let mut recorded = Recorded {
            files: all
                .map(|name| (name.clone(), Some(Bytes(b"x".to_vec()))))
                .collect(),
        };
        recorded.restrict(clone);
        let mut sorted = names.to_vec();
        sorted.sort();
        assert_eq!(recorded.names().collect::<Vec<_>>(), sorted);
        let folder = tempfile::tempdir().unwrap();
        recorded.save(folder.path()).unwrap();
        for name in names {
            assert_eq!(std::fs::read(folder.path().join(name)).unwrap(), b"x");
        }
    }
}
