//! `explain shap`: Shapley values of the predictions for held-out rows.

use super::some;
use crate::exchange;
use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_explain::{Attributions, Explainer, Shapley};
use pipewright_frame::Table;
use pipewright_operator::result::{Contributions, Explained};
use pipewright_operator::work::{Explain, RoundModel, RoundRows};
use pipewright_world::random::Key;
use std::sync::Arc;

pub(super) struct Shap {
    /// Rows that are explained, divided among the rounds and rounded up.
    pub(super) rows: usize,
    /// The one row that is explained instead, from 1, in the table that was split.
    pub(super) row: Option<usize>,
    /// Training rows that stand for values that are not known.
    pub(super) background: usize,
}

impl Explain for Shap {
    fn explain(
        &self,
        model: &RoundModel,
        rows: &RoundRows<'_>,
        key: Key,
        _: &dyn Progress,
    ) -> Result<Explained, Failure> {
        let places = match self.row {
            None => some(rows.held_out.rows(), self.rows.div_ceil(rows.rounds), key.child("rows")),
            Some(row) => rows.places_of(row as u64 - 1),
        };
        if places.is_empty() {
            return Ok(Explained::Nothing);
        }
        let explained = rows.held_out.take(&places);
        let background = rows.training.take(&some(rows.training.rows(), self.background, key.child("background")));
        let found = Explainer::new(|rows: &Table| model.outputs(rows), &background)
            .key(key)
            .shapley(&explained, Shapley::Auto)?;
        let texts: Vec<Vec<String>> =
            explained.features().iter().map(|name| exchange::texts(&explained, name)).collect::<Result<_, _>>()?;
        Ok(Explained::Contributions(Contributions {
            rows: places.iter().map(|&place| rows.indices[place as usize]).collect(),
            values: (0..places.len()).map(|row| texts.iter().map(|column| column[row].clone()).collect()).collect(),
            found,
        }))
    }

    fn combine(&self, rounds: Vec<Explained>) -> Result<Explained, Failure> {
        let contributions =
            |explained| if let Explained::Contributions(found) = explained { Some(found) } else { None };
        let rounds: Vec<Contributions> = rounds.into_iter().filter_map(contributions).collect();
        let rows: Arc<[u32]> = rounds.iter().flat_map(|round| round.rows.iter().copied()).collect();
        let (found, values): (Vec<Attributions>, Vec<_>) =
            rounds.into_iter().map(|round| (round.found, round.values)).unzip();
        let found = Attributions::concat(found).ok_or_else(|| match self.row {
            Some(row) => {
                let message = format!("row {row} was held out in no fold, so no model explains it");
                Failure::new(code::BAD_VALUE, message)
                    .help("rows are counted from 1; `eval kfold` holds out each row once")
            }
            None => Failure::new(code::BUG, "the models of an evaluation have different columns"),
        })?;
        Ok(Explained::Contributions(Contributions { rows, found, values: values.concat() }))
    }
}
