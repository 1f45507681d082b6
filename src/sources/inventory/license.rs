//! License texts → SPDX ids.
//!
//! A name alone proves nothing: it also stands in notices, in terms of another license and in lists of borrowed parts. So
//! the title has to stand near the start and the sentences that grant something have to be there; terms that restrict what
//! follows them leave a text without an id, or with one that says so. Unknown is better than too permissive.

mod added;

/// A license by its own words.
struct Text {
    id: &'static str,
    /// All near the start. The first one is where the license begins.
    near_start: &'static [&'static str],
    /// All somewhere.
    holds: &'static [&'static str],
    /// None anywhere.
    lacks: &'static [&'static str],
}

const fn text(
    id: &'static str,
    near_start: &'static [&'static str],
    holds: &'static [&'static str],
    lacks: &'static [&'static str],
) -> Text {
    Text {
        id,
        near_start,
        holds,
        lacks,
    }
}

const CC: &[&str] = &["to exercise the licensed rights in the licensed material"];
const MIT: &str = "permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated \
                   documentation files";
const MIT_NOTICE: &str = "the above copyright notice and this permission notice";
const DEAL: &str = "to deal in the software without restriction";
const BSD: &str = "redistribution and use in source and binary forms, with or without modification, are permitted provided that \
                   the following conditions";
const BSD_SOURCE: &str = "must retain the above copyright notice";
const ISC: &str = "distribute this software for any purpose with or without fee is hereby granted";

/// Texts that say on what terms one may not use, sell or host the work: those that name a free license come first.
const RESTRICTIVE: &[Text] = &[
    text(
        "BUSL-1.1",
        &["business source license"],
        &["make non-production use of the licensed work"],
        &[],
    ),
    text(
        "FSL-1.1-MIT",
        &["functional source license, version 1.1", "mit future license"],
        &["any purpose other than a competing use"],
        &[],
    ),
    text(
        "FSL-1.1-ALv2",
        &["functional source license, version 1.1", "alv2 future license"],
        &["any purpose other than a competing use"],
        &[],
    ),
    text(
        "FSL-1.1-ALv2",
        &[
            "functional source license, version 1.1",
            "apache 2.0 future license",
        ],
        &["any purpose other than a competing use"],
        &[],
    ),
    text(
        "Elastic-2.0",
        &["elastic license 2.0"],
        &["you may not provide the software to third parties as a hosted or managed service"],
        &[],
    ),
    text(
        "SSPL-1.0",
        &["server side public license version 1"],
        &[
            "if you make the functionality of the program or a modified version available to third parties as a service",
        ],
        &[],
    ),
    text(
        "PolyForm-Noncommercial-1.0.0",
        &["polyform noncommercial license 1.0.0"],
        &["any noncommercial purpose is a permitted purpose"],
        &[],
    ),
    text(
        "PolyForm-Small-Business-1.0.0",
        &["polyform small business license 1.0.0"],
        &["use of the software for the benefit of your company is"],
        &[],
    ),
    text(
        "CC-BY-NC-SA-4.0",
        &["attribution-noncommercial-sharealike 4.0 international"],
        CC,
        &[],
    ),
    text(
        "CC-BY-NC-ND-4.0",
        &["attribution-noncommercial-noderivatives 4.0 international"],
        CC,
        &[],
    ),
    text(
        "CC-BY-NC-4.0",
        &["attribution-noncommercial 4.0 international"],
        CC,
        &[],
    ),
    text(
        "CC-BY-ND-4.0",
        &["attribution-noderivatives 4.0 international"],
        CC,
        &[],
    ),
];

