//! Shapley values of any function, by what it says about coalitions of players.
//!
//! The value of a coalition is the mean of the function over hybrid rows that have the columns of the coalition from the
//! explained row, and the others from each row of the background (interventional values: S. Lundberg and S.-I. Lee, "A
//! unified approach to interpreting model predictions", NIPS 2017). The background is the reference rows: about 100 rows
//! are enough for most purposes, and the time is proportional to their number.

mod exact;
mod kernel;
mod linear;
mod permutation;

pub use linear::linear;

use crate::{Attributions, Explainer, Interactions, Numbers, Rows};
use pipewright_diagnostic::{Failure, code, go_on};

/// The most players whose coalitions are all enumerated.
pub const EXACT_PLAYERS: usize = 12;

/// How Shapley values are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shapley {
    /// [`Shapley::Exact`] up to 8 players, otherwise [`Shapley::Permutation`] with 10 permutations.
    #[default]
    Auto,
    /// All 2^players coalitions, up to [`EXACT_PLAYERS`] players.
    Exact,
    /// Least squares on this many coalitions, each next to its complement (Kernel SHAP, Lundberg and Lee 2017). Exact if
    /// that many coalitions are all that there are.
    Kernel {
        /// The number of coalitions, at least 2.
        coalitions: usize,
    },
    /// Random orders of the players, each followed by its reverse: the mean of what a player adds to those before it (R.
    /// Mitchell et al., "Sampling permutations for Shapley value estimation", JMLR 2022). With standard errors. Exact for
    /// functions whose players interact in pairs at most.
    Permutation {
        /// The number of orders, at least 1.
        permutations: usize,
    },
}

/// Players up to which enumeration is the default.
const AUTO_PLAYERS: usize = 8;
const AUTO_PERMUTATIONS: usize = 10;

impl<R: Rows, O: Into<Numbers>, F: Fn(&R) -> Result<O, Failure> + Sync> Explainer<'_, R, F> {
    /// Returns the Shapley values of each row: how the difference between its outputs and the mean outputs of the
    /// background is divided among the players.
    ///
    /// # Errors
    /// Those of the function; [`code::TOO_FEW_ROWS`] without background rows; [`code::EMPTY_DATA`] without players;
    /// [`code::LIMIT_REACHED`] for the exact values of more than [`EXACT_PLAYERS`] players; [`code::BAD_VALUE`] for too
    /// few coalitions or permutations; [`code::WRONG_WIDTH`] for rows of other columns.
    pub fn shapley(&self, rows: &R, method: Shapley) -> Result<Attributions, Failure> {
        let players = self.players.len();
        let games = Games { explainer: self, pool: self.pool(rows)?, background: self.reference.rows() };
        match method {
            Shapley::Auto if players <= AUTO_PLAYERS => exact::values(&games, rows.rows()),
            Shapley::Auto => permutation::values(&games, rows.rows(), AUTO_PERMUTATIONS),
            Shapley::Exact => exact::values(&games, rows.rows()),
            Shapley::Kernel { coalitions } => kernel::values(&games, rows.rows(), coalitions),
            Shapley::Permutation { permutations } => permutation::values(&games, rows.rows(), permutations),
        }
    }

    /// Returns the Shapley interaction values of each row by enumeration, up to [`EXACT_PLAYERS`] players.
    ///
    /// # Errors
    /// As [`Explainer::shapley`].
    pub fn interactions(&self, rows: &R) -> Result<Interactions, Failure> {
        let games = Games { explainer: self, pool: self.pool(rows)?, background: self.reference.rows() };
        exact::interactions(&games, rows.rows())
    }
}

/// The games of all rows: a coalition of players has a value in each.
pub(super) struct Games<'a, R, F> {
    explainer: &'a Explainer<'a, R, F>,
    /// The background, and below it the rows.
    pool: R,
    background: usize,
}

impl<R: Rows, O: Into<Numbers>, F: Fn(&R) -> Result<O, Failure> + Sync> Games<'_, R, F> {
    fn players(&self) -> usize {
        self.explainer.players.len()
    }

    fn names(&self) -> &[String] {
        self.explainer.players.names()
    }

    /// The values of coalitions in the game of a row. `is_in` is given the number of a coalition and a player.
    fn values(
        &self,
        row: usize,
        coalitions: usize,
        is_in: impl Fn(usize, usize) -> bool + Sync,
    ) -> Result<Numbers, Failure> {
        go_on()?;
        let own = (self.background + row) as u32;
        self.explainer.means(&self.pool, coalitions, self.background, |coalition, member, from| {
            for (player, from) in from.iter_mut().enumerate() {
                *from = if is_in(coalition, player) { own } else { member as u32 };
            }
            own
        })
    }
}

/// Collects the attributions of all rows from those of each, `players` per output.
fn collected(
    names: &[String],
    rows: usize,
    of_row: impl Fn(usize) -> Result<OfRow, Failure>,
) -> Result<Attributions, Failure> {
    let (mut base, mut values, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..rows {
        let own = of_row(row)?;
        base.extend(own.base);
        values.extend(own.values);
        errors.extend(own.errors);
    }
    let attributions = Attributions::new(names, (base.len() / rows.max(1)).max(1), base, values);
    Ok(if errors.is_empty() { attributions } else { attributions.with_errors(errors) })
}

/// The attributions of a row.
struct OfRow {
    base: Vec<f64>,
    /// Per output and player.
    values: Vec<f64>,
    /// Empty if the values are exact.
    errors: Vec<f64>,
}

fn too_few(what: &str) -> Failure {
    Failure::new(code::BAD_VALUE, format!("there are too few {what}"))
}
