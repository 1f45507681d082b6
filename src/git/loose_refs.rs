//! The references that are files below `refs/`.
//!
//! libgit2 passes over those that say nothing, as a loss of power leaves them, and takes what `packed-refs` said before in
//! their place: either way a history would be short without a word. Git fails on them.

use std::path::{Path, PathBuf};

use super::files;
use super::folder::{self, Kind};

/// The largest file of a reference: the name of another one.
const LARGEST: u64 = 64 << 10;
/// Deeper folders than any reference has.
const DEEPEST: usize = 64;

/// The full names of references whose file is empty, rubbish or unreadable, sorted: those below `refs/heads/`, or below all
/// of `refs/`. The name of an object has `digits` hex digits.
pub(super) fn broken(common_dir: &Path, all: bool, digits: usize) -> Vec<String> {
    let mut broken = Vec::new();
    let top = if all { "refs" } else { "refs/heads" };
    visit(common_dir, top, |name, path, kind| {
        if kind != Kind::Folder && git2::Reference::is_valid_name(name) && !says_something(path, digits) {
            broken.push(name.to_owned());
        }
    });
    broken.sort();
    broken
}

/// Visits what lies below the folder `top` of `git_dir`, with its name from there. Links to folders are not followed.
pub(super) fn visit(git_dir: &Path, top: &str, mut visit: impl FnMut(&str, &Path, Kind)) {
    let mut open: Vec<(PathBuf, String, usize)> = vec![(git_dir.join(top), top.to_owned(), 0)];
    while let Some((folder, above, depth)) = open.pop() {
        // A folder that went, or may not be listed: what libgit2 makes of it is told elsewhere.
        for entry in folder::present(&folder) {
            let Ok(kind) = entry.kind() else { continue };
            let name = format!("{above}/{}", entry.name().to_string_lossy());
            let path = entry.path();
            visit(&name, path, kind);
            if kind == Kind::Folder && depth < DEEPEST {
                open.push((path.to_owned(), name, depth + 1));
            }
        }
    }
}

/// Whether a file names an object or another reference, as git reads it. One that has gone meanwhile is no trouble.
fn says_something(path: &Path, digits: usize) -> bool {
    let Ok(content) = files::read(path, LARGEST) else {
        return false;
    };
    content.is_none_or(|content| is_reference(&content, digits))
}

fn is_reference(content: &[u8], digits: usize) -> bool {
    if let Some(target) = content.strip_prefix(b"ref:") {
        return !target.trim_ascii().is_empty();
    }
    let found = content.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    found == digits && content.get(digits).is_none_or(u8::is_ascii_whitespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_reference_may_say() {
        let id = "0123456789abcdefABCD0123456789abcdef0123";
        for good in [
            id,
            &format!("{id}\n"),
            &format!("{id} \r\n"),
            "ref: refs/heads/main\n",
            "ref:HEAD",
        ] {
            assert!(is_reference(good.as_bytes(), 40), "{good:?}");
        }
        for bad in [
            "",
            "\n",
            "\0\0\0\0",
            "rubbish",
            &id[1..],
            &format!("{id}x"),
            "ref:",
            "ref: \n",
            " ref: a",
            &format!("{id}0123456789abcdef01234567"),
        ] {
            assert!(!is_reference(bad.as_bytes(), 40), "{bad:?}");
        }
    }
}
