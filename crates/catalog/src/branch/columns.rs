//! `columns`: applies different stages to different columns.

use pipewright_diagnostic::{Failure, code};
use pipewright_frame::{Chunks, Column, ColumnType, Entry, FitContext, Role, Schema, Selection, Table};
use pipewright_operator::work::{Dropped, Fitted, ForTraining, Learned, Needs, Step};
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Footprint, Form, Group, Registry, Route,
    Selected, Spec, StateKind, StepRecord, Verb, arguments,
};
use pipewright_world::random::Key;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::sync::Arc;

arguments! {
    /// The arguments of `columns`.
    struct ColumnsArgs {
        /// Selectors, each with the stages for its columns.
        positional routes: Vec<Route>;
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "columns",
        group: Group::Branch,
        summary: "Applies different stages to different columns.",
        details: "Each arm takes the columns of its selector; `_` takes those that no earlier arm took. `drop` alone \
                  drops them, `keep` alone keeps them unchanged. Columns that no arm takes stay in front, \
                  unchanged; the columns of the arms follow, in the order of the arms. The stages of an arm may \
                  learn, anew in every fold; they may not filter rows.",
        search: &["columntransformer", "per column", "route", "across", "branch"],
        form: Form::Routes,
        output: Flow::Recipe,
        effect: Effect::Fit,
        examples: &[Example {
            script: "load titanic.csv | head 3 | columns { survived => keep; sex => encode onehot; age, parch => \
                     fillna median | scale minmax; _ => drop } | show",
            output: "\
survived  sex=female  sex=male         age  parch
survived  true        false              1      0
survived  false       true               0      1
died      true        false     0.03857453      1
",
        }],
        ..Spec::of::<ColumnsArgs>()
    },
    bind,
    states: &[StateKind { tag: Arms::TAG, load, untagged: |_| true }],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let ColumnsArgs { routes } = ColumnsArgs::read(args)?;
    if routes.is_empty() {
        return Err(ArgumentError::of("routes", code::MISSING_ARGUMENT, "`columns` has no arm"));
    }
    Ok(Bound::Step(Arc::new(Columns(routes))))
}

struct Columns(Vec<Route>);

impl Columns {
    /// The columns of each arm.
    ///
    /// # Errors
    /// `DUPLICATE_COLUMN` if two arms take a column, `READS_TARGET` if one takes the target.
    fn arms(
        &self,
        schema: &Schema,
        settle: impl Fn(&Selection) -> Result<Selection, Failure>,
    ) -> Result<Vec<Vec<Arc<str>>>, Failure> {
        let mut taken: Vec<Arc<str>> = Vec::new();
        let mut arms = Vec::new();
        for route in &self.0 {
            let names = settle(&route.columns.behind(&taken))?.resolve(schema)?;
            for name in &names {
                if taken.contains(name) {
                    let message = format!("two arms take `{name}`");
                    return Err(Failure::new(code::DUPLICATE_COLUMN, message).column(&**name));
                }
                if schema.find(name).is_some_and(|column| column.role == Role::Target) {
                    let message = format!("an arm would change the target `{name}`");
                    return Err(Failure::new(code::READS_TARGET, message).column(&**name));
                }
            }
            taken.extend(names.iter().cloned());
            arms.push(names);
        }
        Ok(arms)
    }

    fn asks_rows(&self) -> bool {
        self.0.iter().any(|route| route.columns.asks_rows())
    }
}

