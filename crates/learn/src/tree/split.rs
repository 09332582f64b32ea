//! The best split of a leaf on one column.
//!
//! The gain of a split is that of Chen and Guestrin, "XGBoost: A Scalable Tree Boosting System" (KDD 2016), equation 7:
//! G²/(H + l2) of both sides minus that of the whole, where G is the sum of first derivatives, shrunk by `l1`, and H the
//! sum of second ones. Levels are ordered by their ratio of both sums, which makes the best subset a prefix (Fisher,
//! "On Grouping for Maximum Homogeneity", 1958).

use super::cuts::{Bins, MISSING};
use super::histogram::{SLOTS, Scale, Slots, Sum};

/// How a prediction may change with a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Direction {
    /// In any way.
    #[default]
    Any,
    /// It may not decrease where the column increases.
    Increasing,
    /// It may not increase where the column increases.
    Decreasing,
}

/// What a split must fulfil, and what leaves weigh.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Rules {
    pub(crate) l1: f64,
    pub(crate) l2: f64,
    pub(crate) min_gain: f64,
    /// Rows of a leaf.
    pub(crate) min_rows: u64,
    /// Sum of second derivatives of a leaf.
    pub(crate) min_weight: f64,
    /// Added to the second derivatives of a level where levels are ordered.
    pub(crate) level_smoothing: f64,
    /// Added to `l2` in splits on levels.
    pub(crate) level_l2: f64,
    /// The direction of each column; empty for none.
    pub(crate) directions: Vec<Direction>,
    /// The largest value of a leaf, whatever its sign.
    pub(crate) longest_step: f64,
}

/// The range that monotone constraints leave to the values of a leaf.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Limits {
    pub(super) low: f64,
    pub(super) high: f64,
}

impl Limits {
    pub(super) const NONE: Limits = Limits { low: f64::NEG_INFINITY, high: f64::INFINITY };

    pub(super) fn of(rules: &Rules) -> Limits {
        Limits { low: -rules.longest_step, high: rules.longest_step }
    }
}

/// Which bins of a column go left.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Test {
    /// Bins up to this one.
    UpTo(u8),
    /// The bins of this set.
    In([u64; 4]),
}

/// A split of a leaf.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Split {
    pub(super) column: usize,
    pub(super) gain: f64,
    pub(super) test: Test,
    pub(super) missing_left: bool,
    pub(super) left: Sum,
    pub(super) right: Sum,
}

impl Split {
    /// Does a row with this bin go left?
    pub(super) fn goes_left(&self, bin: u8) -> bool {
        if bin == MISSING {
            return self.missing_left;
        }
        match &self.test {
            Test::UpTo(last) => bin <= *last,
            Test::In(set) => set[usize::from(bin) / 64] >> (bin % 64) & 1 == 1,
        }
    }

    /// For every bin, whether its rows go left.
    pub(super) fn bins_left(&self) -> [bool; SLOTS] {
        std::array::from_fn(|bin| self.goes_left(bin as u8))
    }
}

/// The sums of a side as numbers.
#[derive(Clone, Copy)]
struct Side {
    first: f64,
    second: f64,
    rows: u64,
}

/// A leaf whose splits are compared.
pub(super) struct Leaf<'a> {
    pub(super) rules: &'a Rules,
    pub(super) scale: Scale,
    pub(super) total: Sum,
    pub(super) limits: Limits,
}

impl Rules {
    /// The value that minimises the loss of a leaf, within its limits.
    pub(super) fn value(&self, scale: Scale, sum: Sum, limits: Limits) -> f64 {
        let side = Side { first: scale.first(sum), second: scale.second(sum), rows: 0 };
        self.best_value(side, self.l2, limits)
    }

    fn best_value(&self, side: Side, l2: f64, limits: Limits) -> f64 {
        let weight = side.second + l2;
        if weight <= 0.0 {
            return 0.0_f64.clamp(limits.low, limits.high);
        }
        (-shrunk(side.first, self.l1) / weight).clamp(limits.low, limits.high)
    }

    fn direction(&self, column: usize) -> Direction {
        self.directions.get(column).copied().unwrap_or_default()
    }
}

