//! Rows that can be recombined: all that model-agnostic methods need from data.
//!
//! A *hybrid row* takes some columns from one row and some from another. Permutation importance, Shapley values, partial
//! dependence and the rest are functions of what a model says about hybrid rows, so every value that they show to the
//! model occurs in the data.

use pipewright_diagnostic::{Failure, code};
use pipewright_learn::Features;
use pipewright_learn::data::{Categories, Column, Shared};
use pipewright_table::{ColumnType, Role, Table};
use std::collections::HashMap;
use std::sync::Arc;

/// Rows of named columns, of which hybrid rows can be made.
pub trait Rows: Sized + Send + Sync {
    /// The number of rows.
    fn rows(&self) -> usize;

    /// The names of the columns that can be explained, in order.
    fn names(&self) -> Vec<String>;

    /// The rows of both, these first.
    ///
    /// # Errors
    /// A [`Failure`] if their columns differ.
    fn stack(&self, below: &Self) -> Result<Self, Failure>;

    /// Makes hybrid rows: row `i` has column `c` of row `from[c][i]`, and of row `rest[i]` whatever is not among
    /// [`Rows::names`].
    ///
    /// # Errors
    /// A [`Failure`] if such rows cannot be made.
    ///
    /// # Panics
    /// If there is not a list per column, they are not of the length of `rest`, or there are not that many rows.
    fn hybrid(&self, rest: &[u32], from: &[&[u32]]) -> Result<Self, Failure>;

    /// The values of a column, to order and to compare them: numbers (NaN where missing) or categories. Times are
    /// seconds.
    ///
    /// # Errors
    /// A [`Failure`] if the values cannot be compared, such as infinite ones.
    ///
    /// # Panics
    /// If there is no such column.
    fn values(&self, column: usize) -> Result<Column, Failure>;

    /// The rows at these positions, in this order.
    ///
    /// # Errors
    /// As [`Rows::hybrid`].
    ///
    /// # Panics
    /// If there are not that many rows.
    fn take(&self, rows: &[u32]) -> Result<Self, Failure> {
        self.hybrid(rows, &vec![rows; self.names().len()])
    }
}

impl Rows for Features {
    fn rows(&self) -> usize {
        Features::rows(self)
    }

    fn names(&self) -> Vec<String> {
        Features::names(self).to_vec()
    }

    fn stack(&self, below: &Features) -> Result<Features, Failure> {
        if Features::names(self) != Features::names(below) {
            return Err(Failure::new(code::WRONG_WIDTH, "the rows have different columns"));
        }
        let column = |index: usize| match (self.stored(index), below.stored(index)) {
            (Column::Categories(above), Column::Categories(below)) => Ok(Column::Categories(stacked(above, below))),
            (Column::Categories(_), _) | (_, Column::Categories(_)) => {
                let message = "the rows have categories in one table, and numbers in the other";
                Err(Failure::new(code::TYPE_MISMATCH, message).column(&Features::names(self)[index]))
            }
            _ => Ok(Column::Dense([self.column(index), below.column(index)].concat().into())),
        };
        let columns = (0..self.columns()).map(column).collect::<Result<_, _>>()?;
        Ok(Features::from_columns(self.rows() + below.rows(), Features::names(self).clone(), columns))
    }

    fn hybrid(&self, rest: &[u32], from: &[&[u32]]) -> Result<Features, Failure> {
        assert_eq!(from.len(), self.columns(), "a list per column");
        let columns = from.iter().enumerate().map(|(index, rows)| self.stored(index).take(rows)).collect();
        Ok(Features::from_columns(rest.len(), Features::names(self).clone(), columns))
    }

    fn values(&self, column: usize) -> Result<Column, Failure> {
        match self.stored(column) {
            Column::Categories(categories) => Ok(Column::Categories(categories.clone())),
            _ => finite(&Features::names(self)[column], self.column(column).to_vec()),
        }
    }
}

/// Categories of both, with the levels of both.
fn stacked(above: &Categories, below: &Categories) -> Categories {
    if above.levels() == below.levels() {
        return Categories::new([above.codes(), below.codes()].concat().into(), above.levels().into());
    }
    let mut levels = above.levels().to_vec();
    // Never iterated, so its order is irrelevant.
    let mut places: HashMap<String, u32> = levels.iter().cloned().zip(0..).collect();
    let mut place = |level: &String| {
        *places.entry(level.clone()).or_insert_with(|| {
            levels.push(level.clone());
            levels.len() as u32 - 1
        })
    };
    let known: Vec<u32> = below.levels().iter().map(&mut place).collect();
    let code = |&code: &u32| if code == Categories::MISSING { code } else { known[code as usize] };
    let codes: Vec<u32> = above.codes().iter().copied().chain(below.codes().iter().map(code)).collect();
    Categories::new(Shared::from(codes), levels.into())
}

