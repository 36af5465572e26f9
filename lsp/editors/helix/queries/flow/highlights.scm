; Written by `make update` from lsp/editors/tree-sitter-flow/queries; changes belong there.

; No kind of node or entity is named: what a word is follows from where it stands. No two patterns take the same node, since
; editors differ in which one would win.

(comment) @comment
(json) @string.special

; flow main "Main inbound" { … }      extension 101 "Ann" { … }
(item keyword: (ident) @keyword)
(item key: (word) @type)
(item (string) @string)

; entry office "Main number": inbound_number "+61299998888" -> hours
(entry) @keyword
(node name: (name) @label)
(spot (name) @label)
(label (string) @string)
(node kind: (word) @function)
(node kind: (string) @function)
(node entity: (string) @string)
(target) @label

; business -> menu
(handle) @variable.other.member

; ring = 25s
(field (name) @variable.other.member)

; rule business { … }      expect voicemail after-hours
(lead) @keyword
(sentence (string) @string)
(value (string) @string)
(list (string) @string)

([
  (node entity: (word) @constant.numeric)
  (value (word) @constant.numeric)
  (list (word) @constant.numeric)
  (sentence (word) @constant.numeric)
]
  (#match? @constant.numeric "^[+-]?[0-9][0-9.:-]*(ms|s|m|h)?$"))

((value (word) @constant.builtin.boolean)
  (#match? @constant.builtin.boolean "^(true|false)$"))

([
  (node entity: (word) @constant)
  (value (word) @constant)
  (list (word) @constant)
  (sentence (word) @constant)
]
  (#not-match? @constant "^([+-]?[0-9][0-9.:-]*(ms|s|m|h)?|true|false)$"))

; office 0,-80.5
(number) @constant.numeric

"->" @operator
"=" @operator
":" @punctuation.delimiter
"," @punctuation.delimiter
["{" "}"] @punctuation.bracket
["[" "]"] @punctuation.bracket

; What the compiler can't read.
[(junk) (stray) (extra)] @error
