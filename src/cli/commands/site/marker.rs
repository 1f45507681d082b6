//! The marker of a site: the file that lists what this program wrote to a directory.
//!
//! Only listed files are replaced or removed, so a marker that somebody else wrote must not lead out of the directory: every path
//! is checked as it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::git::files;

/// The name of the marker.
pub(super) const NAME: &str = ".leverage-site";
/// The first line of the marker.
const SCHEMA: &str = "git-leverage.site/1";
/// The maximum size of a marker, in bytes: some 400,000 files.
const LARGEST: u64 = 64 << 20;
/// The maximum length of a path, in bytes.
const LONGEST_PATH: usize = 200;
/// The maximum number of names in a path.
const DEEPEST: usize = 4;

/// The SHA-256 of the content of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sum([u8; 32]);

impl Sum {
    /// That of a file that is not written yet.
    const PENDING: Self = Self([0; 32]);

    /// That of these bytes.
    pub(super) fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    fn parse(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return None;
        }
        let mut sum = [0; 32];
        for (byte, pair) in sum.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |at: usize| char::from(pair[at]).to_digit(16);
            *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
        }
        Some(Self(sum))
    }

    fn hex(self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// The files of a site by their paths, with `/` between names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Marker(BTreeMap<String, Sum>);

impl FromIterator<(String, Sum)> for Marker {
    fn from_iter<T: IntoIterator<Item = (String, Sum)>>(files: T) -> Self {
        Self(files.into_iter().collect())
    }
}

impl Marker {
    /// The marker in a directory; `None` without one.
    ///
    /// # Errors
    /// If it is not a marker that this program can have written.
    pub(super) fn read(folder: &Path) -> io::Result<Option<Self>> {
        let path = folder.join(NAME);
        match path.symlink_metadata() {
            Ok(data) if data.is_file() => {}
            Ok(_) => return Err(invalid("it is not a regular file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
        let text = files::read(&path, LARGEST).map_err(|error| invalid(&error.to_string()))?;
        let text = text.unwrap_or_default();
        let text = std::str::from_utf8(&text).map_err(|_| invalid("it is not text"))?;
        Self::decode(text).map(Some)
    }

    fn decode(text: &str) -> io::Result<Self> {
        let mut lines = text.lines();
        match lines.next() {
            Some(SCHEMA) => {}
            Some(other) if other.starts_with("git-leverage.site/") => {
                return Err(invalid("a newer version of git-leverage wrote it"));
            }
            _ => return Err(invalid("it does not begin with its version")),
        }
        let file = |line: &str| {
            let (sum, path) = line.split_once("  ").filter(|(_, path)| is_safe(path))?;
            Some((path.to_owned(), Sum::parse(sum)?))
        };
        let mut files = BTreeMap::new();
        for (at, line) in lines.enumerate() {
            let (path, sum) =
                file(line).ok_or_else(|| invalid(&format!("line {} is not a file of a site", at + 2)))?;
            files.insert(path, sum);
        }
        Ok(Self(files))
    }

    /// The content of the marker.
    pub(super) fn encode(&self) -> String {
        let mut text = format!("{SCHEMA}\n");
        for (path, sum) in &self.0 {
            text += &format!("{}  {path}\n", sum.hex());
        }
        text
    }

    /// Whether it lists a file.
    pub(super) fn lists(&self, path: &str) -> bool {
        self.0.contains_key(path)
    }

    /// The files.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The same files, and those that will be written.
    #[must_use]
    pub(super) fn and_pending(&self, paths: &[String]) -> Self {
        let mut files = self.0.clone();
        for path in paths {
            files.entry(path.clone()).or_insert(Sum::PENDING);
        }
        Self(files)
    }

    /// The files that another marker does not list.
    pub(super) fn without(&self, other: &Self) -> Vec<&str> {
        self.paths().filter(|path| !other.lists(path)).collect()
    }

    /// The directories of the files, the deepest first.
    pub(super) fn folders(&self) -> BTreeSet<std::cmp::Reverse<&str>> {
        let mut folders = BTreeSet::new();
        for path in self.paths() {
            let mut rest = path;
            while let Some((folder, _)) = rest.rsplit_once('/') {
                folders.insert(std::cmp::Reverse(folder));
                rest = folder;
            }
        }
        folders
    }
}

/// Whether a path can be one of a site: a few plain names, none of them hidden, so that it never leads out of the directory.
pub(super) fn is_safe(path: &str) -> bool {
    let is_name = |name: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        !name.is_empty() && !name.starts_with('.') && name.bytes().all(allowed)
    };
    path.len() <= LONGEST_PATH && path.split('/').count() <= DEEPEST && path.split('/').all(is_name)
}

fn invalid(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marker(files: &[(&str, &str)]) -> Marker {
        let files = files.iter();
        files
            .map(|(path, bytes)| ((*path).to_owned(), Sum::of(bytes.as_bytes())))
            .collect()
    }

    #[test]
    fn a_marker_is_read_as_it_was_written() {
        let written = marker(&[("index.html", "a"), ("days/2026-04-04.html", "b")]);
        let text = written.encode();
        assert_eq!(Marker::decode(&text).unwrap(), written);
        // As `sha256sum` prints it.
        let a = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  index.html\n";
        assert!(text.ends_with(a), "{text}");
        let pending = written.and_pending(&["index.html".into(), "method.html".into()]);
        assert_eq!(pending.without(&written), ["method.html"]);
        assert_eq!(Marker::decode(&pending.encode()).unwrap(), pending);
    }

    #[test]
    fn a_path_that_leads_elsewhere_makes_a_marker_invalid() {
        let sum = "0".repeat(64);
        let with = |line: &str| Marker::decode(&format!("{SCHEMA}\n{line}\n"));
        assert!(with(&format!("{sum}  days/a.html")).is_ok());
        let long = "a/".repeat(9) + "a";
        let names = [
            "../a",
            "/etc/passwd",
            "a/../../b",
            ".git/config",
            "days/.x",
            "a//b",
            "a/",
            "",
            ".",
            "C:a",
            "a\\b",
            "a b",
            &long,
        ];
        for path in names {
            assert!(with(&format!("{sum}  {path}")).is_err(), "{path}");
        }
        for line in [
            "",
            "a",
            "x  a.html",
            &format!("{}  a.html", "g".repeat(64)),
            &format!("{sum} a.html"),
        ] {
            assert!(with(line).is_err(), "{line}");
        }
        for text in ["", "git-leverage.site/2\n", "something\n"] {
            assert!(Marker::decode(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_deepest_directory_comes_first() {
        let marker = marker(&[("a/b/c.html", ""), ("a/d.html", ""), ("e.html", "")]);
        let folders: Vec<&str> = marker.folders().into_iter().map(|folder| folder.0).collect();
        assert_eq!(folders, ["a/b", "a"]);
    }
}
