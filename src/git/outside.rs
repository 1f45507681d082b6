//! What reading a repository depends on outside of it: the configuration of the user and the machine, and the files that it names.

use std::path::{Path, PathBuf};

use git2::Config;
use sha2::{Digest, Sha256};

use super::config_text;
use super::files;
use super::stamp;

/// The maximum size of a file that is examined: larger ones are not read for a repository either.
const LARGEST: u64 = 4 << 20;
/// Names in a repository's own configuration after which reading depends on files that its stamp does not include.
const LEADS_OUTSIDE: [&str; 4] = ["include", "mailmap", "attributesfile", "worktree"];

/// A number for all of it, with the home directory and the directories where git also looks for its files. `None` if it cannot
/// be told: then nothing that was read may be taken for what would be read now.
pub fn fingerprint(home: Option<&Path>, others: &[PathBuf]) -> Option<u64> {
    let mut sum = Sha256::new();
    let mut add = |bytes: &[u8]| {
        sum.update((bytes.len() as u64).to_le_bytes());
        sum.update(bytes);
    };
    let config = Config::open_default().ok()?;
    let mut named = Vec::new();
    config
        .entries(None)
        .ok()?
        .for_each(|entry| {
            let name = String::from_utf8_lossy(entry.name_bytes()).to_ascii_lowercase();
            let value = if entry.has_value() {
                entry.value_bytes()
            } else {
                b"true"
            };
            add(name.as_bytes());
            add(value);
            let is_file = name == "mailmap.file" || name == "core.attributesfile";
            let is_include = name.starts_with("includeif.") && name.ends_with(".path");
            if is_file || is_include {
                named.push((is_include, String::from_utf8_lossy(value).into_owned()));
            }
        })
        .ok()?;
    for (is_include, path) in named {
        let folders: Vec<&Path> = match (path.strip_prefix("~/"), Path::new(&path).is_absolute()) {
            (Some(_), _) => vec![home?],
            (_, true) => vec![Path::new("/")],
            // It begins at the file that names it, wherever that is; a mailmap where the repository is.
            _ if is_include => home
                .into_iter()
                .chain(others.iter().map(PathBuf::as_path))
                .collect(),
            _ => return None,
        };
        for folder in folders {
            let file = folder.join(path.strip_prefix("~/").unwrap_or(&path));
            let text = files::read(&file, LARGEST).ok()?.unwrap_or_default();
            let names_more = is_include && !config_text::paths(&String::from_utf8_lossy(&text)).is_empty();
            if names_more || is_include && has_word(&text, "mailmap") {
                return None;
            }
            add(&text);
        }
    }
    for folder in others {
        add(&files::read(&folder.join("attributes"), LARGEST)
            .ok()?
            .unwrap_or_default());
    }
    add(&files::read(Path::new("/etc/gitattributes"), LARGEST)
        .ok()?
        .unwrap_or_default());
    let sum = sum.finalize();
    sum.first_chunk().map(|first| u64::from_le_bytes(*first))
}

/// Whether reading the repository at `path` depends only on what its stamp includes and on [`fingerprint`], as far as its own
/// configuration says.
pub fn is_self_contained(path: &Path) -> bool {
    let Some(git_dir) = stamp::git_dir(path) else {
        return false;
    };
    let Some(common_dir) = stamp::common_dir(&git_dir) else {
        return false;
    };
    [common_dir.join("config"), git_dir.join("config.worktree")]
        .iter()
        .all(|file| {
            let text = files::read(file, LARGEST);
            text.is_ok_and(|text| {
                let text = text.unwrap_or_default();
                LEADS_OUTSIDE.iter().all(|word| !has_word(&text, word))
            })
        })
}

/// Whether a text has a word in any case.
fn has_word(text: &[u8], word: &str) -> bool {
    let text = text.to_ascii_lowercase();
    memchr::memmem::find(&text, word.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_that_leads_outside_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        git2::Repository::init(folder.path()).unwrap();
        assert!(is_self_contained(folder.path()));
        let config = folder.path().join(".git/config");
        let plain = std::fs::read_to_string(&config).unwrap();
        for more in [
            "[Include]\n\tpath = /x\n",
            "[includeIf \"gitdir:/w/\"]\n\tpath = x\n",
            "[mailmap]\n\tfile = /x\n",
            "[core]\n\tattributesFile = /x\n",
            "[core]\n\tworktree = ..\n",
        ] {
            std::fs::write(&config, format!("{plain}{more}")).unwrap();
            assert!(!is_self_contained(folder.path()), "{more}");
        }
    }

    #[test]
    fn files_beside_the_configuration_are_part_of_the_number() {
        let folder = tempfile::tempdir().unwrap();
        let others = [folder.path().to_owned()];
        let before = fingerprint(Some(folder.path()), &others);
        assert_eq!(fingerprint(Some(folder.path()), &others), before);
        std::fs::write(folder.path().join("attributes"), "*.lock -diff\n").unwrap();
        assert!(before.is_none() || fingerprint(Some(folder.path()), &others) != before);
    }
}
