//! The skill: what an agent reads to know when and how to record a task.
//!
//! One text for all agents, in the Agent Skills format: front matter that lets an agent find it, then instructions. It is part of
//! the program, so installing it needs no download.

use sha2::{Digest, Sha256};

use crate::facts::hash::hex;

/// The name of the skill, and of the directory that contains it.
pub const NAME: &str = "leverage";

/// The text of its `SKILL.md`.
pub const SKILL: &str = include_str!("skill/SKILL.md");

/// The hashes (SHA-256) of its earlier texts. Each release that changes the text adds the previous hash.
const EARLIER: &[&str] = &[
    "24d308d0a4709f46e5c666e1c2a4f9408a72b50389be4f98bc5e58d865302558",
    "52f0d37580adc03176d5e30b6d842b43d3e40b8596dc312b283b07b0145d8de2",
    "e747b9be073010cf430f3dea69a89bd7d2bddfe1a3d16dedcb446bb03aed27cf",
    "6397442665fe74a2deb32d648400e388ddf967dd19376cec302837c1f4751447",
    "84fd7e8d2b66ec8bea56b7791141ba970584e169903b89c827c2939de841fe4a",
];

/// Whether a text is the unmodified skill of this release or of an earlier one.
pub fn is_ours(text: &str) -> bool {
    text == SKILL || EARLIER.contains(&hash(text).as_str())
}

fn hash(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The front matter as names and values, and the text after it.
    fn parts() -> (Vec<(&'static str, &'static str)>, &'static str) {
        let rest = SKILL.strip_prefix("---\n").unwrap();
        let (front, body) = rest.split_once("\n---\n").unwrap();
        let fields = front.lines().map(|line| line.split_once(": ").unwrap());
        (fields.collect(), body)
    }

    #[test]
    fn its_front_matter_is_what_the_format_asks_for() {
        let (fields, body) = parts();
        let names: Vec<_> = fields.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["name", "description"]);
        assert_eq!(fields[0].1, NAME);
        let description = fields[1].1;
        assert!(description.len() <= 1024, "{} bytes", description.len());
        // A plain scalar of YAML: it starts like a word, and contains nothing that would end it or change its type.
        assert!(description.starts_with(|c: char| c.is_ascii_alphabetic()));
        assert!(!description.contains(": ") && !description.contains(" #"));
        assert!(!description.contains(['<', '>']));
        assert!(body.trim_start().starts_with("# "));
    }

    #[test]
    fn only_what_was_written_is_ours() {
        assert!(is_ours(SKILL));
        assert!(!is_ours(&format!("{SKILL}\n")));
        assert!(!is_ours(""));
        let is_hash = |hash: &&str| hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(EARLIER.iter().all(is_hash));
    }

    #[test]
    fn it_is_short_and_plain() {
        assert!(SKILL.lines().count() <= 60);
        assert!(SKILL.is_ascii() && SKILL.ends_with('\n'));
        assert!(!SKILL.contains(['\r', '\t']));
    }
}
