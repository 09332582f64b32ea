//! The boosting rounds.

use super::early::{self, Stopping};
use super::scores::Goal;
use super::{Gbdt, GbdtModel};
use crate::class_weights::{add_weights, balancing};
use crate::data::{Dataset, Labels, Target};
use crate::held_out::{Folds, count_groups};
use crate::learner::{Fit, Model};
use crate::order::quantile;
use crate::tree::{
    Binned, Bins, Derivative, Grower, Grown, Growth, HISTOGRAM_BYTES, Input, Rules, Table, Tree, inputs_of,
};
use pipewright_diagnostic::{Bounds, Failure, Progress, code, room_for};
use pipewright_world::random::Key;
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// Rows that are drawn, or whose scores are updated, by one task.
const ROWS_PER_TASK: usize = 1 << 14;

/// Fits a model; continues `before`, if there is one. `bins` are the rows in bins, or where they are to be kept for the
/// next fit on the same rows.
pub(super) fn boost(
    gbdt: &Gbdt,
    train: &Dataset,
    fit: &Fit<'_>,
    before: Option<&GbdtModel>,
    bins: &OnceLock<Binned>,
) -> Result<GbdtModel, Failure> {
    gbdt.check()?;
    if train.rows() == 0 {
        return Err(Failure::new(code::TOO_FEW_ROWS, "there are no rows to learn from"));
    }
    let run = Run::new(gbdt, train, fit, before, bins)?;
    let folds = if fit.validation.is_some() { None } else { folds_of(gbdt, train, fit.key.child("folds")) };
    let members = match folds {
        None => vec![run.member(&(0..train.rows() as u32).collect::<Vec<_>>(), &[], fit.key.child("member"))?],
        Some((folds, members)) => {
            let bounds = Bounds::current();
            let member = |member: usize| {
                let [rows, held] = folds.split(member, train.rows(), train.groups());
                bounds.around(|| run.member(&rows, &held, fit.key.child("member").index(member as u64)))
            };
            (0..members).into_par_iter().map(member).collect::<Result<Vec<_>, _>>()?
        }
    };
    joined(run.inputs, &run.goal, members, before)
}

/// The mean of the members, after the trees of an earlier model.
pub(super) fn joined(
    inputs: Vec<Input>,
    goal: &Goal,
    mut members: Vec<Member>,
    before: Option<&GbdtModel>,
) -> Result<GbdtModel, Failure> {
    let count = members.len() as f64;
    let mut start = vec![0.0; goal.outputs()];
    for member in &mut members {
        start.iter_mut().zip(&member.start).for_each(|(start, own)| *start += own / count);
        if count > 1.0 {
            member.trees.iter_mut().flat_map(Tree::values_mut).for_each(|value| *value /= count);
        }
    }
    let earlier = before.map_or_else(Vec::new, |model| model.trees.clone());
    let trees = earlier.into_iter().chain(members.into_iter().flat_map(|member| member.trees)).collect();
    let start = before.map_or(start, |model| model.start.clone());
    let model = GbdtModel { inputs, link: goal.link(), start, trees };
    model.validate().map_err(|_| Failure::new(code::VALUE_OUT_OF_RANGE, "training overflowed; scale the target"))?;
    Ok(model)
}

/// The bytes of the histograms of all leaves that may be split.
pub(super) fn histogram_bytes(gbdt: &Gbdt, rows: usize, columns: usize) -> u128 {
    let leaves = gbdt.leaves_for(rows).min(rows / gbdt.min_rows.max(1) + 1);
    leaves as u128 * HISTOGRAM_BYTES as u128 * columns as u128
}

/// What splits and leaves must fulfil.
pub(super) fn rules_of(gbdt: &Gbdt, names: &[String], goal: &Goal) -> Result<Rules, Failure> {
    Ok(Rules {
        l1: gbdt.l1,
        l2: gbdt.l2,
        min_gain: gbdt.min_gain,
        min_rows: gbdt.min_rows.max(1) as u64,
        min_weight: gbdt.min_weight,
        level_smoothing: gbdt.level_smoothing,
        level_l2: gbdt.level_l2,
        directions: if gbdt.monotone.is_empty() { Vec::new() } else { gbdt.directions(names)? },
        longest_step: goal.loss().map_or(f64::INFINITY, |loss| loss.longest_step()),
    })
}

