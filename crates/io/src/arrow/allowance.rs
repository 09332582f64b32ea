//! What a file may unpack to: a small file that claims to hold a large table is not believed.

use crate::ReadOptions;
use pipewright_diagnostic::{Failure, code};

/// How many times its own size a file may unpack to, once that is no longer small.
const FOLD_MAX: u64 = 1000;

/// The bytes that a file of some size may ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    file_bytes: u64,
    /// What all of its columns together may take.
    pub(crate) bytes: u64,
    /// What one decoder may ask for at once.
    pub(crate) block_bytes: u64,
}

impl Allowance {
    pub(crate) fn new(file_bytes: u64, options: &ReadOptions) -> Allowance {
        let block_bytes = options.limits.block_bytes;
        Allowance { file_bytes, bytes: (block_bytes / 4).max(file_bytes.saturating_mul(FOLD_MAX)), block_bytes }
    }

    /// Refuses a file whose columns ask for too much together.
    pub(crate) fn admit(&self, bytes: u64, options: &ReadOptions) -> Result<(), Failure> {
        if bytes <= self.bytes { Ok(()) } else { Err(self.refused(bytes, options)) }
    }

    /// The failure for a file whose columns ask for this much together.
    pub(crate) fn refused(&self, bytes: u64, options: &ReadOptions) -> Failure {
        let message = format!("a file of {} that claims to hold {}", size(self.file_bytes), size(bytes));
        Failure::new(code::LIMIT_REACHED, message)
            .file(&options.name)
            .help(format!("{} are allowed; the limit `block_bytes` raises it", size(self.bytes)))
    }

    /// Refuses a block of a file that is too large to be decoded at once.
    pub(crate) fn admit_block(&self, bytes: u64, options: &ReadOptions) -> Result<(), Failure> {
        if bytes <= self.block_bytes {
            return Ok(());
        }
        let message = format!("a block that claims to hold {}", size(bytes));
        Err(Failure::new(code::LIMIT_REACHED, message)
            .file(&options.name)
            .help(format!("{} are allowed at once; the limit `block_bytes` raises it", size(self.block_bytes))))
    }
}

/// Bytes as a reader says them.
fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        10_000_000..10_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{} GB", bytes / 1_000_000_000),
    }
}
