//! Comparisons against scipy 1.17.1, statsmodels 0.15.0, baycomp 1.0.3 and confidenceinterval 1.0.5 (its DeLong code with
//! ranks in double precision), and on inputs without an answer.

use super::bootstrap::acceleration;
use super::golden::*;
use super::*;
use crate::data::{Labels, Outputs, Target};
use crate::metric;
use pipewright_world::random::Key;

const GAINS: [f64; 10] = [0.01, 0.02, 0.0, 0.015, 0.005, 0.012, 0.018, -0.002, 0.011, 0.009];

fn close(found: f64, wanted: f64) {
    assert!((found - wanted).abs() <= 1e-10 * wanted.abs().max(1e-3), "{found} {wanted}");
}

/// The golden values of the correction: t = 4.31793 without it, 2.30803 with it. The rest is `scipy.stats.t`.
#[test]
fn the_corrected_test() {
    let naive = corrected_test(&GAINS, 0.0).unwrap();
    assert!((naive.statistic - 4.31793).abs() < 5e-6);
    let test = corrected_test(&GAINS, 0.25).unwrap();
    assert!((test.statistic - 2.30803).abs() < 5e-6);
    let [mean, std_error, statistic, p_value, low, high, low_90, high_90] = CORRECTED;
    for (found, wanted) in
        [(test.mean, mean), (test.std_error, std_error), (test.statistic, statistic), (test.p_value, p_value)]
    {
        close(found, wanted);
    }
    for (confidence, low, high) in [(0.95, low, high), (0.9, low_90, high_90)] {
        let interval = corrected_interval(&GAINS, 0.25, confidence).unwrap();
        close(interval.low, low);
        close(interval.high, high);
        close(interval.estimate, mean);
    }
    assert_eq!(test.freedom, 9.0);
}

#[test]
fn folds_without_spread_have_no_test() {
    for scores in [&[][..], &[0.5], &[0.1; 5], &[0.1, f64::NAN], &[f64::MAX, -f64::MAX]] {
        assert!(corrected_interval(scores, 0.25, 0.95).is_err() && corrected_test(scores, 0.25).is_err(), "{scores:?}");
    }
}

/// `baycomp.CorrelatedTTest.probs(zeros, gains, rope, runs=2)`.
#[test]
fn the_correlated_posterior() {
    for [rope, worse, equivalent, better] in CORRELATED {
        let found = correlated_posterior(&GAINS, 0.25, rope).unwrap();
        close(found.worse, worse);
        close(found.equivalent, equivalent);
        close(found.better, better);
    }
    // Gains without spread are certain.
    let certain = |gain| correlated_posterior(&[gain; 5], 0.25, 0.01).unwrap().verdict(0.95);
    let wanted = [(0.02, Verdict::Better), (-0.02, Verdict::Worse), (0.0, Verdict::Equivalent)];
    wanted.iter().for_each(|&(gain, verdict)| assert_eq!(certain(gain), verdict));
    let split = correlated_posterior(&GAINS, 0.25, 0.005).unwrap();
    assert_eq!(split.verdict(0.95), Verdict::Undecided);
}

/// `baycomp.SignedRankTest.probs(zeros, gains, rope, nsamples=200000, random_state=1)`: other draws, so within 4 standard
/// errors of the difference of two shares.
#[test]
fn the_signed_rank_posterior() {
    let gains = [0.01, 0.02, -0.005, 0.015, 0.03, -0.012, 0.018, 0.002];
    for [rope, worse, equivalent, better] in SIGNED_RANK {
        let draws = 50_000;
        let found = signed_rank_posterior(&gains, rope, draws, Key::new(3)).unwrap();
        for (found, wanted) in [(found.worse, worse), (found.equivalent, equivalent), (found.better, better)] {
            let error = (wanted * (1.0 - wanted) * (1.0 / f64::from(draws) + 1.0 / 200_000.0)).sqrt();
            assert!((found - wanted).abs() < 4.0 * error + 1e-9, "{rope}: {found} {wanted}");
        }
        assert_eq!(found, signed_rank_posterior(&gains, rope, draws, Key::new(3)).unwrap());
        assert!((found.worse + found.equivalent + found.better - 1.0).abs() < 1e-12);
    }
    assert!(signed_rank_posterior(&[], 0.0, 10, Key::new(0)).is_err());
}

#[test]
fn areas_and_their_variance() {
    let truth: Vec<bool> = TRUTH.iter().map(|class| *class == 1).collect();
    let areas = [&FIRST, &SECOND].map(|scores| Delong::new(&truth, scores).unwrap());
    for (area, [wanted, variance, low, high]) in areas.iter().zip(AREAS) {
        close(area.area(), wanted);
        close(area.variance(), variance);
        let interval = area.interval(0.95).unwrap();
        close(interval.low, low);
        close(interval.high, high);
    }
    let test = areas[0].compare(&areas[1]).unwrap();
    let [difference, statistic, p_value] = AREA_TEST;
    close(test.difference, difference);
    close(test.statistic, statistic);
    close(test.p_value, p_value);
    close(test.std_error, difference / statistic);
    // A model against itself, and classes that are separated, have no variance.
    assert!(areas[0].compare(&areas[0]).is_err());
    assert!(Delong::new(&[false, false, true, true], &[0.1, 0.2, 0.8, 0.9]).unwrap().interval(0.95).is_err());
    assert!(Delong::new(&[false, true, true], &[0.1, 0.8, 0.9]).is_err());
    assert!(Delong::new(&truth, &[f64::NAN; 20]).is_err());
}

