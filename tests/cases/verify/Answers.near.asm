flowpbx-asm 1
; Behind the clock its date is told.
node "n"
entry "n" @0
range "n" @0 @5
local_time "UTC"
switch_time |
| default @2
| failed @4
push_now date
store v0
hangup normal
;~ passes
