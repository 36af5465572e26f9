flowpbx-asm 1
; Days of the week have no order.
node "n"
entry "n" @0
range "n" @0 @5
push_moment weekday 1
push_moment weekday 2
apply less
store v0
hangup normal
;~ program refused at op @2: the operator doesn't take values of these types (rule Values)
