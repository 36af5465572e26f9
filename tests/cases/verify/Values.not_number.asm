flowpbx-asm 1
; `not` of a number.
node "n"
entry "n" @0
range "n" @0 @3
push_number 1
apply not
hangup normal
;~ program refused at op @1: the operator doesn't take values of these types (rule Values)
