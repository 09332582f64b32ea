//! The second pass: shapes of columns, and associations between columns.

use super::column::floats;
use super::plan::{Category, Plan};
use super::{Association, Histogram, Measure, Profile};
use pipewright_diagnostic::Failure;
use pipewright_table::summary::{Comoments, Contingency, ExactSum, GroupSums, Separation};
use pipewright_table::{Chunks, Table, for_each_chunk};

/// State of the second pass.
pub(super) struct Between {
    histograms: Vec<Histogram>,
    /// Cubes of standardised numbers.
    cubes: Vec<ExactSum>,
    /// Numbers with numbers.
    pairs: Vec<Comoments>,
    /// Categories with categories.
    tables: Vec<Contingency>,
    /// Numbers in categories, category by category.
    groups: Vec<GroupSums>,
    /// Is a column equal to its twin?
    equal: Vec<bool>,
    /// Numbers by the two classes of the target.
    apart: Vec<Separation>,
    /// Presence of a column's values by the two classes.
    gaps: Vec<Contingency>,
    /// Levels of categories, with missing as the last, by the two classes.
    levels: Vec<Contingency>,
}

/// Findings about single columns.
pub(super) struct Found {
    /// A column, and the first one it equals.
    pub(super) equal: Vec<(usize, usize)>,
    /// A column, and its AUC as the only predictor of a two-class target.
    pub(super) areas: Vec<(usize, f64)>,
}

/// The values of a chunk, converted.
struct Values {
    /// For each column of numbers; NaN where missing.
    numbers: Vec<Vec<f64>>,
    /// The same, standardised.
    standardised: Vec<Vec<f64>>,
    codes: Vec<Vec<usize>>,
    classes: Option<Vec<usize>>,
}

impl Values {
    fn new(chunk: &Table, plan: &Plan) -> Values {
        let finite = |number: f64| if number.is_finite() { number } else { f64::NAN };
        let column = |position: usize| floats(&chunk.arrays()[position]).into_iter().map(finite).collect();
        let numbers: Vec<Vec<f64>> = plan.numbers.iter().map(|numeric| column(numeric.position)).collect();
        let standardised = plan.numbers.iter().zip(&numbers);
        let standardised =
            standardised.map(|(numeric, numbers)| numbers.iter().map(|&x| numeric.standardised(x)).collect());
        let codes = |category: &Category| category.codes(&chunk.arrays()[category.position]);
        Values {
            standardised: standardised.collect(),
            codes: plan.categories.iter().map(codes).collect(),
            classes: plan.classes.as_ref().map(codes),
            numbers,
        }
    }
}

/// Returns all pairs of items.
fn pairs<T: Copy>(things: &[T]) -> impl Iterator<Item = (T, T)> {
    things.iter().enumerate().flat_map(|(at, &left)| things[at + 1..].iter().map(move |&right| (left, right)))
}

impl Between {
    fn empty(plan: &Plan) -> Between {
        let sizes: Vec<usize> = plan.categories.iter().map(Category::levels).collect();
        let (of_numbers, of_categories) = match plan.classes {
            Some(_) => (plan.numbers.len(), sizes.as_slice()),
            None => (0, &[] as &[usize]),
        };
        Between {
            histograms: plan.numbers.iter().map(|numeric| numeric.histogram.clone()).collect(),
            cubes: vec![ExactSum::default(); plan.numbers.len()],
            pairs: pairs(&plan.compared).map(|_| Comoments::default()).collect(),
            tables: pairs(&sizes).map(|(left, right)| Contingency::new(left + 1, right + 1)).collect(),
            groups: sizes.iter().flat_map(|size| plan.compared.iter().map(|_| GroupSums::new(*size))).collect(),
            equal: vec![true; plan.twins.len()],
            apart: vec![Separation::default(); of_numbers],
            gaps: plan.classes.iter().flat_map(|_| &plan.names).map(|_| Contingency::new(2, 2)).collect(),
            levels: of_categories.iter().map(|size| Contingency::new(size + 1, 2)).collect(),
        }
    }

