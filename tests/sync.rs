//! Ledgers that meet through a remote: what is fetched, merged, pushed and refused, with real git on both sides.

use std::process::Command;

use crate::world::{Ran, TestRepo, World, executable};

mod addresses;
mod clones;
mod refusals;
mod untrusted;

/// Ids hold random bits, and commits that carry them with them.
fn without_ids(ran: &Ran) -> String {
    let id =
        regex::Regex::new(r"\b[0-9a-f]{8}(-[0-9a-f]{4}(-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})?)?\b").unwrap();
    id.replace_all(&ran.to_string(), "ID").into_owned()
}

/// A bare repository with one commit of code.
fn remote(world: &World) -> TestRepo<'_> {
    let seed = world.repo("seed");
    seed.write("kiln.rs", "fn main() {}\n");
    seed.commit("Kiln controller");
    seed.git(&["clone", "--quiet", "--bare", ".", "../remote.git"]);
    world.at("remote.git")
}

fn clone<'world>(world: &'world World, from: &TestRepo<'_>, name: &str) -> TestRepo<'world> {
    let target = world.path(name).to_string_lossy().into_owned();
    let source = from.path().to_string_lossy();
    from.git(&["clone", "--quiet", &source, &target]);
    world.at(name)
}

/// Records a task without code, and returns its id.
fn record(repo: &TestRepo<'_>, title: &str) -> String {
    id_in(
        &repo
            .run(&["record", "--no-commit", "--title", title, "--estimate", "4h"])
            .success(),
    )
}

fn id_in(card: &str) -> String {
    let line = card.lines().find(|line| line.trim_start().starts_with("id "));
    line.and_then(|line| line.split_whitespace().last())
        .expect("an id")
        .to_owned()
}

/// The titles of the tasks that count, sorted.
fn titles(repo: &TestRepo<'_>) -> Vec<String> {
    let log: serde_json::Value =
        serde_json::from_str(&repo.run(&["log", "--format", "json"]).success()).unwrap();
    let tasks = log["tasks"].as_array().unwrap().iter();
    let mut titles: Vec<String> = tasks
        .map(|task| task["title"].as_str().unwrap().to_owned())
        .collect();
    titles.sort();
    titles
}

fn tip(repo: &TestRepo<'_>, reference: &str) -> String {
    repo.git(&["for-each-ref", "--format=%(objectname)", reference])
}

