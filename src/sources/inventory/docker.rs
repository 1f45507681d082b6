//! Dockerfiles: base images that float, and containers that run as root.

use crate::facts::inventory::Dockerfile;

/// Whether a file of this name is a Dockerfile.
pub(super) fn is_dockerfile(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower == "dockerfile"
        || lower == "containerfile"
        || lower.ends_with(".dockerfile")
        || lower.starts_with("dockerfile.") && !lower.ends_with(".md") && !lower.ends_with(".dockerignore")
}

/// Reads a Dockerfile.
pub(super) fn read(path: &str, text: &str) -> Dockerfile {
    let mut stages: Vec<String> = Vec::new();
    let mut floating_images = Vec::new();
    let mut root = true;
    for line in instructions(text) {
        let mut words = line.split_whitespace();
        match words.next().map(str::to_ascii_uppercase).as_deref() {
            Some("FROM") => {
                let words: Vec<&str> = words.filter(|word| !word.starts_with("--")).collect();
                let image = words.first().copied().unwrap_or_default();
                if floats(image) && !stages.iter().any(|stage| stage == image) {
                    floating_images.push(image.to_owned());
                }
                root = !image.contains("nonroot");
                stages.extend(words.get(2).map(|name| (*name).to_owned()));
            }
            Some("USER") => {
                let user = words
                    .next()
                    .unwrap_or_default()
                    .split(':')
                    .next()
                    .unwrap_or_default();
                root = matches!(user, "root" | "0" | "");
            }
            _ => {}
        }
    }
    Dockerfile {
        path: path.to_owned(),
        floating_images,
        runs_as_root: root,
    }
}

/// Lines with those that a backslash continues, comments left out.
fn instructions(text: &str) -> Vec<String> {
    let mut whole = Vec::new();
    let mut open = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        open.push_str(line.trim_end_matches('\\'));
        open.push(' ');
        if !line.ends_with('\\') {
            whole.push(std::mem::take(&mut open));
        }
    }
    whole.push(open);
    whole
}

/// Whether an image can be another one tomorrow. What a variable names is not known.
fn floats(image: &str) -> bool {
    if image.contains('$') || image.contains('@') || image == "scratch" || image.is_empty() {
        return false;
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.split_once(':') {
        Some((_, tag)) => tag == "latest",
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floating_images_and_root() {
        let read = |text| {
            let file = read("Dockerfile", text);
            (file.floating_images, file.runs_as_root)
        };
        assert_eq!(
            read("FROM rust:1.89 AS build\nRUN a \\\n  FROM\nFROM build\nUSER app:app\n"),
            (vec![], false)
        );
        assert_eq!(
            read("# FROM no\nFROM --platform=x host:5000/a/base\nUSER app\nUSER root\n"),
            (vec!["host:5000/a/base".to_owned()], true)
        );
        assert_eq!(
            read("FROM debian:latest"),
            (vec!["debian:latest".to_owned()], true)
        );
        assert_eq!(read("ARG V\nFROM debian:$V\nUSER 1000"), (vec![], false));
    }
}
