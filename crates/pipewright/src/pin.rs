//! Pinning: one pass over the data before any fit, to find the kinds of all columns and the classes of the target.

use pipewright_diagnostic::{Diagnostic, Failure, code};
use pipewright_engine::{JobFailure, Retain, Run, Value};
use pipewright_frame::{Chunks, Complete, Entry, Role, Schema, Table};
use pipewright_operator::{Bound, Data};
use pipewright_plan::{JobGraph, JobId, Node, Path, Pin, Plan, Tables, TargetFacts, TimeOrder, Work, lower_tables};
use std::collections::BTreeMap;
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
        if let (Some(pin), true, Some(job)) = (&mut pin, pipeline.asks_complete, tables.prepared) {
            let failed = |failure| JobFailure { job, stage: graph.jobs()[job].stage, round: None, failure };
            pin.complete = data(run, job).map(complete).transpose().map_err(failed)?;
        }
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
    Some(Pin {
        source: schema(tables.source)?,
        prepared: schema(tables.prepared),
        complete: None,
        target: None,
        others,
    })
}

/// The columns in which no value is missing.
fn complete(rows: &Data) -> Result<Complete, Failure> {
    let stream = match rows {
        Data::Table(table) => return Ok(Complete::of(table)),
        Data::Stream(stream) => stream,
    };
    let mut complete = Complete::of(&Table::empty(&stream.schema())?);
    stream.for_each(
        |_, chunk: Table| Ok(Complete::of(&chunk)),
        |of_chunk| {
            complete = complete.and(&of_chunk);
            Ok(())
        },
    )?;
    Ok(complete)
}

fn facts(rows: &Data, target: &str) -> Result<Option<TargetFacts>, Failure> {
    if rows.schema().find(target).is_none() {
        return Ok(None);
    }
    let schema = rows.schema();
    let group = schema.with_role(Role::Group).map(|column| column.name.clone());
    let groups = group.map(|group| number_of_groups(rows, &group)).transpose()?.flatten();
    let (rows, values) = different(rows, &target.into())?;
    let classes = values.classes(target)?;
    let distinct = classes.len();
    let few = (distinct <= CLASSES_MAX).then_some(classes);
    Ok(Some(TargetFacts { rows, distinct, classes: few, groups }))
}

/// Returns the number of groups of rows in memory. A row without one is a group of its own.
fn number_of_groups(rows: &Data, group: &Arc<str>) -> Result<Option<usize>, Failure> {
    let Data::Table(table) = rows else { return Ok(None) };
    let groups = table.classes(group)?;
    let alone = table.codes(group, &groups)?.into_iter().filter(Option::is_none).count();
    Ok(Some(groups.len() + alone))
}

/// Returns the number of rows, and a table of the different values of a column; of rows beyond the memory limit, at
/// least one more than there can be classes if there are that many.
fn different(rows: &Data, name: &Arc<str>) -> Result<(usize, Table), Failure> {
    let name = std::slice::from_ref(name);
    let stream = match rows {
        Data::Table(table) => return Ok((table.rows(), table.select(name)?)),
        Data::Stream(stream) => stream,
    };
    let (mut count, mut found) = (0, Table::empty(&stream.schema())?.select(name)?);
    let of_chunk = |_, chunk: Table| Ok((chunk.rows(), chunk.select(name)?.dedup(name)?));
    stream.for_each(of_chunk, |(rows, values)| {
        count += rows;
        // A missing value is none of the classes.
        if found.rows() <= CLASSES_MAX + 1 {
            found = Table::concat(&[found.clone(), values])?.dedup(name)?;
        }
        Ok(())
    })?;
    Ok((count, found))
}

