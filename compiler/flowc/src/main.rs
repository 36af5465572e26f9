//! flowc

fn main() {}
