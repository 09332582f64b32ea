//! Shapley values of trees against shap, against enumeration, and against the sums that they must have.

#![allow(clippy::unwrap_used)] // All of this file is tests.

mod common;

use common::{assert_near, features, list, mixed, names, numbers, on_any_threads, oracle};
use pipewright_diagnostic::code;
use pipewright_explain::{Explainer, Numbers, Players, Shapley, trees};
use pipewright_learn::boost::{Gbdt, GbdtModel};
use pipewright_learn::forest::{DecisionTree, Forest};
use pipewright_learn::tree::{Place, TreeModel, TreeSum, TreeTerm};
use pipewright_learn::{Dataset, Failure, Features, Learner, Model, Target};

/// The scores of a sum of trees, walked node by node.
fn scores(sum: &TreeSum<'_>, features: &Features) -> Numbers {
    let rows = sum.rows(features).unwrap();
    let mut all = Vec::new();
    for row in rows.chunks_exact(sum.columns()) {
        let mut scores = sum.start.clone();
        for term in &sum.terms {
            scores[term.output] += value(term, row, &|_| true);
        }
        all.extend(scores);
    }
    Numbers::new(all, sum.start.len())
}

/// The value of a tree where only some columns are known: the others go both ways, by the training rows there.
fn value(term: &TreeTerm<'_>, row: &[f64], is_known: &dyn Fn(usize) -> bool) -> f64 {
    fn below(term: &TreeTerm<'_>, row: &[f64], is_known: &dyn Fn(usize) -> bool, place: Place) -> f64 {
        let tree = term.tree;
        match place {
            Place::Leaf(leaf) => term.leaves[leaf],
            Place::Node(node) => {
                let [left, right] = tree.children(node);
                let column = tree.column(node);
                if is_known(column) {
                    let next = if tree.goes_left(node, row[column]) { left } else { right };
                    return below(term, row, is_known, next);
                }
                let covers = [left, right].map(|child| tree.cover(child));
                let values = [left, right].map(|child| below(term, row, is_known, child));
                (covers[0] * values[0] + covers[1] * values[1]) / (covers[0] + covers[1])
            }
        }
    }
    below(term, row, is_known, term.tree.root())
}

/// The game of coalitions of a row, for the enumeration of [`Explainer`]: a table of their values, looked up by the
/// players that a hybrid row of 0s and 1s has from the row of 1s.
fn enumerated(sum: &TreeSum<'_>, row: &[f64], players: &Players) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let count = players.len();
    let game: Vec<Vec<f64>> = (0..1_usize << count)
        .map(|coalition| {
            let is_known = |column: usize| {
                (0..count).any(|player| players.columns(player).contains(&column) && coalition >> player & 1 == 1)
            };
            let mut values = sum.start.clone();
            sum.terms.iter().for_each(|term| values[term.output] += value(term, row, &is_known));
            values
        })
        .collect();
    let zeros = Features::new(1, names(count), vec![0.0; count]);
    let ones = Features::new(1, names(count), vec![1.0; count]);
    let look_up = |rows: &Features| {
        let coalition = |row: usize| -> usize {
            (0..count).filter(|&player| rows.column(player)[row] == 1.0).map(|p| 1 << p).sum()
        };
        let values = (0..rows.rows()).flat_map(|row| game[coalition(row)].clone());
        Ok::<_, Failure>(Numbers::new(values.collect(), sum.start.len()))
    };
    let explainer = Explainer::new(look_up, &zeros);
    let (values, pairs) = (explainer.shapley(&ones, Shapley::Exact).unwrap(), explainer.interactions(&ones).unwrap());
    let outputs = 0..sum.start.len();
    (outputs.clone().map(|o| values.of(0, o).to_vec()).collect(), outputs.map(|o| pairs.of(0, o).to_vec()).collect())
}

