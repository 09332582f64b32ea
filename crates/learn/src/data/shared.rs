//! Shared slices, so that columns need not be copied to become features.

use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// A shared slice: cloning and slicing copy no values.
///
/// Any list-like type can be shared, for example a column of another library's table.
///
/// ```
/// use pipewright_learn::data::Shared;
/// let all = Shared::from(vec![1.0, 2.0, 3.0]);
/// assert_eq!(*all.part(1..3), [2.0, 3.0]);
/// ```
pub struct Shared<T> {
    owner: Arc<dyn AsRef<[T]> + Send + Sync>,
    range: Range<usize>,
}

impl<T> Shared<T> {
    /// Shares a whole list.
    #[must_use]
    pub fn new(owner: Arc<dyn AsRef<[T]> + Send + Sync>) -> Shared<T> {
        let range = 0..(*owner).as_ref().len();
        Shared { owner, range }
    }

    /// Returns a part of the slice.
    ///
    /// # Panics
    /// If the range is out of bounds.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Shared<T> {
        assert!(range.start <= range.end && range.end <= self.range.len(), "the part lies in the list");
        let start = self.range.start;
        Shared { owner: self.owner.clone(), range: start + range.start..start + range.end }
    }
}

impl<T> Deref for Shared<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &(*self.owner).as_ref()[self.range.clone()]
    }
}

impl<T: Send + Sync + 'static> From<Vec<T>> for Shared<T> {
    fn from(values: Vec<T>) -> Shared<T> {
        Shared::new(Arc::new(values))
    }
}

impl<T> Clone for Shared<T> {
    fn clone(&self) -> Shared<T> {
        Shared { owner: self.owner.clone(), range: self.range.clone() }
    }
}

impl<T: fmt::Debug> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<T: PartialEq> PartialEq for Shared<T> {
    fn eq(&self, other: &Shared<T>) -> bool {
        **self == **other
    }
}
