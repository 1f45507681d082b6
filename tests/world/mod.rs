//! A hermetic world for command tests: a separate home, no system config, fixed clock and zone, and the real git.
//!
//! Times are fixed: the clock is at [`NOW`], and each commit is one minute after the last, from [`START`].

use std::cell::Cell;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

pub mod clones;
pub mod tables;
pub mod transcript;

/// 2026-04-10T12:00:00Z, the present of every test.
pub const NOW: i64 = 1_775_822_400;
/// 2026-04-01T09:00:00Z, the time of the first commit.
pub const START: i64 = 1_775_034_000;

/// A directory with a home and the repositories that a test makes in it.
pub struct World {
    root: TempDir,
    commits: Cell<i64>,
}

/// Whether a program that a test needs is here, which `is_here` found out. Where it is not, standard error says so past the
/// capture of the test, and the test fails if `GIT_LEVERAGE_TEST_ALL` is set, as it is in CI.
pub fn can_try(needed: &str, is_here: bool) -> bool {
    use std::io::Write as _;

    let must = std::env::var_os("GIT_LEVERAGE_TEST_ALL").is_some();
    assert!(
        is_here || !must,
        "{needed} is missing, and GIT_LEVERAGE_TEST_ALL is set"
    );
    if !is_here {
        // `eprintln!` would be captured, and shown only if the test fails.
        let mut shown = std::io::stderr();
        writeln!(shown, "not tried: {needed} is missing").unwrap();
    }
    is_here
}

/// Whether strace is installed and may trace; a message is printed if not.
#[cfg(target_os = "linux")]
#[expect(clippy::print_stderr, reason = "whoever runs the tests is to know")]
pub fn can_trace() -> bool {
    let tried = Command::new("strace")
        .args(["-qq", "-o", "/dev/null", "true"])
        .status();
    let can = tried.is_ok_and(|status| status.success());
    if !can {
        eprintln!("not tried: strace is not here, or may not trace");
    }
    can
}

impl World {
    /// A world with only a home that has an identity.
    pub fn new() -> Self {
        let root = temporary_folder();
        let world = Self {
            root,
            commits: Cell::new(0),
        };
        std::fs::create_dir(world.home()).expect("a home");
        let config = "[user]\n\tname = Ada Example\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n\ttemplateDir =\n[maintenance]\n\tauto = false\n[gc]\n\tauto = 0\n[core]\n\tfsync = none\n";
        std::fs::write(world.home().join(".gitconfig"), config).expect("a git config");
        world
    }

    /// The home directory.
    pub fn home(&self) -> PathBuf {
        self.path("home")
    }

