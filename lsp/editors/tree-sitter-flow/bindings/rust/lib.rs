//! The tree-sitter grammar of `.flow` text, for editors and other tools that highlight, fold and indent it.
//!
//! It follows the compiler's own grammar rule for rule; `tests/parity.rs` holds the two together.

use tree_sitter_language::LanguageFn;

#[expect(unsafe_code, reason = "the generated parser is C; tree-sitter takes it as a function pointer")]
mod parser {
    unsafe extern "C" {
        pub(super) fn tree_sitter_flow() -> *const ();
    }

    // SAFETY: `tree_sitter_flow` is the generated entry of src/parser.c, whose tables tree-sitter wrote.
    pub(super) const LANGUAGE: super::LanguageFn = unsafe { super::LanguageFn::from_raw(tree_sitter_flow) };
}

/// The language, for `tree_sitter::Parser::set_language`.
pub const LANGUAGE: LanguageFn = parser::LANGUAGE;

/// What to highlight, by Neovim's capture names.
pub const HIGHLIGHTS: &str = include_str!("../../queries/highlights.scm");
/// What can be folded.
pub const FOLDS: &str = include_str!("../../queries/folds.scm");
/// JSON inside backticks.
pub const INJECTIONS: &str = include_str!("../../queries/injections.scm");
