//! The elements of a drawing. Coordinates are in pixels and are written with at most one decimal.

use maud::{Markup, Render, html};
use unicode_width::UnicodeWidthChar;

use crate::facts::quantity::{Hours, Minutes, counted, thousands};
use crate::render::escape;
use crate::render::href::Href;

/// The room of a character, by estimate: the style sheet sets 12 px in the system's own font.
pub const CHAR: f64 = 6.6;

/// How much wider strong text is.
pub const BOLD: f64 = 1.25;

/// Below this width a drawing is for a phone: labels go above their rows.
const SLIM: f64 = 400.0;

/// Whether a drawing is for a phone.
pub fn is_slim(width: f64) -> bool {
    width < SLIM
}

/// Marks in the order in which they are painted.
#[derive(Default)]
pub struct Marks(Vec<Markup>);

impl Marks {
    /// On top of what is there.
    pub fn add(&mut self, mark: Markup) {
        self.0.push(mark);
    }

    /// On top of what is there, if it is a mark.
    pub fn add_some(&mut self, mark: Option<Markup>) {
        self.0.extend(mark);
    }

    /// As one.
    pub fn markup(&self) -> Markup {
        html! { @for mark in &self.0 { (mark) } }
    }
}

/// One decimal at most, and no `-0`.
#[derive(Clone, Copy)]
struct Px(f64);

impl Render for Px {
    fn render_to(&self, buffer: &mut String) {
        buffer.push_str(&px(self.0));
    }
}

/// A coordinate as it is written.
pub fn px(value: f64) -> String {
    let tenths = if value.is_finite() {
        (value * 10.0).round() / 10.0 + 0.0
    } else {
        0.0
    };
    tenths.to_string()
}

/// The whole drawing.
pub fn drawing(width: f64, height: f64, class: Option<&str>, marks: &Markup) -> Markup {
    let height = height.ceil();
    html! {
        svg class=[class] width=(Px(width)) height=(Px(height)) viewBox={ "0 0 " (Px(width)) " " (Px(height)) }
            aria-hidden="true" focusable="false" { (marks) }
    }
}

/// A text whose baseline is at `y`; the class says which end of it is at `x` (`e`: its end, `c`: its middle).
pub fn text(x: f64, y: f64, text: &str, class: &str) -> Markup {
    html! { text x=(Px(x)) y=(Px(y)) class=[class_of(class)] { (text) } }
}

/// A line.
pub fn line(x1: f64, y1: f64, x2: f64, y2: f64, class: &str) -> Markup {
    html! { line x1=(Px(x1)) y1=(Px(y1)) x2=(Px(x2)) y2=(Px(y2)) class=[class_of(class)] {} }
}

/// A rectangle; what would be narrower than nothing has no width.
pub fn rect(x: f64, y: f64, width: f64, height: f64, class: &str, tip: Option<&str>) -> Markup {
    html! {
        rect x=(Px(x)) y=(Px(y)) width=(Px(width.max(0.0))) height=(Px(height.max(0.0))) class=[class_of(class)]
            data-tip=[tip] {}
    }
}

/// A rectangle filled with the pattern of an id.
pub fn hatched(x: f64, y: f64, width: f64, height: f64, pattern: &str, tip: Option<&str>) -> Markup {
    html! {
        rect x=(Px(x)) y=(Px(y)) width=(Px(width.max(0.0))) height=(Px(height.max(0.0))) class="f-linked"
            fill={ "url(#" (pattern) ")" } data-tip=[tip] {}
    }
}

/// A pattern of slanted lines: `space` pixels apart, rising to the right or falling.
pub fn hatch(id: &str, space: f64, is_rising: bool) -> Markup {
    let turn = if is_rising { "rotate(45)" } else { "rotate(-45)" };
    html! {
        pattern id=(id) width=(Px(space)) height=(Px(space)) patternUnits="userSpaceOnUse" patternTransform=(turn) {
            rect width=(Px(space)) height=(Px(space)) class="hatch-bg" {}
            line x1="0" y1="0" x2="0" y2=(Px(space)) class="hatch" {}
        }
    }
}

/// A circle around a point.
pub fn circle(x: f64, y: f64, radius: f64, class: &str, tip: Option<&str>) -> Markup {
    html! { circle cx=(Px(x)) cy=(Px(y)) r=(Px(radius)) class=[class_of(class)] data-tip=[tip] {} }
}

/// A diamond around a point.
pub fn diamond(x: f64, y: f64, radius: f64, class: &str, tip: Option<&str>) -> Markup {
    let path = format!(
        "M{} {}L{} {}L{} {}L{} {}Z",
        px(x),
        px(y - radius),
        px(x + radius),
        px(y),
        px(x),
        px(y + radius),
        px(x - radius),
        px(y)
    );
    html! { path d=(path) class=[class_of(class)] data-tip=[tip] {} }
}

/// Lines that follow a path.
pub fn path(d: &str, class: &str) -> Markup {
    html! { path d=(d) class=[class_of(class)] {} }
}

/// Nothing to see: where the pointer finds what is around or below.
pub fn target(x: f64, y: f64, width: f64, height: f64) -> Markup {
    html! {
        rect x=(Px(x)) y=(Px(y)) width=(Px(width.max(0.0))) height=(Px(height.max(0.0))) fill="none" pointer-events="all" {}
    }
}

/// Many rectangles of one class as one path: small, but without tips of their own.
#[derive(Default)]
pub struct Rects(String);

