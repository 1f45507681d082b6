//! `inventory`: what it says of repositories, sick ones included.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::world::{NOW, Ran, TestRepo, World};

/// The rows of `inventory --format json ROOT`, and how it ended.
fn rows(world: &World, root: &str) -> (Vec<Value>, Option<i32>) {
    let ran = world.run(&["inventory", "--no-cache", "--format", "json", root]);
    let json: Value = serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran}"));
    assert_eq!(json["schema"], "git-leverage.inventory/2");
    (json["rows"].as_array().unwrap().clone(), ran.code)
}

fn row(world: &World, root: &str) -> (Value, Option<i32>) {
    let (rows, code) = rows(world, root);
    assert_eq!(rows.len(), 1, "{rows:?}");
    (rows[0].clone(), code)
}

fn reasons(row: &Value) -> String {
    row["reasons"].to_string()
}

/// A small project with code, a test and a manifest.
fn kiln<'world>(world: &'world World, name: &str) -> TestRepo<'world> {
    let repo = world.repo(name);
    repo.write(
        "Cargo.toml",
        "[package]\nname = \"kiln\"\ndescription = \"Fires pots\"\nlicense = \"MIT\"\n",
    )
    .write("README.md", "# Kiln\n")
    .write(
        "src/lib.rs",
        "// A kiln\npub fn fire() {}\n\n#[test]\nfn fires() {}\n",
    );
    repo.commit("Build a kiln");
    repo
}

fn git(world: &World, directory: &Path, args: &[&str]) {
    let ran = Command::new("git")
        .args(["-c", "protocol.file.allow=always"])
        .args(args)
        .current_dir(directory)
        .env("HOME", world.home())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn a_repository_in_one_row() {
    let world = World::new();
    kiln(&world, "kiln");
    let (row, code) = row(&world, "kiln");
    assert_eq!(code, Some(0));
    for (field, expected) in [
        ("name", Value::from("kiln")),
        ("status", "complete".into()),
        ("default_branch", "main".into()),
        ("description", "Fires pots".into()),
        ("license", "MIT".into()),
        ("license_source", "manifest".into()),
        ("language", "Rust".into()),
        ("files", 3.into()),
        ("commits", 1.into()),
        ("authors", 1.into()),
        ("changed_files", 0.into()),
        ("untracked_files", 0.into()),
        ("ahead", Value::Null),
        ("tasks", Value::Null),
        ("bare", false.into()),
    ] {
        assert_eq!(row[field], expected, "{field}");
    }
    assert_eq!(row["languages"]["Rust"]["code"], 3);
    assert_eq!(row["languages"]["Rust"]["share"], 1.0);
    assert_eq!(row["tests"]["frameworks"]["rust"]["cases"], 1);
    assert_eq!(row["last_30_days"]["commits"], 1);
    assert_eq!(row["last_30_days"]["lines_added"], 10);
}

#[test]
fn a_dirty_work_tree_and_a_bare_clone_give_the_same_answer() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    repo.write("src/lib.rs", "changed\n")
        .write("new.rs", "fn new() {}\n");
    git(
        &world,
        &world.path(""),
        &["clone", "-q", "--bare", "kiln", "bare.git"],
    );
    let (dirty, _) = row(&world, "kiln");
    let (bare, code) = row(&world, "bare.git");
    assert_eq!(code, Some(0));
    for field in [
        "files",
        "lines_code",
        "lines_comments",
        "lines_blank",
        "languages",
        "tests",
        "commits",
        "description",
    ] {
        assert_eq!(dirty[field], bare[field], "{field}");
    }
    assert_eq!(
        (&dirty["changed_files"], &dirty["untracked_files"]),
        (&1.into(), &1.into())
    );
    assert_eq!(
        (&bare["changed_files"], &bare["bare"]),
        (&Value::Null, &true.into())
    );
}

#[test]
fn an_unborn_repository_has_a_row() {
    let world = World::new();
    world.repo("empty");
    let (row, code) = row(&world, "empty");
    assert_eq!(code, Some(0));
    assert_eq!(
        (&row["head"], &row["commits"], &row["files"]),
        (&Value::Null, &0.into(), &0.into())
    );
    assert_eq!(row["branch"], "main");
    assert!(reasons(&row).contains("no commits yet"));
}

#[test]
fn repositories_without_commits_get_a_sentence() {
    let world = World::new();
    world.repo("src/kiln");
    for command in ["scan", "inventory", "report"] {
        let one = world.run(&[command, "src"]);
        assert_eq!(one.success(), "No commits in `kiln` yet\n", "{command}");
        let here = world.run_in(&world.path("src/kiln"), &[command]);
        assert_eq!(here.success(), "No commits in `kiln` yet\n", "{command}");
    }
    world.repo("src/loom");
    for command in ["inventory", "report"] {
        let all = world.run(&[command, "src"]).success();
        assert_eq!(all, "No commits in any of 2 repositories yet\n");
    }
    let json = world.run(&["report", "src", "--format", "json"]).success();
    assert!(json.contains("\"rows\": []"), "{json}");
    std::fs::create_dir(world.path("empty")).unwrap();
    for command in ["scan", "inventory"] {
        let none = world.run_in(&world.path("empty"), &[command]);
        assert_eq!((none.code, none.stdout.as_str()), (Some(1), ""), "{none}");
        assert_eq!(none.stderr.matches("error: ").count(), 1, "{none}");
        assert!(none.stderr.contains("not a git repository"), "{none}");
    }
}

