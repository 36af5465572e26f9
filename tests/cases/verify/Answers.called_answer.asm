flowpbx-asm 1
; What the called flow asked is no answer of the caller's.
node "n"
entry "n" @0
range "n" @0 @5
call 0 |
| to @3
| exit @1
switch_chance |
| yes @2
| no @2
| failed @2
hangup normal
chance 5%
return 0
;~ program refused at op @1: the switch may be reached with an answer that its table doesn't know (rule Answers)
