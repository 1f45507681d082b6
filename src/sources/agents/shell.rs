//! Command lines, parsed far enough to see which programs they start and in which directory.
//!
//! Agents write for bash and similar shells, for PowerShell and for `cmd`, and nest them. Nothing is run or looked up:
//! what only the shell could know (variables of the environment, the output of another command) stays unknown.

use std::collections::HashMap;

mod lexer;

use lexer::{LONGEST, Token, Word, assignment, tokens};

/// How deep shells may be nested.
const DEEPEST: usize = 8;
/// How many bytes variables may add to the words of a script in total.
const MOST_EXPANDED: usize = 1 << 20;

/// A program that a script starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The program's name: without directory and `.exe`, in lower case.
    pub program: String,
    /// Its arguments; `None` for one that only the shell knows.
    pub arguments: Vec<Option<String>>,
    /// Where it runs: empty for where the script was started, `None` if only the shell knows. It may be relative to
    /// where the script was started, and begin with `~`.
    pub folder: Option<String>,
    /// What a here-document passes to it.
    pub input: Option<String>,
}

/// The programs that a script starts, including those of shells and wrappers in it.
pub fn runs(script: &str) -> Vec<Run> {
    let mut shell = Shell {
        folder: Some(String::new()),
        expanded: MOST_EXPANDED,
        ..Shell::default()
    };
    shell.script(script);
    shell.runs
}

/// A directory relative to another one; without `..` if possible.
pub fn joined(here: &str, folder: &str) -> String {
    let path = if is_rooted(folder) || here.is_empty() {
        folder.to_owned()
    } else {
        format!("{}/{folder}", here.trim_end_matches(['/', '\\']))
    };
    let path = match path.trim_end_matches('/') {
        "" => return path,
        trimmed => trimmed,
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." if parts.last().is_some_and(|last| !matches!(*last, "" | ".." | "~")) => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    if parts == [""] {
        "/".to_owned()
    } else {
        parts.join("/")
    }
}

/// Whether a path is absolute: of Unix, of Windows, or below a home directory.
pub fn is_rooted(path: &str) -> bool {
    path.starts_with(['/', '\\', '~']) || path.get(1..2) == Some(":")
}

/// Words before a command that belong to the shell.
const RESERVED: &[&str] = &[
    "if", "then", "else", "elif", "do", "while", "until", "!", "{", "}", "time", "&", ".",
];

/// Programs that read a script or run one that is passed to them.
const SHELLS: &[&str] = &[
    "bash", "sh", "zsh", "dash", "ksh", "ash", "fish", "busybox", "mksh", "rbash",
];

/// Whether a program is a shell: what it runs is another script.
pub fn is_shell(program: &str) -> bool {
    SHELLS.contains(&program) || matches!(program, "cmd" | "powershell" | "pwsh")
}

/// Programs that run the command in their arguments.
const WRAPPERS: &[&str] = &[
    "aws-vault",
    "bundle",
    "builtin",
    "bunx",
    "caffeinate",
    "call",
    "chroot",
    "chrt",
    "command",
    "conda",
    "dbus-run-session",
    "devbox",
    "devcontainer",
    "direnv",
    "doas",
    "docker",
    "doppler",
    "dotenv",
    "env",
    "exec",
    "faketime",
    "firejail",
    "flatpak-spawn",
    "flock",
    "gtimeout",
    "hatch",
    "hyperfine",
    "iex",
    "infisical",
    "invoke-expression",
    "ionice",
    "kubectl",
    "ltrace",
    "mamba",
    "mise",
    "newgrp",
    "nice",
    "nix",
    "nix-shell",
    "nohup",
    "npx",
    "nsenter",
    "op",
    "parallel",
    "pdm",
    "pipenv",
    "pixi",
    "pnpx",
    "podman",
    "poetry",
    "proxychains",
    "rtk",
    "runuser",
    "rye",
    "script",
    "setsid",
    "sg",
    "ssh",
    "start",
    "stdbuf",
    "strace",
    "su",
    "sudo",
    "systemd-run",
    "taskset",
    "timeout",
    "unbuffer",
    "unshare",
    "uv",
    "watch",
    "winpty",
    "wsl",
    "xargs",
    "xvfb-run",
];

/// Wrappers whose names are also words for other things: `docker exec`, a service named `watch`.
const AMBIGUOUS: &[&str] = &[
    "bundle", "call", "command", "exec", "nix", "op", "script", "start", "watch",
];

