//! What a repository holds and how it stands, from its objects, refs and configuration.
//!
//! Of a working tree, only whether it has changes is read, and nothing is executed or written.

mod docker;
#[cfg(any(test, feature = "testing"))]
pub mod hostile;
mod ignored;
mod languages;
mod license;
mod links;
mod listing;
mod lock;
mod manifest;
mod origin;
mod paths;
mod project;
mod readme;
mod secret_texts;
mod secrets;
mod siblings;
mod store;
mod tests;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::path::Path;

use rayon::prelude::*;

use crate::facts::diagnostics::Status;
use crate::facts::ids::ObjectId;
use crate::facts::inventory::{Gaps, HistoryFacts, RepoFacts, Size, TreeFacts};
use crate::facts::progress::Progress;
use crate::git::config::ConfigFiles;
use crate::git::tree::{ContentReader, Contents, TreeFile};
use crate::git::trees::FileKind;
use crate::git::{GitError, Repo};
use ignored::Ignored;
use languages::{Counted, Languages};
use origin::{Attributes, Provenance};
pub use secret_texts::secret_in;
pub use siblings::Siblings;
use store::Store;
pub(super) use store::VERSION as STORE_VERSION;
use tests::Tally;

/// Files that one thread takes at a time: opening the objects again for each would cost more than it saves.
const CHUNK: usize = 400;
/// No source file is larger; what is would only fill memory.
const MAX_BYTES: u64 = 64 << 20;

/// What an inventory reads by.
#[derive(Debug, Clone)]
pub struct Reading<'a> {
    /// Where facts of trees and histories are cached; `None` to read everything again.
    pub cache_dir: Option<&'a Path>,
    /// Which git config files count.
    pub config_files: &'a ConfigFiles,
    /// The present, in seconds since the epoch.
    pub now: i64,
    /// Commits from here on are listed with their lines, in seconds since the epoch.
    pub since: i64,
    /// Receives the progress of what is not cached.
    pub progress: &'a Progress,
    /// What was read of other clones of the same repository.
    pub siblings: &'a Siblings,
}

/// The facts of the repository at `path`. Trouble is in its status and reasons.
pub fn read(path: &Path, reading: &Reading) -> RepoFacts {
    let shown = path.display().to_string();
    let repo = match Repo::open(path) {
        Ok(repo) => repo,
        Err(error) => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            return RepoFacts::failed(name.into_owned(), shown, error.to_string());
        }
    };
    let (state, reasons) = repo.state(&repo.config(reading.config_files), reading.now);
    let mut facts = RepoFacts {
        name: repo.name(),
        path: shown,
        status: Status::Complete,
        reasons,
        head: None,
        tree: None,
        history: None,
        state: Some(state),
        lineage: repo.lineage(),
    };
    if !facts.reasons.is_empty() {
        facts.status = Status::Partial;
    }
    match repo.head() {
        Ok(Some(head)) => read_head(&repo, head, reading, &mut facts),
        Ok(None) => {
            facts.tree = Some(TreeFacts::default());
            facts.history = Some(HistoryFacts::default());
            facts.reasons.push("no commits yet".to_owned());
        }
        Err(error) => facts.partly(format!("HEAD cannot be read: {}", error.message())),
    }
    facts
}

/// The commits that HEAD of each repository reaches, where others here may have them too: those of the same HEAD, and those that
/// begin with the same commit. Nothing for all others. Of those that are all at one HEAD, it stands for what it reaches. `reached`
/// lists the commits that HEAD of the repository at a position reaches.
pub fn shared_histories(
    repositories: &[RepoFacts],
    reached: impl Fn(usize, ObjectId) -> Vec<ObjectId> + Sync,
) -> Vec<Vec<ObjectId>> {
    let mut heads_from: HashMap<ObjectId, BTreeSet<ObjectId>> = HashMap::new();
    let mut repositories_from: HashMap<ObjectId, usize> = HashMap::new();
    let beginnings = |facts: &RepoFacts| -> Vec<ObjectId> {
        let roots = facts.history.iter().flat_map(|history| &history.roots);
        roots.chain(&facts.head).copied().collect()
    };
    for facts in repositories {
        for beginning in beginnings(facts) {
            heads_from.entry(beginning).or_default().extend(facts.head);
            *repositories_from.entry(beginning).or_default() += 1;
        }
    }
    let commits = |(at, facts): (usize, &RepoFacts)| {
        let Some(head) = facts.head else {
            return Vec::new();
        };
        let beginnings = beginnings(facts);
        let is_shared = |beginning: &ObjectId| repositories_from[beginning] > 1;
        let differ = |beginning: &ObjectId| heads_from[beginning].len() > 1;
        match (beginnings.iter().any(is_shared), beginnings.iter().any(differ)) {
            (false, _) => Vec::new(),
            (true, false) => vec![head],
            (true, true) => reached(at, head),
        }
    };
    repositories.par_iter().enumerate().map(commits).collect()
}

