flowpbx-asm 1
; A jump back is an end.
node "n"
entry "n" @0
range "n" @0 @2
hangup normal
jump @0
;~ passes
