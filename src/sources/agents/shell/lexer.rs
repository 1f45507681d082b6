//! The words of a script, and what separates them.

use std::collections::HashMap;

/// A part of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    /// What the command before it reads from a here-document.
    Input(String),
    /// The end of a command.
    End,
    /// The beginning of a subshell.
    Open,
    /// Its end.
    Close,
}

/// A word, with what the shell would put into it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Word {
    parts: Vec<Part>,
    /// What it has to run to find the word.
    pub(super) scripts: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Variable(String),
    Unknown,
}

impl Word {
    fn push(&mut self, char: char) {
        if let Some(Part::Text(text)) = self.parts.last_mut() {
            text.push(char);
        } else {
            self.parts.push(Part::Text(char.into()));
        }
    }

    fn text(&mut self, text: &str) {
        if self.parts.is_empty() {
            self.parts.push(Part::Text(String::new()));
        }
        text.chars().for_each(|char| self.push(char));
    }

    /// Whether it began as a Windows path does: a drive, a server, a directory before a backslash.
    fn is_of_windows(&self) -> bool {
        match self.parts.first() {
            Some(Part::Text(text)) => {
                text.get(1..2) == Some(":")
                    || text.contains('\\')
                    || matches!(text.as_str(), "." | ".." | "~")
            }
            Some(Part::Variable(name)) => matches!(name.as_str(), "HOME" | "USERPROFILE"),
            _ => false,
        }
    }

    /// The variable that the word sets, even if its value is unknown.
    pub(super) fn assigned(&self) -> Option<&str> {
        match self.parts.first() {
            Some(Part::Text(text)) => assignment(Some(text)).map(|(name, _)| name),
            _ => None,
        }
    }

    /// The word itself; `None` if only the shell knows it, or if its variables take more than [`LONGEST`] bytes, or
    /// more than is left of the `room` for those of the whole script. The home directory is `~`.
    pub(super) fn known(&self, variables: &HashMap<String, String>, room: &mut usize) -> Option<String> {
        let mut known = String::new();
        let mut left = LONGEST;
        for part in &self.parts {
            match part {
                Part::Text(text) => known += text,
                Part::Variable(name)
                    if matches!(name.as_str(), "HOME" | "USERPROFILE") && known.is_empty() =>
                {
                    known += "~";
                }
                Part::Variable(name) => {
                    let value = variables.get(name)?;
                    left = left.checked_sub(value.len())?;
                    *room = room.checked_sub(value.len())?;
                    known += value;
                }
                Part::Unknown => return None,
            }
        }
        Some(known)
    }
}

/// How many bytes of a word may come from variables, and how long a variable may be.
pub(super) const LONGEST: usize = 4_096;
/// How deep substitutions are parsed.
const DEEPEST: usize = 8;

/// The tokens of a script, of bash and of PowerShell, as far as they agree.
pub(super) fn tokens(script: &str) -> Vec<Token> {
    tokens_at(script, 0)
}

fn tokens_at(script: &str, depth: usize) -> Vec<Token> {
    let mut lexer = Lexer {
        chars: script.chars().collect(),
        at: 0,
        word: None,
        expected: Vec::new(),
        tokens: Vec::new(),
        depth,
    };
    lexer.read();
    lexer.tokens
}

/// A here-document whose text begins with the next line.
struct Expected {
    tag: String,
    /// The position of its token.
    token: usize,
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    word: Option<Word>,
    expected: Vec<Expected>,
    tokens: Vec<Token>,
    /// How many substitutions the script is nested in.
    depth: usize,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn next(&mut self) -> Option<char> {
        let char = self.peek(0)?;
        self.at += 1;
        Some(char)
    }

    fn word(&mut self) -> &mut Word {
        self.word.get_or_insert_default()
    }

    fn end_word(&mut self) {
        let word = self.word.take();
        self.tokens.extend(word.map(Token::Word));
    }

    fn end_with(&mut self, token: Token) {
        self.end_word();
        self.tokens.push(token);
    }

