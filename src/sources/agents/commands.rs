//! Which commands make commits, where, and which hashes their output contains.
//!
//! `git log` and `git show` print the hashes of commits that already existed, so only the output of commands that make
//! commits counts, and of that only what git prints of a new one: `[main 1a2b3c4] Subject`, and below it when and by
//! whom it was made, or how many files it changed. Other programs also print words and numbers in brackets. Complete
//! git output is proof enough even if the command is an alias. The commands themselves are not stored.

use std::sync::LazyLock;

use regex::Regex;

use super::log::{Key, Log, MOST_STEPS, Made, Making, Says, Step};
use super::shell::{self, Run};
use crate::facts::session::{CommitKind, HashEvidence};

mod programs;

/// Whether a command may make commits.
pub fn making(log: &mut Log, command: &str) -> Option<Making> {
    let runs = shell::runs(command);
    let mut steps = [None; MOST_STEPS];
    for (place, (run, found)) in (steps.iter_mut()).zip(runs.iter().filter_map(|run| Some((run, step(run)?))))
    {
        let (kind, says, folder) = found;
        let folder = match (&run.folder, folder) {
            (Some(here), Some(named)) => Some(shell::joined(here, &named)),
            (None, Some(named)) => Some(named).filter(|named| shell::is_rooted(named)),
            (here, None) => here.clone(),
        };
        *place = Some(Step {
            kind,
            folder: folder
                .filter(|folder| !folder.is_empty())
                .map(|folder| log.name(&folder)),
            says,
        });
    }
    steps.first()?.is_some().then_some(Making { steps })
}

/// How a program makes commits, what it prints of them, and the directory that its options name.
fn step(run: &Run) -> Option<(CommitKind, Says, Option<String>)> {
    if run.program != "git" {
        let may = programs::may_make_commits(run);
        return may.then_some((CommitKind::Commit, Says::Perhaps, None));
    }
    let (folder, at) = git_folder(&run.arguments);
    let verb = run.arguments.get(at)?.as_deref()?;
    let options = run.arguments.get(at + 1..).unwrap_or_default();
    let has = |name: &str| options.iter().flatten().any(|option| option == name);
    let kind = match verb {
        "commit" if has("--dry-run") => return None,
        "commit" if has("--amend") => CommitKind::Amend,
        "commit" => CommitKind::Commit,
        "cherry-pick" => CommitKind::CherryPick,
        "revert" => CommitKind::Revert,
        "rebase" => CommitKind::Rebase,
        "am" => CommitKind::Apply,
        "merge" | "pull" => CommitKind::Merge,
        known if programs::GIT.contains(&known) => return None,
        _ => return Some((CommitKind::Commit, Says::Perhaps, folder)),
    };
    let says = if verb == "commit" {
        said_of(options, run.input.as_deref())
    } else {
        Says::Something
    };
    Some((kind, says, folder))
}

/// The directory that git's own options name, and the position of its subcommand.
fn git_folder(arguments: &[Option<String>]) -> (Option<String>, usize) {
    let mut folder: Option<String> = None;
    let mut tree = None;
    let mut at = 0;
    while let Some(word) = arguments.get(at).map(|word| word.as_deref().unwrap_or_default()) {
        let (name, attached) = word
            .split_once('=')
            .map_or((word, None), |(name, value)| (name, Some(value)));
        let takes_value = matches!(
            name,
            "-C" | "-c" | "--git-dir" | "--work-tree" | "--namespace" | "--config-env" | "--super-prefix"
        );
        if !word.starts_with('-') || word.is_empty() {
            break;
        }
        let value = attached
            .or_else(|| arguments.get(at + 1)?.as_deref())
            .unwrap_or_default();
        match name {
            "-C" => folder = Some(shell::joined(folder.as_deref().unwrap_or_default(), value)),
            "--work-tree" => tree = Some(value),
            "--git-dir" if value == ".git" => {}
            "--git-dir" => tree = tree.or(Some(value.strip_suffix("/.git").unwrap_or(value))),
            _ => {}
        }
        at += 1 + usize::from(takes_value && attached.is_none());
    }
    let joined = |tree: &str| shell::joined(folder.as_deref().unwrap_or_default(), tree);
    (tree.map(joined).filter(|tree| !tree.is_empty()).or(folder), at)
}

