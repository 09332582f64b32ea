//! Surrogate trees: a small tree that imitates a function, and how well it does.

use crate::{Explainer, Numbers, Rows};
use pipewright_diagnostic::{Failure, code};
use pipewright_learn::data::Column;
use pipewright_learn::forest::{DecisionTree, ForestModel, Growth};
use pipewright_learn::tree::{Place, Tree};
use pipewright_learn::{Dataset, Features, Fit, Judged, Learner, Model, Target, metric, split};
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
}

/// What holds for a column.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// The column.
    pub name: String,
    /// Its values.
    pub test: Test,
    /// Does it hold for missing values, too?
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
        const ROWS_MIN: usize = 8;
        const TEST: f64 = 0.25;
        self.check(self.reference)?;
        if self.reference.rows() < ROWS_MIN {
            let message = format!("a surrogate takes {ROWS_MIN} rows or more");
            return Err(Failure::new(code::TOO_FEW_ROWS, message));
        }
        let numbers = self.of_rows(self.reference)?;
        numbers.check_output(output)?;
        let names = self.reference.names();
        let columns = (0..names.len()).map(|column| self.reference.values(column)).collect::<Result<Vec<_>, _>>()?;
        let features = Features::from_columns(self.reference.rows(), names.into(), columns);
        let all = Dataset::new(features, Target::Numbers(numbers.column(output)));
        let key = self.key.child("surrogate");
        let parts = split::holdout(all.rows(), TEST, key)?;
        let growth = Growth { depth: Some(depth), ..Growth::default() };
        let model = DecisionTree { growth, prune: 0.0 }.fit_with(&all.take(&parts.train), &Fit::new().key(key))?;
        let test = all.take(&parts.test);
        let predicted = model.predict(&test.features)?;
        let fidelity = metric::R2.score(&Judged::new(&test.labels, &predicted)).ok();
        let rules = rules(&model.trees()[0], &all.features);
        Ok(Surrogate { model, fidelity, rules })
    }
}

/// The leaves of a tree, left to right.
fn rules(tree: &Tree, features: &Features) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut open = vec![(tree.root(), Vec::new())];
    while let Some((place, conditions)) = open.pop() {
        match place {
            Place::Leaf(leaf) => {
                rules.push(Rule { conditions, value: tree.values()[leaf], rows: tree.cover(place) });
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
    let or_missing = tree.missing_goes_left(node) == is_left;
    Condition { name: features.names()[column].clone(), test, or_missing }
}
