flowpbx-asm 1
; `not` without a value.
node "n"
entry "n" @0
range "n" @0 @2
apply not
hangup normal
;~ program refused at op @0: the stack is empty, but the op takes a value (rule Values)
