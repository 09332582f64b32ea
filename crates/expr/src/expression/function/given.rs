//! The arguments of a function call, by row.

use super::super::lanes::{Lane, Texts, Values, finite};
use super::super::{ExprKind, Expression};
use super::constant;
use crate::selection;
use pipewright_table::literal::MOMENTS;
use pipewright_table::{Value, Zone};
use regex::Regex;
use std::borrow::Cow;

/// The arguments of a call.
pub(in super::super) struct Given<'a> {
    values: Vec<Values>,
    arguments: &'a [Expression],
    rows: usize,
}

impl<'a> Given<'a> {
    pub(in super::super) fn new(values: Vec<Values>, arguments: &'a [Expression], rows: usize) -> Given<'a> {
        Given { values, arguments, rows }
    }

    /// Returns the numbers of an argument; NaN where missing.
    pub(super) fn numbers(&mut self, place: usize) -> Lane<f64> {
        self.take(place).numbers()
    }

    /// Returns the whole numbers of an argument.
    pub(super) fn ints(&mut self, place: usize) -> Lane<Option<i64>> {
        self.take(place).ints()
    }

    /// Are all arguments whole numbers, or null?
    pub(super) fn are_whole(&self) -> bool {
        self.values.iter().all(|values| ExprKind::Int.takes(values.kind()))
    }

    pub(super) fn texts(&mut self, place: usize) -> Texts {
        self.take(place).texts()
    }

    /// Returns the dates, times or durations of an argument, in microseconds; text literals are parsed as dates.
    pub(super) fn moments(&mut self, place: usize) -> Lane<Option<i64>> {
        self.take(place).moments(ExprKind::Date)
    }

    fn take(&mut self, place: usize) -> Values {
        std::mem::replace(&mut self.values[place], Values::Null)
    }

    /// Returns all arguments.
    pub(super) fn all(&mut self) -> Vec<Values> {
        std::mem::take(&mut self.values)
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    /// Returns a literal whole number.
    pub(super) fn whole(&self, place: usize) -> Option<i64> {
        constant(self.arguments, place).map(|number| number as i64)
    }

    /// Returns a literal regular expression.
    pub(super) fn pattern(&self, place: usize) -> Regex {
        match self.arguments.get(place) {
            Some(Expression::Literal(Value::Text(pattern))) => {
                selection::compile(pattern).expect("a pattern compiles; it was checked")
            }
            _ => unreachable!("a pattern stands in the script; it was checked"),
        }
    }

    /// Returns the literal time zone, if it is given.
    fn zone(&self, place: usize) -> Option<Zone> {
        match self.arguments.get(place) {
            Some(Expression::Literal(Value::Text(name))) => Zone::read(name).ok(),
            _ => None,
        }
    }

    /// Maps the numbers of the first argument; non-finite results are missing.
    pub(super) fn of_number(mut self, change: impl Fn(f64) -> f64) -> Values {
        Values::Numbers(self.numbers(0).map(|number| finite(change(number))))
    }

    /// Maps the numbers of the first argument, whole ones exactly.
    pub(super) fn of_numeric(mut self, whole: impl Fn(i64) -> Option<i64>, change: impl Fn(f64) -> f64) -> Values {
        match self.are_whole() {
            true => Values::Ints(self.ints(0).map(|number| number.and_then(&whole))),
            false => self.of_number(change),
        }
    }

    /// Maps the numbers of all arguments, where none is missing; non-finite results are missing.
    pub(super) fn of_numbers(mut self, work: fn(&[f64]) -> f64) -> Values {
        let arguments: Vec<Lane<f64>> = (0..self.values.len()).map(|place| self.numbers(place)).collect();
        let mut numbers = vec![0.0; arguments.len()];
        let value = |row| {
            numbers.iter_mut().zip(&arguments).for_each(|(number, lane)| *number = lane.at(row));
            if numbers.iter().any(|number| number.is_nan()) { f64::NAN } else { finite(work(&numbers)) }
        };
        Values::Numbers(Lane::Each((0..self.rows).map(value).collect()))
    }

    /// Maps the moments of the first argument to numbers: of what the clocks of the zone show, if the second argument
    /// is one.
    pub(super) fn of_moment(mut self, change: impl Fn(i64) -> f64) -> Values {
        let zone = self.zone(1);
        let shown = |moment| zone.as_ref().map_or(moment, |zone: &Zone| zone.local(moment));
        Values::Numbers(self.moments(0).map(|moment| moment.map_or(f64::NAN, |moment| change(shown(moment)))))
    }

    /// Maps the dates of the first argument to other ones, by the zone that is the second argument. What has no year of
    /// four digits is missing.
    pub(super) fn of_zone(mut self, change: impl Fn(&Zone, i64) -> i64) -> Values {
        let zone = self.zone(1);
        let changed = |date: Option<i64>| Some(change(zone.as_ref()?, date?)).filter(|date| MOMENTS.contains(date));
        Values::Moments(ExprKind::Date, self.moments(0).map(changed))
    }

    /// Maps the texts of the first two arguments to booleans.
    pub(super) fn test(mut self, test: impl Fn(&str, &str) -> bool) -> Values {
        let (text, part) = (self.texts(0), self.texts(1));
        let answer = |row| Some(test(text.at(row)?, part.at(row)?));
        Values::Truths(Lane::Each((0..self.rows).map(answer).collect()))
    }

    /// Maps the texts of the first argument.
    pub(super) fn of_text(mut self, change: impl Fn(&str) -> Cow<'_, str>) -> Values {
        match self.texts(0) {
            Texts::Same(text) => Values::Texts(Texts::Same(text.map(|text| change(&text).as_ref().into()))),
            Texts::Each(texts) => Values::Texts(Texts::Each(texts.iter().map(|text| text.map(&change)).collect())),
        }
    }

    /// Creates one text per row.
    pub(super) fn by_row<'t>(&self, text: impl Fn(usize) -> Option<Cow<'t, str>>) -> Values {
        Values::Texts(Texts::Each((0..self.rows).map(text).collect()))
    }
}
