//! Two tables: joined by keys, or stacked.

use super::source::{Route, Source, Sources, influence, merge};
use super::{Choice, Provenance, Stage, resolved};
use pipewright_frame::{Expression, Schema, Shift, When};
use pipewright_operator::Combined;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Provenance {
    /// Continues after a stage that brings in another table.
    pub(in crate::check) fn combine(
        &mut self,
        combined: &Combined,
        other: &Provenance,
        names: Option<&Schema>,
        stage: &Stage<'_>,
    ) {
        match combined {
            Combined::Columns { on, right, time, chooses, .. } => {
                let apart = self.table == other.table && are_disjoint(&self.conditions, &other.conditions);
                let moved = apart.then(|| other.of_other_rows());
                let other = moved.as_ref().unwrap_or(other);
                let left = resolved(on, stage.before);
                let right = right.clone().unwrap_or_else(|| left.clone());
                let mut keys = self.of_all(left.iter().chain(time), stage.span);
                merge(&mut keys, other.of_all(right.iter().chain(time), stage.span));
                merge(&mut keys, other.chosen_by());
                if time.is_some() {
                    merge(&mut keys, other.order.clone());
                }
                let keys = influence(keys, stage.span);
                let pairs = left.iter().zip(&right).chain(time.iter().map(|time| (time, time)));
                let when = pairs.map(|(own, others)| self.meets(own, other, others)).fold(When::Now, When::after);
                let is_computed =
                    |names: &[Arc<str>], of: &Provenance| names.iter().any(|name| of.computed.contains(name));
                let is_blind = is_computed(&left, self) || is_computed(&right, other);
                if self.table == other.table && when == When::Now && is_blind {
                    self.blind_join.get_or_insert(stage.span);
                }
                self.join(other, names, &keys, when, stage);
                if self.table == other.table {
                    self.uses.extend(other.uses.iter().cloned());
                }
                if *chooses {
                    self.push_choice(keys, stage.text, stage.span);
                }
            }
            Combined::Rows => self.stack(other, names, stage),
        }
        // What was brought in may be of rows that do not meet them.
        self.conditions.clear();
    }

    /// The same, known as another table: it holds none of the rows of the first.
    fn of_other_rows(&self) -> Provenance {
        const OTHER_ROWS: usize = usize::MAX / 2;
        let moved = |sources: &Sources| -> Sources {
            let moved = sources.iter().map(|(source, route)| {
                let table = if source.table == self.table { source.table + OTHER_ROWS } else { source.table };
                (Source { table, ..source.clone() }, *route)
            });
            moved.collect()
        };
        let choice = |choice: &Choice| Choice { by: moved(&choice.by), ..choice.clone() };
        Provenance {
            table: self.table + OTHER_ROWS,
            columns: self.columns.iter().map(|(name, sources)| (name.clone(), moved(sources))).collect(),
            presence: self.presence.iter().map(|(name, sources)| (name.clone(), moved(sources))).collect(),
            choices: self.choices.iter().map(choice).collect(),
            order: moved(&self.order),
            ..self.clone()
        }
    }

    /// Which rows of another table a key finds: those of its own time, or earlier or later ones.
    fn meets(&self, own: &str, other: &Provenance, others: &str) -> When {
        match (self.shifts.get(own), other.shifts.get(others)) {
            (None, Some(Shift::Back)) | (Some(Shift::Forward), None) => When::Later,
            (None, Some(Shift::Forward)) | (Some(Shift::Back), None) => When::Earlier,
            _ => When::Now,
        }
    }

    fn join(&mut self, other: &Provenance, names: Option<&Schema>, keys: &Sources, when: When, stage: &Stage<'_>) {
        let (Some(before), Some(after), Some(names)) = (stage.before, stage.after, names) else { return };
        for column in after.columns().filter(|column| before.find(&column.name).is_none()) {
            let name = names.find(&column.name).map(|column| &*column.name);
            let name = name.or_else(|| column.name.strip_suffix(" (right)")).unwrap_or(&column.name);
            let values = other.of(name, stage.span).into_iter();
            let mut sources: Sources = values
                .map(|(source, route)| {
                    let source = Source { when: when.after(source.when), ..source };
                    (source, Route { at: stage.span, ..route })
                })
                .collect();
            merge(&mut sources, keys.clone());
            self.columns.insert(column.name.clone(), sources);
            if other.statistics.contains(name) && other.table == self.table && when != When::Earlier {
                self.own_statistics.insert(column.name.clone(), stage.span);
            }
            self.own_statistics.extend(other.own_statistics.get(name).map(|&at| (column.name.clone(), at)));
            self.computed.extend(other.computed.contains(name).then(|| column.name.clone()));
            let mut presence = other.presence_of(&[name.into()]);
            // What chose the rows of the other table decides about the values' presence, whatever else it does.
            presence.extend(influence(other.chosen_by(), stage.span));
            self.presence.insert(column.name.clone(), presence);
        }
    }

    /// Two tables, one below the other. Where their rows were chosen in different ways, whatever tells the two apart
    /// depends on both choices.
    fn stack(&mut self, other: &Provenance, names: Option<&Schema>, stage: &Stage<'_>) {
        let at = stage.span;
        let mut choices = Sources::new();
        let texts = |provenance: &Provenance| -> Vec<String> {
            provenance.choices.iter().map(|choice| choice.text.clone()).collect()
        };
        let is_whole = |provenance: &Provenance| provenance.choices.is_empty();
        if self.table == other.table && !self.is_empty && !other.is_empty && (is_whole(self) || is_whole(other)) {
            self.copies = Some(at);
        }
        self.is_empty &= other.is_empty;
        if texts(self) != texts(other) {
            merge(&mut choices, influence(self.chosen_by(), at));
            merge(&mut choices, influence(other.chosen_by(), at));
        }
        let own: BTreeSet<Arc<str>> = self.columns.keys().chain(other.columns.keys()).cloned().collect();
        let columns = stage.before.into_iter().chain(names).flat_map(Schema::columns);
        let all: BTreeSet<Arc<str>> = own.into_iter().chain(columns.map(|column| column.name.clone())).collect();
        for name in all {
            let as_read = |provenance: &Provenance| !provenance.columns.contains_key(&name);
            if self.table == other.table && as_read(self) && as_read(other) {
                continue;
            }
            let mut sources = self.of(&name, at);
            merge(&mut sources, other.of(&name, at));
            merge(&mut sources, choices.clone());
            self.columns.insert(name, sources);
        }
        merge(&mut self.order, choices.clone());
        self.push_choice(choices, stage.text, at);
    }
}

/// Can no row meet both lists of conditions? Known of comparisons of one column with one value, such as `day < "2024-02-01"`
/// and `day >= "2024-02-01"`.
fn are_disjoint(one: &[Expression], other: &[Expression]) -> bool {
    one.iter().any(|left| other.iter().any(|right| left.contradicts(right)))
}
