//! What each source file takes from which other: every `use` and every path in the code, resolved to the file that defines
//! the item, through re-exports and aliases. Unit tests are left out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// The names of the modules on the way from the crate's root.
type ModulePath = Vec<String>;

/// The source files and what they take from each other.
#[derive(Clone)]
pub struct Imports {
    /// For each file, the files that it names and the paths by which it does, after aliases are followed.
    pub files: BTreeMap<PathBuf, BTreeMap<PathBuf, BTreeSet<String>>>,
    /// For each file, the paths into other crates.
    pub foreign: BTreeMap<PathBuf, BTreeSet<String>>,
}

impl Imports {
    /// Reads all sources below `src`: the crate there, and those of its directories that are crates, as if they were its modules.
    pub fn read(src: &Path) -> Self {
        let mut tree = Tree::default();
        tree.add_file(src, Path::new("lib.rs"), Vec::new());
        for entry in std::fs::read_dir(src).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let root = Path::new(&name).join("lib.rs");
            if src.join(&root).exists() {
                tree.add_file(src, &root, vec![name.clone()]);
                tree.crates.insert(name);
            }
        }
        let mut imports = Self {
            files: BTreeMap::new(),
            foreign: BTreeMap::new(),
        };
        for (at, module) in &tree.modules {
            let taken = imports.files.entry(module.file.clone()).or_default();
            let foreign = imports.foreign.entry(module.file.clone()).or_default();
            for path in &module.mentions {
                match tree.resolve(at, path, 0) {
                    Some(Target::Item(file, name)) if file != module.file => {
                        taken.entry(file).or_default().insert(name);
                    }
                    Some(Target::Foreign(path)) => {
                        foreign.insert(path.join("::"));
                    }
                    Some(Target::Item(..) | Target::Module(_)) | None => {}
                }
            }
        }
        imports
    }

    /// The groups of files each of which can be reached from every other of its group, with the edges inside.
    pub fn circles(&self) -> Vec<String> {
        let reach: BTreeMap<&PathBuf, BTreeSet<&PathBuf>> =
            self.files.keys().map(|file| (file, self.reached(file))).collect();
        let mut told: BTreeSet<&PathBuf> = BTreeSet::new();
        let mut circles = Vec::new();
        for (file, reached) in &reach {
            if !reached.contains(*file) || told.contains(*file) {
                continue;
            }
            let circle: BTreeSet<&PathBuf> = reached
                .iter()
                .copied()
                .filter(|other| reach[*other].contains(*file))
                .collect();
            circles.push(self.arrows_within(&circle));
            told.extend(circle);
        }
        circles
    }

    fn reached(&self, from: &PathBuf) -> BTreeSet<&PathBuf> {
        let mut reached = BTreeSet::new();
        let mut open: Vec<&PathBuf> = self.files[from].keys().collect();
        while let Some(file) = open.pop() {
            if reached.insert(file) {
                open.extend(self.files.get(file).into_iter().flat_map(BTreeMap::keys));
            }
        }
        reached
    }

    fn arrows_within(&self, circle: &BTreeSet<&PathBuf>) -> String {
        let mut text = String::new();
        for file in circle {
            for (other, names) in self.files[*file]
                .iter()
                .filter(|(other, _)| circle.contains(other))
            {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                text += &format!(
                    "{} -> {}: {}\n",
                    file.display(),
                    other.display(),
                    names.join(", ")
                );
            }
        }
        text
    }
}

/// One module: a file, or a block in one.
struct Module {
    file: PathBuf,
    /// What `use` imports here, by local name.
    aliases: HashMap<String, ModulePath>,
    /// Modules whose names are all in scope.
    globs: Vec<ModulePath>,
    /// Names that are defined here.
    items: BTreeSet<String>,
    /// Paths in the code.
    mentions: BTreeSet<ModulePath>,
}

/// What a path leads to.
enum Target {
    /// An item that a file defines.
    Item(PathBuf, String),
    Module(ModulePath),
    /// An item of another crate.
    Foreign(ModulePath),
}

#[derive(Default)]
struct Tree {
    modules: BTreeMap<ModulePath, Module>,
    /// Modules at the top that are crates of their own.
    crates: BTreeSet<String>,
}

impl Tree {
    fn add_file(&mut self, src: &Path, file: &Path, at: ModulePath) {
        let text = std::fs::read_to_string(src.join(file)).unwrap();
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.add_items(src, file, at, &parsed.items);
    }

    fn add_items(&mut self, src: &Path, file: &Path, at: ModulePath, items: &[Item]) {
        let mut module = Module {
            file: file.to_owned(),
            aliases: HashMap::new(),
            globs: Vec::new(),
            items: BTreeSet::new(),
            mentions: BTreeSet::new(),
        };
        for item in items.iter().filter(|item| !is_test(attributes(item))) {
            if let Item::Mod(inner) = item {
                let name = inner.ident.to_string();
                let inside = below(&at, &name);
                match &inner.content {
                    Some((_, items)) => self.add_items(src, file, inside, items),
                    None => self.add_file(src, &file_of(src, &inside), inside),
                }
            } else {
                module.items.extend(defined(item));
                Reader(&mut module).visit_item(item);
            }
        }
        self.modules.insert(at, module);
    }

