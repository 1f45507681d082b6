//! A pipe or a device where a repository has a file: that repository is named, nothing waits, and the others are read.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::{START, TestRepo, World};

/// Longer than any of these commands takes, on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a command that may hang; returns its code, standard output and standard error.
fn run_in_time(world: &World, args: &[&str]) -> (Option<i32>, String, String) {
    run_in_time_at(world, &world.path(""), args)
}

/// The same, in a directory.
pub fn run_in_time_at(world: &World, folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let (out, err) = (world.path("stdout"), world.path("stderr"));
    let file = |path: &Path| Stdio::from(std::fs::File::create(path).unwrap());
    let mut child = world
        .leverage(folder)
        .args(args)
        .stdout(file(&out))
        .stderr(file(&err))
        .spawn()
        .unwrap();
    let start = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("{args:?} hangs");
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    (code, read(&out), read(&err))
}

fn put_pipe(path: &Path) {
    let _ = std::fs::remove_file(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// A repository with something in it, below `src`.
fn repo<'world>(world: &'world World, name: &str) -> TestRepo<'world> {
    let repo = world.repo(&format!("src/{name}"));
    repo.write("sub/lib.rs", "one\n")
        .write(".gitattributes", "*.gen -diff\n");
    repo.commit("Begin");
    repo
}

/// The status and the reason of each repository.
fn told(out: &str) -> Vec<(String, String, String)> {
    let json: Value = serde_json::from_str(out).unwrap();
    let rows = json["repos"]
        .as_array()
        .or(json["rows"].as_array())
        .or(json.as_array());
    let text = |value: &Value| value.to_string().trim_matches('"').to_owned();
    let row = |row: &Value| {
        let reasons = [&row["reason"], &row["reasons"]].map(text).concat();
        (text(&row["name"]), text(&row["status"]), reasons)
    };
    rows.unwrap_or_else(|| panic!("{out}")).iter().map(row).collect()
}

/// Asserts that `report` and `inventory` of all end, with `good` complete and the others not, each for its file.
fn assert_the_others_are_told(world: &World, files: &[(&str, &str)]) {
    for command in ["report", "inventory"] {
        let (code, out, err) = run_in_time(world, &[command, "src", "--format", "json", "--no-cache"]);
        assert_eq!(code, Some(3), "{command}: {err}");
        let told = told(&out);
        assert_eq!(told.len(), files.len() + 1, "{command}: {out}");
        for (name, status, reason) in told {
            if name == "good" {
                assert_eq!(status, "complete", "{command}: {reason}");
                continue;
            }
            let (_, file) = files.iter().find(|(repo, _)| *repo == name).unwrap();
            assert_ne!(status, "complete", "{command}: {name}");
            let all = format!("{reason}{err}");
            assert!(all.contains(file), "{command}: {name}: {all}");
        }
    }
}

#[test]
fn pipes_in_place_of_the_files_of_a_repository_are_not_opened() {
    let world = World::new();
    repo(&world, "good");
    let files = [
        ("config", ".git/config"),
        ("config-worktree", ".git/config.worktree"),
        ("head", ".git/HEAD"),
        ("packed-refs", ".git/packed-refs"),
        ("shallow", ".git/shallow"),
        ("grafts", ".git/info/grafts"),
        ("exclude", ".git/info/exclude"),
        ("attributes", ".git/info/attributes"),
        ("alternates", ".git/objects/info/alternates"),
        ("commit-graph", ".git/objects/info/commit-graph"),
        ("branch", ".git/refs/heads/main"),
        ("other-branch", ".git/refs/heads/a/b"),
        ("notes", ".git/refs/notes/leverage"),
        ("index", ".git/index"),
        ("gitdir", ".git/gitdir"),
        ("commondir", ".git/commondir"),
        ("multi-pack", ".git/objects/pack/multi-pack-index"),
        ("pack", ".git/objects/pack/pack-1.idx"),
        ("linked", ".git/worktrees/other/gitdir"),
    ];
    for (name, file) in files {
        let repo = repo(&world, name);
        put_pipe(&repo.path().join(file));
    }
    assert_the_others_are_told(&world, &files);
}

