flowpbx-asm 1
; A node without a name.
node ""
range "" @0 @1
entry "n" @0
hangup normal
;~ program refused: a name is empty (rule Debug)
