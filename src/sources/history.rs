//! The commits of one repository, with their lines.

use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::attested;
use super::cache::{Cache, Kept};
use super::store::StoreError;
use crate::facts::commit::Commit;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::evidence::Signs;
use crate::facts::ids::ObjectId;
use crate::facts::progress::Progress;
use crate::facts::quantity::counted;
use crate::git::Repo;
use crate::git::changes::{self, AttributesOf, CountOptions, Counts, Renames};
use crate::git::walk::{BrokenRef, RefSelection, Walk, newest_first};

/// How many commits one warning names.
const NAMED_COMMITS: usize = 3;

/// Which part of a history is read, and how.
#[derive(Debug, Clone, Default)]
pub struct HistoryOptions {
    /// From which refs.
    pub refs: RefSelection,
    /// How moved files count.
    pub renames: Renames,
    /// The directory of the cache; `None` to read everything again and cache nothing.
    pub cache: Option<PathBuf>,
    /// Whether the cache is read, or only replaced.
    pub kept_facts: KeptFacts,
    /// Threads to use at most; `None` for one per processor.
    pub threads: Option<NonZeroUsize>,
    /// Receives the progress of the reading.
    pub progress: Arc<Progress>,
}

/// How facts of an earlier run are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum KeptFacts {
    /// They are used.
    #[default]
    Use,
    /// They are read again and replaced.
    Replace,
}

/// A repository as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// Its name. Untrusted text.
    pub name: String,
    /// Its path. Untrusted text.
    pub path: String,
    /// How much of it was read.
    pub status: Status,
    /// Why it is incomplete.
    pub reason: Option<String>,
    /// Its commits, newest first. Their origins contain only the evidence of their authors and messages.
    pub commits: Vec<Commit>,
    /// The evidence for them in notes of other tools.
    pub signs: Signs,
    /// Whether it has more commits than these: the clone is shallow, or they cannot be read.
    pub cut_short: bool,
    /// How many of them are new since an earlier run.
    pub new_commits: usize,
    /// What was wrong in it.
    pub warnings: Vec<Warning>,
    /// The part of `reason` that no warning contains.
    pub untold: Option<String>,
    /// What is unknown of the lines of its commits. `status`, `reason` and `warnings` include it.
    pub unknown_lines: Option<UnknownLines>,
}

/// Commits whose lines could not be counted: a gap only for who asks about these commits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownLines {
    /// The warnings about them.
    pub warnings: Vec<Warning>,
    /// The part of [`History::reason`] about them.
    pub reason: String,
}

impl History {
    /// A history of which nothing could be read.
    pub fn failed(path: &Path, reason: impl Into<String>) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let reason = reason.into();
        Self {
            name: name.into_owned(),
            path: path.display().to_string(),
            status: Status::Failed,
            untold: Some(reason.clone()).filter(|reason| !reason.is_empty()),
            reason: Some(reason),
            commits: Vec::new(),
            signs: Signs::default(),
            cut_short: true,
            new_commits: 0,
            warnings: Vec::new(),
            unknown_lines: None,
        }
    }
}

/// Reads the repository at `path`. Trouble is in the status and the warnings, never an error.
pub fn read_history(path: &Path, options: &HistoryOptions) -> History {
    match Repo::open(path) {
        Ok(repo) => read_open(&repo, options),
        Err(error) => History::failed(path, error.to_string()),
    }
}

/// [`read_history`] of a repository that is open already.
pub fn read_open(repo: &Repo, options: &HistoryOptions) -> History {
    let heads = match repo.heads(&options.refs) {
        Ok(heads) => heads,
        Err(error) => return History::failed(repo.place(), error.to_string()),
    };
    let mut trouble = Trouble::new(repo);
    trouble.of_refs(&heads.broken);
    let heads = heads.commits;
    let cache = options
        .cache
        .as_ref()
        .map(|folder| Cache::new(folder, repo.common_dir(), options.renames, repo.replacements()));
    let kept = known_facts(cache.as_ref(), options.kept_facts, &mut trouble);
    let (mut commits, new_commits) = if kept.is_all_of(&heads) && !repo.is_shallow() {
        (kept.reached, 0)
    } else {
        options.progress.begin("Reading commits", "", 0);
        walk_on(repo, heads, kept, options, cache.as_ref(), &mut trouble)
    };
    if let Err(error) = repo.apply_mailmap(&mut commits) {
        trouble.warn(format!("part of the mailmap was not read: {}", error.message()));
    }
    let (signs, unread) = attested::signs(repo, options.cache.as_deref());
    unread.into_iter().for_each(|message| trouble.warn(message));
    History {
        signs,
        ..trouble.history(repo, commits, new_commits)
    }
}

