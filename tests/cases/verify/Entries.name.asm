flowpbx-asm 1
; An entry without a name.
node "n"
range "n" @0 @1
entry "" @0
hangup normal
;~ program refused: a name is empty (rule Entries)
