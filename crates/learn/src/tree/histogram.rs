//! Sums of derivatives per bin.
//!
//! Derivatives are rounded to whole multiples of a power of two, once per tree, and their sums are whole numbers. So a
//! sum does not depend on the order of its rows, on how rows are split over threads, or on whether it was added up or
//! is the difference of two others.

use super::binned::{Binned, LANES};
use super::cuts::{Bins, MISSING};
use super::growth::columns_of;
use rayon::prelude::*;

/// Bins per column, [`MISSING`](super::MISSING) included.
pub(super) const SLOTS: usize = 256;
/// Rows that are added up by one task.
const ROWS_PER_TASK: usize = 1 << 12;
/// Cells with less work than that of handing it out to threads.
pub(super) const CELLS_PER_TASK: usize = 1 << 14;

/// The first and the second derivative of the loss of one row.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Derivative {
    pub(crate) first: f64,
    pub(crate) second: f64,
}

/// The largest derivatives of some rows, whatever their sign.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Largest {
    first: f64,
    second: f64,
}

impl Largest {
    /// Those of one more row.
    pub(crate) fn and(self, derivative: &Derivative) -> Largest {
        self.max(Largest { first: derivative.first.abs(), second: derivative.second })
    }

    /// Those of both.
    pub(crate) fn max(self, other: Largest) -> Largest {
        Largest { first: self.first.max(other.first), second: self.second.max(other.second) }
    }
}

/// A row that a tree is grown on, with its rounded derivatives.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Item {
    pub(super) row: u32,
    first: i32,
    second: u32,
}

/// Units of rounded derivatives.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    first: f64,
    second: f64,
    /// The bits of [`Sum::packed`] that hold second derivatives; those above count rows.
    bits: u32,
}

impl Scale {
    /// The units for these derivatives: the smallest powers of two with which no sum overflows.
    pub(crate) fn of(derivatives: &[Derivative]) -> Scale {
        let largest =
            derivatives.par_iter().map(|each| Largest::default().and(each)).reduce(Largest::default, Largest::max);
        Scale::for_rows(derivatives.len(), largest)
    }

    /// The units for this many rows with derivatives up to the largest.
    pub(crate) fn for_rows(rows: usize, largest: Largest) -> Scale {
        let bits = rows.leading_zeros().min(32 + 16);
        let Largest { first, second } = largest;
        // A sum of second derivatives is at most their number times the largest; one bit is for rounding.
        let sum_bits = f64::from(bits) - 1.0 - (rows.max(1) as f64).log2();
        Scale {
            first: power_of_two(first / f64::from(1_u32 << 30)),
            second: power_of_two((second / f64::from(1_u32 << 31)).max(second / sum_bits.exp2())),
            bits,
        }
    }

    pub(super) fn item(self, row: u32, derivative: Derivative) -> Item {
        // Units are powers of two: the quotients are exact. A cast drops the fraction, so half a unit is added before.
        let first = derivative.first / self.first;
        let second = derivative.second / self.second + 0.5;
        Item { row, first: (first + 0.5_f64.copysign(first)) as i32, second: second as u32 }
    }

    /// The unit of second derivatives.
    pub(super) fn unit_of_second(self) -> f64 {
        self.second
    }

    /// A sum in these units: first derivatives, second derivatives and rows.
    #[inline]
    pub(super) fn in_units(self, sum: Sum) -> (f64, f64, u64) {
        // Both are below 2^63, and signed numbers are converted faster.
        let second = (sum.packed & ((1 << self.bits) - 1)) as i64;
        (sum.first as f64, second as f64, sum.packed >> self.bits)
    }

    /// The sum of first derivatives.
    pub(super) fn first(self, sum: Sum) -> f64 {
        sum.first as f64 * self.first
    }

    /// The sum of second derivatives.
    pub(super) fn second(self, sum: Sum) -> f64 {
        (sum.packed & ((1 << self.bits) - 1)) as f64 * self.second
    }

    /// The number of rows.
    pub(super) fn rows(self, sum: Sum) -> u64 {
        sum.packed >> self.bits
    }

