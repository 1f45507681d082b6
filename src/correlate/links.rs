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
        // Most logs lead through no link.
        if self.0.is_empty() {
            return path;
        }
        self.0.get(path).map_or(path, String::as_str)
    }

    /// The paths that lead elsewhere, with their targets, in order, if either is at or below one of these directories: no other one
    /// decides whether a path is below them.
    pub fn near<'links>(&'links self, roots: &[String]) -> Vec<(&'links str, &'links str)> {
        let is_near = |path: &str| roots.iter().any(|root| path.starts_with(root.as_str()));
        let all = self.0.iter().map(|(path, real)| (path.as_str(), real.as_str()));
        let mut near: Vec<(&str, &str)> = all
            .filter(|(path, real)| is_near(path) || is_near(real))
            .collect();
        near.sort_unstable();
        near
    }
}
