flowpbx-asm 1
; Digits may be refused or missing: only behind `digits` of the switch are there any.
node "n"
entry "n" @0
range "n" @0 @6
answer
switch_outcome |
| done @2
| key @5
| timeout @5
| failed @5
collect "x" 1..4 # 5s 3s
push_digits text
store v0
hangup normal
;~ program refused at op @3: the last answer isn't digits on every path to here (rule Answers)
