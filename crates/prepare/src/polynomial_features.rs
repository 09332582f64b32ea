//! Polynomial features: powers and products of columns.

use crate::columns::{applies, bad_state, chosen, shown, validate_names};
use crate::{Estimator, State, Summary};
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, Float64Array};
use arrow_buffer::NullBuffer;
use arrow_schema::DataType;
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::Selection;
use pipewright_table::numbers::non_finite;
use pipewright_table::{Column, ColumnType, Entry, Role, Schema, Table};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Appends the products of columns to the table: `age^2`, `age × fare`. A product is missing if a factor is.
///
/// The terms and their order are those of scikit-learn's `PolynomialFeatures`, without the constant and the columns
/// themselves, which are kept.
///
/// ```
/// use pipewright_frame::{PolynomialFeatures, ReadOptions, State, csv, fit};
/// let (table, _) = csv::read(b"a,b\n2,3\n", &ReadOptions::new("t.csv")).unwrap();
/// let products = fit(&PolynomialFeatures::of_degree(2), &table).unwrap().apply(&table).unwrap();
/// assert_eq!(products.show(5, 80), "a  b  a^2  a × b  b^2\n2  3    4      6    9\n");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct PolynomialFeatures {
    /// Maximum number of factors of a product, 2 to 4.
    pub degree: usize,
    /// Include powers, not just products of different columns?
    pub powers: bool,
    /// The columns, of numbers or booleans (0 and 1); all numeric features if `None`.
    pub on: Option<Selection>,
}

const DEGREE_MAX: usize = 4;
/// Maximum number of products.
const PRODUCTS_MAX: usize = 10_000;

impl PolynomialFeatures {
    /// Powers and products of up to `degree` factors.
    #[must_use]
    pub fn of_degree(degree: usize) -> PolynomialFeatures {
        PolynomialFeatures { degree, powers: true, on: None }
    }

    /// Products of two different columns.
    #[must_use]
    pub fn of_pairs() -> PolynomialFeatures {
        PolynomialFeatures { degree: 2, powers: false, on: None }
    }

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        let takes = |kind: ColumnType| kind.is_numeric() || (self.on.is_some() && kind == ColumnType::Bool);
        let columns = chosen(self.on.as_ref(), input, "a product", takes)?;
        if !(2..=DEGREE_MAX).contains(&self.degree) {
            let message = format!("products of {} factors; supported are 2 to {DEGREE_MAX}", self.degree);
            return Err(Failure::new(code::BAD_VALUE, message));
        }
        if terms(columns.len(), self.degree, self.powers).is_none() {
            let message = format!("{} columns have more than {PRODUCTS_MAX} products", columns.len());
            let failure = Failure::new(code::LIMIT_REACHED, message);
            return Err(failure.help("choose fewer columns after `on`, or a lower degree"));
        }
        Ok(columns)
    }
}

/// Returns the factors of each product, as indices of columns; `None` if there are too many.
fn terms(columns: usize, degree: usize, powers: bool) -> Option<Vec<Vec<usize>>> {
    let mut terms: Vec<Vec<usize>> = Vec::new();
    let mut shorter: Vec<Vec<usize>> = (0..columns.min(PRODUCTS_MAX + 1)).map(|place| vec![place]).collect();
    for _ in 1..degree {
        let mut longer = Vec::new();
        for term in &shorter {
            let last = term[term.len() - 1];
            for place in last + usize::from(!powers)..columns {
                longer.push([&term[..], &[place]].concat());
                if terms.len() + longer.len() > PRODUCTS_MAX {
                    return None;
                }
            }
        }
        terms.extend_from_slice(&longer);
        shorter = longer;
    }
    Some(terms)
}

/// Returns the column of a product.
fn product_column(factors: &[&Column]) -> Column {
    let runs = factors.chunk_by(|left, right| left.name == right.name);
    let powers = runs.map(|run| match run.len() {
        1 => run[0].name.to_string(),
        times => format!("{}^{times}", run[0].name),
    });
    let name = powers.collect::<Vec<_>>().join(" × ").into();
    let mut sources: Vec<Arc<str>> = Vec::new();
    for source in factors.iter().flat_map(|factor| &factor.sources) {
        if !sources.contains(source) {
            sources.push(source.clone());
        }
    }
    Column { name, kind: ColumnType::Continuous, role: Role::Feature, sources }
}

/// The columns to multiply; no rows are needed.
#[derive(Debug)]
pub struct Factors(Vec<Column>);

impl Summary for Factors {
    fn merge(&mut self, _: Factors) {}
}

impl Estimator for PolynomialFeatures {
    type Summary = Factors;
    type State = PolynomialFeaturesState;