#[test]
fn what_the_own_configuration_names_is_looked_at_first() {
    let world = World::new();
    repo(&world, "good");
    put_pipe(&world.path("the-pipe"));
    let pipe = world.path("the-pipe").display().to_string();
    std::fs::write(world.path("more"), format!("[Include]\n\tPATH = \"{pipe}\"\n")).unwrap();
    let more = world.path("more").display().to_string();
    let values = [
        ("include", "include.path", pipe.as_str()),
        ("included", "include.path", more.as_str()),
        ("condition", "includeIf.gitdir:**.path", pipe.as_str()),
        ("relative", "include.path", "../../../the-pipe"),
        ("attributes", "core.attributesFile", pipe.as_str()),
        ("excludes", "core.excludesFile", pipe.as_str()),
    ];
    for (name, key, value) in values {
        let repo = repo(&world, name);
        // Git itself would open an include at its next start.
        repo.git(&["config", key, value]);
    }
    assert_the_others_are_told(&world, &values.map(|(name, ..)| (name, "the-pipe")));
}

#[test]
fn pipes_among_objects_and_patterns_cost_what_needs_them() {
    let world = World::new();
    repo(&world, "good");
    for (name, object) in [
        ("commit", "HEAD"),
        ("tree", "HEAD^{tree}"),
        ("folder", "HEAD:sub"),
    ] {
        let repo = repo(&world, name);
        let id = repo.git(&["rev-parse", object]);
        put_pipe(
            &repo
                .path()
                .join(format!(".git/objects/{}/{}", &id[..2], &id[2..])),
        );
    }
    for (name, file) in [("below", "sub/.gitattributes"), ("top", ".gitattributes")] {
        put_pipe(&repo(&world, name).path().join(file));
    }
    for command in ["report", "inventory"] {
        let (code, out, err) = run_in_time(&world, &[command, "src", "--format", "json", "--no-cache"]);
        assert_eq!(code, Some(3), "{command}: {err}");
        for (name, status, reason) in told(&out) {
            assert_eq!(
                status == "complete",
                name == "good",
                "{command}: {name}: {reason}"
            );
        }
    }
    let ignored = repo(&world, "ignored");
    put_pipe(&ignored.path().join("sub/.gitignore"));
    for name in ["commit", "tree", "folder", "below", "top", "ignored"] {
        for command in ["audit", "log", "show"] {
            let path = world.path(&format!("src/{name}")).display().to_string();
            let args = match command {
                "audit" => vec![command, path.as_str()],
                _ => vec![command, "-C", path.as_str()],
            };
            run_in_time(&world, &args);
        }
    }
    let (code, _, err) = run_in_time(&world, &["inventory", "src/ignored"]);
    assert_eq!(code, Some(3), "{err}");
}

#[test]
fn pipes_in_submodules_cost_what_their_files_are_asked_for() {
    let world = World::new();
    repo(&world, "good");
    let library = world.repo("library");
    library.write("sub/file", "x\n").commit("Begin");
    let url = format!("file://{}", library.path().display());
    let files = [
        ("config", "config"),
        ("branch", "refs/heads/main"),
        ("index", "index"),
        ("patterns", "sub/.gitignore"),
    ];
    for (name, file) in files {
        let repo = repo(&world, name);
        let allow = "protocol.file.allow=always";
        repo.git(&["-c", allow, "submodule", "--quiet", "add", &url, "lib"]);
        repo.commit("Add a library");
        let folder = if file.starts_with("sub/") {
            "lib"
        } else {
            ".git/modules/lib"
        };
        put_pipe(&repo.path().join(folder).join(file));
    }
    let (code, out, err) = run_in_time(&world, &["inventory", "src", "--format", "json", "--no-cache"]);
    assert_eq!(code, Some(3), "{err}");
    for (name, status, reason) in told(&out) {
        assert_eq!(status == "complete", name == "good", "{name}: {reason}");
    }
    let (code, _, err) = run_in_time(&world, &["report", "src", "--no-cache"]);
    assert_eq!(code, Some(0), "{err}");
}

