//! `explain pdp` and `explain ale`: how predictions change with a column.

use super::{features, some};
use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_explain::{Explainer, Numbers};
use pipewright_frame::{Selection, Table};
use pipewright_operator::result::{Effect, EffectMethod, EffectPoint, Effects, Explained, Place};
use pipewright_operator::work::{Explain, RoundModel, RoundRows};
use pipewright_world::random::Key;
use std::sync::Arc;

/// Values of a column at which predictions are made.
const GRID: usize = 20;

/// The most columns.
const COLUMNS_MAX: usize = 50;

pub(super) struct EffectsOf {
    pub(super) method: EffectMethod,
    /// Held-out rows that are looked at in each round.
    pub(super) rows: usize,
    pub(super) columns: Selection,
}

impl Explain for EffectsOf {
    fn explain(
        &self,
        model: &RoundModel,
        rows: &RoundRows<'_>,
        key: Key,
        _: &dyn Progress,
    ) -> Result<Explained, Failure> {
        let reference = rows.held_out.take(&some(rows.held_out.rows(), self.rows, key.child("rows")));
        let names = self.names(&reference)?;
        let explainer = Explainer::new(|rows: &Table| model.outputs(rows), &reference).key(key);
        let effect = |name: Arc<str>| {
            let (places, numbers): (Vec<Place>, Numbers) = match self.method {
                EffectMethod::Dependence => {
                    let found = explainer.dependence(&name, GRID, 0)?;
                    let place = |point: pipewright_explain::GridPoint| match point.level {
                        Some(level) => Place::Level(level),
                        None => Place::Number(point.value),
                    };
                    (found.grid.into_iter().map(place).collect(), found.average)
                }
                EffectMethod::Accumulated => {
                    let found = explainer.accumulated(&name, GRID)?;
                    (found.edges.into_iter().map(Place::Number).collect(), found.effects)
                }
            };
            let point = |(at, place): (usize, Place)| EffectPoint::certain(place, numbers.row(at).to_vec());
            Ok(Effect { column: name.to_string(), points: places.into_iter().enumerate().map(point).collect() })
        };
        let effects = names.into_iter().map(effect).collect::<Result<_, Failure>>()?;
        Ok(Explained::Effects(Effects { method: self.method, rows: reference.rows(), effects }))
    }

    fn combine(&self, rounds: Vec<Explained>) -> Result<Explained, Failure> {
        let effects = |explained| if let Explained::Effects(found) = explained { Some(found) } else { None };
        let rounds: Vec<Effects> = rounds.into_iter().filter_map(effects).collect();
        let first = rounds.first().ok_or_else(|| Failure::new(code::BUG, "an evaluation without rounds"))?;
        let of_column = |place: usize| {
            let each: Vec<&Effect> = rounds.iter().filter_map(|round| round.effects.get(place)).collect();
            Effect { column: first.effects[place].column.clone(), points: combined(&each) }
        };
        Ok(Explained::Effects(Effects {
            method: self.method,
            rows: rounds.iter().map(|round| round.rows).sum(),
            effects: (0..first.effects.len()).map(of_column).collect(),
        }))
    }
}

impl EffectsOf {
    /// The columns to explain, features only.
    fn names(&self, rows: &Table) -> Result<Vec<Arc<str>>, Failure> {
        let names = features(&self.columns, rows)?;
        if names.len() > COLUMNS_MAX {
            let message = format!("effects of {} columns; at most {COLUMNS_MAX} are computed at once", names.len());
            return Err(Failure::new(code::LIMIT_REACHED, message).help("name some: on COLUMN, COLUMN"));
        }
        Ok(names)
    }
}

/// The effect of one column in several rounds: the mean, the lowest and the highest. Numbers are those at which any of the
/// rounds has a value, thinned; in between, effects are linear.
fn combined(rounds: &[&Effect]) -> Vec<EffectPoint> {
    let curves: Option<Vec<Curve<'_>>> = rounds.iter().map(|effect| curve(effect)).collect();
    match curves {
        Some(curves) => {
            let mut places: Vec<f64> = curves.iter().flatten().map(|(place, _)| *place).collect();
            places.sort_by(f64::total_cmp);
            places.dedup();
            let last = places.len().saturating_sub(1);
            let count = places.len().min(GRID + 1);
            let kept = (0..count).map(|at| places[at * last / (count - 1).max(1)]);
            let of = |place: f64| {
                let each: Vec<Vec<f64>> = curves.iter().map(|curve| height(curve, place)).collect();
                EffectPoint::of(Place::Number(place), &each)
            };
            kept.map(of).collect()
        }
        None => {
            let level = |point: &EffectPoint| point.place.clone();
            let mut levels: Vec<Place> = Vec::new();
            for place in rounds.iter().flat_map(|effect| effect.points.iter().map(level)) {
                if !levels.contains(&place) {
                    levels.push(place);
                }
            }
            let of = |place: Place| {
                let points = rounds.iter().flat_map(|effect| effect.points.iter().filter(|point| point.place == place));
                let each: Vec<Vec<f64>> = points.map(|point| point.mean.clone()).collect();
                EffectPoint::of(place, &each)
            };
            levels.into_iter().map(of).collect()
        }
    }
}

/// Places of a column of numbers, with the effect on each output there.
type Curve<'a> = Vec<(f64, &'a [f64])>;

fn curve(effect: &Effect) -> Option<Curve<'_>> {
    let point = |point| match point {
        &EffectPoint { place: Place::Number(place), ref mean, .. } => Some((place, mean.as_slice())),
        _ => None,
    };
    effect.points.iter().map(point).collect()
}

/// The effect at a place: linear between two places, and that of the last one outside.
fn height(curve: &[(f64, &[f64])], at: f64) -> Vec<f64> {
    let after = curve.partition_point(|(place, _)| *place <= at);
    match (after.checked_sub(1).map(|before| curve[before]), curve.get(after)) {
        (Some((left, low)), Some((right, high))) => {
            let share = (at - left) / (right - left);
            low.iter().zip(*high).map(|(low, high)| low + (high - low) * share).collect()
        }
        (Some((_, end)), None) => end.to_vec(),
        (None, Some((_, end))) => end.to_vec(),
        (None, None) => Vec::new(),
    }
}
