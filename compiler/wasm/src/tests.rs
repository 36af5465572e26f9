//! `types.d.ts` is written from the Rust types. `UPDATE=1` writes it; otherwise it must be fresh.
#![expect(clippy::disallowed_methods, reason = "the generated file is a file")]

use std::any::TypeId;
use std::path::Path;

use flow_compiler::coverage::Covered;
use flow_compiler::diff::Change;
use flow_compiler::draw::Placed;
use ts_rs::{Config, TS, TypeVisitor};

use crate::reply;

/// Types in the order in which they are come to.
struct Types {
    config: Config,
    seen: Vec<TypeId>,
    text: String,
}

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        // Only types of ours have a file of their own.
        if T::output_path().is_none() || self.seen.contains(&TypeId::of::<T>()) {
            return;
        }
        self.seen.push(TypeId::of::<T>());
        self.text.push('\n');
        self.text.push_str(&T::docs().unwrap_or_default());
        self.text.push_str("export ");
        self.text.push_str(&T::decl(&self.config));
        self.text.push('\n');
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

#[test]
fn types_are_fresh() {
    let config = Config::new().with_large_int("number");
    let text = "// Written by `make update` from the Rust types; changes belong there.\n".to_owned();
    let mut types = Types { config, seen: Vec::new(), text };
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
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/types.d.ts");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &types.text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == types.text, "src/types.d.ts is stale: run `make update` and commit it");
}

#[test]
fn names_of_entity_kinds_serialize_as_they_are() {
    for kind in flow_compiler::entity::EntityKind::ALL {
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
    }
}
