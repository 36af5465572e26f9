//! The door to the compiler. Until its façade stands, every flow is refused.
use crate::audit::By;
use crate::error::{Error, Result};
use crate::import::ImportFile;
use crate::world::{Facts, Name};
use flow_compiler::diag::Diagnostic;
use flow_compiler::entity::EntityFacts;
use flow_vm::effect::EffectSet;
use rusqlite::Connection;
use std::collections::BTreeSet;
pub(crate) struct Made {
    pub program: Vec<u8>,
    pub program_hash: String,
    pub numbers: Vec<(String, String)>,
    pub uses: BTreeSet<Name>,
    pub facts: String,
    pub warnings: Vec<Diagnostic>,
}
pub(crate) fn compile(_: &Connection, _: &str, _: &str, _: &Facts, _: EffectSet) -> Result<Made> {
    Err(Error::Busy)
}
pub(crate) fn ensure_numbers(_: &Connection, _: &str, _: &str, _: By<'_>) -> Result<()> {
    Ok(())
}
pub(crate) struct Folder {
    pub facts: Vec<EntityFacts>,
    pub warnings: Vec<Diagnostic>,
}
pub(crate) struct Draft {
    pub key: String,
    pub label: String,
    pub source: String,
}
pub(crate) fn read_folder(_: &[ImportFile]) -> Result<Folder> {
    Err(Error::Busy)
}
impl Folder {
    pub(crate) fn numbers(&self) -> Vec<String> {
        vec![]
    }
    pub(crate) fn drafts(&self, _: &Facts) -> Result<Vec<Draft>> {
        Ok(vec![])
    }
}
