flowpbx-asm 1
; A variable that was never set.
node "n"
entry "n" @0
range "n" @0 @2
load v0
hangup normal
;~ program refused at op @0: the variable isn't set, with one type, on every path to here (rule Values)
