//! Joins of two tables.

use super::latest::Latest;
use super::of_different;
use arrow_array::ArrayRef;
use pipewright_diagnostic::{Failure, code, room_for};
use pipewright_table::rows::{Groups, Keys, Lookup, Members, NONE, STRIDE_ROWS, comparable, gather, joined};
use pipewright_table::text::plural;
use pipewright_table::{Column, ColumnType, Entry, Role, Schema, Table};
use rayon::prelude::*;
use std::sync::Arc;

/// The kind of a join.
#[derive(Debug, Clone, PartialEq)]
pub enum JoinKind {
    /// All matching pairs of rows.
    Inner,
    /// All matching pairs, and the unmatched rows of the left table with missing values.
    Left,
    /// As [`JoinKind::Left`], followed by the unmatched rows of the right table.
    Full,
    /// The rows of the left table with a match, once each and without new columns.
    Semi,
    /// The rows of the left table without a match.
    Anti,
    /// Every row of the left table, with the latest row of the right one that is not later; the last one on ties. The
    /// right table need not be sorted.
    AsOf {
        /// The time columns of both tables; numbers, dates or times of day.
        times: (Arc<str>, Arc<str>),
        /// Maximum distance back, if limited: in units of the column, in microseconds for dates and times.
        tolerance: Option<f64>,
    },
}

/// Joins two tables on equal values in the columns `on`. Missing values match nothing, not even each other.
///
/// Rows are in the order of the left table, and matches of one row in the order of the right one. The `on` columns of
/// the right table are dropped, as their values equal those on the left; a column whose name exists in the left table
/// gets the suffix ` (right)`. Roles and sources are kept; a target (weight, group …) of the right table becomes a
/// feature if the left one has one.
///
/// ```
/// use pipewright_frame::{JoinKind, Join, ReadOptions, csv};
/// let table = |text: &str| csv::read(text.as_bytes(), &ReadOptions::new("t.csv")).unwrap().0;
/// let (rides, cities) = (table("city,fare\nOslo,3\nRome,4\nBonn,8\n"), table("city,zone\nBonn,2\nOslo,1\n"));
/// let join = Join { how: JoinKind::Inner, on: vec![("city".into(), "city".into())] };
/// let joined = join.apply(&rides, &cities).unwrap();
/// assert_eq!(joined.numbers(&["fare".into(), "zone".into()]).unwrap(), [3.0, 8.0, 1.0, 2.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    /// The kind of join.
    pub how: JoinKind,
    /// The key columns of the left and the right table.
    pub on: Vec<(Arc<str>, Arc<str>)>,
}

/// The keys of the left and of the right table, column by column.
pub(super) type BothKeys = (Vec<Keys>, Vec<Keys>);

/// The error of a join without keys.
const NO_KEYS: &str = "a join needs key columns";

