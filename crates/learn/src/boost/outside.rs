//! Boosting on rows outside of memory: in bins, a byte per cell, in a temporary file. In memory are the scores of all
//! rows, their folds, and the nodes that they have come to.

use super::early::Stopping;
use super::outside_rows::{OutsideRows, PART};
use super::rounds::{Member, columns_of, growth_of, joined, rules_of};
use super::{Gbdt, GbdtModel};
use crate::learner::Fit;
use crate::passes::Passes;
use crate::tree::{Binned, Derivative, GrownOutside, Growth, Largest, OutsideGrower, Parts, Scale};
use pipewright_diagnostic::{Failure, code};
use pipewright_world::random::Key;
use rayon::prelude::*;

/// Fits a model.
pub(super) fn boost(gbdt: &Gbdt, train: &dyn Passes, fit: &Fit<'_>) -> Result<GbdtModel, Failure> {
    gbdt.check()?;
    if fit.validation.is_some() {
        let message = "rows that exceed the memory limit are stopped early by some of them, not by validation rows";
        return Err(Failure::new(code::LIMIT_REACHED, message));
    }
    let (rows, folds) = OutsideRows::read(gbdt, train, fit.key)?;
    let rules = rules_of(gbdt, train.names(), &rows.goal)?;
    let groups = gbdt.groups(train.names())?;
    let boosting = |member: Option<u8>, key: Key| Boosting { gbdt, rows: &rows, member, key };
    let grow = |boosting: Boosting<'_>| {
        let growth = growth_of(gbdt, &rows.bins, &rules, &groups, boosting.learned());
        boosting.member(growth, fit)
    };
    let key = fit.key.child("member");
    let members = match folds {
        None => vec![grow(boosting(None, key))?],
        Some((_, members)) => {
            let member = |member: usize| grow(boosting(Some(member as u8), key.index(member as u64)));
            (0..members).map(member).collect::<Result<Vec<_>, _>>()?
        }
    };
    joined(rows.inputs.clone(), &rows.goal, members, None)
}

/// One member, which learns from the rows of all folds but its own.
struct Boosting<'a> {
    gbdt: &'a Gbdt,
    rows: &'a OutsideRows,
    /// The fold that is held out.
    member: Option<u8>,
    key: Key,
}

/// The scores of the rows of each part, output after output.
struct Scores {
    outputs: usize,
    values: Vec<f64>,
}

impl Scores {
    fn new(rows: &OutsideRows, start: &[f64]) -> Scores {
        let mut values = Vec::with_capacity(rows.count * start.len());
        for part in 0..rows.parts() {
            let rows = rows.rows_of(part).len();
            start.iter().for_each(|&score| values.extend(std::iter::repeat_n(score, rows)));
        }
        Scores { outputs: start.len(), values }
    }

    fn of(&self, part: usize) -> &[f64] {
        let size = PART * self.outputs;
        &self.values[part * size..self.values.len().min((part + 1) * size)]
    }
}

