flowpbx-asm 1
; Numbers have an order.
node "n"
entry "n" @0
range "n" @0 @5
push_number 1
push_number 2
apply less
store v0
hangup normal
;~ passes