/// Free licenses. The first that fits wins.
const FREE: &[Text] = &[
    text(
        "AGPL-3.0-only",
        &["gnu affero general public license version 3"],
        &["interacting with it remotely through a computer network"],
        &[],
    ),
    text(
        "LGPL-3.0-only",
        &["gnu lesser general public license version 3"],
        &["as used herein, this license refers to version 3 of the gnu lesser general public license"],
        &[],
    ),
    text(
        "LGPL-2.1-only",
        &["gnu lesser general public license version 2.1"],
        &["this license agreement applies to any software library"],
        &[],
    ),
    text(
        "LGPL-2.0-only",
        &["gnu library general public license version 2"],
        &["this license agreement applies to any software library"],
        &[],
    ),
    text(
        "GPL-3.0-only",
        &["gnu general public license version 3"],
        &["you may make, run and propagate covered works that you do not convey"],
        &[],
    ),
    text(
        "GPL-2.0-only",
        &["gnu general public license version 2"],
        &["you may copy and distribute verbatim copies of the programs source code"],
        &[],
    ),
    text(
        "Apache-2.0",
        &["apache license version 2.0"],
        &[
            "each contributor hereby grants to you a perpetual, worldwide, non-exclusive, no-charge, royalty-free, irrevocable copyright license",
        ],
        &[],
    ),
    text(
        "MPL-2.0",
        &["mozilla public license", "version 2.0"],
        &["each contributor hereby grants you a world-wide, royalty-free, non-exclusive license"],
        &[],
    ),
    text(
        "MPL-1.1",
        &["mozilla public license version 1.1"],
        &["the initial developer hereby grants you a world-wide, royalty-free, non-exclusive license"],
        &[],
    ),
    text(
        "EPL-2.0",
        &["eclipse public license - v 2.0"],
        &[
            "each contributor hereby grants recipient a non-exclusive, worldwide, royalty-free copyright license",
        ],
        &[],
    ),
    text(
        "EPL-1.0",
        &["eclipse public license - v 1.0"],
        &[
            "each contributor hereby grants recipient a non-exclusive, worldwide, royalty-free copyright license",
        ],
        &[],
    ),
    text(
        "EUPL-1.2",
        &["european union public licence", "1.2"],
        &["grants you a worldwide, royalty-free, non-exclusive, sublicensable licence"],
        &[],
    ),
    text(
        "BSL-1.0",
        &["boost software license - version 1.0"],
        &[
            "permission is hereby granted, free of charge, to any person or organization obtaining a copy of the software",
        ],
        &[],
    ),
    text(
        "CC0-1.0",
        &["cc0 1.0 universal"],
        &["affirmer hereby overtly, fully, permanently, irrevocably and unconditionally waives"],
        &[],
    ),
    text(
        "CC-BY-4.0",
        &["attribution 4.0 international"],
        CC,
        &["noncommercial", "sharealike"],
    ),
    text(
        "CC-BY-SA-4.0",
        &["attribution-sharealike 4.0 international"],
        CC,
        &["noncommercial"],
    ),
    text(
        "Unlicense",
        &["this is free and unencumbered software released into the public domain"],
        &["anyone is free to copy, modify, publish, use, compile, sell, or distribute this software"],
        &[],
    ),
    text(
        "WTFPL",
        &["do what the fuck you want to public license"],
        &["you just do what the fuck you want to"],
        &[],
    ),
    text(
        "Artistic-2.0",
        &["the artistic license 2.0"],
        &["you may distribute verbatim copies of the source form of the standard version of this package"],
        &[],
    ),
    text(
        "PSF-2.0",
        &["python software foundation license version 2"],
        &["psf hereby grants licensee a nonexclusive, royalty-free, world-wide license"],
        &[],
    ),
    text(
        "OFL-1.1",
        &["sil open font license version 1.1"],
        &["to any person obtaining a copy of the font software, to use, study, copy, merge, embed"],
        &[],
    ),
    text(
        "NCSA",
        &[MIT],
        &["the software without restriction", BSD_SOURCE],
        &[],
    ),
    text(
        "JSON",
        &[MIT],
        &[DEAL, "the software shall be used for good, not evil"],
        &[],
    ),
    text(
        "X11",
        &[MIT],
        &[DEAL, MIT_NOTICE, "except as contained in this notice, the name"],
        &[],
    ),
    text("MIT", &[MIT], &[DEAL, MIT_NOTICE], &[]),
    text(
        "MIT-0",
        &[MIT],
        &[DEAL],
        &["subject to the following", "provided that", "on condition"],
    ),
    text(
        "PostgreSQL",
        &[
            "permission to use, copy, modify, and distribute this software and its documentation for any purpose, without fee, and without a written agreement",
        ],
        &["this paragraph and the following two paragraphs appear in all copies"],
        &[],
    ),
    text(
        "ISC",
        &[ISC],
        &["provided that the above copyright notice and this permission notice appear in all copies"],
        &[],
    ),
    text(
        "0BSD",
        &[ISC],
        &["the software is provided as is"],
        &["provided that", "subject to"],
    ),
    text(
        "Zlib",
        &[
            "permission is granted to anyone to use this software for any purpose, including commercial applications",
        ],
        &["altered source versions must be plainly marked as such"],
        &[],
    ),
    text(
        "BSD-4-Clause",
        &[BSD],
        &[
            BSD_SOURCE,
            "all advertising materials mentioning",
            "endorse or promote",
        ],
        &["may not be called"],
    ),
    text(
        "BSD-3-Clause-Clear",
        &[
            "redistribution and use in source and binary forms, with or without modification, are permitted (subject to the limitations in the disclaimer below)",
        ],
        &[BSD_SOURCE, "endorse or promote", "patent rights are granted"],
        &[],
    ),
    text(
        "BSD-3-Clause",
        &[BSD],
        &[BSD_SOURCE, "endorse or promote"],
        &["may not be called", "all advertising materials", "nuclear"],
    ),
    text(
        "BSD-2-Clause",
        &[BSD],
        &[BSD_SOURCE, "must reproduce the above copyright notice"],
        &["endorse or promote", "all advertising materials"],
    ),
];

