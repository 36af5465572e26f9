flowpbx-asm 1
; A call whose exits don't hold the one that its flow returns by.
node "n"
entry "n" @0
range "n" @0 @2
call 0 |
| to @1
return 0
;~ program refused at op @1: the subflow returns by an exit that a call of it has no place for (rule Calls)
