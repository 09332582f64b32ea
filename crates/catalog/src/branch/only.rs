//! `only train`: applies stages to the training rows only.

use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Chunks, Column, ColumnType, FitContext, Schema, Table};
use pipewright_operator::work::{Fitted, Learned, Needs, Step};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Block, Bound, Effect, Environment, Example, Flow, Footprint, Form, Group, Registry,
    Spec, StateKind, TrainingRows, Verb, arguments, words,
};
use serde_json::{Value as Json, json};
use std::sync::Arc;

words! {
    /// Which rows.
    enum Phase { Train = "train" }
}

arguments! {
    /// The arguments of `only`.
    struct OnlyArgs {
        /// Which rows: the training rows.
        positional phase: Phase;
        /// The stages.
        positional block: Block;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "only",
        group: Group::Branch,
        summary: "Applies stages to the training rows only: `only train { … }`.",
        details: "The stages in braces may filter, drop and add rows, and may learn; they are applied to the \
                  training rows of every fold and of the final fit. Rows that are held out or predicted keep \
                  their number and order. The columns must not change.",
        search: &["train", "training rows", "skip", "resample"],
        form: Form::Block,
        output: Flow::Recipe,
        effect: Effect::RowsTrain,
        examples: &[Example {
            script: "load iris.csv | target species | only train { where sepal_width > 3 } | train logistic | eval kfold 3 metric=accuracy",
            output: "\
logistic predicts species (3 classes)
stratified, 3 folds, 150 rows, seed 0

                        mean          95% interval    lowest   highest    baseline
accuracy              0.8933      0.7298 to 1.0000    0.8600    0.9400      0.3200

confusion (rows true, columns predicted)
                        setosa  versicolor   virginica
setosa                      50           0           0
versicolor                   7          42           1
virginica                    0           8          42
",
        }],
        ..Spec::of::<OnlyArgs>()
    },
    bind,
    states: &[StateKind { tag: AsTheyAre::TAG, load, untagged: |_| true }],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let OnlyArgs { phase: Phase::Train, block } = OnlyArgs::read(args)?;
    Ok(Bound::Step(Arc::new(OnlyTrain(block))))
}

struct OnlyTrain(Block);

impl Step for OnlyTrain {
    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        let columns = |schema: &Schema| schema.columns().cloned().collect::<Vec<_>>();
        let (before, behind) = (columns(input), columns(&self.0.schema(input)?));
        if before == behind {
            return Ok(input.clone());
        }
        let changed = before.iter().find(|column| !behind.contains(column));
        let changed = changed.or_else(|| behind.iter().find(|column| !before.contains(column)));
        let name = changed.map_or("", |column| &column.name);
        let message = format!("`only train` may change rows, but this changes the column `{name}`");
        Err(Failure::new(code::WRONG_ORDER, message).help("put stages that change columns outside the braces"))
    }

    fn footprint(&self, verb: Effect) -> Footprint {
        let own = Footprint { training: TrainingRows::Apart, ..Footprint::of(verb) };
        self.0.footprint().then(own)
    }

    fn fit(&self, _: &dyn Chunks, context: &FitContext) -> Result<Learned, Failure> {
        let (block, context) = (self.0.clone(), context.clone());
        let training = move |rows: &Table| {
            let made = block.of_training(rows, &context)?;
            if made.rows() == 0 && rows.rows() > 0 {
                return Err(Failure::new(code::EMPTY_DATA, "`only train` leaves no training rows"));
            }
            Ok(made)
        };
        Ok(Learned { state: Arc::new(AsTheyAre), training: Some(Arc::new(training)) })
    }
}

/// Rows other than the training rows stay unchanged.
struct AsTheyAre;

impl AsTheyAre {
    const TAG: &'static str = "unchanged";
}

impl Fitted for AsTheyAre {
    fn needs(&self) -> Needs {
        Needs::by_row()
    }

    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        Ok(rows.clone())
    }

    fn show(&self) -> Table {
        let column = Column::new("other rows", ColumnType::Text);
        let array = arrow_array::StringArray::from(vec!["unchanged"]);
        Table::new(vec![column], vec![Arc::new(array)]).expect("one column makes a table")
    }

    fn tag(&self) -> &'static str {
        AsTheyAre::TAG
    }

    fn save(&self) -> Json {
        json!({})
    }
}

fn load(json: &Json, _: &Registry) -> Result<Arc<dyn Fitted>, Failure> {
    match json.as_object() {
        Some(fields) if fields.is_empty() => Ok(Arc::new(AsTheyAre)),
        _ => Err(Failure::new(code::BAD_BUNDLE, "a step cannot be read: it has unexpected content")),
    }
}