#[test]
fn links_to_files_are_followed_as_git_does() {
    let world = World::new();
    let repo = repo(&world, "linked");
    let git = repo.path().join(".git");
    std::fs::rename(git.join("config"), world.path("config")).unwrap();
    std::os::unix::fs::symlink(world.path("config"), git.join("config")).unwrap();
    std::fs::remove_file(git.join("HEAD")).unwrap();
    std::os::unix::fs::symlink("refs/heads/main", git.join("HEAD")).unwrap();
    let (code, _, err) = run_in_time(&world, &["report", "src"]);
    assert_eq!(code, Some(0), "{err}");
    std::fs::remove_file(git.join("config")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", git.join("config")).unwrap();
    let (code, _, err) = run_in_time(&world, &["report", "src"]);
    assert_eq!(code, Some(3), "{err}");
    assert!(err.contains("config` is not a regular file"), "{err}");
}

#[cfg(target_os = "linux")]
#[test]
fn sparse_files_of_gigabytes_are_refused() {
    let world = World::new();
    repo(&world, "good");
    let files = [
        ("attributes", ".gitattributes"),
        ("below", "sub/.gitattributes"),
        ("config", ".git/config"),
        ("packed-refs", ".git/packed-refs"),
        ("exclude", ".git/info/exclude"),
        ("index", ".git/index"),
        ("branch", ".git/refs/heads/main"),
    ];
    for (name, file) in files {
        let path = repo(&world, name).path().join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .unwrap();
        file.set_len(5 << 30).unwrap();
    }
    let (code, out, err) = run_in_time(&world, &["report", "src", "--format", "json", "--no-cache"]);
    assert_eq!(code, Some(3), "{err}");
    for (name, status, reason) in told(&out) {
        assert_eq!(status == "complete", name == "good", "{name}: {reason}");
    }
    assert_eq!(err.matches("is larger than").count(), files.len(), "{err}");
}

/// The files of the ledger are opened by commands that write it and by those that publish it.
#[test]
fn pipes_in_place_of_objects_of_the_ledger_are_not_opened() {
    let world = World::new();
    for what in ["refs/notes/leverage", "refs/leverage/tasks", "note"] {
        let repo = world.repo(&what.replace('/', "-"));
        repo.write("lib.rs", "one\n").commit("Begin");
        repo.git(&["clone", "--quiet", "--bare", ".", "../hub.git"]);
        repo.git(&["remote", "add", "origin", "../hub.git"]);
        repo.git(&["notes", "--ref=leverage", "add", "-m", "{}", "HEAD"]);
        let task = repo.git_at(&["commit-tree", "-m", "A task", "HEAD^{tree}"], START);
        repo.git(&["update-ref", "refs/leverage/tasks", &task]);
        let object = match what {
            "note" => repo.git(&["notes", "--ref=leverage", "list", "HEAD"]),
            name => repo.git(&["rev-parse", name]),
        };
        // The hub has a separate ledger, so that there is something to fetch.
        let hub = world.at("hub.git");
        let tree = hub.git_with_input(&["mktree"], "");
        let tip = hub.git_at(&["commit-tree", "-m", "Notes", &tree], START);
        hub.git(&["update-ref", "refs/notes/leverage", &tip]);
        put_pipe(
            &repo
                .path()
                .join(".git/objects")
                .join(&object[..2])
                .join(&object[2..]),
        );
        for args in [
            &["sync", "--dry-run"][..],
            &["sync"],
            &["record", "--another", "--estimate", "4h"],
        ] {
            let (code, out, err) = run_in_time_at(&world, repo.path(), args);
            let may_do = what == "refs/leverage/tasks" && args[0] == "record";
            assert!(code == Some(1) || may_do, "{what}, {args:?}: {out}{err}");
        }
        std::fs::remove_dir_all(hub.path()).unwrap();
    }
}
