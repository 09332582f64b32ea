//! Permutation importance: how much worse a metric gets when a column is shuffled.

use crate::{Explainer, Numbers, Rows};
use pipewright_diagnostic::{Failure, code, go_on};
use pipewright_learn::compare::{Bootstrap, Ends, Interval, NoInterval, corrected_interval};
use pipewright_learn::metric::Undefined;
use pipewright_learn::{Judged, Labels, Metric, Outputs, Target};

/// How permutation importance is measured.
#[derive(Debug, Clone, PartialEq)]
pub struct Permuting {
    /// How often each player is shuffled.
    pub repeats: usize,
    /// The interval of each importance, over test rows; `None` for none.
    pub interval: Option<Bootstrap>,
}

impl Default for Permuting {
    /// 5 repeats, and percentiles of 200 samples of rows for an interval of 95 %.
    fn default() -> Permuting {
        let interval = Bootstrap { draws: 200, confidence: 0.95, ends: Ends::Percentile, stratified: false };
        Permuting { repeats: 5, interval: Some(interval) }
    }
}

/// The permutation importance of each player: how much worse a metric gets, on held-out rows, when the columns of the
/// player are shuffled.
///
/// # What the numbers mean
/// An importance is a difference of scores: 0 if the model does as well without the information, below 0 by chance. On
/// training rows it shows what the model memorised, so use held-out ones. Columns that carry the same information stand
/// in for each other: of two copies each may have half of the importance or none, though without both the model would be
/// lost. Group them ([`Players::group`](crate::Players::group)) to see what they are worth together. A shuffled column
/// also makes rows that do not occur, so that an importance may be large for a column whose information others have.
#[derive(Debug, Clone, PartialEq)]
pub struct Importances {
    /// The names of the players.
    pub names: Vec<String>,
    /// The score of the rows as they are; the mean over folds.
    pub score: f64,
    /// The importance of each player.
    pub players: Vec<PlayerImportance>,
}

/// The permutation importance of a player.
#[derive(Debug, Clone, PartialEq)]
pub struct PlayerImportance {
    /// How much worse the score gets: the mean over repeats, or over folds.
    pub mean: f64,
    /// The interval of the mean; `None` if there is none.
    pub interval: Option<Interval>,
    /// How much worse the score gets in each repeat, or in each fold.
    pub each: Vec<f64>,
}

impl<R: Rows, F: Fn(&R) -> Result<Outputs, Failure> + Sync> Explainer<'_, R, F> {
    /// Returns the permutation importance of each player for a metric (L. Breiman, "Random Forests", 2001; A. Fisher, C.
    /// Rudin and F. Dominici, "All models are wrong, but many are useful", JMLR 2019). The reference rows are the test
    /// rows: rows that the model was not fitted on.
    ///
    /// The interval is a bootstrap of the test rows, so it says how the importance would vary with other test rows, not
    /// with another model; [`Importances::of_folds`] covers both.
    ///
    /// # Errors
    /// Those of the function; [`code::UNDEFINED_SCORE`] if the metric has no value on the rows; [`code::BAD_VALUE`] for no
    /// repeats; [`code::WRONG_TASK`] if predictions and labels are of different kinds.
    ///
    /// # Panics
    /// If there is not a label per reference row.
    pub fn importance(&self, labels: &Labels, metric: &Metric, permuting: &Permuting) -> Result<Importances, Failure> {
        assert_eq!(self.reference.rows(), labels.rows(), "a label per row");
        self.check(self.reference)?;
        if permuting.repeats == 0 {
            return Err(Failure::new(code::BAD_VALUE, "there are no repeats"));
        }
        let undefined = |reason: Undefined| Failure::new(code::UNDEFINED_SCORE, format!("{}: {reason}", metric.name));
        let plain = outputs(self.of_rows(self.reference)?, labels)?;
        let score = metric.score(&Judged::new(labels, &plain)).map_err(undefined)?;
        let key = self.key.child("importance");
        let mut players = Vec::with_capacity(self.players.len());
        for player in 0..self.players.len() {
            let mut permuted = Vec::new();
            let mut each = Vec::new();
            for repeat in 0..permuting.repeats {
                go_on()?;
                let order = key.index(player as u64).index(repeat as u64).permutation(labels.rows());
                let outputs = self.permuted(player, &order, labels)?;
                let with = metric.score(&Judged::new(labels, &outputs)).map_err(undefined)?;
                each.push(metric.gain(score, with));
                permuted.push(outputs);
            }
            let mean = each.iter().sum::<f64>() / each.len() as f64;
            let interval = match &permuting.interval {
                Some(bootstrap) => {
                    let worse = Worse { metric, labels, plain: &plain, permuted: &permuted };
                    worse.interval(bootstrap, key.child("rows"), mean, &each)?
                }
                None => None,
            };
            players.push(PlayerImportance { mean, interval, each });
        }
        Ok(Importances { names: self.players.names().to_vec(), score, players })
    }

    /// The outputs with the columns of a player from other rows.
    pub(crate) fn permuted(&self, player: usize, order: &[u32], labels: &Labels) -> Result<Outputs, Failure> {
        let numbers = self.each(self.reference, order.len(), |row, from| {
            from.fill(row as u32);
            from[player] = order[row];
            row as u32
        })?;
        outputs(numbers, labels)
    }
}

