//! Provenance: which columns of which tables the values of a column, the choice of rows and their order depend on.
//!
//! A score misleads if the target reaches the features by any way: as a value (`derive x = 2 * y`), by the choice of
//! rows (a table of the rows with `y == 1`, joined back), or by their order (a running count of rows sorted by `y`).
//! So every stage passes on three things, by the rules below, and at `train` no feature may depend on the target:
//!
//! - **columns**: for each column, the source columns that it was computed from (*values*), and those that decided
//!   about it in another way (*influences*): keys of joins and groups, conditions of `where` above an aggregate;
//! - **choices**: for each stage that chose rows, the source columns by whose values it did. The target alone may
//!   choose (`where y > 0` cleans it); the target together with another column may not, since among the chosen rows the
//!   two then depend on each other (`where y == 1 or x > 0`);
//! - **order**: the source columns by which the rows are sorted. It enters whatever depends on the order of rows.
//!
//! A missing value of a file is no information: a condition that only asks for it chooses nothing. Whether a computed value
//! is missing depends on what it was computed from, and whether a joined one is, on the rows that were joined.
//!
//! A source is a column of a *table*, known by its files and not by its spelling, read in the row itself, in earlier
//! rows (`lag`) or in later ones (`lead`). The target of earlier rows is a fair feature where later rows are evaluated
//! by earlier ones, and only there.

mod changed;
mod combine;
mod leak;
mod source;
mod time;

pub(super) use leak::{Leak, LeakKind};
use pipewright_diagnostic::Span;
use pipewright_frame::{Column, Entry, Expression, Role, Schema, Selection, Shift, When, part_of_same};
use pipewright_operator::{Args, Effect, Footprint, Made, RowsKept, Value, Values};
pub(super) use source::ANY;
use source::{ByOrigin, Route, Source, Sources, Tells, influence, merge};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use time::Sorted;
pub(super) use time::{InTime, OrderUse};

/// The order of a file's rows, as if it were a column.
pub(super) const ORDER: &str = "\u{1f}order";

/// A stage that chose rows.
#[derive(Debug, Clone, PartialEq)]
struct Choice {
    by: Sources,
    /// The stage as written; equal conditions choose equal rows of one table.
    text: String,
    at: Span,
}

/// The provenance of a table.
#[derive(Debug, Clone, Default)]
pub(super) struct Provenance {
    /// The table that it was read from.
    table: usize,
    /// Columns that are not as they were read.
    columns: BTreeMap<Arc<str>, Sources>,
    /// Those of them that were computed by expressions.
    computed: BTreeSet<Arc<str>>,
    /// What it depends on whether a column has a value, where that is not a matter of the file.
    presence: BTreeMap<Arc<str>, Sources>,
    /// The stage that joined rows of the same table by a computed key, so that they may be later ones.
    blind_join: Option<Span>,
    choices: Vec<Choice>,
    /// Conditions on columns as read that all rows meet.
    conditions: Vec<Expression>,
    order: Sources,
    /// The columns by which the rows are sorted, the first one first; `None` for the order of the file.
    sorted: Option<Sorted>,
    /// Stages that depend on the order of rows.
    uses: Vec<OrderUse>,
    /// Columns that are another column plus or minus a constant.
    shifts: BTreeMap<Arc<str>, Shift>,
    /// The stage that stacked all rows of this table on others of it.
    copies: Option<Span>,
    /// Are there no rows at all?
    is_empty: bool,
    /// Columns that hold statistics of groups of rows, such as means.
    statistics: BTreeSet<Arc<str>>,
    /// Columns that hold statistics of the rows of this very table, and the stages that joined them.
    own_statistics: BTreeMap<Arc<str>, Span>,
}

/// A stage, as its provenance depends on it.
pub(super) struct Stage<'a> {
    pub footprint: &'a Footprint,
    pub args: &'a Args,
    pub text: &'a str,
    pub span: Span,
    /// The schemas before and after it, as far as they are known.
    pub before: Option<&'a Schema>,
    pub after: Option<&'a Schema>,
}

