; Written by `make update` from lsp/editors/tree-sitter-flow/queries; changes belong there.

[
  (block)
  (inner)
  (list)
] @fold
