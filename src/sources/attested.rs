//! What notes of other tools say of the commits of a repository.
//!
//! Notes change, so they are no part of what is kept of a commit; what they say is kept beside it, for as long as the
//! references that hold them stand where they stood.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::cache::{StoredEvidence, checksum, read_body, write_body};
use crate::facts::attestation::agentnote::AgentNote;
use crate::facts::attestation::git_ai::GitAiNote;
use crate::facts::evidence::{self, Evidence};
use crate::facts::ids::ObjectId;
use crate::git::{Repo, notes};

/// Raised whenever notes are laid out or read differently.
const HEAD: &[u8] = b"git-leverage notes 1\n";

/// A reference that another tool keeps notes in, and what one of them says.
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
type Signs = HashMap<[u8; 20], Vec<StoredEvidence>>;

#[derive(Serialize, Deserialize)]
struct Stored {
    tips: Vec<Option<ObjectId>>,
    signs: Signs,
}

/// What the notes say of commits, and what could not be read or kept.
pub(super) fn signs(repo: &Repo, cache: Option<&Path>) -> (evidence::Signs, Vec<String>) {
    let tips: Vec<Option<ObjectId>> = FORMATS.map(|format| notes::tip(repo, format.reference)).into();
    let mut found = evidence::Signs::default();
    if tips.iter().all(Option::is_none) {
        return (found, Vec::new());
    }
    let mut trouble = Vec::new();
    let place = cache.map(|folder| place_of(folder, repo));
    let kept = place.as_deref().and_then(|path| kept(path, &tips));
    let signs = kept.unwrap_or_else(|| {
        let signs = read(repo, &mut trouble);
        let stored = Stored { tips, signs };
        if let Some(path) = place.as_ref().filter(|_| trouble.is_empty())
            && let Err(error) = keep(path, &stored)
        {
            trouble.push(format!(
                "what notes say cannot be kept in `{}`: {error}",
                path.display()
            ));
        }
        stored.signs
    });
    for (commit, signs) in signs {
        if let Some(commit) = ObjectId::from_bytes(&commit) {
            found.add(commit, signs.into_iter().map(StoredEvidence::evidence));
        }
    }
    (found, trouble)
}

fn read(repo: &Repo, trouble: &mut Vec<String>) -> Signs {
    let mut signs = Signs::new();
    for format in &FORMATS {
        let visited = notes::visit_foreign(repo, format.reference, |commit, content| {
            let found = (format.evidence)(content);
            if let Ok(id) = commit.as_bytes().try_into()
                && !found.is_empty()
            {
                let on_commit: &mut Vec<_> = signs.entry(id).or_default();
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

fn place_of(folder: &Path, repo: &Repo) -> PathBuf {
    let name = checksum(repo.common_dir().as_os_str().as_encoded_bytes());
    folder.join(format!("notes-{name:016x}"))
}

/// What is kept of notes that still stand at these tips. A damaged file is as good as none: nothing is lost with it.
fn kept(path: &Path, tips: &[Option<ObjectId>]) -> Option<Signs> {
    let body = read_body(path, HEAD).ok()?;
    let stored: Stored = postcard::from_bytes(&body).ok()?;
    (stored.tips == tips).then_some(stored.signs)
}

fn keep(path: &Path, stored: &Stored) -> std::io::Result<()> {
    let body = postcard::to_stdvec(stored).map_err(std::io::Error::other)?;
    write_body(path, HEAD, &body)
}
