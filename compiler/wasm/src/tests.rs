//! `types.d.ts` is written from the Rust types. `UPDATE=1` writes it; otherwise it must be fresh.
#![expect(clippy::disallowed_methods, reason = "the generated file is a file")]

use std::any::TypeId;
use std::collections::BTreeMap;
use std::path::Path;

use flow_compiler::coverage::Covered;
use flow_compiler::diff::Change;
use flow_compiler::draw::Placed;
use ts_rs::{Config, TS, TypeVisitor};

use crate::reply;

/// Types by name: the order in which they refer to each other isn't the same in every build.
#[derive(Default)]
struct Types {
    seen: Vec<TypeId>,
    text: BTreeMap<String, String>,
}

fn config() -> Config {
    Config::new().with_large_int("number")
}

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Only types of ours have a file of their own.
        if T::output_path().is_none() || self.seen.contains(&TypeId::of::<T>()) {
            return;
        }
        self.seen.push(TypeId::of::<T>());
        let text = format!("\n{}export {}\n", T::docs().unwrap_or_default(), T::decl(&config()));
        self.text.insert(T::ident(&config()), text);
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

#[test]
fn types_are_fresh() {
    let mut types = Types::default();
    types.visit::<reply::Catalogue>();
    types.visit::<reply::File>();
    types.visit::<reply::Finding>();
    types.visit::<reply::Flow>();
    types.visit::<reply::Canvases>();
    types.visit::<reply::TestResult>();
    types.visit::<Covered>();
    types.visit::<reply::NewCall>();
    types.visit::<reply::CallView>();
    types.visit::<Placed>();
    types.visit::<Change>();
    types.visit::<reply::Replayed>();
    types.visit::<reply::Pointer>();
    types.visit::<reply::Completions>();
    types.visit::<reply::Hint>();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/types.d.ts");
    let head = "// Written by `make update` from the Rust types; changes belong there.\n";
    let text: String = [head].into_iter().chain(types.text.values().map(String::as_str)).collect();
    // Ends of lines say nothing.
    let text: String = text.lines().map(|line| format!("{}\n", line.trim_end())).collect();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "src/types.d.ts is stale: run `make update` and commit it");
}

#[test]
fn names_of_entity_kinds_serialize_as_they_are() {
    for kind in flow_compiler::entity::EntityKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
}