    /// A path in this world.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    /// A copy of everything that is in this world now, to restore it later.
    pub fn copy(&self) -> Copy<'_> {
        let copy = temporary_folder();
        copy_folder(self.root.path(), copy.path()).expect("a copy");
        Copy { world: self, copy }
    }

    /// A new, empty repository.
    pub fn repo(&self, name: &str) -> TestRepo<'_> {
        self.repo_of(name, "sha1")
    }

    /// A new, empty repository whose objects have names of this hash, `sha1` or `sha256`.
    pub fn repo_of(&self, name: &str, hash: &str) -> TestRepo<'_> {
        let path = self.path(name);
        std::fs::create_dir_all(&path).expect("a folder for the repository");
        let repo = TestRepo { world: self, path };
        repo.git(&["init", "--quiet", &format!("--object-format={hash}")]);
        repo
    }

    /// An existing repository.
    pub fn at(&self, name: &str) -> TestRepo<'_> {
        TestRepo {
            world: self,
            path: self.path(name),
        }
    }

    /// `git leverage` in a directory of this world, not yet run.
    pub fn leverage(&self, directory: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_git-leverage"));
        self.isolate(&mut command, directory);
        command
    }

    /// `git` in a directory of this world, not yet run.
    pub fn git(&self, directory: &Path) -> Command {
        let mut command = Command::new("git");
        self.isolate(&mut command, directory);
        command
    }

    /// A shell in a directory of this world that will run this, not yet run.
    pub fn shell(&self, directory: &Path, script: &str) -> Command {
        let mut command = Command::new("sh");
        self.isolate(&mut command, directory);
        command.args(["-c", script]);
        command
    }

    fn isolate(&self, command: &mut Command, directory: &Path) {
        let path = std::env::var_os("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.home())
            .env("XDG_CACHE_HOME", self.home().join("cache"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_TEST_DATE_NOW", NOW.to_string())
            // The program that started the tests is not our caller.
            .env("GIT_TEST_PROC", self.path("proc"))
            .env("TZ", "UTC")
            .env("LC_ALL", "C")
            .current_dir(directory)
            .stdin(Stdio::null());
    }

    /// Runs `git leverage ARGS` in the world's root.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_in(self.root.path(), args)
    }

    /// Runs `git leverage ARGS` in `directory`.
    pub fn run_in(&self, directory: &Path, args: &[&str]) -> Ran {
        let output = self
            .leverage(directory)
            .args(args)
            .output()
            .expect("git-leverage starts");
        self.ran(&output)
    }

    /// Runs `git leverage ARGS` in `directory` with a file on its standard input.
    pub fn run_with(&self, directory: &Path, args: &[&str], input: std::fs::File) -> Ran {
        let mut command = self.leverage(directory);
        let output = command.args(args).stdin(input).output();
        self.ran(&output.expect("git-leverage starts"))
    }

    /// Runs `git leverage ARGS` in `directory` through a program that starts it.
    pub fn run_through(&self, directory: &Path, starter: &[&str], args: &[&str]) -> Ran {
        let own = self.leverage(directory);
        let (program, options) = starter.split_first().expect("a program");
        let mut command = Command::new(program);
        let variables = own.get_envs().filter_map(|(name, value)| Some((name, value?)));
        command.env_clear().envs(variables).current_dir(directory);
        command.args(options).arg(own.get_program()).args(args);
        let output = command.stdin(Stdio::null()).output();
        self.ran(&output.expect("the program starts"))
    }

    fn ran(&self, output: &Output) -> Ran {
        let root = self.root.path().to_string_lossy().into_owned();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&root, "$WORLD");
        Ran {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }
}

/// What a [`World`] was at some time. Paths and caches are valid in it, because it is restored at the same place.
pub struct Copy<'world> {
    world: &'world World,
    copy: TempDir,
}

impl Copy<'_> {
    /// Restores the world.
    pub fn restore(&self) {
        let root = self.world.root.path();
        for entry in root.read_dir().expect("the world") {
            let path = entry.expect("an entry").path();
            let removed = match path.is_dir() {
                true => std::fs::remove_dir_all(path),
                false => std::fs::remove_file(path),
            };
            removed.expect("an empty world");
        }
        copy_folder(self.copy.path(), root).expect("the world as it was");
    }
}

/// A directory in memory if there is room for many, because a disk takes longer to create and remove small files than
/// git and git-leverage take to read them. `TMPDIR` takes precedence.
fn temporary_folder() -> TempDir {
    static IN_MEMORY: LazyLock<bool> =
        LazyLock::new(|| std::env::var_os("TMPDIR").is_none() && kibibytes_free(MEMORY) > Some(1 << 20));
    let folder = match *IN_MEMORY {
        true => tempfile::tempdir_in(MEMORY),
        false => tempfile::tempdir(),
    };
    folder.expect("a temporary folder")
}

/// The directory that Linux has in memory. Containers often make it too small.
const MEMORY: &str = "/dev/shm";

fn kibibytes_free(folder: &str) -> Option<u64> {
    let output = Command::new("df").args(["-Pk", folder]).output().ok()?;
    let table = String::from_utf8(output.stdout).ok()?;
    table.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

/// Writes a program, and its folder.
///
/// Another process writes it: a test beside this one that starts a program inherits the files that are open for writing at that
/// moment, and for as long as it has one open the kernel refuses to run it ("text file busy").
#[cfg(unix)]
pub fn executable(path: &Path, script: &str) {
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder for the program");
    let line = "printf %s \"$2\" >\"$1\" && chmod 755 \"$1\"";
    let written = Command::new("sh")
        .args(["-c", line, "sh"])
        .arg(path)
        .arg(script)
        .status();
    assert!(written.expect("a shell").success(), "{}", path.display());
}

/// Copies the program under test to run it under another name, by another process as [`executable`] does.
#[cfg(unix)]
pub fn copy_of_the_program(to: &Path) {
    let copied = Command::new("cp")
        .arg(env!("CARGO_BIN_EXE_git-leverage"))
        .arg(to)
        .status();
    assert!(copied.expect("cp").success(), "{}", to.display());
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    for entry in from.read_dir()? {
        let entry = entry?;
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            std::fs::create_dir(&to)?;
            copy_folder(&from, &to)?;
        } else {
            std::fs::copy(from, to)?;
        }
    }
    Ok(())
}

