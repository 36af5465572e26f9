flowpbx-asm 1
; A webhook that sends nothing.
node "n"
entry "n" @0
range "n" @0 @2
webhook "u" get "a" 1ms
hangup normal
;~ program refused at op @0: the stack is empty, but the op takes a value (rule Values)
