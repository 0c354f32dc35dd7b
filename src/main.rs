//! The `dpimon` program.
fn main() {}
