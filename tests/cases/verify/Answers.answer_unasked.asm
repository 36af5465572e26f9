flowpbx-asm 1
; A value at the start, where nothing was asked.
node "n"
entry "n" @0
range "n" @0 @3
push_answer
store v0
hangup normal
;~ program refused at op @0: the last answer may be no value, or values of different types (rule Answers)
