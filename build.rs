//! Installs the npm packages that Postman's scripts see and packs them into one file.
//! Holds the clauses of the platform against their reviews first (`build/clauses.rs`).
//!
//! What it does with the packages, in order:
//!
//! 1. `npm ci` on `src/script/js/package-lock.json`, so that npm checks every integrity hash. The packages lie in a
//!    folder under `target/` that is named after the lock and survives `OUT_DIR`. `PREFLIGHT_NODE_MODULES=<folder>`
//!    names a prepared `node_modules` instead (offline and distribution builds need no npm then).
//! 2. Follow every `require("…")` from the entry points with the rules of bundlers (`oxc_resolver`).
//! 3. Compile each module, and each file of our own prelude, to the bytecode of the engine that will run them. When the
//!    target's byte order or word size is not this machine's, the texts are packed instead.
//! 4. Write `script_library.bin` (all modules, one after the other), `script_library.rs` (a static index over them:
//!    nothing is parsed when the program starts) and `third_party.txt` (the licences of the packed packages).
//!
//! Nothing is bundled, minified or changed: a module is found by its index and loaded when it is first required.
#![expect(
    clippy::disallowed_methods,
    reason = "a build script is told everything through environment variables"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::ffi::CString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[path = "build/clauses.rs"]
mod clauses;
#[path = "build/sources.rs"]
mod sources;

use oxc_resolver::{Alias, AliasValue, ResolveError, ResolveOptions, Resolver};
use regex::Regex;

/// What scripts can `require`, what the prelude needs, and what both lead to.
const ENTRIES: &[&str] = &[
    "@faker-js/faker/locale/en",
    "ajv",
    "assert",
    "atob",
    "backbone",
    "btoa",
    "buffer",
    "chai",
    "chai-postman",
    "cheerio",
    "crypto-js",
    "csv-parse/lib/sync",
    "events",
    "liquid-json",
    "lodash",
    "lodash3",
    "mime",
    "moment",
    "path",
    "postman-collection",
    "process",
    "punycode",
    "querystring",
    "stream",
    "string_decoder",
    "sugar",
    "timers",
    "tv4",
    "url",
    "util",
    "uuid",
    "xml2js",
];

/// Node's own modules, and the package that stands for each. Those without one are empty.
const NODE_MODULES: &[(&str, Option<&str>)] = &[
    ("_process", Some("process/browser.js")),
    ("assert", Some("assert/build/assert.js")),
    // Their `browser` fields lead to code for `window`.
    ("atob", Some("atob/node-atob.js")),
    ("btoa", Some("btoa/index.js")),
    ("crypto", None),
    ("fs", None),
    ("http", None),
    ("https", None),
    ("os", None),
    ("path", Some("path-browserify")),
    ("process", Some("process/browser.js")),
    ("querystring", Some("querystring-es3")),
    ("stream", Some("stream-browserify")),
    ("timers", Some("timers-browserify")),
    // Its `browser` field leads to ES modules; this is the same library as one CommonJS file.
    ("uuid", Some("uuid/dist/umd/uuid.min.js")),
    ("vm", None),
    ("zlib", None),
];

/// Our own part of what scripts see, in the order in which it is installed.
const PRELUDE: &[&str] = &[
    "globals.js",
    "zone.js",
    "report.js",
    "address.js",
    "timers.js",
    "require.js",
    "tests.js",
    "pm.js",
    "legacy.js",
    "sugar.js",
    "execute.js",
];

const SOURCES: &[&str] = &["package.json", "package-lock.json", ".npmrc"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=PREFLIGHT_NODE_MODULES");
    println!("cargo::rerun-if-env-changed=DOCS_RS");
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let sources = manifest.join("src/script/js");
    for source in SOURCES.iter().chain(PRELUDE) {
        println!("cargo::rerun-if-changed={}", sources.join(source).display());
    }
    if let Err(problem) = build(&sources, &out) {
        println!("cargo::error={problem}");
    }
    for problem in sources::review(&manifest, &out) {
        println!("cargo::error={problem}");
    }
}

fn build(sources: &Path, out: &Path) -> Result<(), String> {
    let pack = if env::var_os("DOCS_RS").is_some() {
        // No network there, and nothing runs.
        Pack::default()
    } else {
        let folder = match env::var_os("PREFLIGHT_NODE_MODULES") {
            Some(prepared) => PathBuf::from(prepared),
            None => install(sources, out)?,
        };
        println!("cargo::rerun-if-changed={}", folder.display());
        Pack::link(&folder)?
    };
    pack.write(sources, out)
}

