//! A score cannot fool its reader: a script that leaks is refused, or says so, or scores no better than chance.
//!
//! [`corpus`] runs the scripts of `tests/trust/leaks` and `tests/trust/clean`, [`property`] random ones. Every table is
//! made from random numbers, so that any score above chance is a leak.
#![allow(clippy::unwrap_used)]

mod support;

#[path = "trust/corpus.rs"]
mod corpus;
#[path = "trust/expressions.rs"]
mod expressions;
#[path = "trust/generator.rs"]
mod generator;
#[path = "trust/judge.rs"]
mod judge;
#[path = "trust/lets.rs"]
mod lets;
#[path = "trust/property.rs"]
mod property;
#[path = "trust/script.rs"]
mod script;
#[path = "trust/tables.rs"]
mod tables;
