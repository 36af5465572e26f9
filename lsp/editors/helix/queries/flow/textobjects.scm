; Blocks, nodes, fields and edges as text objects.
(item
  (block) @function.inside) @function.around

(node) @entry.around

(field
  (value) @parameter.inside) @parameter.around

(edge
  (target) @parameter.inside) @parameter.around

(comment) @comment.inside
