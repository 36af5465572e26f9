flowpbx-asm 1
; Variables that the called flow doesn't keep are gone.
node "n"
entry "n" @0
range "n" @0 @7
push_number 1
store v0
call 0 |
| to @6
| exit @3
load v0
store v1
hangup normal
return 0
;~ program refused at op @3: the variable isn't set, with one type, on every path to here (rule Values)
