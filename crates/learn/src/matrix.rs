//! The matrix decompositions that models and transforms need. All are sequential: faer's parallel ones would make the
//! last bits depend on the number of threads.

use faer::diag::Diag;
use faer::dyn_stack::{MemBuffer, MemStack};
use faer::linalg::cholesky::llt;
use faer::linalg::evd::{ComputeEigenvectors, self_adjoint_evd, self_adjoint_evd_scratch};
use faer::linalg::householder::{
    apply_block_householder_sequence_on_the_left_in_place_scratch,
    apply_block_householder_sequence_on_the_left_in_place_with_conj,
    apply_block_householder_sequence_transpose_on_the_left_in_place_scratch,
    apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj,
};
use faer::linalg::matmul::matmul;
use faer::linalg::qr::{col_pivoting, no_pivoting};
use faer::linalg::svd::{ComputeSvdVectors, svd, svd_scratch};
use faer::linalg::triangular_solve::{solve_lower_triangular_in_place, solve_upper_triangular_in_place};
use faer::prelude::default;
use faer::{Accum, Conj, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

/// A = Q·R by Householder reflections; with pivoting, the columns of R are in `order`.
pub(crate) struct Qr {
    /// R above the diagonal, the reflections below it.
    packed: Mat<f64>,
    coefficients: Mat<f64>,
    /// For each column of R, its column of A.
    pub(crate) order: Vec<usize>,
}

impl Qr {
    /// Factorises in blocks, without pivoting.
    pub(crate) fn new(mut packed: Mat<f64>) -> Qr {
        let (rows, columns) = packed.shape();
        let block = no_pivoting::factor::recommended_block_size::<f64>(rows, columns);
        let mut coefficients = Mat::zeros(block, rows.min(columns));
        let scratch = no_pivoting::factor::qr_in_place_scratch::<f64>(rows, columns, block, Par::Seq, default());
        no_pivoting::factor::qr_in_place(
            packed.as_mut(),
            coefficients.as_mut(),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
            default(),
        );
        Qr { packed, coefficients, order: (0..columns).collect() }
    }

    /// Factorises with column pivoting by the largest remaining norm, so that the diagonal of R decreases.
    pub(crate) fn pivoted(mut packed: Mat<f64>) -> Qr {
        let (rows, columns) = packed.shape();
        let block = no_pivoting::factor::recommended_block_size::<f64>(rows, columns);
        let mut coefficients = Mat::zeros(block, rows.min(columns));
        let (mut order, mut inverse) = (vec![0; columns], vec![0; columns]);
        let scratch =
            col_pivoting::factor::qr_in_place_scratch::<usize, f64>(rows, columns, block, Par::Seq, default());
        col_pivoting::factor::qr_in_place(
            packed.as_mut(),
            coefficients.as_mut(),
            &mut order,
            &mut inverse,
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
            default(),
        );
        Qr { packed, coefficients, order }
    }

    /// How many rows A had.
    pub(crate) fn rows(&self) -> usize {
        self.packed.nrows()
    }

    /// Returns R; it has as many rows as A has columns or rows, whichever is less. Only the upper triangle is
    /// meaningful.
    pub(crate) fn upper(&self) -> MatRef<'_, f64> {
        self.packed.get(..self.packed.nrows().min(self.packed.ncols()), ..)
    }

    /// R alone, with zeros below its diagonal.
    pub(crate) fn upper_owned(&self) -> Mat<f64> {
        let upper = self.upper();
        Mat::from_fn(upper.nrows(), upper.ncols(), |row, column| if row <= column { upper[(row, column)] } else { 0.0 })
    }

    /// `vector` becomes Qᵀ·`vector`.
    pub(crate) fn apply_transposed(&self, vector: &mut [f64]) {
        let scratch = apply_block_householder_sequence_transpose_on_the_left_in_place_scratch::<f64>(
            self.packed.nrows(),
            self.coefficients.nrows(),
            1,
        );
        apply_block_householder_sequence_transpose_on_the_left_in_place_with_conj(
            self.packed.as_ref(),
            self.coefficients.as_ref(),
            Conj::No,
            as_column(vector),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
        );
    }

    /// `vector` becomes Q·`vector`.
    pub(crate) fn apply(&self, vector: &mut [f64]) {
        let scratch = apply_block_householder_sequence_on_the_left_in_place_scratch::<f64>(
            self.packed.nrows(),
            self.coefficients.nrows(),
            1,
        );
        apply_block_householder_sequence_on_the_left_in_place_with_conj(
            self.packed.as_ref(),
            self.coefficients.as_ref(),
            Conj::No,
            as_column(vector),
            Par::Seq,
            MemStack::new(&mut MemBuffer::new(scratch)),
        );
    }
}

