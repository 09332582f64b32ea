//! Limits on the unpacked size of a file, against small files that claim to hold large tables.

use crate::ReadOptions;
use pipewright_diagnostic::{Failure, code};

/// Maximum ratio of unpacked size to file size, above a minimum.
const FOLD_MAX: u64 = 1000;

/// The bytes that a file of a given size may claim.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Allowance {
    file_bytes: u64,
    /// Limit for all columns together.
    pub(crate) bytes: u64,
    /// Limit for one decoder call.
    pub(crate) block_bytes: u64,
}

impl Allowance {
    pub(crate) fn new(file_bytes: u64, options: &ReadOptions) -> Allowance {
        let block_bytes = options.limits.block_bytes;
        Allowance { file_bytes, bytes: (block_bytes / 4).max(file_bytes.saturating_mul(FOLD_MAX)), block_bytes }
    }

    /// Rejects a file whose columns claim too much in total.
    pub(crate) fn admit(&self, bytes: u64, options: &ReadOptions) -> Result<(), Failure> {
        if bytes <= self.bytes { Ok(()) } else { Err(self.refused(bytes, options)) }
    }

    /// Creates the failure for a file whose columns claim too much in total.
    pub(crate) fn refused(&self, bytes: u64, options: &ReadOptions) -> Failure {
        let message = format!("a file of {} that claims to hold {}", size(self.file_bytes), size(bytes));
        Failure::new(code::LIMIT_REACHED, message)
            .file(&options.name)
            .help(format!("{} are allowed; the limit `block_bytes` raises it", size(self.bytes)))
    }

    /// Rejects a block that is too large to be decoded at once.
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

/// Formats a size for display.
fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} kB", bytes / 1000),
        10_000_000..10_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{} GB", bytes / 1_000_000_000),
    }
}
