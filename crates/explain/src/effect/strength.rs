//! The H statistic: how strongly two players interact.

use crate::{Explainer, Numbers, Rows};
use pipewright_diagnostic::{Failure, code};

/// How strongly two players interact in a function.
#[derive(Debug, Clone, PartialEq)]
pub struct InteractionStrength {
    /// The names of the players.
    pub names: [String; 2],
    /// H² of each output: the share of the variance of the partial dependence on both that is not the sum of those on
    /// each, from 0 for none to 1 for nothing but interaction (rarely above). `None` if the dependence on both is constant,
    /// so that there is no variance to share.
    pub share: Vec<Option<f64>>,
    /// The standard deviation of that part, in units of the output: a large share of a small effect is small.
    pub size: Vec<f64>,
}

impl<R: Rows, O: Into<Numbers>, F: Fn(&R) -> Result<O, Failure> + Sync> Explainer<'_, R, F> {
    /// Returns the strength of the interaction of two players (J. Friedman and B. Popescu, "Predictive learning via rule
    /// ensembles", Annals of Applied Statistics, 2008, section 8.1), on a random sample of `sample` reference rows. The
    /// function is asked about 3 · `sample`² rows.
    ///
    /// # Errors
    /// Those of the function; [`code::UNKNOWN_COLUMN`] for a name that no player has; [`code::TOO_FEW_ROWS`] for fewer than
    /// 2 rows; [`code::BAD_VALUE`] for one player twice.
    pub fn interaction_strength(&self, players: [&str; 2], sample: usize) -> Result<InteractionStrength, Failure> {
        self.check(self.reference)?;
        let [one, two] = [self.players.position(players[0])?, self.players.position(players[1])?];
        if one == two {
            return Err(Failure::new(code::BAD_VALUE, "a column does not interact with itself"));
        }
        let mut rows = self.key.child("strength").permutation(self.reference.rows());
        rows.truncate(sample);
        rows.sort_unstable();
        if rows.len() < 2 {
            return Err(Failure::new(code::TOO_FEW_ROWS, "interactions are measured on 2 rows or more"));
        }
        let depends = |exchanged: &[usize]| {
            let means = self.means(self.reference, rows.len(), rows.len(), |place, member, from| {
                from.fill(rows[member]);
                exchanged.iter().for_each(|&player| from[player] = rows[place]);
                rows[member]
            })?;
            Ok::<_, Failure>(means)
        };
        let (first, second, both) = (depends(&[one])?, depends(&[two])?, depends(&[one, two])?);
        let (mut share, mut size) = (Vec::new(), Vec::new());
        for output in 0..both.width() {
            let count = rows.len() as f64;
            // A mean of this many numbers is no more precise: what is smaller is rounding.
            let largest = both.column(output).into_iter().map(f64::abs).fold(0.0, f64::max);
            let rounding = (f64::EPSILON * count * largest).powi(2) * count;
            let [first, second, both] = [&first, &second, &both].map(|numbers| centred(numbers.column(output)));
            let apart = both.iter().zip(&first).zip(&second).map(|((both, first), second)| both - first - second);
            let (apart, whole) = (squares(apart), squares(both.iter().copied()));
            share.push((whole > rounding).then(|| apart / whole));
            size.push((apart / count).sqrt());
        }
        Ok(InteractionStrength { names: players.map(str::to_owned), share, size })
    }
}

fn centred(values: Vec<f64>) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    values.into_iter().map(|value| value - mean).collect()
}

fn squares(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum()
}
