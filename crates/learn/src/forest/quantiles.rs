//! Quantiles of the target by forests: the targets of the training rows that share leaves with a row.

use super::{Forest, ForestModel};
use crate::data::{Dataset, Features, Outputs, Predictions, Quantiles, Target};
use crate::learner::{Accepts, Fit, Learner, Model, check_width};
use crate::quantiles::{FitsLevels, validate_levels};
use crate::summary::Summary;
use crate::tree::Table;
use pipewright_diagnostic::{Failure, code, room_for};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A forest that knows the targets of its leaves (N. Meinshausen, "Quantile Regression Forests", JMLR 7, 2006).
///
/// Of a row x, a training row i has the weight wᵢ(x): the mean over all trees of ωᵢ / Σ ωⱼ if i is in the leaf of x,
/// where the sum is over the training rows in this leaf, and else 0; ω are the sample weights, and all training rows
/// are in a leaf of each tree, whether or not the tree learned from them. The quantile of level q is the smallest
/// target y with Σ wᵢ(x) ≥ q over the rows with targets up to y.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuantileForestModel {
    model: ForestModel,
    /// The targets of the training rows, ascending.
    targets: Vec<f64>,
    /// The leaves of each tree.
    leaves: Vec<Leaves>,
}

/// The training rows in the leaves of a tree.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Leaves {
    /// Where the rows of each leaf start, and the number of all rows.
    starts: Vec<u32>,
    /// The places of the rows among the ascending targets, leaf by leaf, ascending in each, and their shares of the
    /// weight of their leaf.
    rows: Vec<(u32, f64)>,
}

impl Forest {
    /// Learns from `train`, and keeps the targets of each leaf: a place and a weight per training row and tree.
    ///
    /// ```
    /// use pipewright_learn::forest::Forest;
    /// use pipewright_learn::{Dataset, Features, Fit, Target};
    /// let rows: Vec<[f64; 1]> = (0..200).map(|row| [f64::from(row / 100)]).collect();
    /// let target = (0..200).map(|row| f64::from(row / 100 * 1000 + row % 100)).collect();
    /// let train = Dataset::new(Features::from_rows(["x"], &rows), Target::Numbers(target));
    /// let forest = Forest { trees: 20, ..Forest::default() };
    /// let model = forest.fit_quantiles(&train, &Fit::new())?;
    /// let quantiles = model.quantiles(&Features::from_rows(["x"], &[[0.0], [1.0]]), &[0.1, 0.5])?;
    /// assert_eq!(quantiles, [[9.0, 1009.0], [49.0, 1049.0]]);
    /// # Ok::<(), pipewright_learn::Failure>(())
    /// ```
    ///
    /// # Errors
    /// As [`Learner::fit_with`]; [`code::WRONG_TASK`] for classes.
    pub fn fit_quantiles(&self, train: &Dataset, fit: &Fit<'_>) -> Result<QuantileForestModel, Failure> {
        let train = train.accepted(self.accepts())?;
        self.leaves_with_targets(&train, fit)
    }

    fn leaves_with_targets(&self, train: &Dataset, fit: &Fit<'_>) -> Result<QuantileForestModel, Failure> {
        let Target::Numbers(target) = train.target() else {
            return Err(Failure::new(code::WRONG_TASK, "quantiles are of numbers, but the target is a class"));
        };
        let model = self.learn(train, fit)?;
        let mut order: Vec<u32> = (0..target.len() as u32).collect();
        order.sort_by(|&one, &two| target[one as usize].total_cmp(&target[two as usize]));
        let weight = |row: u32| train.weights().map_or(1.0, |weights| weights[row as usize]);
        let trees = model.trees.len();
        let places = order.len() as u128 * trees as u128 * (size_of::<u32>() + size_of::<(u32, f64)>()) as u128;
        room_for(places, || format!("the leaves of {} rows in {trees} trees", order.len()))?;
        let ends = model.leaves_of(&train.features);
        let leaves =
            |tree: usize| Leaves::of(model.trees[tree].leaves(), &order, weight, |row| ends[row * trees + tree]);
        let leaves = (0..trees).into_par_iter().map(leaves).collect();
        let targets = order.iter().map(|&row| target[row as usize]).collect();
        Ok(QuantileForestModel { model, targets, leaves })
    }
}

impl FitsLevels for Forest {
    type OfLevels = ForestAtLevels;

    fn learn_levels(&self, levels: &[f64], train: &Dataset, fit: &Fit<'_>) -> Result<ForestAtLevels, Failure> {
        Ok(ForestAtLevels { levels: levels.to_vec(), forest: self.leaves_with_targets(train, fit)? })
    }
}

impl ForestModel {
    /// The leaf of each tree in which each row ends, row by row.
    pub(super) fn leaves_of(&self, features: &Features) -> Vec<u32> {
        let trees = self.trees.len();
        let mut ends = vec![0; features.rows() * trees];
        Table::new(features, &self.inputs).visit(&self.trees, trees, &mut ends, &|_, _| true, &|into, tree, leaf| {
            into[tree] = leaf as u32;
        });
        ends
    }
}

