//! Facts that somebody else wrote: files that are sound, with values that no session can have.

use regex::Regex;

use crate::world::clones::Places;
use crate::world::tables::change_json;

/// Patterns in the JSON of a row, and what takes their place.
type Changes<'a> = &'a [(&'a str, &'a str)];

/// Each change of a table makes it an error that names its file, for reports and audits.
fn check(table: &str, changes: Changes<'_>) {
    let places = Places::new();
    places.write(&["--audit"]).success();
    let own = places.world.path(&format!("facts/{table}"));
    let files = std::fs::read_dir(own).unwrap();
    let files: Vec<_> = files.map(|entry| entry.unwrap().path()).collect();
    for (pattern, value) in changes {
        let pattern = Regex::new(pattern).unwrap();
        let file = files.iter().find(|file| {
            let before = std::fs::read(file).unwrap();
            change_json(file, |json| pattern.replace(json, *value).into_owned());
            let rows = crate::world::tables::only_rows_of(file).concat();
            let is_changed = rows.contains(value.trim_start_matches("${1}"));
            if !is_changed {
                std::fs::write(file, before).unwrap();
            }
            is_changed
        });
        let file = file.unwrap_or_else(|| panic!("{table} has no {pattern}"));
        let name = file.file_name().unwrap().to_str().unwrap();
        for args in [&["report", "--by", "repo,day"][..], &["export", "sessions"]] {
            let ran = places.run(&[args, &["--facts", "facts"]].concat());
            assert_eq!(ran.code, Some(3), "{pattern} {value}: {ran}");
            assert!(
                ran.stderr.contains(name) || ran.stdout.contains(name),
                "{pattern} {value}: {ran}"
            );
            assert!(ran.stderr.contains("is invalid: "), "{pattern} {value}: {ran}");
        }
        places.write(&["--audit", "--again"]).success();
    }
}

#[test]
fn times_and_shares_that_no_session_has_are_errors_of_its_file() {
    let endless = r#"{"start":-9223372036854775807,"end":9223372036854775807}"#;
    let reversed = r#"{"start":1775212260001,"end":1775212260000}"#;
    let late = r#"{"start":1775212260000,"end":253402300800000}"#;
    let span = r#"\{"start":\d+,"end":\d+\}"#;
    let after = |key: &str| format!(r#"("{key}":\[?(?:\{{"span":)?){span}"#);
    let (whole, worked, attention) = (after("span"), after("worked"), after("attention"));
    let put = |value: &str| format!("${{1}}{value}");
    let (endless, reversed, late) = (put(endless), put(reversed), put(late));
    check(
        "sessions",
        &[
            (&whole, &endless),
            (&worked, &endless),
            (&worked, &reversed),
            (&worked, &late),
            (&attention, &endless),
            (r#"("usage":\[\[)\d+"#, "${1}-9223372036854775808"),
            (r#"("lanes":)[\d.]+"#, "${1}1e308"),
            (r#"("rest":)[\d.]+"#, "${1}-1.0"),
            (r#"("share":)[\d.]+"#, "${1}1e300"),
        ],
    );
}
