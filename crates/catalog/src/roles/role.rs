//! `role`: assigns roles to columns that are not features.

use crate::exchange;
use pipewright_diagnostic::{Failure, Progress, code};
use pipewright_frame::{Column, ColumnType, Entry, Role, Schema, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, ArgumentError, Arguments, Bound, Effect, Environment, Example, Flow, Footprint, Group, Spec, Verb, arguments,
};
use pipewright_world::random::Key;
use std::sync::Arc;

arguments! {
    /// The arguments of `role`.
    struct RoleArgs {
        /// Identifier of the row.
        option id: Option<Arc<str>>;
        /// Rows with the same value stay in the same fold.
        option group: Option<Arc<str>>;
        /// Time of observation of the row; `eval time` trains on earlier rows only.
        option time: Option<Arc<str>>;
        /// Sample weight of the row when models are trained and scored: 2 counts it twice, 0 leaves it out.
        option weight: Option<Arc<str>>;
        /// Fold in which the row is evaluated; `eval kfold` uses it as given.
        option fold: Option<Arc<str>>;
    }
}

impl RoleArgs {
    /// The given roles, each with its option and its column.
    fn roles(self) -> Vec<(&'static str, Role, Arc<str>)> {
        let RoleArgs { id, group, time, weight, fold } = self;
        let all = [
            ("id", Role::Id, id),
            ("group", Role::Group, group),
            ("time", Role::Time, time),
            ("weight", Role::Weight, weight),
            ("fold", Role::Fold, fold),
        ];
        all.into_iter().filter_map(|(option, role, column)| Some((option, role, column?))).collect()
    }
}

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "role",
        group: Group::Roles,
        summary: "Assigns roles (id, group, time, weight, fold) to columns that are not features.",
        details: "A column with a role is not a feature: nothing learns from it, and only its own name, `@target` or \
                  `@all` selects it. Each role has at most one column.",
        search: &["id", "weight", "sample_weight", "group", "time", "fold", "key"],
        input: Flow::Table,
        output: Flow::Table,
        effect: Effect::Meta,
        examples: &[Example {
            script: "load titanic.csv | head 2 | select sex, age, parch | role id=parch | scale | show",
            output: "\
sex     age  parch
female    1      0
male     -1      2
",
        }],
        ..Spec::of::<RoleArgs>()
    },
    bind,
    states: &[],
};

fn bind(args: &Args, _: &Environment) -> Result<Bound, ArgumentError> {
    let roles = RoleArgs::read(args)?.roles();
    if roles.is_empty() {
        let fault = ArgumentError {
            param: None,
            ..ArgumentError::of("id", code::MISSING_ARGUMENT, "`role` needs at least one column")
        };
        return Err(fault.help("for example: role id=passenger_id"));
    }
    let is_earlier = |place: usize| roles[..place].iter().any(|(.., column)| *column == roles[place].2);
    if let Some(place) = (0..roles.len()).find(|&place| is_earlier(place)) {
        let (option, _, column) = &roles[place];
        return Err(ArgumentError::of(option, code::BAD_VALUE, format!("`{column}` cannot have two roles")));
    }
    Ok(Bound::Rows(Arc::new(Roles(roles.into_iter().map(|(_, role, column)| (column, role)).collect()))))
}

struct Roles(Vec<(Arc<str>, Role)>);

impl Roles {
    /// The column of weights, whose values are checked here.
    fn weight(&self) -> Option<&Arc<str>> {
        self.0.iter().find(|(_, role)| *role == Role::Weight).map(|(name, _)| name)
    }

    /// The role of a column after this stage.
    fn role_of(&self, column: &Column) -> Role {
        match self.0.iter().find(|(name, _)| *name == column.name) {
            Some((_, role)) => *role,
            None if self.0.iter().any(|(_, role)| *role == column.role) => Role::Feature,
            None => column.role,
        }
    }

    fn check(&self, schema: &Schema) -> Result<(), Failure> {
        for (name, role) in &self.0 {
            let column = schema.column(name)?;
            let refused = |needs: &str| {
                let message = format!("the role {role} needs {needs}, but `{name}` holds {} values", column.kind);
                Err(Failure::new(code::TYPE_MISMATCH, message).column(&**name))
            };
            match role {
                Role::Weight if !column.kind.is_numeric() => return refused("a number"),
                Role::Time
                    if !(column.kind.is_numeric() || matches!(column.kind, ColumnType::Date | ColumnType::Time)) =>
                {
                    return refused("a date or a number");
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Rows for Roles {
    fn footprint(&self, verb: Effect) -> Footprint {
        Footprint::of(verb).reading(self.weight().cloned())
    }

    fn schema(&self, input: &Schema) -> Result<Schema, Failure> {
        self.check(input)?;
        let entries = input.entries().iter().map(|entry| match entry {
            Entry::Column(column) => Entry::Column(Column { role: self.role_of(column), ..column.clone() }),
            open => open.clone(),
        });
        Ok(Schema::with_entries(entries.collect()))
    }

    fn apply(&self, table: &Table, _: Key, _: &dyn Progress) -> Result<Table, Failure> {
        self.check(&table.schema())?;
        // Here a bad weight can be reported by its row in the file; further down, rows are those of a fold.
        if let Some(name) = self.weight() {
            exchange::weights(table, name)?;
        }
        table.map_columns(|column, array| {
            Ok(vec![(Column { role: self.role_of(column), ..column.clone() }, array.clone())])
        })
    }
}