#[test]
fn a_shallow_clone_says_that_there_is_more() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    repo.commit("Rest");
    let url = format!("file://{}", repo.path().display());
    git(
        &world,
        &world.path(""),
        &["clone", "-q", "--depth=1", &url, "shallow"],
    );
    let (row, code) = row(&world, "shallow");
    assert_eq!(code, Some(3));
    assert_eq!(
        (&row["status"], &row["shallow"], &row["commits"]),
        (&"partial".into(), &true.into(), &1.into())
    );
    assert!(reasons(&row).contains("shallow"), "{row}");
    assert_eq!(row["lines_code"], 7, "the files are all there");
}

#[test]
fn a_partial_clone_fetches_nothing() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    repo.git(&["config", "uploadpack.allowFilter", "true"]);
    let url = format!("file://{}", repo.path().display());
    git(
        &world,
        &world.path(""),
        &["clone", "-q", "--bare", "--filter=blob:none", &url, "partial.git"],
    );
    let (row, code) = row(&world, "partial.git");
    assert_eq!(code, Some(3));
    assert_eq!(
        (&row["partial_clone"], &row["status"]),
        (&true.into(), &"partial".into())
    );
    assert_eq!((&row["files"], &row["commits"]), (&3.into(), &1.into()));
    assert!(reasons(&row).contains("cannot be read"), "{row}");
}

#[test]
fn a_damaged_repository_has_what_can_be_read() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    let blob = repo.git(&["rev-parse", "HEAD:src/lib.rs"]);
    let object = repo
        .path()
        .join(format!(".git/objects/{}/{}", &blob[..2], &blob[2..]));
    std::fs::remove_file(object).unwrap();
    let (damaged, code) = row(&world, "kiln");
    assert_eq!(code, Some(3));
    assert_eq!(
        (&damaged["status"], &damaged["commits"]),
        (&"partial".into(), &1.into())
    );
    assert_eq!(damaged["description"], "Fires pots");
    let head = repo.git(&["rev-parse", "HEAD"]);
    let object = repo
        .path()
        .join(format!(".git/objects/{}/{}", &head[..2], &head[2..]));
    std::fs::remove_file(object).unwrap();
    let (headless, code) = row(&world, "kiln");
    assert_eq!(code, Some(3));
    assert_eq!(
        (&headless["lines_code"], &headless["commits"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(headless["branch"], "main");
}

#[test]
fn a_broken_repository_does_not_hide_the_others() {
    let world = World::new();
    kiln(&world, "src/kiln");
    let broken = world.repo("src/loom");
    std::fs::write(broken.path().join(".git/config"), "[core\n").unwrap();
    let (rows, code) = rows(&world, "src");
    assert_eq!(code, Some(3));
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row["name"].as_str().unwrap(), row["status"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("kiln", "complete"), ("loom", "failed")]);
    let table = world.run(&["inventory", "src"]).stdout;
    assert!(table.contains("unreadable"), "{table}");
}

#[test]
fn nothing_of_a_repository_runs() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    let mark = world.path("ran");
    let command = format!("touch {}", mark.display());
    repo.write(".gitattributes", "* filter=evil\n");
    repo.commit("Filter");
    for name in [
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "core.fsmonitor",
        "core.sshCommand",
    ] {
        repo.git(&["config", name, &command]);
    }
    repo.write("src/lib.rs", "other\n");
    let (row, code) = row(&world, "kiln");
    assert_eq!((&row["changed_files"], code), (&Value::Null, Some(3)));
    assert!(reasons(&row).contains("has a filter, which is not run"), "{row}");
    assert!(!mark.exists(), "a command of the repository ran");
}

/// The files that `git status` calls changed, and those that it calls untracked.
fn gits_status(repo: &TestRepo<'_>) -> [usize; 2] {
    let status = repo.git(&["status", "--porcelain", "--no-renames"]);
    let untracked = status.lines().filter(|line| line.starts_with("??")).count();
    [status.lines().count() - untracked, untracked]
}

#[test]
fn a_file_taken_out_of_the_index_is_deleted_and_untracked() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    repo.git(&["rm", "--quiet", "--cached", "src/lib.rs"]);
    let (row, _) = row(&world, "kiln");
    let ours = serde_json::json!([row["changed_files"], row["untracked_files"]]);
    assert_eq!(ours, serde_json::json!(gits_status(&repo)), "{row}");
}

#[test]
fn changes_inside_a_submodule_are_changes() {
    let world = World::new();
    kiln(&world, "lib");
    let repo = kiln(&world, "kiln");
    let url = world.path("lib").display().to_string();
    let allow = "protocol.file.allow=always";
    repo.git(&["-c", allow, "submodule", "--quiet", "add", &url, "sub"]);
    repo.commit("Use lib");
    let check = |changed: u64, what: &str| {
        let (row, _) = row(&world, "kiln");
        let ours = serde_json::json!([row["changed_files"], row["untracked_files"]]);
        assert_eq!(ours, serde_json::json!(gits_status(&repo)), "{what}");
        assert_eq!(row["changed_files"], changed, "{what}");
    };
    check(0, "nothing");
    repo.write("sub/src/lib.rs", "edited\n");
    check(1, "an edit");
    repo.git(&["-C", "sub", "checkout", "--quiet", "src/lib.rs"]);
    repo.write("sub/new", "untracked\n");
    check(1, "an untracked file");
    std::fs::remove_file(repo.path().join("sub/new")).unwrap();
    repo.git(&[
        "-C",
        "sub",
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@b.c",
        "commit",
        "-q",
        "--allow-empty",
        "-m",
        "x",
    ]);
    check(1, "HEAD elsewhere");
    repo.git(&["submodule", "--quiet", "deinit", "--force", "--all"]);
    check(0, "not checked out");
}

