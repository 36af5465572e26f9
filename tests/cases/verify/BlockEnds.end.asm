flowpbx-asm 1
; The code ends without an end of the call.
node "n"
entry "n" @0
range "n" @0 @1
enter "n"
;~ program refused at op @0: the code ends here, but the call would go on (rule BlockEnds)
