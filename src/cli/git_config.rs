//! Settings that git hands to the programs it runs: what `git -c NAME=VALUE leverage …` puts into the environment, and
//! `GIT_CONFIG_COUNT` with its keys and values.

use std::collections::BTreeMap;

use super::error::CommandError;

/// The settings in the environment, in git's order: those that are counted, then those of the command line.
pub fn of_environment(variables: &BTreeMap<String, String>) -> Result<Vec<(String, String)>, CommandError> {
    let mut found = counted(variables)?;
    if let Some(text) = variables.get("GIT_CONFIG_PARAMETERS") {
        let settings = parameters(text).ok_or_else(|| {
            CommandError::failed("`GIT_CONFIG_PARAMETERS` is not in the format that git writes")
        })?;
        found.extend(settings);
    }
    Ok(found)
}

/// `GIT_CONFIG_COUNT`, `GIT_CONFIG_KEY_0`, `GIT_CONFIG_VALUE_0`, …
fn counted(variables: &BTreeMap<String, String>) -> Result<Vec<(String, String)>, CommandError> {
    let count = variables.get("GIT_CONFIG_COUNT").map_or("", |count| count.trim());
    if count.is_empty() {
        return Ok(Vec::new());
    }
    let number: u32 = count.parse().map_err(|_| {
        CommandError::failed(format!("`GIT_CONFIG_COUNT` is `{count}`, which is not a number"))
    })?;
    let variable = |name: String| {
        let missing =
            || CommandError::failed(format!("`GIT_CONFIG_COUNT` is {number}, but `{name}` is not set"));
        variables.get(&name).cloned().ok_or_else(missing)
    };
    let mut found = Vec::new();
    for at in 0..number {
        let pair = (
            variable(format!("GIT_CONFIG_KEY_{at}"))?,
            variable(format!("GIT_CONFIG_VALUE_{at}"))?,
        );
        found.push(pair);
    }
    Ok(found)
}

/// `'name'='value'`, and as git before 2.31 wrote it, `'name=value'`. A name alone is true.
fn parameters(text: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (quoted, after) = unquoted(rest)?;
        rest = after;
        let (name, value) = if let Some(after) = rest.strip_prefix('=') {
            if after.starts_with('\'') {
                let (value, after) = unquoted(after)?;
                rest = after;
                (quoted, Some(value))
            } else {
                rest = after;
                (quoted, None)
            }
        } else {
            match quoted.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
                None => (quoted, None),
            }
        };
        if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
            return None;
        }
        found.push((name, value.unwrap_or_else(|| "true".to_owned())));
        rest = rest.trim_start();
    }
    Some(found)
}

/// A word in single quotes at the start, as git quotes for a shell: a quote or an exclamation mark in it is escaped outside
/// the quotes, with a backslash.
fn unquoted(text: &str) -> Option<(String, &str)> {
    let mut word = String::new();
    let mut rest = text.strip_prefix('\'')?;
    loop {
        let (part, after) = rest.split_once('\'')?;
        word.push_str(part);
        let next = ['\'', '!']
            .into_iter()
            .find_map(|c| Some((c, after.strip_prefix('\\')?.strip_prefix(c)?.strip_prefix('\'')?)));
        match next {
            Some((c, after)) => {
                word.push(c);
                rest = after;
            }
            None => return Some((word, after)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Vec<(String, String)>, ()> {
        let variables = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        of_environment(&variables.collect()).map_err(|_| ())
    }

    #[test]
    fn both_ways_of_quoting_are_read() {
        for (text, expected) in [
            ("'leverage.zone'='UTC'", vec![("leverage.zone", "UTC")]),
            ("'leverage.zone=UTC'", vec![("leverage.zone", "UTC")]),
            (
                " 'leverage.zone'='UTC' 'leverage.hoursPerDay=6'",
                vec![("leverage.zone", "UTC"), ("leverage.hoursPerDay", "6")],
            ),
            ("'leverage.sign'", vec![("leverage.sign", "true")]),
            ("'leverage.sign'=", vec![("leverage.sign", "true")]),
            ("'leverage.sign'=''", vec![("leverage.sign", "")]),
            ("'leverage.sign='", vec![("leverage.sign", "")]),
            (
                r"'leverage.root'='/it'\''s here'\!''",
                vec![("leverage.root", "/it's here!")],
            ),
            ("'leverage.pathmap'='/a=/b'", vec![("leverage.pathmap", "/a=/b")]),
            ("'leverage.pathmap=/a=/b'", vec![("leverage.pathmap", "/a=/b")]),
            ("", vec![]),
        ] {
            let expected: Vec<_> = expected
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            assert_eq!(read(&[("GIT_CONFIG_PARAMETERS", text)]), Ok(expected), "{text}");
        }
        for text in [
            "leverage.zone=UTC",
            "'leverage.zone",
            "'leverage.zone'='UTC",
            "'a.b'x",
        ] {
            assert!(read(&[("GIT_CONFIG_PARAMETERS", text)]).is_err(), "{text}");
        }
    }

    #[test]
    fn counted_settings_come_first() {
        let found = read(&[
            ("GIT_CONFIG_COUNT", "2"),
            ("GIT_CONFIG_KEY_0", "leverage.zone"),
            ("GIT_CONFIG_VALUE_0", "UTC"),
            ("GIT_CONFIG_KEY_1", "leverage.root"),
            ("GIT_CONFIG_VALUE_1", ""),
            ("GIT_CONFIG_PARAMETERS", "'leverage.zone'='local'"),
        ]);
        let expected = [
            ("leverage.zone", "UTC"),
            ("leverage.root", ""),
            ("leverage.zone", "local"),
        ];
        assert_eq!(
            found,
            Ok(expected
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .to_vec())
        );
        assert!(read(&[("GIT_CONFIG_COUNT", "1")]).is_err());
        assert!(read(&[("GIT_CONFIG_COUNT", "many")]).is_err());
        assert_eq!(read(&[("GIT_CONFIG_COUNT", "")]), Ok(Vec::new()));
    }
}
