flowpbx-asm 1
; A switch over keys behind a question without keys.
node "n"
entry "n" @0
range "n" @0 @3
answer
switch_key |
| 0 @2
| 1 @2
| 2 @2
| 3 @2
| 4 @2
| 5 @2
| 6 @2
| 7 @2
| 8 @2
| 9 @2
| * @2
| # @2
hangup normal
;~ program refused at op @1: the switch may be reached with an answer that its table doesn't know (rule Answers)
