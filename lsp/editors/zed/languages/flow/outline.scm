(item
  keyword: (ident) @context
  key: (_) @name) @item

(node
  name: (name) @name
  kind: (_) @context) @item
