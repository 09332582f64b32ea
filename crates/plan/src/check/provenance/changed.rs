//! The columns that a stage changes or adds otherwise than by expressions: by what it learns, counts or stacks.

use super::source::{ByOrigin, Route, Source, Sources, influence, merge};
use super::{Provenance, Stage, named, resolved};
use pipewright_frame::{Role, When};
use pipewright_operator::{RowsKept, Values};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A column that a stage changes or adds.
pub(super) struct Changed {
    pub name: Arc<str>,
    pub sources: Sources,
    pub is_new: bool,
}

impl Provenance {
    /// The columns that a stage changes or adds otherwise than by expressions, which depend on `around` too.
    pub(super) fn changed(&self, stage: &Stage<'_>, mut around: Sources) -> Vec<Changed> {
        let Stage { footprint, before, after, span: at, .. } = *stage;
        let (Some(before), Some(after)) = (before, after) else { return Vec::new() };
        let made: BTreeSet<&str> = footprint.makes.iter().map(|made| &*made.name).collect();
        let selected = stage.args.columns("columns").map(|columns| resolved(columns, Some(before)));
        merge(&mut around, influence(self.of_all(&footprint.reads.names, at), at));
        if footprint.values == Values::Mixed {
            let features = before.columns().filter(|column| column.role == Role::Feature).map(|column| &column.name);
            let names: Vec<Arc<str>> = selected.clone().unwrap_or_else(|| features.cloned().collect());
            merge(&mut around, influence(self.of_all(&names, at), at));
        }
        let selected: Option<BTreeSet<Arc<str>>> = selected.map(|names| names.into_iter().collect());
        let by_origin = ByOrigin::new(before);
        // What a stage makes by expressions of later rows is known; else all that it changes may be of them.
        let looks_ahead = footprint.neighbours.later && !footprint.neighbours.all && footprint.makes.is_empty();
        let known = after.matched(before).map(|(column, same)| (&column.name, Some(column), same));
        let open = after.entries().iter().map(named).filter(|(_, column)| column.is_none());
        let open = open.map(|(name, _)| (name, None, before.find(name)));
        let mut changed = Vec::new();
        for (name, column, same) in known.chain(open).filter(|(name, ..)| !made.contains(&***name)) {
            if same.is_some() && matches!(footprint.keeps, RowsKept::Groups(_)) {
                // A key keeps its values.
                continue;
            }
            let is_selected = match &selected {
                Some(selected) => selected.contains(name),
                None => footprint.reads.features && same.is_none_or(|same| same.role == Role::Feature),
            };
            if same == column && !is_selected {
                continue;
            }
            let mut sources = if same.is_some() || column.is_none() { self.of(name, at) } else { Sources::new() };
            // A column that stays what it was has its own provenance; a new one has that of what it was made of.
            if let Some(column) = column.filter(|column| same.is_none_or(|same| same.sources != column.sources)) {
                merge(&mut sources, self.inherited(&column.sources, &by_origin, at));
            }
            merge(&mut sources, around.clone());
            if looks_ahead {
                let later = sources.clone().into_keys().map(|source| Source { when: When::Later, ..source });
                merge(&mut sources, later.map(|source| (source, Route { is_value: true, at })).collect());
            }
            changed.push(Changed { name: name.clone(), sources, is_new: same.is_none() });
        }
        changed
    }
}
