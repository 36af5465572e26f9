flowpbx-asm 1
; An op that calls reach and that belongs to no node.
node "n"
range "n" @0 @1
entry "n" @0
jump @1
hangup normal
;~ program refused at op @1: the op belongs to no node in the debug map (rule DebugEntry)
