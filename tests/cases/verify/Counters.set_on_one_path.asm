flowpbx-asm 1
; A counter that is set on one path only.
node "n"
entry "n" @0
range "n" @0 @5
local_time "UTC"
switch_time |
| default @2
| failed @3
set c1 3
count_down c1 @4
hangup normal
;~ program refused at op @3: the counter isn't set on every path to here (rule Counters)