/// Reads what is new, and caches it. Returns the commits and how many are new.
fn walk_on(
    repo: &Repo,
    heads: Vec<ObjectId>,
    kept: Kept,
    options: &HistoryOptions,
    cache: Option<&Cache>,
    trouble: &mut Trouble,
) -> (Vec<Commit>, usize) {
    let Beyond {
        mut walk,
        before,
        kept,
    } = walk_beyond(repo, &heads, kept);
    let count = CountOptions {
        renames: options.renames,
        attributes: AttributesOf::WorkTree,
        threads: options
            .threads
            .map_or(rayon::current_num_threads(), NonZeroUsize::get),
        progress: &options.progress,
    };
    let counts = changes::count(repo, &walk, count);
    trouble.of_walk(&walk);
    trouble.of_counts(&walk, &counts);
    let new_commits = walk.new_commits();
    // Cached heads represent a history that was fully walked and counted, which is not read again.
    let whole_from = if trouble.reasons.is_empty() {
        heads
    } else {
        Vec::new()
    };
    let has_changed = new_commits > 0 || kept.heads != whole_from || !counts.lines.is_empty();
    for (at, lines) in counts.lines {
        walk.commits[at].lines = Some(lines.total);
        walk.commits[at].by_class = lines.by_class;
    }
    let found = walk.commits.len();
    let mut commits = walk.commits;
    commits.extend(before);
    if let Some(cache) = cache.filter(|_| has_changed) {
        let saved = match kept.file.filter(|_| found < commits.len()) {
            Some(file) => cache.append(file, &whole_from, &commits[..found]),
            None => cache.save(&whole_from, &commits, &kept.others),
        };
        if let Err(error) = saved {
            let place = cache.path().display();
            trouble.warn(format!("its facts cannot be cached in `{place}`: {error}"));
        }
    }
    commits.sort_by_key(newest_first);
    (commits, new_commits)
}

/// A walk that begins where an earlier one ended, if it can.
struct Beyond {
    walk: Walk,
    /// The commits that the earlier walk reached and this one omitted; none if it walked everything.
    before: Vec<Commit>,
    /// The cached ones that are not among these.
    kept: Kept,
}

fn walk_beyond(repo: &Repo, heads: &[ObjectId], mut kept: Kept) -> Beyond {
    let by_id = |commits: Vec<Commit>| commits.into_iter().map(|commit| (commit.id, commit));
    let mut known: HashMap<ObjectId, Commit> = by_id(std::mem::take(&mut kept.others)).collect();
    let before = std::mem::take(&mut kept.reached);
    if !kept.heads.is_empty()
        && !repo.is_shallow()
        && let Some(walk) = repo.walk_beyond(heads, (&kept.heads, &before), &known)
    {
        return Beyond { walk, before, kept };
    }
    known.extend(by_id(before));
    let walk = repo.walk(heads, &mut known);
    kept.others = known.into_values().collect();
    Beyond {
        walk,
        before: Vec::new(),
        kept,
    }
}

impl Kept {
    fn is_all_of(&self, heads: &[ObjectId]) -> bool {
        !heads.is_empty() && self.heads == heads
    }
}

/// The cache of an earlier run. An unusable file is replaced.
fn known_facts(cache: Option<&Cache>, kept: KeptFacts, trouble: &mut Trouble) -> Kept {
    let Some(cache) = cache.filter(|_| kept == KeptFacts::Use) else {
        return Kept::default();
    };
    match cache.load() {
        Ok(kept) => kept,
        Err(StoreError::Absent | StoreError::OtherVersion) => Kept::default(),
        Err(error) => {
            trouble.warn(format!(
                "the facts cached in `{}` are read again: {error}",
                cache.path().display()
            ));
            Kept::default()
        }
    }
}

/// The trouble, as it is reported.
struct Trouble {
    place: String,
    warnings: Vec<Warning>,
    /// Why the history is not complete.
    reasons: Vec<String>,
    /// Those of `reasons` that no warning reports with its place.
    untold: Vec<String>,
    /// Whether commits are missing from it.
    cut_short: bool,
    /// What is unknown of the lines of its commits.
    unknown_lines: Option<UnknownLines>,
}

