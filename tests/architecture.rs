//! The house keeps its floors: a room uses only rooms below it.
//!
//! Reads all of `src` and fails on an upward or sideways path, whether in a `use`, in an
//! expression, in a macro or in an attribute; and on what else the house style forbids and no lint
//! can see. The checker itself is tested with small bad samples.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use syn::visit::{self, Visit};

/// Each room and its floor. Rooms of one floor do not know each other.
const FLOORS: &[(&str, u8)] = &[
    ("base", 0),
    ("collection", 1),
    ("exchange", 1),
    ("variable", 2),
    ("auth", 2),
    ("event", 2),
    ("profile", 2),
    ("transport", 3),
    ("script", 3),
    ("history", 3),
    ("mock", 3),
    ("run", 4),
    ("specimen", 4),
    ("observe", 5),
    ("conformance", 5),
    ("lint", 5),
    ("snapshot", 5),
    ("report", 6),
    ("evidence", 7),
    ("comparison", 7),
    ("cli", 8),
];

/// The files that may hold one `unsafe` each: the loader of precompiled scripts and its twin.
const UNSAFE: &[(&str, usize)] = &[("src/script/engine.rs", 1), ("build.rs", 2)];

/// The files that may write to the terminal.
const PRINTERS: &[&str] = &["src/report/progress.rs", "src/cli/printer.rs"];

/// How many lines a file may have.
const LONGEST_FILE: usize = 600;

/// Files that were longer when this test was written, with their lengths; they may only shrink.
const LONGER_FILES: &[(&str, usize)] = &[];

/// How many lines `main.rs` may have.
const LONGEST_MAIN: usize = 19;

static CRATE_PATH: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(crate|preflight)\s*::\s*(\w+)").expect("a constant"));
static STRING: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#""(\\.|[^"\\])*""#).expect("a constant"));
static DOUBLE_SUPER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\bsuper\s*::\s*super\b").expect("a constant"));

fn floor(room: &str) -> Option<u8> {
    FLOORS
        .iter()
        .find(|(name, _)| *name == room)
        .map(|(_, floor)| *floor)
}

/// What is wrong with one file. `path` is relative to the package: `src/base/clock.rs`.
fn problems(path: &str, source: &str) -> Vec<String> {
    let file = match syn::parse_file(source) {
        Ok(file) => file,
        Err(error) => return vec![format!("{path}: cannot be read: {error}")],
    };
    let mut reader = Reader {
        path,
        room: room_of(path),
        problems: Vec::new(),
        unsafe_places: 0,
    };
    if let Some(room) = reader.room
        && floor(room).is_none()
    {
        reader.say(format!("the room `{room}` has no floor"));
    }
    reader.visit_file(&file);
    reader.check_unsafe();
    reader.check_length(source);
    // The fixtures of a tests folder may stand in its `mod.rs`.
    if path.ends_with("/mod.rs") && !path.contains("/tests/") {
        reader.check_mod_file(&file);
    }
    reader.problems
}

/// The room to which a file belongs; `main.rs` and `lib.rs` belong to none.
fn room_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let (room, _) = inside.split_once('/')?;
    Some(room)
}

struct Reader<'a> {
    path: &'a str,
    room: Option<&'a str>,
    problems: Vec<String>,
    unsafe_places: usize,
}

