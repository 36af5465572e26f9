[
  (block)
  (inner)
  (list)
] @fold