impl Trouble {
    fn new(repo: &Repo) -> Self {
        Self {
            place: repo.place().display().to_string(),
            warnings: Vec::new(),
            reasons: Vec::new(),
            untold: Vec::new(),
            cut_short: false,
            unknown_lines: None,
        }
    }

    fn warn(&mut self, message: String) {
        self.warnings.push(Warning::new(&self.place, message));
    }

    fn warn_of(&mut self, commit: ObjectId, message: String) {
        let place = format!("{} {}", self.place, commit.short());
        self.warnings.push(Warning::new(place, message));
    }

    fn of_refs(&mut self, broken: &[BrokenRef]) {
        for BrokenRef { name, reason } in broken {
            self.warn(format!("`{name}` {reason}"));
        }
        if !broken.is_empty() {
            self.cut_short = true;
            self.reasons.push(counted(
                broken.len(),
                "ref names no commit that can be read",
                "refs name no commits that can be read",
            ));
        }
    }

    fn of_walk(&mut self, walk: &Walk) {
        for (id, reason) in &walk.trouble {
            self.warn_of(
                *id,
                format!("the commit and those before it cannot be read: {reason}"),
            );
        }
        self.cut_short |= walk.is_shallow() || !walk.trouble.is_empty();
        if !walk.trouble.is_empty() {
            self.reasons.push(counted(
                walk.trouble.len(),
                "commit cannot be read",
                "commits cannot be read",
            ));
        }
        if walk.is_shallow() {
            let shallow = "the clone is shallow: older commits are missing";
            self.reasons.push(shallow.to_owned());
            self.untold.push(shallow.to_owned());
        }
    }

    fn of_counts(&mut self, walk: &Walk, counts: &Counts) {
        let unknown = counts.trouble.len() + counts.refused.as_ref().map_or(0, |(commits, _)| *commits);
        if unknown > 0 {
            let unknown = counted(unknown, "commit", "commits");
            let reason = format!("the lines of {unknown} are unknown");
            let place = self.place.trim_end_matches('/');
            let warnings: Vec<Warning> = uncounted(walk, counts)
                .into_iter()
                .map(|message| Warning::new(place, message))
                .collect();
            self.reasons.push(reason.clone());
            self.warnings.extend(warnings.iter().cloned());
            self.unknown_lines = Some(UnknownLines { warnings, reason });
        }
        if counts.too_large > 0 {
            let (files, count) = match counts.too_large {
                1 => ("1 version of a file is".to_owned(), "counts"),
                several => (format!("{several} versions of files are"), "count"),
            };
            let most = match counts.threshold {
                bytes @ 0..1024 => format!("{bytes} bytes"),
                bytes => format!("{} KiB", bytes >> 10),
            };
            self.warn(format!("{files} above {most} and {count} as binary"));
        }
    }

    fn history(self, repo: &Repo, commits: Vec<Commit>, new_commits: usize) -> History {
        let is_complete = self.reasons.is_empty();
        History {
            name: repo.name(),
            path: self.place,
            status: if is_complete {
                Status::Complete
            } else {
                Status::Partial
            },
            reason: (!is_complete).then(|| self.reasons.join("; ")),
            untold: (!self.untold.is_empty()).then(|| self.untold.join("; ")),
            commits,
            signs: Signs::default(),
            cut_short: self.cut_short,
            new_commits,
            warnings: self.warnings,
            unknown_lines: self.unknown_lines,
        }
    }
}

/// A sentence for each reason why lines could not be counted, with the commits that it holds for.
fn uncounted(walk: &Walk, counts: &Counts) -> Vec<String> {
    let mut by_reason: BTreeMap<String, Vec<ObjectId>> = BTreeMap::new();
    for (at, reason) in &counts.trouble {
        let commits = by_reason.entry(reason.clone()).or_default();
        commits.push(walk.commits[*at].id);
    }
    let refused = counts.refused.iter();
    let refused = refused.map(|(_, reason)| format!("lines are not counted: {reason}"));
    let each = by_reason.into_iter().map(|(reason, commits)| {
        let mut named: Vec<String> = commits.iter().map(|id| format!("`{}`", id.short())).collect();
        if named.len() > NAMED_COMMITS {
            let more = named.split_off(NAMED_COMMITS).len();
            named.push(format!("{more} more"));
        }
        format!("cannot count the lines of {}: {reason}", named.join(", "))
    });
    each.chain(refused).collect()
}