    /// Processes all rows.
    pub(super) fn of(rows: &dyn Chunks, plan: &Plan) -> Result<Between, Failure> {
        let mut whole = Between::empty(plan);
        let observe = |index: usize| {
            let mut part = Between::empty(plan);
            part.observe(&rows.chunk(index)?.select(&plan.names)?, plan);
            Ok(part)
        };
        for_each_chunk(rows, observe, |part| {
            whole.merge(part);
            Ok(())
        })?;
        Ok(whole)
    }

    fn observe(&mut self, chunk: &Table, plan: &Plan) {
        let values = Values::new(chunk, plan);
        for (histogram, numbers) in self.histograms.iter_mut().zip(&values.numbers) {
            numbers.iter().filter(|number| !number.is_nan()).for_each(|&number| histogram.add(number));
        }
        for (cubes, numbers) in self.cubes.iter_mut().zip(&values.standardised) {
            numbers.iter().filter(|number| !number.is_nan()).for_each(|number| cubes.add(number * number * number));
        }
        for (both, (left, right)) in self.pairs.iter_mut().zip(pairs(&plan.compared)) {
            let there = values.standardised[left].iter().zip(&values.standardised[right]);
            there.filter(|(x, y)| !x.is_nan() && !y.is_nan()).for_each(|(&x, &y)| both.add(x, y));
        }
        let categories: Vec<&Vec<usize>> = values.codes.iter().collect();
        for (table, (left, right)) in self.tables.iter_mut().zip(pairs(&categories)) {
            left.iter().zip(right).for_each(|(&row, &column)| table.add(row, column));
        }
        let mut groups = self.groups.iter_mut();
        for (category, codes) in plan.categories.iter().zip(&values.codes) {
            for (&number, groups) in plan.compared.iter().zip(groups.by_ref()) {
                let there = codes.iter().zip(&values.standardised[number]);
                let there = there.filter(|(code, number)| **code < category.levels() && !number.is_nan());
                there.for_each(|(&code, &number)| groups.add(code, number));
            }
        }
        for (equal, &(one, other)) in self.equal.iter_mut().zip(&plan.twins) {
            *equal &= chunk.arrays()[one].to_data() == chunk.arrays()[other].to_data();
        }
        self.observe_classes(chunk, &values);
    }

    fn observe_classes(&mut self, chunk: &Table, values: &Values) {
        let Some(classes) = &values.classes else { return };
        let known = |class: &usize| *class < 2;
        for (gaps, array) in self.gaps.iter_mut().zip(chunk.arrays()) {
            let there = classes.iter().enumerate().filter(|(_, class)| known(class));
            there.for_each(|(row, &class)| gaps.add(usize::from(array.is_null(row)), class));
        }
        for (apart, numbers) in self.apart.iter_mut().zip(&values.numbers) {
            let there = numbers.iter().zip(classes).filter(|(number, class)| !number.is_nan() && known(class));
            there.for_each(|(&number, &class)| apart.add(number, class));
        }
        for (levels, codes) in self.levels.iter_mut().zip(&values.codes) {
            let there = codes.iter().zip(classes).filter(|(_, class)| known(class));
            there.for_each(|(&code, &class)| levels.add(code, class));
        }
    }

    fn merge(&mut self, later: Between) {
        self.histograms.iter_mut().zip(&later.histograms).for_each(|(seen, more)| seen.merge(more));
        self.cubes.iter_mut().zip(later.cubes).for_each(|(seen, more)| seen.merge(more));
        self.pairs.iter_mut().zip(later.pairs).for_each(|(seen, more)| seen.merge(more));
        self.tables.iter_mut().zip(&later.tables).for_each(|(seen, more)| seen.merge(more));
        self.groups.iter_mut().zip(later.groups).for_each(|(seen, more)| seen.merge(more));
        self.equal.iter_mut().zip(later.equal).for_each(|(seen, more)| *seen &= more);
        self.apart.iter_mut().zip(later.apart).for_each(|(seen, more)| seen.merge(more));
        self.gaps.iter_mut().zip(&later.gaps).for_each(|(seen, more)| seen.merge(more));
        self.levels.iter_mut().zip(&later.levels).for_each(|(seen, more)| seen.merge(more));
    }

