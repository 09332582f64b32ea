//! Binding: the arguments of a stage are checked against the `Spec` of its verb.
//!
//! Longer than usual: all forms of arguments and their diagnostics.

mod generator;
mod layers;

use crate::names::{Scope, Vocabulary, expression, selection};
use pipewright_diagnostic::{Diagnostic, Span, Spanned, code, nearest};
use pipewright_frame::{Column, ColumnType, Entry, Schema};
use pipewright_operator::{
    Args, Assigned, Chosen, Domain, Environment, Form, ModelPipeline, Param, Preset, Registry, Renamed, Spec, Value,
    Verb,
};
use pipewright_syntax::{self as syntax, Arg, Assign, Core, Named, On, PathArg, Stage};

/// The arguments of a stage, as far as they could be bound, and the diagnostics.
pub(crate) struct BoundArgs {
    pub args: Args,
    pub problems: Vec<Diagnostic>,
}

/// Finds the verb of a stage.
pub(crate) fn find_verb(stage: &Stage, registry: &'static Registry) -> Result<&'static Verb, Option<Diagnostic>> {
    let Some(name) = stage.core.verb() else { return Err(None) };
    if let Some(verb) = registry.verb(&name.node) {
        return Ok(verb);
    }
    let structural = syntax::STRUCTURAL_VERBS.contains(&name.node.as_str())
        || syntax::PATH_VERBS.contains(&name.node.as_str())
        || syntax::SELECTOR_VERBS.contains(&name.node.as_str())
        || syntax::EXPRESSION_VERBS.contains(&name.node.as_str());
    if structural {
        let message = format!("`{}` is part of the language, but is not implemented yet", name.node);
        return Err(Some(Diagnostic::error(code::NOT_YET, message).label(name.span, "")));
    }
    let mut diagnostic =
        Diagnostic::error(code::UNKNOWN_VERB, format!("no verb named `{}`", name.node)).label(name.span, "");
    let by_search = registry.verbs.iter().find(|verb| verb.spec.search.contains(&name.node.as_str()));
    let near = nearest(&name.node, registry.verb_names()).first().copied();
    diagnostic = match near.or(by_search.map(|verb| verb.spec.name)) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(name.span, near),
        None if registry.model(&name.node).is_some() => {
            let name = &name.node;
            diagnostic.help(format!("`{name}` is a model: write `{}`", registry.implied.train.replace("{}", name)))
        }
        None => diagnostic.help("`pipewright help` lists the verbs"),
    };
    Err(Some(diagnostic))
}

/// Binds the arguments of a stage.
pub(crate) fn bind(stage: &Stage, spec: &'static Spec, environment: &Environment, scope: &Scope<'_>) -> BoundArgs {
    let mut binder = Binder {
        environment,
        known: Known { registry: environment.registry, environment, scope },
        spec,
        stage: stage.span,
        args: Args::default(),
        renames: Vec::new(),
        problems: Vec::new(),
        unknown: false,
    };
    match &stage.core {
        Core::Path { what, path, options, .. } => {
            if let Some(what) = what {
                binder.what(what);
            }
            if let Some(path) = path {
                binder.path(path);
            }
            binder.options(options);
        }
        Core::Where { expr, .. } => binder.condition(expr, scope),
        Core::Derive { assigns, .. } => binder.assigns(assigns, scope, Vocabulary::Features),
        Core::Group { by, aggregates, .. } => {
            if let Some(by) = by {
                binder.columns(by, scope);
            }
            binder.assigns(aggregates, scope, Vocabulary::Groups);
        }
        Core::Select { selector, options, .. } => {
            if let Some(selector) = selector {
                binder.columns(selector, scope);
            }
            binder.options(options);
        }
        Core::Target { column, transform, options, .. } => {
            binder.problems.extend(scope.missing(&column.node, column.span));
            binder.give(0, column.clone().map(Value::Column));
            if let Some(transform) = transform {
                let word = syntax::Value::Word { name: transform.clone(), shape: None, call: None, block: None };
                binder.take(&spec.positionals[1], &Spanned::new(word, transform.span));
            }
            binder.options(options);
        }
        Core::Call { shape, call, args, on, .. } => {
            binder.call(shape.as_ref(), call.as_ref(), args);
            binder.give_renames(scope);
            match (on, spec.columns) {
                (Some(on), None) => {
                    let message = format!("`{}` takes no columns", spec.name);
                    binder.say(Diagnostic::error(code::TOO_MANY_ARGUMENTS, message).label(on.span(), ""));
                }
                (Some(On::Columns(columns)), _) => binder.columns(columns, scope),
                (Some(On::Table(table)), _) => binder.table(table),
                (None, _) => {}
            }
        }
        // Blocks in braces are checked and passed in by the walk over the plan.
        Core::Columns { .. } | Core::Only { .. } => binder.unknown = true,
        other => {
            let name = other.verb().map_or("this", |verb| verb.node.as_str()).to_owned();
            let message = format!("`{name}` is part of the language, but is not implemented yet");
            binder.say(Diagnostic::error(code::NOT_YET, message).label(stage.span, ""));
        }
    }
    binder.alias(stage);
    binder.finish();
    binder.refuse_misplaced();
    BoundArgs { args: binder.args, problems: binder.problems }
}