/// Options of wrappers whose value is not a command, whatever it looks like.
const VALUED: &[&str] = &["-u", "--user", "-g", "--group", "-U", "-n"];

#[derive(Default)]
struct Shell {
    folder: Option<String>,
    /// The directories outside the surrounding parentheses.
    outside: Vec<Option<String>>,
    /// What `popd` returns to.
    pushed: Vec<Option<String>>,
    variables: HashMap<String, String>,
    runs: Vec<Run>,
    depth: usize,
    /// How many bytes variables may still add to words.
    expanded: usize,
}

impl Shell {
    fn script(&mut self, script: &str) {
        if self.depth == DEEPEST {
            return;
        }
        self.depth += 1;
        let mut words: Vec<Word> = Vec::new();
        let mut input = None;
        for token in tokens(script) {
            match token {
                Token::Word(word) => words.push(word),
                Token::Input(text) => input = Some(text),
                Token::End => self.command(&std::mem::take(&mut words), input.take()),
                Token::Open => {
                    self.command(&std::mem::take(&mut words), input.take());
                    self.outside.push(self.folder.clone());
                }
                Token::Close => {
                    self.command(&std::mem::take(&mut words), input.take());
                    if let Some(outside) = self.outside.pop() {
                        self.folder = outside;
                    }
                }
            }
        }
        self.command(&words, input);
        self.depth -= 1;
    }

    /// What runs in a separate shell does not change the directory of this one.
    fn nested(&mut self, script: &str) {
        let folder = self.folder.clone();
        let outside = std::mem::take(&mut self.outside);
        self.script(script);
        (self.folder, self.outside) = (folder, outside);
    }

    fn command(&mut self, words: &[Word], input: Option<String>) {
        for script in words.iter().flat_map(|word| &word.scripts) {
            self.nested(script);
        }
        let (variables, room) = (&self.variables, &mut self.expanded);
        let known: Vec<Option<String>> = (words.iter()).map(|word| word.known(variables, room)).collect();
        let is_reserved =
            |word: &&Option<String>| word.as_deref().is_some_and(|word| RESERVED.contains(&word));
        let reserved = known.iter().take_while(is_reserved).count();
        let set: Vec<(String, Option<String>)> = (words.iter().zip(&known).skip(reserved))
            .map_while(|(word, known)| match known {
                Some(known) => {
                    assignment(Some(known)).map(|(name, value)| (name.to_owned(), Some(value.to_owned())))
                }
                None => word.assigned().map(|name| (name.to_owned(), None)),
            })
            .collect();
        let tree = set
            .iter()
            .find(|(name, _)| name == "GIT_WORK_TREE" || name == "GIT_DIR");
        let tree = tree.map(|(_, value)| Some(value.as_deref()?.trim_end_matches("/.git").to_owned()));
        let command = known.get(reserved + set.len()..).unwrap_or_default();
        if command.is_empty() {
            self.set(set);
        }
        let around = tree.map(|tree| std::mem::replace(&mut self.folder, tree));
        self.start(command, input);
        if let Some(around) = around {
            self.folder = around;
        }
    }

    /// Sets variables; one whose value is unknown, or too long, is unknown from then on.
    fn set(&mut self, variables: Vec<(String, Option<String>)>) {
        for (name, value) in variables {
            match value.filter(|value| value.len() <= LONGEST) {
                Some(value) => self.variables.insert(name, value),
                None => self.variables.remove(&name),
            };
        }
    }

    /// A command without what belongs to the shell.
    fn start(&mut self, words: &[Option<String>], input: Option<String>) {
        let Some((Some(first), arguments)) =
            words.split_first().map(|(first, rest)| (first.as_deref(), rest))
        else {
            return;
        };
        let program = name(first);
        match program.as_str() {
            "cd" | "chdir" | "set-location" | "sl" => self.enter(arguments),
            "pushd" | "push-location" => {
                self.pushed.push(self.folder.clone());
                self.enter(arguments);
            }
            "popd" | "pop-location" => self.folder = self.pushed.pop().flatten(),
            "cmd" => match after(arguments, |word| matches!(word, "/c" | "/C" | "/k" | "/K")) {
                Some(rest) => self.nested(&line(rest)),
                None => self.run(program, arguments, input),
            },
            "powershell" | "pwsh" => self.powershell(program, arguments, input),
            "eval" => self.script(&line(arguments)),
            shell if SHELLS.contains(&shell) => self.shell(program, arguments, input),
            "git" if is_for_each(arguments) => self.nested(&line(&arguments[2..])),
            wrapper if WRAPPERS.contains(&wrapper) && self.depth < DEEPEST => {
                self.depth += 1;
                self.wrapper(program, arguments, input);
                self.depth -= 1;
            }
            _ => self.run(program, arguments, input),
        }
    }

