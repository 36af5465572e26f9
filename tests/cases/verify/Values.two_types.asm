flowpbx-asm 1
; A variable with two types on two paths.
node "n"
entry "n" @0
range "n" @0 @10
push_bool yes
jump_unless @5
push_number 1
store v1
jump @7
push_bool no
store v1
load v1
store v1
hangup normal
;~ program refused at op @7: the variable isn't set, with one type, on every path to here (rule Values)
