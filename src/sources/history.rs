//! The commits of one repository, with their lines.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::attested;
use super::cache::{Cache, Kept, KeptIn};
use super::store::StoreError;
use crate::facts::commit::Commit;
use crate::facts::commits::Commits;
use crate::facts::diagnostics::{Status, Warning};
use crate::facts::evidence::Signs;
use crate::facts::ids::ObjectId;
use crate::facts::progress::Progress;
use crate::facts::quantity::counted;
use crate::git::Repo;
use crate::git::changes::{self, AttributesOf, CountOptions, Counts, Renames};
use crate::git::shared::Shared;
use crate::git::walk::{BrokenRef, RefSelection, Walk};

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
    pub commits: Commits,
    /// The evidence for them in notes of other tools.
    pub signs: Signs,
    /// Whether it has more commits than these: the clone is shallow, or they cannot be read.
    pub cut_short: bool,
    /// How many of them are new since an earlier run.
    pub new_commits: usize,
    /// The state of the cache that has these commits, if the next reading would find the same as this one while nothing changes.
    pub kept_in: Option<KeptIn>,
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
            commits: Commits::default(),
            signs: Signs::default(),
            cut_short: true,
            new_commits: 0,
            kept_in: None,
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

/// What to do while a history is read, when it is known which files each commit changed and before their lines are counted.
pub type Between<'a> = &'a mut dyn FnMut(&Shared);

/// [`read_history`] of a repository that is open already.
pub fn read_open(repo: &Repo, options: &HistoryOptions) -> History {
    read_open_and(repo, options, None)
}

/// The same, with a call of `between` if all of the history is read: who needs more than the lines of commits shares the work.
pub fn read_open_and(repo: &Repo, options: &HistoryOptions, between: Option<Between<'_>>) -> History {
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
    let mut read = if kept.is_all_of(&heads) && !repo.is_shallow() {
        Walked {
            commits: kept.reached,
            new_commits: 0,
            kept_in: kept.kept_in,
        }
    } else {
        options.progress.begin("Reading commits", "", 0);
        walk_on(
            repo,
            heads,
            kept,
            (options, between),
            cache.as_ref(),
            &mut trouble,
        )
    };
    if let Err(error) = repo.apply_mailmap(&mut read.commits) {
        trouble.warn(format!("part of the mailmap was not read: {}", error.message()));
        trouble.may_pass();
    }
    let (signs, unread) = attested::signs(repo, options.cache.as_deref());
    for message in unread {
        trouble.warn(message);
        trouble.may_pass();
    }
    History {
        signs,
        ..trouble.history(repo, read)
    }
}

/// The commits of a history as read.
struct Walked {
    commits: Commits,
    /// How many of them are new.
    new_commits: usize,
    /// Where they are cached.
    kept_in: Option<KeptIn>,
}

fn how_to_count(options: &HistoryOptions) -> CountOptions<'_> {
    let threads = options.threads;
    CountOptions {
        renames: options.renames,
        attributes: AttributesOf::WorkTree,
        threads: threads.map_or(rayon::current_num_threads(), NonZeroUsize::get),
        progress: &options.progress,
    }
}

