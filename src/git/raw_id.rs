//! Names of objects as git stores them.

/// A SHA-1 object name as packs and trees hold it.
pub(super) type RawId = [u8; 20];
