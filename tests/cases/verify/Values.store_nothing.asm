flowpbx-asm 1
; A store without a value.
node "n"
entry "n" @0
range "n" @0 @2
store v0
hangup normal
;~ program refused at op @0: the stack is empty, but the op takes a value (rule Values)
