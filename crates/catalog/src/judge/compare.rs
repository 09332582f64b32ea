//! `compare`: compares the arms of a `fork` on the same folds.

use super::eval::MetricWord;
use super::intervals::{CONFIDENCE, bootstrap};
use pipewright_diagnostic::{Failure, code};
use pipewright_learn::compare::{
    Bootstrap, Ends, Interval, NoInterval, corrected_interval, corrected_test, correlated_posterior, holm,
};
use pipewright_learn::metric::{self, Better, Judged, Metric, Undefined};
use pipewright_learn::{Key, Target};
use pipewright_operator::result::{Entry, Evaluation, FoldResult, Lead, Output, Ranking};
use pipewright_operator::work::{Consumer, Given};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Fraction, Group, Spec, Structure, Verb,
    arguments,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `compare`.
    struct CompareArgs {
        /// The metric to rank by. Without it, the first one of the evaluation.
        option by: Option<MetricWord>;
        /// Half the width of the region of practical equivalence: gains below it do not matter. Of scores, such as
        /// accuracy, it is an absolute difference; of errors, such as rmse, a share of the best one.
        option rope: Fraction = 0.01;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "compare",
        group: Group::Judge,
        summary: "Compares the arms of a `fork` on the same folds: a leaderboard with intervals and verdicts.",
        details: "Arms are ranked by the mean of a metric, and each is compared with the best one, pairwise on the same \
                  folds. Training rows of folds overlap, so the interval and the p-value of the gain are corrected \
                  (Nadeau and Bengio, 2003), the p-values also for the number of comparisons (Holm). The verdict is \
                  that of a Bayesian correlated t test (Corani and Benavoli, 2015): better, equivalent within the \
                  region of practical equivalence `rope`, or indistinguishable, if neither has a probability of 95 %. \
                  More repetitions (`eval kfold 5 repeat=5`) tell smaller differences apart. On a holdout, the gain \
                  has a bootstrap interval over the rows.",
        search: &["leaderboard", "significance", "paired test", "t-test", "model selection", "rank models", "anova"],
        input: Flow::Learner,
        output: Flow::Any,
        effect: Effect::Tee,
        structure: Structure::Plain,
        elsewhere: metric::ALIASES,
        examples: &[Example {
            script: "load breast_cancer | fork { net: scale | train mlp[8, auto] epochs=5; line: scale | train logistic; base: train dummy } | eval kfold 5 metric=accuracy | compare",
            output: "\
3 models predict diagnosis (binary, positive class malignant)
stratified, 5 folds, 569 rows, seed 0

arm       model          accuracy
net       mlp[8,auto]      0.8998
line      logistic         0.9771
base      dummy            0.6274
baseline                   0.6274

compared by accuracy, pairwise on 5 folds, gains below 0.01 do not matter

arm   model              mean          95% interval  the best against it
line  logistic         0.9771      0.9523 to 1.0000  best
net   mlp[8,auto]      0.8998      0.7852 to 1.0000  indistinguishable (+0.0773 ± 0.0969)
base  dummy            0.6274      0.6192 to 0.6356  better by 0.3497 ± 0.0309
",
        }],
        ..Spec::of::<CompareArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let CompareArgs { by, rope } = CompareArgs::read(args)?;
    Ok(Bound::Consumer(Arc::new(Compare { by: by.and_then(|word| Metric::find(word.0)), rope: rope.0 })))
}

struct Compare {
    by: Option<&'static Metric>,
    rope: f64,
}

impl Consumer for Compare {
    fn needs_evaluation(&self) -> bool {
        true
    }

    fn takes_all_arms(&self) -> bool {
        true
    }

    fn consume(&self, given: &Given<'_>, _: &Environment) -> Result<Output, Failure> {
        let evaluations: Vec<&Evaluation> = given.results.iter().filter_map(|output| output.as_evaluation()).collect();
        let [first, _, ..] = evaluations.as_slice() else {
            let message = "there is one evaluation, and nothing to compare it with";
            return Err(
                Failure::new(code::WRONG_ORDER, message).help("evaluate several arms: fork { a: …; b: … } | eval")
            );
        };
        let metric = match (self.by, first.metrics().next()) {
            (Some(metric), _) => metric,
            (None, Some(metric)) => Metric::find(metric.name()).expect("an evaluation has metrics of the table"),
            (None, None) => return Err(Failure::new(code::WRONG_ORDER, "the evaluation has no metric")),
        };
        let mut ranked = Vec::new();
        for evaluation in evaluations {
            let scored = evaluation.metric(metric.name)?;
            let mean = scored.mean().ok().filter(|_| scored.undefined().is_none());
            let undefined = || {
                let arm = evaluation.arm.clone().unwrap_or_default();
                let message = format!("`{}` of `{arm}` is undefined in a fold, so it cannot be compared", metric.name);
                Failure::new(code::UNDEFINED_SCORE, message).help("compare by another metric: compare by=NAME")
            };
            ranked.push((mean.ok_or_else(undefined)?, evaluation));
        }
        // Ties keep the order of the script.
        ranked.sort_by(|(one, _), (other, _)| metric.gain(*other, *one).total_cmp(&0.0));
        Ok(Output::Ranking(self.ranking(metric, &ranked)?))
    }
}