/// `vector` becomes R⁻¹·`vector`, for the upper triangle of `upper`.
pub(crate) fn solve_upper(upper: MatRef<'_, f64>, vector: &mut [f64]) {
    solve_upper_triangular_in_place(upper, as_column(vector), Par::Seq);
}

/// `vector` becomes R⁻ᵀ·`vector`, for the upper triangle of `upper`.
pub(crate) fn solve_upper_transposed(upper: MatRef<'_, f64>, vector: &mut [f64]) {
    solve_lower_triangular_in_place(upper.transpose(), as_column(vector), Par::Seq);
}

/// `vector` becomes H⁻¹·`vector` for a positive definite H, of which the lower triangle is read. Returns false, and
/// leaves `vector` unchanged, if H is not positive definite.
pub(crate) fn solve_positive_definite(mut matrix: Mat<f64>, vector: &mut [f64]) -> bool {
    let scratch = llt::factor::cholesky_in_place_scratch::<f64>(matrix.nrows(), Par::Seq, default());
    let mut buffer = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut buffer);
    let factored = llt::factor::cholesky_in_place(matrix.as_mut(), default(), Par::Seq, stack, default()).is_ok();
    if factored {
        llt::solve::solve_in_place(matrix.as_ref(), as_column(vector), Par::Seq, stack);
    }
    factored
}

/// Returns H⁻¹ for a positive definite H, of which the lower triangle is read; `None` if H is not positive definite.
pub(crate) fn inverse_positive_definite(mut matrix: Mat<f64>) -> Option<Mat<f64>> {
    let size = matrix.nrows();
    let scratch = llt::factor::cholesky_in_place_scratch::<f64>(size, Par::Seq, default());
    let mut buffer = MemBuffer::new(scratch);
    let stack = MemStack::new(&mut buffer);
    llt::factor::cholesky_in_place(matrix.as_mut(), default(), Par::Seq, stack, default()).ok()?;
    let mut inverse = Mat::identity(size, size);
    llt::solve::solve_in_place(matrix.as_ref(), inverse.as_mut(), Par::Seq, stack);
    let finite = inverse.col_iter().all(|column| column.iter().all(|entry| entry.is_finite()));
    finite.then_some(inverse)
}

/// The eigenvalues of a symmetric matrix with finite entries, of which the lower triangle is read, increasing, and an
/// eigenvector for each.
pub(crate) fn eigenvectors(matrix: MatRef<'_, f64>) -> Option<(Vec<f64>, Vec<Vec<f64>>)> {
    let size = matrix.nrows();
    let (mut vectors, mut values) = (Mat::zeros(size, size), Diag::zeros(size));
    let scratch = self_adjoint_evd_scratch::<f64>(size, ComputeEigenvectors::Yes, Par::Seq, default());
    let stack = &mut MemBuffer::new(scratch);
    self_adjoint_evd(matrix, values.as_mut(), Some(vectors.as_mut()), Par::Seq, MemStack::new(stack), default())
        .ok()?;
    let vectors = vectors.col_iter().map(|vector| vector.iter().copied().collect());
    Some(((0..size).map(|index| values[index]).collect(), vectors.collect()))
}

/// `vector` becomes H⁺·`vector` for a symmetric H with finite entries, of which the lower triangle is read: directions
/// whose eigenvalue is below `tolerance` times the largest are left out.
pub(crate) fn solve_semidefinite(matrix: MatRef<'_, f64>, tolerance: f64, vector: &mut [f64]) {
    let found = eigenvectors(matrix);
    debug_assert!(found.is_some(), "a finite symmetric matrix has eigenvectors");
    let (values, directions) = found.unwrap_or_default();
    let largest = values.iter().map(|value| value.abs()).fold(0.0, f64::max);
    let given = vector.to_vec();
    vector.fill(0.0);
    for (direction, value) in directions.iter().zip(values).filter(|(_, value)| *value > tolerance * largest) {
        let along: f64 = direction.iter().zip(&given).map(|(direction, given)| direction * given).sum::<f64>() / value;
        vector.iter_mut().zip(direction).for_each(|(entry, direction)| *entry += along * direction);
    }
}

