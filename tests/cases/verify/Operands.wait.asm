flowpbx-asm 1
; No time between two digits.
node "n"
entry "n" @0
range "n" @0 @2
collect "x" 1..4 # 5s 0s
hangup normal
;~ program refused at op @0: an entry waits for no time at all (rule Operands)
