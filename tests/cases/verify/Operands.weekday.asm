flowpbx-asm 1
; An eighth day of the week.
node "n"
entry "n" @0
range "n" @0 @3
push_moment weekday 7
store v0
hangup normal
;~ program refused at op @0: there is no weekday 7 (rule Operands)
