//! The version of git.

use std::fmt;

/// A version of git: `2.54.0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GitVersion(pub u32, pub u32, pub u32);

impl GitVersion {
    /// The first one that runs hooks from git config.
    pub const WITH_CONFIGURED_HOOKS: Self = Self(2, 54, 0);

    /// The version in the output of `git --version`: `git version 2.47.3`, `git version 2.39.5 (Apple Git-154)`,
    /// `git version 2.54.0.windows.1`, `git version 2.54.0-rc1`.
    pub fn parse(printed: &str) -> Option<Self> {
        let version = printed.trim().strip_prefix("git version ")?;
        let version = version.split([' ', '-']).next()?;
        let mut parts = version.split('.').map(|part| part.parse().ok());
        let (major, minor) = (parts.next()??, parts.next()??);
        Some(Self(major, minor, parts.next().flatten().unwrap_or(0)))
    }
}

impl fmt::Display for GitVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_their_builders_write_them() {
        for (printed, expected) in [
            ("git version 2.47.3\n", GitVersion(2, 47, 3)),
            ("git version 2.39.5 (Apple Git-154)", GitVersion(2, 39, 5)),
            ("git version 2.54.0.windows.1", GitVersion(2, 54, 0)),
            ("git version 2.56.0-rc1", GitVersion(2, 56, 0)),
            ("git version 2.55.1.windows.2", GitVersion(2, 55, 1)),
            ("git version 2.56-rc0", GitVersion(2, 56, 0)),
            ("git version 2.55.GIT", GitVersion(2, 55, 0)),
        ] {
            assert_eq!(GitVersion::parse(printed), Some(expected), "{printed}");
        }
        assert_eq!(GitVersion::parse("hub version 2.1"), None);
        assert_eq!(GitVersion::parse("hub version 2"), None);
        assert_eq!(GitVersion::parse("git version next"), None);
        assert!(GitVersion(2, 53, 9) < GitVersion::WITH_CONFIGURED_HOOKS);
    }
}
