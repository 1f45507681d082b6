//! Who is one person under several names and addresses, and who is none.

use std::collections::HashMap;

use crate::facts::automations::is_automation;
use crate::facts::commit::Person;

/// Words that name an automation wherever they occur in a name, or before the `@` of an address.
const WORDS: &[&str] = &[
    "autobot",
    "automation",
    "autoroll",
    "autoroller",
    "bot",
    "buildbot",
    "dependabot",
    "renovate",
    "robot",
];
/// Names of automations that are also names, or parts of names, of people.
const WHOLE: &[&str] = &[
    "action",
    "actions user",
    "bors",
    "buildkite",
    "ci",
    "copybara service",
    "github actions",
    "gitlab ci",
    "homu",
    "jenkins",
    "travis",
    "travis ci",
    "weblate",
];
/// Family names that end like the names of robots.
const FAMILIES: &[&str] = &["abbot", "cabot", "talbot", "turbot"];

/// Whether commits of this author were made without a person. More are taken for robots than by [`is_automation`]: here it costs a
/// few commits of a sample, there it would be a statement about a commit.
pub fn is_robot(author: &Person) -> bool {
    let address = author.email.split('@').next().unwrap_or_default();
    is_automation(author) || has_name_of_robot(&author.name) || has_name_of_robot(address)
}

fn has_name_of_robot(name: &str) -> bool {
    let words = words(name);
    let is_login =
        |word: &String| word.ends_with("bot") && !FAMILIES.iter().any(|family| word.ends_with(family));
    let is_ci = name.ends_with(" CI") || name.ends_with("-ci") || name.ends_with("-CI");
    is_ci
        || words.iter().any(|word| WORDS.contains(&word.as_str()))
        || WHOLE.contains(&words.join(" ").as_str())
        || matches!(words.as_slice(), [only] if is_login(only))
}

/// The words of a name, in lower case.
fn words(name: &str) -> Vec<String> {
    let words = name.split(|letter: char| !letter.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// The authors of commits, joined if they have a name or an address in common.
pub struct People<'a> {
    /// By address and name as written.
    numbers: HashMap<&'a Person, usize>,
}

impl<'a> People<'a> {
    /// The people among these authors.
    pub fn of(authors: impl Iterator<Item = &'a Person>) -> Self {
        let mut numbers: HashMap<&Person, usize> = HashMap::new();
        let mut parents: Vec<usize> = Vec::new();
        let mut known: HashMap<Key, usize> = HashMap::new();
        for author in authors {
            let next = parents.len();
            if *numbers.entry(author).or_insert(next) != next {
                continue;
            }
            parents.push(next);
            for key in keys(author) {
                let other = *known.entry(key).or_insert(next);
                let (one, other) = (root(&parents, next), root(&parents, other));
                let (low, high) = (one.min(other), one.max(other));
                parents[high] = low;
            }
        }
        for number in numbers.values_mut() {
            *number = root(&parents, *number);
        }
        Self { numbers }
    }

    /// The number of the person that an author is.
    pub fn number(&self, author: &Person) -> Option<usize> {
        self.numbers.get(author).copied()
    }
}

fn root(parents: &[usize], mut at: usize) -> usize {
    while parents[at] != at {
        at = parents[at];
    }
    at
}

/// What two authors may have in common.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Name(Vec<String>),
    Address(String),
}

fn keys(author: &Person) -> impl Iterator<Item = Key> {
    let mut name = words(&author.name);
    name.sort_unstable();
    let address = address(&author.email);
    let name = (!name.is_empty()).then_some(Key::Name(name));
    let address = (!address.is_empty()).then_some(Key::Address(address));
    name.into_iter().chain(address)
}

/// An address to compare. GitHub put no number before the login of early commits.
fn address(email: &str) -> String {
    let email = email.trim().to_lowercase();
    let login = email.strip_suffix("@users.noreply.github.com");
    match login.and_then(|login| login.split_once('+')) {
        Some((_, login)) => format!("{login}@users.noreply.github.com"),
        None => email,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, email: &str) -> Person {
        Person {
            name: name.to_owned(),
            email: email.to_owned(),
        }
    }

    #[test]
    fn names_and_addresses_join_people_through_each_other() {
        let authors = [
            person("Ada Example", "ada@work.example"),
            person("ada", "ada@home.example"),
            person("Grace Example", "grace@example.org"),
            person("Example, Ada", "ADA@home.example"),
            person("g", "7+grace@users.noreply.github.com"),
            person("grace  example", "grace@users.noreply.github.com"),
        ];
        let people = People::of(authors.iter());
        let numbers: Vec<usize> = authors.iter().filter_map(|one| people.number(one)).collect();
        assert_eq!(numbers, [0, 0, 2, 0, 2, 2]);
    }

    #[test]
    fn robots_are_told_from_people_with_similar_names() {
        for (name, email) in [
            ("Release Bot", "release@example.org"),
            ("rustbot", "x@example.org"),
            ("GitHub Actions", "action@github.com"),
            ("k8s-ci-robot", "k8s@example.org"),
            ("Example CI", "builds@example.org"),
            ("deploy", "deploy-bot@example.org"),
            ("some-app[bot]", "1+some-app[bot]@users.noreply.github.com"),
        ] {
            assert!(is_robot(&person(name, email)), "{name} <{email}>");
        }
        for (name, email) in [
            ("Thierry Talbot", "ttalbot@example.org"),
            ("talbot", "talbot@example.org"),
            ("Ci Zhang", "czhang@example.org"),
            ("Travis Example", "travis.example@example.org"),
            ("Robotham", "r@example.org"),
        ] {
            assert!(!is_robot(&person(name, email)), "{name} <{email}>");
        }
    }
}
