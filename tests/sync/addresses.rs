//! Remotes that are fetched from one address and pushed to others: each is compared, screened and told of by itself.

use crate::world::{TestRepo, World};

use super::{clone, executable, record, remote, tip, titles, without_ids};

/// A second bare repository, with the code and no ledger.
fn another<'world>(world: &'world World, remote: &TestRepo<'_>, name: &str) -> TestRepo<'world> {
    remote.git(&["clone", "--quiet", "--bare", ".", &format!("../{name}")]);
    world.at(name)
}

fn token() -> String {
    ["ghp", "_0123456789abcdefABCDEF0123456789abcdef"].concat()
}

#[test]
fn what_the_source_has_is_screened_before_it_goes_elsewhere() {
    let world = World::new();
    let remote = remote(&world);
    let ada = clone(&world, &remote, "ada");
    record(&ada, &format!("Rotate {}", token()));
    ada.run(&["sync", "--allow-secrets"]).success();
    let public = another(&world, &remote, "public.git");
    public.git(&["update-ref", "-d", "refs/notes/leverage"]);
    ada.git(&["remote", "set-url", "--push", "origin", "../public.git"]);
    record(&ada, "Deployment audit");

    let rehearsed = ada.run(&["sync", "--dry-run"]);
    assert_eq!(rehearsed.code, Some(1), "{rehearsed}");
    assert_eq!(rehearsed.stdout.lines().count(), 2, "{rehearsed}");
    for more in [&[][..], &["origin"]] {
        let ran = ada.run(&[&["sync"], more].concat());
        assert_eq!(ran.code, Some(1), "{ran}");
        assert!(
            ran.stderr
                .contains("its title looks like it contains a GitHub token"),
            "{ran}"
        );
    }
    assert_eq!(tip(&public, "refs/notes/leverage"), "");

    // The same by a rule for addresses, which is in no setting of the remote.
    ada.git(&["config", "--unset", "remote.origin.pushurl"]);
    let url = ada.git(&["config", "remote.origin.url"]);
    ada.git(&["config", "url.../public.git.pushInsteadOf", &url]);
    let ran = ada.run(&["sync"]);
    assert_eq!(ran.code, Some(1), "{ran}");
    assert!(ran.stdout.contains("pushed to ../public.git"), "{ran}");
    assert_eq!(tip(&public, "refs/notes/leverage"), "");
}

/// What goes along from the source is shown before it was merged here.
#[test]
fn a_rehearsal_shows_what_the_source_would_tell_the_others() {
    let world = World::new();
    let remote = remote(&world);
    let (ada, ben) = (clone(&world, &remote, "ada"), clone(&world, &remote, "ben"));
    record(&ben, &format!("Rotate {}", token()));
    ben.run(&["sync", "--allow-secrets"]).success();
    let seed = world.at("seed");
    seed.git(&["clone", "--quiet", "--bare", ".", "../public.git"]);
    ada.git(&["remote", "set-url", "--push", "origin", "../public.git"]);
    let rehearsed = ada.run(&["sync", "--dry-run"]);
    assert_eq!(rehearsed.code, Some(1), "{rehearsed}");
    assert_eq!(rehearsed.stdout.lines().count(), 1, "{rehearsed}");
    assert_eq!(ada.run(&["sync"]).code, Some(1));
    assert_eq!(tip(&world.at("public.git"), "refs/notes/leverage"), "");
}

