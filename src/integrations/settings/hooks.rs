//! Hooks in a JSON settings file: adds, recognizes and removes git-leverage's.

use serde_json::{Map, Value, json};

use super::command::HookCommand;
use super::edit::{EditError, Editor, Step};
use super::jsonc::{self, Node, NodeValue, Position};
use super::splice::Splice;

/// How one program nests the hooks in one of its files.
#[derive(Debug, Clone, Copy)]
pub struct HookFile {
    /// The path to the object that has a member for each event.
    pub way: &'static [&'static str],
    /// Whether an event has groups, each with a list of hooks, instead of hooks.
    pub grouped: bool,
    /// The member of a hook with the command.
    pub command: &'static str,
    /// The member of a hook with its timeout.
    pub timeout: &'static str,
    /// Further members of each hook.
    pub more: &'static [(&'static str, &'static str)],
    /// The events, each with its timeout, in the unit of the program.
    pub events: &'static [(&'static str, u32)],
    /// Whether the file begins with `"version": 1`.
    pub versioned: bool,
    /// Whether the file belongs to git-leverage by its name.
    pub owned: bool,
    /// Whether the program reads it only if the first of its files does not exist.
    pub only_without_first: bool,
    /// The switches that disable all hooks, each with the value that does.
    pub switches: &'static [(&'static [&'static str], bool)],
}

/// Hooks in the format of Claude Code, which most others adopted.
pub const GROUPED: HookFile = HookFile {
    way: &["hooks"],
    grouped: true,
    command: "command",
    timeout: "timeout",
    more: &[("type", "command")],
    events: &[],
    versioned: false,
    owned: false,
    only_without_first: false,
    switches: &[],
};

/// A hook in a file that calls git-leverage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Present {
    /// The event.
    pub event: String,
    /// The command.
    pub command: HookCommand,
    /// Whether it is as git-leverage writes it. One written by hand belongs to the user: it is neither changed nor removed.
    pub is_own: bool,
}

/// Which of the parts that `setup` may create existed before, by name: `hooks`, `hooks.Stop`, `version`.
pub type Kept = Vec<String>;

/// A text with git-leverage's hooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installed {
    /// The text.
    pub text: String,
    /// The replacements that were made.
    pub splices: Vec<Splice>,
    /// What existed before.
    pub kept: Kept,
}

impl HookFile {
    /// The hooks in a text that call git-leverage, whoever wrote them.
    pub fn present(&self, text: &str) -> Result<Vec<Present>, EditError> {
        let editor = Editor::new(text)?;
        let found = self.calling(&editor)?;
        Ok(found.into_iter().map(|(_, present)| present).collect())
    }

    /// The switch that disables hooks in a text, if any: its names, separated by dots.
    pub fn off(&self, text: &str) -> Option<String> {
        let editor = Editor::new(text).ok()?;
        let is_off = |(way, off): &&(&[&str], bool)| {
            let node = editor.at(&steps(way));
            node.is_some_and(|node| node.value == NodeValue::Bool(*off))
        };
        self.switches.iter().find(is_off).map(|(way, _)| way.join("."))
    }

    /// Whether a text has exactly the hooks for these events that would be written now.
    pub fn is_installed(&self, text: &str, events: &[&str], command: &HookCommand) -> bool {
        let Ok(editor) = Editor::new(text) else {
            return false;
        };
        let Ok(found) = self.ours(&editor) else {
            return false;
        };
        found.len() == events.len()
            && events
                .iter()
                .all(|event| found.iter().any(|(_, one)| one.event == *event))
            && found.iter().all(|(_, one)| one.command == *command)
    }

    /// Whether a text has anything for an event, of git-leverage or others.
    pub fn has(&self, text: &str, event: &str) -> bool {
        let way = [steps(self.way), vec![Step::Key(event.to_owned())]].concat();
        Editor::new(text).is_ok_and(|editor| editor.at(&way).is_some())
    }

    /// The text with hooks for these events, if it had none.
    pub fn install(
        &self,
        text: &str,
        events: &[&str],
        command: &HookCommand,
    ) -> Result<Installed, EditError> {
        let mut editor = Editor::new(text)?;
        let kept = self.there(&editor);
        if editor.root().is_none() {
            editor.begin(&json!({}))?;
        }
        if self.versioned && !kept.iter().any(|name| name == "version") {
            editor.add(&[], Some("version"), &json!(1))?;
        }
        let wanted = self.events.iter().filter(|(event, _)| events.contains(event));
        let wanted: Vec<(&str, Value)> = wanted
            .map(|(event, timeout)| (*event, self.entry(command, *timeout)))
            .collect();
        self.add(&mut editor, wanted)?;
        let (text, splices) = editor.finish();
        Ok(Installed { text, splices, kept })
    }

