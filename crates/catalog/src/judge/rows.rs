//! What the columns with roles say about how rows are split: groups, folds, times.

use super::eval::Gap;
use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_frame::{Column, ColumnType, Role, Table, quoted};
use pipewright_learn::split;
use pipewright_world::random::Key;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Warns of groups whose rows a fold column spreads over several folds.
pub(super) fn groups_in_folds(groups: &[u32], folds: &[u32], progress: &dyn Progress) {
    let mut fold_of: BTreeMap<u32, u32> = BTreeMap::new();
    let mut split: BTreeSet<u32> = BTreeSet::new();
    for (&group, &fold) in groups.iter().zip(folds) {
        if *fold_of.entry(group).or_insert(fold) != fold {
            split.insert(group);
        }
    }
    if !split.is_empty() {
        let message =
            format!("{} of {} groups have rows in several folds of the fold column", split.len(), fold_of.len());
        progress.notice(
            Failure::warning(code::GROUPS_TOGETHER, message).help("leave out the role group, or the role fold"),
        );
    }
}

pub(super) fn groups_together() -> Failure {
    let message = "rows of a group stay in the same fold, as there is a column with the role group";
    Failure::warning(code::GROUPS_TOGETHER, message).help("to say so in the script: eval group")
}

/// The column with this role.
pub(super) fn with_role(rows: &Table, role: Role) -> Option<Arc<str>> {
    rows.columns().iter().find(|column| column.role == role).map(|column| column.name.clone())
}

/// The group of each row. A row without one is a group of its own, which a warning counts.
pub(crate) fn groups(rows: &Table, progress: &dyn Progress) -> Result<Option<Vec<u32>>, Failure> {
    let Some(name) = with_role(rows, Role::Group) else { return Ok(None) };
    let values = rows.classes(&name)?;
    let codes = rows.codes(&name, &values)?;
    let mut alone = values.len() as u32..;
    let missing = codes.iter().filter(|code| code.is_none()).count();
    if missing > 0 {
        let rows = if missing == 1 { "1 row has".to_owned() } else { format!("{missing} rows have") };
        let message = format!("{rows} no `{name}`: each is a group of its own");
        progress.notice(Failure::warning(code::GROUPS_TOGETHER, message).help("drop them: | dropna on the group"));
    }
    Ok(Some(codes.into_iter().map(|code| code.or_else(|| alone.next()).unwrap_or(u32::MAX)).collect()))
}

/// The fold of each row, if a column gives it.
///
/// # Errors
/// `MISSING_VALUES` for rows without a fold.
pub(super) fn folds(rows: &Table) -> Result<Option<Vec<u32>>, Failure> {
    let Some(name) = with_role(rows, Role::Fold) else { return Ok(None) };
    let codes = rows.codes(&name, &rows.classes(&name)?)?;
    let missing = codes.iter().filter(|code| code.is_none()).count();
    let codes: Option<Vec<u32>> = codes.into_iter().collect();
    let message = format!("{missing} values are missing in `{name}`, the column of folds");
    let failure = || Failure::new(code::MISSING_VALUES, message).column(&*name).help("drop these rows, or name a fold");
    codes.map(Some).ok_or_else(failure)
}

/// Groups of rows that are equal in all features and the target.
pub(super) fn equal(rows: &Table) -> Result<Vec<u32>, Failure> {
    let compares = rows.columns().iter().filter(|column| matches!(column.role, Role::Feature | Role::Target));
    let names: Vec<Arc<str>> = compares.map(|column| column.name.clone()).collect();
    let mut numbers: BTreeMap<u64, u32> = BTreeMap::new();
    let number = |hash| {
        let next = numbers.len() as u32;
        *numbers.entry(hash).or_insert(next)
    };
    Ok(rows.row_hashes(&names)?.into_iter().map(number).collect())
}

/// The time of each row: in seconds for dates and times; the row number if no column has the role time. A gap of time
/// needs times: without the role, those of the only date.
pub(super) fn times(rows: &Table, gap: Option<&Gap>, progress: &dyn Progress) -> Result<Vec<f64>, Failure> {
    if let Some(name) = with_role(rows, Role::Time) {
        return rows.moments(&name);
    }
    if !matches!(gap, Some(Gap::Duration(_))) {
        return Ok((0..rows.rows()).map(|row| row as f64).collect());
    }
    let dates: Vec<&Column> = rows.columns().iter().filter(|column| column.kind == ColumnType::Date).collect();
    let [date] = dates.as_slice() else {
        let message = format!("a gap of time needs a column of times, and the table has {} dates", dates.len());
        return Err(Failure::new(code::MISSING_ARGUMENT, message).help("name it: role time=NAME"));
    };
    let message = format!("rows are ordered by `{}`, the only date", date.name);
    let written = quoted(&date.name);
    progress.notice(
        Failure::note(code::TIME_CHOSEN, message).help(format!("to say so in the script: | role time={written}")),
    );
    rows.moments(&date.name)
}

/// Without shuffling, the holdout is the end of the table.
pub(super) fn last_rows(rows: usize, share: f64) -> Result<split::Fold, Failure> {
    let folds = split::holdout(rows, share, Key::new(0))?;
    let train = u32::try_from(folds.train.len()).expect("tables have fewer than 2^32 rows");
    let end = u32::try_from(rows).expect("tables have fewer than 2^32 rows");
    Ok(split::Fold { train: (0..train).collect(), test: (train..end).collect() })
}

/// The latest rows are held out, and no row of their time is trained on.
pub(super) fn latest_rows(rows: &Table, share: f64, progress: &dyn Progress) -> Result<split::Fold, Failure> {
    let train = split::holdout(rows.rows(), share, Key::new(0))?.train.len();
    let times = times(rows, None, progress)?;
    let mut sorted = times.clone();
    sorted.sort_by(f64::total_cmp);
    let first = sorted[train];
    let (test, train): (Vec<u32>, Vec<u32>) = (0..).take(times.len()).partition(|&row| times[row as usize] >= first);
    if train.is_empty() {
        let message = "all rows have the same time, so none is earlier than those held out";
        return Err(Failure::new(code::TOO_FEW_ROWS, message));
    }
    Ok(split::Fold { train, test })
}

/// The gap in the unit of the times: seconds for dates.
pub(super) fn seconds(gap: &Gap) -> f64 {
    match gap {
        Gap::Duration(duration) => duration.seconds,
        Gap::Number(number) => number.0,
    }
}