/// The outputs that these numbers are, for labels of their kind.
fn outputs(numbers: Numbers, labels: &Labels) -> Result<Outputs, Failure> {
    match labels.target() {
        Target::Numbers(_) if numbers.width() == 1 => Ok(Outputs::Numbers(numbers.values().to_vec())),
        Target::Classes { count, .. } if numbers.width() == *count => {
            Ok(Outputs::Probabilities { values: numbers.values().to_vec(), classes: *count })
        }
        _ => Err(Failure::new(code::WRONG_TASK, "the predictions are of another kind than the labels")),
    }
}

/// How much worse the score of some rows is.
struct Worse<'a> {
    metric: &'a Metric,
    labels: &'a Labels,
    plain: &'a Outputs,
    permuted: &'a [Outputs],
}

impl Worse<'_> {
    fn of(&self, rows: &[u32]) -> Result<f64, Undefined> {
        let labels = self.labels.take(rows);
        let score = |outputs: &Outputs| self.metric.score(&Judged::new(&labels, &outputs.take(rows)));
        let plain = score(self.plain)?;
        let scores = self.permuted.iter().map(score).collect::<Result<Vec<_>, _>>()?;
        Ok(scores.iter().map(|with| self.metric.gain(plain, *with)).sum::<f64>() / scores.len() as f64)
    }

    fn interval(
        &self,
        bootstrap: &Bootstrap,
        key: pipewright_learn::Key,
        mean: f64,
        each: &[f64],
    ) -> Result<Option<Interval>, Failure> {
        if self.permuted.iter().all(|outputs| outputs == self.plain) {
            return Ok(Some(constant(mean)));
        }
        let strata = match self.labels.target() {
            Target::Classes { codes, .. } if bootstrap.stratified => codes.clone(),
            _ => vec![0; self.labels.rows()],
        };
        match bootstrap.of(&strata, key, |rows| self.of(rows)) {
            Ok(interval) => Ok(Some(interval)),
            Err(NoInterval::Stopped(failure)) => Err(failure),
            // All samples of rows have the same score, as those of a model that is never wrong.
            Err(NoInterval::Undefined(_)) => Ok(all_equal(each).then(|| constant(mean))),
        }
    }
}

impl Importances {
    /// Averages importances of the same players on the test rows of several folds. The interval is that of the corrected
    /// resampled t test ([`corrected_interval`]); `ratio` is the number of test rows divided by that of training rows, and
    /// `confidence` the probability with which the interval holds the true mean.
    ///
    /// # Errors
    /// [`code::EMPTY_DATA`] without folds, [`code::WRONG_WIDTH`] if their players differ.
    ///
    /// # Panics
    /// As [`corrected_interval`].
    pub fn of_folds(folds: &[Importances], ratio: f64, confidence: f64) -> Result<Importances, Failure> {
        let Some(first) = folds.first() else { return Err(Failure::new(code::EMPTY_DATA, "there are no folds")) };
        if folds.iter().any(|fold| fold.names != first.names) {
            return Err(Failure::new(code::WRONG_WIDTH, "the importances are of different columns"));
        }
        let count = folds.len() as f64;
        let player = |player: usize| {
            let each: Vec<f64> = folds.iter().map(|fold| fold.players[player].mean).collect();
            let mean = each.iter().sum::<f64>() / count;
            let interval = match corrected_interval(&each, ratio, confidence) {
                Ok(interval) => Some(interval),
                Err(_) => (each.len() > 1 && all_equal(&each)).then(|| constant(mean)),
            };
            PlayerImportance { mean, interval, each }
        };
        let players = (0..first.names.len()).map(player).collect();
        let score = folds.iter().map(|fold| fold.score).sum::<f64>() / count;
        Ok(Importances { names: first.names.clone(), score, players })
    }
}

fn all_equal(values: &[f64]) -> bool {
    values.iter().all(|value| *value == values[0])
}

fn constant(estimate: f64) -> Interval {
    Interval { estimate, low: estimate, high: estimate }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipewright_learn::{Features, metric};
    use serde_json::Value;

    fn list<T: serde_json::value::Index>(value: &Value, of: T) -> Vec<f64> {
        value[of].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
    }

    /// scikit-learn's importances for the orders in which it shuffled.
    #[test]
    fn importances_of_given_orders_are_those_of_scikit_learn() {
        let oracle: Value = serde_json::from_str(include_str!("../tests/oracles/permutation.json")).unwrap();
        let rows: Vec<[f64; 3]> = (0..20).map(|row| list(&oracle["rows"], row).try_into().unwrap()).collect();
        let rows = Features::from_rows(["x0", "x1", "x2"], &rows);
        let labels = Labels::from(Target::Numbers(list(&oracle, "target")));
        let function = |rows: &Features| {
            let [a, b, c] = [0, 1, 2].map(|column| rows.column(column));
            Ok::<_, Failure>(Outputs::Numbers((0..a.len()).map(|row| a[row] * b[row] + c[row].powi(2)).collect()))
        };
        let explainer = Explainer::new(function, &rows);
        let mae = |outputs: &Outputs| metric::MAE.score(&Judged::new(&labels, outputs)).unwrap();
        let plain = mae(&function(&rows).unwrap());
        for player in 0..3 {
            for repeat in 0..3 {
                let order: Vec<u32> =
                    list(&oracle["orders"][player], repeat).into_iter().map(|row| row as u32).collect();
                let worse = mae(&explainer.permuted(player, &order, &labels).unwrap()) - plain;
                let expected = oracle["importances"][player][repeat].as_f64().unwrap();
                assert!((worse - expected).abs() < 1e-12, "{worse} {expected}");
            }
        }
    }
}