#[test]
fn a_head_that_cannot_be_read_leaves_changes_unknown() {
    let world = World::new();
    for revision in ["HEAD", "HEAD^{tree}", "HEAD:src"] {
        let repo = kiln(&world, &revision.replace(['^', ':'], "-"));
        let id = repo.git(&["rev-parse", revision]);
        let object = format!(".git/objects/{}/{}", &id[..2], &id[2..]);
        std::fs::remove_file(repo.path().join(object)).unwrap();
        // Of an untouched file, the index says enough.
        repo.write("src/lib.rs", "// Two kilns\n");
        let (row, code) = row(&world, &repo.path().display().to_string());
        assert_eq!((&row["changed_files"], code), (&Value::Null, Some(3)), "{row}");
    }
}

#[test]
fn the_state_of_a_clone() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    git(&world, &world.path(""), &["clone", "-q", "kiln", "clone"]);
    repo.commit("Ahead of the clone");
    let clone = world.path("clone");
    git(&world, &clone, &["fetch", "-q"]);
    git(
        &world,
        &clone,
        &[
            "-c",
            "user.name=A",
            "-c",
            "user.email=a@b.c",
            "commit",
            "-q",
            "--allow-empty",
            "-m",
            "Own",
        ],
    );
    git(&world, &clone, &["tag", "v1.2.0"]);
    git(&world, &clone, &["tag", "review"]);
    git(
        &world,
        &clone,
        &[
            "remote",
            "set-url",
            "origin",
            "https://ada:secret@example.org/kiln.git",
        ],
    );
    let (row, _) = row(&world, "clone");
    assert_eq!((&row["ahead"], &row["behind"]), (&1.into(), &1.into()));
    assert_eq!(row["unpushed_branches"], serde_json::json!(["main"]));
    assert_eq!(
        (&row["tags"], &row["latest_release"]),
        (&2.into(), &"v1.2.0".into())
    );
    assert_eq!(row["remotes"][0]["url"], "https://example.org/kiln.git");
    assert!(row["last_fetch"].is_i64(), "{row}");
}

#[test]
fn strict_readiness_ends_with_4() {
    let world = World::new();
    kiln(&world, "kiln").write(".env", "TOKEN=x");
    let readiness =
        |strict: &[&str]| -> Ran { world.run(&[&["inventory", "--readiness", "kiln"], strict].concat()) };
    let plain = readiness(&[]);
    assert_eq!(plain.code, Some(0));
    assert!(plain.stdout.contains("security-policy"), "{plain}");
    assert!(plain.stdout.contains("no CI configuration"), "{plain}");
    assert!(!plain.stdout.contains(".env"), "it is not committed: {plain}");
    assert_eq!(readiness(&["--strict"]).code, Some(4));
}

