//! Licence texts → SPDX ids, by sentences that only one licence has.

/// Phrases that must all be there, those that must not, and the id they mean. The first that fits wins.
const TEXTS: &[(&[&str], &[&str], &str)] = &[
    (
        &["gnu affero general public license", "version 3"],
        &[],
        "AGPL-3.0-only",
    ),
    (
        &["gnu lesser general public license", "version 3"],
        &[],
        "LGPL-3.0-only",
    ),
    (
        &["gnu lesser general public license", "version 2.1"],
        &[],
        "LGPL-2.1-only",
    ),
    (
        &["gnu library general public license"],
        &["gnu general public license version"],
        "LGPL-2.0-only",
    ),
    (&["gnu general public license", "version 3"], &[], "GPL-3.0-only"),
    (&["gnu general public license", "version 2"], &[], "GPL-2.0-only"),
    (&["apache license", "version 2.0"], &[], "Apache-2.0"),
    (&["mozilla public license", "2.0"], &[], "MPL-2.0"),
    (&["mozilla public license", "1.1"], &[], "MPL-1.1"),
    (&["eclipse public license - v 2.0"], &[], "EPL-2.0"),
    (&["eclipse public license - v 1.0"], &[], "EPL-1.0"),
    (&["european union public licence", "1.2"], &[], "EUPL-1.2"),
    (&["boost software license - version 1.0"], &[], "BSL-1.0"),
    (&["business source license 1.1"], &[], "BUSL-1.1"),
    (&["cc0 1.0 universal"], &[], "CC0-1.0"),
    (
        &["attribution 4.0 international"],
        &["sharealike 4.0", "noncommercial"],
        "CC-BY-4.0",
    ),
    (&["attribution-sharealike 4.0 international"], &[], "CC-BY-SA-4.0"),
    (
        &["this is free and unencumbered software released into the public domain"],
        &[],
        "Unlicense",
    ),
    (&["do what the fuck you want to public license"], &[], "WTFPL"),
    (&["the artistic license 2.0"], &[], "Artistic-2.0"),
    (&["python software foundation license version 2"], &[], "PSF-2.0"),
    (&["sil open font license", "1.1"], &[], "OFL-1.1"),
    (
        &[
            "permission is hereby granted, free of charge, to any person obtaining a copy",
            "the above copyright notice and this permission notice",
        ],
        &[],
        "MIT",
    ),
    (
        &["permission is hereby granted, free of charge, to any person obtaining a copy"],
        &[],
        "MIT-0",
    ),
    (
        &[
            "permission to use, copy, modify, and/or distribute this software",
            "provided that the above copyright notice",
        ],
        &[],
        "ISC",
    ),
    (
        &[
            "permission to use, copy, modify, and distribute this software",
            "provided that the above copyright notice",
        ],
        &[],
        "ISC",
    ),
    (
        &["permission to use, copy, modify, and/or distribute this software"],
        &[],
        "0BSD",
    ),
    (
        &["altered source versions must be plainly marked as such"],
        &[],
        "Zlib",
    ),
    (
        &[
            "redistribution and use in source and binary forms",
            "all advertising materials",
        ],
        &[],
        "BSD-4-Clause",
    ),
    (
        &[
            "redistribution and use in source and binary forms",
            "endorse or promote",
        ],
        &[],
        "BSD-3-Clause",
    ),
    (
        &["redistribution and use in source and binary forms"],
        &[],
        "BSD-2-Clause",
    ),
];

/// How much of a file is looked at: no licence says its name later.
const HEAD: usize = 12_000;

/// Whether a file of this name holds a licence text.
pub(super) fn is_licence_file(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["license", "licence", "copying", "unlicense"]
        .iter()
        .any(|start| {
            name.strip_prefix(start)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']))
        })
        || name.ends_with(".license")
        || name.starts_with("mit-license")
        || name == "unlicense"
}

/// The SPDX id of a licence text, where it is known.
pub(super) fn spdx_of(text: &[u8]) -> Option<&'static str> {
    let head = String::from_utf8_lossy(text.get(..HEAD).unwrap_or(text)).to_lowercase();
    let plain = head
        .split(|c: char| c.is_whitespace() || matches!(c, '*' | '#' | '/' | '"'))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    TEXTS
        .iter()
        .find(|(all, none, _)| {
            all.iter().all(|phrase| plain.contains(phrase))
                && !none.iter().any(|phrase| plain.contains(phrase))
        })
        .map(|(_, _, id)| *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_apart() {
        for (text, id) in [
            (
                "Permission is hereby granted, free of charge,\n to any person obtaining a copy of …\n# The above copyright notice and this permission\nnotice shall",
                Some("MIT"),
            ),
            (
                "                Apache License\n          Version 2.0, January 2004",
                Some("Apache-2.0"),
            ),
            (
                "GNU GENERAL PUBLIC LICENSE\n Version 2, June 1991",
                Some("GPL-2.0-only"),
            ),
            (
                "Redistribution and use in source and binary forms … to endorse or promote products",
                Some("BSD-3-Clause"),
            ),
            ("All rights reserved.", None),
        ] {
            assert_eq!(spdx_of(text.as_bytes()), id);
        }
    }

    #[test]
    fn names_of_licence_files() {
        for name in [
            "LICENSE",
            "LICENSE-MIT",
            "licence.md",
            "COPYING",
            "UNLICENSE",
            "LICENSE.txt",
        ] {
            assert!(is_licence_file(name), "{name}");
        }
        for name in ["licenses.rs", "copyingmachine", "relicense.md"] {
            assert!(!is_licence_file(name), "{name}");
        }
    }
}
