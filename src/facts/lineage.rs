//! Where a repository was cloned from, and where on this machine.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::hash::hex;

/// The length of a mark.
const MARK_DIGITS: usize = 32;

/// The place of a repository and that of its origin.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Lineage {
    /// The directory of its refs and objects, absolute and without links; all of its worktrees share it.
    #[serde(with = "as_bytes")]
    pub place: PathBuf,
    /// Whether this is a linked worktree and not the main one.
    pub is_linked: bool,
    /// The directory that its remote `origin` names, absolute and without links; `None` where that is on another machine.
    #[serde(with = "as_bytes::optional")]
    pub origin: Option<PathBuf>,
    /// Where `origin` would be on this machine, as it is configured: `origin` is what that leads to.
    #[serde(with = "as_bytes::optional")]
    pub named: Option<PathBuf>,
    /// Whether its directory has the name of the repository that `origin` names, as `git clone` gives it. Of two clones of
    /// one remote, the other is more likely to be the spare one.
    pub is_named_after_origin: bool,
    /// `host/owner/name` of its remote `origin`, the same for each clone anywhere; `None` if that names no host. Untrusted text.
    pub key: Option<String>,
    /// Its rank in a list of repositories: of copies of a commit, the one in the repository of the lowest rank counts.
    pub rank: u32,
    /// How many clones lie between it and a repository that was not cloned from another one of those read with it, if that was
    /// determined before.
    pub generation: Option<u32>,
    /// Its marks, if it was read elsewhere.
    #[serde(skip)]
    pub marks: Option<Marks>,
}

/// Where a repository is and what it was cloned from, as hashes: equal if the paths are, on one machine, or if the remotes are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Marks {
    place: Option<String>,
    origin: Option<String>,
    /// The same on every machine.
    remote: Option<String>,
}

impl Marks {
    /// Whether one is a worktree of the other or was cloned from it, or both were cloned from one place.
    pub fn are_related(&self, other: &Self) -> bool {
        let is_same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        is_same(&self.place, &other.place)
            || is_same(&self.place, &other.origin)
            || is_same(&self.origin, &other.place)
            || is_same(&self.origin, &other.origin)
            || is_same(&self.remote, &other.remote)
    }
}

/// The hash of a path of a machine. A repository in `kiln/.git` is named by both.
fn mark(machine: &str, path: &Path) -> String {
    let path = match path.file_name() {
        Some(name) if name == ".git" => path.parent().unwrap_or(path),
        _ => path,
    };
    let mut sum = Sha256::new();
    sum.update(machine.as_bytes());
    sum.update([0]);
    sum.update(path.as_os_str().as_encoded_bytes());
    hex(&sum.finalize())[..MARK_DIGITS].to_owned()
}

impl Lineage {
    /// Its marks, as one of this machine unless it was read elsewhere. `machine` distinguishes this one from others.
    pub fn marks_on(&self, machine: &str) -> Marks {
        self.marks.clone().unwrap_or_else(|| Marks {
            place: (!self.place.as_os_str().is_empty()).then(|| mark(machine, &self.place)),
            origin: self.origin.as_deref().map(|origin| mark(machine, origin)),
            // A list may give a key because the remote must not be known.
            remote: self.key.as_ref().map(|key| mark("", Path::new(key))),
        })
    }

    /// Whether a repository of this name has the name that `git clone` of `url` would have given it.
    pub fn is_name_of(name: &str, url: &str) -> bool {
        let url = url.trim_end_matches('/');
        let url = url.strip_suffix("/.git").unwrap_or(url);
        let last = url.rsplit(['/', ':']).next().unwrap_or(url);
        let last = last.strip_suffix(".git").unwrap_or(last);
        !last.is_empty() && name == last
    }

    /// Whether it was read elsewhere: there is nothing to open here.
    pub fn is_elsewhere(&self) -> bool {
        self.generation.is_some()
    }

    /// Whether its origin is still where it was.
    pub fn is_current(&self) -> bool {
        let now = self.named.as_ref().and_then(|named| named.canonicalize().ok());
        now == self.origin
    }

    /// Whether it is a linked worktree of the other one, or was cloned from it.
    pub fn comes_from(&self, other: &Self) -> bool {
        let leads_there = |origin: &Path| other.place == origin || other.place == origin.join(".git");
        if self.place == other.place {
            return self.is_linked && !other.is_linked;
        }
        self.origin.as_deref().is_some_and(leads_there)
    }
}

/// Paths as bytes: on Unix they need not be text.
pub mod as_bytes {
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// For `#[serde(with)]`.
    pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        path.as_os_str().as_encoded_bytes().serialize(serializer)
    }

    /// For `#[serde(with)]`.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
        path(Vec::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }

    #[cfg(unix)]
    fn path(bytes: Vec<u8>) -> Result<PathBuf, std::convert::Infallible> {
        use std::os::unix::ffi::OsStringExt;
        Ok(std::ffi::OsString::from_vec(bytes).into())
    }

    #[cfg(not(unix))]
    fn path(bytes: Vec<u8>) -> Result<PathBuf, std::string::FromUtf8Error> {
        String::from_utf8(bytes).map(PathBuf::from)
    }

    pub(super) mod optional {
        use super::{Deserialize, Deserializer, PathBuf, Serialize, Serializer};

        pub(in super::super) fn serialize<S: Serializer>(
            path: &Option<PathBuf>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            let bytes = path.as_ref().map(|path| path.as_os_str().as_encoded_bytes());
            bytes.serialize(serializer)
        }

        pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<PathBuf>, D::Error> {
            let bytes: Option<Vec<u8>> = Option::deserialize(deserializer)?;
            let path = bytes.map(super::path).transpose();
            path.map_err(serde::de::Error::custom)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_and_linked_worktrees_come_from_somewhere() {
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

    #[test]
    fn a_clone_has_the_name_that_git_gives_it() {
        for url in [
            "https://example.org/team/kiln.git",
            "git@example.org:team/kiln",
            "example.org:kiln.git",
            "/w/kiln/",
            "/w/kiln/.git",
        ] {
            assert!(Lineage::is_name_of("kiln", url), "{url}");
            assert!(!Lineage::is_name_of("kiln2", url), "{url}");
        }
        assert!(!Lineage::is_name_of("", "https://"));
    }

    #[cfg(unix)]
    #[test]
    fn paths_that_are_not_text_survive_the_round_trip() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        let odd = |bytes: &'static [u8]| PathBuf::from(OsStr::from_bytes(bytes));
        for origin in [None, Some(odd(b"/w/\xff"))] {
            let lineage = Lineage {
                place: odd(b"/w/k\x80ln/.git"),
                is_linked: true,
                named: origin.clone(),
                origin,
                is_named_after_origin: true,
                ..Lineage::default()
            };
            let bytes = postcard::to_stdvec(&lineage).unwrap();
            assert_eq!(postcard::from_bytes::<Lineage>(&bytes).unwrap(), lineage);
        }
    }
}