    fn add(&self, editor: &mut Editor, wanted: Vec<(&str, Value)>) -> Result<(), EditError> {
        let way = steps(self.way);
        for (depth, name) in self.way.iter().enumerate() {
            if editor.at(&way[..=depth]).is_some() {
                continue;
            }
            // All missing hooks are added at once, so that they are laid out together.
            let events: Map<String, Value> = wanted
                .into_iter()
                .map(|(event, entry)| (event.to_owned(), json!([entry])))
                .collect();
            let inner = self.way[depth + 1..].iter().rev();
            let value = inner.fold(Value::Object(events), |value, name| json!({ *name: value }));
            return editor.add(&way[..depth], Some(name), &value);
        }
        for (event, entry) in wanted {
            let mut list = way.clone();
            list.push(Step::Key(event.to_owned()));
            match editor.at(&list) {
                Some(_) => editor.add(&list, None, &entry)?,
                None => editor.add(&way, Some(event), &json!([entry]))?,
            }
        }
        Ok(())
    }

    fn entry(&self, command: &HookCommand, timeout: u32) -> Value {
        let hook = self.hook(command, timeout);
        match self.grouped {
            true => json!({ "hooks": [hook] }),
            false => hook,
        }
    }

    fn hook(&self, command: &HookCommand, timeout: u32) -> Value {
        let mut hook = Map::new();
        for (name, value) in self.more {
            hook.insert((*name).to_owned(), json!(value));
        }
        hook.insert(self.command.to_owned(), json!(command.line()));
        hook.insert(self.timeout.to_owned(), json!(timeout));
        Value::Object(hook)
    }

    /// Which of the parts that `setup` may create exist.
    fn there(&self, editor: &Editor) -> Kept {
        let mut ways: Vec<Vec<&str>> = (1..=self.way.len()).map(|len| self.way[..len].to_vec()).collect();
        if let Some(NodeValue::Map(events)) = editor.at(&steps(self.way)).map(|node| &node.value) {
            let names = events.iter().filter_map(|child| child.key.as_deref());
            ways.extend(names.map(|name| [self.way, &[name]].concat()));
        }
        if self.versioned {
            ways.push(vec!["version"]);
        }
        ways.retain(|way| editor.at(&steps(way)).is_some());
        ways.into_iter().map(|way| way.join(".")).collect()
    }

    /// The text without git-leverage's hooks, and without what they leave empty, except for what is known to have existed.
    pub fn remove(&self, text: &str, kept: Option<&Kept>) -> Result<String, EditError> {
        let mut editor = Editor::new(text)?;
        let mut emptied: Vec<Vec<Step>> = Vec::new();
        // Last one first, so that the paths to the others stay valid.
        for (way, _) in self.ours(&editor)?.into_iter().rev() {
            let (_, list) = way.split_last().ok_or(EditError::Unsafe)?;
            editor.remove(&way)?;
            if self.grouped && is_empty(&editor, list) {
                let group = &list[..list.len() - 1];
                editor.remove(group)?;
                emptied.push(group[..group.len() - 1].to_vec());
            } else if !self.grouped {
                emptied.push(list.to_vec());
            }
        }
        if emptied.is_empty() {
            return Ok(editor.finish().0);
        }
        let is_kept = |way: &[Step]| kept.is_some_and(|kept| kept.contains(&name(way)));
        let above = (1..=self.way.len()).rev().map(|len| steps(&self.way[..len]));
        emptied.extend(above);
        for way in emptied {
            if is_empty(&editor, &way) && !is_kept(&way) {
                editor.remove(&way)?;
            }
        }
        let version = steps(&["version"]);
        if self.versioned && kept.is_some() && !is_kept(&version) && editor.at(&version).is_some() {
            editor.remove(&version)?;
        }
        Ok(editor.finish().0)
    }

    /// Whether nothing is left that anybody would miss.
    pub fn is_bare(&self, text: &str) -> bool {
        let is_frame = |child: &jsonc::Child| self.owned && child.key.as_deref() == Some("version");
        Editor::new(text).is_ok_and(|editor| {
            let has_comments = text.contains("//") || text.contains("/*");
            let members = editor.root().map(|root| root.children());
            !has_comments && members.is_none_or(|members| members.is_some_and(|all| all.iter().all(is_frame)))
        })
    }

    /// The paths to git-leverage's hooks in the order of the text, and the hooks.
    fn ours(&self, editor: &Editor) -> Result<Vec<(Vec<Step>, Present)>, EditError> {
        let mut found = self.calling(editor)?;
        found.retain(|(_, one)| one.is_own);
        Ok(found)
    }

