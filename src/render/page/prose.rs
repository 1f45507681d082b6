//! Text that a person wrote for a page: blank lines separate paragraphs, and nothing else has a meaning.

use maud::{Markup, html};

/// The paragraphs of a text. Untrusted: it is escaped as all text is.
pub fn prose(text: &str) -> Markup {
    let text = text.replace("\r\n", "\n");
    let mut paragraphs: Vec<String> = vec![String::new()];
    for line in text.lines() {
        match (line.trim(), paragraphs.last_mut()) {
            ("", Some(last)) if !last.is_empty() => paragraphs.push(String::new()),
            ("", _) => {}
            (line, Some(last)) => {
                if !last.is_empty() {
                    last.push(' ');
                }
                last.push_str(line);
            }
            (_, None) => {}
        }
    }
    paragraphs.retain(|paragraph| !paragraph.is_empty());
    html! { @for paragraph in paragraphs { p { (paragraph) } } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blank_lines_separate_paragraphs_and_nothing_else_means_anything() {
        let text = "A long\r\nday.\n\n \n<b>*No* #markup</b>\n";
        assert_eq!(
            prose(text).into_string(),
            "<p>A long day.</p><p>&lt;b&gt;*No* #markup&lt;/b&gt;</p>"
        );
        assert_eq!(prose(" \n\n").into_string(), "");
    }
}
