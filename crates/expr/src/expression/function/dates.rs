//! Functions of dates, times of day and durations.

use super::super::lanes::Values;
use super::{Chapter, Function, Given, Gives, Parameter, ParameterType, Work};
use pipewright_table::literal::{DAY, HOUR, MINUTE, SECOND};
use pipewright_table::{DatePart, Zone};

const DATE: Parameter = Parameter::of("date", ParameterType::Date);
const MOMENT: Parameter = Parameter::of("moment", ParameterType::Moment);
const ZONE: Parameter = Parameter::of("zone", ParameterType::Zone);
const IN_ZONE: Parameter = ZONE.optional();
const DURATION: Parameter = Parameter::of("duration", ParameterType::Duration);

const fn of_date(name: &'static str, doc: &'static str, work: fn(Given<'_>) -> Values) -> Function {
    Function { name, chapter: Chapter::Dates, takes: &[DATE, IN_ZONE], doc, gives: Gives::Int, work: Work::Row(work) }
}

const fn of_moment(name: &'static str, doc: &'static str, work: fn(Given<'_>) -> Values) -> Function {
    Function { takes: &[MOMENT, IN_ZONE], ..of_date(name, doc, work) }
}

const fn of_zone(name: &'static str, doc: &'static str, work: fn(Given<'_>) -> Values) -> Function {
    Function { takes: &[DATE, ZONE], gives: Gives::Date, ..of_date(name, doc, work) }
}

const fn of_duration(name: &'static str, doc: &'static str, work: fn(Given<'_>) -> Values) -> Function {
    Function { takes: &[DURATION], gives: Gives::Number, ..of_date(name, doc, work) }
}

pub(super) const FUNCTIONS: &[Function] = &[
    of_date("year", "the year", |given| part(given, DatePart::Year)),
    of_date("quarter", "the quarter, 1 to 4", |given| part(given, DatePart::Quarter)),
    of_date("month", "the month, 1 to 12", |given| part(given, DatePart::Month)),
    of_date("week", "the week of ISO 8601, 1 to 53", |given| part(given, DatePart::Week)),
    of_date("day", "the day of the month, 1 to 31", |given| part(given, DatePart::Day)),
    of_date("dayofyear", "the day of the year, 1 to 366", |given| part(given, DatePart::DayOfYear)),
    of_date("weekday", "the day of the week, 1 (Monday) to 7", |given| {
        given.of_moment(|date| DatePart::Weekday.of(date, 0) + 1.0)
    }),
    of_moment("hour", "the hour, 0 to 23", |given| part(given, DatePart::Hour)),
    of_moment("minute", "the minute, 0 to 59", |given| {
        given.of_moment(|moment| (moment.rem_euclid(HOUR) / MINUTE) as f64)
    }),
    of_moment("second", "the second, 0 to 59", |given| {
        given.of_moment(|moment| (moment.rem_euclid(MINUTE) / SECOND) as f64)
    }),
    of_zone("local", "the date and time that clocks of the zone show at the moment, which is in UTC", |given| {
        given.of_zone(Zone::local)
    }),
    of_zone("utc", "the moment, in UTC, at which clocks of the zone show the date and time", |given| {
        given.of_zone(Zone::utc)
    }),
    of_duration("days", "the duration in days", |given| given.of_moment(|time| time as f64 / DAY as f64)),
    of_duration("hours", "the duration in hours", |given| given.of_moment(|time| time as f64 / HOUR as f64)),
    of_duration("minutes", "the duration in minutes", |given| given.of_moment(|time| time as f64 / MINUTE as f64)),
    of_duration("seconds", "the duration in seconds", |given| given.of_moment(|time| time as f64 / SECOND as f64)),
];

/// Extracts a part of a date, or of the day of a moment.
fn part(given: Given<'_>, part: DatePart) -> Values {
    given.of_moment(|moment| part.of(moment, 0))
}