/// What the words of a model may stand for.
struct Known<'a> {
    registry: &'static Registry,
    environment: &'a Environment,
    /// Among others the pipelines in braces that stand in place of models, and their steps.
    scope: &'a Scope<'a>,
}

struct Binder<'a> {
    environment: &'a Environment,
    known: Known<'a>,
    spec: &'static Spec,
    stage: Span,
    args: Args,
    /// Pairs of names, which have the syntax of options.
    renames: Vec<Named>,
    problems: Vec<Diagnostic>,
    /// Is the value unknown, because it is a parameter without a value? That is reported elsewhere.
    unknown: bool,
}

impl Binder<'_> {
    fn say(&mut self, diagnostic: Diagnostic) {
        self.problems.push(diagnostic);
    }

    /// Binds the name after `as`.
    fn alias(&mut self, stage: &Stage) {
        if let (Some(param), Some(alias)) = (&self.spec.alias, &stage.alias) {
            self.args.give(param.name, alias.clone().map(Value::Word));
        }
    }

    /// Binds the positional at `index`; forms with a grammar of their own come first.
    fn give(&mut self, index: usize, value: Spanned<Value>) {
        let param = &self.spec.positionals[index];
        self.args.give(param.name, value);
    }

    /// Binds the word before a path: the first of two positionals.
    fn what(&mut self, what: &Spanned<String>) {
        if let [param, _] = self.spec.positionals {
            let word = syntax::Value::Word { name: what.clone(), shape: None, call: None, block: None };
            return self.take(param, &Spanned::new(word, what.span));
        }
        let message = format!("`{}` takes a path, without a word before it", self.spec.name);
        self.say(Diagnostic::error(code::TOO_MANY_ARGUMENTS, message).label(what.span, ""));
    }

    fn path(&mut self, path: &Spanned<PathArg>) {
        let text = match &path.node {
            PathArg::Text(text) | PathArg::Bare(text) => text.clone(),
            PathArg::Dash => "-".to_owned(),
            PathArg::Name(name) => return self.sample(name, path.span),
            PathArg::Call { name, args } => return self.generated(name, args, path.span),
            PathArg::Param(_) => {
                self.unknown = true;
                return;
            }
        };
        self.give(self.spec.positionals.len() - 1, Spanned::new(Value::Path(text), path.span));
    }

    /// Binds a bare name in place of a file: a sample data set, if the verb takes one.
    fn sample(&mut self, name: &str, span: Span) {
        let sample = Value::Sample(name.to_owned());
        let is_what = |param: &Param| param.domain.take(&Value::Word(name.to_owned())).is_some();
        if let [param, _] = self.spec.positionals
            && is_what(param)
        {
            let verb = self.spec.name;
            let message = format!("a file is missing after `{verb} {name}`");
            let help = format!("for example `{verb} {name} \"{name}.csv\"`");
            return self.say(Diagnostic::error(code::MISSING_ARGUMENT, message).label(span, "").help(help));
        }
        let is_taken = self.spec.positionals.first().is_some_and(|param| param.domain.take(&sample).is_some());
        if is_taken && self.environment.table_names().any(|known| known == name) {
            return self.give(0, Spanned::new(sample, span));
        }
        if is_taken && self.environment.registry.generator(name).is_some() {
            return self.generated(&Spanned::new(name.to_owned(), span), &[], span);
        }
        let mut diagnostic = Diagnostic::error(code::UNKNOWN_NAME, format!("no sample data set named `{name}`"))
            .label(span, "")
            .help(format!("for a file, write a path with `.` or `/`, or put it in quotes: {name:?}"));
        if is_taken {
            let environment = self.environment;
            let names: Vec<&str> = environment.table_names().chain(environment.registry.generator_names()).collect();
            diagnostic = match nearest(name, names.iter().copied()).first() {
                Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(span, *near),
                None => {
                    let what = if self.environment.tables.is_empty() { "sample data sets" } else { "tables" };
                    diagnostic.help(format!("{what}: {}", names.join(", ")))
                }
            };
        }
        self.say(diagnostic);
    }

    /// Binds the table after `on`: the name of one, or a file.
    fn table(&mut self, table: &Spanned<PathArg>) {
        let source = match &table.node {
            PathArg::Text(_) | PathArg::Name(_) | PathArg::Call { .. } => table.node.to_string(),
            PathArg::Bare(path) => PathArg::Text(path.clone()).to_string(),
            PathArg::Dash | PathArg::Param(_) => {
                self.unknown = true;
                let message = "a file, or the name of a table, is needed here";
                return self.say(Diagnostic::error(code::BAD_VALUE, message).label(table.span, ""));
            }
        };
        self.args.give("columns", Spanned::new(Value::Table(source), table.span));
    }

    fn condition(&mut self, expr: &Spanned<syntax::Expr>, scope: &Scope<'_>) {
        // The names of a stage that reads no rows are those of results.
        let vocabulary = match self.spec.effect {
            pipewright_operator::Effect::Tee => Vocabulary::Facts,
            _ => Vocabulary::Rows,
        };
        match expression(expr, scope, vocabulary) {
            Ok(expression) => {
                let value = Value::Condition { expression, text: expr.node.to_string() };
                self.give(0, Spanned::new(value, expr.span));
            }
            Err(problems) => {
                self.unknown |= problems.is_empty();
                self.problems.extend(problems);
            }
        }
    }

    /// Binds `name = expression, …`, where later expressions may use earlier names.
    fn assigns(&mut self, assigns: &[Assign], scope: &Scope<'_>, vocabulary: Vocabulary) {
        let mut known = scope.schema.cloned();
        let mut read = Vec::with_capacity(assigns.len());
        for assign in assigns {
            let scope = Scope { schema: known.as_ref(), ..*scope };
            match expression(&assign.expr, &scope, vocabulary) {
                Ok(expression) => {
                    let (name, text) = (assign.name.node.clone(), assign.expr.node.to_string());
                    read.push(Assigned { name, expression, text });
                }
                Err(problems) => {
                    self.unknown |= problems.is_empty();
                    self.problems.extend(problems);
                }
            }
            if let (Some(schema), Vocabulary::Features) = (&mut known, vocabulary)
                && schema.find(&assign.name.node).is_none()
            {
                let column = Entry::Column(Column::new(assign.name.node.as_str(), ColumnType::Continuous));
                *schema = Schema::with_entries(schema.entries().iter().cloned().chain([column]).collect());
            }
        }
        if let (Some(first), Some(last)) = (assigns.first(), assigns.last()) {
            self.give(0, Spanned::new(Value::Assigns(read), first.name.span.to(last.expr.span)));
        }
    }

    fn columns(&mut self, selector: &Spanned<syntax::Selector>, scope: &Scope<'_>) {
        match selection(selector, scope) {
            Ok(selection) => {
                if let Some(schema) = scope.schema.filter(|schema| schema.is_closed())
                    && selection.resolve(schema).is_ok_and(|names| names.is_empty())
                {
                    let message = format!("`{}` selects no column", selector.node);
                    self.say(
                        Diagnostic::warning(code::NOTHING_SELECTED, message)
                            .label(selector.span, "this selects nothing"),
                    );
                }
                let value = Value::Columns { selection, text: selector.node.to_string() };
                self.args.give("columns", Spanned::new(value, selector.span));
            }
            Err(problems) => self.problems.extend(problems),
        }
    }

    fn call(
        &mut self,
        shape: Option<&Spanned<Vec<Spanned<syntax::Value>>>>,
        call: Option<&Spanned<Vec<Arg>>>,
        args: &[Arg],
    ) {
        let name = self.spec.name;
        match (shape, &self.spec.shape) {
            (Some(shape), Some(param)) => self.take(param, &shape_value(param, shape)),
            (Some(shape), None) => {
                let message = format!("`{name}` takes no `[…]`");
                self.say(Diagnostic::error(code::TOO_MANY_ARGUMENTS, message).label(shape.span, ""));
            }
            (None, _) => {}
        }
        if let Some(call) = call {
            let inside: Vec<String> = call.node.iter().map(print_arg).collect();
            let message = format!("`{name}` is a verb: its arguments follow it, without `(…)`");
            let fixed = format!(" {}", inside.join(" "));
            self.say(
                Diagnostic::error(code::UNEXPECTED, message)
                    .label(call.span, "")
                    .help(format!("write `{name}{fixed}`"))
                    .fix(call.span, fixed),
            );
        }
        let mut places = self.spec.positionals.iter();
        for arg in args {
            match arg {
                Arg::Positional(value) => match places.next() {
                    Some(param) => self.positional(param, value),
                    None => self.left_over(value),
                },
                Arg::Named(named) => self.option(named),
            }
        }
    }

    /// Binds a positional. The options that belong to one of its words may follow the word in parentheses:
    /// `cost(fp=1, fn=5)` is `cost fp=1 fn=5`.
    fn positional(&mut self, param: &'static Param, value: &Spanned<syntax::Value>) {
        let syntax::Value::Word { name, shape: None, call: Some(call), block: None } = &value.node else {
            return self.take(param, value);
        };
        let named: Option<Vec<&Named>> =
            call.node.iter().map(|arg| if let Arg::Named(named) = arg { Some(named) } else { None }).collect();
        let belongs = |named: &&Named| {
            let options = self.spec.options.iter();
            options.filter(|option| option.name == named.name.node).any(|option| option.is_for(param.name, &name.node))
        };
        let Some(named) = named.filter(|named| !named.is_empty() && named.iter().all(belongs)) else {
            return self.take(param, value);
        };
        let word = syntax::Value::Word { name: name.clone(), shape: None, call: None, block: None };
        self.take(param, &Spanned::new(word, name.span));
        named.into_iter().for_each(|named| self.option(named));
    }

    fn left_over(&mut self, value: &Spanned<syntax::Value>) {
        let spec = self.spec;
        let message = format!("`{}` takes no further argument", spec.name);
        let mut diagnostic = Diagnostic::error(code::TOO_MANY_ARGUMENTS, message).label(value.span, "");
        if let (Some(word), true) = (value.node.as_word(), spec.columns.is_some()) {
            diagnostic =
                diagnostic.help(format!("columns come after `on`: on {word}")).fix(value.span, format!("on {word}"));
        }
        self.say(diagnostic);
    }

    fn options(&mut self, options: &[Named]) {
        options.iter().for_each(|named| self.option(named));
    }

    fn option(&mut self, named: &Named) {
        let key = named.name.node.as_str();
        if let Some(param) = self.spec.options.iter().find(|param| param.name == key) {
            return self.take(param, &named.value);
        }
        if self.spec.positionals.iter().any(|param| param.domain == Domain::Renames) {
            return self.renames.push(named.clone());
        }
        let spec = self.spec;
        let message = format!("`{}` has no option `{key}`", spec.name);
        let mut diagnostic = Diagnostic::error(code::UNKNOWN_OPTION, message).label(named.name.span, "");
        let owns = |chosen: &&Chosen| chosen.model.spec.options.iter().any(|own| own.name == key);
        if let Some(chosen) = self.args.chosen_model().filter(owns) {
            let own = with_argument(chosen, named);
            diagnostic.code = code::MISPLACED_OPTION;
            diagnostic.message = format!("`{key}` belongs to the model, not to `{}`", spec.name);
            diagnostic = diagnostic.help(format!("write it in the model's own parentheses: {own}"));
        } else if let Some(written) = self.generator_with(named) {
            diagnostic.code = code::MISPLACED_OPTION;
            diagnostic.message = format!("`{key}` belongs to the generated data set, not to `{}`", spec.name);
            diagnostic = diagnostic.help(format!("write it in parentheses: {written}"));
        } else {
            diagnostic = known_options(diagnostic, spec, named);
        }
        self.say(diagnostic);
    }

    fn take(&mut self, param: &'static Param, value: &Spanned<syntax::Value>) {
        if self.args.is_given(param.name) {
            let message = format!("`{}` is given twice", param.name);
            return self.say(Diagnostic::error(code::DUPLICATE_OPTION, message).label(value.span, "the second one"));
        }
        if matches!(value.node, syntax::Value::Param(_)) {
            self.unknown = true;
            return;
        }
        let mut problems = Vec::new();
        if let Some(taken) = take_value(param, value, self.spec.elsewhere, &self.known, &mut problems) {
            if matches!((&taken, param.domain), (Value::Int(0 | 1), Domain::OneOf(domains)) if domains.contains(&Domain::Fraction))
            {
                let message = format!("{taken} is a count; a share is written 20% or 0.2");
                self.say(Diagnostic::warning(code::SMALL_COUNT, message).label(value.span, ""));
            }
            self.args.give(param.name, Spanned::new(taken, value.span));
        }
        self.problems.extend(problems);
    }

    /// Binds `new=old …` to the positional that takes names.
    fn give_renames(&mut self, scope: &Scope<'_>) {
        let (Some(first), Some(last)) = (self.renames.first(), self.renames.last()) else { return };
        let span = first.span().to(last.span());
        let mut renames: Vec<Renamed> = Vec::new();
        for Named { name: new, value } in std::mem::take(&mut self.renames) {
            let old = match &value.node {
                syntax::Value::Text(text) => text.clone(),
                syntax::Value::Param(_) => {
                    self.unknown = true;
                    continue;
                }
                other => match other.as_word() {
                    Some(word) => word.to_owned(),
                    None => {
                        let message = format!("`{other}` is not a column name");
                        self.say(Diagnostic::error(code::BAD_VALUE, message).label(value.span, ""));
                        continue;
                    }
                },
            };
            self.problems.extend(scope.missing(&old, value.span));
            renames.push(Renamed { new: new.node, old });
        }
        self.give(0, Spanned::new(Value::Renames(renames), span));
    }

    /// Sets defaults for arguments that are not given, and reports missing required ones.
    fn finish(&mut self) {
        for param in self.spec.params() {
            if self.args.is_given(param.name) {
                continue;
            }
            if param.required && self.is_sound() {
                let message = format!("`{}` needs its `{}`: {}", self.spec.name, param.name, param.domain.describe());
                let mut diagnostic = Diagnostic::error(code::MISSING_ARGUMENT, message).label(self.stage, "");
                if param.domain == Domain::Model {
                    let models: Vec<&str> = self.environment.registry.model_names().collect();
                    diagnostic = diagnostic.help(format!("models: {}", models.join(", ")));
                }
                self.say(diagnostic);
            }
        }
        let is_missing = |param: &Param| param.required && !self.args.is_given(param.name);
        if self.spec.alias.as_ref().is_some_and(is_missing) && self.is_sound() {
            let message = format!("`{}` needs a name after `as`", self.spec.name);
            let example = format!("for example: {} as test", self.spec.name);
            self.say(Diagnostic::error(code::MISSING_ARGUMENT, message).label(self.stage, "").help(example));
        }
        assume_defaults(&mut self.args, self.spec, self.stage);
        if let Some(param) = self.spec.columns.filter(|_| !self.args.is_given("columns")) {
            match param.default_value(&self.args) {
                Some(columns) => self.args.assume("columns", columns, self.stage),
                None if param.required && self.is_sound() => self.say(missing_columns(self.spec, self.stage)),
                None => {}
            }
        }
    }

    /// Are there no errors so far, and are all values known?
    fn is_sound(&self) -> bool {
        !self.unknown && self.problems.iter().all(|problem| !problem.is_error())
    }

    /// Reports options that have no effect with the other arguments.
    fn refuse_misplaced(&mut self) {
        let Some(fault) = self.args.misplaced(self.spec).filter(|_| self.is_sound()) else { return };
        let span = fault.span.unwrap_or(self.stage);
        let diagnostic = Diagnostic::error(fault.code, fault.message).label(span, "");
        self.say(fault.help.into_iter().fold(diagnostic, Diagnostic::help));
    }
}

