//! What somebody meant who mistyped a name.

/// The name nearest to what was typed, if it is near enough to be meant: a beginning of it, or at most a third of its letters
/// wrong. Case and `-`/`_` do not matter.
pub fn nearest<'a>(typed: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let typed = plain(typed);
    let length = typed.chars().count();
    let distance = |name: &str| {
        let name = plain(name);
        match length > 2 && name.starts_with(&typed) {
            true => 0,
            false => edits(&typed, &name),
        }
    };
    let near = names.into_iter().map(|name| (distance(name), name));
    let allowed = (length / 3).max(1);
    near.filter(|(distance, _)| *distance <= allowed && length > 1)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters to insert, delete, replace or swap with their neighbor make one text of the other.
fn edits(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for (line, letter) in one.iter().enumerate() {
        let mut row = vec![line + 1];
        for (column, opposite) in other.iter().enumerate() {
            let replaced = rows[line][column] + usize::from(letter != opposite);
            let mut least = replaced.min(rows[line][column + 1] + 1).min(row[column] + 1);
            let is_swap =
                line > 0 && column > 0 && one[line - 1] == *opposite && other[column - 1] == *letter;
            if is_swap {
                least = least.min(rows[line - 1][column - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognized_and_other_words_are_not() {
        let names = ["log", "report", "record", "revise", "no-links", "inventory"];
        for (typed, expected) in [
            ("lgo", Some("log")),
            ("logs", Some("log")),
            ("reprot", Some("report")),
            ("Record", Some("record")),
            ("inv", Some("inventory")),
            ("no_links", Some("no-links")),
            ("x", None),
            ("", None),
            ("push", None),
            ("commit", None),
        ] {
            assert_eq!(nearest(typed, names), expected, "{typed}");
        }
    }
}