/// The commits that `head` of the repository at `path` reaches; none if it cannot be opened.
pub fn reached_at(path: &Path, head: ObjectId) -> Vec<ObjectId> {
    let repo = Repo::open(path).ok();
    repo.map(|repo| repo.reached_from(head)).unwrap_or_default()
}

fn read_head(repo: &Repo, head: ObjectId, reading: &Reading, facts: &mut RepoFacts) {
    facts.head = Some(head);
    let store = Store::of(repo, reading.cache_dir, reading.siblings);
    let shallow = repo.is_shallow();
    // A handle serves one thread, so each side has its own.
    let place = repo.git_dir();
    let handle = || Repo::open(place).map_err(|error| error.to_string());
    let tree = || {
        let repo = handle()?;
        let tree = repo.tree_of(head).map_err(|error| error.to_string())?;
        store.tree(tree, || read_tree(&repo, tree, reading.progress))
    };
    let history = || {
        let read = || {
            let counting = (rayon::current_num_threads(), reading.progress);
            let facts = handle()?.contributions(head, reading.since, counting);
            facts.map_err(|error| error.to_string())
        };
        // The cache is from before it became shallow.
        match shallow {
            true => read(),
            false => store.history(head, reading.since, read),
        }
    };
    // Both at once, so their number is unknown until both are done.
    reading.progress.begin("Reading files and history", "objects", 0);
    let (tree, history) = rayon::join(tree, history);
    match tree {
        Ok(tree) => {
            gaps_in_words(&tree.gaps).for_each(|reason| facts.partly(reason));
            facts.tree = Some(tree);
        }
        Err(reason) => facts.partly(format!("the files at HEAD cannot be read: {reason}")),
    }
    match history {
        Ok(history) => {
            if shallow {
                facts.partly("the clone is shallow: it lacks older commits".to_owned());
            } else if history.cut_short {
                facts.partly("commits are missing");
            }
            for reason in &history.gaps {
                facts.partly(reason.clone());
            }
            facts.history = Some(history);
        }
        Err(reason) => facts.partly(format!("history cannot be read: {reason}")),
    }
}

/// What could not be looked at, a sentence each.
fn gaps_in_words(gaps: &Gaps) -> impl Iterator<Item = String> {
    let files = |paths: &BTreeSet<String>, trouble: &str| {
        let first = paths.first()?;
        Some(match paths.len() {
            1 => format!("{first} {trouble}"),
            2 => format!("{first} and 1 more file {trouble}"),
            all => format!("{first} and {} more files {trouble}", all - 1),
        })
    };
    let folders = match gaps.folders {
        0 => None,
        1 => Some("a directory cannot be read".to_owned()),
        more => Some(format!("{more} directories cannot be read")),
    };
    [
        folders,
        files(&gaps.unreadable, "cannot be read"),
        files(&gaps.too_large, "cannot be read: larger than 64 MiB"),
    ]
    .into_iter()
    .flatten()
}

/// The facts of a tree. Only a top directory that cannot be read is an error.
pub fn read_tree(repo: &Repo, tree: ObjectId, progress: &Progress) -> Result<TreeFacts, String> {
    let contents = Contents::of(repo);
    let reader = RefCell::new(contents.reader());
    let listed = reader
        .borrow_mut()
        .files(tree)
        .map_err(|error| error.to_string())?;
    let regular: Vec<&TreeFile> = listed
        .files
        .iter()
        .filter(|file| file.kind == FileKind::Regular)
        .collect();
    let gaps = RefCell::new(Gaps {
        folders: listed.unreadable,
        ..Gaps::default()
    });
    let blob = |file: &str, id| {
        let blob = reader.borrow_mut().blob(id, MAX_BYTES);
        blob.map_err(|error| missed(&mut gaps.borrow_mut(), file, &error))
            .ok()
    };
    let by_path: HashMap<&str, ObjectId> = regular.iter().map(|file| (file.path.as_str(), file.id)).collect();
    let links = links::resolve(&listed.files, &by_path, |link| blob(&link.path, link.id));
    let content = |path: &str| {
        let id = by_path.get(path).or_else(|| links.get(path))?;
        Some(blob(path, *id)?.to_vec())
    };
    let attributes = attributes(&regular, content);
    let counted = counted_files(&regular, content);
    let mut sum = counted
        .par_chunks(CHUNK)
        .map_init(
            || contents.reader(),
            |reader, files| {
                let sum = count_files(reader, files, &attributes);
                progress.advance(files.len());
                sum
            },
        )
        .reduce(Sum::default, Sum::merge);
    sum.size.files = listed.files.len() as u64;
    let files = regular.iter().map(|file| file.path.as_str());
    let listing = listing::Listing::new(files, links.keys().copied());
    let project = project::read(&listing, content);
    sum.gaps.merge(gaps.take());
    Ok(TreeFacts {
        size: sum.size,
        tests: sum.tests.finish(|path| by_path.contains_key(path)),
        project,
        gaps: sum.gaps,
    })
}

