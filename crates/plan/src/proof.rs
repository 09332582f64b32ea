//! Proof of honest rounds: no job that learns in a scope depends on a row that a round of the scope holds out.
//!
//! The value of a job depends on rows in two ways. It may *be* some rows, or be computed row by row from them; and it
//! may have been *learned* from rows: a state, a model, a choice, and whatever those were applied to. A
//! [`Pick`](Work::Pick) restricts the rows of a table, but not the rows that something was learned from before. Both
//! are sets of regions: a region is a path of (split, round, part), with all rows of the sources as the empty path.
//!
//! A job learns honestly in the scope (s₁, r₁), (s₂, r₂), … if every region that its inputs depend on begins with
//! (s₁, r₁, train), (s₂, r₂, train), …. The assignment of rows to rounds may depend on all rows of the split: on the
//! classes of the target, on groups and times.

use crate::graph::{Job, JobGraph, JobId, Part, Work};
use std::collections::BTreeSet;

/// Checks the graph.
///
/// # Errors
/// The first job that breaks the rule, and why.
pub(crate) fn check(graph: &JobGraph) -> Result<(), String> {
    let mut origins: Vec<Origin> = Vec::with_capacity(graph.jobs().len());
    for (id, job) in graph.jobs().iter().enumerate() {
        if job.inputs.iter().any(|&input| input >= id) {
            return Err(format!("job {id} depends on a later one"));
        }
        let inputs = job.inputs.iter().fold(Origin::default(), |all, &input| all.and(&origins[input]));
        if learns(&job.work) {
            honest(graph, id, job, &inputs)?;
        }
        origins.push(origin(job, inputs, &origins));
    }
    Ok(())
}

/// Part of the rows: those left after these picks, in order.
type Region = Vec<(JobId, usize, Part)>;

/// The rows that a value depends on.
#[derive(Debug, Clone, Default)]
struct Origin {
    /// The rows that it is, or that it was computed from row by row.
    rows: BTreeSet<Region>,
    /// The rows that its learned parts were learned from.
    learned: BTreeSet<Region>,
}

impl Origin {
    fn and(mut self, other: &Origin) -> Origin {
        self.rows.extend(other.rows.iter().cloned());
        self.learned.extend(other.learned.iter().cloned());
        self
    }
}

/// Does the result of the work depend on the values of several rows?
fn learns(work: &Work) -> bool {
    match work {
        Work::Fit { learns, .. } => *learns,
        Work::Learn(..)
        | Work::Adjust(..)
        | Work::Split(..)
        | Work::Apart(_)
        | Work::Choose(_)
        | Work::Suggest(..)
        | Work::ApplyTraining => true,
        _ => false,
    }
}

fn honest(graph: &JobGraph, id: JobId, job: &Job, inputs: &Origin) -> Result<(), String> {
    let scope = graph.rounds(job.scope);
    let allowed = |region: &Region| {
        scope.len() <= region.len()
            && scope.iter().zip(region).all(|(round, part)| *part == (round.split, round.index, Part::Train))
    };
    match inputs.rows.iter().chain(&inputs.learned).find(|region| !allowed(region)) {
        None => Ok(()),
        Some(region) => {
            let rounds: Vec<(JobId, usize)> = scope.iter().map(|round| (round.split, round.index)).collect();
            Err(format!("job {id} of the rounds {rounds:?} learns from rows outside their training rows: {region:?}"))
        }
    }
}

/// The rows that a job's value depends on, given those of its inputs.
fn origin(job: &Job, inputs: Origin, origins: &[Origin]) -> Origin {
    match &job.work {
        Work::Read(..) => Origin { rows: BTreeSet::from([Region::new()]), learned: BTreeSet::new() },
        Work::Pick(round, part) => {
            let table = &origins[job.inputs[0]];
            let picked =
                |region: &Region| region.iter().copied().chain([(job.inputs[1], *round, *part)]).collect::<Region>();
            Origin { rows: table.rows.iter().map(picked).collect(), learned: table.learned.clone() }
        }
        // The assignment of rows to rounds may depend on all of them: on the target's classes, on groups and times.
        Work::Split(..) | Work::Apart(_) => Origin::default(),
        // The rows that are appended are only ever held out.
        Work::Append => Origin { rows: origins[job.inputs[0]].rows.clone(), learned: inputs.learned },
        // A state holds no rows: it was learned from them.
        Work::Fit { learns: false, .. } => Origin { rows: BTreeSet::new(), learned: inputs.learned },
        Work::Fit { .. } | Work::Learn(..) | Work::Adjust(..) | Work::Choose(_) | Work::Suggest(..) => {
            Origin { rows: BTreeSet::new(), learned: inputs.rows.into_iter().chain(inputs.learned).collect() }
        }
        _ => inputs,
    }
}

#[cfg(test)]
mod tests;
