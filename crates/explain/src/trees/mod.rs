//! Shapley values of sums of trees, exactly: gradient boosting, random forests, extra trees, decision trees.
//!
//! Two definitions of what is left out (H. Chen, S. Lundberg and S.-I. Lee, "Explaining a series of models by propagating
//! Shapley values", 2022, compare them):
//!
//! - [`path_dependent`]: a row without a column goes to both sides of a split, in proportion to the training rows there. It
//!   needs no background.
//! - [`interventional`]: a row without a column takes the column from each row of a background, as in
//!   [`Explainer::shapley`](crate::Explainer::shapley).
//!
//! Values are of the sum before its link: log-odds for gradient boosting of two classes, a score per class for more;
//! for forests, of the number, of the probability of the second of two classes, or of the probability of each class.
//! Missing values and categories go the way that they go in a prediction.

mod background;
mod edges;
mod pairs;
mod shares;

use crate::{Attributions, Interactions, Players};
use pipewright_diagnostic::{Bounds, Failure, code, room_for};
use pipewright_learn::Features;
use pipewright_learn::tree::{TreeModel, TreeSum};
use rayon::prelude::*;

/// Rows of a parallel task. A constant, so that results do not depend on the number of threads.
const ROWS: usize = 32;

/// Bytes of the tables of trees that are prepared together.
const TABLES: usize = 1 << 25;

/// Returns the path-dependent Shapley values of each row (S. Lundberg, G. Erion and S.-I. Lee, "Consistent individualized
/// feature attribution for tree ensembles", 2018). The base is the mean over training rows, as far as the numbers of
/// rows in the nodes tell.
///
/// ```
/// use pipewright_explain::{Players, trees};
/// use pipewright_learn::{Dataset, Features, Learner, Model, Target, boost::Gbdt};
/// let rows: Vec<[f64; 2]> = (0..100).map(|i| [f64::from(i % 10), f64::from(i / 10)]).collect();
/// let target = rows.iter().map(|[a, b]| a * b).collect();
/// let train = Dataset::new(Features::from_rows(["a", "b"], &rows), Target::Numbers(target));
/// let model = Gbdt::with_trees(50).fit(&train)?;
/// let found = trees::path_dependent(&model, &train.features, &Players::each(&train.features))?;
/// assert!((found.total(99, 0) - model.predict(&train.features)?.values()[99]).abs() < 1e-9);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
///
/// # Errors
/// [`code::WRONG_WIDTH`] for rows of other columns; [`code::BAD_VALUE`] if a column has no player;
/// [`code::LIMIT_REACHED`] if a path of a tree compares more than 128 players.
pub fn path_dependent(model: &impl TreeModel, rows: &Features, players: &Players) -> Result<Attributions, Failure> {
    let task = Task::new(model.tree_sum(), rows, players)?;
    let mut base = task.sum.start.clone();
    let values = task.add_all(1, &mut base, |edges, block, into| edges.add(block, into))?;
    Ok(task.attributions(&base, values))
}

/// Returns the path-dependent Shapley interaction values of each row. The time is that of [`path_dependent`] times the
/// number of players on a path.
///
/// # Errors
/// As [`path_dependent`].
pub fn path_dependent_interactions(
    model: &impl TreeModel,
    rows: &Features,
    players: &Players,
) -> Result<Interactions, Failure> {
    let shapley = path_dependent(model, rows, players)?;
    let task = Task::new(model.tree_sum(), rows, players)?;
    let mut base = task.sum.start.clone();
    let indices = task.add_all(players.len(), &mut base, |edges, block, into| edges.add_pairs(block, into))?;
    Ok(Interactions::of_indices(&shapley, indices))
}

