//! Suspicious findings in a table, and stages that would fix them.

use super::between::Found;
use super::{Alike, ColumnProfile, Measure, Profile};
use pipewright_table::text::quoted;
use pipewright_table::{ColumnType, Role, stage_for_amounts};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A suspicious finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Suspicion {
    /// The column; `None` for findings about whole rows.
    pub column: Option<Arc<str>>,
    /// The reason.
    pub reason: Reason,
    /// A pipeline stage that would fix it, if there is an obvious one.
    pub stage: Option<String>,
}

/// The reason of a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case", deny_unknown_fields)]
pub enum Reason {
    /// A column without values.
    Empty,
    /// A constant column.
    Constant {
        /// The value.
        value: String,
        /// Are values missing in some rows?
        gaps: bool,
    },
    /// A nearly constant column.
    NearlyConstant {
        /// The value.
        value: String,
        /// The share of its most frequent value.
        share: f64,
    },
    /// Consecutive row numbers.
    RowNumber,
    /// Nearly unique texts: names, or free text.
    NearlyUnique {
        /// Number of distinct texts.
        distinct: u64,
        /// Number of texts.
        values: u64,
    },
    /// A duplicate of an earlier column.
    Duplicate {
        /// The earlier column.
        of: Arc<str>,
    },
    /// Target leakage: a feature that alone predicts the target.
    Leak {
        /// The measure: `AUC`, `R²` or `Cramér's V`.
        measure: String,
        /// Its value.
        value: f64,
    },
    /// Numbers stored as text, with a few exceptions.
    NumbersAsText {
        /// The share of texts that are numbers.
        share: f64,
        /// The first few that are not.
        odd: Vec<String>,
    },
    /// Amounts stored as text: money, percentages, marked thousands.
    AmountsAsText {
        /// The share of texts that are amounts or numbers.
        share: f64,
        /// Have they a decimal comma?
        comma: bool,
    },
    /// Texts that look like another one, and differ in their code points.
    LookAlike {
        /// Their number.
        count: u64,
        /// The first of them, and the one that it looks like.
        example: [String; 2],
    },
    /// A column that is mostly missing.
    MostlyMissing {
        /// The share of missing values.
        share: f64,
    },
    /// A text of many levels, which would become as many columns.
    ManyLevels {
        /// Number of levels.
        distinct: u64,
    },
    /// Infinite values.
    Infinite {
        /// Their number.
        count: u64,
    },
    /// A few zeros far below all other numbers: they may encode missing values.
    StrayZeros {
        /// Their number.
        count: u64,
    },
    /// A skewed distribution.
    Skewed {
        /// The skewness.
        skewness: f64,
    },
    /// Duplicate rows.
    DuplicateRows {
        /// Their exact or approximate number.
        count: u64,
        /// Their share of all rows.
        share: f64,
    },
}

/// Minimum number of values for a finding.
const VALUES_MIN: u64 = 20;
const NEARLY_CONSTANT: f64 = 0.98;
const NEARLY_UNIQUE: f64 = 0.9;
const NUMBERS_AS_TEXT: f64 = 0.9;
const MOSTLY_MISSING: f64 = 0.5;
const MANY_LEVELS: u64 = 50;
/// Skewness above which a logarithm is suggested; half of it for a target.
const SKEWED: f64 = 2.0;
const LEAK: f64 = 0.99;
/// Zeros this many standard deviations below nearly all numbers are suspicious.
const STRAY: f64 = 2.0;

/// Returns all findings: whole rows first, then in the order of the columns.
pub(super) fn all(profile: &Profile, found: &Found) -> Vec<Suspicion> {
    let mut all: Vec<Suspicion> = duplicate_rows(profile).into_iter().collect();
    for (position, column) in profile.columns.iter().enumerate() {
        let leak = leak(profile, found, position);
        let equal = found.equal.iter().find(|(one, _)| *one == position);
        let twin = equal.map(|(_, of)| Reason::Duplicate { of: profile.columns[*of].name.clone() });
        let mut reasons: Vec<Reason> = twin.into_iter().chain(leak).collect();
        if reasons.is_empty() {
            reasons.extend(useless(column));
        }
        if reasons.is_empty() {
            reasons.extend(awkward(column));
        }
        all.extend(reasons.into_iter().map(|reason| Suspicion::new(column, reason)));
    }
    all
}

fn duplicate_rows(profile: &Profile) -> Option<Suspicion> {
    let count = profile.duplicates.map(|duplicates| duplicates.value).filter(|count| *count > 0)?;
    let reason = Reason::DuplicateRows { count, share: count as f64 / profile.rows as f64 };
    Some(Suspicion { column: None, reason, stage: Some("dedup".to_owned()) })
}

