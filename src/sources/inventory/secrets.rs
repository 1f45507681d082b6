//! Files that should not have been committed, by their names and by what they hold.
//!
//! A name alone is not enough: an empty `.env`, a token that is a variable, a file that is encrypted, or the key that every
//! debug build is signed with open nothing. Only paths are told, never what the files hold.

use std::sync::LazyLock;

use regex::Regex;

use super::paths::name_of;

/// Bytes of a file that are looked at.
const LOOKED_AT: usize = 256 << 10;
/// Words in the name of a file that opens nothing.
const SAMPLES: &[&str] = &[
    "test",
    "tests",
    "testing",
    "example",
    "examples",
    "sample",
    "dummy",
    "fake",
    "mock",
    "snakeoil",
    "insecure",
    "localhost",
    "template",
    "dist",
    "public",
    "pub",
    "fixture",
    "defaults",
];

/// A value under a name of JSON that opens something.
pub(super) static JSON_VALUE: LazyLock<Regex> = LazyLock::new(|| {
    let names = "private_key|client_secret|refresh_token|access_token|secret_access_key|api_key|auth";
    // A pattern of our own; the tests below use it.
    #[allow(clippy::unwrap_used)]
    Regex::new(&format!(r#"(?i)"_?(?:{names})"\s*:\s*"([^"]{{6,}})""#)).unwrap()
});

/// Whether the file at `path` looks like a secret. `content` is asked only where the name says that it could be one.
pub(super) fn holds_one(path: &str, content: impl FnOnce() -> Option<Vec<u8>>) -> bool {
    let path = path.to_ascii_lowercase();
    if name_of(&path)
        .split(['.', '-', '_'])
        .any(|word| SAMPLES.contains(&word))
    {
        return false;
    }
    kind_of(&path).is_some_and(|kind| {
        content().is_some_and(|bytes| {
            let head = bytes.get(..LOOKED_AT).unwrap_or(&bytes);
            !is_encrypted(head) && kind.is_in(head)
        })
    })
}

/// Whether only those who hold another key can read it: git-crypt, Ansible's vault, age, GnuPG.
fn is_encrypted(bytes: &[u8]) -> bool {
    [
        &b"\0GITCRYPT"[..],
        b"$ANSIBLE_VAULT",
        b"age-encryption.org",
        b"-----BEGIN AGE ENCRYPTED",
        b"-----BEGIN PGP MESSAGE",
    ]
    .iter()
    .any(|start| bytes.starts_with(start))
}

/// What a file of that name would have to hold.
#[derive(Clone, Copy)]
enum Kind {
    /// A private key as text.
    Key,
    /// `NAME=VALUE`.
    Variable,
    /// A value in JSON under a name that says so.
    Json,
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
        ".yarnrc.yml" => Kind::Value(&["npmauthtoken", "npmauthident"]),
        ".dockercfg" | ".dockerconfigjson" => Kind::Json,
        "credentials.json" | "credentials" if path.ends_with(".json") => Kind::Json,
        "master.key" | ".vault_pass" | ".vault-password" => Kind::Line,
        // Android's tools make it, with a password that is in their manual.
        "debug.keystore" => return None,
        _ if path.ends_with(".docker/config.json") => Kind::Json,
        _ if path.ends_with(".kube/config") || name == "kubeconfig" => {
            Kind::Value(&["client-key-data", "token", "password"])
        }
        _ if is_key_of_ssh(name) => Kind::Key,
        _ if path.ends_with(".aws/credentials") => Kind::Value(&["aws_secret_access_key"]),
        _ if is_environment(name) => Kind::Variable,
        _ if name.contains(".tfstate") => Kind::Line,
        _ => match ending {
            "p12" | "pfx" | "jks" | "keystore" | "ppk" | "kdbx" => Kind::Bytes,
            "pem" | "key" | "crt" | "cer" | "cert" | "p8" | "pk8" | "asc" | "ovpn" => Kind::Key,
            "json" if is_account(stem) => Kind::Json,
            "tfvars" => Kind::Value(&["password", "secret", "secret_key", "token", "api_key"]),
            "txt" | "" if stem.contains("key") => Kind::Key,
            _ => return None,
        },
    };
    Some(kind)
}

/// What `ssh-keygen` names a key, with a word before: `deploy_rsa`, `id_ed25519_work`. The other half ends in `.pub`.
fn is_key_of_ssh(name: &str) -> bool {
    let kinds = ["rsa", "dsa", "ecdsa", "ed25519"];
    !name.contains('.')
        && kinds.iter().any(|kind| {
            name.strip_suffix(kind)
                .is_some_and(|start| start.ends_with(['_', '-']))
                || name.starts_with(&format!("id_{kind}"))
        })
}

/// The stem of a file in which cloud services hand out the key of an account.
fn is_account(stem: &str) -> bool {
    let words = [
        "key",
        "credential",
        "service-account",
        "service_account",
        "serviceaccount",
        "adminsdk",
        "client_secret",
    ];
    words.iter().any(|word| stem.contains(word))
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
            Self::Variable => lines(bytes).any(|line| {
                settings(&line).is_some_and(|(name, value)| is_literal(value) && !is_harmless(name, value))
            }),
            Self::Json => {
                let text = String::from_utf8_lossy(bytes);
                let mut values = JSON_VALUE.captures_iter(&text).filter_map(|found| found.get(1));
                values.any(|value| is_literal(value.as_str()))
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

pub(super) fn holds_key(bytes: &[u8]) -> bool {
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

/// Whether a value is there, and not a variable that holds it elsewhere, a blank to fill in, or encrypted.
pub(super) fn is_literal(value: &str) -> bool {
    let value = value.trim_matches(['"', '\'']);
    let lower = value.to_ascii_lowercase();
    !value.is_empty()
        && !value.starts_with(['$', '#', '<'])
        && ![
            "%(",
            "{{",
            "enc[",
            "encrypted:",
            "your",
            "changeme",
            "change_me",
            "change-me",
            "xxx",
            "...",
            "todo",
        ]
        .iter()
        .any(|start| lower.starts_with(start))
}

/// Whether a variable says how a program runs, not what opens something: a number, a switch, a version, what a browser gets.
fn is_harmless(name: &str, value: &str) -> bool {
    const SHOWN: &[&str] = &[
        "VITE_",
        "REACT_APP_",
        "NEXT_PUBLIC_",
        "NUXT_PUBLIC_",
        "PUBLIC_",
        "COMPOSE_",
    ];
    const PLAIN: &[&str] = &[
        "NODE_ENV",
        "APP_ENV",
        "RAILS_ENV",
        "ENVIRONMENT",
        "HOST",
        "TZ",
        "LANG",
        "LOG_LEVEL",
        "RUST_LOG",
        "PYTHONPATH",
        "VERSION",
        "IMAGE",
        "APP_NAME",
        "PATH",
    ];
    let name = name.trim_start_matches("export ").trim().to_ascii_uppercase();
    let value = value.trim_matches(['"', '\'']).to_ascii_lowercase();
    let is_switch = matches!(value.as_str(), "true" | "false" | "yes" | "no" | "on" | "off");
    let is_number = value.len() <= 5 && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    is_switch
        || is_number
        || SHOWN.iter().any(|start| name.starts_with(start))
        || PLAIN
            .iter()
            .any(|plain| name == *plain || name.ends_with(&format!("_{plain}")))
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
            (".env", "PORT=80\nTOKEN=abc"),
            (".env.production", "export A=b"),
            (".env.backup", "A=b"),
            ("deploy/prod.env", "DB_PASSWORD='abc'"),
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
            ("deploy_rsa", KEY),
            ("id_ed25519_work", KEY),
            ("config/master.key", "0123456789abcdef"),
            (
                "credentials.json",
                "{\"installed\":{\"client_secret\":\"GOCSPX-abc\"}}",
            ),
            (
                "kiln-service-account.json",
                "{\"private_key\": \"-----BEGIN PRIVATE KEY-----\\nMII\"}",
            ),
            (
                ".docker/config.json",
                "{\"auths\":{\"x\":{\"auth\":\"YTpiYTpi\"}}}",
            ),
            (".yarnrc.yml", "npmAuthToken: abc"),
            (".kube/config", "    token: abc"),
            ("prod.tfvars", "db_password = \"abc\""),
        ] {
            assert!(is_secret(path, text), "{path}: {text}");
        }
    }

    #[test]
    fn what_opens_nothing_is_none() {
        for (path, text) in [
            (".env", ""),
            (".env", "# A=1\n\nB=\nC=$HOME"),
            (".env.example", "A=b"),
            ("server.crt", "-----BEGIN CERTIFICATE-----"),
            ("keynote.txt", "a talk on kilns"),
            (".npmrc", "//x/:_authToken=$NPM_TOKEN"),
            (".npmrc", "//x/:_authToken=${NPM_TOKEN}"),
            (".npmrc", "//x/:_authToken=\"${NPM_TOKEN}\"\nsave-exact=true"),
            (".pypirc", "# password = abc\n[pypi]\nusername = ada"),
            (".aws/credentials", "[default]"),
            ("android/debug.keystore", "x"),
            ("id_rsa", ""),
            ("id_rsa.pub", "ssh-rsa AAAA"),
            ("site.pub.pem", "-----BEGIN PUBLIC KEY-----"),
            ("site.pem", "-----BEGIN PUBLIC KEY-----"),
            ("test-key.pem", KEY),
            ("localhost.key", KEY),
            ("ssl/snakeoil.key", KEY),
            (
                ".env",
                "PORT=3000\nNODE_ENV=production\nREACT_APP_TITLE=Kiln\nDEBUG=true\nKILN_VERSION=v1.2.3",
            ),
            (
                ".env.production",
                "API_KEY=your-key\nTOKEN=<token>\nSECRET=changeme",
            ),
            (".env", "TOKEN=\"encrypted:BNd\""),
            ("secret.key", "\0GITCRYPT\0abc"),
            (
                "locales/credentials.json",
                "{\"password\": \"${PASSWORD}\", \"title\": \"Sign in\"}",
            ),
            ("service-account.json", "{\"type\": \"object\"}"),
            ("rsa", "a text"),
            ("src/env.rs", "A=b"),
        ] {
            assert!(!is_secret(path, text), "{path}: {text}");
        }
    }
}
