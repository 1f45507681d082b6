//! The refs that are files below `refs/`.
//!
//! libgit2 ignores empty ones, as left by a power failure, and uses their old value in `packed-refs` instead: either way, a
//! history would be cut short silently. Git fails on them.

use std::path::{Path, PathBuf};

use super::files;
use super::folder::{self, Kind};

/// The maximum size of a ref's file: the name of another ref.
const LARGEST: u64 = 64 << 10;
/// Deeper than any real ref.
const DEEPEST: usize = 64;

/// The full names of refs whose file is empty, invalid or unreadable, sorted: those below `refs/heads/`, or all below `refs/`.
/// Object names have `digits` hex digits.
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

/// Visits everything below the directory `top` of `git_dir`, with its name from there. Links to directories are not followed.
pub(super) fn visit(git_dir: &Path, top: &str, mut visit: impl FnMut(&str, &Path, Kind)) {
    let mut open: Vec<(PathBuf, String, usize)> = vec![(git_dir.join(top), top.to_owned(), 0)];
    while let Some((folder, above, depth)) = open.pop() {
        // The directory was removed, or cannot be listed: libgit2 reports that elsewhere.
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

/// Whether a file names an object or another ref, as git reads it. A file removed in the meantime is fine.
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