/// A number, `l1` closer to 0.
fn shrunk(first: f64, l1: f64) -> f64 {
    first.signum() * (first.abs() - l1).max(0.0)
}

impl Leaf<'_> {
    fn side(&self, sum: Sum) -> Side {
        Side { first: self.scale.first(sum), second: self.scale.second(sum), rows: self.scale.rows(sum) }
    }

    /// Twice the decrease of the loss by a leaf with these sums.
    fn score(&self, side: Side, l2: f64) -> f64 {
        if self.limits != Limits::NONE {
            let value = self.rules.best_value(side, l2, self.limits);
            return -(2.0 * side.first * value + (side.second + l2) * value * value)
                - 2.0 * self.rules.l1 * value.abs();
        }
        let first = if self.rules.l1 == 0.0 { side.first } else { shrunk(side.first, self.rules.l1) };
        if side.second + l2 > 0.0 { first * first / (side.second + l2) } else { 0.0 }
    }

    fn may_be_leaf(&self, side: Side) -> bool {
        side.rows >= self.rules.min_rows && side.second >= self.rules.min_weight
    }

    /// The gain of a split; `None` if a side must not be a leaf.
    fn gain(&self, left: Sum, l2: f64, direction: Direction) -> Option<f64> {
        let (left, right) = (self.side(left), self.side(self.total.minus(left)));
        if !self.may_be_leaf(left) || !self.may_be_leaf(right) {
            return None;
        }
        if direction != Direction::Any {
            let values = [left, right].map(|side| self.rules.best_value(side, l2, self.limits));
            let rises = values[1] >= values[0];
            let falls = values[1] <= values[0];
            if !(if direction == Direction::Increasing { rises } else { falls }) {
                return None;
            }
        }
        Some(self.score(left, l2) + self.score(right, l2))
    }

    /// Finds the best split on a column; the first of equally good ones.
    pub(super) fn best(&self, column: usize, bins: &Bins, slots: &Slots) -> Option<Split> {
        match bins {
            Bins::Numbers { cuts } => self.best_cut(column, &slots[..=cuts.len()], slots[usize::from(MISSING)]),
            Bins::Levels { count, .. } => self.best_subset(column, &slots[..*count], slots[usize::from(MISSING)]),
        }
    }

    fn best_cut(&self, column: usize, slots: &[Sum], missing: Sum) -> Option<Split> {
        let direction = self.rules.direction(column);
        let l2 = self.rules.l2;
        if missing.is_empty() && self.is_plain(direction) {
            let (bin, left) = self.best_plain_cut(slots)?;
            let gain = self.gain(left, l2, direction)?;
            return self.split(column, gain, l2, Test::UpTo(bin), false, false, left);
        }
        let mut best: Option<(f64, u8, bool, Sum)> = None;
        let mut left = Sum::default();
        for (bin, slot) in slots.iter().enumerate() {
            // With an empty bin, rows are split as without it; the last bin parts missing values from all others.
            if slot.is_empty() || (bin + 1 == slots.len() && missing.is_empty()) {
                continue;
            }
            left = left.plus(*slot);
            let mut consider = |left: Sum, missing_left: bool| {
                if let Some(gain) = self.gain(left, l2, direction)
                    && best.is_none_or(|(most, ..)| gain > most)
                {
                    best = Some((gain, bin as u8, missing_left, left));
                }
            };
            consider(left, false);
            if !missing.is_empty() && bin + 1 < slots.len() {
                consider(left.plus(missing), true);
            }
        }
        let (gain, bin, missing_left, left) = best?;
        self.split(column, gain, l2, Test::UpTo(bin), missing_left, !missing.is_empty(), left)
    }

    /// Are splits compared by G²/(H + l2) alone?
    fn is_plain(&self, direction: Direction) -> bool {
        self.rules.l1 == 0.0 && self.limits == Limits::NONE && direction == Direction::Any
    }

    /// The cut with the largest G²/(H + l2) of both sides, in the units of the scale and with one division for both.
    fn best_plain_cut(&self, slots: &[Sum]) -> Option<(u8, Sum)> {
        let unit = self.scale.unit_of_second();
        let l2 = (self.rules.l2 / unit).max(f64::MIN_POSITIVE);
        let (min_rows, min_weight) = (self.rules.min_rows, self.rules.min_weight / unit);
        let (all_first, all_second, all_rows) = self.scale.in_units(self.total);
        let (mut most, mut best) = (f64::NEG_INFINITY, None);
        let mut left = Sum::default();
        for (bin, slot) in slots.iter().enumerate() {
            if slot.is_empty() {
                continue;
            }
            left = left.plus(*slot);
            let (first, second, rows) = self.scale.in_units(left);
            if rows < min_rows || second < min_weight {
                continue;
            }
            let (right_first, right_second) = (all_first - first, all_second - second);
            if all_rows - rows < min_rows || right_second < min_weight {
                break;
            }
            let (left_weight, right_weight) = (second + l2, right_second + l2);
            let score =
                (first * first * right_weight + right_first * right_first * left_weight) / (left_weight * right_weight);
            if score > most {
                (most, best) = (score, Some((bin as u8, left)));
            }
        }
        best
    }

    fn best_subset(&self, column: usize, slots: &[Sum], missing: Sum) -> Option<Split> {
        /// Up to this many levels, one is compared with all others.
        const FEW: usize = 4;
        let l2 = self.rules.l2;
        let all = slots.iter().enumerate().map(|(bin, sum)| (bin as u8, *sum));
        let mut levels: Vec<(u8, Sum)> = all.chain([(MISSING, missing)]).filter(|(_, sum)| !sum.is_empty()).collect();
        let mut best: Option<(f64, usize, bool, Sum)> = None;
        let mut consider = |place: usize, single: bool, left: Sum, l2: f64| {
            if let Some(gain) = self.gain(left, l2, Direction::Any)
                && best.is_none_or(|(most, ..)| gain > most)
            {
                best = Some((gain, place, single, left));
            }
        };
        let more_l2 = if levels.len() <= FEW { l2 } else { l2 + self.rules.level_l2 };
        if levels.len() <= FEW {
            levels.iter().enumerate().for_each(|(place, (_, sum))| consider(place, true, *sum, l2));
        }
        let ratio = |sum: Sum| self.scale.first(sum) / (self.scale.second(sum) + self.rules.level_smoothing);
        if levels.len() > FEW {
            levels.sort_by(|a, b| ratio(a.1).total_cmp(&ratio(b.1)).then(a.0.cmp(&b.0)));
            let mut left = Sum::default();
            for (place, (_, sum)) in levels.iter().enumerate().take(levels.len().saturating_sub(1)) {
                left = left.plus(*sum);
                consider(place, false, left, more_l2);
            }
        }
        let (gain, place, single, left) = best?;
        let chosen = if single { &levels[place..=place] } else { &levels[..=place] };
        let mut set = [0_u64; 4];
        let values = chosen.iter().filter(|(bin, _)| *bin != MISSING);
        values.for_each(|(bin, _)| set[usize::from(*bin) / 64] |= 1 << (bin % 64));
        let missing_left = chosen.iter().any(|(bin, _)| *bin == MISSING);
        self.split(column, gain, more_l2, Test::In(set), missing_left, !missing.is_empty(), left)
    }

    /// A split, if it gains enough. Without missing values among the rows, those of new rows go where most rows go.
    #[expect(clippy::too_many_arguments, reason = "the parts of a split")]
    fn split(
        &self,
        column: usize,
        score: f64,
        l2: f64,
        test: Test,
        missing_left: bool,
        has_missing: bool,
        left: Sum,
    ) -> Option<Split> {
        let gain = score - self.score(self.side(self.total), l2);
        let right = self.total.minus(left);
        let most_left = self.scale.rows(left) >= self.scale.rows(right);
        let missing_left = if has_missing { missing_left } else { most_left };
        // Where nothing is gained, rounding decides on the sign.
        let enough = gain > self.rules.min_gain.max(1e-10 * score.abs());
        enough.then_some(Split { column, gain, test, missing_left, left, right })
    }
}
