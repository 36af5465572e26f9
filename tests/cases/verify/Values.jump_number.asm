flowpbx-asm 1
; A jump by a number.
node "n"
entry "n" @0
range "n" @0 @3
push_number 1
jump_unless @2
hangup normal
;~ program refused at op @1: the value on the stack is of another type than the op takes (rule Values)
