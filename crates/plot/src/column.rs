//! Values as they are given: a column of numbers, groups of them, and a category for each row.

/// A column of numbers. What is not finite is missing.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Column<'a> {
    /// Its name.
    pub name: &'a str,
    /// The unit of its values; may be empty.
    pub unit: &'a str,
    /// Its values.
    pub values: &'a [f64],
}

impl<'a> Column<'a> {
    /// A column without a unit.
    #[must_use]
    pub fn new(name: &'a str, values: &'a [f64]) -> Column<'a> {
        Column { name, unit: "", values }
    }

    /// The name, with the unit in parentheses.
    #[must_use]
    pub fn label(&self) -> String {
        labelled(self.name, self.unit)
    }
}

pub(crate) fn labelled(name: &str, unit: &str) -> String {
    if unit.is_empty() { name.to_owned() } else { format!("{name} ({unit})") }
}

/// The values of a group of rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Group<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its values. What is not finite is missing.
    pub values: &'a [f64],
}

/// A category of each row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Categories<'a> {
    /// The name of the column.
    pub name: &'a str,
    /// The category of each row.
    pub values: &'a [&'a str],
}

impl<'a> Categories<'a> {
    /// The names, each once, in the order in which they appear.
    pub(crate) fn names(&self) -> Vec<&'a str> {
        let mut seen = std::collections::BTreeSet::new();
        self.values.iter().copied().filter(|name| seen.insert(*name)).collect()
    }

    /// The names, the most frequent one first.
    pub(crate) fn names_by_count(&self) -> Vec<&'a str> {
        let mut counts = std::collections::BTreeMap::new();
        self.values.iter().for_each(|name| *counts.entry(*name).or_insert(0_usize) += 1);
        let mut names = self.names();
        names.sort_by_key(|name| std::cmp::Reverse(counts.get(name).copied()));
        names
    }
}
