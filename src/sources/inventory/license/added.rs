//! Whether a text says more than the licenses in it: terms of its own, before, between or behind theirs.
//!
//! What also stands in the license's own text (`texts/`) is the license. Of the rest, sentence by sentence, only forms that
//! are known to change nothing are let through: a copyright line, a title, a holder's name filled into the license's own
//! sentence, a statement of which license applies, a pointer to another file. Any other sentence may be a term, whatever its
//! words. Notices of borrowed parts may follow.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

/// So many words in a row are the license's where its text has them in a row. Fewer are common English.
const RUN: usize = 6;
/// More words than this in the middle of a license are not a name.
const LONGEST_NAME: usize = 25;

macro_rules! texts {
    ($($id:literal),* $(,)?) => {
        &[$(($id, include_str!(concat!("texts/", $id, ".txt")))),*]
    };
}

/// The texts of the licenses as SPDX has them.
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
/// Words with which a title, a name or a statement of the license describes who may do what.
const BARGAINS: &[&str] = &[
    "may",
    "use",
    "uses",
    "used",
    "user",
    "users",
    "using",
    "personal",
    "private",
    "educational",
    "academic",
    "education",
    "research",
    "evaluation",
    "internal",
    "trial",
    "home",
    "company",
    "companies",
    "business",
    "businesses",
    "employee",
    "employees",
    "enterprise",
    "corporate",
    "organisation",
    "organisations",
    "organization",
    "organizations",
    "government",
    "profit",
    "nonprofit",
    "revenue",
    "sell",
    "sells",
    "sold",
    "selling",
    "sale",
    "resale",
    "buy",
    "bought",
    "owe",
    "owes",
    "need",
    "needs",
    "ask",
    "contact",
    "denied",
    "deny",
    "banned",
    "training",
    "train",
    "hosting",
    "host",
    "hosted",
    "service",
    "saas",
    "competitor",
    "competitors",
    "competing",
    "peaceful",
    "ethical",
    "students",
    "individuals",
    "customers",
    "price",
    "percent",
    "separate",
    "subject",
    "accept",
    "whoever",
    "anyone",
    "everyone",
    "forbid",
    "forbids",
    "embargo",
    "production",
    "expires",
    "proprietary",
    "confidential",
    "has",
    "have",
    "should",
    "if",
];
/// How a sentence says which license applies.
const STATEMENTS: &[&[&str]] = &[
    &["licensed", "under"],
    &["released", "under"],
    &["distributed", "under"],
    &["available", "under"],
    &["provided", "under"],
    &["published", "under"],
    &["covered", "by", "the"],
    &["under", "the", "terms"],
    &["is", "free", "software"],
    &["is", "open", "source"],
    &["dual", "licensed"],
    &["at", "your", "option"],
    &["license", "text"],
    &["license", "applies", "to"],
    &["the", "following", "license"],
    &["following", "licenses"],
];
/// What the files that a pointer names and the people in a copyright line are called besides their names.
const LINKING: &[&str] = &[
    "and",
    "the",
    "of",
    "by",
    "others",
    "other",
    "contributors",
    "authors",
    "author",
    "contributor",
    "et",
    "al",
    "de",
    "van",
    "von",
    "present",
];
/// A full stop behind these ends no sentence.
const ABBREVIATIONS: &[&str] = &[
    "inc", "co", "ltd", "corp", "llc", "st", "jr", "sr", "dr", "mr", "ms", "e", "g", "i", "v", "no", "etc",
    "bros", "al",
];
/// More words than this are not a title.
const LONGEST_TITLE: usize = 9;
/// More words than this say more than which license applies, or where something stands.
const LONGEST_STATEMENT: usize = 40;
/// Said where notices of borrowed parts begin.
const PARTS: &[&[&str]] = &[
    &["this", "product", "bundles"],
    &["this", "product", "includes"],
    &["this", "software", "includes"],
    &["this", "project", "includes"],
    &["this", "project", "uses"],
    &["this", "software", "contains"],
    &["includes", "code"],
    &["contains", "code"],
    &["includes", "software"],
];
/// Said there and elsewhere: by themselves they are not a sign in a sentence that commands or bargains.
const PERHAPS_PARTS: &[&[&str]] = &[
    &["third", "party"],
    &["thirdparty"],
    &["subcomponents"],
    &["dependencies"],
    &["derived", "from"],
    &["based", "on"],
];

