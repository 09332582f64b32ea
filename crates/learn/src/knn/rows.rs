//! The training rows as they are searched.

use super::nearest::Nearest;
use super::tree::Tree;
use crate::data::Categories;
use crate::twofold::Twofold;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};
use std::ops::Range;

/// A column at the common scale.
#[derive(Debug, Clone)]
pub(super) enum Lane {
    /// NaN where a value is missing.
    Numbers(Vec<f64>),
    Codes(Vec<u32>),
}

impl Lane {
    fn is_complete(&self) -> bool {
        matches!(self, Lane::Numbers(numbers) if numbers.iter().all(|number| !number.is_nan()))
    }

    fn numbers(&self) -> &[f64] {
        match self {
            Lane::Numbers(numbers) => numbers,
            Lane::Codes(_) => &[],
        }
    }

    /// Is a row's value missing, or a category, or too large for single precision?
    fn is_special(&self, row: usize) -> bool {
        match self {
            Lane::Numbers(numbers) => numbers[row].is_nan() || numbers[row].abs() > SINGLE_MAX,
            Lane::Codes(_) => true,
        }
    }
}

/// Columns up to which complete rows are searched by a tree: with more of them, most leaves are near.
const TREE_COLUMNS: usize = 8;

/// Rows from which a tree is worth it.
const TREE_ROWS: usize = 200;

/// Columns from which products are faster than differences.
const PRODUCT_COLUMNS: usize = 4;

/// Training rows compared at a time.
const TILE_ROWS: usize = 1024;

/// The training rows, and what speeds up the search among them. Whichever way is taken, distances are the same sums.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    rows: usize,
    lanes: Vec<Lane>,
    /// The square that two different categories add.
    mismatch: f64,
    way: Way,
}

#[derive(Debug, Clone)]
enum Way {
    Tree(Tree),
    Products(Products),
    Differences,
}

impl Rows {
    pub(super) fn new(rows: usize, lanes: Vec<Lane>, scale: f64) -> Rows {
        let complete = lanes.iter().all(Lane::is_complete);
        let usual = || (0..rows).all(|row| !lanes.iter().any(|lane| lane.is_special(row)));
        let columns = || lanes.iter().map(Lane::numbers).collect::<Vec<_>>();
        let way = match lanes.len() {
            1..=TREE_COLUMNS if complete && rows >= TREE_ROWS => Way::Tree(Tree::new(&columns())),
            PRODUCT_COLUMNS.. if usual() => Way::Products(Products::new(&columns(), rows)),
            _ => Way::Differences,
        };
        Rows { rows, lanes, mismatch: scale * scale, way }
    }

    /// Finds the rows nearest to each of some rows.
    pub(super) fn search(&self, queries: &[Lane], block: Range<usize>, each: &mut [Nearest<'_>]) {
        let special = |row: usize| queries.iter().any(|lane| lane.is_special(row));
        match &self.way {
            Way::Products(products) if !block.clone().any(special) => {
                products.search(queries, block, each);
            }
            way => {
                let mut point = Vec::with_capacity(queries.len());
                let mut sums = Sums::default();
                for (row, nearest) in block.zip(each) {
                    match way {
                        Way::Tree(tree) if !special(row) => {
                            point.clear();
                            point.extend(queries.iter().map(|lane| lane.numbers()[row]));
                            tree.search(&point, nearest);
                        }
                        _ => self.compare_all(queries, row, &mut sums, nearest),
                    }
                }
            }
        }
    }

    /// Compares a row with all training rows.
    fn compare_all(&self, queries: &[Lane], row: usize, sums: &mut Sums, nearest: &mut Nearest<'_>) {
        for start in (0..self.rows).step_by(TILE_ROWS) {
            let tile = start..self.rows.min(start + TILE_ROWS);
            sums.clear(tile.len());
            for (lane, query) in self.lanes.iter().zip(queries) {
                match (lane, query) {
                    (Lane::Numbers(numbers), Lane::Numbers(query)) => {
                        sums.add_numbers(&numbers[tile.clone()], query[row])
                    }
                    (Lane::Codes(codes), Lane::Codes(query)) => {
                        sums.add_codes(&codes[tile.clone()], query[row], self.mismatch);
                    }
                    _ => {}
                }
            }
            let found = sums.squares.iter().zip(&sums.shared).zip(start as u32..);
            for ((square, shared), donor) in found.filter(|((_, shared), _)| **shared > 0.0) {
                nearest.offer(self.stretched(*square, *shared), donor);
            }
        }
    }

    /// The squared distance over all columns, if the columns present in both are like the others.
    fn stretched(&self, square: f64, shared: f64) -> f64 {
        let width = self.lanes.len() as f64;
        if shared == width { square } else { square / shared * width }
    }
}

/// Squared distances to some training rows, and how many columns they were summed over.
#[derive(Default)]
struct Sums {
    squares: Vec<f64>,
    shared: Vec<f64>,
}

impl Sums {
    fn clear(&mut self, rows: usize) {
        for sums in [&mut self.squares, &mut self.shared] {
            sums.clear();
            sums.resize(rows, 0.0);
        }
    }

    fn add_numbers(&mut self, numbers: &[f64], own: f64) {
        if own.is_nan() {
            return;
        }
        for ((square, shared), number) in self.squares.iter_mut().zip(&mut self.shared).zip(numbers) {
            let difference = own - number;
            let (term, one) = if difference.is_nan() { (0.0, 0.0) } else { (difference * difference, 1.0) };
            *square += term;
            *shared += one;
        }
    }

