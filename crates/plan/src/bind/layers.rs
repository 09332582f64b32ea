//! Binding of the layers of networks: `net { dense[64] | dropout 20% | dense[auto] }`.
//!
//! A layer is written as a stage and bound as one, by the `Spec` of its kind; it is no stage of the plan.

use super::{Known, bind};
use pipewright_diagnostic::{Diagnostic, Span, Spanned, code, nearest};
use pipewright_operator::{Args, ChosenLayer, Domain, LayerKind, Layers, Spec, Value};
use pipewright_syntax::{Name, Pipeline};

/// Binds a chain of layers in braces; `None` if one of them is not valid, which is reported.
pub(super) fn bound(
    pipeline: &Pipeline,
    span: Span,
    known: &Known<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Layers> {
    if pipeline.stages.is_empty() {
        let message = "there are no layers in the braces";
        let help = format!("layers: {}", known.registry.layer_names().collect::<Vec<_>>().join(", "));
        problems.push(Diagnostic::error(code::MISSING_ARGUMENT, message).label(span, "").help(help));
        return None;
    }
    let before = problems.len();
    let mut layers = Vec::new();
    for stage in &pipeline.stages {
        // A stage that is not valid was reported by the parser.
        let name = stage.core.verb()?;
        let Some(kind) = known.registry.layer(&name.node) else {
            problems.push(no_layer(name, known));
            continue;
        };
        let mut own = bind(stage, &kind.spec, known.environment, known.scope);
        problems.append(&mut own.problems);
        layers.push(Spanned::new(ChosenLayer { kind, args: own.args }, stage.span));
    }
    (problems.len() == before).then_some(Layers(layers))
}

/// Binds the layers in braces after the name of a model, if it takes some.
pub(super) fn of_model(
    block: &Pipeline,
    spec: &'static Spec,
    known: &Known<'_>,
    args: &mut Args,
    problems: &mut Vec<Diagnostic>,
) {
    let Some(param) = spec.shape.as_ref().filter(|param| param.domain == Domain::Layers) else {
        let message = format!("`{}` takes no `{{ … }}`", spec.name);
        problems.push(Diagnostic::error(code::TOO_MANY_ARGUMENTS, message).label(block.span, ""));
        return;
    };
    if let Some(layers) = bound(block, block.span, known, problems) {
        args.give(param.name, Spanned::new(Value::Layers(layers), block.span));
    }
}

fn no_layer(name: &Name, known: &Known<'_>) -> Diagnostic {
    let registry = known.registry;
    let diagnostic =
        Diagnostic::error(code::UNKNOWN_VERB, format!("no layer named `{}`", name.node)).label(name.span, "");
    let by_search = |kind: &&&LayerKind| kind.spec.search.contains(&name.node.as_str());
    let near = nearest(&name.node, registry.layer_names()).first().copied();
    match near.or_else(|| registry.layers.iter().find(by_search).map(|kind| kind.spec.name)) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(name.span, near),
        None => diagnostic.help(format!("layers: {}", registry.layer_names().collect::<Vec<_>>().join(", "))),
    }
}
