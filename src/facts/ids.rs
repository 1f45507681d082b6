//! Names that never change: objects, tasks, agents and sessions.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::short_ids;

/// A git object name: 20 bytes in a SHA-1 repository, 32 in a SHA-256 one.
///
/// Ordered and hashed by its bytes; shown and serialized as lower-case hex.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectId {
    bytes: [u8; 32],
    len: u8,
}

impl ObjectId {
    /// An id from its raw bytes; `None` unless there are 20 or 32 of them.
    pub fn from_bytes(raw: &[u8]) -> Option<Self> {
        if raw.len() != 20 && raw.len() != 32 {
            return None;
        }
        let mut bytes = [0; 32];
        bytes[..raw.len()].copy_from_slice(raw);
        Some(Self {
            bytes,
            len: raw.len() as u8,
        })
    }

    /// The raw bytes, 20 or 32.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.len)]
    }

    /// Its length in bytes, 20 or 32. All ids of a repository have the same length.
    pub fn width(&self) -> usize {
        usize::from(self.len)
    }

    /// The first ten hex digits, for people.
    pub fn short(&self) -> String {
        self.to_string()[..10].to_owned()
    }
}

/// Without its length, which is the same in all of a repository.
impl Hash for ObjectId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // All of it: a tree may name any number of ids with the same beginning, because the objects need not exist.
        state.write(self.as_bytes());
    }
}

impl From<[u8; 20]> for ObjectId {
    fn from(sha1: [u8; 20]) -> Self {
        let mut bytes = [0; 32];
        bytes[..20].copy_from_slice(&sha1);
        Self { bytes, len: 20 }
    }
}

impl From<[u8; 32]> for ObjectId {
    fn from(sha256: [u8; 32]) -> Self {
        Self {
            bytes: sha256,
            len: 32,
        }
    }
}

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_bytes()
            .iter()
            .try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not an id of the kind that was asked for.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[error("`{text}` is not {wanted}")]
pub struct InvalidId {
    text: String,
    wanted: &'static str,
}

impl InvalidId {
    fn new(text: &str, wanted: &'static str) -> Self {
        Self {
            text: text.chars().take(80).collect(),
            wanted,
        }
    }
}

impl FromStr for ObjectId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId::new(text, "a full object id (40 or 64 hex digits)");
        let digits = text.as_bytes();
        if digits.len() != 40 && digits.len() != 64 {
            return Err(invalid());
        }
        let nibble = |digit: u8| (digit as char).to_digit(16).map(|value| value as u8);
        let mut raw = [0; 32];
        for (byte, pair) in raw.iter_mut().zip(digits.chunks(2)) {
            let value = nibble(pair[0])
                .zip(nibble(pair[1]))
                .map(|(high, low)| high << 4 | low);
            *byte = value.ok_or_else(invalid)?;
        }
        Self::from_bytes(&raw[..digits.len() / 2]).ok_or_else(invalid)
    }
}

/// Serializes through `Display` and `FromStr`, so that every id has the same form in every format.
macro_rules! serde_as_text {
    ($name:ty) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?
                    .parse()
                    .map_err(serde::de::Error::custom)
            }
        }
    };
}

serde_as_text!(SessionId);

/// As text, or as bytes in binary formats.
impl Serialize for ObjectId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match serializer.is_human_readable() {
            true => serializer.collect_str(self),
            false => serializer.serialize_bytes(self.as_bytes()),
        }
    }
}

impl<'de> Deserialize<'de> for ObjectId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.is_human_readable() {
            true => String::deserialize(deserializer)?
                .parse()
                .map_err(serde::de::Error::custom),
            false => deserializer.deserialize_bytes(RawBytes),
        }
    }
}

/// Reads an object id from its bytes.
struct RawBytes;

impl Visitor<'_> for RawBytes {
    type Value = ObjectId;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("20 or 32 bytes")
    }

    fn visit_bytes<E: serde::de::Error>(self, bytes: &[u8]) -> Result<ObjectId, E> {
        ObjectId::from_bytes(bytes).ok_or_else(|| E::invalid_length(bytes.len(), &self))
    }
}

/// A UUID that permanently names something of the ledger.
macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $wanted:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Uuid);

        impl $name {
            /// The id that the same parts always give: a UUID of version 8 from their SHA-256.
            pub fn derived(parts: &[&str]) -> Self {
                Self(derived(parts))
            }

            /// Whether it was derived from parts, not random.
            pub fn is_derived(&self) -> bool {
                self.0.get_version_num() == 8
            }

            /// Any UUID as such an id.
            pub fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The first 8 hex digits of its last group, which is random or a hash. [`ShortIds`] lengthens it where needed.
            ///
            /// [`ShortIds`]: super::short_ids::ShortIds
            pub fn short(&self) -> String {
                short_ids::usual(TaskId(self.0))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text)
                    .map(Self)
                    .map_err(|_| InvalidId::new(text, $wanted))
            }
        }

        serde_as_text!($name);
    };
}