/// The singular values of a matrix, decreasing, and a right singular vector for each.
pub(crate) struct Singular {
    pub(crate) values: Vec<f64>,
    /// min(rows, columns) vectors, each of the length of a row.
    pub(crate) vectors: Vec<Vec<f64>>,
}

impl Singular {
    /// Decomposes a matrix with finite entries. A tall or wide matrix is first reduced to a square by QR (Chan, "An
    /// improved algorithm for computing the singular value decomposition", 1982).
    pub(crate) fn of(matrix: Mat<f64>) -> Option<Singular> {
        if matrix.nrows() >= matrix.ncols() {
            return Singular::of_square(triangle(matrix));
        }
        // Aᵀ = Q·R, and Rᵀ = U·S·Wᵀ: the right singular vectors of A are Q·W.
        let columns = matrix.ncols();
        let qr = Qr::new(matrix.transpose().to_owned());
        let mut singular = Singular::of_square(qr.upper_owned().transpose().to_owned())?;
        for vector in &mut singular.vectors {
            vector.resize(columns, 0.0);
            qr.apply(vector);
        }
        Some(singular)
    }

    fn of_square(matrix: Mat<f64>) -> Option<Singular> {
        let size = matrix.nrows();
        let (mut values, mut right) = (Diag::zeros(size), Mat::zeros(size, size));
        let (left, thin) = (ComputeSvdVectors::No, ComputeSvdVectors::Thin);
        let scratch = svd_scratch::<f64>(size, size, left, thin, Par::Seq, default());
        let mut buffer = MemBuffer::new(scratch);
        let stack = MemStack::new(&mut buffer);
        svd(matrix.as_ref(), values.as_mut(), None, Some(right.as_mut()), Par::Seq, stack, default()).ok()?;
        let vectors = right.col_iter().map(|vector| vector.iter().copied().collect());
        Some(Singular { values: (0..size).map(|index| values[index]).collect(), vectors: vectors.collect() })
    }
}

/// Creates a matrix from columns of equal length.
pub(crate) fn from_columns(columns: &[Vec<f64>]) -> Mat<f64> {
    let mut matrix = Mat::zeros(columns.first().map_or(0, Vec::len), columns.len());
    columns.iter().enumerate().for_each(|(index, column)| matrix.col_as_slice_mut(index).copy_from_slice(column));
    matrix
}

/// Returns the R of A = Q·R for an A that is not wider than tall. Blocks of the rows are factorised first, then the
/// stacked triangles of all blocks (Demmel, Grigori, Hoemmen, Langou, "Communication-optimal parallel and sequential QR
/// and LU factorizations", 2012).
fn triangle(matrix: Mat<f64>) -> Mat<f64> {
    const BLOCK_ROWS: usize = 2048;
    let (rows, columns) = matrix.shape();
    let block_rows = BLOCK_ROWS.max(4 * columns);
    if rows < 2 * block_rows {
        return Qr::new(matrix).upper_owned();
    }
    // The last block also takes the remainder, so that none is wider than tall.
    let block = |index: usize| {
        let start = index * block_rows;
        let end = if index + 1 == rows / block_rows { rows } else { start + block_rows };
        Qr::new(matrix.get(start..end, ..).to_owned()).upper_owned()
    };
    let blocks: Vec<Mat<f64>> = (0..rows / block_rows).into_par_iter().map(block).collect();
    let stacked =
        Mat::from_fn(blocks.len() * columns, columns, |row, column| blocks[row / columns][(row % columns, column)]);
    triangle(stacked)
}

/// Multiplies two matrices.
pub(crate) fn product(left: MatRef<'_, f64>, right: MatRef<'_, f64>, into: MatMut<'_, f64>) {
    matmul(into, Accum::Replace, left, right, 1.0, Par::Seq);
}

fn as_column(vector: &mut [f64]) -> MatMut<'_, f64> {
    let rows = vector.len();
    MatMut::from_column_major_slice_mut(vector, rows, 1)
}
