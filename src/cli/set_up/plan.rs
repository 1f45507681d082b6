//! What is to become of each file, before any of them is touched.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::files::{self, Found};
use super::memory::{FileMemory, Memory, hash};
use super::states;
use crate::cli::environment::Environment;
use crate::facts::diagnostics::Warning;
use crate::integrations::INTEGRATIONS;
use crate::integrations::integration::Integration;
use crate::integrations::plugin;
use crate::integrations::settings::command::HookCommand;
use crate::integrations::settings::hooks::{HookFile, Installed};
use crate::integrations::setup::{self, HookState, Place, PlaceContent, Scope, SetupForm, Surroundings};
use crate::integrations::skill;

/// What is wanted.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// For whom.
    pub scope: Scope,
    /// What hooks are to call; `None` where all of ours is to go.
    pub command: Option<HookCommand>,
}

/// A file that is to change.
#[derive(Debug, Clone)]
pub struct Change {
    /// The file as it is named.
    pub path: PathBuf,
    /// As it was read.
    pub found: Found,
    /// What it is to say; `None` where it is to go.
    pub new: Option<String>,
    /// What is remembered of it; `None` where nothing of ours is left in it.
    pub memory: Option<FileMemory>,
    /// The folders that go with it where they are empty.
    pub folders: Vec<PathBuf>,
}

/// All that is to be done.
#[derive(Debug, Default)]
pub struct Plan {
    /// The files, in the order of the agents.
    pub changes: Vec<Change>,
    /// What is left alone, and why.
    pub left: Vec<Warning>,
    /// What keeps hooks from being called.
    pub off: Vec<Warning>,
}

/// The machine as a plan needs it.
pub struct Machine<'a> {
    /// The process.
    pub environment: &'a Environment,
    /// The top of the work tree that one stands in.
    pub project: Option<&'a Path>,
    /// What is remembered.
    pub memory: &'a Memory,
}

