//! `role`: says what columns are for that are not there to learn from.

use crate::exchange;
use pipewright_diagnostic::{Failure, Watch, code};
use pipewright_frame::{Column, Entry, Kind, Role, Schema, Table};
use pipewright_operator::work::Rows;
use pipewright_operator::{
    Args, Bound, Domain, Effect, Example, Fault, Footprint, Group, Param, Sort, Spec, Surroundings, Verb,
};
use pipewright_world::random::Key;
use std::sync::Arc;

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "role",
        group: Group::Roles,
        summary: "Says what columns are for that are not there to learn from.",
        details: "A column with a role is no feature: nothing learns from it, and only its own name, `@target` or \
                  `@all` selects it. Every role has one column at the most.",
        search: &["id", "weight", "sample_weight", "group", "time", "fold", "key"],
        input: Sort::Table,
        output: Sort::Table,
        effect: Effect::Meta,
        options: &[
            Param::optional("id", Domain::Column, "Names the row."),
            Param::optional("group", Domain::Column, "Rows of one value stay on one side of every split."),
            Param::optional("time", Domain::Column, "When the row was seen; `eval time` trains on earlier rows only."),
            Param::optional(
                "weight",
                Domain::Column,
                "How much each row counts when models learn and are scored; 2 is the row twice, 0 leaves it out.",
            ),
            Param::optional("fold", Domain::Column, "The fold that judges the row; `eval kfold` takes it as given."),
        ],
        examples: &[Example {
            script: "load titanic.csv | head 2 | select sex, age, parch | role id=parch | scale | show",
            output: "\
sex     age  parch
female    1      0
male     -1      2
",
        }],
        ..Spec::BASE
    },
    bind,
    load: None,
};

const ROLES: [(&str, Role); 5] =
    [("id", Role::Id), ("group", Role::Group), ("time", Role::Time), ("weight", Role::Weight), ("fold", Role::Fold)];

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let named = ROLES.iter().filter_map(|(option, role)| Some((Arc::from(args.text(option)?), *role)));
    let roles: Vec<(Arc<str>, Role)> = named.collect();
    if roles.is_empty() {
        let fault = Fault { param: None, ..Fault::of("id", code::MISSING_ARGUMENT, "`role` names no column") };
        return Err(fault.help("for example: role id=passenger_id"));
    }
    let twice =
        roles.iter().enumerate().find(|(place, (name, _))| roles[..*place].iter().any(|(other, _)| other == name));
    if let Some((_, (name, role))) = twice {
        let option = ROLES.iter().find(|(_, known)| known == role).map_or("id", |(option, _)| *option);
        return Err(Fault::of(option, code::BAD_VALUE, format!("`{name}` cannot have two roles")));
    }
    Ok(Bound::Rows(Arc::new(Roles(roles))))
}

struct Roles(Vec<(Arc<str>, Role)>);

impl Roles {
    /// The column that is to hold weights: its values are checked here.
    fn weight(&self) -> Option<&Arc<str>> {
        self.0.iter().find(|(_, role)| *role == Role::Weight).map(|(name, _)| name)
    }

    /// The role of a column behind this stage.
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
                let message = format!("a {role} is {needs}, and `{name}` holds {} values", column.kind);
                Err(Failure::new(code::TYPE_MISMATCH, message).column(&**name))
            };
            match role {
                Role::Weight if !column.kind.is_numeric() => return refused("a number"),
                Role::Time if !(column.kind.is_numeric() || matches!(column.kind, Kind::Date | Kind::Time)) => {
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

    fn apply(&self, table: &Table, _: Key, _: &dyn Watch) -> Result<Table, Failure> {
        self.check(&table.schema())?;
        // Here a bad weight is named by its row in the file; further down rows are those of a fold.
        if let Some(name) = self.weight() {
            exchange::weights(table, name)?;
        }
        table.map_columns(|column, array| {
            Ok(vec![(Column { role: self.role_of(column), ..column.clone() }, array.clone())])
        })
    }
}
