//! The style, the script and the icon of pages, and how a content security policy names them.

use maud::{Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

/// The style sheet.
pub const STYLE: &str = include_str!("leverage.css");
/// The script.
pub const SCRIPT: &str = include_str!("leverage.js");
/// The icon of a site.
pub const ICON: &str = include_str!("icon.svg");

/// The style and the script, inside the page.
pub(super) fn inlined() -> Markup {
    html! {
        style { (PreEscaped(STYLE)) }
        script { (PreEscaped(SCRIPT)) }
    }
}

/// The policy of a page that contains both: they are named by their hashes, and nothing is fetched.
pub(super) fn policy_of_single() -> String {
    let quoted = |text: &str| format!("{QUOTE}{}{QUOTE}", source_of(text));
    let sources = [quoted(SCRIPT), quoted(STYLE), "data:".to_owned()];
    // The files of a site, in its order, are in the page itself.
    sources.iter().fold(POLICY_OF_SITE.to_owned(), |policy, source| {
        policy.replacen(OWN_FILES, source, 1)
    })
}

const QUOTE: char = '\'';
const OWN_FILES: &str = "'self'";

/// The policy of a page of a site, whose style, script and icon are files beside it. Browsers refuse such files with integrity
/// attributes when pages are opened from a directory, so there are none.
pub const POLICY_OF_SITE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'";

fn source_of(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text.as_bytes())))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// Base64 of RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let at = |index: usize| u32::from(chunk.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for sextet in 0..4 {
            let value = (bits >> (18 - 6 * sextet) & 0x3f) as usize;
            text.push(match sextet <= chunk.len() {
                true => char::from(ALPHABET[value]),
                false => '=',
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_specification() {
        let known = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ];
        for (bytes, text) in known {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn what_is_inlined_is_what_the_policy_names() {
        let page = inlined().into_string();
        let inside = |tag: &str| {
            let from = page.find(&format!("<{tag}>")).unwrap() + tag.len() + 2;
            let to = page.find(&format!("</{tag}>")).unwrap();
            page[from..to].to_owned()
        };
        for tag in ["style", "script"] {
            assert!(policy_of_single().contains(&format!("{tag}-src '{}'", source_of(&inside(tag)))));
        }
    }

    #[test]
    fn assets_end_no_element_and_fetch_nothing() {
        for text in [STYLE, SCRIPT] {
            let lower = text.to_ascii_lowercase();
            for bad in [
                "</",
                "<!--",
                "http:",
                "https:",
                "url(",
                "@import",
                "innerhtml",
                "eval(",
                "fetch(",
            ] {
                assert!(!lower.contains(bad), "{bad}");
            }
        }
        assert!(STYLE.len() < 16_000 && SCRIPT.len() < 6_000);
    }
}
