//! LIME: a linear model of a function near a row.

use super::compared::Compared;
use crate::{Explainer, Numbers, Rows};
use pipewright_diagnostic::{Failure, code, go_on};
use pipewright_learn::linear::Ridge;
use pipewright_learn::{Dataset, Features, Judged, Learner, Model, Target, metric};

/// How local models are fitted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lime {
    /// The number of rows near the explained one, itself included; at least 2.
    pub samples: usize,
    /// Compares numbers by bins with equally many reference rows: the local model then knows only whether a value is in
    /// the bin of the explained row. `None` for a model of the numbers themselves, as far as none is missing.
    pub bins: Option<usize>,
    /// The width of the kernel that weighs rows by their distance; `None` for 0.75 · √players.
    pub width: Option<f64>,
    /// L2 penalty of the local model.
    pub l2: f64,
}

impl Default for Lime {
    /// 2000 rows, 4 bins, a penalty of 1.
    fn default() -> Lime {
        Lime { samples: 2000, bins: Some(4), width: None, l2: 1.0 }
    }
}

/// A linear model of one output of a function near a row.
///
/// # What the numbers mean
/// With bins, a weight is what it means for the output that the row's value is in its bin, and not elsewhere. Without bins,
/// it is a slope in units of the column; for categories, missing values and groups it is still that of being alike.
/// A local model is only as good as its `fit`, and other samples, bins and widths give other weights.
#[derive(Debug, Clone, PartialEq)]
pub struct LocalModel {
    /// The row.
    pub row: usize,
    /// The output.
    pub output: usize,
    /// The weight of each player.
    pub weights: Vec<f64>,
    /// What the local model predicts where no player is as in the row; without bins, at the row.
    pub intercept: f64,
    /// What the local model predicts for the row.
    pub predicted: f64,
    /// The output of the row.
    pub actual: f64,
    /// R² of the local model on the weighted samples; `None` if the output is the same for all of them.
    pub fit: Option<f64>,
}

impl<R: Rows, O: Into<Numbers>, F: Fn(&R) -> Result<O, Failure> + Sync> Explainer<'_, R, F> {
    /// Returns local models of each row, one per output (M. Ribeiro, S. Singh and C. Guestrin, "Why should I trust you?",
    /// KDD 2016). Samples take the value of each player from a reference row, drawn anew for each player; weights fall
    /// with the distance d to the row: exp(-d² / 2·width²), where d² is the number of players in other bins, or the sum
    /// of squared differences in standard deviations.
    ///
    /// # Errors
    /// Those of the function; [`code::BAD_VALUE`] for parameters out of their range; [`code::TOO_FEW_ROWS`] without
    /// reference rows.
    pub fn lime(&self, rows: &R, lime: &Lime) -> Result<Vec<LocalModel>, Failure> {
        let sound = |number: f64| number.is_finite() && number > 0.0;
        if lime.samples < 2 || lime.bins.is_some_and(|bins| bins < 2) || !lime.width.is_none_or(sound) {
            return Err(Failure::new(code::BAD_VALUE, "a parameter of local models is out of its range"));
        }
        let pool = self.pool(rows)?;
        let reference = self.reference.rows();
        let compared = Compared::new(&pool, &self.players, reference)?;
        let meanings: Vec<Meaning> =
            (0..self.players.len()).map(|player| Meaning::new(&compared, player, lime.bins, reference)).collect();
        let mut models = Vec::new();
        for row in 0..rows.rows() {
            go_on()?;
            let key = self.key.child("lime").index(row as u64);
            // The first sample is the row itself.
            let from = |sample: usize, player: usize| match sample {
                0 => reference + row,
                _ => key.index(sample as u64).below(player as u64, reference as u64) as usize,
            };
            let numbers = self.each(&pool, lime.samples, |sample, rows| {
                rows.iter_mut().enumerate().for_each(|(player, of)| *of = from(sample, player) as u32);
                (reference + row) as u32
            })?;
            let column = |player: usize| {
                let meaning = &meanings[player];
                (0..lime.samples).map(move |sample| meaning.of(from(sample, player), reference + row))
            };
            let near = Near { meanings: &meanings, lime, row, numbers };
            near.fit((0..self.players.len()).flat_map(column).collect(), &mut models)?;
        }
        Ok(models)
    }
}

