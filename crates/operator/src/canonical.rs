//! The canonical form of a stage: one spelling for everything that means the same computation, whatever the script
//! left to its defaults and in whatever order it gave the rest. It identifies stages; nobody reads it.

use crate::{Args, ArgumentError, Chosen, Param, Place, Spec, Value, When};
use pipewright_diagnostic::code;

impl Args {
    /// The verb or model and its version, and every parameter that means something here, in the order of its
    /// declaration, with the value that was given or else its default. `decided` are the values that the plan found
    /// for options that were not given.
    ///
    /// Scripts that spell a default out and scripts that do not have the same form: `balance smote` and `balance
    /// smote k=5 ratio=1`.
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

    /// Does a parameter mean something beside these arguments?
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

    /// What is wrong with the first argument that was given and means nothing beside the others.
    #[must_use]
    pub fn misplaced(&self, spec: &Spec) -> Option<ArgumentError> {
        let param = |name: &str| spec.params().find(|param| param.name == name);
        let (param, value) = self
            .given()
            .filter_map(|(name, value)| Some((param(name)?, value)))
            .find(|(param, _)| !self.means(param))?;
        let fault = match (param.when.iter().find(|when| !when.holds(self)), self.chosen_model()) {
            (Some(When { of, words: [] }), _) => {
                let message = format!("`{}` does nothing without `{of}`", param.name);
                ArgumentError::of(param.name, code::MISPLACED_OPTION, message).help(format!("give `{of}=` too"))
            }
            (Some(when), _) => {
                let written = |case: &str| written(spec, when.of, case);
                let here = self.get(when.of).map(ToString::to_string).unwrap_or_default();
                let others: Vec<String> = when.words.iter().map(|word| format!("`{}`", written(word))).collect();
                let message = format!("`{}` ignores `{}`", written(&here), param.name);
                ArgumentError::of(param.name, code::MISPLACED_OPTION, message)
                    .help(format!("it is for {}", others.join(", ")))
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

/// A stage with this case of one argument, as a script would write it: `balance smote`, `join how=asof`.
fn written(spec: &Spec, of: &str, case: &str) -> String {
    let is_positional = spec.positionals.iter().any(|param| param.name == of);
    if is_positional { format!("{} {case}", spec.name) } else { format!("{} {of}={case}", spec.name) }
}

/// A value in one spelling, whatever the units that it was written in.
fn canonical_value(value: &Value) -> String {
    match value {
        Value::Duration(seconds, _) => format!("{seconds:?}s"),
        Value::Fraction(share) => format!("{share:?}"),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| canonical_value(&item.node)).collect();
            format!("[{}]", items.join(","))
        }
        Value::Model(chosen) => format!("({})", chosen.args.canonical(&chosen.model.spec, &[])),
        Value::Block(block) => format!("{{{}}}", block.canonical()),
        Value::Routes(routes) => {
            let routes: Vec<String> =
                routes.iter().map(|route| format!("{} => {}", route.text, route.block.canonical())).collect();
            format!("{{{}}}", routes.join("; "))
        }
        other => other.to_string(),
    }
}
