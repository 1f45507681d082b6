//! Files that should not have been committed, by their names and by what they hold.
//!
//! A name alone is not enough: an empty `.env`, a token that is a variable, or the key that every debug build is signed with
//! open nothing.

use super::paths::name_of;

/// Whether the file at `path` looks like a secret. `content` is asked only where the name says that it could be one.
pub(super) fn holds_one(path: &str, content: impl FnOnce() -> Option<Vec<u8>>) -> bool {
    let path = path.to_ascii_lowercase();
    kind_of(&path).is_some_and(|kind| content().is_some_and(|bytes| kind.is_in(&bytes)))
}

/// What a file of that name would have to hold.
#[derive(Clone, Copy)]
enum Kind {
    /// A private key as text.
    Key,
    /// `NAME=VALUE`.
    Variable,
    /// A value under one of these names.
    Value(&'static [&'static str]),
    /// Any line that is not a comment.
    Line,
    /// Anything.
    Bytes,
}

fn kind_of(path: &str) -> Option<Kind> {
    let name = name_of(path);
    let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
    let kind = match name {
        ".npmrc" => Kind::Value(&["_authtoken", "_auth", "_password"]),
        ".pypirc" => Kind::Value(&["password"]),
        ".netrc" | "_netrc" | ".pgpass" | ".htpasswd" | ".git-credentials" => Kind::Line,
        "credentials.json" | "client_secret.json" => Kind::Line,
        "id_rsa" | "id_dsa" | "id_ecdsa" | "id_ed25519" => Kind::Line,
        // Android's tools make it, with a password that is in their manual.
        "debug.keystore" => return None,
        _ if path.ends_with(".aws/credentials") => Kind::Value(&["aws_secret_access_key"]),
        _ if is_environment(name) => Kind::Variable,
        _ if name.contains(".tfstate") => Kind::Line,
        _ => match ending {
            "p12" | "pfx" | "jks" | "keystore" | "ppk" | "kdbx" => Kind::Bytes,
            "pem" | "key" | "crt" | "cer" | "cert" | "p8" | "pk8" | "asc" | "ovpn" => Kind::Key,
            "txt" | "" if stem.contains("key") => Kind::Key,
            _ => return None,
        },
    };
    Some(kind)
}

/// `.env`, and those for a place where it matters: `.env.production`, `.env.backup`, `prod.env`.
fn is_environment(name: &str) -> bool {
    const PLACES: &[&str] = &[
        "local",
        "production",
        "prod",
        "staging",
        "live",
        "private",
        "secret",
        "secrets",
        "backup",
        "bak",
        "old",
        "orig",
        "save",
    ];
    let place = name.strip_prefix(".env.").map(|rest| rest.rsplit('.').next());
    name == ".env"
        || place.flatten().is_some_and(|place| PLACES.contains(&place))
        || name
            .strip_suffix(".env")
            .is_some_and(|place| PLACES.contains(&place))
}

impl Kind {
    fn is_in(self, bytes: &[u8]) -> bool {
        match self {
            Self::Bytes => !bytes.is_empty(),
            Self::Key => holds_key(bytes),
            Self::Line => lines(bytes).next().is_some(),
            Self::Variable => {
                lines(bytes).any(|line| settings(&line).is_some_and(|(_, value)| is_literal(value)))
            }
            Self::Value(names) => lines(bytes).any(|line| {
                settings(&line).is_some_and(|(name, value)| {
                    let name = name.to_ascii_lowercase();
                    names.iter().any(|wanted| name.ends_with(wanted)) && is_literal(value)
                })
            }),
        }
    }
}

fn holds_key(bytes: &[u8]) -> bool {
    let has = |needle: &str| memchr::memmem::find(bytes, needle.as_bytes()).is_some();
    has("-----BEGIN ") && (has("PRIVATE KEY-----") || has("PRIVATE KEY BLOCK-----"))
}

/// The lines that are neither empty nor comments.
fn lines(bytes: &[u8]) -> impl Iterator<Item = String> {
    bytes
        .split(|byte| *byte == b'\n')
        .map(|line| {
            String::from_utf8_lossy(line.trim_ascii())
                .trim_start_matches('\u{feff}')
                .to_owned()
        })
        .filter(|line| !line.is_empty() && !line.starts_with(['#', ';']))
}

/// `NAME = VALUE`, or with a colon where there is no equals sign.
fn settings(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=').or_else(|| line.split_once(':'))?;
    Some((name.trim(), value.trim()))
}

/// Whether a value is there, and not a variable that holds it elsewhere.
fn is_literal(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    !value.is_empty()
        && !value.starts_with(['$', '#', '<'])
        && !value.starts_with("%(")
        && !value.starts_with("{{")
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "-----BEGIN RSA PRIVATE KEY-----\nMII…";

    fn is_secret(path: &str, text: &str) -> bool {
        holds_one(path, || Some(text.as_bytes().to_vec()))
    }

    #[test]
    fn secrets_are_found() {
        for (path, text) in [
            (".env", "A=1"),
            (".env.production", "export A=1"),
            (".env.backup", "A=1"),
            ("deploy/prod.env", "A=1"),
            ("site.key", KEY),
            ("server.crt", KEY),
            ("key.txt", KEY),
            ("id_rsa", KEY),
            (".aws/credentials", "[default]\naws_secret_access_key = abc"),
            ("terraform.tfstate", "{}"),
            ("terraform.tfstate.backup", "{}"),
            (".npmrc", "//x/:_authToken=${A}\n//y/:_authToken=abc"),
            (".pypirc", "[pypi]\npassword: abc"),
            (".git-credentials", "https://a:b@example.org"),
            ("app.pfx", "x"),
        ] {
            assert!(is_secret(path, text), "{path}: {text}");
        }
    }

    #[test]
    fn what_opens_nothing_is_none() {
        for (path, text) in [
            (".env", ""),
            (".env", "# A=1\n\nB=\nC=$HOME"),
            (".env.example", "A=1"),
            ("server.crt", "-----BEGIN CERTIFICATE-----"),
            ("keynote.txt", "a talk on kilns"),
            (".npmrc", "//x/:_authToken=$NPM_TOKEN"),
            (".npmrc", "//x/:_authToken=${NPM_TOKEN}"),
            (".npmrc", "//x/:_authToken=\"${NPM_TOKEN}\"\nsave-exact=true"),
            (".pypirc", "# password = abc\n[pypi]\nusername = ada"),
            (".aws/credentials", "[default]"),
            ("android/debug.keystore", "x"),
            ("id_rsa", ""),
            ("src/env.rs", "A=1"),
        ] {
            assert!(!is_secret(path, text), "{path}: {text}");
        }
    }
}
