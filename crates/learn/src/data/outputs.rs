//! Predictions of a model.

/// Predictions of a model, one per row.
#[derive(Debug, Clone, PartialEq)]
pub enum Outputs {
    /// Class probabilities, row-major: `rows` × `classes`. Two classes have two columns.
    Probabilities {
        /// The probabilities; each row sums to 1.
        values: Vec<f64>,
        /// Number of classes.
        classes: usize,
    },
    /// A number per row.
    Numbers(Vec<f64>),
}

impl Outputs {
    /// Concatenates the outputs for consecutive parts of the rows; `None` if their kinds differ or there are none.
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

    /// Returns the size of the numbers in bytes.
    #[must_use]
    pub fn memory_bytes(&self) -> u64 {
        size_of_val(self.values()) as u64
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Outputs::Probabilities { values, classes } => values.len() / classes.max(&1),
            Outputs::Numbers(values) => values.len(),
        }
    }

    /// Returns the predicted numbers, or all probabilities in row-major order.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        let (Outputs::Probabilities { values, .. } | Outputs::Numbers(values)) = self;
        values
    }

    /// Returns the most probable class of each row (the first on ties); empty for [`Outputs::Numbers`].
    ///
    /// ```
    /// use pipewright_learn::Outputs;
    /// let outputs = Outputs::Probabilities { values: vec![0.5, 0.5, 0.2, 0.8], classes: 2 };
    /// assert_eq!(outputs.labels(), [0, 1]);
    /// ```
    #[must_use]
    pub fn labels(&self) -> Vec<u32> {
        match self {
            Outputs::Numbers(_) => Vec::new(),
            Outputs::Probabilities { values, classes } => values.chunks_exact(*classes).map(first_maximum).collect(),
        }
    }

    /// Selects the rows at these positions, in this order.
    ///
    /// # Panics
    /// If there are not that many rows.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Outputs {
        match self {
            Outputs::Numbers(values) => Outputs::Numbers(rows.iter().map(|&row| values[row as usize]).collect()),
            Outputs::Probabilities { values, classes } => {
                let row = |&row: &u32| &values[row as usize * classes..(row as usize + 1) * classes];
                Outputs::Probabilities { values: rows.iter().flat_map(row).copied().collect(), classes: *classes }
            }
        }
    }
}

fn first_maximum(row: &[f64]) -> u32 {
    let mut best = 0;
    for (class, probability) in row.iter().enumerate() {
        if *probability > row[best] {
            best = class;
        }
    }
    u32::try_from(best).expect("fewer than 2^32 classes")
}
