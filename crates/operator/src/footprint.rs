//! Footprints: what the planner knows of a stage without knowing its verb.
//!
//! A stage has one [`Footprint`]. A stage that contains others (`columns { … }`, `only train { … }`, a selector that
//! depends on the rows, a joined `let`) composes their footprints with [`Footprint::then`]. A rule that is checked on
//! the footprint, such as "nothing in an evaluated pipeline uses later rows", therefore holds at any depth.

use crate::{Effect, Transform};
use pipewright_frame::{Expression, Selection, Shift, When};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What a stage learns from, which rows and columns it reads, which rows it keeps, and what it declares.
#[derive(Debug, Clone, PartialEq)]
pub struct Footprint {
    /// Its effect: what it learns, and from which rows.
    pub effect: Effect,
    /// Other rows that each row depends on.
    pub neighbours: Neighbours,
    /// Columns whose values it reads.
    pub reads: Reads,
    /// Are values unchanged?
    pub values: Values,
    /// Rows that it keeps.
    pub keeps: RowsKept,
    /// Whether training rows are transformed differently.
    pub training: TrainingRows,
    /// The target that it declares, if any.
    pub declares: Option<Declaration>,
    /// Columns computed from columns that it names, in order: a later one may use an earlier one.
    pub makes: Vec<Made>,
    /// How it brings in another table, if it does.
    pub combines: Option<Combined>,
}

/// A column that a stage computes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Its name.
    pub name: Arc<str>,
    /// The columns whose values enter it, and in which rows they are read.
    pub from: BTreeSet<(Arc<str>, When)>,
    /// The columns that decide which rows it reads, such as the keys of a window.
    pub keys: BTreeSet<Arc<str>>,
    /// The column that it equals, plus or minus a constant, if there is one.
    pub shift: Option<(Arc<str>, Shift)>,
    /// The columns within whose groups it looks at other rows; none if it looks at other rows of the whole table.
    pub within: BTreeSet<Arc<str>>,
}

/// How a stage brings in another table.
#[derive(Debug, Clone, PartialEq)]
pub enum Combined {
    /// Columns of the rows with matching keys.
    Columns {
        /// Keys in this table.
        on: Selection,
        /// Keys in the other table, in the same order; `None` if they have the same names.
        right: Option<Vec<Arc<str>>>,
        /// Time column of an as-of join, which finds the latest row up to a time.
        time: Option<Arc<str>>,
        /// Are rows dropped or added, depending on whether there is a match?
        chooses: bool,
    },
    /// Its rows, below those of this table.
    Rows,
}

/// Other rows that a row depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Neighbours {
    /// Earlier rows, in the order of the table.
    pub earlier: bool,
    /// Later rows, in the order of the table.
    pub later: bool,
    /// All rows of the table, in any order.
    pub all: bool,
}

/// Columns whose values a stage reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reads {
    /// Columns read by name, of any role.
    pub names: BTreeSet<Arc<str>>,
    /// Whether it also reads the selected features.
    pub features: bool,
}

/// Whether a stage changes values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Values {
    /// Unchanged: it only selects columns (by name) or rows.
    #[default]
    Passed,
    /// Changed: it makes columns, each from one of the columns that it selects.
    Made,
    /// Changed: it makes columns from all selected columns together.
    Mixed,
}

/// Rows that a stage keeps.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum RowsKept {
    /// All of them.
    #[default]
    All,
    /// Rows for which the condition is true.
    Where(Expression),
    /// Rows in which the column has a value; the number of dropped rows is reported.
    Known(Arc<str>),
    /// The first `n` rows; the others are not read.
    First(usize),
    /// The last `n` rows.
    Last(usize),
    /// All of them, in the order of these columns.
    Sorted(Selection),
    /// The first of the rows that are equal in these columns.
    Distinct(Selection),
    /// Some of them, whatever their values.
    Sampled,
    /// Rows in which none of some columns is missing.
    Complete,
    /// One row per group of rows that are equal in these columns.
    Groups(Selection),
    /// Some of them, or new rows.
    Others,
}

/// How the training rows of a stage are transformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrainingRows {
    /// Like any other rows.
    #[default]
    AsOthers,
    /// Differently: out-of-fold codes, resampled rows, fewer rows.
    Apart,
}

/// A declaration of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The column to predict.
    pub target: Arc<str>,
    /// Transform of the target.
    pub transform: Option<Transform>,
    /// The positive one of two classes; the second in sorted order if `None`.
    pub positive: Option<Arc<str>>,
}

