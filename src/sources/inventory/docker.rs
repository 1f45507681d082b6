//! Dockerfiles: base images that float, and containers that run as root.

use std::collections::HashMap;

use crate::facts::inventory::Dockerfile;

/// Endings of files that are about Dockerfiles, or make them.
const OTHER_FILES: &[&str] = &[
    "go",
    "rs",
    "py",
    "js",
    "mjs",
    "cjs",
    "ts",
    "jsx",
    "tsx",
    "java",
    "kt",
    "c",
    "h",
    "cc",
    "cpp",
    "cs",
    "rb",
    "php",
    "swift",
    "sh",
    "ps1",
    "lua",
    "pl",
    "yml",
    "yaml",
    "json",
    "toml",
    "xml",
    "md",
    "rst",
    "adoc",
    "txt",
    "html",
    "tmpl",
    "tpl",
    "template",
    "j2",
    "jinja",
    "jinja2",
    "erb",
    "mustache",
    "in",
    "lock",
    "snap",
    "log",
    "dockerignore",
    "vim",
    "png",
    "svg",
];
/// Instructions that may take a text in the lines below.
const WITH_TEXT: &[&str] = &["RUN", "COPY", "ADD"];

/// Whether a file of this name is a Dockerfile.
pub(super) fn is_dockerfile(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let ending = lower.rsplit_once('.').map_or("", |(_, ending)| ending);
    ending == "dockerfile"
        || ["dockerfile", "containerfile"].iter().any(|start| {
            lower
                .strip_prefix(start)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
        }) && !OTHER_FILES.contains(&ending)
}

/// Variables with their values; `None` where only the builder knows it.
type Variables = HashMap<String, Option<String>>;

/// What is known so far.
#[derive(Default)]
struct State {
    /// Whether each stage that is over runs as root, by its name in lower case.
    stages: HashMap<String, bool>,
    /// The name of the stage that is not over.
    stage: String,
    /// `ARG`s above the first stage, which image names may use.
    global: Variables,
    /// `ARG`s and `ENV`s of the stage.
    local: Variables,
    in_stage: bool,
    floating_images: Vec<String>,
    root: bool,
}

/// Reads a Dockerfile. Without a stage it is none.
pub(super) fn read(path: &str, text: &str) -> Option<Dockerfile> {
    let mut state = State::default();
    for line in instructions(text) {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((&line, ""));
        match word.to_ascii_uppercase().as_str() {
            "FROM" => state.begin(rest),
            "USER" => state.root = is_root(&expand(rest.trim(), &state.local)),
            "ARG" => state.declare(rest),
            "ENV" => state.set(rest),
            _ => {}
        }
    }
    state.in_stage.then(|| Dockerfile {
        path: path.to_owned(),
        floating_images: state.floating_images,
        runs_as_root: state.root,
    })
}

impl State {
    /// `FROM [--platform=…] IMAGE [AS NAME]`: an earlier stage hands on its user.
    fn begin(&mut self, rest: &str) {
        self.stages.insert(std::mem::take(&mut self.stage), self.root);
        let words: Vec<&str> = rest
            .split_whitespace()
            .filter(|word| !word.starts_with("--"))
            .collect();
        let image = expand(words.first().copied().unwrap_or_default(), &self.global);
        let stage = self.stages.get(&image.to_ascii_lowercase());
        self.root = match stage.filter(|_| !image.is_empty()) {
            Some(root) => *root,
            None => {
                let root = !image.contains("nonroot");
                if floats(&image) {
                    self.floating_images.push(image);
                }
                root
            }
        };
        self.in_stage = true;
        self.local.clear();
        if let [_, word, name, ..] = words.as_slice()
            && word.eq_ignore_ascii_case("as")
        {
            self.stage = name.to_ascii_lowercase();
        }
    }

    /// `ARG NAME[=DEFAULT] …`. Within a stage a bare name takes the value from above.
    fn declare(&mut self, rest: &str) {
        for word in rest.split_whitespace() {
            let (name, value) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (word, None),
            };
            let value = match (value, self.in_stage) {
                (Some(value), true) => Some(expand(value, &self.local)),
                (Some(value), false) => Some(expand(value, &self.global)),
                (None, _) => self.global.get(name).cloned().flatten(),
            };
            let variables = if self.in_stage {
                &mut self.local
            } else {
                &mut self.global
            };
            variables.insert(name.to_owned(), value);
        }
    }

    /// `ENV NAME=VALUE …` or `ENV NAME VALUE`.
    fn set(&mut self, rest: &str) {
        let mut words = rest.split_whitespace();
        let pairs: Vec<(&str, &str)> = match (rest.contains('='), words.next()) {
            (false, Some(name)) => vec![(name, words.next().unwrap_or_default())],
            _ => rest
                .split_whitespace()
                .filter_map(|word| word.split_once('='))
                .collect(),
        };
        for (name, value) in pairs {
            let value = expand(value, &self.local);
            self.local.insert(name.to_owned(), Some(value));
        }
    }
}