impl Leaves {
    /// `order` are the rows by ascending targets.
    fn of(count: usize, order: &[u32], weight: impl Fn(u32) -> f64, leaf_of: impl Fn(usize) -> u32) -> Leaves {
        let leaf_of = |row: u32| leaf_of(row as usize) as usize;
        let (mut starts, mut sums) = (vec![0_u32; count + 1], vec![0.0; count]);
        for &row in order {
            starts[leaf_of(row) + 1] += 1;
            sums[leaf_of(row)] += weight(row);
        }
        (0..count).for_each(|leaf| starts[leaf + 1] += starts[leaf]);
        let (mut rows, mut next) = (vec![(0, 0.0); order.len()], starts.clone());
        for (place, &row) in (0..).zip(order) {
            let leaf = leaf_of(row);
            rows[next[leaf] as usize] = (place, weight(row) / sums[leaf]);
            next[leaf] += 1;
        }
        Leaves { starts, rows }
    }

    /// Are they sound, as the leaves of a tree of `leaves` leaves grown on `rows` rows?
    fn are_sound(&self, leaves: usize, rows: usize) -> bool {
        // Every leaf of a tree holds a row, so that a row that ends there has a quantile.
        self.starts.len() == leaves + 1
            && self.starts.is_sorted_by(|start, end| start < end)
            && self.starts.first() == Some(&0)
            && self.starts.last().map(|end| *end as usize) == Some(self.rows.len())
            && self.rows.iter().all(|(place, share)| (*place as usize) < rows && (0.0..=1.0 + 1e-9).contains(share))
    }

    fn rows(&self, leaf: u32) -> &[(u32, f64)] {
        let leaf = leaf as usize;
        &self.rows[self.starts[leaf] as usize..self.starts[leaf + 1] as usize]
    }
}

impl QuantileForestModel {
    /// The forest, which predicts means.
    #[must_use]
    pub fn forest(&self) -> &ForestModel {
        &self.model
    }

    /// Returns the quantiles of each of these levels, one per row. A higher level never has a lower quantile.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`] for a level that is not from 0 to 1; else as [`Model::predict`].
    pub fn quantiles(&self, features: &Features, levels: &[f64]) -> Result<Vec<Vec<f64>>, Failure> {
        if !levels.iter().all(|level| (0.0..=1.0).contains(level)) {
            return Err(Failure::new(code::BAD_VALUE, "the level of a quantile is a number from 0 to 1"));
        }
        check_width(self.model.inputs(), features)?;
        Ok(self.of_levels(features, levels))
    }

    fn of_levels(&self, features: &Features, levels: &[f64]) -> Vec<Vec<f64>> {
        let ends = self.model.leaves_of(features);
        let of_rows: Vec<Vec<f64>> =
            ends.par_chunks(self.leaves.len()).map(|leaves| self.quantiles_of(leaves, levels)).collect();
        (0..levels.len()).map(|level| of_rows.iter().map(|row| row[level]).collect()).collect()
    }

    /// The quantiles of a row that ends in a leaf of each tree.
    fn quantiles_of(&self, leaves: &[u32], levels: &[f64]) -> Vec<f64> {
        let mut rows: Vec<(u32, f64)> =
            leaves.iter().zip(&self.leaves).flat_map(|(&leaf, tree)| tree.rows(leaf)).copied().collect();
        // Stable: the weights of a row are summed tree by tree.
        rows.sort_by_key(|(place, _)| *place);
        let mut sum = 0.0;
        rows.iter_mut().for_each(|(_, share)| {
            sum += *share;
            *share = sum;
        });
        let quantile = |level: &f64| {
            // A sum that meets the level but for rounding has reached it.
            let wanted = level * sum * (1.0 - 1e-12);
            let reached = rows.partition_point(|(_, sum)| *sum < wanted).min(rows.len() - 1);
            self.targets[rows[reached].0 as usize]
        };
        levels.iter().map(quantile).collect()
    }
}

/// A [`QuantileForestModel`] that predicts quantiles of chosen levels; its single prediction is that of the level nearest
/// to ½.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ForestAtLevels {
    levels: Vec<f64>,
    forest: QuantileForestModel,
}

impl ForestAtLevels {
    /// The forest that knows the targets of its leaves.
    #[must_use]
    pub fn forest(&self) -> &QuantileForestModel {
        &self.forest
    }

    fn quantiles(&self, features: &Features) -> Quantiles {
        Quantiles::new(&self.levels, self.forest.of_levels(features, &self.levels))
    }
}

impl Model for ForestAtLevels {
    const ACCEPTS: Accepts = ForestModel::ACCEPTS;

    fn outputs(&self, features: &Features) -> Outputs {
        self.quantiles(features).middle_outputs()
    }

    fn predictions(&self, features: &Features) -> Result<Predictions, Failure> {
        check_width(self.inputs(), features)?;
        Ok(self.quantiles(features).into())
    }

    fn levels(&self) -> &[f64] {
        &self.levels
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_levels(&self.levels)?;
        let QuantileForestModel { model, targets, leaves } = &self.forest;
        model.validate()?;
        let trees = model.trees.iter().zip(leaves);
        let sound = model.classes.is_none()
            && leaves.len() == model.trees.len()
            && targets.iter().all(|target| target.is_finite())
            && targets.is_sorted()
            && trees.into_iter().all(|(tree, leaves)| leaves.are_sound(tree.leaves(), targets.len()));
        if sound { Ok(()) } else { Err(Failure::new(code::BAD_BUNDLE, "a forest that does not fit its targets")) }
    }

    fn inputs(&self) -> usize {
        self.forest.model.inputs()
    }

    fn summary(&self) -> Summary {
        self.forest.model.summary()
    }
}