#[test]
fn a_saved_inventory_is_what_a_later_one_is_compared_with() {
    let world = World::new();
    let repo = kiln(&world, "src/kiln");
    kiln(&world, "src/loom");
    world
        .run(&["inventory", "src", "--save", "before.json"])
        .success();
    let same = world
        .run(&["inventory", "src", "--compare", "before.json"])
        .success();
    assert!(same.contains("2 repositories unchanged"), "{same}");
    repo.write("src/more.rs", "#[test]\nfn more() {}\n")
        .write("CHANGELOG.md", "# 1\n");
    repo.commit("More");
    kiln(&world, "src/new");
    let json = world
        .run(&["inventory", "src", "--compare", "before.json", "--format", "json"])
        .success();
    let json: Value = serde_json::from_str(&json).unwrap();
    let told: Vec<_> = json["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["name"].as_str().unwrap(), row["change"].as_str().unwrap()))
        .collect();
    assert_eq!(told, [("kiln", "changed"), ("new", "added")]);
    let kiln = &json["rows"][0];
    assert_eq!(
        kiln["tests"],
        serde_json::json!({
            "before": 1, "now": 2, "before_complete": true, "now_complete": true
        })
    );
    assert_eq!(kiln["checks_fixed"], serde_json::json!(["changelog"]));
    for format in ["table", "csv", "markdown"] {
        let shown = world.run(&["inventory", "src", "--compare", "before.json", "--format", format]);
        assert!(shown.success().contains("changelog passes now"), "{format}");
    }
}

/// The main language and the shares are about the code of the project itself, as GitHub shows them.
#[test]
fn vendored_code_does_not_decide_the_language() {
    let world = World::new();
    let repo = world.repo("kiln");
    repo.write("src/kiln.rs", "fn fire() {}\n".repeat(3))
        .write("src/kiln.py", "fire()\n")
        .write("vendor/wood/a.c", "int a;\n".repeat(100));
    repo.commit("Build a kiln");
    let shown = cells(&world, "kiln", "language,languages,code,all_code", &[]);
    assert_eq!(shown, "Rust,\"Rust 75%, Python 25%\",4,104");
}

#[test]
fn a_repository_that_is_gone_stands_apart_and_is_not_subtracted() {
    let world = World::new();
    let repo = kiln(&world, "src/kiln");
    kiln(&world, "src/old");
    kiln(&world, "src/loom");
    world.run(&["inventory", "src", "--save", "last.json"]).success();
    repo.commit("More");
    std::fs::remove_dir_all(world.path("src/old")).unwrap();
    kiln(&world, "src/new");
    let args = [
        "inventory",
        "src",
        "--compare",
        "last.json",
        "--zone",
        "Europe/Berlin",
    ];
    insta::assert_snapshot!(world.run(&args).success(), @r"
                         ─────────────────── measured ───────────────────
    Repository  Change   Code  Code Δ  Tests  Tests Δ  Commits  Commits Δ  Checks
    ─────────────────────────────────────────────────────────────────────────────
    kiln        changed     7              1                 2         +1
    new         added       7      +7      1       +1        1         +1
    ─────────────────────────────────────────────────────────────────────────────
    Total                          +7              +1                  +2

    Gone
                ───── measured ─────
    Repository  Code  Tests  Commits
    ────────────────────────────────
    old            7      1        1

    Compared with 2026-04-10 14:00 +02:00: 1 repository unchanged
    ");
    let csv = world.run(&[&args[..], &["--format", "csv"]].concat()).success();
    assert!(csv.contains("\nold,gone,,,,,,,\n"), "{csv}");
}

/// An inventory of the version before, as it was saved.
#[test]
fn an_inventory_of_the_former_version_is_compared_with() {
    let world = World::new();
    kiln(&world, "src/kiln");
    let saved = world.run(&["inventory", "src", "--format", "json"]).success();
    let mut saved: Value = serde_json::from_str(&saved).unwrap();
    saved["schema"] = "git-leverage.inventory/1".into();
    let row = saved["rows"][0].as_object_mut().unwrap();
    row.remove("lines_own");
    for (now, before) in [("license", "licence"), ("license_source", "licence_source")] {
        let value = row.remove(now).unwrap();
        row.insert(before.to_owned(), value);
    }
    let checks = row["checks"].as_array_mut().unwrap();
    let license = checks.iter_mut().find(|check| check["id"] == "license").unwrap();
    license["id"] = "licence".into();
    std::fs::write(world.path("former.json"), saved.to_string()).unwrap();
    let compared = world
        .run(&["inventory", "src", "--compare", "former.json"])
        .success();
    assert_eq!(
        compared,
        "Compared with 2026-04-10 12:00 +00:00: 1 repository unchanged\n"
    );
}

#[test]
fn columns_go_by_what_the_table_shows_too() {
    let world = World::new();
    kiln(&world, "src/kiln");
    let args = ["inventory", "src", "--format", "csv", "--columns"];
    let csv = |columns: &str| world.run(&[&args[..], &[columns]].concat());
    let header = "name,license,last_commit\n";
    let shown = csv("Repository,License,licence,Last commit").success();
    assert!(shown.starts_with(header), "{shown}");
    let wrong = csv("lisense");
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong.stderr.contains(
            "error: unknown column `lisense`; did you mean `license`?\nhint: `--columns help` lists them\n"
        ),
        "{wrong}"
    );
}

#[test]
fn a_sign_before_a_column_sorts_it_in_descending_order() {
    let world = World::new();
    kiln(&world, "src/kiln");
    let repo = kiln(&world, "src/loom");
    repo.write("src/more.rs", "fn more() {}\n");
    repo.commit("More");
    let names = |sort: &[&str]| {
        let args = [
            "inventory",
            "src",
            "--format",
            "csv",
            "--columns",
            "name",
            "--sort",
        ];
        world.run(&[&args[..], sort].concat()).success()
    };
    assert_eq!(names(&["-code"]), "name\nloom\nkiln\n");
    assert_eq!(names(&["-Code", "--reverse"]), "name\nkiln\nloom\n");
    assert_eq!(names(&["-name"]), "name\nloom\nkiln\n");
    assert_eq!(names(&["name"]), "name\nkiln\nloom\n");
}

#[test]
fn a_page_links_repositories_to_their_remotes_and_to_nothing_else() {
    let world = World::new();
    for (name, url) in [
        ("clone", "git@example.org:team/kiln.git"),
        ("evil", "javascript:alert(1)"),
        ("secret", "https://ada:hunter2@example.org/team/kiln"),
        ("with)[x](y", "https://example.org/a)[b](https://example.com/c"),
    ] {
        let repo = kiln(&world, &format!("src/{name}"));
        repo.git(&["config", "remote.origin.url", url]);
    }
    let page = |format: &str| {
        let args = [
            "inventory",
            "src",
            "--columns",
            "name,description",
            "--format",
            format,
        ];
        world.run(&args).success()
    };
    insta::assert_snapshot!(page("markdown"), @r"
    | Repository | Description |
    | :--- | :--- |
    | [clone](https://example.org/team/kiln) | Fires pots |
    | evil | Fires pots |
    | [secret](https://example.org/team/kiln) | Fires pots |
    | with)\[x\](y | Fires pots |
    ");
    let html = page("html");
    let links: Vec<&str> = html
        .split("<a href=\"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(
        links,
        ["https://example.org/team/kiln", "https://example.org/team/kiln"]
    );
    assert!(page("csv").starts_with("name,description\nclone,Fires pots\n"));
    assert!(page("table").contains("\nclone "));
}

#[test]
fn a_description_is_one_sentence_of_the_manifest() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    let manifest = "[package]\nname = \"kiln\"\ndescription = \"\"\"\nkiln fires pots\nat night. kiln has two\ndoors.\n\"\"\"\n";
    repo.write("Cargo.toml", manifest)
        .write("README.md", "kiln fires pots. It smokes.\n");
    repo.commit("Describe it");
    assert_eq!(
        cells(&world, "kiln", "description", &[]),
        "kiln fires pots at night."
    );
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let world = World::new();
    for name in ["src/kiln", "src/a-repository-with-a-rather-long-name", "src/loom"] {
        let repo = kiln(&world, name);
        repo.write("vendor/a.c", "int a;\n".repeat(2000));
        repo.commit("Take over");
        repo.write("README.md", "changed").write("new.rs", "");
    }
    world.run(&["inventory", "src", "--save", "last.json"]).success();
    world
        .repo("src/loom2")
        .write("a.rs", "fn a() {}\n")
        .commit("Weave");
    for width in [60, 80, 100, 120] {
        for args in [
            &["inventory", "src"][..],
            &[
                "inventory",
                "src",
                "--columns",
                "identity,size,testing,history,clone",
            ],
            &["inventory", "src", "--columns", "name,ai"],
            &["inventory", "src", "--readiness"],
            &["inventory", "src", "--compare", "last.json"],
            &["inventory", "--columns", "help"],
            &["scan", "src"],
        ] {
            let mut command = world.leverage(&world.path(""));
            let ran = command
                .args(args)
                .env("COLUMNS", width.to_string())
                .output()
                .unwrap();
            let text = String::from_utf8(ran.stdout).unwrap();
            let widest = text.lines().map(|line| line.chars().count()).max();
            assert!(widest <= Some(width), "{width} {args:?}: {text}");
        }
    }
}

#[test]
fn a_file_that_is_no_inventory_is_refused() {
    let world = World::new();
    kiln(&world, "kiln");
    std::fs::write(
        world.path("other.json"),
        "{\"schema\": \"git-leverage.report/1\"}",
    )
    .unwrap();
    let ran = world.run(&["inventory", "kiln", "--compare", "other.json"]);
    assert_eq!(ran.code, Some(1));
    assert!(ran.stderr.contains("git-leverage.inventory/2"), "{ran}");
}

#[test]
fn columns_are_chosen_and_sorted_by() {
    let world = World::new();
    kiln(&world, "src/kiln");
    let repo = kiln(&world, "src/loom");
    repo.write("src/more.rs", "fn more() {}\n");
    repo.commit("More");
    let csv = world.run(&[
        "inventory",
        "src",
        "--columns",
        "name,code,commits",
        "--sort",
        "code",
        "--format",
        "csv",
    ]);
    assert_eq!(csv.success(), "name,code,commits\nloom,8,2\nkiln,7,1\n");
    let wrong = world.run(&["inventory", "src", "--columns", "name,kiln"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("unknown column `kiln`"), "{wrong}");
    let all = world.run(&["inventory", "--columns", "help"]).success();
    assert!(all.contains("commits_90d") && all.contains("history"), "{all}");
    let help = world.run(&["inventory", "-h"]).success();
    assert!(help.contains("size: files, code,"), "{help}");
}

#[test]
fn tasks_and_their_leverage_are_read_when_asked_for() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    repo.commit("Glaze\n\nLeverage-Estimate: 40h\nLeverage-Agent-Time: 60m\n");
    let csv = world.run(&[
        "inventory",
        "kiln",
        "--columns",
        "tasks,human_hours,leverage",
        "--format",
        "csv",
    ]);
    assert_eq!(csv.success(), "tasks,human_hours,leverage\n1,40,40\n");
}

#[test]
fn the_cache_gives_the_same_answer() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    let json = || world.run(&["inventory", "kiln", "--format", "json"]).success();
    let cold = json();
    assert_eq!(cold, json());
    let kept = std::fs::read_dir(world.home().join("cache/git-leverage"))
        .unwrap()
        .count();
    assert_eq!(kept, 1);
    repo.write("src/more.rs", "fn more() {}\n");
    repo.commit_at("More", NOW - 60);
    let json: Value = serde_json::from_str(&json()).unwrap();
    assert_eq!(
        (&json["rows"][0]["commits"], &json["rows"][0]["lines_code"]),
        (&2.into(), &8.into())
    );
}

#[test]
fn a_linked_work_tree_has_its_own_head_and_changes() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    repo.git(&["worktree", "add", "--quiet", "-b", "fix", "../kiln-fix"]);
    std::fs::write(world.path("kiln-fix/new.rs"), "").unwrap();
    repo.write("README.md", "changed");
    let (main, _) = row(&world, "kiln");
    assert_eq!(
        (&main["branch"], &main["changed_files"], &main["untracked_files"]),
        (&"main".into(), &1.into(), &0.into())
    );
    let (linked, _) = row(&world, "kiln-fix");
    assert_eq!(
        (
            &linked["branch"],
            &linked["changed_files"],
            &linked["untracked_files"]
        ),
        (&"fix".into(), &0.into(), &1.into())
    );
    assert_eq!(
        (&linked["name"], &linked["files"]),
        (&"kiln-fix".into(), &3.into())
    );
}

#[test]
fn namesakes_have_names_that_differ() {
    let world = World::new();
    kiln(&world, "src/a/api");
    kiln(&world, "src/b/api");
    let csv = ["inventory", "src", "--columns", "name", "--format", "csv"];
    assert_eq!(world.run(&csv).success(), "name\na/api\nb/api\n");
    let scan = world.run(&["scan", "src"]).success();
    assert!(scan.contains("a/api") && scan.contains("b/api"), "{scan}");
}

#[test]
fn of_two_clones_of_one_remote_every_command_counts_the_one_with_its_name() {
    let world = World::new();
    kiln(&world, "origin/kiln");
    for name in ["a-copy", "kiln"] {
        git(
            &world,
            &world.path(""),
            &["clone", "-q", "origin/kiln", &format!("src/{name}")],
        );
        let url = "https://example.org/team/kiln.git";
        git(
            &world,
            &world.path(&format!("src/{name}")),
            &["remote", "set-url", "origin", url],
        );
    }
    let note = "a-copy: same commits as kiln, counted once";
    for command in ["inventory", "scan", "report"] {
        let shown = world.run(&[command, "src"]).success();
        assert!(shown.contains(note), "{command}: {shown}");
    }
    let report = world
        .run(&["report", "src", "--by", "repo", "--format", "json"])
        .success();
    let report: Value = serde_json::from_str(&report).unwrap();
    let rows = report["rows"].as_array().unwrap();
    let keys: Vec<&str> = rows
        .iter()
        .map(|row| row["key"]["repo"].as_str().unwrap())
        .collect();
    assert_eq!(keys, ["kiln"]);
    let inventory = world.run(&["inventory", "src", "--format", "json"]).success();
    let inventory: Value = serde_json::from_str(&inventory).unwrap();
    assert_eq!(
        (&inventory["rows"][0]["copy_of"], &inventory["rows"][1]["copy_of"]),
        (&"kiln".into(), &Value::Null)
    );
    assert_eq!(
        (
            &inventory["totals"]["commits"],
            &inventory["totals"]["lines_code"]
        ),
        (&1.into(), &inventory["rows"][1]["lines_code"])
    );
}

#[test]
fn a_root_that_is_missing_is_told_once() {
    let world = World::new();
    kiln(&world, "kiln");
    for command in ["inventory", "scan", "report"] {
        let some = world.run(&[command, "kiln", "gone"]);
        assert_eq!(some.code, Some(3), "{some}");
        assert_eq!(
            some.stderr, "warning: $WORLD/gone: no such directory\n",
            "{command}"
        );
        let none = world.run(&[command, "gone"]);
        assert_eq!((none.code, none.stdout.as_str()), (Some(1), ""), "{none}");
        assert_eq!(none.stderr.matches("gone").count(), 1, "{none}");
    }
}

/// The first data line of CSV with these columns.
fn cells(world: &World, root: &str, columns: &str, more: &[&str]) -> String {
    let args = ["inventory", root, "--columns", columns, "--format", "csv"];
    let csv = world.run(&[&args, more].concat()).success();
    csv.lines().nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_period_ends_where_it_is_told_to() {
    let world = World::new();
    let repo = world.repo("kiln");
    let day = 86_400;
    for (days, lines) in [(100, "1\n"), (40, "1\n2\n"), (5, "1\n2\n3\n")] {
        repo.write("a.rs", lines);
        repo.commit_at("Work", NOW - days * day);
    }
    let columns = "commits_since,added_since,commits_30d,commits_90d,commits";
    // The days are 2025-12-31, 2026-03-01 and 2026-04-05.
    for (period, expected) in [
        (&["--since", "2026-03-01"][..], "2,2,1,2,3"),
        (&["--since", "2025-12-31", "--until", "2026-03-01"], "2,2,1,2,3"),
        (&["--since", "2026-01-01", "--until", "2026-02-28"], "0,0,0,1,3"),
        (&["--until", "2026-02-28"], ",,0,1,3"),
    ] {
        assert_eq!(cells(&world, "kiln", columns, period), expected, "{period:?}");
    }
    let table = world.run(&[
        "inventory",
        "kiln",
        "--since",
        "2026-03-01",
        "--until",
        "2026-03-31",
    ]);
    assert!(table.success().contains("since 2026-03-01 until 2026-03-31"));
}

#[test]
fn an_option_without_effect_is_not_accepted() {
    let world = World::new();
    kiln(&world, "kiln");
    for option in ["--no-renames", "--all-refs"] {
        assert_eq!(
            world.run(&["inventory", "kiln", option]).code,
            Some(2),
            "{option}"
        );
    }
    let repo = world.repo("loom");
    repo.commit("Weave\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n");
    assert_eq!(cells(&world, "loom", "agent_commits", &[]), "1");
    assert_eq!(
        cells(&world, "loom", "agent_commits", &["--ignore-foreign-trailers"]),
        "0"
    );
}

#[test]
fn agent_commits_are_some_of_the_commits() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    repo.git(&["checkout", "--quiet", "-b", "other"]);
    let by_agent = "Work\n\nCo-Authored-By: Claude <noreply@anthropic.com>\n";
    for _ in 0..3 {
        repo.commit(by_agent);
    }
    let columns = "commits,agent_commits,known_origin";
    assert_eq!(cells(&world, "kiln", columns, &[]), "4,3,0.75");
    repo.git(&["checkout", "--quiet", "main"]);
    assert_eq!(cells(&world, "kiln", columns, &[]), "1,0,0");
}

#[test]
fn a_file_may_be_compared_with_and_replaced() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    let renew = || {
        let args = [
            "inventory",
            "kiln",
            "--compare",
            "last.json",
            "--save",
            "last.json",
        ];
        world.run(&args).success()
    };
    world.run(&["inventory", "kiln", "--save", "last.json"]).success();
    repo.commit("More");
    let changed = renew();
    assert!(
        changed.contains("+1") && changed.contains("0 repositories unchanged"),
        "{changed}"
    );
    assert!(renew().contains("1 repository unchanged"));
    let saved = std::fs::read_to_string(world.path("last.json")).unwrap();
    let nowhere = [
        "inventory",
        "kiln",
        "--compare",
        "last.json",
        "--save",
        "last.json",
        "--output",
        "gone/x",
    ];
    repo.commit("Even more");
    assert_eq!(world.run(&nowhere).code, Some(1));
    assert_eq!(std::fs::read_to_string(world.path("last.json")).unwrap(), saved);
}