    fn add_codes(&mut self, codes: &[u32], own: u32, mismatch: f64) {
        if own == Categories::MISSING {
            return;
        }
        for ((square, shared), &code) in self.squares.iter_mut().zip(&mut self.shared).zip(codes) {
            *square += if code == own || code == Categories::MISSING { 0.0 } else { mismatch };
            *shared += if code == Categories::MISSING { 0.0 } else { 1.0 };
        }
    }
}

/// Complete rows of many columns: a product of matrices gives all distances as Σ x² + Σ q² - 2·Σ x·q.
///
/// That suffers from cancellation, and single precision is twice as fast, so it only tells which rows cannot be among
/// the nearest; the others are compared exactly.
#[derive(Debug, Clone)]
struct Products {
    means: Vec<f64>,
    /// The numbers row by row, for exact comparisons.
    rows: Vec<f64>,
    /// The columns less their means.
    centred: Mat<f32>,
    /// Σ x² of each row, less what rounding may have added.
    sizes: Vec<f32>,
    /// The share of Σ x² + Σ q² that rounding may have added: a few units in the last place for each operation (Higham,
    /// "Accuracy and Stability of Numerical Algorithms", 2002, 3.1).
    lost: f64,
    /// What may have been added by products too small for single precision.
    vanished: f64,
}

/// Numbers at the common scale up to this size have squares in single precision.
const SINGLE_MAX: f64 = 1e12;

impl Products {
    fn new(columns: &[&[f64]], rows: usize) -> Products {
        let means: Vec<f64> =
            columns.iter().map(|column| Twofold::sum(column.iter().map(|number| number / rows as f64))).collect();
        let lost = (8 * columns.len() + 32) as f64 * f64::from(f32::EPSILON);
        let mut sizes = vec![0.0; rows];
        for (column, mean) in columns.iter().zip(&means) {
            sizes.iter_mut().zip(*column).for_each(|(size, number)| *size += (number - mean) * (number - mean));
        }
        Products {
            rows: (0..rows).flat_map(|row| columns.iter().map(move |column| column[row])).collect(),
            centred: Mat::from_fn(rows, columns.len(), |row, column| (columns[column][row] - means[column]) as f32),
            sizes: sizes.iter().map(|size| (size * (1.0 - lost)) as f32).collect(),
            means,
            lost,
            vanished: 1e-36 * columns.len() as f64,
        }
    }

    fn search(&self, queries: &[Lane], block: Range<usize>, each: &mut [Nearest<'_>]) {
        let (width, count) = (queries.len(), block.len());
        let mut points = Vec::with_capacity(width * count);
        let mut sizes = Vec::with_capacity(count);
        for row in block.clone() {
            let centred = || queries.iter().zip(&self.means).map(|(lane, mean)| lane.numbers()[row] - mean);
            let size: f64 = centred().map(|number| number * number).sum();
            sizes.push(size * (1.0 - self.lost) - self.vanished);
            points.extend(centred().map(|number| (-2.0 * number) as f32));
        }
        let exact: Vec<f64> = block.flat_map(|row| queries.iter().map(move |lane| lane.numbers()[row])).collect();
        let points = MatRef::from_column_major_slice(&points, width, count);
        let mut products = Mat::<f32>::zeros(TILE_ROWS, count);
        for start in (0..self.sizes.len()).step_by(TILE_ROWS) {
            let end = self.sizes.len().min(start + TILE_ROWS);
            let mut tile = products.get_mut(..end - start, ..);
            let part = self.centred.get(start..end, ..);
            matmul(tile.as_mut(), Accum::Replace, part, points, 1.0, Par::Seq);
            let exact = exact.chunks_exact(width).zip(&mut *each);
            for (place, (point, nearest)) in exact.enumerate() {
                let found = &products.col_as_slice(place)[..end - start];
                for_each_within(found, &self.sizes[start..end], sizes[place], nearest, |donor, nearest| {
                    let other = &self.rows[(start + donor) * width..(start + donor + 1) * width];
                    nearest.offer(square(point, other), (start + donor) as u32);
                });
            }
        }
    }
}

/// The squared distance of two rows, summed column by column.
fn square(point: &[f64], other: &[f64]) -> f64 {
    point.iter().zip(other).fold(0.0, |sum, (own, other)| sum + (own - other) * (own - other))
}

/// Passes every place whose distance may be within the limit.
fn for_each_within(
    products: &[f32],
    sizes: &[f32],
    own: f64,
    nearest: &mut Nearest<'_>,
    mut take: impl FnMut(usize, &mut Nearest<'_>),
) {
    /// Places looked at together: most have none within the limit.
    const LANES: usize = 64;
    /// So that no limit is rounded down.
    const ROUNDED_UP: f64 = 1.0 + 1e-6;
    let single = |limit: f64| (limit * ROUNDED_UP - own) as f32;
    for (part, (products, sizes)) in products.chunks(LANES).zip(sizes.chunks(LANES)).enumerate() {
        let mut limit = single(nearest.limit());
        if least_sum(products, sizes) > limit {
            continue;
        }
        for (place, (product, size)) in products.iter().zip(sizes).enumerate() {
            if product + size <= limit {
                take(part * LANES + place, nearest);
                limit = single(nearest.limit());
            }
        }
    }
}

/// The least sum of a product and a size, eight at a time.
fn least_sum(products: &[f32], sizes: &[f32]) -> f32 {
    let mut least = [f32::INFINITY; 8];
    let (eights, other_eights) = (products.chunks_exact(8), sizes.chunks_exact(8));
    let rest = eights.remainder().iter().zip(other_eights.remainder());
    let rest = rest.fold(f32::INFINITY, |least, (product, size)| least.min(product + size));
    for (products, sizes) in eights.zip(other_eights) {
        for ((least, product), size) in least.iter_mut().zip(products).zip(sizes) {
            let sum = product + size;
            *least = if sum < *least { sum } else { *least };
        }
    }
    least.into_iter().fold(rest, f32::min)
}
