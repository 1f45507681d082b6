//! The texts of the project, each with its place: comments and literals of the sources, paragraphs of the pages.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

/// Where a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A comment of a source file; of a doc comment, too.
    Comment,
    /// A literal that people see: a message, a label, a template.
    Message,
    /// A message that `error:` goes before.
    Error,
    /// What to do about an error or a warning.
    Hint,
    /// The heading of a column.
    Heading,
    /// The help of a command, an option or a value.
    Help,
    /// A paragraph, a list item or a table row of a page.
    Page,
}

/// A text, with the lines that it spans.
#[derive(Debug, Clone)]
pub struct Text {
    /// The file, below the root, or the command whose help it is.
    pub file: String,
    pub kind: Kind,
    /// The text on one line, with everything between backticks blanked.
    pub prose: String,
    /// The text on one line.
    pub whole: String,
    /// At which byte which line begins.
    lines: Vec<(usize, usize)>,
}

impl Text {
    /// A text of several lines.
    pub fn new(file: &str, kind: Kind, parts: &[(usize, String)]) -> Self {
        let mut whole = String::new();
        let mut lines = Vec::new();
        for (line, part) in parts {
            if !whole.is_empty() {
                whole.push(' ');
            }
            lines.push((whole.len(), *line));
            whole += part.trim();
        }
        Self {
            file: file.to_owned(),
            kind,
            prose: blanked(&whole),
            whole,
            lines,
        }
    }

    /// The line that a byte is on.
    pub fn line(&self, at: usize) -> usize {
        let before = self.lines.iter().rev().find(|(start, _)| *start <= at);
        before.map_or(0, |(_, line)| *line)
    }
}

/// A text without what is code in it, byte for byte as long: spans in backticks, targets of links, addresses, tags.
fn blanked(text: &str) -> String {
    static CODE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"`[^`]*`|\]\([^)]*\)|https?://\S+|<[^> ]+>").unwrap());
    let mut out = text.to_owned();
    for found in CODE.find_iter(text) {
        let inside = "_".repeat(found.len().saturating_sub(2));
        out.replace_range(found.range(), &format!("`{inside}`"));
    }
    out
}

/// All files below a directory with one of these extensions, in order, without build products and fixtures.
pub fn files(root: &Path, below: &str, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.join(below)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(
                std::fs::read_dir(path)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        } else if path.extension().is_some_and(|one| one == extension) {
            found.push(path.strip_prefix(root).unwrap().to_owned());
        }
    }
    found.sort();
    found
}

/// The texts of all sources outside of tests.
pub fn of_sources(root: &Path) -> Vec<Text> {
    let mut texts = Vec::new();
    let read = |file: &PathBuf| std::fs::read_to_string(root.join(file)).unwrap();
    let sources: Vec<(PathBuf, String)> = files(root, "src", "rs")
        .into_iter()
        .map(|file| (file.clone(), read(&file)))
        .collect();
    let of_tests: Vec<PathBuf> = sources
        .iter()
        .flat_map(|(file, source)| modules_of_tests(file, source))
        .collect();
    for (file, source) in &sources {
        let is_test = of_tests
            .iter()
            .any(|of_tests| file.with_extension("").starts_with(of_tests));
        let name = file.to_string_lossy().replace('\\', "/");
        if !is_test && !name.ends_with("testing.rs") {
            texts.extend(of_source(&name, source));
        }
    }
    texts
}

/// The modules that a file declares only for tests, as paths without an extension.
fn modules_of_tests(file: &Path, source: &str) -> Vec<PathBuf> {
    static MODULE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"#\[cfg\(test\)\]\s*(?:pub(?:\([a-z]+\))? )?mod (\w+);").unwrap());
    let is_top = ["mod.rs", "lib.rs", "main.rs"]
        .iter()
        .any(|top| file.ends_with(top));
    let inside = match is_top {
        true => file.parent().unwrap().to_owned(),
        false => file.with_extension(""),
    };
    MODULE
        .captures_iter(source)
        .map(|found| inside.join(&found[1]))
        .collect()
}

