//! flowpbx

fn main() {}
