//! The address of a remote, made safe to display: users, passwords and tokens can be in many places of one, sometimes by mistake.
//! Anything that is not clearly a URL, `host:path` or a path is hidden.

/// Replaces text that may be secret.
const HIDDEN: &str = "(not shown)";
/// The schemes whose form is known.
const SCHEMES: &[&str] = &[
    "https", "http", "ssh", "git", "git+ssh", "ssh+git", "ftp", "ftps", "file",
];

/// The maximum length of a path in a key, in bytes.
const LONGEST_PATH: usize = 400;

/// The address without users, passwords, tokens and the query. The user `git` of SSH is not secret.
pub(super) fn shown(address: &str) -> String {
    if let Some((scheme, rest)) = address.split_once("://") {
        return of_url(scheme, rest);
    }
    if let Some((helper, _)) = address.split_once("::") {
        return match is_word(helper) {
            true => format!("{helper}::{HIDDEN}"),
            false => HIDDEN.to_owned(),
        };
    }
    let is_path = address.starts_with(['/', '.', '~']) || !address.contains(':');
    match (is_path, address.split_once(':')) {
        (true, _) if is_plain_file(address) => address.to_owned(),
        (false, Some((place, path))) => of_place(place, path).unwrap_or_else(|| HIDDEN.to_owned()),
        _ => HIDDEN.to_owned(),
    }
}

/// `host/owner/name` of an address, which is the same however a clone reaches it: without scheme, users, passwords, port, query and
/// `.git`. `None` if it names no host.
pub(super) fn key(address: &str) -> Option<String> {
    let (place, path) = match address.split_once("://") {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("file") => return None,
        Some((_, rest)) => rest.split_once('/')?,
        None if address.starts_with(['/', '.', '~']) || address.contains("::") => return None,
        None => address.split_once(':')?,
    };
    let (_, host) = parted(place);
    let path = path.split(['?', '#']).next()?.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    };
    let is_address = is_host(host) && is_plain(path) && !path.is_empty() && path.len() <= LONGEST_PATH;
    is_address.then(|| format!("{}/{path}", name.to_lowercase()))
}

/// A text that may contain addresses, each without its user and password. See [`shown`] for a single address.
pub fn without_users(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + "://".len());
        clean.push_str(before);
        let end = after.find(|c: char| c.is_whitespace() || "/'\"?#".contains(c));
        let place = &after[..end.unwrap_or(after.len())];
        rest = match place.rfind('@') {
            Some(at) => &after[at + 1..],
            None => after,
        };
    }
    clean.push_str(rest);
    clean
}

fn of_url(scheme: &str, rest: &str) -> String {
    let lower = scheme.to_ascii_lowercase();
    if !SCHEMES.contains(&lower.as_str()) {
        return HIDDEN.to_owned();
    }
    let (place, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    if lower == "file" && place.is_empty() && is_plain_file(path) {
        return format!("{scheme}://{path}");
    }
    let (user, host) = parted(place);
    // If an `@` follows the first slash or question mark, the text before it may be a password.
    if !is_host(host) || path.contains('@') {
        return format!("{scheme}://{HIDDEN}");
    }
    let user = if lower.contains("ssh") { user } else { "" };
    let path = path.split(['?', '#']).next().unwrap_or(path);
    match is_plain(path) {
        true => format!("{scheme}://{user}{host}{path}"),
        false => format!("{scheme}://{user}{host}/{HIDDEN}"),
    }
}

/// `[user@]host:path`, if it clearly is that.
fn of_place(place: &str, path: &str) -> Option<String> {
    let (user, host) = parted(place);
    (is_host(host) && is_plain(path)).then(|| format!("{user}{host}:{path}"))
}

/// The user if it is safe to display, with its `@`, and the host.
fn parted(place: &str) -> (&'static str, &str) {
    match place.rsplit_once('@') {
        Some((user, host)) if user == "git" || user.starts_with("git:") => ("git@", host),
        Some((_, host)) => ("", host),
        None => ("", place),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-".contains(c))
}

/// `example.org`, `127.0.0.1:8080`, `[::1]:22`.
fn is_host(text: &str) -> bool {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, port),
        _ => (text, ""),
    };
    let is_number = |name: &str| name.chars().all(|c| c.is_ascii_hexdigit() || ":.".contains(c));
    let in_brackets = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
    let is_name = name.chars().all(|c| c.is_alphanumeric() || ".-_".contains(c));
    port.chars().all(|c| c.is_ascii_digit()) && !name.is_empty() && in_brackets.map_or(is_name, is_number)
}

