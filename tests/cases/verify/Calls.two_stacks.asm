flowpbx-asm 1
; Two calls of one flow with different values on the stack.
node "n"
entry "n" @0
range "n" @0 @7
push_number 1
call 0 |
| to @5
| exit @2
push_text "x"
call 0 |
| to @5
| exit @4
hangup normal
store v0
return 0
;~ program refused at op @3: the subflow is called with other types of values elsewhere (rule Calls)
