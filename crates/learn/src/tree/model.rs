//! A grown tree: plain data that can be saved.

use pipewright_diagnostic::{Failure, code};
use serde::{Deserialize, Serialize};

/// A column that a tree model takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Input {
    /// Numbers.
    Number,
    /// Categories, with the levels of the training rows.
    Levels(Vec<String>),
}

/// A binary tree. Inner nodes compare one column with a threshold, or look its level up in a set; leaves hold values.
///
/// Nodes are numbered from the root on, 0; a child that is a leaf is stored as `-1 - leaf`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tree {
    /// The column of each node.
    pub(super) columns: Vec<u32>,
    /// Numbers up to this one go left.
    pub(super) thresholds: Vec<f64>,
    /// The codes of the levels that go left; empty for a node that compares numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) levels: Vec<Vec<u32>>,
    /// Do missing values, and levels that are not known, go left?
    pub(super) missing_left: Vec<bool>,
    pub(super) left: Vec<i32>,
    pub(super) right: Vec<i32>,
    /// The gain of each split.
    pub(super) gains: Vec<f64>,
    /// The number of training rows at each node, and at each leaf.
    pub(super) covers: Vec<f64>,
    pub(super) leaf_covers: Vec<f64>,
    /// The values of the leaves.
    pub(super) values: Vec<f64>,
}

/// What a node asks of the value of its column.
pub(crate) struct Question {
    pub(crate) threshold: f64,
    pub(crate) levels: Vec<u32>,
    pub(crate) missing_left: bool,
}

impl Tree {
    /// The number of inner nodes.
    #[must_use]
    pub fn splits(&self) -> usize {
        self.columns.len()
    }

    /// The number of leaves.
    #[must_use]
    pub fn leaves(&self) -> usize {
        self.values.len()
    }

    /// The value of each leaf.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    pub(crate) fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }

    /// Walks from the root to a leaf by a test of each node, and returns the value of the leaf.
    pub(super) fn walk(&self, goes_left: impl Fn(usize) -> bool) -> f64 {
        let mut place = if self.columns.is_empty() { -1 } else { 0 };
        while let Ok(node) = usize::try_from(place) {
            place = if goes_left(node) { self.left[node] } else { self.right[node] };
        }
        self.values[(-1 - place) as usize]
    }

    /// Returns the column, the gain and the cover of each split.
    pub fn split_facts(&self) -> impl Iterator<Item = (usize, f64, f64)> + '_ {
        let facts = self.columns.iter().zip(&self.gains).zip(&self.covers);
        facts.map(|((&column, &gain), &cover)| (column as usize, gain, cover))
    }

    /// Checks a tree from a file: children come after their parent, and every node has one; numbers are finite.
    pub(crate) fn validate(&self, inputs: &[Input]) -> Result<(), Failure> {
        let bad = |what: &str| Err(Failure::new(code::BAD_BUNDLE, format!("a tree with {what}")));
        let splits = self.columns.len();
        let lengths = [self.thresholds.len(), self.missing_left.len(), self.left.len(), self.right.len()];
        let lengths = lengths.into_iter().chain([self.gains.len(), self.covers.len()]);
        if lengths.into_iter().any(|length| length != splits)
            || !(self.levels.is_empty() || self.levels.len() == splits)
        {
            return bad("parts of different lengths");
        }
        if self.values.len() != splits + 1 || self.leaf_covers.len() != self.values.len() {
            return bad("another number of leaves than its splits make");
        }
        let numbers = [&self.thresholds, &self.gains, &self.covers, &self.leaf_covers, &self.values];
        if numbers.into_iter().flatten().any(|number| !number.is_finite()) {
            return bad("a number that is not finite");
        }
        let (mut nodes, mut leaves) = (vec![false; splits], vec![false; self.values.len()]);
        for node in 0..splits {
            for child in [self.left[node], self.right[node]] {
                let seen = match usize::try_from(child) {
                    Ok(child) if child > node => nodes.get_mut(child),
                    Ok(_) => None,
                    Err(_) => leaves.get_mut((-1 - i64::from(child)) as usize),
                };
                match seen {
                    Some(seen) if !*seen => *seen = true,
                    _ => return bad("a child that is not its own"),
                }
            }
            let levels = self.levels.get(node).map_or(&[][..], Vec::as_slice);
            match inputs.get(self.columns[node] as usize) {
                Some(Input::Number) if levels.is_empty() => {}
                Some(Input::Levels(names)) if levels.iter().all(|&code| (code as usize) < names.len()) => {}
                _ => return bad("a split on a column that is not there"),
            }
        }
        Ok(())
    }
}

/// A tree while it grows: places are given out as nodes are split, and each ends as a node or a leaf.
#[derive(Default)]
pub(crate) struct TreeBuilder {
    places: Vec<Place>,
}

enum Place {
    Empty,
    Leaf { value: f64, cover: f64 },
    Node { column: usize, gain: f64, cover: f64, question: Question, children: [usize; 2] },
}

impl TreeBuilder {
    pub(crate) fn root(&mut self) -> usize {
        self.places.push(Place::Empty);
        0
    }

    /// Makes a place a node, and returns the places of its children.
    pub(crate) fn split(
        &mut self,
        place: usize,
        column: usize,
        gain: f64,
        cover: f64,
        question: Question,
    ) -> [usize; 2] {
        let children = [self.places.len(), self.places.len() + 1];
        self.places.extend([Place::Empty, Place::Empty]);
        self.places[place] = Place::Node { column, gain, cover, question, children };
        children
    }

    pub(crate) fn leaf(&mut self, place: usize, value: f64, cover: f64) {
        self.places[place] = Place::Leaf { value, cover };
    }

    /// The tree, and for every place its number among the nodes or the leaves.
    pub(crate) fn build(self) -> (Tree, Vec<usize>) {
        let (mut nodes, mut leaves) = (0, 0);
        let numbers: Vec<usize> = self
            .places
            .iter()
            .map(|place| {
                let counter = if matches!(place, Place::Node { .. }) { &mut nodes } else { &mut leaves };
                *counter += 1;
                *counter - 1
            })
            .collect();
        let is_node: Vec<bool> = self.places.iter().map(|place| matches!(place, Place::Node { .. })).collect();
        let child = |place: usize| {
            let number = i32::try_from(numbers[place]).expect("fewer than 2^31 leaves");
            if is_node[place] { number } else { -1 - number }
        };
        let mut tree = Tree::default();
        let by_level = self
            .places
            .iter()
            .any(|place| matches!(place, Place::Node { question, .. } if !question.levels.is_empty()));
        for place in &self.places {
            match place {
                Place::Node { column, gain, cover, question, children } => {
                    tree.columns.push(u32::try_from(*column).expect("fewer than 2^32 columns"));
                    tree.thresholds.push(question.threshold);
                    tree.missing_left.push(question.missing_left);
                    tree.left.push(child(children[0]));
                    tree.right.push(child(children[1]));
                    tree.gains.push(*gain);
                    tree.covers.push(*cover);
                    if by_level {
                        tree.levels.push(question.levels.clone());
                    }
                }
                Place::Leaf { value, cover } => {
                    tree.values.push(*value);
                    tree.leaf_covers.push(*cover);
                }
                Place::Empty => unreachable!("every place was filled"),
            }
        }
        (tree, numbers)
    }
}
