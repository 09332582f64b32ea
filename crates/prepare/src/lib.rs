//! Estimators that clean and prepare tables, and data profiling.
#![doc = include_str!("../README.md")]

mod applied;
mod balancer;
mod binner;
mod by_column;
mod cast;
mod clip;
mod columns;
mod dates;
mod derive;
mod directional_fill;
mod encoder;
mod estimator;
mod forest;
mod imputer;
#[cfg(any(test, feature = "testing"))]
pub mod laws;
mod log1p;
mod mask;
mod normal;
mod normalizer;
mod number_map;
mod outliers;
mod polynomial_features;
mod power;
pub mod profile;
mod quantile;
mod rename;
mod scaler;
mod similar;
mod spline;
mod target_encoder;
mod text_vectorizer;
mod whole;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

pub use applied::{Applied, Apply};
pub use balancer::{BalanceMethod, Balancer, BalancerState};
pub use binner::{BinMethod, Binner, BinnerState};
pub use cast::{Cast, CastState, CastSummary, EpochUnit, OnInvalid};
pub use clip::{Clip, ClipBound, ClipState};
pub use columns::{chosen, indicator_of, missing_in, validate_names};
pub use dates::{Dates, DatesState};
pub use derive::{Derive, DeriveState, learned};
pub use directional_fill::{DirectionalFill, DirectionalFillState, FillDirection};
pub use encoder::{Encoder, EncoderMethod, EncoderState, LeftOut, Rare, Unseen};
pub use estimator::{Estimator, State, Summary, fit, fit_noting};
pub use imputer::{Fill, Imputer, ImputerState};
pub use log1p::{Log1p, Log1pState};
pub use mask::{Generalise, Hmac, Mask, MaskState, Masking, Period};
pub use normalizer::{Norm, Normalizer, NormalizerState};
pub use outliers::{Fence, OutlierAction, OutlierRows, OutlierRule, OutlierState, Outliers};
pub use polynomial_features::{PolynomialFeatures, PolynomialFeaturesState};
pub use power::{Power, PowerFamily, PowerState};
pub use quantile::{QuantileMapper, QuantileState, Shape};
pub use rename::{Rename, RenameState, RenameSummary};
pub use scaler::{Scaler, ScalerMethod, ScalerState};
pub use similar::{MergeSimilar, MergeSimilarState};
pub use spline::{Knots, Spline, SplineState};
pub use target_encoder::{Smooth, TargetEncoder, TargetMethod};
pub use text_vectorizer::{TextVectorizer, TextVectorizerState, VectorizerMethod};
pub use whole::{FitContext, TableEstimator, TargetSpec};
