//! What the values of a column are read as.

use pipewright_diagnostic::{Failure, code};
use pipewright_table::form::Form;
use pipewright_table::literal::{self, Number};
use pipewright_table::text::{plural, quoted};
use pipewright_table::{Column, ColumnType, Zone, is_amount, stage_for_amounts};
use serde::{Deserialize, Serialize};

/// The unit of a number of seconds since 1970, or parts of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EpochUnit {
    /// Seconds.
    Seconds,
    /// Thousandths of a second.
    Milliseconds,
    /// Millionths of a second.
    Microseconds,
}

impl EpochUnit {
    /// Its name, in the plural.
    pub(super) fn noun(self) -> &'static str {
        match self {
            EpochUnit::Seconds => "seconds",
            EpochUnit::Milliseconds => "milliseconds",
            EpochUnit::Microseconds => "microseconds",
        }
    }

    fn micros(self) -> i64 {
        match self {
            EpochUnit::Seconds => literal::SECOND,
            EpochUnit::Milliseconds => literal::SECOND / 1000,
            EpochUnit::Microseconds => 1,
        }
    }

    /// The moment of this number, to the microsecond.
    pub(super) fn moment(self, number: Number) -> Option<i64> {
        let moment = match number {
            Number::Whole(whole) => whole.checked_mul(self.micros())?,
            Number::Huge(number) | Number::Real(number) => (number * self.micros() as f64).round() as i64,
        };
        let is_finite = number.as_f64().is_finite();
        Some(moment).filter(|moment| is_finite && literal::MOMENTS.contains(moment))
    }
}

/// Target of a conversion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Reading {
    /// Values of this type.
    Kind(ColumnType),
    /// Dates in this format.
    Form(String),
    /// Dates in this format, as clocks of this zone show them.
    Zoned { form: String, zone: String },
    /// Dates as a number of these units since 1970-01-01T00:00:00 UTC.
    Epoch(EpochUnit),
    /// Texts, normalised: [`pipewright_table::normalized`].
    Unicode,
    /// Amounts with this decimal separator, see [`pipewright_table::amount`].
    Amount(u8),
}

impl Reading {
    /// The kind of what is made of a column of a kind.
    pub(super) fn kind(&self, from: ColumnType) -> ColumnType {
        match self {
            Reading::Kind(kind) => *kind,
            Reading::Form(_) | Reading::Zoned { .. } | Reading::Epoch(_) => ColumnType::Date,
            Reading::Amount(_) => ColumnType::Continuous,
            Reading::Unicode => from,
        }
    }

    /// Does it make texts of dates, whose form depends on all of them?
    pub(super) fn makes_texts(&self) -> bool {
        matches!(self, Reading::Kind(kind) if kind.is_string())
    }

    /// The format of its dates, if it has one.
    pub(super) fn form(&self) -> Result<Option<Form>, Failure> {
        match self {
            Reading::Form(form) => Form::read(form).map(Some),
            Reading::Zoned { form, zone } => Form::read(form)?.in_zone(Zone::read(zone)?).map(Some),
            Reading::Kind(_) | Reading::Amount(_) | Reading::Epoch(_) | Reading::Unicode => Ok(None),
        }
    }

    /// Returns what its values are, in the singular.
    pub(super) fn noun(&self) -> String {
        match self {
            Reading::Form(form) | Reading::Zoned { form, .. } => format!("date in the format `{form}`"),
            Reading::Epoch(unit) => format!("number of {} since 1970", unit.noun()),
            Reading::Kind(ColumnType::Count) => "whole number".to_owned(),
            Reading::Amount(_) | Reading::Kind(ColumnType::Continuous) => "number".to_owned(),
            Reading::Kind(ColumnType::Bool) => "boolean".to_owned(),
            Reading::Kind(ColumnType::Time) => "time of day".to_owned(),
            Reading::Kind(kind) => kind.to_string(),
            Reading::Unicode => "text".to_owned(),
        }
    }

    /// Returns advice for a text that cannot be converted, if another stage could.
    pub(super) fn advice(&self, column: &str, text: &str) -> Option<String> {
        let comma = match (self, is_amount(text)) {
            (Reading::Kind(ColumnType::Continuous | ColumnType::Count), [true, _]) => false,
            (Reading::Kind(ColumnType::Continuous | ColumnType::Count), [_, true]) => true,
            (Reading::Amount(b'.'), [_, true]) => true,
            (Reading::Amount(_), [true, _]) => false,
            _ => return None,
        };
        Some(format!("to read amounts such as `{text}`: {}", stage_for_amounts(column, comma)))
    }

    /// Can a column of this type be converted at all?
    pub(super) fn takes(&self, column: &Column) -> Result<(), Failure> {
        let (from, to) = (column.kind, self.kind(column.kind));
        let fits = match to {
            // `20240310` and seconds since 1970 are whole numbers by their digits.
            _ if matches!(self, Reading::Form(_) | Reading::Zoned { .. }) => {
                from.is_string() || matches!(from, ColumnType::Date | ColumnType::Count)
            }
            _ if matches!(self, Reading::Epoch(_)) => from.is_string() || from.is_numeric(),
            _ if matches!(self, Reading::Unicode) => from.is_string(),
            ColumnType::Category | ColumnType::Ordered | ColumnType::Text | ColumnType::Id => true,
            ColumnType::Continuous | ColumnType::Count => !matches!(from, ColumnType::Date | ColumnType::Time),
            ColumnType::Bool => !matches!(from, ColumnType::Date | ColumnType::Time),
            ColumnType::Date | ColumnType::Time => from.is_string() || from == to,
        };
        if fits {
            return Ok(());
        }
        let message = match self {
            Reading::Unicode => format!("`{}` holds {}; code points are those of texts", column.name, plural(from)),
            _ => format!("`{}` holds {}, which cannot be converted to {}", column.name, plural(from), plural(to)),
        };
        let failure = Failure::new(code::NOT_NUMERIC, message).column(&*column.name);
        Err(match from {
            ColumnType::Date => {
                failure.help(format!("extract a number from the date: derive n = year({})", quoted(&column.name)))
            }
            _ => failure,
        })
    }
}
