flowpbx-asm 1
; A called flow has one way in.
node "n"
entry "n" @0
range "n" @0 @3
call 0 |
| to @2
| exit @1
jump @2
return 0
;~ program refused at op @2: the op belongs to two subflows, or to one and to none (rule Calls)
