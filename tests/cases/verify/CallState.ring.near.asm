flowpbx-asm 1
; Early sound before ringing.
node "n"
entry "n" @0
range "n" @0 @3
play prompt "x" whole early
ring_extension "1" 1ms
hangup normal
;~ passes
