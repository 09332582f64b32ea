//! What every model-agnostic method needs: a function of rows, rows to take values from, and players.

use crate::{Numbers, Players, Rows};
use pipewright_diagnostic::{Bounds, Failure, code, go_on, room_for};
use pipewright_learn::Key;
use rayon::prelude::*;

/// Rows that the function is given at once. A constant, so that results do not depend on the number of threads.
const BLOCK: usize = 1024;

/// Explains a function of rows by what it says about hybrid rows. See [`Rows`].
///
/// The function maps rows to numbers, several per row or one, and the numbers of a row must not depend on the other
/// rows: `Model::predict` of any model is such a function, and so is a whole pipeline. It is called in parallel, on blocks
/// of rows.
///
/// Its methods: [`importance`](Explainer::importance), [`shapley`](Explainer::shapley),
/// [`interactions`](Explainer::interactions), [`dependence`](Explainer::dependence),
/// [`accumulated`](Explainer::accumulated), [`interaction_strength`](Explainer::interaction_strength),
/// [`lime`](Explainer::lime), [`surrogate`](Explainer::surrogate), [`counterfactuals`](Explainer::counterfactuals).
///
/// ```
/// use pipewright_explain::{Explainer, Shapley};
/// use pipewright_learn::{Failure, Features, Outputs};
/// let product = |rows: &Features| {
///     Ok::<_, Failure>(Outputs::Numbers(rows.column(0).iter().zip(rows.column(1)).map(|(a, b)| a * b).collect()))
/// };
/// let background = Features::from_rows(["a", "b"], &[[0.0, 0.0]]);
/// let explainer = Explainer::new(product, &background);
/// let found = explainer.shapley(&Features::from_rows(["a", "b"], &[[1.0, 1.0]]), Shapley::Exact)?;
/// assert_eq!(found.of(0, 0), [0.5, 0.5]);
/// # Ok::<(), Failure>(())
/// ```
#[derive(Debug, Clone)]
pub struct Explainer<'a, R, F> {
    pub(crate) function: F,
    pub(crate) reference: &'a R,
    pub(crate) players: Players,
    pub(crate) key: Key,
}

impl<'a, R: Rows, O: Into<Numbers>, F: Fn(&R) -> Result<O, Failure> + Sync> Explainer<'a, R, F> {
    /// Explains a function with reference rows: the background of Shapley values, the rows over which effects are
    /// averaged, the rows whose values a counterfactual may take. Each column is a player.
    #[must_use]
    pub fn new(function: F, reference: &'a R) -> Explainer<'a, R, F> {
        Explainer { function, reference, players: Players::each(reference), key: Key::new(0) }
    }

    /// Sets the players.
    #[must_use]
    pub fn players(self, players: Players) -> Explainer<'a, R, F> {
        Explainer { players, ..self }
    }

