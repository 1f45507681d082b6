//! Source text with comments and the insides of strings blanked out, so that patterns meet code alone.
//!
//! Line breaks and quotes stay, everything else of a comment or string becomes spaces: offsets and lines are those of the
//! original. It is a lexer for well-formed files, not a parser; a string that a language cannot continue on the next line
//! ends with its line, so that one odd quote does not hide a whole file.

/// How a language writes comments and strings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialect {
    /// `//` and `/* */`.
    slashes: bool,
    /// `/* /* */ */` is one comment.
    nested: bool,
    /// `#` starts a comment, but not `#[`.
    hashes: bool,
    /// Quotes that start a string.
    quotes: &'static [u8],
    /// Of these, those whose strings go on over lines.
    across_lines: &'static [u8],
    /// Quotes that, three in a row, start a string over many lines.
    triple: &'static [u8],
    /// A backslash escapes nothing between these.
    verbatim: &'static [u8],
    raw: Raw,
    /// `'a` can be a lifetime.
    lifetimes: bool,
    /// `/…/` can be a regular expression.
    regexes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Raw {
    None,
    /// `r#"…"#`
    Rust,
    /// `R"x(…)x"`
    Cpp,
    /// `@"…""…"`
    CSharp,
}

const C_LIKE: Dialect = Dialect {
    slashes: true,
    nested: false,
    hashes: false,
    quotes: b"\"'",
    across_lines: b"",
    triple: b"",
    verbatim: b"",
    raw: Raw::None,
    lifetimes: false,
    regexes: false,
};

impl Dialect {
    pub(super) const RUST: Self = Self {
        nested: true,
        across_lines: b"\"",
        raw: Raw::Rust,
        lifetimes: true,
        ..C_LIKE
    };
    pub(super) const GO: Self = Self {
        quotes: b"\"'`",
        across_lines: b"`",
        verbatim: b"`",
        ..C_LIKE
    };
    pub(super) const JAVASCRIPT: Self = Self {
        quotes: b"\"'`",
        across_lines: b"`",
        regexes: true,
        ..C_LIKE
    };
    /// Java and Kotlin.
    pub(super) const JVM: Self = Self {
        triple: b"\"",
        ..C_LIKE
    };
    pub(super) const CSHARP: Self = Self {
        triple: b"\"",
        raw: Raw::CSharp,
        ..C_LIKE
    };
    pub(super) const SWIFT: Self = Self {
        nested: true,
        quotes: b"\"",
        triple: b"\"",
        ..C_LIKE
    };
    pub(super) const CPP: Self = Self {
        raw: Raw::Cpp,
        ..C_LIKE
    };
    pub(super) const PHP: Self = Self {
        hashes: true,
        across_lines: b"\"'",
        ..C_LIKE
    };
    pub(super) const PYTHON: Self = Self {
        slashes: false,
        hashes: true,
        triple: b"\"'",
        ..C_LIKE
    };
    pub(super) const RUBY: Self = Self {
        slashes: false,
        hashes: true,
        across_lines: b"\"'",
        regexes: true,
        ..C_LIKE
    };
}

impl Dialect {
    /// The bytes at which a comment or string can start: all else is skipped at once.
    fn starts(&self) -> [bool; 256] {
        let mut starts = [false; 256];
        let raw: &[u8] = match self.raw {
            Raw::None => b"",
            Raw::Rust => b"r",
            Raw::Cpp => b"R",
            Raw::CSharp => b"@",
        };
        let slash: &[u8] = if self.slashes || self.regexes { b"/" } else { b"" };
        let hash: &[u8] = if self.hashes { b"#" } else { b"" };
        let tick: &[u8] = if self.lifetimes { b"'" } else { b"" };
        for byte in [raw, slash, hash, tick, self.quotes, self.triple].concat() {
            starts[usize::from(byte)] = true;
        }
        starts
    }
}

/// The text with comments and the insides of strings blanked out.
pub(super) fn mask(text: &[u8], dialect: Dialect) -> Vec<u8> {
    let mut mask = Mask {
        text,
        out: Vec::with_capacity(text.len()),
        dialect,
    };
    let starts = dialect.starts();
    while mask.out.len() < text.len() {
        let rest = mask.rest().iter();
        mask.keep(rest.take_while(|byte| !starts[usize::from(**byte)]).count());
        mask.step();
    }
    mask.out
}

