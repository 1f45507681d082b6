//! `record --trailer`: HEAD gets another message, and nothing else changes. What git makes of the same is the measure.

use insta::assert_snapshot;

use crate::world::transcript::Transcript;
use crate::world::{NOW, START, TestRepo, World, executable};

const CLAIM: &[&str] = &[
    "record",
    "--trailer",
    "--estimate",
    "4h",
    "--phase",
    "Client=3h",
    "--phase",
    "Tests=1h",
    "--agent",
    "codex",
    "--no-sessions",
];
const BLOCK: &str =
    "Leverage-Estimate: 4h\nLeverage-Phase: Client 3h\nLeverage-Phase: Tests 1h\nLeverage-Agent: codex\n";

/// What git makes of HEAD with this message, without moving anything: the id of the commit.
fn by_git(world: &World, repo: &TestRepo<'_>, message: &str) -> String {
    let copy = world.path("copy");
    let _ = std::fs::remove_dir_all(&copy);
    repo.git(&["worktree", "add", "--quiet", "--detach", "../copy"]);
    let copy = world.at("copy");
    let file = world.path("message");
    std::fs::write(&file, message).unwrap();
    let amend = [
        "commit",
        "--quiet",
        "--amend",
        "--allow-empty",
        "--cleanup=verbatim",
        "-F",
    ];
    let amend = [&amend[..], &[file.to_str().unwrap()]].concat();
    copy.git_with_env(&amend, &[("GIT_COMMITTER_DATE", &format!("{NOW} +0000"))]);
    let made = copy.git(&["rev-parse", "HEAD"]);
    repo.git(&["worktree", "remove", "--force", "../copy"]);
    made
}

/// A commit of somebody else, with changes beside it that are staged, not staged, and not known to git.
fn busy<'world>(world: &'world World, name: &str, hash: &str, message: &str) -> TestRepo<'world> {
    let repo = world.repo_of(name, hash);
    repo.write("a", "1\n").commit("Begin");
    repo.write("a", "2\n").git(&["add", "a"]);
    let author = [
        ("GIT_AUTHOR_NAME", "Bob O. Example"),
        ("GIT_AUTHOR_EMAIL", "bob@example.org"),
        ("GIT_AUTHOR_DATE", "1775034123 -0730"),
        ("GIT_COMMITTER_DATE", "1775034123 -0730"),
    ];
    repo.git_with_env(
        &["commit", "--quiet", "--cleanup=verbatim", "-m", message],
        &author,
    );
    repo.write("a", "3\n").git(&["add", "a"]);
    repo.write("a", "4\n").write("new", "5\n");
    repo
}

fn state(repo: &TestRepo<'_>) -> (Vec<u8>, String, String) {
    let index = std::fs::read(repo.path().join(".git/index")).unwrap();
    let status = repo.git(&["--no-optional-locks", "status", "--porcelain"]);
    let content = std::fs::read_to_string(repo.path().join("a")).unwrap();
    (index, status, content)
}

/// Hooks that leave a mark and refuse.
fn with_hooks(repo: &TestRepo<'_>) {
    for hook in [
        "pre-commit",
        "prepare-commit-msg",
        "commit-msg",
        "post-commit",
        "post-rewrite",
        "reference-transaction",
        "post-index-change",
    ] {
        let path = format!(".git/hooks/{hook}");
        let script = format!("#!/bin/sh\ntouch ran-{hook}\nexit 1\n");
        executable(&repo.path().join(path), &script);
    }
}

