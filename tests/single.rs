//! `report`, `audit` and `inventory` as HTML: one file each that fetches nothing, runs nothing of a repository, and has the figures of
//! the other formats.

use sha2::{Digest, Sha256};

use crate::world::{START, TestRepo, World};

const HOSTILE: &str = "\"'></title></script></style><script>alert(1)</script><img src=x onerror=alert(2)>]]>\u{202e}\u{200b}&amp;";

/// A repository with two tasks: one with agent time and a title that wants to be markup, one without.
fn claimed<'w>(world: &'w World, name: &str, title: &str) -> TestRepo<'w> {
    let repo = world.repo(name);
    let first = repo.write("a.rs", "fn main() {}\n").commit_at(
        "Build it\n\nCo-authored-by: Claude <noreply@anthropic.com>",
        START,
    );
    let record = [
        "record",
        &first,
        "--estimate=40h",
        "--agent-time=25m",
        "--title",
        title,
    ];
    repo.run(&record).success();
    let second = repo
        .write("b.rs", "fn b() {}\n")
        .commit_at("Go on", START + 86_400);
    repo.run(&["record", &second, "--estimate=4h", "--title", "Second"])
        .success();
    repo
}

fn pages(world: &World, repo: &TestRepo<'_>) -> Vec<String> {
    let mut pages: Vec<String> = [
        &["report"][..],
        &["report", "--by", "day"],
        &["report", "--by", "task"],
        &["report", "--agent", "claude-code"],
        &["audit"],
        &["log"],
    ]
    .into_iter()
    .map(|args| repo.run(&[args, &["--format", "html"]].concat()).success())
    .collect();
    for args in [&["inventory", "."][..], &["inventory", ".", "--readiness"]] {
        let args = [args, &["--format", "html"]].concat();
        pages.push(world.run_in(&world.path(""), &args).success());
    }
    pages
}

/// What is between the first of these and the next of those.
fn between<'p>(page: &'p str, from: &str, to: &str) -> &'p str {
    let (_, rest) = page.split_once(from).unwrap_or_else(|| panic!("{from}"));
    rest.split_once(to).unwrap_or_else(|| panic!("{to}")).0
}

/// `sha256-` and the digest in Base64, worked out bit by bit.
fn source_of(text: &str) -> String {
    let digits: Vec<char> = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(['+', '/'])
        .collect();
    let bits: Vec<usize> = Sha256::digest(text.as_bytes())
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| usize::from(byte >> bit & 1)))
        .collect();
    let text: String = bits
        .chunks(6)
        .map(|six| digits[(0..6).fold(0, |sum, at| sum * 2 + six.get(at).copied().unwrap_or(0))])
        .collect();
    format!("sha256-{text}=")
}