uuid_id! {
    /// The id of a task: a UUIDv7, which stays the same in revisions, rebases, squashes and clones.
    TaskId, "a task id (a UUID)"
}

uuid_id! {
    /// The id of a line of the ledger, whatever its kind: that of the task for a task's revisions, a separate one for a
    /// measured session or a retraction.
    RecordId, "a record id (a UUID)"
}

impl TaskId {
    /// Whether it is the id of nothing yet.
    pub fn is_nil(self) -> bool {
        self.0.is_nil()
    }

    /// An id made at `millis` since the epoch from ten random bytes. The caller owns clock and randomness.
    pub fn new(millis: u64, random: &[u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(millis, random).into_uuid())
    }

    /// The first 48 bits, which are the clock in an id that was drawn.
    pub(super) fn head(self) -> u64 {
        (self.0.as_u128() >> 80) as u64
    }

    /// The last 48 bits, which are random or part of a hash.
    pub(super) fn tail(self) -> u64 {
        (self.0.as_u128() & 0xffff_ffff_ffff) as u64
    }
}

impl From<TaskId> for RecordId {
    fn from(task: TaskId) -> Self {
        Self(task.0)
    }
}

impl RecordId {
    /// The task whose revisions have this id, if any have.
    pub fn as_task(self) -> TaskId {
        TaskId(self.0)
    }
}

fn derived(parts: &[&str]) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let digest = hash.finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// One run of one agent: `claude-code:<id>`, as the agent's own log names it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SessionId {
    /// The agent's name in the standard form: `claude-code`, `codex`, `gemini-cli`, …
    pub agent: String,
    /// The id that the agent gave.
    pub id: String,
}

impl SessionId {
    /// Joins an agent's name and its id for the session.
    pub fn new(agent: impl Into<String>, id: impl Into<String>) -> Self {
        Self {
            agent: agent.into(),
            id: id.into(),
        }
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.agent, self.id)
    }
}

impl FromStr for SessionId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let plain =
            |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_control() || c.is_whitespace());
        match text.split_once(':') {
            Some((agent, id)) if plain(agent) && plain(id) && text.len() <= 256 => Ok(Self::new(agent, id)),
            _ => Err(InvalidId::new(text, "a session (`AGENT:ID`)")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn object_ids_survive_their_text() {
        for hex in [
            "0123456789abcdef0123456789abcdef01234567",
            "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        ] {
            assert_eq!(
                hex.parse::<ObjectId>().map(|id| id.to_string()),
                Ok(hex.to_owned())
            );
        }
    }

    #[test]
    fn half_an_object_id_is_refused() {
        let refused = "0123".parse::<ObjectId>().map_err(|error| error.to_string());
        assert_eq!(
            refused,
            Err("`0123` is not a full object id (40 or 64 hex digits)".to_owned())
        );
    }

    #[test]
    fn task_ids_sort_by_time() {
        let random = [7; 10];
        assert!(TaskId::new(1_000, &random) < TaskId::new(2_000, &random));
    }

    #[test]
    fn a_record_of_a_task_has_the_id_of_the_task() {
        let task = TaskId::new(1_000, &[7; 10]);
        let record = RecordId::from(task);
        assert_eq!(record.to_string(), task.to_string());
        assert_eq!(record.as_task(), task);
        let refused = "12".parse::<RecordId>().map_err(|error| error.to_string());
        assert_eq!(refused, Err("`12` is not a record id (a UUID)".to_owned()));
    }

    #[test]
    fn sessions_keep_colons_in_the_agents_own_id() {
        let session: Result<SessionId, _> = "codex:a:b".parse();
        assert_eq!(session, Ok(SessionId::new("codex", "a:b")));
        assert!("codex:".parse::<SessionId>().is_err());
        assert!("co dex:a".parse::<SessionId>().is_err());
    }

    #[test]
    fn ids_that_begin_alike_are_hashed_apart() {
        use std::hash::BuildHasher;
        let hasher = std::collections::hash_map::RandomState::new();
        let alike = |last: u8| {
            let mut bytes = [7; 20];
            bytes[19] = last;
            hasher.hash_one(ObjectId::from(bytes))
        };
        assert_ne!(alike(1), alike(2));
    }
}
