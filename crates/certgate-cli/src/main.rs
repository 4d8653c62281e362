//! certgate
fn main() {}
