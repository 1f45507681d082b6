//! Texts and ids of a column, each different one once where the file has it once.

/// The different values of a column, by position. A value may be there twice, if the file has it twice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Dictionary {
    bytes: Vec<u8>,
    /// Where each ends; it begins where the one before ends.
    ends: Vec<usize>,
}

impl Dictionary {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The value at a position; empty if there is none.
    pub fn get(&self, at: u32) -> &[u8] {
        let at = at as usize;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before));
        let end = self.ends.get(at).copied().unwrap_or_default();
        self.bytes
            .get(start.copied().unwrap_or_default()..end)
            .unwrap_or_default()
    }

    /// All values, in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..).map(|at| self.get(at)).take(self.len())
    }

    pub(super) fn push(&mut self, value: &[u8]) {
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
    }
}