impl Compare {
    fn ranking(&self, metric: &'static Metric, ranked: &[(f64, &Evaluation)]) -> Result<Ranking, Failure> {
        let (best_mean, best) = ranked[0];
        let rope = match metric.better {
            Better::Higher => self.rope,
            Better::Lower => self.rope * best_mean.abs(),
        };
        let mut entries = Vec::new();
        for (place, &(mean, evaluation)) in ranked.iter().enumerate() {
            let lead = if place == 0 { None } else { Some(lead_over(metric, best, evaluation, rope)?) };
            let interval = evaluation.metric(metric.name)?.interval();
            let (arm, model) = (evaluation.arm.clone().unwrap_or_default(), evaluation.model.clone());
            entries.push(Entry { arm, model, mean, interval, lead });
        }
        let mut leads: Vec<&mut Lead> = entries.iter_mut().filter_map(|entry| entry.lead.as_mut()).collect();
        let p_values: Option<Vec<f64>> = leads.iter().map(|lead| lead.p_value).collect();
        for (lead, p_value) in leads.iter_mut().zip(p_values.map(|values| holm(&values)).unwrap_or_default()) {
            lead.p_value = Some(p_value);
        }
        Ok(Ranking::new(metric.name, rope, best.results.len(), entries))
    }
}

/// How the best evaluation compares with another one.
fn lead_over(metric: &Metric, best: &Evaluation, other: &Evaluation, rope: f64) -> Result<Lead, Failure> {
    let same_rows = best.results.len() == other.results.len()
        && best.results.iter().zip(&other.results).all(|(one, other)| one.rows == other.rows);
    if !same_rows {
        let message = "the evaluations are not on the same rows, so they cannot be compared pairwise";
        return Err(Failure::new(code::WRONG_ORDER, message).help("evaluate all arms with one `eval` below the fork"));
    }
    if let ([one], [other]) = (best.results.as_slice(), other.results.as_slice()) {
        return on_holdout(metric, one, other, rope);
    }
    let (ours, theirs) = (best.metric(metric.name)?.values(), other.metric(metric.name)?.values());
    let gains: Vec<f64> = ours.iter().zip(theirs).map(|(&ours, theirs)| metric.gain(ours, theirs)).collect();
    let ratio = FoldResult::test_share(&best.results);
    let certain = |mean: f64| Interval { estimate: mean, low: mean, high: mean };
    let mean = gains.iter().sum::<f64>() / gains.len() as f64;
    // Gains that are all equal leave nothing to estimate.
    let gain = corrected_interval(&gains, ratio, CONFIDENCE).unwrap_or_else(|_| certain(mean));
    let p_value = corrected_test(&gains, ratio).map(|test| test.p_value);
    let p_value = Some(p_value.unwrap_or(if mean == 0.0 { 1.0 } else { 0.0 }));
    let posterior = correlated_posterior(&gains, ratio, rope).map_err(|reason| incomparable(&reason))?;
    let verdict = posterior.verdict(CONFIDENCE);
    Ok(Lead { gain, p_value, posterior: Some(posterior), verdict })
}

fn on_holdout(metric: &Metric, best: &FoldResult, other: &FoldResult, rope: f64) -> Result<Lead, Failure> {
    let labels = best.labels();
    let strata = match labels.target() {
        Target::Classes { codes, .. } => codes.clone(),
        Target::Numbers(numbers) => vec![0; numbers.len()],
    };
    let gain = |rows: &[u32]| {
        let truth = labels.take(rows);
        let score = |fold: &FoldResult| metric.score(&Judged::new(&truth, &fold.predictions.take(rows)));
        Ok(metric.gain(score(best)?, score(other)?))
    };
    let draws = Bootstrap { ends: Ends::Percentile, ..bootstrap(labels.rows()) };
    let gain = match draws.of(&strata, Key::new(0).child("compare"), gain) {
        Ok(gain) => gain,
        Err(NoInterval::Stopped(failure)) => return Err(failure),
        // Models that predict the same differ in no sample of the rows.
        Err(NoInterval::Undefined(_)) if predict_the_same(best, other) => {
            Interval { estimate: 0.0, low: 0.0, high: 0.0 }
        }
        Err(NoInterval::Undefined(reason)) => return Err(incomparable(&reason)),
    };
    Ok(Lead { verdict: gain.verdict(rope), gain, p_value: None, posterior: None })
}

/// Do two models predict the same class of every row, or the same number?
fn predict_the_same(one: &FoldResult, other: &FoldResult) -> bool {
    match &one.truth {
        Target::Classes { .. } => one.predictions.labels() == other.predictions.labels(),
        Target::Numbers(_) => one.predictions.outputs == other.predictions.outputs,
    }
}

fn incomparable(reason: &Undefined) -> Failure {
    Failure::new(code::UNDEFINED_SCORE, format!("two models cannot be compared: {}", reason.0))
        .help("compare by another metric, or on several folds")
}
