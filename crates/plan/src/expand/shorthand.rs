//! Words that stand for a model, such as `auto`: they are replaced by the model, as the registry writes it.

use crate::bind::trained;
use pipewright_diagnostic::{Span, Spanned};
use pipewright_operator::Registry;
use pipewright_syntax::{Arg, Core, Item, Named, On, Pipeline, Stage, Value};

/// Replaces the word in place of the model of a stage that trains one; options in its parentheses are kept.
pub(super) fn replace(stage: &mut Stage, registry: &'static Registry) {
    let alone = Pipeline { stages: vec![stage.clone()], span: stage.span };
    let Some((_, value)) = trained(&alone, registry) else { return };
    let Value::Word { name, shape: None, call, block: None } = &value.node else { return };
    let Some((_, text)) = registry.shorthands.iter().find(|(word, _)| *word == name.node) else { return };
    let mut model = parsed(&registry.implied.train.replace("{}", text), registry);
    at(&mut model, name.span);
    if let (Value::Word { call: own, .. }, Some(given)) = (&mut model.node, call) {
        let own = own.get_or_insert_with(|| Spanned::new(Vec::new(), given.span));
        own.node.extend(given.node.iter().cloned());
    }
    if let Core::Call { args, .. } = &mut stage.core {
        args[0] = Arg::Positional(model);
    }
}

/// The model that a text trains.
fn parsed(text: &str, registry: &'static Registry) -> Spanned<Value> {
    let (script, _) = pipewright_syntax::parse(text);
    let pipeline = script.items.iter().find_map(|item| match item {
        Item::Pipeline(pipeline) => Some(pipeline),
        _ => None,
    });
    let model = pipeline.and_then(|pipeline| trained(pipeline, registry));
    model.map(|(_, model)| model.clone()).expect("shorthands train a model; a law tests it")
}

/// Places a value, which is not in the script, at the word that stands for it.
fn at(value: &mut Spanned<Value>, span: Span) {
    value.span = span;
    match &mut value.node {
        Value::List(items) => items.iter_mut().for_each(|item| at(item, span)),
        Value::Block(pipeline) => pipeline_at(pipeline, span),
        Value::Word { name, shape, call, block } => {
            name.span = span;
            shape.iter_mut().for_each(|shape| {
                shape.span = span;
                shape.node.iter_mut().for_each(|item| at(item, span));
            });
            call.iter_mut().for_each(|call| args_at(&mut call.node, span));
            block.iter_mut().for_each(|block| pipeline_at(block, span));
        }
        _ => {}
    }
}

fn args_at(args: &mut [Arg], span: Span) {
    for arg in args {
        match arg {
            Arg::Positional(value) => at(value, span),
            Arg::Named(Named { name, value }) => {
                name.span = span;
                at(value, span);
            }
        }
    }
}

fn pipeline_at(pipeline: &mut Pipeline, span: Span) {
    pipeline.span = span;
    for stage in &mut pipeline.stages {
        stage.span = span;
        if let Core::Call { verb, shape, call, args, on } = &mut stage.core {
            verb.span = span;
            shape.iter_mut().for_each(|shape| shape.node.iter_mut().for_each(|item| at(item, span)));
            call.iter_mut().for_each(|call| args_at(&mut call.node, span));
            args_at(args, span);
            match on {
                Some(On::Columns(columns)) => columns.span = span,
                Some(On::Table(table)) => table.span = span,
                None => {}
            }
        }
    }
}