    /// The paths to hooks that call git-leverage in the order of the text, and the hooks. Hooks nested in another way than the
    /// program expects are ignored; in the place of ours, this is an error.
    fn calling(&self, editor: &Editor) -> Result<Vec<(Vec<Step>, Present)>, EditError> {
        if let Some(root) = editor.root() {
            expect(editor, root, true)?;
        }
        let mut way = Vec::new();
        for name in self.way {
            way.push(Step::Key((*name).to_owned()));
            match editor.at(&way) {
                Some(node) => expect(editor, node, true)?,
                None => return Ok(Vec::new()),
            }
        }
        let mut found = Vec::new();
        let events = editor.at(&way).and_then(Node::children).unwrap_or_default();
        for (event, node) in events
            .iter()
            .filter_map(|child| Some((child.key.as_deref()?, &child.node)))
        {
            let is_wanted = self.events.iter().any(|(wanted, _)| *wanted == event);
            match &node.value {
                NodeValue::List(_) => {
                    let list = [way.as_slice(), &[Step::Key(event.to_owned())]].concat();
                    self.calling_in(node, &list, event, &mut found);
                }
                _ if is_wanted => expect(editor, node, false)?,
                _ => {}
            }
        }
        Ok(found)
    }

    fn calling_in(&self, list: &Node, way: &[Step], event: &str, found: &mut Vec<(Vec<Step>, Present)>) {
        for (at, child) in list.children().unwrap_or_default().iter().enumerate() {
            let way = [way, &[Step::At(at)]].concat();
            let (hooks, is_plain) = match self.grouped {
                true => {
                    let hooks = child.node.get("hooks").and_then(Node::children);
                    // A matcher, or anything else beside the hooks, is a choice of the user.
                    let is_plain = child.node.children().is_some_and(|members| members.len() == 1);
                    (hooks.unwrap_or_default(), is_plain)
                }
                false => (std::slice::from_ref(child), true),
            };
            for (at, hook) in hooks.iter().enumerate() {
                let Some((command, is_own)) = self.command_of(&hook.node, event) else {
                    continue;
                };
                let way = match self.grouped {
                    true => [way.as_slice(), &[Step::Key("hooks".into()), Step::At(at)]].concat(),
                    false => way.clone(),
                };
                let present = Present {
                    event: event.to_owned(),
                    command,
                    is_own: is_own && is_plain,
                };
                found.push((way, present));
            }
        }
    }

    /// The command of git-leverage that a hook calls, and whether it is as git-leverage writes it.
    fn command_of(&self, hook: &Node, event: &str) -> Option<(HookCommand, bool)> {
        let line = hook.get(self.command)?.text()?;
        let Some(command) = HookCommand::read(line) else {
            return Some((HookCommand::anywhere(line)?, false));
        };
        let is_own = self.is_written(hook, event, &command);
        Some((command, is_own))
    }

    /// Whether a hook has exactly what is written for an event and a command.
    fn is_written(&self, hook: &Node, event: &str, command: &HookCommand) -> bool {
        let timeout = self.events.iter().find(|(name, _)| *name == event);
        let written = timeout.map(|(_, timeout)| self.hook(command, *timeout).to_string());
        let written = written.and_then(|hook| jsonc::parse(&hook).ok().flatten());
        written.is_some_and(|written| is_same(hook, &written))
    }
}

fn expect(editor: &Editor, node: &Node, is_map: bool) -> Result<(), EditError> {
    match (&node.value, is_map) {
        (NodeValue::Map(_), true) | (NodeValue::List(_), false) => Ok(()),
        _ => Err(EditError::Unexpected {
            place: Position::of(editor.text(), node.span.start),
            what: format!(
                "expected {}, found {}",
                if is_map { "an object" } else { "an array" },
                node.kind()
            ),
        }),
    }
}

/// Whether two objects have the same members, in any order.
fn is_same(one: &Node, other: &Node) -> bool {
    let (Some(one), Some(all)) = (one.children(), other.children()) else {
        return false;
    };
    one.len() == all.len() && one.iter().all(|child| all.contains(child))
}

fn is_empty(editor: &Editor, way: &[Step]) -> bool {
    let children = editor.at(way).and_then(Node::children);
    children.is_some_and(<[_]>::is_empty)
}

fn steps(way: &[&str]) -> Vec<Step> {
    way.iter().map(|name| Step::Key((*name).to_owned())).collect()
}

fn name(way: &[Step]) -> String {
    let names: Vec<&str> = way
        .iter()
        .filter_map(|step| match step {
            Step::Key(key) => Some(key.as_str()),
            Step::At(_) => None,
        })
        .collect();
    names.join(".")
}

#[cfg(test)]
mod tests;
