//! A hash table of words: open addressing, deterministic slots.

use super::NONE;
use super::keys::spread;

/// Words and the number of each; [`NONE`] marks a free slot.
#[derive(Debug)]
pub(super) struct Slots {
    slots: Vec<(u64, u32)>,
    /// The slot of a word is its spread bits, shifted.
    shift: u32,
    used: usize,
}

impl Slots {
    /// Creates a table with capacity for `words` words.
    pub(super) fn with_room(words: usize) -> Slots {
        let bits = (words.max(8) * 2).next_power_of_two().trailing_zeros();
        Slots { slots: vec![(0, NONE); 1 << bits], shift: 64 - bits, used: 0 }
    }

    /// Returns the number of a word, among those for which `same` is true.
    #[inline]
    pub(super) fn find(&self, word: u64, same: impl Fn(u32) -> bool) -> Option<u32> {
        let place = self.place(word, same);
        Some(self.slots[place].1).filter(|&number| number != NONE)
    }

    /// Returns the number of a word, inserting `new` if it is absent.
    #[inline]
    pub(super) fn find_or_add(&mut self, word: u64, new: u32, same: impl Fn(u32) -> bool) -> u32 {
        let place = self.place(word, same);
        let slot = &mut self.slots[place];
        if slot.1 != NONE {
            return slot.1;
        }
        *slot = (word, new);
        self.used += 1;
        if self.used * 2 > self.slots.len() {
            self.grow();
        }
        new
    }

    /// Returns the number of words.
    pub(super) fn len(&self) -> usize {
        self.used
    }

    /// Renumbers every word.
    pub(super) fn renumber(&mut self, number: impl Fn(u32) -> u32) {
        let used = self.slots.iter_mut().filter(|slot| slot.1 != NONE);
        used.for_each(|slot| slot.1 = number(slot.1));
    }

    /// Returns the slot of the word, or where to insert it.
    #[inline]
    fn place(&self, word: u64, same: impl Fn(u32) -> bool) -> usize {
        let mask = self.slots.len() - 1;
        let mut place = (spread(word) >> self.shift) as usize;
        loop {
            let (other, number) = self.slots[place & mask];
            if number == NONE || (other == word && same(number)) {
                return place & mask;
            }
            place += 1;
        }
    }

    fn grow(&mut self) {
        let mut larger = Slots::with_room(self.slots.len());
        for &(word, number) in self.slots.iter().filter(|slot| slot.1 != NONE) {
            let place = larger.place(word, |_| false);
            larger.slots[place] = (word, number);
        }
        larger.used = self.used;
        *self = larger;
    }
}