#[test]
fn a_comparison_knows_a_repository_by_any_path() {
    let world = World::new();
    kiln(&world, "src/a/kiln");
    kiln(&world, "src/b/kiln");
    let src = world.path("src").display().to_string();
    world.run(&["inventory", &src, "--save", "last.json"]).success();
    let unchanged = |root: &str| {
        let ran = world
            .run(&["inventory", root, "--compare", "last.json"])
            .success();
        assert!(ran.contains("2 repositories unchanged"), "{root}: {ran}");
    };
    for root in ["src", "./src/", "src/../src"] {
        unchanged(root);
    }
    std::fs::create_dir(world.path("new")).unwrap();
    std::fs::rename(world.path("src"), world.path("new/home")).unwrap();
    unchanged("new");
}

#[test]
fn a_branch_that_was_never_pushed_is_told() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    let pushed = || {
        let (row, _) = row(&world, "kiln");
        let checks = row["checks"].as_array().unwrap().clone();
        let check = checks.iter().find(|check| check["id"] == "pushed").unwrap();
        (
            check["verdict"].as_str().unwrap().to_owned(),
            row["unpushed_branches"].clone(),
        )
    };
    let none = Value::Array(Vec::new());
    assert_eq!(pushed(), ("fail".to_owned(), Value::Null), "no remote");
    git(&world, &world.path(""), &["init", "-q", "--bare", "hub.git"]);
    repo.git(&["remote", "add", "origin", "../hub.git"]);
    assert_eq!(
        pushed(),
        ("fail".to_owned(), serde_json::json!(["main"])),
        "never pushed"
    );
    repo.git(&["push", "--quiet", "origin", "main"]);
    assert_eq!(pushed(), ("pass".to_owned(), none.clone()));
    repo.git(&["checkout", "--quiet", "--detach"]);
    assert_eq!(pushed(), ("pass".to_owned(), none.clone()), "detached");
    repo.git(&["branch", "--quiet", "-D", "main"]);
    assert_eq!(pushed(), ("pass".to_owned(), none), "detached without a branch");
    repo.commit("On no branch");
    assert_eq!(pushed(), ("pass".to_owned(), serde_json::json!(["HEAD"])));
    let table = world.run(&["inventory", "kiln"]).success();
    assert!(table.contains("detached, HEAD not pushed"), "{table}");
}

