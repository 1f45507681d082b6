//! Managers of git hooks that a repository uses, and the lines to add to their files. These files are never written.

use std::path::Path;

use super::files;

/// A hook manager.
pub struct Manager {
    /// Its name.
    pub name: &'static str,
    /// The files or directories that show that it is used.
    signs: &'static [&'static str],
    /// Where the lines go.
    pub place: &'static str,
    /// The lines.
    pub lines: &'static str,
}

/// The known hook managers.
static MANAGERS: &[Manager] = &[
    Manager {
        name: "husky",
        signs: &[".husky"],
        place: ".husky/post-commit",
        lines: "command -v git-leverage >/dev/null 2>&1 && git-leverage hook --git post-commit || true",
    },
    Manager {
        name: "lefthook",
        signs: &[
            "lefthook.yml",
            "lefthook.yaml",
            "lefthook.toml",
            "lefthook.json",
            ".lefthook.yml",
            ".lefthook.yaml",
            ".lefthook.toml",
            ".lefthook.json",
            ".config/lefthook.yml",
            ".config/lefthook.yaml",
        ],
        place: "lefthook.yml",
        lines: "post-commit:\n  commands:\n    leverage:\n      run: command -v git-leverage >/dev/null 2>&1 && git-leverage hook --git post-commit || true",
    },
    Manager {
        name: "pre-commit",
        signs: &[".pre-commit-config.yaml", ".pre-commit-config.yml"],
        place: ".pre-commit-config.yaml, and run `pre-commit install --hook-type post-commit`",
        lines: "- repo: local\n  hooks:\n    - id: leverage\n      name: leverage\n      language: system\n      entry: sh -c 'command -v git-leverage >/dev/null 2>&1 && git-leverage hook --git post-commit || true'\n      always_run: true\n      pass_filenames: false\n      stages: [post-commit]",
    },
];

impl Manager {
    /// The lines to add, if none of its files has them.
    pub fn missing(&self, top: &Path) -> Option<&'static str> {
        let own = self.place.split(',').next().into_iter();
        let mut files = own.chain(self.signs.iter().copied()).map(|name| top.join(name));
        let has_them = files.any(|file| {
            let text = files::read(&file).ok().and_then(|found| found.text);
            text.is_some_and(|text| text.contains("git-leverage hook"))
        });
        (!has_them).then_some(self.lines)
    }
}

/// The hook managers whose files are in a working tree.
pub fn used(top: &Path) -> Vec<&'static Manager> {
    let is_used = |manager: &&Manager| manager.signs.iter().any(|sign| top.join(sign).exists());
    MANAGERS.iter().filter(is_used).collect()
}
