//! The web page of a remote: an address that is safe to link to.
//!
//! A remote's URL comes from a repository's configuration, which anybody may have written. Only addresses of known forms
//! become links, and only characters that mean nothing to Markdown and HTML are allowed in them. Everything else is not
//! linked: no scripts, files, credentials, queries or hosts without a domain.

use std::fmt;

/// An `https` or `http` address without user, query and fragment, made of letters, digits and `-._~/:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebAddress(String);

impl WebAddress {
    /// The page of the repository at a remote's URL: of `https` and `http` the address itself, of `ssh://` and
    /// `git@host:path` the `https` address that forges have for it. `None` for every other form.
    pub fn of_remote(url: &str) -> Option<Self> {
        let (scheme, (place, path)) = match url.split_once("://") {
            Some(("https", rest)) => ("https", rest.split_once('/')?),
            Some(("http", rest)) => ("http", rest.split_once('/')?),
            Some(("ssh" | "git+ssh" | "ssh+git", rest)) => {
                let (place, path) = rest.strip_prefix("git@").unwrap_or(rest).split_once('/')?;
                // The port is that of SSH.
                let host = place.split(':').next().unwrap_or(place);
                ("https", (host, path))
            }
            Some(_) => return None,
            None => ("https", url.strip_prefix("git@")?.split_once(':')?),
        };
        let path = path.trim_end_matches('/');
        let path = path.strip_suffix(".git").unwrap_or(path);
        (is_place(place) && is_path(path)).then(|| Self(format!("{scheme}://{place}/{path}")))
    }

    /// The address at which a site is published, with a slash at its end. Unlike a remote's, its host may be a single name, such
    /// as `localhost`. `None` for every other form.
    pub fn of_site(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
        let path = path.strip_suffix('/').unwrap_or(path);
        let is_address = matches!(scheme, "https" | "http")
            && is_host_and_port(place)
            && (path.is_empty() || is_path(path));
        let slash = if path.is_empty() { "" } else { "/" };
        is_address.then(|| Self(format!("{scheme}://{place}/{path}{slash}")))
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A host with a domain, and perhaps a port.
fn is_place(place: &str) -> bool {
    let host = place.split(':').next().unwrap_or(place);
    host.contains('.') && is_host_and_port(place)
}

/// A host in ASCII, so that it cannot look like another one, and perhaps a port.
fn is_host_and_port(place: &str) -> bool {
    let (host, port) = place.split_once(':').unwrap_or((place, "443"));
    let is_label = |label: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-';
        !label.is_empty() && !label.starts_with('-') && label.chars().all(allowed)
    };
    let is_port = (1..=5).contains(&port.len()) && port.chars().all(|c| c.is_ascii_digit());
    is_port && host.split('.').all(is_label)
}

/// A path of plain names.
fn is_path(path: &str) -> bool {
    let is_name = |name: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
        !matches!(name, "" | "." | "..") && name.chars().all(allowed)
    };
    path.split('/').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Option<String> {
        WebAddress::of_remote(url).map(|address| address.to_string())
    }

    #[test]
    fn known_forms_lead_to_the_page() {
        for (url, page) in [
            (
                "https://example.org/team/kiln.git",
                "https://example.org/team/kiln",
            ),
            (
                "https://example.org:8443/team/kiln/",
                "https://example.org:8443/team/kiln",
            ),
            ("http://example.org/kiln", "http://example.org/kiln"),
            ("git@example.org:team/kiln.git", "https://example.org/team/kiln"),
            (
                "ssh://git@example.org:2222/team/kiln.git",
                "https://example.org/team/kiln",
            ),
            ("ssh://example.org/a/b/c_d", "https://example.org/a/b/c_d"),
            ("https://example.org/~ada/kiln", "https://example.org/~ada/kiln"),
        ] {
            assert_eq!(of(url).as_deref(), Some(page), "{url}");
        }
    }

    #[test]
    fn the_address_of_a_site_ends_with_a_slash() {
        let site = |url: &str| WebAddress::of_site(url).map(|address| address.to_string());
        for (url, address) in [
            ("https://example.org", "https://example.org/"),
            ("https://example.org/", "https://example.org/"),
            (
                "https://example.org/team/record",
                "https://example.org/team/record/",
            ),
            ("http://localhost:8000/record/", "http://localhost:8000/record/"),
        ] {
            assert_eq!(site(url).as_deref(), Some(address), "{url}");
        }
        for url in [
            "example.org",
            "ftp://example.org/",
            "https://",
            "https:///record",
            "https://ada:secret@example.org/",
            "https://example.org/?a",
            "https://example.org/#a",
            "https://example.org/a//",
            "https://example.org/../a",
            "https://example.org/a b",
            "https://example.org/\"><script>",
            "javascript://example.org/",
        ] {
            assert_eq!(site(url), None, "{url}");
        }
    }

    #[test]
    fn everything_else_is_not_linked() {
        for url in [
            "javascript:alert(1)",
            "javascript://example.org/%0aalert(1)",
            "data:text/html,<b>",
            "file:///etc/passwd",
            "git://example.org/kiln",
            "ext::sh -c x",
            "/srv/kiln.git",
            "../kiln",
            "https://ada:secret@example.org/kiln",
            "https://(not shown)",
            "https://example.org/(not shown)",
            "https://example.org/a)[x](https://example.com/",
            "https://example.org/a\"onclick=\"x",
            "https://example.org/<script>",
            "https://example.org/a b",
            "https://example.org/a\nb",
            "https://example.org/../x",
            "https://example.org/a?token=x",
            "https://example.org/a#b",
            "https://example.org/a%2e",
            "https://example.org/",
            "https://example.org",
            "https://localhost/kiln",
            "https://exаmple.org/kiln",
            "https://example.org:x/kiln",
            "HTTPS://example.org/kiln",
            "git@-oProxyCommand=x:kiln",
            "git@example.org:/kiln",
            "ssh://git@example.org",
            "",
        ] {
            assert_eq!(of(url), None, "{url}");
        }
    }
}
