flowpbx-asm 1
; Early sound behind the answer.
node "n"
entry "n" @0
range "n" @0 @3
answer
play prompt "x" whole early
hangup normal
;~ program refused at op @1: early sound for a caller that may be answered already (rule CallState)