/// What the local model knows of a player.
enum Meaning {
    /// The bin of each row: whether it is that of the explained row.
    Bins(Vec<usize>),
    /// The difference to the explained row, in standard deviations.
    Numbers { values: Vec<f64>, deviation: f64 },
}

impl Meaning {
    fn new(compared: &Compared, player: usize, bins: Option<usize>, reference: usize) -> Meaning {
        const BINS: usize = 4;
        let columns = compared.columns(player);
        if let ([column], None) = (columns, bins)
            && column.are_complete_numbers()
        {
            let known = &column.numbers[..reference];
            let mean = known.iter().sum::<f64>() / reference as f64;
            let variance = known.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / reference as f64;
            let deviation = if variance > 0.0 { variance.sqrt() } else { 1.0 };
            return Meaning::Numbers { values: column.numbers.clone(), deviation };
        }
        // The bins of a group are the combinations of those of its columns, numbered as they occur.
        let bins: Vec<Vec<usize>> = columns.iter().map(|column| column.bins(bins.unwrap_or(BINS), reference)).collect();
        let combination = |row: usize| bins.iter().map(|bins| bins[row]).collect::<Vec<usize>>();
        let mut seen = std::collections::BTreeMap::new();
        let place = |row: usize| {
            let next = seen.len();
            *seen.entry(combination(row)).or_insert(next)
        };
        Meaning::Bins((0..bins[0].len()).map(place).collect())
    }

    fn of(&self, from: usize, row: usize) -> f64 {
        match self {
            Meaning::Bins(bins) => f64::from(u8::from(bins[from] == bins[row])),
            Meaning::Numbers { values, deviation } => (values[from] - values[row]) / deviation,
        }
    }

    /// The square of the distance to the row.
    fn apart(&self, value: f64) -> f64 {
        match self {
            Meaning::Bins(_) => 1.0 - value,
            Meaning::Numbers { .. } => value * value,
        }
    }

    /// What the row itself is to the local model.
    fn of_row(&self) -> f64 {
        f64::from(u8::from(matches!(self, Meaning::Bins(_))))
    }

    fn unit(&self) -> f64 {
        match self {
            Meaning::Bins(_) => 1.0,
            Meaning::Numbers { deviation, .. } => *deviation,
        }
    }
}

/// The samples near a row.
struct Near<'a> {
    meanings: &'a [Meaning],
    lime: &'a Lime,
    row: usize,
    numbers: Numbers,
}

impl Near<'_> {
    /// Fits a model of each output, from what the samples are to it, column-major.
    fn fit(self, values: Vec<f64>, models: &mut Vec<LocalModel>) -> Result<(), Failure> {
        let (players, samples) = (self.meanings.len(), self.lime.samples);
        let width = self.lime.width.unwrap_or(0.75 * (players as f64).sqrt());
        let apart = |sample: usize| {
            let of = |(player, meaning): (usize, &Meaning)| meaning.apart(values[player * samples + sample]);
            self.meanings.iter().enumerate().map(of).sum::<f64>()
        };
        let weights: Vec<f64> = (0..samples).map(|sample| (-apart(sample) / (2.0 * width * width)).exp()).collect();
        let names = (0..players).map(|player| player.to_string()).collect();
        let features = Features::new(samples, names, values);
        for output in 0..self.numbers.width() {
            let target = Target::Numbers(self.numbers.column(output));
            let data = Dataset::new(features.clone(), target).with_weights(weights.clone())?;
            let model = Ridge { l2: self.lime.l2, intercept: true }.fit(&data)?;
            let fitted = model.predict(&features)?;
            let of_row = self.meanings.iter().zip(model.coefficients()).map(|(meaning, w)| w * meaning.of_row());
            models.push(LocalModel {
                row: self.row,
                output,
                weights: model
                    .coefficients()
                    .iter()
                    .zip(self.meanings)
                    .map(|(w, meaning)| w / meaning.unit())
                    .collect(),
                intercept: model.intercept(),
                predicted: model.intercept() + of_row.sum::<f64>(),
                actual: self.numbers.row(0)[output],
                fit: metric::R2.score(&Judged::new(&data.labels, &fitted)).ok(),
            });
        }
        Ok(())
    }
}