/// Everything that the prepared rows say about a plan.
pub(crate) fn findings(plan: &Plan, tables: &[Tables], graph: &JobGraph, run: &Run<'_>) -> Vec<Diagnostic> {
    let mut findings = likely_ids(plan, tables, run);
    for (pipeline, tables) in plan.pipelines.iter().zip(tables) {
        let rows = tables.prepared.and_then(|job| data(run, job));
        let mut orders: Vec<&TimeOrder> = Vec::new();
        for order in pipeline.branches.iter().flat_map(|branch| &branch.in_time) {
            if !orders.contains(&order) {
                orders.push(order);
            }
        }
        findings.extend(orders.into_iter().filter_map(|order| backwards(rows?, order)));
    }
    findings.extend(repeated_rows(plan, graph, run));
    findings
}

/// Time that goes back where a stage depends on the order of rows.
fn backwards(rows: &Data, order: &TimeOrder) -> Option<Diagnostic> {
    let names: Vec<Arc<str>> = std::iter::once(&order.time).chain(&order.within).cloned().collect();
    let table = rows.select(&names).ok()?;
    let times = table.moments(&order.time).ok()?;
    let mut keys = vec![Vec::new(); table.rows()];
    for name in &order.within {
        let codes = table.classes(name).and_then(|classes| table.codes(name, &classes)).ok()?;
        keys.iter_mut().zip(codes).for_each(|(key, code)| key.push(code));
    }
    let mut latest: BTreeMap<Vec<Option<u32>>, f64> = BTreeMap::new();
    let (row, _) = keys.into_iter().zip(&times).enumerate().find(|(_, (key, time))| {
        let before = latest.insert(key.clone(), **time);
        before.is_some_and(|before| **time < before || (order.strict && **time == before))
    })?;
    let time = &order.time;
    let how = if order.strict { "does not go forward" } else { "goes back" };
    let message = format!("this stage depends on the order of rows, and `{time}` {how} in row {}", row + 1);
    let written = pipewright_syntax::written_name(time);
    let (label, help) = match order.strict {
        true => (
            "a target of the same time is not known yet",
            "look back within groups whose times differ: over(KEY)".to_owned(),
        ),
        false => ("earlier rows are later ones here", format!("sort the rows above it: sort {written}")),
    };
    Some(Diagnostic::error(code::ORDER_SHUFFLED, message).label(order.at, label).help(help))
}

/// Stages that make several rows of one, in a pipeline that is evaluated and keeps no groups together.
fn repeated_rows(plan: &Plan, graph: &JobGraph, run: &Run<'_>) -> Vec<Diagnostic> {
    let mut warnings: Vec<Diagnostic> = Vec::new();
    for path in plan.paths().filter(splits_rows) {
        for (&id, node) in path.branch.path.iter().zip(&path.nodes) {
            let mut jobs = graph.jobs().iter().enumerate();
            let job = jobs.find(|(_, job)| job.stage == id && matches!(job.work, Work::Rows(..)));
            let rows = job.and_then(|(id, job)| Some((run.rows(id)?, run.rows(*job.inputs.first()?)?)));
            let Some((after, before)) = rows.filter(|(after, before)| after > before && *before > 0) else { continue };
            let message = format!(
                "`{}` makes {after} rows of {before}: rows made of one row may be in several folds",
                node.verb.spec.name
            );
            let help = "keep the rows that belong together in one fold: role group=NAME";
            let warning = Diagnostic::warning(code::REPEATED_ROWS, message).label(node.span, "").help(help);
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
    }
    warnings
}

/// Is the pipeline evaluated, without keeping groups of rows together?
pub(crate) fn splits_rows(path: &Path<'_>) -> bool {
    let is_grouped = |node: &&Node| {
        let schema = node.schema.as_ref();
        schema.is_some_and(|schema| schema.columns().any(|column| column.role == Role::Group))
    };
    path.nodes.iter().any(|node| matches!(node.bound, Bound::Evaluator(_))) && !path.nodes.iter().any(is_grouped)
}

/// Notes on features that look like ids of the rows and reach the model in some form.
fn likely_ids(plan: &Plan, tables: &[Tables], run: &Run<'_>) -> Vec<Diagnostic> {
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
