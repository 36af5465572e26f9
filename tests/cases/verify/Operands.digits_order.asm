flowpbx-asm 1
; More digits at least than at most.
node "n"
entry "n" @0
range "n" @0 @2
collect "x" 5..4 # 5s 3s
hangup normal
;~ program refused at op @0: nobody can enter 5 to 4 digits (rule Operands)
