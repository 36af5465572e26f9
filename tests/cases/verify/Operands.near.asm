flowpbx-asm 1
; The last counter, the last digit, the longest ring.
node "n"
entry "n" @0
range "n" @0 @6
set c15 1
answer
switch_outcome |
| done @3
| key @4
| timeout @4
| failed @4
collect "x" 1..32 # 5s 1s
ring_group "x" 3600000ms
hangup normal
;~ passes