/// How trees grow on this number of rows.
pub(super) fn growth_of<'a>(
    gbdt: &Gbdt,
    bins: &'a [Bins],
    rules: &'a Rules,
    groups: &'a [Vec<usize>],
    rows: usize,
) -> Growth<'a> {
    Growth {
        depth: gbdt.depth.unwrap_or(usize::MAX),
        by_depth: gbdt.by_depth,
        groups,
        split_columns: gbdt.split_columns,
        ..Growth::new(bins, rules, gbdt.leaves_for(rows))
    }
}

/// Marks the columns that a tree may use.
pub(super) fn columns_of(gbdt: &Gbdt, columns: usize, key: Key) -> Vec<bool> {
    let mut used = vec![true; columns];
    if gbdt.columns < 1.0 {
        crate::tree::sample_marked(&mut used, gbdt.columns, key);
    }
    used
}

fn folds_of(gbdt: &Gbdt, train: &Dataset, key: Key) -> Option<(Folds, usize)> {
    let groups = train.groups().map(|groups| {
        let mut rows = BTreeMap::new();
        count_groups(groups, &mut rows);
        rows
    });
    early::folds(gbdt, train.rows(), train.target(), groups.as_ref(), key)
}

/// What all members share.
struct Run<'a> {
    gbdt: &'a Gbdt,
    inputs: Vec<Input>,
    binned: &'a Binned,
    rules: Rules,
    groups: Vec<Vec<usize>>,
    goal: Goal,
    weights: Vec<f64>,
    /// The scores of an earlier model, output by output.
    before: Option<Vec<f64>>,
    validation: Option<Apart<'a>>,
    progress: &'a dyn Progress,
}

/// Validation rows.
struct Apart<'a> {
    rows: &'a Dataset,
    goal: Goal,
    weights: Vec<f64>,
    before: Option<Vec<f64>>,
}

/// One boosted model.
pub(super) struct Member {
    pub(super) start: Vec<f64>,
    pub(super) trees: Vec<Tree>,
}

impl<'a> Run<'a> {
    fn new(
        gbdt: &'a Gbdt,
        train: &Dataset,
        fit: &Fit<'a>,
        before: Option<&GbdtModel>,
        bins: &'a OnceLock<Binned>,
    ) -> Result<Run<'a>, Failure> {
        let goal = Goal::of(gbdt, train.target())?;
        let columns = train.features.columns();
        room_for(histogram_bytes(gbdt, train.rows(), columns), || format!("growing trees on {columns} columns"))?;
        if before.is_some_and(|model| model.start.len() != goal.outputs() || model.link != goal.link()) {
            return Err(Failure::new(code::WRONG_TASK, "the model was fitted to another kind of target"));
        }
        let scores = |rows: &Dataset| before.map(|model| by_output(&model.scores(&rows.features), goal.outputs()));
        let validation = match fit.validation {
            Some(rows) => Some(Apart {
                rows,
                goal: Goal::of(gbdt, rows.target())?,
                weights: weights(&rows.labels, gbdt.balanced),
                before: scores(rows),
            }),
            None => None,
        };
        Ok(Run {
            gbdt,
            inputs: inputs_of(&train.features),
            binned: bins.get_or_init(|| Binned::new(&train.features, gbdt.bins, fit.key.child("bins"))),
            rules: rules_of(gbdt, train.features.names(), &goal)?,
            groups: gbdt.groups(train.features.names())?,
            weights: weights(&train.labels, gbdt.balanced),
            before: scores(train),
            goal,
            validation,
            progress: fit.progress,
        })
    }

    /// Boosts on some rows, with others held out for early stopping.
    fn member(&self, rows: &[u32], held: &[u32], key: Key) -> Result<Member, Failure> {
        let start = match self.before {
            Some(_) => vec![0.0; self.goal.outputs()],
            None => {
                let weights: Vec<f64> = rows.iter().map(|&row| self.weights[row as usize]).collect();
                self.goal.take(rows).start(Some(&weights))
            }
        };
        let mut rounds = Rounds::new(self, rows, held, start, key);
        for round in 0..self.gbdt.trees {
            if self.progress.cancelled() {
                return Err(Failure::new(code::CANCELLED, "training was cancelled"));
            }
            rounds.add_round(round);
            self.progress.report(round as u64 + 1, self.gbdt.trees as u64);
            if rounds.should_stop() {
                break;
            }
        }
        Ok(rounds.finish())
    }
}

