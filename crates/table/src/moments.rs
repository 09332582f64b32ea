//! Dates and times of day as text, in one form per column.

use crate::literal::{DAY, SECOND, civil};
use arrow_array::cast::AsArray;
use arrow_array::types::{Time64MicrosecondType, TimestampMicrosecondType};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_schema::DataType;
use serde::{Deserialize, Serialize};

/// How the moments of a column are written: with as much as the most precise one needs, so that all have one form.
///
/// ```
/// use pipewright_table::MomentForm;
/// let form = MomentForm::of(1_500_000).max(MomentForm::of(0));
/// assert_eq!(form.date_text(0), "1970-01-01T00:00:00.000");
/// assert_eq!(MomentForm::Day.date_text(0), "1970-01-01");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MomentForm {
    /// The day alone.
    #[default]
    Day,
    /// The day, and the time to the second.
    Second,
    /// With three decimals of a second.
    Millisecond,
    /// With six decimals of a second.
    Microsecond,
}

impl MomentForm {
    /// Returns the shortest form of a moment, in microseconds since 1970, or of a time of day.
    #[must_use]
    pub fn of(micros: i64) -> MomentForm {
        if micros % DAY == 0 {
            MomentForm::Day
        } else if micros % SECOND == 0 {
            MomentForm::Second
        } else if micros % 1000 == 0 {
            MomentForm::Millisecond
        } else {
            MomentForm::Microsecond
        }
    }

    /// Returns the shortest form of all values of a column; the shortest of all if it holds neither dates nor times.
    #[must_use]
    pub fn of_array(array: &ArrayRef) -> MomentForm {
        fn longest<T: arrow_array::ArrowPrimitiveType<Native = i64>>(moments: &PrimitiveArray<T>) -> MomentForm {
            let mut form = MomentForm::Day;
            for micros in moments.iter().flatten() {
                form = form.max(MomentForm::of(micros));
                if form == MomentForm::Microsecond {
                    break;
                }
            }
            form
        }
        match array.data_type() {
            DataType::Timestamp(..) => longest(array.as_primitive::<TimestampMicrosecondType>()),
            DataType::Time64(..) => longest(array.as_primitive::<Time64MicrosecondType>()),
            _ => MomentForm::Day,
        }
    }

    /// Formats a moment as ISO 8601, in this form or a longer one if it would lose something.
    #[must_use]
    pub fn date_text(self, micros: i64) -> String {
        let (days, rest) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
        let (year, month, day) = civil(days);
        let date = format!("{year:04}-{month:02}-{day:02}");
        match self.max(MomentForm::of(micros)) {
            MomentForm::Day => date,
            form => format!("{date}T{}", form.time_text(rest)),
        }
    }

    /// Formats a time of day, which always has seconds.
    #[must_use]
    pub fn time_text(self, micros: i64) -> String {
        let (seconds, rest) = (micros / SECOND, micros % SECOND);
        let time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        match self.max(MomentForm::of(micros)) {
            MomentForm::Day | MomentForm::Second => time,
            MomentForm::Millisecond => format!("{time}.{:03}", rest / 1000),
            MomentForm::Microsecond => format!("{time}.{rest:06}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::{Time64MicrosecondArray, TimestampMicrosecondArray};
    use std::sync::Arc;

    #[test]
    fn the_most_precise_value_sets_the_form_of_all() {
        let noon = 12 * 3600 * SECOND;
        for (moments, expected) in [
            (vec![0, DAY], "1970-01-01 1970-01-02"),
            (vec![0, noon], "1970-01-01T00:00:00 1970-01-01T12:00:00"),
            (vec![noon, 500_000], "1970-01-01T12:00:00.000 1970-01-01T00:00:00.500"),
            (vec![-1, 0], "1969-12-31T23:59:59.999999 1970-01-01T00:00:00.000000"),
        ] {
            let array: ArrayRef = Arc::new(TimestampMicrosecondArray::from(moments.clone()));
            let form = MomentForm::of_array(&array);
            let texts: Vec<String> = moments.into_iter().map(|micros| form.date_text(micros)).collect();
            assert_eq!(texts.join(" "), expected);
        }
        let times: ArrayRef = Arc::new(Time64MicrosecondArray::from(vec![None, Some(0), Some(1000)]));
        assert_eq!(MomentForm::of_array(&times).time_text(0), "00:00:00.000");
        assert_eq!(MomentForm::Day.time_text(0), "00:00:00");
    }

    #[test]
    fn nothing_is_lost_in_a_form_that_is_too_short() {
        assert_eq!(MomentForm::Day.date_text(1), "1970-01-01T00:00:00.000001");
    }
}
