//! A change as a diff, before it is made.

use similar::TextDiff;

use super::plan::Change;
use crate::render::escape::visible;

/// The change of a file as a unified diff. Control characters are written out.
pub fn diff(change: &Change) -> String {
    let old = change.found.text.as_deref();
    let name = |text: Option<&str>| match text {
        Some(_) => change.path.display().to_string(),
        None => "/dev/null".to_owned(),
    };
    let (from, to) = (name(old), name(change.new.as_deref()));
    let diff = TextDiff::from_lines(old.unwrap_or_default(), change.new.as_deref().unwrap_or_default());
    let text = diff.unified_diff().header(&from, &to).to_string();
    let mut shown = String::new();
    for line in text.split_inclusive('\n') {
        let parts: Vec<_> = line.trim_end_matches('\n').split('\t').map(visible).collect();
        shown.push_str(&parts.join("\t"));
        shown.push('\n');
    }
    shown
}
