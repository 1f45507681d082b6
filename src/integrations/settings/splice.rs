//! Single replacements in a text, stored so that they can be undone.

use serde::{Deserialize, Serialize};

/// One replacement. Offsets count bytes of the text after the previous replacements.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Splice {
    /// Its start.
    pub at: usize,
    /// The old text.
    pub old: String,
    /// The new text.
    pub new: String,
}

impl Splice {
    /// The text with the replacement; `None` if the text differs in that place.
    pub fn apply(&self, text: &str) -> Option<String> {
        replaced(text, self.at, &self.old, &self.new)
    }
}

/// The text before all of these replacements; `None` if it is another text.
pub fn undone(text: &str, splices: &[Splice]) -> Option<String> {
    splices.iter().rev().try_fold(text.to_owned(), |text, splice| {
        replaced(&text, splice.at, &splice.new, &splice.old)
    })
}

fn replaced(text: &str, at: usize, old: &str, new: &str) -> Option<String> {
    let (before, rest) = text.split_at_checked(at)?;
    Some(format!("{before}{new}{}", rest.strip_prefix(old)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_replaced_comes_back() {
        let splices = [
            Splice {
                at: 1,
                old: String::new(),
                new: "bc".into(),
            },
            Splice {
                at: 3,
                old: "d".into(),
                new: "é".into(),
            },
        ];
        let text = splices.iter().try_fold("ad".to_owned(), |text, s| s.apply(&text));
        assert_eq!(text.as_deref(), Some("abcé"));
        assert_eq!(undone("abcé", &splices).as_deref(), Some("ad"));
        assert_eq!(undone("abcd", &splices), None);
        assert_eq!(undone("é", &splices), None);
    }
}
