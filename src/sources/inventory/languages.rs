//! Lines by language, as the `tokei` program counts them on a checkout.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;

use tokei::{Config, LanguageType};

use super::paths::name_of;
use crate::facts::inventory::LinesByKind;

/// A file's language and lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    /// The language.
    pub(super) language: LanguageType,
    /// Its lines, those of languages embedded in it included.
    pub(super) lines: LinesByKind,
}

/// Tells languages apart, and remembers first lines that it has met.
#[derive(Default)]
pub(super) struct Languages {
    first_lines: HashMap<Vec<u8>, Option<LanguageType>>,
}

impl Languages {
    /// The language of a file by its name; `None` also where its first line has to decide.
    pub(super) fn by_name(path: &str) -> Option<LanguageType> {
        // The library opens what has no extension. No file system has a path with a NUL byte, so nothing is opened.
        LanguageType::from_path(Path::new("\0").join(name_of(path)), &Config::default())
    }

    /// Whether the first line of a file decides its language.
    pub(super) fn needs_first_line(path: &str) -> bool {
        Path::new(name_of(path)).extension().is_none()
    }

    /// The language that `#!` in the first line names.
    pub(super) fn by_first_line(&mut self, content: &[u8]) -> Option<LanguageType> {
        if !content.starts_with(b"#!") {
            return None;
        }
        let line: Vec<u8> = content
            .iter()
            .take(128)
            .copied()
            .take_while(|byte| *byte != b'\n')
            .collect();
        *self
            .first_lines
            .entry(line)
            .or_insert_with_key(|line| shebang(line))
    }

    /// Counts the lines of a file.
    pub(super) fn count(language: LanguageType, content: &[u8]) -> Counted {
        let stats = language
            .parse_from_slice(decoded(content), &Config::default())
            .summarise();
        Counted {
            language,
            lines: LinesByKind {
                code: stats.code as u64,
                comments: stats.comments as u64,
                blanks: stats.blanks as u64,
            },
        }
    }
}

/// Asks the library, which knows interpreters only by way of a file. It has a pipe to read from: a process that reads strangers'
/// repositories may write no file.
#[cfg(unix)]
fn shebang(line: &[u8]) -> Option<LanguageType> {
    use std::os::fd::AsRawFd;
    let (output, mut input) = std::io::pipe().ok()?;
    // There is room for a line, so that nobody has to read meanwhile.
    input.write_all(line).ok()?;
    drop(input);
    LanguageType::from_shebang(format!("/dev/fd/{}", output.as_raw_fd()))
}

/// Asks the library, which knows interpreters only by way of a file.
#[cfg(not(unix))]
fn shebang(line: &[u8]) -> Option<LanguageType> {
    let mut file = tempfile::NamedTempFile::new().ok()?;
    file.write_all(line).ok()?;
    LanguageType::from_shebang(file.path())
}

/// Without a byte order mark, and UTF-16 as UTF-8 where the mark says so: what the program does when it opens a file.
fn decoded(content: &[u8]) -> Cow<'_, [u8]> {
    let wide = |text: &[u8], from_bytes: fn([u8; 2]) -> u16| {
        let units = text.chunks_exact(2).map(|pair| from_bytes([pair[0], pair[1]]));
        let narrow: String = char::decode_utf16(units)
            .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        Cow::Owned(narrow.into_bytes())
    };
    match content {
        [0xff, 0xfe, text @ ..] => wide(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] => wide(text, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, text @ ..] => Cow::Borrowed(text),
        _ => Cow::Borrowed(content),
    }
}

/// Whether people program in it. Data, configuration, prose and pictures are neither tests nor what is tested.
pub(super) fn is_programming(language: LanguageType) -> bool {
    use LanguageType as L;
    !matches!(
        language,
        L::AsciiDoc
            | L::Css
            | L::Dockerfile
            | L::Html
            | L::Ini
            | L::Json
            | L::Jsonnet
            | L::Less
            | L::Markdown
            | L::Org
            | L::Pan
            | L::Po
            | L::Protobuf
            | L::ReStructuredText
            | L::Sass
            | L::Svg
            | L::Tex
            | L::Text
            | L::Toml
            | L::Xml
            | L::Xaml
            | L::Yaml
            | L::MsBuild
            | L::VisualStudioProject
            | L::VisualStudioSolution
            | L::Graphql
    )
}

/// Whether it describes a build, a page or an interface, so that no tests are written in it.
pub(super) fn needs_no_tests(language: LanguageType) -> bool {
    use LanguageType as L;
    !is_programming(language)
        || matches!(
            language,
            L::Makefile
                | L::CMake
                | L::Autoconf
                | L::Automake
                | L::Meson
                | L::Batch
                | L::Hcl
                | L::Nix
                | L::Handlebars
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(path: &str, content: &[u8]) -> Option<&'static str> {
        Languages::by_name(path)
            .or_else(|| {
                let asked = Languages::needs_first_line(path).then(Languages::default);
                asked?.by_first_line(content)
            })
            .map(LanguageType::name)
    }

    #[test]
    fn names_and_first_lines_tell_the_language() {
        assert_eq!(language("a/b.rs", b""), Some("Rust"));
        assert_eq!(language("CMakeLists.txt", b""), Some("CMake"));
        assert_eq!(language("Makefile", b""), Some("Makefile"));
        assert_eq!(language("run", b"#!/bin/sh\n"), Some("Shell"));
        assert_eq!(language("run", b"#!/usr/bin/env python3\n"), Some("Python"));
        assert_eq!(language("run", b"plain"), None);
        assert_eq!(language("a.unheard-of", b"#!/bin/sh\n"), None);
    }

    #[test]
    fn a_name_without_extension_opens_no_file() {
        // The folder of the test has a file of that name; it is TOML under another one.
        assert_eq!(Languages::by_name("LICENSE"), None);
        assert_eq!(Languages::by_name("src"), None);
    }

    #[test]
    fn embedded_languages_belong_to_the_file() {
        let text = b"# Title\n\n```rust\nlet a = 1;\n```\n";
        let counted = Languages::count(LanguageType::Markdown, text);
        assert_eq!(
            counted.lines,
            LinesByKind {
                code: 1,
                comments: 3,
                blanks: 1
            }
        );
    }

    #[test]
    fn a_byte_order_mark_is_no_text() {
        let text = "\u{feff}// a\nint b;\n\n";
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for content in [text.as_bytes(), &wide] {
            let Counted { lines, .. } = Languages::count(LanguageType::C, content);
            assert_eq!((lines.code, lines.comments, lines.blanks), (1, 1, 1));
        }
    }
}