    fn mixes(&self) -> bool {
        true
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let columns = self.columns(input)?;
        let terms = terms(columns.len(), self.degree, self.powers).expect("their number was checked");
        let products = terms.iter().map(|term| {
            let factors: Vec<&Column> = term.iter().map(|&place| &columns[place]).collect();
            Entry::Column(product_column(&factors))
        });
        Ok(Schema::with_entries(input.entries().iter().cloned().chain(products).collect()))
    }

    fn empty(&self, input: &Schema) -> Result<Factors, Failure> {
        Ok(Factors(self.columns(input)?))
    }

    fn observe(&self, _: &mut Factors, _: &Table) -> Result<(), Failure> {
        Ok(())
    }

    fn needs_rows(&self) -> bool {
        false
    }

    fn finish(&self, factors: Factors) -> Result<PolynomialFeaturesState, Failure> {
        let factors = factors.0.into_iter().map(|column| Factor { name: column.name, kind: column.kind }).collect();
        Ok(PolynomialFeaturesState { factors, degree: self.degree, powers: self.powers })
    }
}

/// The multiplied columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolynomialFeaturesState {
    factors: Vec<Factor>,
    degree: usize,
    powers: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Factor {
    name: Arc<str>,
    kind: ColumnType,
}

impl PolynomialFeaturesState {
    fn terms(&self) -> Option<Vec<Vec<usize>>> {
        terms(self.factors.len(), self.degree, self.powers)
    }
}

impl State for PolynomialFeaturesState {
    const TAG: &str = "polynomial_features";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        let mut factors = Vec::new();
        for factor in &self.factors {
            applies(rows, &factor.name, factor.kind)?;
            let (column, array) = (rows.column(&factor.name)?, rows.array(&factor.name)?);
            factors.push((column, numbers(&factor.name, array)?, array.nulls()));
        }
        let terms = self.terms().ok_or_else(|| bad_state("a step creates too many products"))?;
        let product = |term: &Vec<usize>| {
            let columns: Vec<&Column> = term.iter().map(|&place| factors[place].0).collect();
            let column = product_column(&columns);
            let mut values = factors[term[0]].1.clone();
            let mut nulls = factors[term[0]].2.cloned();
            for &place in &term[1..] {
                let (_, more, missing) = &factors[place];
                values.iter_mut().zip(more).for_each(|(value, factor)| *value *= factor);
                nulls = NullBuffer::union(nulls.as_ref(), *missing);
            }
            let product = Float64Array::new(values.into(), nulls);
            match product.iter().position(|value| value.is_some_and(|value| !value.is_finite())) {
                None => Ok((column, Arc::new(product) as ArrayRef)),
                Some(row) => {
                    let message = format!("`{}` overflows", column.name);
                    let failure = Failure::new(code::VALUE_OUT_OF_RANGE, message).column(&*columns[0].name);
                    Err(failure.row(row as u64 + 1).help("`scale` before it"))
                }
            }
        };
        let products: Vec<Result<(Column, ArrayRef), Failure>> = terms.par_iter().map(product).collect();
        let (mut columns, mut arrays) = (rows.columns().to_vec(), rows.arrays().to_vec());
        for product in products {
            let (column, array) = product?;
            columns.push(column);
            arrays.push(array);
        }
        Ok(Table::with_rows(columns, arrays, rows.rows())?.with_origin(rows.origin().cloned()))
    }

    fn show(&self) -> Table {
        let columns: Vec<Column> =
            self.factors.iter().map(|factor| Column::new(factor.name.clone(), factor.kind)).collect();
        let terms = self.terms().unwrap_or_default();
        shown(
            "factors",
            terms.iter().map(|term| {
                let factors: Vec<&Column> = term.iter().map(|&place| &columns[place]).collect();
                (product_column(&factors).name.to_string(), term.len().to_string())
            }),
        )
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.factors.iter().map(|factor| &factor.name))?;
        let numeric = self.factors.iter().all(|factor| factor.kind.is_numeric() || factor.kind == ColumnType::Bool);
        if numeric && (2..=DEGREE_MAX).contains(&self.degree) && self.terms().is_some() {
            return Ok(());
        }
        Err(bad_state(format!("columns cannot be multiplied with {} factors", self.degree)))
    }
}

/// Returns the numbers of a column, booleans as 0 and 1; arbitrary where a value is missing.
///
/// # Errors
/// `NON_FINITE` with the row.
fn numbers(name: &str, array: &ArrayRef) -> Result<Vec<f64>, Failure> {
    let numbers: Vec<f64> = match array.data_type() {
        DataType::Boolean => array.as_boolean().values().iter().map(f64::from).collect(),
        DataType::Int64 => array.as_primitive::<Int64Type>().values().iter().map(|&count| count as f64).collect(),
        _ => array.as_primitive::<Float64Type>().values().to_vec(),
    };
    match (0..numbers.len()).find(|&row| !numbers[row].is_finite() && array.is_valid(row)) {
        None => Ok(numbers),
        Some(row) => Err(non_finite(name, row, numbers[row])),
    }
}
