flowpbx-asm 1
; A field of a reply before it was looked at.
node "n"
entry "n" @0
range "n" @0 @4
webhook_field "f" text
push_answer
store v0
hangup normal
;~ program refused at op @1: the last answer may be no value, or values of different types (rule Answers)
