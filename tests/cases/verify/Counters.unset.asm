flowpbx-asm 1
; A counter that is counted down and was never set.
node "n"
entry "n" @0
range "n" @0 @2
count_down c0 @1
hangup normal
;~ program refused at op @0: the counter isn't set on every path to here (rule Counters)
