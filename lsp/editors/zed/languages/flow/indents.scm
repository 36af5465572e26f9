(block
  "}" @end) @indent

(inner
  "}" @end) @indent

(list
  "]" @end) @indent