#[test]
fn the_commit_is_the_one_that_git_would_make() {
    let world = World::new();
    for (number, (message, wanted)) in [
        ("Title", format!("Title\n\n{BLOCK}")),
        (
            "Title\n\nBody: text\nmore\n",
            format!("Title\n\nBody: text\nmore\n\n{BLOCK}"),
        ),
        (
            "Title\n\nBody\n\nSigned-off-by: Ada <a@b>\nCo-authored-by: Bob <b@c>\n",
            format!("Title\n\nBody\n\nSigned-off-by: Ada <a@b>\nCo-authored-by: Bob <b@c>\n{BLOCK}"),
        ),
        ("Größe\n\n\n", format!("Größe\n\n{BLOCK}")),
    ]
    .into_iter()
    .enumerate()
    {
        let hash = ["sha1", "sha256"][number % 2];
        let repo = busy(&world, &format!("kiln{number}"), hash, message);
        let git = by_git(&world, &repo, &wanted);
        with_hooks(&repo);
        let before = (state(&repo), repo.git(&["rev-parse", "HEAD", "HEAD~1"]));
        let said = repo.run(CLAIM).success();
        assert!(said.contains("3h  Client"), "{said}");
        assert_eq!(repo.git(&["rev-parse", "HEAD"]), git, "{message:?}");
        assert_eq!(state(&repo), before.0, "{message:?}");
        let old = before.1.lines().next().unwrap();
        assert_eq!(
            repo.git(&["rev-parse", "HEAD@{1}", "main@{1}"]),
            format!("{old}\n{old}")
        );
        assert_eq!(repo.git(&["symbolic-ref", "HEAD"]), "refs/heads/main");
        let logged = repo.git(&["reflog", "-1", "--format=%gs"]);
        assert!(logged.starts_with("commit (amend): "), "{logged}");
        repo.git(&["fsck", "--strict"]);
        assert!(
            !std::fs::read_dir(repo.path())
                .unwrap()
                .any(|entry| { entry.unwrap().file_name().to_string_lossy().starts_with("ran-") })
        );
        // Said once: the task is there.
        assert_eq!(repo.run(CLAIM).code, Some(1));
    }
}

#[test]
fn what_is_said_of_a_claim_in_a_message() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin");
    repo.commit("Cap the delay");
    let dry = [CLAIM, &["--dry-run", "--basis", "size"]].concat();
    assert_snapshot!(repo.run(&dry), @r"
    Leverage-Estimate: 4h
    Leverage-Phase: Client 3h
    Leverage-Phase: Tests 1h
    Leverage-Agent: codex
    [stderr]
    Left out, because there are no trailers for them: basis
    Nothing written (--dry-run)
    [exit 0]
    ");
    let ran = repo.run(CLAIM).to_string();
    let (id, _) = ran
        .split_once("id           ")
        .unwrap()
        .1
        .split_once('\n')
        .unwrap();
    assert_snapshot!(ran.replace(id, "ID"), @r"
    Cap the delay
      id           ID
      date         2026-04-01
      estimate     4h, by Ada Example <ada@example.org>
                   3h  Client
                   1h  Tests
      agent time   –
      supervision  –
      agent        codex
      commits      78a4ee29d1
      source       trailer
      recorded     2026-04-01 09:01 +0000, by Ada Example <ada@example.org>
    [stderr]
    Added to the commit message: `78a4ee29d1`, which was `fe1a90052e`
    [exit 0]
    ");
}

#[test]
fn merges_and_odd_heads_stay_what_they_are() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin");
    repo.git(&["switch", "--quiet", "-c", "side"]);
    repo.write("b", "1\n").commit("Side");
    repo.git(&["switch", "--quiet", "main"]);
    repo.write("a", "1\n").commit("Main");
    repo.git(&["merge", "--quiet", "--no-ff", "-m", "Merge side", "side"]);
    let raw = repo.git(&["cat-file", "commit", "HEAD"]);
    let (head, message) = raw.split_once("\n\n").unwrap();
    // As jj, git with signed tags, and an old editor leave it.
    let odd = format!(
        "{head}\nencoding ISO-8859-1\nmergetag object {}\n type commit\n tag v1\n tagger A <a@b> 1 +0000\n \n text\nchange-id kkmpptxz\n\n{message}\n",
        repo.git(&["rev-parse", "side"]),
    );
    let odd = repo.git_with_input(
        &["hash-object", "-t", "commit", "-w", "--stdin", "--literally"],
        &odd,
    );
    repo.git(&["update-ref", "refs/heads/main", &odd]);
    repo.run(CLAIM).success();
    let new = repo.git(&["cat-file", "commit", "HEAD"]);
    let old = repo.git(&["cat-file", "commit", &odd]);
    let rest = |raw: &str| {
        let (head, _) = raw.split_once("\n\n").unwrap();
        let lines = head.lines().filter(|line| !line.starts_with("committer "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(rest(&new), rest(&old));
    assert!(new.ends_with(BLOCK.trim_end()), "{new}");
    assert_eq!(
        repo.git(&["rev-parse", "HEAD^2"]),
        repo.git(&["rev-parse", "side"])
    );
    // A block that its encoding cannot hold.
    let name = ["record", "--trailer", "--phase", "Größe=1h"];
    repo.git(&["update-ref", "refs/heads/main", &odd]);
    let refused = repo.run(&name);
    assert!(refused.stderr.contains("is in ISO-8859-1"), "{refused}");
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), odd);
}

#[test]
fn notes_come_along() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin");
    let lines = "let retries = 5;\nlet delay = cap(retries);\n";
    Transcript::new("s", repo.path())
        .prompt(60, "cap the delay")
        .write(65, "src/a.rs", lines)
        .answer(70, "done")
        .end(70)
        .save(&world);
    repo.write("src/a.rs", lines)
        .commit_at("Cap the delay", START + 71 * 60);
    repo.run(&["capture"]).success();
    let captured = repo.git(&["notes", "--ref=leverage", "show"]);
    for reference in ["ai", "build"] {
        repo.git(&["notes", &format!("--ref={reference}"), "add", "-m", reference]);
    }
    for reference in ["ai", "leverage"] {
        repo.git(&[
            "config",
            "--add",
            "notes.rewriteRef",
            &format!("refs/notes/{reference}"),
        ]);
    }
    let old = repo.git(&["rev-parse", "HEAD"]);
    repo.run(&["record", "--trailer", "--estimate", "4h"]).success();
    assert_eq!(repo.git(&["notes", "--ref=leverage", "show"]), captured);
    assert_eq!(repo.git(&["notes", "--ref=leverage", "show", &old]), captured);
    assert_eq!(repo.git(&["notes", "--ref=ai", "show"]), "ai");
    let listed = repo.run(&["log"]);
    assert_eq!((listed.code, listed.stderr.as_str()), (Some(0), ""), "{listed}");
    let noted = repo.git(&["notes", "--ref=build", "list"]);
    assert!(noted.ends_with(&old), "{noted}");
    // Its session is named, and its minutes are measured by who reads it.
    let trailers = repo.git(&["log", "-1", "--format=%(trailers:only)"]);
    assert_eq!(trailers, "Leverage-Estimate: 4h\nLeverage-Session: claude-code:s");
    let report = repo.run(&["report", "--format", "json"]).success();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["totals"]["tasks"], 1);
    assert_eq!(report["totals"]["agent_minutes"], 10);
}