struct Mask<'a> {
    text: &'a [u8],
    /// As long as what has been read of `text`.
    out: Vec<u8>,
    dialect: Dialect,
}

impl Mask<'_> {
    fn rest(&self) -> &[u8] {
        self.text.get(self.out.len()..).unwrap_or_default()
    }

    fn keep(&mut self, count: usize) {
        let end = (self.out.len() + count).min(self.text.len());
        let kept = self.text.get(self.out.len()..end).unwrap_or_default();
        self.out.extend_from_slice(kept);
    }

    fn blank(&mut self, count: usize) {
        let end = (self.out.len() + count).min(self.text.len());
        let hidden = self.text.get(self.out.len()..end).unwrap_or_default();
        let blanks = hidden
            .iter()
            .map(|byte| if *byte == b'\n' { b'\n' } else { b' ' });
        self.out.extend(blanks);
    }

    fn step(&mut self) {
        let rest = self.rest();
        let Some(&first) = rest.first() else { return };
        let next = rest.get(1).copied().unwrap_or_default();
        let d = self.dialect;
        if d.slashes && first == b'/' && next == b'/' || d.hashes && first == b'#' && next != b'[' {
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            self.blank(end);
        } else if d.slashes && first == b'/' && next == b'*' {
            self.blank(block_comment(rest, d.nested));
        } else if let Some((open, inside, close)) = self.raw_string() {
            self.string(open, inside, close);
        } else if d.triple.contains(&first) && rest.starts_with(&[first; 3]) {
            let inside = memchr::memmem::find(&rest[3..], &[first; 3]).unwrap_or(rest.len() - 3);
            self.blank(inside + 6);
        } else if d.lifetimes && first == b'\'' {
            let length = char_literal(rest);
            self.string(1, length.saturating_sub(2), usize::from(length > 1));
        } else if d.quotes.contains(&first) {
            let inside = self.quoted(first);
            self.string(1, inside, 1);
        } else if d.regexes && first == b'/' && self.regex_may_start() {
            let inside = regex(rest);
            self.string(1, inside, usize::from(inside > 0));
        } else {
            self.keep(1);
        }
    }

    fn string(&mut self, open: usize, inside: usize, close: usize) {
        self.keep(open);
        self.blank(inside);
        self.keep(close);
    }

    /// How long the inside of the string is that starts here.
    fn quoted(&self, quote: u8) -> usize {
        let inside = self.rest().get(1..).unwrap_or_default();
        let escapes = !self.dialect.verbatim.contains(&quote);
        let across = self.dialect.across_lines.contains(&quote);
        let mut at = 0;
        while let Some(&byte) = inside.get(at) {
            match byte {
                b'\\' if escapes => at += 1,
                b'\n' if !across => return at,
                _ if byte == quote => return at,
                _ => {}
            }
            at += 1;
        }
        inside.len()
    }

    /// The lengths of the opening, the inside and the end of a raw string that starts here.
    fn raw_string(&self) -> Option<(usize, usize, usize)> {
        let rest = self.rest();
        let in_word = self.out.last().is_some_and(|byte| is_word(*byte));
        match (self.dialect.raw, rest.first()?) {
            (Raw::Rust, b'r') if !in_word || self.out.ends_with(b"b") || self.out.ends_with(b"c") => {
                let hashes = rest.iter().skip(1).take_while(|byte| **byte == b'#').count();
                (rest.get(hashes + 1) == Some(&b'"')).then_some(())?;
                let mut end = vec![b'"'];
                end.resize(hashes + 1, b'#');
                until(rest, hashes + 2, &end)
            }
            (Raw::Cpp, b'R') if rest.get(1) == Some(&b'"') => {
                let open = memchr::memchr(b'(', rest.get(..20.min(rest.len()))?)?;
                let mut end = vec![b')'];
                end.extend_from_slice(rest.get(2..open)?);
                end.push(b'"');
                until(rest, open + 1, &end)
            }
            (Raw::CSharp, b'@') if rest.get(1) == Some(&b'"') => {
                let mut at = 2;
                while let Some(found) = memchr::memchr(b'"', rest.get(at..)?) {
                    at += found;
                    if rest.get(at + 1) != Some(&b'"') {
                        return Some((2, at - 2, 1));
                    }
                    at += 2;
                }
                None
            }
            _ => None,
        }
    }

    /// A slash divides after a value and starts a regular expression everywhere else.
    fn regex_may_start(&self) -> bool {
        let before = self.out.trim_ascii_end();
        match before.last() {
            None => true,
            Some(byte) if is_word(*byte) => [&b"return"[..], b"typeof", b"case", b"when", b"if", b"and"]
                .iter()
                .any(|word| before.ends_with(word)),
            Some(byte) => !b")]}\"'`".contains(byte),
        }
    }
}

