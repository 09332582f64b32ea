//! Parts of dates: year, month, weekday and the like.

use crate::literal::{DAY, civil, days_since_1970};
use serde::{Deserialize, Serialize};

/// A part of a date, as a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatePart {
    /// The year.
    Year,
    /// 1 to 4.
    Quarter,
    /// 1 to 12.
    Month,
    /// The ISO 8601 week, 1 to 53: week 1 contains the year's first Thursday.
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
    /// Days since the earliest date of the training rows; with a fraction if there are times of day.
    Elapsed,
}

impl DatePart {
    /// All parts with their names, in column order.
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

    /// Returns its name, for example `dayofyear`.
    #[must_use]
    pub fn name(self) -> &'static str {
        DatePart::NAMES.iter().find(|(_, part)| *part == self).expect("every part has a name").0
    }

    /// Returns the first value and the number of values, if it is periodic.
    #[must_use]
    pub fn cycle(self) -> Option<(f64, f64)> {
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

    /// Computes the part of a moment, in microseconds since 1970.
    #[must_use]
    pub fn of(self, moment: i64, earliest: i64) -> f64 {
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
