flowpbx-asm 1
; A caller's number must be a text.
node "n"
entry "n" @0
range "n" @0 @3
push_phone "1"
set_caller_id number
hangup normal
;~ program refused at op @1: the value on the stack is of another type than the op takes (rule Values)
