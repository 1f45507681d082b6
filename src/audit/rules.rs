//! All rules. Each file holds those of one theme: the questions in its `RULES`, and beside them the functions that answer.
//!
//! A claim is held against what was measured; what a rule says is never a verdict on a person, only on figures that do not
//! fit.

pub use super::rule::Rule;
use super::{claims, integrity, retractions, revisions, selection, trailers, work};

/// The themes, in the order in which their rules are listed.
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

/// The themes one after the other, joined by the compiler: iterators are not `const`.
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
