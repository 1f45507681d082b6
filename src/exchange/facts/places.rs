//! No path of the machine is written: where a text has that of the repository, it gets the key.

/// A text with the key of a repository in the place of its path. The end of a longer path is another path, and so is one that goes on
/// with more than a slash.
pub fn without_place(text: &str, place: &str, key: &str) -> String {
    let place = place.trim_end_matches('/');
    if place.is_empty() {
        return text.to_owned();
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(place) {
        clean.push_str(before);
        let is_whole = !clean.ends_with(is_of_path) && !goes_on(after);
        clean.push_str(if is_whole { key } else { place });
        rest = after;
    }
    clean.push_str(rest);
    clean
}

fn is_of_path(c: char) -> bool {
    c.is_alphanumeric() || "/._-".contains(c)
}

/// Whether the last part of a path goes on. A period goes on only before more: it also ends sentences.
fn goes_on(after: &str) -> bool {
    let after = after.trim_start_matches('.');
    after.starts_with(|c: char| c.is_alphanumeric() || "_-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_paths_are_replaced() {
        let clean = |text: &str| without_place(text, "/src", "team/kiln");
        assert_eq!(clean("cannot open `/src/a`"), "cannot open `team/kiln/a`");
        assert_eq!(clean("/src: /src is locked."), "team/kiln: team/kiln is locked.");
        assert_eq!(clean("nothing is in /src."), "nothing is in team/kiln.");
        for other in ["web/src/a", "/srcs/a", "/src.git", "/src-2", "../src"] {
            assert_eq!(clean(other), other);
        }
        assert_eq!(without_place("a", "", "key"), "a");
        assert_eq!(without_place("/w/a/b", "/w/a/", "key"), "key/b");
    }
}