/// A repository in a [`World`].
pub struct TestRepo<'world> {
    world: &'world World,
    path: PathBuf,
}

impl TestRepo<'_> {
    /// Its working tree.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs git here and returns what it printed, without the last newline.
    pub fn git(&self, args: &[&str]) -> String {
        self.git_with(args, |_| ())
    }

    /// Runs git here with both dates fixed, in seconds since the epoch.
    pub fn git_at(&self, args: &[&str], seconds: i64) -> String {
        let date = format!("{seconds} +0000");
        self.git_with(args, |command| {
            command
                .env("GIT_AUTHOR_DATE", &date)
                .env("GIT_COMMITTER_DATE", &date);
        })
    }

    /// Runs git here with additional variables.
    pub fn git_with_env(&self, args: &[&str], variables: &[(&str, &str)]) -> String {
        self.git_with(args, |command| {
            command.envs(variables.iter().copied());
        })
    }

    /// Runs git here with `input` on its standard input.
    pub fn git_with_input(&self, args: &[&str], input: &str) -> String {
        let file = self.world.path("input");
        std::fs::write(&file, input).unwrap();
        self.git_with(args, |command| {
            command.stdin(std::fs::File::open(file).unwrap());
        })
    }

    fn git_with(&self, args: &[&str], prepare: impl FnOnce(&mut Command)) -> String {
        let mut command = self.world.git(&self.path);
        command.args(args);
        prepare(&mut command);
        let output = command.output().expect("git starts");
        assert!(
            output.status.success(),
            "git {args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout)
            .trim_end_matches('\n')
            .to_owned()
    }

    /// Runs a command under strace with these options. Its output is ignored.
    #[cfg(target_os = "linux")]
    pub fn traced(&self, options: &[&str], args: &[&str]) -> Output {
        let own = self.world.leverage(&self.path);
        let mut command = Command::new("strace");
        command.env_clear().current_dir(&self.path).args(["-f", "-qq"]);
        let variables = own.get_envs().filter_map(|(name, value)| Some((name, value?)));
        command.envs(variables).args(options).arg(own.get_program());
        command.args(args).stdin(Stdio::null()).output().unwrap()
    }

    /// Writes a file of the working tree, with its parent directories.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).expect("a folder");
        }
        std::fs::write(path, content).expect("a file");
        self
    }

    /// Commits the whole working tree, a minute after the last commit of the world, and returns the full id.
    pub fn commit(&self, message: &str) -> String {
        let minute = self.world.commits.replace(self.world.commits.get() + 1);
        self.commit_at(message, START + minute * 60)
    }

    /// Commits the whole working tree at a time in seconds since the epoch, and returns the full id.
    pub fn commit_at(&self, message: &str, seconds: i64) -> String {
        let date = format!("{seconds} +0000");
        self.git(&["add", "--all"]);
        self.git_with(
            &[
                "commit",
                "--quiet",
                "--allow-empty",
                "--cleanup=verbatim",
                "-m",
                message,
            ],
            |command| {
                command
                    .env("GIT_AUTHOR_DATE", &date)
                    .env("GIT_COMMITTER_DATE", &date);
            },
        );
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs `git leverage ARGS` here.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.world.run_in(&self.path, args)
    }
}

/// The output and exit code of a command. Snapshot it as a whole, or check its parts.
#[must_use = "snapshot it, or assert on its parts"]
pub struct Ran {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// Standard output, the world's root as `$WORLD`.
    pub stdout: String,
    /// Standard error, the world's root as `$WORLD`.
    pub stderr: String,
}

impl Ran {
    /// Standard output of a command that exited with 0.
    pub fn success(self) -> String {
        assert_eq!(self.code, Some(0), "{self}");
        self.stdout
    }
}

impl fmt::Display for Ran {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.stdout)?;
        if !self.stderr.is_empty() {
            write!(f, "[stderr]\n{}", self.stderr)?;
        }
        match self.code {
            Some(code) => write!(f, "[exit {code}]"),
            None => write!(f, "[killed]"),
        }
    }
}
