//! The one place where hostile text is made harmless before a person sees it.
//!
//! Titles, names, paths and messages come from repositories and logs that anybody may have written. A terminal obeys
//! control characters, and bidirectional or invisible characters make text read as what it is not: all of them become
//! visible escapes. Every printing path (tables, Markdown, HTML, warnings, errors) goes through [`visible`].

use std::borrow::Cow;
use std::fmt::Write as _;

/// The text with every control, bidirectional and invisible character written out, as `\n`, `\x1b` or `\u{202e}`.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_deceptive) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push_visible(&mut shown, c);
    }
    Cow::Owned(shown)
}

/// Whether a terminal obeys the character, or a reader cannot see it.
pub fn is_deceptive(c: char) -> bool {
    c.is_control()
        || matches!(c,
            // Marks, embeddings, overrides and isolates of bidirectional text.
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            // Line and paragraph separators.
            | '\u{2028}' | '\u{2029}'
            // Spaces of no width, invisible operators, the byte order mark and tags.
            | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

fn push_visible(shown: &mut String, c: char) {
    // Writing to a string cannot fail.
    let _ = match c {
        '\n' => shown.write_str("\\n"),
        '\r' => shown.write_str("\\r"),
        '\t' => shown.write_str("\\t"),
        c if !is_deceptive(c) => shown.write_char(c),
        c if u32::from(c) < 0x100 => write!(shown, "\\x{:02x}", u32::from(c)),
        c => write!(shown, "\\u{{{:x}}}", u32::from(c)),
    };
}

/// [`visible`], and nothing in it means anything to Markdown: no tables, links, HTML or emphasis. Text between single
/// backticks remains code, in which nothing else means anything either.
pub fn markdown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len() + 8);
    let text = visible(text);
    let text = text.trim();
    let mut code_end = 0;
    for (at, c) in text.char_indices() {
        if at < code_end {
            shown.push(c);
            continue;
        }
        if let Some(length) = code_at(text, at) {
            code_end = at + length;
            shown.push(c);
            continue;
        }
        let starts = |what: &str| text[at..].starts_with(what);
        // GitHub links bare addresses; a backslash before the colon or the dot stops that.
        let links = starts("://") || (c == '.' && text[..at].to_ascii_lowercase().ends_with("www"));
        if links
            || matches!(
                c,
                '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&'
            )
        {
            shown.push('\\');
        }
        shown.push(c);
    }
    shown
}

/// The length of the code span that starts here, backticks included. One next to another backtick could end elsewhere, and a
/// `|` would end the cell of a table.
fn code_at(text: &str, at: usize) -> Option<usize> {
    let inner = text[at..].strip_prefix('`')?;
    let length = inner.find('`')?;
    let (code, rest) = (&inner[..length], &inner[length + 1..]);
    let is_whole = !text[..at].ends_with('`') && !rest.starts_with('`');
    let is_plain = !code.trim().is_empty() && !code.contains('|');
    (is_whole && is_plain).then_some(length + 2)
}

/// The text as a CSV cell that no spreadsheet takes for a formula: a `'` goes before `= + - @`, TAB and CR.
pub fn spreadsheet(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_obeys_becomes_visible() {
        assert_eq!(
            visible("a\x1b]52;c;AAAA\x07b\u{9b}31m\x7f"),
            "a\\x1b]52;c;AAAA\\x07b\\x9b31m\\x7f"
        );
        assert_eq!(visible("one\ntwo\r\tthree\0"), "one\\ntwo\\r\\tthree\\x00");
        assert_eq!(
            visible("abc\u{202e}fdp.exe\u{2066}\u{200b}"),
            "abc\\u{202e}fdp.exe\\u{2066}\\u{200b}"
        );
    }

    #[test]
    fn plain_text_of_any_script_is_left_alone() {
        for text in ["Größe", "日本語", "עברית", "👩‍💻 e\u{301}"] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn markdown_means_nothing() {
        assert_eq!(markdown(" a|b `c [d](e) <f> "), r"a\|b \`c \[d\](e) \<f\>");
        assert_eq!(markdown("https://x www.y"), r"https\://x www\.y");
    }

    #[test]
    fn markdown_keeps_code_that_is_no_more_than_code() {
        assert_eq!(markdown("the `<b>` of `a_b`"), "the `<b>` of `a_b`");
        for (text, shown) in [
            ("`a|b`", r"\`a\|b\`"),
            ("``a`` <b>", r"\`\`a\`\` \<b\>"),
            ("`a`b` <c>", r"`a`b\` \<c\>"),
            ("` ` <c>", r"\` \` \<c\>"),
        ] {
            assert_eq!(markdown(text), shown);
        }
    }

    #[test]
    fn formulas_are_text() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"] {
            assert_eq!(spreadsheet(text), format!("'{text}"));
        }
        assert_eq!(spreadsheet("a=1"), "a=1");
    }
}
