flowpbx-asm 1
; A switch over the time behind `answer`.
node "n"
entry "n" @0
range "n" @0 @3
answer
switch_time |
| default @2
| failed @2
hangup normal
;~ program refused at op @1: the switch may be reached with an answer that its table doesn't know (rule Answers)