    pub(super) fn sum_of(self, items: &[Item]) -> Sum {
        items.iter().fold(Sum::default(), |sum, item| sum.plus(self.of_item(item)))
    }

    fn of_item(self, item: &Item) -> Sum {
        Sum { first: i64::from(item.first), packed: (1 << self.bits) + u64::from(item.second) }
    }
}

/// The smallest power of two that is not below a number; 1 for 0.
fn power_of_two(number: f64) -> f64 {
    if number == 0.0 { 1.0 } else { number.log2().ceil().clamp(-1074.0, 1023.0).exp2() }
}

/// The sums of some rows, in units of a [`Scale`].
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sum {
    first: i64,
    /// The number of rows, and below it the sum of second derivatives.
    packed: u64,
}

impl Sum {
    pub(super) fn plus(self, other: Sum) -> Sum {
        Sum { first: self.first + other.first, packed: self.packed + other.packed }
    }

    pub(super) fn minus(self, other: Sum) -> Sum {
        Sum { first: self.first - other.first, packed: self.packed - other.packed }
    }

    pub(super) fn is_empty(self) -> bool {
        self.packed == 0
    }
}

/// The memory of the sums of one column.
pub(crate) const HISTOGRAM_BYTES: usize = size_of::<Slots>();

/// The sums of each bin of a column.
pub(super) type Slots = [Sum; SLOTS];

/// The sums of each bin of every column, in blocks of [`LANES`] columns.
#[derive(Debug, Clone)]
pub(super) struct Histogram(pub(super) Vec<Slots>);

impl Histogram {
    pub(super) fn new(columns: usize) -> Histogram {
        Histogram(vec![[Sum::default(); SLOTS]; columns.next_multiple_of(LANES)])
    }

    /// Adds the sums of other rows.
    pub(super) fn plus(&mut self, other: &Histogram) {
        let slots = self.0.as_flattened_mut().iter_mut().zip(other.0.as_flattened());
        slots.for_each(|(sum, other)| *sum = sum.plus(*other));
    }
}

/// The slots of a column that are in use: those of its bins, and that of missing values.
fn used(binned: &Binned, column: usize) -> impl Iterator<Item = usize> + use<> {
    (0..binned.bins()[column].count()).chain([usize::from(MISSING)])
}

/// Adds up rows, with as many tasks as pay: parts of many rows, or blocks of columns of few.
pub(super) fn add_up(binned: &Binned, items: &[Item], scale: Scale, into: &mut Histogram) {
    for column in 0..binned.bins().len() {
        used(binned, column).for_each(|slot| into.0[column][slot] = Sum::default());
    }
    if items.len() * binned.bins().len() < CELLS_PER_TASK {
        return add(binned, 0, items, scale, &mut into.0);
    }
    if items.len() < 2 * ROWS_PER_TASK {
        let blocks = into.0.par_chunks_mut(LANES).enumerate();
        return blocks.for_each(|(block, slots)| add(binned, block, items, scale, slots));
    }
    let tasks = items.len().div_ceil(ROWS_PER_TASK).min(2 * rayon::current_num_threads());
    let part = |items: &[Item]| {
        let mut part = Histogram::new(binned.bins().len());
        add(binned, 0, items, scale, &mut part.0);
        part
    };
    let parts: Vec<Histogram> = items.par_chunks(items.len().div_ceil(tasks)).map(part).collect();
    into.0[..binned.bins().len()].par_iter_mut().enumerate().for_each(|(column, slots)| {
        for part in &parts {
            used(binned, column).for_each(|slot| slots[slot] = slots[slot].plus(part.0[column][slot]));
        }
    });
}

