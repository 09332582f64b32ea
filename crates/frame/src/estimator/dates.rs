//! Makes numbers of dates: their parts, their cycles, and the time that has passed.

use super::columns::{all_missing, bad_state, chosen, fitted, present, replaced, shown, validate_names};
use super::{Estimator, State, Summary};
use crate::csv::{DAY, civil, days_since_1970};
use crate::{Column, Entry, Kind, Role, Schema, Selection, Table};
use arrow_array::cast::AsArray;
use arrow_array::types::TimestampMicrosecondType;
use arrow_array::{ArrayRef, Float64Array};
use pipewright_diagnostic::Failure;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::f64::consts::TAU;
use std::sync::Arc;

/// Replaces dates by numbers: `date (year)`, `date (month)`, …; a missing date is missing in all of them.
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
    /// Which numbers; without it all of them, of which the hour only where the training rows have times of day.
    pub parts: Option<Arc<[DatePart]>>,
    /// Turns what comes round again into a point on a circle, so that December is next to January:
    /// `date (month sin)`, `date (month cos)`.
    pub cyclic: bool,
    /// The columns; without it all features that are dates.
    pub on: Option<Selection>,
}

/// A number that a date has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatePart {
    /// The year.
    Year,
    /// 1 to 4.
    Quarter,
    /// 1 to 12.
    Month,
    /// The week of ISO 8601, 1 to 53: that with the year's first Thursday is the first.
    Week,
    /// The day of the month, 1 to 31.
    Day,
    /// The day of the year, 1 to 366.
    DayOfYear,
    /// 0 for Monday to 6 for Sunday.
    Weekday,
    /// 1 on Saturday and Sunday, else 0.
    Weekend,
    /// 0 to 23.
    Hour,
    /// Days since the earliest date of the training rows; with a fraction where there are times of day.
    Elapsed,
}

impl DatePart {
    /// All of them with their names, in the order of the columns.
    pub const NAMES: [(&'static str, DatePart); 10] = [
        ("year", DatePart::Year),
        ("quarter", DatePart::Quarter),
        ("month", DatePart::Month),
        ("week", DatePart::Week),
        ("day", DatePart::Day),
        ("dayofyear", DatePart::DayOfYear),
        ("weekday", DatePart::Weekday),
        ("weekend", DatePart::Weekend),
        ("hour", DatePart::Hour),
        ("elapsed", DatePart::Elapsed),
    ];

    /// Its name: `dayofyear`.
    #[must_use]
    pub fn name(self) -> &'static str {
        DatePart::NAMES.iter().find(|(_, part)| *part == self).expect("every part has a name").0
    }

    /// The first value and the number of values, if it comes round again.
    fn cycle(self) -> Option<(f64, f64)> {
        match self {
            DatePart::Quarter => Some((1.0, 4.0)),
            DatePart::Month => Some((1.0, 12.0)),
            DatePart::Week => Some((1.0, 53.0)),
            DatePart::Day => Some((1.0, 31.0)),
            DatePart::DayOfYear => Some((1.0, 366.0)),
            DatePart::Weekday => Some((0.0, 7.0)),
            DatePart::Hour => Some((0.0, 24.0)),
            DatePart::Year | DatePart::Weekend | DatePart::Elapsed => None,
        }
    }

    /// The number of a moment, in microseconds since 1970.
    pub(crate) fn of(self, moment: i64, earliest: i64) -> f64 {
        let days = moment.div_euclid(DAY);
        let weekday = |days: i64| (days + 3).rem_euclid(7); // 1970-01-01 was a Thursday.
        let first_of_year = |year: i64| days_since_1970(year, 1, 1).expect("the first of a year is a day");
        let (year, month, day) = civil(days);
        let number = match self {
            DatePart::Year => year,
            DatePart::Quarter => (month + 2) / 3,
            DatePart::Month => month,
            DatePart::Week => {
                let thursday = days - weekday(days) + 3;
                (thursday - first_of_year(civil(thursday).0)) / 7 + 1
            }
            DatePart::Day => day,
            DatePart::DayOfYear => days - first_of_year(year) + 1,
            DatePart::Weekday => weekday(days),
            DatePart::Weekend => i64::from(weekday(days) >= 5),
            DatePart::Hour => moment.rem_euclid(DAY) / (DAY / 24),
            DatePart::Elapsed => return moment.saturating_sub(earliest) as f64 / DAY as f64,
        };
        number as f64
    }
}

impl Dates {
    /// Every number that the dates have.
    #[must_use]
    pub fn all() -> Dates {
        Dates { parts: None, cyclic: false, on: None }
    }

