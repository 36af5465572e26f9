flowpbx-asm 1
; Dates from the later to the earlier.
node "n"
entry "n" @0
range "n" @0 @3
local_time "UTC"
switch_time |
| rule 2026-12-26 2026-12-25 00:00 24:00 @2
| default @2
| failed @2
hangup normal
;~ program refused at op @1: there are no dates 2026-12-26 to 2026-12-25 (rule TimeRules)
