//! Single-precision products with AVX-512, for the sizes of small networks.
//!
//! **Design.** A tile of the output, up to 12 rows of 32 columns, is summed in registers over the inner side: a line of
//! the right factor, two vectors, times each number of a column of the left one. The left factor is read in place,
//! transposed or not, and so is a small right factor. Of a larger one a panel of 32 columns and up to 256 lines is
//! packed, so that it stays in the first-level cache for all rows; the first tile does that while it multiplies. A
//! transposed right factor is transposed in registers, 16 × 16 numbers at a time.
//!
//! **Bits.** Every number of the output is one chain of fused multiply-adds in the order of the inner side, whatever
//! the sides and the blocks.
//!
//! **Figures**, GFLOP/s of this and of faer 0.24 side by side on one thread of a CPU whose multiply-adds alone reach 185
//! to 215: 32 × 20 · 20 × 64 127 and 105, its gradient of the weights 160 and 109, 32 × 64 · 64 × 32 147 and 110,
//! 32 × 256 · 256 × 256 140 and 138, with the right factor transposed 122 and 117, 256³ 161 and 159.

use super::Factor;
use crate::aligned::Aligned;
use pulp::x86::V4;
use pulp::{Simd, WithSimd, cast, f32x16};
use std::array::from_fn;
use std::cell::RefCell;
use std::ops::Range;
use std::sync::LazyLock;

/// Numbers per vector.
const LANES: usize = 16;
/// Columns of a tile.
const WIDTH: usize = 2 * LANES;
/// Maximum number of lines per panel.
const DEPTH: usize = 256;
/// Maximum size of a right factor: it stays in the second-level cache for all blocks of rows.
const LARGEST: usize = 1 << 18;
/// Size of a right factor that stays in the first-level cache without packing.
const SMALL: usize = 1 << 12;
/// Up to this many lines are multiplied before a tile with strided rows is set up; for more rows than [`FEW`] faer is
/// faster (1024 × 20 · 20 × 64: 127 and 140 GFLOP/s).
const SHORT: usize = 32;
/// Upper bound of few rows.
const FEW: usize = 64;
/// Numbers of a row of the left factor that are read together.
const STRIDE: usize = 4;

/// A line of a tile or a panel.
type Line = [f32x16; 2];

/// This CPU's AVX-512, if it has it.
static SIMD: LazyLock<Option<V4>> = LazyLock::new(V4::try_new);

thread_local! {
    /// The panel of the current product.
    static PANEL: RefCell<Aligned<f32>> = RefCell::new(Aligned::new(DEPTH * WIDTH));
}

/// `output` = these rows of the `left` factor of [`super::product`] · `right`, if this CPU supports it and it pays off;
/// otherwise returns `false` and does nothing.
pub(super) fn product(
    [height, inner, columns]: [usize; 3],
    rows: Range<usize>,
    left: Factor<'_, f32>,
    right: Factor<'_, f32>,
    output: &mut [f32],
) -> bool {
    let Some(simd) = *SIMD else { return false };
    let is_mostly_setting_up = inner <= SHORT && rows.len() > FEW && !left.transposed;
    if columns < LANES || inner == 0 || inner * columns > LARGEST || is_mostly_setting_up {
        return false;
    }
    PANEL.with_borrow_mut(|panel| {
        let panel = V4::as_mut_simd_f32s(panel).0.as_chunks_mut().0;
        Simd::vectorize(simd, Product { simd, height, inner, columns, rows, left, right, output, panel });
    });
    true
}

struct Product<'a> {
    simd: V4,
    /// Rows of the whole left factor.
    height: usize,
    inner: usize,
    columns: usize,
    /// Those that are multiplied.
    rows: Range<usize>,
    left: Factor<'a, f32>,
    right: Factor<'a, f32>,
    output: &'a mut [f32],
    panel: &'a mut [Line],
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, _: S) {
        for start in (0..self.inner).step_by(DEPTH) {
            for column in (0..self.columns).step_by(WIDTH) {
                self.columns_from(start, column);
            }
        }
    }
}

