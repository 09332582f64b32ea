//! Training data that does not fit in memory: inputs in a file, the target in memory.

use crate::data::{Features, Target};
use crate::scales::Scales;
use pipewright_world::Content;
use std::fmt;
use std::sync::Arc;

/// Inputs and what is to be predicted from them, the inputs outside memory in single precision.
#[derive(Clone)]
pub struct Spilled {
    pub(crate) names: Arc<[String]>,
    pub(crate) content: Arc<dyn Content>,
    pub(crate) target: Target,
    pub(crate) scales: Scales,
}

impl Spilled {
    /// Inputs as [`Spilled::row_major`] wrote them, one row after another, and a target for each.
    ///
    /// # Panics
    /// If the content has not as many bytes as the target has rows.
    #[must_use]
    pub fn new(names: Arc<[String]>, content: Arc<dyn Content>, target: Target, scales: Scales) -> Spilled {
        assert_eq!(content.size(), (target.rows() * names.len() * 4) as u64, "one target a row");
        Spilled { names, content, target, scales }
    }

    /// The bytes of some rows: every number as a 32-bit float, little end first, row after row.
    #[must_use]
    pub fn row_major(features: &Features) -> Vec<u8> {
        let mut values = vec![0.0_f32; features.values().len()];
        crate::net::row_major(features, 0, &mut values);
        values.into_iter().flat_map(f32::to_le_bytes).collect()
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.target.rows()
    }
}

impl fmt::Debug for Spilled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Spilled({} rows of {} columns)", self.rows(), self.names.len())
    }
}