/// A model or a generator as written, with one more argument in its parentheses.
fn with_argument(chosen: &impl ToString, named: &Named) -> String {
    let (written, added) = (chosen.to_string(), format!("{}={}", named.name.node, named.value.node));
    match written.strip_suffix(')') {
        Some(open) => format!("{open}, {added})"),
        None => format!("{written}({added})"),
    }
}

/// The diagnostic for a verb that requires columns.
fn missing_columns(spec: &Spec, stage: Span) -> Diagnostic {
    let help = match spec.form {
        Form::Plain => format!("name the columns after `on`: {} … on NAME", spec.name),
        _ => format!("name the columns, or a class such as @numeric: {} NAME", spec.name),
    };
    Diagnostic::error(code::MISSING_ARGUMENT, format!("`{}` needs columns", spec.name)).label(stage, "").help(help)
}

/// Sets defaults: first constant ones, then those that depend on other arguments.
fn assume_defaults(args: &mut Args, spec: &'static Spec, place: Span) {
    let depends = |param: &&Param| matches!(param.preset, Preset::ByWord(..));
    let own = spec.params().filter(|param| !depends(param));
    for param in own.chain(spec.params().filter(depends)) {
        if args.get(param.name).is_none()
            && let Some(value) = param.default_value(args)
        {
            args.assume(param.name, value, place);
        }
    }
}