/// Runs npm unless this lock is installed already, and gives the `node_modules` folder.
fn install(sources: &Path, out: &Path) -> Result<PathBuf, String> {
    let lock = read(&sources.join("package-lock.json"))?;
    let folder = target_folder(out)
        .join("script-library")
        .join(format!("{:016x}", fingerprint(&lock)));
    let modules = folder.join("node_modules");
    let stamp = folder.join("complete");
    if stamp.exists() && modules.is_dir() {
        return Ok(modules);
    }
    fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    for source in SOURCES {
        fs::copy(sources.join(source), folder.join(source))
            .map_err(|error| format!("cannot copy {source} to {}: {error}", folder.display()))?;
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let run = Command::new(npm)
        .args([
            "ci",
            "--omit=dev",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ])
        .current_dir(&folder)
        .output();
    let remedy = "Building from source needs Node.js with npm on the PATH (and a reachable registry), or the \
                  environment variable PREFLIGHT_NODE_MODULES naming a node_modules folder that was installed \
                  from src/script/js/package-lock.json";
    match run {
        Err(error) => Err(format!("cannot start `{npm}`: {error}. {remedy}.")),
        Ok(ended) if !ended.status.success() => {
            let said = String::from_utf8_lossy(&ended.stderr)
                .trim()
                .replace('\n', " | ");
            Err(format!(
                "`{npm} ci` in {} failed: {said}. {remedy}.",
                folder.display()
            ))
        }
        Ok(_) => {
            fs::write(&stamp, b"")
                .map_err(|error| format!("cannot write {}: {error}", stamp.display()))?;
            Ok(modules)
        }
    }
}

/// Cargo's target folder: the ancestor of `OUT_DIR` that it tagged as a cache.
fn target_folder(out: &Path) -> PathBuf {
    out.ancestors()
        .find(|folder| folder.join("CACHEDIR.TAG").exists())
        .unwrap_or(out)
        .to_path_buf()
}

/// FNV-1a: names the folder of a lock. Integrity is npm's business, not this number's.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|error| format!("cannot read {}: {error}", path.display()))
}

/// One module of the pack.
struct Module {
    /// Its path below `node_modules`, with `/`.
    name: String,
    text: String,
    /// Specifier → module, in the order of the text.
    requires: Vec<(String, usize)>,
}

/// All modules that the entries lead to.
#[derive(Default)]
struct Pack {
    modules: Vec<Module>,
    entries: BTreeMap<String, usize>,
    notice: String,
}

