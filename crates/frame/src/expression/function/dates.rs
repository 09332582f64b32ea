//! Functions of dates, times of day and lengths of time.

use super::super::lanes::Values;
use super::{Chapter, Function, Given, Gives, Parameter, Takes, Work};
use crate::csv::{DAY, HOUR, MINUTE, SECOND, civil, days_since_1970};

const DATE: Parameter = Parameter::of("date", Takes::Date);
const MOMENT: Parameter = Parameter::of("moment", Takes::Moment);
const DURATION: Parameter = Parameter::of("duration", Takes::Duration);

const fn of_date(name: &'static str, doc: &'static str, work: fn(Given<'_>) -> Values) -> Function {
    Function { name, chapter: Chapter::Dates, takes: &[DATE], doc, gives: Gives::Whole, work: Work::Row(work) }
}

const fn of_moment(name: &'static str, doc: &'static str, work: fn(Given<'_>) -> Values) -> Function {
    Function { takes: &[MOMENT], ..of_date(name, doc, work) }
}

const fn of_duration(name: &'static str, doc: &'static str, work: fn(Given<'_>) -> Values) -> Function {
    Function { takes: &[DURATION], gives: Gives::Number, ..of_date(name, doc, work) }
}

pub(super) const FUNCTIONS: &[Function] = &[
    of_date("year", "the year", |given| given.of_moment(|date| day(date).0 as f64)),
    of_date("quarter", "the quarter, 1 to 4", |given| given.of_moment(|date| ((day(date).1 + 2) / 3) as f64)),
    of_date("month", "the month, 1 to 12", |given| given.of_moment(|date| day(date).1 as f64)),
    of_date("week", "the week of ISO 8601, 1 to 53", |given| given.of_moment(|date| week(date.div_euclid(DAY)) as f64)),
    of_date("day", "the day of the month, 1 to 31", |given| given.of_moment(|date| day(date).2 as f64)),
    of_date("dayofyear", "the day of the year, 1 to 366", |given| given.of_moment(|date| day_of_year(date) as f64)),
    of_date("weekday", "the day of the week, 1 (Monday) to 7", |given| {
        given.of_moment(|date| weekday(date.div_euclid(DAY)) as f64)
    }),
    of_moment("hour", "the hour, 0 to 23", |given| given.of_moment(|moment| (moment.rem_euclid(DAY) / HOUR) as f64)),
    of_moment("minute", "the minute, 0 to 59", |given| {
        given.of_moment(|moment| (moment.rem_euclid(HOUR) / MINUTE) as f64)
    }),
    of_moment("second", "the second, 0 to 59", |given| {
        given.of_moment(|moment| (moment.rem_euclid(MINUTE) / SECOND) as f64)
    }),
    of_duration("days", "the length of time in days", |given| given.of_moment(|time| time as f64 / DAY as f64)),
    of_duration("hours", "the length of time in hours", |given| given.of_moment(|time| time as f64 / HOUR as f64)),
    of_duration("minutes", "the length of time in minutes", |given| {
        given.of_moment(|time| time as f64 / MINUTE as f64)
    }),
    of_duration("seconds", "the length of time in seconds", |given| {
        given.of_moment(|time| time as f64 / SECOND as f64)
    }),
];

/// Year, month and day of a moment.
fn day(moment: i64) -> (i64, i64, i64) {
    civil(moment.div_euclid(DAY))
}

/// 1 for Monday to 7 for Sunday: 1970-01-01 was a Thursday.
fn weekday(days: i64) -> i64 {
    (days + 3).rem_euclid(7) + 1
}

fn first_of_january(year: i64) -> i64 {
    days_since_1970(year, 1, 1).expect("every year has a first of January")
}

fn day_of_year(moment: i64) -> i64 {
    let days = moment.div_euclid(DAY);
    days - first_of_january(civil(days).0) + 1
}

/// The week of ISO 8601: weeks start on Monday, and the week of a day is that of its Thursday in its Thursday's year.
fn week(days: i64) -> i64 {
    let thursday = days + 4 - weekday(days);
    (thursday - first_of_january(civil(thursday).0)) / 7 + 1
}