/// A word without its quotes and with the values of known variables. Unknown ones stay as written.
fn expand(word: &str, variables: &Variables) -> String {
    let mut rest = word.trim_matches(['"', '\'']);
    let mut expanded = String::new();
    while let Some((before, after)) = rest.split_once('$') {
        expanded.push_str(before);
        let (name, default, left) = variable(after);
        let known = variables.get(name).cloned().flatten();
        match known
            .filter(|value| !value.is_empty())
            .or_else(|| default.map(str::to_owned))
        {
            Some(value) => expanded.push_str(&value),
            None => {
                expanded.push('$');
                expanded.push_str(&after[..after.len() - left.len()]);
            }
        }
        rest = left;
    }
    expanded.push_str(rest);
    expanded
}

/// What follows a `$`: the name, what stands for it when it has no value, and what comes after.
fn variable(text: &str) -> (&str, Option<&str>, &str) {
    if let Some((inside, left)) = text.strip_prefix('{').and_then(|text| text.split_once('}')) {
        let (name, default) = match inside.find([':', '-', '+']) {
            Some(at) => (
                &inside[..at],
                inside[at..].trim_start_matches(':').strip_prefix('-'),
            ),
            None => (inside, None),
        };
        return (name, default, left);
    }
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let (name, left) = text.split_at(end.unwrap_or(text.len()));
    (name, None, left)
}

/// Whether `USER[:GROUP]` is root, by name or number. The value of a variable is unknown.
fn is_root(user: &str) -> bool {
    let name = user.split([':', ' ', '\t']).next().unwrap_or_default();
    let name = name.trim_matches(['"', '\'']);
    name.is_empty() || name == "root" || name.bytes().all(|byte| byte == b'0')
}

/// Instructions, each with the lines that continue it; comments and the texts of instructions left out.
fn instructions(text: &str) -> Vec<String> {
    let continues = escape(text);
    let mut whole = Vec::new();
    let mut open = String::new();
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (part, goes_on) = match line.strip_suffix(continues) {
            Some(part) => (part, true),
            None => (line, false),
        };
        open.push_str(part);
        open.push(' ');
        if goes_on {
            continue;
        }
        for end in text_ends(&open) {
            let mut ahead = lines.clone();
            // Without its end it is not a here-document, but a shift in some shell.
            if ahead.any(|line| line.trim() == end) {
                lines = ahead;
            }
        }
        whole.push(std::mem::take(&mut open));
    }
    whole.push(open);
    whole
}

/// The end of a line that continues: `# escape=` at the top may say another.
fn escape(text: &str) -> char {
    let head = text.lines().map_while(|line| line.trim().strip_prefix('#'));
    let mut said = head.filter_map(|line| line.split_once('='));
    let escape = said.find(|(name, _)| name.trim().eq_ignore_ascii_case("escape"));
    escape
        .and_then(|(_, value)| value.trim().chars().next())
        .unwrap_or('\\')
}

/// The words that end the texts of an instruction, in their order: `EOF` for `<<EOF`, `<<-EOF` and `<<"EOF"`.
fn text_ends(instruction: &str) -> Vec<String> {
    let mut words = instruction.split_whitespace();
    let name = words.next().unwrap_or_default().to_ascii_uppercase();
    if !WITH_TEXT.contains(&name.as_str()) {
        return Vec::new();
    }
    words
        .filter_map(|word| {
            word.trim_start_matches(|c: char| c.is_ascii_digit())
                .strip_prefix("<<")
        })
        .map(|word| {
            let word = word.trim_start_matches('-');
            let end = word.find(['>', '|', ';', '&', ')']).unwrap_or(word.len());
            word[..end].replace(['"', '\''], "")
        })
        .filter(|end| !end.is_empty() && !end.starts_with('<'))
        .collect()
}