/// What `git commit` prints with these options.
fn said_of(options: &[Option<String>], input: Option<&str>) -> Says {
    let mut message: Option<Option<&str>> = None;
    let mut is_quiet = false;
    let mut at = 0;
    while let Some(option) = options.get(at) {
        at += 1;
        let value = options.get(at).map(|value| value.as_deref());
        let word = option.as_deref().unwrap_or_default();
        match word {
            "--" => break,
            "--quiet" => is_quiet = true,
            "--message" => message = message.or(value),
            "--file" if value == Some(Some("-")) => message = message.or(Some(input)),
            _ if word.starts_with("--message=") => {
                message = message.or(Some(word.strip_prefix("--message=")));
            }
            _ if word.starts_with("--") => {}
            _ => {
                let (quiet, valued) = short_options(word);
                is_quiet |= quiet;
                match valued {
                    Some(('m', "")) => message = message.or(value),
                    Some(('m', attached)) => message = message.or(Some(Some(attached))),
                    Some(('F', "")) if value == Some(Some("-")) => message = message.or(Some(input)),
                    Some(('F', "-")) => message = message.or(Some(input)),
                    _ => {}
                }
                // The value of the option is not an option itself.
                at += usize::from(matches!(valued, Some(('m' | 'F' | 'C' | 'c' | 't', ""))));
            }
        }
    }
    let subject = message
        .flatten()
        .map(subject)
        .filter(|subject| !subject.is_empty());
    match subject {
        Some(subject) => Says::Subject(Key::of(&[&subject])),
        None if is_quiet => Says::Nothing,
        None => Says::Something,
    }
}

/// Whether `-qam` and the like ask for silence, and the option of them that takes a value, with the attached value.
fn short_options(word: &str) -> (bool, Option<(char, &str)>) {
    let letters = word.strip_prefix('-').unwrap_or_default();
    let valued = letters.find(['m', 'F', 'C', 'c', 't', 'u', 'S']);
    let (flags, rest) = letters.split_at(valued.unwrap_or(letters.len()));
    let mut rest = rest.chars();
    let value = rest.next().map(|letter| (letter, rest.as_str()));
    (flags.contains('q'), value)
}

/// The subject of a message: its first paragraph on one line.
fn subject(message: &str) -> String {
    let lines = message.lines().map(str::trim).skip_while(|line| line.is_empty());
    lines
        .take_while(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

impl Making {
    /// The steps in directories relative to another one than that in which the session works.
    pub fn seen_from(mut self, log: &mut Log, folder: &str) -> Self {
        for step in self.steps.iter_mut().flatten() {
            let own = step
                .folder
                .map(|own| log.text(own).to_owned())
                .unwrap_or_default();
            step.folder = Some(log.name(&if own.is_empty() {
                folder.to_owned()
            } else {
                shell::joined(folder, &own)
            }));
        }
        self
    }

    fn steps(&self) -> impl DoubleEndedIterator<Item = Step> {
        self.steps.iter().flatten().copied()
    }

    /// The step that printed the summary with this number: by its subject, otherwise by its position, if each has
    /// printed one.
    fn step_of(&self, summary: &Summary<'_>, number: usize, count: usize) -> Option<Step> {
        let is_its = |step: &Step| step.says == Says::Subject(summary.key());
        let speaking = || self.steps().filter(|step| step.says != Says::Nothing);
        let by_place = || speaking().nth(number).filter(|_| speaking().count() == count);
        self.steps()
            .find(is_its)
            .or_else(by_place)
            .or_else(|| self.steps().next())
    }
}

/// What git printed of a commit.
struct Summary<'output> {
    branch: Option<&'output str>,
    hash: &'output str,
    subject: &'output str,
    /// Whether the following line is also git's.
    is_proved: bool,
    /// Whether git would print a name like this one.
    is_plausible: bool,
}

/// `[main 1a2b3c4] subject`, `[main (root-commit) 1a2b3c4]`, `[detached HEAD 1a2b3c4]`, both of the latter in any
/// language; after a label if an agent puts one before a command's output.
static SUMMARY: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?x) ^ \s* (?: (?: Output | Stdout ): \s )?
        \[ (?P<name> [^\[\r\n]{1,250}? ) (?: \ \( [^()\r\n]* \) | （ [^（）\r\n]* ） )? \  (?P<hash> [0-9a-f]{4,64} ) \]
        (?: \ (?P<subject> .* ) )? $",
    )
    .ok()
});

