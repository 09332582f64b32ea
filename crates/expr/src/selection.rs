//! Column selections, resolved against a schema.

mod facts;

use facts::Facts;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::{Chunks, Column, ColumnType, Role, Schema};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A set of columns, given by names, classes and patterns.
///
/// A name, a union and a range keep the order in which they are written; classes and patterns use the order of the
/// schema. Classes, patterns and complements select features only: a target or an id is selected by its own name, by
/// [`Class::Target`], [`Class::Id`] or [`Class::All`].
///
/// ```
/// use pipewright_frame::{Class, Column, ColumnType, Schema, Selection};
/// let schema = Schema::new([
///     Column::new("age", ColumnType::Count),
///     Column::new("fare", ColumnType::Continuous),
///     Column::new("sex", ColumnType::Text),
/// ]);
/// let all_but_age = Selection::Class(Class::Numeric).except(Selection::name("age"));
/// assert_eq!(all_but_age.resolve(&schema).unwrap(), ["fare".into()]);
/// assert!(Selection::name("agee").resolve(&schema).is_err());
/// ```
#[derive(Debug, Clone, PartialEq)]
pub enum Selection {
    /// The column of this name.
    Name(Arc<str>),
    /// A class of columns.
    Class(Class),
    /// Features whose name matches a glob pattern: `*` matches any characters, `?` one.
    Glob(Arc<str>),
    /// Features whose name contains a match of a regular expression; created by [`Selection::regex`].
    Regex(Arc<str>),
    /// The columns from one name to another, inclusive.
    Range(Arc<str>, Arc<str>),
    /// All features but these, which earlier parts took.
    Rest(Vec<Arc<str>>),
    /// The columns of each, in order, without duplicates.
    Union(Vec<Selection>),
    /// The columns of the first that are not in the second.
    Except(Box<Selection>, Box<Selection>),
    /// The columns of the first that are in all others.
    And(Vec<Selection>),
    /// All features that are not in the selection.
    Not(Box<Selection>),
    /// Features for which this holds in the given rows; before rows are read, all that it may hold for.
    Fact(Fact),
}

/// A condition on the values of a column, which only the rows can decide.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Fact {
    /// At least this fraction of the values is missing, and at least one.
    Missing(f64),
    /// There is at most one distinct value.
    Constant,
    /// The number of distinct values is between the first and the second number, inclusive.
    Cardinality(u64, u64),
}

/// A class of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Features that are continuous or counts.
    Numeric,
    /// Features stored as text: text, category, ordered.
    String,
    /// Features that are categories, ordered or not.
    Category,
    /// Features that are booleans.
    Bool,
    /// Features that are dates.
    Date,
    /// Features that are times of day.
    Time,
    /// Features of type text.
    Text,
    /// Identifiers, by type or by role.
    Id,
    /// Every column.
    All,
    /// Every feature.
    Features,
    /// The target.
    Target,
}

impl Class {
    /// Every class with its name in the language, without the `@`.
    pub const NAMES: [(&'static str, Class); 11] = [
        ("numeric", Class::Numeric),
        ("string", Class::String),
        ("category", Class::Category),
        ("bool", Class::Bool),
        ("date", Class::Date),
        ("time", Class::Time),
        ("text", Class::Text),
        ("id", Class::Id),
        ("all", Class::All),
        ("features", Class::Features),
        ("target", Class::Target),
    ];

    /// Is membership decided by the role alone, whatever the type?
    fn is_by_role(self) -> bool {
        matches!(self, Class::All | Class::Features | Class::Target)
    }

    /// Is the column in this class?
    #[must_use]
    pub fn holds(self, column: &Column) -> bool {
        let feature = column.role == Role::Feature;
        match self {
            Class::Numeric => feature && column.kind.is_numeric(),
            Class::String => feature && column.kind.is_string(),
            Class::Category => feature && matches!(column.kind, ColumnType::Category | ColumnType::Ordered),
            Class::Bool => feature && column.kind == ColumnType::Bool,
            Class::Date => feature && column.kind == ColumnType::Date,
            Class::Time => feature && column.kind == ColumnType::Time,
            Class::Text => feature && column.kind == ColumnType::Text,
            Class::Id => column.role == Role::Id || (feature && column.kind == ColumnType::Id),
            Class::All => true,
            Class::Features => feature,
            Class::Target => column.role == Role::Target,
        }
    }
}

impl Selection {
    /// Selects a column by name.
    pub fn name(name: impl Into<Arc<str>>) -> Selection {
        Selection::Name(name.into())
    }

    /// Selects features whose name contains a match of the regular expression.
    ///
    /// # Errors
    /// [`code::BAD_VALUE`] with the error in the pattern.
    pub fn regex(pattern: &str) -> Result<Selection, Failure> {
        compile(pattern)?;
        Ok(Selection::Regex(pattern.into()))
    }

    /// Selects the columns of `self` that are not in `other`.
    #[must_use]
    pub fn except(self, other: Selection) -> Selection {
        Selection::Except(Box::new(self), Box::new(other))
    }