impl Reader<'_> {
    fn say(&mut self, problem: String) {
        let problem = format!("{}: {problem}", self.path);
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// A path as its segments.
    fn check_path(&mut self, segments: &[String]) {
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["crate" | "preflight", "*", ..] => self.say("uses the whole crate".into()),
            ["crate" | "preflight", room, ..] => self.check_room(room),
            ["super", "super", ..] => self.say("uses `super::super`".into()),
            // In the `mod.rs` of a room the parent is the crate.
            ["super", room, ..] if self.is_room_file() => self.check_room(room),
            _ => {}
        }
        if segments
            .iter()
            .any(|segment| matches!(*segment, "stdout" | "stderr"))
        {
            self.check_printer("names a standard stream");
        }
    }

    fn is_room_file(&self) -> bool {
        self.room
            .is_some_and(|room| self.path == format!("src/{room}/mod.rs"))
    }

    fn check_room(&mut self, used: &str) {
        let (Some(room), Some(used_floor)) = (self.room, floor(used)) else {
            return;
        };
        let own_floor = floor(room).unwrap_or_default();
        if used == room {
            return;
        }
        if used_floor > own_floor {
            self.say(format!("`{room}` reaches up to `{used}`"));
        } else if used_floor == own_floor {
            self.say(format!("`{room}` reaches sideways to `{used}`"));
        }
    }

    /// What a macro or an attribute is given: paths by their look.
    fn check_tokens(&mut self, tokens: &str) {
        for found in CRATE_PATH.captures_iter(tokens) {
            self.check_room(&found[2]);
        }
        if DOUBLE_SUPER.is_match(tokens) {
            self.say("uses `super::super`".into());
        }
        self.unsafe_places += tokens
            .split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| *word == "unsafe")
            .count();
    }

    fn check_printer(&mut self, deed: &str) {
        if !PRINTERS.contains(&self.path) && self.path.starts_with("src/") {
            self.say(format!(
                "{deed}, which is left to {}",
                PRINTERS.join(" and ")
            ));
        }
    }

    fn check_unsafe(&mut self) {
        let allowed = UNSAFE
            .iter()
            .find(|(path, _)| *path == self.path)
            .map_or(0, |(_, places)| *places);
        if self.unsafe_places > allowed {
            self.say(format!(
                "has {} unsafe places, {allowed} allowed",
                self.unsafe_places
            ));
        }
    }

    fn check_length(&mut self, source: &str) {
        let lines = source.lines().count();
        let longest = LONGER_FILES
            .iter()
            .find(|(path, _)| *path == self.path)
            .map_or(LONGEST_FILE, |(_, lines)| *lines);
        if lines > longest {
            self.say(format!("has {lines} lines, {longest} allowed"));
        }
        if self.path == "src/main.rs" && lines > LONGEST_MAIN {
            self.say(format!("has {lines} lines, {LONGEST_MAIN} allowed"));
        }
    }

    /// Only the essay, `mod` lines and `use` lines.
    fn check_mod_file(&mut self, file: &syn::File) {
        let essay = file
            .attrs
            .iter()
            .any(|attribute| attribute.path().is_ident("doc"));
        if !essay {
            self.say("begins without a word about its room".into());
        }
        for item in &file.items {
            let plain = match item {
                syn::Item::Use(_) => true,
                syn::Item::Mod(module) => module.content.is_none(),
                // A list of what the room holds is no logic.
                syn::Item::Const(list) => matches!(&*list.ty, syn::Type::Reference(_)),
                _ => false,
            };
            if !plain {
                self.say("holds logic".into());
            }
        }
    }

    /// Every path of a `use` tree.
    fn walk_use(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: String| {
            let mut path = before.to_vec();
            path.push(name);
            path
        };
        match tree {
            syn::UseTree::Path(path) => self.walk_use(&path.tree, &with(path.ident.to_string())),
            syn::UseTree::Name(name) => self.check_path(&with(name.ident.to_string())),
            syn::UseTree::Rename(rename) => self.check_path(&with(rename.ident.to_string())),
            syn::UseTree::Glob(_) => self.check_path(&with("*".into())),
            syn::UseTree::Group(group) => {
                for tree in &group.items {
                    self.walk_use(tree, before);
                }
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.walk_use(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        self.check_path(&segments);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        let name = called.path.segments.last().map(|s| s.ident.to_string());
        if let Some("println" | "print" | "eprintln" | "eprint" | "dbg") = name.as_deref() {
            self.check_printer("prints");
        }
        let tokens = called.tokens.to_string();
        self.check_tokens(&STRING.replace_all(&tokens, "\"\""));
        visit::visit_macro(self, called);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if let syn::Meta::List(list) = &attribute.meta {
            let tokens = list.tokens.to_string();
            // Paths in strings count here: `#[serde(with = "crate::…")]`.
            for found in CRATE_PATH.captures_iter(&tokens) {
                self.check_room(&found[2]);
            }
        }
        visit::visit_attribute(self, attribute);
    }

    fn visit_expr_unsafe(&mut self, block: &'ast syn::ExprUnsafe) {
        self.unsafe_places += 1;
        visit::visit_expr_unsafe(self, block);
    }

    fn visit_signature(&mut self, signature: &'ast syn::Signature) {
        self.unsafe_places += usize::from(signature.unsafety.is_some());
        visit::visit_signature(self, signature);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.unsafe_places += usize::from(item.unsafety.is_some());
        visit::visit_item_impl(self, item);
    }
}

/// All Rust files under `folder`, by their path relative to the package.
fn sources(folder: &Path, prefix: &str, into: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let entry = entry.expect("the sources can be listed");
        let name = entry.file_name().into_string().expect("names are UTF-8");
        let path = format!("{prefix}/{name}");
        if entry.path().is_dir() {
            sources(&entry.path(), &path, into);
        } else if Path::new(&name).extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(entry.path()).expect("the sources can be read");
            into.insert(path, text);
        }
    }
}

