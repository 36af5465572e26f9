flowpbx-asm 1
; By exit 1 the caller is answered.
node "n"
entry "n" @0
range "n" @0 @9
call 0 |
| to @5
| exit @1
| exit @3
play prompt "x" whole early
hangup normal
play prompt "x" whole early
hangup normal
answer
switch_outcome |
| done @8
| key @7
| timeout @7
| failed @7
return 0
return 1
;~ program refused at op @3: early sound for a caller that may be answered already (rule CallState)
