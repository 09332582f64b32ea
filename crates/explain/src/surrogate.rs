//! Surrogate trees: a small tree that imitates a function, and how well it does.

use crate::{Explainer, Numbers, Rows};
use pipewright_diagnostic::{Failure, code};
use pipewright_learn::data::{Categories, Column};
use pipewright_learn::forest::{DecisionTree, ForestModel, Growth};
use pipewright_learn::tree::{Place, Tree};
use pipewright_learn::{Dataset, Features, Fit, Judged, Key, Learner, Model, Target, metric, split};
use std::fmt;

/// A small tree that imitates one output of a function.
#[derive(Debug, Clone)]
pub struct Surrogate {
    /// The tree, of the columns of [`Rows::values`].
    pub model: ForestModel,
    /// R² of its predictions of the output on rows that it was not fitted to: how far its rules may stand for the function.
    /// `None` if the output is the same for all of them.
    pub fidelity: Option<f64>,
    /// The leaves of the tree, left to right.
    pub rules: Vec<Rule>,
}

/// A leaf of a surrogate tree: what holds for its rows, and what it predicts.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What holds, from the root on.
    pub conditions: Vec<Condition>,
    /// The mean output.
    pub value: f64,
    /// The number of rows that the tree was fitted to for which it holds.
    pub rows: f64,
    /// The mean over the rows that the tree was not fitted to; `None` if it holds for none of them.
    pub test_value: Option<f64>,
    /// The number of these rows for which it holds.
    pub test_rows: usize,
}

/// What holds for a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The column.
    pub name: String,
    /// Its values.
    pub test: Test,
    /// Does it hold for missing values, too? Where none is missing, it does not say so.
    pub or_missing: bool,
}

/// What holds for a value.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// At most this number.
    AtMost(f64),
    /// Above this number.
    Above(f64),
    /// One of these levels.
    In(Vec<String>),
    /// None of these levels.
    NotIn(Vec<String>),
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = &self.name;
        match &self.test {
            Test::AtMost(number) => write!(f, "{name} <= {number}")?,
            Test::Above(number) => write!(f, "{name} > {number}")?,
            Test::In(levels) => write!(f, "{name} in [{}]", levels.join(", "))?,
            Test::NotIn(levels) => write!(f, "{name} not in [{}]", levels.join(", "))?,
        }
        if self.or_missing { f.write_str(" or missing") } else { Ok(()) }
    }
}

impl<R: Rows, O: Into<Numbers>, F: Fn(&R) -> Result<O, Failure> + Sync> Explainer<'_, R, F> {
    /// Fits a decision tree of a depth to an output of the function on three quarters of the reference rows, and measures
    /// on the others how well the tree imitates the function (M. Craven and J. Shavlik, "Extracting tree-structured
    /// representations of trained networks", NIPS 1995).
    ///
    /// ```
    /// use pipewright_explain::Explainer;
    /// use pipewright_learn::{Failure, Features};
    /// let rows: Vec<[f64; 1]> = (0..100).map(|x| [f64::from(x)]).collect();
    /// let rows = Features::from_rows(["x"], &rows);
    /// let step = |rows: &Features| {
    ///     Ok::<_, Failure>(rows.column(0).iter().map(|x| f64::from(u8::from(*x > 40.0))).collect::<Vec<f64>>())
    /// };
    /// let found = Explainer::new(step, &rows).surrogate(0, 3)?;
    /// assert_eq!((found.rules.len(), found.rules[1].value, found.fidelity), (2, 1.0, Some(1.0)));
    /// assert!(found.rules[0].conditions[0].to_string().starts_with("x <= 4"));
    /// # Ok::<(), Failure>(())
    /// ```
    ///
    /// # Errors
    /// Those of the function; [`code::WRONG_WIDTH`] for an output that does not exist; [`code::TOO_FEW_ROWS`] for fewer
    /// than 8 rows.
    pub fn surrogate(&self, output: usize, depth: usize) -> Result<Surrogate, Failure> {
        self.check(self.reference)?;
        let numbers = self.of_rows(self.reference)?;
        numbers.check_output(output)?;
        SurrogateTree { depth, ..SurrogateTree::default() }.fit(self.reference, numbers.column(output), self.key)
    }
}

/// How a small tree is fitted to a number of each row: a prediction, or a loss.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SurrogateTree {
    /// The depth of the tree.
    pub depth: usize,
    /// The least rows of a leaf, as a share of the rows that the tree is fitted to.
    pub least: f64,
    /// The share of the rows that it is not fitted to, but tested on.
    pub test: f64,
}

impl Default for SurrogateTree {
    fn default() -> SurrogateTree {
        SurrogateTree { depth: 3, least: 0.0, test: 0.25 }
    }
}