/// Does this feature alone predict the target?
fn leak(profile: &Profile, found: &Found, position: usize) -> Option<Reason> {
    let column = &profile.columns[position];
    let target = profile.columns.iter().find(|column| column.role == Role::Target)?;
    if column.role != Role::Feature || target.present() < VALUES_MIN {
        return None;
    }
    let reason = |measure: &str, value: f64| Reason::Leak { measure: measure.to_owned(), value };
    let area = found.areas.iter().find(|(of, area)| *of == position && *area > LEAK);
    if let Some((_, area)) = area {
        return Some(reason("AUC", *area));
    }
    let of_two = |association: &&super::Association| {
        let names = [&association.left, &association.right];
        names.contains(&&column.name) && names.contains(&&target.name) && association.rows * 2 >= target.present()
    };
    let association = profile.associations.iter().find(of_two)?;
    let (measure, value) = match association.measure {
        Measure::Pearson | Measure::CorrelationRatio => ("R²", association.value * association.value),
        Measure::CramersV => ("Cramér's V", association.value),
    };
    (value > LEAK).then(|| reason(measure, value))
}

/// Returns the reason why nothing can be learned from a column; at most one.
fn useless(column: &ColumnProfile) -> Option<Reason> {
    let present = column.present();
    if !matches!(column.role, Role::Feature | Role::Target) || column.rows == 0 {
        return None;
    }
    if present == 0 {
        return Some(Reason::Empty);
    }
    let top = column.levels.first();
    if let Some(top) = top.filter(|_| column.distinct.value == 1 && column.rows > 1) {
        return Some(Reason::Constant { value: top.value.clone(), gaps: column.missing > 0 });
    }
    if present < VALUES_MIN {
        return None;
    }
    let share = top.map_or(0.0, |top| top.count as f64 / present as f64);
    if let Some(top) = top.filter(|_| share >= NEARLY_CONSTANT && column.role == Role::Feature) {
        return Some(Reason::NearlyConstant { value: top.value.clone(), share });
    }
    let numbers_rows = |numbers: &super::NumberProfile| {
        column.distinct.exact
            && column.distinct.value == column.rows
            && numbers.max() - numbers.min() + 1.0 == present as f64
    };
    if column.kind == ColumnType::Count
        && column.role == Role::Feature
        && column.numbers.as_ref().is_some_and(numbers_rows)
    {
        return Some(Reason::RowNumber);
    }
    let is_unique = column.distinct.value as f64 >= NEARLY_UNIQUE * present as f64;
    let is_text = matches!(column.kind, ColumnType::Text | ColumnType::Category | ColumnType::Ordered);
    (is_text && is_unique)
        .then_some(Reason::NearlyUnique { distinct: column.distinct.value, values: present })
        .filter(|_| numbers_as_text(column).is_none())
}

/// Returns obstacles to learning from a column.
fn awkward(column: &ColumnProfile) -> Vec<Reason> {
    let present = column.present();
    let mut reasons = Vec::new();
    if column.rows >= VALUES_MIN && column.missing_share() > MOSTLY_MISSING {
        reasons.push(Reason::MostlyMissing { share: column.missing_share() });
    }
    let as_text = numbers_as_text(column);
    let is_mostly_there = reasons.is_empty();
    if is_mostly_there && column.kind == ColumnType::Text && column.distinct.value > MANY_LEVELS && as_text.is_none() {
        reasons.push(Reason::ManyLevels { distinct: column.distinct.value });
    }
    reasons.extend(as_text);
    if let Some(Alike { count, example }) = column.text.as_ref().and_then(|text| text.alike.clone()) {
        reasons.push(Reason::LookAlike { count, example });
    }
    if let Some(numbers) = &column.numbers {
        if numbers.infinite > 0 {
            reasons.push(Reason::Infinite { count: numbers.infinite });
        }
        // With few values, the 5 % quantile may be a zero itself.
        let [_, nearly_all, ..] = numbers.quantiles;
        let is_far = numbers.std.is_some_and(|std| std > 0.0 && nearly_all > STRAY * std);
        if numbers.zeros > 0 && numbers.negative == 0 && is_far && present >= VALUES_MIN {
            reasons.push(Reason::StrayZeros { count: numbers.zeros });
        }
        let bound = if column.role == Role::Target { SKEWED / 2.0 } else { SKEWED };
        let long = numbers.skewness.filter(|skewness| skewness.abs() > bound);
        if let Some(skewness) = long.filter(|_| present >= VALUES_MIN && column.distinct.value > 10) {
            reasons.push(Reason::Skewed { skewness });
        }
    }
    reasons
}

fn numbers_as_text(column: &ColumnProfile) -> Option<Reason> {
    let text = column.text.as_ref().filter(|_| column.kind == ColumnType::Text && column.present() >= VALUES_MIN)?;
    let share = text.numbers as f64 / column.present() as f64;
    let with_amounts = share + text.amounts as f64 / column.present() as f64;
    if text.amounts > 0 && with_amounts >= NUMBERS_AS_TEXT {
        return Some(Reason::AmountsAsText { share: with_amounts, comma: text.comma });
    }
    (share >= NUMBERS_AS_TEXT).then(|| Reason::NumbersAsText { share, odd: text.odd.clone() })
}

