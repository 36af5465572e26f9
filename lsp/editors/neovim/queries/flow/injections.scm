; Written by `make update` from lsp/editors/tree-sitter-flow/queries; changes belong there.

((json) @injection.content
  (#set! injection.language "json")
  (#offset! @injection.content 0 1 0 -1))

((comment) @injection.content
  (#set! injection.language "comment"))
