flowpbx-asm 1
; Behind `too_few` there are no digits either.
node "n"
entry "n" @0
range "n" @0 @7
answer
switch_outcome |
| done @2
| key @6
| timeout @6
| failed @6
collect "x" 1..4 # 5s 3s
switch_collect |
| digits @4
| accepted @6
| refused @6
| too_few @4
| silent @6
| failed @6
push_digits text
store v0
hangup normal
;~ program refused at op @4: the last answer isn't digits on every path to here (rule Answers)
