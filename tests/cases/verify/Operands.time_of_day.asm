flowpbx-asm 1
; A time of day beyond midnight.
node "n"
entry "n" @0
range "n" @0 @3
push_moment time 86400
store v0
hangup normal
;~ program refused at op @0: there is no time 86400 (rule Operands)
