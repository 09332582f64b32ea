//! Footprints: whatever holds a stage, nothing that the planner must know of the stage gets lost.

use crate::sample::Sample;
use crate::{STEPS, chosen};
use pipewright::{Options, REGISTRY, Session, code};
use pipewright_operator::{Effect, Footprint};
use std::sync::Arc;

/// Stages besides those of [`STEPS`]: they look at other rows, choose rows or make another table.
const OTHERS: [&str; 14] = [
    "fillna ffill",
    "fillna bfill on real",
    "fillna interpolate on count",
    "fillna ffill over=[colour] by=price on real",
    "derive before = lag(real)",
    "derive next = lead(real)",
    "derive so_far = cumsum(count)",
    "where real > 0 and town is not null",
    "dropna on colour",
    "dedup on town",
    "sort real",
    "sample 5",
    "head 5",
    "group town { mean = mean(real), first = first(count) }",
];

/// The footprint of the stages of a script after its `target`, whether or not they may stand there.
fn footprint(script: &str) -> Option<Footprint> {
    let world = Arc::new(Sample::new(5, 30).world());
    let checked = Session::new(world, Options::default()).check(script);
    let nodes = checked.plan.paths().last()?.nodes;
    let target = nodes.iter().position(|node| node.verb.spec.name == "target")?;
    let is_own = |effect: Effect| !matches!(effect, Effect::Tee | Effect::Sink);
    let stages = nodes[target + 1..].iter().filter(|node| is_own(node.verb.spec.effect));
    stages.map(|node| node.footprint.clone()).reduce(Footprint::then)
}

fn is_refused(script: &str) -> bool {
    let world = Arc::new(Sample::new(5, 30).world());
    let said = Session::new(world, Options::default()).check(script).diagnostics;
    said.iter().any(|diagnostic| matches!(diagnostic.code, code::WRONG_ORDER | code::UNKNOWN_COLUMN))
}

fn texts() -> impl Iterator<Item = &'static str> {
    chosen(STEPS).map(|variant| variant.text).chain(OTHERS)
}

#[test]
fn what_holds_a_stage_covers_it() {
    let mut held = 0;
    for text in texts() {
        let Some(stage) = footprint(&format!("load t.csv | target grade | {text}")) else { continue };
        let mut scripts = vec![
            format!("load t.csv | target grade | columns {{ @features => {text} }}"),
            format!("load t.csv | target grade | columns {{ real => keep; _ => {text} }}"),
            format!("load t.csv | target grade | only train {{ {text} }}"),
            format!("load t.csv | target grade | only train {{ columns {{ @features => {text} }} }}"),
        ];
        if !stage.effect.learns() {
            scripts.push(format!("let o = load t.csv | {text}\nload t.csv | target grade | join o on town"));
        }
        for script in scripts {
            // Where the stage may not stand, a diagnostic says so.
            let Some(outer) = footprint(&script) else { continue };
            assert!(outer.covers(&stage) || is_refused(&script), "{script}\n{outer:?}\nlacks of\n{stage:?}");
            held += usize::from(outer.covers(&stage));
        }
    }
    assert!(held >= 4 * OTHERS.len().min(texts().count()), "only {held} stages were held by another");
}

/// Columns that only the rows tell (`on @missing`) change what a stage learns, and nothing else.
#[test]
fn a_selector_that_asks_the_rows_keeps_the_footprint() {
    let mut asked = 0;
    for text in texts().filter(|text| !text.contains(" on ") && !text.contains(" | ")) {
        let verb = text.split([' ', '[']).next().and_then(|name| REGISTRY.verb(name));
        if verb.is_none_or(|verb| verb.spec.columns.is_none()) {
            continue;
        }
        let plain = format!("load t.csv | target grade | {text}");
        let (Some(stage), Some(settled)) = (footprint(&plain), footprint(&format!("{plain} on @missing"))) else {
            continue;
        };
        assert!(settled.covers(&stage), "{text}: {settled:?} lacks of {stage:?}");
        asked += 1;
    }
    assert!(asked >= 1 || !crate::support::filter().is_empty(), "some stages take such a selector");
}

/// The effect that help and the reference name is that of at least one way to use the verb.
#[test]
fn the_effect_that_is_documented_is_that_of_a_stage() {
    for row in STEPS.iter().filter(|row| row.name.contains(&crate::support::filter())) {
        let declared = REGISTRY.verb(row.name).expect("a row is about a verb").spec.effect;
        let mut effects: Vec<Effect> = Vec::new();
        for variant in row.variants {
            let world = Arc::new(Sample::new(5, 30).world());
            let checked = Session::new(world, Options::default()).check(&format!("load t.csv | {}", variant.text));
            let nodes = checked.plan.nodes.iter();
            effects.extend(nodes.filter(|node| node.verb.spec.name == row.name).map(|node| node.footprint.effect));
        }
        assert!(effects.contains(&declared), "`{}` is documented as {declared:?}: {effects:?}", row.name);
    }
}
