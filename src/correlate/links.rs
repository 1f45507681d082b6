//! Where paths of logs really lead, of those that lead elsewhere than they say.
//!
//! An agent logs a folder as the shell calls it, or as the system does: a path belongs where it leads. Whoever has the disk
//! says so; here it is known.

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