/// Adds rows to the sums of blocks of columns, of which this one is the first.
pub(super) fn add(binned: &Binned, first: usize, items: &[Item], scale: Scale, into: &mut [Slots]) {
    /// Rows that are added to all blocks before others, since their words are in the cache then.
    const NEAR: usize = 1 << 10;
    for items in items.chunks(NEAR) {
        for (block, slots) in (first..).zip(into.chunks_mut(LANES)) {
            match binned.columns_of(block).len() {
                1 => add_lanes::<1>(binned, block, items, scale, slots),
                2 => add_lanes::<2>(binned, block, items, scale, slots),
                3 => add_lanes::<3>(binned, block, items, scale, slots),
                4 => add_lanes::<4>(binned, block, items, scale, slots),
                5 => add_lanes::<5>(binned, block, items, scale, slots),
                6 => add_lanes::<6>(binned, block, items, scale, slots),
                7 => add_lanes::<7>(binned, block, items, scale, slots),
                _ => add_lanes::<LANES>(binned, block, items, scale, slots),
            }
        }
    }
}

fn add_lanes<const L: usize>(binned: &Binned, block: usize, items: &[Item], scale: Scale, into: &mut [Slots]) {
    /// Rows whose bins are fetched together: their reads of memory overlap.
    const TOGETHER: usize = 32;
    let into: &mut [Slots; LANES] = into.try_into().expect("a block of columns");
    let (words, stride) = (binned.words(), binned.blocks());
    let mut fetched = [[0_u8; LANES]; TOGETHER];
    for items in items.chunks(TOGETHER) {
        fetched.iter_mut().zip(items).for_each(|(bins, item)| *bins = words[item.row as usize * stride + block]);
        for (item, bins) in items.iter().zip(&fetched) {
            let sum = scale.of_item(item);
            for lane in 0..L {
                let slot = &mut into[lane][usize::from(bins[lane])];
                *slot = slot.plus(sum);
            }
        }
    }
}

/// Takes the sums of one part of the rows away from those of all: the sums of the other part.
pub(super) fn take_away(bins: &[Bins], block: usize, all: &mut [Slots], part: &[Slots]) {
    for ((column, all), part) in columns_of(block, bins.len()).zip(all.iter_mut()).zip(part) {
        let bins = bins[column].count();
        all[..bins].iter_mut().zip(&part[..bins]).for_each(|(all, part)| *all = all.minus(*part));
        all[usize::from(MISSING)] = all[usize::from(MISSING)].minus(part[usize::from(MISSING)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_derivatives_whatever_the_order() {
        let derivative = |row: i32| Derivative { first: f64::from(row % 7) - 2.9, second: f64::from(row % 5) * 0.1 };
        let derivatives: Vec<Derivative> = (0..10_000).map(derivative).collect();
        let scale = Scale::of(&derivatives);
        let mut items: Vec<Item> = derivatives.iter().zip(0..).map(|(each, row)| scale.item(row, *each)).collect();
        let sum = scale.sum_of(&items);
        items.reverse();
        assert_eq!(sum, scale.sum_of(&items));
        let exact = derivatives.iter().fold((0.0, 0.0), |(a, b), each| (a + each.first, b + each.second));
        assert!((scale.first(sum) - exact.0).abs() < 1e-4 && (scale.second(sum) - exact.1).abs() < 1e-4);
        assert_eq!(scale.rows(sum), 10_000);
        let rest = sum.minus(scale.sum_of(&items[..4000]));
        assert_eq!(rest, scale.sum_of(&items[4000..]));
    }

    #[test]
    fn huge_and_tiny_derivatives_have_units() {
        for size in [1e-300, 1e-20, 1.0, 1e20, 1e300] {
            let derivatives = vec![Derivative { first: -size, second: size }; 1000];
            let scale = Scale::of(&derivatives);
            let items: Vec<Item> = derivatives.iter().map(|each| scale.item(0, *each)).collect();
            let sum = scale.sum_of(&items);
            assert!((scale.second(sum) / (1000.0 * size) - 1.0).abs() < 1e-8, "{size}: {}", scale.second(sum));
            assert!((scale.first(sum) / (-1000.0 * size) - 1.0).abs() < 1e-8);
        }
        let none = Scale::of(&[Derivative::default(); 3]);
        assert_eq!(none.first(none.sum_of(&[none.item(0, Derivative::default())])), 0.0);
    }
}
