//! The readers of files in a working tree, for tests that feed them hostile bytes.

use super::docker;
pub use super::tests::hostile as source;

/// A Dockerfile.
pub fn dockerfile(data: &[u8]) {
    docker::read("Dockerfile", &String::from_utf8_lossy(data));
}
