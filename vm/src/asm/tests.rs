use super::*;
use crate::op::OPS;
use crate::sample::{Plan, flow, office};
use crate::verify;
use proptest::prelude::*;

#[test]
fn the_sample_comes_back() {
    let program = office();
    let listing = disassemble(&program);
    assert_eq!(assemble(&listing), Ok(program.encode()));
    let plan = |kind| Plan { kind, wires: [0, 1, 2, 3] };
    let collect = Plan { kind: 14, wires: [0, 0, 2, 3] };
    let values =
        verify(&flow(&[[7, 8, 9, 10, 11, 12, 13, 14, 6].map(plan).as_slice(), &[collect]].concat())).unwrap();
    let more = disassemble(&values);
    assert_eq!(assemble(&more), Ok(values.encode()));
    // The samples have an op of each sort, so the text form of each has been read back.
    let listing = listing + &more;
    for op in OPS {
        assert!(listing.contains(&format!(" {}", op.mnemonic)), "{} is not in the sample", op.mnemonic);
    }
}

#[test]
fn a_listing_reads_well() {
    let listing = disassemble(&office());
    let rows = [
        "| rule 2026-12-25 2026-12-26 00:00 24:00 @",
        "| rule mon,tue,wed,thu,fri 08:30 17:00 @",
        "| rule fri 22:00 06:00 @",
        "local_time \"Australia/Sydney\"",
        "leave \"n1\" \"timeout\"",
        "menu menu_greeting \"main\" 5000ms",
    ];
    for row in rows {
        assert!(listing.contains(row), "{row} is not in\n{listing}");
    }
}

#[test]
fn comments_blank_lines_and_numbers_are_free() {
    let bare = "flowpbx-asm 1\nnode \"n\"\nentry \"n\" @0\nrange \"n\" @0 @2\nset c0 1\nhangup normal\n";
    let full = "flowpbx-asm 1\nconst \"n\"\n\nnode \"n\" ; a node\nentry \"n\" @0\nrange \"n\" @0 @2\n\
                ; code\n@0 set c0 1\n@1 hangup normal ; over";
    assert_eq!(assemble(bare), assemble(full));
}

#[test]
fn texts_that_are_no_listing() {
    let cases = [
        (1, ""),
        (1, "flowpbx-asm 2"),
        (2, "flowpbx-asm 1\nfly"),
        (2, "flowpbx-asm 1\nhangup"),
        (2, "flowpbx-asm 1\nhangup sadly"),
        (2, "flowpbx-asm 1\nhangup normal now"),
        (2, "flowpbx-asm 1\n@1 hangup normal"),
        (2, "flowpbx-asm 1\nenter \"nowhere\""),
        (2, "flowpbx-asm 1\nplay sound \"x\" whole early"),
        (2, "flowpbx-asm 1\nset c0 256"),
        (2, "flowpbx-asm 1\nconst \"a"),
        (3, "flowpbx-asm 1\nconst \"a\"\nconst \"a\""),
        (3, "flowpbx-asm 1\nnode \"a\"\nnode \"a\""),
        (2, "flowpbx-asm 1\nnode \"a\" \"x\" \"x\""),
        (2, "flowpbx-asm 1\n| done @1"),
        (3, "flowpbx-asm 1\nswitch_outcome |\nhangup normal"),
        (3, "flowpbx-asm 1\nswitch_outcome |\n| key @1"),
        (2, "flowpbx-asm 1\nswitch_time |"),
        (3, "flowpbx-asm 1\nswitch_time |\n| rule mon 08:00 00:00 @1"),
        (3, "flowpbx-asm 1\nswitch_time |\n| rule noday 08:00 09:00 @1"),
        (4, "flowpbx-asm 1\nswitch_time |\n| default @1\n| rule mon 08:00 09:00 @1"),
    ];
    for (line, text) in cases {
        assert_eq!(assemble(text).map_err(|e| e.line), Err(line), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise_never_panics(
        cut in any::<prop::sample::Index>(),
        noise in "[ -~\n\"|@]{0,40}",
        end in any::<prop::sample::Index>(),
    ) {
        let good = disassemble(&office());
        let mixed = format!("{}{noise}{}", &good[..cut.index(good.len())], &good[end.index(good.len())..]);
        if let Ok(bytes) = assemble(&mixed) {
            let _ = crate::verify(&bytes);
        }
    }
}
