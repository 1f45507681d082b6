//! Which commits a repository reaches from any branch or tag, and which of them say that they revert another.

use std::collections::{BTreeMap, HashSet};

use crate::facts::ids::ObjectId;
use crate::git::Repo;
use crate::git::messages;
use crate::git::walk::RefSelection;

/// What git writes into the message of a revert, before the id.
const SAYS_SO: &str = "This reverts commit ";

/// The commits of a repository.
#[derive(Debug, Clone, Default)]
pub struct Reach {
    /// All that a branch or a tag, here or of a remote, reaches.
    pub commits: HashSet<ObjectId>,
    /// Reverted commits, with the one that reverted them.
    pub reverts: BTreeMap<ObjectId, ObjectId>,
}

/// Walks all refs. What cannot be walked is left out: reading the history reports it.
pub fn reach(repo: &Repo) -> Reach {
    let mut reach = Reach::default();
    let refs = RefSelection {
        all: true,
        ..RefSelection::default()
    };
    let visited = messages::visit_all(repo, &refs, |commit| {
        reach.commits.insert(commit.id);
        let reverted = reverted_by(commit.message).into_iter();
        reach
            .reverts
            .extend(reverted.map(|reverted| (reverted, commit.id)));
    });
    visited.map(|_| reach).unwrap_or_default()
}

fn reverted_by(message: &[u8]) -> Vec<ObjectId> {
    let id = |at: usize| {
        let hex = message.get(at + SAYS_SO.len()..)?;
        let len = hex.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        std::str::from_utf8(&hex[..len]).ok()?.parse().ok()
    };
    memchr::memmem::find_iter(message, SAYS_SO)
        .filter_map(id)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_may_revert_several() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        let message = format!(
            "Revert\n\nThis reverts commit {id}, and\nThis reverts commit {id}.\nThis reverts commit 12"
        );
        assert_eq!(reverted_by(message.as_bytes()).len(), 2);
        assert!(reverted_by(b"This reverts nothing").is_empty());
    }
}
