//! Any bytes with a content hash that fits as a program: refused, or a program whose bytes and listing read back as
//! themselves.
#![no_main]

use flow_vm::{asm, verify};
use sha2::{Digest as _, Sha256};

libfuzzer_sys::fuzz_target!(|body: &[u8]| {
    let mut bytes = body.to_vec();
    bytes.extend(Sha256::digest(body));
    let Ok(program) = verify(&bytes) else { return };
    assert_eq!(program.encode(), bytes);
    let listing = asm::disassemble(&program);
    assert_eq!(asm::assemble(&listing).ok(), Some(bytes));
});
