//! All rules. Each file contains those of one topic: the questions in its `RULES`, and the functions that answer them.
//!
//! Rules compare claims with measurements. A finding is about figures that do not fit, never about a person.

pub use super::rule::Rule;
use super::{claims, integrity, retractions, revisions, selection, trailers, work};

/// The topics, in the order in which their rules are listed.
const THEMES: [&[Rule]; 7] = [
    revisions::RULES,
    retractions::RULES,
    claims::RULES,
    work::RULES,
    trailers::RULES,
    selection::RULES,
    integrity::RULES,
];

/// All rules, in the order in which they are listed.
pub const RULES: &[Rule] = &ALL;

static ALL: [Rule; COUNT] = all();

const COUNT: usize = {
    let (mut count, mut theme) = (0, 0);
    while theme < THEMES.len() {
        count += THEMES[theme].len();
        theme += 1;
    }
    count
};

/// The topics joined at compile time: iterators are not `const`.
const fn all() -> [Rule; COUNT] {
    let mut all = [THEMES[0][0]; COUNT];
    let (mut filled, mut theme) = (0, 0);
    while theme < THEMES.len() {
        let mut rule = 0;
        while rule < THEMES[theme].len() {
            all[filled] = THEMES[theme][rule];
            filled += 1;
            rule += 1;
        }
        theme += 1;
    }
    all
}