impl Footprint {
    /// Creates the footprint of a stage with this effect that reads nothing and passes all rows and values on.
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
            makes: Vec::new(),
            combines: None,
        }
    }

    /// Combines the footprints of two stages, `next` after this one or next to it; it covers both.
    #[must_use]
    pub fn then(self, next: Footprint) -> Footprint {
        let stronger = if next.effect.strength() > self.effect.strength() { next.effect } else { self.effect };
        Footprint {
            effect: stronger,
            neighbours: self.neighbours.and(next.neighbours),
            reads: self.reads.and(next.reads),
            values: self.values.max(next.values),
            keeps: self.keeps.then(next.keeps),
            training: if self.training == TrainingRows::Apart { TrainingRows::Apart } else { next.training },
            declares: next.declares.or(self.declares),
            makes: self.makes.into_iter().chain(next.makes).collect(),
            combines: next.combines.or(self.combines),
        }
    }

    /// Creates the footprint of a stage with this effect that computes a new table from all rows.
    #[must_use]
    pub fn of_new_table(effect: Effect) -> Footprint {
        let footprint = Footprint::of(effect).looking_at(Neighbours::ALL).reading_features();
        footprint.making_values().keeping(RowsKept::Others)
    }

    /// Also reads the selected features.
    #[must_use]
    pub fn reading_features(mut self) -> Footprint {
        self.reads.features = true;
        self
    }

    /// Also reads these columns, of any role.
    #[must_use]
    pub fn reading(mut self, names: impl IntoIterator<Item = Arc<str>>) -> Footprint {
        self.reads.names.extend(names);
        self
    }

    /// Makes columns.
    #[must_use]
    pub fn making_values(self) -> Footprint {
        Footprint { values: self.values.max(Values::Made), ..self }
    }

    /// Also makes columns from all selected columns together.
    #[must_use]
    pub fn mixing_values(self) -> Footprint {
        Footprint { values: Values::Mixed, ..self }
    }

    /// Also computes these columns by expressions.
    #[must_use]
    pub fn computing<'a>(mut self, columns: impl IntoIterator<Item = (&'a Arc<str>, &'a Expression)>) -> Footprint {
        self.makes.extend(columns.into_iter().map(|(name, expression)| Made {
            name: name.clone(),
            from: expression.dependencies(),
            keys: expression.window_keys(),
            shift: expression.shift(),
            within: expression.partitions(),
        }));
        self
    }

    /// Also brings in another table.
    #[must_use]
    pub fn combining(self, combined: Combined) -> Footprint {
        Footprint { combines: Some(combined), ..self }
    }

    /// Keeps these rows.
    #[must_use]
    pub fn keeping(self, keeps: RowsKept) -> Footprint {
        Footprint { keeps, ..self }
    }

    /// Depends on these other rows.
    #[must_use]
    pub fn looking_at(self, neighbours: Neighbours) -> Footprint {
        Footprint { neighbours, ..self }
    }

    /// Is each row transformed independently of other rows, so that it can run chunk by chunk?
    #[must_use]
    pub fn by_row(&self) -> bool {
        self.neighbours == Neighbours::NONE
    }

    /// Does it only select columns by name, and filter rows by named columns?
    #[must_use]
    pub fn chooses(&self) -> bool {
        self.values == Values::Passed && !self.reads.features
    }

    /// Does this footprint cover `part`? A stage covers every stage that it contains.
    #[must_use]
    pub fn covers(&self, part: &Footprint) -> bool {
        let implies = |of_part: bool, own: bool| !of_part || own;
        self.effect.strength() >= part.effect.strength()
            && implies(part.neighbours.earlier, self.neighbours.earlier)
            && implies(part.neighbours.later, self.neighbours.later)
            && implies(part.neighbours.all, self.neighbours.all)
            && part.reads.names.is_subset(&self.reads.names)
            && implies(part.reads.features, self.reads.features)
            && self.values >= part.values
            && implies(part.keeps != RowsKept::All, self.keeps != RowsKept::All)
            && implies(part.training == TrainingRows::Apart, self.training == TrainingRows::Apart)
            && implies(part.declares.is_some(), self.declares == part.declares)
            && part.makes.iter().all(|made| self.makes.contains(made))
            && implies(part.combines.is_some(), self.combines == part.combines)
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

    /// The union of both.
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
