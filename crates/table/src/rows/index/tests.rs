//! Every way to number keys numbers them alike, for any number of threads.

use super::*;
use crate::TextArray;
use crate::testing::random_table;
use arrow_array::{ArrayRef, Int64Array};
use pipewright_world::random::Key;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The groups of words by first appearance; a missing one has none.
fn naive(keys: &Keys) -> (Vec<u32>, Vec<u32>) {
    let mut numbers: BTreeMap<u64, u32> = BTreeMap::new();
    let mut first = Vec::new();
    let codes = (0..keys.rows()).map(|row| {
        if keys.is_null(row) {
            return NONE;
        }
        *numbers.entry(keys.word(row)).or_insert_with(|| {
            first.push(row as u32);
            first.len() as u32 - 1
        })
    });
    (codes.collect(), first)
}

fn with_threads<T: Send>(threads: usize, work: impl FnOnce() -> T + Send) -> T {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(work)
}

fn counts(key: Key, rows: u64, levels: u64) -> Keys {
    let count = |row| (key.below(row, 9) > 0).then(|| key.child("level").below(row, levels) as i64 * 3 - 7);
    let array: ArrayRef = Arc::new((0..rows).map(count).collect::<Int64Array>());
    Keys::of(&array)
}

#[test]
fn all_ways_give_the_same_groups() {
    for (rows, levels) in [(0, 1), (1, 1), (50, 3), (3000, 2000), (100_000, 40), (100_000, 90_000)] {
        let keys = counts(Key::new(5), rows, levels);
        let expected = naive(&keys);
        let (least, most) = keys.range().unwrap_or((0, 0));
        for threads in [1, 2, 8] {
            let indexes = with_threads(threads, || [by_parts(&keys), by_shards(&keys), dense(&keys, least, most)]);
            for (way, index) in indexes.into_iter().enumerate() {
                assert_eq!((&index.groups.codes, &index.groups.first), (&expected.0, &expected.1), "way {way}");
                assert_eq!(index.find(&keys, &keys), expected.0, "way {way}, found again");
                let others = counts(Key::new(6), 200, levels + 5);
                let place: BTreeMap<u64, u32> =
                    expected.1.iter().map(|&row| keys.word(row as usize)).zip(0..).collect();
                let there = (0..200).map(|row| match others.is_null(row) {
                    true => NONE,
                    false => place.get(&others.word(row)).copied().unwrap_or(NONE),
                });
                assert_eq!(index.find(&keys, &others), there.collect::<Vec<u32>>(), "way {way}, others");
            }
        }
    }
}

#[test]
fn equal_hashes_are_told_apart() {
    let texts: ArrayRef = Arc::new(TextArray::from(vec!["a", "b", "a", "c", "b"]));
    let mut keys = Keys::of(&texts);
    keys.words = vec![7; 5].into();
    for index in [by_parts(&keys), by_shards(&keys)] {
        assert_eq!(index.groups.codes, [0, 1, 0, 2, 1]);
        assert_eq!(index.find(&keys, &keys), [0, 1, 0, 2, 1]);
    }
}

#[test]
fn columns_together_are_their_pairs() {
    let table = random_table(Key::new(3), 300);
    let keys: Vec<Keys> = ["truth", "category", "count"].map(|name| Keys::of(table.array(name).unwrap())).into();
    let groups = Groups::of(&keys, 300);
    let row = |row: usize| {
        let text = |name| crate::text::text_of(table.array(name).unwrap(), row);
        ["truth", "category", "count"].map(text)
    };
    for (left, right) in (0..300).flat_map(|left| (0..left).map(move |right| (left, right))) {
        assert_eq!(groups.codes[left] == groups.codes[right], row(left) == row(right), "{left} {right}");
    }
    assert!(groups.first.is_sorted());
    let lookup = Lookup::of(keys.clone());
    let found = lookup.find(&keys);
    assert_eq!(found, lookup.groups().codes);
    for (at, code) in found.into_iter().enumerate() {
        assert_eq!(code == NONE, row(at).contains(&None));
    }
}

#[test]
fn members_stand_in_order() {
    let groups = Groups { codes: vec![1, 0, NONE, 1, 0, 1], first: vec![1, 0] };
    let members = Members::of(&groups);
    assert_eq!((members.of_group(0), members.of_group(1), members.groups()), (&[1, 4][..], &[0, 3, 5][..], 2));
}
