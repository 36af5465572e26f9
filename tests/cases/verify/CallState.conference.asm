flowpbx-asm 1
; A conference for a caller who wasn't answered.
node "n"
entry "n" @0
range "n" @0 @2
conference "c"
hangup normal
;~ program refused at op @0: the caller may not be answered yet: answer first (rule CallState)
