flowpbx-asm 1
; Behind `done` the caller is answered.
node "n"
entry "n" @0
range "n" @0 @4
answer
switch_outcome |
| done @2
| key @3
| timeout @3
| failed @3
voicemail "x"
hangup normal
;~ passes
