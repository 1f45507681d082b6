//! Names by the mailmap as git reads it: addresses and names match in whatever case. libgit2 heeds the case, and leaves
//! people apart that git joins.

use std::collections::HashMap;

/// The names that a mailmap gives.
#[derive(Debug, Clone, Default)]
pub struct NameMap {
    by_address: HashMap<String, String>,
    /// By address and name: stronger than the address alone.
    by_both: HashMap<(String, String), String>,
}

impl NameMap {
    /// Reads a mailmap. A line that makes no sense is passed over; a later line outranks an earlier one.
    pub fn parse(text: &str) -> Self {
        let mut names = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let Some((proper, first, rest)) = person(line) else {
                continue;
            };
            let (commit_name, address) = match person(rest) {
                Some((name, second, _)) => (name, second),
                None => ("", first),
            };
            if proper.is_empty() {
                continue;
            }
            let address = address.to_lowercase();
            if commit_name.is_empty() {
                names.by_address.insert(address, proper.to_owned());
            } else {
                let key = (address, commit_name.to_lowercase());
                names.by_both.insert(key, proper.to_owned());
            }
        }
        names
    }

    /// The name of whom a commit calls `name` at `address`.
    pub fn resolve<'a>(&'a self, name: &'a str, address: &str) -> &'a str {
        let address = address.to_lowercase();
        if let Some(proper) = self.by_both.get(&(address.clone(), name.to_lowercase())) {
            return proper;
        }
        self.by_address.get(&address).map_or(name, String::as_str)
    }
}

/// `Name <address> rest`, taken apart.
fn person(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('<')?;
    let (address, rest) = rest.split_once('>')?;
    Some((name.trim(), address, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_line() {
        let names = NameMap::parse(
            "# people\nAda Example <ada@example.org>\nBob <bob@example.org> <BOB@old.example>\n\
             Cy <cy@example.org> nick <shared@example.org>\n<new@example.org> <old@example.org>\nbroken line\n",
        );
        for (name, address, proper) in [
            ("ada", "Ada@Example.org", "Ada Example"),
            ("b", "bob@OLD.example", "Bob"),
            ("b", "bob@example.org", "b"),
            ("Nick", "shared@example.org", "Cy"),
            ("other", "shared@example.org", "other"),
            ("old", "old@example.org", "old"),
        ] {
            assert_eq!(names.resolve(name, address), proper, "{name} <{address}>");
        }
    }
}
