[
  (block)
  (inner)
  (list)
] @indent

[
  "}"
  "]"
] @outdent