impl Provenance {
    /// Of a table as read. A column of a file may say itself from which columns it was made. One that is not known of the
    /// file, which was read in another way before, may be any of its columns.
    pub(super) fn of_table(
        table: usize,
        schema: Option<&Schema>,
        known: Option<&BTreeSet<Arc<str>>>,
        at: Span,
    ) -> Provenance {
        let value = |column: &Arc<str>| {
            (Source { table, column: column.clone(), when: When::Now }, Route { is_value: true, at })
        };
        let unknown = |column: &Column| known.is_some_and(|known| !known.contains(&column.name));
        let made = schema
            .into_iter()
            .flat_map(Schema::columns)
            .filter(|column| unknown(column) || column.sources != [column.name.clone()]);
        let sources = |column: &Column| match unknown(column) {
            true => Sources::from([value(&ANY.into())]),
            false => column.sources.iter().map(value).collect(),
        };
        let columns = made.map(|column| (column.name.clone(), sources(column)));
        Provenance { table, columns: columns.collect(), ..Provenance::default() }
    }

    /// The table that it was read from.
    pub(super) fn table(&self) -> usize {
        self.table
    }

    /// What a column depends on.
    fn of(&self, name: &str, at: Span) -> Sources {
        self.columns.get(name).cloned().unwrap_or_else(|| {
            let source = Source { table: self.table, column: name.into(), when: When::Now };
            Sources::from([(source, Route { is_value: true, at })])
        })
    }

