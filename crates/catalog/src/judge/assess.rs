//! `assess`: judges the finished pipeline on the rows that a `holdout` has set apart, once.

use super::eval::MetricWord;
use super::evaluator::Eval;
use super::ledger::Ledger;
use pipewright_diagnostic::{Failure, code};
use pipewright_learn::Metric;
use pipewright_learn::metric;
use pipewright_operator::result::Evaluation;
use pipewright_operator::work::{Evaluator, Exam, Sitting};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Group, Name, Spec, Structure, Verb,
    arguments,
};
use std::sync::Arc;

arguments! {
    /// The arguments of `assess`.
    struct AssessArgs {
        /// Name of the rows, as the `holdout` above says after `as`.
        positional holdout: Name;
        /// Metrics to compute. Without it, the usual ones for the target.
        option metric: Option<Vec<MetricWord>>;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "assess",
        group: Group::Judge,
        summary: "Assesses the finished pipeline on the test set that `holdout` has set apart: the final exam, once.",
        details: "Everything is fitted on the rows that the holdout leaves, and judged on those that it has set \
                  apart. After several tries, the best score on a test set is too good, so a ledger beside the script \
                  (`NAME.pipe.ledger.json`; for `-c`, `pipewright.ledger.json` in the working directory) keeps which \
                  pipeline was assessed on which rows, across runs. Another pipeline on the same rows is refused \
                  (E0310). The same pipeline, data and seed give the same verdict again. `--spend-again` assesses \
                  another pipeline all the same, and the count is printed and saved with the model. `save` below \
                  keeps the assessed pipeline, fitted on the rows that the holdout leaves.",
        search: &["final test", "test set", "exam", "final evaluation"],
        input: Flow::Learner,
        output: Flow::Learner,
        effect: Effect::Tee,
        structure: Structure::Exam,
        elsewhere: metric::ALIASES,
        examples: &[Example {
            script: "load diabetes.csv | target progression | holdout 25% seed=7 as test \
                     | train ridge(l2=choose[0.1, 1]) | tune grid | assess test metric=[rmse, r2]",
            output: "\
tune grid: 2 candidates for progression

rmse     l2
56.5192  1
56.5401  0.1

The best of several inner scores is optimistic: `tune … | eval` tells what to expect.

tune grid predicts progression (regression)
final exam on the holdout, 111 rows, seed 7

                       score          95% interval    baseline
rmse                 52.1548    46.3244 to 58.8757     76.4048
r2                    0.5340      0.3979 to 0.6402     -0.0000

chosen on inner folds, in 1 fold
   1  l2=1
",
        }],
        ..Spec::of::<AssessArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let AssessArgs { holdout, metric } = AssessArgs::read(args)?;
    let metrics = metric.unwrap_or_default().iter().filter_map(|word| Metric::find(word.0)).collect();
    Ok(Bound::Exam(Arc::new(Assess { holdout: holdout.0, judge: Arc::new(Eval::exam(metrics)) })))
}

struct Assess {
    holdout: String,
    judge: Arc<Eval>,
}

impl Exam for Assess {
    fn holdout(&self) -> &str {
        &self.holdout
    }

    fn judge(&self) -> Arc<dyn Evaluator> {
        self.judge.clone()
    }

    fn admit(&self, sitting: &Sitting, environment: &Environment) -> Result<(), Failure> {
        let ledger = Ledger::read(environment)?;
        let Some(other) = ledger.other(sitting).filter(|_| !environment.spend_again) else { return Ok(()) };
        let (name, times) = (&self.holdout, ledger.pipelines(sitting));
        let pipelines = if times == 1 { "another pipeline was".to_owned() } else { format!("{times} others were") };
        let message = format!("`{name}` is spent: {pipelines} assessed on these rows");
        let file = environment.ledger.display();
        Err(Failure::new(code::SPENT_HOLDOUT, message)
            .help(format!("assessed first: {}", other.script.trim_end().replace("\n| ", " | ")))
            .help(format!("to compare pipelines, use `eval`; to assess this one all the same: --spend-again ({file})")))
    }

    fn record(&self, sitting: &Sitting, verdict: &Evaluation, environment: &Environment) -> Result<usize, Failure> {
        let mut ledger = Ledger::read(environment)?;
        if ledger.add(&self.holdout, sitting, verdict) {
            ledger.write(environment)?;
        }
        Ok(ledger.pipelines(sitting))
    }
}