fn house() -> BTreeMap<String, String> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut house = BTreeMap::new();
    sources(&package.join("src"), "src", &mut house);
    if let Ok(text) = fs::read_to_string(package.join("build.rs")) {
        house.insert("build.rs".into(), text);
    }
    house
}

#[test]
fn the_house_keeps_its_floors_and_its_style() {
    let house = house();
    assert!(house.len() > 20, "only {} files were found", house.len());
    let problems: Vec<String> = house
        .iter()
        .flat_map(|(path, source)| problems(path, source))
        .collect();
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn every_room_of_the_library_is_on_a_floor() {
    let house = house();
    let library = syn::parse_file(&house["src/lib.rs"]).expect("the library can be read");
    for item in library.items {
        let syn::Item::Mod(module) = item else {
            panic!("lib.rs holds nothing but rooms");
        };
        let room = module.ident.to_string();
        assert!(floor(&room).is_some(), "the room `{room}` has no floor");
    }
}

#[test]
fn no_exception_is_kept_longer_than_it_is_needed() {
    let house = house();
    for (path, _) in LONGER_FILES {
        let lines = house.get(*path).map_or(0, |text| text.lines().count());
        assert!(
            lines > LONGEST_FILE,
            "{path} has {lines} lines; take it off LONGER_FILES"
        );
    }
}

/// What the checker says of `source` as the file at `path`.
fn verdict(path: &str, source: &str) -> String {
    problems(path, source).join("\n")
}

#[test]
fn upward_and_sideways_paths_are_found_wherever_they_stand() {
    // path, source, what is said
    let table = [
        ("src/base/a.rs", "use crate::event::Event;", "up to `event`"),
        (
            "src/base/a.rs",
            "use crate::{event::{Event, End}, base::Clock};",
            "up to `event`",
        ),
        ("src/base/a.rs", "use crate::{event as e};", "up to `event`"),
        ("src/base/a.rs", "pub use crate::cli;", "up to `cli`"),
        (
            "src/base/a.rs",
            "fn f() { crate::run::go(); }",
            "up to `run`",
        ),
        (
            "src/base/a.rs",
            "fn f(x: &crate::run::Plan<u8>) {}",
            "up to `run`",
        ),
        (
            "src/base/a.rs",
            "fn f() -> Vec<crate::run::Plan> { vec![] }",
            "up to `run`",
        ),
        (
            "src/base/a.rs",
            "impl crate::event::Listener for X {}",
            "up to `event`",
        ),
        (
            "src/base/a.rs",
            "fn f() { x!(a, crate :: run :: Plan) }",
            "up to `run`",
        ),
        (
            "src/base/a.rs",
            "#[serde(with = \"crate::run::text\")] struct A;",
            "up to `run`",
        ),
        (
            "src/base/a.rs",
            "#[cfg(test)] mod t { use crate::run::Plan; }",
            "up to `run`",
        ),
        (
            "src/auth/a.rs",
            "use crate::variable::Scope;",
            "sideways to `variable`",
        ),
        (
            "src/mock/a/b.rs",
            "use crate::history::Reader;",
            "sideways to `history`",
        ),
        (
            "src/mock/mod.rs",
            "//! m\nuse super::history::Reader;",
            "sideways to `history`",
        ),
        (
            "src/base/a.rs",
            "use super::super::event;",
            "`super::super`",
        ),
        (
            "src/base/a.rs",
            "fn f() { super::super::g() }",
            "`super::super`",
        ),
        (
            "src/base/a.rs",
            "fn f() { x!(super::super::g()) }",
            "`super::super`",
        ),
        ("src/base/a.rs", "use crate::*;", "the whole crate"),
        ("src/attic/a.rs", "", "the room `attic` has no floor"),
        ("src/base/a.rs", "fn (", "cannot be read"),
    ];
    for (path, source, said) in table {
        assert!(
            verdict(path, source).contains(said),
            "{source}: {}",
            verdict(path, source)
        );
    }
}

#[test]
fn downward_paths_and_mere_words_are_left_alone() {
    let table = [
        (
            "src/cli/a.rs",
            "use crate::{base::Clock, report::Console}; fn f() { crate::run::go() }",
        ),
        (
            "src/run/a.rs",
            "use super::plan::Plan; use crate::run::Step;",
        ),
        (
            "src/base/a.rs",
            "//! See `crate::run`.\n/// crate::run\nfn f() { g!(\"crate::run::x\") }",
        ),
        (
            "src/mock/mod.rs",
            "//! m\nmod door;\npub use door::Door;\n#[cfg(test)]\nmod tests;",
        ),
        ("src/report/progress.rs", "fn f() { std::io::stderr(); }"),
        ("src/script/engine.rs", "fn f() { unsafe { g() } }"),
        ("src/lib.rs", "pub mod cli;"),
    ];
    for (path, source) in table {
        assert_eq!(verdict(path, source), "", "{source}");
    }
}

#[test]
fn the_other_rules_of_the_house_are_held() {
    let long = "fn f() {}\n".repeat(LONGEST_FILE + 1);
    let main = "fn f() {}\n".repeat(LONGEST_MAIN + 1);
    let table: [(&str, &str, &str); 12] = [
        ("src/base/mod.rs", "//! b\nfn f() {}", "holds logic"),
        (
            "src/base/mod.rs",
            "//! b\nmod a { fn f() {} }",
            "holds logic",
        ),
        ("src/base/mod.rs", "mod a;", "without a word"),
        (
            "src/base/a.rs",
            "fn f() { unsafe { g() } }",
            "1 unsafe places, 0 allowed",
        ),
        (
            "src/base/a.rs",
            "unsafe fn f() {}",
            "1 unsafe places, 0 allowed",
        ),
        (
            "src/base/a.rs",
            "unsafe impl Send for X {}",
            "1 unsafe places, 0 allowed",
        ),
        (
            "src/base/a.rs",
            "fn f() { x!(unsafe { g() }) }",
            "1 unsafe places, 0 allowed",
        ),
        ("src/run/a.rs", "fn f() { println!(\"x\") }", "prints"),
        ("src/run/a.rs", "fn f() { std::eprint!(\"x\") }", "prints"),
        (
            "src/run/a.rs",
            "fn f() { std::io::stdout(); }",
            "names a standard stream",
        ),
        ("src/run/a.rs", &long, "601 lines, 600 allowed"),
        ("src/main.rs", &main, "20 lines, 19 allowed"),
    ];
    for (path, source, said) in table {
        assert!(
            verdict(path, source).contains(said),
            "{path}: {}",
            verdict(path, source)
        );
    }
    let two = "fn f() { unsafe { g() } unsafe { h() } }";
    assert!(verdict("src/script/engine.rs", two).contains("2 unsafe places, 1 allowed"));
}
