//! Class balancing of the training rows: oversampling, SMOTE, undersampling.

use crate::columns::bad_state;
use crate::{FitContext, State, TableEstimator, TargetSpec};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array, Int64Array};
use pipewright_diagnostic::{Bounds, Failure, code};
use pipewright_table::TextArray;
use pipewright_table::{Column, ColumnType, Role, Schema, Table};
use pipewright_world::random::Key;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Balances the classes of the training rows; other rows pass unchanged.
///
/// ```
/// use pipewright_frame::{FitContext, TargetSpec, Balancer, ReadOptions, TableEstimator, csv};
/// use pipewright_world::random::Key;
/// let text = b"x,y\n1,no\n2,no\n3,no\n4,no\n8,yes\n9,yes\n";
/// let (table, _) = csv::read(text, &ReadOptions::new("t.csv")).unwrap();
/// let classes: [String; 2] = ["no".into(), "yes".into()];
/// let aim = TargetSpec { target: "y".into(), classes: Some(classes.into()) };
/// let about = FitContext { target_spec: Some(aim), key: Key::new(0) };
/// let balancer = Balancer::smote();
/// let state = balancer.fit(&table, &about).unwrap();
/// assert_eq!(balancer.apply_training(&state, &table, &about).unwrap().rows(), 8);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Balancer {
    /// Sampling method.
    pub method: BalanceMethod,
    /// Target ratio of the smallest class to the largest, above 0 and up to 1. Rarer classes are oversampled, or larger
    /// ones undersampled; the rest is unchanged.
    pub ratio: f64,
}

/// Sampling method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BalanceMethod {
    /// Synthetic minority oversampling (SMOTE: Chawla et al. 2002): adds rows between a row and one of its nearest
    /// neighbours in the same class. Numbers are interpolated, by the same fraction in all columns; counts are rounded.
    /// Other columns, and values missing in one of the two, are taken from the first. Distances are in units of each
    /// column's standard deviation; missing numbers count as the mean.
    Smote {
        /// Number of neighbours.
        neighbours: u32,
    },
    /// Random oversampling: adds copies of rows drawn with replacement.
    Over,
    /// Random undersampling: drops rows drawn without replacement.
    Under,
}

impl Balancer {
    /// SMOTE with five neighbours, to equal class sizes.
    #[must_use]
    pub fn smote() -> Balancer {
        Balancer { method: BalanceMethod::Smote { neighbours: 5 }, ratio: 1.0 }
    }

    /// Random oversampling, to equal class sizes.
    #[must_use]
    pub fn over() -> Balancer {
        Balancer { method: BalanceMethod::Over, ..Balancer::smote() }
    }

    /// Random undersampling, to equal class sizes.
    #[must_use]
    pub fn under() -> Balancer {
        Balancer { method: BalanceMethod::Under, ..Balancer::smote() }
    }

    /// Sets the target ratio of the smallest class to the largest.
    #[must_use]
    pub fn to_ratio(self, ratio: f64) -> Balancer {
        Balancer { ratio, ..self }
    }

    /// Returns the target number of rows of a class.
    fn wanted(&self, count: usize, all: &[usize]) -> usize {
        let present = || all.iter().copied().filter(|&count| count > 0);
        let (smallest, largest) = (present().min().unwrap_or(0) as f64, present().max().unwrap_or(0) as f64);
        match self.method {
            _ if count == 0 => 0,
            BalanceMethod::Under => count.min((smallest / self.ratio) as usize),
            BalanceMethod::Over | BalanceMethod::Smote { .. } => count.max((self.ratio * largest) as usize),
        }
    }
}

/// The number of rows of each class before and after balancing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BalancerState {
    classes: Vec<Balanced>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Balanced {
    class: String,
    before: usize,
    after: usize,
}

