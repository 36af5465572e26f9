flowpbx-asm 1
; An op that no call reaches needs no node.
node "n"
range "n" @0 @1
entry "n" @0
hangup normal
menu prompt "x" 1ms
;~ passes
