//! The npm packages that scripts see, as `build.rs` packed them.

use index::{ENTRIES, MODULES, PRELUDE};

/// Whether modules are bytecode of the engine, not text.
pub(super) const BYTECODE: bool = index::BYTECODE;

/// One module of the pack.
struct Packed {
    /// Its path below `node_modules`.
    name: &'static str,
    start: usize,
    end: usize,
    /// What each `require` in it leads to.
    requires: &'static [(&'static str, usize)],
}

#[allow(
    clippy::unreadable_literal,
    reason = "build.rs writes it for the compiler"
)]
mod index {
    use super::Packed;

    include!(concat!(env!("OUT_DIR"), "/script_library.rs"));
}

static PACK: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/script_library.bin"));

static NOTICE: &str = include_str!(concat!(env!("OUT_DIR"), "/third_party.txt"));

/// The licences of the npm packages that this program contains.
pub fn third_party_notice() -> &'static str {
    NOTICE
}

/// The module that `name` stands for when the prelude or a script asks for it.
pub(super) fn entry(name: &str) -> Option<usize> {
    ENTRIES
        .binary_search_by(|(entry, _)| (*entry).cmp(name))
        .ok()
        .map(|at| ENTRIES[at].1)
}

/// The module that `require(specifier)` means in the module `from`.
pub(super) fn resolve(from: usize, specifier: &str) -> Option<usize> {
    let requires = MODULES.get(from)?.requires;
    requires
        .iter()
        .find(|(name, _)| *name == specifier)
        .map(|(_, id)| *id)
}

/// Name and content of a module: one function expression, as bytecode or as text.
pub(super) fn module(id: usize) -> Option<(&'static str, &'static [u8])> {
    MODULES.get(id).map(content)
}

/// The same for our own prelude, in the order in which it is installed.
pub(super) fn prelude() -> impl Iterator<Item = (&'static str, &'static [u8])> {
    PRELUDE.iter().map(content)
}

fn content(packed: &Packed) -> (&'static str, &'static [u8]) {
    (packed.name, &PACK[packed.start..packed.end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_found_by_the_name_that_their_neighbour_uses() {
        let chai = entry("chai").unwrap();
        assert_eq!(module(chai).unwrap().0, "chai/index.js");
        let inner = resolve(chai, "./lib/chai").unwrap();
        assert_eq!(module(inner).unwrap().0, "chai/lib/chai.js");
        assert_eq!(resolve(chai, "fs"), None);
        assert_eq!(entry("left-pad"), None);
    }

    #[test]
    fn the_notice_names_every_package_with_its_licence() {
        let notice = third_party_notice();
        for line in [
            "chai 4.4.1 (MIT)",
            "postman-collection 5.3.1 (Apache-2.0)",
            "lodash 4.18.1 (MIT)",
        ] {
            assert!(notice.contains(line), "{line}");
        }
    }
}
