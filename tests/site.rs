//! `site`: which pages are written where, what is published, and what `--serve` shows.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime};

use crate::world::{Ran, World};

/// A world with the demo in it.
fn demo() -> World {
    let world = World::new();
    world.run(&["demo", "demo"]).success();
    world
}

/// The errors of a command that ended with this code.
fn refused(ran: Ran, code: i32) -> String {
    assert_eq!(ran.code, Some(code), "{ran}");
    ran.stderr
}

/// All files below a directory.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        for entry in path.read_dir().unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

fn times(folder: &Path) -> BTreeMap<String, SystemTime> {
    let names = files(folder).into_keys();
    names
        .map(|name| {
            let time = folder.join(&name).metadata().unwrap().modified().unwrap();
            (name, time)
        })
        .collect()
}

/// The files that contain a text.
fn with(folder: &Path, text: &str) -> Vec<String> {
    let finder = |content: &[u8]| String::from_utf8_lossy(content).contains(text);
    let files = files(folder).into_iter();
    files
        .filter(|(_, content)| finder(content))
        .map(|(name, _)| name)
        .collect()
}

#[test]
fn the_same_ledger_gives_the_same_bytes() {
    let world = demo();
    let said = world.run(&["site", "one", "demo", "--zone", "UTC"]).success();
    assert!(
        said.starts_with("Wrote ") && said.ends_with(" pages to `one`\n"),
        "{said}"
    );
    let one = files(&world.path("one"));
    let has = |name: &str| assert!(one.contains_key(name), "{name}: {:?}", one.keys());
    for name in [
        ".leverage-site",
        "index.html",
        "method.html",
        "feed.xml",
        "days/2026-04-04.html",
        "data/report.json",
        "data/tasks.jsonl",
        "data/days.csv",
        "assets/leverage.css",
        "assets/leverage.js",
        "assets/icon.svg",
    ] {
        has(name);
    }
    // Another zone of the machine, order of repositories, number of threads, directory and day.
    let mut roots: Vec<String> = world
        .path("demo")
        .read_dir()
        .unwrap()
        .map(|entry| format!("demo/{}", entry.unwrap().file_name().to_str().unwrap()))
        .filter(|path| world.path(path).join(".git").exists())
        .collect();
    roots.sort();
    roots.reverse();
    let mut command = world.leverage(&world.path("."));
    let output = command
        .args(["site", "two", "--zone", "UTC", "--jobs", "1", "--no-cache"])
        .args(&roots)
        .env("TZ", "Pacific/Auckland")
        .env("GIT_TEST_DATE_NOW", (crate::world::NOW + 40 * 86_400).to_string())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let two = files(&world.path("two"));
    assert_eq!(one.keys().collect::<Vec<_>>(), two.keys().collect::<Vec<_>>());
    for (name, content) in &one {
        assert!(two[name] == *content, "{name} differs");
    }
    // And nothing is written again.
    let before = times(&world.path("one"));
    let said = world.run(&["site", "one", "demo", "--zone", "UTC"]).success();
    assert!(said.starts_with("`one` is up to date: "), "{said}");
    assert_eq!(times(&world.path("one")), before);
}

#[test]
fn a_new_task_changes_few_pages_and_one_less_removes_some() {
    let world = demo();
    let repo = std::fs::read_dir(world.path("demo")).unwrap();
    let repo = repo
        .map(|entry| entry.unwrap().path())
        .find(|path| path.join(".git").exists());
    let repo = repo.unwrap();
    world.run(&["site", "out", "demo"]).success();
    let before = files(&world.path("out"));
    let words = [
        "record",
        "--no-commit",
        "--estimate",
        "3h",
        "--agent-time",
        "10m",
        "--title",
        "A new one",
    ];
    world.run_in(&repo, &words).success();
    let said = world.run(&["site", "out", "demo"]).success();
    assert!(said.contains(" changed, 0 removed"), "{said}");
    let after = files(&world.path("out"));
    let changed = |name: &&String| before.get(*name) != after.get(*name);
    let changed: Vec<&String> = after.keys().filter(changed).collect();
    let is_task = |name: &&String| name.starts_with("tasks/");
    let new: Vec<&&String> = changed.iter().filter(|name| is_task(name)).collect();
    assert_eq!(new.len(), 1, "{changed:?}");
    assert!(after.keys().filter(is_task).count() > 80);
    let repos = changed.iter().filter(|name| name.starts_with("repos/"));
    assert_eq!(repos.count(), 1, "{changed:?}");
    let said = world
        .run(&["site", "out", "demo", "--on", "2026-04-04"])
        .success();
    assert!(!said.contains(" 0 removed"), "{said}");
    let kept = files(&world.path("out"));
    assert!(kept.contains_key("days/2026-04-04.html") && !kept.contains_key(new[0].as_str()));
    let marker = String::from_utf8(kept[".leverage-site"].clone()).unwrap();
    assert_eq!(marker.lines().count(), kept.len());
}

