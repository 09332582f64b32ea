//! Target encoding: levels become the mean of the target, or the weight of evidence.
//!
//! Training rows never see their own target: they are split into folds, and the numbers of each fold come from the
//! others (cross-fitting). Otherwise a column with nearly unique values would leak the target itself.

use crate::columns::{fitted, replaced};
use crate::encoder::codes::{PLACES_BEHIND, Places, count_levels, kept_and_rare};
use crate::encoder::{Coding, Encoded, EncoderState, Member, Rare, Scores, Unseen, discrete};
use crate::{FitContext, TableEstimator, TargetSpec};
use pipewright_diagnostic::{Failure, code, go_on, room_for};
use pipewright_expr::Selection;
use pipewright_table::summary::Levels;
use pipewright_table::{CHUNK_ROWS, Column, ColumnType, Entry, Schema, Table};
use pipewright_world::random::Key;
use rayon::prelude::*;

/// Encodes categorical columns by the target of each level.
///
/// For two classes and for numbers, one column replaces the source; for more classes, one column per class:
/// `clinic=setosa`. Missing values are a level of their own. An unseen level gets the mean of the target.
///
/// ```
/// use pipewright_frame::{FitContext, TargetSpec, ReadOptions, Selection, State, TableEstimator, TargetEncoder, csv};
/// use pipewright_world::random::Key;
/// let text = b"town,price\na,1\na,3\nb,10\nb,14\n";
/// let (table, _) = csv::read(text, &ReadOptions::new("t.csv")).unwrap();
/// let about = FitContext { target_spec: Some(TargetSpec { target: "price".into(), classes: None }), key: Key::new(0) };
/// let state = TargetEncoder::mean_of_rows(0.0).fit(&table, &about).unwrap();
/// assert_eq!(state.apply(&table).unwrap().numbers(&["town".into()]).unwrap(), [2.0, 2.0, 12.0, 12.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TargetEncoder {
    /// Encoding method.
    pub method: TargetMethod,
    /// Number of folds for cross-fitting the training rows; at least 2.
    pub folds: u32,
    /// Handling of levels that did not occur in training.
    pub unseen: Unseen,
    /// Threshold below which levels are merged into one.
    pub rare: Option<Rare>,
    /// The columns to encode; all text features if `None`.
    pub on: Option<Selection>,
}

/// Encoding method.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TargetMethod {
    /// The mean of the target, shrunk towards the overall mean (Micci-Barreca 2001).
    Mean(Smooth),
    /// The weight of evidence (Good 1950): ln of the level's share of the positive rows over its share of the others,
    /// with half a row of each added to every level. Two classes only.
    Evidence,
}

/// Smoothing: how strongly the mean of a level is shrunk towards the overall mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Smooth {
    /// Empirical Bayes: with n rows, variance v within the level, and variance V of all rows, the level's own mean has
    /// the weight n·V / (n·V + v).
    Auto,
    /// As with this many additional rows at the overall mean.
    Rows(f64),
}

/// Added to every count of a weight of evidence.
const HALF: f64 = 0.5;

impl TargetEncoder {
    /// Mean, with empirical-Bayes smoothing.
    #[must_use]
    pub fn mean() -> TargetEncoder {
        let method = TargetMethod::Mean(Smooth::Auto);
        TargetEncoder { method, folds: 5, unseen: Unseen::Zero, rare: None, on: None }
    }

    /// Mean, with this many additional rows per level at the overall mean.
    #[must_use]
    pub fn mean_of_rows(smooth: f64) -> TargetEncoder {
        TargetEncoder { method: TargetMethod::Mean(Smooth::Rows(smooth)), ..TargetEncoder::mean() }
    }

    /// Weight of evidence.
    #[must_use]
    pub fn evidence() -> TargetEncoder {
        TargetEncoder { method: TargetMethod::Evidence, ..TargetEncoder::mean() }
    }

    /// Restricts to these columns.
    #[must_use]
    pub fn on(self, columns: Selection) -> TargetEncoder {
        TargetEncoder { on: Some(columns), ..self }
    }
}