/// Whether the text is free of the characters that delimit users, passwords and settings.
fn is_plain(path: &str) -> bool {
    path.chars()
        .all(|c| c.is_alphanumeric() || "._~/+-%, ".contains(c))
}

/// File names can contain anything; one with both of these looks like a user and a password.
fn is_plain_file(path: &str) -> bool {
    !(path.contains('@') && (path.contains(':') || path.starts_with("//")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clone_has_one_key_however_it_is_reached() {
        for address in [
            "https://example.org/team/kiln.git",
            "https://ada:secret@Example.org/team/kiln",
            "ssh://git@example.org:22/team/kiln.git/",
            "git@example.org:team/kiln.git",
            "example.org:/team/kiln?token=secret",
        ] {
            assert_eq!(
                key(address).as_deref(),
                Some("example.org/team/kiln"),
                "{address}"
            );
        }
        for address in [
            "/w/kiln",
            "../kiln",
            "file:///w/kiln",
            "ext::sh -c x",
            "kiln",
            "https://example.org/",
            "",
        ] {
            assert_eq!(key(address), None, "{address}");
        }
    }

    #[test]
    fn plain_addresses_are_shown() {
        for address in [
            "https://example.org",
            "https://example.org:8443/~ada/a%20b/c.git",
            "https://[::1]:8443/a",
            "ssh://git@example.org:22/a",
            "git@example.org:a/b.git",
            "example.org:a.git",
            "file:///srv/a@b.git",
            "/srv/a@b.git",
            "../kiln",
        ] {
            assert_eq!(shown(address), address);
        }
    }

    #[test]
    fn texts_with_addresses_lose_users_and_passwords() {
        for (text, expected) in [
            (
                "unable to access 'https://ada:hunter2@example.org/a/': 403",
                "unable to access 'https://example.org/a/': 403",
            ),
            ("http://hunter2@a and ssh://b@c/d", "http://a and ssh://c/d"),
            ("https://example.org/@ada", "https://example.org/@ada"),
            ("nothing of that kind", "nothing of that kind"),
        ] {
            assert_eq!(without_users(text), expected);
        }
    }

    #[test]
    fn credentials_do_not_leave() {
        for (address, expected) in [
            (
                "https://ada:hunter2@example.org/a.git",
                "https://example.org/a.git",
            ),
            ("https://hunter2@example.org/a.git", "https://example.org/a.git"),
            (
                "https://example.org/a.git?access_token=hunter2",
                "https://example.org/a.git",
            ),
            ("ssh://git:hunter2@example.org:22/a", "ssh://git@example.org:22/a"),
            ("ssh://hunter2@example.org/a", "ssh://example.org/a"),
            ("hunter2@example.org:a.git", "example.org:a.git"),
            ("ada:hunter2@example.org:a.git", "(not shown)"),
            ("https:/ada:hunter2@example.org/a.git", "(not shown)"),
            ("https://ada:hun/ter2@example.org/a.git", "https://(not shown)"),
            ("https://ada:hun?ter2@example.org/a", "https://(not shown)"),
            ("https://ada:2/hunter2@example.org/a", "https://(not shown)"),
            ("//ada:hunter2@example.org/a", "(not shown)"),
            (
                "https://example.org/a;token=hunter2",
                "https://example.org/(not shown)",
            ),
            ("ext::sh -c hunter2", "ext::(not shown)"),
            ("hunter2://example.org/a", "(not shown)"),
        ] {
            assert_eq!(shown(address), expected, "{address}");
        }
    }
}
