//! `explain surrogate` and `explain slices`: a small tree says in rules what a model predicts, or where it is worst.
//!
//! Both are about a number of every held-out row: a prediction, or a loss. The rows of all rounds are pooled, and a tree is
//! fitted to some of them and tested on the others, so that what is reported of a rule is no accident of the rows that made
//! it.

use crate::exchange;
use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_explain::SurrogateTree;
use pipewright_frame::Table;
use pipewright_learn::{Outputs, Target};
use pipewright_operator::Task;
use pipewright_operator::result::{Explained, RowNumbers, RuleMethod, RuleSet, Rules};
use pipewright_operator::work::{Explain, RoundModel, RoundRows};
use pipewright_world::random::Key;

/// The least rows of a slice, as a share of those that the tree is fitted to.
const LEAST: f64 = 0.05;

/// The smallest probability that a loss tells apart.
const TINY: f64 = 1e-15;

pub(super) struct RulesOf {
    pub(super) method: RuleMethod,
    /// The depth of the tree.
    pub(super) depth: usize,
}

impl RulesOf {
    fn tree(&self) -> SurrogateTree {
        let tree = SurrogateTree { depth: self.depth, ..SurrogateTree::default() };
        match self.method {
            RuleMethod::Surrogate => tree,
            RuleMethod::Slices => SurrogateTree { least: LEAST, test: 0.5, ..tree },
        }
    }

    /// The numbers of rows, by their names.
    fn numbers(&self, outputs: &Outputs, rows: &Table, task: &Task) -> Result<Vec<(String, Vec<f64>)>, Failure> {
        let labels = exchange::labels(rows, task)?;
        Ok(match (self.method, outputs, labels.target()) {
            (RuleMethod::Slices, Outputs::Numbers(values), Target::Numbers(truth)) => {
                let errors = values.iter().zip(truth).map(|(value, truth)| (value - truth).abs());
                vec![("absolute error".to_owned(), errors.collect())]
            }
            (RuleMethod::Slices, Outputs::Probabilities { values, classes }, Target::Classes { codes, .. }) => {
                let rows = values.chunks_exact(*classes).zip(codes);
                let losses = rows.map(|(row, &code)| row[code as usize].max(TINY).recip().ln());
                vec![("log loss".to_owned(), losses.collect())]
            }
            (_, Outputs::Probabilities { values, classes }, _) => {
                // Of two classes the second is enough, since the first mirrors it.
                let shown = if *classes == 2 { 1..2 } else { 0..*classes };
                let name =
                    |class: usize| task.classes().map_or_else(String::new, |names| format!("p({})", names[class]));
                let of = |class: usize| (name(class), values.iter().skip(class).step_by(*classes).copied().collect());
                shown.map(of).collect()
            }
            (_, Outputs::Numbers(values), _) => vec![(task.target.to_string(), values.clone())],
        })
    }
}

impl Explain for RulesOf {
    fn explain(
        &self,
        model: &RoundModel,
        rows: &RoundRows<'_>,
        key: Key,
        _: &dyn Progress,
    ) -> Result<Explained, Failure> {
        let numbers = self.numbers(&model.outputs(rows.held_out)?, rows.held_out, model.task())?;
        Ok(Explained::Rows(RowNumbers { rows: rows.held_out.clone(), numbers, key }))
    }

    fn combine(&self, rounds: Vec<Explained>) -> Result<Explained, Failure> {
        let numbers = |explained| if let Explained::Rows(found) = explained { Some(found) } else { None };
        let rounds: Vec<RowNumbers> = rounds.into_iter().filter_map(numbers).collect();
        let first = rounds.first().ok_or_else(|| Failure::new(code::BUG, "an evaluation without rounds"))?;
        let rows = Table::concat(&rounds.iter().map(|round| round.rows.clone()).collect::<Vec<_>>())?;
        let set = |place: usize| {
            let numbers: Vec<f64> = rounds.iter().flat_map(|round| &round.numbers[place].1).copied().collect();
            let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
            let found = self.tree().fit(&rows, numbers, first.key)?;
            let mut rules = found.rules;
            if self.method == RuleMethod::Slices {
                let tested = |rule: &pipewright_explain::Rule| rule.test_value.unwrap_or(f64::NEG_INFINITY);
                rules.sort_by(|one, other| tested(other).total_cmp(&tested(one)));
            }
            Ok(RuleSet { of: first.numbers[place].0.clone(), mean, fidelity: found.fidelity, rules })
        };
        let sets = (0..first.numbers.len()).map(set).collect::<Result<_, Failure>>()?;
        Ok(Explained::Rules(Rules { method: self.method, rows: rows.rows(), sets }))
    }
}