#[test]
fn a_directory_of_somebody_else_is_not_touched() {
    let world = demo();
    std::fs::create_dir(world.path("mine")).unwrap();
    std::fs::write(world.path("mine/index.html"), "mine").unwrap();
    let error = refused(world.run(&["site", "mine", "demo"]), 1);
    assert!(
        error.contains("mine` is not empty and not a site of git-leverage"),
        "{error}"
    );
    assert_eq!(
        files(&world.path("mine")),
        [("index.html".to_owned(), b"mine".to_vec())].into()
    );
    std::fs::write(world.path("file"), "").unwrap();
    std::os::unix::fs::symlink("nothing", world.path("link")).unwrap();
    for (name, why) in [("file", "is not a directory"), ("link", "is a link to nothing")] {
        let error = refused(world.run(&["site", name, "demo"]), 1);
        assert!(error.contains(&format!("{name}` {why}")), "{error}");
    }
    // Nor is one made where nothing can be read.
    refused(world.run(&["site", "none", "nowhere"]), 1);
    assert!(!world.path("none").exists());
}

/// A repository with a commit and a task of this title.
fn repository(world: &World, name: &str, title: &str) {
    let repo = world.repo(name);
    repo.write("a.rs", "fn a() {}\n").commit("Add a");
    record(world, name, title);
}

fn record(world: &World, name: &str, title: &str) {
    let words = [
        "record",
        "--estimate",
        "3h",
        "--agent-time",
        "10m",
        "--title",
        title,
    ];
    world.run_in(&world.path(name), &words).success();
}

#[test]
fn what_is_excluded_is_nowhere_on_the_site() {
    let world = World::new();
    repository(&world, "src/kiln", "Fire the kiln");
    repository(&world, "src/zeppelin", "Inflate the airship");
    world.run(&["site", "all", "src"]).success();
    assert!(!with(&world.path("all"), "airship").is_empty());
    world
        .run(&["site", "some", "src", "--exclude", "zeppelin"])
        .success();
    for word in ["zeppelin", "airship"] {
        assert_eq!(with(&world.path("some"), word), Vec::<String>::new());
    }
    let index = String::from_utf8(files(&world.path("some"))["index.html"].clone()).unwrap();
    assert!(
        index.contains("1 repository is left out"),
        "the page says that one is left out: {index}"
    );
    let error = refused(world.run(&["site", "some", "src", "--exclude", "zepelin"]), 2);
    assert!(error.contains("no repository is named `zepelin`"), "{error}");
    assert!(error.contains("Did you mean `zeppelin`?"), "{error}");
    assert_eq!(with(&world.path("some"), "airship"), Vec::<String>::new());
}

#[test]
fn a_copy_of_what_is_excluded_is_nowhere_on_the_site_either() {
    let world = World::new();
    repository(&world, "src/kiln", "Fire the kiln");
    repository(&world, "src/zeppelin", "Inflate the airship");
    let cloned = world
        .shell(&world.path("src"), "git clone -q zeppelin dirigible")
        .status();
    assert!(cloned.unwrap().success());
    for name in ["zeppelin", "dirigible"] {
        world.run(&["site", "some", "src", "--exclude", name]).success();
        for word in ["zeppelin", "dirigible", "airship"] {
            assert_eq!(with(&world.path("some"), word), Vec::<String>::new());
        }
        let pages = with(&world.path("some"), "2 repositories are left out");
        assert!(pages.contains(&"index.html".to_owned()), "{pages:?}");
    }
}

#[test]
fn what_is_missing_is_said() {
    let world = World::new();
    repository(&world, "kiln", "Fire the kiln");
    let cloned = world.shell(&world.path("."), "git clone -q kiln clone").status();
    assert!(cloned.unwrap().success());
    let ran = world.run(&["site", "out", "clone", "--since", "2026-03-26"]);
    assert!(
        ran.stderr.contains("no ledger was fetched from `origin`"),
        "{ran}"
    );
    for sentence in [
        "its ledger was not fetched from a remote, so tasks may be missing",
        "Only work since 2026-03-26 is included",
    ] {
        assert_eq!(with(&world.path("out"), sentence), ["index.html"]);
    }
}

#[test]
fn neither_addresses_nor_paths_are_published() {
    let world = demo();
    let root = world.path("demo").to_str().unwrap().to_owned();
    world.run(&["site", "out", "demo"]).success();
    assert_eq!(with(&world.path("out"), &root), Vec::<String>::new());
    assert_eq!(with(&world.path("out"), "@example."), Vec::<String>::new());
    world.run(&["site", "mail", "demo", "--mail"]).success();
    assert!(!with(&world.path("mail"), "@example.").is_empty());
    assert_eq!(with(&world.path("mail"), &root), Vec::<String>::new());
}

