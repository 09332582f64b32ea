//! Scores of groups of rows, such as those of each sex: does the model serve all of them?

use pipewright_diagnostic::{Failure, code};
use pipewright_frame::Table;
use pipewright_operator::result::{FoldResult, Score, Subgroup, Subgroups};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Maximum number of groups of a report.
const GROUPS_MAX: usize = 100;

/// The group of rows without a value.
const MISSING: &str = "(missing)";

/// The group of each row: the value of a column.
pub(super) fn names(rows: &Table, by: &Arc<str>) -> Result<Vec<Arc<str>>, Failure> {
    let values = rows.classes(by)?;
    if values.len() > GROUPS_MAX {
        let message = format!("`{by}` has {} values; at most {GROUPS_MAX} groups are scored apart", values.len());
        let help = "group its values first: derive band = if age > 60 then \"old\" else \"young\"";
        return Err(Failure::new(code::LIMIT_REACHED, message).column(&**by).help(help));
    }
    let names: Vec<Arc<str>> = values.iter().map(|value| Arc::from(value.as_str())).collect();
    let missing: Arc<str> = MISSING.into();
    let name = |code: Option<u32>| code.map_or_else(|| missing.clone(), |code| names[code as usize].clone());
    Ok(rows.codes(by, &values)?.into_iter().map(name).collect())
}

/// The scores of each group, of its rows in all folds together.
pub(super) fn scored(
    by: &Arc<str>,
    results: &[FoldResult],
    scores: impl Fn(&FoldResult) -> Vec<Score>,
) -> Option<Subgroups> {
    let all = FoldResult::concat(results.to_vec())?;
    let mut rows_of: BTreeMap<Arc<str>, Vec<u32>> = BTreeMap::new();
    for (name, row) in all.groups.as_ref()?.iter().zip(0..) {
        rows_of.entry(name.clone()).or_default().push(row);
    }
    let group = |(name, rows): (Arc<str>, Vec<u32>)| {
        let scores = scores(&all.take(&rows));
        Subgroup { name, rows: rows.len(), scores }
    };
    Some(Subgroups { by: by.clone(), groups: rows_of.into_iter().map(group).collect() })
}
