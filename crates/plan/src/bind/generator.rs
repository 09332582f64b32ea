//! Binding of generated data sets: `load moons(n=1000)`.

use super::{Binder, assume_defaults, known_options, own_option, with_argument};
use pipewright_diagnostic::{Diagnostic, Span, Spanned, code, nearest};
use pipewright_operator::{Args, ChosenGenerator, Value};
use pipewright_syntax::{Arg, Named};

impl Binder<'_> {
    /// Binds a name with arguments in place of a file: a generated data set, if the verb takes one.
    pub(super) fn generated(&mut self, name: &Spanned<String>, given: &[Arg], span: Span) {
        let registry = self.environment.registry;
        let Some(generator) = registry.generator(&name.node) else { return self.no_generator(name, span) };
        let spec = &generator.spec;
        let (mut args, before) = (Args::default(), self.problems.len());
        for arg in given {
            let unknown = own_option(arg, spec, "argument", &self.known, &mut args, &mut self.problems);
            if let Some(named) = unknown {
                let message = format!("`{}` has no argument `{}`", spec.name, named.name.node);
                let diagnostic = Diagnostic::error(code::UNKNOWN_OPTION, message).label(named.name.span, "");
                self.say(known_options(diagnostic, spec, named));
            }
        }
        if self.problems.len() > before {
            return;
        }
        assume_defaults(&mut args, spec, span);
        let chosen = Value::Generator(Box::new(ChosenGenerator { generator, args }));
        if self.spec.positionals.first().is_some_and(|param| param.domain.take(&chosen).is_some()) {
            return self.give(0, Spanned::new(chosen, span));
        }
        let message = format!("`{}` takes a file, not a generated data set", self.spec.name);
        self.say(Diagnostic::error(code::BAD_VALUE, message).label(span, ""));
    }

    fn no_generator(&mut self, name: &Spanned<String>, span: Span) {
        let (registry, written) = (self.environment.registry, &name.node);
        let names: Vec<&str> = registry.generator_names().collect();
        let diagnostic = if self.environment.table_names().any(|known| known == written) {
            Diagnostic::error(code::TOO_MANY_ARGUMENTS, format!("`{written}` takes no arguments"))
                .label(span, "")
                .help(format!("write `{} {written}`; these are generated: {}", self.spec.name, names.join(", ")))
        } else {
            let diagnostic = Diagnostic::error(code::UNKNOWN_NAME, format!("no generated data set named `{written}`"))
                .label(name.span, "");
            match nearest(written, names.iter().copied()).first() {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(name.span, *near),
                None => diagnostic.help(format!("generated data sets: {}", names.join(", "))),
            }
        };
        self.say(diagnostic);
    }

    /// The generator of this stage as written, with this argument in its parentheses; `None` if it does not take it.
    pub(super) fn generator_with(&self, named: &Named) -> Option<String> {
        let is_own =
            |chosen: &ChosenGenerator| chosen.generator.spec.options.iter().any(|param| param.name == named.name.node);
        self.args.given().find_map(|(_, value)| match &value.node {
            Value::Generator(chosen) if is_own(chosen) => Some(with_argument(chosen, named)),
            _ => None,
        })
    }
}
