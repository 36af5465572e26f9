flowpbx-asm 1
; A node's range beyond the code.
node "n"
range "n" @0 @2
entry "n" @0
hangup normal
;~ program refused: range 0..2 is out of place (rule Debug)
