//! What `setup` writes for an agent, where it writes it, and what a file says about it.
//!
//! Only paths and texts: the command reads and writes the files.

use std::path::{Path, PathBuf};

use super::settings::command::HookCommand;
use super::settings::hooks::{HookFile, Present};
use super::skill;

/// The scope of a setup.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One person, in all repositories.
    User,
    /// Everyone, in one repository.
    Project,
}

/// How to set up an agent.
#[derive(Debug)]
pub struct SetupForm {
    /// Its name in sentences.
    pub title: &'static str,
    /// The names of its program on the PATH.
    pub programs: &'static [&'static str],
    /// Directories in the home directory that exist if it was used.
    pub signs: &'static [&'static str],
    /// The location of its settings.
    pub folder: SettingsFolder,
    /// Its directory in a repository.
    pub project: &'static str,
    /// Its hooks.
    pub hooks: HookForm,
    /// The location of its skills.
    pub skills: SkillFolders,
    /// What is left for the person to do.
    pub then: Option<&'static str>,
}

/// Where an agent stores a person's settings.
#[derive(Debug)]
pub struct SettingsFolder {
    /// The variable that moves it.
    pub variable: Option<&'static str>,
    /// The path below the value of the variable.
    pub below: &'static str,
    /// The path in the home directory, without the variable.
    pub usual: &'static str,
}

/// Where an agent looks for skills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkillFolders {
    /// In `.agents/skills`, as most do.
    Shared,
    /// Only in its own settings directory.
    Own,
    /// In `.agents/skills`, but in its own settings directory if the variable moved that.
    SharedUnlessMoved,
}

/// How an agent is told to call git-leverage.
#[derive(Debug)]
pub enum HookForm {
    /// With a JSON file that others may use, too. Names are relative to the settings directory or the project's.
    Json {
        /// The nesting.
        form: HookFile,
        /// The files: hooks of an event go to the one that has the event, else to the first existing one, else to the first.
        user: &'static [NamedFile],
        /// The same in a repository.
        project: &'static [NamedFile],
    },
    /// With a plugin, in a file of its own.
    Plugin {
        /// The file, relative to the settings directory or the project's.
        file: &'static str,
        /// Its template.
        template: &'static str,
    },
}

/// A file and the path to the hooks in it.
#[derive(Debug, Clone, Copy)]
pub struct NamedFile {
    /// Its name in the directory.
    pub name: &'static str,
    /// The path to the events in it; `None` for the form's default.
    pub way: Option<&'static [&'static str]>,
    /// Whether it is read only if the first of the files does not exist.
    pub only_without_first: bool,
}

impl NamedFile {
    /// A file with hooks at the form's default path.
    pub const fn usual(name: &'static str) -> Self {
        Self {
            name,
            way: None,
            only_without_first: false,
        }
    }
}

/// The environment of a setup.
#[derive(Debug, Clone, Default)]
pub struct Surroundings<'a> {
    /// The home directory.
    pub home: Option<&'a Path>,
    /// The top of the current working tree.
    pub project: Option<&'a Path>,
}

/// A file that `setup` writes for an agent.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// Its content.
    pub content: PlaceContent,
}

/// The content of a file.
#[derive(Debug, Clone, Copy)]
pub enum PlaceContent {
    /// Hooks, of git-leverage and others.
    Hooks(HookFile),
    /// A plugin of git-leverage.
    Plugin(&'static str),
}

impl SettingsFolder {
    /// The directory; `None` if neither the variable nor the home directory is set.
    pub fn find<'v>(
        &self,
        home: Option<&Path>,
        variable: impl Fn(&str) -> Option<&'v str>,
    ) -> Option<PathBuf> {
        match self.moved(variable) {
            Some(moved) => Some(moved.join(self.below)),
            None => Some(home?.join(self.usual)),
        }
    }

    fn moved<'v>(&self, variable: impl Fn(&str) -> Option<&'v str>) -> Option<&'v Path> {
        let value = variable(self.variable?)?;
        (!value.is_empty()).then(|| Path::new(value))
    }
}

impl SetupForm {
    /// The directory of an agent's settings in a scope.
    pub fn root<'v>(
        &self,
        scope: Scope,
        around: &Surroundings<'_>,
        variable: impl Fn(&str) -> Option<&'v str>,
    ) -> Option<PathBuf> {
        match scope {
            Scope::User => self.folder.find(around.home, variable),
            Scope::Project => Some(around.project?.join(self.project)),
        }
    }

    /// The files with hooks in a scope.
    pub fn places(&self, scope: Scope, root: &Path) -> Vec<Place> {
        match &self.hooks {
            HookForm::Json { form, user, project } => {
                let files = match scope {
                    Scope::User => user,
                    Scope::Project => project,
                };
                let place = |file: &NamedFile| Place {
                    path: root.join(file.name),
                    content: PlaceContent::Hooks(HookFile {
                        way: file.way.unwrap_or(form.way),
                        only_without_first: file.only_without_first,
                        ..*form
                    }),
                };
                files.iter().map(place).collect()
            }
            HookForm::Plugin { file, template } => vec![Place {
                path: root.join(file),
                content: PlaceContent::Plugin(template),
            }],
        }
    }

    /// The file of the skill in a scope.
    pub fn skill<'v>(
        &self,
        scope: Scope,
        around: &Surroundings<'_>,
        variable: impl Fn(&str) -> Option<&'v str>,
    ) -> Option<PathBuf> {
        let is_moved = scope == Scope::User && self.folder.moved(&variable).is_some();
        let is_own = match self.skills {
            SkillFolders::Own => true,
            SkillFolders::Shared => false,
            SkillFolders::SharedUnlessMoved => is_moved,
        };
        let folder = match (is_own, scope) {
            (true, _) => self.root(scope, around, variable)?,
            (false, Scope::User) => around.home?.join(".agents"),
            (false, Scope::Project) => around.project?.join(".agents"),
        };
        Some(folder.join("skills").join(skill::NAME).join("SKILL.md"))
    }
}

