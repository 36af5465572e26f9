flowpbx-asm 1
; Ringing that is answered answers the caller; early sound afterwards is too late.
node "n"
entry "n" @0
range "n" @0 @3
ring_extension "1" 1ms
play prompt "x" whole early
hangup normal
;~ program refused at op @1: early sound for a caller that may be answered already (rule CallState)