/// Returns the Shapley values of each row against a background: those that [`Explainer::shapley`](crate::Explainer::shapley)
/// has for the scores of the trees, in time proportional to rows × background rows × leaves.
///
/// # Errors
/// As [`path_dependent`]; [`code::TOO_FEW_ROWS`] without background rows.
pub fn interventional(
    model: &impl TreeModel,
    rows: &Features,
    background: &Features,
    players: &Players,
) -> Result<Attributions, Failure> {
    let task = Task::new(model.tree_sum(), rows, players)?;
    players.check(background)?;
    if background.rows() == 0 {
        return Err(Failure::new(code::TOO_FEW_ROWS, "there are no background rows"));
    }
    let background = task.sum.rows(background)?;
    let mut base = task.sum.start.clone();
    let values = background::values(&task, &background, &mut base)?;
    Ok(task.attributions(&base, values))
}

/// Rows to explain, as trees read them.
struct Task<'a> {
    sum: TreeSum<'a>,
    players: &'a Players,
    /// The player of each column.
    of_columns: Vec<usize>,
    /// Row-major.
    rows: Vec<f64>,
    count: usize,
}

/// Some rows, row-major.
#[derive(Clone, Copy)]
struct Block<'a> {
    rows: &'a [f64],
    columns: usize,
    players: usize,
    /// The numbers per row of what is added to, and where those of the output start.
    width: usize,
    start: usize,
}

impl<'a> Task<'a> {
    fn new(sum: TreeSum<'a>, rows: &Features, players: &'a Players) -> Result<Task<'a>, Failure> {
        let values = sum.rows(rows)?;
        players.check(rows)?;
        let of_columns: Option<Vec<usize>> = players.of_columns().into_iter().collect();
        let of_columns = of_columns.ok_or_else(|| {
            Failure::new(code::BAD_VALUE, "a column has no player; the values of trees need one for each")
        })?;
        Ok(Task { sum, players, of_columns, rows: values, count: rows.rows() })
    }

    fn columns(&self) -> usize {
        self.of_columns.len()
    }

    /// Adds up what each tree contributes to each row: `by` numbers per player, in the order of the trees.
    fn add_all(
        &self,
        by: usize,
        base: &mut [f64],
        add: impl Fn(&dyn edges::Contributes, Block<'_>, &mut [f64]) + Sync,
    ) -> Result<Vec<f64>, Failure> {
        let own = self.players.len() * by;
        let width = own * self.sum.start.len();
        let mut values = self.zeros(width)?;
        let bounds = Bounds::current();
        let mut terms = &self.sum.terms[..];
        while !terms.is_empty() {
            // As many trees as fit into the caches, or one.
            let mut bytes = 0;
            let fits = terms.iter().take_while(|term| {
                bytes += edges::bytes(term);
                bytes <= TABLES
            });
            let (now, later) = terms.split_at(fits.count().max(1));
            terms = later;
            let prepare = |term| edges::prepared(term, &self.of_columns);
            let ready = now.par_iter().map(prepare).collect::<Result<Vec<_>, Failure>>()?;
            now.iter().zip(&ready).for_each(|(term, edges)| base[term.output] += edges.mean());
            let blocks = values.par_chunks_mut((ROWS * width).max(1)).zip(self.blocks());
            blocks.try_for_each(|(into, rows)| {
                bounds.go_on()?;
                for (term, edges) in now.iter().zip(&ready) {
                    let start = term.output * own;
                    add(
                        &**edges,
                        Block { rows, columns: self.columns(), players: self.players.len(), width, start },
                        into,
                    );
                }
                Ok::<_, Failure>(())
            })?;
        }
        Ok(values)
    }

    /// Blocks of rows.
    fn blocks(&self) -> rayon::slice::Chunks<'_, f64> {
        self.rows.par_chunks((ROWS * self.columns()).max(1))
    }

    fn zeros(&self, width: usize) -> Result<Vec<f64>, Failure> {
        let bytes = self.count as u128 * width as u128 * size_of::<f64>() as u128;
        room_for(bytes, || format!("the contributions of {} rows", self.count))?;
        Ok(vec![0.0; self.count * width])
    }

    fn attributions(&self, base: &[f64], values: Vec<f64>) -> Attributions {
        Attributions::new(self.players.names(), base.len(), base.repeat(self.count), values)
    }
}