/// Scores by row, output after output.
fn by_output(row_major: &[f64], outputs: usize) -> Vec<f64> {
    (0..outputs).flat_map(|output| row_major.iter().skip(output).step_by(outputs).copied()).collect()
}

/// The weight of each row; with `balanced`, the classes weigh the same in sum.
fn weights(labels: &Labels, balanced: bool) -> Vec<f64> {
    let mut weights = labels.weights().map_or_else(|| vec![1.0; labels.rows()], <[f64]>::to_vec);
    if let (true, Target::Classes { codes, count }) = (balanced, labels.target()) {
        let mut sums = vec![0.0; *count];
        add_weights(codes, Some(&weights), &mut sums);
        let factors = balancing(&sums);
        codes.iter().zip(&mut weights).for_each(|(&code, weight)| *weight *= factors[code as usize]);
    }
    weights
}

/// A model while trees are added.
struct Rounds<'r> {
    run: &'r Run<'r>,
    rows: &'r [u32],
    held: &'r [u32],
    key: Key,
    grower: Grower<'r>,
    start: Vec<f64>,
    trees: Vec<Tree>,
    /// The scores of all rows, output after output.
    scores: Vec<f64>,
    derivatives: Vec<Vec<Derivative>>,
    /// The scores of the validation rows, row by row.
    apart: Vec<f64>,
    stopping: Stopping,
}

