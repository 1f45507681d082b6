//! Where sessions worked: behind links, in deleted worktrees, below `~`, and in nested shells.

use std::path::Path;

use serde_json::Value;

use crate::world::transcript::Transcript;
use crate::world::{START, TestRepo, World};

const LINES: &str = "let retries = 5;\nlet delay = cap(retries);\n";

/// A repository with a commit that was made 71 minutes after the start, and its short hash.
fn kiln<'world>(world: &'world World, place: &str) -> (TestRepo<'world>, String) {
    let repo = world.repo(place);
    repo.commit("Begin");
    repo.write("src/a.rs", LINES);
    let made = repo.commit_at("Cap the delay", START + 71 * 60);
    (repo, made[..7].to_owned())
}

/// `rung confidence` of each link of a repository.
fn links(repo: &TestRepo<'_>) -> Vec<String> {
    let told = repo.run(&["export", "links"]).success();
    let links = told.lines().map(|line| {
        let link: Value = serde_json::from_str(line).unwrap();
        format!(
            "{} {}",
            link["rung"].as_str().unwrap(),
            link["confidence"].as_str().unwrap()
        )
    });
    links.collect()
}

/// The repositories of the sessions that are listed below a directory.
fn listed(world: &World, below: &str) -> Vec<String> {
    let told = world.run(&["sessions", below, "--format", "json"]).success();
    let told: Value = serde_json::from_str(&told).unwrap();
    let rows = told["rows"].as_array().unwrap().iter();
    rows.map(|row| row["repo"].as_str().unwrap_or("–").to_owned())
        .collect()
}

/// A session that wrote the two lines in a directory.
fn writer(folder: &Path) -> Transcript {
    Transcript::new("s", folder)
        .prompt(60, "cap the delay")
        .write(65, "src/a.rs", LINES)
        .end(70)
}

/// A session that worked in a directory and ran a command there, which printed what git prints of the commit.
fn committer(folder: &Path, command: &str, made: &str) -> Transcript {
    let printed = format!(
        "[main {made}] Cap the delay\n 1 file changed, 2 insertions(+)\n create mode 100644 src/a.rs"
    );
    Transcript::new("s", folder)
        .prompt(60, "cap the delay")
        .command(71, command, &printed)
        .end(72)
}

#[cfg(unix)]
mod links {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_session_behind_links_belongs_to_the_repository_that_they_lead_to() {
        for (link, target, folder) in [
            ("link", "real/kiln", "link"),
            ("link", "real", "link/kiln"),
            ("one", "two", "one/kiln"),
            ("deep", "real/kiln/src", "deep"),
        ] {
            let world = World::new();
            std::fs::create_dir(world.path("real")).unwrap();
            let (repo, _) = kiln(&world, "real/kiln");
            symlink(world.path("real"), world.path("two")).unwrap();
            symlink(world.path(target), world.path(link)).unwrap();
            let file = if link == "deep" { "a.rs" } else { "src/a.rs" };
            Transcript::new("s", &world.path(folder))
                .prompt(60, "cap the delay")
                .write(65, file, LINES)
                .end(70)
                .save(&world);
            assert_eq!(super::links(&repo), ["lines high"], "{folder}");
            assert_eq!(listed(&world, "real"), ["kiln"], "{folder}");
        }
    }

    #[test]
    fn an_edit_through_a_link_in_a_work_tree_is_one_of_what_is_behind_it() {
        let world = World::new();
        let (repo, _) = kiln(&world, "kiln");
        let other = world.repo("other");
        other.commit("Begin");
        symlink(repo.path(), other.path().join("vendored")).unwrap();
        symlink(repo.path().join("src/a.rs"), other.path().join("a.rs")).unwrap();
        for file in ["vendored/src/a.rs", "a.rs"] {
            Transcript::new("s", other.path())
                .prompt(60, "cap the delay")
                .write(65, file, LINES)
                .end(70)
                .save(&world);
            assert_eq!(super::links(&repo), ["lines high"], "{file}");
            assert_eq!(super::links(&other), [""; 0], "{file}");
        }
    }

    #[test]
    fn logs_behind_links_are_read_once() {
        let world = World::new();
        let logs = world.home().join(".claude/projects");
        std::fs::create_dir_all(&logs).unwrap();
        std::fs::create_dir_all(world.path("disk/deeper")).unwrap();
        for (name, session) in [
            ("disk/a.jsonl", "a"),
            ("disk/deeper/b.jsonl", "b"),
            ("c.jsonl", "c"),
        ] {
            let text = Transcript::new(session, "/w".as_ref())
                .prompt(1, "x")
                .answer(2, "y")
                .text();
            std::fs::write(world.path(name), text).unwrap();
        }
        symlink(world.path("disk"), logs.join("one")).unwrap();
        symlink("one", logs.join("two")).unwrap();
        symlink(world.path("disk/deeper"), logs.join("three")).unwrap();
        symlink(&logs, world.path("disk/around")).unwrap();
        symlink(world.path("c.jsonl"), logs.join("c.jsonl")).unwrap();
        symlink(world.path("c.jsonl"), logs.join("again.jsonl")).unwrap();
        // Everything, the logs included.
        symlink("/", logs.join("all")).unwrap();
        symlink(world.path(""), logs.join("world")).unwrap();
        let told = world
            .run(&["sessions", "--no-links", "--format", "json"])
            .success();
        let told: Value = serde_json::from_str(&told).unwrap();
        let sessions: Vec<&str> = told["rows"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|row| row["session"].as_str())
            .collect();
        assert_eq!(sessions, ["a", "b", "c"]);
        assert_eq!(told["totals"]["tokens_output"], 120);
    }
}

