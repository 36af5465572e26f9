flowpbx-asm 1
; No digits at all are asked for.
node "n"
entry "n" @0
range "n" @0 @2
collect "x" 0..4 # 5s 3s
hangup normal
;~ program refused at op @0: nobody can enter 0 to 4 digits (rule Operands)
