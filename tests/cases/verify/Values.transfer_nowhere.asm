flowpbx-asm 1
; A transfer without a number.
node "n"
entry "n" @0
range "n" @0 @2
transfer number 1ms
hangup normal
;~ program refused at op @0: the stack is empty, but the op takes a value (rule Values)
