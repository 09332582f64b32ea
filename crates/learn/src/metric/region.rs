//! Metrics of prediction intervals and of prediction sets.

use super::{Judged, Undefined, undefined};
use crate::data::{Regions, Target};
use crate::twofold::Twofold;

/// The share of rows whose true value is in its region.
pub(super) fn coverage(judged: &Judged<'_>) -> Result<f64, Undefined> {
    mean(judged, |regions, row| match (regions, judged.truth()) {
        (Regions::Intervals(all), Target::Numbers(truth)) => {
            f64::from(u8::from(all[row].low <= truth[row] && truth[row] <= all[row].high))
        }
        (Regions::Sets(all), Target::Classes { codes, .. }) => f64::from(u8::from(all[row].contains(&codes[row]))),
        _ => f64::NAN,
    })
}

/// The mean width of intervals, or the mean number of classes in sets.
pub(super) fn size(judged: &Judged<'_>) -> Result<f64, Undefined> {
    mean(judged, |regions, row| match regions {
        Regions::Intervals(all) => all[row].high - all[row].low,
        Regions::Sets(all) => all[row].len() as f64,
    })
}

fn mean(judged: &Judged<'_>, of: impl Fn(&Regions, usize) -> f64) -> Result<f64, Undefined> {
    let regions = judged.regions().ok_or_else(|| undefined("the model predicts no intervals: see `conformal`"))?;
    let sum = Twofold::sum((0..judged.rows()).map(|row| judged.weight(row) * of(regions, row)));
    Ok(sum / judged.total_weight())
}
