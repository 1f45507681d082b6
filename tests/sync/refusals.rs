//! Pushes that are refused: for a moment, for ever, or for no reason that git names.

use std::time::{Duration, Instant};

use crate::world::World;

use super::{clone, executable, record, remote, tip, titles, without_ids};

/// Far below the time that an overtaken push is tried.
const SOON: Duration = Duration::from_secs(20);

#[test]
fn who_is_overtaken_fetches_and_pushes_again() {
    let world = World::new();
    let remote = remote(&world);
    let (ada, ben) = (clone(&world, &remote, "ada"), clone(&world, &remote, "ben"));
    for number in ["1", "2"] {
        ben.run(&[
            "record",
            "--another",
            "--estimate",
            "3h",
            "--title",
            &format!("Overtaking {number}"),
        ])
        .success();
        let source = ben.path().to_string_lossy().into_owned();
        remote.git(&[
            "fetch",
            "--quiet",
            &source,
            &format!("refs/notes/leverage:refs/pending/{number}"),
        ]);
    }
    // Others push between our fetch and our push, twice.
    std::fs::create_dir_all(remote.path().join("hooks")).unwrap();
    executable(
        &remote.path().join("hooks/update"),
        "#!/bin/sh\ncount=$(cat count 2>/dev/null || echo 0)\n\
         [ \"$count\" = 2 ] && exit 0\ncount=$((count + 1))\necho $count >count\n\
         git update-ref refs/notes/leverage refs/pending/$count\n",
    );
    ada.run(&["record", "--estimate", "8h"]).success();
    insta::assert_snapshot!(without_ids(&ada.run(&["sync"])), @r"
    Remote    origin, $WORLD/remote.git
    Received  2 tasks  (refs/notes/leverage -> refs/leverage/remotes/origin/notes)
    Sent      1 task  (refs/notes/leverage)
    [stderr]
    `origin` changed in the meantime or is busy; trying again
    [exit 0]
    ");
    assert_eq!(titles(&ada), ["Kiln controller", "Overtaking 1", "Overtaking 2"]);
    assert_eq!(
        tip(&remote, "refs/notes/leverage"),
        tip(&ada, "refs/notes/leverage")
    );
}

#[test]
fn what_a_hook_prints_does_not_make_a_refusal_pass() {
    let world = World::new();
    let remote = remote(&world);
    let ada = clone(&world, &remote, "ada");
    std::fs::create_dir_all(remote.path().join("hooks")).unwrap();
    executable(
        &remote.path().join("hooks/pre-receive"),
        "#!/bin/sh\necho '[rejected] by policy: cannot lock ref, failed to update ref' >&2\nexit 1\n",
    );
    record(&ada, "Deployment audit");
    let ran = ada.run(&["sync"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.stderr.contains("[rejected] by policy"), "{ran}");
    assert!(!ran.stderr.contains("trying again"), "{ran}");
}

#[test]
fn a_reference_that_nobody_can_move_is_not_tried_for_long() {
    let world = World::new();
    let remote = remote(&world);
    let ada = clone(&world, &remote, "ada");
    ada.run(&["record", "--estimate", "8h"]).success();
    let head = remote.git(&["rev-parse", "HEAD"]);
    remote.git(&["update-ref", "refs/notes/leverage/other", &head]);
    let started = Instant::now();
    let ran = ada.run(&["sync"]);
    assert!(started.elapsed() < SOON, "{:?}", started.elapsed());
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(
        ran.stdout.contains("Not sent  1 task  (refs/notes/leverage)"),
        "{ran}"
    );
    assert_eq!(ran.stderr.matches("trying again").count(), 1, "{ran}");
    assert!(ran.stderr.contains("'refs/notes/leverage/other' exists"), "{ran}");
    remote.git(&["update-ref", "-d", "refs/notes/leverage/other"]);
    ada.run(&["sync"]).success();
}

/// The names are those of one reference and of another below it.
#[test]
fn a_remote_whose_name_goes_on_is_synced_as_well() {
    let world = World::new();
    let remote = remote(&world);
    let (ada, ben) = (clone(&world, &remote, "ada"), clone(&world, &remote, "ben"));
    record(&ben, "Interviews");
    ben.run(&["sync"]).success();
    for name in ["team/x", "team/x/notes"] {
        ada.git(&["config", &format!("remote.{name}.url"), "../remote.git"]);
    }
    ada.run(&["sync", "team/x"]).success();
    record(&ada, "Deployment audit");
    let ran = ada.run(&["sync", "team/x/notes"]);
    assert_eq!(ran.code, Some(0), "{ran}");
    assert!(
        ran.stderr
            .contains("cannot write `refs/leverage/remotes/team/x/notes/notes`"),
        "{ran}"
    );
    assert_eq!(
        tip(&remote, "refs/notes/leverage"),
        tip(&ada, "refs/notes/leverage")
    );
}

#[test]
fn a_reader_takes_what_there_is_and_pushes_nothing() {
    let world = World::new();
    let remote = remote(&world);
    let (ada, ben) = (clone(&world, &remote, "ada"), clone(&world, &remote, "ben"));
    record(&ben, "Interviews");
    ben.run(&["sync"]).success();
    record(&ada, "Deployment audit");
    std::fs::create_dir_all(remote.path().join("hooks")).unwrap();
    executable(&remote.path().join("hooks/pre-receive"), "#!/bin/sh\nexit 1\n");
    let before = tip(&remote, "refs/notes/leverage");
    insta::assert_snapshot!(without_ids(&ada.run(&["sync", "--no-push"])), @r"
    Remote    origin, $WORLD/remote.git
    Received  1 task  (refs/notes/leverage -> refs/leverage/remotes/origin/notes)
              1 commit  (refs/leverage/tasks -> refs/leverage/remotes/origin/tasks)
    Sent      nothing (--no-push)
    [exit 0]
    ");
    record(&ben, "More interviews");
    assert_eq!(ben.run(&["sync"]).code, Some(1));
    assert_eq!(tip(&remote, "refs/notes/leverage"), before);
    assert_eq!(titles(&ada), ["Deployment audit", "Interviews"]);
}

#[test]
fn only_a_commit_needs_an_identity() {
    let world = World::new();
    let remote = remote(&world);
    let (ada, ben) = (clone(&world, &remote, "ada"), clone(&world, &remote, "ben"));
    let other = clone(&world, &remote, "other");
    record(&ben, "Interviews");
    ben.run(&["sync"]).success();
    record(&other, "Deployment audit");
    let config = world.home().join(".gitconfig");
    let text = std::fs::read_to_string(&config).unwrap();
    let (_, without) = text.split_once("[init]").unwrap();
    std::fs::write(&config, format!("[init]{without}")).unwrap();
    ada.run(&["sync"]).success();
    assert_eq!(titles(&ada), ["Interviews"]);
    let before = tip(&other, "refs/notes/leverage");
    insta::assert_snapshot!(other.run(&["sync"]), @r"
    [stderr]
    error: git does not know who you are, but every record needs an author
    hint: Run `git config --global user.name 'Your Name'`
    hint: Run `git config --global user.email you@example.org`
    [exit 1]
    ");
    assert_eq!(tip(&other, "refs/notes/leverage"), before);
    std::fs::write(&config, text).unwrap();
    other.run(&["sync"]).success();
    assert_eq!(titles(&other), ["Deployment audit", "Interviews"]);
}