#[test]
fn sums_without_all_of_their_parts_say_so() {
    let world = World::new();
    let repo = kiln(&world, "src/kiln");
    repo.commit("More");
    let broken = kiln(&world, "src/loom");
    std::fs::write(broken.path().join(".git/config"), "[core\n").unwrap();
    let table = |root: &str| {
        world
            .run(&["inventory", root, "--columns", "name,code,commits"])
            .stdout
    };
    let shown = table("src");
    assert!(
        shown.contains("Total") && shown.contains("≥7       ≥2"),
        "{shown}"
    );
    let json = world.run(&["inventory", "src", "--format", "json"]).stdout;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        (&json["totals"]["files_complete"], &json["totals"]["commits"]),
        (&false.into(), &2.into())
    );
    let url = format!("file://{}", repo.path().display());
    git(
        &world,
        &world.path(""),
        &["clone", "-q", "--depth=1", &url, "shallow"],
    );
    let shown = table("shallow");
    assert!(shown.contains("    7       ≥1"), "{shown}");
}

#[test]
fn a_submodule_is_told_and_not_counted() {
    let world = World::new();
    kiln(&world, "lib");
    let repo = kiln(&world, "kiln");
    let url = world.path("lib").display().to_string();
    let allow = "protocol.file.allow=always";
    repo.git(&["-c", allow, "submodule", "--quiet", "add", &url, "deps/lib"]);
    repo.commit("Use lib");
    assert_eq!(cells(&world, "kiln", "submodules,code,commits", &[]), "1,7,2");
    let table = world.run(&["inventory", "kiln"]).success();
    assert!(table.contains("kiln: 1 submodule, not counted"), "{table}");
}