impl TableEstimator for Balancer {
    type State = BalancerState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(input.clone())
    }

    fn fit(&self, rows: &Table, context: &FitContext) -> Result<BalancerState, Failure> {
        let (classes, members) = members(context.target_spec()?, rows)?;
        let counts: Vec<usize> = members.iter().map(Vec::len).collect();
        let after = |&before: &usize| self.wanted(before, &counts);
        let balanced = classes.iter().zip(&counts);
        let balanced =
            balanced.map(|(class, before)| Balanced { class: class.clone(), before: *before, after: after(before) });
        Ok(BalancerState { classes: balanced.collect() })
    }

    fn treats_training_apart(&self) -> bool {
        true
    }

    /// Returns the kept rows in their order, followed by the added ones, class by class.
    fn apply_training(&self, state: &BalancerState, rows: &Table, context: &FitContext) -> Result<Table, Failure> {
        let (_, members) = members(context.target_spec()?, rows)?;
        let of_class = || members.iter().zip(&state.classes).zip(0_u64..);
        let key = |class: u64| context.key.child("balance").index(class);
        if self.method == BalanceMethod::Under {
            let mut kept = Vec::new();
            for ((members, balanced), class) in of_class() {
                let order = key(class).permutation(members.len());
                kept.extend(order.iter().take(balanced.after).map(|&place| members[place as usize]));
            }
            kept.sort_unstable();
            return Ok(rows.take(&kept));
        }
        let space = Space::of(rows)?;
        let mut parents = Vec::new();
        for ((members, balanced), class) in of_class() {
            let added = balanced.after.saturating_sub(members.len());
            match self.method {
                BalanceMethod::Smote { neighbours } => {
                    parents.extend(space.between(members, added, neighbours as usize, key(class))?);
                }
                BalanceMethod::Over | BalanceMethod::Under => {
                    let drawn = (0..added as u64).map(|draw| key(class).below(draw, members.len() as u64));
                    parents.extend(drawn.map(|place| Parents::alone(members[place as usize])));
                }
            }
        }
        born(rows, &parents)
    }
}

/// The classes, and the rows of each.
type Members = (Arc<[String]>, Vec<Vec<u32>>);

/// The classes, and the rows of each.
fn members(target_spec: &TargetSpec, rows: &Table) -> Result<Members, Failure> {
    let Some(classes) = target_spec.classes.clone() else {
        let message = format!("`balance` takes a target of classes, and `{}` holds numbers", target_spec.target);
        return Err(Failure::new(code::WRONG_TASK, message).column(&*target_spec.target));
    };
    let mut members = vec![Vec::new(); classes.len()];
    target_spec.codes(rows)?.into_iter().zip(0..).for_each(|(class, row)| members[class as usize].push(row));
    Ok((classes, members))
}

/// The parents of a synthetic row.
#[derive(Debug, Clone, Copy)]
struct Parents {
    first: u32,
    second: u32,
    /// Position between the first (0) and the second (1).
    share: f64,
}

impl Parents {
    fn alone(row: u32) -> Parents {
        Parents { first: row, second: row, share: 0.0 }
    }
}

/// The rows as points: centred numbers in units of the standard deviation.
struct Space {
    /// Row-major.
    numbers: Vec<f64>,
    dimensions: usize,
}

impl Space {
    fn of(rows: &Table) -> Result<Space, Failure> {
        let numeric = rows.columns().iter().zip(rows.arrays());
        let numeric = numeric.filter(|(column, _)| column.role == Role::Feature && column.kind.is_numeric());
        let axes: Vec<Vec<f64>> = numeric.map(|(column, array)| axis(&column.name, array)).collect::<Result<_, _>>()?;
        let mut numbers = vec![0.0; rows.rows() * axes.len()];
        for (place, axis) in axes.iter().enumerate() {
            axis.iter().enumerate().for_each(|(row, number)| numbers[row * axes.len() + place] = *number);
        }
        Ok(Space { numbers, dimensions: axes.len() })
    }

    fn row(&self, row: u32) -> &[f64] {
        let start = row as usize * self.dimensions;
        &self.numbers[start..start + self.dimensions]
    }

    /// Creates new rows of a class: its rows in random order, repeatedly, each with a random one of its nearest
    /// neighbours.
    fn between(&self, members: &[u32], added: usize, neighbours: usize, key: Key) -> Result<Vec<Parents>, Failure> {
        let order = key.child("rows").permutation(members.len());
        let firsts: Vec<u32> = order.iter().take(added).map(|&place| members[place as usize]).collect();
        let bounds = Bounds::current();
        let nearest = |&row: &u32| bounds.go_on().map(|()| self.nearest(row, members, neighbours));
        let nearest: Vec<Vec<u32>> = firsts.par_iter().map(nearest).collect::<Result<_, Failure>>()?;
        let made = (0..added).map(|index| {
            let (first, near) = (firsts[index % firsts.len()], &nearest[index % firsts.len()]);
            if near.is_empty() {
                return Parents::alone(first);
            }
            let second = near[key.child("second").below(index as u64, near.len() as u64) as usize];
            Parents { first, second, share: key.child("share").uniform(index as u64) }
        });
        Ok(made.collect())
    }