impl Join {
    /// Returns the output schema of [`Join::apply`].
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`], [`code::TYPE_MISMATCH`] for columns that are not comparable,
    /// [`code::DUPLICATE_COLUMN`] for a name that both tables have, even with ` (right)` added;
    /// [`code::MISSING_ARGUMENT`] if there are no key columns.
    pub fn schema(&self, left: &Schema, right: &Schema) -> Result<Schema, Failure> {
        if self.on.is_empty() && !matches!(self.how, JoinKind::AsOf { .. }) {
            return Err(Failure::new(code::MISSING_ARGUMENT, NO_KEYS));
        }
        for (one, other) in &self.on {
            comparable(left.column(one)?, right.column(other)?)?;
        }
        if let JoinKind::AsOf { times: (one, other), .. } = &self.how {
            Latest::check(left.column(one)?, right.column(other)?)?;
        }
        if self.how == JoinKind::Full {
            self.check_full(left, right)?;
        }
        let added = self.added(left, right).into_iter().map(|(_, column)| Entry::Column(column));
        // Members of an open group are kept, whatever they are.
        let comes_along = |entry: &&Entry| !self.only_looks() && !matches!(entry, Entry::Column(_));
        let open = right.entries().iter().filter(comes_along).cloned();
        of_different(left.entries().iter().cloned().chain(added).chain(open).collect())
    }

    /// Joins two tables.
    ///
    /// # Errors
    /// As [`Join::schema`]; [`code::LIMIT_REACHED`] for more than 2^32 pairs of rows; [`code::NON_FINITE`] with the row
    /// of a time that is not finite.
    pub fn apply(&self, left: &Table, right: &Table) -> Result<Table, Failure> {
        self.apply_counting(left, right).map(|(joined, _)| joined)
    }

    /// Like [`Join::apply`], and returns how many rows of the left table occur more than once in the result.
    ///
    /// # Errors
    /// As [`Join::apply`].
    pub fn apply_counting(&self, left: &Table, right: &Table) -> Result<(Table, usize), Failure> {
        let schema = self.schema(&left.schema(), &right.schema())?;
        let keys = self.keys(left, right)?;
        if let JoinKind::AsOf { times: (one, other), tolerance } = &self.how {
            let latest = Latest { left: left.array(one)?, right: right.array(other)?, tolerance: *tolerance };
            let rows = latest.rows(keys.as_ref(), (left.column(one)?, right.column(other)?))?;
            return Ok((self.put(&schema, left, None, right, &rows)?, 0));
        }
        let (left_keys, right_keys) = keys.expect("the schema was made, so there are columns to join on");
        let lookup = Lookup::of(right_keys);
        let found = lookup.find(&left_keys);
        let joined = match self.how {
            JoinKind::Semi => left.filter(&found.iter().map(|&code| Some(code != NONE)).collect()),
            JoinKind::Anti => left.filter(&found.iter().map(|&code| Some(code == NONE)).collect()),
            _ => {
                let row_bytes = row_bytes(left) + row_bytes(right);
                let pairs = Pairs::of(&found, lookup.groups(), self.how == JoinKind::Inner, row_bytes)?;
                let same = |rows: &[u32]| rows.chunk_by(|one, next| one == next).filter(|rows| rows.len() > 1).count();
                let repeated = pairs.left.as_deref().map_or(0, same);
                let joined = if self.how == JoinKind::Full {
                    let rest = unmatched(&found, lookup.groups());
                    self.put_full(&schema, left, right, &pairs, &rest)?
                } else {
                    self.put(&schema, left, pairs.left.as_deref(), right, &pairs.right)?
                };
                return Ok((joined, repeated));
            }
        };
        Ok((joined, 0))
    }

    /// Returns the keys of both tables, if there are key columns.
    fn keys(&self, left: &Table, right: &Table) -> Result<Option<BothKeys>, Failure> {
        let both = self.on.iter().map(|(one, other)| {
            let left = (left.column(one)?, left.array(one)?);
            let right = (right.column(other)?, right.array(other)?);
            Keys::of_both(left, right).map(|[left, right]| (left, right))
        });
        let both: Vec<(Keys, Keys)> = both.collect::<Result<_, Failure>>()?;
        Ok((!both.is_empty()).then(|| both.into_iter().unzip()))
    }

    /// Are no columns of the right table added?
    fn only_looks(&self) -> bool {
        matches!(self.how, JoinKind::Semi | JoinKind::Anti)
    }

    /// Returns the columns of the right table that are added, each with its original name.
    fn added(&self, left: &Schema, right: &Schema) -> Vec<(Arc<str>, Column)> {
        if self.only_looks() {
            return Vec::new();
        }
        let added = right.columns().filter(|column| !self.on.iter().any(|(_, other)| *other == column.name));
        let named = added.map(|column| {
            let mut new = column.clone();
            if left.find(&column.name).is_some() {
                new.name = format!("{} (right)", column.name).into();
            }
            if !matches!(new.role, Role::Feature | Role::Id) && left.with_role(new.role).is_some() {
                new.role = Role::Feature;
            }
            (column.name.clone(), new)
        });
        named.collect()
    }

    /// A full join fills the keys on the left with those on the right, so their types must agree.
    fn check_full(&self, left: &Schema, right: &Schema) -> Result<(), Failure> {
        for (one, other) in &self.on {
            let (one, other) = (left.column(one)?, right.column(other)?);
            if (one.kind.is_numeric() || other.kind.is_numeric()) && one.kind != other.kind {
                let message = format!("`{}` would hold {} and {}", one.name, plural(one.kind), plural(other.kind));
                return Err(Failure::new(code::TYPE_MISMATCH, message).column(&*one.name));
            }
        }
        Ok(())
    }

    /// Puts rows of the left table (all, if `None`) beside those of the right one.
    fn put(
        &self,
        schema: &Schema,
        left: &Table,
        left_rows: Option<&[u32]>,
        right: &Table,
        right_rows: &[u32],
    ) -> Result<Table, Failure> {
        let added = self.added(&left.schema(), &right.schema());
        let kept = left.arrays().iter().map(|array| (array, left_rows));
        let new = added.iter().map(|(name, _)| Ok((right.array(name)?, Some(right_rows))));
        let all = kept.map(Ok).chain(new).collect::<Result<Vec<_>, Failure>>()?;
        let arrays = all.par_iter().map(|(array, rows)| match rows {
            Some(rows) => gather(array, rows),
            None => (*array).clone(),
        });
        let arrays: Vec<ArrayRef> = arrays.collect();
        Table::with_rows(schema.columns().cloned().collect(), arrays, right_rows.len())
    }

    /// Puts the pairs, followed by the rows `rest` of the right table, whose keys go to the left.
    fn put_full(
        &self,
        schema: &Schema,
        left: &Table,
        right: &Table,
        pairs: &Pairs,
        rest: &[u32],
    ) -> Result<Table, Failure> {
        let above = self.put(schema, left, pairs.left.as_deref(), right, &pairs.right)?;
        let below = schema.columns().enumerate().map(|(place, column)| {
            let key = self.on.iter().find(|(one, _)| place < left.columns().len() && *one == column.name);
            match key {
                Some((_, other)) => Ok(gather(right.array(other)?, rest)),
                None if place < left.columns().len() => Ok(gather(&left.arrays()[place], &vec![NONE; rest.len()])),
                None => {
                    let (name, _) = &self.added(&left.schema(), &right.schema())[place - left.columns().len()];
                    Ok(gather(right.array(name)?, rest))
                }
            }
        });
        let below = below.collect::<Result<Vec<ArrayRef>, Failure>>()?;
        let both = above.arrays().iter().zip(below);
        let arrays = both.map(|(above, below)| joined(&[above.clone(), below]).expect("there are two arrays"));
        let arrays = arrays.collect();
        Table::with_rows(above.columns().to_vec(), arrays, pairs.right.len() + rest.len())
    }
}

/// Returns the unmatched rows of the right table.
fn unmatched(found: &[u32], groups: &Groups) -> Vec<u32> {
    let mut is_found = vec![false; groups.count()];
    found.iter().filter(|code| **code != NONE).for_each(|&code| is_found[code as usize] = true);
    let rest = (0..).zip(&groups.codes).filter(|(_, code)| **code == NONE || !is_found[**code as usize]);
    rest.map(|(row, _)| row).collect()
}

/// The bytes that a row takes on average.
fn row_bytes(table: &Table) -> u64 {
    table.memory_bytes() / table.rows().max(1) as u64
}

/// Matching rows of two tables.
struct Pairs {
    /// All rows in order, if `None`.
    left: Option<Vec<u32>>,
    /// [`NONE`] if there is no match.
    right: Vec<u32>,
}

impl Pairs {
    /// `found` is the group of each row of the left table among those of the right one; a row of the result takes
    /// `row_bytes`.
    fn of(found: &[u32], groups: &Groups, only_matches: bool, row_bytes: u64) -> Result<Pairs, Failure> {
        let keyed = groups.codes.par_iter().with_min_len(STRIDE_ROWS).filter(|code| **code != NONE).count();
        if keyed == groups.count() {
            return Ok(Pairs::of_single(found, groups, only_matches));
        }
        let members = Members::of(groups);
        // The pairs of one row of the left table.
        let pairs_of = |code: u32| match code {
            NONE if only_matches => &[],
            NONE => &[NONE][..],
            code => members.of_group(code as usize),
        };
        let rows_of = |(stride, codes): (usize, &[u32])| {
            let rows = (stride * STRIDE_ROWS) as u32..;
            let pairs = rows.zip(codes).flat_map(|(row, &code)| pairs_of(code).iter().map(move |&other| (row, other)));
            pairs.unzip::<u32, u32, Vec<u32>, Vec<u32>>()
        };
        let count: u64 = found.par_iter().with_min_len(STRIDE_ROWS).map(|&code| pairs_of(code).len() as u64).sum();
        if count >= u64::from(NONE) {
            let message = format!("{count} pairs of rows match, more than a table holds");
            return Err(
                Failure::new(code::LIMIT_REACHED, message).help("join on more columns, or group one table first")
            );
        }
        // Both row numbers of a pair, in parts and as a whole, and then the row.
        let pair_bytes = 4 * size_of::<u32>() as u64 + row_bytes;
        room_for(u128::from(count) * u128::from(pair_bytes), || format!("a join of {count} pairs of rows"))?;
        let parts: Vec<(Vec<u32>, Vec<u32>)> = found.par_chunks(STRIDE_ROWS).enumerate().map(rows_of).collect();
        let (mut left, mut right) = (Vec::with_capacity(count as usize), Vec::with_capacity(count as usize));
        for (more_left, more_right) in parts {
            left.extend(more_left);
            right.extend(more_right);
        }
        Ok(Pairs { left: Some(left), right })
    }

    /// Like [`Pairs::of`], for unique keys in the right table.
    fn of_single(found: &[u32], groups: &Groups, only_matches: bool) -> Pairs {
        let row_of = |&code: &u32| if code == NONE { NONE } else { groups.first[code as usize] };
        let right: Vec<u32> = found.par_iter().with_min_len(STRIDE_ROWS).map(row_of).collect();
        if !only_matches || right.par_iter().with_min_len(STRIDE_ROWS).all(|&row| row != NONE) {
            return Pairs { left: None, right };
        }
        let left = (0..).zip(&right).filter(|(_, row)| **row != NONE).map(|(row, _)| row).collect();
        Pairs { left: Some(left), right: right.into_iter().filter(|&row| row != NONE).collect() }
    }
}

/// Can this type be a time of rows?
pub(super) fn is_time(kind: ColumnType) -> bool {
    kind.is_numeric() || matches!(kind, ColumnType::Date | ColumnType::Time)
}