#[test]
fn a_removed_work_tree_in_its_repository_is_known_by_its_name() {
    for folder in [
        ".claude/worktrees/gone",
        ".worktrees/team/topic",
        "worktrees/gone",
        ".codex/worktrees/1a2b",
        ".conductor/lagos",
    ] {
        for nested in ["", "/src"] {
            let world = World::new();
            let (repo, _) = kiln(&world, "kiln");
            let place = repo.path().join(folder);
            Transcript::new("s", Path::new(&format!("{}{nested}", place.display())))
                .prompt(60, "cap the delay")
                .write(65, if nested.is_empty() { "src/a.rs" } else { "a.rs" }, LINES)
                .end(70)
                .save(&world);
            assert_eq!(links(&repo), ["lines high"], "{folder}{nested}");
            assert_eq!(listed(&world, "kiln"), ["kiln"], "{folder}{nested}");
            // Also if nobody names the repository.
            let told = world.run(&["sessions", "--format", "json"]).success();
            assert!(
                told.contains("\"commits_linked\": 1") || told.contains("\"commits_linked\":1"),
                "{told}"
            );
        }
    }
}

#[test]
fn what_a_repository_tracks_is_no_removed_work_tree() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("worktrees/docs/src/a.rs", LINES)
        .commit_at("Cap the delay", START + 71 * 60);
    writer(&repo.path().join("worktrees/docs")).save(&world);
    assert_eq!(links(&repo), ["lines high"]);
}

#[test]
fn a_removed_work_tree_elsewhere_is_known_by_its_repository_and_its_work() {
    for folder in [
        "home/.cursor/worktrees/kiln/aBc",
        "home/.codex/worktrees/1a2b/kiln",
        "home/conductor/workspaces/kiln/lagos",
        "kiln.worktrees/topic",
        "kiln-topic",
    ] {
        let world = World::new();
        let (repo, _) = kiln(&world, "kiln");
        let other = world.repo("other");
        other.commit("Begin");
        writer(&world.path(folder)).save(&world);
        assert_eq!(links(&repo), ["lines high"], "{folder}");
        assert_eq!(links(&other), [""; 0], "{folder}");
    }
    let world = World::new();
    let (repo, made) = kiln(&world, "kiln");
    committer(&world.path("gone"), "git commit -am 'Cap the delay'", &made).save(&world);
    assert_eq!(links(&repo), ["hash certain"]);
}

#[test]
fn a_removed_work_tree_is_known_by_its_branch() {
    for (branch, expected) in [
        ("topic", ["lines high"].as_slice()),
        ("main", &[]),
        ("other", &[]),
    ] {
        let world = World::new();
        let (repo, _) = kiln(&world, "kiln");
        repo.git(&["worktree", "add", "--quiet", "-b", "topic", "../side"]);
        repo.git(&["worktree", "remove", "../side"]);
        let text = writer(&world.path("side")).text();
        let text = text.replace("\"gitBranch\":\"main\"", &format!("\"gitBranch\":\"{branch}\""));
        let logs = world.home().join(".claude/projects/any");
        std::fs::create_dir_all(&logs).unwrap();
        std::fs::write(logs.join("s.jsonl"), text).unwrap();
        assert_eq!(links(&repo), expected, "{branch}");
        // If another repository has it, too, it proves nothing.
        let other = world.repo("fork");
        other.commit("Begin");
        other.git(&["branch", "topic"]);
        let both = world.run(&["export", "links", "kiln", "fork"]).success();
        assert_eq!(both, "", "{branch}");
    }
}

#[test]
fn a_folder_of_another_repository_with_the_same_name_is_left_alone() {
    let world = World::new();
    let (repo, _) = kiln(&world, "kiln");
    let mut session = Transcript::new("s", &world.path("home/.cursor/worktrees/kiln/aBc")).prompt(60, "go");
    for file in ["x.py", "y.py", "z.py"] {
        session = session.write(65, file, LINES);
    }
    session.end(70).save(&world);
    assert_eq!(links(&repo), [""; 0]);
}

#[test]
fn a_commit_is_found_whatever_shell_made_it_and_from_wherever() {
    for command in [
        "cd ~/kiln && git commit -qam x",
        "cd \"$HOME/kiln\"; git commit -F message",
        "git -C ~/kiln commit -am 'Cap the delay'",
        "pushd ~/kiln && git ci && popd",
        "bash -lc 'cd ~/kiln && git commit -am x'",
        "(cd ~/kiln && /usr/bin/git commit -am x)",
        "env X=1 timeout 60 sh -c \"cd ~/kiln; git commit -am x\"",
        "cd ~/kiln && gcam 'Cap the delay'",
        "git --git-dir ~/kiln/.git --work-tree ~/kiln commit -am x",
    ] {
        let world = World::new();
        let (repo, made) = kiln(&world, "home/kiln");
        committer(&world.path("elsewhere"), command, &made).save(&world);
        assert_eq!(links(&repo), ["hash certain"], "{command}");
    }
}

#[test]
fn other_shells_of_an_agent_are_read_like_its_first() {
    for tool in ["PowerShell", "pwsh", "cmd", "Shell", "bash"] {
        let world = World::new();
        let (repo, made) = kiln(&world, "kiln");
        let session = committer(repo.path(), "git add a.rs; git commit -m 'Cap the delay'", &made);
        let text = session.text().replace("\"Bash\"", &format!("\"{tool}\""));
        assert!(text.contains(&format!("\"{tool}\"")));
        let logs = world.home().join(".claude/projects/any");
        std::fs::create_dir_all(&logs).unwrap();
        std::fs::write(logs.join("s.jsonl"), text).unwrap();
        assert_eq!(links(&repo), ["hash certain"], "{tool}");
    }
}
