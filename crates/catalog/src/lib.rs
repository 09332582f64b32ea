//! The built-in verbs and models, one file each: names in the language for what `frame` and `learn` compute.
//!
//! A verb is one file and one line in [`REGISTRY`]. The file holds its `Spec` and a function that binds arguments; the
//! arithmetic lives elsewhere, as typed Rust.
//!
//! **Invariant:** this crate knows neither the parser nor the scheduler. Held by `cargo xtask tidy`.
#![doc = include_str!("../README.md")]
// A verb's file is named after the verb, even where its group has the same name.
#![allow(clippy::module_inception)]

mod adapt;
mod branch;
mod choose;
mod clean;
mod derive;
mod encode;
mod exchange;
mod feature;
mod judge;
mod learn;
mod look;
mod matrix;

mod out;
mod roles;
mod scale;
mod source;
mod summary;
mod tables;

use pipewright_frame::Functions;
use pipewright_operator::{Implied, Param, Registry};

/// All built-in verbs and models, in the order of the reference.
pub static REGISTRY: Registry = Registry {
    verbs: &[
        &source::load::VERB,
        &choose::select::VERB,
        &choose::drop::VERB,
        &choose::keep::VERB,
        &choose::rename::VERB,
        &choose::filter::VERB,
        &choose::sample::VERB,
        &choose::head::VERB,
        &choose::tail::VERB,
        &choose::sort::VERB,
        &choose::dedup::VERB,
        &choose::dropna::VERB,
        &tables::join::VERB,
        &tables::concat::VERB,
        &tables::group::VERB,
        &tables::value_counts::VERB,
        &tables::pivot::VERB,
        &tables::unpivot::VERB,
        &roles::target::VERB,
        &roles::role::VERB,
        &derive::derive::VERB,
        &clean::cast::VERB,
        &clean::parse::VERB,
        &clean::fillna::VERB,
        &clean::clip::VERB,
        &clean::merge::VERB,
        &clean::outliers::VERB,
        &clean::mask::VERB,
        &clean::balance::VERB,
        &scale::scale::VERB,
        &scale::normalize::VERB,
        &scale::power::VERB,
        &scale::quantile::VERB,
        &scale::log1p::VERB,
        &encode::encode::VERB,
        &feature::pca::VERB,
        &feature::svd::VERB,
        &feature::cluster::VERB,
        &feature::anomaly::VERB,
        &feature::cluster_scores::VERB,
        &feature::filter::VERB,
        &feature::select_k::VERB,
        &feature::rfe::VERB,
        &feature::sequential::VERB,
        &feature::bin::VERB,
        &feature::poly::VERB,
        &feature::interact::VERB,
        &feature::spline::VERB,
        &encode::datefeatures::VERB,
        &encode::text::VERB,
        &branch::columns::VERB,
        &branch::only::VERB,
        &branch::fork::VERB,
        &branch::choose::VERB,
        &learn::train::VERB,
        &judge::calibrate::VERB,
        &judge::threshold::VERB,
        &judge::conformal::VERB,
        &judge::holdout::VERB,
        &judge::eval::VERB,
        &judge::tune::VERB,
        &judge::compare::VERB,
        &judge::assess::VERB,
        &judge::assert::VERB,
        &look::show::VERB,
        &look::schema::VERB,
        &look::describe::VERB,
        &look::profile::VERB,
        &look::explain::VERB,
        &look::plot::VERB,
        &out::report::VERB,
        &out::save::VERB,
        &out::freeze::VERB,
        &out::apply::VERB,
        &out::predict::VERB,
        &out::write::VERB,
    ],
    models: &[
        &learn::dummy::MODEL,
        &learn::linear::MODEL,
        &learn::ridge::MODEL,
        &learn::lasso::MODEL,
        &learn::elastic::MODEL,
        &learn::bayesian_ridge::MODEL,
        &learn::huber::MODEL,
        &learn::quantile_regression::MODEL,
        &learn::glm::MODEL,
        &learn::logistic::MODEL,
        &learn::lda::MODEL,
        &learn::qda::MODEL,
        &learn::bayes::MODEL,
        &learn::knn::MODEL,
        &learn::svm::MODEL,
        &learn::tree::MODEL,
        &learn::forest::MODEL,
        &learn::extra_trees::MODEL,
        &learn::gbdt::MODEL,
        &learn::ensemble::vote::MODEL,
        &learn::ensemble::bag::MODEL,
        &learn::ensemble::stack::MODEL,
        &learn::ensemble::blend::MODEL,
        &learn::mlp::MODEL,
        &learn::net::MODEL,
    ],
    functions: Functions::BUILT_IN,
    samples: source::samples::SAMPLES,
    generators: source::generated::GENERATORS,
    layers: learn::layers::LAYERS,
    adjustments: &[judge::calibrate::KIND, judge::threshold::KIND, judge::conformal::KIND],
    shorthands: &[("auto", learn::AUTO)],
    implied: Implied {
        source: "load {}",
        target: "target {}",
        encode: "encode auto on {}",
        judge: "eval kfold 5",
        fit: "save -",
        look: "show",
        keep: "select @all",
        drop: "drop @all - @target",
        train: "train {}",
        in_order: "eval time 5",
        look_back: "ffill, lag",
    },
};

/// The parameters of both lists, `first` before `second`. `COUNT` is the sum of their lengths.
const fn joined<const COUNT: usize>(first: &[Param], second: &[Param]) -> [Param; COUNT] {
    assert!(first.len() + second.len() == COUNT, "as many parameters as both lists have");
    let mut all = [if first.is_empty() { second[0] } else { first[0] }; COUNT];
    let mut place = 0;
    while place < COUNT {
        all[place] = if place < first.len() { first[place] } else { second[place - first.len()] };
        place += 1;
    }
    all
}