/// What git prints on the next line: these lines are not translated.
static BELOW: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^ ?(?:(?:Date|Author|Committer): |\d+ files? changed)").ok());

/// How programs mark the lines of their logs.
const LEVELS: &[&str] = &[
    "ALERT", "CRITICAL", "DEBUG", "ERROR", "FATAL", "INFO", "LOG", "NOTICE", "TRACE", "WARN", "WARNING",
];

/// The summaries in an output.
fn summaries(output: &str) -> Vec<Summary<'_>> {
    let (Some(summary), Some(below)) = (SUMMARY.as_ref(), BELOW.as_ref()) else {
        return Vec::new();
    };
    let lines: Vec<&str> = output.lines().map(|line| line.trim_end_matches('\r')).collect();
    let found = lines.iter().enumerate().filter_map(|(number, line)| {
        let begins = line.trim_start();
        let is_short = begins.starts_with('[') || begins.get(..9).is_some_and(|label| label.contains(": ["));
        let found = is_short.then(|| summary.captures(line)).flatten()?;
        let (name, hash) = (found.name("name")?.as_str(), found.name("hash")?.as_str());
        // No branch has a space in its name: without a branch, git prints this in its language.
        let is_detached = name.contains(' ') || matches!(name, "分离头指针" | "分離開頭指標" | "HEAD");
        Some(Summary {
            branch: (!is_detached).then_some(name),
            hash,
            subject: found.name("subject").map_or("", |subject| subject.as_str()),
            is_proved: lines.get(number + 1).is_some_and(|next| below.is_match(next)),
            is_plausible: (name == "detached HEAD" || !is_detached && is_branch(name))
                && hash.len() >= 7
                && hash.contains(|char: char| char.is_ascii_alphabetic()),
        })
    });
    found.collect()
}

/// Whether git would accept a name for a branch, and no other program would print it as a level.
fn is_branch(name: &str) -> bool {
    !name.contains(['~', '^', ':', '?', '*', '\\', '['])
        && !name.contains("..")
        && !name.starts_with('-')
        && !LEVELS.contains(&name)
}

impl Summary<'_> {
    fn key(&self) -> Key {
        Key::of(&[self.subject.trim()])
    }

    /// Whether it is the command's own, `others` being those beside it.
    fn is_of(&self, making: &Making, others: &[Summary<'_>]) -> bool {
        if self.is_proved {
            return true;
        }
        let says = |wanted: Says| making.steps().any(|step| step.says == wanted);
        if says(Says::Subject(self.key())) {
            return true;
        }
        // Nothing follows for an empty commit and a merge.
        let is_merge = self.subject.starts_with("Merge ");
        let has_proved = others.iter().any(|other| other.is_proved);
        self.is_plausible && says(Says::Something) && (is_merge || !has_proved)
    }
}

/// The commits that the output of such a command names in git's summary lines.
pub fn made(log: &mut Log, making: Making, output: &str) -> Vec<Made> {
    let all = summaries(output);
    let own: Vec<&Summary<'_>> = all
        .iter()
        .filter(|summary| summary.is_of(&making, &all))
        .collect();
    let count = own.len();
    let steps = own.into_iter().enumerate().filter_map(|(number, summary)| {
        let step = making.step_of(summary, number, count)?;
        Some(Made {
            hash: summary.hash.to_owned(),
            kind: step.kind,
            folder: step.folder,
            branch: summary.branch.map(|branch| log.name(branch)),
            evidence: HashEvidence::Output,
        })
    });
    steps.collect()
}

/// A commit that a structured field of the log names; `None` if that is not a hash.
pub fn named(
    log: &mut Log,
    making: Option<Making>,
    kind: &str,
    hash: &str,
    branch: Option<&str>,
) -> Option<Made> {
    let is_hash = (4..=64).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    let step = making.and_then(|making| making.steps().next());
    is_hash.then(|| Made {
        hash: hash.to_ascii_lowercase(),
        kind: match kind {
            "amended" | "amend" => CommitKind::Amend,
            "cherry-picked" | "cherry-pick" => CommitKind::CherryPick,
            _ => step.map_or(CommitKind::Commit, |step| step.kind),
        },
        folder: step.and_then(|step| step.folder),
        branch: branch.map(|branch| log.name(branch)),
        evidence: HashEvidence::Structured,
    })
}

