//! The evidence for commits in the notes of other tools.
//!
//! Notes change, so they are not cached with a commit; their evidence is cached separately, for as long as the refs
//! that contain the notes stay at the same commits.

use std::collections::HashMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::store::{Kind, Slot};
use crate::facts::attestation::agentnote::AgentNote;
use crate::facts::attestation::git_ai::GitAiNote;
use crate::facts::evidence::{self, Evidence, StoredEvidence};
use crate::facts::ids::ObjectId;
use crate::git::{Repo, notes};

/// Increase it whenever the notes are stored or read differently.
pub(super) const VERSION: u32 = 2;

/// A ref in which another tool stores notes, and how one of them is read.
struct Format {
    reference: &'static str,
    evidence: fn(&[u8]) -> Vec<Evidence>,
}

const FORMATS: [Format; 2] = [
    Format {
        reference: "refs/notes/ai",
        evidence: |content| GitAiNote::read(content).evidence(),
    },
    Format {
        reference: "refs/notes/agentnote",
        evidence: |content| AgentNote::read(content).evidence().into_iter().collect(),
    },
];

/// The signs on each commit.
type Signs = HashMap<ObjectId, Vec<StoredEvidence>>;

#[derive(Serialize, Deserialize)]
struct Stored {
    tips: Vec<Option<ObjectId>>,
    signs: Signs,
}

/// The evidence of the notes for commits, and what could not be read or cached.
pub(super) fn signs(repo: &Repo, cache: Option<&Path>) -> (evidence::Signs, Vec<String>) {
    let tips: Vec<Option<ObjectId>> = FORMATS.map(|format| notes::tip(repo, format.reference)).into();
    let mut found = evidence::Signs::default();
    if tips.iter().all(Option::is_none) {
        return (found, Vec::new());
    }
    let mut trouble = Vec::new();
    let slot = cache.map(|folder| Slot::of_clone(folder, Kind::Notes, VERSION, repo.common_dir()));
    let kept = slot.as_ref().and_then(|slot| kept(slot, &tips));
    let signs = kept.unwrap_or_else(|| {
        let signs = read(repo, &mut trouble);
        let stored = Stored { tips, signs };
        if let Some(slot) = slot.as_ref().filter(|_| trouble.is_empty())
            && let Err(error) = slot.save(&stored)
        {
            trouble.push(format!(
                "its notes cannot be cached in `{}`: {error}",
                slot.path().display()
            ));
        }
        stored.signs
    });
    for (commit, signs) in signs {
        found.add(commit, signs.into_iter().map(StoredEvidence::evidence));
    }
    (found, trouble)
}

fn read(repo: &Repo, trouble: &mut Vec<String>) -> Signs {
    let mut signs = Signs::new();
    for format in &FORMATS {
        let visited = notes::visit_foreign(repo, format.reference, |commits, content| {
            let found = (format.evidence)(content);
            for commit in commits.iter().filter(|_| !found.is_empty()) {
                let on_commit: &mut Vec<_> = signs.entry(*commit).or_default();
                on_commit.extend(found.iter().map(StoredEvidence::of));
            }
        });
        match visited {
            Ok(0) => {}
            Ok(unread) => trouble.push(format!("{unread} notes of `{}` cannot be read", format.reference)),
            Err(reason) => trouble.push(format!("`{}` cannot be read: {reason}", format.reference)),
        }
    }
    signs
}

/// The cached evidence of notes whose refs are still at these tips. A damaged file counts as absent: nothing is lost
/// with it.
fn kept(slot: &Slot, tips: &[Option<ObjectId>]) -> Option<Signs> {
    let stored: Stored = slot.load().ok()?;
    (stored.tips == tips).then_some(stored.signs)
}

#[cfg(test)]
mod tests {
    use super::super::store::assert_damage_is_noticed;
    use super::*;

    #[test]
    fn any_damage_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let slot = Slot::of_clone(folder.path(), Kind::Notes, VERSION, Path::new("/src/kiln/.git"));
        let sign = StoredEvidence::of(&Evidence {
            rule: crate::facts::sign::Sign::Note("git-ai".to_owned()),
            agent: Some("codex".to_owned()),
            model: None,
            lines: Some(3),
        });
        let tips = vec![None, ObjectId::from_bytes(&[7; 20])];
        let signs = Signs::from([([1; 20].into(), vec![sign])]);
        slot.save(&Stored { tips, signs }).unwrap();
        let tips = [None, ObjectId::from_bytes(&[7; 20])];
        assert_damage_is_noticed(slot.path(), || kept(&slot, &tips).is_some());
        assert!(kept(&slot, &tips[..1]).is_none(), "notes at other tips");
    }
}
