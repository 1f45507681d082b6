//! The frame of a page: its head, its policy, its landmarks; and the door through which it leaves.

use std::borrow::Cow;

use maud::{DOCTYPE, Markup, html};

use super::assets::{POLICY_OF_SITE, inlined, policy_of_single};
use crate::render::escape;
use crate::render::href::Href;

/// A page.
pub struct Page<'a> {
    /// Its title, as a browser names it. Untrusted text.
    pub title: &'a str,
    /// What it contains, in one sentence. Untrusted text.
    pub description: &'a str,
    /// The content, with one `h1`.
    pub body: Markup,
    /// Where it is.
    pub place: Place<'a>,
}

/// Where a page is.
pub enum Place<'a> {
    /// A file that contains everything.
    Single,
    /// A page of a site.
    Site(Site<'a>),
}

/// What a page of a site says of the others.
pub struct Site<'a> {
    /// The name of the site. Untrusted text.
    pub name: &'a str,
    /// Its index.
    pub home: Href,
    /// The pages that every page leads to, and whether it is this one.
    pub nav: Vec<(&'static str, Href, bool)>,
    /// The style sheet.
    pub style: Href,
    /// The script.
    pub script: Href,
    /// The icon.
    pub icon: Href,
    /// The feed.
    pub feed: Href,
    /// What it was made from, and as of when.
    pub made: Markup,
}

impl Page<'_> {
    /// The page as bytes.
    pub fn render(&self) -> String {
        let policy = match self.place {
            Place::Single => Cow::Owned(policy_of_single()),
            Place::Site(_) => Cow::Borrowed(POLICY_OF_SITE),
        };
        visible_page(&html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(policy);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="referrer" content="no-referrer";
                    meta name="description" content=(self.description);
                    title { (short(self.title)) }
                    (self.linked())
                }
                body {
                    a.skip href="#main" { "Skip to the content" }
                    (self.masthead())
                    main #main .wrap { (self.body) }
                    (self.footer())
                }
            }
        })
    }

    fn linked(&self) -> Markup {
        match &self.place {
            Place::Single => html! {
                link rel="icon" href="data:,";
                (inlined())
            },
            Place::Site(site) => html! {
                link rel="icon" href=(site.icon) type="image/svg+xml";
                link rel="stylesheet" href=(site.style);
                link rel="alternate" type="application/atom+xml" title=(site.name) href=(site.feed);
                script src=(site.script) {}
            },
        }
    }

    fn masthead(&self) -> Markup {
        html! {
            header.mast {
                div.wrap {
                    @match &self.place {
                        Place::Single => { span.name { "git-leverage" } },
                        Place::Site(site) => {
                            a.name href=(site.home) { (site.name) }
                            nav aria-label="Site" {
                                ul {
                                    @for (word, href, is_here) in &site.nav {
                                        li { a href=(href) aria-current=[is_here.then_some("page")] { (word) } }
                                    }
                                }
                            }
                        },
                    }
                }
            }
        }
    }

    fn footer(&self) -> Markup {
        html! {
            footer.foot {
                div.wrap {
                    @match &self.place {
                        Place::Single => { p { "Made by " code { "git leverage" } "." } },
                        Place::Site(site) => (site.made),
                    }
                }
            }
        }
    }
}

/// The most characters of a title. What is beyond is in the heading of the page.
const LONGEST_TITLE: usize = 70;

/// A title that fits where browsers show it.
fn short(title: &str) -> Cow<'_, str> {
    let title = escape::visible(title);
    match title.chars().count() {
        ..=LONGEST_TITLE => title,
        _ => {
            let start: String = title.chars().take(LONGEST_TITLE - 1).collect();
            Cow::Owned(format!("{}…", start.trim_end()))
        }
    }
}

/// Markup as text in which every control, bidirectional and invisible character but the end of a line is written out.
pub fn visible_page(markup: &Markup) -> String {
    let text = &markup.0;
    let mut page = String::with_capacity(text.len() + 1);
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            page.push('\n');
        }
        page += &escape::visible(line);
    }
    page.push('\n');
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::document::Cell;
    use crate::render::page::{Grid, Head, Td};

    const HOSTILE: [&str; 8] = [
        "\"'><script>alert(1)</script>",
        "</title></style><!--",
        "]]>&amp;&#x41;",
        "\u{202e}gnp.exe",
        "a\0b\u{1b}[31m\u{9b}",
        "javascript:alert(1)",
        "\" onmouseover=\"alert(1)",
        "\u{2028}\u{200b}\u{feff}",
    ];

    fn page(text: &str) -> String {
        let grid = Grid {
            label: text.to_owned(),
            caption: Some(text.to_owned()),
            columns: vec![Head::text(text)],
            rows: vec![vec![Td::head(text)], vec![Td::of(Cell::text(text))]],
            ..Grid::default()
        };
        Page {
            title: text,
            description: text,
            body: html! { h1 { (text) } (grid.render()) },
            place: Place::Single,
        }
        .render()
    }

    #[test]
    fn hostile_text_is_text() {
        let clean = page("x");
        let tags = |page: &str| page.matches('<').count();
        let quotes = |page: &str| page.matches('"').count();
        for text in HOSTILE.iter().copied().chain(["y".repeat(1_000).as_str()]) {
            let page = page(text);
            assert_eq!(
                (tags(&page), quotes(&page)),
                (tags(&clean), quotes(&clean)),
                "{text:?}"
            );
            let deceptive = page.chars().find(|c| *c != '\n' && escape::is_deceptive(*c));
            assert_eq!(deceptive, None, "{text:?}");
        }
    }

    #[test]
    fn a_single_page_fetches_nothing_and_allows_nothing_unsafe() {
        let page = page("x");
        assert!(!page.contains("unsafe-") && !page.contains(" style=") && !page.contains("http://"));
        assert_eq!(page.matches("<h1>").count(), 1);
        assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>\n"));
    }
}