/// The texts of one source file.
fn of_source(name: &str, source: &str) -> Vec<Text> {
    let mut texts = Vec::new();
    let mut comment: Vec<(usize, String)> = Vec::new();
    let mut tests_from: Option<usize> = None;
    let mut depth = 0;
    let mut code = String::new();
    for token in Tokens::of(source) {
        if !matches!(&token, Token::Comment(line, _) if comment.last().is_none_or(|(last, _)| last + 1 == *line))
        {
            end_comment(name, &mut comment, &mut texts);
        }
        match token {
            Token::Comment(line, text) => {
                let text = text.trim_start_matches(['/', '!']).trim().to_owned();
                if text.is_empty() || text.starts_with("```") {
                    end_comment(name, &mut comment, &mut texts);
                } else if tests_from.is_none() {
                    comment.push((line, text));
                }
            }
            Token::Code(part) => {
                code += &part;
                for character in part.chars() {
                    match character {
                        '{' => depth += 1,
                        '}' => depth -= 1,
                        _ => {}
                    }
                    if tests_from.is_some_and(|from| depth <= from && character == '}') {
                        tests_from = None;
                        code.clear();
                    }
                }
                let marked = code.rfind("#[cfg(test)]").filter(|_| tests_from.is_none());
                match marked.and_then(|at| code[at..].chars().find(|one| matches!(one, '{' | ';'))) {
                    Some('{') => tests_from = Some(depth - 1),
                    Some(_) => code.clear(),
                    None => {}
                }
            }
            Token::Literal(lines) if tests_from.is_none() => {
                if let Some(kind) = kind_of(&code, &lines) {
                    texts.push(Text::new(name, kind, &lines));
                }
                code.push_str("\"\"");
            }
            Token::Literal(_) => {}
        }
        if code.len() > 400 && !code.contains("#[cfg(test)]") {
            let cut = code.char_indices().rev().nth(300).map_or(0, |(at, _)| at);
            code.drain(..cut);
        }
    }
    end_comment(name, &mut comment, &mut texts);
    texts
}

fn end_comment(name: &str, comment: &mut Vec<(usize, String)>, texts: &mut Vec<Text>) {
    if !comment.is_empty() {
        texts.push(Text::new(name, Kind::Comment, &std::mem::take(comment)));
    }
}

/// What a literal is for, by the code before it; nothing for what no person reads.
fn kind_of(before: &str, lines: &[(usize, String)]) -> Option<Kind> {
    let before: String = before.chars().filter(|one| !one.is_whitespace()).collect();
    let is_after = |ends: &[&str]| ends.iter().any(|end| before.ends_with(end));
    let text: Vec<&str> = lines.iter().map(|(_, text)| text.as_str()).collect();
    let text = text.join(" ");
    static FOREIGN: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^\s*<|\b(SELECT|WHERE|PRAGMA|CREATE TABLE)\b").unwrap());
    if is_after(&["Regex::new(", "RegexSet::new("]) || FOREIGN.is_match(&text) {
        return None;
    }
    static HEADING: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"Column::(text|number|name|prose|ordinal)\("",$|\bheading:$|Column::(text|number|name|prose|ordinal)\([a-z_.]+,$"#).unwrap()
    });
    if HEADING.is_match(&before) {
        return Some(Kind::Heading);
    }
    static WORDS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[A-Za-z]{2,},? +[a-z{`]|[a-z}`:] [a-z]{2,}").unwrap());
    if !WORDS.is_match(&text) {
        return None;
    }
    if is_after(&["#[error("]) {
        return Some(Kind::Error);
    }
    if is_after(&[
        ".hint(",
        ".hint(format!(",
        ".instead(",
        ".instead(format!(",
        "hint:",
        "advice:",
    ]) {
        return Some(Kind::Hint);
    }
    Some(Kind::Message)
}

/// A part of a source file.
enum Token {
    /// One line of a comment, with its slashes.
    Comment(usize, String),
    /// A string literal, line by line, its escapes undone.
    Literal(Vec<(usize, String)>),
    Code(String),
}

/// A reader of Rust as far as comments and strings go.
struct Tokens<'s> {
    rest: &'s str,
    line: usize,
}

impl<'s> Tokens<'s> {
    fn of(source: &'s str) -> Self {
        Self {
            rest: source,
            line: 1,
        }
    }

