//! The paths that a git config file names, parsed from its text: libgit2 opens included files as soon as it reads that file.

/// The purpose of a path in a config file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Named {
    /// Further configuration: `include.path`, `includeIf.*.path`.
    Include,
    /// Patterns for files: `core.attributesFile`, `core.excludesFile`.
    Patterns,
}

/// The paths in `text`, as written, whether or not the condition of an include holds. Invalid lines name none.
pub(super) fn paths(text: &str) -> Vec<(Named, String)> {
    let mut found = Vec::new();
    // Hardly any configuration has one.
    let lower = text.to_ascii_lowercase();
    if !["include", "attributesfile", "excludesfile"]
        .iter()
        .any(|word| lower.contains(word))
    {
        return found;
    }
    let mut section = String::new();
    for line in logical_lines(text.trim_start_matches('\u{feff}')) {
        let mut rest = line.trim_start();
        while let Some(head) = rest.strip_prefix('[') {
            let Some(end) = end_of_head(head) else { break };
            let name = head[..end].split(|c: char| c.is_whitespace() || c == '"').next();
            section = name.unwrap_or_default().to_ascii_lowercase();
            rest = head[end + 1..].trim_start();
        }
        let Some((key, value)) = rest.split_once('=') else {
            continue;
        };
        let named = match (section.as_str(), key.trim().to_ascii_lowercase().as_str()) {
            ("include" | "includeif", "path") => Named::Include,
            ("core", "attributesfile" | "excludesfile") => Named::Patterns,
            _ => continue,
        };
        found.push((named, unquoted(value)));
    }
    found
}

/// The end of a section header: the first bracket outside quotes.
fn end_of_head(head: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in head.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            ']' if !quoted => return Some(at),
            _ => {}
        }
    }
    None
}

/// Lines, joined where one ends with a backslash.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut continues = false;
    for line in text.lines() {
        let backslashes = line.chars().rev().take_while(|c| *c == '\\').count();
        let ends_open = backslashes % 2 == 1;
        let part = if ends_open { &line[..line.len() - 1] } else { line };
        match lines.last_mut().filter(|_| continues) {
            Some(last) => last.push_str(part),
            None => lines.push(part.to_owned()),
        }
        continues = ends_open;
    }
    lines
}

/// A value without quotes, escapes, comments and surrounding blanks.
fn unquoted(value: &str) -> String {
    let mut found = String::new();
    // Its length without trailing blanks.
    let mut len = 0;
    let mut quoted = false;
    let mut chars = value.trim_start().chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => quoted = !quoted,
            '#' | ';' if !quoted => break,
            '\\' => found.push(match chars.next() {
                Some('n') => '\n',
                Some('t') => '\t',
                Some('b') => '\u{8}',
                Some(other) => other,
                None => break,
            }),
            _ => found.push(c),
        }
        if quoted || !c.is_whitespace() {
            len = found.len();
        }
    }
    found.truncate(len);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn included(text: &str) -> Vec<String> {
        paths(text).into_iter().map(|(_, path)| path).collect()
    }

    #[test]
    fn paths_in_every_way_of_writing_them() {
        assert_eq!(included("[include]\n\tpath = a\n"), ["a"]);
        assert_eq!(
            included("[INCLUDE] Path=a # why\n path = \"b c\" ; x\n"),
            ["a", "b c"]
        );
        assert_eq!(
            included("\u{feff}[includeIf \"gitdir:a]/\"]\npath = \"a\\\"b\"\n"),
            ["a\"b"]
        );
        assert_eq!(included("[core]\r\n  attributesFile = \"a # b\" \r\n"), ["a # b"]);
        assert_eq!(
            included("[core] excludesfile = a\\\nb\n[other]\npath = c\n"),
            ["ab"]
        );
        let kinds: Vec<Named> = paths("[core]\nexcludesFile = a\n[include]\npath = b")
            .into_iter()
            .map(|(kind, _)| kind)
            .collect();
        assert_eq!(kinds, [Named::Patterns, Named::Include]);
    }

    #[test]
    fn what_names_no_path() {
        for text in [
            "",
            "[core]\n\tbare = false\n",
            "[remote \"include\"]\n\tpath = a\n",
            "# [include]\n#\tpath = a\n",
            "[include\npath = a\n",
            "[include]\npath\n",
            "path = a\n[include]\n",
        ] {
            assert!(paths(text).is_empty(), "{text:?}");
        }
    }
}