impl<'r> Rounds<'r> {
    fn new(run: &'r Run<'r>, rows: &'r [u32], held: &'r [u32], start: Vec<f64>, key: Key) -> Rounds<'r> {
        let gbdt = run.gbdt;
        let all = run.binned.rows();
        let scores = match &run.before {
            Some(scores) => scores.clone(),
            None => start.iter().flat_map(|&score| std::iter::repeat_n(score, all)).collect(),
        };
        let apart = match &run.validation {
            Some(Apart { before: Some(scores), goal, .. }) => by_output(scores, scores.len() / goal.outputs()),
            Some(validation) => start.repeat(validation.rows.rows()),
            None => Vec::new(),
        };
        let growth = growth_of(gbdt, run.binned.bins(), &run.rules, &run.groups, rows.len());
        let grower = Grower::new(run.binned, growth);
        let derivatives = vec![vec![Derivative::default(); all]; run.goal.outputs()];
        let trees = Vec::new();
        let stopping = Stopping::new(gbdt.early_stop, None);
        let mut rounds = Rounds { run, rows, held, key, grower, start, trees, scores, derivatives, apart, stopping };
        rounds.stopping = Stopping::new(gbdt.early_stop, rounds.held_loss());
        rounds
    }

    /// Adds a tree per output.
    fn add_round(&mut self, round: usize) {
        let run = self.run;
        run.goal.derivatives(&self.scores, &run.weights, &mut self.derivatives);
        let key = self.key.index(round as u64);
        let sample = self.sample(key.child("rows"));
        let (rows, others) = sample.as_ref().map_or((self.rows, &[][..]), |[rows, others]| (rows, others));
        for output in 0..self.derivatives.len() {
            let key = key.child("tree").index(output as u64);
            let used = columns_of(run.gbdt, run.binned.bins().len(), key.child("columns"));
            let mut grown =
                self.grower.grow(rows, &self.derivatives[output], &used, run.gbdt.rate, key.child("splits"));
            self.set_quantiles(&mut grown);
            self.add_to_scores(output, &grown, others);
            self.trees.push(grown.tree);
        }
        if let Some(validation) = &run.validation {
            let added = &self.trees[self.trees.len() - self.derivatives.len()..];
            Table::new(&validation.rows.features, &run.inputs).add(added, self.derivatives.len(), &mut self.apart);
        }
    }

    /// The rows of a round and the others, if it learns from a share of them.
    fn sample(&self, key: Key) -> Option<[Vec<u32>; 2]> {
        let share = self.run.gbdt.rows;
        if share >= 1.0 {
            return None;
        }
        let drawn = |rows: &[u32]| {
            let drawn = key.uniforms(rows.iter().copied().map(u64::from)).map(|number| number < share);
            let (rows, others): (Vec<_>, Vec<_>) = rows.iter().zip(drawn).partition(|(_, is_drawn)| *is_drawn);
            [rows, others].map(|part| part.into_iter().map(|(&row, _)| row).collect::<Vec<u32>>())
        };
        let parts: Vec<[Vec<u32>; 2]> = self.rows.par_chunks(ROWS_PER_TASK).map(drawn).collect();
        let [rows, others] =
            [0, 1].map(|side| parts.iter().flat_map(|part| &part[side]).copied().collect::<Vec<u32>>());
        (!rows.is_empty()).then_some([rows, others])
    }

    /// Replaces the values of leaves by quantiles of the differences, for losses that want them.
    fn set_quantiles(&self, grown: &mut Grown) {
        let Goal::One { loss, target } = &self.run.goal else { return };
        let Some(level) = loss.leaf_quantile() else { return };
        let difference = |&row: &u32| {
            let row = row as usize;
            (target[row] - self.scores[row], self.run.weights[row])
        };
        let values = grown
            .leaves()
            .map(|rows| self.run.gbdt.rate * quantile(&mut rows.iter().map(difference).collect::<Vec<_>>(), level));
        let values: Vec<f64> = values.collect();
        grown.tree.values_mut().copy_from_slice(&values);
    }

    /// Adds a tree to the scores of the rows that it learned from, of the others, and of those held out; all ascend.
    fn add_to_scores(&mut self, output: usize, grown: &Grown, others: &[u32]) {
        let all = self.run.binned.rows();
        let (held, binned) = (self.held, self.run.binned);
        let scores = &mut self.scores[output * all..(output + 1) * all];
        scores.par_chunks_mut(ROWS_PER_TASK).enumerate().for_each(|(chunk, scores)| {
            let (start, end) = (chunk * ROWS_PER_TASK, chunk * ROWS_PER_TASK + scores.len());
            let within = |rows: &[u32]| {
                let place = |of: usize| rows.partition_point(|&row| (row as usize) < of);
                place(start)..place(end)
            };
            for (rows, value) in grown.leaves().zip(grown.tree.values()) {
                rows[within(rows)].iter().for_each(|&row| scores[row as usize - start] += value);
            }
            for rows in [others, held] {
                rows[within(rows)].iter().for_each(|&row| scores[row as usize - start] += grown.value(binned, row));
            }
        });
    }

    /// The loss of the rows that decide when to stop.
    fn held_loss(&self) -> Option<f64> {
        match &self.run.validation {
            Some(Apart { goal, weights, .. }) => {
                let rows: Vec<u32> = (0..weights.len() as u32).collect();
                Some(goal.value(&rows, &by_output(&self.apart, goal.outputs()), weights))
            }
            None if self.held.is_empty() => None,
            None => Some(self.run.goal.value(self.held, &self.scores, &self.run.weights)),
        }
    }

    fn should_stop(&mut self) -> bool {
        let loss = self.held_loss();
        self.stopping.stops(loss, self.trees.len())
    }

    fn finish(mut self) -> Member {
        self.trees.truncate(self.stopping.kept(self.trees.len()));
        Member { start: self.start, trees: self.trees }
    }
}
