//! What an interval or a posterior says about two models.
//!
//! Source: J. K. Kruschke, "Rejecting or accepting parameter values in Bayesian estimation", Advances in Methods and
//! Practices in Psychological Science 1 (2018).

use super::{Interval, Posterior};
use std::fmt;

/// How one model compares with another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The first is better, by more than matters.
    Better,
    /// The first is worse, by more than matters.
    Worse,
    /// The difference is too small to matter.
    Equivalent,
    /// The data do not tell.
    Undecided,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::Equivalent => "equivalent",
            Verdict::Undecided => "indistinguishable",
        })
    }
}

impl Interval {
    /// Judges an interval of a gain: better or worse if all of it is beyond ±`rope`, equivalent if all of it is within.
    ///
    /// # Panics
    /// If `rope` is negative or NaN.
    #[must_use]
    pub fn verdict(&self, rope: f64) -> Verdict {
        assert!(rope >= 0.0, "a region of practical equivalence is at least 0 wide");
        match self {
            Interval { low, .. } if *low > rope => Verdict::Better,
            Interval { high, .. } if *high < -rope => Verdict::Worse,
            Interval { low, high, .. } if *low >= -rope && *high <= rope => Verdict::Equivalent,
            Interval { .. } => Verdict::Undecided,
        }
    }
}

impl Posterior {
    /// The verdict that has at least this probability.
    ///
    /// # Panics
    /// If `confidence` is not above ½: two verdicts could have it.
    #[must_use]
    pub fn verdict(&self, confidence: f64) -> Verdict {
        assert!(confidence > 0.5, "a verdict is more probable than all others");
        match self {
            Posterior { better, .. } if *better >= confidence => Verdict::Better,
            Posterior { worse, .. } if *worse >= confidence => Verdict::Worse,
            Posterior { equivalent, .. } if *equivalent >= confidence => Verdict::Equivalent,
            Posterior { .. } => Verdict::Undecided,
        }
    }
}
