//! A digest of all references: while it stays the same, a clone has the same commits and notes, on any machine.

use std::fs;

use sha2::{Digest, Sha256};

use super::open::Repo;
use crate::facts::hash::hex;

/// The maximum size of the list of commits at which a shallow clone ends, in bytes.
const LARGEST_SHALLOW: u64 = 64 << 20;

impl Repo {
    /// A digest of all references with what they lead to, HEAD among them, and of where a shallow clone ends.
    pub fn references_digest(&self) -> Result<String, git2::Error> {
        let mut all: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        for reference in self.raw().references()? {
            let reference = reference?;
            let target = reference.symbolic_target_bytes();
            let target = target.map_or_else(
                || {
                    reference
                        .target()
                        .map(|id| id.as_bytes().to_vec())
                        .unwrap_or_default()
                },
                <[u8]>::to_vec,
            );
            all.push((reference.name_bytes().to_vec(), target));
        }
        all.sort();
        let mut sum = Sha256::new();
        let mut add = |part: &[u8]| {
            sum.update((part.len() as u64).to_le_bytes());
            sum.update(part);
        };
        for (name, target) in &all {
            add(name);
            add(target);
        }
        let head = self.raw().find_reference("HEAD");
        let head = head.as_ref().ok().and_then(|head| {
            let to = head.symbolic_target_bytes().map(<[u8]>::to_vec);
            to.or_else(|| Some(head.target()?.as_bytes().to_vec()))
        });
        add(&head.unwrap_or_default());
        let shallow = self.common_dir().join("shallow");
        let is_small =
            fs::metadata(&shallow).is_ok_and(|file| file.is_file() && file.len() <= LARGEST_SHALLOW);
        if is_small {
            add(&fs::read(&shallow).unwrap_or_default());
        }
        Ok(hex(&sum.finalize()))
    }
}