/// What may be added to any license: the work may not be sold.
const COMMONS_CLAUSE: &str = "commons clause";
/// Wherever they stand, the rest is not what it looks like.
const ADDED_TERMS: &[&str] = &[
    "non-commercial purposes only",
    "noncommercial purposes only",
    "non-commercial use only",
    "noncommercial use only",
    "not for commercial use",
];
/// Near the start they say that what follows is of a part, or of something else.
const OTHER_TERMS: &[&str] = &[
    "proprietary",
    "confidential",
    "business source license",
    "functional source license",
    "change license",
    "portions of this",
    "is licensed as follows",
    "are licensed as follows",
    "enterprise license",
];
/// Before a license they withdraw what it grants, or make it that of another work.
const BEFORE: &[&str] = &[
    "third-party",
    "third party",
    "may not",
    "must not",
    "prohibited",
    "not permitted",
    "no permission",
    "no license",
];

/// What the owner of a work says who gives nothing.
const RESERVED: &[&str] = &["proprietary", "confidential", "all rights reserved"];
/// What somebody says who gives something.
const GRANTS: &[&str] = &[
    "grant",
    "permission",
    "permitted",
    "you may",
    "licensed under",
    "redistribut",
    "free software",
    "open source",
    "public domain",
];
/// Said before several licenses of which one may choose.
const CHOICE: &[&str] = &["dual", "either", "at your option", " or "];

/// How much of a file is looked at: more than the longest license.
const MOST_BYTES: usize = 64 << 10;
/// How far down a title may stand, in bytes: some explain it first.
const START: usize = 1500;
/// The shortest license has more words than this; a name or a reference has fewer.
const FEW_WORDS: usize = 12;
/// Files with these endings are about licenses.
const NO_TEXT: &[&str] = &[
    "rs", "go", "py", "js", "mjs", "cjs", "ts", "jsx", "tsx", "java", "kt", "c", "h", "cc", "cpp", "hpp",
    "cs", "rb", "php", "swift", "sh", "pl", "json", "yml", "yaml", "toml", "xml", "lock", "csv", "css",
    "png", "jpg", "jpeg", "gif", "svg", "tmpl",
];

/// Whether a file of this name holds a license text.
pub(super) fn is_license_file(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let begins = ["license", "licence", "copying", "unlicense", "mit-license"]
        .iter()
        .any(|start| {
            name.strip_prefix(start)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
        });
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    begins && !NO_TEXT.contains(&ending)
}

/// Whether this is prose, and more than a name; few words are enough to keep all rights.
pub(super) fn is_text(content: &[u8]) -> bool {
    let head = content.get(..MOST_BYTES).unwrap_or(content);
    let text = String::from_utf8_lossy(head);
    memchr::memchr(0, head).is_none()
        && (text.split_whitespace().nth(FEW_WORDS).is_some() || is_reserved(&plain(head)))
}

