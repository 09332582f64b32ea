//! The canonical form of a stage: the same text for every spelling of the same computation, with defaults or without,
//! and in any order of options. It identifies stages and is not meant for people.

use crate::{Args, ArgumentError, Chosen, Param, Place, Spec, Value, When};
use pipewright_diagnostic::code;

impl Args {
    /// Returns the verb or model and its version, and every parameter that has an effect here, in the order of
    /// declaration, with the given value or else its default. `decided` are the values that the plan chose for options
    /// that were not given.
    ///
    /// Scripts with and without a default spelled out have the same form: `balance smote` and `balance smote k=5
    /// ratio=1`.
    #[must_use]
    pub fn canonical(&self, spec: &Spec, decided: &[(&'static str, String)]) -> String {
        let mut text = format!("{}@{}", spec.name, spec.version);
        for param in spec.params().filter(|param| self.means(param)) {
            let value = self.get(param.name).map(canonical_value);
            let decided = || decided.iter().find(|(name, _)| *name == param.name).map(|(_, value)| value.clone());
            let given = self.is_given(param.name);
            let value = if given { value } else { decided().or(value) };
            if let Some(value) = value {
                text.push_str(&format!(" {}={value}", param.name));
            }
        }
        if let Some(columns) = self.get("columns") {
            text.push_str(&format!(" on={columns}"));
        }
        text
    }

    /// Does a parameter have an effect with these arguments?
    fn means(&self, param: &Param) -> bool {
        let trains = || self.chosen_model().is_none_or(|chosen| chosen.model.takes(param.name));
        param.when.iter().all(|when| when.holds(self)) && (param.place != Place::Training || trains())
    }

    /// The model among the arguments.
    #[must_use]
    pub fn chosen_model(&self) -> Option<&Chosen> {
        self.values().find_map(|value| match value {
            Value::Model(chosen) => Some(chosen.as_ref()),
            _ => None,
        })
    }

    /// Reports the first given argument that has no effect with the others.
    #[must_use]
    pub fn misplaced(&self, spec: &Spec) -> Option<ArgumentError> {
        let param = |name: &str| spec.params().find(|param| param.name == name);
        let (param, value) = self
            .given()
            .filter_map(|(name, value)| Some((param(name)?, value)))
            .find(|(param, _)| !self.means(param))?;
        let fault = match (param.when.iter().find(|when| !when.holds(self)), self.chosen_model()) {
            (Some(When { of, words: [] }), _) => {
                let message = format!("`{}` has no effect without `{of}`", param.name);
                ArgumentError::of(param.name, code::MISPLACED_OPTION, message).help(format!("give `{of}=` too"))
            }
            (Some(when), _) => {
                let written = |case: &str| written(spec, when.of, case);
                let here = self.get(when.of).map(ToString::to_string).unwrap_or_default();
                let others: Vec<String> = when.words.iter().map(|word| format!("`{}`", written(word))).collect();
                let message = format!("`{}` ignores `{}`", written(&here), param.name);
                ArgumentError::of(param.name, code::MISPLACED_OPTION, message)
                    .help(format!("it applies to {}", others.join(", ")))
            }
            (None, Some(chosen)) => {
                let (model, option) = (chosen.model.spec.name, param.name);
                let taken: Vec<&str> = chosen.model.training_options().collect();
                let help = match taken.as_slice() {
                    [] => format!("`{model}` is not trained step by step; it takes `seed` only"),
                    _ => format!("it takes: {}", taken.join(", ")),
                };
                ArgumentError::of(param.name, code::MISPLACED_OPTION, format!("`{model}` ignores `{option}`"))
                    .help(help)
            }
            (None, None) => return None,
        };
        Some(fault.at(value.span))
    }
}

/// A stage with this case of one argument as script text: `balance smote`, `join how=asof`.
fn written(spec: &Spec, of: &str, case: &str) -> String {
    let is_positional = spec.positionals.iter().any(|param| param.name == of);
    if is_positional { format!("{} {case}", spec.name) } else { format!("{} {of}={case}", spec.name) }
}

/// The canonical form of a value, independent of its units.
fn canonical_value(value: &Value) -> String {
    match value {
        Value::Duration(seconds, _) => format!("{seconds:?}s"),
        Value::Fraction(share) => format!("{share:?}"),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| canonical_value(&item.node)).collect();
            format!("[{}]", items.join(","))
        }
        Value::Model(chosen) => {
            let steps = chosen.pipeline.iter().map(|pipeline| format!("{} | ", pipeline.steps.canonical()));
            format!("({}{})", steps.collect::<String>(), chosen.args.canonical(&chosen.model.spec, &[]))
        }
        Value::Generator(chosen) => format!("({})", chosen.args.canonical(&chosen.generator.spec, &[])),
        Value::Layers(layers) => {
            let layers = layers.0.iter().map(|layer| {
                let own = &layer.node;
                format!("{}({})", own.kind.spec.name, own.args.canonical(&own.kind.spec, &[]))
            });
            format!("{{{}}}", layers.collect::<Vec<_>>().join("|"))
        }
        Value::Block(block) => format!("{{{}}}", block.canonical()),
        Value::Routes(routes) => {
            let routes: Vec<String> =
                routes.iter().map(|route| format!("{} => {}", route.text, route.block.canonical())).collect();
            format!("{{{}}}", routes.join("; "))
        }
        other => other.to_string(),
    }
}
