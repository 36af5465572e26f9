flowpbx-asm 1
; A menu for a caller who wasn't answered.
node "n"
entry "n" @0
range "n" @0 @2
menu prompt "x" 5000ms
hangup normal
;~ program refused at op @0: the caller may not be answered yet: answer first (rule CallState)
