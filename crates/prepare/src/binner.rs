//! Discretisation of numeric columns into bins.

mod centers;

use crate::by_column::{ByColumn, Seen};
use crate::columns::{all_missing, chosen, for_each_number};
use crate::number_map::{NumberMap, NumberMaps, out_of_range};
use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, BooleanArray, Int64Array};
use arrow_buffer::BooleanBuffer;
use arrow_schema::DataType;
use centers::centers;
use pipewright_diagnostic::{Failure, code};
use pipewright_expr::Selection;
use pipewright_table::{Column, ColumnType, Entry, Role, Schema};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Replaces numbers by their bins: the index of the bin from 0, or one boolean column per bin. A bin includes its lower
/// edge; the outermost bins include all values beyond. Missing values stay missing.
///
/// As scikit-learn's `KBinsDiscretizer` without subsampling, with quantiles by linear interpolation. Coinciding edges
/// are merged, so there may be fewer bins; a constant column has one.
#[derive(Debug, Clone, PartialEq)]
pub struct Binner {
    /// Number of bins, at least 2.
    pub bins: usize,
    /// How the edges are placed.
    pub method: BinMethod,
    /// One-hot: one boolean column per bin instead of its index?
    pub onehot: bool,
    /// The columns; all numeric features if `None`.
    pub on: Option<Selection>,
}

/// How the edges of bins are placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinMethod {
    /// Equal width between minimum and maximum.
    Width,
    /// Quantiles: equally many values per bin.
    Quantile,
    /// k-means: midway between the means of the clusters whose squared distances from their means sum to the least.
    Kmeans,
}

/// Limit for bins, also of a bundle.
const BINS_MAX: usize = 10_000;

impl ByColumn for Binner {
    type Learned = Edges;
    type State = BinnerState;

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        if !(2..=BINS_MAX).contains(&self.bins) {
            let message = format!("{} bins; `bin` takes 2 to {BINS_MAX}", self.bins);
            return Err(Failure::new(code::BAD_VALUE, message));
        }
        chosen(self.on.as_ref(), input, "`bin`", ColumnType::is_numeric)
    }

    fn entries(&self, column: &Column) -> Vec<Entry> {
        match self.onehot {
            true => vec![Entry::Open { from: column.name.clone(), kind: ColumnType::Bool }],
            false => vec![Entry::Column(Column { kind: ColumnType::Count, ..column.clone() })],
        }
    }

    fn seen(&self, _: &Column) -> Seen {
        match self.method {
            BinMethod::Width => Seen::extremes(),
            BinMethod::Quantile | BinMethod::Kmeans => Seen::quantiles(),
        }
    }

    fn learn(&self, column: Column, seen: Seen) -> Result<Edges, Failure> {
        let edges = match seen {
            Seen::Extremes(extremes) => extremes.range().map(|(min, max)| even(min, max, self.bins)),
            Seen::Quantiles(mut quantiles) => match self.method {
                BinMethod::Kmeans => {
                    let counted = quantiles.counted();
                    counted.first().zip(counted.last()).map(|(&(min, _), &(max, _))| {
                        let centers = centers(&counted, self.bins);
                        let between = centers.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0);
                        [min].into_iter().chain(between).chain([max]).collect()
                    })
                }
                _ => quantiles.cuts(self.bins as u64),
            },
            _ => unreachable!("bins come from numbers"),
        };
        let edges: Vec<f64> = edges.ok_or_else(|| all_missing(&column.name, "bins"))?;
        if !edges.iter().all(|edge| edge.is_finite()) {
            return Err(out_of_range(&column.name));
        }
        let edges = apart(&edges);
        let inner = if edges[0] == edges[edges.len() - 1] { &[] } else { &edges[1..edges.len() - 1] };
        Ok(Edges { name: column.name, kind: column.kind, edges: inner.to_vec(), onehot: self.onehot })
    }

    fn state(&self, columns: Vec<Edges>) -> BinnerState {
        BinnerState { columns }
    }
}

/// Returns the edges of `bins` bins of equal width.
fn even(min: f64, max: f64, bins: usize) -> Vec<f64> {
    let width = (max - min) / bins as f64;
    (0..bins).map(|bin| min + width * bin as f64).chain([max]).collect()
}

