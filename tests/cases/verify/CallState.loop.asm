flowpbx-asm 1
; Around the loop the caller is answered.
node "n"
entry "n" @0
range "n" @0 @3
play prompt "x" whole early
answer
jump @0
;~ program refused at op @0: early sound for a caller that may be answered already (rule CallState)
