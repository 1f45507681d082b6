//! Replaces the message of the commit at HEAD, if nobody else has that commit.
//!
//! Everything else in it stays byte for byte: tree, parents, author, encoding, and extra headers of other programs. Git's
//! plumbing creates it, in the profile in which a repository cannot run anything, so neither the index nor the working tree is
//! read or written and no hook runs: `git commit --amend` would include staged changes, and refresh the rest.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use git2::{Oid, RepositoryState};

use super::open::Repo;
use super::process::{hardened, output};
use super::refs::{WriteLock, descends};
use super::signing;
use super::walk::RefSelection;
use super::writer::{Signing, WriteError, Writer};
use super::{files, folder};
use crate::facts::ids::ObjectId;

/// Files in the git directory while an operation is in progress, and the name of that operation.
const IN_PROGRESS: &[(&str, &str)] = &[
    ("rebase-merge", "a rebase"),
    ("rebase-apply", "a rebase"),
    ("MERGE_HEAD", "a merge"),
    ("CHERRY_PICK_HEAD", "a cherry-pick"),
    ("REVERT_HEAD", "a revert"),
    ("sequencer", "a cherry-pick or a revert"),
    ("BISECT_LOG", "a bisection"),
];
/// Refs whose commits others have, or may have.
const SHARED: &[&str] = &["refs/remotes/", "refs/tags/", "refs/prefetch/"];
/// The maximum size of the file that says what a working tree has checked out.
const LARGEST_HEAD: u64 = 8192;
const BRANCHES: &str = "refs/heads/";
/// Headers that a new signature replaces.
const SIGNATURES: &[&str] = &["gpgsig", "gpgsig-sha256"];
/// Headers that `git commit-tree` can create.
const PLAIN: &[&str] = &["tree", "parent", "author", "committer", "encoding"];