/// Whether an image may change. The value of a variable is unknown, unless its tag is written out.
fn floats(image: &str) -> bool {
    if image.contains('@') || image == "scratch" || image.is_empty() {
        return false;
    }
    let name = image.rsplit('/').next().unwrap_or(image);
    match name.rsplit_once(':') {
        Some((_, tag)) => tag == "latest",
        None => !image.contains('$'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> (Vec<String>, bool) {
        let file = read("Dockerfile", text).unwrap();
        (file.floating_images, file.runs_as_root)
    }

    fn is_rooted(text: &str) -> bool {
        told(text).1
    }

    #[test]
    fn floating_images_and_root() {
        assert_eq!(
            told("FROM rust:1.89 AS build\nRUN a \\\n  FROM\nFROM build\nUSER app:app\n"),
            (vec![], false)
        );
        assert_eq!(
            told("# FROM no\nFROM --platform=x host:5000/a/base\nUSER app\nUSER root\n"),
            (vec!["host:5000/a/base".to_owned()], true)
        );
        assert_eq!(
            told("FROM debian:latest"),
            (vec!["debian:latest".to_owned()], true)
        );
        assert_eq!(told("ARG V\nFROM debian:$V\nUSER 1000"), (vec![], false));
        for pinned in [
            "scratch",
            "$BASE",
            "host/$NAME",
            "debian@sha256:0123",
            "debian:latest@sha256:0123",
            "host:5000/a:1",
        ] {
            assert_eq!(
                told(&format!("from {pinned}")).0,
                Vec::<String>::new(),
                "{pinned}"
            );
        }
        for floating in ["host/$NAME:latest", "host:5000/a", "host:5000/a:latest"] {
            assert_eq!(told(&format!("from {floating}")).0, [floating]);
        }
    }

    #[test]
    fn a_stage_hands_on_its_user_and_has_a_name_in_any_case() {
        assert!(!is_rooted(
            "FROM debian:13 AS Base\nUSER app\nFROM base AS last\nRUN make"
        ));
        assert!(is_rooted(
            "FROM debian:13 AS base\nUSER app\nFROM debian:13\nRUN make"
        ));
        assert_eq!(
            told("FROM debian:13 as Build\nFROM BUILD").0,
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_stage_name_is_known_from_its_last_user() {
        assert!(is_rooted(
            "FROM debian:13 AS base\nUSER app\nUSER root\nFROM base"
        ));
    }

    #[test]
    fn root_has_many_names() {
        for user in [
            "root", "\"root\"", "'root'", "0", "00", "0:0", "root:app", "\"0:0\"", "",
        ] {
            assert!(is_rooted(&format!("FROM debian:13\nUSER {user}")), "{user}");
        }
        for user in ["app", "\"app\"", "1000", "10", "app:0", "$APP_UID"] {
            assert!(!is_rooted(&format!("FROM debian:13\nUSER {user}")), "{user}");
        }
        assert!(is_rooted("ARG WHO=root\nFROM debian:13\nARG WHO\nUSER $WHO"));
        assert!(is_rooted("FROM debian:13\nENV WHO=root\nUSER ${WHO}"));
    }

    #[test]
    fn variables_have_their_defaults() {
        for from in [
            "$B",
            "${B}",
            "${NONE:-debian:latest}",
            "${NONE-debian}",
            "debian:${T:-latest}",
        ] {
            let text = format!("ARG B=\"debian:latest\"\nARG T\nFROM {from}");
            assert_eq!(told(&text).0.len(), 1, "{from}");
        }
        assert_eq!(told("ARG V=13\nARG B=debian:$V\nFROM $B").0, Vec::<String>::new());
    }

    #[test]
    fn texts_in_instructions_are_passed_over() {
        for (open, end) in [
            ("RUN <<EOF", "EOF"),
            ("RUN cat <<-'END' > x", "\tEND"),
            ("COPY <<A <<B /", "A\nB"),
        ] {
            let text = format!("FROM debian:13\nUSER app\n{open}\nFROM debian\nUSER root\n{end}\n");
            assert_eq!(told(&text), (vec![], false), "{open}");
        }
        assert!(is_rooted(
            "FROM debian:13\nUSER app\nRUN echo $((1 <<2))\nUSER root"
        ));
        assert!(is_rooted(
            "# escape=`\nFROM debian:13\nUSER app\nRUN a `\nb\nUSER root"
        ));
    }

    #[test]
    fn names_of_dockerfiles() {
        for name in [
            "Dockerfile",
            "Dockerfile-prod",
            "Dockerfile.prod",
            "app.dockerfile",
            "Containerfile",
            "Dockerfile.v1.2",
        ] {
            assert!(is_dockerfile(name), "{name}");
        }
        for name in [
            "dockerfile.go",
            "dockerfile.yml",
            "Dockerfile.md",
            "dockerfile_test.py",
            "Dockerfile.j2",
            "dockerfiles",
        ] {
            assert!(!is_dockerfile(name), "{name}");
        }
        assert_eq!(read("Dockerfile", "a text about kilns"), None);
    }
}
