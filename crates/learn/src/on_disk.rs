//! Training data larger than memory: inputs in a file, labels in memory.

use crate::data::{Features, Labels};
use crate::scales::Scales;
use pipewright_world::Content;
use std::fmt;
use std::sync::Arc;

/// A data set whose inputs are on disk, in single precision.
#[derive(Clone)]
pub struct OnDisk {
    pub(crate) names: Arc<[String]>,
    pub(crate) content: Arc<dyn Content>,
    pub(crate) labels: Labels,
    pub(crate) scales: Scales,
}

impl OnDisk {
    /// Pairs inputs as written by [`OnDisk::row_major`] with the labels of all rows. Rows with a weight of 0 must not
    /// be among them.
    ///
    /// # Panics
    /// If the size of the content does not match the number of rows and columns.
    #[must_use]
    pub fn new(names: Arc<[String]>, content: Arc<dyn Content>, labels: impl Into<Labels>, scales: Scales) -> OnDisk {
        let labels = labels.into();
        assert_eq!(content.size(), (labels.rows() * names.len() * 4) as u64, "a target per row");
        assert!(labels.counting_rows().is_none(), "every row counts");
        OnDisk { names, content, labels, scales }
    }

    /// Serialises some rows: every number as a little-endian 32-bit float, row-major.
    #[must_use]
    pub fn row_major(features: &Features) -> Vec<u8> {
        let mut values = vec![0.0_f32; features.rows() * features.columns()];
        crate::net::row_major(features, 0, &mut values);
        values.into_iter().flat_map(f32::to_le_bytes).collect()
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.labels.rows()
    }
}

impl fmt::Debug for OnDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OnDisk({} rows of {} columns)", self.rows(), self.names.len())
    }
}