impl TableEstimator for TargetEncoder {
    type State = EncoderState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let open = |column: &Column| vec![Entry::Open { from: column.name.clone(), kind: ColumnType::Continuous }];
        Ok(replaced(input, &self.columns(input)?, open))
    }

    fn fit(&self, rows: &Table, context: &FitContext) -> Result<EncoderState, Failure> {
        let columns = self.columns(&rows.schema())?;
        let outcomes = self.outcomes(context.target_spec()?, rows)?;
        let encoded = columns.into_par_iter().map(|column| {
            let array = fitted(rows, &column.name, column.kind)?;
            let chunks = (0..array.len()).step_by(CHUNK_ROWS);
            let mut found: Levels<String> = Levels::default();
            chunks.for_each(|start| {
                count_levels(&mut found, &array.slice(start, CHUNK_ROWS.min(array.len() - start)));
            });
            let (levels, rare) = kept_and_rare(&found, self.rare, column.kind);
            let codes = Places::new(&levels, &rare, Unseen::Zero).codes(&column.name, array)?;
            let places = levels.len() + PLACES_BEHIND;
            let member = |outcome: &Outcome| {
                let tallies = Tally::of_places(places, &outcome.values, |row| codes[row] as usize);
                Member { suffix: outcome.suffix.clone(), values: self.numbers(&tallies) }
            };
            let members = outcomes.iter().map(member).collect();
            let scores = Scores { levels, rare, kind: ColumnType::Continuous, members };
            Ok(Encoded { name: column.name, kind: column.kind, coding: Coding::Scores(scores) })
        });
        Ok(EncoderState { unseen: self.unseen, columns: encoded.collect::<Result<_, Failure>>()? })
    }

    fn treats_training_apart(&self) -> bool {
        true
    }

    /// Each row gets the numbers learned from the other folds.
    fn apply_training(&self, state: &EncoderState, rows: &Table, context: &FitContext) -> Result<Table, Failure> {
        let target_spec = context.target_spec()?;
        let outcomes = self.outcomes(target_spec, rows)?;
        let folds = self.folds(target_spec, &outcomes, rows.rows(), context.key);
        state.replaced(rows, |encoded, column, array| {
            let Coding::Scores(scores) = &encoded.coding else { unreachable!("`fit` makes scores only") };
            let codes = scores.codes(column, array, Unseen::Zero)?;
            let members = scores.members.iter().zip(&outcomes).map(|(member, outcome)| {
                let numbers = self.crossed(member.values.len(), &codes, &outcome.values, &folds)?;
                Ok(scores.column(column, member, numbers))
            });
            members.collect()
        })
    }
}

/// The outcome that a level is encoded by: the target, or whether it is one class.
struct Outcome {
    /// Suffix of the output column after the name of its source.
    suffix: String,
    values: Vec<f64>,
}