/// Runs the claim, which is refused with these words, and leaves everything as it was.
fn refused(repo: &TestRepo<'_>, args: &[&str], code: i32, words: &str) {
    let refs = ["for-each-ref", "--format=%(objectname) %(refname)"];
    let before = (repo.git(&["rev-parse", "HEAD"]), repo.git(&refs));
    let ran = repo.run(&[CLAIM, args].concat());
    assert_eq!(ran.code, Some(code), "{words}: {ran}");
    assert!(ran.stderr.contains(words), "{words}: {ran}");
    assert_eq!(
        (repo.git(&["rev-parse", "HEAD"]), repo.git(&refs)),
        before,
        "{words}"
    );
}

#[test]
fn a_commit_that_others_have_keeps_its_message() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin");
    repo.commit("Cap the delay");
    for (reference, words) in [
        ("refs/remotes/origin/main", "is also in `origin/main`"),
        ("refs/tags/v1", "is also in `v1`"),
        ("refs/heads/topic", "is also in `topic`"),
        (
            "refs/prefetch/remotes/origin/main",
            "is also in `refs/prefetch/remotes/origin/main`",
        ),
        ("refs/upstream/main", "is also in `refs/upstream/main`"),
    ] {
        repo.git(&["config", "remote.up.url", "x"]);
        repo.git(&["config", "remote.up.fetch", "+refs/heads/*:refs/upstream/*"]);
        repo.git(&["update-ref", reference, "HEAD"]);
        refused(&repo, &[], 1, words);
        // One that comes after it holds it, too.
        let next = repo.git(&["commit-tree", "-p", "HEAD", "-m", "Next", "HEAD^{tree}"]);
        repo.git(&["update-ref", reference, &next]);
        refused(&repo, &[], 1, words);
        repo.git(&["update-ref", "-d", reference]);
    }
    repo.git(&["switch", "--quiet", "--detach"]);
    refused(&repo, &[], 1, "is also in `main`");
    repo.git(&["switch", "--quiet", "main"]);
    repo.git(&["worktree", "add", "--quiet", "--detach", "../beside"]);
    refused(&repo, &[], 1, "is also in `the worktree beside`");
    refused(&world.at("beside"), &[], 1, "is also in `main`");
    repo.git(&["worktree", "remove", "../beside"]);
    let outer = world.repo("outer");
    let link = format!("160000,{},sub", repo.git(&["rev-parse", "HEAD"]));
    let inner = outer.path().join("sub");
    repo.git(&[
        "clone",
        "--quiet",
        repo.path().to_str().unwrap(),
        inner.to_str().unwrap(),
    ]);
    let inner = world.at("outer/sub");
    inner.git(&["remote", "remove", "origin"]);
    outer.git(&["update-index", "--add", "--cacheinfo", &link]);
    refused(&inner, &[], 1, "is also in `the superproject`");
    outer.git(&["commit", "--quiet", "-m", "Sub"]);
    refused(&inner, &[], 1, "is also in `the superproject`");
    // What is no history of code holds nothing back.
    for reference in ["refs/heads/entire/checkpoints", "refs/stash", "refs/jj/keep/1"] {
        repo.git(&["update-ref", reference, "HEAD"]);
    }
    repo.run(CLAIM).success();
}

