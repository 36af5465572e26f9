; No kind of node or entity is named: what a word is follows from where it stands.

(comment) @comment
(string) @string
(json) @string.special

; flow main "Main inbound" { … }      extension 101 "Ann" { … }
(item keyword: (ident) @keyword)
(item key: (word) @type)
(item key: (string) @type)

; entry office "Main number": inbound_number "+61299998888" -> hours
(entry) @keyword
(node name: (name) @label)
(label (string) @string)
(node kind: (word) @function)
(node entity: (word) @constant)
(target) @label

; business -> menu
(handle) @property

; ring = 25s
(field (name) @property)
(value (word) @constant)
(list (word) @constant)

; rule business { … }      expect voicemail after-hours
(sentence (word) @constant)
(lead) @keyword

; office 0,-80.5
(spot (name) @label)
(number) @number

((word) @number
  (#match? @number "^[+-]?[0-9][0-9.:]*(ms|s|m|h)?$"))
((value (word) @boolean)
  (#match? @boolean "^(true|false)$"))

"->" @operator
"=" @operator
":" @punctuation.delimiter
"," @punctuation.delimiter
["{" "}"] @punctuation.bracket
["[" "]"] @punctuation.bracket

; What the compiler can't read.
[(junk) (stray) (extra)] @error