    fn read(&mut self) {
        while let Some(char) = self.next() {
            match char {
                '\n' => {
                    self.end_with(Token::End);
                    self.here_documents();
                }
                ' ' | '\t' | '\r' => self.end_word(),
                ';' | '|' => self.end_with(Token::End),
                '&' if self.peek(0) == Some('>') => self.end_word(),
                '&' => self.end_with(Token::End),
                '(' => self.end_with(Token::Open),
                ')' => self.end_with(Token::Close),
                '#' if self.word.is_none() => {
                    while self.peek(0).is_some_and(|char| char != '\n') {
                        self.at += 1;
                    }
                }
                '<' | '>' => self.redirection(char),
                '@' if self.word.is_none() && self.is_here_string() => self.here_string(),
                '\'' => self.single_quoted(),
                '"' => self.double_quoted(),
                '$' => self.expansion(),
                '`' => self.backtick(),
                '\\' => self.backslash(),
                '%' if self.word.is_none() => self.percent(),
                _ => self.word().push(char),
            }
        }
        self.end_word();
    }

    /// `> FILE`, `2>&1`, `<<TAG`: not words of the command.
    fn redirection(&mut self, char: char) {
        // The number of a stream.
        let stream = self
            .word
            .as_ref()
            .and_then(|word| word.known(&HashMap::new(), &mut 0));
        if stream.is_some_and(|text| text.chars().all(|char| char.is_ascii_digit())) {
            self.word = None;
        }
        self.end_word();
        if char == '<' && self.peek(0) == Some('<') && self.peek(1) != Some('<') {
            self.at += 1;
            return self.here_document();
        }
        while self
            .peek(0)
            .is_some_and(|char| matches!(char, '<' | '>' | '&' | '|' | ' ' | '\t'))
        {
            self.at += 1;
        }
        if self.peek(0) == Some('(') {
            return;
        }
        // The target is a word like any other, but not a word of the command.
        let before = self.tokens.len();
        self.target();
        self.tokens.truncate(before);
        self.word = None;
    }

    fn target(&mut self) {
        while let Some(char) = self.peek(0) {
            if char.is_whitespace() || matches!(char, ';' | '|' | '&' | ')' | '(' | '<' | '>') {
                return;
            }
            self.at += 1;
            match char {
                '\'' => self.single_quoted(),
                '"' => self.double_quoted(),
                '\\' => self.backslash(),
                _ => {}
            }
        }
    }

    fn here_document(&mut self) {
        if self.peek(0) == Some('-') {
            self.at += 1;
        }
        while matches!(self.peek(0), Some(' ' | '\t')) {
            self.at += 1;
        }
        let mut tag = String::new();
        while let Some(char) = self.peek(0) {
            if char.is_whitespace() || matches!(char, ';' | '|' | '&' | ')' | '(' | '<' | '>') {
                break;
            }
            self.at += 1;
            if !matches!(char, '\'' | '"' | '\\') {
                tag.push(char);
            }
        }
        let token = self.tokens.len();
        self.tokens.push(Token::Input(String::new()));
        self.expected.push(Expected { tag, token });
    }

    /// The texts of the here-documents that the line before announced.
    fn here_documents(&mut self) {
        for Expected { tag, token } in std::mem::take(&mut self.expected) {
            let text = self.lines_to(|line| line.trim_matches(['\t', '\r']) == tag);
            if let Some(place) = self.tokens.get_mut(token) {
                *place = Token::Input(text);
            }
        }
    }

    /// The lines before one that ends them, and that one skipped.
    fn lines_to(&mut self, ends: impl Fn(&str) -> bool) -> String {
        let mut lines = Vec::new();
        while self.at < self.chars.len() {
            let rest = self.chars.get(self.at..).unwrap_or_default();
            let line: String = rest.iter().take_while(|char| **char != '\n').collect();
            self.at = (self.at + line.chars().count() + 1).min(self.chars.len());
            if ends(&line) {
                break;
            }
            lines.push(line);
        }
        lines.join("\n")
    }

