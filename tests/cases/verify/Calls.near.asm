flowpbx-asm 1
; A called flow that comes back.
node "n"
entry "n" @0
range "n" @0 @3
call 0 |
| to @2
| exit @1
hangup normal
return 0
;~ passes