#[cfg(test)]
mod tests {
    use super::super::log::Name;
    use super::*;

    fn seen(command: &str) -> Option<(CommitKind, String)> {
        let mut log = Log::default();
        let step = making(&mut log, command)?.steps().next()?;
        let folder = step.folder.map_or("", |folder| log.text(folder)).to_owned();
        Some((step.kind, folder))
    }

    /// `BRANCH HASH FOLDER` of each commit that a command makes by its output.
    fn told(command: &str, output: &str) -> Vec<String> {
        let mut log = Log::default();
        let Some(making) = making(&mut log, command) else {
            return Vec::new();
        };
        let made = made(&mut log, making, output);
        let text = |name: Option<Name>| name.map_or("–", |name| log.text(name)).to_owned();
        made.iter()
            .map(|made| format!("{} {} {}", text(made.branch), made.hash, text(made.folder)))
            .collect()
    }

    #[test]
    fn only_some_commands_make_commits() {
        use CommitKind::{Amend, Apply, CherryPick, Commit, Merge, Rebase};
        for (command, expected) in [
            ("git commit -am x", Some((Commit, ""))),
            ("git add -A && git commit --amend --no-edit", Some((Amend, ""))),
            ("cd /w/kiln && git commit -m x", Some((Commit, "/w/kiln"))),
            (
                "git -C '/w/my kiln' -c a.b=c cherry-pick abc",
                Some((CherryPick, "/w/my kiln")),
            ),
            ("cd /w && git -C kiln commit -m x", Some((Commit, "/w/kiln"))),
            ("git -C ~/kiln commit -m x", Some((Commit, "~/kiln"))),
            ("cd $HOME/x && git commit -m x", Some((Commit, "~/x"))),
            ("cd $WORK/x && git commit -m x", Some((Commit, ""))),
            (
                "git --git-dir=/w/kiln/.git --work-tree /w/kiln commit -m x",
                Some((Commit, "/w/kiln")),
            ),
            (
                "git --git-dir /w/kiln/.git commit -m x",
                Some((Commit, "/w/kiln/")),
            ),
            ("git --no-pager rebase main", Some((Rebase, ""))),
            ("git am < x.patch", Some((Apply, ""))),
            ("git pull --no-rebase", Some((Merge, ""))),
            (
                "bash -lc 'cd ~/kiln && git commit -m x'",
                Some((Commit, "~/kiln")),
            ),
            (
                r#"& 'C:\Program Files\Git\cmd\git.exe' commit -m x"#,
                Some((Commit, "")),
            ),
            (
                r"Set-Location C:\src\kiln; git commit -m 'x'",
                Some((Commit, r"C:\src\kiln")),
            ),
            ("git ci -m x", Some((Commit, ""))),
            ("gcm 'x'", Some((Commit, ""))),
            ("cd /w && make release", Some((Commit, "/w"))),
            ("git log --oneline -3", None),
            ("git show abc", None),
            ("git commit-graph write", None),
            ("legit commit", Some((Commit, ""))),
            ("git log --grep commit", None),
            ("echo 'git commit'", None),
            ("grep -r 'git commit' .", None),
            ("cat notes.txt | head", None),
            ("cargo test", None),
        ] {
            let expected = expected.map(|(kind, folder)| (kind, folder.trim_end_matches('/').to_owned()));
            let seen = seen(command).map(|(kind, folder)| (kind, folder.trim_end_matches('/').to_owned()));
            assert_eq!(seen, expected, "{command}");
        }
    }

    const STAT: &str = "\n 1 file changed, 1 insertion(+)";