/// Whether git-leverage's hooks are in the files of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookState {
    /// All of them, and they call this program.
    Installed {
        /// The program, as in the settings.
        program: String,
        /// Whether the reminder is on.
        remind: bool,
    },
    /// All of them, but they call another copy of the program.
    OtherProgram {
        /// The program, as in the settings.
        program: String,
        /// Whether the reminder is on.
        remind: bool,
    },
    /// Some of them.
    Incomplete {
        /// The missing events.
        missing: Vec<String>,
        /// Whether the reminder is on.
        remind: bool,
    },
    /// They are there, but the agent is configured to call no hooks at all.
    TurnedOff {
        /// The setting.
        switch: String,
    },
    /// None.
    Absent,
    /// A file cannot be parsed.
    Unclear {
        /// The file.
        file: PathBuf,
        /// The reason, with the line.
        reason: String,
    },
}

/// The content of one file: `Ok(None)` if it does not exist.
pub type FileText = Result<Option<String>, String>;

/// What the files of an agent contain from git-leverage.
#[derive(Default)]
struct Holding {
    /// The hooks; a plugin counts as one.
    present: Vec<Present>,
    /// The events that should have hooks.
    wanted: Vec<&'static str>,
    /// The switch that disables hooks.
    switch: Option<String>,
}

impl Holding {
    fn add(&mut self, place: &Place, text: &str) -> Result<(), String> {
        match &place.content {
            PlaceContent::Hooks(form) => {
                self.wanted = form.events.iter().map(|(event, _)| *event).collect();
                let found = form.present(text);
                self.present.extend(found.map_err(|error| error.to_string())?);
                self.switch = self.switch.take().or_else(|| form.off(text));
            }
            PlaceContent::Plugin(template) => {
                let command = super::plugin::read(template, text);
                self.present.extend(command.map(|command| Present {
                    event: String::new(),
                    command,
                    is_own: true,
                }));
            }
        }
        Ok(())
    }
}

/// Whether git-leverage's hooks are in the files of an agent, which are those of [`SetupForm::places`], in the same order.
/// `program` is the one they should call; without it, any program is accepted.
pub fn state(files: &[(Place, FileText)], program: Option<&str>) -> HookState {
    let mut holding = Holding::default();
    for (place, text) in files {
        let read = text.clone();
        let added = read.and_then(|text| holding.add(place, text.as_deref().unwrap_or_default()));
        if let Err(reason) = added {
            let file = place.path.clone();
            return HookState::Unclear { file, reason };
        }
    }
    let Holding {
        present,
        wanted,
        switch,
    } = holding;
    // What `setup` would write takes precedence over what someone wrote by hand.
    let own = present.iter().rfind(|one| one.is_own);
    let Some(Present { command, is_own, .. }) = own.or(present.last()).cloned() else {
        return HookState::Absent;
    };
    if let Some(switch) = switch {
        return HookState::TurnedOff { switch };
    }
    let is_missing = |event: &&&str| !present.iter().any(|one| one.event == **event);
    let missing: Vec<String> = wanted
        .iter()
        .filter(is_missing)
        .map(|event| (*event).to_owned())
        .collect();
    if !missing.is_empty() {
        let remind = command.remind;
        return HookState::Incomplete { missing, remind };
    }
    let is_other =
        |one: &Present| one.is_own == is_own && program.is_some_and(|program| one.command.program != program);
    let HookCommand {
        program: named,
        remind,
    } = command;
    match present.iter().any(is_other) {
        true => HookState::OtherProgram {
            program: named,
            remind,
        },
        false => HookState::Installed {
            program: named,
            remind,
        },
    }
}

/// The program and flags for hooks of a scope. A repository's hooks are shared, and other people's program may be elsewhere.
pub fn command(scope: Scope, program: &str, remind: bool) -> HookCommand {
    let program = match scope {
        Scope::User => program,
        Scope::Project => super::settings::command::PROGRAM,
    };
    HookCommand {
        program: program.to_owned(),
        remind,
    }
}

/// The file of an agent that contains git-leverage's hooks, else the first existing one, else the first.
pub fn file_of(files: &[(Place, FileText)]) -> PathBuf {
    let holds = |(place, text): &&(Place, FileText)| match (&place.content, text) {
        (PlaceContent::Hooks(form), Ok(Some(text))) => {
            form.present(text).is_ok_and(|found| !found.is_empty())
        }
        _ => false,
    };
    let is_there = |(_, text): &&(Place, FileText)| matches!(text, Ok(Some(_)));
    let chosen = files
        .iter()
        .find(holds)
        .or_else(|| files.iter().find(is_there))
        .or(files.first());
    chosen.map(|(place, _)| place.path.clone()).unwrap_or_default()
}
