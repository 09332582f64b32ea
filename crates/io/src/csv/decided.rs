//! Final decisions about the columns, and notes.

use super::cells::{Found, Plan};
use super::codes::{self, Verdict};
use super::layout::Layout;
use super::observed::Observed;
use super::refine::{self, Alternative, Decision, Remark};
use super::{points, quoting};
use crate::ReadOptions;
use crate::infer::Type;
use arrow_array::ArrayRef;
use pipewright_diagnostic::{Failure, code};
use pipewright_table::Column;

/// The types of all columns, and better interpretations of texts.
pub(super) struct Decided {
    pub(super) types: Vec<Type>,
    decisions: Vec<Decision>,
    /// The text columns that may have a better interpretation.
    pub(super) open: Vec<usize>,
    /// Are there numbers with a decimal point?
    points: bool,
    pub(super) notes: Vec<Failure>,
}

impl Decided {
    pub(super) fn new(layout: &Layout, plans: &[Plan], found: &[Found], options: &ReadOptions) -> Decided {
        let types: Vec<Type> = plans.iter().zip(found).map(|(plan, found)| plan.final_type(*found)).collect();
        let is_open = |column: &usize| matches!(plans[*column], Plan::AtLeast(_));
        let open = (0..plans.len()).filter(is_open).filter(|column| types[*column] == Type::Text).collect();
        let points = types.iter().zip(found).any(|(kind, found)| *kind == Type::Continuous && found.fractional);
        let mut notes = layout.notes.clone();
        for column in (0..plans.len()).filter(is_open) {
            if types[column] == Type::Continuous && found[column].huge && !found[column].fractional {
                notes.push(widened_note(&layout.names[column], options));
            }
        }
        notes.extend(plans.iter().zip(&layout.names).filter_map(|(plan, name)| match plan {
            Plan::Quoted(otherwise) => quoting::note(name, *otherwise, options),
            _ => None,
        }));
        Decided { decisions: vec![Decision::default(); types.len()], types, open, points, notes }
    }

    /// Decides on the open columns by what was observed in their texts.
    pub(super) fn refine(&mut self, layout: &Layout, observed: &[Observed], options: &ReadOptions) {
        let dialect = &layout.terms.rules.dialect;
        let (mut remarks, mut notes) = (Vec::new(), Vec::new());
        for (column, observed) in self.open.iter().zip(observed) {
            let name = &layout.names[*column];
            let decision = match observed.codes.verdict() {
                Some(Verdict::Codes(sign, row, text)) => {
                    notes.push(codes::note(name, sign, row, &text, options));
                    Decision::default()
                }
                Some(Verdict::Numbers { whole }) => {
                    Decision::take(Alternative::Number { numerals: dialect.numerals(), whole })
                }
                None => observed.candidates.decide(dialect, options, self.points),
            };
            if decision.alternative.is_none() {
                notes.extend(observed.taken.note(name, options));
            }
            remarks.extend(decision.remark.map(|remark| (name.clone(), remark)));
            self.decisions[*column] = decision;
        }
        self.notes.extend(refine::notes(&remarks, options));
        self.notes.append(&mut notes);
        if remarks.iter().any(|(_, remark)| *remark == Remark::MaybeDecimalComma) {
            let pointed: Vec<usize> =
                (0..self.types.len()).filter(|column| self.types[*column] == Type::Continuous).collect();
            self.notes.extend(points::notes(layout, &pointed, options));
        }
    }

    /// Returns a column of the table.
    pub(super) fn column(&self, layout: &Layout, column: usize, options: &ReadOptions) -> Column {
        let name = layout.names[column].clone();
        let better = self.decisions[column].alternative.map(|better| better.kind());
        let kind = options.kinds.get(&*name).copied().or(better).unwrap_or_else(|| self.types[column].kind());
        Column::new(name, kind)
    }

    /// Returns the values of a column, in the better interpretation if any.
    pub(super) fn apply(&self, column: usize, array: &ArrayRef) -> ArrayRef {
        self.decisions[column].alternative.map_or_else(|| array.clone(), |better| better.apply(array))
    }
}

/// Creates the note about whole numbers that became continuous only because they are too large.
fn widened_note(name: &str, options: &ReadOptions) -> Failure {
    let message = format!("`{name}` holds whole numbers beyond 64 bits: it is read as continuous and rounded");
    Failure::note(code::TYPE_WIDENED, message).file(&options.name).column(name)
}
