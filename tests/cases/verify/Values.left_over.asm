flowpbx-asm 1
; A value is left while the world is asked.
node "n"
entry "n" @0
range "n" @0 @3
push_number 1
answer
hangup normal
;~ program refused at op @1: a value is left on the stack while the world is asked (rule Values)
