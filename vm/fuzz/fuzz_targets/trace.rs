//! Any text as a trace and as a listing: refused, or read back as itself.
#![no_main]

use flow_vm::{Trace, asm};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(trace) = Trace::decode(text) {
        let again = Trace::decode(&trace.encode());
        assert_eq!(again.ok(), Some(trace));
    }
    let _ = asm::assemble(text);
});
