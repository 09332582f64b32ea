//! Memory planning: a result lives from its instruction to the last one that reads it.

/// Places results of given sizes into one arena, first fit, in the order of their instructions.
#[derive(Debug, Default)]
pub(super) struct Arena {
    /// Start, end and last reader of what is placed, by start.
    taken: Vec<(usize, usize, usize)>,
    size: usize,
}

/// Places start at multiples of this many elements, a whole number of cache lines.
const ALIGNMENT: usize = 16;

impl Arena {
    /// Creates an arena whose first `reserved` elements are never shared.
    pub(super) fn new(reserved: usize) -> Arena {
        let reserved = reserved.next_multiple_of(ALIGNMENT);
        Arena { taken: vec![(0, reserved, usize::MAX)], size: reserved }
    }

    /// Allocates `count` elements, free from instruction `first` to `last` inclusive.
    pub(super) fn place(&mut self, count: usize, first: usize, last: usize) -> usize {
        let count = count.max(1).next_multiple_of(ALIGNMENT);
        self.taken.retain(|&(_, _, until)| until >= first);
        let mut start = 0;
        let mut position = 0;
        for (index, &(from, to, _)) in self.taken.iter().enumerate() {
            if from - start >= count {
                break;
            }
            start = to;
            position = index + 1;
        }
        self.taken.insert(position, (start, start + count, last));
        self.size = self.size.max(start.checked_add(count).expect("an arena fits into memory"));
        start
    }

    /// The number of elements.
    pub(super) fn size(&self) -> usize {
        self.size
    }
}

#[cfg(test)]
mod tests {
    use super::Arena;

    #[test]
    fn what_is_dead_makes_room_and_what_lives_does_not() {
        let mut arena = Arena::new(0);
        let first = arena.place(100, 0, 1);
        let second = arena.place(16, 1, 3);
        assert_ne!(first, second);
        let third = arena.place(100, 2, 3);
        assert_eq!(third, first, "the first is dead after instruction 1");
        let fourth = arena.place(100, 3, 3);
        assert!(fourth >= second + 16, "all three live");
        assert_eq!(arena.size(), 112 + 16 + 112);
    }
}
