//! Counterfactuals: the few changes of a row that would change its prediction.

use super::compared::Compared;
use crate::{Explainer, Numbers, Rows};
use pipewright_diagnostic::{Failure, code, go_on};

/// What the prediction should become.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Goal {
    /// An output of at least this value.
    AtLeast {
        /// The output.
        output: usize,
        /// The value.
        value: f64,
    },
    /// An output of at most this value.
    AtMost {
        /// The output.
        output: usize,
        /// The value.
        value: f64,
    },
    /// This output is the largest: the class is predicted.
    Largest {
        /// The output.
        output: usize,
    },
}

impl Goal {
    fn output(self) -> usize {
        let (Goal::AtLeast { output, .. } | Goal::AtMost { output, .. } | Goal::Largest { output }) = self;
        output
    }

    /// How far the goal is reached: from 0 on if it is.
    fn margin(self, outputs: &[f64]) -> f64 {
        match self {
            Goal::AtLeast { output, value } => outputs[output] - value,
            Goal::AtMost { output, value } => value - outputs[output],
            Goal::Largest { output } => {
                let others = outputs.iter().enumerate().filter(|(other, _)| *other != output);
                outputs[output] - others.map(|(_, value)| *value).fold(f64::NEG_INFINITY, f64::max)
            }
        }
    }
}

/// How counterfactuals are searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// The most counterfactuals that are returned.
    pub count: usize,
    /// The nearest reference rows that the changes are taken from, one after another.
    pub candidates: usize,
}

impl Default for Search {
    /// 3 counterfactuals from 20 reference rows.
    fn default() -> Search {
        Search { count: 3, candidates: 20 }
    }
}

/// Changes of a row after which its prediction is as wanted.
#[derive(Debug, Clone, PartialEq)]
pub struct Counterfactual {
    /// The changes; none of them can be left out.
    pub changes: Vec<Change>,
    /// The outputs after the changes.
    pub outputs: Vec<f64>,
    /// The sum over changes of how far each goes: as a share of the range of a number, 1 for another level.
    pub distance: f64,
}

/// A change of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The player that changes.
    pub name: String,
    /// The reference row whose value it takes.
    pub row: u32,
}

impl<R: Rows, O: Into<Numbers>, F: Fn(&R) -> Result<O, Failure> + Sync> Explainer<'_, R, F> {
    /// Returns counterfactuals of one row, those with the fewest changes first, then the nearest. Only players change
    /// ([`Players::only`](crate::Players::only) names those that may), and all values of one counterfactual come from one
    /// reference row, so they occur together. Empty if no reference row has values that reach the goal.
    ///
    /// Of each of the nearest reference rows that reach the goal, values are taken one by one, the one that helps most
    /// first, until the goal is reached (NICE: D. Brughmans, P. Leyman and D. Martens, "NICE: an algorithm for nearest
    /// instance counterfactual explanations", Data Mining and Knowledge Discovery, 2024); then changes that turned out
    /// needless are taken back. A counterfactual changes the prediction of the model; whether the change would change
    /// anything in the world is another question.
    ///
    /// # Errors
    /// Those of the function; [`code::BAD_VALUE`] if the row reaches the goal already; [`code::WRONG_WIDTH`] for an output
    /// that does not exist, for other columns, and for another number of rows than one.
    pub fn counterfactuals(&self, row: &R, goal: Goal, search: Search) -> Result<Vec<Counterfactual>, Failure> {
        if row.rows() != 1 {
            return Err(Failure::new(code::WRONG_WIDTH, "counterfactuals are of one row"));
        }
        let pool = self.pool(row)?;
        let own = self.reference.rows();
        let actual = self.of_rows(row)?;
        actual.check_output(goal.output())?;
        if goal.margin(actual.row(0)) >= 0.0 {
            return Err(Failure::new(code::BAD_VALUE, "the row is predicted as wanted already"));
        }
        let compared = Compared::new(&pool, &self.players, own)?;
        let whole = self.each(&pool, own, |other, from| {
            from.fill(other as u32);
            own as u32
        })?;
        let distance =
            |other: usize| (0..self.players.len()).map(|player| compared.distance(player, own, other)).sum::<f64>();
        let mut near: Vec<(f64, usize)> = (0..own)
            .filter(|&other| goal.margin(whole.row(other)) >= 0.0)
            .map(|other| (distance(other), other))
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut found: Vec<Found> = Vec::new();
        for &(_, other) in near.iter().take(search.candidates) {
            go_on()?;
            let taken = Taking { explainer: self, pool: &pool, compared: &compared, goal, own, other }.search()?;
            let is_known = found.iter().any(|known| known.is_like(&taken, &compared));
            if !is_known {
                found.push(taken);
            }
        }
        found.sort_by(|a, b| a.players.len().cmp(&b.players.len()).then(a.distance.total_cmp(&b.distance)));
        found.truncate(search.count);
        let change = |found: &Found, player: usize| Change {
            name: self.players.names()[player].clone(),
            row: found.other as u32,
        };
        let of = |found: Found| Counterfactual {
            changes: found.players.iter().map(|&player| change(&found, player)).collect(),
            distance: found.distance,
            outputs: found.outputs,
        };
        Ok(found.into_iter().map(of).collect())
    }
}