/// Adds a file whose content could not be read.
fn missed(gaps: &mut Gaps, path: &str, error: &GitError) {
    let kind = match error.is_too_large() {
        true => &mut gaps.too_large,
        false => &mut gaps.unreadable,
    };
    kind.insert(path.to_owned());
}

/// The files that `tokei` would look at.
fn counted_files<'a>(files: &[&'a TreeFile], content: impl Fn(&str) -> Option<Vec<u8>>) -> Vec<&'a TreeFile> {
    let mut ignored = Ignored::default();
    for file in files.iter().filter(|file| Ignored::is_rule_file(&file.path)) {
        if let Some(rules) = content(&file.path) {
            ignored.add(&file.path, &rules);
        }
    }
    files
        .iter()
        .copied()
        .filter(|file| {
            Languages::by_name(&file.path).is_some()
                || Languages::needs_first_line(&file.path)
                || tests::may_be_unclaimed(&file.path)
        })
        .filter(|file| ignored.counts(&file.path))
        .collect()
}

/// The attributes of the tree, those of deeper directories after those above.
fn attributes(files: &[&TreeFile], content: impl Fn(&str) -> Option<Vec<u8>>) -> Attributes {
    let mut found: Vec<&str> = files
        .iter()
        .map(|file| file.path.as_str())
        .filter(|path| paths::name_of(path) == ".gitattributes")
        .collect();
    found.sort_by_key(|path| paths::folders(path).count());
    let mut attributes = Attributes::default();
    for path in found {
        if let Some(text) = content(path) {
            attributes.add(path, &text);
        }
    }
    attributes
}

/// What several files add up to.
#[derive(Default)]
struct Sum {
    size: Size,
    tests: Tally,
    gaps: Gaps,
}

impl Sum {
    fn add(&mut self, path: &str, content: &[u8], counted: Counted, provenance: Provenance) {
        let language = self
            .size
            .languages
            .entry(counted.language.name().to_owned())
            .or_default();
        self.size.counted += 1;
        language.files += 1;
        language.programming = languages::is_programming(counted.language);
        language.lines += counted.lines;
        match provenance {
            Provenance::Own => {
                language.own_code += counted.lines.code;
                self.tests.add(path, content, counted);
            }
            Provenance::Generated => self.size.generated += counted.lines,
            Provenance::Vendored => self.size.vendored += counted.lines,
        }
    }

    /// A file that would count, had it been there or not been too large.
    fn miss(&mut self, path: &str, error: &GitError, provenance: Provenance) {
        missed(&mut self.gaps, path, error);
        self.size.uncounted += 1;
        let may_hold_tests = Languages::by_name(path).is_none_or(languages::is_programming);
        if may_hold_tests && provenance == Provenance::Own {
            self.tests.miss();
        }
    }

    fn merge(mut self, other: Self) -> Self {
        self.size.counted += other.size.counted;
        self.size.uncounted += other.size.uncounted;
        for (name, size) in other.size.languages {
            let language = self.size.languages.entry(name).or_default();
            language.files += size.files;
            language.programming = size.programming;
            language.lines += size.lines;
            language.own_code += size.own_code;
        }
        self.size.generated += other.size.generated;
        self.size.vendored += other.size.vendored;
        self.tests = self.tests.merge(other.tests);
        self.gaps.merge(other.gaps);
        self
    }
}

fn count_files(reader: &mut ContentReader, files: &[&TreeFile], attributes: &Attributes) -> Sum {
    let mut sum = Sum::default();
    let mut languages = Languages::default();
    for file in files {
        let content = match reader.blob(file.id, MAX_BYTES) {
            Ok(content) => content,
            Err(error) => {
                sum.miss(&file.path, &error, attributes.provenance(&file.path));
                continue;
            }
        };
        let language = Languages::by_name(&file.path).or_else(|| languages.by_first_line(&content));
        let Some(language) = language else {
            let is_own = attributes.provenance(&file.path) == Provenance::Own;
            if is_own && tests::may_be_unclaimed(&file.path) {
                sum.tests.add_unclaimed(&file.path, &content);
            }
            continue;
        };
        let counted = Languages::count(language, &content);
        sum.add(&file.path, &content, counted, attributes.provenance(&file.path));
    }
    sum
}
