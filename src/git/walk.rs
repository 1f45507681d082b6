//! Which commits a scan reads, and each commit's facts but for its lines.

use git2::{Mailmap, Sort};

use super::open::object_id;
use super::{GitError, Repo};
use crate::facts::commit::{Commit, Instant, Person};
use crate::facts::evidence::Origin;

/// The refs that history is read from: HEAD and local branches, and more where asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefSelection {
    /// Remote branches and tags as well.
    pub all: bool,
    /// Branches that hold data and no history, as patterns of full names such as `refs/heads/entire/*`.
    pub exclude: Vec<String>,
}

impl Repo {
    /// Every selected commit once, newest first, its lines not yet counted.
    ///
    /// A commit that cannot be read ends the walk with an error: libgit2 does not go on behind it.
    pub fn commits(&self, refs: &RefSelection) -> Result<Vec<Commit>, GitError> {
        let mailmap = self.raw().mailmap()?;
        let mut walk = self.raw().revwalk()?;
        walk.set_sorting(Sort::TIME)?;
        for tip in self.tips(refs)? {
            walk.push(tip)?;
        }
        walk.map(|id| {
            let id = id?;
            self.commit_facts(&self.raw().find_commit(id)?, &mailmap)
        })
        .collect()
    }

    /// The commits that the selected refs point to; refs to other objects carry no history.
    pub(super) fn tips(&self, refs: &RefSelection) -> Result<Vec<git2::Oid>, GitError> {
        let mut tips = Vec::new();
        if let Ok(head) = self.raw().head().and_then(|head| head.peel_to_commit()) {
            tips.push(head.id());
        }
        for reference in self.raw().references()? {
            // One broken ref file does not hide the others.
            let Ok(reference) = reference else { continue };
            let name = String::from_utf8_lossy(reference.name_bytes());
            if refs.selects(&name)
                && let Ok(commit) = reference.peel_to_commit()
            {
                tips.push(commit.id());
            }
        }
        Ok(tips)
    }

    fn commit_facts(&self, commit: &git2::Commit<'_>, mailmap: &Mailmap) -> Result<Commit, GitError> {
        let author = commit.author_with_mailmap(mailmap)?;
        let id = object_id(commit.id()).ok_or(GitError::ForeignId)?;
        Ok(Commit {
            id,
            parents: commit.parent_ids().filter_map(object_id).collect(),
            author: Person {
                name: String::from_utf8_lossy(author.name_bytes()).into_owned(),
                email: String::from_utf8_lossy(author.email_bytes()).into_owned(),
            },
            author_time: instant(commit.author().when()),
            commit_time: instant(commit.time()),
            subject: String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default()).into_owned(),
            lines: None,
            origin: Origin::default(),
        })
    }
}

impl RefSelection {
    fn selects(&self, name: &str) -> bool {
        let wanted = name.starts_with("refs/heads/")
            || self.all && (name.starts_with("refs/remotes/") || name.starts_with("refs/tags/"));
        wanted && !self.exclude.iter().any(|pattern| matches_ref(pattern, name))
    }
}

/// `refs/heads/entire/*` takes all below it, anything else the ref itself; `refs/heads/` may be left out.
fn matches_ref(pattern: &str, name: &str) -> bool {
    let short = name.strip_prefix("refs/heads/").unwrap_or(name);
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix) || short.starts_with(prefix),
        None => name == pattern || short == pattern,
    }
}

fn instant(time: git2::Time) -> Instant {
    Instant {
        seconds: time.seconds(),
        offset: i16::try_from(time.offset_minutes()).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_branches_are_no_history() {
        let refs = RefSelection {
            all: false,
            exclude: vec!["entire/*".into()],
        };
        assert!(refs.selects("refs/heads/main"));
        assert!(!refs.selects("refs/heads/entire/checkpoints/v1"));
        assert!(!refs.selects("refs/remotes/origin/main"));
        assert!(!refs.selects("refs/notes/leverage"));
    }
}