impl TargetEncoder {
    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        let name = match self.method {
            TargetMethod::Mean(_) => "`encode target`",
            TargetMethod::Evidence => "`encode woe`",
        };
        discrete(self.on.as_ref(), input, name, false)
    }

    fn outcomes(&self, target_spec: &TargetSpec, rows: &Table) -> Result<Vec<Outcome>, Failure> {
        let classes = target_spec.classes.as_deref();
        if self.method == TargetMethod::Evidence && classes.is_none_or(|classes| classes.len() > 2) {
            let target = &target_spec.target;
            let holds = classes.map_or("numbers".to_owned(), |classes| format!("{} classes", classes.len()));
            let message = format!("`encode woe` needs a target of two classes, but `{target}` holds {holds}");
            return Err(Failure::new(code::WRONG_TASK, message).column(&**target).help("or use: encode target"));
        }
        let Some(classes) = classes else {
            return Ok(vec![Outcome { suffix: String::new(), values: target_spec.numbers(rows)? }]);
        };
        let codes = target_spec.codes(rows)?;
        let is = |class: u32| codes.iter().map(|&code| f64::from(u8::from(code == class))).collect();
        if classes.len() <= 2 {
            return Ok(vec![Outcome { suffix: String::new(), values: is(1) }]);
        }
        let of_class = |(class, name): (u32, &String)| Outcome { suffix: format!("={name}"), values: is(class) };
        Ok((0..).zip(classes).map(of_class).collect())
    }

    /// Returns the fold of each row: rows are dealt out in random order, class by class, so that the folds are
    /// stratified.
    fn folds(&self, target_spec: &TargetSpec, outcomes: &[Outcome], rows: usize, key: Key) -> Vec<u32> {
        let count = self.count(rows);
        // For two classes, the one that is not an outcome comes first.
        let class = |row: u32| outcomes.iter().position(|outcome| outcome.values[row as usize] == 1.0);
        let class = |row: u32| target_spec.classes.as_ref().and(class(row)).map_or(0, |place| place + 1);
        let mut counts = vec![0_usize; outcomes.len() + 1];
        (0..rows as u32).for_each(|row| counts[class(row)] += 1);
        // The index of the first row of each class, if all were sorted by class.
        let mut next: Vec<usize> = (0..counts.len()).map(|class| counts[..class].iter().sum()).collect();
        let mut folds = vec![0; rows];
        for row in key.permutation(rows) {
            let place = &mut next[class(row)];
            folds[row as usize] = (*place % count) as u32;
            *place += 1;
        }
        folds
    }

    /// Returns the number of folds for this many rows: with more folds than rows, each row would be a fold of its own, and the
    /// others empty.
    fn count(&self, rows: usize) -> usize {
        (self.folds as usize).min(rows).max(1)
    }

    /// Returns the number of each row, from the rows of the other folds.
    fn crossed(&self, places: usize, codes: &[u32], outcome: &[f64], folds: &[u32]) -> Result<Vec<f64>, Failure> {
        let count = self.count(codes.len());
        let cells = places as u128 * count as u128;
        let bytes = cells * (size_of::<Tally>() + 2 * size_of::<f64>()) as u128;
        room_for(bytes, || format!("an encoding of {places} levels in {count} folds"))?;
        let of_folds =
            Tally::of_places(places * count, outcome, |row| folds[row] as usize * places + codes[row] as usize);
        let without = |left: usize| {
            go_on()?;
            let others = of_folds.chunks(places).enumerate().filter(|(fold, _)| *fold != left);
            let tallies: Vec<Tally> = others.fold(vec![Tally::default(); places], |merged, (_, tallies)| {
                merged.iter().zip(tallies).map(|(merged, tally)| merged.and(tally)).collect()
            });
            // A single row has no others: it gets the value of an unseen level.
            if tallies.iter().all(|tally| tally.count == 0.0) {
                let mean = outcome.iter().sum::<f64>() / codes.len().max(1) as f64;
                return Ok(vec![if self.method == TargetMethod::Evidence { 0.0 } else { mean }; places]);
            }
            Ok(self.numbers(&tallies))
        };
        let numbers: Vec<Vec<f64>> = (0..count).map(without).collect::<Result<_, Failure>>()?;
        Ok(codes.iter().zip(folds).map(|(&code, &fold)| numbers[fold as usize][code as usize]).collect())
    }

    /// Returns the number of each code, from its outcomes.
    fn numbers(&self, places: &[Tally]) -> Vec<f64> {
        let all = places.iter().fold(Tally::default(), |all, tally| all.and(tally));
        let mean = if all.count > 0.0 { all.mean() } else { 0.0 };
        let number = |tally: &Tally| match self.method {
            TargetMethod::Evidence if tally.count == 0.0 => 0.0,
            TargetMethod::Evidence => {
                let (positive, negative) = (all.sum + 2.0 * HALF, all.count - all.sum + 2.0 * HALF);
                ((tally.sum + HALF) / positive / ((tally.count - tally.sum + HALF) / negative)).ln()
            }
            TargetMethod::Mean(_) if tally.count == 0.0 => mean,
            TargetMethod::Mean(Smooth::Rows(smooth)) => (tally.sum + smooth * mean) / (tally.count + smooth),
            TargetMethod::Mean(Smooth::Auto) => {
                let variance = all.squares / all.count;
                let weight = variance * tally.count / (variance * tally.count + tally.squares / tally.count);
                // A constant target: no weighting needed.
                if weight.is_nan() { mean } else { weight * tally.mean() + (1.0 - weight) * mean }
            }
        };
        places.iter().map(number).collect()
    }
}

/// Moments of the outcomes of some rows.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    count: f64,
    sum: f64,
    /// Sum of squared deviations from the mean.
    squares: f64,
}

impl Tally {
    fn mean(&self) -> f64 {
        self.sum / self.count
    }

    /// Returns the moments of each code, given the code of each row.
    fn of_places(places: usize, outcome: &[f64], place: impl Fn(usize) -> usize) -> Vec<Tally> {
        let mut tallies = vec![Tally::default(); places];
        for (row, outcome) in outcome.iter().enumerate() {
            let tally = &mut tallies[place(row)];
            tally.count += 1.0;
            tally.sum += outcome;
        }
        let means: Vec<f64> = tallies.iter().map(Tally::mean).collect();
        for (row, outcome) in outcome.iter().enumerate() {
            let place = place(row);
            tallies[place].squares += (outcome - means[place]).powi(2);
        }
        tallies
    }

    /// Merges the moments of other rows (Chan, Golub and LeVeque 1983).
    fn and(&self, other: &Tally) -> Tally {
        let count = self.count + other.count;
        let apart = match self.count == 0.0 || other.count == 0.0 {
            true => 0.0,
            false => (other.mean() - self.mean()).powi(2) * (self.count * other.count / count),
        };
        Tally { count, sum: self.sum + other.sum, squares: self.squares + other.squares + apart }
    }
}

#[cfg(test)]
mod tests;
