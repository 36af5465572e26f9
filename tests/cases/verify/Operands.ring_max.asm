flowpbx-asm 1
; Ringing for longer than an hour.
node "n"
entry "n" @0
range "n" @0 @2
ring_group "x" 3600001ms
hangup normal
;~ program refused at op @0: 3600001 ms is longer than an effect may take (3600000 ms) (rule Operands)
