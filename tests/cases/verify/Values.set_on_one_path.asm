flowpbx-asm 1
; A variable that is set on one path only.
node "n"
entry "n" @0
range "n" @0 @7
push_bool yes
jump_unless @4
push_number 1
store v1
load v1
store v1
hangup normal
;~ program refused at op @4: the variable isn't set, with one type, on every path to here (rule Values)