fn known_options(diagnostic: Diagnostic, spec: &Spec, named: &Named) -> Diagnostic {
    let names = spec.options.iter().map(|param| param.name);
    if let Some(positional) = spec.positionals.iter().find(|param| param.name == named.name.node) {
        return diagnostic
            .help(format!("`{}` is a positional argument: write its value without a name", positional.name));
    }
    let key = &named.name.node;
    if let Some((_, own)) = spec.elsewhere.iter().find(|(other, _)| other == key) {
        return diagnostic.help(format!("`{key}` is called `{own}` here")).fix(named.name.span, *own);
    }
    match nearest(&named.name.node, names.clone()).first() {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(named.name.span, *near),
        None if spec.options.is_empty() => diagnostic.help(format!("`{}` has no options", spec.name)),
        None => diagnostic.help(format!("its options: {}", names.collect::<Vec<_>>().join(", "))),
    }
}

/// Converts a value to the domain of the parameter, or reports why it cannot; `elsewhere` are words of other tools.
fn take_value(
    param: &'static Param,
    value: &Spanned<syntax::Value>,
    elsewhere: &[(&'static str, &'static str)],
    known: &Known<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Value> {
    let before = problems.len();
    let read = read_value(value, param.domain, known, problems);
    if problems.len() > before {
        return None;
    }
    let taken = read.as_ref().and_then(|read| param.domain.take(read));
    if taken.is_none() {
        problems.push(not_taken(param, value, elsewhere));
    }
    taken
}

/// Words that a message lists although it suggests one of them.
const LISTED_MAX: usize = 20;

/// The error of a value outside of its domain, with the word that was probably meant.
fn not_taken(
    param: &'static Param,
    value: &Spanned<syntax::Value>,
    elsewhere: &[(&'static str, &'static str)],
) -> Diagnostic {
    let words = words_of(param.domain).unwrap_or_default();
    let items = match &value.node {
        syntax::Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(value),
    };
    let unknown = |item: &&Spanned<syntax::Value>| item.node.as_word().is_some_and(|word| !words.contains(&word));
    let item = items.iter().find(unknown).filter(|_| !words.is_empty()).unwrap_or(value);
    let message = format!("`{}` does not take `{}`", param.name, item.node);
    let diagnostic = Diagnostic::error(code::BAD_VALUE, message).label(item.span, "");
    let takes = format!("it takes {}", param.domain.describe());
    let known = |word: &str| elsewhere.iter().find(|(other, own)| *other == word && words.contains(own));
    let meant = item.node.as_word().and_then(|word| match known(word) {
        Some((_, own)) => Some((format!("`{word}` is called `{own}` here"), *own)),
        None => nearest(word, words.clone()).first().map(|near| (format!("did you mean `{near}`?"), *near)),
    });
    match meant {
        Some((help, own)) if words.len() > LISTED_MAX => diagnostic.help(help).fix(item.span, own),
        Some((help, own)) => diagnostic.help(takes).help(help).fix(item.span, own),
        None => diagnostic.help(takes),
    }
}

fn words_of(domain: Domain) -> Option<Vec<&'static str>> {
    match domain {
        Domain::Words(words) => Some(words.iter().map(|word| word.text).collect()),
        Domain::List(inner) => words_of(*inner),
        Domain::OneOf(domains) => Some(domains.iter().filter_map(|domain| words_of(*domain)).flatten().collect()),
        _ => None,
    }
}

