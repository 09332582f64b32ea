//! `explain permutation`: permutation importance on held-out rows.

use super::{check_metric, features, metric_of};
use crate::exchange;
use crate::judge::CONFIDENCE;
use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_explain::{Explainer, Importances, Permuting, Players};
use pipewright_frame::{Selection, Table};
use pipewright_learn::Metric;
use pipewright_operator::result::{Explained, Importance};
use pipewright_operator::work::{Explain, RoundModel, RoundRows};
use pipewright_operator::{ArgumentError, Task};
use pipewright_world::random::Key;

pub(super) struct Permutation {
    pub(super) repeats: usize,
    pub(super) metric: Option<&'static Metric>,
    pub(super) columns: Selection,
}

impl Explain for Permutation {
    fn check(&self, task: &Task) -> Result<(), ArgumentError> {
        check_metric(self.metric, task)
    }

    fn explain(
        &self,
        model: &RoundModel,
        rows: &RoundRows<'_>,
        key: Key,
        _: &dyn Progress,
    ) -> Result<Explained, Failure> {
        if rows.held_out.rows() < 2 {
            let message = "a fold holds out a single row, of which nothing can be shuffled";
            return Err(Failure::new(code::TOO_FEW_ROWS, message).help("use fewer folds: eval kfold 5"));
        }
        let metric = metric_of(self.metric, model.task());
        let labels = exchange::labels(rows.held_out, model.task())?;
        // Between folds, the interval is over them.
        let interval = Permuting::default().interval.filter(|_| rows.rounds == 1);
        let permuting = Permuting { repeats: self.repeats, interval };
        let players = Players::each(rows.held_out).only(&features(&self.columns, rows.held_out)?)?;
        let explainer = Explainer::new(|rows: &Table| model.outputs(rows), rows.held_out).players(players).key(key);
        let found = explainer.importance(&labels, metric, &permuting)?;
        let rows = [rows.training.rows(), rows.held_out.rows()];
        Ok(Explained::Importance(Importance { metric: metric.name, found, rows }))
    }

    fn combine(&self, rounds: Vec<Explained>) -> Result<Explained, Failure> {
        let importance = |explained| if let Explained::Importance(found) = explained { Some(found) } else { None };
        let mut rounds: Vec<Importance> = rounds.into_iter().filter_map(importance).collect();
        if rounds.len() == 1 {
            return Ok(Explained::Importance(rounds.remove(0)));
        }
        let first = rounds.first().ok_or_else(|| Failure::new(code::BUG, "an evaluation without rounds"))?;
        let count = |part: usize| rounds.iter().map(|round| round.rows[part]).sum::<usize>();
        let (metric, rows) = (first.metric, [count(0), count(1)]);
        let folds: Vec<Importances> = rounds.iter().map(|round| round.found.clone()).collect();
        let found = Importances::of_folds(&folds, rows[1] as f64 / rows[0].max(1) as f64, CONFIDENCE)?;
        Ok(Explained::Importance(Importance { metric, found, rows: [rows[0] / rounds.len(), rows[1]] }))
    }
}