/// A word in lower case, and its position.
struct Word {
    text: String,
    /// Whether it began with a capital, a digit or something else that a name begins with.
    is_name: bool,
    /// Whether a sentence, a paragraph or a line of its own begins here.
    begins: bool,
    /// Whether a full stop or its like follows.
    is_end: bool,
}

/// Whether a text that holds the licenses `ids` has terms beside them.
pub(super) fn has_added_terms(text: &str, ids: &[&str]) -> bool {
    let own = runs_of(ids);
    let words = words(text);
    let is_own = covered(&words, &own);
    let Some(first) = is_own.iter().position(|is_own| *is_own) else {
        return false;
    };
    let is_own_at = |at: usize| is_own.get(at).copied().unwrap_or(false);
    let mut after_copyright = false;
    let mut at = 0;
    while at < words.len() {
        if is_own[at] {
            after_copyright = false;
            at += 1;
            continue;
        }
        let end = (at + 1..words.len())
            .find(|next| is_own[*next] || words[*next].begins)
            .unwrap_or(words.len());
        let piece = &words[at..end];
        if at > first && speaks_of_parts(piece) {
            return false;
        }
        let joins_before = !words[at].begins && at > 0 && is_own_at(at - 1);
        let joins_behind = is_own_at(end) && !words[end].begins;
        let is_harmless = match joins_before || joins_behind {
            true => piece.len() <= LONGEST_NAME && !bargains(piece),
            false => is_known(piece, after_copyright),
        };
        if !is_harmless {
            return true;
        }
        after_copyright = is_copyright(piece) || after_copyright && is_names(piece);
        at = end;
    }
    false
}

