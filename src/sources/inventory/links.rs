//! Symbolic links at and just below the top of a tree, where projects keep their documents: what they lead to in the same tree.

use std::collections::HashMap;
use std::rc::Rc;

use super::paths::{folder_of, folders};
use crate::facts::ids::ObjectId;
use crate::git::tree::TreeFile;
use crate::git::trees::FileKind;

/// A link may lead to a link; more than this are a circle.
const MOST_STEPS: usize = 8;

/// The links that lead to one of `regular`, with its content. `read` gives the content of a link, which is a path.
pub(super) fn resolve<'a>(
    files: &'a [TreeFile],
    regular: &HashMap<&str, ObjectId>,
    read: impl Fn(&TreeFile) -> Option<Rc<Vec<u8>>>,
) -> HashMap<&'a str, ObjectId> {
    let targets: HashMap<&str, String> = files
        .iter()
        .filter(|file| file.kind == FileKind::Link && folders(&file.path).count() <= 1)
        .filter_map(|link| {
            let target = read(link)?;
            let target = joined(folder_of(&link.path), std::str::from_utf8(&target).ok()?)?;
            Some((link.path.as_str(), target))
        })
        .collect();
    let follow = |link: &str| {
        let mut path = targets.get(link)?;
        for _ in 0..MOST_STEPS {
            match regular.get(path.as_str()) {
                Some(id) => return Some(*id),
                None => path = targets.get(path.as_str())?,
            }
        }
        None
    };
    let links = targets.keys().copied();
    links.filter_map(|link| Some((link, follow(link)?))).collect()
}

/// The path that `target` names in `folder`; nothing where it leads out of the tree.
fn joined(folder: &str, target: &str) -> Option<String> {
    if target.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_files_of_the_tree_alone() {
        let id = |byte| ObjectId::from_bytes(&[byte; 20]).unwrap();
        let links = [
            ("README.md", "docs/kiln.md"),
            ("docs/LICENSE", "../terms"),
            ("again", "./README.md"),
            ("circle", "circle"),
            ("out", "../../etc/passwd"),
            ("root", "/etc/passwd"),
            ("gone", "nothing"),
        ];
        let files: Vec<TreeFile> = links
            .iter()
            .map(|(path, _)| TreeFile {
                path: (*path).to_owned(),
                id: id(0),
                kind: FileKind::Link,
            })
            .collect();
        let regular = HashMap::from([("docs/kiln.md", id(1)), ("terms", id(2))]);
        let read = |link: &TreeFile| {
            let (_, target) = links.iter().find(|(path, _)| *path == link.path)?;
            Some(Rc::new(target.as_bytes().to_vec()))
        };
        let told = resolve(&files, &regular, read);
        let expected = [("README.md", id(1)), ("docs/LICENSE", id(2)), ("again", id(1))];
        assert_eq!(told, HashMap::from(expected));
    }
}
