flowpbx-asm 1
; No entry.
node "n"
range "n" @0 @1
hangup normal
;~ program refused: there is no entry: no call could begin (rule Entries)
