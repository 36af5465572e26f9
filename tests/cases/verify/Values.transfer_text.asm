flowpbx-asm 1
; A transfer to a text.
node "n"
entry "n" @0
range "n" @0 @3
push_text "1"
transfer number 1ms
hangup normal
;~ program refused at op @1: the value on the stack is of another type than the op takes (rule Values)