#[test]
fn what_is_unknown_comes_last_either_way() {
    let world = World::new();
    kiln(&world, "src/kiln");
    let broken = kiln(&world, "src/a-broken-one");
    std::fs::write(broken.path().join(".git/config"), "[core\n").unwrap();
    for order in [&["--sort", "code"][..], &["--sort", "code", "--reverse"]] {
        let args = ["inventory", "src", "--columns", "name", "--format", "csv"];
        let csv = world.run(&[&args, order].concat()).stdout;
        assert_eq!(csv, "name\nkiln\na-broken-one\n", "{order:?}");
    }
}

#[test]
fn readiness_fits_a_narrow_screen() {
    let world = World::new();
    kiln(&world, "src/kiln");
    kiln(&world, "src/loom");
    for width in [80, 120, 200] {
        let mut command = world.leverage(&world.path(""));
        let ran = command
            .args(["inventory", "src", "--readiness"])
            .env("COLUMNS", width.to_string())
            .output()
            .unwrap();
        let text = String::from_utf8(ran.stdout).unwrap();
        let widest = text.lines().map(|line| line.chars().count()).max();
        assert!(widest <= Some(width), "{width}: {text}");
        assert_eq!(text.contains("n/a"), width == 200, "{text}");
        assert!(text.contains("security-policy"), "{text}");
    }
}

