//! What `setup` writes for an agent, where it writes it, and what a file says about it.
//!
//! Paths and texts only: the files are read and written by the command.

use std::path::{Path, PathBuf};

use super::settings::command::HookCommand;
use super::settings::hooks::{HookFile, Present};
use super::skill;

/// For whom something is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// One person, in all repositories.
    User,
    /// Everybody, in one repository.
    Project,
}

/// How an agent is set up.
#[derive(Debug)]
pub struct SetupForm {
    /// What it is called in sentences.
    pub title: &'static str,
    /// The names that its program has on the PATH.
    pub programs: &'static [&'static str],
    /// Folders in the home folder that are there where it was used.
    pub signs: &'static [&'static str],
    /// Where its settings are.
    pub folder: SettingsFolder,
    /// Its folder in a repository.
    pub project: &'static str,
    /// Its hooks.
    pub hooks: HookForm,
    /// Where it looks for skills.
    pub skills: SkillFolders,
    /// What is left for the person to do.
    pub then: Option<&'static str>,
}

/// Where an agent keeps the settings of a person.
#[derive(Debug)]
pub struct SettingsFolder {
    /// The variable that moves it.
    pub variable: Option<&'static str>,
    /// What comes after the value of the variable.
    pub below: &'static str,
    /// Where it is without the variable, in the home folder.
    pub usual: &'static str,
}

/// Where an agent looks for skills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SkillFolders {
    /// In `.agents/skills`, as most do.
    Shared,
    /// In its own settings folder alone.
    Own,
    /// In `.agents/skills`, but in its own settings folder where the variable moved that.
    SharedUnlessMoved,
}

/// How an agent is told to call us.
#[derive(Debug)]
pub enum HookForm {
    /// By a file of JSON that may be others' as well. Names are those below the settings folder or the project's.
    Json {
        /// The nesting.
        form: HookFile,
        /// The files: hooks of an event go where the event is, else into the first that is there, else into the first.
        user: &'static [NamedFile],
        /// The same in a repository.
        project: &'static [NamedFile],
    },
    /// By a program of its own kind, in a file of ours.
    Plugin {
        /// The file below the settings folder or the project's.
        file: &'static str,
        /// What it says before the program is filled in.
        template: &'static str,
    },
}

/// A file and the way to the hooks in it.
#[derive(Debug, Clone, Copy)]
pub struct NamedFile {
    /// Its name below the folder.
    pub name: &'static str,
    /// The way to the events in it; `None` for that of the form.
    pub way: Option<&'static [&'static str]>,
    /// Whether it is read only where the first of the files is not there.
    pub only_without_first: bool,
}

impl NamedFile {
    /// A file whose hooks are where the form says.
    pub const fn usual(name: &'static str) -> Self {
        Self {
            name,
            way: None,
            only_without_first: false,
        }
    }
}

/// What is known of the machine and of where one stands.
#[derive(Debug, Clone, Default)]
pub struct Surroundings<'a> {
    /// The home folder.
    pub home: Option<&'a Path>,
    /// The top of the work tree that one stands in.
    pub project: Option<&'a Path>,
}

/// A file that `setup` writes for an agent.
#[derive(Debug, Clone)]
pub struct Place {
    /// The file.
    pub path: PathBuf,
    /// What it holds.
    pub content: PlaceContent,
}

/// What a file holds.
#[derive(Debug, Clone, Copy)]
pub enum PlaceContent {
    /// Hooks of us and others.
    Hooks(HookFile),
    /// A plugin of ours.
    Plugin(&'static str),
}

impl SettingsFolder {
    /// The folder; `None` where neither the variable nor the home folder says.
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
    /// The folder of an agent's settings in a scope.
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

    /// The files of hooks in a scope.
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

/// Whether our hooks are in the files of an agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HookState {
    /// All of them, and they call this program.
    Installed {
        /// The program, as the settings name it.
        program: String,
        /// Whether the reminder is on.
        remind: bool,
    },
    /// All of them, but they call another copy of the program.
    OtherProgram {
        /// The program, as the settings name it.
        program: String,
        /// Whether the reminder is on.
        remind: bool,
    },
    /// Some of them.
    Incomplete {
        /// The events for which there is none.
        missing: Vec<String>,
        /// Whether the reminder is on.
        remind: bool,
    },
    /// They are there, but the agent is told to call no hooks at all.
    TurnedOff {
        /// The setting that says so.
        switch: String,
    },
    /// None.
    Absent,
    /// A file cannot be understood.
    Unclear {
        /// The file.
        file: PathBuf,
        /// Why, with the line.
        reason: String,
    },
}

/// What one file says, as it was read: `Ok(None)` where there is none.
pub type FileText = Result<Option<String>, String>;

/// What the files of an agent hold of us.
#[derive(Default)]
struct Holding {
    /// The hooks; those of a plugin are one.
    present: Vec<Present>,
    /// The events that there should be.
    wanted: Vec<&'static str>,
    /// The switch that turns hooks off.
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

/// Whether our hooks are in the files of an agent, which [`SetupForm::places`] lists, in the same order. `program` is the
/// one that they should call; without it, every one is taken for the right one.
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
    // What setup would write says more than what somebody wrote by hand.
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

/// The program and its flags that hooks of a scope call. In a repository others use them too, whose program is elsewhere.
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

/// Of the files of an agent the one that holds our hooks, else the first that is there, else the first.
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
