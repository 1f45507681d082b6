//! Which agents are set up, according to their files.

use std::path::{Path, PathBuf};

use super::files;
use super::memory::Memory;
use crate::cli::environment::Environment;
use crate::integrations::INTEGRATIONS;
use crate::integrations::integration::Integration;
use crate::integrations::plugin;
use crate::integrations::setup::{self, FileText, HookState, Place, PlaceContent, Scope, Surroundings};
use crate::integrations::skill;

/// What the files of one agent say in one scope.
pub struct AgentState {
    /// The agent.
    pub integration: &'static Integration,
    /// The scope.
    pub scope: Scope,
    /// Whether it seems to be used here.
    pub is_used: bool,
    /// Its hooks.
    pub hooks: HookState,
    /// The file that contains them, or would contain them.
    pub file: PathBuf,
    /// The file of its skill, or where that would be; `None` if it has none in this scope.
    pub skill: Option<PathBuf>,
    /// The state of the skill.
    pub skill_state: OwnFile,
    /// The state of its plugin, for an agent that has one instead of hooks in its settings.
    pub plugin: Option<OwnFile>,
}

/// The state of a file that belongs entirely to git-leverage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnFile {
    /// It is as this version writes it.
    Ours,
    /// It is as another version wrote it; `setup` replaces it.
    Older,
    /// It exists, but someone else wrote or changed it; `setup` skips it.
    Changed,
    /// It does not exist.
    Absent,
    /// It cannot be read; `setup` skips it.
    Unreadable,
}

impl OwnFile {
    fn of(path: &Path, memory: &Memory, is_ours: impl Fn(&str) -> bool) -> Self {
        let Ok(found) = files::read(path) else {
            return Self::Unreadable;
        };
        let is_untouched = |text: &str| {
            let known = memory.files.get(&found.target);
            skill::is_ours(text) || known.is_some_and(|known| known.is_untouched(text))
        };
        match &found.text {
            None => Self::Absent,
            Some(text) if is_ours(text) => Self::Ours,
            Some(text) if is_untouched(text) => Self::Older,
            Some(_) => Self::Changed,
        }
    }
}

/// The states of all agents: in the person's files, and in those of a repository if `project` is the top of a working tree.
/// Agents that are neither used nor set up are also listed.
pub fn all(environment: &Environment, project: Option<&Path>) -> Vec<AgentState> {
    // Without it, less is known of files that someone changed.
    let memory = Memory::load(environment).unwrap_or_default();
    let scopes = [Scope::User, Scope::Project];
    let pairs = scopes.into_iter().flat_map(|scope| {
        let all = INTEGRATIONS.iter().copied();
        all.map(move |integration| (scope, integration))
    });
    pairs
        .filter_map(|(scope, integration)| one(environment, &memory, project, scope, integration))
        .collect()
}

fn one(
    environment: &Environment,
    memory: &Memory,
    project: Option<&Path>,
    scope: Scope,
    integration: &'static Integration,
) -> Option<AgentState> {
    let home = environment.home();
    let around = Surroundings {
        home: home.as_deref(),
        project,
    };
    let variable = |name: &str| environment.variable(name);
    let form = &integration.setup;
    let root = form.root(scope, &around, variable)?;
    let read: Vec<(Place, FileText)> = form
        .places(scope, &root)
        .into_iter()
        .map(|place| {
            let text = files::read(&place.path).map(|found| found.text);
            (place, text)
        })
        .collect();
    let wanted = program(environment);
    let wanted = wanted
        .as_deref()
        .map(|program| setup::command(scope, program, false).program);
    let skill = form.skill(scope, &around, variable);
    let skill_state = skill.as_deref().map_or(OwnFile::Absent, |path| {
        OwnFile::of(path, memory, |text| text == skill::SKILL)
    });
    let plugin = read.iter().find_map(|(place, _)| match &place.content {
        PlaceContent::Plugin(template) => {
            let is_ours = |text: &str| plugin::read(template, text).is_some();
            Some(OwnFile::of(&place.path, memory, is_ours))
        }
        PlaceContent::Hooks(_) => None,
    });
    Some(AgentState {
        integration,
        scope,
        is_used: is_used(environment, integration),
        hooks: setup::state(&read, wanted.as_deref()),
        file: setup::file_of(&read),
        skill,
        skill_state,
        plugin,
    })
}

/// Whether an agent seems to be used here: its directory exists, or its program can be started.
pub fn is_used(environment: &Environment, integration: &Integration) -> bool {
    let form = &integration.setup;
    let home = environment.home();
    let variable = |name: &str| environment.variable(name);
    let moved = form.folder.variable.and_then(variable).is_some();
    let is_folder = |path: PathBuf| path.is_dir();
    (moved && form.folder.find(home.as_deref(), variable).is_some_and(is_folder))
        || home.is_some_and(|home| form.signs.iter().any(|sign| home.join(sign).is_dir()))
        || form
            .programs
            .iter()
            .any(|name| on_path(environment, name).is_some())
}

/// This program as settings should name it: by a bare name if the PATH leads to it, since a package keeps that name across
/// updates.
pub fn program(environment: &Environment) -> Option<String> {
    let own = std::env::current_exe().ok()?;
    let real = own.canonicalize().ok();
    let name = format!("git-leverage{}", std::env::consts::EXE_SUFFIX);
    let listed = on_path(environment, &name).filter(|path| path.canonicalize().ok() == real);
    listed.unwrap_or(own).to_str().map(str::to_owned)
}

/// The first program of a name on the PATH, as an absolute path.
pub fn on_path(environment: &Environment, name: &str) -> Option<PathBuf> {
    let folders = std::env::split_paths(environment.variable("PATH")?);
    folders
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|path| is_program(path))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file() || path.with_extension("exe").is_file() || path.with_extension("cmd").is_file()
}