/// The value of an attached `[…]`: a list, unless the parameter takes a single value.
fn shape_value(param: &Param, shape: &Spanned<Vec<Spanned<syntax::Value>>>) -> Spanned<syntax::Value> {
    match (param.domain, shape.node.as_slice()) {
        (Domain::List(_), _) => Spanned::new(syntax::Value::List(shape.node.clone()), shape.span),
        (_, [single]) => single.clone(),
        _ => Spanned::new(syntax::Value::List(shape.node.clone()), shape.span),
    }
}

/// Converts a value of the syntax tree to an argument value; `None` if no verb takes it.
fn read_value(
    value: &Spanned<syntax::Value>,
    domain: Domain,
    known: &Known<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Value> {
    Some(match &value.node {
        syntax::Value::Number { value: number, .. } => match value.node.as_integer() {
            Some(whole) => Value::Int(whole),
            None => Value::Float(*number),
        },
        syntax::Value::Percent { fraction, .. } => Value::Fraction(*fraction),
        syntax::Value::Duration { seconds, text } => Value::Duration(*seconds, text.clone()),
        syntax::Value::Text(text) => Value::Text(text.clone()),
        syntax::Value::Bool(truth) => Value::Bool(*truth),
        syntax::Value::Null => Value::Null,
        syntax::Value::List(items) => {
            let inner = if let Domain::List(inner) = domain { *inner } else { domain };
            let items: Option<Vec<Spanned<Value>>> = items
                .iter()
                .map(|item| read_value(item, inner, known, problems).map(|node| Spanned::new(node, item.span)))
                .collect();
            Value::List(items?)
        }
        syntax::Value::Word { name, shape, call, block } if domain == Domain::Model => {
            let parts = ModelParts { shape: shape.as_ref(), call: call.as_ref(), block: block.as_ref() };
            Value::Model(Box::new(model(name, &parts, known, problems)?))
        }
        syntax::Value::Word { name, shape: None, call: None, block: None } => Value::Word(name.node.clone()),
        syntax::Value::Word { name, shape: Some(shape), call: None, block: None } => match shape.node.as_slice() {
            [size] => Value::Sized(name.node.clone(), usize::try_from(size.node.as_integer()?).ok()?),
            _ => return None,
        },
        syntax::Value::Word { name, shape: None, call: Some(call), block: None } => match call.node.as_slice() {
            [Arg::Positional(argument)] => {
                let argument = read_value(argument, domain, known, problems)?;
                Value::Call(name.node.clone(), Box::new(argument))
            }
            _ => return None,
        },
        syntax::Value::Block(pipeline) if domain == Domain::Model => {
            Value::Model(Box::new(model_of_pipeline(pipeline, value.span, known, problems)?))
        }
        syntax::Value::Block(pipeline) if domain == Domain::Layers => {
            Value::Layers(layers::bound(pipeline, value.span, known, problems)?)
        }
        // A parameter without a value is reported elsewhere.
        syntax::Value::Param(_) | syntax::Value::Block(_) => return None,
        syntax::Value::Word { .. } => return None,
    })
}

/// What is attached to the name of a model.
struct ModelParts<'a> {
    shape: Option<&'a Spanned<Vec<Spanned<syntax::Value>>>>,
    call: Option<&'a Spanned<Vec<Arg>>>,
    block: Option<&'a syntax::Pipeline>,
}

