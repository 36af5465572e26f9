flowpbx-asm 1
; A counter beyond the last.
node "n"
entry "n" @0
range "n" @0 @2
set c16 1
hangup normal
;~ program refused at op @0: there is no counter c16; the last is c15 (rule Operands)