#[test]
fn a_detached_head_and_a_linked_work_tree_have_messages_of_their_own() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin");
    repo.git(&["switch", "--quiet", "--detach"]);
    repo.commit("Cap the delay");
    repo.run(CLAIM).success();
    assert!(
        repo.git(&["log", "-1", "--format=%B"])
            .ends_with(BLOCK.trim_end())
    );
    assert_eq!(repo.git(&["log", "-1", "--format=%s", "main"]), "Begin");
    repo.git(&["switch", "--quiet", "main"]);
    repo.git(&["worktree", "add", "--quiet", "-b", "topic", "../beside"]);
    let beside = world.at("beside");
    beside.commit("Cap all delays");
    beside.run(CLAIM).success();
    assert!(
        repo.git(&["log", "-1", "--format=%B", "topic"])
            .ends_with(BLOCK.trim_end())
    );
    assert_eq!(repo.git(&["log", "-1", "--format=%s", "main"]), "Begin");
    assert_eq!(beside.git(&["status", "--porcelain"]), "");
}

#[test]
fn what_git_is_in_the_middle_of_is_not_disturbed() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("a", "1\n").commit("Begin");
    repo.git(&["switch", "--quiet", "-c", "side"]);
    repo.write("a", "2\n").commit("Side");
    repo.git(&["switch", "--quiet", "main"]);
    repo.write("a", "3\n").commit("Main");
    for (start, end, words) in [
        ("merge", "merge", "a merge is in progress"),
        ("cherry-pick", "cherry-pick", "a cherry-pick is in progress"),
        ("rebase", "rebase", "a rebase is in progress"),
    ] {
        let started = world.git(repo.path()).args([start, "side"]).output().unwrap();
        assert!(!started.status.success());
        refused(&repo, &["HEAD"], 1, words);
        repo.git(&[end, "--abort"]);
    }
    repo.git(&["bisect", "start"]);
    refused(&repo, &[], 1, "a bisection is in progress");
    repo.git(&["bisect", "reset"]);
    refused(
        &repo,
        &["HEAD~1"],
        2,
        "is not HEAD; only the message of HEAD can be changed",
    );
    refused(
        &repo,
        &["--commit", "HEAD~1"],
        2,
        "a trailer can only describe its own commit",
    );
    refused(&repo, &["--another"], 2, "cannot be used with");
    refused(&repo, &["--note"], 2, "cannot be used with");
    repo.run(&["record", "--estimate", "1h", "--no-sessions"])
        .success();
    refused(&repo, &[], 1, "already has the task");
    let empty = world.repo("empty");
    let ran = empty.run(CLAIM);
    assert_eq!((ran.code, ran.stdout.as_str()), (Some(1), ""), "{ran}");
    let odd = world.repo("odd");
    odd.git(&[
        "commit",
        "--quiet",
        "--allow-empty",
        "--allow-empty-message",
        "-m",
        "",
    ]);
    refused(
        &odd,
        &["--title", "x"],
        1,
        "has no place where git would read the trailers",
    );
    odd.commit("T\n\nLeverage-Agent: pi\n");
    refused(&odd, &[], 1, "has no place where git would read the trailers");
}