/// The runs of words in the texts of these licenses, hashed.
fn runs_of(ids: &[&str]) -> HashSet<u64> {
    let texts = TEXTS
        .iter()
        .filter(|(id, _)| ids.contains(id))
        .map(|(_, text)| *text);
    // The lesser license is said to add to the other.
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

fn hashed(words: &[Word]) -> u64 {
    let mut hasher = DefaultHasher::new();
    words.iter().for_each(|word| word.text.hash(&mut hasher));
    hasher.finish()
}

/// Which words belong to a run that the licenses have.
fn covered(words: &[Word], own: &HashSet<u64>) -> Vec<bool> {
    let mut is_own = vec![false; words.len()];
    for (at, run) in words.windows(RUN).enumerate() {
        if own.contains(&hashed(run)) {
            is_own[at..at + RUN].fill(true);
        }
    }
    is_own
}

fn has_phrase(piece: &[Word], phrases: &[&[&str]]) -> bool {
    let says =
        |words: &[Word], phrase: &[&str]| words.iter().zip(phrase).all(|(word, said)| word.text == *said);
    phrases
        .iter()
        .any(|phrase| piece.windows(phrase.len()).any(|words| says(words, phrase)))
}

fn begins_with(piece: &[Word], starts: &[&str]) -> bool {
    piece
        .first()
        .is_some_and(|word| starts.contains(&word.text.as_str()))
}

fn speaks_of_parts(piece: &[Word]) -> bool {
    has_phrase(piece, PARTS) || has_phrase(piece, PERHAPS_PARTS) && !bargains(piece)
}

/// Whether it commands, forbids or bargains.
fn bargains(piece: &[Word]) -> bool {
    let is = |word: &Word, list: &[&str]| list.contains(&word.text.as_str());
    piece
        .iter()
        .any(|word| is(word, TERMS) || is(word, BARGAINS) && !is_month(piece, word))
}

/// `May 2012`.
fn is_month(piece: &[Word], word: &Word) -> bool {
    let is_year = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    word.text == "may"
        && word.is_name
        && piece
            .windows(2)
            .any(|pair| std::ptr::eq(&raw const pair[0], word) && is_year(&pair[1].text))
}

/// Whether a sentence of its own is one that changes nothing.
fn is_known(piece: &[Word], after_copyright: bool) -> bool {
    if is_all_rights(piece) || begins_with(piece, &["spdx"]) && piece.len() <= LONGEST_TITLE {
        return true;
    }
    if bargains(piece) {
        return false;
    }
    let is_short = piece.len() <= LONGEST_STATEMENT;
    is_copyright(piece)
        || is_title(piece)
        || after_copyright && is_names(piece)
        || is_short && (has_phrase(piece, STATEMENTS) || begins_with(piece, &["see", "please"]))
}

fn is_all_rights(piece: &[Word]) -> bool {
    piece.len() == 3 && has_phrase(piece, &[&["all", "rights", "reserved"]])
}

fn is_copyright(piece: &[Word]) -> bool {
    let is_year = |word: &Word| word.text.len() == 4 && word.text.bytes().all(|byte| byte.is_ascii_digit());
    let is_said = piece.iter().take(3).any(|word| {
        matches!(
            word.text.as_str(),
            "copyright" | "copyrights" | "copyrighted" | "c"
        )
    });
    is_said || piece.first().is_some_and(is_year)
}

/// A title, or the name of something: short, and no sentence.
fn is_title(piece: &[Word]) -> bool {
    let is_sentence = piece.last().is_some_and(|word| word.is_end);
    piece.len() <= if is_sentence { 3 } else { LONGEST_TITLE }
}

fn is_names(piece: &[Word]) -> bool {
    let is_linking = |word: &Word| LINKING.contains(&word.text.as_str());
    piece.iter().all(|word| word.is_name || is_linking(word))
}

/// Words in lower case, without addresses, quotes, and the marks of lists and comments.
fn words(text: &str) -> Vec<Word> {
    let text = text.replace(['\'', '’', '‘', '“', '”', '`', '"'], "");
    let mut words: Vec<Word> = Vec::new();
    let mut begins = true;
    for line in text.lines() {
        let marked =
            line.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '>' | '/' | ';' | '|'));
        let bare = marked.trim_matches(|c: char| !c.is_alphanumeric() && c != '(' && c != '©');
        // A blank line, a list or a heading of Markdown, and a copyright line begin something.
        begins |= bare.is_empty() || marked.starts_with(['#', '*', '-', '+']) && !bare.is_empty();
        let is_copyright = ["copyright", "(c)", "©", "portions copyright"]
            .iter()
            .any(|start| bare.to_lowercase().starts_with(start));
        begins |= is_copyright;
        for word in line.split_whitespace() {
            let is_address = word.contains("://") || word.contains('@');
            let parts = word
                .split(|c: char| !c.is_alphanumeric())
                .filter(|part| !part.is_empty());
            for part in parts.filter(|_| !is_address) {
                words.push(Word {
                    text: part.to_lowercase().replace("licence", "license"),
                    is_name: part.starts_with(|c: char| !c.is_lowercase()),
                    begins: std::mem::take(&mut begins),
                    is_end: false,
                });
            }
            if let Some(last) = words.last_mut().filter(|last| ends_sentence(word, &last.text)) {
                last.is_end = true;
                begins = true;
            }
        }
        begins |= is_copyright;
    }
    words
}

/// Whether a sentence ends with a word as it is written. A number before a full stop is one of a list.
fn ends_sentence(written: &str, word: &str) -> bool {
    let written = written.trim_end_matches([')', ']', '*', '_']);
    let is_number = word.bytes().all(|byte| byte.is_ascii_digit());
    written.ends_with(['!', '?'])
        || written.ends_with('.') && !is_number && word.chars().count() > 1 && !ABBREVIATIONS.contains(&word)
}
