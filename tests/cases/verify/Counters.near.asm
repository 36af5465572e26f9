flowpbx-asm 1
; A counter that was set.
node "n"
entry "n" @0
range "n" @0 @3
set c0 3
count_down c0 @2
hangup normal
;~ passes
