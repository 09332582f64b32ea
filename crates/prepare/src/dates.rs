//! Date features: parts, cycles, and elapsed time.

use crate::columns::{all_missing, bad_state, chosen, fitted, present, replaced, shown, validate_names};
use crate::{Estimator, State, Summary};
use arrow_array::Float64Array;
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use pipewright_diagnostic::Failure;
use pipewright_expr::Selection;
use pipewright_table::literal::DAY;
use pipewright_table::{Column, ColumnType, DatePart, Entry, Role, Schema, Stored, Table, Zone};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::sync::Arc;

/// Replaces dates by numbers: `date (year)`, `date (month)`, …; all are missing where the date is.
///
/// ```
/// use pipewright_frame::{DatePart, Dates, ReadOptions, State, csv, fit};
/// let (table, _) = csv::read(b"day\n2024-02-29\n2024-03-01\n", &ReadOptions::new("t.csv")).unwrap();
/// let state = fit(&Dates::parts([DatePart::Month, DatePart::Elapsed]), &table).unwrap();
/// let names = ["day (month)".into(), "day (elapsed)".into()];
/// assert_eq!(state.apply(&table).unwrap().numbers(&names).unwrap(), [2.0, 3.0, 0.0, 1.0]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Dates {
    /// The parts; all if `None`, the hour only if the training rows have times of day.
    pub parts: Option<Arc<[DatePart]>>,
    /// Cyclic encoding: periodic parts become points on a circle, so that December is next to January: `date (month
    /// sin)`, `date (month cos)`.
    pub cyclic: bool,
    /// The zone whose clocks the parts are read from; UTC if `None`. Elapsed days are those of UTC in any case.
    pub zone: Option<Zone>,
    /// The columns; all date features if `None`.
    pub on: Option<Selection>,
}

impl Dates {
    /// Extracts every part.
    #[must_use]
    pub fn all() -> Dates {
        Dates { parts: None, cyclic: false, zone: None, on: None }
    }

    /// Extracts these parts.
    #[must_use]
    pub fn parts(parts: impl IntoIterator<Item = DatePart>) -> Dates {
        Dates { parts: Some(parts.into_iter().collect()), ..Dates::all() }
    }

    /// Enables cyclic encoding.
    #[must_use]
    pub fn cyclic(self) -> Dates {
        Dates { cyclic: true, ..self }
    }

    /// Reads the parts from the clocks of a zone.
    #[must_use]
    pub fn zone(self, zone: Zone) -> Dates {
        Dates { zone: Some(zone), ..self }
    }

    /// Restricts to these columns.
    #[must_use]
    pub fn on(self, columns: Selection) -> Dates {
        Dates { on: Some(columns), ..self }
    }

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        chosen(self.on.as_ref(), input, "`datefeatures`", |kind| kind == ColumnType::Date)
    }
}

/// Summary of the dates.
#[derive(Debug)]
pub struct DatesSummary {
    columns: Vec<(Column, Seen)>,
}

#[derive(Debug, Default)]
struct Seen {
    earliest: Option<i64>,
    has_times: bool,
}

impl Summary for DatesSummary {
    fn merge(&mut self, later: DatesSummary) {
        for ((_, seen), (_, more)) in self.columns.iter_mut().zip(later.columns) {
            seen.earliest = seen.earliest.into_iter().chain(more.earliest).min();
            seen.has_times |= more.has_times;
        }
    }
}

/// The output columns of each date column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatesState {
    cyclic: bool,
    /// The name of the zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    zone: Option<String>,
    columns: Vec<Dated>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Dated {
    name: Arc<str>,
    parts: Vec<DatePart>,
    /// Microseconds since 1970.
    earliest: i64,
}

/// What clocks show at a moment.
fn shown_at(zone: Option<&Zone>, moment: i64) -> i64 {
    zone.map_or(moment, |zone| zone.local(moment))
}

