//! The resolved form of paths in logs, if it differs from the logged one.
//!
//! An agent logs a directory as the shell names it, or as the system does: a path belongs where it leads. The layer
//! with access to the disk resolves it; here the result is looked up.

use std::collections::HashMap;

/// Where paths lead that go through symbolic links.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links(HashMap<String, String>);

impl Links {
    /// From each path to the one that it leads to.
    pub fn new(real: HashMap<String, String>) -> Self {
        Self(real)
    }

    /// Where a path leads.
    pub fn real<'path>(&'path self, path: &'path str) -> &'path str {
        self.0.get(path).map_or(path, String::as_str)
    }
}