/// All kinds of tree models, on rows with missing values and categories.
fn check_all(check: impl Fn(&str, &dyn Fn() -> TreeSum<'static>, &Features)) {
    let train = mixed(400, 3);
    let Target::Numbers(target) = train.target() else { panic!("numbers") };
    let classes = |count: u32| {
        let codes = target.iter().map(|value| (value.abs() as u32).min(count - 1)).collect();
        Dataset::new(train.features.clone(), Target::Classes { codes, count: count as usize })
    };
    let gbdt = Gbdt { min_rows: 5, ..Gbdt::with_trees(12) };
    let forest = Forest { trees: 7, ..Forest::default() };
    let extra = Forest { trees: 7, ..Forest::extra_trees() };
    let few = train.features.take(&(0..12).collect::<Vec<u32>>());
    for (name, rows) in [("numbers", train.clone()), ("two classes", classes(2)), ("three classes", classes(3))] {
        let named = |model: &str| format!("{model} of {name}");
        // Leaked, so that all models are checked by one function.
        let boosted: &'static GbdtModel = Box::leak(Box::new(gbdt.fit(&rows).unwrap()));
        check(&named("gbdt"), &|| boosted.tree_sum(), &few);
        for (kind, model) in [
            ("forest", forest.fit(&rows).unwrap()),
            ("extra trees", extra.fit(&rows).unwrap()),
            ("tree", DecisionTree::default().fit(&rows).unwrap()),
        ] {
            let model: &'static _ = Box::leak(Box::new(model));
            check(&named(kind), &|| model.tree_sum(), &few);
        }
    }
}

/// A model that is a sum of trees.
struct Sum<'a>(&'a dyn Fn() -> TreeSum<'static>);

impl TreeModel for Sum<'_> {
    fn tree_sum(&self) -> TreeSum<'_> {
        (self.0)()
    }
}

#[test]
fn path_dependent_values_are_those_of_enumeration() {
    check_all(|name, sum, rows| {
        let players = Players::each(rows);
        let group = players.clone().group("group", &["x0", "x4"]).unwrap();
        for players in [players, group] {
            let found = trees::path_dependent(&Sum(sum), rows, &players).unwrap();
            let pairs = trees::path_dependent_interactions(&Sum(sum), rows, &players).unwrap();
            let (of_trees, sum) = (scores(&sum(), rows), sum());
            let values = sum.rows(rows).unwrap();
            for (row, x) in values.chunks_exact(sum.columns()).enumerate() {
                let (expected, expected_pairs) = enumerated(&sum, x, &players);
                for output in 0..sum.start.len() {
                    assert_near(found.of(row, output), &expected[output], 1e-9);
                    assert_near(pairs.of(row, output), &expected_pairs[output], 1e-9);
                    let apart = found.total(row, output) - of_trees.row(row)[output];
                    assert!(apart.abs() < 1e-9, "{name}: {apart}");
                }
            }
        }
    });
}

#[test]
fn interventional_values_are_those_of_the_explainer() {
    let background = mixed(15, 8).features;
    check_all(|name, sum, rows| {
        let players = Players::each(rows).group("group", &["x1", "x2"]).unwrap();
        let found = trees::interventional(&Sum(sum), rows, &background, &players).unwrap();
        let sum = sum();
        let explainer = Explainer::new(|rows: &Features| Ok::<_, Failure>(scores(&sum, rows)), &background);
        let expected = explainer.players(players).shapley(rows, Shapley::Exact).unwrap();
        for row in 0..rows.rows() {
            for output in 0..sum.start.len() {
                assert_near(found.of(row, output), expected.of(row, output), 1e-9);
                let apart = found.base(row, output) - expected.base(row, output);
                assert!(apart.abs() < 1e-9, "{name}: {apart}");
            }
        }
    });
}