#[test]
fn the_words_of_the_author_are_shown_as_text() {
    let world = demo();
    std::fs::create_dir(world.path("diary")).unwrap();
    std::fs::write(
        world.path("diary/2026-04-04.txt"),
        "A <b>long</b> day.\n\nIt rained.\n",
    )
    .unwrap();
    world.run(&["site", "out", "demo", "--notes", "diary"]).success();
    assert_eq!(with(&world.path("out"), "It rained."), ["days/2026-04-04.html"]);
    assert_eq!(
        with(&world.path("out"), "A &lt;b&gt;long&lt;/b&gt; day."),
        ["days/2026-04-04.html"]
    );
    std::fs::write(world.path("diary/april.txt"), "").unwrap();
    let ran = world.run(&["site", "out", "demo", "--notes", "diary"]);
    assert_eq!(ran.code, Some(3));
    assert!(
        ran.stderr
            .contains("its name is not a day, such as `2026-04-04.txt`"),
        "{}",
        ran.stderr
    );
    std::fs::remove_file(world.path("diary/april.txt")).unwrap();
    std::fs::write(world.path("secret"), "A secret.").unwrap();
    std::os::unix::fs::symlink(world.path("secret"), world.path("diary/2026-04-03.txt")).unwrap();
    std::fs::write(world.path("diary/1999-01-01.txt"), "Too early.").unwrap();
    let ran = world.run(&["site", "out", "demo", "--notes", "diary"]);
    assert_eq!(ran.code, Some(3));
    for reason in ["it is not a regular file", "its day has no page"] {
        assert!(ran.stderr.contains(reason), "{ran}");
    }
    assert_eq!(with(&world.path("out"), "A secret."), Vec::<String>::new());
    let error = refused(world.run(&["site", "out", "demo", "--notes", "none"]), 1);
    assert!(
        error.contains("cannot read `$WORLD/none`: no such directory"),
        "{error}"
    );
}

#[test]
fn the_title_and_the_address_are_checked() {
    let world = demo();
    let site = |more: &[&str]| world.run(&[&["site", "out", "demo"], more].concat());
    for url in [
        "ftp://example.org/",
        "https://a:b@example.org/",
        "example.org",
        "https://example.org/?x",
    ] {
        let error = refused(site(&["--base-url", url]), 2);
        assert!(error.contains("write an address such as"), "{error}");
    }
    refused(site(&["--title", " "]), 2);
    let error = refused(site(&["--serve=abc"]), 2);
    assert!(error.contains("not a port number from 0 to 65535"), "{error}");
    site(&[
        "--base-url",
        "HTTPS://example.org/record",
        "--title",
        "Work & more",
    ])
    .success();
    let feed = String::from_utf8(files(&world.path("out"))["feed.xml"].clone()).unwrap();
    assert!(feed.contains("https://example.org/record/feed.xml"), "{feed}");
    let index = String::from_utf8(files(&world.path("out"))["index.html"].clone()).unwrap();
    assert!(index.contains("Work &amp; more"));
}

/// A server that is ended with the test.
struct Serving(Child);

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn get(address: &str, path: &str, host: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn a_site_is_shown_and_built_again_until_it_is_interrupted() {
    let world = World::new();
    repository(&world, "kiln", "The first");
    let mut command = world.leverage(&world.path("."));
    command
        .args(["site", "out", "kiln", "--serve"])
        .stdout(Stdio::piped());
    let mut serving = Serving(command.spawn().unwrap());
    let mut lines = BufReader::new(serving.0.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    assert!(lines.next().unwrap().starts_with("Wrote "));
    let line = lines.next().unwrap();
    let address = line.strip_prefix("Serving `out` at http://").unwrap();
    let address = address.strip_suffix("/; press Ctrl-C to stop").unwrap();
    assert!(address.starts_with("127.0.0.1:"), "{line}");
    let index = get(address, "/", "localhost");
    assert!(index.starts_with("HTTP/1.1 200 OK\r\n"), "{index}");
    assert!(get(address, "/", "example.org").starts_with("HTTP/1.1 403 "));
    assert!(get(address, "/.leverage-site", "localhost").starts_with("HTTP/1.1 404 "));
    // A new record is on the pages soon.
    world.at("kiln").write("b.rs", "fn b() {}\n").commit("Add b");
    record(&world, "kiln", "The second");
    let start = Instant::now();
    while get(address, "/", "localhost") == index {
        assert!(start.elapsed() < Duration::from_secs(30), "{index}");
        std::thread::sleep(Duration::from_millis(50));
    }
    // Builds in between may have found nothing new.
    assert!(lines.any(|line| line.contains(" changed, ")));
    // Its port is taken.
    let port = address.rsplit(':').next().unwrap();
    let error = refused(
        world.run(&["site", "other", "kiln", &format!("--serve={port}")]),
        1,
    );
    assert!(
        error.contains(&format!("cannot listen on port {port}: it is in use")),
        "{error}"
    );
    let interrupted = world
        .shell(&world.path("."), &format!("kill -INT {}", serving.0.id()))
        .status();
    assert!(interrupted.unwrap().success());
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(serving.0.wait().unwrap().signal(), Some(2));
    assert!(TcpStream::connect(address).is_err());
}
