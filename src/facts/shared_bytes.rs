//! Bytes that several values read in place, wherever they are: in a buffer, or in a file that is mapped.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Bytes that do not change while anybody has them.
#[derive(Clone)]
pub struct SharedBytes(Arc<dyn AsRef<[u8]> + Send + Sync>);

impl SharedBytes {
    /// Shares these bytes.
    pub fn new(bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self(Arc::new(bytes))
    }
}

impl Default for SharedBytes {
    fn default() -> Self {
        Self::new([])
    }
}

impl Deref for SharedBytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        (*self.0).as_ref()
    }
}

impl fmt::Debug for SharedBytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SharedBytes({})", self.len())
    }
}