impl Product<'_> {
    /// The columns of a panel, for the inner side from `start`.
    #[inline(always)]
    fn columns_from(&mut self, start: usize, column: usize) {
        let mut is_packed = self.pack(start, column);
        let mut row = self.rows.start;
        while row < self.rows.end {
            row += match self.rows.end - row {
                // Strided rows need a register each for their addresses.
                12.. if self.left.transposed => self.tile::<12>(row, start, column, is_packed),
                8.. => self.tile::<8>(row, start, column, is_packed),
                4.. => self.tile::<4>(row, start, column, is_packed),
                2.. => self.tile::<2>(row, start, column, is_packed),
                _ => self.tile::<1>(row, start, column, is_packed),
            };
            is_packed = true;
        }
    }

    /// Fills the panel, unless the first tile can do it on the way, since its columns are contiguous; is it filled?
    #[inline(always)]
    fn pack(&mut self, start: usize, column: usize) -> bool {
        let depth = DEPTH.min(self.inner - start);
        let panel = &mut self.panel[..depth];
        for half in 0..2 {
            let first = column + half * LANES;
            let count = LANES.min(self.columns.saturating_sub(first));
            if count == 0 {
                continue;
            } else if self.right.transposed {
                let rows = self.right.values[first * self.inner..].chunks_exact(self.inner).take(count);
                turn(self.simd, rows.map(|row| &row[start..][..depth]), half, panel);
            } else if column + WIDTH > self.columns {
                let lines = self.right.values[start * self.columns..].chunks_exact(self.columns);
                for (to, from) in panel.iter_mut().zip(lines) {
                    to[half] = self.simd.partial_load_f32s(&from[first..][..count]);
                }
            }
        }
        self.right.transposed || column + WIDTH > self.columns
    }

    /// Computes `ROWS` rows of the output from `row`, and a panel's columns; returns how many these are.
    #[inline(always)]
    fn tile<const ROWS: usize>(&mut self, row: usize, start: usize, column: usize, is_packed: bool) -> usize {
        let columns = self.columns;
        let width = WIDTH.min(columns - column);
        let depth = DEPTH.min(self.inner - start);
        let left =
            Left { simd: self.simd, factor: self.left, height: self.height, inner: self.inner, row, start, depth };
        let output = &mut self.output[(row - self.rows.start) * columns + column..];
        let panel = &mut self.panel[..depth];
        let lines = self.right.values[start * columns..].chunks_exact(columns);
        if width < WIDTH {
            let mut whole = [[0.0; WIDTH]; ROWS];
            for (whole, output) in whole.iter_mut().zip(output.chunks(columns)) {
                whole[..width].copy_from_slice(&output[..width]);
            }
            left.multiply::<ROWS>(panel.iter().copied(), whole.as_flattened_mut(), WIDTH);
            for (whole, output) in whole.iter().zip(output.chunks_mut(columns)) {
                output[..width].copy_from_slice(&whole[..width]);
            }
        } else if !self.right.transposed && self.inner * columns <= SMALL {
            left.multiply::<ROWS>(lines.map(|line| at(line, column)), output, columns);
        } else if is_packed {
            left.multiply::<ROWS>(panel.iter().copied(), output, columns);
        } else {
            let packing = panel.iter_mut().zip(lines).map(|(packed, line)| {
                *packed = at(line, column);
                *packed
            });
            left.multiply::<ROWS>(packing, output, columns);
        }
        ROWS
    }
}

/// The vectors from a column.
#[inline(always)]
fn at(line: &[f32], column: usize) -> Line {
    let vectors = V4::as_simd_f32s(&line[column..][..WIDTH]).0;
    [vectors[0], vectors[1]]
}

/// The left factor from a row, and `depth` numbers of it from an index of the inner side.
struct Left<'a> {
    simd: V4,
    factor: Factor<'a, f32>,
    height: usize,
    inner: usize,
    row: usize,
    start: usize,
    depth: usize,
}

