//! What a plan costs, as far as it can be known before anything is read or fitted: fits, trainings and memory.

use crate::model::{NodeId, Plan};
use crate::path::Path;
use pipewright_operator::Bound;
use std::collections::BTreeMap;

/// What a plan costs. Measured peaks of usual scripts are within a factor of two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cost {
    /// The number of fits of steps.
    pub fits: usize,
    /// The number of trainings of models, baselines included.
    pub trainings: usize,
    /// About the largest amount of memory that the process takes, if the size of the data is known.
    pub bytes: Option<u128>,
    /// Can it take more, since stages make columns whose number depends on the rows?
    pub at_least: bool,
}

/// A process that reads a small table.
const PROCESS_BYTES: u128 = 20_000_000;

/// The tables of a fold that is under way: its rows, prepared, and as the numbers that a model takes.
const TABLES_OF_FOLD: u128 = 3;

impl Plan {
    /// What it costs with this many threads, each of which works on one fold.
    #[must_use]
    pub fn cost(&self, threads: usize) -> Cost {
        let mut cost = Cost::default();
        let mut sources: BTreeMap<NodeId, Option<u64>> = BTreeMap::new();
        let mut work = 0;
        for path in self.paths() {
            let Some(&source) = path.branch.path.first() else { continue };
            sources.insert(source, path.branch.source_bytes);
            cost.fits = cost.fits.saturating_add(path.fits());
            cost.trainings = cost.trainings.saturating_add(path.trainings());
            let table = path.branch.source_bytes.map_or(0, |bytes| path.widened(bytes));
            let at_once = match path.rounds() {
                0 if path.training().is_none() && path.first_learner().is_none() => 1,
                rounds => TABLES_OF_FOLD * rounds.clamp(1, threads.max(1)) as u128,
            };
            work = work.max(table * at_once + path.row_numbers());
            cost.at_least |= path.is_open();
        }
        for node in &self.nodes {
            if let Some(other) = &node.other
                && let Some(&source) = other.branch.path.first()
            {
                sources.insert(source, other.branch.source_bytes);
            }
        }
        let read: Option<u128> = sources.values().map(|bytes| bytes.map(u128::from)).sum();
        cost.bytes = read.map(|read| PROCESS_BYTES + read + work);
        cost
    }
}

impl Path<'_> {
    /// The number of rounds of its evaluations.
    fn rounds(&self) -> usize {
        let rounds = |bound: &Bound| match bound {
            Bound::Evaluator(judge) => judge.rounds(),
            Bound::Exam(_) => 1,
            _ => 0,
        };
        self.nodes.iter().map(|node| rounds(&node.bound)).fold(0, usize::saturating_add)
    }

    /// The number of times that what learns is fitted on all rows.
    fn final_fits(&self) -> usize {
        usize::from(
            self.nodes[self.shared_end()..]
                .iter()
                .any(|node| !matches!(node.bound, Bound::Step(_) | Bound::Training(_) | Bound::Evaluator(_))),
        )
    }

    fn fits(&self) -> usize {
        let (shared, learned) = self.nodes.split_at(self.shared_end());
        let steps =
            |nodes: &[&crate::model::Node]| nodes.iter().filter(|node| matches!(node.bound, Bound::Step(_))).count();
        let times = self.rounds().saturating_add(self.final_fits());
        steps(learned).saturating_mul(times).saturating_add(steps(shared))
    }

    fn trainings(&self) -> usize {
        // A model and its baseline in every round.
        let all = self.rounds().saturating_mul(2).saturating_add(self.final_fits());
        self.training().map_or(0, |_| all)
    }

    /// The memory of its widest table, where that of the source takes this many bytes.
    fn widened(&self, bytes: u64) -> u128 {
        let columns = |node: &&crate::model::Node| node.schema.as_ref().map_or(0, |schema| schema.entries().len());
        let first = self.nodes.first().map_or(0, columns).max(1);
        let widest = self.nodes.iter().map(columns).max().unwrap_or(0).max(first);
        u128::from(bytes) * widest as u128 / first as u128
    }

    /// The memory of the lists of rows of all rounds.
    fn row_numbers(&self) -> u128 {
        let columns =
            self.nodes.first().and_then(|node| node.schema.as_ref()).map_or(1, |schema| schema.entries().len());
        let rows = self.branch.source_bytes.unwrap_or(0) as usize / (size_of::<f64>() * columns.max(1));
        self.rounds() as u128 * rows as u128 * size_of::<u32>() as u128
    }

    /// Does a stage make columns whose number depends on the rows?
    fn is_open(&self) -> bool {
        self.nodes.iter().any(|node| node.schema.as_ref().is_some_and(|schema| !schema.is_closed()))
    }
}