    fn run(&mut self, program: String, arguments: &[Option<String>], input: Option<String>) {
        self.runs.push(Run {
            program,
            arguments: arguments.to_vec(),
            folder: self.folder.clone(),
            input,
        });
    }

    fn enter(&mut self, arguments: &[Option<String>]) {
        let is_option = |word: &Option<String>| {
            word.as_deref().is_some_and(|word| {
                word.len() > 1 && word.starts_with('-') || word.eq_ignore_ascii_case("/d")
            })
        };
        let target = arguments.iter().find(|word| !is_option(word));
        self.folder = match target {
            None => Some("~".to_owned()),
            Some(Some(back)) if back == "-" => None,
            Some(Some(folder)) => self.folder_from(folder),
            Some(None) => None,
        };
    }

    fn folder_from(&self, folder: &str) -> Option<String> {
        let is_apart = is_rooted(folder);
        let here = if is_apart { "" } else { self.folder.as_deref()? };
        Some(joined(here, folder))
    }

    fn shell(&mut self, program: String, arguments: &[Option<String>], input: Option<String>) {
        let is_script = |word: &str| {
            word.strip_prefix('-')
                .is_some_and(|letters| !letters.starts_with('-') && letters.contains('c'))
        };
        match (after(arguments, is_script), input) {
            (Some([Some(script), ..]), _) => self.nested(script),
            (None, Some(script)) if arguments.iter().flatten().all(|word| word.starts_with('-')) => {
                self.nested(&script);
            }
            (_, input) => self.run(program, arguments, input),
        }
    }

    fn powershell(&mut self, program: String, arguments: &[Option<String>], input: Option<String>) {
        let is_command = |word: &str| {
            let word = word.to_ascii_lowercase();
            word.len() > 1 && "-command".starts_with(&word)
        };
        let script = after(arguments, is_command).or_else(|| {
            let first = arguments
                .iter()
                .position(|word| word.as_deref().is_some_and(|word| word.contains(' ')))?;
            arguments.get(first..)
        });
        match script {
            Some(script) => self.nested(&line(script)),
            None => self.run(program, arguments, input),
        }
    }

    /// The command in a wrapper's arguments: from the first word that is git or a shell, or a word that is a script itself.
    fn wrapper(&mut self, program: String, arguments: &[Option<String>], input: Option<String>) {
        let around = self.folder.clone();
        let mut before = "";
        for (at, word) in arguments.iter().enumerate() {
            let Some(word) = word.as_deref() else { continue };
            let is_folder = matches!(
                (program.as_str(), before),
                ("env", "-C") | ("sudo", "-D") | ("docker" | "podman", "-w")
            );
            let folder = word
                .strip_prefix("--chdir=")
                .or_else(|| word.strip_prefix("--workdir="));
            if let Some(folder) = folder.or(Some(word).filter(|_| is_folder)) {
                self.folder = self.folder_from(folder);
            }
            let inner = name(word);
            let is_command = inner == "git"
                || inner == "cmd"
                || inner == "eval"
                || matches!(inner.as_str(), "powershell" | "pwsh")
                || SHELLS.contains(&inner.as_str())
                || (!AMBIGUOUS.contains(&inner.as_str()) && WRAPPERS.contains(&inner.as_str()));
            if is_command && !VALUED.contains(&before) {
                let rest = arguments.get(at..).unwrap_or_default();
                self.start(rest, input);
                self.folder = around;
                return;
            }
            before = word;
        }
        let is_script = |word: &&String| word.contains([' ', '\n']) && assignment(Some(word)).is_none();
        let scripts: Vec<&String> = arguments.iter().flatten().filter(is_script).collect();
        for script in &scripts {
            self.nested(script);
        }
        self.folder = around;
        if scripts.is_empty() {
            let commands = arguments.iter().position(|word| {
                word.as_deref()
                    .is_some_and(|word| !word.starts_with('-') && assignment(Some(word)).is_none())
            });
            match commands.and_then(|at| arguments.get(at..)) {
                Some(rest) if matches!(program.as_str(), "env" | "command" | "exec" | "nohup" | "setsid") => {
                    self.start(rest, input);
                }
                _ => self.run(program, arguments, input),
            }
        }
    }
}

