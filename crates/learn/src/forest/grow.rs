//! Growing one tree.

use super::encoded::Encoded;
use super::goal::{Answer, Goal, Item};
use super::scan::{Place, Scratch, Split, Test};
use super::{Columns, Growth};
use crate::tree::{Question, Tree, TreeBuilder};
use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_world::random::Key;
use std::ops::Range;

/// What all trees of a fit share.
pub(super) struct Grower<'a> {
    pub(super) columns: &'a [Encoded],
    pub(super) goal: &'a Goal<'a>,
    pub(super) growth: &'a Growth,
    /// Splits at random places.
    pub(super) random: bool,
    /// The columns that are compared at a node, if they suffice.
    pub(super) tried: usize,
    pub(super) progress: &'a dyn Progress,
}

/// A node of a tree that grows.
#[derive(Debug)]
pub(super) struct Node {
    range: Range<usize>,
    depth: usize,
    sum: Vec<i64>,
    /// The best split; `None` for a leaf that cannot be split.
    split: Option<Split>,
    /// Its children, once it is split.
    pub(super) children: Option<[usize; 2]>,
}

impl Node {
    /// The gain of its split.
    pub(super) fn gain(&self) -> f64 {
        self.split.as_ref().map_or(0.0, |split| split.gain)
    }
}

/// A grown tree, before it is saved; children come after their parent.
pub(super) struct Grown {
    pub(super) nodes: Vec<Node>,
    items: Vec<Item>,
}

impl Grower<'_> {
    /// Grows a tree on these rows.
    ///
    /// # Errors
    /// [`code::CANCELLED`].
    pub(super) fn grow(&self, items: Vec<Item>, key: Key) -> Result<Grown, Failure> {
        let sum = self.goal.sum_of(&items);
        let root = Node { range: 0..items.len(), depth: 0, sum, split: None, children: None };
        let least = self.goal.scaled(self.growth.min_gain) * self.goal.weight(&root.sum);
        let mut growing = Growing {
            grower: self,
            key,
            least,
            grown: Grown { nodes: vec![root], items },
            open: Vec::new(),
            scratch: Scratch::default(),
            rights: Vec::new(),
            drawn: (0..self.columns.len()).collect(),
        };
        growing.look(0);
        growing.run()?;
        Ok(growing.grown)
    }
}

struct Growing<'g, 'a> {
    grower: &'g Grower<'a>,
    key: Key,
    /// The least gain of a split.
    least: f64,
    grown: Grown,
    /// Leaves that can be split.
    open: Vec<usize>,
    scratch: Scratch,
    rights: Vec<Item>,
    /// The columns, in an order that changes with each node.
    drawn: Vec<usize>,
}

impl Growing<'_, '_> {
    fn run(&mut self) -> Result<(), Failure> {
        let mut leaves = 1;
        while leaves < self.grower.growth.leaves.unwrap_or(usize::MAX) {
            let Some(place) = self.next() else { break };
            if self.grower.progress.cancelled() {
                return Err(Failure::new(code::CANCELLED, "training was cancelled"));
            }
            self.divide(place);
            leaves += 1;
        }
        Ok(())
    }

    /// The node that is split next: the last one, or with a limit of leaves the one that gains most.
    fn next(&mut self) -> Option<usize> {
        if self.grower.growth.leaves.is_none() {
            return self.open.pop();
        }
        let gain = |&place: &usize| self.grown.nodes[place].gain();
        let better = |best: usize, next: usize| {
            let (one, two) = (gain(&self.open[best]), gain(&self.open[next]));
            if two > one || (two == one && self.open[next] < self.open[best]) { next } else { best }
        };
        let best = (0..self.open.len()).reduce(better)?;
        Some(self.open.swap_remove(best))
    }

    fn divide(&mut self, place: usize) {
        let node = &self.grown.nodes[place];
        let (range, depth) = (node.range.clone(), node.depth + 1);
        let split = node.split.as_ref().expect("an open node has a split");
        let column = &self.grower.columns[split.column];
        let middle = range.start + split.part(column, &mut self.grown.items[range.clone()], &mut self.rights);
        let left = split.left.clone();
        let right = node.sum.iter().zip(&left).map(|(all, left)| all - left).collect();
        let children = [self.grown.nodes.len(), self.grown.nodes.len() + 1];
        self.grown.nodes[place].children = Some(children);
        for (range, sum) in [(range.start..middle, left), (middle..range.end, right)] {
            self.grown.nodes.push(Node { range, depth, sum, split: None, children: None });
        }
        children.into_iter().for_each(|child| self.look(child));
    }

