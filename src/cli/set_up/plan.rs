//! What is to become of each file, decided before any of them is changed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::files::{self, Found};
use super::memory::{FileMemory, Memory, hash};
use super::states;
use crate::cli::environment::Environment;
use crate::facts::diagnostics::Warning;
use crate::facts::shell;
use crate::integrations::INTEGRATIONS;
use crate::integrations::integration::Integration;
use crate::integrations::plugin;
use crate::integrations::settings::command::HookCommand;
use crate::integrations::settings::hooks::{HookFile, Installed};
use crate::integrations::setup::{self, HookState, Place, PlaceContent, Scope, SetupForm, Surroundings};
use crate::integrations::skill;

/// The request.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The scope.
    pub scope: Scope,
    /// What hooks should call; `None` to remove everything that git-leverage added.
    pub command: Option<HookCommand>,
    /// Whether agents that are already reminded stay so, whatever the command says.
    pub keeps_remind: bool,
}

impl Wanted {
    /// The command for the hooks of one agent.
    fn asked(&self, is_reminded: bool) -> Option<HookCommand> {
        let mut command = self.command.clone()?;
        command.remind |= self.keeps_remind && is_reminded;
        Some(command)
    }
}

/// A file that is to change.
#[derive(Debug, Clone)]
pub struct Change {
    /// The path as it is named.
    pub path: PathBuf,
    /// The file as it was read.
    pub found: Found,
    /// The new content; `None` to remove it.
    pub new: Option<String>,
    /// What is remembered of it; `None` if nothing from git-leverage remains in it.
    pub memory: Option<FileMemory>,
    /// The directories that are removed with it if they are empty.
    pub folders: Vec<PathBuf>,
    /// Whether the whole file belongs to git-leverage.
    pub whole: bool,
    /// What is left for the person to do after it is written.
    pub then: Option<&'static str>,
}

/// Everything that is to be done.
#[derive(Debug, Default)]
pub struct Plan {
    /// The files, in the order of the agents.
    pub changes: Vec<Change>,
    /// What is skipped, and why.
    pub left: Vec<Warning>,
    /// Notices that prevent nothing.
    pub notes: Vec<Warning>,
}

/// The machine, as a plan needs it.
pub struct Machine<'a> {
    /// The process.
    pub environment: &'a Environment,
    /// The top of the current working tree.
    pub project: Option<&'a Path>,
    /// The memory.
    pub memory: &'a Memory,
}

