flowpbx-asm 1
; The time of day that nobody told.
node "n"
entry "n" @0
range "n" @0 @2
push_now time
hangup normal
;~ program refused at op @0: the last answer isn't a local time on every path to here (rule Answers)
