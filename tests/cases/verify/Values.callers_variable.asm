flowpbx-asm 1
; The caller's variables aren't the called flow's.
node "n"
entry "n" @0
range "n" @0 @7
push_number 1
store v0
call 1 |
| to @4
| exit @3
hangup normal
load v0
store v0
return 0
;~ program refused at op @4: the variable isn't set, with one type, on every path to here (rule Values)
