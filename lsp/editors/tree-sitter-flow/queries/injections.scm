((json) @injection.content
  (#set! injection.language "json")
  (#offset! @injection.content 0 1 0 -1))

((comment) @injection.content
  (#set! injection.language "comment"))