    /// Where `path` in the module `at` leads.
    fn resolve(&self, at: &[String], path: &[String], depth: usize) -> Option<Target> {
        // An alias may lead to itself through a glob.
        if depth > 20 {
            return None;
        }
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" => {
                let own = at.first().filter(|first| self.crates.contains(*first));
                self.walk(own.cloned().into_iter().collect(), rest, depth)
            }
            "self" => self.walk(at.to_owned(), rest, depth),
            "super" => self.walk(at[..at.len().checked_sub(1)?].to_owned(), rest, depth),
            _ if self.has(at, first) => self.walk(at.to_owned(), path, depth),
            _ => {
                let name = first.strip_prefix("git_leverage_").unwrap_or_default();
                if self.crates.contains(name) {
                    return self.walk(vec![name.to_owned()], rest, depth);
                }
                let is_crate = !rest.is_empty()
                    && first
                        .chars()
                        .all(|c| c.is_lowercase() || "_0123456789".contains(c));
                is_crate.then(|| Target::Foreign(path.to_owned()))
            }
        }
    }

    /// Whether a module defines or imports a name.
    fn has(&self, at: &[String], name: &str) -> bool {
        let module = &self.modules[at];
        self.modules.contains_key(&below(at, name))
            || module.items.contains(name)
            || module.aliases.contains_key(name)
            || self.glob_with(at, name, 0).is_some()
    }

    /// The module whose glob brings a name into scope.
    fn glob_with(&self, at: &[String], name: &str, depth: usize) -> Option<ModulePath> {
        let is_ours = |glob: &&ModulePath| match glob.first().map(String::as_str) {
            Some("crate" | "self" | "super") => true,
            Some(first) => self.modules.contains_key(&below(at, first)),
            None => false,
        };
        let mut globs = self.modules[at].globs.iter().filter(is_ours);
        globs.find_map(|glob| match self.resolve(at, glob, depth + 1)? {
            Target::Module(other) if other != at && self.modules[&other].items.contains(name) => Some(other),
            _ => None,
        })
    }

    fn walk(&self, at: ModulePath, rest: &[String], depth: usize) -> Option<Target> {
        let Some((name, after)) = rest.split_first() else {
            return Some(Target::Module(at));
        };
        if name == "super" {
            return self.walk(at[..at.len().checked_sub(1)?].to_owned(), after, depth);
        }
        let module = &self.modules[&at];
        let inside = below(&at, name);
        if self.modules.contains_key(&inside) && (!after.is_empty() || !module.items.contains(name)) {
            return self.walk(inside, after, depth);
        }
        if module.items.contains(name) {
            return Some(Target::Item(module.file.clone(), name.clone()));
        }
        if let Some(alias) = module.aliases.get(name) {
            let path: ModulePath = alias.iter().chain(after).cloned().collect();
            return self.resolve(&at, &path, depth + 1);
        }
        let other = self.glob_with(&at, name, depth)?;
        self.walk(other, rest, depth + 1)
    }
}

/// Collects what one module imports and mentions.
struct Reader<'m>(&'m mut Module);

impl Reader<'_> {
    fn add_use(&mut self, tree: &UseTree, before: &ModulePath, is_public: bool) {
        let with = |name: &syn::Ident| {
            before
                .iter()
                .cloned()
                .chain([name.to_string()])
                .collect::<ModulePath>()
        };
        let (path, name) = match tree {
            UseTree::Path(path) => return self.add_use(&path.tree, &with(&path.ident), is_public),
            UseTree::Group(group) => {
                return group
                    .items
                    .iter()
                    .for_each(|tree| self.add_use(tree, before, is_public));
            }
            UseTree::Glob(_) => return self.0.globs.push(before.clone()),
            UseTree::Name(name) if name.ident == "self" => {
                (before.clone(), before.last().cloned().unwrap_or_default())
            }
            UseTree::Name(name) => (with(&name.ident), name.ident.to_string()),
            UseTree::Rename(name) if name.ident == "self" => (before.clone(), name.rename.to_string()),
            UseTree::Rename(name) => (with(&name.ident), name.rename.to_string()),
        };
        // What is only re-exported is not used here; where it is used, a path in the code names it.
        if !is_public {
            self.0.mentions.insert(path.clone());
        }
        self.0.aliases.insert(name, path);
    }

    /// The paths among the words of a macro or an attribute.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: ModulePath = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.add_mention(std::mem::take(&mut path));
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                other => {
                    self.add_mention(std::mem::take(&mut path));
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.add_tokens(group.stream());
                    }
                }
            }
        }
        self.add_mention(path);
    }

    fn add_mention(&mut self, path: ModulePath) {
        if !path.is_empty() {
            self.0.mentions.insert(path);
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let is_public = !matches!(item.vis, Visibility::Inherited);
        self.add_use(&item.tree, &Vec::new(), is_public);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.add_mention(path.segments.iter().map(|part| part.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.add_tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            self.add_tokens(list.tokens.clone());
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Fn(function) => function.attrs.as_slice(),
            _ => &[],
        };
        if !is_test(attributes) {
            visit::visit_impl_item(self, item);
        }
    }
}

/// The path of a module in another.
fn below(at: &[String], name: &str) -> ModulePath {
    at.iter().cloned().chain([name.to_owned()]).collect()
}

/// The file of a module.
fn file_of(src: &Path, at: &[String]) -> PathBuf {
    let folder: PathBuf = at.iter().collect();
    let beside = folder.with_extension("rs");
    if src.join(&beside).exists() {
        return beside;
    }
    folder.join("mod.rs")
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let Ok(list) = attribute.meta.require_list() else {
            return false;
        };
        attribute.path().is_ident("cfg") && list.tokens.to_string() == "test"
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn defined(item: &Item) -> Option<String> {
    Some(match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Enum(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::Macro(item) => item.ident.as_ref()?.to_string(),
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        _ => return None,
    })
}
