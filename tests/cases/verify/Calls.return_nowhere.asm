flowpbx-asm 1
; A return where no flow was called.
node "n"
entry "n" @0
range "n" @0 @1
return 0
;~ program refused at op @0: nothing called what returns here (rule Calls)
