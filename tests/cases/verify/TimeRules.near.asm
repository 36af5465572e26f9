flowpbx-asm 1
; One day is a range of dates.
node "n"
entry "n" @0
range "n" @0 @3
local_time "UTC"
switch_time |
| rule 2026-12-25 2026-12-25 00:00 24:00 @2
| default @2
| failed @2
hangup normal
;~ passes