impl Pack {
    fn link(folder: &Path) -> Result<Pack, String> {
        let folder = folder.canonicalize().map_err(|error| {
            format!(
                "the folder {} of the script packages: {error}",
                folder.display()
            )
        })?;
        let resolver = resolver(&folder);
        let require = Regex::new(r#"\brequire\s*\(\s*['"]([^'"\n]+)['"]\s*\)"#)
            .expect("the pattern is constant");
        let root = folder.parent().unwrap_or(&folder);
        let mut pack = Pack::default();
        let mut known: BTreeMap<PathBuf, usize> = BTreeMap::new();
        let mut open: Vec<(usize, PathBuf)> = Vec::new();
        for entry in ENTRIES {
            let path = resolver
                .resolve(root, entry)
                .map_err(|error| {
                    format!(
                        "the script package `{entry}` is not in {}: {error}",
                        folder.display()
                    )
                })?
                .into_path_buf();
            let id = pack.admit(path, &folder, &mut known, &mut open)?;
            pack.entries.insert((*entry).to_owned(), id);
        }
        while let Some((id, path)) = open.pop() {
            if path
                .extension()
                .is_some_and(|extension| extension == "json")
            {
                continue;
            }
            let parent = path.parent().unwrap_or(&folder);
            let specifiers: Vec<String> = require
                .captures_iter(&pack.modules[id].text)
                .map(|found| found[1].to_owned())
                .collect();
            let mut seen = BTreeSet::new();
            for specifier in specifiers {
                if !seen.insert(specifier.clone()) {
                    continue;
                }
                // What is not found is a `require` in a comment, in a string or in a branch for Node: the pack has no
                // entry for it, and requiring it throws as it does in Node.
                match resolver.resolve(parent, &specifier) {
                    Ok(resolution) => {
                        let target =
                            pack.admit(resolution.into_path_buf(), &folder, &mut known, &mut open)?;
                        pack.modules[id].requires.push((specifier, target));
                    }
                    Err(ResolveError::Ignored(_)) => {
                        let target = pack.admit(PathBuf::new(), &folder, &mut known, &mut open)?;
                        pack.modules[id].requires.push((specifier, target));
                    }
                    Err(_) => {}
                }
            }
        }
        pack.notice = notice(
            &folder,
            pack.modules.iter().map(|module| module.name.as_str()),
        )?;
        Ok(pack)
    }

    /// The index of the module at `path`; an empty path is the empty module.
    fn admit(
        &mut self,
        path: PathBuf,
        folder: &Path,
        known: &mut BTreeMap<PathBuf, usize>,
        open: &mut Vec<(usize, PathBuf)>,
    ) -> Result<usize, String> {
        if let Some(id) = known.get(&path) {
            return Ok(*id);
        }
        let id = self.modules.len();
        let (name, text) = if path.as_os_str().is_empty() {
            ("empty.js".to_owned(), String::new())
        } else {
            let name = path
                .strip_prefix(folder)
                .unwrap_or(&path)
                .to_string_lossy()
                .replace('\\', "/");
            let text = String::from_utf8_lossy(&read(&path)?).into_owned();
            (name, text)
        };
        let json = path
            .extension()
            .is_some_and(|extension| extension == "json");
        let text = if json {
            format!("module.exports = {text}")
        } else {
            text
        };
        self.modules.push(Module {
            name,
            text,
            requires: Vec::new(),
        });
        known.insert(path.clone(), id);
        if !path.as_os_str().is_empty() {
            open.push((id, path));
        }
        Ok(id)
    }

    fn write(&self, sources: &Path, out: &Path) -> Result<(), String> {
        let compiler = Compiler::for_target()?;
        let mut bytes = Vec::new();
        let mut index = String::from("pub(super) static MODULES: &[Packed] = &[\n");
        for module in &self.modules {
            // One function per module. The head stays on the module's first line so that line
            // numbers are its own.
            let text = format!(
                "(function(exports,require,module,process,global){{{}\n}})",
                module.text.trim_start_matches('\u{feff}')
            );
            let place = append(&mut bytes, compiler.as_ref(), &module.name, text)?;
            let requires: Vec<String> = module
                .requires
                .iter()
                .map(|(specifier, id)| format!("({specifier:?}, {id})"))
                .collect();
            let _ = writeln!(
                index,
                "    Packed {{ name: {:?}, {place}, requires: &[{}] }},",
                module.name,
                requires.join(", ")
            );
        }
        index.push_str("];\npub(super) static PRELUDE: &[Packed] = &[\n");
        for name in PRELUDE {
            let text = String::from_utf8_lossy(&read(&sources.join(name))?).into_owned();
            let place = append(&mut bytes, compiler.as_ref(), name, text)?;
            let _ = writeln!(
                index,
                "    Packed {{ name: {name:?}, {place}, requires: &[] }},"
            );
        }
        index.push_str("];\npub(super) static ENTRIES: &[(&str, usize)] = &[\n");
        for (entry, id) in &self.entries {
            let _ = writeln!(index, "    ({entry:?}, {id}),");
        }
        let _ = writeln!(
            index,
            "];\n/// Whether the modules are bytecode.\npub(super) const BYTECODE: bool = {};",
            compiler.is_some()
        );
        for (file, content) in [
            ("script_library.bin", bytes.as_slice()),
            ("script_library.rs", index.as_bytes()),
            ("third_party.txt", self.notice.as_bytes()),
        ] {
            let path = out.join(file);
            fs::write(&path, content)
                .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
        }
        Ok(())
    }
}

/// Appends a module in its final form; gives its place for the index.
fn append(
    bytes: &mut Vec<u8>,
    compiler: Option<&Compiler>,
    name: &str,
    text: String,
) -> Result<String, String> {
    let start = bytes.len();
    match compiler {
        Some(compiler) => bytes.extend(compiler.compile(name, text)?),
        None => bytes.extend(text.into_bytes()),
    }
    Ok(format!("start: {start}, end: {}", bytes.len()))
}

/// The engine, to compile with. Its bytecode is good for the same version, byte order and word size.
struct Compiler(rquickjs::Context);

impl Compiler {
    fn for_target() -> Result<Option<Self>, String> {
        let target = |name: &str| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
        let here = if cfg!(target_endian = "little") {
            "little"
        } else {
            "big"
        };
        if target("ENDIAN") != here || target("POINTER_WIDTH") != usize::BITS.to_string() {
            return Ok(None);
        }
        let failed = |error| format!("cannot start the script compiler: {error}");
        let runtime = rquickjs::Runtime::new().map_err(failed)?;
        let context = rquickjs::Context::full(&runtime).map_err(failed)?;
        Ok(Some(Self(context)))
    }