#[test]
fn the_state_is_in_words() {
    let world = World::new();
    let repo = kiln(&world, "kiln");
    let state = || cells(&world, "kiln", "state", &[]);
    assert_eq!(state(), "no remote");
    git(&world, &world.path(""), &["clone", "-q", "kiln", "clone"]);
    assert_eq!(cells(&world, "clone", "state", &[]), "clean");
    git(
        &world,
        &world.path(""),
        &["clone", "-q", "--no-checkout", "kiln", "empty"],
    );
    assert_eq!(cells(&world, "empty", "state,changed", &[]), "not checked out,");
    repo.write("README.md", "changed").write("new.rs", "");
    assert_eq!(state(), "\"1 changed, 1 untracked, no remote\"");
}

#[test]
fn tests_that_are_not_recognised_are_unknown_and_totals_say_so() {
    let world = World::new();
    world
        .repo("all/scripts")
        .write("run.sh", "echo a\n")
        .write("test/all.sh", "./run.sh\n")
        .commit("Run");
    world
        .repo("all/kiln")
        .write(
            "t/t1-fire.sh",
            "test_expect_success 'fires' 'true'\ntest_expect_success 'cools' 'true'\n",
        )
        .write("test/a.bats", "@test \"fires\" {\n  true\n}\n")
        .commit("Fire");
    world.repo("all/plain").write("a.sh", "echo a\n").commit("Echo");
    let ran = world.run(&["inventory", "all", "--format", "json"]);
    let json: Value = serde_json::from_str(&ran.success()).unwrap();
    let cases = |name: &str| {
        let rows = json["rows"].as_array().unwrap();
        let row = rows.iter().find(|row| row["name"] == name).unwrap();
        row["tests"]["cases"].clone()
    };
    assert_eq!(cases("kiln"), 3);
    assert_eq!(cases("plain"), 0);
    assert_eq!(cases("scripts"), Value::Null);
    assert_eq!(json["totals"]["tests"]["cases"], 3);
    insta::assert_snapshot!(world.run(&["inventory", "all", "--columns", "name,tests,frameworks"]).success(), @r"
                measured
    Repository     Tests  Frameworks
    ────────────────────────────────────────────
    kiln               3  bats 1, git-test-lib 2
    plain              0
    scripts            –  –
    ────────────────────────────────────────────
    Total             ≥3

    ≥: lower bound, some of it is unknown or could not be read
    scripts: no known test framework in `test/all.sh` or any other test file
    ");
}

/// The report reads the attributes of the work tree, the inventory those at HEAD: where both are the same, so are the answers.
#[test]
fn what_is_generated_or_vendored_is_so_in_every_table() {
    let world = World::new();
    let repo = world.repo("kiln");
    let code = "fn fire() {}\n";
    for (path, lines) in [
        ("src/own.rs", 1),
        ("src/made.rs", 2),
        ("src/macro.rs", 4),
        ("vendor/ours/a.rs", 8),
        ("vendor/theirs/a.rs", 16),
        ("vendor/ours/back/a.rs", 32),
        ("src/schema.pb.rs", 64),
        ("src/taken.pb.rs", 128),
    ] {
        repo.write(path, code.repeat(lines));
    }
    repo.write(
        ".gitattributes",
        "[attr]machine linguist-generated\nsrc/made.rs linguist-generated=true\nsrc/macro.rs machine\n\
         vendor/ours/** -linguist-vendored\nvendor/ours/back/** !linguist-vendored\n\
         src/schema.pb.rs linguist-generated=false\nsrc/taken.pb.rs linguist-vendored\n",
    );
    repo.commit("Build a kiln");
    let (row, _) = row(&world, "kiln");
    let number = |name: &str| row[name].as_u64().unwrap();
    assert_eq!(
        (number("lines_generated"), number("lines_vendored")),
        (2 + 4, 16 + 32 + 128)
    );
    assert_eq!((number("lines_own"), number("lines_code")), (1 + 8 + 64, 255));
    assert_eq!(cells(&world, "kiln", "code,all_code", &[]), "73,255");
    let table = world.run(&["inventory", "kiln"]).success();
    let note = "Code leaves out 182 lines in generated and vendored files";
    assert!(table.contains(note), "{table}");
    let with_column = world.run(&["inventory", "kiln", "--columns", "size"]).success();
    assert!(!with_column.contains(note), "{with_column}");
    assert_eq!(row["tests"]["source_lines"], 1 + 8 + 64);
    let report = world.run(&["report", "--format", "json", "kiln"]).success();
    let report: Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["totals"]["source_lines_added"], 1 + 8 + 64, "{report}");
}