fn model(
    name: &Spanned<String>,
    &ModelParts { shape, call, block }: &ModelParts<'_>,
    known: &Known<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Chosen> {
    let registry = known.registry;
    let Some(model) = registry.model(&name.node) else {
        let near = nearest(&name.node, registry.model_names()).first().copied();
        let near = near.or_else(|| known_elsewhere(&name.node, registry));
        let mut diagnostic =
            Diagnostic::error(code::BAD_VALUE, format!("no model named `{}`", name.node)).label(name.span, "");
        diagnostic = match near {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")).fix(name.span, near),
            None => diagnostic.help(format!("models: {}", registry.model_names().collect::<Vec<_>>().join(", "))),
        };
        problems.push(diagnostic);
        return None;
    };
    let spec = &model.spec;
    let mut args = Args::default();
    match (shape, &spec.shape) {
        (Some(shape), Some(param)) => {
            if let Some(taken) = take_value(param, &shape_value(param, shape), spec.elsewhere, known, problems) {
                args.give(param.name, Spanned::new(taken, shape.span));
            }
        }
        (Some(shape), None) => {
            let message = format!("`{}` takes no `[…]`", spec.name);
            problems.push(Diagnostic::error(code::TOO_MANY_ARGUMENTS, message).label(shape.span, ""));
        }
        (None, _) => {}
    }
    if let Some(block) = block {
        layers::of_model(block, spec, known, &mut args, problems);
    }
    for arg in call.map(|call| call.node.as_slice()).unwrap_or_default() {
        model_option(arg, spec, known, &mut args, problems);
    }
    match &spec.shape {
        // One that is given and not taken is already reported.
        Some(param) if param.required && shape.is_none() && block.is_none() && !names(call, param.name) => {
            let message = format!("`{}` needs its `{}`: {}", spec.name, param.name, param.domain.describe());
            let diagnostic = Diagnostic::error(code::MISSING_ARGUMENT, message).label(name.span, "");
            problems.push(match example_of(spec) {
                Some(example) => diagnostic.help(format!("for example `{example}`")).fix(name.span, example),
                None => diagnostic,
            });
        }
        _ => {}
    }
    let span = call.map_or(name.span, |call| name.span.to(call.span));
    assume_defaults(&mut args, spec, span);
    Some(Chosen { model, args, pipeline: None })
}

/// Is there an option of this name?
fn names(call: Option<&Spanned<Vec<Arg>>>, name: &str) -> bool {
    let is_named = |arg: &Arg| matches!(arg, Arg::Named(named) if named.name.node == name);
    call.is_some_and(|call| call.node.iter().any(is_named))
}

/// The model at the end of a pipeline in braces: `{ scale | train ridge }`.
fn model_of_pipeline(
    pipeline: &syntax::Pipeline,
    span: Span,
    known: &Known<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Option<Chosen> {
    let (trainer, value) = trained(pipeline, known.registry).or_else(|| {
        let example = known.registry.implied.train.replace("{}", "ridge");
        let message = "a pipeline in place of a model ends by training one";
        let help = format!("for example {{ scale | {example} }}");
        problems.push(Diagnostic::error(code::WRONG_ORDER, message).label(span, "").help(help));
        None
    })?;
    if let Some(Core::Call { args, .. }) = pipeline.stages.last().map(|last| &last.core)
        && let Some(option) = args.get(1)
    {
        let message = "options of training are given once, for all models";
        let help = format!("write it after the model that this one is a part of: {trainer} … {option}");
        problems.push(Diagnostic::error(code::MISPLACED_OPTION, message).label(option.span(), "").help(help));
        return None;
    }
    // That of a pipeline that is not valid is not there, and was reported.
    let (_, steps) = known.scope.blocks.iter().find(|(checked, _)| checked == pipeline)?;
    let Some(Value::Model(chosen)) = read_value(value, Domain::Model, known, problems) else { return None };
    Some(Chosen { pipeline: Some(Box::new(ModelPipeline { steps: steps.clone(), trainer })), ..*chosen })
}

/// The verb at the end of a pipeline that trains a model, and the model.
pub(crate) fn trained<'a>(
    pipeline: &'a syntax::Pipeline,
    registry: &'static Registry,
) -> Option<(&'static str, &'a Spanned<syntax::Value>)> {
    let last = pipeline.stages.last()?;
    let verb = find_verb(last, registry).ok()?;
    let takes_model = verb.spec.positionals.first().is_some_and(|param| param.domain == Domain::Model);
    match &last.core {
        Core::Call { args, .. } if takes_model => match args.first() {
            Some(Arg::Positional(model)) => Some((verb.spec.name, model)),
            _ => None,
        },
        _ => None,
    }
}

/// The model that other tools call by this name: it is one of the search words of the model.
fn known_elsewhere(name: &str, registry: &'static Registry) -> Option<&'static str> {
    let name = name.to_lowercase();
    let name = name.trim_end_matches("classifier").trim_end_matches("regressor");
    let plain = |word: &str| word.replace(' ', "").trim_end_matches("classifier").trim_end_matches("regressor") == name;
    let model = registry.models.iter().find(|model| model.spec.search.iter().any(|word| plain(word)));
    model.map(|model| model.spec.name)
}

/// A model with its brackets or its layers, taken from the examples of its reference: `mlp[16,auto]`.
fn example_of(spec: &Spec) -> Option<&'static str> {
    let is_layers = spec.shape.as_ref().is_some_and(|shape| shape.domain == Domain::Layers);
    let (between, first, last) = if is_layers { (" ", '{', '}') } else { ("", '[', ']') };
    spec.examples.iter().find_map(|example| {
        let from = &example.script[example.script.find(&format!("{}{between}{first}", spec.name))?..];
        let mut open = 0_usize;
        let end = from.char_indices().find(|(_, sign)| {
            open = (open + usize::from(*sign == first)).saturating_sub(usize::from(*sign == last));
            *sign == last && open == 0
        });
        end.map(|(end, _)| &from[..=end])
    })
}

fn model_option(arg: &Arg, spec: &'static Spec, known: &Known<'_>, args: &mut Args, problems: &mut Vec<Diagnostic>) {
    let Some(named) = own_option(arg, spec, "hyper-parameter", known, args, problems) else { return };
    let key = &named.name.node;
    let message = format!("`{}` has no hyper-parameter `{key}`", spec.name);
    let mut diagnostic = Diagnostic::error(code::UNKNOWN_OPTION, message).label(named.name.span, "");
    let trains = |verb: &&&Verb| verb.spec.positionals.iter().any(|param| param.domain == Domain::Model);
    let trainer = known.registry.verbs.iter().find(trains).map(|verb| &verb.spec);
    if let Some(trainer) = trainer.filter(|trainer| trainer.options.iter().any(|param| param.name == key)) {
        diagnostic.code = code::MISPLACED_OPTION;
        diagnostic.message = format!("`{key}` is an option of the training, not of the model");
        let example = format!("{} {}… {key}={}", trainer.name, spec.name, named.value.node);
        diagnostic = diagnostic.help(format!("write it after the model: {example}"));
    } else {
        diagnostic = known_options(diagnostic, spec, named);
    }
    problems.push(diagnostic);
}

/// Binds an argument in the parentheses of a model or a generator, which calls it `noun`. Returns an argument of an
/// unknown name, which is not reported yet.
fn own_option<'a>(
    arg: &'a Arg,
    spec: &'static Spec,
    noun: &str,
    known: &Known<'_>,
    args: &mut Args,
    problems: &mut Vec<Diagnostic>,
) -> Option<&'a Named> {
    let Arg::Named(named) = arg else {
        let message = format!("the {noun}s of `{}` must be named", spec.name);
        let names: Vec<&str> = spec.options.iter().map(|param| param.name).collect();
        let help = format!("write name=value; its {noun}s: {}", names.join(", "));
        problems.push(Diagnostic::error(code::TOO_MANY_ARGUMENTS, message).label(arg.span(), "").help(help));
        return None;
    };
    if args.is_given(&named.name.node) {
        let message = format!("`{}` is given twice", named.name.node);
        problems.push(Diagnostic::error(code::DUPLICATE_OPTION, message).label(named.name.span, "the second one"));
        return None;
    }
    let is_named = |param: &&Param| param.name == named.name.node;
    let Some(param) = spec.options.iter().chain(&spec.shape).find(is_named) else { return Some(named) };
    if let Some(taken) = take_value(param, &named.value, spec.elsewhere, known, problems) {
        args.give(param.name, Spanned::new(taken, named.value.span));
    }
    None
}

fn print_arg(arg: &Arg) -> String {
    match arg {
        Arg::Named(named) => format!("{}={}", named.name.node, named.value.node),
        Arg::Positional(value) => value.node.to_string(),
    }
}
