//! What the planner knows of a stage without knowing its verb.
//!
//! A stage has one [`Footprint`], and whatever holds other stages (`columns { … }`, `only train { … }`, a selector that
//! asks the rows, a joined `let`) composes the footprints of what it holds with [`Footprint::then`]. A promise that is
//! checked on the footprint, such as "nothing in a judged pipeline looks at later rows", therefore holds at any depth.

use crate::{Effect, Transform};
use pipewright_frame::Expression;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a stage learns from, which rows and columns it looks at, which rows it keeps, and what it declares.
#[derive(Debug, Clone, PartialEq)]
pub struct Footprint {
    /// What it learns, and from which rows.
    pub effect: Effect,
    /// Which rows besides its own each row depends on.
    pub neighbours: Neighbours,
    /// The columns whose values it reads.
    pub reads: Reads,
    /// Do values pass unchanged?
    pub values: Values,
    /// Which rows it keeps.
    pub keeps: RowsKept,
    /// What becomes of the rows that it learns from.
    pub training: TrainingRows,
    /// The target that it declares.
    pub declares: Option<Declaration>,
}

/// Which rows besides its own a row depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Neighbours {
    /// Earlier rows, in the order in which they stand.
    pub earlier: bool,
    /// Later rows, in the order in which they stand.
    pub later: bool,
    /// All rows of the table, in any order.
    pub all: bool,
}

/// The columns whose values a stage reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reads {
    /// Columns that it names, whatever their role.
    pub names: BTreeSet<Arc<str>>,
    /// Also the features that it selects.
    pub features: bool,
}

/// Do values pass a stage unchanged?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Values {
    /// Yes: it only chooses columns (by name) or rows.
    #[default]
    Passed,
    /// No: it makes columns.
    Made,
}

/// Which rows a stage keeps.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum RowsKept {
    /// All of them.
    #[default]
    All,
    /// Those for which the condition is true.
    Where(Expression),
    /// Those in which the column has a value. How many are left out is worth a note.
    Known(Arc<str>),
    /// The first `n`; it looks at no others.
    First(usize),
    /// Some of them, or other rows than came in.
    Others,
}

/// What becomes of the rows that a stage learns from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrainingRows {
    /// The same as of any other rows.
    #[default]
    AsOthers,
    /// Something else: out-of-fold codes, resampled rows, fewer rows.
    Apart,
}

/// The target, as a stage declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The column to predict.
    pub target: Arc<str>,
    /// What models learn instead of the target itself.
    pub transform: Option<Transform>,
}

impl Footprint {
    /// The footprint of a stage with this effect that reads nothing and passes every row and value on.
    #[must_use]
    pub fn of(effect: Effect) -> Footprint {
        Footprint {
            effect,
            neighbours: Neighbours::default(),
            reads: Reads::default(),
            values: Values::Passed,
            keeps: RowsKept::All,
            training: TrainingRows::AsOthers,
            declares: None,
        }
    }

    /// The footprint of both stages, `next` after this one or beside it: nothing of either is lost.
    #[must_use]
    pub fn then(self, next: Footprint) -> Footprint {
        let stronger = if next.effect.strength() > self.effect.strength() { next.effect } else { self.effect };
        Footprint {
            effect: stronger,
            neighbours: self.neighbours.and(next.neighbours),
            reads: self.reads.and(next.reads),
            values: if self.values == Values::Made { Values::Made } else { next.values },
            keeps: self.keeps.then(next.keeps),
            training: if self.training == TrainingRows::Apart { TrainingRows::Apart } else { next.training },
            declares: next.declares.or(self.declares),
        }
    }

    /// The footprint of a stage with this effect that makes another table of all rows.
    #[must_use]
    pub fn of_new_table(effect: Effect) -> Footprint {
        let footprint = Footprint::of(effect).looking_at(Neighbours::ALL).reading_features();
        footprint.making_values().keeping(RowsKept::Others)
    }

    /// The footprint of a stage that also reads the features that it selects.
    #[must_use]
    pub fn reading_features(mut self) -> Footprint {
        self.reads.features = true;
        self
    }

    /// The footprint of a stage that also reads these columns, whatever their role.
    #[must_use]
    pub fn reading(mut self, names: impl IntoIterator<Item = Arc<str>>) -> Footprint {
        self.reads.names.extend(names);
        self
    }

    /// The footprint of a stage that makes columns.
    #[must_use]
    pub fn making_values(self) -> Footprint {
        Footprint { values: Values::Made, ..self }
    }