impl Step for Columns {
    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        if self.asks_rows() {
            let undecided = |entry: &Entry| match entry {
                Entry::Column(column) if column.role == Role::Feature => Entry::Undecided { from: column.name.clone() },
                other => other.clone(),
            };
            return Ok(Schema::with_entries(input.entries().iter().map(undecided).collect()));
        }
        let arms = self.arms(input, |selection| Ok(selection.clone()))?;
        let taken: BTreeSet<&Arc<str>> = arms.iter().flatten().collect();
        let is_taken = |entry: &&Entry| matches!(entry, Entry::Column(column) if taken.contains(&column.name));
        let mut entries: Vec<Entry> = input.entries().iter().filter(|entry| !is_taken(entry)).cloned().collect();
        for (route, names) in self.0.iter().zip(&arms) {
            let columns = names.iter().filter_map(|name| input.find(name)).chain(input.target());
            let schema = route.block.schema(&Schema::new(columns.cloned()))?;
            let made = schema.entries().iter().filter(|entry| !is_target(entry));
            entries.extend(made.cloned());
        }
        Ok(Schema::with_entries(entries))
    }

    fn footprint(&self, _: Effect) -> Footprint {
        let arms = self.0.iter().map(|route| route.block.footprint()).fold(Footprint::of(Effect::Row), Footprint::then);
        let own = if self.asks_rows() { Effect::Fit } else { Effect::Row };
        arms.then(Footprint::of(own)).reading_features().making_values()
    }

    fn fit(&self, rows: &dyn Chunks, context: &FitContext) -> Result<Learned, Failure> {
        let schema = rows.schema();
        let arms = self.arms(&schema, |selection| selection.settled(rows))?;
        let fitted = self.0.iter().zip(arms).enumerate().map(|(place, (route, names))| {
            let learned =
                route.block.fit(&Selected { rows, names: with_target(&names, &schema) }, &arm(context, place))?;
            let verbs = route.block.stages().iter().map(|stage| stage.verb.spec.name.to_owned());
            let states = learned.iter().map(|learned| learned.state.clone());
            let steps = verbs.zip(states).map(|(verb, fitted)| StepRecord { verb, fitted }).collect();
            Ok((Arm { columns: names, steps }, learned))
        });
        let (arms, learned): (Vec<Arm>, Vec<Vec<Learned>>) =
            fitted.collect::<Result<Vec<_>, Failure>>()?.into_iter().unzip();
        let state = Arc::new(Arms(arms));
        let apart = learned.iter().flatten().any(|learned| learned.training.is_some());
        let of_training = {
            let state = state.clone();
            move |rows: &Table| state.training_rows(&learned, rows)
        };
        Ok(Learned { training: apart.then(|| Arc::new(of_training) as ForTraining), state })
    }
}

fn is_target(entry: &Entry) -> bool {
    matches!(entry, Entry::Column(column) if column.role == Role::Target)
}

/// The rows an arm is fitted on: its columns, and the target if a step learns with it.
fn with_target(names: &[Arc<str>], schema: &Schema) -> Vec<Arc<str>> {
    names.iter().cloned().chain(schema.target().map(|column| column.name.clone())).collect()
}

fn arm(context: &FitContext, place: usize) -> FitContext {
    FitContext { target_spec: context.target_spec.clone(), key: Key::child(context.key, "arm").index(place as u64) }
}

/// The fitted states of each arm.
struct Arms(Vec<Arm>);

struct Arm {
    columns: Vec<Arc<str>>,
    steps: Vec<StepRecord>,
}

impl Arm {
    /// Are its columns dropped unread?
    fn drops_all(&self) -> bool {
        matches!(self.steps.as_slice(), [step] if step.fitted.needs().drops == Dropped::All)
    }
}

impl Arms {
    /// The transformed training rows of each arm.
    fn training_rows(&self, learned: &[Vec<Learned>], rows: &Table) -> Result<Table, Failure> {
        let schema = rows.schema();
        let mut steps = learned.iter();
        self.join(rows, |arm| {
            let own = rows.select(&with_target(&arm.columns, &schema))?;
            let steps = steps.next().expect("each arm has its fitted steps");
            steps.iter().try_fold(own, |table, step| step.training_rows(table))
        })
    }

