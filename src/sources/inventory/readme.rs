//! What a README says a project is: the first sentence of its first paragraph of prose.

use std::sync::LazyLock;

use regex::Regex;

/// Lines that are looked at: whoever has not said by then what it is will not say it.
const LINES: usize = 200;
/// Bytes that are looked at, so that a line of megabytes costs nothing.
const BYTES: usize = 64 << 10;

/// `[shown](target)` of Markdown.
static LINK: LazyLock<Regex> = LazyLock::new(|| pattern(r"\[([^\[\]]*)\]\([^()]*\)"));
/// Pictures, and tags of HTML, over several lines or not.
static NO_TEXT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"!\[[^\[\]]*\]\([^()]*\)|</?[a-zA-Z][^<>]*>|<!--[^<>]*-->"));

fn pattern(text: &str) -> Regex {
    // A pattern of our own; the tests below use each.
    #[allow(clippy::unwrap_used)]
    Regex::new(text).unwrap()
}

/// The first sentence of the first paragraph that is not a heading, badge, picture, list or markup; else the title.
pub(super) fn first_sentence(content: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(content.get(..BYTES).unwrap_or(content));
    let text = NO_TEXT.replace_all(text.trim_start_matches('\u{feff}'), "");
    let mut is_code = false;
    let lines: Vec<&str> = text
        .lines()
        .take(LINES)
        .map(|line| written(line.trim(), &mut is_code))
        .collect();
    let start = (0..lines.len()).find(|at| starts_prose(&lines, *at));
    let Some(start) = start else {
        return title(&lines).map(plain);
    };
    let paragraph: Vec<&str> = lines[start..]
        .iter()
        .copied()
        .take_while(|line| is_prose(line))
        .collect();
    Some(sentence(&plain(&paragraph.join(" "))).to_owned())
}

/// A line as prose: nothing for what stands between fences; a quotation, unless it is a notice, for itself.
fn written<'a>(line: &'a str, is_code: &mut bool) -> &'a str {
    let is_fence = line.starts_with("```") || line.starts_with("~~~");
    *is_code ^= is_fence;
    if is_fence || *is_code {
        return "";
    }
    let quoted = line.strip_prefix("> ").map(str::trim_start);
    quoted
        .filter(|text| !text.starts_with(['[', '*', '_']))
        .unwrap_or(line)
}

fn starts_prose(lines: &[&str], at: usize) -> bool {
    let is_underlined = || {
        lines
            .get(at + 1)
            .is_some_and(|next| is_rule(next) && next.len() > 2)
    };
    let line = lines[at];
    is_prose(line) && !line.starts_with('[') && line.contains(' ') && !is_underlined()
}

/// A line under a title, or between sections.
fn is_rule(line: &str) -> bool {
    !line.is_empty() && line.bytes().all(|byte| b"=-~*_^#".contains(&byte))
}

fn is_prose(line: &str) -> bool {
    let markup = [
        "#", "!", "<", "|", "`", ">", "=", "[!", "..", ":", "//", "- ", "* ", "+ ",
    ];
    !line.is_empty() && !is_rule(line) && !markup.iter().any(|start| line.starts_with(start))
}

fn title<'a>(lines: &[&'a str]) -> Option<&'a str> {
    lines
        .iter()
        .map(|line| line.trim_start_matches(['#', '=', ' ']))
        .find(|line| !line.is_empty() && !line.starts_with(['<', '[', '!', '-', '*']))
}

/// Without links and emphasis.
fn plain(text: &str) -> String {
    LINK.replace_all(text, "$1").replace("**", "").replace('`', "")
}

/// Up to the period before a new sentence.
pub(super) fn sentence(text: &str) -> &str {
    let ends = text.match_indices(". ").map(|(at, _)| at);
    // Some names of projects start a sentence in lower case.
    let first_word = text.split(' ').next().unwrap_or_default();
    let starts_sentence = |rest: &str| {
        rest.starts_with(|c: char| c.is_alphabetic() && !c.is_lowercase())
            || (rest.split(' ').next() == Some(first_word) && !first_word.is_empty())
    };
    let end = ends
        .filter(|at| starts_sentence(&text[at + 2..]))
        .find(|at| !text[..*at].ends_with("e.g") && !text[..*at].ends_with("i.e"));
    end.map_or(text, |at| &text[..=at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_told_from_what_stands_around_it() {
        for (readme, told) in [
            (
                "<p align=\"center\"><img></p>\n\nKiln\n====\n\n[![badge](x)](y)\n\nFires pots\nat night. It has\ntwo doors.\n",
                "Fires pots at night.",
            ),
            (
                "# Kiln\n- [Home](x)\n\nA [kiln](x) that **fires**, e.g. Pots, with `wood`:\n\n* oak\n",
                "A kiln that fires, e.g. Pots, with wood:",
            ),
            ("Fires pots.", "Fires pots."),
            ("kiln fires pots. kiln has two doors.", "kiln fires pots."),
            ("It fires pots. 窯です", "It fires pots."),
            (
                "kiln fires pots, e.g. bowls. and more",
                "kiln fires pots, e.g. bowls. and more",
            ),
            (
                "# Kiln\n\n```sh\nmake the kiln\n```\n\n> Fires pots\n> at night.\n",
                "Fires pots at night.",
            ),
            ("> [!NOTE]\n\n> **Note** It smokes.\n\nFires pots.", "Fires pots."),
            ("\u{feff}# ![logo](x) Kiln\n\n- [Home](x)\n", "Kiln"),
            ("<img src=\"a\"\n  alt=\"b c\">\n\nFires pots.", "Fires pots."),
        ] {
            assert_eq!(
                first_sentence(readme.as_bytes()).as_deref(),
                Some(told),
                "{readme}"
            );
        }
        assert_eq!(first_sentence(b"\n\n[![badge](x)](y)\n"), None);
    }

    #[test]
    fn a_long_readme_is_read_from_its_start() {
        let long = format!("# Kiln\n\nFires pots. {}", "Märchen <p ".repeat(1 << 20));
        assert_eq!(first_sentence(long.as_bytes()).as_deref(), Some("Fires pots."));
    }
}
