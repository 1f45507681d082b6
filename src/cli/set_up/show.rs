//! A change as a diff or in one line, before it is made.
//!
//! Settings can contain private data, and a diff ends up in terminals and logs: of a long line, only the changed part is shown.

use std::path::Path;

use similar::{ChangeTag, TextDiff};

use super::plan::Change;
use crate::facts::quantity::counted;
use crate::render::escape::visible;

/// The maximum length of a line that is shown in full, in characters.
const LONGEST: usize = 80;

/// The change of a file in one line.
pub fn line(change: &Change, home: Option<&Path>) -> String {
    let what = match (&change.found.text, &change.new) {
        (None, _) => "new file",
        (_, None) => "removed file",
        _ => "changed file",
    };
    let below = home.and_then(|home| change.path.strip_prefix(home).ok());
    let name = match below {
        Some(below) => format!("~/{}", below.display()),
        None => change.path.display().to_string(),
    };
    let lines = change.new.as_deref().filter(|_| change.whole);
    let lines = lines.map(|text| format!(", {}", counted(text.lines().count() as u64, "line", "lines")));
    let text = format!("{what} {name}{}{}", behind(change), lines.unwrap_or_default());
    visible(&text).into_owned()
}

/// Where a file really is, if its path has links.
fn behind(change: &Change) -> String {
    // A person's home directory may itself be reached through a system link; only links below it are of interest.
    let own = change.path.parent().and_then(|folder| folder.canonicalize().ok());
    let named = own
        .zip(change.path.file_name())
        .map(|(folder, name)| folder.join(name));
    let leads_elsewhere = change.path != change.found.target
        && (named.as_deref() != Some(&change.found.target) || has_link(&change.path));
    match leads_elsewhere {
        true => format!(" -> {}", change.found.target.display()),
        false => String::new(),
    }
}

/// Whether a file or up to two directories around it are links.
fn has_link(path: &Path) -> bool {
    path.ancestors().take(4).any(Path::is_symlink)
}

/// The change of a file as a unified diff. Control characters are escaped.
pub fn diff(change: &Change) -> String {
    let old = change.found.text.as_deref();
    let name = |text: Option<&str>| match text {
        Some(_) => format!("{}{}", change.path.display(), behind(change)),
        None => "/dev/null".to_owned(),
    };
    let (from, to) = (name(old), name(change.new.as_deref()));
    let diff = TextDiff::from_lines(old.unwrap_or_default(), change.new.as_deref().unwrap_or_default());
    let mut shown = format!("--- {}\n+++ {}\n", visible(&from), visible(&to));
    let mut unified = diff.unified_diff();
    for hunk in unified.context_radius(3).iter_hunks() {
        shown.push_str(&format!("{}\n", hunk.header()));
        let changes: Vec<_> = hunk.iter_changes().collect();
        for (at, one) in changes.iter().enumerate() {
            let partner = match one.tag() {
                ChangeTag::Equal => None,
                ChangeTag::Delete => changes.get(at + 1).filter(|next| next.tag() == ChangeTag::Insert),
                ChangeTag::Insert => at
                    .checked_sub(1)
                    .map(|before| &changes[before])
                    .filter(|before| before.tag() == ChangeTag::Delete),
            };
            let is_ours = one.tag() == ChangeTag::Insert && partner.is_none();
            let text = without_newline(one.value());
            let cut = match is_ours
                || text.chars().count() <= LONGEST && partner.is_none_or(|other| is_short(other.value()))
            {
                true => text.to_owned(),
                false => cut(text, partner.map(|other| without_newline(other.value()))),
            };
            let parts: Vec<_> = cut.split('\t').map(visible).collect();
            shown.push_str(&format!("{}{}\n", one.tag(), parts.join("\t")));
            if one.missing_newline() {
                shown.push_str("\\ No newline at end of file\n");
            }
        }
    }
    shown
}

fn is_short(line: &str) -> bool {
    without_newline(line).chars().count() <= LONGEST
}

fn without_newline(line: &str) -> &str {
    line.strip_suffix('\n').unwrap_or(line)
}

/// A long line without the part it shares with its counterpart, except for some characters around the change. Of an unchanged
/// line, only the name is shown.
fn cut(line: &str, other: Option<&str>) -> String {
    let Some(other) = other else {
        let blanks = line.len() - line.trim_start().len();
        let name = line
            .find(':')
            .filter(|colon| *colon <= LONGEST)
            .map_or(blanks, |colon| colon + 1);
        return format!("{} \u{2026}", &line[..name]);
    };
    let start = common(line.chars(), other.chars()).min(line.len());
    let end = common(line[start..].chars().rev(), other[start..].chars().rev());
    let is_sign = |c: char| c.is_whitespace() || "{}[],:\"".contains(c);
    let before = &line[..start];
    let before = &before[before.trim_end_matches(is_sign).len()..];
    let after = &line[line.len() - end..];
    let after = &after[..after.len() - after.trim_start_matches(is_sign).len()];
    let mark = |is_cut: bool| if is_cut { "\u{2026}" } else { "" };
    format!(
        "{}{before}{}{after}{}",
        mark(before.len() < start),
        &line[start..line.len() - end],
        mark(after.len() < end)
    )
}

/// How many bytes two texts share at the start.
fn common(one: impl Iterator<Item = char>, other: impl Iterator<Item = char>) -> usize {
    let same = one.zip(other).take_while(|(one, other)| one == other);
    same.map(|(c, _)| c.len_utf8()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_line_only_the_change_is_shown() {
        let secret = "s3cret".repeat(20);
        let old = format!("{{\"env\": {{\"KEY\": \"{secret}\"}}, \"z\": \"{secret}\"}}");
        let new = format!("{{\"env\": {{\"KEY\": \"{secret}\"}}, \"hooks\": {{}}, \"z\": \"{secret}\"}}");
        assert_eq!(cut(&new, Some(&old)), "\u{2026}\"}, \"hooks\": {}, \"\u{2026}");
        assert_eq!(cut(&old, Some(&new)), "\u{2026}\"}, \"\u{2026}");
        assert_eq!(
            cut(&format!("  \"KEY\": \"{secret}\","), None),
            "  \"KEY\": \u{2026}"
        );
        assert_eq!(cut(&format!("  {secret}"), None), "   \u{2026}");
        assert_eq!(cut("\u{e9}a", Some("\u{e9}b")), "\u{2026}a");
    }
}
