//! All command tests in one binary: a test file that is not listed here does not run.

#![allow(missing_docs, unreachable_pub, clippy::unwrap_used)]

mod calling;
mod discovery;
mod layering;
mod published;
mod survival;
// Each test uses a part of it.
#[allow(dead_code)]
mod world;
