flowpbx-asm 1
; Entries out of order.
node "n"
range "n" @0 @1
entry "b" @0
entry "a" @0
hangup normal
;~ program refused: entry "a" stands after "b" (rule Entries)
