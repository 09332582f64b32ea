//! What goes into a model and what comes out.

use std::sync::Arc;

/// The inputs of a model: `rows` × `names.len()` numbers, finite, column after column.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    rows: usize,
    names: Arc<[String]>,
    values: Vec<f64>,
}

impl Features {
    /// `rows` × `names.len()` numbers in column-major order.
    ///
    /// # Panics
    /// If there are not `rows * names.len()` values.
    #[must_use]
    pub fn new(rows: usize, names: Arc<[String]>, values: Vec<f64>) -> Features {
        assert_eq!(values.len(), rows * names.len(), "as many values as rows times columns");
        Features { rows, names, values }
    }

    /// Rows of as many numbers as there are names.
    ///
    /// ```
    /// let features = pipewright_learn::Features::from_rows(["height", "width"], &[[1.0, 2.0], [3.0, 4.0]]);
    /// assert_eq!(features.column(1), [2.0, 4.0]);
    /// ```
    #[must_use]
    pub fn from_rows<const N: usize>(names: [&str; N], rows: &[[f64; N]]) -> Features {
        let values = (0..N).flat_map(|column| rows.iter().map(move |row| row[column])).collect();
        Features::new(rows.len(), names.map(str::to_owned).into(), values)
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.names.len()
    }

    /// The names of the columns.
    #[must_use]
    pub fn names(&self) -> &Arc<[String]> {
        &self.names
    }

    /// One column.
    ///
    /// # Panics
    /// If there are not that many columns.
    #[must_use]
    pub fn column(&self, index: usize) -> &[f64] {
        &self.values[index * self.rows..(index + 1) * self.rows]
    }

    /// All numbers, column after column.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// The columns at these positions, in this order.
    ///
    /// # Panics
    /// If there are not that many columns.
    #[must_use]
    pub fn select(&self, columns: &[usize]) -> Features {
        let names = columns.iter().map(|&index| self.names[index].clone()).collect();
        let values = columns.iter().flat_map(|&index| self.column(index)).copied().collect();
        Features::new(self.rows, names, values)
    }

    /// The rows at these positions, in this order.
    ///
    /// # Panics
    /// If there are not that many rows.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Features {
        let of_column = |index| rows.iter().map(move |&row| self.column(index)[row as usize]);
        Features::new(rows.len(), self.names.clone(), (0..self.columns()).flat_map(of_column).collect())
    }
}

/// What is to be predicted, one value a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// Classes `0..count`; a class may have no row.
    Classes {
        /// The class of each row.
        codes: Vec<u32>,
        /// How many classes there are.
        count: usize,
    },
    /// Finite numbers.
    Numbers(Vec<f64>),
}

impl Target {
    /// The targets of one part of the rows after another; `classes` of them, or numbers.
    #[must_use]
    pub fn concat(parts: Vec<Target>, classes: Option<usize>) -> Target {
        match classes {
            Some(count) => {
                let codes = |part| if let Target::Classes { codes, .. } = part { codes } else { Vec::new() };
                Target::Classes { codes: parts.into_iter().flat_map(codes).collect(), count }
            }
            None => {
                let numbers = |part| if let Target::Numbers(values) = part { values } else { Vec::new() };
                Target::Numbers(parts.into_iter().flat_map(numbers).collect())
            }
        }
    }

    /// The rows at these positions, in this order.
    ///
    /// # Panics
    /// If there are not that many rows.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Target {
        match self {
            Target::Classes { codes, count } => {
                Target::Classes { codes: rows.iter().map(|&row| codes[row as usize]).collect(), count: *count }
            }
            Target::Numbers(values) => Target::Numbers(rows.iter().map(|&row| values[row as usize]).collect()),
        }
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Target::Classes { codes, .. } => codes.len(),
            Target::Numbers(values) => values.len(),
        }
    }
}

/// Inputs and what is to be predicted from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Examples {
    /// The inputs.
    pub features: Features,
    /// What is to be predicted.
    pub target: Target,
}

impl Examples {
    /// Pairs inputs with a target.
    ///
    /// # Panics
    /// If they differ in their number of rows.
    #[must_use]
    pub fn new(features: Features, target: Target) -> Examples {
        assert_eq!(features.rows(), target.rows(), "one target a row");
        Examples { features, target }
    }

    /// The rows at these positions, in this order.
    ///
    /// # Panics
    /// If there are not that many rows.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Examples {
        Examples { features: self.features.take(rows), target: self.target.take(rows) }
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.features.rows()
    }
}

/// What a model says about each row.
#[derive(Debug, Clone, PartialEq)]
pub enum Outputs {
    /// A probability for every class, row after row: `rows` × `classes`. Two classes have two columns.
    Probabilities {
        /// The probabilities; each row sums to 1.
        values: Vec<f64>,
        /// How many classes there are.
        classes: usize,
    },
    /// A number a row.
    Numbers(Vec<f64>),
}

impl Outputs {
    /// The outputs for one part of the rows after another; `None` if they are of different kinds, or there is none.
    #[must_use]
    pub fn concat(parts: impl IntoIterator<Item = Outputs>) -> Option<Outputs> {
        let mut parts = parts.into_iter();
        let mut whole = parts.next()?;
        for part in parts {
            match (&mut whole, part) {
                (Outputs::Numbers(values), Outputs::Numbers(more)) => values.extend(more),
                (
                    Outputs::Probabilities { values, classes },
                    Outputs::Probabilities { values: more, classes: others },
                ) if *classes == others => values.extend(more),
                _ => return None,
            }
        }
        Some(whole)
    }

    /// The bytes of memory that the numbers take.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        let (Outputs::Probabilities { values, .. } | Outputs::Numbers(values)) = self;
        size_of_val(values.as_slice()) as u64
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Outputs::Probabilities { values, classes } => values.len() / classes.max(&1),
            Outputs::Numbers(values) => values.len(),
        }
    }
}
