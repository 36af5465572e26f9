flowpbx-asm 1
; The last op would fall out of the code.
node "n"
entry "n" @0
range "n" @0 @2
jump @1
answer
;~ program refused at op @1: the code ends here, but the call would go on (rule BlockEnds)
