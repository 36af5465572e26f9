flowpbx-asm 1
; A jump to an op that isn't there.
node "n"
entry "n" @0
range "n" @0 @1
jump @9
;~ program refused at op @0: target @9 is outside of the 1 ops (rule Operands)
