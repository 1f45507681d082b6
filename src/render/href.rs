//! Links that pages build themselves, from ids and slugs: never the text of a repository.

use maud::{Markup, Render};

/// A link to a place in the same site or on the same page. It has no scheme, no host and nothing that would have to be escaped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Href(String);

impl Href {
    /// A link to an element of the same page; `None` unless the id consists of `a-z`, `0-9` and `-`.
    pub fn fragment(id: &str) -> Option<Self> {
        let is_plain = !id.is_empty() && id.bytes().all(is_of_id);
        is_plain.then(|| Self(format!("#{id}")))
    }

    /// A relative path, with a fragment or without; `None` if it is empty, leaves the site's host or has other characters than
    /// letters of ASCII, digits and `._/#-`.
    pub fn path(path: String) -> Option<Self> {
        let is_plain = |c: u8| c.is_ascii_alphanumeric() || b"._/#-".contains(&c);
        let is_relative = !path.is_empty() && !path.starts_with('/') && !path.contains("//");
        (is_relative && path.bytes().all(is_plain) && path.matches('#').count() < 2).then_some(Self(path))
    }

    /// As it is in an attribute.
    #[cfg(test)]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_of_id(c: u8) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-'
}

impl Render for Href {
    fn render(&self) -> Markup {
        self.0.render()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_stay_in_the_site() {
        for path in [
            "index.html",
            "../days/2026-04-04.html#task-3",
            "../tasks/019d5787-8b10.html",
            "#days",
        ] {
            assert_eq!(Href::path(path.to_owned()).unwrap().as_str(), path);
        }
        for path in [
            "",
            "/etc/passwd",
            "//host/x",
            "a//b",
            "https://host",
            "javascript:x",
            "a b",
            "a\"b",
            "a?b",
            "ü.html",
            "a#b#c",
            "a\nb",
        ] {
            assert_eq!(Href::path(path.to_owned()), None, "{path}");
        }
    }

    #[test]
    fn fragments_are_ids() {
        assert_eq!(Href::fragment("task-3").unwrap().as_str(), "#task-3");
        for id in ["", "Task", "a b", "a#b", "ä", "a\"", "a/b"] {
            assert_eq!(Href::fragment(id), None, "{id}");
        }
    }
}