impl Boosting<'_> {
    /// The number of rows that it learns from.
    fn learned(&self) -> usize {
        (0..self.rows.count).filter(|&row| !self.is_held(row)).count()
    }

    fn is_held(&self, row: usize) -> bool {
        self.member.is_some_and(|member| self.rows.fold_of(row) == member)
    }

    fn member(&self, growth: Growth<'_>, fit: &Fit<'_>) -> Result<Member, Failure> {
        let start = self.start()?;
        let mut scores = Scores::new(self.rows, &start);
        let mut places = vec![0_u32; self.rows.count];
        let mut stopping = Stopping::new(self.gbdt.early_stop, self.add(&[], &mut scores)?);
        let mut trees = Vec::new();
        for round in 0..self.gbdt.trees {
            if fit.progress.cancelled() {
                return Err(Failure::new(code::CANCELLED, "training was cancelled"));
            }
            let grown = self.round(growth, &scores, &mut places, self.key.index(round as u64))?;
            let loss = self.add(&grown, &mut scores)?;
            trees.extend(grown.into_iter().map(|grown| grown.tree));
            fit.progress.report(round as u64 + 1, self.gbdt.trees as u64);
            if stopping.stops(loss, trees.len()) {
                break;
            }
        }
        trees.truncate(stopping.kept(trees.len()));
        Ok(Member { start, trees })
    }

    /// The score of each output to start from.
    fn start(&self) -> Result<Vec<f64>, Failure> {
        let (mut target, mut weights) = (Vec::new(), Vec::new());
        let is_weighted = self.rows.is_weighted();
        for part in 0..self.rows.parts() {
            let (goal, own) = self.rows.labels(part)?;
            let learned = |place: &usize| !self.is_held(part * PART + place);
            let numbers = goal.numbers();
            target.extend((0..own.len()).filter(learned).map(|place| numbers[place]));
            if is_weighted {
                weights.extend((0..own.len()).filter(learned).map(|place| own[place]));
            }
        }
        Ok(self.rows.goal.of_rows(target).start(is_weighted.then_some(&weights[..])))
    }

    /// The trees of a round, one per output.
    fn round(
        &self,
        growth: Growth<'_>,
        scores: &Scores,
        places: &mut [u32],
        key: Key,
    ) -> Result<Vec<GrownOutside>, Failure> {
        let mut round = Round { boosting: self, scores, sample: Some(key.child("rows")), output: 0 };
        let (largest, is_any) = round.largest()?;
        if self.gbdt.rows >= 1.0 || !is_any {
            round.sample = None;
        }
        let mut trees = Vec::with_capacity(scores.outputs);
        for (output, largest) in largest.into_iter().enumerate() {
            round.output = output;
            let key = key.child("tree").index(output as u64);
            let used = columns_of(self.gbdt, growth.bins.len(), key.child("columns"));
            let scale = Scale::for_rows(self.rows.count, largest);
            let grower = OutsideGrower::new(growth, &round, PART, places);
            trees.push(grower.grow(scale, &used, self.gbdt.rate, key.child("splits"))?);
        }
        Ok(trees)
    }

    /// Adds the trees of a round to the scores, and returns the loss of the rows that are held out.
    fn add(&self, trees: &[GrownOutside], scores: &mut Scores) -> Result<Option<f64>, Failure> {
        let work = |(part, scores): (usize, &mut [f64])| {
            let rows = self.rows.rows_of(part).len();
            if !trees.is_empty() {
                let binned = self.rows.binned(part)?;
                for (tree, scores) in trees.iter().zip(scores.chunks_mut(rows)) {
                    scores.iter_mut().zip(0..).for_each(|(score, row)| *score += tree.value(&binned, row));
                }
            }
            let held: Vec<u32> =
                (0..rows).filter(|row| self.is_held(part * PART + row)).map(|row| row as u32).collect();
            if held.is_empty() {
                return Ok(Vec::new());
            }
            let (goal, weights) = self.rows.labels(part)?;
            Ok(goal.values(&held, scores, &weights))
        };
        let size = PART * scores.outputs;
        let parts = scores.values.par_chunks_mut(size).enumerate();
        let losses: Vec<Vec<f64>> = parts.map(work).collect::<Result<_, Failure>>()?;
        Ok(self.member.map(|_| losses.iter().flatten().sum()))
    }
}

/// The rows of one round, with their derivatives by one output.
struct Round<'a> {
    boosting: &'a Boosting<'a>,
    scores: &'a Scores,
    /// The key of the rows that are sampled, if trees learn from a share.
    sample: Option<Key>,
    output: usize,
}

impl Round<'_> {
    /// The derivatives of the rows of a part, by each output.
    fn derivatives(&self, part: usize) -> Result<Vec<Vec<Derivative>>, Failure> {
        let (goal, weights) = self.boosting.rows.labels(part)?;
        let mut derivatives = vec![vec![Derivative::default(); weights.len()]; self.scores.outputs];
        goal.derivatives(self.scores.of(part), &weights, &mut derivatives);
        Ok(derivatives)
    }

    /// The largest derivatives by each output, and whether any row is learned from.
    fn largest(&self) -> Result<(Vec<Largest>, bool), Failure> {
        let none = || (vec![Largest::default(); self.scores.outputs], false);
        let one = |part: usize| {
            let of_rows = |rows: &Vec<Derivative>| rows.iter().fold(Largest::default(), Largest::and);
            let largest = self.derivatives(part)?.iter().map(of_rows).collect::<Vec<_>>();
            let rows = self.boosting.rows.rows_of(part).len();
            Ok((largest, (0..rows).any(|row| self.is_learned(part, row))))
        };
        let both = |left: (Vec<Largest>, bool), right: (Vec<Largest>, bool)| {
            let largest = left.0.into_iter().zip(right.0).map(|(left, right)| left.max(right)).collect();
            Ok((largest, left.1 || right.1))
        };
        (0..self.boosting.rows.parts()).into_par_iter().map(one).try_reduce(none, both)
    }
}

impl Parts for Round<'_> {
    fn count(&self) -> usize {
        self.boosting.rows.parts()
    }

    fn read(&self, part: usize) -> Result<(Binned, Vec<Derivative>), Failure> {
        Ok((self.boosting.rows.binned(part)?, self.derivatives(part)?.swap_remove(self.output)))
    }

    fn is_learned(&self, part: usize, row: usize) -> bool {
        let row = part * PART + row;
        let is_sampled = |key: Key| key.uniform(row as u64) < self.boosting.gbdt.rows;
        !self.boosting.is_held(row) && self.sample.is_none_or(is_sampled)
    }
}
