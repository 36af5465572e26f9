flowpbx-asm 1
; A text is compared with a phone number.
node "n"
entry "n" @0
range "n" @0 @4
push_text "1"
push_phone "1"
apply equal
hangup normal
;~ program refused at op @2: the operator doesn't take values of these types (rule Values)
