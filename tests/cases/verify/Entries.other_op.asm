flowpbx-asm 1
; An entry whose op isn't its node's first.
node "n"
range "n" @0 @1
entry "n" @1
hangup normal
;~ program refused: target @1 is outside of the 1 ops (rule Entries)
