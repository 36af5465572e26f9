flowpbx-asm 1
; A webhook's answer twice.
node "n"
entry "n" @0
range "n" @0 @3
push_text ""
webhook "u" get "a a" 1ms
hangup normal
;~ program refused at op @1: a webhook has an answer twice (rule Operands)
