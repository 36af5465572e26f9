flowpbx-asm 1
; Two ranges over one op.
node "n"
range "n" @0 @1
range "n" @0 @1
entry "n" @0
hangup normal
;~ program refused: range 0..1 is out of place (rule Debug)
