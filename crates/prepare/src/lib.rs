//! The estimators that clean and prepare tables, and the profile of a table.
#![doc = include_str!("../README.md")]

mod applied;
mod balancer;
mod binner;
mod by_column;
mod carry;
mod clip;
mod columns;
mod convert;
mod dates;
mod derive;
mod encoder;
mod estimator;
mod forest;
mod imputer;
#[cfg(any(test, feature = "testing"))]
pub mod laws;
mod log1p;
mod mask;
mod normal;
mod number_map;
mod outliers;
mod power;
mod products;
pub mod profile;
mod quantile;
mod rename;
mod scaler;
mod spline;
mod target_encoder;
mod whole;
mod words;

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

pub use applied::{Applied, Apply};
pub use balancer::{BalanceMethod, Balancer, BalancerState};
pub use binner::{BinMethod, Binner, BinnerState};
pub use carry::{Carry, CarryState, Neighbour};
pub use clip::{Clip, ClipBound, ClipState};
pub use columns::{chosen, indicator_of, missing_in, validate_names};
pub use convert::{Bad, Convert, ConvertState, ConvertSummary};
pub use dates::{Dates, DatesState};
pub use derive::{Derive, DeriveState};
pub use encoder::{Encoder, EncoderMethod, EncoderState, LeftOut, Rare, Unseen};
pub use estimator::{Estimator, State, Summary, fit, fit_noting};
pub use imputer::{Fill, Imputer, ImputerState};
pub use log1p::{Log1p, Log1pState};
pub use mask::{Generalise, Hmac, Mask, MaskState, Masking, Period};
pub use outliers::{Beyond, Fencing, OutlierRows, OutlierState, Outliers, Unusual};
pub use power::{Power, PowerFamily, PowerState};
pub use products::{Products, ProductsState};
pub use quantile::{QuantileMapper, QuantileState, Shape};
pub use rename::{Rename, RenameState, RenameSummary};
pub use scaler::{Scaler, ScalerMethod, ScalerState};
pub use spline::{Knots, Spline, SplineState};
pub use target_encoder::{Smooth, TargetEncoder, TargetMethod};
pub use whole::{About, Aim, TableEstimator};
pub use words::{WordMethod, Words, WordsState};