/// The area is the metric's, whatever the ties.
#[test]
fn delong_and_the_metric_agree_on_the_area() {
    for seed in 0..20 {
        let key = Key::new(seed);
        let codes: Vec<u32> =
            (0..40).map(|row| u32::from(key.below(row, 3) == 0 || row < 2) * u32::from(row > 3)).collect();
        let scores: Vec<f64> = (0..40).map(|row| key.child("score").below(row, 8) as f64 / 8.0).collect();
        let truth: Vec<bool> = codes.iter().map(|code| *code == 1).collect();
        let outputs =
            Outputs::Probabilities { values: scores.iter().flat_map(|p| [1.0 - p, *p]).collect(), classes: 2 };
        let labels: Labels = Target::Classes { codes, count: 2 }.into();
        let area = metric::AUC.score(&metric::Judged::new(&labels, &outputs)).unwrap();
        close(Delong::new(&truth, &scores).unwrap().area(), area);
    }
}

/// `statsmodels.stats.contingency_tables.mcnemar(exact=True)`; mid-p by `scipy.stats.binom`.
#[test]
fn mcnemar_counts_what_differs() {
    for (first_only, second_only, exact, mid_p) in MCNEMAR {
        let test = McNemar { first_only, second_only };
        close(test.exact(), exact);
        close(test.mid_p(), mid_p);
    }
    let test = McNemar::new(&[0, 1, 2, 1], &[0, 1, 0, 0], &[0, 2, 2, 2]);
    assert_eq!((test.first_only, test.second_only), (1, 1));
}

/// `statsmodels.stats.multitest.multipletests(method="holm")`.
#[test]
fn holm_corrects_in_the_order_of_p() {
    let found = holm(&HOLM.map(|(p, _)| p));
    found.iter().zip(HOLM).for_each(|(found, (_, wanted))| close(*found, wanted));
    assert!(holm(&[]).is_empty());
}

/// Multiples of a quarter, so that sums have no rounding and equal means are equal.
const VALUES: [f64; 12] = [2.25, 3.5, 0.25, 9.0, 1.25, 1.5, 0.75, 12.5, 2.0, 0.5, 3.0, 5.25];

fn mean(rows: &[u32]) -> f64 {
    rows.iter().map(|&row| VALUES[row as usize]).sum::<f64>() / rows.len() as f64
}

/// A row of a sample by a fixed rule, the same for scipy: (12 draw + place)·2654435761
/// modulo 2³², without its last 16 bits, modulo `rows`.
fn pick(draw: u64, place: u64, rows: u64) -> u32 {
    ((((12 * draw + place) * 2_654_435_761) % (1 << 32) / (1 << 16)) % rows) as u32
}

/// `scipy.stats.bootstrap(n_resamples=0, bootstrap_result=…)` on the same samples.
#[test]
fn ends_of_given_samples() {
    let sample = |draw: u64| -> Vec<u32> { (0..12).map(|place| pick(draw, place, 12)).collect() };
    let scores: Vec<f64> = (0..400).map(|draw| mean(&sample(draw))).collect();
    let all: Vec<u32> = (0..12).collect();
    let acceleration = acceleration(std::slice::from_ref(&all), &|rows: &[u32]| Ok(mean(rows))).unwrap();
    for [confidence, low, high, bca_low, bca_high] in BOOTSTRAP {
        for (ends, low, high) in [(Ends::Percentile, low, high), (Ends::Bca, bca_low, bca_high)] {
            let bootstrap = Bootstrap { confidence, ends, ..Bootstrap::default() };
            let interval = bootstrap.interval(mean(&all), scores.clone(), acceleration).unwrap();
            close(interval.low, low);
            close(interval.high, high);
        }
    }
}

/// The same for the difference of the means of two strata.
#[test]
fn ends_of_given_samples_of_two_strata() {
    let strata = [(0..5).collect::<Vec<u32>>(), (5..12).collect()];
    let difference = |rows: &[u32]| {
        let (one, two): (Vec<u32>, Vec<u32>) = rows.iter().partition(|row| **row < 5);
        mean(&one) - mean(&two)
    };
    let sample = |draw: u64| -> Vec<u32> {
        (0..5).map(|place| pick(draw, place, 5)).chain((5..12).map(|place| 5 + pick(draw, place, 7))).collect()
    };
    let scores: Vec<f64> = (0..400).map(|draw| difference(&sample(draw))).collect();
    let acceleration = acceleration(&strata, &|rows: &[u32]| Ok(difference(rows))).unwrap();
    let bootstrap = Bootstrap { confidence: 0.9, ..Bootstrap::default() };
    let interval = bootstrap.interval(difference(&strata.concat()), scores, acceleration).unwrap();
    close(interval.low, STRATIFIED[0]);
    close(interval.high, STRATIFIED[1]);
}