    /// Looks for the best split of a node, and notes that it can be split.
    fn look(&mut self, place: usize) {
        let growth = self.grower.growth;
        let node = &self.grown.nodes[place];
        let rows = node.range.len();
        let too_small = rows < growth.min_split.max(2) || rows < 2 * growth.min_rows.max(1);
        let too_deep = growth.depth.is_some_and(|depth| node.depth >= depth);
        if too_small || too_deep || self.grower.goal.is_pure(&self.grown.items[node.range.clone()]) {
            return;
        }
        if let Some(split) = self.best(place).filter(|split| split.gain >= self.least) {
            self.grown.nodes[place].split = Some(split);
            self.open.push(place);
        }
    }

    fn best(&mut self, place: usize) -> Option<Split> {
        let grower = self.grower;
        let key = self.key.index(place as u64);
        let node = &self.grown.nodes[place];
        let items = &self.grown.items[node.range.clone()];
        let min_rows = grower.growth.min_rows.max(1);
        let at = Place { goal: grower.goal, items, total: &node.sum, min_rows };
        let all = grower.tried >= self.drawn.len();
        let places = key.child("place");
        let mut best: Option<Split> = None;
        for turn in 0..self.drawn.len() {
            if turn >= grower.tried && best.is_some() {
                break;
            }
            if !all {
                let other = turn + key.below(turn as u64, (self.drawn.len() - turn) as u64) as usize;
                self.drawn.swap(turn, other);
            }
            let index = self.drawn[turn];
            let column = &grower.columns[index];
            let split = match grower.random {
                true => {
                    let (key, best) = (places.index(index as u64), best.as_ref().map(|best| best.gain));
                    at.random(index, column, &mut self.scratch, key, best)
                }
                false => at.best(index, column, &mut self.scratch),
            };
            if let Some(split) = split
                && best.as_ref().is_none_or(|best| split.gain > best.gain)
            {
                best = Some(split);
            }
        }
        best
    }
}

impl Columns {
    /// How many columns of `count` a node compares.
    pub(super) fn of(self, count: usize, auto: Columns) -> usize {
        let share = |share: f64| (share * count as f64) as usize;
        let tried = match self {
            Columns::Auto => auto.of(count, Columns::All),
            Columns::All => count,
            Columns::Sqrt => (count as f64).sqrt() as usize,
            Columns::Share(part) => share(part),
            Columns::Count(tried) => tried.min(count),
        };
        tried.max(1)
    }
}

impl Grown {
    /// The weight of all rows.
    pub(super) fn weight(&self, goal: &Goal) -> f64 {
        goal.weight(&self.nodes[0].sum)
    }

    /// The rows of the tree.
    pub(super) fn items(&self) -> &[Item] {
        &self.items
    }

    /// The tree as it is saved, and the shares of the classes at its leaves where there are not two classes.
    pub(super) fn saved(&self, goal: &Goal) -> (Tree, Vec<f64>) {
        let mut builder = TreeBuilder::default();
        let all = self.weight(goal);
        let (mut open, mut leaves) = (vec![(0, builder.root())], Vec::new());
        while let Some((index, place)) = open.pop() {
            let node = &self.nodes[index];
            let cover = node.range.len() as f64;
            match (node.children, &node.split) {
                (Some(children), Some(split)) => {
                    let places =
                        builder.split(place, split.column, (split.gain / all).max(0.0), cover, question(split));
                    open.extend([(children[1], places[1]), (children[0], places[0])]);
                }
                _ => {
                    let (value, shares) = self.leaf(goal, node);
                    builder.leaf(place, value, cover);
                    leaves.push((place, shares));
                }
            }
        }
        let (tree, order) = builder.build();
        leaves.sort_by_key(|(place, _)| order[*place]);
        (tree, leaves.into_iter().flat_map(|(_, shares)| shares).collect())
    }

    fn leaf(&self, goal: &Goal, node: &Node) -> (f64, Vec<f64>) {
        match goal.answer(&self.items[node.range.clone()]) {
            Answer::Number(value) => (value, Vec::new()),
            Answer::Shares(shares) if shares.len() == 2 => (shares[1], Vec::new()),
            Answer::Shares(shares) => (shares.iter().copied().fold(0.0, f64::max), shares),
        }
    }
}

fn question(split: &Split) -> Question {
    let missing_left = split.missing_left;
    match &split.test {
        Test::UpTo(_, threshold) => Question { threshold: *threshold, levels: Vec::new(), missing_left },
        // Codes are above this threshold: of an empty set, only missing values may go left.
        Test::In(levels) => Question { threshold: -1.0, levels: levels.clone(), missing_left },
    }
}
