//! Searches: the stages with choices above a `tune` are checked once per candidate.
//!
//! The candidates form a tree: those whose first stages are equal share them, so that the stages above the first choice
//! are checked and run once. Below the search, one branch goes on for all candidates: that of the first one, which
//! knows the others.

use super::{Here, Walk};
use crate::bind::{bind, find_verb};
use crate::choices::{Choices, Resolved, first_choice, resolve};
use crate::model::{Candidate, Line, NodeId, Searched};
use pipewright_diagnostic::{Diagnostic, code};
use pipewright_learn::search::Point;
use pipewright_operator::work::{Pool, Search};
use pipewright_operator::{Bound, Structure, Verb};
use pipewright_syntax::Stage;
use std::sync::Arc;

/// Maximum number of candidates of a search.
const CANDIDATES_MAX: usize = 10_000;

/// Choices and searches in a list of stages.
pub(super) enum Found {
    /// Neither.
    Nothing,
    /// Stages that a search decides, from the first one with a choice on.
    Searched(Span),
    /// Choices without a search, which is reported; the place of the first of them.
    Undecided(usize),
}

/// Where the stages that a search decides are in a list of stages.
#[derive(Clone, Copy)]
pub(super) struct Span {
    /// The first stage with a choice.
    pub first: usize,
    /// The stage that searches.
    pub search: usize,
}

/// The candidates that go on at a place in the tree.
struct Branching {
    /// The number of stages before this place.
    depth: usize,
    members: Vec<usize>,
    here: Here,
}