#[test]
fn a_setting_says_where_claims_go() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin");
    let head = repo.commit("Cap the delay");
    let record = ["record", "--estimate", "4h", "--no-sessions"];
    repo.git(&["config", "leverage.claims", "message"]);
    let ran = repo.run(&record);
    assert!(
        ran.stderr
            .contains("`leverage.claims` is `message`, which is not `note` or `trailer`"),
        "{ran}"
    );
    repo.git(&["config", "leverage.claims", "trailer"]);
    repo.run(&record).success();
    assert_ne!(repo.git(&["rev-parse", "HEAD"]), head);
    assert_eq!(repo.git(&["for-each-ref", "refs/notes"]), "");
    // A second task of the commit, a revision and a task without a commit have no place in a message.
    let head = repo.git(&["rev-parse", "HEAD"]);
    repo.run(&[&record[..], &["--another", "--title", "Second"]].concat())
        .success();
    repo.run(&[&record[..], &["--no-commit", "--title", "Plan"]].concat())
        .success();
    repo.run(&[&record[..], &["HEAD~1", "--note"]].concat()).success();
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), head);
    repo.commit("Third");
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    let ran = repo.run(&[&record[..], &["--trailer"]].concat());
    assert_snapshot!(ran, @r"
    [stderr]
    error: the message of HEAD cannot be changed: `a41c3f9354` is also in `origin/main`, which would keep the old message
    hint: Run `git leverage record --note …` to record it in a note
    hint: Or add the output of `git leverage trailers --print …` to the next commit of the task
    [exit 1]
    ");
    // Where the setting alone asks for trailers, a note has what they cannot.
    let head = repo.git(&["rev-parse", "HEAD"]);
    let ran = repo.run(&record);
    let said = "the message of HEAD cannot be changed: `a41c3f9354` is also in `origin/main`, which would keep the old message";
    assert!(ran.stderr.contains(said), "{ran}");
    assert_eq!(ran.code, Some(0), "{ran}");
    assert_eq!(repo.git(&["rev-parse", "HEAD"]), head);
    let note = repo.git(&["notes", "--ref=leverage", "show", "HEAD"]);
    assert!(note.contains("\"title\":\"Third\""), "{note}");
}

#[cfg(unix)]
#[test]
fn what_cannot_be_signed_is_told_how_to_be_left_unsigned() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.commit("Begin");
    repo.git(&["config", "--global", "commit.gpgSign", "true"]);
    repo.git(&["config", "--global", "gpg.program", "/nowhere"]);
    let record = ["record", "--trailer", "--estimate", "2h", "--no-sessions"];
    let refused = repo.run(&record);
    assert_eq!(refused.code, Some(1), "{refused}");
    let hint = "`git -c commit.gpgSign=false leverage record --trailer …`";
    assert!(refused.stderr.contains(hint), "{refused}");
    assert!(!refused.stderr.contains("leverage.sign"), "{refused}");
    // As git hands on what it is told so.
    let mut command = world.leverage(repo.path());
    command.env("GIT_CONFIG_PARAMETERS", "'commit.gpgSign'='false'");
    let output = command.args(record).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(
        repo.git(&["log", "-1", "--format=%B"])
            .contains("Leverage-Estimate: 2h")
    );
}

/// A program that signs whatever it is given, and can be told from all others.
#[cfg(unix)]
fn signer(world: &World) -> String {
    let path = world.path("signer");
    let script = "#!/bin/sh\ncat > /dev/null\necho '-----BEGIN PGP SIGNATURE-----'\necho\necho MADEUP\n\
        echo '-----END PGP SIGNATURE-----'\nprintf '\\n[GNUPG:] SIG_CREATED D\\n' >&2\n";
    executable(&path, script);
    path.to_string_lossy().into_owned()
}