    #[test]
    fn summary_lines_name_commits() {
        let below = |summary: &str| format!("ok\n{summary} Cap it{STAT}\n");
        for (summary, expected) in [
            ("[main 3fe81b2]", "main 3fe81b2 –"),
            ("Output: [main 3fe81b2]", "main 3fe81b2 –"),
            ("[topic/a (root-commit) 00ff00ff]", "topic/a 00ff00ff –"),
            ("[main（根提交） 00ff00f]", "main 00ff00f –"),
            ("[fix]-a#1(b) 0123456]", "fix]-a#1(b) 0123456 –"),
            ("[detached HEAD abcdef0]", "– abcdef0 –"),
            ("[losgelöster HEAD abcdef0]", "– abcdef0 –"),
            ("[main 12ab]", "main 12ab –"),
        ] {
            assert_eq!(told("git commit -F x", &below(summary)), [expected], "{summary}");
            assert_eq!(told("git ci", &below(summary)), [expected], "{summary}");
        }
        let amended = "[main 3fe81b2] Cap it\r\n Date: Mon Mar 2 10:00:00 2026 +0100\r\n 1 file changed\r\n";
        assert_eq!(told("git commit --amend", amended), ["main 3fe81b2 –"]);
    }

    #[test]
    fn without_the_files_below_it_a_summary_has_to_fit_the_command() {
        let cat = "git commit -m \"$(cat <<'EOF'\nCap it\n\nBody\nEOF\n)\" | head -1";
        for (command, output, count) in [
            ("git commit -m 'Cap it' --allow-empty", "[main 1234567] Cap it", 1),
            (cat, "[main 1234567] Cap it", 1),
            ("git commit -qam 'Cap it'", "[main 1234567] Cap it", 1),
            (
                "git commit -F - <<E\nCap\nit\n\nBody\nE",
                "[main 1234567] Cap it",
                1,
            ),
            ("git commit -m @'\nCap it\n'@", "[main 1234567] Cap it", 1),
            ("git commit -F x", "[main 3fe81b2] Cap it", 1),
            ("git commit -m \"$M\"", "[main 3fe81b2] Cap it", 1),
            ("git commit -m \"$M\"", "[detached HEAD 3fe81b2] Cap it", 1),
            // By other programs.
            ("git commit -F x", "[main 1234567] Cap it", 0),
            ("git commit -F x", "[WARN 3fe81b2] Cap it", 0),
            ("git commit -F x", "[worker thread 3fe81b2] Cap it", 0),
            (
                "git commit -F x",
                "[a:b 3fe81b2] Cap it\n[ERROR deadbeef: no\n[not a hash] d",
                0,
            ),
            ("git commit -m 'Cap it'", "[main 3fe81b2] started", 0),
            ("git commit -q -F x", "[main 3fe81b2] started", 0),
            ("git ci -m 'Cap it'", "[main 3fe81b2] Cap it", 0),
            ("make release", "[worker deadbee] started\n1 test passed", 0),
            ("git log", "[main 3fe81b2] Cap it\n 1 file changed", 0),
        ] {
            assert_eq!(told(command, output).len(), count, "{command}: {output}");
        }
    }

    #[test]
    fn what_other_programs_print_beside_it_is_no_commit() {
        let output = format!(
            "[worker 4711] started\n[INFO 2026] all tests passed\n[pool abcdef1] idle\n[main 3fe81b2] Cap it{STAT}\n \
             create mode 100644 ./[AB] CDE FG.xml\n[main 1234567] listening\n[main feedbee] Merge branch 'x'"
        );
        assert_eq!(
            told("make test && git commit -F x", &output),
            ["main 3fe81b2 –", "main feedbee –"]
        );
        assert_eq!(told("make release", &output), ["main 3fe81b2 –"]);
    }

    #[test]
    fn each_commit_of_a_command_has_its_own_folder() {
        let two = format!("[main 1111111] One{STAT}\n[dev 2222222] Two{STAT}");
        for command in [
            "cd /a && git commit -m One; cd /b && git commit -m Two",
            "git -C /a commit -F x && git -C /b commit -F y",
            "cd /b; git commit -m Two; git -C /a commit -m One",
        ] {
            assert_eq!(
                told(command, &two),
                ["main 1111111 /a", "dev 2222222 /b"],
                "{command}"
            );
        }
    }

    #[test]
    fn a_structured_field_must_hold_a_hash() {
        let mut log = Log::default();
        assert!(
            named(&mut log, None, "committed", "3FE81B2", Some("main"))
                .is_some_and(|made| made.hash == "3fe81b2")
        );
        assert_eq!(named(&mut log, None, "committed", "rm -rf", None), None);
    }
}
