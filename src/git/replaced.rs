//! Replacements for objects: `refs/replace/`, and the parents that `info/grafts` assigns to commits.
//!
//! Git reads the replacement wherever the object is asked for, under the object's own name, and this program does the same: a
//! history that was joined or cut this way counts as `git rev-list` counts it in this clone. libgit2 supports neither.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use super::config::ConfigFiles;
use super::replacements::Replaced;
use super::screen::{LARGEST_GRAFTS, LARGEST_PACKED_REFS};
use super::{Repo, files};
use crate::facts::ids::ObjectId;

/// Where git stores replacements by default.
const BASE: &str = "refs/replace/";
/// Which replacements the process uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplaceRefs {
    /// None: `GIT_NO_REPLACE_OBJECTS`.
    Ignored,
    /// Those below this prefix: `GIT_REPLACE_REF_BASE`.
    Below(String),
}

static CHOSEN: OnceLock<ReplaceRefs> = OnceLock::new();

/// Sets this for the process, before the first repository is read; a second call changes nothing.
pub fn choose(refs: ReplaceRefs) {
    // A second caller has the same setting.
    let _ = CHOSEN.set(refs);
}

impl Repo {
    /// The replacements of its objects.
    pub(super) fn replaced(&self) -> Arc<Replaced> {
        self.replaced.get_or_init(|| Arc::new(read(self))).clone()
    }

    /// A number that identifies its replacements and grafts; `None` if it has none, which is the common case.
    pub fn replacements(&self) -> Option<u64> {
        self.replaced().fingerprint()
    }
}

fn read(repo: &Repo) -> Replaced {
    Replaced {
        objects: objects(repo),
        parents: grafts(&repo.common_dir().join("info/grafts")),
    }
}

fn objects(repo: &Repo) -> HashMap<ObjectId, ObjectId> {
    let base = match CHOSEN.get() {
        Some(ReplaceRefs::Ignored) => return HashMap::new(),
        Some(ReplaceRefs::Below(base)) => base.as_str(),
        None => BASE,
    };
    if !may_have(repo.raw().commondir(), base) {
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
            let replaced = name.strip_prefix(base)?.parse().ok()?;
            let target = ObjectId::from_bytes(reference.target()?.as_bytes())?;
            (replaced != target).then_some((replaced, target))
        })
        .collect()
}

/// Whether the refs need to be read: without a directory, only packed ones can exist.
fn may_have(common_dir: &Path, base: &str) -> bool {
    let is_packed = || {
        let packed = files::read(&common_dir.join("packed-refs"), LARGEST_PACKED_REFS);
        let packed = packed.ok().flatten().unwrap_or_default();
        memchr::memmem::find(&packed, format!(" {base}").as_bytes()).is_some()
    };
    common_dir.join(base).is_dir() || is_packed()
}

/// One line per commit: `COMMIT PARENT…`.
fn grafts(file: &Path) -> HashMap<ObjectId, Vec<ObjectId>> {
    let text = files::read_text(file, LARGEST_GRAFTS)
        .ok()
        .flatten()
        .unwrap_or_default();
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut ids = line.split_ascii_whitespace().map(|id| id.parse().ok());
            let commit = ids.next()??;
            Some((commit, ids.collect::<Option<Vec<ObjectId>>>()?))
        })
        .collect()
}