fn until(rest: &[u8], open: usize, end: &[u8]) -> Option<(usize, usize, usize)> {
    let inside = rest.get(open..)?;
    let length = memchr::memmem::find(inside, end).unwrap_or(inside.len());
    Some((open, length, end.len()))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn block_comment(rest: &[u8], nested: bool) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        let tail = &rest[at..];
        if tail.starts_with(b"/*") && (nested || depth == 0) {
            depth += 1;
            at += 2;
        } else if tail.starts_with(b"*/") {
            depth = depth.saturating_sub(1);
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// The length of a character literal, or 1 for the tick of a lifetime.
fn char_literal(rest: &[u8]) -> usize {
    if rest.get(1) == Some(&b'\\') {
        let end = rest.iter().skip(3).take(12).position(|byte| *byte == b'\'');
        return end.map_or(1, |end| end + 4);
    }
    // One character of up to four bytes.
    let end = rest.iter().skip(2).take(4).position(|byte| *byte == b'\'');
    match end {
        Some(0) => 3,
        Some(end) if rest.get(1).is_some_and(|byte| !byte.is_ascii()) => end + 3,
        _ => 1,
    }
}

/// How long the inside of a regular expression is; 0 where its line ends first.
fn regex(rest: &[u8]) -> usize {
    let mut in_class = false;
    let mut at = 1;
    while let Some(&byte) = rest.get(at) {
        match byte {
            b'\\' => at += 1,
            b'\n' => return 0,
            b'[' => in_class = true,
            b']' => in_class = false,
            b'/' if !in_class => return at - 1,
            _ => {}
        }
        at += 1;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, dialect: Dialect) -> String {
        let out = mask(text.as_bytes(), dialect);
        assert_eq!(out.len(), text.len());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn only_code_is_left() {
        for (dialect, text, left) in [
            (
                Dialect::RUST,
                "a /* x /* y */ */ b // c\nd",
                "a                 b     \nd",
            ),
            (Dialect::RUST, "r#\"a\"b\"# c", "r#\"   \"# c"),
            (Dialect::RUST, "'\"' 'a \"x\" '\\'' b", "' ' 'a \" \" '  ' b"),
            (Dialect::GO, "`a\n\\` b \"c\\\"\" d", "` \n ` b \"   \" d"),
            (Dialect::JAVASCRIPT, "x = /['\"]/; y / 2", "x = /    /; y / 2"),
            (Dialect::JAVASCRIPT, "it('a') // b", "it(' ')     "),
            (Dialect::JVM, "\"\"\"a \"b\"\"\" c", "           c"),
            (Dialect::CSHARP, "@\"a\"\"b\\\" c", "@\"     \" c"),
            (Dialect::CPP, "R\"x(a)\" )x\" b", "R\"x(    )x\" b"),
            (Dialect::PYTHON, "a = '''b\n# c''' # d", "a =     \n          "),
            (Dialect::PHP, "#[Test] # no\nf", "#[Test]     \nf"),
            (Dialect::RUBY, "it \"a # b\" do # c", "it \"     \" do    "),
        ] {
            assert_eq!(masked(text, dialect), left, "{text}");
        }
    }

    #[test]
    fn text_that_ends_too_early_is_still_read() {
        for text in [
            "\"a", "/* a", "r#\"a", "'", "'\\", "R\"x(a", "@\"a", "\"\"\"a", "/a", "\\",
        ] {
            for dialect in [
                Dialect::RUST,
                Dialect::CPP,
                Dialect::CSHARP,
                Dialect::PYTHON,
                Dialect::JAVASCRIPT,
                Dialect::RUBY,
            ] {
                masked(text, dialect);
            }
        }
    }
}
