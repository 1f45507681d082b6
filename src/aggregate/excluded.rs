//! Repositories that are left out on request, by name.

use super::copies::Copies;
use super::report;
use super::repository::Repository;
use crate::facts::lineage::Marks;

/// Which repositories are left out.
#[derive(Debug, PartialEq, Eq)]
pub struct Excluded {
    /// Whether each is, by position.
    pub is_out: Vec<bool>,
    /// The names that none has.
    pub unknown: Vec<String>,
}

impl Excluded {
    /// Leaves out the repositories with these names and all copies of them: a copy has the same work under another name. `machine`
    /// distinguishes this machine from others.
    pub fn of(repos: &[Repository], names: &[String], machine: &str) -> Self {
        let is_known = |name: &&String| repos.iter().any(|repo| repo.name == **name);
        let unknown = names.iter().filter(|name| !is_known(name)).cloned().collect();
        let mut is_out: Vec<bool> = repos.iter().map(|repo| names.contains(&repo.name)).collect();
        if is_out.contains(&true) {
            let copies = report::copies(repos);
            let marks: Vec<Marks> = repos.iter().map(|repo| repo.lineage.marks_on(machine)).collect();
            // A copy of a copy is found in the next round.
            while let Some(at) = (0..repos.len()).find(|at| {
                let is_copy = |other: usize| is_out[other] && are_copies(&copies, &marks, *at, other);
                !is_out[*at] && (0..repos.len()).any(is_copy)
            }) {
                is_out[at] = true;
            }
        }
        Self { is_out, unknown }
    }

    /// How many are left out.
    pub fn count(&self) -> usize {
        self.is_out.iter().filter(|is_out| **is_out).count()
    }

    /// Keeps the others, and returns the positions that they had.
    pub fn apply(&self, repos: &mut Vec<Repository>) -> Vec<usize> {
        let kept = |at: &usize| self.is_out.get(*at) != Some(&true);
        let positions: Vec<usize> = (0..repos.len()).filter(kept).collect();
        let mut at = 0..;
        repos.retain(|_| at.next().is_some_and(|at| kept(&at)));
        positions
    }
}

/// Whether two are the same repository: one has all commits of the other, was cloned from it, or both were cloned from one place.
fn are_copies(copies: &Copies, marks: &[Marks], one: usize, other: usize) -> bool {
    copies.representative(one) == copies.representative(other) || marks[one].are_related(&marks[other])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::sample::{commit, repository};
    use crate::facts::lineage::Lineage;

    #[test]
    fn excluded_repositories_are_found_and_unknown_names_told() {
        let mut repos = vec![repository("kiln"), repository("glaze")];
        let names = ["glaze".to_owned(), "nothing".to_owned()];
        let excluded = Excluded::of(&repos, &names, "here");
        assert_eq!(excluded.is_out, [false, true]);
        assert_eq!(excluded.unknown, ["nothing"]);
        assert_eq!(excluded.count(), 1);
        assert_eq!(excluded.apply(&mut repos), [0]);
        assert_eq!(repos.len(), 1);
    }

    #[test]
    fn clones_of_one_remote_are_left_out_together_even_if_each_has_work_of_its_own() {
        let cloned = |name: &str, number: u8, key: &str| Repository {
            lineage: Lineage {
                place: format!("/w/{name}").into(),
                key: Some(key.to_owned()),
                ..Lineage::default()
            },
            commits: vec![commit(number, "2026-03-01T10:00:00Z")].into(),
            ..repository(name)
        };
        let repos = [
            cloned("kiln", 1, "example.org/team/kiln"),
            cloned("spare", 2, "example.org/team/kiln"),
            cloned("glaze", 3, "example.org/team/glaze"),
        ];
        let excluded = Excluded::of(&repos, &["spare".to_owned()], "here");
        assert_eq!(excluded.is_out, [true, true, false]);
    }
}