    /// These numbers.
    #[must_use]
    pub fn parts(parts: impl IntoIterator<Item = DatePart>) -> Dates {
        Dates { parts: Some(parts.into_iter().collect()), ..Dates::all() }
    }

    /// The same with points on circles.
    #[must_use]
    pub fn cyclic(self) -> Dates {
        Dates { cyclic: true, ..self }
    }

    /// The same for these columns.
    #[must_use]
    pub fn on(self, columns: Selection) -> Dates {
        Dates { on: Some(columns), ..self }
    }

    fn columns(&self, input: &Schema) -> Result<Vec<Column>, Failure> {
        chosen(self.on.as_ref(), input, "`datefeatures`", |kind| kind == Kind::Date)
    }
}

/// What was seen of the dates.
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

/// What becomes of each column of dates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatesState {
    cyclic: bool,
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

impl Estimator for Dates {
    type Summary = DatesSummary;
    type State = DatesState;

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        Ok(replaced(input, &self.columns(input)?, |column| match &self.parts {
            None => vec![Entry::Open { from: column.name.clone(), kind: Kind::Continuous }],
            Some(parts) => features(column, parts, self.cyclic).map(|(column, ..)| Entry::Column(column)).collect(),
        }))
    }

    fn empty(&self, input: &Schema) -> Result<DatesSummary, Failure> {
        let columns = self.columns(input)?.into_iter().map(|column| (column, Seen::default()));
        Ok(DatesSummary { columns: columns.collect() })
    }

    fn observe(&self, summary: &mut DatesSummary, rows: &Table) -> Result<(), Failure> {
        for (column, seen) in &mut summary.columns {
            let moments = fitted(rows, &column.name, Kind::Date)?.as_primitive::<TimestampMicrosecondType>();
            present(moments, &mut |_, moment| {
                seen.earliest = Some(seen.earliest.map_or(moment, |earliest| earliest.min(moment)));
                seen.has_times |= moment.rem_euclid(DAY) != 0;
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
        Ok(DatesState { cyclic: self.cyclic, columns: columns.collect::<Result<_, _>>()? })
    }
}

/// How a number that comes round again is told.
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

/// The columns that are made of a date.
fn features(date: &Column, parts: &[DatePart], cyclic: bool) -> impl Iterator<Item = (Column, DatePart, Reading)> {
    parts.iter().flat_map(move |&part| {
        let feature = |what: &str, reading| {
            let name = format!("{} ({}{what})", date.name, part.name()).into();
            let sources = date.sources.clone();
            (Column { name, kind: Kind::Continuous, role: Role::Feature, sources }, part, reading)
        };
        match part.cycle().filter(|_| cyclic) {
            None => vec![feature("", Reading::Plain)],
            Some((first, period)) => {
                vec![feature(" sin", Reading::Sine(first, period)), feature(" cos", Reading::Cosine(first, period))]
            }
        }
    })
}

impl State for DatesState {
    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        for dated in &self.columns {
            fitted(rows, &dated.name, Kind::Date)?;
        }
        let dates: BTreeMap<&str, &Dated> = self.columns.iter().map(|dated| (&*dated.name, dated)).collect();
        rows.map_columns(|column, array| {
            let Some(dated) = dates.get(&*column.name) else { return Ok(vec![(column.clone(), array.clone())]) };
            let moments = array.as_primitive::<TimestampMicrosecondType>();
            let made = features(column, &dated.parts, self.cyclic).map(|(feature, part, reading)| {
                let numbers: Float64Array = moments.unary(|moment| reading.of(part.of(moment, dated.earliest)));
                (feature, Arc::new(numbers) as ArrayRef)
            });
            Ok(made.collect())
        })
    }

    fn show(&self) -> Table {
        let learned = self.columns.iter().map(|dated| {
            let parts: Vec<&str> = dated.parts.iter().map(|part| part.name()).collect();
            let text = format!("{}; earliest {}", parts.join(", "), crate::csv::date_text(dated.earliest));
            (dated.name.to_string(), text)
        });
        shown("parts", learned)
    }

    fn validate(&self) -> Result<(), Failure> {
        validate_names(self.columns.iter().map(|dated| &dated.name))?;
        let twice =
            |dated: &&Dated| dated.parts.iter().enumerate().any(|(place, part)| dated.parts[..place].contains(part));
        match self.columns.iter().find(twice) {
            None => Ok(()),
            Some(dated) => Err(bad_state(format!("a part of `{}` is there twice", dated.name))),
        }
    }
}

#[cfg(test)]
mod tests;
