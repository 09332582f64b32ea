//! Pinning: one pass over the data before any fit, to find the kinds of all columns and the classes of the target.

use pipewright_diagnostic::{Diagnostic, Failure, code};
use pipewright_engine::{JobFailure, Retain, Run, Value};
use pipewright_frame::{Entry, Role, Schema};
use pipewright_operator::Data;
use pipewright_plan::{JobGraph, JobId, Pin, Plan, Tables, TargetFacts, lower_tables};
use std::sync::Arc;

/// Maximum number of classes.
const CLASSES_MAX: usize = 10_000;

/// Computes each pipeline's table down to the first stage that learns, and returns what is known then.
///
/// # Errors
/// The failure of the first job that fails.
pub(crate) fn pins(
    plan: &Plan,
    graph: &mut JobGraph,
    run: &mut Run<'_>,
) -> Result<(Vec<Option<Pin>>, Vec<Tables>), JobFailure> {
    let tables = lower_tables(plan, graph);
    let demanded: Vec<JobId> = tables.iter().flat_map(Tables::jobs).collect();
    run.demand(graph, &demanded, Retain::ForLater);
    if let Some(failure) = run.failure(graph) {
        return Err(failure);
    }
    let mut pins = Vec::new();
    for (pipeline, tables) in plan.pipelines.iter().zip(&tables) {
        let target = pipeline.branches.first().and_then(|branch| branch.target.as_ref());
        let mut pin = pin_of(tables, run);
        if let (Some(pin), Some(target), Some(job)) = (&mut pin, target, tables.prepared) {
            let failed = |failure| JobFailure { job, stage: graph.jobs()[job].stage, round: None, failure };
            pin.target = data(run, job).map(|rows| facts(rows, target)).transpose().map_err(failed)?.flatten();
        }
        pins.push(pin);
    }
    Ok((pins, tables))
}

fn data<'a>(run: &'a Run<'_>, job: JobId) -> Option<&'a Data> {
    match run.value(job)? {
        Value::Data(data) => Some(data),
        _ => None,
    }
}

/// What is known of a pipeline's tables; joined tables have no target.
fn pin_of(tables: &Tables, run: &Run<'_>) -> Option<Pin> {
    let schema = |job: Option<JobId>| run.schema(job?).cloned();
    let others = tables.others.iter().map(|other| pin_of(other, run)).collect();
    Some(Pin { source: schema(tables.source)?, prepared: schema(tables.prepared), target: None, others })
}

fn facts(rows: &Data, target: &str) -> Result<Option<TargetFacts>, Failure> {
    if rows.schema().find(target).is_none() {
        return Ok(None);
    }
    let table = rows.select(&[target.into()])?;
    let classes = table.classes(target)?;
    let distinct = classes.len();
    let few = (distinct <= CLASSES_MAX).then_some(classes);
    Ok(Some(TargetFacts { rows: table.rows(), distinct, classes: few }))
}

/// Notes on features that look like ids of the rows and reach the model in some form.
pub(crate) fn likely_ids(plan: &Plan, tables: &[Tables], run: &Run<'_>) -> Vec<Diagnostic> {
    let mut notes: Vec<Diagnostic> = Vec::new();
    for (pipeline, tables) in plan.pipelines.iter().zip(tables) {
        let Some(Data::Table(table)) = tables.prepared.and_then(|job| data(run, job)) else { continue };
        for path in plan.paths_of(pipeline) {
            let Some(training) = path.training() else { continue };
            let learned = training.checked_sub(1).and_then(|last| path.nodes[last].schema.as_ref());
            let is_learned = |name: &Arc<str>| learned.is_none_or(|schema| tells_of(schema, name));
            for name in table.features().into_iter().filter(|name| table.is_row_number(name) && is_learned(name)) {
                let message = format!("`{name}` looks like an id: it numbers the rows");
                let note = Diagnostic::note(code::LIKELY_ID, message).label(path.nodes[training].span, "");
                let written = pipewright_syntax::written_name(&name);
                notes.push(note.help(format!("if it is only an id: drop {written}")));
            }
        }
    }
    notes
}

/// Is a feature computed from this column?
fn tells_of(schema: &Schema, name: &Arc<str>) -> bool {
    schema.entries().iter().any(|entry| match entry {
        Entry::Column(column) => column.role == Role::Feature && column.sources.contains(name),
        Entry::Open { from, .. } | Entry::Undecided { from } => from == name,
    })
}

/// Notes on what a check cannot decide without reading all of the data.
pub(crate) fn undecided(plan: &Plan) -> Vec<Diagnostic> {
    let mut notes = Vec::new();
    for path in plan.pipelines.iter().filter_map(|pipeline| plan.paths_of(pipeline).next()) {
        let Some(first) = path.nodes.first() else { continue };
        let message = if first.schema.is_none() {
            "not decidable yet, as there is no data: columns, kinds, the target and its classes"
        } else {
            "not decidable yet, as only the head of the data was read: the kinds of columns further down"
        };
        notes.push(Diagnostic::note(code::UNDECIDED, message).label(first.span, ""));
        if let (Some(training), Some(_), None) = (path.training(), &first.schema, &path.branch.task) {
            let message = "not decidable until it runs: whether the model fits the target";
            notes.push(Diagnostic::note(code::UNDECIDED, message).label(path.nodes[training].span, ""));
        }
    }
    notes
}
