flowpbx-asm 1
; One type on both paths.
node "n"
entry "n" @0
range "n" @0 @10
push_bool yes
jump_unless @5
push_bool no
store v1
jump @7
push_bool no
store v1
load v1
store v1
hangup normal
;~ passes