/// The SPDX ids of the licenses in a text, where they are known. Those with a `LicenseRef-` are of our making: SPDX has none.
pub(super) fn spdx_of(content: &[u8]) -> Vec<&'static str> {
    let content = content.get(..MOST_BYTES).unwrap_or(content);
    let plain = plain(content);
    if plain.contains(COMMONS_CLAUSE) {
        return vec!["LicenseRef-Commons-Clause"];
    }
    if let Some(text) = RESTRICTIVE.iter().find(|text| text.start_in(&plain).is_some()) {
        return vec![text.id];
    }
    if has_any(&plain, ADDED_TERMS) {
        return Vec::new();
    }
    let Free { ids, all } = free(&plain);
    if ids.is_empty() && is_reserved(&plain) {
        return vec!["LicenseRef-Proprietary"];
    }
    if !ids.is_empty() && added::has_added_terms(&String::from_utf8_lossy(content), &all) {
        return Vec::new();
    }
    ids
}

/// The free licenses of a text.
#[derive(Default)]
struct Free {
    /// Those of the work.
    ids: Vec<&'static str>,
    /// With those of parts of it.
    all: Vec<&'static str>,
}

/// The free licenses in the order in which they stand. One far down is of a part of the work, unless there is a choice.
fn free(plain: &str) -> Free {
    if has_any(start_of(plain), OTHER_TERMS) {
        return Free::default();
    }
    let found = FREE
        .iter()
        .filter_map(|text| Some((text.start_in(plain)?, text.id)));
    let mut found: Vec<(usize, &'static str)> = found.collect();
    found.sort_by_key(|(at, _)| *at);
    // Several begin with the same words: the first of the list is the one.
    found.dedup_by_key(|(at, _)| *at);
    let Some((first, _)) = found.first().copied().filter(|(at, _)| *at <= START) else {
        return Free::default();
    };
    let all = found.iter().map(|(_, id)| *id).collect();
    let has_choice = has_any(&plain[..first], CHOICE);
    found.retain(|(at, _)| has_choice || *at <= START);
    let ids = found.into_iter().map(|(_, id)| id).collect();
    Free { ids, all }
}

fn is_reserved(plain: &str) -> bool {
    has_any(plain, RESERVED) && !has_any(plain, GRANTS) || start_of(plain).starts_with("proprietary")
}

fn start_of(plain: &str) -> &str {
    let end = (0..=START.min(plain.len()))
        .rev()
        .find(|at| plain.is_char_boundary(*at));
    &plain[..end.unwrap_or_default()]
}

fn has_any(plain: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| plain.contains(phrase))
}

impl Text {
    /// Where its title stands in a text that is this license.
    fn start_in(&self, plain: &str) -> Option<usize> {
        let (title, more) = self.near_start.split_first()?;
        let at = memchr::memmem::find(plain.as_bytes(), title.as_bytes())?;
        let near = start_of(&plain[at..]);
        let fits = !has_any(&plain[..at], BEFORE)
            && more.iter().all(|phrase| near.contains(phrase))
            && self.holds.iter().all(|phrase| plain.contains(phrase))
            && !has_any(plain, self.lacks);
        fits.then_some(at)
    }
}

