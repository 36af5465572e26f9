flowpbx-asm 1
; Both ways of `answer` meet before the mailbox.
node "n"
entry "n" @0
range "n" @0 @4
answer
switch_outcome |
| done @2
| key @2
| timeout @2
| failed @2
voicemail "x"
hangup normal
;~ program refused at op @2: the caller may not be answered yet: answer first (rule CallState)
