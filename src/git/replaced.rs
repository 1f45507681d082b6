//! What stands in for an object: `refs/replace/`, and the parents that `info/grafts` gives commits.
//!
//! Git reads the replacement wherever the object is asked for, under the object's own name, and so does everything here: a
//! history that was joined or cut this way counts as `git rev-list` counts it in this clone. libgit2 knows neither.

use std::collections::HashMap;
use std::path::Path;
use std::sync::OnceLock;

use git2::{Commit, Oid, Repository};

use super::Repo;
use super::config::ConfigFiles;
use super::packs::RawId;
use crate::facts::hash::fnv1a;
use crate::facts::ids::ObjectId;

/// Where git keeps replacements unless it is told otherwise.
const BASE: &str = "refs/replace/";
/// How many replacements of replacements git follows.
const DEEPEST: usize = 5;

/// What the process says of replacements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplaceRefs {
    /// None counts: `GIT_NO_REPLACE_OBJECTS`.
    Ignored,
    /// They are below this prefix: `GIT_REPLACE_REF_BASE`.
    Below(String),
}

static CHOSEN: OnceLock<ReplaceRefs> = OnceLock::new();

/// Settles it for the process, before the first repository is read; a second call changes nothing.
pub fn choose(refs: ReplaceRefs) {
    // Whoever comes second was told the same.
    let _ = CHOSEN.set(refs);
}

/// The replacements of one repository. Nearly all have none.
#[derive(Debug, Default)]
pub(super) struct Replaced {
    objects: HashMap<RawId, RawId>,
    parents: HashMap<RawId, Vec<RawId>>,
}

impl Replaced {
    pub(super) fn of(repo: &Repo) -> Self {
        Self {
            objects: objects(repo),
            parents: grafts(&repo.common_dir().join("info/grafts")),
        }
    }

    /// The object to read for `id`.
    pub(super) fn object<'a>(&'a self, id: &'a RawId) -> &'a RawId {
        let mut id = id;
        for _ in 0..DEEPEST {
            match self.objects.get(id) {
                Some(next) => id = next,
                None => break,
            }
        }
        id
    }

    /// [`Replaced::object`] as libgit2 names it.
    pub(super) fn oid(&self, id: Oid) -> Oid {
        let raw = RawId::try_from(id.as_bytes()).ok();
        let other = raw.as_ref().map(|raw| self.object(raw));
        other.and_then(|other| Oid::from_bytes(other).ok()).unwrap_or(id)
    }

    /// The commit as git sees it, but for its id, and for parents that are grafted.
    pub(super) fn commit<'repo>(
        &self,
        raw: &'repo Repository,
        id: Oid,
    ) -> Result<Commit<'repo>, git2::Error> {
        raw.find_commit(self.oid(id))
    }

    /// The parents of a commit whose object names `own`.
    pub(super) fn parents(&self, id: &RawId, own: Vec<RawId>) -> Vec<RawId> {
        self.parents.get(id).cloned().unwrap_or(own)
    }

    /// [`Replaced::parents`] as libgit2 names them.
    pub(super) fn parent_oids(&self, id: Oid, own: Vec<Oid>) -> Vec<Oid> {
        let raw = RawId::try_from(id.as_bytes()).ok();
        match raw.and_then(|raw| self.parents.get(&raw)) {
            Some(parents) => parents.iter().filter_map(|id| Oid::from_bytes(id).ok()).collect(),
            None => own,
        }
    }

    /// Whether there is nothing to look for.
    pub(super) fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.parents.is_empty()
    }

    /// A number that differs where other objects would be read; `None` without any replacement.
    pub(super) fn fingerprint(&self) -> Option<u64> {
        if self.is_empty() {
            return None;
        }
        let mut pairs: Vec<Vec<u8>> = self
            .objects
            .iter()
            .map(|(id, other)| [*id, *other].concat())
            .collect();
        pairs.extend(self.parents.iter().map(|(id, parents)| {
            let mut bytes = vec![0];
            bytes.extend(id);
            bytes.extend(parents.iter().flatten());
            bytes
        }));
        pairs.sort();
        Some(fnv1a(pairs.into_iter().flatten()))
    }
}

fn objects(repo: &Repo) -> HashMap<RawId, RawId> {
    let base = match CHOSEN.get() {
        Some(ReplaceRefs::Ignored) => return HashMap::new(),
        Some(ReplaceRefs::Below(base)) => base.as_str(),
        None => BASE,
    };
    if !may_have(repo.common_dir(), base) {
        return HashMap::new();
    }
    let is_off = |value: &str| {
        matches!(
            value.trim().to_ascii_lowercase().as_str(),
            "false" | "no" | "off" | "0" | ""
        )
    };
    let config = repo.config(&ConfigFiles::default());
    if config
        .get("core.useReplaceRefs")
        .is_some_and(|found| is_off(&found.value))
    {
        return HashMap::new();
    }
    let references = repo.raw().references_glob(&format!("{base}*"));
    references
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|reference| {
            let name = std::str::from_utf8(reference.name_bytes()).ok()?;
            let replaced = raw_id(name.strip_prefix(base)?)?;
            let target = reference.target()?.as_bytes().try_into().ok()?;
            (replaced != target).then_some((replaced, target))
        })
        .collect()
}

/// Whether the refs are worth a look: without a folder of theirs, only packed ones can be there.
fn may_have(common_dir: &Path, base: &str) -> bool {
    let is_packed = || {
        let packed = std::fs::read(common_dir.join("packed-refs")).unwrap_or_default();
        memchr::memmem::find(&packed, format!(" {base}").as_bytes()).is_some()
    };
    common_dir.join(base).is_dir() || is_packed()
}

fn raw_id(hex: &str) -> Option<RawId> {
    let id: ObjectId = hex.parse().ok()?;
    id.as_bytes().try_into().ok()
}

/// `COMMIT PARENT…` a line.
fn grafts(file: &Path) -> HashMap<RawId, Vec<RawId>> {
    let is_file = file.symlink_metadata().is_ok_and(|data| data.is_file());
    let text = if is_file {
        std::fs::read_to_string(file).unwrap_or_default()
    } else {
        String::new()
    };
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut ids = line.split_ascii_whitespace().map(raw_id);
            let commit = ids.next()??;
            Some((commit, ids.collect::<Option<Vec<RawId>>>()?))
        })
        .collect()
}