    /// Completes a profile, and returns the findings about single columns.
    pub(super) fn finish(self, plan: &Plan, profile: &mut Profile) -> Found {
        let mut equal: Vec<(usize, usize)> = Vec::new();
        for (&(one, other), is_equal) in plan.twins.iter().zip(&self.equal) {
            if *is_equal && equal.last().is_none_or(|(last, _)| *last != one) {
                equal.push((one, other));
            }
        }
        let found = Found { equal, areas: self.areas(plan) };
        profile.associations = self.associations(plan);
        for ((numeric, histogram), cubes) in plan.numbers.iter().zip(self.histograms).zip(&self.cubes) {
            let column = &mut profile.columns[numeric.position];
            let count = column.present();
            let Some(numbers) = &mut column.numbers else { continue };
            let n = (count - numbers.infinite) as f64;
            let skewness = n / ((n - 1.0) * (n - 2.0)) * cubes.value();
            let varies = n > 2.0 && numbers.std.is_some_and(|std| std > 0.0);
            numbers.skewness = Some(skewness).filter(|skewness| varies && skewness.is_finite());
            numbers.histogram = Some(histogram);
        }
        found
    }

    /// Returns how well each column alone separates two classes: by its values, or by whether they are missing.
    fn areas(&self, plan: &Plan) -> Vec<(usize, f64)> {
        let Some(classes) = &plan.classes else { return Vec::new() };
        let sided = |area: Option<f64>| area.map_or(0.5, |area| area.max(1.0 - area));
        let mut areas: Vec<f64> = self.gaps.iter().map(|gaps| sided(gaps.area())).collect();
        for (numeric, apart) in plan.numbers.iter().zip(&self.apart) {
            // A few numbers in many rows are not informative.
            let known: u64 = apart.counts().iter().sum();
            let is_known = known * 2 >= self.gaps[numeric.position].count();
            let area = &mut areas[numeric.position];
            *area = area.max(sided(apart.area().filter(|_| is_known)));
        }
        for (category, levels) in plan.categories.iter().zip(&self.levels) {
            let area = &mut areas[category.position];
            *area = area.max(sided(levels.area()));
        }
        areas.into_iter().enumerate().filter(|(position, _)| *position != classes.position).collect()
    }

    fn associations(&self, plan: &Plan) -> Vec<Association> {
        let mut all: Vec<(usize, usize, Measure, Option<f64>, u64)> = Vec::new();
        let number = |number: usize| plan.numbers[number].position;
        for (both, (left, right)) in self.pairs.iter().zip(pairs(&plan.compared)) {
            all.push((number(left), number(right), Measure::Pearson, both.correlation(), both.count()));
        }
        let categories: Vec<usize> = plan.categories.iter().map(|category| category.position).collect();
        for (table, (left, right)) in self.tables.iter().zip(pairs(&categories)) {
            let table = table.without_last();
            all.push((left, right, Measure::CramersV, table.cramers_v(), table.count()));
        }
        let mut groups = self.groups.iter();
        for &category in &categories {
            for (&compared, groups) in plan.compared.iter().zip(groups.by_ref()) {
                let (one, other) = (category.min(number(compared)), category.max(number(compared)));
                all.push((one, other, Measure::CorrelationRatio, groups.correlation_ratio(), groups.count()));
            }
        }
        all.sort_by_key(|(left, right, ..)| (*left, *right));
        let known = all.into_iter().filter_map(|(left, right, measure, value, rows)| {
            let (left, right) = (plan.names[left].clone(), plan.names[right].clone());
            Some(Association { left, right, measure, value: value?, rows })
        });
        known.collect()
    }
}
