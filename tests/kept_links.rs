//! What is kept of links and sessions is what would be found: after random changes to repositories, logs and directories.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::world::transcript::Transcript;
use crate::world::{START, World};

/// Pseudo-random numbers, the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// A session: where it works, and how many files it wrote.
struct Worker {
    folder: PathBuf,
    written: u64,
}

struct Story<'a> {
    world: &'a World,
    numbers: Numbers,
    repos: Vec<String>,
    trees: Vec<PathBuf>,
    workers: BTreeMap<String, Worker>,
    /// Commits so far.
    made: u64,
    /// How often what was kept was used.
    used: usize,
}

fn line(session: &str, number: u64) -> String {
    format!("let {session}{number} = fire(kiln, {number});\n")
}

impl<'a> Story<'a> {
    fn new(world: &'a World, seed: u64) -> Self {
        let mut story = Self {
            world,
            numbers: Numbers(seed),
            repos: Vec::new(),
            trees: Vec::new(),
            workers: BTreeMap::new(),
            made: 0,
            used: 0,
        };
        story.add_repository();
        story.add_session();
        story
    }

    fn add_repository(&mut self) {
        let name = format!("src/repo{}", self.repos.len());
        self.world.repo(&name).commit("Begin");
        self.repos.push(name);
    }

    fn repository(&mut self) -> String {
        let at = self.numbers.below(self.repos.len() as u64);
        self.repos[at as usize].clone()
    }

    /// A new session, in a repository, a linked working tree or a directory that is not here.
    fn add_session(&mut self) {
        let name = format!("s{}", self.workers.len());
        let repository = self.world.path(&self.repository());
        let folder = match self.numbers.below(5) {
            0 => repository.join(".worktrees/gone"),
            1 => self.trees.last().cloned().unwrap_or(repository),
            2 => self.world.path("src/link"),
            _ => repository,
        };
        self.workers.insert(name.clone(), Worker { folder, written: 1 });
        self.save(&name);
    }

    fn save(&self, name: &str) {
        let worker = &self.workers[name];
        let mut log = Transcript::new(name, &worker.folder).prompt(60, "fire it");
        for number in 0..worker.written {
            let minute = 61 + number as i64;
            log = log.write(minute, &format!("{name}-{number}.rs"), &line(name, number));
        }
        log.answer(62 + worker.written as i64, "done").save(self.world);
    }

    fn session(&mut self) -> Option<String> {
        let at = self.numbers.below(self.workers.len().max(1) as u64);
        self.workers.keys().nth(at as usize).cloned()
    }

    /// A commit with what a session wrote last.
    fn commit(&mut self) {
        let repository = self.repository();
        let repo = self.world.at(&repository);
        if let Some(name) = self.session() {
            let number = self.workers[&name].written - 1;
            repo.write(&format!("{name}-{number}.rs"), line(&name, number));
        }
        self.made += 1;
        repo.commit_at(
            &format!("Change {}", self.made),
            START + (70 + self.made as i64) * 60,
        );
    }

    fn change_log(&mut self) {
        let Some(name) = self.session() else { return };
        let log = self
            .world
            .home()
            .join(format!(".claude/projects/any/{name}.jsonl"));
        match self.numbers.below(4) {
            0 => {
                std::fs::remove_file(log).unwrap();
                self.workers.remove(&name);
            }
            _ => {
                self.workers.get_mut(&name).unwrap().written += 1;
                self.save(&name);
            }
        }
    }

    fn change_trees(&mut self) {
        let repository = self.repository();
        match self.trees.pop() {
            Some(tree) if self.numbers.below(2) == 0 => std::fs::remove_dir_all(tree).unwrap(),
            tree => {
                self.trees.extend(tree);
                let tree = self.world.path(&format!("trees/t{}", self.made));
                self.made += 1;
                let path = tree.to_str().unwrap();
                self.world
                    .at(&repository)
                    .git(&["worktree", "add", "--quiet", "--detach", path]);
                self.trees.push(tree);
            }
        }
    }

    /// Lets a link lead to another repository.
    fn change_link(&mut self) {
        let repository = self.world.path(&self.repository());
        let link = self.world.path("src/link");
        let _ = std::fs::remove_file(&link);
        #[cfg(unix)]
        std::os::unix::fs::symlink(repository, link).unwrap();
    }

    fn amend(&mut self) {
        let repository = self.repository();
        let date = format!("{} +0000", START + 90 * 60);
        let amend = [
            "commit",
            "--quiet",
            "--amend",
            "--allow-empty",
            "-m",
            "Other words",
        ];
        let repo = self.world.at(&repository);
        repo.git_with_env(&amend, &[("GIT_COMMITTER_DATE", &date)]);
    }

    fn step(&mut self) -> &'static str {
        match self.numbers.below(12) {
            0 | 1 => {
                self.commit();
                "commit"
            }
            2 => {
                self.amend();
                "amend"
            }
            3 | 4 => {
                self.change_log();
                "log"
            }
            5 => {
                self.add_session();
                "session"
            }
            6 => {
                self.add_repository();
                "repository"
            }
            7 => {
                self.change_trees();
                "working trees"
            }
            8 => {
                self.change_link();
                "link"
            }
            9 => {
                let repository = self.repository();
                self.world.at(&repository).git(&["gc", "--quiet", "--prune=now"]);
                "gc"
            }
            10 => {
                let repository = self.repository();
                let repo = self.world.at(&repository);
                if repo.git(&["rev-list", "--count", "HEAD"]) != "1" {
                    repo.git(&["reset", "--quiet", "--hard", "HEAD~1"]);
                }
                "reset"
            }
            _ => {
                let repository = self.repository();
                let name = format!("b{}", self.made);
                self.world
                    .at(&repository)
                    .git(&["checkout", "--quiet", "-B", &name]);
                "branch"
            }
        }
    }

    fn links(&self, args: &[&str]) -> String {
        self.world.run_in(&self.world.path("src"), args).success()
    }

    fn check(&mut self, told: &[&str]) {
        let one = format!("src/{}", &self.repository()[4..]);
        let one = self.world.path(&one);
        let one = one.to_str().unwrap();
        for args in [
            &["export", "links"][..],
            &["export", "links", one],
            &["sessions", "--format", "json"],
        ] {
            let fresh = self.links(&[args, &["--no-cache"]].concat());
            assert_eq!(self.links(args), fresh, "{args:?} after {told:?}");
            let before = self.kept();
            assert_eq!(self.links(args), fresh, "{args:?} again after {told:?}");
            self.used += usize::from(!before.is_empty() && before == self.kept());
        }
    }

    /// The files of links, with when each was written.
    fn kept(&self) -> Vec<(PathBuf, SystemTime)> {
        let cache = self.world.run(&["cache"]).success();
        let place = cache.lines().next().unwrap().replace("$WORLD", "");
        let folder = self.world.path(place.trim_start_matches('/')).join("links");
        let found = std::fs::read_dir(Path::new(&folder)).into_iter().flatten();
        let mut files: Vec<(PathBuf, SystemTime)> = found
            .map(|entry| entry.unwrap())
            .map(|entry| (entry.path(), entry.metadata().unwrap().modified().unwrap()))
            .collect();
        files.sort();
        files
    }
}

#[test]
fn links_that_are_kept_are_those_that_would_be_found() {
    for seed in 0..3 {
        let world = World::new();
        let mut story = Story::new(&world, seed);
        let mut told = Vec::new();
        for _ in 0..14 {
            told.push(story.step());
            story.check(&told);
        }
        assert!(story.used > 20, "used {} times after {told:?}", story.used);
    }
}
