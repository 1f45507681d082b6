//! Where a repository comes from, as far as that is on this machine.

use std::path::{Path, PathBuf};

/// The place of a repository and that of its origin.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Lineage {
    /// The folder of its refs and objects, absolute and without links; all of its work trees share it.
    pub place: PathBuf,
    /// Whether this is a linked work tree and not the main one.
    pub is_linked: bool,
    /// The folder that its remote `origin` names, absolute and without links; `None` where that is on another machine.
    pub origin: Option<PathBuf>,
}

impl Lineage {
    /// Whether it is a linked work tree of the other one, or was cloned from it.
    pub fn comes_from(&self, other: &Self) -> bool {
        let leads_there = |origin: &Path| other.place == origin || other.place == origin.join(".git");
        if self.place == other.place {
            return self.is_linked && !other.is_linked;
        }
        self.origin.as_deref().is_some_and(leads_there)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_and_linked_work_trees_come_from_somewhere() {
        let main = Lineage {
            place: "/w/kiln/.git".into(),
            ..Lineage::default()
        };
        let linked = Lineage {
            is_linked: true,
            ..main.clone()
        };
        let clone = |origin: &str| Lineage {
            place: "/w/copy/.git".into(),
            origin: Some(origin.into()),
            ..Lineage::default()
        };
        assert!(linked.comes_from(&main) && !main.comes_from(&linked));
        assert!(clone("/w/kiln").comes_from(&main) && clone("/w/kiln/.git").comes_from(&main));
        assert!(!clone("/w").comes_from(&main) && !main.comes_from(&clone("/w/kiln")));
    }
}
