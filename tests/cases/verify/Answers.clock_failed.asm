flowpbx-asm 1
; The clock may not be told: both ways meet before its date is used.
node "n"
entry "n" @0
range "n" @0 @5
local_time "UTC"
switch_time |
| default @2
| failed @2
push_now date
store v0
hangup normal
;~ program refused at op @2: the last answer isn't a local time on every path to here (rule Answers)
