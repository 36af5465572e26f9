flowpbx-asm 1
; A value lies on the stack at a return.
node "n"
entry "n" @0
range "n" @0 @4
call 0 |
| to @2
| exit @1
hangup normal
push_number 1
return 0
;~ program refused at op @3: a value is left on the stack when the subflow returns (rule Calls)