    /// The footprint of a stage that keeps these rows.
    #[must_use]
    pub fn keeping(self, keeps: RowsKept) -> Footprint {
        Footprint { keeps, ..self }
    }

    /// The footprint of a stage whose rows depend on these others.
    #[must_use]
    pub fn looking_at(self, neighbours: Neighbours) -> Footprint {
        Footprint { neighbours, ..self }
    }

    /// Is what becomes of some rows the same, whatever rows stand beside them? Then it works chunk by chunk.
    #[must_use]
    pub fn by_row(&self) -> bool {
        self.neighbours == Neighbours::NONE
    }

    /// Does it only choose among columns by their names, and among rows by columns that it names?
    #[must_use]
    pub fn chooses(&self) -> bool {
        self.values == Values::Passed && !self.reads.features
    }

    /// Does this footprint hold everything that `part` does? A stage covers every stage that it is made of.
    #[must_use]
    pub fn covers(&self, part: &Footprint) -> bool {
        let implies = |of_part: bool, own: bool| !of_part || own;
        self.effect.strength() >= part.effect.strength()
            && implies(part.neighbours.earlier, self.neighbours.earlier)
            && implies(part.neighbours.later, self.neighbours.later)
            && implies(part.neighbours.all, self.neighbours.all)
            && part.reads.names.is_subset(&self.reads.names)
            && implies(part.reads.features, self.reads.features)
            && implies(part.values == Values::Made, self.values == Values::Made)
            && implies(part.keeps != RowsKept::All, self.keeps != RowsKept::All)
            && implies(part.training == TrainingRows::Apart, self.training == TrainingRows::Apart)
            && implies(part.declares.is_some(), self.declares == part.declares)
    }
}

impl Neighbours {
    /// No other rows.
    pub const NONE: Neighbours = Neighbours { earlier: false, later: false, all: false };
    /// Earlier rows.
    pub const EARLIER: Neighbours = Neighbours { earlier: true, ..Neighbours::NONE };
    /// Later rows.
    pub const LATER: Neighbours = Neighbours { later: true, ..Neighbours::NONE };
    /// All rows.
    pub const ALL: Neighbours = Neighbours { all: true, ..Neighbours::NONE };

    /// The rows of both.
    #[must_use]
    pub fn and(self, other: Neighbours) -> Neighbours {
        Neighbours {
            earlier: self.earlier || other.earlier,
            later: self.later || other.later,
            all: self.all || other.all,
        }
    }
}

impl Reads {
    fn and(mut self, other: Reads) -> Reads {
        self.names.extend(other.names);
        Reads { names: self.names, features: self.features || other.features }
    }
}

impl RowsKept {
    fn then(self, next: RowsKept) -> RowsKept {
        match (self, next) {
            (RowsKept::All, kept) | (kept, RowsKept::All) => kept,
            (RowsKept::Where(one), RowsKept::Where(other)) => RowsKept::Where(one.and(other)),
            _ => RowsKept::Others,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<Footprint> {
        vec![
            Footprint::of(Effect::Row),
            Footprint::of(Effect::Seq).looking_at(Neighbours::LATER).making_values(),
            Footprint::of(Effect::Seq).looking_at(Neighbours::EARLIER).reading([Arc::from("by")]),
            Footprint::of(Effect::Fit).reading_features().making_values(),
            Footprint { training: TrainingRows::Apart, ..Footprint::of(Effect::FitTarget).reading_features() },
            Footprint::of(Effect::RowsAll).keeping(RowsKept::First(3)),
            Footprint::of(Effect::RowsAll).keeping(RowsKept::Known("y".into())).looking_at(Neighbours::ALL),
        ]
    }

    #[test]
    fn two_stages_cover_each_of_them() {
        for one in samples() {
            for other in samples() {
                let both = one.clone().then(other.clone());
                assert!(both.covers(&one) && both.covers(&other), "{one:?} then {other:?}");
            }
        }
    }

    #[test]
    fn nothing_weaker_covers() {
        let plain = Footprint::of(Effect::Row);
        for stage in samples().into_iter().skip(1) {
            assert!(!plain.covers(&stage), "{stage:?}");
        }
    }

    #[test]
    fn two_conditions_are_one() {
        let kept = |name: &str| RowsKept::Where(Expression::column(name));
        assert_eq!(kept("a").then(kept("b")), RowsKept::Where(Expression::column("a").and(Expression::column("b"))));
        assert_eq!(kept("a").then(RowsKept::First(2)), RowsKept::Others);
    }
}
