//! Which known name somebody meant who wrote another.

/// How alike two names have to be, of 1.
const ALIKE: f32 = 0.6;

/// The name that is most like `text`, in any case; `None` where none is like it.
pub fn nearest<'a>(text: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let text = text.to_lowercase();
    let likeness = |name: &str| similar::TextDiff::from_chars(text.as_str(), &name.to_lowercase()).ratio();
    let rated = names.into_iter().map(|name| (name, likeness(name)));
    // Of two that are as like, the first.
    let best = rated.reduce(|best, next| if next.1 > best.1 { next } else { best });
    best.filter(|(_, likeness)| *likeness > ALIKE)
        .map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_found_and_nothing_far_away() {
        let names = ["license", "languages", "last_commit"];
        assert_eq!(nearest("licence", names), Some("license"));
        assert_eq!(nearest("LANGUAGE", names), Some("languages"));
        assert_eq!(nearest("xyz", names), None);
        assert_eq!(nearest("x", []), None);
    }
}