    /// PowerShell's `@'` at the end of a line.
    fn is_here_string(&self) -> bool {
        let quoted = matches!(self.peek(0), Some('\'' | '"'));
        quoted && (self.peek(1) == Some('\n') || self.peek(1) == Some('\r') && self.peek(2) == Some('\n'))
    }

    fn here_string(&mut self) {
        let quote = self.next().unwrap_or('\'');
        while self.next().is_some_and(|char| char != '\n') {}
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let end = rest.windows(3).position(|three| three == ['\n', quote, '@']);
        let text: String = rest.iter().take(end.unwrap_or(rest.len())).collect();
        self.at += end.map_or(rest.len(), |end| end + 3);
        let text = text.trim_end_matches('\r');
        let live = quote == '"' && text.contains('$');
        self.word().text(text);
        if live {
            self.word().parts.push(Part::Unknown);
        }
    }

    fn single_quoted(&mut self) {
        self.word().text("");
        while let Some(char) = self.next() {
            if char == '\'' {
                break;
            }
            self.word().push(char);
        }
    }

    fn double_quoted(&mut self) {
        self.word().text("");
        while let Some(char) = self.next() {
            match char {
                '"' => break,
                '\\' if matches!(self.peek(0), Some('"' | '\\' | '$' | '`')) => {
                    let next = self.next().unwrap_or_default();
                    self.word().push(next);
                }
                '\\' if self.peek(0) == Some('\n') => self.at += 1,
                '$' => self.expansion(),
                '`' => self.backtick(),
                _ => self.word().push(char),
            }
        }
    }

    /// What follows a `$`.
    fn expansion(&mut self) {
        match self.peek(0) {
            Some('(') => {
                self.at += 1;
                let script = self.substitution();
                self.substitute(script);
            }
            Some('{') => {
                self.at += 1;
                let mut name = String::new();
                while let Some(char) = self.next().filter(|char| *char != '}') {
                    name.push(char);
                }
                self.variable(&name);
            }
            Some('\'') if self.word.is_none() => {
                self.at += 1;
                self.escaped();
            }
            Some(char) if char.is_alphanumeric() || char == '_' => {
                let mut name = String::new();
                while let Some(char) = self
                    .peek(0)
                    .filter(|char| char.is_alphanumeric() || matches!(char, '_' | ':'))
                {
                    self.at += 1;
                    name.push(char);
                }
                self.variable(&name);
            }
            Some('?' | '!' | '@' | '*' | '#' | '$' | '-') => {
                self.at += 1;
                self.word().parts.push(Part::Unknown);
            }
            _ => self.word().push('$'),
        }
    }

    fn variable(&mut self, name: &str) {
        let bare = name
            .strip_prefix("env:")
            .or_else(|| name.strip_prefix("Env:"))
            .unwrap_or(name);
        let is_name = bare.chars().all(|char| char.is_alphanumeric() || char == '_');
        let part = if is_name {
            Part::Variable(bare.to_owned())
        } else {
            Part::Unknown
        };
        self.word().parts.push(part);
    }

    /// `%USERPROFILE%`
    fn percent(&mut self) {
        let rest: String = self
            .chars
            .get(self.at..)
            .unwrap_or_default()
            .iter()
            .take(12)
            .collect();
        if rest.to_ascii_uppercase().starts_with("USERPROFILE%") {
            self.at += 12;
            self.variable("USERPROFILE");
        } else {
            self.word().push('%');
        }
    }

    /// `$'…'`
    fn escaped(&mut self) {
        self.word().text("");
        while let Some(char) = self.next().filter(|char| *char != '\'') {
            let char = match (char, self.peek(0)) {
                ('\\', Some(next)) => {
                    self.at += 1;
                    match next {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        other => other,
                    }
                }
                _ => char,
            };
            self.word().push(char);
        }
    }

