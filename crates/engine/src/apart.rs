//! Evaluation on another table: its rows are appended to those that are learned from, and held out.

use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_frame::{OnInvalid, Table};
use pipewright_operator::work::{Fitted, Round, Splitter};
use pipewright_operator::{Data, recast};
use std::sync::Arc;

/// Appends the rows of another table. They are read as the columns of `input`, from which the stages above have made the own
/// rows row by row, and go through these stages too.
pub(crate) fn appended(
    own: &Data,
    input: &Data,
    other: &Data,
    stages: &[Arc<dyn Fitted>],
    progress: &dyn Progress,
) -> Result<Data, Failure> {
    let (own, other) = (own.table()?, other.table()?);
    let rows = recast(&other, &input.columns(), OnInvalid::Error, progress)?;
    let rows = stages.iter().try_fold(rows, |rows, stage| stage.apply_owned(rows))?;
    let rows = recast(&rows, own.columns(), OnInvalid::Error, progress)?;
    Ok(Data::Table(Table::concat(&[own, rows])?))
}

/// The only round: it learns from the own rows, and holds out those that were appended.
pub(crate) fn apart(
    own: &Data,
    both: &Data,
    splitter: &dyn Splitter,
    progress: &dyn Progress,
) -> Result<Vec<Round>, Failure> {
    let (own, both) = (own.rows()? as u32, both.table()?);
    if both.rows() as u32 == own {
        return Err(Failure::new(code::EMPTY_DATA, "the table to evaluate on has no rows"));
    }
    let rounds = vec![Round { train: (0..own).collect(), test: (own..both.rows() as u32).collect() }];
    splitter.examine(&both, &rounds, progress);
    Ok(rounds)
}