impl Rects {
    /// One more, if it has any size.
    pub fn add(&mut self, x: f64, y: f64, width: f64, height: f64) {
        if width > 0.0 && height > 0.0 {
            self.0 += &format!(
                "M{} {}h{}v{}h{}z",
                px(x),
                px(y),
                px(width),
                px(height),
                px(-width)
            );
        }
    }

    /// The path; `None` without any rectangle.
    pub fn markup(&self, class: &str) -> Option<Markup> {
        (!self.0.is_empty()).then(|| path(&self.0, class))
    }
}

/// Marks that lead to a place and have a tip; both are optional.
pub fn link(href: Option<&Href>, tip: Option<&str>, marks: &Markup) -> Markup {
    html! {
        @if let Some(href) = href {
            a href=(href) tabindex="-1" data-tip=[tip] { (marks) }
        } @else if let Some(tip) = tip {
            g data-tip=(tip) { (marks) }
        } @else {
            (marks)
        }
    }
}

fn class_of(class: &str) -> Option<&str> {
    Some(class).filter(|class| !class.is_empty())
}

/// The room that a text takes, by estimate.
pub fn text_width(text: &str) -> f64 {
    text.chars().map(char_width).sum()
}

fn char_width(c: char) -> f64 {
    // The page writes these out, as `\u{202e}`.
    if escape::is_deceptive(c) {
        return 8.0 * CHAR;
    }
    match (c, c.width()) {
        // In the widest of the fonts that systems draw pages with.
        ('W' | 'M' | 'm' | '@' | '%', _) => 1.75 * CHAR,
        ('A'..='Z' | 'w' | '<' | '>' | '=' | '+' | '~' | '#' | '&', _) => 1.4 * CHAR,
        // A font that cannot place an accent above a letter draws it beside.
        (_, Some(0) | None) => CHAR,
        (_, Some(columns)) => columns as f64 * CHAR,
    }
}

/// The text, or as much of its beginning as fits into a width with `…` after it. Nothing if not even one character fits.
pub fn shortened(text: &str, width: f64) -> String {
    // A width that was made of the text's own must fit it, whatever was rounded.
    if text_width(text) <= width + 0.1 {
        return text.to_owned();
    }
    let mut room = width - CHAR;
    let fits = |c: &char| {
        room -= char_width(*c);
        room >= -0.1
    };
    let start: String = text.chars().take_while(fits).collect();
    let start = start.trim_end();
    if start.is_empty() {
        String::new()
    } else {
        format!("{start}…")
    }
}

/// A tip: each of its lines short enough to be read at a glance.
pub fn tip(text: &str) -> String {
    let lines: Vec<String> = text
        .lines()
        .take(6)
        .map(|line| shortened(line, 90.0 * CHAR))
        .collect();
    lines.join("\n")
}

/// Hours for people.
pub fn hours(value: f64) -> String {
    thousands(Hours::new(value).map_or_else(|| format!("{value:.0}h"), Hours::in_decimals))
}

/// Minutes for people.
pub fn minutes(value: f64) -> String {
    thousands(Minutes::new(value).map_or_else(|| format!("{:.0}h", value / 60.0), Minutes::rounded))
}

/// Tasks for people.
pub fn tasks(count: u64) -> String {
    counted(count, "task", "tasks")
}

/// A factor for people.
pub fn factor(value: f64) -> String {
    thousands(format!("{value:.1}x"))
}

/// The value, if it can be placed on a scale that begins at 0.
pub fn amount(value: f64) -> Option<f64> {
    (value.is_finite() && value >= 0.0).then_some(value)
}

/// The value, if it can be placed on a scale by powers.
pub fn positive(value: f64) -> Option<f64> {
    (value.is_finite() && value > 0.0).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_have_one_decimal_at_most() {
        let written: Vec<String> = [1.0, 1.25, -0.04, 99.96, f64::NAN].into_iter().map(px).collect();
        assert_eq!(written, ["1", "1.3", "0", "100", "0"]);
    }

    #[test]
    fn texts_are_shortened_to_their_room() {
        assert_eq!(
            shortened("accounts", text_width("accounts") * BOLD / BOLD),
            "accounts"
        );
        assert_eq!(shortened("a long title", 7.0 * CHAR), "a long…");
        assert_eq!(shortened("日本語", 5.0 * CHAR), "日本…");
        assert_eq!(shortened("word", CHAR), "");
        // As the page writes it.
        assert!(text_width("\u{202e}") > 7.0 * CHAR);
    }

    #[test]
    fn a_tip_has_short_lines() {
        let tip = tip(&format!("{}\n54.1x", "x".repeat(1_000)));
        assert!(tip.len() < 100 && tip.ends_with("…\n54.1x"), "{tip}");
    }

    #[test]
    fn elements_are_closed_and_escaped() {
        assert_eq!(
            line(0.0, 1.0, 2.5, 3.0, "grid").into_string(),
            "<line x1=\"0\" y1=\"1\" x2=\"2.5\" y2=\"3\" class=\"grid\"></line>"
        );
        assert_eq!(
            text(1.0, 2.0, "<&", "").into_string(),
            "<text x=\"1\" y=\"2\">&lt;&amp;</text>"
        );
        let dot = circle(1.0, 1.0, 2.0, "dot", Some("a\"b"));
        assert_eq!(
            dot.into_string(),
            "<circle cx=\"1\" cy=\"1\" r=\"2\" class=\"dot\" data-tip=\"a&quot;b\"></circle>"
        );
    }
}