// Indexed loops are unrolled, and what they index stays in registers; with iterators, or when passed to a function by
// reference, it was kept in memory.
#[allow(clippy::needless_range_loop)]
impl Left<'_> {
    /// `ROWS` rows of the output, `stride` apart: their products with the lines, added to what earlier lines have made.
    #[inline(always)]
    fn multiply<const ROWS: usize>(&self, lines: impl Iterator<Item = Line>, output: &mut [f32], stride: usize) {
        let mut sums = [[self.simd.splat_f32s(0.0); 2]; ROWS];
        if self.start > 0 {
            for row in 0..ROWS {
                sums[row] = at(&output[row * stride..], 0);
            }
        }
        if self.factor.transposed {
            let columns = self.factor.values[self.start * self.height..].chunks_exact(self.height);
            for (column, line) in columns.zip(lines) {
                let column: &[f32; ROWS] = column[self.row..].first_chunk().expect("as many rows");
                for row in 0..ROWS {
                    sums[row] = self.add(sums[row], column[row], line);
                }
            }
        } else {
            sums = self.by_rows(lines, sums);
        }
        for row in 0..ROWS {
            V4::as_mut_simd_f32s(&mut output[row * stride..][..WIDTH]).0.copy_from_slice(&sums[row]);
        }
    }

    /// The sums for a factor whose rows lie one after another.
    #[inline(always)]
    fn by_rows<const ROWS: usize>(
        &self,
        mut lines: impl Iterator<Item = Line>,
        mut sums: [Line; ROWS],
    ) -> [Line; ROWS] {
        let rows: [_; ROWS] = from_fn(|row| {
            self.factor.values[(self.row + row) * self.inner + self.start..][..self.depth].as_chunks::<STRIDE>()
        });
        for block in 0..self.depth / STRIDE {
            let numbers: [&[f32; STRIDE]; ROWS] = from_fn(|row| &rows[row].0[block]);
            for place in 0..STRIDE {
                let Some(line) = lines.next() else { return sums };
                for row in 0..ROWS {
                    sums[row] = self.add(sums[row], numbers[row][place], line);
                }
            }
        }
        for (place, line) in (0..self.depth % STRIDE).zip(lines) {
            for row in 0..ROWS {
                sums[row] = self.add(sums[row], rows[row].1[place], line);
            }
        }
        sums
    }

    /// sums + number · line
    #[inline(always)]
    fn add(&self, sums: Line, number: f32, line: Line) -> Line {
        let number = self.simd.splat_f32s(number);
        [self.simd.mul_add_f32s(number, line[0], sums[0]), self.simd.mul_add_f32s(number, line[1], sums[1])]
    }
}

/// Transposes up to [`LANES`] rows, as long as the panel: a half of its lines, padded with zeros.
#[inline(always)]
#[allow(clippy::needless_range_loop)] // As above.
fn turn<'a>(simd: V4, rows: impl Iterator<Item = &'a [f32]>, half: usize, panel: &mut [Line]) {
    let mut sources: [&[f32]; LANES] = [&[]; LANES];
    sources.iter_mut().zip(rows).for_each(|(source, row)| *source = row);
    let are_all = !sources[LANES - 1].is_empty();
    for (place, lines) in panel.chunks_mut(LANES).enumerate() {
        let start = place * LANES;
        let block: [f32x16; LANES] = if are_all && lines.len() == LANES {
            from_fn(|row| V4::as_simd_f32s(&sources[row][start..][..LANES]).0[0])
        } else {
            from_fn(|row| match sources[row].get(start..) {
                Some(rest) => simd.partial_load_f32s(&rest[..LANES.min(rest.len())]),
                None => simd.splat_f32s(0.0),
            })
        };
        let columns = transpose(simd, block);
        if lines.len() == LANES {
            for row in 0..LANES {
                lines[row][half] = columns[row];
            }
        } else {
            lines.iter_mut().zip(columns).for_each(|(line, column)| line[half] = column);
        }
    }
}

/// The transpose of 16 × 16 numbers: neighbours are interleaved, then pairs, then quarters of vectors.
#[inline(always)]
fn transpose(simd: V4, rows: [f32x16; LANES]) -> [f32x16; LANES] {
    let simd = simd.avx512f;
    let ones: [f32x16; LANES] = from_fn(|i| {
        let (a, b) = (cast(rows[i & !1]), cast(rows[i | 1]));
        cast(if i & 1 == 0 { simd._mm512_unpacklo_ps(a, b) } else { simd._mm512_unpackhi_ps(a, b) })
    });
    let pairs: [f32x16; LANES] = from_fn(|i| {
        let first = (i & !3) + (i & 2) / 2;
        let (a, b) = (cast(ones[first]), cast(ones[first + 2]));
        cast(if i & 1 == 0 { simd._mm512_unpacklo_pd(a, b) } else { simd._mm512_unpackhi_pd(a, b) })
    });
    let fours: [f32x16; LANES] = from_fn(|i| {
        let first = (i & 8) + (i & 3);
        quarters(simd, i & 4 == 0, pairs[first], pairs[first + 4])
    });
    from_fn(|i| quarters(simd, i & 8 == 0, fours[i & 7], fours[8 + (i & 7)]))
}