impl Estimator for Dates {
    type Summary = DatesSummary;
    type State = DatesState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(replaced(input, &self.columns(input)?, |column| match &self.parts {
            None => vec![Entry::Open { from: column.name.clone(), kind: ColumnType::Continuous }],
            Some(parts) => features(column, parts, self.cyclic).map(|(column, ..)| Entry::Column(column)).collect(),
        }))
    }

    fn empty(&self, input: &Schema) -> Result<DatesSummary, Failure> {
        let columns = self.columns(input)?.into_iter().map(|column| (column, Seen::default()));
        Ok(DatesSummary { columns: columns.collect() })
    }

    fn observe(&self, summary: &mut DatesSummary, rows: &Table) -> Result<(), Failure> {
        for (column, seen) in &mut summary.columns {
            let moments = fitted(rows, &column.name, ColumnType::Date)?.as_primitive::<TimestampMicrosecondType>();
            present(moments, &mut |_, moment| {
                seen.earliest = Some(seen.earliest.map_or(moment, |earliest| earliest.min(moment)));
                seen.has_times |= shown_at(self.zone.as_ref(), moment).rem_euclid(DAY) != 0;
            });
        }
        Ok(())
    }

    fn finish(&self, summary: DatesSummary) -> Result<DatesState, Failure> {
        let columns = summary.columns.into_iter().map(|(column, seen)| {
            let Some(earliest) = seen.earliest else { return Err(all_missing(&column.name, "parts")) };
            let all = || DatePart::NAMES.iter().map(|(_, part)| *part);
            let parts = match &self.parts {
                Some(parts) => parts.to_vec(),
                None => all().filter(|part| *part != DatePart::Hour || seen.has_times).collect(),
            };
            Ok(Dated { name: column.name, parts, earliest })
        });
        let zone = self.zone.as_ref().map(|zone| zone.name().to_owned());
        Ok(DatesState { cyclic: self.cyclic, zone, columns: columns.collect::<Result<_, _>>()? })
    }
}

/// Representation of a periodic number.
#[derive(Debug, Clone, Copy)]
enum Reading {
    Plain,
    Sine(f64, f64),
    Cosine(f64, f64),
}

impl Reading {
    fn of(self, number: f64) -> f64 {
        match self {
            Reading::Plain => number,
            Reading::Sine(first, period) => (TAU * (number - first) / period).sin(),
            Reading::Cosine(first, period) => (TAU * (number - first) / period).cos(),
        }
    }
}

/// Returns the output columns of a date.
fn features(date: &Column, parts: &[DatePart], cyclic: bool) -> impl Iterator<Item = (Column, DatePart, Reading)> {
    parts.iter().flat_map(move |&part| {
        let feature = |what: &str, reading| {
            let name = format!("{} ({}{what})", date.name, part.name()).into();
            let sources = date.sources.clone();
            (Column { name, kind: ColumnType::Continuous, role: Role::Feature, sources }, part, reading)
        };
        match part.cycle().filter(|_| cyclic) {
            None => vec![feature("", Reading::Plain)],
            Some((first, period)) => {
                vec![feature(" sin", Reading::Sine(first, period)), feature(" cos", Reading::Cosine(first, period))]
            }
        }
    })
}

impl DatesState {
    fn zone(&self) -> Result<Option<Zone>, Failure> {
        self.zone.as_deref().map(Zone::read).transpose()
    }
}

impl State for DatesState {
    const TAG: &str = "date_features";

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        for dated in &self.columns {
            fitted(rows, &dated.name, ColumnType::Date)?;
        }
        let zone = self.zone()?;
        let dates: BTreeMap<&str, &Dated> = self.columns.iter().map(|dated| (&*dated.name, dated)).collect();
        rows.map_columns(|column, array| {
            let Some(dated) = dates.get(&*column.name) else { return Ok(vec![(column.clone(), array.clone())]) };
            let moments = array.array().as_primitive::<TimestampMicrosecondType>();
            let made = features(column, &dated.parts, self.cyclic).map(|(feature, part, reading)| {
                let clocks = zone.as_ref().filter(|_| part != DatePart::Elapsed);
                let number = |moment| reading.of(part.of(shown_at(clocks, moment), dated.earliest));
                let numbers: Float64Array = moments.unary(number);
                (feature, Stored::Array(Arc::new(numbers)))
            });
            Ok(made.collect())
        })
    }

    fn show(&self) -> Table {
        let learned = self.columns.iter().map(|dated| {
            let parts: Vec<&str> = dated.parts.iter().map(|part| part.name()).collect();
            let text =
                format!("{}; earliest {}", parts.join(", "), pipewright_table::literal::date_text(dated.earliest));
            (dated.name.to_string(), text)
        });
        shown("parts", learned)
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.columns.iter().map(|dated| &dated.name))?;
        self.zone().map_err(|failure| bad_state(failure.message))?;
        let twice =
            |dated: &&Dated| dated.parts.iter().enumerate().any(|(place, part)| dated.parts[..place].contains(part));
        match self.columns.iter().find(twice) {
            None => Ok(()),
            Some(dated) => Err(bad_state(format!("a part of `{}` occurs twice", dated.name))),
        }
    }
}

#[cfg(test)]
mod tests;
