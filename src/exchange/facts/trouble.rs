//! Errors of what is loaded late, kept for who uses it.

use std::sync::{Mutex, PoisonError};

use crate::tables::TableError;

/// Errors when commits are loaded that were there before.
#[derive(Debug, Default)]
pub struct Trouble(Mutex<Vec<TableError>>);

impl Trouble {
    pub(super) fn met(&self, error: TableError) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(error);
    }

    /// The first error since the last call. What was computed in between is worthless.
    pub fn take(&self) -> Option<TableError> {
        let mut errors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *errors).into_iter().next()
    }
}