    fn of_all<'a>(&self, names: impl IntoIterator<Item = &'a Arc<str>>, at: Span) -> Sources {
        let mut all = Sources::new();
        names.into_iter().for_each(|name| merge(&mut all, self.of(name, at)));
        all
    }

    /// What it depends on whether columns have values. A missing value of a file is no information; whether a computed one
    /// is missing depends on values, and whether a joined one is, on what was joined.
    fn presence_of(&self, names: &[Arc<str>]) -> Sources {
        let mut all = Sources::new();
        names.iter().filter_map(|name| self.presence.get(name)).for_each(|known| merge(&mut all, known.clone()));
        all
    }

    /// What the order of rows depends on: that of the file, and the columns by which they were sorted.
    fn order_of_rows(&self, at: Span) -> Sources {
        let of_file = Source { table: self.table, column: ORDER.into(), when: When::Now };
        let mut order = influence(self.order.clone(), at);
        order.insert(of_file, Route { is_value: false, at });
        order
    }

    /// Everything that any choice of rows depends on.
    fn chosen_by(&self) -> Sources {
        let mut all = Sources::new();
        self.choices.iter().for_each(|choice| merge(&mut all, choice.by.clone()));
        all
    }

    /// Continues after a stage that takes no other table.
    pub(super) fn pass(&mut self, stage: &Stage<'_>) {
        let Footprint { neighbours, makes, keeps, .. } = stage.footprint;
        if (neighbours.earlier || neighbours.later) && !neighbours.all {
            let mut within = makes.iter().map(|made| made.within.clone());
            let first = within.next().unwrap_or_default();
            let within = within.fold(first, |all, keys| all.intersection(&keys).cloned().collect());
            self.uses.push(OrderUse { sorted: self.sorted.clone(), within, at: stage.span });
        }
        if let RowsKept::Groups(_) = keeps {
            self.sorted = None;
        }
        self.compute(stage);
        // Training rows may be chosen by anything, also by the target.
        if stage.footprint.effect != Effect::RowsTrain {
            self.choose(stage);
        }
    }

    fn choose(&mut self, stage: &Stage<'_>) {
        let at = stage.span;
        match &stage.footprint.keeps {
            RowsKept::Where(condition) => {
                for part in condition.conjuncts() {
                    let mut by = if part.asks_presence_only() {
                        self.presence_of(&part.columns())
                    } else {
                        self.of_all(&part.columns(), at)
                    };
                    if part.looks_around() {
                        merge(&mut by, self.order_of_rows(at));
                    }
                    self.push_choice(by, stage.text, at);
                    let is_as_read = part.columns().iter().all(|name| !self.columns.contains_key(name));
                    self.conditions.extend(is_as_read.then(|| part.clone()));
                }
            }
            RowsKept::First(count) | RowsKept::Last(count) => {
                self.is_empty |= *count == 0;
                self.push_choice(self.order_of_rows(at), stage.text, at);
            }
            RowsKept::Distinct(columns) => {
                // Of equal rows, the order decides which one stays.
                let mut by = self.order_of_rows(at);
                if !self.order.is_empty() {
                    merge(&mut by, self.of_all(&resolved(columns, stage.before), at));
                }
                self.push_choice(by, stage.text, at);
            }
            RowsKept::Complete => {
                let columns = stage.args.columns("columns");
                let names = columns.map_or_else(Vec::new, |columns| resolved(columns, stage.before));
                for name in names {
                    self.push_choice(self.presence_of(&[name]), stage.text, at);
                }
            }
            RowsKept::Known(name) => {
                // Where its own values make the target missing, nothing but the target chooses.
                let mut by = self.presence_of(std::slice::from_ref(name));
                by.retain(|_, route| !route.is_value);
                self.push_choice(by, stage.text, at);
            }
            RowsKept::Sorted(columns) => {
                let by = resolved(columns, stage.before);
                let descending = matches!(stage.args.get("descending"), Some(Value::Bool(true)));
                let sources = influence(self.of_all(&by, at), at);
                merge(&mut self.order, sources);
                self.sorted = Some(Sorted { by, descending });
            }
            RowsKept::Groups(_) => self.order.clear(),
            RowsKept::Others if stage.footprint.values == Values::Passed => {
                let by = self.of_all(&stage.footprint.reads.names, at);
                self.push_choice(by, stage.text, at);
            }
            RowsKept::All | RowsKept::Sampled | RowsKept::Others => {}
        }
    }

    fn push_choice(&mut self, by: Sources, text: &str, at: Span) {
        if !by.is_empty() {
            self.choices.push(Choice { by: influence(by, at), text: text.to_owned(), at });
        }
    }

    /// The columns that a stage makes or changes.
    fn compute(&mut self, stage: &Stage<'_>) {
        let Stage { footprint, before, span: at, .. } = *stage;
        if footprint.values == Values::Passed {
            return;
        }
        let around = self.around(footprint, before, at);
        let changed = self.changed(stage, around.clone());
        for made in &footprint.makes {
            let mut sources = self.made(made, at);
            merge(&mut sources, around.clone());
            self.pass_statistics(made, matches!(footprint.keeps, RowsKept::Groups(_)));
            match &made.shift {
                Some((of, shift)) if !self.shifts.contains_key(of) => {
                    self.shifts.insert(made.name.clone(), *shift);
                }
                _ => drop(self.shifts.remove(&made.name)),
            }
            self.pass_presence(made, &sources, matches!(footprint.keeps, RowsKept::Groups(_)));
            self.columns.insert(made.name.clone(), sources);
            self.computed.insert(made.name.clone());
        }
        if footprint.keeps == RowsKept::Others && footprint.neighbours.all {
            // Such as a cell of a pivot.
            let is_new = changed.iter().filter(|changed| changed.is_new);
            self.statistics.extend(is_new.map(|changed| changed.name.clone()));
        }
        self.columns.extend(changed.into_iter().map(|changed| (changed.name, changed.sources)));
    }

    /// What every column that a stage makes depends on besides its values: order, choices and groups of rows.
    fn around(&self, footprint: &Footprint, before: Option<&Schema>, at: Span) -> Sources {
        let mut around = Sources::new();
        if footprint.neighbours.earlier || footprint.neighbours.later || footprint.neighbours.all {
            merge(&mut around, self.order_of_rows(at));
        }
        let makes_table = matches!(footprint.keeps, RowsKept::Groups(_) | RowsKept::Others);
        if makes_table {
            merge(&mut around, influence(self.chosen_by(), at));
        }
        if let RowsKept::Groups(keys) = &footprint.keeps {
            merge(&mut around, influence(self.of_all(&resolved(keys, before), at), at));
        }
        around
    }

    /// Whether a computed column is missing depends on the values that it was computed from; a statistic of a group is there.
    fn pass_presence(&mut self, made: &Made, sources: &Sources, of_groups: bool) {
        let from: Vec<Arc<str>> = made.from.iter().map(|(name, _)| name.clone()).collect();
        let mut presence = self.presence_of(&from);
        merge(&mut presence, sources.clone().into_iter().filter(|(_, route)| route.is_value).collect());
        self.presence.remove(&made.name);
        if !of_groups {
            self.presence.insert(made.name.clone(), presence);
        }
    }

    /// A statistic of groups is one, and so is what is computed from one.
    fn pass_statistics(&mut self, made: &Made, of_groups: bool) {
        let is_statistic = made.from.iter().any(|(name, _)| of_groups || self.statistics.contains(name));
        let joined = made.from.iter().find_map(|(name, _)| self.own_statistics.get(name).copied());
        self.statistics.remove(&made.name);
        self.own_statistics.remove(&made.name);
        self.statistics.extend(is_statistic.then(|| made.name.clone()));
        self.own_statistics.extend(joined.map(|at| (made.name.clone(), at)));
    }

    fn made(&self, made: &Made, at: Span) -> Sources {
        let mut sources = influence(self.of_all(&made.keys, at), at);
        for (name, when) in &made.from {
            let read = self.of(name, at).into_iter().map(|(source, route)| {
                let source = Source { when: when.after(source.when), ..source };
                // The stage that computes with the value is the one to talk about.
                (source, Route { at, ..route })
            });
            merge(&mut sources, read.collect());
        }
        sources
    }

    /// What a new column takes over from the columns that it was computed from, known by their common origin.
    fn inherited(&self, origins: &[Arc<str>], before: &ByOrigin<'_>, at: Span) -> Sources {
        let mut sources = Sources::new();
        let mut seen = BTreeSet::new();
        for column in origins.iter().flat_map(|origin| before.of(origin)).filter(|column| seen.insert(&column.name)) {
            // A part of a column's values carries the condition in its name.
            let part =
                |own: &Arc<str>| origins.iter().find(|origin| part_of_same(own, origin) && origin.len() >= own.len());
            let parts: Option<Vec<&Arc<str>>> = column.sources.iter().map(part).collect();
            let Some(parts) = parts else { continue };
            let condition = &parts[0][column.sources[0].len()..];
            for (source, route) in self.of(&column.name, at) {
                let column = Arc::from(format!("{}{condition}", source.column));
                merge(&mut sources, Sources::from([(Source { column, ..source }, Route { at, ..route })]));
            }
        }
        sources
    }

    /// The ways by which the target reaches what is learned from this table.
    pub(super) fn leaks(&self, target: &str, schema: Option<&Schema>, at: Span) -> Vec<Leak> {
        // Of a series that the target reads in several rows, what is known before the latest of them is its past.
        let mut latest: BTreeMap<(usize, Arc<str>), Source> = BTreeMap::new();
        for (source, _) in self.of(target, at).into_iter().filter(|(_, route)| route.is_value) {
            // Sources are in ascending order of time.
            latest.insert((source.table, source.column.clone()), source);
        }
        let truth: Vec<Source> = latest.into_values().collect();
        let mut leaks = Vec::new();
        let computed = self.columns.get(target).and_then(|sources| sources.values().map(|route| route.at).min());
        for name in schema.into_iter().flat_map(learned) {
            let leak = self.leak(&name, &truth, at);
            leaks.extend(leak.map(|leak| match (&leak.kind, computed) {
                (LeakKind::Value(_), Some(at)) if !self.columns.contains_key(&name) => {
                    Leak { kind: LeakKind::Reverse(name.clone()), at }
                }
                _ => leak,
            }));
        }
        for choice in &self.choices {
            let tells = |source: &Source| truth.iter().any(|of| source.tells(of) == Some(Tells::Same));
            let is_other = |source: &&Source| truth.iter().all(|of| source.tells(of).is_none());
            let other = choice.by.keys().find(is_other);
            if let (true, Some(other)) = (choice.by.keys().any(tells), other) {
                leaks.push(Leak { kind: LeakKind::Choice(other.column.clone()), at: choice.at });
            }
        }
        leaks.sort_by_key(|leak| (leak.at.start, leak.kind.rank()));
        leaks
    }

    /// The stage by which a column that is learned from, or the choice of rows, depends on later rows.
    pub(super) fn later(&self, schema: &Schema, at: Span) -> Option<Span> {
        let is_later = |(source, route): (&Source, &Route)| (source.when == When::Later).then_some(route.at);
        let of_column = |name: Arc<str>| {
            let sources = self.of(&name, at);
            sources.iter().find_map(is_later)
        };
        let of_choice = |choice: &Choice| choice.by.iter().find_map(is_later).map(|_| choice.at);
        learned(schema).into_iter().find_map(of_column).or_else(|| self.choices.iter().find_map(of_choice))
    }

    /// The stage that joined rows of the same table by a computed key.
    pub(super) fn blind_join(&self) -> Option<Span> {
        self.blind_join
    }

    /// The stage that stacked all rows of this table on others of it.
    pub(super) fn copies(&self) -> Option<Span> {
        self.copies
    }

    /// A column that is learned from and holds statistics of all rows of this table, and the stage that joined it.
    pub(super) fn own_statistic(&self, schema: &Schema) -> Option<(Arc<str>, Span)> {
        learned(schema).into_iter().find_map(|name| Some((name.clone(), *self.own_statistics.get(&name)?)))
    }

    /// What is known of the order in which the rows are now, as a stage makes use of it.
    pub(super) fn order_now(&self, order: &OrderUse, time: &str) -> InTime {
        OrderUse { sorted: self.sorted.clone(), ..order.clone() }.in_time(time)
    }

    /// Does a column depend on later rows?
    pub(super) fn is_ahead(&self, name: &str, at: Span) -> bool {
        self.of(name, at).keys().any(|source| source.when == When::Later)
    }

    /// The stages that depend on the order of rows.
    pub(super) fn uses(&self) -> &[OrderUse] {
        &self.uses
    }

    /// The most telling way by which the target reaches a column.
    fn leak(&self, name: &Arc<str>, truth: &[Source], at: Span) -> Option<Leak> {
        let mut found: Option<Leak> = None;
        for (source, route) in self.of(name, at) {
            let Some(tells) = truth.iter().filter_map(|of| source.tells(of)).max() else { continue };
            let kind = match (tells, route.is_value) {
                (Tells::Same, true) => LeakKind::Value(name.clone()),
                (Tells::Same, false) => LeakKind::Influence(name.clone()),
                (Tells::Past, _) => LeakKind::Past(name.clone()),
            };
            if found.is_none() || tells == Tells::Same {
                found = Some(Leak { kind, at: route.at });
            }
            if tells == Tells::Same && route.is_value {
                break;
            }
        }
        found
    }
}

/// The columns that a model learns from, and those that decide about the weight or the fold of a row.
fn learned(schema: &Schema) -> Vec<Arc<str>> {
    let of_entry = |entry: &Entry| match entry {
        Entry::Column(column) => {
            matches!(column.role, Role::Feature | Role::Weight | Role::Fold).then(|| column.name.clone())
        }
        Entry::Open { from, .. } | Entry::Undecided { from } => Some(from.clone()),
    };
    schema.entries().iter().filter_map(of_entry).collect()
}

fn resolved(columns: &Selection, schema: Option<&Schema>) -> Vec<Arc<str>> {
    schema.and_then(|schema| columns.resolve(schema).ok()).unwrap_or_else(|| columns.names())
}

/// The name of an entry, and its column if it is one.
fn named(entry: &Entry) -> (&Arc<str>, Option<&Column>) {
    match entry {
        Entry::Column(column) => (&column.name, Some(column)),
        Entry::Open { from, .. } | Entry::Undecided { from } => (from, None),
    }
}
