//! `cast`: makes columns of another kind.

use super::{BAD, bad, required_columns};
use crate::adapt::{StepOf, load_state};
use pipewright_frame::{Cast, CastState, Kind};
use pipewright_operator::{Args, Bound, Columns, Domain, Example, Fault, Group, Param, Spec, Surroundings, Verb};
use std::sync::Arc;

/// What a kind is called: by scientists, and by its storage.
const KINDS: [(&str, Kind); 11] = [
    ("count", Kind::Count),
    ("int64", Kind::Count),
    ("continuous", Kind::Continuous),
    ("float64", Kind::Continuous),
    ("bool", Kind::Bool),
    ("text", Kind::Text),
    ("category", Kind::Category),
    ("ordered", Kind::Ordered),
    ("date", Kind::Date),
    ("time", Kind::Time),
    ("id", Kind::Id),
];

const WORDS: &[&str] = &[
    KINDS[0].0,
    KINDS[1].0,
    KINDS[2].0,
    KINDS[3].0,
    KINDS[4].0,
    KINDS[5].0,
    KINDS[6].0,
    KINDS[7].0,
    KINDS[8].0,
    KINDS[9].0,
    KINDS[10].0,
];

pub(crate) const VERB: Verb = Verb {
    spec: Spec {
        name: "cast",
        group: Group::Clean,
        summary: "Makes columns of another kind.",
        details: "Numbers are read from texts as in a file of numbers, truth values from 0 and 1 and from words such \
                  as `yes`, dates from `2024-01-31`; of anything, a text can be made. `int64` and `count` are one, and \
                  so are `float64` and `continuous`. A number that is not whole is no count.",
        search: &["astype", "convert", "type", "kind", "int", "float", "string"],
        positionals: &[Param::required("kind", Domain::Word(WORDS), "The new kind.")],
        options: &[BAD],
        columns: Columns::Default(""),
        examples: &[Example {
            script: "load titanic.csv | select sibsp, age | cast text on sibsp | cast int64 bad=null on age | show 2",
            output: "\
sibsp  age
0       29
1        ·
… 1307 more rows
",
        }],
        ..Spec::BASE
    },
    bind,
    load: Some(load_state::<CastState>),
};

fn bind(args: &Args, _: &Surroundings) -> Result<Bound, Fault> {
    let word = args.text("kind").unwrap_or_default();
    let kind = KINDS.iter().find(|(known, _)| *known == word).map_or(Kind::Text, |(_, kind)| *kind);
    let convert = Cast::to(kind, required_columns(args)?).with_bad(bad(args));
    Ok(Bound::Step(Arc::new(StepOf::new(convert))))
}
