//! Ledgers of remotes that cannot be taken in, and clones that hold a ledger in part.

use crate::world::{Ran, TestRepo, World};

use super::{clone, record, remote, tip, titles};

/// Above the largest note, and the largest commit, that is read.
const TOO_LARGE: usize = 17 << 20;

/// `ada` with a task of her own, beside a remote whose ledger `spoil` changed in another clone. She tries to sync with it, and
/// syncs with a second remote then.
fn refused(spoil: impl Fn(&TestRepo<'_>)) -> Ran {
    let world = World::new();
    let remote = remote(&world);
    let (ada, ben) = (clone(&world, &remote, "ada"), clone(&world, &remote, "ben"));
    remote.git(&["clone", "--quiet", "--bare", ".", "../clean.git"]);
    ada.git(&["remote", "add", "clean", "../clean.git"]);
    ada.run(&["record", "--estimate", "8h"]).success();
    spoil(&ben);
    ben.git(&["push", "--quiet", "origin", "refs/notes/leverage"]);
    let own = || ada.git(&["for-each-ref", "refs/notes", "refs/leverage"]);
    let before = own();
    let rehearsed = ada.run(&["sync", "--dry-run"]);
    let ran = ada.run(&["sync", "origin"]);
    for ran in [&rehearsed, &ran] {
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(ran.stderr.contains("invalid ledger at `origin`"), "{ran}");
    }
    assert_eq!(own(), before, "nothing of it came here");
    ada.run(&["sync", "clean"]).success();
    assert_eq!(
        tip(&world.at("clean.git"), "refs/notes/leverage"),
        tip(&ada, "refs/notes/leverage")
    );
    assert_eq!(titles(&ada), ["Kiln controller"]);
    ran
}

fn add_large_note(repo: &TestRepo<'_>) {
    repo.write("large", "x".repeat(TOO_LARGE));
    repo.git(&["notes", "--ref=leverage", "add", "-f", "-F", "large", "HEAD"]);
}

#[test]
fn a_note_that_is_too_large_is_not_merged() {
    let ran = refused(add_large_note);
    assert!(
        ran.stderr
            .contains("is too large: 17825793 bytes; the limit is 16 MiB"),
        "{ran}"
    );
    assert!(!ran.stderr.contains("--no-commit"), "{ran}");
}

#[test]
fn a_note_that_was_too_large_is_not_merged_with_its_history() {
    let ran = refused(|ben| {
        add_large_note(ben);
        ben.git(&["notes", "--ref=leverage", "remove", "HEAD"]);
    });
    assert!(ran.stderr.contains("is too large: 17825793 bytes"), "{ran}");
}

#[test]
fn a_commit_that_is_too_large_is_not_merged() {
    let ran = refused(|ben| {
        let tree = ben.git_with_input(&["mktree"], "");
        let mut commit = format!("tree {tree}\nauthor A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000\n\n");
        commit.push_str(&"x".repeat(TOO_LARGE));
        let large = ben.git_with_input(&["hash-object", "-t", "commit", "-w", "--stdin"], &commit);
        let tip = ben.git(&["commit-tree", "-m", "Notes", "-p", &large, &tree]);
        ben.git(&["update-ref", "refs/notes/leverage", &tip]);
    });
    assert!(ran.stderr.contains("is too large"), "{ran}");
}

#[test]
fn what_is_no_commit_is_refused_with_and_without_a_rehearsal() {
    let ran = refused(|ben| {
        let blob = ben.git_with_input(&["hash-object", "-w", "--stdin"], "abc");
        ben.git(&["update-ref", "refs/notes/leverage", &blob]);
    });
    assert!(ran.stderr.contains("is a blob, not a commit"), "{ran}");
    let ran = refused(|ben| {
        ben.run(&["record", "--estimate", "3h"]).success();
        ben.git(&["tag", "-a", "-m", "A tag", "tagged", "refs/notes/leverage"]);
        ben.git(&["update-ref", "refs/notes/leverage", "refs/tags/tagged"]);
    });
    assert!(ran.stderr.contains("is a tag, not a commit"), "{ran}");
}

/// What cannot search the ledger for secrets stays here, whatever is allowed.
#[test]
fn a_note_that_is_too_large_is_not_published_with_the_history() {
    let world = World::new();
    let remote = remote(&world);
    let ada = clone(&world, &remote, "ada");
    add_large_note(&ada);
    ada.git(&["notes", "--ref=leverage", "remove", "HEAD"]);
    record(&ada, "Deployment audit");
    for more in [&[][..], &["--dry-run"], &["--allow-secrets"]] {
        let ran = ada.run(&[&["sync"], more].concat());
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(
            ran.stderr.contains("cannot search the ledger for secrets"),
            "{ran}"
        );
        assert!(ran.stderr.contains("is too large: 17825793 bytes"), "{ran}");
    }
    assert_eq!(tip(&remote, "refs/notes/leverage"), "");
}

#[test]
fn a_partial_clone_is_made_whole_where_the_ledger_is_concerned() {
    let world = World::new();
    let remote = remote(&world);
    let ben = clone(&world, &remote, "ben");
    record(&ben, "Interviews");
    ben.run(&["record", "--estimate", "8h"]).success();
    ben.run(&["sync"]).success();
    remote.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", remote.path().display());
    for (filter, name) in [("--filter=blob:none", "blobs"), ("--filter=tree:0", "trees")] {
        remote.git(&[
            "clone",
            "--quiet",
            "--no-checkout",
            filter,
            &url,
            &format!("../{name}"),
        ]);
        let partial = world.at(name);
        for refspec in [
            "+refs/notes/leverage*:refs/leverage/remotes/origin/notes*",
            "+refs/leverage/tasks*:refs/leverage/remotes/origin/tasks*",
        ] {
            partial.git(&["config", "--add", "remote.origin.fetch", refspec]);
        }
        partial.git(&["fetch", "--quiet"]);
        assert_eq!(
            partial.run(&["log"]).code,
            Some(3),
            "the fetch left out what it says"
        );
        partial.run(&["sync"]).success();
        let mut expected = titles(&ben);
        assert_eq!(titles(&partial), expected);
        record(&partial, name);
        partial.run(&["sync"]).success();
        expected.push(name.to_owned());
        ben.run(&["sync"]).success();
        assert_eq!(titles(&ben), expected);
    }
    // By hand, the ledger of the clone itself may be there in part.
    remote.git(&[
        "clone",
        "--quiet",
        "--no-checkout",
        "--filter=blob:none",
        &url,
        "../own",
    ]);
    let own = world.at("own");
    own.git(&[
        "fetch",
        "--quiet",
        "origin",
        "refs/notes/leverage:refs/notes/leverage",
    ]);
    assert_eq!(own.run(&["log"]).code, Some(3));
    own.run(&["sync"]).success();
    assert_eq!(titles(&own).len(), 4);
}

#[test]
fn a_partial_clone_is_not_set_up_to_fetch_a_part_of_the_ledger() {
    let world = World::new();
    let remote = remote(&world);
    remote.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", remote.path().display());
    remote.git(&["clone", "--quiet", "--filter=blob:none", &url, "../partial"]);
    let partial = world.at("partial");
    insta::assert_snapshot!(partial.run(&["sync", "--setup"]), @r"
    [stderr]
    error: this is a partial clone of `origin`: `git fetch` would not fetch the contents of the ledger
    hint: Run `git leverage sync`, which fetches all of it
    [exit 1]
    ");
    assert_eq!(
        partial
            .git(&["config", "--get-all", "remote.origin.fetch"])
            .lines()
            .count(),
        1
    );
}