impl SurrogateTree {
    /// Fits a tree to numbers, one per row.
    ///
    /// # Errors
    /// [`code::TOO_FEW_ROWS`] for fewer than 8 rows.
    pub fn fit<R: Rows>(&self, rows: &R, numbers: Vec<f64>, key: Key) -> Result<Surrogate, Failure> {
        const ROWS_MIN: usize = 8;
        if rows.rows() < ROWS_MIN {
            let message = format!("a surrogate takes {ROWS_MIN} rows or more");
            return Err(Failure::new(code::TOO_FEW_ROWS, message));
        }
        let names = rows.names();
        let columns = (0..names.len()).map(|column| rows.values(column)).collect::<Result<Vec<_>, _>>()?;
        let features = Features::from_columns(rows.rows(), names.into(), columns);
        let all = Dataset::new(features, Target::Numbers(numbers));
        let key = key.child("surrogate");
        let parts = split::holdout(all.rows(), self.test, key)?;
        let (train, test) = (all.take(&parts.train), all.take(&parts.test));
        let min_rows = ((train.rows() as f64 * self.least).ceil() as usize).max(1);
        let growth = Growth { depth: Some(self.depth), min_rows, ..Growth::default() };
        let model = DecisionTree { growth, prune: 0.0 }.fit_with(&train, &Fit::new().key(key))?;
        let predicted = model.predict(&test.features)?;
        let fidelity = metric::R2.score(&Judged::new(&test.labels, &predicted)).ok();
        let mut rules = rules(&model.trees()[0], &all.features);
        rules.iter_mut().for_each(|rule| rule.test_on(&test));
        Ok(Surrogate { model, fidelity, rules })
    }
}

impl Rule {
    /// Does it hold for a row of these features?
    ///
    /// # Panics
    /// If there is no such row.
    #[must_use]
    pub fn holds(&self, features: &Features, row: usize) -> bool {
        self.conditions.iter().all(|condition| condition.holds(features, row))
    }

    /// Records the mean of those rows for which it holds.
    fn test_on(&mut self, test: &Dataset) {
        let Target::Numbers(numbers) = test.target() else { return };
        let held: Vec<f64> =
            (0..numbers.len()).filter(|&row| self.holds(&test.features, row)).map(|row| numbers[row]).collect();
        self.test_rows = held.len();
        self.test_value = (!held.is_empty()).then(|| held.iter().sum::<f64>() / held.len() as f64);
    }
}

impl Condition {
    fn holds(&self, features: &Features, row: usize) -> bool {
        let Some(column) = features.names().iter().position(|name| *name == self.name) else { return false };
        let level = match features.stored(column) {
            Column::Categories(categories) => categories.levels().get(categories.codes()[row] as usize),
            _ => None,
        };
        match (&self.test, level) {
            (Test::In(levels), Some(level)) => levels.contains(level),
            (Test::NotIn(levels), Some(level)) => !levels.contains(level),
            (Test::In(_) | Test::NotIn(_), None) => self.or_missing,
            (Test::AtMost(_) | Test::Above(_), _) if features.column(column)[row].is_nan() => self.or_missing,
            (Test::AtMost(most), _) => features.column(column)[row] <= *most,
            (Test::Above(least), _) => features.column(column)[row] > *least,
        }
    }
}

/// The leaves of a tree, left to right.
fn rules(tree: &Tree, features: &Features) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut open = vec![(tree.root(), Vec::new())];
    while let Some((place, conditions)) = open.pop() {
        match place {
            Place::Leaf(leaf) => {
                let (value, rows) = (tree.values()[leaf], tree.cover(place));
                rules.push(Rule { conditions, value, rows, test_value: None, test_rows: 0 });
            }
            Place::Node(node) => {
                let [left, right] = tree.children(node);
                for (child, is_left) in [(right, false), (left, true)] {
                    let condition = condition(tree, node, is_left, features);
                    open.push((child, [&conditions[..], &[condition]].concat()));
                }
            }
        }
    }
    rules
}

fn has_missing(features: &Features, column: usize) -> bool {
    match features.stored(column) {
        Column::Categories(categories) => categories.codes().contains(&Categories::MISSING),
        _ => features.column(column).iter().any(|number| number.is_nan()),
    }
}

fn condition(tree: &Tree, node: usize, is_left: bool, features: &Features) -> Condition {
    let column = tree.column(node);
    let test = match (tree.left_levels(node), tree.threshold(node)) {
        (Some(codes), _) => {
            let levels = match features.stored(column) {
                Column::Categories(categories) => categories.levels(),
                _ => &[],
            };
            let names = codes.iter().map(|&code| levels[code as usize].clone()).collect();
            if is_left { Test::In(names) } else { Test::NotIn(names) }
        }
        (None, threshold) => {
            let threshold = threshold.unwrap_or(f64::MAX);
            if is_left { Test::AtMost(threshold) } else { Test::Above(threshold) }
        }
    };
    let or_missing = tree.missing_goes_left(node) == is_left && has_missing(features, column);
    Condition { name: features.names()[column].clone(), test, or_missing }
}