#[test]
fn a_fork_that_is_pushed_to_has_the_same_in_the_end() {
    let world = World::new();
    let remote = remote(&world);
    let fork = another(&world, &remote, "fork.git");
    let (ada, ben) = (clone(&world, &remote, "ada"), clone(&world, &fork, "ben"));
    record(&ben, "Interviews");
    ben.run(&["sync"]).success();
    record(&ada, "Deployment audit");
    ada.git(&["remote", "set-url", "--push", "origin", "../fork.git"]);
    insta::assert_snapshot!(without_ids(&ada.run(&["sync"])), @r"
    Remote    origin, $WORLD/remote.git; pushed to ../fork.git
    Received  1 task  (refs/notes/leverage -> refs/leverage/remotes/origin/notes)
              1 commit  (refs/leverage/tasks -> refs/leverage/remotes/origin/tasks)
    Sent      1 task  (refs/notes/leverage at ../fork.git)
              2 commits  (refs/leverage/tasks at ../fork.git)
    [exit 0]
    ");
    insta::assert_snapshot!(without_ids(&ada.run(&["sync"])), @r"
    Remote    origin, $WORLD/remote.git; pushed to ../fork.git
    Received  nothing new
    Sent      nothing new at ../fork.git
    [exit 0]
    ");
    assert_eq!(titles(&ada), ["Deployment audit", "Interviews"]);
    assert_eq!(
        tip(&ada, "refs/notes/leverage"),
        tip(&fork, "refs/notes/leverage")
    );
    assert_eq!(tip(&remote, "refs/notes/leverage"), "");
    assert_eq!(
        tip(&ada, "refs/leverage/remotes/origin/notes"),
        "",
        "it is not the source"
    );
}

#[test]
fn each_address_is_told_of_and_none_is_said_to_have_what_it_refused() {
    let world = World::new();
    let remote = remote(&world);
    let second = another(&world, &remote, "second.git");
    let ada = clone(&world, &remote, "ada");
    let url = ada.git(&["config", "remote.origin.url"]);
    for address in [url.as_str(), "../second.git"] {
        ada.git(&["config", "--add", "remote.origin.pushurl", address]);
    }
    let hook = second.path().join("hooks/pre-receive");
    std::fs::create_dir_all(second.path().join("hooks")).unwrap();
    executable(&hook, "#!/bin/sh\necho 'Notes are closed' >&2\nexit 1\n");
    record(&ada, "Deployment audit");
    insta::assert_snapshot!(without_ids(&ada.run(&["sync"])), @r"
    Remote    origin, $WORLD/remote.git; pushed to $WORLD/remote.git, ../second.git
    Received  nothing new
    Sent      1 task  (refs/notes/leverage at $WORLD/remote.git)
              1 commit  (refs/leverage/tasks at $WORLD/remote.git)
    Not sent  1 task  (refs/notes/leverage at ../second.git)
              1 commit  (refs/leverage/tasks at ../second.git)
    [stderr]
    error: git cannot push to `../second.git`: [remote rejected] (pre-receive hook declined); remote: Notes are closed
    [exit 1]
    ");
    assert_eq!(
        tip(&remote, "refs/notes/leverage"),
        tip(&ada, "refs/notes/leverage")
    );
    assert_eq!(tip(&second, "refs/notes/leverage"), "");
    assert_eq!(ada.run(&["sync"]).code, Some(1), "as long as one has less");

    std::fs::remove_file(hook).unwrap();
    let ran = ada.run(&["sync"]);
    assert!(
        ran.stdout
            .contains("Sent      1 task  (refs/notes/leverage at ../second.git)"),
        "{ran}"
    );
    assert_eq!(
        tip(&second, "refs/notes/leverage"),
        tip(&ada, "refs/notes/leverage")
    );
    ada.run(&["sync"]).success();
}

/// Whichever name the remote of one address gets, another remote may have it.
#[test]
fn an_address_is_not_mistaken_for_a_remote_or_changed_twice() {
    let world = World::new();
    let remote = remote(&world);
    let fork = another(&world, &remote, "fork.git");
    let wrong = another(&world, &remote, "wrong.git");
    let ada = clone(&world, &remote, "ada");
    ada.git(&["remote", "add", "leverage-push", "../wrong.git"]);
    ada.git(&["remote", "set-url", "--push", "origin", "fork:"]);
    ada.git(&["config", "url.../fork.git.insteadOf", "fork:"]);
    ada.git(&["config", "url.../wrong.git.insteadOf", "../fork.git"]);
    record(&ada, "Deployment audit");
    ada.run(&["sync", "origin"]).success();
    assert_eq!(
        tip(&fork, "refs/notes/leverage"),
        tip(&ada, "refs/notes/leverage")
    );
    assert_eq!(tip(&wrong, "refs/notes/leverage"), "");
}