    /// Returns the nearest other rows of a class; the earlier on ties.
    fn nearest(&self, row: u32, members: &[u32], count: usize) -> Vec<u32> {
        let own = self.row(row);
        let distance = |other: u32| -> f64 {
            own.iter().zip(self.row(other)).map(|(left, right)| (left - right) * (left - right)).sum()
        };
        let others = members.iter().filter(|&&other| other != row);
        let mut others: Vec<(f64, u32)> = others.map(|&other| (distance(other), other)).collect();
        let by_distance = |left: &(f64, u32), right: &(f64, u32)| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1));
        if count < others.len() {
            others.select_nth_unstable_by(count, by_distance);
            others.truncate(count);
        }
        others.sort_unstable_by(by_distance);
        others.into_iter().map(|(_, other)| other).collect()
    }
}

/// Returns the centred numbers of a column in units of their standard deviation; missing ones are at the mean.
fn axis(name: &str, array: &ArrayRef) -> Result<Vec<f64>, Failure> {
    let numbers = floats(array);
    let mut moments = pipewright_table::summary::Moments::default();
    crate::columns::for_each_number(name, array, |number| moments.add(number))?;
    let (mean, deviation) = (moments.mean().unwrap_or(0.0), moments.deviation(0).unwrap_or(0.0));
    let unit = if deviation > 0.0 && deviation.is_finite() { deviation } else { 1.0 };
    Ok(numbers.iter().map(|number| number.map_or(0.0, |number| (number - mean) / unit)).collect())
}

/// Returns the numbers of a numeric column.
fn floats(array: &ArrayRef) -> Float64Array {
    match array.as_primitive_opt::<Float64Type>() {
        Some(floats) => floats.clone(),
        None => array.as_primitive::<Int64Type>().unary(|count| count as f64),
    }
}

/// Returns the rows, followed by the synthetic ones.
fn born(rows: &Table, parents: &[Parents]) -> Result<Table, Failure> {
    let firsts: Vec<u32> = parents.iter().map(|it| it.first).collect();
    let born = rows.take(&firsts).map_columns(|column, array| {
        let is_between = column.role == Role::Feature && column.kind.is_numeric();
        let array = if is_between { between(column, rows.array(&column.name)?, parents).into() } else { array.clone() };
        Ok(vec![(column.clone(), array)])
    })?;
    Table::concat(&[rows.clone(), born])
}

/// Interpolates the numbers of two rows; takes that of the first if one is missing.
fn between(column: &Column, array: &ArrayRef, parents: &[Parents]) -> ArrayRef {
    let numbers = floats(array);
    let number = |row: u32| (!numbers.is_null(row as usize)).then(|| numbers.value(row as usize));
    let between = parents.iter().map(|parents| {
        let first = number(parents.first)?;
        let second = number(parents.second).unwrap_or(first);
        Some((1.0 - parents.share) * first + parents.share * second)
    });
    match column.kind {
        // A copy is exact, also for counts that floats cannot represent.
        ColumnType::Count => {
            let counts = array.as_primitive::<Int64Type>();
            let whole = between.zip(parents).map(|(number, parents)| match parents.share {
                0.0 => number.map(|_| counts.value(parents.first as usize)),
                _ => number.map(|number| number.round() as i64),
            });
            Arc::new(whole.collect::<Int64Array>())
        }
        _ => Arc::new(between.collect::<Float64Array>()),
    }
}

impl State for BalancerState {
    const TAG: &str = "balancer";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        Ok(rows.clone())
    }

    fn show(&self) -> Table {
        let counts = |count: fn(&Balanced) -> usize| -> ArrayRef {
            Arc::new(self.classes.iter().map(|balanced| Some(count(balanced) as i64)).collect::<Int64Array>())
        };
        let classes = self.classes.iter().map(|balanced| Some(balanced.class.as_str())).collect::<TextArray>();
        let columns = vec![
            Column::new("class", ColumnType::Text),
            Column::new("rows before", ColumnType::Count),
            Column::new("rows after", ColumnType::Count),
        ];
        let arrays = vec![Arc::new(classes) as ArrayRef, counts(|it| it.before), counts(|it| it.after)];
        Table::new(columns, arrays).expect("three columns of one length")
    }

    fn validate(&self) -> Result<(), Failure> {
        let most = u32::MAX as usize;
        match self.classes.iter().find(|balanced| balanced.before > most || balanced.after > most) {
            None => Ok(()),
            Some(balanced) => Err(bad_state(format!("the class `{}` has too many rows", balanced.class))),
        }
    }
}

#[cfg(test)]
mod tests;
