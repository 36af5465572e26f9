flowpbx-asm 1
; Sound as to an answered caller before the answer.
node "n"
entry "n" @0
range "n" @0 @2
play prompt "x" whole answered
hangup normal
;~ program refused at op @0: the caller may not be answered yet: answer first (rule CallState)
