flowpbx-asm 1
; Digits are asked of a caller who wasn't answered.
node "n"
entry "n" @0
range "n" @0 @2
collect "x" 1..4 # 5s 3s
hangup normal
;~ program refused at op @0: the caller may not be answered yet: answer first (rule CallState)
