//! Attributions: what each player contributes to each output of each row.

/// What each player contributes to the outputs of rows. The contributions to an output of a row and its base add up to
/// the output: `base + Σ contributions = f(x)`.
///
/// # Correlated columns
/// Two columns that carry the same information share what a model uses them for, in whatever proportion the model (or
/// the trees of it) happens to use them. With a background, columns are exchanged one by one, so that hybrid rows
/// may be unlike any row that there is; path-dependent tree values follow the training rows instead, and so give some of
/// the contribution to a correlated column that the trees split on, and none to one that they do not. In
/// either case a contribution says what the model does with a column, not what the column causes.
#[derive(Debug, Clone, PartialEq)]
pub struct Attributions {
    names: Vec<String>,
    outputs: usize,
    /// Per row and output.
    base: Vec<f64>,
    /// Per row, output and player.
    values: Vec<f64>,
    /// As `values`; empty if they are exact.
    errors: Vec<f64>,
}

impl Attributions {
    pub(crate) fn new(names: &[String], outputs: usize, base: Vec<f64>, values: Vec<f64>) -> Attributions {
        assert_eq!(base.len() * names.len(), values.len(), "a value per player, output and row");
        Attributions { names: names.to_vec(), outputs, base, values, errors: Vec::new() }
    }

    pub(crate) fn with_errors(self, errors: Vec<f64>) -> Attributions {
        assert_eq!(errors.len(), self.values.len(), "an error per value");
        Attributions { errors, ..self }
    }

    /// Concatenates attributions of different rows; `None` if their players or outputs differ, or if there are none. They
    /// have errors only if all parts do.
    #[must_use]
    pub fn concat(parts: impl IntoIterator<Item = Attributions>) -> Option<Attributions> {
        let mut parts = parts.into_iter();
        let mut all = parts.next()?;
        for part in parts {
            if part.names != all.names || part.outputs != all.outputs {
                return None;
            }
            let has_errors = !all.errors.is_empty() && !part.errors.is_empty();
            all.errors.extend(part.errors);
            all.base.extend(part.base);
            all.values.extend(part.values);
            if !has_errors {
                all.errors.clear();
            }
        }
        Some(all)
    }

    /// The names of the players.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.base.len() / self.outputs
    }

    /// The number of outputs.
    #[must_use]
    pub fn outputs(&self) -> usize {
        self.outputs
    }

    /// The contribution of each player to an output of a row.
    ///
    /// # Panics
    /// If there is no such row or output.
    #[must_use]
    pub fn of(&self, row: usize, output: usize) -> &[f64] {
        part(&self.values, self.place(row, output), self.names.len())
    }

    /// The standard error of each of those contributions; `None` if they are exact.
    ///
    /// # Panics
    /// If there is no such row or output.
    #[must_use]
    pub fn errors(&self, row: usize, output: usize) -> Option<&[f64]> {
        let place = self.place(row, output);
        (!self.errors.is_empty()).then(|| part(&self.errors, place, self.names.len()))
    }

    /// What the contributions are added to: the mean output of the background, or of the training rows.
    ///
    /// # Panics
    /// If there is no such row or output.
    #[must_use]
    pub fn base(&self, row: usize, output: usize) -> f64 {
        self.base[self.place(row, output)]
    }

    /// The base and all contributions: the output itself.
    ///
    /// # Panics
    /// If there is no such row or output.
    #[must_use]
    pub fn total(&self, row: usize, output: usize) -> f64 {
        self.base(row, output) + self.of(row, output).iter().sum::<f64>()
    }

    /// The importance of each player for an output: the mean absolute contribution; 0 without rows.
    ///
    /// # Panics
    /// If there is no such output.
    #[must_use]
    pub fn importance(&self, output: usize) -> Vec<f64> {
        let mut sums = vec![0.0; self.names.len()];
        for row in 0..self.rows() {
            sums.iter_mut().zip(self.of(row, output)).for_each(|(sum, value)| *sum += value.abs());
        }
        sums.into_iter().map(|sum| sum / self.rows().max(1) as f64).collect()
    }

    fn place(&self, row: usize, output: usize) -> usize {
        assert!(output < self.outputs, "there is such an output");
        row * self.outputs + output
    }
}

/// How pairs of players contribute to outputs of rows: symmetric matrices of Shapley interaction values.
///
/// As in S. Lundberg et al., "From local explanations to global understanding with explainable AI for trees" (Nature
/// Machine Intelligence, 2020): the interaction of two players is split evenly between `[i][j]` and `[j][i]`, and `[i][i]`
/// is what player i contributes alone. Rows of a matrix sum to the Shapley values.
#[derive(Debug, Clone, PartialEq)]
pub struct Interactions {
    names: Vec<String>,
    outputs: usize,
    /// Per row, output, player and player.
    values: Vec<f64>,
}

impl Interactions {
    /// Completes matrices whose entries beside the diagonal are the interaction indices (both of a pair), from the
    /// Shapley values.
    pub(crate) fn of_indices(shapley: &Attributions, mut indices: Vec<f64>) -> Interactions {
        let players = shapley.names.len();
        for (matrix, values) in indices.chunks_exact_mut(players * players).zip(shapley.values.chunks_exact(players)) {
            for (player, value) in values.iter().enumerate() {
                let row = &mut matrix[player * players..(player + 1) * players];
                row.iter_mut().for_each(|index| *index /= 2.0);
                row[player] = 0.0;
                row[player] = value - row.iter().sum::<f64>();
            }
        }
        Interactions { names: shapley.names.clone(), outputs: shapley.outputs, values: indices }
    }

    /// The names of the players.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The matrix of an output of a row, row-major: players × players.
    ///
    /// # Panics
    /// If there is no such row or output.
    #[must_use]
    pub fn of(&self, row: usize, output: usize) -> &[f64] {
        assert!(output < self.outputs, "there is such an output");
        part(&self.values, row * self.outputs + output, self.names.len().pow(2))
    }
}

fn part(values: &[f64], place: usize, width: usize) -> &[f64] {
    &values[place * width..(place + 1) * width]
}
