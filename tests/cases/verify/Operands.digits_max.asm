flowpbx-asm 1
; More digits than may be asked for.
node "n"
entry "n" @0
range "n" @0 @2
collect "x" 1..33 # 5s 3s
hangup normal
;~ program refused at op @0: nobody can enter 1 to 33 digits (rule Operands)
