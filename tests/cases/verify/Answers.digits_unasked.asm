flowpbx-asm 1
; Digits that nobody was asked for.
node "n"
entry "n" @0
range "n" @0 @2
push_digits text
hangup normal
;~ program refused at op @0: the last answer isn't digits on every path to here (rule Answers)
