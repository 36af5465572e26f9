flowpbx-asm 1
; `answer` may fail: only behind its `done` is the caller answered.
node "n"
entry "n" @0
range "n" @0 @3
answer
menu prompt "x" 5000ms
hangup normal
;~ program refused at op @1: the caller may not be answered yet: answer first (rule CallState)