    /// Sets the key of all random numbers.
    #[must_use]
    pub fn key(self, key: Key) -> Explainer<'a, R, F> {
        Explainer { key, ..self }
    }

    /// Fails without players or reference rows, and for rows of other columns.
    pub(crate) fn check(&self, rows: &R) -> Result<(), Failure> {
        self.players.check(self.reference)?;
        self.players.check(rows)?;
        match self.reference.rows() {
            0 => Err(Failure::new(code::TOO_FEW_ROWS, "there are no reference rows to take values from")),
            _ => Ok(()),
        }
    }

    /// The reference rows and below them these.
    pub(crate) fn pool(&self, rows: &R) -> Result<R, Failure> {
        self.check(rows)?;
        self.reference.stack(rows)
    }

    /// The function's numbers of rows as they are.
    pub(crate) fn of_rows(&self, rows: &R) -> Result<Numbers, Failure> {
        self.each(rows, rows.rows(), |row, from| {
            from.fill(row as u32);
            row as u32
        })
    }

    /// The function's numbers of `count` hybrid rows of a pool. `fill` is given the number of the hybrid row, sets the row
    /// of each player, and returns the row of all other columns.
    pub(crate) fn each(
        &self,
        pool: &R,
        count: usize,
        fill: impl Fn(usize, &mut [u32]) -> u32 + Sync,
    ) -> Result<Numbers, Failure> {
        self.means(pool, count, 1, |row, _, from| fill(row, from))
    }

    /// The means of the function's numbers over `size` hybrid rows, for each of `count` groups. `fill` is given the number
    /// of the group and of the row in it.
    pub(crate) fn means(
        &self,
        pool: &R,
        count: usize,
        size: usize,
        fill: impl Fn(usize, usize, &mut [u32]) -> u32 + Sync,
    ) -> Result<Numbers, Failure> {
        let groups = (BLOCK / size.max(1)).max(1);
        let block = |number: usize| {
            if size > BLOCK {
                return self.long_mean(pool, number, size, &fill);
            }
            let own = number * groups..count.min((number + 1) * groups);
            let rows = own.flat_map(|group| (0..size).map(move |member| (group, member)));
            let numbers = self.hybrids(pool, rows, &fill)?;
            Ok::<_, Failure>(if size == 1 { numbers } else { numbers.means(size) })
        };
        // The first block tells how many numbers there will be.
        let mut all = block(0)?;
        let bytes = count as u128 * all.width() as u128 * size_of::<f64>() as u128;
        room_for(bytes, || format!("what the model says about {count} rows"))?;
        let bounds = Bounds::current();
        let rest = (1..count.div_ceil(groups)).into_par_iter().map(|number| {
            bounds.go_on()?;
            bounds.around(|| block(number))
        });
        rest.collect::<Result<Vec<_>, Failure>>()?.into_iter().try_for_each(|more| all.append(more))?;
        Ok(all)
    }

    /// The mean over one group that is too large for a block.
    fn long_mean(
        &self,
        pool: &R,
        group: usize,
        size: usize,
        fill: &(impl Fn(usize, usize, &mut [u32]) -> u32 + Sync),
    ) -> Result<Numbers, Failure> {
        let mut parts: Option<Numbers> = None;
        for start in (0..size).step_by(BLOCK) {
            go_on()?;
            let members = start..size.min(start + BLOCK);
            let share = members.len() as f64 / size as f64;
            let part = self.hybrids(pool, members.clone().map(|member| (group, member)), fill)?;
            let part = part.means(members.len()).times(share);
            match &mut parts {
                None => parts = Some(part),
                Some(parts) => parts.append(part)?,
            }
        }
        let parts = parts.expect("there are members");
        Ok(parts.means(parts.rows()).times(parts.rows() as f64))
    }

    /// The function's numbers of hybrid rows, in one call.
    fn hybrids(
        &self,
        pool: &R,
        rows: impl Iterator<Item = (usize, usize)>,
        fill: &(impl Fn(usize, usize, &mut [u32]) -> u32 + Sync),
    ) -> Result<Numbers, Failure> {
        let (mut rest, mut players) = (Vec::new(), vec![Vec::new(); self.players.len()]);
        let mut from = vec![0; self.players.len()];
        for (group, member) in rows {
            rest.push(fill(group, member, &mut from));
            players.iter_mut().zip(&from).for_each(|(list, &row)| list.push(row));
        }
        let of_columns = self.players.of_columns();
        let lists: Vec<&[u32]> =
            of_columns.iter().map(|player| player.map_or(&rest[..], |player| &players[player])).collect();
        let bytes = rest.len() as u128 * lists.len() as u128 * size_of::<f64>() as u128;
        room_for(bytes, || format!("{} rows of {} columns", rest.len(), lists.len()))?;
        let numbers: Numbers = (self.function)(&pool.hybrid(&rest, &lists)?)?.into();
        numbers.checked(rest.len())
    }
}