    /// Returns the names that are written in it, whether or not there are such columns.
    #[must_use]
    pub fn names(&self) -> Vec<Arc<str>> {
        match self {
            Selection::Name(name) => vec![name.clone()],
            Selection::Union(parts) | Selection::And(parts) => parts.iter().flat_map(Selection::names).collect(),
            Selection::Except(left, _) => left.names(),
            _ => Vec::new(),
        }
    }

    /// Is the selection determined by names and roles, independent of types?
    #[must_use]
    pub fn is_by_name(&self) -> bool {
        match self {
            Selection::Name(_)
            | Selection::Glob(_)
            | Selection::Regex(_)
            | Selection::Range(..)
            | Selection::Rest(_) => true,
            Selection::Class(class) => class.is_by_role(),
            Selection::Fact(_) => false,
            Selection::Union(parts) | Selection::And(parts) => parts.iter().all(Selection::is_by_name),
            Selection::Except(left, right) => left.is_by_name() && right.is_by_name(),
            Selection::Not(inner) => inner.is_by_name(),
        }
    }

    /// Replaces leaves by the results of `change`, if any.
    fn with_leaves(&self, change: &impl Fn(&Selection) -> Option<Selection>) -> Selection {
        let all = |parts: &[Selection]| parts.iter().map(|part| part.with_leaves(change)).collect();
        match self {
            Selection::Union(parts) => Selection::Union(all(parts)),
            Selection::And(parts) => Selection::And(all(parts)),
            Selection::Except(left, right) => left.with_leaves(change).except(right.with_leaves(change)),
            Selection::Not(inner) => Selection::Not(Box::new(inner.with_leaves(change))),
            leaf => change(leaf).unwrap_or_else(|| leaf.clone()),
        }
    }

    /// Resolves [`Selection::Rest`], given the columns that earlier parts took.
    #[must_use]
    pub fn behind(&self, taken: &[Arc<str>]) -> Selection {
        self.with_leaves(&|leaf| matches!(leaf, Selection::Rest(_)).then(|| Selection::Rest(taken.to_vec())))
    }

    /// Does it depend on the rows?
    #[must_use]
    pub fn asks_rows(&self) -> bool {
        match self {
            Selection::Fact(_) => true,
            Selection::Union(parts) | Selection::And(parts) => parts.iter().any(Selection::asks_rows),
            Selection::Except(left, right) => left.asks_rows() || right.asks_rows(),
            Selection::Not(inner) => inner.asks_rows(),
            _ => false,
        }
    }

    /// Resolves what depends on the rows, given these rows.
    ///
    /// # Errors
    /// A [`Failure`] if a chunk cannot be read.
    pub fn settled(&self, rows: &dyn Chunks) -> Result<Selection, Failure> {
        if !self.asks_rows() {
            return Ok(self.clone());
        }
        let facts = Facts::of(rows)?;
        let settle = |leaf: &Selection| match leaf {
            Selection::Fact(fact) => {
                let names = facts.names(*fact).into_iter().map(Selection::Name);
                Some(Selection::Union(names.collect()))
            }
            _ => None,
        };
        Ok(self.with_leaves(&settle))
    }

    /// Returns the names of the selected columns, each once.
    ///
    /// # Errors
    /// [`code::UNKNOWN_COLUMN`] for a name that is not in the schema, with the nearest ones.
    pub fn resolve(&self, schema: &Schema) -> Result<Vec<Arc<str>>, Failure> {
        let names = match self {
            Selection::Name(name) => vec![schema.column(name)?.name.clone()],
            Selection::Class(class) => pick(schema, |column| class.holds(column)),
            Selection::Glob(pattern) => {
                let regex = compile(&glob_to_regex(pattern))?;
                pick(schema, |column| Class::Features.holds(column) && regex.is_match(&column.name))
            }
            Selection::Regex(pattern) => {
                let regex = compile(pattern)?;
                pick(schema, |column| Class::Features.holds(column) && regex.is_match(&column.name))
            }
            Selection::Range(from, to) => range(schema, from, to)?,
            Selection::Rest(taken) => {
                let taken: BTreeSet<&Arc<str>> = taken.iter().collect();
                pick(schema, |column| Class::Features.holds(column) && !taken.contains(&column.name))
            }
            Selection::Fact(_) => pick(schema, |column| Class::Features.holds(column)),
            Selection::Union(parts) => {
                let (mut union, mut seen) = (Vec::new(), BTreeSet::new());
                for part in parts {
                    union.extend(part.resolve(schema)?.into_iter().filter(|name| seen.insert(name.clone())));
                }
                union
            }
            Selection::Except(left, right) => {
                let removed = right.resolve_set(schema)?;
                left.resolve(schema)?.into_iter().filter(|name| !removed.contains(name)).collect()
            }
            Selection::And(parts) => {
                let mut parts = parts.iter();
                let Some(first) = parts.next() else { return Ok(Vec::new()) };
                let mut names = first.resolve(schema)?;
                for part in parts {
                    let other = part.resolve_set(schema)?;
                    names.retain(|name| other.contains(name));
                }
                names
            }
            Selection::Not(inner) => {
                let removed = inner.resolve_set(schema)?;
                pick(schema, |column| Class::Features.holds(column) && !removed.contains(&column.name))
            }
        };
        Ok(names)
    }