/// Why HEAD is not changed.
#[derive(Debug, thiserror::Error)]
pub enum AmendError {
    /// The branch is unborn.
    #[error("there are no commits yet")]
    NoCommit,
    /// Nobody works there directly.
    #[error("the repository is bare")]
    Bare,
    /// Git will continue from the current commit.
    #[error("{0} is in progress")]
    InProgress(&'static str),
    /// Something else also has the commit.
    #[error("`{commit}` is also in `{reference}`, which would keep the old message")]
    Shared {
        /// The commit.
        commit: String,
        /// The short name of a branch or a tag, or another holder. Untrusted text.
        reference: String,
    },
    /// The signature of the commit would be lost.
    #[error("`{commit}` would lose its signature: {reason}")]
    Signature {
        /// The commit.
        commit: String,
        /// Why it cannot be signed again.
        reason: &'static str,
    },
    /// Its raw form is not one that git writes.
    #[error("`{0}` cannot be rewritten with another message")]
    Unusual(String),
    /// HEAD moved in the meantime.
    #[error("HEAD moved in the meantime: {0}")]
    Moved(String),
    /// An error from git, or from the disk.
    #[error("{0}")]
    Write(#[from] WriteError),
}

/// The commit at HEAD, which nothing else has.
#[derive(Debug)]
pub struct Amendable {
    /// Its id.
    pub id: ObjectId,
    /// Its header lines, each with its key and its bytes, including the newline.
    headers: Vec<(String, Vec<u8>)>,
    /// Its message as stored.
    pub message: Vec<u8>,
}

impl Amendable {
    /// Checks whether the commit at HEAD may get another message. Branches that `refs` excludes contain data, not history.
    pub fn at_head(repo: &Repo, refs: &RefSelection) -> Result<Self, AmendError> {
        if repo.is_bare() {
            return Err(AmendError::Bare);
        }
        let failed = |error: git2::Error| WriteError::git(repo, &error);
        let id = repo.head().map_err(failed)?.ok_or(AmendError::NoCommit)?;
        if let Some(what) = in_progress(repo) {
            return Err(AmendError::InProgress(what));
        }
        let shared = |reference| AmendError::Shared {
            commit: id.short(),
            reference,
        };
        if let Some(reference) = holder(repo, id, refs)? {
            return Err(shared(reference));
        }
        let raw = raw(repo, id).map_err(failed)?;
        Self::parse(id, &raw).ok_or_else(|| AmendError::Unusual(id.short()))
    }

    fn parse(id: ObjectId, raw: &[u8]) -> Option<Self> {
        let end = memchr::memmem::find(raw, b"\n\n")?;
        let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
        for line in raw[..=end].split_inclusive(|byte| *byte == b'\n') {
            if line.starts_with(b" ") {
                headers.last_mut()?.1.extend_from_slice(line);
                continue;
            }
            let key = line.split(|byte| *byte == b' ').next()?;
            headers.push((String::from_utf8(key.to_vec()).ok()?, line.to_vec()));
        }
        Some(Self {
            id,
            headers,
            message: raw[end + 2..].to_vec(),
        })
    }

    /// The encoding of its message, if it is not UTF-8.
    pub fn encoding(&self) -> Option<String> {
        let value = self.value("encoding")?;
        Some(value).filter(|name| !name.eq_ignore_ascii_case("utf-8") && !name.eq_ignore_ascii_case("utf8"))
    }

    fn value(&self, key: &str) -> Option<String> {
        let (_, line) = self.headers.iter().find(|(name, _)| name == key)?;
        let text = String::from_utf8_lossy(line);
        Some(text.strip_prefix(key)?.trim().to_owned())
    }

    fn is_signed(&self) -> bool {
        self.headers
            .iter()
            .any(|(key, _)| SIGNATURES.contains(&key.as_str()))
    }

    /// Creates the commit with another message, and moves HEAD to it. Returns the new commit.
    ///
    /// The writer is the new committer, and signs it if the commit was signed.
    pub fn reword(&self, repo: &Repo, message: &[u8], writer: &Writer) -> Result<ObjectId, AmendError> {
        let lost = |reason| AmendError::Signature {
            commit: self.id.short(),
            reason,
        };
        let is_plain = self
            .headers
            .iter()
            .all(|(key, _)| PLAIN.contains(&key.as_str()) || SIGNATURES.contains(&key.as_str()));
        let _lock = WriteLock::take(repo)?;
        let new = match writer.signing {
            Signing::Off if self.is_signed() => return Err(lost("`commit.gpgSign` is not set")),
            Signing::Off => self.unsigned(repo, message, writer)?,
            Signing::On if !is_plain => return Err(lost("git cannot sign its other headers")),
            Signing::On => self.signed(repo, message, writer)?,
        };
        self.verify(repo, new, message)?;
        let subject = String::from_utf8_lossy(message);
        let reason = format!("commit (amend): {}", subject.lines().next().unwrap_or_default());
        let (new_text, old_text) = (new.to_string(), self.id.to_string());
        let mut command = git(repo, writer);
        command.args(["update-ref", "-m", &reason, "HEAD", &new_text, &old_text]);
        output(&mut command).map_err(|error| match repo.head() {
            Ok(head) if head == Some(self.id) => {
                AmendError::Write(WriteError::storage(repo, &error.to_string()))
            }
            _ => AmendError::Moved(error.to_string()),
        })?;
        Ok(new)
    }

    /// The raw form with another committer and message, and without a signature.
    fn raw_with(&self, message: &[u8], writer: &Writer) -> Vec<u8> {
        let mut raw = Vec::new();
        for (key, line) in &self.headers {
            match key.as_str() {
                "committer" => raw.extend_from_slice(committer(writer).as_bytes()),
                key if SIGNATURES.contains(&key) => {}
                _ => raw.extend_from_slice(line),
            }
        }
        raw.push(b'\n');
        raw.extend_from_slice(message);
        raw
    }

    fn unsigned(&self, repo: &Repo, message: &[u8], writer: &Writer) -> Result<ObjectId, AmendError> {
        let mut command = git(repo, writer);
        command.args(["hash-object", "-t", "commit", "-w", "--stdin"]);
        let id = said_to(&mut command, &self.raw_with(message, writer));
        let id = id.map_err(|error| WriteError::storage(repo, &error.to_string()))?;
        id.parse().map_err(|_| AmendError::Unusual(self.id.short()))
    }

    fn signed(&self, repo: &Repo, message: &[u8], writer: &Writer) -> Result<ObjectId, AmendError> {
        let unusual = || AmendError::Unusual(self.id.short());
        let author = self.value("author").ok_or_else(unusual)?;
        let (name, rest) = author.split_once(" <").ok_or_else(unusual)?;
        let (email, date) = rest.split_once("> ").ok_or_else(unusual)?;
        let mut command = git(repo, writer);
        command
            .env("GIT_AUTHOR_NAME", name)
            .env("GIT_AUTHOR_EMAIL", email)
            .env("GIT_AUTHOR_DATE", format!("@{date}"));
        for setting in &writer.signing_config {
            command.args(["-c", setting]);
        }
        let encoding = self.value("encoding").unwrap_or_else(|| "UTF-8".to_owned());
        command.args(["-c", &format!("i18n.commitEncoding={encoding}")]);
        command.args(["commit-tree", "--gpg-sign", "-F", "-"]);
        for (key, line) in &self.headers {
            if key == "parent" {
                let parent = String::from_utf8_lossy(line);
                command.args(["-p", parent["parent".len()..].trim()]);
            }
        }
        command.arg(self.value("tree").ok_or_else(unusual)?);
        let id = said_to(&mut command, message);
        let id = id.map_err(|error| WriteError::Unsigned {
            reason: error.to_string(),
        })?;
        id.parse().map_err(|_| unusual())
    }

    /// Whether the new commit differs only in committer, signature and message.
    fn verify(&self, repo: &Repo, new: ObjectId, message: &[u8]) -> Result<(), AmendError> {
        let unusual = || AmendError::Unusual(self.id.short());
        let raw = raw(repo, new).map_err(|error| WriteError::git(repo, &error))?;
        let made = Self::parse(new, &raw).ok_or_else(unusual)?;
        let changes = |key: &str| key == "committer" || SIGNATURES.contains(&key);
        let kept = |headers: &[(String, Vec<u8>)]| -> Vec<Vec<u8>> {
            let kept = headers.iter().filter(|(key, _)| !changes(key));
            kept.map(|(_, line)| line.clone()).collect()
        };
        match made.message == message && kept(&made.headers) == kept(&self.headers) {
            true => Ok(()),
            false => Err(unusual()),
        }
    }
}

/// Lets git carry the notes of other programs from a commit to its replacement, as `notes.rewriteRef` says.
pub fn carry_other_notes(repo: &Repo, old: ObjectId, new: ObjectId, writer: &Writer) -> io::Result<()> {
    let mut command = git(repo, writer);
    command.args(["notes", "copy", "--for-rewrite=amend"]);
    said_to(&mut command, format!("{old} {new}\n").as_bytes()).map(|_| ())
}

/// The git operation in progress.
fn in_progress(repo: &Repo) -> Option<&'static str> {
    let is_there = |name: &str| repo.git_dir().join(name).symlink_metadata().is_ok();
    let found = IN_PROGRESS.iter().find(|(name, _)| is_there(name));
    let other = || repo.raw().state() != RepositoryState::Clean;
    found
        .map(|(_, what)| *what)
        .or_else(|| other().then_some("a git operation"))
}

/// What, besides the branch at HEAD, has a commit: a branch, a tag, a fetched ref, or another working tree.
fn holder(repo: &Repo, commit: ObjectId, refs: &RefSelection) -> Result<Option<String>, WriteError> {
    let failed = |error: io::Error| WriteError::storage(repo, &error.to_string());
    let mut command = hardened(repo.git_dir());
    command.env("GIT_DIR", repo.git_dir());
    command.args([
        "for-each-ref",
        "--format=%(refname)",
        "--contains",
        &commit.to_string(),
    ]);
    let listed = output(&mut command).map_err(failed)?;
    let head = repo.raw().head().ok();
    let own = head.as_ref().and_then(|head| head.name().ok());
    let fetched = fetched_names(repo);
    let holds = |name: &&str| {
        let is_branch = name.starts_with(BRANCHES) && Some(*name) != own && refs.selects(name);
        is_branch || SHARED.iter().any(|start| name.starts_with(start)) || fetched(name)
    };
    let listed = String::from_utf8_lossy(&listed);
    if let Some(name) = listed.lines().find(holds) {
        let short = ["refs/heads/", "refs/remotes/", "refs/tags/"];
        let short = short.iter().find_map(|start| name.strip_prefix(start));
        return Ok(Some(short.unwrap_or(name).to_owned()));
    }
    Ok(other_work_tree(repo, commit).or_else(|| superproject(repo, commit)))
}

/// The repository of which this one is a submodule, if it has recorded or staged a commit of it.
fn superproject(repo: &Repo, commit: ObjectId) -> Option<String> {
    let tree = repo.work_dir()?.canonicalize().ok()?;
    let outer = Repo::discover(tree.parent()?).ok()?;
    let top = outer.work_dir()?.canonicalize().ok()?;
    let path = tree.strip_prefix(&top).ok()?;
    let names = |asked: &[&str]| {
        let mut command = hardened(&top);
        command
            .env("GIT_DIR", outer.git_dir())
            .env("GIT_WORK_TREE", &top)
            .env("GIT_LITERAL_PATHSPECS", "1");
        let listed = output(command.args(asked).arg("--").arg(path)).unwrap_or_default();
        String::from_utf8_lossy(&listed).contains(&commit.to_string())
    };
    let is_named = names(&["ls-files", "--stage"]) || names(&["ls-tree", "HEAD"]);
    is_named.then(|| "the superproject".to_owned())
}

/// Whether a fetch writes to a ref: fetched refs need not be below `refs/remotes/`.
fn fetched_names(repo: &Repo) -> impl Fn(&str) -> bool {
    let raw = repo.raw();
    let names = raw.remotes().ok();
    let names = names.iter().flat_map(|names| {
        names
            .iter()
            .filter_map(|name| name.ok().flatten().map(str::to_owned))
    });
    let remotes: Vec<_> = names.filter_map(|name| raw.find_remote(&name).ok()).collect();
    move |reference| {
        let specs = remotes.iter().flat_map(|remote| remote.refspecs());
        let mut fetches = specs.filter(|spec| spec.direction() == git2::Direction::Fetch);
        // A ledger is also fetched, and contains no commits of code.
        fetches.any(|spec| spec.dst_matches(reference) && !reference.starts_with(BRANCHES))
    }
}

/// Another working tree with a detached HEAD at or after a commit.
fn other_work_tree(repo: &Repo, commit: ObjectId) -> Option<String> {
    let linked = folder::present(&repo.common_dir().join("worktrees"));
    let linked = linked.map(|entry| entry.path().to_owned());
    let own = repo.git_dir().canonicalize().ok();
    let others = linked
        .chain([repo.common_dir().to_owned()])
        .filter(|folder| folder.canonicalize().ok() != own);
    let stands = |folder: &PathBuf| {
        let head = files::read_text(&folder.join("HEAD"), LARGEST_HEAD);
        let head: Option<ObjectId> = head.ok().flatten().and_then(|head| head.trim().parse().ok());
        head.is_some_and(|head| head == commit || descends(repo, head, commit))
    };
    let found = others.into_iter().find(stands)?;
    let name = found.file_name().unwrap_or_default().to_string_lossy();
    Some(format!("the worktree {name}"))
}

/// A commit as stored, ignoring replacements.
fn raw(repo: &Repo, id: ObjectId) -> Result<Vec<u8>, git2::Error> {
    let oid = Oid::from_bytes(id.as_bytes())?;
    repo.raw().odb()?.refresh()?;
    repo.look_at(oid, 0)?;
    Ok(repo.raw().odb()?.read(oid)?.data().to_vec())
}

/// Hardened git in the repository, with the writer as committer.
fn git(repo: &Repo, writer: &Writer) -> Command {
    let mut command = hardened(repo.git_dir());
    command.env("GIT_DIR", repo.git_dir());
    signing::identity(&mut command, writer);
    command
}

fn committer(writer: &Writer) -> String {
    let person = &writer.person;
    let when = signing::date(writer);
    format!("committer {} <{}> {when}\n", person.name, person.email)
}

/// The output of a command with `input`; an exit code other than 0 is an error with its message.
fn said_to(command: &mut Command, input: &[u8]) -> io::Result<String> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // If git exits early, it reports the reason itself.
        let _ = stdin.write_all(input);
    }
    let ended = child.wait_with_output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match ended.status.success() {
        true => Ok(text(&ended.stdout)),
        false => Err(io::Error::other(
            text(&ended.stderr).lines().collect::<Vec<_>>().join("; "),
        )),
    }
}
