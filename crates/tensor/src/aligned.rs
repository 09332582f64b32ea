//! Buffers aligned to a cache line, so that consecutive vectors never cross a line.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line, and of the widest vector.
const LINE: usize = 64;

/// A slice of fixed length, initially zero, whose first element is aligned to a cache line.
#[derive(Debug)]
pub(crate) struct Aligned<T> {
    /// Includes the padding before the first element.
    values: Vec<T>,
    start: usize,
}

impl<T: Copy + Default> Aligned<T> {
    pub(crate) fn new(length: usize) -> Aligned<T> {
        let spare = LINE / size_of::<T>();
        let mut values: Vec<T> = Vec::with_capacity(spare + length);
        let start = values.as_ptr().align_offset(LINE).min(spare);
        values.resize(start + length, T::default());
        Aligned { values, start }
    }
}

impl<T: Copy + Default> Clone for Aligned<T> {
    /// The copy is aligned too.
    fn clone(&self) -> Aligned<T> {
        let mut copy = Aligned::new(self.len());
        copy.copy_from_slice(self);
        copy
    }
}

impl<T> Deref for Aligned<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.values[self.start..]
    }
}

impl<T> DerefMut for Aligned<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_hold_the_same_and_lie_at_lines_too() {
        for length in [0, 1, 15, 16, 1000] {
            let mut numbers = Aligned::<f32>::new(length);
            numbers.iter_mut().enumerate().for_each(|(place, number)| *number = place as f32);
            let copy = numbers.clone();
            assert_eq!(*copy, *numbers);
            assert!([&numbers, &copy].into_iter().all(|numbers| numbers.as_ptr().addr() % LINE == 0));
        }
    }
}