#[cfg(unix)]
#[test]
fn a_signed_commit_is_signed_again_or_left_alone() {
    let world = World::new();
    let repo = busy(&world, "kiln", "sha1", "Title");
    let signer = signer(&world);
    repo.git(&["config", "--global", "gpg.program", &signer]);
    let author = repo.git(&["log", "-1", "--format=%an %ae %ad"]);
    let amend = ["commit", "--quiet", "--amend", "--only", "--no-edit"];
    repo.git(&[&amend[..], &["--gpg-sign"]].concat());
    refused(
        &repo,
        &[],
        1,
        "would lose its signature: `commit.gpgSign` is not set",
    );
    // What a repository says would be run, and is not; nor is a commit made that it wants signed.
    repo.git(&["config", "commit.gpgSign", "true"]);
    refused(
        &repo,
        &[],
        1,
        "the commit would not be signed: `commit.gpgSign` is set only in the repository's own git config",
    );
    repo.git(&["config", "--unset", "commit.gpgSign"]);
    repo.git(&["config", "--global", "commit.gpgSign", "true"]);
    let before = state(&repo);
    repo.run(CLAIM).success();
    assert_eq!(state(&repo), before);
    let raw = repo.git(&["cat-file", "commit", "HEAD"]);
    assert!(
        raw.contains("\ngpgsig -----BEGIN PGP") && raw.contains("\n MADEUP\n"),
        "{raw}"
    );
    assert!(raw.ends_with(BLOCK.trim_end()), "{raw}");
    assert_eq!(repo.git(&["log", "-1", "--format=%an %ae %ad"]), author);
    assert_eq!(repo.git(&["log", "-1", "--format=%s", "HEAD~1"]), "Begin");
    // A program that does not sign leaves HEAD as it is.
    repo.git(&["config", "--global", "gpg.program", "false"]);
    repo.git(&[&amend[..], &["--no-gpg-sign", "-m", "Title"]].concat());
    refused(&repo, &[], 1, "git did not sign");
}

/// A repository may say that claims go into messages, as nothing of what it names is run for it.
#[cfg(unix)]
#[test]
fn no_program_of_the_repository_is_run() {
    let world = World::new();
    let repo = busy(&world, "kiln", "sha1", "Title");
    let (evil, ran) = (world.path("evil"), world.path("ran"));
    executable(
        &evil,
        &format!("#!/bin/sh\necho \"$@\" >> {}\ncat\n", ran.display()),
    );
    with_hooks(&repo);
    let evil = evil.to_str().unwrap();
    for (key, value) in [
        ("core.fsmonitor", evil),
        ("core.editor", evil),
        ("core.alternateRefsCommand", evil),
        ("filter.evil.clean", evil),
        ("filter.evil.smudge", evil),
        ("gpg.program", evil),
        ("trailer.leverage-estimate.command", evil),
        ("trailer.where", "start"),
        ("hook.evil.command", evil),
        ("hook.evil.event", "post-rewrite"),
        ("notes.rewriteRef", "refs/notes/*"),
        ("leverage.claims", "trailer"),
    ] {
        repo.git(&["config", key, value]);
    }
    repo.write(".git/info/attributes", "* filter=evil\n");
    let said = repo.run(&["record", "--estimate", "4h", "--no-sessions"]);
    assert_eq!(said.code, Some(0), "{said}");
    assert!(!ran.exists(), "{}", std::fs::read_to_string(ran).unwrap());
    let message = repo.git(&["-c", "core.fsmonitor=false", "log", "-1", "--format=%B"]);
    assert_eq!(message, "Title\n\nLeverage-Estimate: 4h");
}

/// References in a table are moved by git as well.
#[test]
fn a_reftable_is_moved_through_git() {
    let world = World::new();
    let repo = world.at("tabled");
    std::fs::create_dir(repo.path()).unwrap();
    let made = world
        .git(repo.path())
        .args(["init", "--quiet", "--ref-format=reftable"])
        .output()
        .unwrap();
    if !made.status.success() {
        return;
    }
    repo.commit("Begin");
    repo.commit("Cap the delay");
    repo.run(CLAIM).success();
    assert!(
        repo.git(&["log", "-1", "--format=%B"])
            .ends_with(BLOCK.trim_end())
    );
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    repo.commit("Cap all delays");
    repo.run(CLAIM).success();
    repo.git(&["switch", "--quiet", "--detach", "HEAD~1"]);
    refused(&repo, &["--another"], 2, "cannot be used with");
    refused(&repo, &[], 1, "already recorded");
}
