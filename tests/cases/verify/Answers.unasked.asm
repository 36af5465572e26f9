flowpbx-asm 1
; A switch over an answer at the start, where nothing was asked.
node "n"
entry "n" @0
range "n" @0 @2
switch_outcome |
| done @1
| key @1
| timeout @1
| failed @1
hangup normal
;~ program refused at op @0: the switch may be reached with an answer that its table doesn't know (rule Answers)