    /// The script of `$(…)`; here-documents and quotes in it may contain any parenthesis.
    fn substitution(&mut self) -> String {
        let start = self.at;
        let mut depth = 1;
        let mut tags: Vec<String> = Vec::new();
        while let Some(char) = self.next() {
            match char {
                '(' => depth += 1,
                ')' => {
                    depth -= 1;
                    if depth == 0 {
                        return self
                            .chars
                            .get(start..self.at - 1)
                            .unwrap_or_default()
                            .iter()
                            .collect();
                    }
                }
                '\\' => self.at += 1,
                '\'' | '"' => self.skip_quoted(char),
                '<' if self.peek(0) == Some('<') && self.peek(1) != Some('<') => {
                    self.at += 1;
                    self.here_document();
                    self.tokens.pop();
                    tags.extend(self.expected.pop().map(|expected| expected.tag));
                }
                '\n' => {
                    for tag in std::mem::take(&mut tags) {
                        self.lines_to(|line| line.trim_matches(['\t', '\r']) == tag);
                    }
                }
                _ => {}
            }
        }
        self.at = self.chars.len();
        self.chars.get(start..).unwrap_or_default().iter().collect()
    }

    fn skip_quoted(&mut self, quote: char) {
        while let Some(char) = self.next() {
            match char {
                '\\' if quote == '"' => self.at += 1,
                _ if char == quote => return,
                _ => {}
            }
        }
    }

    /// The output of a command is known only for `cat` with a here-document: the common way to write a message of
    /// several lines.
    fn substitute(&mut self, script: String) {
        let inner: Vec<Token> = if self.depth < DEEPEST && script.trim_start().starts_with("cat") {
            tokens_at(&script, self.depth + 1)
        } else {
            Vec::new()
        };
        let mut kept = inner.iter().filter(|token| **token != Token::End);
        let printed = match (kept.next(), kept.next(), kept.next()) {
            (Some(Token::Word(_)), Some(Token::Input(text)), None) => {
                Some(text.trim_end_matches('\n').to_owned())
            }
            _ => None,
        };
        match printed {
            Some(text) => self.word().text(&text),
            None => {
                self.word().parts.push(Part::Unknown);
                self.word().scripts.push(script);
            }
        }
    }

    /// A command to substitute, or in PowerShell an escape, which at the end of a line continues on the next.
    fn backtick(&mut self) {
        match self.peek(0) {
            Some('\n') => self.at += 1,
            Some('\r') if self.peek(1) == Some('\n') => self.at += 2,
            Some('"' | '$' | '`') => {
                let next = self.next().unwrap_or_default();
                self.word().push(next);
            }
            _ => {
                let rest = self.chars.get(self.at..).unwrap_or_default();
                let Some(length) = rest.iter().position(|char| *char == '`') else {
                    return self.word().push('`');
                };
                let script: String = rest.iter().take(length).collect();
                self.at = (self.at + length + 1).min(self.chars.len());
                self.substitute(script);
            }
        }
    }

    /// Removes the special meaning of what follows it, except in Windows paths.
    fn backslash(&mut self) {
        match self.peek(0) {
            Some('\n') => self.at += 1,
            Some('\r') if self.peek(1) == Some('\n') => self.at += 2,
            Some(char) if char.is_alphanumeric() && self.word.as_ref().is_some_and(Word::is_of_windows) => {
                self.word().push('\\');
            }
            Some('\\') if self.word.is_none() => {
                self.at += 1;
                self.word().text("\\\\");
            }
            Some(_) => {
                let next = self.next().unwrap_or_default();
                self.word().push(next);
            }
            None => {}
        }
    }
}

/// `NAME=value`
pub(super) fn assignment(word: Option<&str>) -> Option<(&str, &str)> {
    let (name, value) = word?.split_once('=')?;
    let is_name = !name.is_empty()
        && !name.starts_with(|char: char| char.is_ascii_digit())
        && name
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || char == '_');
    is_name.then_some((name, value))
}