    fn resolve_set(&self, schema: &Schema) -> Result<BTreeSet<Arc<str>>, Failure> {
        Ok(self.resolve(schema)?.into_iter().collect())
    }
}

fn pick(schema: &Schema, wanted: impl Fn(&Column) -> bool) -> Vec<Arc<str>> {
    schema.columns().filter(|column| wanted(column)).map(|column| column.name.clone()).collect()
}

/// Both ends are included whatever their role; columns between them only if they are features.
fn range(schema: &Schema, from: &str, to: &str) -> Result<Vec<Arc<str>>, Failure> {
    let (from, to) = (schema.column(from)?.name.clone(), schema.column(to)?.name.clone());
    let position = |name: &str| schema.columns().position(|column| &*column.name == name).expect("it was just found");
    let (start, end) = (position(&from), position(&to));
    if start > end {
        let message = format!("the range `{from}..{to}` is empty: `{to}` is before `{from}`");
        return Err(Failure::new(code::BAD_VALUE, message).help(format!("write `{to}..{from}`")));
    }
    let columns = schema.columns().skip(start).take(end - start + 1);
    let chosen = columns.filter(|column| column.role == Role::Feature || column.name == from || column.name == to);
    Ok(chosen.map(|column| column.name.clone()).collect())
}

pub(crate) fn compile(pattern: &str) -> Result<Regex, Failure> {
    regex::RegexBuilder::new(pattern).size_limit(REGEX_BYTES_MAX).build().map_err(|error| {
        let reason = error.to_string();
        let last = reason.lines().last().unwrap_or_default().trim_start_matches("error: ").to_string();
        Failure::new(code::BAD_VALUE, format!("`/{pattern}/` is not a regular expression: {last}"))
    })
}

/// Limit for compiled patterns: column names are short.
const REGEX_BYTES_MAX: usize = 1 << 20;

fn glob_to_regex(glob: &str) -> String {
    let mut pattern = String::from("(?s)^");
    for character in glob.chars() {
        match character {
            '*' => pattern.push_str(".*"),
            '?' => pattern.push('.'),
            other => pattern.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    pattern.push('$');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema() -> Schema {
        let mut columns = vec![
            Column::new("id", ColumnType::Id),
            Column::new("Age", ColumnType::Continuous),
            Column::new("cabin_a", ColumnType::Text),
            Column::new("y", ColumnType::Bool),
            Column::new("cabin_b", ColumnType::Category),
            Column::new("n (1)", ColumnType::Count),
        ];
        columns[3].role = Role::Target;
        columns[0].role = Role::Id;
        Schema::new(columns)
    }

    fn names(selection: &Selection) -> String {
        selection.resolve(&schema()).unwrap().join(" ")
    }

    #[test]
    fn classes_are_features_only() {
        let got: Vec<String> =
            Class::NAMES.iter().map(|(word, class)| format!("{word}: {}", names(&Selection::Class(*class)))).collect();
        assert_eq!(
            got,
            [
                "numeric: Age n (1)",
                "string: cabin_a cabin_b",
                "category: cabin_b",
                "bool: ",
                "date: ",
                "time: ",
                "text: cabin_a",
                "id: id",
                "all: id Age cabin_a y cabin_b n (1)",
                "features: Age cabin_a cabin_b n (1)",
                "target: y",
            ]
        );
    }

    #[test]
    fn patterns_ranges_and_sets() {
        assert_eq!(names(&Selection::Glob("cabin_?".into())), "cabin_a cabin_b");
        assert_eq!(names(&Selection::Glob("n (*)".into())), "n (1)");
        assert_eq!(names(&Selection::regex("^(Age|y)$").unwrap()), "Age");
        assert_eq!(names(&Selection::Range("Age".into(), "cabin_b".into())), "Age cabin_a cabin_b");
        assert_eq!(names(&Selection::Range("cabin_a".into(), "y".into())), "cabin_a y");
        assert_eq!(names(&Selection::Not(Box::new(Selection::Class(Class::Numeric)))), "cabin_a cabin_b");
        assert_eq!(names(&Selection::Rest(vec!["Age".into()])), "cabin_a cabin_b n (1)");
        let union = Selection::Union(vec![Selection::name("y"), Selection::name("Age"), Selection::name("y")]);
        assert_eq!(names(&union), "y Age");
        assert_eq!(names(&Selection::And(vec![union.clone(), Selection::Class(Class::Numeric)])), "Age");
        assert_eq!(names(&union.except(Selection::name("Age"))), "y");
    }

    #[test]
    fn mistakes_are_named() {
        let failure = Selection::name("age").resolve(&schema()).unwrap_err();
        assert_eq!(failure.code, code::UNKNOWN_COLUMN);
        assert!(failure.help[0].contains("`Age`"), "{failure:?}");
        assert_eq!(Selection::regex("(").unwrap_err().code, code::BAD_VALUE);
        let backwards = Selection::Range("cabin_b".into(), "Age".into());
        assert_eq!(backwards.resolve(&schema()).unwrap_err().code, code::BAD_VALUE);
    }
}
