//! What a collection means: a tree of folders and items, with what each inherits.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{RequestTemplate, Variable};

/// A collection.
#[derive(Clone, Debug)]
pub struct Collection {
    /// The file's JSON, unwrapped, with every field.
    pub value: Arc<Value>,
    /// Its variables.
    pub variables: Vec<Variable>,
    /// Its items, scripts and auth: the collection itself is the outermost folder.
    pub root: Folder,
}

/// A folder.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its auth, where it says one.
    pub auth: Option<Arc<Value>>,
    /// Its scripts.
    pub scripts: Vec<Script>,
    /// Its `protocolProfileBehavior`.
    pub behavior: Map<String, Value>,
    /// What is in it, in order.
    pub nodes: Vec<Node>,
}

/// A folder or an item.
#[derive(Clone, Debug)]
pub enum Node {
    /// A folder.
    Folder(Folder),
    /// A request.
    Item(Arc<Item>),
}

/// A request with its scripts.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its request.
    pub request: RequestTemplate,
    /// Its own auth, where it says one.
    pub auth: Option<Arc<Value>>,
    /// Its scripts.
    pub scripts: Vec<Script>,
    /// Its `protocolProfileBehavior`.
    pub behavior: Map<String, Value>,
    /// The file's JSON.
    pub value: Arc<Value>,
}

/// When a script runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptEvent {
    /// Before the request.
    Prerequest,
    /// After the response.
    Test,
}

/// A script.
#[derive(Clone, Debug)]
pub struct Script {
    /// When it runs.
    pub event: ScriptEvent,
    /// Its text.
    pub source: Arc<str>,
    /// Its id.
    pub id: String,
    /// The folder or item to which it belongs, as messages call it.
    pub owner: String,
}

impl Script {
    /// Whether nothing stands in it. Such a script is counted and not run.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.source.trim().is_empty()
    }
}

/// An item with everything that it inherits.
#[derive(Clone, Debug)]
pub struct Step {
    /// The item.
    pub item: Arc<Item>,
    /// Collection, folders and the item's own name.
    pub path: Vec<String>,
    /// The ids of collection and folders, outermost first.
    pub folders: Vec<String>,
    /// The auth that counts: the nearest that is said.
    pub auth: Option<Arc<Value>>,
    /// The scripts before the request, outermost first.
    pub prerequest: Vec<Script>,
    /// The scripts after the response, outermost first.
    pub tests: Vec<Script>,
    /// `protocolProfileBehavior`, merged; the nearest wins for each key.
    pub behavior: Map<String, Value>,
}

impl Collection {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.root.name
    }

    /// Its items in order, each with what it inherits.
    #[must_use]
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        // Folders still to be walked through, innermost last. A stack of our own: the nesting of
        // a file is its author's choice and must not become the depth of our call stack.
        let mut stack = vec![(
            Inherited::default().below(&self.root),
            self.root.nodes.iter(),
        )];
        while let Some((inherited, nodes)) = stack.last_mut() {
            match nodes.next() {
                None => {
                    stack.pop();
                }
                Some(Node::Item(item)) => steps.push(inherited.step(item)),
                Some(Node::Folder(folder)) => {
                    let inherited = inherited.below(folder);
                    stack.push((inherited, folder.nodes.iter()));
                }
            }
        }
        steps
    }
}

/// What an item gets from the folders around it.
#[derive(Clone, Default)]
struct Inherited {
    path: Vec<String>,
    folders: Vec<String>,
    auth: Option<Arc<Value>>,
    scripts: Vec<Script>,
    behavior: Map<String, Value>,
}

impl Inherited {
    fn below(&self, folder: &Folder) -> Self {
        let mut inner = self.clone();
        inner.path.push(folder.name.clone());
        inner.folders.push(folder.id.clone());
        inner.auth = folder.auth.clone().or(inner.auth);
        inner.scripts.extend(folder.scripts.iter().cloned());
        inner.behavior.extend(folder.behavior.clone());
        inner
    }

    fn step(&self, item: &Arc<Item>) -> Step {
        let mut path = self.path.clone();
        path.push(item.name.clone());
        let mut behavior = self.behavior.clone();
        behavior.extend(item.behavior.clone());
        let scripts = |event| {
            self.scripts
                .iter()
                .chain(&item.scripts)
                .filter(|script| script.event == event)
                .cloned()
                .collect()
        };
        Step {
            item: Arc::clone(item),
            path,
            folders: self.folders.clone(),
            auth: item.auth.clone().or_else(|| self.auth.clone()),
            prerequest: scripts(ScriptEvent::Prerequest),
            tests: scripts(ScriptEvent::Test),
            behavior,
        }
    }
}