    fn take(&mut self, length: usize) -> &'s str {
        let (taken, rest) = self.rest.split_at(length);
        self.line += taken.matches('\n').count();
        self.rest = rest;
        taken
    }

    /// A string of which `open` bytes are its opening.
    fn literal(&mut self, open: usize, close: &str, is_raw: bool) -> Token {
        self.take(open);
        let mut line = self.line;
        let mut end = 0;
        while !self.rest[end..].starts_with(close) {
            let Some(first) = self.rest[end..].chars().next() else {
                break;
            };
            end += first.len_utf8();
            if first == '\\' && !is_raw {
                end += self.rest[end..].chars().next().map_or(0, char::len_utf8);
            }
        }
        let inside = self.take(end);
        self.take(close.len().min(self.rest.len()));
        let mut lines = Vec::new();
        for part in inside.split('\n') {
            let text = part.trim_end_matches('\\');
            let text = match is_raw {
                true => text.to_owned(),
                false => text
                    .replace("\\\"", "\"")
                    .replace("\\n", " ")
                    .replace("\\t", " ")
                    .replace("\\\\", "\\"),
            };
            lines.push((line, text));
            line += 1;
        }
        Token::Literal(lines)
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        let rest = self.rest;
        if rest.is_empty() {
            return None;
        }
        if rest.starts_with("//") {
            let line = self.line;
            let length = rest.find('\n').unwrap_or(rest.len());
            return Some(Token::Comment(line, self.take(length).to_owned()));
        }
        if rest.starts_with("/*") {
            let length = rest.find("*/").map_or(rest.len(), |at| at + 2);
            return Some(Token::Code(self.take(length).replace(|_: char| true, " ")));
        }
        static RAW: LazyLock<Regex> = LazyLock::new(|| Regex::new("^b?r(#*)\"").unwrap());
        if let Some(found) = RAW.captures(rest) {
            let close = format!("\"{}", &found[1]);
            let open = found[0].len();
            return Some(self.literal(open, &close, true));
        }
        if rest.starts_with('"') {
            return Some(self.literal(1, "\"", false));
        }
        static CHARACTER: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r"^b?'(\\u\{[^}]*\}|\\x..|\\.|[^\\'])'").unwrap());
        if let Some(found) = CHARACTER.find(rest) {
            self.take(found.len());
            return Some(Token::Code("''".into()));
        }
        static WORD: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(r#"^(?:[A-Za-z0-9_]+|'|[^"'/A-Za-z0-9_]+|/)"#).unwrap());
        let length = WORD.find(rest).map_or(1, |found| found.len());
        Some(Token::Code(self.take(length).to_owned()))
    }
}

/// The texts of all pages.
pub fn of_pages(root: &Path) -> Vec<Text> {
    let mut pages: Vec<PathBuf> = ["README.md", "CHANGELOG.md", "SECURITY.md"]
        .map(PathBuf::from)
        .into();
    pages.extend(files(root, "docs", "md"));
    pages.extend(
        files(root, "fixtures", "md")
            .into_iter()
            .filter(|file| file.ends_with("README.md")),
    );
    let mut texts = Vec::new();
    for page in pages {
        let name = page.to_string_lossy().replace('\\', "/");
        let text = std::fs::read_to_string(root.join(&page)).unwrap();
        texts.extend(of_page(&name, &text));
    }
    texts
}

/// The paragraphs, list items and table rows of a page, without blocks of code.
fn of_page(name: &str, page: &str) -> Vec<Text> {
    static BEGINS: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^(?:[-*|#>]|\d+\. )").unwrap());
    let mut texts = Vec::new();
    let mut part: Vec<(usize, String)> = Vec::new();
    let mut is_code = false;
    for (at, line) in page.lines().enumerate() {
        let text = line.trim();
        let is_fence = text.starts_with("```");
        if is_fence || is_code || text.is_empty() || BEGINS.is_match(text) {
            if !part.is_empty() {
                texts.push(Text::new(name, Kind::Page, &std::mem::take(&mut part)));
            }
            is_code ^= is_fence;
        }
        if !is_code && !is_fence && !text.is_empty() {
            part.push((at + 1, text.to_owned()));
        }
    }
    if !part.is_empty() {
        texts.push(Text::new(name, Kind::Page, &part));
    }
    texts
}