/// A column of numbers, none of them infinite.
fn finite(name: &str, values: Vec<f64>) -> Result<Column, Failure> {
    match values.iter().position(|value| value.is_infinite()) {
        None => Ok(Column::Dense(values.into())),
        Some(row) => {
            let failure = Failure::new(code::NON_FINITE, "a column contains an infinite value");
            Err(failure.column(name).row(row as u64 + 1))
        }
    }
}

/// Columns of the role feature can be explained; the target and the rest come from the row that is explained.
impl Rows for Table {
    fn rows(&self) -> usize {
        Table::rows(self)
    }

    fn names(&self) -> Vec<String> {
        self.features().iter().map(|name| name.to_string()).collect()
    }

    fn stack(&self, below: &Table) -> Result<Table, Failure> {
        Table::concat(&[self.clone(), below.clone()])
    }

    fn hybrid(&self, rest: &[u32], from: &[&[u32]]) -> Result<Table, Failure> {
        let mut lists = from.iter();
        let mut stored = Vec::with_capacity(self.columns().len());
        for column in self.columns() {
            let rows = match column.role {
                Role::Feature => *lists.next().expect("a list per column"),
                _ => rest,
            };
            stored.extend(self.select(&[&column.name])?.take(rows).into_parts().1);
        }
        assert!(lists.next().is_none(), "a list per column");
        Ok(Table::with_stored(self.columns().to_vec(), stored, rest.len())?.with_origin(self.origin().cloned()))
    }

    fn values(&self, column: usize) -> Result<Column, Failure> {
        let name = &self.features()[column];
        match self.column(name)?.kind {
            ColumnType::Continuous | ColumnType::Count => {
                finite(name, self.numbers_or_nan(std::slice::from_ref(name))?)
            }
            ColumnType::Date | ColumnType::Time => finite(name, self.moments_or_nan(name)?),
            ColumnType::Bool | ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => {
                let levels = self.classes(name)?;
                let codes = self.codes(name, &levels)?;
                let codes: Vec<u32> = codes.into_iter().map(|code| code.unwrap_or(Categories::MISSING)).collect();
                Ok(Column::Categories(Categories::new(codes.into(), Arc::from(levels))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipewright_table::testing::table;

    #[test]
    fn hybrids_of_features_take_each_column_from_its_row() {
        let levels = Arc::from(["a".to_owned(), "b".to_owned()]);
        let categories = Column::Categories(Categories::new(vec![0, 1, Categories::MISSING].into(), levels));
        let numbers = Column::Dense(vec![1.0, f64::NAN, 3.0].into());
        let names: Arc<[String]> = ["x".to_owned(), "c".to_owned()].into();
        let rows = Features::from_columns(3, names, vec![numbers, categories]);
        let hybrid = rows.hybrid(&[0, 0], &[&[2, 0], &[1, 2]]).unwrap();
        assert_eq!(hybrid.column(0), [3.0, 1.0]);
        let Column::Categories(found) = hybrid.stored(1) else { panic!("categories stay categories") };
        assert_eq!(found.codes(), [1, Categories::MISSING]);
    }

    #[test]
    fn stacked_categories_have_the_levels_of_both() {
        let column = |codes: Vec<u32>, levels: &[&str]| {
            let levels: Vec<String> = levels.iter().map(|level| (*level).to_owned()).collect();
            let column = Column::Categories(Categories::new(codes.into(), levels.into()));
            Features::from_columns(column.rows(), ["c".to_owned()].into(), vec![column])
        };
        let both =
            column(vec![0, 1], &["a", "b"]).stack(&column(vec![1, 0, Categories::MISSING], &["b", "z"])).unwrap();
        let Column::Categories(found) = both.stored(0) else { panic!("categories stay categories") };
        assert_eq!(found.codes(), [0, 1, 2, 1, Categories::MISSING]);
        assert_eq!(found.levels(), ["a", "b", "z"]);
        assert!(both.stack(&Features::from_rows(["c"], &[[1.0]])).is_err());
        assert!(both.stack(&Features::from_rows(["d"], &[[1.0]])).is_err());
    }

    #[test]
    fn hybrids_of_tables_keep_what_is_no_feature() {
        let rows = table("x,y,t\n1,a,10\n2,,20\n3,c,30\n").with_role("t", Role::Target).unwrap();
        assert_eq!(Rows::names(&rows), ["x", "y"]);
        let hybrid = rows.hybrid(&[1, 1], &[&[0, 2], &[2, 1]]).unwrap();
        let expected = table("x,y,t\n1,c,20\n3,,20\n").with_role("t", Role::Target).unwrap();
        assert_eq!(hybrid.to_string(), expected.to_string());
        let Column::Categories(found) = rows.values(1).unwrap() else { panic!("texts are categories") };
        assert_eq!(found.codes(), [0, Categories::MISSING, 1]);
        assert_eq!(Rows::take(&rows, &[2]).unwrap().rows(), 1);
    }
}