    /// The columns that no arm takes, followed by the result of `make` for each arm.
    fn join(&self, rows: &Table, mut make: impl FnMut(&Arm) -> Result<Table, Failure>) -> Result<Table, Failure> {
        let taken: BTreeSet<&Arc<str>> = self.0.iter().flat_map(|arm| &arm.columns).collect();
        let (mut columns, mut arrays): (Vec<Column>, Vec<_>) = (Vec::new(), Vec::new());
        for (column, array) in
            rows.columns().iter().zip(rows.arrays()).filter(|(column, _)| !taken.contains(&column.name))
        {
            columns.push(column.clone());
            arrays.push(array.clone());
        }
        for arm in &self.0 {
            let made = make(arm)?;
            for (column, array) in
                made.columns().iter().zip(made.arrays()).filter(|(column, _)| column.role != Role::Target)
            {
                columns.push(column.clone());
                arrays.push(array.clone());
            }
        }
        Ok(Table::with_rows(columns, arrays, rows.rows())?.with_origin(rows.origin().cloned()))
    }
}

impl Arms {
    const TAG: &'static str = "columns";
}

impl Fitted for Arms {
    fn apply(&self, rows: &Table) -> Result<Table, Failure> {
        self.join(rows, |arm| {
            if arm.drops_all() {
                // Dropped columns may be absent.
                return Table::with_rows(Vec::new(), Vec::new(), rows.rows());
            }
            arm.steps.iter().try_fold(rows.select(&arm.columns)?, |table, step| step.fitted.apply_owned(table))
        })
    }

    fn needs(&self) -> Needs {
        let states = || self.0.iter().flat_map(|arm| &arm.steps).map(|step| step.fitted.needs());
        let dropping = self.0.iter().filter(|arm| arm.drops_all());
        Needs {
            by_row: states().all(|needs| needs.by_row),
            reads: states().flat_map(|needs| needs.reads).collect(),
            drops: Dropped::Columns(dropping.flat_map(|arm| arm.columns.iter().cloned()).collect()),
        }
    }

    fn show(&self) -> Table {
        let columns = self.0.iter().map(|arm| arm.columns.join(", "));
        let verbs = |arm: &Arm| arm.steps.iter().map(|step| step.verb.as_str()).collect::<Vec<_>>().join(" | ");
        let verbs = self.0.iter().map(verbs);
        let text = |values: Vec<String>| Arc::new(arrow_array::StringArray::from(values)) as arrow_array::ArrayRef;
        let names = vec![Column::new("columns", ColumnType::Text), Column::new("stages", ColumnType::Text)];
        Table::new(names, vec![text(columns.collect()), text(verbs.collect())]).expect("two columns of one length")
    }

    fn tag(&self) -> &'static str {
        Arms::TAG
    }

    fn save(&self) -> Json {
        let saved = self.0.iter().map(|arm| {
            let steps: Vec<Json> = arm.steps.iter().map(StepRecord::save).collect();
            let columns: Vec<&str> = arm.columns.iter().map(|name| &**name).collect();
            json!({"columns": columns, "steps": steps})
        });
        json!({"arms": saved.collect::<Vec<_>>()})
    }

    fn notices(&self) -> Vec<Failure> {
        self.0.iter().flat_map(|arm| &arm.steps).flat_map(|step| step.fitted.notices()).collect()
    }
}

/// Reads the states from a bundle.
fn load(json: &Json, registry: &Registry) -> Result<Arc<dyn Fitted>, Failure> {
    let bad = |what: &str| Failure::new(code::BAD_BUNDLE, format!("a step cannot be read: {what}"));
    let list = |json: &Json, name: &str| {
        json.get(name).and_then(Json::as_array).cloned().ok_or_else(|| bad(&format!("it lacks `{name}`")))
    };
    let mut taken = BTreeSet::new();
    let mut arms = Vec::new();
    for arm in list(json, "arms")? {
        let name = |name: &Json| name.as_str().map(Arc::from).ok_or_else(|| bad("a column has no name"));
        let columns: Vec<Arc<str>> = list(&arm, "columns")?.iter().map(name).collect::<Result<_, _>>()?;
        if !columns.iter().all(|name| taken.insert(name.clone())) {
            return Err(bad("two arms take one column"));
        }
        // An arm within an arm may be as deep as a script's brackets; a bundle is read as deep as its JSON is.
        let steps =
            list(&arm, "steps")?.iter().map(|step| StepRecord::load(step, registry)).collect::<Result<_, _>>()?;
        arms.push(Arm { columns, steps });
    }
    Ok(Arc::new(Arms(arms)))
}