/// Stratified samples have as many rows of each class, so a score that counts one does not vary.
#[test]
fn strata_keep_their_rows() {
    let strata: Vec<u32> = (0..30).map(|row| u32::from(row % 3 == 0)).collect();
    let ones = |rows: &[u32]| rows.iter().filter(|&&row| strata[row as usize] == 1).count() as f64;
    let bootstrap = Bootstrap { draws: 50, ..Bootstrap::default() };
    let fixed = bootstrap.of(&strata, Key::new(1), |rows| Ok(ones(rows)));
    assert!(matches!(fixed, Err(NoInterval::Undefined(_))));
    let free = bootstrap.of(&[0; 30], Key::new(1), |rows| Ok(ones(rows))).unwrap();
    assert!(free.low < 10.0 && free.high > 10.0);
    assert_eq!(free, bootstrap.of(&[0; 30], Key::new(1), |rows| Ok(ones(rows))).unwrap());
}

#[test]
fn samples_without_a_score_are_left_out_if_they_are_few() {
    let bootstrap = Bootstrap { draws: 500, ends: Ends::Percentile, ..Bootstrap::default() };
    let labels = |positives| -> Labels {
        Target::Classes { codes: (0..20).map(|row| u32::from(row < positives)).collect(), count: 2 }.into()
    };
    let outputs = Outputs::Probabilities {
        values: (0..20).flat_map(|row| [1.0, f64::from((7 * row + 10) % 20) / 20.0]).collect(),
        classes: 2,
    };
    let of = |positives| bootstrap.of_metric(&metric::AUC, &labels(positives), &outputs, Key::new(0));
    assert!(of(5).is_ok());
    // With one positive row, more than a third of the samples have none.
    assert!(matches!(of(1), Err(NoInterval::Undefined(_))));
    let stratified = Bootstrap { stratified: true, ..bootstrap };
    assert!(stratified.of_metric(&metric::AUC, &labels(1), &outputs, Key::new(0)).is_ok());
    assert!(matches!(of(0), Err(NoInterval::Undefined(_))));
}

/// 95 % intervals of the mean of 40 exponential numbers hold the true mean about as often; a little less, since samples
/// are small and skewed.
#[test]
fn intervals_hold_the_truth_as_often_as_promised() {
    let bootstrap = Bootstrap { draws: 400, ..Bootstrap::default() };
    let holds = (0..400).filter(|&repetition| {
        let key = Key::new(repetition);
        let values: Vec<f64> = (0..40).map(|row| -(-key.uniform(row)).ln_1p()).collect();
        let mean = |rows: &[u32]| Ok(rows.iter().map(|&row| values[row as usize]).sum::<f64>() / rows.len() as f64);
        let interval = bootstrap.of(&[0; 40], key.child("draws"), mean).unwrap();
        interval.low <= 1.0 && interval.high >= 1.0
    });
    let share = holds.count() as f64 / 400.0;
    assert!((0.875..0.975).contains(&share), "{share}");
}

#[test]
fn verdicts_of_intervals() {
    let verdict = |low, high| Interval { estimate: f64::midpoint(low, high), low, high }.verdict(0.1);
    assert_eq!(verdict(0.2, 0.3), Verdict::Better);
    assert_eq!(verdict(-0.3, -0.2), Verdict::Worse);
    assert_eq!(verdict(-0.1, 0.05), Verdict::Equivalent);
    assert_eq!(verdict(0.05, 0.2), Verdict::Undecided);
}

/// Errors by hand: of 4 rows 3 are of class 1 and 2 are predicted so, which independent classes would get wrong for
/// ¾·½ + ¼·½ of the pairs.
#[test]
fn optimism_is_corrected() {
    assert_eq!(no_information_error(&[1, 1, 1, 0], &[1, 1, 0, 0]), Ok(0.5));
    assert!(no_information_error(&[], &[]).is_err());
    let errors = Optimism { training: 0.1, out_of_bag: 0.3, no_information: 0.5 };
    close(errors.plain().unwrap(), 0.368 * 0.1 + 0.632 * 0.3);
    // R = ½, so the weight of the out-of-bag error is 0.632 / (1 - 0.184).
    let weight = 0.632 / 0.816;
    close(errors.plus().unwrap(), (1.0 - weight) * 0.1 + weight * 0.3);
    // An error beyond that without information counts in the first term only.
    let worse = Optimism { out_of_bag: 0.7, ..errors };
    close(worse.plus().unwrap(), 0.632 * 0.7 + 0.368 * 0.5);
    let better = Optimism { out_of_bag: 0.05, ..errors };
    assert_eq!(better.plus(), better.plain());
    assert!(Optimism { training: f64::NAN, ..errors }.plus().is_err());
}