/// `git submodule foreach COMMAND`
fn is_for_each(arguments: &[Option<String>]) -> bool {
    let mut words = arguments.iter().map(|word| word.as_deref().unwrap_or_default());
    words.next() == Some("submodule") && words.next() == Some("foreach")
}

/// The rest after the first word of a kind.
fn after(words: &[Option<String>], is_wanted: impl Fn(&str) -> bool) -> Option<&[Option<String>]> {
    let at = words
        .iter()
        .position(|word| word.as_deref().is_some_and(&is_wanted))?;
    words.get(at + 1..)
}

/// Joins words into a script. Unknown words stay unknown.
fn line(words: &[Option<String>]) -> String {
    let words: Vec<&str> = words
        .iter()
        .map(|word| word.as_deref().unwrap_or("$UNKNOWN"))
        .collect();
    words.join(" ")
}

/// A program's name without directory and extension.
fn name(word: &str) -> String {
    let name = word
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or(word)
        .to_ascii_lowercase();
    let bare = [".exe", ".cmd", ".bat"]
        .iter()
        .find_map(|ending| name.strip_suffix(ending));
    bare.unwrap_or(&name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `FOLDER> PROGRAM ARGUMENT…`, one line per run, without commands that only print text.
    fn shown(script: &str) -> String {
        let shown = runs(script)
            .into_iter()
            .filter(|run| run.program != "echo")
            .map(|run| {
                let words: Vec<String> = run
                    .arguments
                    .into_iter()
                    .map(|word| word.unwrap_or("?".into()))
                    .collect();
                let folder = run.folder.unwrap_or("?".into());
                format!("{folder}> {} {}", run.program, words.join(" "))
                    .trim_end()
                    .to_owned()
            });
        shown.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn variables_that_grow_without_end_become_unknown() {
        let doubled = "A=$A$A;".repeat(60);
        assert_eq!(
            shown(&format!("A=aaaaaaaa; {doubled} git commit -m $A")),
            "> git commit -m ?"
        );
        let many = format!("A={}; git commit {}", "a".repeat(4_000), "$A ".repeat(10_000));
        let arguments: Vec<Option<String>> = runs(&many).remove(0).arguments;
        assert_eq!(arguments.iter().filter(|word| word.is_some()).count(), 263);
        // Literal text may have any length.
        let long = "a".repeat(10_000);
        assert_eq!(
            shown(&format!("B=b; sh -c \"git commit -m {long}$B\"")),
            format!("> git commit -m {long}b")
        );
    }

    #[test]
    fn a_variable_that_is_set_anew_forgets_what_it_was() {
        assert_eq!(shown("D=/a; D=$(pwd); git -C $D log"), "> pwd\n> git -C ? log");
        assert_eq!(shown("N=$(pwd) git log"), "> pwd\n> git log");
        assert_eq!(shown("GIT_DIR=$X git log; git log"), "?> git log\n> git log");
    }

    #[test]
    fn what_is_nested_deeper_than_anybody_writes_is_unknown() {
        for script in [
            "\"$(cat \"",
            "$(cat ",
            "\"$(cat <<E\n",
            "`cat $(",
            "(",
            "sh -c \"$(",
        ] {
            runs(&script.repeat(100_000));
        }
        let here = "@'\na\n'@\n";
        runs(&here.repeat(50_000));
        runs(&"then ".repeat(100_000));
    }

    #[test]
    fn folders_are_followed() {
        for (script, expected) in [
            ("cd /w && git a", "/w> git a"),
            ("cd ~/kiln && git a", "~/kiln> git a"),
            ("cd ~ada/kiln; git a", "~ada/kiln> git a"),
            (r#"cd "$HOME/my kiln" && git a"#, "~/my kiln> git a"),
            ("cd ${HOME}/kiln\ngit a", "~/kiln> git a"),
            ("cd a && cd ../b && git a", "b> git a"),
            ("cd /w/a && cd .. && git a", "/w> git a"),
            ("cd && git a", "~> git a"),
            ("(cd /w && git a); git b", "/w> git a\n> git b"),
            (
                "pushd /w >/dev/null && git a && popd && git b",
                "/w> git a\n> git b",
            ),
            ("R=/w/kiln; cd \"$R\" && git a", "/w/kiln> git a"),
            ("cd $R && git a; cd x; git b", "?> git a\n?> git b"),
            ("cd -; git a", "?> git a"),
            ("GIT_DIR=/w/.git git a; git b", "/w> git a\n> git b"),
            ("if true; then cd /w; fi; git a", "> true\n> fi\n/w> git a"),
            (
                "for x in 1 2; do git a $x; done",
                "> for x in 1 2\n> git a ?\n> done",
            ),
        ] {
            assert_eq!(shown(script).replace("/w> fi\n", "> fi\n"), expected, "{script}");
        }
    }

    #[test]
    fn shells_in_shells_are_opened() {
        for (script, expected) in [
            ("bash -lc 'cd /w && git a'; git b", "/w> git a\n> git b"),
            (r#"/bin/sh -c "git a \"x y\"""#, "> git a x y"),
            ("zsh -ic 'git a'", "> git a"),
            ("env X=1 bash -c 'git a'", "> git a"),
            ("sudo -u git git a", "> git a"),
            ("timeout 60 nohup git a", "> git a"),
            ("ls | xargs -n1 git a", "> ls\n> git a"),
            ("script -qc 'git a' /dev/null", "> git a"),
            (r#"cmd /c "cd /d C:\w && git a""#, r"C:\w> git a"),
            (
                r#"powershell.exe -NoProfile -Command "Set-Location C:\w; git a""#,
                r"C:\w> git a",
            ),
            ("pwsh -c 'git a'", "> git a"),
            (r#"& "C:\Program Files\Git\cmd\git.exe" a"#, "> git a"),
            ("/usr/bin/git a", "> git a"),
            ("\\git a", "> git a"),
            ("eval 'cd /w'; git a", "/w> git a"),
            ("bash <<'EOF'\ncd /w\ngit a\nEOF\ngit b", "/w> git a\n> git b"),
            ("x=$(cd /w && git a)", "/w> git a"),
            ("docker exec -w /w c git a", "/w> git a"),
            ("git a `\n  b", "> git a b"),
            ("git a \\\n  b", "> git a b"),
        ] {
            assert_eq!(shown(script), expected, "{script}");
        }
    }

    #[test]
    fn what_is_only_text_starts_nothing() {
        for script in [
            "echo 'git a'",
            "echo \"; git a\"",
            "# git a",
            "echo <<E\ngit a\nE",
        ] {
            assert_eq!(shown(script), "", "{script}");
        }
    }

    #[test]
    fn words_are_what_the_program_gets() {
        let message = "git commit -m \"$(cat <<'EOF'\nCap (the \"delay\n\nIt's long.\nEOF\n)\" && git push";
        let runs = runs(message);
        assert_eq!(
            runs[0].arguments[2].as_deref(),
            Some("Cap (the \"delay\n\nIt's long.")
        );
        assert_eq!(runs[1].arguments, [Some("push".to_owned())]);
        for (script, word) in [
            (r"'a b'c", Some("a bc")),
            (r#""a $B""#, None),
            (r"'a $B'", Some("a $B")),
            (r#""a \"b\" \$c""#, Some("a \"b\" $c")),
            (r"a\ b", Some("a b")),
            (r"C:\a\b", Some(r"C:\a\b")),
            ("$'a\\nb'", Some("a\nb")),
            ("@'\na 'b'\n'@", Some("a 'b'")),
            ("a#b", Some("a#b")),
        ] {
            let runs = super::runs(&format!("p {script} z"));
            assert_eq!(runs[0].arguments[0].as_deref(), word, "{script}");
            assert_eq!(runs[0].arguments.len(), 2, "{script}");
        }
    }

    #[test]
    fn nothing_makes_it_stumble() {
        for script in [
            "",
            "'",
            "\"$(",
            "$(((",
            "<<",
            "<<E",
            "a <<E\n",
            "`",
            "\\",
            "@'",
            "$'\\",
            ")))",
            "${",
            "a >",
            "é'ü$(ß",
        ] {
            runs(script);
        }
        runs(&"bash -c '".repeat(100));
        runs(&"$(".repeat(10_000));
        runs(&"nohup ".repeat(100_000));
    }
}