impl Suspicion {
    fn new(column: &ColumnProfile, reason: Reason) -> Suspicion {
        let stage = stage(column, &reason);
        Suspicion { column: Some(column.name.clone()), reason, stage }
    }
}

/// Returns the stage that would fix it.
fn stage(column: &ColumnProfile, reason: &Reason) -> Option<String> {
    let name = quoted(&column.name);
    let is_target = column.role == Role::Target;
    let positive = column.numbers.as_ref().is_some_and(|numbers| numbers.min() >= 0.0);
    Some(match reason {
        Reason::LookAlike { .. } => format!("parse unicode on {name}"),
        _ if is_target && !matches!(reason, Reason::Skewed { .. }) => return None,
        Reason::NumbersAsText { odd, .. } if odd.is_empty() => format!("cast float64 on {name}"),
        Reason::NumbersAsText { odd, .. } => {
            let texts: Vec<String> = odd.iter().map(|text| format!("{text:?}")).collect();
            format!("load … null=[{}]", texts.join(", "))
        }
        Reason::AmountsAsText { comma, .. } => stage_for_amounts(&column.name, *comma),
        Reason::ManyLevels { .. } => format!("encode target on {name}"),
        Reason::StrayZeros { .. } => format!("where {name} > 0"),
        Reason::Infinite { .. } => "load … null=[\"inf\", \"-inf\"]".to_owned(),
        Reason::Skewed { skewness } if is_target && positive && *skewness > 0.0 => format!("target log1p({name})"),
        Reason::Skewed { .. } if is_target => return None,
        Reason::Skewed { skewness } if positive && *skewness > 0.0 => format!("log1p on {name}"),
        Reason::Skewed { .. } => format!("power yeojohnson on {name}"),
        Reason::DuplicateRows { .. } => "dedup".to_owned(),
        // Whether a value is missing may be informative.
        Reason::Constant { gaps: true, .. } => return None,
        _ => format!("drop {name}"),
    })
}

/// As a predicate whose subject is the column, or the table.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Empty => write!(f, "has no values"),
            Reason::Constant { value, gaps: false } => write!(f, "is always {value:?}"),
            Reason::Constant { value, gaps: true } => write!(f, "is {value:?} or missing"),
            Reason::NearlyConstant { value, share } => write!(f, "is {value:?} in {} of the rows", percent(*share)),
            Reason::RowNumber => write!(f, "is a row number"),
            Reason::NearlyUnique { distinct, values } => write!(f, "has {distinct} distinct texts in {values} rows"),
            Reason::Duplicate { of } => write!(f, "holds the same values as {}", quoted(of)),
            Reason::Leak { measure, value } => write!(f, "alone predicts the target ({measure} {value:.4})"),
            Reason::NumbersAsText { share, odd } if odd.is_empty() => {
                write!(f, "holds numbers as text ({})", percent(*share))
            }
            Reason::NumbersAsText { share, odd } => {
                write!(f, "is text, but {} of its values are numbers; others: {}", percent(*share), odd.join(", "))
            }
            Reason::AmountsAsText { share, .. } => {
                write!(f, "looks like money, percentages or marked thousands ({})", percent(*share))
            }
            Reason::LookAlike { count: 1, example: [text, other] } => {
                write!(f, "holds {text:?}, which looks like {other:?} and differs in its code points")
            }
            Reason::LookAlike { count, example: [text, other] } => {
                let first = format!("{text:?} and {other:?}");
                write!(f, "holds {count} texts that look like others and differ in their code points, as {first}")
            }
            Reason::MostlyMissing { share } => write!(f, "is missing in {} of the rows", percent(*share)),
            Reason::ManyLevels { distinct } => write!(f, "has {distinct} levels, which would be as many columns"),
            Reason::Infinite { count: 1 } => write!(f, "holds an infinite number"),
            Reason::Infinite { count } => write!(f, "holds {count} infinite numbers"),
            Reason::StrayZeros { count } => {
                let rows = if *count == 1 { "row" } else { "rows" };
                write!(f, "is 0 in {count} {rows}, far below all others: missing?")
            }
            Reason::Skewed { skewness } if *skewness > 0.0 => {
                write!(f, "has a long tail of large values (skewness {skewness:.1})")
            }
            Reason::Skewed { skewness } => write!(f, "has a long tail of small values (skewness {skewness:.1})"),
            Reason::DuplicateRows { count: 1, .. } => write!(f, "1 row is equal to an earlier one"),
            Reason::DuplicateRows { count, share } => {
                write!(f, "{count} rows ({}) are equal to an earlier one", percent(*share))
            }
        }
    }
}

/// Formats a share as a percentage; 0 % and 100 % only if exact.
#[must_use]
pub fn percent(share: f64) -> String {
    let text = format!("{:.1}", share * 100.0);
    match text.as_str() {
        "0.0" if share > 0.0 => "<0.1%".to_owned(),
        "100.0" if share < 1.0 => ">99.9%".to_owned(),
        _ => format!("{}%", text.strip_suffix(".0").unwrap_or(&text)),
    }
}