impl Walk<'_> {
    /// Finds the stages that a search decides. Choices without a search are reported.
    pub(super) fn searched(&mut self, stages: &[Stage]) -> Found {
        let implied = &self.environment.registry.implied;
        let choice = |stage: &Stage| first_choice(stage, implied);
        let searches = |stage: &Stage| {
            let verb = find_verb(stage, self.environment.registry);
            verb.is_ok_and(|verb| verb.spec.structure == Structure::Search)
        };
        let search = stages.iter().position(searches);
        let first = stages.iter().enumerate().find_map(|(place, stage)| Some((place, choice(stage)?)));
        let decided = first.filter(|(first, _)| search.is_some_and(|search| *first < search));
        if let (Some((first, _)), Some(search)) = (decided, search) {
            return Found::Searched(Span { first, search });
        }
        if let Some((_, span)) = first {
            let message = "nothing below decides between these values";
            self.say(
                Diagnostic::error(code::UNDECIDED_CHOICE, message)
                    .label(span, "a choice")
                    .help("search for the best one below `train`, for example: tune grid"),
            );
        }
        if let Some(search) = search {
            let message = "there is nothing to search: no stage above has a choice";
            self.say(
                Diagnostic::error(code::UNDECIDED_CHOICE, message).label(stages[search].span, "").help(
                    "write choose[a, b], uniform(0, 0.5), loguniform(1e-4, 1e-1) or int(2, 12) in place of a value",
                ),
            );
        }
        first.map_or(Found::Nothing, |(place, _)| Found::Undecided(place))
    }

    /// Walks the stages that a search decides, once per candidate, and the stage that searches.
    pub(super) fn search(&mut self, stages: &[Stage], span: Span, open: &mut [Here], outline: &mut Vec<Line>) {
        let (template, stage) = (&stages[span.first..span.search], &stages[span.search]);
        let Ok(verb) = find_verb(stage, self.environment.registry) else { return };
        let Some((search, choices, points)) = self.candidates(template, stage, verb) else {
            return open.iter_mut().for_each(Here::lost);
        };
        let implied = &self.environment.registry.implied;
        let pool = Arc::new(Pool { space: choices.space.clone(), points });
        let points = &pool.points;
        let resolved: Vec<Resolved> = points.iter().map(|point| resolve(template, point, implied)).collect();
        let before = self.diagnostics.len();
        for (place, here) in open.iter_mut().enumerate() {
            let mut above = Vec::new();
            self.in_each(std::slice::from_mut(here), &mut above, Walk::above_alternatives);
            if place == 0 {
                outline.append(&mut above);
            }
            let start = here.branch.path.len();
            let mut ends = self.tree(&resolved, here);
            let within = "a search: all candidates are evaluated on the same rows";
            self.refuse_rows(&ends, start, within, "put it above the first choice");
            if place == 0 {
                outline.extend(self.outline(template, &resolved[0], &ends[0].branch.path[start..]));
            }
            let candidates = ends
                .iter()
                .zip(points)
                .map(|(end, point)| Candidate { branch: end.branch.clone(), values: choices.values(point) });
            let searched = Searched { candidates: candidates.collect(), pool: pool.clone(), search: search.clone() };
            *here = ends.swap_remove(0);
            here.branch.searched = Some(Arc::new(searched));
        }
        self.once(before);
        self.in_each(open, outline, |walk| walk.stage(stage, verb, None));
    }

    /// Binds a search, and asks it for its candidates.
    fn candidates(
        &mut self,
        template: &[Stage],
        stage: &Stage,
        verb: &'static Verb,
    ) -> Option<(Arc<dyn Search>, Choices, Vec<Point>)> {
        let choices = match Choices::of(template, &self.environment.registry.implied) {
            Ok(choices) => choices?,
            Err(problems) => {
                self.diagnostics.extend(problems);
                return None;
            }
        };
        // What is wrong with its arguments is said when the stage itself is checked.
        let args = bind(stage, &verb.spec, self.environment, &self.scope(false)).args;
        let search = match (verb.bind)(&args, self.environment) {
            Ok(Bound::Search(search)) => search,
            Ok(_) => return None,
            Err(fault) => {
                self.fault(fault, &args, stage.span);
                return None;
            }
        };
        let seed = search.seed().unwrap_or(self.options.seed);
        match search.candidates(&choices.space, CANDIDATES_MAX, seed) {
            Ok(points) => Some((search, choices, points)),
            Err(fault) => {
                self.fault(fault, &args, stage.span);
                None
            }
        }
    }

    /// Walks the tree of candidates, and returns the end of each.
    fn tree(&mut self, resolved: &[Resolved], start: &Here) -> Vec<Here> {
        let mut ends: Vec<Option<Here>> = resolved.iter().map(|_| None).collect();
        let mut open = vec![Branching { depth: 0, members: (0..resolved.len()).collect(), here: start.clone() }];
        while let Some(Branching { depth, members, here }) = open.pop() {
            let mut groups: Vec<(&Stage, Vec<usize>)> = Vec::new();
            for member in members {
                match resolved[member].stages.get(depth) {
                    None => ends[member] = Some(here.clone()),
                    Some(stage) => match groups.iter_mut().find(|(known, _)| *known == stage) {
                        Some((_, group)) => group.push(member),
                        None => groups.push((stage, vec![member])),
                    },
                }
            }
            for (stage, members) in groups.into_iter().rev() {
                let mut here = here.clone();
                self.one(stage, &mut here);
                open.push(Branching { depth: depth + 1, members, here });
            }
        }
        ends.into_iter().map(|end| end.expect("every candidate has an end")).collect()
    }

    /// Walks a stage of a candidate.
    fn one(&mut self, stage: &Stage, here: &mut Here) {
        let Ok(verb) = find_verb(stage, self.environment.registry) else { return here.lost() };
        match verb.spec.structure {
            Structure::Plain => self.in_each(std::slice::from_mut(here), &mut Vec::new(), |walk| {
                walk.imply_before(stage, verb);
                walk.stage(stage, verb, None);
            }),
            _ => {
                let message =
                    format!("`{}` cannot stand between a choice and the search that decides it", verb.spec.name);
                self.say(
                    Diagnostic::error(code::WRONG_ORDER, message)
                        .label(stage.span, "")
                        .help("put it below the search, or give each arm of a fork its own"),
                );
                here.lost();
            }
        }
    }

    /// The stages as written, with the stages that the first candidate has implied.
    fn outline(&self, template: &[Stage], resolved: &Resolved, path: &[NodeId]) -> Vec<Line> {
        let mut lines = Vec::new();
        let mut origins = resolved.origins.iter();
        let mut written = 0;
        for &id in path {
            if self.nodes[id].implied {
                lines.push(Line::Stage(id));
                continue;
            }
            let Some(&origin) = origins.next() else { break };
            let text = |place: usize| Line::Written(template[place].to_string());
            lines.extend((written..=origin).map(text));
            written = written.max(origin + 1);
        }
        lines.extend((written..template.len()).map(|place| Line::Written(template[place].to_string())));
        lines
    }
}
