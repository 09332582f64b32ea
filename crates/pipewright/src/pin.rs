//! Pinning: one pass over the data before any fit, for the kinds of all columns and the classes of the target.

use pipewright_diagnostic::{Diagnostic, Failure, code};
use pipewright_engine::{JobFailure, Observer, Outcome, Value, run};
use pipewright_frame::{Entry, Role, Schema};
use pipewright_operator::{Data, Surroundings};
use pipewright_plan::{Pin, Plan, Tables, TargetFacts, lower_tables};
use std::collections::HashMap;
use std::sync::Arc;

/// More different values than this are never classes.
const CLASSES_MAX: usize = 10_000;

/// Makes every pipeline's table down to its first stage that learns, and says what is known by it. The values of all
/// jobs are kept in the outcome.
pub(crate) fn pins(plan: &Plan, surroundings: &Surroundings, observer: &dyn Observer) -> (Vec<Option<Pin>>, Outcome) {
    let (graph, tables) = lower_tables(plan);
    let mut outcome = run(&graph, HashMap::new(), true, surroundings, observer);
    let mut failure = None;
    let known = |job: Option<usize>| match outcome.kept.get(&graph.jobs()[job?].key)? {
        Value::Data(data) => Some(data.schema()),
        _ => None,
    };
    let table = |job: Option<usize>| match outcome.kept.get(&graph.jobs()[job?].key)? {
        Value::Data(data) => Some(data),
        _ => None,
    };
    let pins = plan
        .pipelines
        .iter()
        .zip(&tables)
        .map(|(pipeline, tables)| {
            let source = table(tables.source)?.schema();
            let target = pipeline.target.as_ref().zip(table(tables.prepared));
            let target = target.and_then(|(target, rows)| {
                facts(rows, target).unwrap_or_else(|problem| {
                    let stage = graph.jobs()[tables.prepared?].stage;
                    failure.get_or_insert(JobFailure { stage, round: None, failure: problem });
                    None
                })
            });
            let others = tables.others.iter().map(|other| pin_of(other, &known)).collect();
            Some(Pin { source, prepared: known(tables.prepared), target, others })
        })
        .collect();
    outcome.failure = outcome.failure.or(failure);
    (pins, outcome)
}

/// What is known of another table: it has no target.
fn pin_of(tables: &Tables, known: &impl Fn(Option<usize>) -> Option<Schema>) -> Option<Pin> {
    let others = tables.others.iter().map(|other| pin_of(other, known)).collect();
    Some(Pin { source: known(tables.source)?, prepared: known(tables.prepared), target: None, others })
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

/// Features that look like a name of the rows themselves, and reach the model in some shape, a note each.
pub(crate) fn likely_ids(plan: &Plan, outcome: &Outcome) -> Vec<Diagnostic> {
    let (graph, tables) = lower_tables(plan);
    let mut notes = Vec::new();
    for (pipeline, tables) in plan.pipelines.iter().zip(&tables) {
        let (Some(training), Some(job)) = (pipeline.training(), tables.prepared) else { continue };
        let Some(Value::Data(Data::Table(table))) = outcome.kept.get(&graph.jobs()[job].key) else { continue };
        let learned = training.checked_sub(1).and_then(|last| pipeline.nodes[last].schema.as_ref());
        let is_learned = |name: &Arc<str>| learned.is_none_or(|schema| tells_of(schema, name));
        let names = table.features().into_iter().filter(|name| table.is_row_number(name) && is_learned(name));
        for name in names {
            let message = format!("`{name}` looks like an id: it counts the rows");
            let note = Diagnostic::note(code::LIKELY_ID, message).label(pipeline.nodes[training].span, "");
            let written = pipewright_syntax::written_name(&name);
            notes.push(note.help(format!("if it says nothing about them: drop {written}")));
        }
    }
    notes
}

/// Is a feature made from this column?
fn tells_of(schema: &Schema, name: &Arc<str>) -> bool {
    schema.entries().iter().any(|entry| match entry {
        Entry::Column(column) => column.role == Role::Feature && column.sources.contains(name),
        Entry::Open { from, .. } | Entry::Undecided { from } => from == name,
    })
}

/// What a check that has not seen all of the data leaves open, a note each.
pub(crate) fn undecided(plan: &Plan) -> Vec<Diagnostic> {
    let mut notes = Vec::new();
    for pipeline in &plan.pipelines {
        let Some(first) = pipeline.nodes.first() else { continue };
        let message = if first.schema.is_none() {
            "not decidable yet, as there is no data to look at: columns, kinds, the target and its classes"
        } else {
            "not decidable yet, as only the head of the data was looked at: the kinds of columns further down"
        };
        notes.push(Diagnostic::note(code::UNDECIDED, message).label(first.span, ""));
        if let (Some(training), Some(_), None) = (pipeline.training(), &first.schema, &pipeline.task) {
            let message = "not decidable yet: whether the model fits the target, whose values are counted when it runs";
            notes.push(Diagnostic::note(code::UNDECIDED, message).label(pipeline.nodes[training].span, ""));
        }
    }
    notes
}