#[test]
fn policies_name_the_style_and_the_script_that_are_there() {
    let world = World::new();
    let repo = claimed(&world, "kiln", "First");
    for page in pages(&world, &repo) {
        let policy = between(&page, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
        let policy = policy.replace("&#39;", "'");
        for tag in ["style", "script"] {
            let text = between(&page, &format!("<{tag}>"), &format!("</{tag}>"));
            let expected = format!("{tag}-src '{}'", source_of(text));
            assert!(policy.contains(&expected), "{policy} has no {expected}");
        }
        assert!(
            policy.starts_with("default-src 'none';") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert!(page.find("charset").unwrap() < page.find("Content-Security").unwrap());
        assert!(page.find("Content-Security").unwrap() < page.find("<style").unwrap());
    }
}

#[test]
fn pages_fetch_nothing_and_have_one_heading() {
    let world = World::new();
    let repo = claimed(&world, "kiln", "First");
    for page in pages(&world, &repo) {
        // A fill may name a pattern of the same page.
        let page = page.replace("url(#", "");
        for bad in [
            "http://",
            "https://",
            "//cdn",
            "url(",
            "@import",
            " style=",
            "javascript:",
            "<iframe",
            "<object",
        ] {
            assert!(!page.contains(bad), "{bad}");
        }
        for (tag, count) in [
            ("<h1", 1),
            ("<main", 1),
            ("<script", 1),
            ("<style", 1),
            ("<title>", 1),
        ] {
            assert_eq!(page.matches(tag).count(), count, "{tag}");
        }
        for id in page
            .split(" id=\"")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
        {
            assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
        }
        for target in page
            .split("href=\"#")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap())
        {
            assert!(page.contains(&format!(" id=\"{target}\"")), "#{target}");
        }
    }
}

#[test]
fn a_hostile_title_is_text() {
    let world = World::new();
    let plain = claimed(&world, "plain", "First");
    let hostile = claimed(&world, "hostile", HOSTILE);
    let long = claimed(&world, "long", &"x".repeat(1_000));
    let tags = |page: &String| {
        ["<script", "</script", "<img", "<style", "</style", "</title"].map(|tag| page.matches(tag).count())
    };
    let usual: Vec<_> = pages(&world, &plain).iter().map(tags).collect();
    for repo in [&hostile, &long] {
        let pages = pages(&world, repo);
        assert_eq!(pages.iter().map(tags).collect::<Vec<_>>(), usual);
        for page in &pages {
            assert!(!page.contains("onerror=alert(2)>") && !page.contains(['\u{202e}', '\u{200b}', '\0']));
        }
    }
    let by_task = hostile
        .run(&["report", "--by", "task", "--format", "html"])
        .success();
    assert!(by_task.contains("&lt;img src=x onerror=alert(2)&gt;]]&gt;\\u{202e}\\u{200b}&amp;amp;"));
}

#[test]
fn a_report_says_what_is_claimed_and_on_what_it_rests() {
    let world = World::new();
    let repo = claimed(&world, "kiln", "First");
    let page = repo.run(&["report", "--by", "day", "--format", "html"]).success();
    let lede = between(&page, "<p class=\"lede\">", "</p>");
    assert_eq!(
        lede,
        "2 tasks claim 44h of human work. Agent time is known for 40h of these, in 1 task: over 25m, a factor of 96.0x, if the \
         estimates are right. Of these hours, 100% rest only on commits."
    );
    // Hours without minutes are in no factor: the sum that a tile shows is that of its own figure.
    assert!(page.contains("40h × 60 over 25m"), "{page}");
    assert!(page.contains("data-v=\"96\">96.0x"));
    // What is unknown is not 0.
    let unknown = "<dt><span class=\"m measured\" aria-hidden=\"true\"></span>Agent time in sessions</dt><dd><span class=\"big\"><span \
                   class=\"u\">–</span>";
    assert!(page.contains(unknown));
    assert!(
        page.contains("href=\"#day-") && page.matches("<svg").count() >= 9,
        "charts"
    );
    let empty = world.repo("empty");
    empty.commit("Begin");
    let page = empty.run(&["report", "--format", "html"]).success();
    assert!(!page.contains("class=\"lede\"") && !page.contains("id=\"rests\""));
}

#[test]
fn charts_are_of_the_agent_that_was_asked_for() {
    let world = World::new();
    let repo = world.repo("kiln");
    for (agent, hours) in [("codex", "8h"), ("claude-code", "2h")] {
        let commit = repo.write(&format!("{agent}.rs"), "x\n").commit_at(agent, START);
        let args = [
            "record",
            &commit,
            "--agent",
            agent,
            "--estimate",
            hours,
            "--agent-time=10m",
            "--title",
            agent,
        ];
        repo.run(&args).success();
    }
    let page = repo
        .run(&["report", "--agent", "codex", "--format", "html"])
        .success();
    assert!(
        page.contains("1 task claims 8h of human work") && page.contains("data-tip=\"codex\n"),
        "{page}"
    );
    assert!(!page.contains("data-tip=\"claude-code"));
}

#[test]
fn an_audit_folds_findings_by_rule() {
    let world = World::new();
    let repo = claimed(&world, "kiln", "First");
    let page = repo.run(&["audit", "--format", "html"]).success();
    let machine = repo.run(&["audit", "--format", "json"]).success();
    let audit: serde_json::Value = serde_json::from_str(&machine).unwrap();
    let findings = audit["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    for finding in findings {
        let id = format!(
            "id=\"rule-{}-{}\"",
            finding["rule"].as_str().unwrap(),
            finding["level"].as_str().unwrap()
        );
        assert_eq!(page.matches(&id).count(), 1, "{id}");
    }
    assert!(page.contains("id=\"standing\"") && page.contains("id=\"rests\""));
}

#[test]
fn an_inventory_filters_and_counts_the_lines_of_all_repositories() {
    let world = World::new();
    world.repo("a").write("a.rs", "fn a() {}\n").commit("Begin");
    world
        .repo("b")
        .write("b.rs", "fn b() {}\nfn c() {}\n")
        .commit("Begin");
    let page = world.run(&["inventory", ".", "--format", "html"]).success();
    assert!(page.contains("data-sort data-filter=\"Filter repositories\""));
    assert!(page.contains("id=\"languages\"") && page.contains(">Rust</text>"));
    assert!(page.contains("✗ fails") && page.contains("id=\"readiness\""));
}
