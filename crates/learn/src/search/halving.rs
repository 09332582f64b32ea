//! Successive halving and Hyperband: many candidates with few resources, few candidates with many.
//!
//! Sources: K. Jamieson, A. Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization" (2016);
//! L. Li, K. Jamieson, G. DeSalvo, A. Rostamizadeh, A. Talwalkar, "Hyperband: A Novel Bandit-Based Approach to
//! Hyperparameter Optimization", JMLR 18 (2018), algorithm 1.

use super::ranked;
use pipewright_diagnostic::{Failure, code};

/// A rung: a number of candidates, each evaluated with the same amount of a resource (rows, epochs, trees).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rung {
    /// Number of candidates.
    pub candidates: usize,
    /// Resources of each candidate.
    pub resource: u64,
}

/// A race: the best of each rung, in number those of the next, go on to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bracket {
    /// The rungs, from many candidates to few.
    pub rungs: Vec<Rung>,
}

/// Returns the rungs of `candidates`, of which one in `eta` goes on: rung i of s + 1 has ⌊candidates / etaⁱ⌋ of them
/// with ⌊highest / etaˢ⁻ⁱ⌋ resources each. There are as many rungs as leave a candidate in the last one and `lowest`
/// resources in the first.
///
/// # Errors
/// [`code::BAD_VALUE`] for no candidates, an `eta` below 2, or resources that are not 1 ≤ `lowest` ≤ `highest`.
///
/// ```
/// use pipewright_learn::search::{Rung, successive_halving};
/// let rungs = successive_halving(9, 100, 1000, 3)?.rungs;
/// let rung = |candidates, resource| Rung { candidates, resource };
/// assert_eq!(rungs, [rung(9, 111), rung(3, 333), rung(1, 1000)]);
/// # Ok::<(), pipewright_learn::Failure>(())
/// ```
pub fn successive_halving(candidates: usize, lowest: u64, highest: u64, eta: u64) -> Result<Bracket, Failure> {
    check(lowest, highest, eta)?;
    if candidates == 0 {
        return Err(Failure::new(code::BAD_VALUE, "halving needs at least one candidate"));
    }
    Ok(bracket(candidates, whole_log(highest / lowest, eta).min(whole_log(candidates as u64, eta)), highest, eta))
}

/// Returns the brackets of Hyperband, that of the most candidates first. With s_max = ⌊log(highest / lowest) / log eta⌋,
/// bracket s starts with ⌈(s_max + 1) etaˢ / (s + 1)⌉ candidates and has s + 1 rungs, as in [`successive_halving`].
///
/// # Errors
/// [`code::BAD_VALUE`] for an `eta` below 2, resources that are not 1 ≤ `lowest` ≤ `highest`, or more candidates than
/// can be counted.
pub fn hyperband(lowest: u64, highest: u64, eta: u64) -> Result<Vec<Bracket>, Failure> {
    check(lowest, highest, eta)?;
    let most = whole_log(highest / lowest, eta);
    let of = |s: u32| {
        let candidates = (u128::from(most) + 1) * u128::from(eta.pow(s));
        let candidates = candidates.div_ceil(u128::from(s) + 1);
        let candidates = usize::try_from(candidates)
            .map_err(|_| Failure::new(code::BAD_VALUE, "the resources of hyperband differ too much"))?;
        Ok(bracket(candidates, s, highest, eta))
    };
    (0..=most).rev().map(of).collect()
}

/// Returns the positions of the `keep` lowest scores, the lowest first; ties by order.
///
/// ```
/// assert_eq!(pipewright_learn::search::promote(&[0.3, 0.1, f64::NAN, 0.1], 2), [1, 3]);
/// ```
#[must_use]
pub fn promote(scores: &[f64], keep: usize) -> Vec<usize> {
    let mut order = ranked(scores.iter().copied());
    order.truncate(keep);
    order
}

fn check(lowest: u64, highest: u64, eta: u64) -> Result<(), Failure> {
    let problem = if eta < 2 {
        format!("one candidate in {eta} goes on: at least one in 2 is needed")
    } else if lowest < 1 || lowest > highest {
        format!("resources from {lowest} to {highest}: from 1 or more to at least as many are needed")
    } else {
        return Ok(());
    };
    Err(Failure::new(code::BAD_VALUE, problem))
}

/// ⌊log(number) / log(base)⌋, exactly; 0 for a number of 0.
fn whole_log(number: u64, base: u64) -> u32 {
    number.checked_ilog(base).unwrap_or(0)
}

/// `last` + 1 rungs; eta to the power `last` is at most `highest`.
fn bracket(candidates: usize, last: u32, highest: u64, eta: u64) -> Bracket {
    let rung =
        |i: u32| Rung { candidates: (candidates as u64 / eta.pow(i)) as usize, resource: highest / eta.pow(last - i) };
    Bracket { rungs: (0..=last).map(rung).collect() }
}