/// Players that take the values of a reference row.
struct Found {
    players: Vec<usize>,
    other: usize,
    outputs: Vec<f64>,
    distance: f64,
}

impl Found {
    /// Are the changed values the same?
    fn is_like(&self, other: &Found, compared: &Compared) -> bool {
        self.players == other.players
            && self.players.iter().all(|&player| compared.same(player, self.other, other.other))
    }
}

/// Takes values from one reference row.
struct Taking<'a, R, F> {
    explainer: &'a Explainer<'a, R, F>,
    pool: &'a R,
    compared: &'a Compared,
    goal: Goal,
    /// The row that is changed, and the reference row.
    own: usize,
    other: usize,
}

impl<R: Rows, O: Into<Numbers>, F: Fn(&R) -> Result<O, Failure> + Sync> Taking<'_, R, F> {
    fn search(&self) -> Result<Found, Failure> {
        let differs = |player: &usize| !self.compared.same(*player, self.own, self.other);
        let mut left: Vec<usize> = (0..self.compared_players()).filter(differs).collect();
        let mut taken: Vec<usize> = Vec::new();
        let mut reached = false;
        // With all values of the row the goal is reached, so it is at the latest when none is left.
        while !reached && !left.is_empty() {
            let sets: Vec<Vec<usize>> = left.iter().map(|&player| [&taken[..], &[player]].concat()).collect();
            let margins = self.margins(&sets)?;
            let best = first_largest(&margins);
            reached = margins[best] >= 0.0;
            taken.push(left.remove(best));
        }
        // One change may have made earlier ones needless.
        let mut place = 0;
        while place < taken.len() && taken.len() > 1 {
            let mut without = taken.clone();
            without.remove(place);
            if self.margins(std::slice::from_ref(&without))?[0] >= 0.0 {
                (taken, place) = (without, 0);
            } else {
                place += 1;
            }
        }
        taken.sort_unstable();
        let outputs = self.numbers(std::slice::from_ref(&taken))?.row(0).to_vec();
        let distance = taken.iter().map(|&player| self.compared.distance(player, self.own, self.other)).sum();
        Ok(Found { players: taken, other: self.other, outputs, distance })
    }

    fn compared_players(&self) -> usize {
        self.explainer.players.len()
    }

    fn numbers(&self, sets: &[Vec<usize>]) -> Result<Numbers, Failure> {
        self.explainer.each(self.pool, sets.len(), |place, from| {
            from.fill(self.own as u32);
            sets[place].iter().for_each(|&player| from[player] = self.other as u32);
            self.own as u32
        })
    }

    fn margins(&self, sets: &[Vec<usize>]) -> Result<Vec<f64>, Failure> {
        let numbers = self.numbers(sets)?;
        Ok((0..sets.len()).map(|set| self.goal.margin(numbers.row(set))).collect())
    }
}

fn first_largest(values: &[f64]) -> usize {
    (1..values.len()).fold(0, |best, place| if values[place] > values[best] { place } else { best })
}
