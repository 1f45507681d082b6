//! The skill: what an agent reads to know when a task is to be recorded, and how.
//!
//! One text for all agents, in the Agent Skills format: front matter by which an agent finds it, then what it is to do. It is
//! part of the program, so that nothing has to be fetched to install it.

/// What the skill is called, and the folder that holds it.
pub const NAME: &str = "leverage";

/// The text of its `SKILL.md`.
pub const SKILL: &str = include_str!("skill/SKILL.md");

#[cfg(test)]
mod tests {
    use super::*;

    /// The front matter as names and values, and what comes after it.
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
        // A plain scalar of YAML: it begins as a word, and holds nothing that would end it or make it something else.
        assert!(description.starts_with(|c: char| c.is_ascii_alphabetic()));
        assert!(!description.contains(": ") && !description.contains(" #"));
        assert!(!description.contains(['<', '>']));
        assert!(body.trim_start().starts_with("# "));
    }

    #[test]
    fn it_is_short_and_plain() {
        assert!(SKILL.lines().count() <= 60);
        assert!(SKILL.is_ascii() && SKILL.ends_with('\n'));
        assert!(!SKILL.contains(['\r', '\t']));
    }
}