impl Machine<'_> {
    /// What is to be done for these agents.
    pub fn plan(&self, agents: &[&'static Integration], wanted: &Wanted) -> Plan {
        let mut plan = Plan::default();
        let mut skills: Vec<PathBuf> = Vec::new();
        for agent in agents {
            self.plan_hooks(&agent.setup, wanted, &mut plan);
            let skill = self.skill(&agent.setup, wanted.scope);
            skills.extend(
                skill
                    .filter(|skill| !skills.contains(skill))
                    .into_iter()
                    .collect::<Vec<_>>(),
            );
        }
        for skill in skills {
            if wanted.command.is_some() || !self.is_needed(&skill, agents, wanted.scope) {
                self.plan_own(&skill, wanted, &mut plan, &|_| skill::SKILL.to_owned(), &|text| {
                    text == skill::SKILL
                });
            }
        }
        plan
    }

    fn skill(&self, form: &SetupForm, scope: Scope) -> Option<PathBuf> {
        let home = self.environment.home();
        let around = self.around(home.as_deref());
        form.skill(scope, &around, |name| self.environment.variable(name))
    }

    fn around<'a>(&'a self, home: Option<&'a Path>) -> Surroundings<'a> {
        Surroundings {
            home,
            project: self.project,
        }
    }

    /// Whether an agent that is not meant looks for this skill, and is set up.
    fn is_needed(&self, skill: &Path, agents: &[&'static Integration], scope: Scope) -> bool {
        let is_meant = |name: &str| agents.iter().any(|agent| agent.identity.name == name);
        let mut others = INTEGRATIONS.iter().filter(|other| {
            !is_meant(other.identity.name) && self.skill(&other.setup, scope).as_deref() == Some(skill)
        });
        others.any(|other| {
            let read = self.read(&other.setup, scope);
            !matches!(
                setup::state(&read, None),
                HookState::Absent | HookState::Unclear { .. }
            )
        })
    }

    fn places(&self, form: &SetupForm, scope: Scope) -> Vec<Place> {
        let home = self.environment.home();
        let around = self.around(home.as_deref());
        let root = form.root(scope, &around, |name| self.environment.variable(name));
        root.map(|root| form.places(scope, &root)).unwrap_or_default()
    }

    fn read(&self, form: &SetupForm, scope: Scope) -> Vec<(Place, setup::FileText)> {
        let places = self.places(form, scope).into_iter();
        places
            .map(|place| {
                let text = files::read(&place.path).map(|found| found.text);
                (place, text)
            })
            .collect()
    }

    fn plan_hooks(&self, form: &SetupForm, wanted: &Wanted, plan: &mut Plan) {
        let mut hooks: Vec<(PathBuf, HookFile, Found)> = Vec::new();
        let places = self.places(form, wanted.scope);
        if places.is_empty() {
            return plan.leave(
                Path::new(form.title),
                "where its settings are cannot be told without a home folder",
            );
        }
        for place in places {
            match place.content {
                PlaceContent::Plugin(template) => {
                    let write = |command: &HookCommand| plugin::written(template, command);
                    let is_ours = |text: &str| plugin::read(template, text).is_some();
                    self.plan_own(&place.path, wanted, plan, &write, &is_ours);
                }
                PlaceContent::Hooks(file) => match files::read(&place.path) {
                    // Another agent's settings behind a link: the hooks of both cannot be told apart.
                    Ok(found) if plan.has(&found) => {
                        if wanted.command.is_some() {
                            plan.leave(&place.path, "it is the same file as that of another agent");
                        }
                        return;
                    }
                    Ok(found) => hooks.push((place.path, file, found)),
                    Err(reason) => return plan.leave(&place.path, &reason),
                },
            }
        }
        if wanted.command.is_some() {
            plan.off
                .extend(hooks.iter().filter_map(|hooks| turned_off(form, hooks)));
        }
        let bases: Result<Vec<Option<String>>, _> = hooks
            .iter()
            .map(|(path, file, found)| self.base(file, found).map_err(|reason| (path.clone(), reason)))
            .collect();
        let bases = match bases {
            Ok(bases) => bases,
            // Others of its files may have the same event: none of them is touched.
            Err((path, reason)) => return plan.leave(&path, &reason),
        };
        let targets = targets(&hooks, &bases, wanted.command.is_some());
        for (((path, file, found), base), events) in hooks.into_iter().zip(bases).zip(targets) {
            let made = self.change(path.clone(), &file, found, base, &events, wanted);
            match made {
                Ok(change) => plan.changes.extend(change),
                Err(reason) => plan.leave(&path, &reason),
            }
        }
    }

    /// What a file says without us; `None` where it would not be there.
    fn base(&self, file: &HookFile, found: &Found) -> Result<Option<String>, String> {
        let Some(text) = &found.text else {
            return Ok(None);
        };
        let memory = self.memory.files.get(&found.target);
        if let Some(before) = memory.and_then(|memory| memory.before(text)) {
            return Ok(before);
        }
        let kept = memory.map(|memory| &memory.kept);
        let base = file.remove(text, kept).map_err(|error| error.to_string())?;
        let was_ours = match memory {
            Some(memory) => memory.before.is_none(),
            None => file.owned,
        };
        let is_gone = base != *text && was_ours && file.is_bare(&base);
        Ok((!is_gone).then_some(base))
    }

    fn change(
        &self,
        path: PathBuf,
        file: &HookFile,
        found: Found,
        base: Option<String>,
        events: &[&str],
        wanted: &Wanted,
    ) -> Result<Option<Change>, String> {
        let text = found.text.as_deref().unwrap_or_default();
        let known = self.memory.files.get(&found.target);
        let folders = known.map(|known| known.folders.clone()).unwrap_or_default();
        let (new, memory) = match &wanted.command {
            Some(command) if !events.is_empty() => {
                if file.is_installed(text, events, command) {
                    return Ok(None);
                }
                let Installed { text, splices, kept } = file
                    .install(base.as_deref().unwrap_or_default(), events, command)
                    .map_err(|error| error.to_string())?;
                let memory = FileMemory {
                    before: base.as_deref().map(hash),
                    after: hash(&text),
                    splices,
                    kept,
                    folders: folders.clone(),
                };
                (Some(text), Some(memory))
            }
            _ => (base, None),
        };
        Ok((new != found.text).then_some(Change {
            path,
            found,
            new,
            memory,
            folders,
        }))
    }

    /// A file that is ours alone.
    fn plan_own(
        &self,
        path: &Path,
        wanted: &Wanted,
        plan: &mut Plan,
        write: &dyn Fn(&HookCommand) -> String,
        is_ours: &dyn Fn(&str) -> bool,
    ) {
        let found = match files::read(path) {
            Ok(found) => found,
            Err(reason) => return plan.leave(path, &reason),
        };
        let known = self.memory.files.get(&found.target);
        let ours = found
            .text
            .as_deref()
            .is_none_or(|text| is_ours(text) || known.is_some_and(|known| known.is_untouched(text)));
        if !ours {
            return plan.leave(path, "it is not as git-leverage wrote it");
        }
        let new = wanted.command.as_ref().map(write);
        if new == found.text || plan.has(&found) {
            return;
        }
        let mut folders = known.map(|known| known.folders.clone()).unwrap_or_default();
        if known.is_none() {
            // The folder of a skill is ours by its name.
            folders.extend(
                path.parent()
                    .filter(|folder| folder.ends_with(skill::NAME))
                    .map(Path::to_owned),
            );
        }
        let memory = new.as_deref().map(|new| FileMemory {
            before: None,
            after: hash(new),
            splices: Vec::new(),
            kept: Vec::new(),
            folders: folders.clone(),
        });
        plan.changes.push(Change {
            path: path.to_owned(),
            found,
            new,
            memory,
            folders,
        });
    }
}

impl Plan {
    /// Whether the file changes already.
    fn has(&self, found: &Found) -> bool {
        self.changes
            .iter()
            .any(|change| change.found.target == found.target)
    }

    fn leave(&mut self, path: &Path, reason: &str) {
        let warning = Warning::new(path.display().to_string(), format!("left alone: {reason}"));
        self.left.push(warning);
    }
}

/// The setting by which an agent calls no hooks at all.
fn turned_off(form: &SetupForm, (path, file, found): &(PathBuf, HookFile, Found)) -> Option<Warning> {
    let switch = file.off(found.text.as_deref()?)?;
    let text = format!("`{switch}` keeps {} from calling any hook", form.title);
    Some(Warning::new(path.display().to_string(), text))
}

/// Which events go into which of an agent's files. Where one of them has an event already, an agent may look no further.
fn targets(
    hooks: &[(PathBuf, HookFile, Found)],
    bases: &[Option<String>],
    is_wanted: bool,
) -> Vec<Vec<&'static str>> {
    let mut targets = vec![Vec::new(); hooks.len()];
    let Some((_, first, _)) = hooks.first().filter(|_| is_wanted) else {
        return targets;
    };
    let is_there = |at: usize| bases[at].is_some();
    let counts = |at: &usize| !(hooks[*at].1.only_without_first && is_there(0));
    let usual = (0..hooks.len())
        .filter(counts)
        .find(|at| is_there(*at) && hooks[*at].1.way == first.way)
        .unwrap_or(0);
    for (event, _) in first.events {
        let has = |at: &usize| {
            let (_, file, _) = &hooks[*at];
            bases[*at].as_deref().is_some_and(|text| file.has(text, event))
        };
        let target = (0..hooks.len()).filter(counts).find(has).unwrap_or(usual);
        targets[target].push(*event);
    }
    targets
}

/// The agents that are found on the machine.
pub fn found(environment: &Environment) -> Vec<&'static Integration> {
    let all = INTEGRATIONS.iter().copied();
    all.filter(|agent| states::is_used(environment, agent)).collect()
}

/// What becomes of the memory of the files of a plan, before they are written.
pub fn remembered(changes: &[Change]) -> BTreeMap<PathBuf, FileMemory> {
    let with = changes.iter().filter_map(|change| {
        let memory = change.memory.clone()?;
        Some((change.found.target.clone(), memory))
    });
    with.collect()
}