/// Reads what is new, and caches it.
fn walk_on(
    repo: &Repo,
    heads: Vec<ObjectId>,
    kept: Kept,
    (options, between): (&HistoryOptions, Option<Between<'_>>),
    cache: Option<&Cache>,
    trouble: &mut Trouble,
) -> Walked {
    let Beyond {
        mut walk,
        before,
        kept,
        others,
        are_same,
    } = walk_beyond(repo, &heads, kept);
    let between = between.filter(|_| kept.is_empty());
    if between.is_some() {
        repo.remember(&walk.commits);
    }
    let counts = changes::count_and(repo, &walk, how_to_count(options), between);
    trouble.of_walk(&walk);
    trouble.of_counts(repo, &walk, &counts);
    let new_commits = walk.new_commits();
    // Cached heads represent a history that was fully walked and counted, which is not read again.
    let whole_from = if trouble.reasons.is_empty() {
        heads
    } else {
        Vec::new()
    };
    let has_changed = new_commits > 0 || !are_same || kept.heads != whole_from || !counts.lines.is_empty();
    for (at, lines) in counts.lines {
        walk.commits[at].lines = Some(lines.total);
        walk.commits[at].by_class = lines.by_class;
    }
    let Some(cache) = cache else {
        return Walked {
            commits: before.and(walk.commits.into()),
            new_commits,
            kept_in: None,
        };
    };
    if !has_changed {
        return Walked {
            commits: kept.reached,
            new_commits,
            kept_in: kept.kept_in,
        };
    }
    let saved = match kept.file.filter(|_| !before.is_empty()) {
        Some(file) => cache.append(file, before, &whole_from, walk.commits),
        None => {
            let mut commits = walk.commits;
            commits.extend(before.into_vec());
            cache.save(&whole_from, commits, &others)
        }
    };
    if let Err(error) = &saved.kept_in {
        let place = cache.path().display();
        trouble.warn(format!("its facts cannot be cached in `{place}`: {error}"));
    }
    Walked {
        commits: saved.commits,
        new_commits,
        kept_in: saved.kept_in.ok(),
    }
}

/// A walk that begins where an earlier one ended, if it can.
struct Beyond {
    walk: Walk,
    /// The commits that the earlier walk reached and this one omitted; none if it walked everything.
    before: Commits,
    /// What was cached.
    kept: Kept,
    /// The cached commits that are in neither.
    others: Vec<Commit>,
    /// Whether the walk and what it omitted are the commits that the earlier walk reached.
    are_same: bool,
}

fn walk_beyond(repo: &Repo, heads: &[ObjectId], kept: Kept) -> Beyond {
    let by_id = |commits: &Commits| -> Vec<(ObjectId, Commit)> {
        let commits = commits.clone().into_vec().into_iter();
        commits.map(|commit| (commit.id, commit)).collect()
    };
    let mut known: HashMap<ObjectId, Commit> = by_id(&kept.others).into_iter().collect();
    let reached: HashSet<ObjectId> = kept.reached.ids().collect();
    if !kept.heads.is_empty()
        && !repo.is_shallow()
        && let Some(walk) = repo.walk_beyond(heads, (&kept.heads, &reached), &known)
    {
        return Beyond {
            are_same: walk.commits.is_empty(),
            walk,
            before: kept.reached.clone(),
            others: known.into_values().collect(),
            kept,
        };
    }
    known.extend(by_id(&kept.reached));
    let walk = repo.walk(heads, &mut known);
    Beyond {
        are_same: walk.commits.len() == reached.len()
            && walk.commits.iter().all(|commit| reached.contains(&commit.id)),
        walk,
        before: Commits::default(),
        others: known.into_values().collect(),
        kept,
    }
}

impl Kept {
    fn is_empty(&self) -> bool {
        self.reached.is_empty() && self.others.is_empty()
    }

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
            trouble.may_pass();
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
    /// Whether the next reading may find something else although the repository is the same.
    may_pass: bool,
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
            may_pass: false,
        }
    }

    /// The next reading may find something else although the repository is the same.
    fn may_pass(&mut self) {
        self.may_pass = true;
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

    fn of_counts(&mut self, repo: &Repo, walk: &Walk, counts: &Counts) {
        // Attributes may be anywhere in a working tree, and some files need not be compared because of them.
        self.may_pass |= counts.refused.is_some() || !counts.trouble.is_empty() && !repo.is_bare();
        // What was counted is cached, and the next reading does not see how.
        self.may_pass |= counts.too_large > 0;
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

    fn history(self, repo: &Repo, read: Walked) -> History {
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
            commits: read.commits,
            signs: Signs::default(),
            cut_short: self.cut_short,
            new_commits: read.new_commits,
            kept_in: read.kept_in.filter(|_| !self.may_pass),
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
