//! The check of a single stage: what it is bound to, the columns after it, and its node in the plan.

use super::implied::{self, Implied};
use super::tables::Joined;
use super::{Node, Walk};
use crate::lower::{JOBS_MAX, jobs_of_round};
use crate::names::Scope;
use crate::print::stage_text;
use pipewright_diagnostic::{Diagnostic, Failure, Span, code};
use pipewright_frame::{Complete, Schema};
use pipewright_operator::work::{Amendment, Counts, Evaluator};
use pipewright_operator::{Args, ArgumentError, Bound, Declaration, Effect, Flow, Footprint, Settled, Values, Verb};

impl Walk<'_> {
    pub(super) fn work(&mut self, span: Span, verb: &'static Verb, mut args: Args, implied: Option<&Implied>) {
        let bound = match self.bound(verb, &mut args, span) {
            Ok(bound) => Settled::wrap(bound, verb, &args, self.environment),
            Err(fault) => return self.fault(fault, &args, span),
        };
        self.check_needs(&bound, verb, span);
        let mut footprint = bound.footprint(verb.spec.effect);
        if footprint.effect.learns() {
            self.close();
        }
        let bound = self.with_complete(bound);
        self.declare(&footprint, span);
        let (mut joined, before) = (None, self.at.schema.clone());
        let outcome = self.outcome(&bound, &args, span, &mut joined);
        let outcome = self.by_names_alone(outcome, &args);
        if outcome.as_ref().err().is_none_or(|failure| failure.code != code::READS_TARGET) {
            self.check_selected(&bound, &footprint, &args, verb.spec.name, span);
        }
        let mut decided = Vec::new();
        let mut remark = implied.and_then(|implied| implied.remark.clone());
        match &bound {
            Bound::Training(training) => {
                self.training(training.as_ref(), &args, span);
                decided = self.at.branch.task.as_ref().map(|task| training.decided(task)).unwrap_or_default();
                remark = remark.or_else(|| implied::as_they_are(training.accepts()));
            }
            Bound::Step(_) if verb.spec.effect == Effect::Row && self.at.flow == Flow::Recipe => {
                remark = Some("in every fold".to_owned());
            }
            _ => decided = self.judging(&bound, verb, &args, span),
        }
        let is_open = |joined: &Joined| joined.schema.as_ref().is_none_or(|schema| !schema.is_closed());
        self.arrive(outcome, &footprint, joined.as_ref().is_some_and(is_open), span, implied.is_some());
        let text = stage_text(&verb.spec, &args, &decided);
        self.trace(&footprint, &args, &text, span, before.as_ref(), joined.as_ref());
        let other = joined.map(|joined: Joined| Box::new(joined.other));
        if let (Some(other), Bound::Combine(_)) = (&other, &bound) {
            footprint = other.footprint(&self.nodes).then(footprint);
        }
        let above = self.at.branch.path.last().copied();
        let beside = other.as_ref().and_then(|other| other.branch.path.last().copied());
        if footprint.values != Values::Passed && self.at.complete.is_some() {
            // It may have made values missing.
            self.at.complete = Some(Complete::default());
        }
        let node = Node {
            inputs: above.into_iter().chain(beside).collect(),
            text,
            canonical: args.canonical(&verb.spec, &decided),
            ordinal: self.path().count(verb),
            verb,
            args,
            bound,
            footprint,
            span,
            implied: implied.is_some(),
            remark,
            schema: self.at.schema.clone(),
            other,
        };
        self.at.branch.path.push(self.nodes.len());
        self.nodes.push(node);
    }

    /// Checks what evaluates, searches, adjusts or sets rows apart, and returns the options that it derives from the task.
    fn judging(&mut self, bound: &Bound, verb: &Verb, args: &Args, span: Span) -> Vec<(&'static str, String)> {
        if matches!(bound, Bound::Evaluator(_) | Bound::Exam(_) | Bound::Search(_) | Bound::Adjust(_)) {
            self.check_continued(verb, span);
        }
        match bound {
            Bound::Evaluator(judge) => {
                self.check_judge(judge.as_ref(), judge.rounds(), args, span);
                self.check_by(judge.as_ref(), args, span);
                return self.at.branch.task.as_ref().map(|task| judge.decided(task)).unwrap_or_default();
            }
            Bound::Holdout(holdout) => self.check_holdout(holdout.as_ref(), verb, args, span),
            Bound::Exam(exam) => {
                self.check_exam(exam.as_ref(), span);
                self.check_task(exam.judge().as_ref(), args, span);
            }
            Bound::Search(search) => self.check_judge(search.judge().as_ref(), 1, args, span),
            Bound::Adjust(adjust) => self.check_adjust(adjust.as_ref(), verb, args, span),
            Bound::Explain(explain) => {
                if let Some(Err(fault)) = self.at.branch.task.as_ref().map(|task| explain.check(task)) {
                    self.fault(fault, args, span);
                }
            }
            _ => {}
        }
        Vec::new()
    }

    /// Tells a step in which columns no value is missing, if that is known and matters to it.
    fn with_complete(&mut self, bound: Bound) -> Bound {
        let Bound::Step(step) = &bound else { return bound };
        let nothing_known = Complete::default();
        let Some(knowing) = step.knowing(self.at.complete.as_ref().unwrap_or(&nothing_known)) else { return bound };
        self.asks_complete = true;
        Bound::Step(knowing)
    }

    /// Checks an evaluation against the order of the rows, their number and the target, and this many rounds of the
    /// pipeline above it against the limit.
    pub(super) fn check_judge(&mut self, judge: &dyn Evaluator, rounds: usize, args: &Args, span: Span) {
        self.check_order(judge, span);
        self.check_jobs(judge, rounds, span);
        self.check_task(judge, args, span);
    }

    /// Checks that the column by which groups are scored apart is in the table that is split.
    fn check_by(&mut self, judge: &dyn Evaluator, args: &Args, span: Span) {
        let Some(name) = judge.by() else { return };
        let scope = Scope { schema: self.prepared(), ..self.scope(false) };
        let unknown = scope.missing(name, args.span("by").unwrap_or(span));
        unknown.into_iter().for_each(|problem| self.say(problem));
    }

    /// Checks the metrics of an evaluation against the target.
    fn check_task(&mut self, judge: &dyn Evaluator, args: &Args, span: Span) {
        if let Some(task) = &self.at.branch.task
            && let Err(fault) = judge.check(task)
        {
            self.fault(fault, args, span);
        }
    }

    fn check_jobs(&mut self, judge: &dyn Evaluator, rounds: usize, span: Span) {
        let rows = self.pin.and_then(|pin| pin.target.as_ref()).map(|target| target.rows);
        // That there are no rows at all is already said.
        let checked = rows.filter(|&rows| rows > 0).map(|rows| judge.check_rows(rows));
        if let Some(Err(failure)) = checked {
            return self.say(failure.at(span));
        }
        let jobs = jobs_of_round(&self.path());
        if rounds.saturating_mul(jobs) > JOBS_MAX {
            let message = format!("{rounds} rounds of {jobs} jobs each are over the limit of {JOBS_MAX} jobs");
            let help = match self.at.branch.searched {
                Some(_) => "use fewer candidates, folds or repetitions",
                None => "use fewer folds, or fewer repetitions",
            };
            self.say(Diagnostic::error(code::LIMIT_REACHED, message).label(span, "").help(help));
        }
    }

    /// Binds a stage; an evaluator that the columns override takes the overriding argument.
    fn bound(&mut self, verb: &'static Verb, args: &mut Args, span: Span) -> Result<Bound, ArgumentError> {
        let bound = (verb.bind)(args, self.environment)?;
        if let Bound::Source(source) = &bound
            && !self.expected.is_empty()
        {
            return Ok(source.expecting(&self.expected).map_or(bound, Bound::Source));
        }
        let Bound::Evaluator(judge) = &bound else { return Ok(bound) };
        let facts = self.pin.and_then(|pin| pin.target.as_ref());
        let counts = facts.map(|facts| Counts { rows: facts.rows, groups: facts.groups });
        let amendment = self.prepared().and_then(|columns| judge.amended(columns, counts));
        let Some(Amendment { name, value, notice }) = amendment else { return Ok(bound) };
        notice.into_iter().for_each(|notice| self.say(notice.at(span)));
        args.replace(name, value);
        (verb.bind)(args, self.environment)
    }

    /// The columns after a stage, and the other table that it joins.
    fn outcome(
        &mut self,
        bound: &Bound,
        args: &Args,
        span: Span,
        joined: &mut Option<Joined>,
    ) -> Result<Option<Schema>, Failure> {
        match bound {
            Bound::Combine(combine) => match self.other(args, span) {
                Some(found) => {
                    let found = joined.insert(found);
                    let both = self.at.schema.as_ref().zip(found.schema.as_ref());
                    both.map(|(own, other)| combine.schema(own, other)).transpose()
                }
                None => Ok(None),
            },
            Bound::Evaluator(_) if args.table("columns").is_some() => {
                if let Some(found) = self.other(args, span) {
                    self.check_apart(&found, args.span("columns").unwrap_or(span));
                    *joined = Some(found);
                }
                Ok(self.at.schema.clone())
            }
            Bound::Source(source) => self.source(source, span),
            Bound::Rows(rows) => self.at.schema.as_ref().map(|schema| rows.schema(schema)).transpose(),
            Bound::Step(step) => self.at.schema.as_ref().map(|schema| step.schema(schema)).transpose(),
            _ => Ok(self.at.schema.clone()),
        }
    }

    /// Checks a table on which the pipeline is evaluated: it has the target, and its rows should be others than those that
    /// are learned from.
    fn check_apart(&mut self, table: &Joined, span: Span) {
        let target = self.at.branch.target.clone();
        if let (Some(schema), Some(target)) = (table.schema.as_ref().filter(|schema| schema.is_closed()), target)
            && schema.find(&target).is_none()
        {
            let message = format!("the table to evaluate on has no column `{target}`, which is the target");
            let help = "predictions of rows without a target cannot be scored: save the pipeline, and use `predict`";
            self.say(Diagnostic::error(code::UNKNOWN_COLUMN, message).label(span, "").help(help));
        }
        if table.other.name.is_none() {
            let message = "the pipeline is evaluated on rows of the file that it learns from";
            let help = "check that no row is on both sides, or split the rows: eval holdout 20%";
            self.say(Diagnostic::warning(code::REPEATED_ROWS, message).label(span, "").help(help));
        }
    }

    /// Records the target that a stage declares.
    fn declare(&mut self, footprint: &Footprint, span: Span) {
        if let Some(Declaration { target, transform, positive }) = &footprint.declares {
            self.at.branch.target = Some(target.clone());
            self.at.branch.transform = *transform;
            self.at.branch.positive.clone_from(positive);
            self.at.target_span = Some(span);
        }
    }
}
