flowpbx-asm 1
; An entry at an op that belongs to no node.
node "n"
entry "n" @0
hangup normal
;~ program refused at op @0: the op belongs to no node in the debug map (rule DebugEntry)
