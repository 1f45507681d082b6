//! Where the files of facts are, and what each says about itself.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::facts::hash::hex;
use crate::tables::{Properties, Schema, TableError, TableFile};

/// Increase it whenever something is written differently, or other things are: facts of another version are not read.
pub const VERSION: i32 = 1;

/// The tables that each repository has.
pub(super) const REPOS: &str = "repos";
pub(super) const COMMITS: &str = "commits";
pub(super) const TASKS: &str = "tasks";
pub(super) const RECORDS: &str = "records";
/// The one that it has on request.
pub(super) const INVENTORY: &str = "inventory";
/// Those that only audits need, the last one written last.
pub(super) const AUDITED: &str = "audited";
pub(super) const LEDGER_STEPS: &str = "ledger_steps";
pub(super) const AUDITS: &str = "audits";
/// Those of a machine's logs.
pub(super) const SESSIONS: &str = "sessions";
pub(super) const LINKS: &str = "links";

/// The names of what a file says about itself.
pub(super) const FACTS_PROPERTY: &str = "git-leverage.facts";
pub(super) const TABLE_PROPERTY: &str = "git-leverage.table";
pub(super) const REPO_PROPERTY: &str = "git-leverage.repo";
pub(super) const REFS_PROPERTY: &str = "git-leverage.refs";
/// Set in files with the rows of all repositories.
pub(super) const COMPACT_PROPERTY: &str = "git-leverage.is_compact";

/// The maximum length of an id of a repository in file names.
pub(super) const ID_DIGITS: usize = 16;

/// The id of a repository among facts: from its key, and from its path unless the key was given for it.
pub fn id_of(key: &str, path: Option<&str>) -> String {
    let mut sum = Sha256::new();
    sum.update(key.as_bytes());
    if let Some(path) = path {
        sum.update([0]);
        sum.update(path.as_bytes());
    }
    hex(&sum.finalize())[..ID_DIGITS].to_owned()
}

/// A digest of texts, in which the bounds between them count.
pub fn digest<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut sum = Sha256::new();
    for text in texts {
        sum.update((text.len() as u64).to_le_bytes());
        sum.update(text.as_bytes());
    }
    hex(&sum.finalize())[..2 * ID_DIGITS].to_owned()
}

pub(super) fn is_id(text: &str) -> bool {
    text.len() == ID_DIGITS && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(super) fn file_of(folder: &Path, table: &str, id: &str) -> PathBuf {
    folder.join(table).join(format!("{id}.parquet"))
}

/// The name of a file with a part of a table of all repositories.
pub(super) fn name_of_part(number: usize) -> String {
    format!("part-{number:05}.parquet")
}

/// The number of such a part, if a file has a name like that.
pub(super) fn number_of_part(name: &str) -> Option<usize> {
    let number = name
        .strip_prefix("part-")?
        .strip_suffix(".parquet")?
        .parse()
        .ok()?;
    (name_of_part(number) == name).then_some(number)
}

/// Whether a directory has facts in such parts.
pub fn is_compact(folder: &Path) -> bool {
    folder.join(REPOS).join(name_of_part(0)).exists()
}

/// What a file of a table says about itself.
pub(super) struct Told<'a> {
    version: String,
    table: &'a str,
    repo: &'a str,
    refs: &'a str,
}

impl<'a> Told<'a> {
    pub(super) fn new(table: &'a str, repo: &'a str, refs: &'a str) -> Self {
        Self {
            version: VERSION.to_string(),
            table,
            repo,
            refs,
        }
    }

    fn properties(&self) -> [(&str, &str); 4] {
        [
            (FACTS_PROPERTY, &self.version),
            (TABLE_PROPERTY, self.table),
            (REPO_PROPERTY, self.repo),
            (REFS_PROPERTY, self.refs),
        ]
    }

    /// Writes a file that says this, and `more`.
    pub(super) fn write(
        &self,
        folder: &Path,
        schema: &Schema,
        more: Properties<'_>,
        batches: impl IntoIterator<Item = Vec<crate::tables::Column>>,
    ) -> Result<u64, TableError> {
        let own = self.properties();
        let all: Vec<(&str, &str)> = own.iter().chain(more).copied().collect();
        crate::tables::write(&file_of(folder, self.table, self.repo), schema, &all, batches)
    }

    /// Opens the file of a table that no row names.
    pub(super) fn open_any(
        folder: &Path,
        table: &str,
        repo: &str,
        schema: &Schema,
    ) -> Result<TableFile, TableError> {
        let file = TableFile::open(&file_of(folder, table, repo), schema)?;
        let refs = file.property(REFS_PROPERTY).unwrap_or_default();
        Told::new(table, repo, refs).check(&file)?;
        Ok(file)
    }

    /// Opens the file of a table that says this.
    pub(super) fn open(&self, folder: &Path, schema: &Schema) -> Result<TableFile, TableError> {
        let file = TableFile::open(&file_of(folder, self.table, self.repo), schema)?;
        self.check(&file)?;
        Ok(file)
    }

    fn check(&self, file: &TableFile) -> Result<(), TableError> {
        check_version(file)?;
        for (name, value) in self.properties() {
            if file.property(name) != Some(value) {
                return Err(file.wrong(match name {
                    REFS_PROPERTY => "from another run than the row of its repository: write the facts again",
                    _ => "not the table that its name says",
                }));
            }
        }
        Ok(())
    }
}

/// Refuses facts of another version, before anything else of them is used.
pub(super) fn check_version(file: &TableFile) -> Result<(), TableError> {
    match file.property(FACTS_PROPERTY) {
        Some(version) if version == VERSION.to_string() => Ok(()),
        Some(version) => {
            let version: String = version.chars().take(20).collect();
            let reason =
                format!("facts of version {version}, not {VERSION}: write them again with this program");
            Err(file.wrong(reason))
        }
        None => Err(file.wrong("not a file of facts")),
    }
}