#[test]
fn a_record_travels_and_the_rest_is_told() {
    let world = World::new();
    let remote = remote(&world);
    let (ada, ben) = (clone(&world, &remote, "ada"), clone(&world, &remote, "ben"));
    ada.run(&["record", "--estimate", "8h"]).success();
    record(&ada, "Deployment audit");
    insta::assert_snapshot!(without_ids(&ada.run(&["sync"])), @r"
    Remote    origin, $WORLD/remote.git
    Received  nothing new
    Sent      2 tasks  (refs/notes/leverage)
              1 commit  (refs/leverage/tasks)
    [exit 0]
    ");
    insta::assert_snapshot!(without_ids(&ada.run(&["sync"])), @r"
    Remote    origin, $WORLD/remote.git
    Received  nothing new
    Sent      nothing new
    [exit 0]
    ");
    insta::assert_snapshot!(without_ids(&ben.run(&["sync", "origin"])), @r"
    Remote    origin, $WORLD/remote.git
    Received  2 tasks  (refs/notes/leverage -> refs/leverage/remotes/origin/notes)
              1 commit  (refs/leverage/tasks -> refs/leverage/remotes/origin/tasks)
    Sent      nothing new
    [exit 0]
    ");
    assert_eq!(titles(&ben), ["Deployment audit", "Kiln controller"]);
    assert_eq!(tip(&ada, "refs/notes/leverage"), tip(&ben, "refs/notes/leverage"));
    for (own, fetched) in [
        ("refs/notes/leverage", "refs/leverage/remotes/origin/notes"),
        ("refs/leverage/tasks", "refs/leverage/remotes/origin/tasks"),
    ] {
        assert_eq!(tip(&ben, own), tip(&ben, fetched));
        assert_eq!(tip(&ben, own), tip(&remote, own));
    }
}

#[test]
fn ledgers_that_grew_beside_each_other_are_merged() {
    let world = World::new();
    let remote = remote(&world);
    let (ada, ben) = (clone(&world, &remote, "ada"), clone(&world, &remote, "ben"));
    ada.run(&["record", "--estimate", "8h"]).success();
    record(&ada, "Deployment audit");
    ben.run(&["record", "--estimate", "3h"]).success();
    record(&ben, "Interviews");
    ada.run(&["sync"]).success();
    insta::assert_snapshot!(without_ids(&ben.run(&["sync"])), @r"
    Remote    origin, $WORLD/remote.git
    Received  2 tasks  (refs/notes/leverage -> refs/leverage/remotes/origin/notes)
              1 commit  (refs/leverage/tasks -> refs/leverage/remotes/origin/tasks)
    Sent      2 tasks  (refs/notes/leverage)
              2 commits  (refs/leverage/tasks)
    [exit 0]
    ");
    ada.run(&["sync"]).success();
    for clone in [&ada, &ben] {
        assert_eq!(
            titles(clone),
            [
                "Deployment audit",
                "Interviews",
                "Kiln controller",
                "Kiln controller"
            ]
        );
        clone.git(&["fsck", "--strict"]);
    }
    assert_eq!(
        ben.git(&["log", "--format=%s", "-1", "refs/notes/leverage"]),
        "Merge the ledger of origin"
    );
    assert_eq!(
        ben.git(&["log", "--format=%P", "-1", "refs/notes/leverage"])
            .split(' ')
            .count(),
        2
    );
    assert_eq!(
        ben.git(&["log", "--format=%P", "-1", "refs/leverage/tasks"])
            .split(' ')
            .count(),
        2
    );
    // Nothing goes round in circles.
    let before = tip(&remote, "refs/notes/leverage");
    ben.run(&["sync"]).success();
    ada.run(&["sync"]).success();
    assert_eq!(tip(&remote, "refs/notes/leverage"), before);
}

#[test]
fn a_dry_run_prints_what_would_be_published_and_moves_nothing() {
    let world = World::new();
    let remote = remote(&world);
    let (ada, ben) = (clone(&world, &remote, "ada"), clone(&world, &remote, "ben"));
    record(&ben, "Interviews");
    ben.run(&["sync"]).success();
    record(&ada, "Deployment audit");
    let references = || (ada.git(&["show-ref"]), remote.git(&["show-ref"]));
    let before = references();
    let ran = ada.run(&["sync", "--dry-run"]);
    let tree = ada.git(&["ls-tree", "-r", "--format=%(objectname)", "refs/notes/leverage"]);
    assert_eq!(ran.stdout.trim_end(), ada.git(&["cat-file", "blob", &tree]));
    insta::assert_snapshot!(ran.stderr, @r"
    Remote: origin, $WORLD/remote.git
    Would receive: 1 task (refs/notes/leverage), 1 commit (refs/leverage/tasks)
    Would send: 1 task (refs/notes/leverage), 1 commit (refs/leverage/tasks)
    Nothing merged or pushed (--dry-run)
    ");
    assert_eq!(ran.code, Some(0));
    assert_eq!(references(), before);
    assert!(!ada.path().join(".git/FETCH_HEAD").exists());
}

#[test]
fn what_was_overwritten_goes_along_with_the_history_and_is_shown() {
    let world = World::new();
    let remote = remote(&world);
    let ada = clone(&world, &remote, "ada");
    ada.git(&[
        "notes",
        "--ref=leverage",
        "add",
        "-m",
        "PASSWORD=hunter22",
        "HEAD",
    ]);
    ada.git(&[
        "notes",
        "--ref=leverage",
        "add",
        "-f",
        "-m",
        "{\"kind\":\"dream\",\"v\":7}",
        "HEAD",
    ]);
    let ran = ada.run(&["sync", "--dry-run"]);
    assert_eq!(ran.stdout, "{\"kind\":\"dream\",\"v\":7}\nPASSWORD=hunter22\n");
    insta::assert_snapshot!(ran.stderr, @r"
    Remote: origin, $WORLD/remote.git
    Would receive: nothing new
    Would send: 1 line of an unknown kind
    The last 1 line is only in the history of the ledger
    Nothing merged or pushed (--dry-run)
    error: 1 text looks like a secret; nothing was pushed
    error: a line of an unknown kind: its text looks like it contains a password or token
    hint: If none of it is secret, run `git leverage sync --allow-secrets`
    hint: If it is secret, revoke it: it stays in the history of the ledger; see `docs/sharing.md`
    ");
    assert_eq!(ran.code, Some(1));
}

#[test]
fn a_secret_stops_the_push_and_is_not_repeated() {
    let world = World::new();
    let remote = remote(&world);
    let (ada, ben) = (clone(&world, &remote, "ada"), clone(&world, &remote, "ben"));
    record(&ben, "Interviews");
    ben.run(&["sync"]).success();
    let token = ["ghp", "_0123456789abcdefABCDEF0123456789abcdef"].concat();
    record(&ada, &format!("Rotate {token}"));
    ada.run(&[
        "record",
        "--estimate",
        "8h",
        "--basis",
        "As quoted to postgres://ada:hunter2@db/kiln",
    ])
    .success();
    let ran = ada.run(&["sync"]);
    assert_eq!(ran.code, Some(1));
    assert!(
        !ran.to_string().contains(&token) && !ran.to_string().contains("hunter2"),
        "{ran}"
    );
    insta::assert_snapshot!(without_ids(&ran), @r"
    Remote    origin, $WORLD/remote.git
    Received  1 task  (refs/notes/leverage -> refs/leverage/remotes/origin/notes)
              1 commit  (refs/leverage/tasks -> refs/leverage/remotes/origin/tasks)
    Not sent  2 tasks  (refs/notes/leverage)
              2 commits  (refs/leverage/tasks)
    [stderr]
    error: 2 texts look like a secret; nothing was pushed
    error: task ID: its basis looks like it contains an address with a password
    error: task ID: its title looks like it contains a GitHub token
    hint: If none of it is secret, run `git leverage sync --allow-secrets`
    hint: If it is secret, revoke it: it stays in the history of the ledger; see `docs/sharing.md`
    [exit 1]
    ");
    assert_eq!(titles(&ada).len(), 3, "what was fetched is merged");
    assert_eq!(
        tip(&remote, "refs/notes/leverage"),
        tip(&ben, "refs/notes/leverage")
    );

    ada.run(&["sync", "--allow-secrets"]).success();
    assert_eq!(
        tip(&remote, "refs/notes/leverage"),
        tip(&ada, "refs/notes/leverage")
    );
    // What is there already is no news.
    record(&ada, "Deployment audit");
    ada.run(&["sync"]).success();
}

#[test]
fn setup_writes_what_cannot_overwrite_and_only_once() {
    let world = World::new();
    let remote = remote(&world);
    let (ada, ben) = (clone(&world, &remote, "ada"), clone(&world, &remote, "ben"));
    insta::assert_snapshot!(ada.run(&["sync", "--setup", "--dry-run"]), @r"
    remote.origin.fetch = +refs/notes/leverage*:refs/leverage/remotes/origin/notes*  (to be added)
    remote.origin.fetch = +refs/leverage/tasks*:refs/leverage/remotes/origin/tasks*  (to be added)
    [stderr]
    Nothing written (--dry-run)
    [exit 0]
    ");
    assert_eq!(
        ada.git(&["config", "--get-all", "remote.origin.fetch"])
            .lines()
            .count(),
        1
    );
    insta::assert_snapshot!(ada.run(&["sync", "--setup"]), @r"
    remote.origin.fetch = +refs/notes/leverage*:refs/leverage/remotes/origin/notes*  (added)
    remote.origin.fetch = +refs/leverage/tasks*:refs/leverage/remotes/origin/tasks*  (added)
    [stderr]
    From now on, `git fetch` also fetches the ledger; only `git leverage sync` merges and pushes it
    [exit 0]
    ");
    insta::assert_snapshot!(ada.run(&["sync", "--setup"]), @r"
    remote.origin.fetch = +refs/notes/leverage*:refs/leverage/remotes/origin/notes*  (already present)
    remote.origin.fetch = +refs/leverage/tasks*:refs/leverage/remotes/origin/tasks*  (already present)
    [stderr]
    Nothing to add
    [exit 0]
    ");
    assert_eq!(
        ada.git(&["config", "--get-all", "remote.origin.fetch"]),
        "+refs/heads/*:refs/remotes/origin/*\n\
         +refs/notes/leverage*:refs/leverage/remotes/origin/notes*\n\
         +refs/leverage/tasks*:refs/leverage/remotes/origin/tasks*"
    );
    // The remote has no ledger yet; a fetch passes all the same.
    ada.git(&["fetch", "--quiet"]);
    record(&ada, "Deployment audit");
    record(&ben, "Interviews");
    ben.run(&["sync"]).success();
    let before = tip(&ada, "refs/notes/leverage");
    ada.git(&["fetch", "--quiet", "--prune"]);
    assert_eq!(tip(&ada, "refs/notes/leverage"), before);
    assert_eq!(
        titles(&ada),
        ["Deployment audit", "Interviews"],
        "what is fetched is read"
    );
}

#[test]
fn refspecs_that_overwrite_the_ledger_are_pointed_out_and_do_no_harm() {
    let world = World::new();
    let remote = remote(&world);
    let (ada, ben) = (clone(&world, &remote, "ada"), clone(&world, &remote, "ben"));
    ada.git(&[
        "config",
        "--add",
        "remote.origin.fetch",
        "+refs/notes/*:refs/notes/*",
    ]);
    record(&ben, "Interviews");
    ben.run(&["sync"]).success();
    record(&ada, "Deployment audit");
    insta::assert_snapshot!(without_ids(&ada.run(&["sync"])), @r"
    Remote    origin, $WORLD/remote.git
    Received  1 task  (refs/notes/leverage -> refs/leverage/remotes/origin/notes)
              1 commit  (refs/leverage/tasks -> refs/leverage/remotes/origin/tasks)
    Sent      1 task  (refs/notes/leverage)
              2 commits  (refs/leverage/tasks)
    [stderr]
    warning: remote.origin.fetch: `+refs/notes/*:refs/notes/*` lets `git fetch` replace or delete records of this clone
    hint: Run `git config --fixed-value --unset-all remote.origin.fetch '+refs/notes/*:refs/notes/*'` to remove it
    [exit 0]
    ");
    assert_eq!(titles(&ada), ["Deployment audit", "Interviews"]);
    assert_eq!(
        tip(&ada, "refs/notes/leverage"),
        tip(&remote, "refs/notes/leverage")
    );
    // The command of the hint is right.
    ada.git(&[
        "config",
        "--fixed-value",
        "--unset",
        "remote.origin.fetch",
        "+refs/notes/*:refs/notes/*",
    ]);
    assert!(!ada.run(&["sync"]).stderr.contains("warning"));
}

#[test]
fn the_remote_is_the_one_that_is_meant() {
    let world = World::new();
    let remote = remote(&world);
    let ada = clone(&world, &remote, "ada");
    remote.git(&["clone", "--quiet", "--bare", ".", "../other.git"]);
    let other = world.at("other.git");
    ada.git(&["remote", "add", "upstream", "../other.git"]);
    record(&ada, "Deployment audit");
    ada.run(&["sync"]).success();
    assert_eq!(tip(&other, "refs/notes/leverage"), "");
    ada.git(&["config", "branch.main.remote", "upstream"]);
    ada.run(&["sync"]).success();
    assert_eq!(
        tip(&other, "refs/notes/leverage"),
        tip(&ada, "refs/notes/leverage")
    );

    ada.git(&["config", "--unset", "branch.main.remote"]);
    ada.git(&["remote", "rename", "origin", "first"]);
    insta::assert_snapshot!(ada.run(&["sync"]), @r"
    [stderr]
    error: this repository has several remotes: first, upstream
    hint: Name one: `git leverage sync REMOTE`
    [exit 2]
    ");
    insta::assert_snapshot!(ada.run(&["sync", "second"]), @r"
    [stderr]
    error: unknown remote: `second`
    hint: Run `git remote -v` to list the remotes
    [exit 2]
    ");
    let alone = world.repo("alone");
    insta::assert_snapshot!(alone.run(&["sync"]), @r"
    [stderr]
    error: this repository has no remote
    hint: Run `git remote add origin URL` to add one
    [exit 1]
    ");
}

#[test]
fn a_remote_that_cannot_be_reached_is_named_without_its_password() {
    let world = World::new();
    let alone = world.repo("alone");
    record(&alone, "Deployment audit");
    alone.git(&[
        "remote",
        "add",
        "origin",
        "https://ada:hunter2@127.0.0.1:1/kiln.git",
    ]);
    let ran = alone.run(&["sync"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.stderr.contains("cannot read `origin`"), "{ran}");
    assert!(!ran.to_string().contains("hunter2"), "{ran}");
}

/// Names and addresses that git would take for an option or a command, if it were handed them as they are.
#[test]
fn no_name_of_a_remote_runs_anything() {
    let world = World::new();
    let remote = remote(&world);
    let ada = clone(&world, &remote, "ada");
    record(&ada, "Deployment audit");
    let marker = world.path("marker");
    let touch = format!("touch {}", marker.display());
    let config = |name: &str, key: &str, value: &str| {
        ada.git(&["config", &format!("remote.{name}.{key}"), value]);
    };
    let option = format!("--upload-pack={touch}");
    config(&option, "url", "../remote.git");
    config("-o", "url", "../remote.git");
    config("a..b", "url", "../remote.git");
    config("ext", "url", &format!("ext::sh -c '{touch}'"));
    config("dash", "url", &option);
    for name in [
        &option,
        "-o",
        "a..b",
        "ext",
        "dash",
        &format!("ext::sh -c '{touch}'"),
        "../remote.git",
    ] {
        for more in [&[][..], &["--dry-run"], &["--setup"]] {
            let mut args = vec!["sync", "--", name];
            args.splice(1..1, more.iter().copied());
            let ran = ada.run(&args);
            let is_setup_alone = more.contains(&"--setup") && matches!(name, "ext" | "dash");
            assert_eq!(ran.code == Some(0), is_setup_alone, "{name}: {ran}");
            assert!(!marker.exists(), "{name}");
        }
    }
}

/// What a config may name besides the transport: none of it is needed, and none of it runs.
#[test]
fn hooks_and_monitors_do_not_run() {
    let world = World::new();
    let remote = remote(&world);
    let ada = clone(&world, &remote, "ada");
    let marker = world.path("marker");
    let hooks = ada.path().join(".git/hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    for hook in [
        "pre-push",
        "reference-transaction",
        "post-merge",
        "fsmonitor",
        "gpg",
    ] {
        executable(
            &hooks.join(hook),
            &format!("#!/bin/sh\ntouch {}\n", marker.display()),
        );
    }
    ada.git(&[
        "config",
        "core.fsmonitor",
        &hooks.join("fsmonitor").to_string_lossy(),
    ]);
    ada.git(&["config", "push.gpgSign", "true"]);
    ada.git(&["config", "gpg.program", &hooks.join("gpg").to_string_lossy()]);
    ada.git(&["config", "push.followTags", "true"]);
    ada.git(&["config", "fetch.prune", "true"]);
    ada.git(&["config", "remote.origin.mirror", "true"]);
    std::fs::remove_file(&marker).ok();
    record(&ada, "Deployment audit");
    let before = remote.git(&["for-each-ref", "refs/heads", "refs/tags"]);
    ada.run(&["sync"]).success();
    assert!(!marker.exists());
    assert_eq!(remote.git(&["for-each-ref", "refs/heads", "refs/tags"]), before);
    assert_eq!(
        tip(&remote, "refs/notes/leverage"),
        tip(&ada, "refs/notes/leverage")
    );
}

#[test]
fn what_a_dead_process_left_is_in_nobodys_way() {
    let world = World::new();
    let remote = remote(&world);
    let (ada, ben) = (clone(&world, &remote, "ada"), clone(&world, &remote, "ben"));
    record(&ada, "Deployment audit");
    ada.run(&["sync"]).success();
    let folder = ben.path().join(".git/refs/leverage/remotes/origin");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("notes.lock"), "").unwrap();
    std::fs::write(folder.join("tasks"), "").unwrap();
    ben.run(&["sync"]).success();
    assert_eq!(titles(&ben), ["Deployment audit"]);
}

#[test]
fn a_work_tree_a_bare_and_a_shallow_clone_sync_as_well() {
    let world = World::new();
    let remote = remote(&world);
    let ada = clone(&world, &remote, "ada");
    record(&ada, "Deployment audit");
    ada.git(&["worktree", "add", "--quiet", "../tree"]);
    world.at("tree").run(&["sync"]).success();
    assert_eq!(
        tip(&remote, "refs/notes/leverage"),
        tip(&ada, "refs/notes/leverage")
    );

    let source = remote.path().to_string_lossy();
    remote.git(&["clone", "--quiet", "--bare", &source, "../bare.git"]);
    let bare = world.at("bare.git");
    bare.run(&["sync"]).success();
    assert_eq!(titles(&bare), ["Deployment audit"]);

    let url = format!("file://{}", remote.path().display());
    remote.git(&["clone", "--quiet", "--depth=1", &url, "../shallow"]);
    let shallow = world.at("shallow");
    record(&shallow, "Interviews");
    shallow.run(&["sync"]).success();
    assert_eq!(titles(&shallow), ["Deployment audit", "Interviews"]);
    ada.run(&["sync"]).success();
    assert_eq!(titles(&ada), ["Deployment audit", "Interviews"]);

    // Notes are fetched whole, whatever is left out of the code.
    remote.git(&["config", "uploadpack.allowFilter", "true"]);
    remote.git(&["clone", "--quiet", "--filter=blob:none", &url, "../partial"]);
    let partial = world.at("partial");
    partial.run(&["sync"]).success();
    assert_eq!(titles(&partial), ["Deployment audit", "Interviews"]);
}

#[test]
fn a_clone_without_a_ledger_of_its_remote_says_so() {
    let world = World::new();
    let remote = remote(&world);
    let (ada, ben) = (clone(&world, &remote, "ada"), clone(&world, &remote, "ben"));
    insta::assert_snapshot!(ada.run(&["log"]), @r"
    [stderr]
    No ledger was fetched from `origin`; if it has one, run `git leverage sync origin`
    No tasks are recorded here yet; record one: `git leverage record --estimate 4h`
    [exit 0]
    ");
    let said = |ran: &Ran| {
        let lines = ran
            .stderr
            .lines()
            .filter(|line| line.contains("no ledger was fetched"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        said(&ada.run(&["report"])),
        [
            "ada: no ledger was fetched from `origin`; if it has one, run `git -C '$WORLD/ada' leverage sync origin`"
        ]
    );
    let folder = world.path("");
    let all = world.run(&["report", &folder.to_string_lossy()]);
    assert_eq!(
        said(&all),
        [
            "3 repositories: no ledger was fetched from their remotes; for each that has one, run a command such as `git -C '$WORLD/ada' leverage sync origin`"
        ]
    );
    assert!(!all.stdout.contains("no ledger was fetched"));

    record(&ben, "Interviews");
    assert_eq!(said(&ben.run(&["log"])), [] as [&str; 0], "it has one of its own");
    ben.run(&["sync"]).success();
    ada.git(&[
        "fetch",
        "--quiet",
        "origin",
        "refs/notes/leverage:refs/leverage/remotes/origin/notes",
    ]);
    assert_eq!(said(&ada.run(&["log"])), [] as [&str; 0], "it was fetched");
    ada.git(&["remote", "remove", "origin"]);
    ada.git(&["update-ref", "-d", "refs/leverage/remotes/origin/notes"]);
    assert_eq!(said(&ada.run(&["report"])), [] as [&str; 0], "there is no remote");
}

#[test]
fn a_remote_that_refuses_says_why() {
    let world = World::new();
    let remote = remote(&world);
    let ada = clone(&world, &remote, "ada");
    let hooks = remote.path().join("hooks");
    std::fs::create_dir_all(&hooks).unwrap();
    executable(
        &hooks.join("pre-receive"),
        "#!/bin/sh\necho 'Notes are closed' >&2\nexit 1\n",
    );
    record(&ada, "Deployment audit");
    insta::assert_snapshot!(without_ids(&ada.run(&["sync"])), @r"
    Remote    origin, $WORLD/remote.git
    Received  nothing new
    Not sent  1 task  (refs/notes/leverage)
              1 commit  (refs/leverage/tasks)
    [stderr]
    error: git cannot push to `origin`: [remote rejected] (pre-receive hook declined); remote: Notes are closed
    [exit 1]
    ");
    assert_eq!(titles(&ada), ["Deployment audit"]);
}

#[test]
fn the_hint_on_a_dangerous_refspec_holds_wherever_it_stands() {
    let world = World::new();
    let remote = remote(&world);
    let ada = clone(&world, &remote, "ada");
    let more = world.path("it's more");
    std::fs::write(
        &more,
        "[remote \"origin\"]\n\tfetch = +refs/*:refs/*\n\tfetch = +refs/*:refs/*\n",
    )
    .unwrap();
    let included = more.to_string_lossy().into_owned();
    ada.git(&["config", "--global", "includeIf.gitdir:**/ada/.path", &included]);
    let ran = ada.run(&["sync", "--setup", "--dry-run"]);
    let hint = ran
        .stderr
        .lines()
        .find_map(|line| line.strip_prefix("hint: Run `"))
        .and_then(|line| line.strip_suffix("` to remove it"))
        .unwrap();
    let command = hint.replace("$WORLD", world.path("").to_string_lossy().trim_end_matches('/'));
    let shell = Command::new("sh")
        .args(["-c", &command])
        .current_dir(ada.path())
        .status()
        .unwrap();
    assert!(shell.success(), "{command}");
    assert!(
        !ada.run(&["sync", "--setup", "--dry-run"])
            .stderr
            .contains("warning"),
        "{command}"
    );
}

#[test]
fn a_misspelt_option_is_no_remote() {
    let world = World::new();
    let remote = remote(&world);
    let ada = clone(&world, &remote, "ada");
    for option in ["--dry-rum", "-x"] {
        let ran = ada.run(&["sync", option]);
        assert_eq!(ran.code, Some(2), "{ran}");
        assert!(ran.stderr.contains("unknown option"), "{ran}");
    }
}

#[test]
fn the_remote_that_a_message_names_can_be_synced_with() {
    let world = World::new();
    let remote = remote(&world);
    let ada = clone(&world, &remote, "ada");
    ada.git(&["remote", "rename", "origin", "bb"]);
    ada.git(&["remote", "add", "aa", "../remote.git"]);
    let named = |repo: &TestRepo<'_>| {
        let said = repo.run(&["log"]).stderr;
        let line = said
            .lines()
            .find(|line| line.contains("No ledger was fetched"))
            .unwrap()
            .to_owned();
        line.rsplit(' ').next().unwrap().trim_end_matches('`').to_owned()
    };
    ada.run(&["sync", &named(&ada)]).success();
    ada.git(&["config", "branch.main.remote", "bb"]);
    assert_eq!(named(&ada), "bb", "the branch follows it");
}

/// As docs/sharing.md says.
#[test]
fn a_secret_that_was_not_pushed_can_be_taken_out() {
    let world = World::new();
    let remote = remote(&world);
    let ada = clone(&world, &remote, "ada");
    record(&ada, "Interviews");
    ada.run(&["sync"]).success();
    record(&ada, "Rotate PASSWORD=hunter22");
    ada.git_with_input(
        &["update-ref", "--stdin"],
        "update refs/notes/leverage refs/leverage/remotes/origin/notes\n\
         update refs/leverage/tasks refs/leverage/remotes/origin/tasks\n\
         delete refs/leverage/pin\n",
    );
    assert_eq!(titles(&ada), ["Interviews"]);
    ada.run(&["sync"]).success();
    assert_eq!(titles(&ada), ["Interviews"]);
    assert!(ada.run(&["audit"]).stdout.contains("ledger-moved"));
}