impl Machine<'_> {
    /// Plans the changes for these agents.
    pub fn plan(&self, agents: &[&'static Integration], wanted: &Wanted) -> Plan {
        let mut plan = Plan::default();
        let mut skills: Vec<(PathBuf, &str)> = Vec::new();
        for agent in agents {
            self.plan_hooks(agent, wanted, &mut plan);
            let skill = self.skill(&agent.setup, wanted.scope);
            if let Some(skill) = skill.filter(|skill| !skills.iter().any(|(known, _)| known == skill)) {
                skills.push((skill, agent.identity.name));
            }
        }
        for (path, agent) in skills {
            if wanted.command.is_some() || !self.is_needed(&path, agents, wanted.scope) {
                let own = Own {
                    path: &path,
                    agent,
                    write: &|_| skill::SKILL.to_owned(),
                    read: &|text| skill::is_ours(text).then_some(false),
                    then: None,
                };
                self.plan_own(&own, wanted, &mut plan);
            }
        }
        if wanted.command.is_none() && wanted.scope == Scope::User && agents.len() == INTEGRATIONS.len() {
            self.plan_strays(&mut plan);
        }
        self.check(&mut plan, wanted.scope);
        plan
    }

    /// Files of earlier calls where no agent has its settings now, because a variable is no longer set.
    fn plan_strays(&self, plan: &mut Plan) {
        let looked_at: Vec<PathBuf> = INTEGRATIONS
            .iter()
            .flat_map(|agent| {
                let places = self.places(&agent.setup, Scope::User).into_iter();
                let skill = self.skill(&agent.setup, Scope::User);
                places.map(|place| place.path).chain(skill)
            })
            .filter_map(|path| files::read(&path).ok().map(|found| found.target))
            .collect();
        let strays = self.memory.files.iter();
        for (path, known) in strays.filter(|(path, known)| known.of_user && !looked_at.contains(path)) {
            let Ok(found) = files::read(path) else {
                continue;
            };
            let Some(text) = found.text.as_deref().filter(|_| !plan.has(&found)) else {
                continue;
            };
            match known.before(text) {
                Some(new) => plan.changes.push(Change {
                    path: path.clone(),
                    new,
                    memory: None,
                    folders: known.folders.clone(),
                    whole: known.before.is_none(),
                    then: None,
                    found,
                }),
                None => plan.leave(
                    path,
                    "written by an earlier `setup` and changed since; no agent reads settings there now",
                ),
            }
        }
    }

    /// Skips what must not be written, and warns about surprises.
    fn check(&self, plan: &mut Plan, scope: Scope) {
        let top = self.project.filter(|_| scope == Scope::Project);
        let top = top.map(|top| top.canonicalize().unwrap_or_else(|_| top.to_owned()));
        for change in std::mem::take(&mut plan.changes) {
            let target = &change.found.target;
            let outside = top.as_deref().and_then(|top| outside(target, top));
            if let Some(reason) = outside.or_else(|| files::forbidden(target)) {
                plan.leave(&change.path, &reason);
                continue;
            }
            let names = files::names(target);
            if names > 1 && change.found.text.is_some() {
                let text = format!("it has {names} hard links; the others keep the current content");
                plan.notes
                    .push(Warning::new(change.path.display().to_string(), text));
            }
            plan.changes.push(change);
        }
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

    /// Whether an agent outside this call uses this skill and is set up.
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

    fn plan_hooks(&self, agent: &'static Integration, wanted: &Wanted, plan: &mut Plan) {
        let form = &agent.setup;
        let mut hooks: Vec<(PathBuf, HookFile, Found)> = Vec::new();
        let places = self.places(form, wanted.scope);
        if places.is_empty() {
            return plan.leave(
                Path::new(form.title),
                "cannot find its settings: `HOME` is not set",
            );
        }
        for place in places {
            match place.content {
                PlaceContent::Plugin(template) => {
                    let own = Own {
                        path: &place.path,
                        agent: agent.identity.name,
                        write: &|command| plugin::written(template, command),
                        read: &|text| plugin::read(template, text).map(|command| command.remind),
                        then: form.then,
                    };
                    self.plan_own(&own, wanted, plan);
                }
                PlaceContent::Hooks(file) => match files::read(&place.path) {
                    // Another agent's settings behind a link: the hooks of both cannot be told apart.
                    Ok(found) if plan.has(&found) => {
                        if wanted.command.is_some() {
                            plan.leave(&place.path, "another agent uses the same file");
                        }
                        return;
                    }
                    Ok(found) => hooks.push((place.path, file, found)),
                    Err(reason) => return plan.leave(&place.path, &reason),
                },
            }
        }
        self.plan_shared(form, hooks, wanted, plan);
    }

    /// The files of an agent that other programs also have hooks in.
    fn plan_shared(
        &self,
        form: &SetupForm,
        hooks: Vec<(PathBuf, HookFile, Found)>,
        wanted: &Wanted,
        plan: &mut Plan,
    ) {
        plan.notes
            .extend(hooks.iter().filter_map(|hooks| match wanted.command {
                Some(_) => turned_off(form, hooks),
                None => left_over(hooks),
            }));
        let bases: Result<Vec<Option<String>>, _> = hooks
            .iter()
            .map(|(path, file, found)| self.base(file, found).map_err(|reason| (path.clone(), reason)))
            .collect();
        let bases = match bases {
            Ok(bases) => bases,
            // Its other files may have hooks for the same event: none of them is changed.
            Err((path, reason)) => return plan.leave(&path, &reason),
        };
        let command = wanted.asked(hooks.iter().any(is_reminded));
        let targets = targets(&hooks, &bases, command.is_some());
        for (((path, file, found), base), events) in hooks.into_iter().zip(bases).zip(targets) {
            let command = command.as_ref().filter(|_| !events.is_empty());
            let made = self.change(path.clone(), &file, found, base, &events, command);
            match made {
                Ok(change) => plan.changes.extend(change.map(|mut change| {
                    change.then = form.then;
                    if let Some(memory) = &mut change.memory {
                        memory.of_user = wanted.scope == Scope::User;
                    }
                    change
                })),
                Err(reason) => plan.leave(&path, &reason),
            }
        }
    }

    /// The content of a file without git-leverage; `None` if it would not exist.
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
        command: Option<&HookCommand>,
    ) -> Result<Option<Change>, String> {
        let text = found.text.as_deref().unwrap_or_default();
        let known = self.memory.files.get(&found.target);
        let folders = known.map(|known| known.folders.clone()).unwrap_or_default();
        let (new, memory) = match command {
            Some(command) => {
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
                    of_user: false,
                };
                (Some(text), Some(memory))
            }
            None => (base, None),
        };
        Ok((new != found.text).then_some(Change {
            path,
            found,
            new,
            memory,
            folders,
            whole: false,
            then: None,
        }))
    }

    /// Plans a file that belongs entirely to git-leverage.
    fn plan_own(&self, own: &Own<'_>, wanted: &Wanted, plan: &mut Plan) {
        let path = own.path;
        let found = match files::read(path) {
            Ok(found) => found,
            Err(reason) => return plan.leave(path, &reason),
        };
        let known = self.memory.files.get(&found.target);
        let read = found.text.as_deref().and_then(own.read);
        let ours = read.is_some()
            || found
                .text
                .as_deref()
                .is_none_or(|text| known.is_some_and(|known| known.is_untouched(text)));
        if !ours {
            plan.leave(path, "it was changed, or git-leverage did not write it");
            if let Some(left) = plan.left.pop() {
                plan.left.push(left.hint(own.advice(wanted)));
            }
            return;
        }
        let new = wanted.asked(read == Some(true)).as_ref().map(own.write);
        if new == found.text || plan.has(&found) {
            return;
        }
        let mut folders = known.map(|known| known.folders.clone()).unwrap_or_default();
        if known.is_none() {
            // The name of a skill's directory marks it as git-leverage's.
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
            of_user: wanted.scope == Scope::User,
        });
        plan.changes.push(Change {
            path: path.to_owned(),
            found,
            new,
            memory,
            folders,
            whole: true,
            then: own.then,
        });
    }
}

