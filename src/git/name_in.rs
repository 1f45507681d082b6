//! Names of objects as git stores them.

use crate::facts::ids::ObjectId;

/// An object name inside the bytes of a tree: compared much more often than it is copied.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum NameIn<'a> {
    Sha1(&'a [u8; 20]),
    Sha256(&'a [u8; 32]),
}

impl<'a> NameIn<'a> {
    /// The name of `width` bytes at the start of `bytes`; `None` if they are too few.
    pub(super) fn first(bytes: &'a [u8], width: usize) -> Option<Self> {
        match width {
            20 => bytes.first_chunk().map(Self::Sha1),
            32 => bytes.first_chunk().map(Self::Sha256),
            _ => None,
        }
    }

    /// A copy of it.
    pub(super) fn id(self) -> ObjectId {
        match self {
            Self::Sha1(bytes) => ObjectId::from(*bytes),
            Self::Sha256(bytes) => ObjectId::from(*bytes),
        }
    }
}