#[test]
fn values_of_trees_are_those_of_shap() {
    let oracle = oracle(include_str!("oracles/trees.json"));
    let model: GbdtModel = serde_json::from_value(oracle["model"].clone()).unwrap();
    model.validate().unwrap();
    let rows = features(&oracle["rows"]);
    let players = Players::each(&rows);
    let all = |found: &pipewright_explain::Attributions| {
        (0..found.rows()).flat_map(|row| found.of(row, 0).to_vec()).collect::<Vec<f64>>()
    };
    let found = trees::path_dependent(&model, &rows, &players).unwrap();
    assert_near(&all(&found), &list(&oracle["dependent"]), 1e-10);
    assert_near(&[found.base(0, 0)], &list(&oracle["base"]), 1e-10);
    let missing = trees::path_dependent(&model, &features(&oracle["rows_with_missing"]), &players).unwrap();
    assert_near(&all(&missing), &list(&oracle["dependent_with_missing"]), 1e-10);
    let pairs = trees::path_dependent_interactions(&model, &rows, &players).unwrap();
    let pairs: Vec<f64> = (0..6).flat_map(|row| pairs.of(row, 0).to_vec()).collect();
    assert_near(&pairs, &list(&oracle["interactions"]), 1e-10);
    let against = trees::interventional(&model, &rows, &features(&oracle["background"]), &players).unwrap();
    // shap has the shares of coalitions in single precision here.
    assert_near(&all(&against), &list(&oracle["interventional"]), 1e-7);
    assert_near(&[against.base(0, 0)], &list(&oracle["interventional_base"]), 1e-10);
}

/// Paths with 5 to 60 players take quadrature rules of all sizes.
#[test]
fn deep_trees_add_up() {
    let rows = numbers(1500, 60, 4);
    let target = (0..1500).map(|row| (0..60).map(|column| rows.column(column)[row].powi(3)).sum()).collect();
    let train = Dataset::new(rows.clone(), Target::Numbers(target));
    for leaves in [4, 40, 1400] {
        let gbdt = Gbdt { leaves: Some(leaves), min_rows: 1, split_columns: 0.1, ..Gbdt::with_trees(3) };
        let model = gbdt.fit(&train).unwrap();
        let few = rows.take(&(0..40).collect::<Vec<u32>>());
        let found = trees::path_dependent(&model, &few, &Players::each(&few)).unwrap();
        for (row, predicted) in model.scores(&few).iter().enumerate() {
            assert!((found.total(row, 0) - predicted).abs() < 1e-9);
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let train = mixed(300, 5);
    let model = Gbdt::with_trees(20).fit(&train).unwrap();
    let players = Players::each(&train.features);
    on_any_threads(|| trees::path_dependent(&model, &train.features, &players).unwrap());
    let background = mixed(7, 6).features;
    on_any_threads(|| trees::interventional(&model, &train.features, &background, &players).unwrap());
}

#[test]
fn a_constant_model_and_no_rows_are_explained() {
    let rows = numbers(30, 2, 1);
    let train = Dataset::new(rows.clone(), Target::Numbers(vec![4.0; 30]));
    let model = Gbdt::with_trees(2).fit(&train).unwrap();
    let players = Players::each(&rows);
    let found = trees::path_dependent(&model, &rows, &players).unwrap();
    assert_near(found.of(3, 0), &[0.0, 0.0], 1e-12);
    assert!((found.base(3, 0) - 4.0).abs() < 1e-12);
    let none = rows.take(&[]);
    assert_eq!(trees::path_dependent(&model, &none, &players).unwrap().rows(), 0);
    assert_eq!(trees::interventional(&model, &none, &rows, &players).unwrap().rows(), 0);
    let refused = |result: Result<pipewright_explain::Attributions, Failure>| result.unwrap_err().code;
    assert_eq!(refused(trees::interventional(&model, &rows, &none, &players)), code::TOO_FEW_ROWS);
    assert_eq!(refused(trees::path_dependent(&model, &numbers(1, 3, 1), &players)), code::WRONG_WIDTH);
    let one = players.only(&["x0"]).unwrap();
    assert_eq!(refused(trees::path_dependent(&model, &rows, &one)), code::BAD_VALUE);
}