/// Words in lower case with one space between, without quotes and the marks of comments and Markdown.
fn plain(content: &[u8]) -> String {
    let lower = String::from_utf8_lossy(content)
        .to_lowercase()
        .replace(['\'', '’', '‘', '“', '”', '`', '"'], "");
    lower
        .split(|c: char| c.is_whitespace() || matches!(c, '*' | '#' | '/' | '>' | '_' | '\u{feff}' | '='))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRANT: &str = "Each Contributor hereby grants to You a perpetual,\n   worldwide, non-exclusive, no-charge, royalty-free, \
                         irrevocable\n   copyright license to reproduce";
    const MIT_TEXT: &str = "MIT License\n\nCopyright (c) 2026 Ada\n\nPermission is hereby granted, free of charge, to any person \
                            obtaining a copy\nof this software and associated documentation files (the \"Software\"), to deal\n\
                            in the Software without restriction, subject to the following conditions:\n\n# The above copyright \
                            notice and this permission\nnotice shall be included in all\ncopies.\n";
    const BSD_TEXT: &str = "Redistribution and use in source and binary forms, with or without modification, are permitted \
                            provided that the following conditions are met:\n * Redistributions of source code must retain the \
                            above copyright notice\n * Redistributions in binary form must reproduce the above copyright notice";

    fn told(text: &str) -> Option<&'static str> {
        let ids = spdx_of(text.as_bytes());
        assert!(ids.len() <= 1, "{ids:?}");
        ids.first().copied()
    }

    #[test]
    fn texts_are_told_apart() {
        let apache = format!("                Apache License\n          Version 2.0, January 2004\n{GRANT}");
        assert_eq!(told(&apache), Some("Apache-2.0"));
        assert_eq!(told(MIT_TEXT), Some("MIT"));
        assert_eq!(told(BSD_TEXT), Some("BSD-2-Clause"));
        assert_eq!(
            told(&format!("{BSD_TEXT}\n * … to endorse or promote products")),
            Some("BSD-3-Clause")
        );
        for (text, id) in [
            (
                "GNU GENERAL PUBLIC LICENSE\n Version 2, June 1991\n\nYou may copy and distribute verbatim copies of the Program's\nsource code",
                Some("GPL-2.0-only"),
            ),
            (
                "Permission to use, copy, modify, and/or distribute this software for any\npurpose with or without fee is hereby granted, provided that the above\ncopyright notice and this permission notice appear in all copies.",
                Some("ISC"),
            ),
            (
                "Permission to use, copy, modify, and distribute this software and its documentation for any purpose, without fee, and without a written agreement is hereby granted, provided that the above copyright notice and this paragraph and the following two paragraphs appear in all copies.",
                Some("PostgreSQL"),
            ),
            ("MIT", None),
            ("", None),
        ] {
            assert_eq!(told(text), id, "{text}");
        }
    }

    #[test]
    fn a_free_license_that_is_only_named_is_not_given() {
        for text in [
            "Apache License\nVersion 2.0",
            "The server follows the GNU General Public License, version 3, in spirit.",
            "Functional Source License, Version 1.0\nGrant of Future License\nApache License, Version 2.0",
        ] {
            assert_eq!(told(text), None, "{text}");
        }
        let apache = format!("Apache License\nVersion 2.0, January 2004\n{GRANT}");
        for before in [
            "You may not use this work. Borrowed parts:\n",
            "Portions of this software are licensed as follows: what lies in ee/ is ours.\n",
        ] {
            assert_eq!(told(&format!("{before}{apache}")), None, "{before}");
            assert_eq!(told(&format!("{before}{MIT_TEXT}")), None, "{before}");
        }
        let far = "The kiln burns wood. ".repeat(100);
        assert_eq!(told(&format!("{far}{apache}")), None);
    }

    #[test]
    fn what_keeps_rights_has_an_id_that_says_so() {
        let proprietary = Some("LicenseRef-Proprietary");
        for text in [
            "Copyright 2026 Ada. All rights reserved.",
            "PROPRIETARY\n\nNobody may copy this. Third-party parts are under the Apache License, Version 2.0.",
            "Confidential property of Ada. No part of it is to be copied.",
        ] {
            assert_eq!(told(text), proprietary, "{text}");
            assert!(is_text(text.as_bytes()), "{text}");
        }
        let kept = format!("PROPRIETARY. Third-party parts:\n{MIT_TEXT}");
        assert_eq!(told(&kept), proprietary);
        let free = format!("Copyright 2026 Ada. All rights reserved.\n\n{BSD_TEXT}");
        assert_eq!(told(&free), Some("BSD-2-Clause"));
        let rider = "\"Commons Clause\" License Condition v1.0\nnot the right to Sell the Software.\n";
        let clause = Some("LicenseRef-Commons-Clause");
        assert_eq!(told(&format!("{rider}{MIT_TEXT}")), clause);
        assert_eq!(told(&format!("{MIT_TEXT}\n{rider}")), clause);
    }

    #[test]
    fn a_text_may_hold_several_licenses() {
        let apache = format!("Apache License\nVersion 2.0, January 2004\n{GRANT}");
        let ids = |text: &str| spdx_of(text.as_bytes());
        assert_eq!(ids(&format!("{MIT_TEXT}\n{apache}")), ["MIT", "Apache-2.0"]);
        let long = format!("{apache}\n{}", "Copyright 2026 Ada Example\n".repeat(100));
        let parts = format!("{long}\n{MIT_TEXT}");
        assert_eq!(ids(&parts), ["Apache-2.0"], "what is borrowed stands at the end");
        let choice = format!("Kiln is dual-licensed.\n\n{parts}");
        assert_eq!(ids(&choice), ["Apache-2.0", "MIT"]);
    }

    #[test]
    fn restrictive_licenses_are_told_by_their_own_name() {
        for (text, id) in [
            (
                "Business Source License 1.1\n\nChange License: Apache License, Version 2.0\n\nThe Licensor hereby grants you the right to copy, modify, create derivative works, redistribute, and make non-production use of the Licensed Work.",
                Some("BUSL-1.1"),
            ),
            (
                "\"Business Source License\" is a trademark.\nAdditional Use Grant: You may not host it.\nChange License: MPL 2.0\n\nThe Licensor hereby grants you the right to make non-production use of the Licensed Work.",
                Some("BUSL-1.1"),
            ),
            (
                "Creative Commons Attribution-NonCommercial 4.0 International\nexercise the Licensed Rights in the Licensed Material, to exercise the Licensed Rights in the Licensed Material for NonCommercial purposes only",
                Some("CC-BY-NC-4.0"),
            ),
            (
                "# Functional Source License, Version 1.1, Apache 2.0 Future License\n\nA Permitted Purpose is any purpose other than a Competing Use.",
                Some("FSL-1.1-ALv2"),
            ),
            (
                "Business Source License 1.1\nChange License: Apache License, Version 2.0",
                None,
            ),
            (
                "# Functional Source License, Version 1.1, ALv2 Future License\n\nA Permitted Purpose is any purpose other than a Competing Use. Apache License, Version 2.0",
                Some("FSL-1.1-ALv2"),
            ),
        ] {
            assert_eq!(told(text), id, "{text}");
        }
    }

    #[test]
    fn licenses_made_of_parts_of_others_are_not_these() {
        let ncsa =
            format!("{MIT_TEXT}\n * Redistributions of source code must retain the above copyright notice");
        assert_eq!(
            told(&ncsa),
            None,
            "MIT with a condition of another license is neither"
        );
        let without_notice = MIT_TEXT.replace("this permission", "these");
        assert_eq!(told(&without_notice), None, "its conditions are not MIT's");
    }

    #[test]
    fn every_license_is_told_by_its_own_text() {
        for (id, text) in added::TEXTS {
            assert_eq!(spdx_of(text.as_bytes()), [*id]);
            let windows = text.replace('\n', "\r\n");
            assert_eq!(spdx_of(windows.as_bytes()), [*id], "{id} with other line ends");
            let flowed = text
                .replace("\n\n", "\0")
                .replace('\n', " ")
                .replace('\0', "\n\n");
            assert_eq!(spdx_of(flowed.as_bytes()), [*id], "{id} with long lines");
            let curly = text.replace('"', "\u{201d}").replace('\'', "\u{2019}");
            assert_eq!(spdx_of(curly.as_bytes()), [*id], "{id} with curly quotes");
        }
    }

    #[test]
    fn a_clause_of_its_own_anywhere_leaves_no_id() {
        let clauses = [
            "The Software may not be used to make a product that is sold in an application store, unless the name of the \
             author is shown on its first screen.",
            "No military use.",
            "Companies must purchase a seat for each of their engineers.",
            "This work is for noncommercial use only.",
            "Use by a competitor is forbidden.",
        ];
        for (number, (id, text)) in added::TEXTS.iter().enumerate() {
            let paragraphs: Vec<&str> = text.trim().split("\n\n").collect();
            let count = paragraphs.len();
            // At the start, the end, and some places between.
            let places = [0, 1, 2, 3, count / 2, count - 1, count];
            for (at, place) in places.into_iter().enumerate() {
                let clause = clauses[(number + at) % clauses.len()];
                let mut with = paragraphs.clone();
                with.insert(place.min(count), clause);
                let found = spdx_of(with.join("\n\n").as_bytes());
                assert!(!found.contains(id), "{id}: {clause} at {place}: {found:?}");
            }
        }
    }

    #[test]
    fn a_sentence_that_is_not_the_licenses_may_be_a_term_whatever_its_words() {
        for (id, text) in added::TEXTS {
            for sentence in [
                "Firms that employ over fifty engineers send the author an invoice request first.",
                "Licensed for hobby projects.",
                "Shops that resell copies display our logo.",
                "Running this program sends your address to Kiln Ltd, which you allow.",
                "Hobby use.",
            ] {
                for with in [format!("{sentence}\n\n{text}"), format!("{text}\n\n{sentence}\n")] {
                    assert!(!spdx_of(with.as_bytes()).contains(id), "{id}: {sentence}");
                }
            }
            for sentence in [
                "Oven - a library for bakers",
                "See CONTRIBUTORS for the people who wrote it.",
                "This project is released under the following terms.",
                "SPDX-License-Identifier: OTHER",
                "Oven is free software.",
            ] {
                for with in [format!("{sentence}\n\n{text}"), format!("{text}\n\n{sentence}\n")] {
                    assert_eq!(spdx_of(with.as_bytes()), [*id], "{sentence}");
                }
            }
        }
    }

    #[test]
    fn names_notices_and_borrowed_parts_are_no_terms() {
        let of = |id: &str| {
            added::TEXTS
                .iter()
                .find(|(known, _)| *known == id)
                .map_or("", |(_, text)| *text)
        };
        let told = |text: &str| spdx_of(text.as_bytes());
        for (id, text) in added::TEXTS {
            let holders = "Copyright (c) 2019-2026 Ada Example and contributors (https://no.example.org/only)\n\
                           Copyright (c) 2011 The Kiln Authors <must@example.org>. All rights reserved.\n\
                           Portions Copyright \u{a9} May 2012 Oven GmbH & Co. KG\n\n";
            assert_eq!(told(&format!("# The license of Kiln\n\n{holders}{text}")), [*id]);
            assert_eq!(told(&format!("{text}\n{holders}")), [*id]);
        }
        let notice = "\n\nNOTICE\nKiln\nCopyright 2026 Ada\nThis product includes software developed at The Example \
                      Foundation (https://example.org/). It must keep this notice.\n";
        assert_eq!(told(&format!("{}{notice}", of("Apache-2.0"))), ["Apache-2.0"]);
        let bundled = format!(
            "{}\n\nThis product bundles Oven:\n\n{}",
            of("Apache-2.0"),
            of("MIT")
        );
        assert_eq!(told(&bundled), ["Apache-2.0"]);
        let named = of("BSD-3-Clause").replace("the copyright holder", "Oven, Inc.");
        assert_eq!(told(&named), ["BSD-3-Clause"]);
        let liable = of("MIT").replace("AUTHORS OR COPYRIGHT HOLDERS", "X CONSORTIUM");
        assert_eq!(told(&liable), ["MIT"]);
        let comment: Vec<String> = of("ISC").lines().map(|line| format!(" * {line}")).collect();
        assert_eq!(told(&comment.join("\n")), ["ISC"]);
    }

    #[test]
    fn names_of_license_files() {
        for name in [
            "LICENSE",
            "LICENSE-MIT",
            "licence.md",
            "COPYING",
            "UNLICENSE",
            "LICENSE.txt",
            "LICENSE.BSD",
            "LICENSE-Apache-2.0",
            "MIT-LICENSE.txt",
        ] {
            assert!(is_license_file(name), "{name}");
        }
        for name in [
            "licenses.rs",
            "license.go",
            "license-check.json",
            "copyingmachine",
            "relicense.md",
        ] {
            assert!(!is_license_file(name), "{name}");
        }
    }

    #[test]
    fn a_license_text_is_prose() {
        assert!(is_text(MIT_TEXT.as_bytes()));
        for content in [
            &b""[..],
            b"MIT",
            b"see the file LICENSE",
            b"\0 a b c d e f g h i j k l m n",
        ] {
            assert!(!is_text(content), "{content:?}");
        }
    }
}
