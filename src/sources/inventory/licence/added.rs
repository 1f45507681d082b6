//! Whether a text says more than the licences in it: terms of its own, before, between or behind theirs.
//!
//! One rule for all. What also stands in the licence's own text (`texts/`) is the licence; what does not is a name, a
//! heading, a notice, or a term. It is a term where it commands or forbids something, or where much of it stands in the
//! middle. Notices of borrowed parts may follow.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// So many words in a row are the licence's where its text has them in a row. Fewer are common English.
const RUN: usize = 6;
/// More words than this in the middle of a licence are no name.
const LONGEST_NAME: usize = 25;

macro_rules! texts {
    ($($id:literal),* $(,)?) => {
        &[$(($id, include_str!(concat!("texts/", $id, ".txt")))),*]
    };
}

/// The texts of the licences as SPDX has them.
pub(super) const TEXTS: &[(&str, &str)] = texts![
    "0BSD",
    "AGPL-3.0-only",
    "Apache-2.0",
    "Artistic-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSD-3-Clause-Clear",
    "BSD-4-Clause",
    "BSL-1.0",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "EPL-1.0",
    "EPL-2.0",
    "EUPL-1.2",
    "GPL-2.0-only",
    "GPL-3.0-only",
    "ISC",
    "JSON",
    "LGPL-2.0-only",
    "LGPL-2.1-only",
    "LGPL-3.0-only",
    "MIT",
    "MIT-0",
    "MPL-1.1",
    "MPL-2.0",
    "NCSA",
    "OFL-1.1",
    "PSF-2.0",
    "PostgreSQL",
    "Unlicense",
    "WTFPL",
    "X11",
    "Zlib",
];

/// Sentences that other editions of these texts have, and that change nothing.
const EDITIONS: &[&str] = &[
    "The above copyright notice and this permission notice (including the next paragraph) shall be included in all copies",
    "The views and conclusions contained in the software and documentation are those of the authors and should not be \
     interpreted as representing official policies, either expressed or implied, of the project",
    "Except as contained in this notice, the names of the above copyright holders shall not be used in advertising or \
     otherwise to promote the sale, use or other dealings in this Software without prior written authorization",
    "This license is also included with the GPL version 3 of which it is a set of additional permissions",
    "IN NO EVENT SHALL THE COPYRIGHT OWNER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, \
     EXEMPLARY, OR CONSEQUENTIAL DAMAGES",
    "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby granted",
    "Permission to use, copy, modify, and distribute this software for any purpose with or without fee is hereby granted",
    "THE SOFTWARE IS PROVIDED AS IS AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE",
    "IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT, INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES \
     WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS",
    "Everyone is permitted to copy and distribute verbatim or modified copies of this license document, and changing it is \
     allowed as long as the name is changed",
    "not limited to the warranties of merchantability",
];

/// Words that command, forbid or bargain.
const TERMS: &[&str] = &[
    "not",
    "no",
    "never",
    "only",
    "must",
    "shall",
    "cannot",
    "cant",
    "dont",
    "except",
    "excluding",
    "unless",
    "without",
    "prohibited",
    "prohibits",
    "forbidden",
    "disallowed",
    "restricted",
    "restriction",
    "restrictions",
    "required",
    "requires",
    "noncommercial",
    "commercial",
    "military",
    "weapon",
    "weapons",
    "nuclear",
    "agree",
    "agrees",
    "consent",
    "approval",
    "fee",
    "fees",
    "royalty",
    "royalties",
    "pay",
    "payment",
    "purchase",
    "provided",
    "however",
    "limited",
    "terminate",
    "terminates",
    "revoked",
    "additional",
    "addendum",
    "amended",
    "obligated",
    "liable",
    "condition",
    "conditions",
    "exclusively",
    "solely",
];
/// What follows `may` where that is no month and no name.
const AFTER_MAY: &[&str] = &["not", "only", "be", "use", "neither", "never", "no"];
/// Said where notices of borrowed parts begin.
const PARTS: &[&[&str]] = &[
    &["third", "party"],
    &["thirdparty"],
    &["this", "product", "bundles"],
    &["this", "product", "includes"],
    &["this", "software", "includes"],
    &["this", "project", "includes"],
    &["this", "project", "uses"],
    &["this", "software", "contains"],
    &["includes", "code"],
    &["contains", "code"],
    &["includes", "software"],
    &["subcomponents"],
    &["dependencies"],
    &["derived", "from"],
    &["based", "on"],
];

/// Whether a text that holds the licences `ids` has terms beside them.
pub(super) fn has_added_terms(text: &str, ids: &[&str]) -> bool {
    let own = runs_of(ids);
    let words = words(text);
    let is_own = covered(&words, &own);
    let Some(first) = is_own.iter().position(|is_own| *is_own) else {
        return false;
    };
    let last = is_own.iter().rposition(|is_own| *is_own).unwrap_or(first);
    let mut after_parts = false;
    let mut at = 0;
    while at < words.len() {
        let end = (at..words.len())
            .find(|next| is_own[*next] != is_own[at])
            .unwrap_or(words.len());
        let run = &words[at..end];
        if !is_own[at] {
            after_parts |= at > first && speaks_of_parts(run);
            let is_long = ids.len() == 1 && at > first && end <= last && run.len() > LONGEST_NAME;
            if !after_parts && (is_long || is_term(run)) {
                return true;
            }
        }
        at = end;
    }
    false
}

/// The runs of words in the texts of these licences, hashed.
fn runs_of(ids: &[&str]) -> HashSet<u64> {
    let texts = TEXTS
        .iter()
        .filter(|(id, _)| ids.contains(id))
        .map(|(_, text)| *text);
    // The lesser licence is said to add to the other.
    let with_gpl = ids.contains(&"LGPL-3.0-only");
    let gpl = TEXTS
        .iter()
        .filter(|(id, _)| with_gpl && *id == "GPL-3.0-only")
        .map(|(_, text)| *text);
    texts
        .chain(gpl)
        .chain(EDITIONS.iter().copied())
        .flat_map(|text| words(text).windows(RUN).map(hashed).collect::<Vec<_>>())
        .collect()
}

fn hashed(words: &[String]) -> u64 {
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    hasher.finish()
}

/// Which words belong to a run that the licences have.
fn covered(words: &[String], own: &HashSet<u64>) -> Vec<bool> {
    let mut is_own = vec![false; words.len()];
    for (at, run) in words.windows(RUN).enumerate() {
        if own.contains(&hashed(run)) {
            is_own[at..at + RUN].fill(true);
        }
    }
    is_own
}

fn speaks_of_parts(run: &[String]) -> bool {
    PARTS
        .iter()
        .any(|phrase| run.windows(phrase.len()).any(|words| words == *phrase))
}

fn is_term(run: &[String]) -> bool {
    let is_rule = |words: &[String]| words[0] == "may" && AFTER_MAY.contains(&words[1].as_str());
    run.iter().any(|word| TERMS.contains(&word.as_str())) || run.windows(2).any(is_rule)
}

/// Words in lower case, without addresses, quotes, and the marks of lists and comments.
fn words(text: &str) -> Vec<String> {
    let lower = text
        .to_lowercase()
        .replace(['\'', '’', '‘', '“', '”', '`', '"'], "");
    lower
        .split_whitespace()
        .filter(|word| !word.contains("://") && !word.contains('@'))
        .flat_map(|word| word.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
        .map(|word| word.replace("licence", "license"))
        .collect()
}