    /// The twin of `load_bytecode` in `src/script/engine.rs`.
    #[expect(
        unsafe_code,
        reason = "the engine writes bytecode through its C interface only"
    )]
    fn compile(&self, name: &str, text: String) -> Result<Vec<u8>, String> {
        use rquickjs::qjs;

        let flags = |flags: u32| i32::try_from(flags).expect("flags are small");
        let text = CString::new(text).map_err(|_| format!("{name} holds a zero byte"))?;
        let file = CString::new(name).map_err(|_| format!("{name} holds a zero byte"))?;
        self.0.with(|ctx| {
            let raw = ctx.as_raw().as_ptr();
            // SAFETY: both texts live until the end of the block and end in a zero byte, which the
            // given length excludes. `from_raw` takes over the one reference that `JS_Eval` gives.
            let function = unsafe {
                let compiled = qjs::JS_Eval(
                    raw,
                    text.as_ptr(),
                    text.count_bytes() as _,
                    file.as_ptr(),
                    flags(qjs::JS_EVAL_TYPE_GLOBAL | qjs::JS_EVAL_FLAG_COMPILE_ONLY),
                );
                rquickjs::Value::from_raw(ctx.clone(), compiled)
            };
            if ctx.has_exception() {
                let thrown = rquickjs::CaughtError::from_error(&ctx, rquickjs::Error::Exception);
                return Err(format!("the script engine cannot compile {name}: {thrown}"));
            }
            let mut size = 0;
            // SAFETY: `function` is alive. What is written is `size` bytes long, copied at once, and
            // freed with the allocator that it came from.
            unsafe {
                let written = qjs::JS_WriteObject(
                    raw,
                    &raw mut size,
                    function.as_raw(),
                    flags(qjs::JS_WRITE_OBJ_BYTECODE | qjs::JS_WRITE_OBJ_STRIP_SOURCE),
                );
                if written.is_null() {
                    return Err(format!("the script engine cannot write {name}"));
                }
                let length = usize::try_from(size).expect("it lies in memory");
                let copy = std::slice::from_raw_parts(written, length).to_vec();
                qjs::js_free(raw, written.cast());
                Ok(copy)
            }
        })
    }
}

/// Bundlers' rules: the `browser` field wins, Node's own modules are packages.
fn resolver(folder: &Path) -> Resolver {
    let alias: Alias = NODE_MODULES
        .iter()
        .map(|(name, package)| {
            let value = package.map_or(AliasValue::Ignore, |package| {
                // An absolute path, so that no `exports` field forbids it.
                AliasValue::from(folder.join(package).to_string_lossy())
            });
            (format!("{name}$"), vec![value])
        })
        .collect();
    Resolver::new(ResolveOptions {
        alias,
        alias_fields: vec![vec!["browser".to_owned()]],
        condition_names: ["require", "browser", "default"]
            .map(str::to_owned)
            .to_vec(),
        extensions: [".js", ".json"].map(str::to_owned).to_vec(),
        main_fields: ["browser", "main"].map(str::to_owned).to_vec(),
        ..ResolveOptions::default()
    })
}

/// Name, version, licence and licence text of every package that has a module in the pack.
fn notice<'a>(folder: &Path, modules: impl Iterator<Item = &'a str>) -> Result<String, String> {
    let mut packages = BTreeSet::new();
    for module in modules {
        // `a/node_modules/@b/c/lib/x.js` belongs to `a/node_modules/@b/c`.
        let (outer, inner) = match module.rfind("node_modules/") {
            Some(at) => module.split_at(at + "node_modules/".len()),
            None => ("", module),
        };
        let parts = if inner.starts_with('@') { 2 } else { 1 };
        let package = inner.split('/').take(parts).collect::<Vec<_>>().join("/");
        packages.insert(format!("{outer}{package}"));
    }
    packages.remove("empty.js");
    let mut text = String::from(
        "preflight contains these npm packages, unmodified. Scripts of collections can use them.\n",
    );
    for package in packages {
        let home = folder.join(&package);
        let described: serde_json::Value =
            serde_json::from_slice(&read(&home.join("package.json"))?)
                .map_err(|error| format!("{package}/package.json: {error}"))?;
        let name = described["name"].as_str().unwrap_or(&package);
        let version = described["version"].as_str().unwrap_or("");
        // One name, one object, or a list of objects, under either key.
        let licence = [&described["license"], &described["licenses"]]
            .into_iter()
            .flat_map(|field| match field {
                serde_json::Value::Array(list) => list.iter().collect(),
                other => vec![other],
            })
            .filter_map(|one| one.as_str().or_else(|| one["type"].as_str()))
            .collect::<Vec<_>>()
            .join(" OR ");
        let licence = if licence.is_empty() {
            "see below".to_owned()
        } else {
            licence
        };
        let _ = write!(text, "\n{}\n{name} {version} ({licence})\n", "-".repeat(72));
        let mut files: Vec<PathBuf> = fs::read_dir(&home)
            .map_err(|error| format!("cannot list {}: {error}", home.display()))?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| {
                let name = path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .to_ascii_lowercase();
                path.is_file()
                    && ["licen", "copying", "notice"]
                        .iter()
                        .any(|start| name.starts_with(start))
            })
            .collect();
        files.sort();
        for file in files {
            let _ = write!(
                text,
                "\n{}\n",
                String::from_utf8_lossy(&read(&file)?).trim()
            );
        }
    }
    Ok(text)
}
