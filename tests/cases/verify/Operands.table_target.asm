flowpbx-asm 1
; A switch leads to an op that isn't there.
node "n"
entry "n" @0
range "n" @0 @3
answer
switch_outcome |
| done @9
| key @9
| timeout @9
| failed @9
hangup normal
;~ program refused at op @1: target @9 is outside of the 3 ops (rule Operands)