/// Drops edges that nearly coincide with the previous one.
fn apart(edges: &[f64]) -> Vec<f64> {
    let range = edges[edges.len() - 1] - edges[0];
    let close = 1e-8 * range.min(1.0);
    let apart = edges.windows(2).filter(|pair| pair[1] - pair[0] > close).map(|pair| pair[1]);
    edges.iter().take(1).copied().chain(apart).collect()
}

/// The bins of each column.
pub type BinnerState = NumberMaps<Edges>;

/// The bins of one column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edges {
    name: Arc<str>,
    kind: ColumnType,
    /// Edges between bins, in order; a bin includes its lower edge.
    edges: Vec<f64>,
    onehot: bool,
}

impl Edges {
    fn bin(&self, number: f64) -> usize {
        self.edges.partition_point(|&edge| edge <= number)
    }

    /// Returns the bin of each row; arbitrary where the value is missing.
    fn bins(&self, array: &ArrayRef) -> Result<Vec<usize>, Failure> {
        for_each_number(&self.name, array, |_| ())?;
        Ok(match array.data_type() {
            DataType::Int64 => {
                array.as_primitive::<Int64Type>().values().iter().map(|&count| self.bin(count as f64)).collect()
            }
            _ => array.as_primitive::<Float64Type>().values().iter().map(|&number| self.bin(number)).collect(),
        })
    }

    /// Returns the names of the bins: `age (below 20)`, `age (20 to 40)`, `age (40 and above)`.
    fn names(&self) -> Vec<String> {
        let edges = short(&self.edges);
        let bins = 0..=edges.len();
        let words = bins.map(|bin| match (bin.checked_sub(1).map(|place| &edges[place]), edges.get(bin)) {
            (None, None) => "any".to_owned(),
            (None, Some(high)) => format!("below {high}"),
            (Some(low), Some(high)) => format!("{low} to {high}"),
            (Some(low), None) => format!("{low} and above"),
        });
        words.map(|words| format!("{} ({words})", self.name)).collect()
    }
}

/// Formats numbers in the fewest digits, at least four, that distinguish them.
fn short(numbers: &[f64]) -> Vec<String> {
    let with = |digits: usize| -> Vec<String> {
        let rounded = |number: &f64| format!("{number:.digits$e}").parse::<f64>().expect("a number was written");
        numbers.iter().map(|number| rounded(number).to_string()).collect()
    };
    let differ = |texts: &Vec<String>| texts.windows(2).all(|pair| pair[0] != pair[1]);
    (3..17).map(with).find(differ).unwrap_or_else(|| numbers.iter().map(f64::to_string).collect())
}

impl NumberMap for Edges {
    const TAG: &str = "binner";
    const PARAMETERS: &'static [&'static str] = &["bins", "first edge", "last edge"];

    fn fitted_on(&self) -> (&Arc<str>, ColumnType) {
        (&self.name, self.kind)
    }

    fn at(&self, number: f64) -> f64 {
        self.bin(number) as f64
    }

    fn apply(&self, column: &Column, array: ArrayRef) -> Result<Vec<(Column, ArrayRef)>, Failure> {
        let bins = self.bins(&array)?;
        if !self.onehot {
            let values: Vec<i64> = bins.into_iter().map(|bin| bin as i64).collect();
            let places = Int64Array::new(values.into(), array.nulls().cloned());
            return Ok(vec![(Column { kind: ColumnType::Count, ..column.clone() }, Arc::new(places))]);
        }
        let columns = self.names().into_iter().enumerate().map(|(place, name)| {
            let inside = BooleanBuffer::collect_bool(bins.len(), |row| bins[row] == place);
            let member = Column {
                name: name.into(),
                kind: ColumnType::Bool,
                role: Role::Feature,
                sources: column.sources.clone(),
            };
            (member, Arc::new(BooleanArray::new(inside, array.nulls().cloned())) as ArrayRef)
        });
        Ok(columns.collect())
    }

    fn parameters(&self) -> Vec<Option<f64>> {
        vec![Some((self.edges.len() + 1) as f64), self.edges.first().copied(), self.edges.last().copied()]
    }

    fn is_valid(&self) -> bool {
        let apart = self.edges.windows(2).all(|pair| pair[0] < pair[1]);
        self.edges.len() < BINS_MAX && apart && self.edges.iter().all(|edge| edge.is_finite())
    }
}
