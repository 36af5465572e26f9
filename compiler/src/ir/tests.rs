//! The text form reads back what it prints, and refuses what it can't mean.

use super::*;

/// Every step, end, question and case once.
const EVERYTHING: &str = r#"node n0 "office \"main\"" "next" "1" "ß"
node n1 "x"
entry "office \"main\"" b0
b0 n0
  enter
  leave "1"
  set c0 3
  jump b1
b1 n0
  play prompt "hello" barge_in early else b0
    done -> b1
    key 1 -> b2
    key # -> b2
    other_key -> b0
b2 n0
  play greeting "m" else b0
b3 n0
  menu greeting "m" 10000ms else b0
    key * -> b1
    timeout -> b2
b4 n0
  ring_extension "101" 25000ms else b0
    ring answered -> b1
    ring no_answer -> b1
    ring busy -> b1
    ring declined -> b1
    ring unavailable -> b1
b5 n1
  ring_group "sales" 30000ms else b0
b6 n1
  voicemail "v" else b0
    voicemail done -> b1
    voicemail full -> b1
    voicemail failed -> b1
b7 n1
  clock "Australia/Sydney" else b0
    mon,tue,sun 08:30..17:00 -> b1
    fri 22:00..02:00 -> b1
    2026-12-25..2026-12-27 00:00..24:00 -> b2
b8 n1
  count_down c0 more b1 out b2
b9 n1
  answer else b8
    done -> b0
b10 n1
  hangup not_found
"#;

#[test]
fn what_is_printed_reads_back() {
    let ir = Ir::parse(EVERYTHING).unwrap();
    assert_eq!(ir.to_string(), EVERYTHING);
    assert_eq!(Ir::parse(&ir.to_string()).unwrap(), ir);
}

#[test]
fn a_line_that_means_nothing_is_refused_with_its_number() {
    for (text, line) in [
        ("node n1 \"x\"", 1),
        ("node n0 \"x\"\nb0 n1\n  hangup normal", 2),
        ("node n0 \"x\"\nb0 n0\n  leave \"y\"", 3),
        ("node n0 \"x\"\nb0 n0\n  hangup normal\n  enter", 4),
        ("node n0 \"x\"\nb0 n0\n  menu greeting \"m\" 1ms else b0\n    ring busy -> b0", 4),
        ("node n0 \"x\"\nb0 n0\n  jump b4294967295", 3),
        ("node n0 \"x\"\nb0 n0\n  jump b7", 0),
        ("node n0 \"x\"\nb0 n0\n  enter", 0),
        ("node n0 \"x\"\nb0 n0\n  clock \"UTC\" else b0\n    mon 17:00..17:00 -> b0", 4),
    ] {
        assert_eq!(Ir::parse(text).unwrap_err().line, line, "{text}");
    }
}
