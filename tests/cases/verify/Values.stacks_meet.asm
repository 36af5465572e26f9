flowpbx-asm 1
; Paths meet with different stacks.
node "n"
entry "n" @0
range "n" @0 @4
push_bool yes
jump_unless @3
push_number 1
hangup normal
;~ program refused at op @3: paths come here with different values on the stack (rule Values)