/// The even quarters of two vectors, or the odd ones.
#[inline(always)]
fn quarters(simd: pulp::core_arch::x86::Avx512f, even: bool, a: f32x16, b: f32x16) -> f32x16 {
    let (a, b) = (cast(a), cast(b));
    cast(if even { simd._mm512_shuffle_f32x4::<0x88>(a, b) } else { simd._mm512_shuffle_f32x4::<0xDD>(a, b) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `rows` × `columns` numbers in disorder, and what stands for them as the factor of a product.
    fn matrix(rows: usize, columns: usize, seed: u32) -> Vec<f32> {
        (0..rows * columns).map(|place| ((place as u32 * 7919 + seed) % 1009) as f32 / 504.0 - 1.0).collect()
    }

    /// Sums in the order of the inner side, each rounded once.
    fn by_hand(
        [height, inner, columns]: [usize; 3],
        rows: Range<usize>,
        left: Factor<'_, f32>,
        right: Factor<'_, f32>,
    ) -> Vec<f32> {
        let at = |factor: Factor<'_, f32>, [rows, columns]: [usize; 2], row: usize, column: usize| {
            factor.values[if factor.transposed { column * rows + row } else { row * columns + column }]
        };
        let sum = |row, column| {
            (0..inner).fold(0.0_f32, |sum, place| {
                let (left, right) = (at(left, [height, inner], row, place), at(right, [inner, columns], place, column));
                left.mul_add(right, sum)
            })
        };
        rows.flat_map(|row| (0..columns).map(move |column| (row, column)))
            .map(|(row, column)| sum(row, column))
            .collect()
    }

    #[test]
    fn every_number_is_one_chain_of_fused_multiply_adds() {
        let inners = [1, 3, 4, 5, 16, 31, DEPTH - 1, DEPTH, DEPTH + 1, 2 * DEPTH + 7];
        let widths = [LANES, LANES + 1, WIDTH - 1, WIDTH, WIDTH + 1, 2 * WIDTH, 3 * WIDTH + LANES];
        // One after another, so that every pair of ragged sides comes up.
        for (case, (&inner, &columns)) in inners.iter().flat_map(|i| widths.iter().map(move |w| (i, w))).enumerate() {
            let height = 1 + case * 5 % 29;
            let rows = case % 3..height.max(case % 3);
            let (a, b) = (matrix(height, inner, 1), matrix(inner, columns, 500));
            for (left_transposed, right_transposed) in [(false, false), (true, false), (false, true), (true, true)] {
                let left = Factor { values: &a, transposed: left_transposed };
                let right = Factor { values: &b, transposed: right_transposed };
                let sides = [height, inner, columns];
                let mut output = vec![f32::NAN; rows.len() * columns];
                if product(sides, rows.clone(), left, right, &mut output) {
                    assert_eq!(
                        output,
                        by_hand(sides, rows.clone(), left, right),
                        "{sides:?} {left_transposed} {right_transposed}"
                    );
                } else {
                    assert!(SIMD.is_none(), "this CPU has what it takes");
                }
            }
        }
    }

    #[test]
    fn what_faer_does_better_is_left_to_it() {
        let values = vec![1.0; LARGEST + WIDTH];
        let factor = Factor { values: &values, transposed: false };
        for sides in [[4, 8, LANES - 1], [4, 0, WIDTH], [1, LARGEST / WIDTH + 1, WIDTH], [FEW + 1, SHORT, WIDTH]] {
            let mut output = vec![7.0; sides[0] * sides[2]];
            assert!(!product(sides, 0..sides[0], factor, factor, &mut output));
            assert!(output.iter().all(|&number| number == 7.0), "{sides:?}: nothing is done");
        }
    }
}
