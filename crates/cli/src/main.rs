//! The binary `pipewright`.
fn main() {}
