//! A session: what one run of one agent left in its log.

use std::ops::{Add, AddAssign};

use serde::{Deserialize, Serialize};

use super::quantity::Tokens;

/// Tokens by kind. `input` is fresh input without the cache; reasoning is part of `output`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TokenCounts {
    /// Input that was neither read from a cache nor written to one.
    pub input: u64,
    /// Input written to the cache.
    pub cache_write: u64,
    /// Input read from the cache.
    pub cache_read: u64,
    /// Output, reasoning included.
    pub output: u64,
}

impl TokenCounts {
    /// All kinds together.
    pub fn total(self) -> Tokens {
        [self.input, self.cache_write, self.cache_read, self.output]
            .into_iter()
            .map(Tokens)
            .sum()
    }
}

impl Add for TokenCounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            output: self.output.saturating_add(other.output),
        }
    }
}

impl AddAssign for TokenCounts {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}