/// A file that belongs entirely to git-leverage.
struct Own<'a> {
    path: &'a Path,
    /// An agent that has it.
    agent: &'a str,
    /// The content for a command.
    write: &'a dyn Fn(&HookCommand) -> String,
    /// Whether the reminder is on, in a text that git-leverage writes; `None` for any other text.
    read: &'a dyn Fn(&str) -> Option<bool>,
    /// What is left for the person to do after it is written.
    then: Option<&'static str>,
}

impl Own<'_> {
    /// How to remove another program's file with this name.
    fn advice(&self, wanted: &Wanted) -> String {
        let remove = format!("rm {}", shell::word(&self.path.display().to_string()));
        let scope = match wanted.scope {
            Scope::User => "",
            Scope::Project => " --project",
        };
        match wanted.command {
            Some(_) => format!(
                "Run `{remove} && git leverage setup --agent {}{scope}` to replace it",
                self.agent
            ),
            None => format!("Run `{remove}` to remove it anyway"),
        }
    }
}

impl Plan {
    /// Whether the file already changes.
    fn has(&self, found: &Found) -> bool {
        self.changes
            .iter()
            .any(|change| change.found.target == found.target)
    }

    fn leave(&mut self, path: &Path, reason: &str) {
        let warning = Warning::new(path.display().to_string(), format!("skipped: {reason}"));
        self.left.push(warning);
    }
}

/// Why a file is not part of the repository although its name is: links lead out of the working tree or into the git directory.
fn outside(target: &Path, top: &Path) -> Option<String> {
    let is_gits = |below: &Path| below.iter().any(|part| part.eq_ignore_ascii_case(".git"));
    let goes_up = |below: &Path| below.iter().any(|part| part == "..");
    match target.strip_prefix(top) {
        Ok(below) if !is_gits(below) && !goes_up(below) => None,
        Ok(_) => Some(format!(
            "a symbolic link points into the git directory, to `{}`",
            target.display()
        )),
        Err(_) => Some(format!(
            "a symbolic link points out of the repository, to `{}`",
            target.display()
        )),
    }
}

/// Whether git-leverage's hooks in a file remind.
fn is_reminded((_, file, found): &(PathBuf, HookFile, Found)) -> bool {
    let present = found.text.as_deref().and_then(|text| file.present(text).ok());
    present.is_some_and(|all| all.iter().any(|one| one.is_own && one.command.remind))
}

/// Hooks that call git-leverage, but were written by someone else, and stay.
fn left_over((path, file, found): &(PathBuf, HookFile, Found)) -> Option<Warning> {
    let present = file.present(found.text.as_deref()?).ok()?;
    let mut events: Vec<&str> = present
        .iter()
        .filter(|one| !one.is_own)
        .map(|one| one.event.as_str())
        .collect();
    events.dedup();
    let text = format!(
        "left in place: hooks that call git-leverage, but were not written by `setup`: {}",
        events.join(", ")
    );
    (!events.is_empty()).then(|| Warning::new(path.display().to_string(), text))
}

/// The setting that makes an agent call no hooks at all.
fn turned_off(form: &SetupForm, (path, file, found): &(PathBuf, HookFile, Found)) -> Option<Warning> {
    let switch = file.off(found.text.as_deref()?)?;
    let text = format!("{} calls no hooks while `{switch}` is set", form.title);
    Some(Warning::new(path.display().to_string(), text))
}

/// Which events go into which of an agent's files. If one of them already has an event, the agent may not look in others.
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

/// The agents found on this machine.
pub fn found(environment: &Environment) -> Vec<&'static Integration> {
    let all = INTEGRATIONS.iter().copied();
    all.filter(|agent| states::is_used(environment, agent)).collect()
}

/// How the memory of a plan's files changes, before they are written.
pub fn remembered(changes: &[Change]) -> BTreeMap<PathBuf, FileMemory> {
    let with = changes.iter().filter_map(|change| {
        let memory = change.memory.clone()?;
        Some((change.found.target.clone(), memory))
    });
    with.collect()
}
