//! `train`: trains a model.

use pipewright_diagnostic::code;
use pipewright_operator::{Args, Bound, Domain, Effect, Example, Fault, Group, Param, Sort, Spec, Surroundings, Verb};

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "train",
        group: Group::Learn,
        summary: "Trains a model on the features to predict the target.",
        details: "A model's own hyper-parameters stand in its parentheses, `mlp[64,32,1](activation=tanh)`; what \
                  controls the training loop are options of `train`. Nothing runs until something asks: `eval` fits \
                  anew in every fold, `save` and `predict` pull one final fit on all rows.",
        search: &["fit", "learn", "model", "estimate"],
        output: Sort::Learner,
        effect: Effect::FitTarget,
        positionals: &[Param::required("model", Domain::Model, "The model.")],
        options: &[
            Param::optional("epochs", Domain::Whole { min: 1 }, "Passes over the training rows."),
            Param::optional("lr", Domain::Positive, "The learning rate."),
            Param::optional("batch", Domain::Whole { min: 1 }, "Rows a step."),
            Param::optional(
                "optimizer",
                Domain::Word(&["sgd", "rmsprop", "adam", "adamw"]),
                "How weights follow gradients.",
            ),
            Param::optional(
                "momentum",
                Domain::Real { min: 0.0, max: 1.0 },
                "For `sgd`: how much of the last step goes on.",
            ),
            Param::optional(
                "weight_decay",
                Domain::Real { min: 0.0, max: f64::INFINITY },
                "For `adamw`: decoupled decay.",
            ),
            Param::optional(
                "early_stop",
                Domain::Whole { min: 1 },
                "Ends when the validation loss has not fallen for this many epochs, and takes the best weights.",
            ),
            Param::optional(
                "val",
                Domain::Share,
                "The share of the training rows for validation; 10% with `early_stop`.",
            ),
            Param::optional("loss", Domain::Word(&["mse", "bce", "cross_entropy"]), "What is made small."),
            Param::optional("seed", Domain::Whole { min: 0 }, "A seed of its own."),
        ],
        examples: &[Example {
            script: "load iris.csv | train logistic | eval kfold 3 metric=accuracy",
            output: "\
logistic predicts species (3 classes)
stratified, 3 folds, 150 rows, seed 0

                        mean    lowest   highest    baseline
accuracy              0.9600    0.9400    0.9800      0.3200

confusion (rows true, columns predicted)
                        setosa  versicolor   virginica
setosa                      50           0           0
versicolor                   0          47           3
virginica                    0           3          47
",
        }],
        ..Spec::BASE
    },
    bind,
    load: None,
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let Some(chosen) = args.model("model") else {
        return Err(Fault::of("model", code::MISSING_ARGUMENT, "a model is missing"));
    };
    let (model, heeds) = (chosen.model, chosen.model.controls);
    let ignored = args.given().find(|(name, _)| !matches!(*name, "model" | "seed") && !heeds.contains(name));
    if let Some((name, value)) = ignored {
        let message = format!("`{}` has no use for `{name}`", model.spec.name);
        let help = match heeds {
            [] => format!("`{}` has no training loop to control", model.spec.name),
            _ => format!("it heeds: {}", heeds.join(", ")),
        };
        return Err(Fault::of(name, code::MISPLACED_OPTION, message).at(value.span).help(help));
    }
    (model.prepare)(chosen.to_string(), &chosen.args, args).map(Bound::Training)
}
