//! Trees and forests against scikit-learn and brute force, and the laws of their models.

use super::*;
use crate::data::{Categories, Column, Features, Outputs, Target};
use crate::learner::NoProgress;
use crate::summary::Summary;
use crate::threads::on_any_threads;
use pipewright_world::random::Key;
use proptest::prelude::*;

/// The columns of a data set of the repository, and its target as text.
fn table(text: &str) -> (Features, Vec<&str>) {
    let mut lines = text.lines();
    let names: Vec<&str> = lines.next().unwrap().split(',').collect();
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    let width = names.len() - 1;
    let values = (0..width).flat_map(|column| rows.iter().map(move |row| row[column].parse().unwrap())).collect();
    let names = names[..width].iter().map(|name| (*name).to_owned()).collect();
    (Features::new(rows.len(), names, values), rows.iter().map(|row| row[width]).collect())
}

fn classes(text: &str) -> Dataset {
    let (features, target) = table(text);
    let mut names = target.clone();
    names.sort_unstable();
    names.dedup();
    let code = |name: &&str| names.binary_search(name).unwrap() as u32;
    let (codes, count) = (target.iter().map(code).collect(), names.len());
    Dataset::new(features, Target::Classes { codes, count })
}

fn diabetes() -> Dataset {
    let (features, target) = table(include_str!("../../../../dsl-examples/data/diabetes.csv"));
    let target = target.iter().map(|value| value.parse().unwrap()).collect();
    Dataset::new(features, Target::Numbers(target))
}

fn wine() -> Dataset {
    classes(include_str!("../../../../dsl-examples/data/wine.csv"))
}

fn iris() -> Dataset {
    classes(include_str!("../../../../dsl-examples/data/iris.csv"))
}

/// The splits of a tree: column and threshold, sorted.
fn splits(tree: &Tree) -> Vec<(usize, f64)> {
    let saved = serde_json::to_value(tree).unwrap();
    let thresholds = saved["thresholds"].as_array().unwrap().iter().map(|value| value.as_f64().unwrap());
    let mut splits: Vec<(usize, f64)> = tree.split_facts().map(|(column, ..)| column).zip(thresholds).collect();
    splits.sort_by(|a, b| a.partial_cmp(b).unwrap());
    splits
}

fn tree(growth: Growth) -> DecisionTree {
    DecisionTree { growth, prune: 0.0 }
}

fn assert_splits(model: &ForestModel, expected: &[(usize, f64)]) {
    let found = splits(&model.trees()[0]);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        // scikit-learn rounds columns to 32 bits.
        assert!(found.0 == expected.0 && (found.1 - expected.1).abs() < 2e-5, "{found:?} {expected:?}");
    }
}

fn squares(model: &ForestModel, train: &Dataset) -> f64 {
    model.predict(&train.features).unwrap().values().iter().map(|value| value * value).sum()
}

/// Golden values of scikit-learn 1.9.1, `DecisionTreeRegressor`.
#[test]
fn trees_of_numbers_are_those_of_scikit_learn() {
    let train = diabetes();
    let depth = |criterion| tree(Growth { criterion, depth: Some(3), ..Growth::default() });
    let model = depth(Criterion::Squared).fit(&train).unwrap();
    let expected = [(0, 26.5), (2, 24.35), (2, 26.95), (2, 27.75), (2, 32.75), (6, 55.5), (8, 4.60015)];
    assert_splits(&model, &expected);
    assert!((squares(&model, &train) - 11_542_177.796_462_322).abs() < 1e-3);
    let model = depth(Criterion::Absolute).fit(&train).unwrap();
    let expected = [(0, 26.5), (2, 26.95), (2, 27.75), (2, 32.75), (3, 81.5), (8, 4.16665), (8, 4.60015)];
    assert_splits(&model, &expected);
    assert_eq!(squares(&model, &train), 11_356_761.0);
    for (criterion, squares_of_20) in [(Criterion::Squared, 11_666_653.519_069_35), (Criterion::Absolute, 11_464_347.5)]
    {
        let model = tree(Growth { criterion, min_rows: 20, ..Growth::default() }).fit(&train).unwrap();
        assert_eq!(model.trees()[0].leaves(), 17);
        assert!((squares(&model, &train) - squares_of_20).abs() < 1e-3);
    }
    let model = tree(Growth { min_gain: 50.0, ..Growth::default() }).fit(&train).unwrap();
    assert_eq!(model.trees()[0].leaves(), 18);
    assert!((squares(&model, &train) - 11_868_861.497_590_106).abs() < 1e-3);
    let model = DecisionTree { prune: 100.0, ..DecisionTree::default() }.fit(&train).unwrap();
    assert_splits(&model, &[(2, 26.95), (2, 27.75), (2, 32.75), (3, 99.5), (8, 4.60015)]);
}

/// Golden values of scikit-learn 1.9.1, `DecisionTreeClassifier`.
#[test]
fn trees_of_classes_are_those_of_scikit_learn() {
    let train = wine();
    let model = tree(Growth { leaves: Some(4), ..Growth::default() }).fit(&train).unwrap();
    assert_splits(&model, &[(6, 2.165), (11, 2.115), (12, 755.0)]);
    let growth = Growth { balanced: true, depth: Some(2), ..Growth::default() };
    assert_eq!(tree(growth).fit(&train).unwrap().trees()[0].leaves(), 4);
    let train = classes(include_str!("../../../../dsl-examples/data/breast_cancer.csv"));
    let path = tree(Growth { min_rows: 10, ..Growth::default() }).pruning_path(&train, &Fit::new()).unwrap();
    let expected = [0.018_038_524_905_524_298, 0.050_071_010_237_124_04, 0.325_210_879_836_400_8];
    let last = &path.alphas[path.alphas.len() - 3..];
    assert!(last.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{last:?}");
    assert_eq!(path.leaves[0], 11);
}

/// Golden values of scikit-learn 1.9.1, `cost_complexity_pruning_path`.
#[test]
fn pruning_paths_are_those_of_scikit_learn() {
    let check = |growth: Growth, train: &Dataset, alphas: &[f64], impurities: &[f64]| {
        let path = tree(growth).pruning_path(train, &Fit::new()).unwrap();
        for (found, expected) in [(&path.alphas, alphas), (&path.impurities, impurities)] {
            let last = &found[found.len() - expected.len()..];
            let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 1e-9 * b.abs();
            assert!(last.iter().zip(expected).all(near), "{last:?} {expected:?}");
        }
        assert_eq!((path.alphas[0], path.leaves[path.leaves.len() - 1]), (0.0, 1));
    };
    let gini = [0.029_660_493_827_160_49, 0.259_796_027_911_969_93, 0.333_333_333_333_333_4];
    let of_gini = [0.073_537_305_421_363_39, 0.333_333_333_333_333_3, 0.666_666_666_666_666_6];
    check(Growth { min_rows: 5, ..Growth::default() }, &iris(), &gini, &of_gini);
    let entropy = [0.076_741_355_137_678_71, 0.460_106_913_836_449_86, 0.918_295_834_054_489_4];
    let of_entropy = [0.206_559_752_830_216_77, 0.666_666_666_666_666_6, 1.584_962_500_721_156];
    let growth = Growth { criterion: Criterion::Entropy, depth: Some(3), ..Growth::default() };
    check(growth, &iris(), &entropy, &of_entropy);
    let squared = [62.555_057_499_290_34, 93.026_184_246_011_78, 181.816_955_138_828_58, 335.636_763_452_415_6];
    let of_squared = [3_085.206_957_290_898, 3_178.233_141_536_91, 3_360.050_096_675_738_6, 3_695.686_860_128_154];
    let squared = [&squared[..], &[505.389_605_938_158_2, 1_728.808_430_844_066_6]].concat();
    let of_squared = [&of_squared[..], &[4_201.076_466_066_312, 5_929.884_896_910_378]].concat();
    check(Growth { depth: Some(3), ..Growth::default() }, &diabetes(), &squared, &of_squared);
    let growth = Growth { criterion: Criterion::Absolute, depth: Some(3), ..Growth::default() };
    let absolute = [1.162_895_927_601_809_4, 2.477_375_565_610_86, 4.493_212_669_683_256, 12.475_113_122_171_948];
    let of_absolute = [45.597_285_067_873_3, 48.074_660_633_484_16, 52.567_873_303_167_42, 65.042_986_425_339_36];
    check(growth, &diabetes(), &absolute, &of_absolute);
}

/// A tree pruned at a price is the tree of the path at that price.
#[test]
fn pruning_takes_the_tree_of_the_path() {
    for train in [wine(), diabetes()] {
        let path = DecisionTree::default().pruning_path(&train, &Fit::new()).unwrap();
        for step in 0..path.alphas.len() - 1 {
            let (one, two) = (path.alphas[step], path.alphas[step + 1]);
            if two - one <= 1e-9 * two {
                continue;
            }
            let model = DecisionTree { prune: f64::midpoint(one, two), ..DecisionTree::default() };
            assert_eq!(model.fit(&train).unwrap().trees()[0].leaves(), path.leaves[step]);
        }
    }
}

/// Values of `sklearn.ensemble._iforest._average_path_length`.
#[test]
fn average_paths_are_those_of_scikit_learn() {
    let expected = [0.0, 1.0, 1.207_392_357_589_623, 2.327_020_052_042_847, 10.244_770_920_119_917];
    for (rows, expected) in [1, 2, 3, 5, 256].into_iter().zip(expected) {
        assert!((isolation::average_path(rows) - expected).abs() < 1e-12);
    }
}

/// The impurity of some rows times their number, as its definition says.
fn cost(criterion: Criterion, target: &[f64]) -> f64 {
    let count = target.len() as f64;
    let shares = || (0..4).map(|class| target.iter().filter(|y| **y == f64::from(class)).count() as f64 / count);
    let mut sorted = target.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mean = target.iter().sum::<f64>() / count;
    match criterion {
        Criterion::Auto | Criterion::Gini => count * (1.0 - shares().map(|share| share * share).sum::<f64>()),
        Criterion::Entropy => -count * shares().filter(|s| *s > 0.0).map(|share| share * share.log2()).sum::<f64>(),
        Criterion::Squared => target.iter().map(|y| (y - mean) * (y - mean)).sum(),
        Criterion::Absolute => target.iter().map(|y| (y - sorted[sorted.len() / 2]).abs()).sum(),
    }
}

/// The least cost of a split on a column, missing values on either side.
fn least_cost(criterion: Criterion, columns: &[Vec<f64>], target: &[f64], min_rows: usize) -> f64 {
    let mut least = f64::INFINITY;
    for column in columns {
        for &cut in column.iter().chain(&[f64::MAX]).filter(|cut| !cut.is_nan()) {
            for missing_left in [false, true] {
                let left = |value: f64| if value.is_nan() { missing_left } else { value <= cut };
                let side = |wanted: bool| -> Vec<f64> {
                    let rows = column.iter().zip(target).filter(|(value, _)| left(**value) == wanted);
                    rows.map(|(_, y)| *y).collect()
                };
                let (one, two) = (side(true), side(false));
                if one.len() >= min_rows && two.len() >= min_rows {
                    least = least.min(cost(criterion, &one) + cost(criterion, &two));
                }
            }
        }
    }
    least
}

fn numbers_or_classes(criterion: Criterion, target: &[f64]) -> Target {
    match criterion {
        Criterion::Gini | Criterion::Entropy => {
            Target::Classes { codes: target.iter().map(|y| *y as u32).collect(), count: 4 }
        }
        _ => Target::Numbers(target.to_vec()),
    }
}

proptest! {
    #[test]
    fn the_root_split_is_the_best_of_all(
        rows in proptest::collection::vec((0_u8..6, 0_u8..6, 0_u8..4), 2..12),
        min_rows in 1_usize..3,
    ) {
        let value = |value: u8| if value == 5 { f64::NAN } else { f64::from(value) };
        let columns: Vec<Vec<f64>> =
            vec![rows.iter().map(|row| value(row.0)).collect(), rows.iter().map(|row| value(row.1)).collect()];
        let target: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
        let features = Features::new(rows.len(), ["a".to_owned(), "b".to_owned()].into(), columns.concat());
        for criterion in [Criterion::Gini, Criterion::Entropy, Criterion::Squared, Criterion::Absolute] {
            let train = Dataset::new(features.clone(), numbers_or_classes(criterion, &target));
            let growth = Growth { criterion, depth: Some(1), min_rows, ..Growth::default() };
            let model = tree(growth).fit(&train).unwrap();
            let least = least_cost(criterion, &columns, &target, min_rows);
            let all = cost(criterion, &target);
            let Some((_, gain, _)) = model.trees()[0].split_facts().next() else {
                prop_assert!(least.is_infinite() || all < 1e-12, "{criterion:?} {least}");
                continue;
            };
            let goal = Goal::of(&train, &Growth { criterion, ..Growth::default() }).unwrap();
            let found = all - goal.unscaled(gain) * rows.len() as f64;
            prop_assert!((found - least).abs() < 1e-6, "{criterion:?}: {found} {least}");
        }
    }

    #[test]
    fn the_subset_of_levels_is_the_best_of_all(
        rows in proptest::collection::vec((0_u32..5, 0_u8..2), 2..14),
    ) {
        let target: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
        let train = |target| Dataset::new(levels(rows.iter().map(|row| row.0).collect(), 5), target);
        for criterion in [Criterion::Gini, Criterion::Entropy, Criterion::Squared] {
            let target_of = match numbers_or_classes(criterion, &target) {
                Target::Classes { codes, .. } => Target::Classes { codes, count: 2 },
                numbers => numbers,
            };
            let model = tree(Growth { criterion, depth: Some(1), ..Growth::default() }).fit(&train(target_of)).unwrap();
            let mut least = f64::INFINITY;
            for set in 1..31_u32 {
                let side = |wanted: u32| -> Vec<f64> {
                    rows.iter().filter(|row| set >> row.0 & 1 == wanted).map(|row| f64::from(row.1)).collect()
                };
                if !side(0).is_empty() && !side(1).is_empty() {
                    least = least.min(cost(criterion, &side(0)) + cost(criterion, &side(1)));
                }
            }
            let outputs = model.predict(&levels((0..5).collect(), 5)).unwrap();
            let share = |level: u32| match &outputs {
                Outputs::Numbers(values) => values[level as usize],
                Outputs::Probabilities { values, .. } => values[level as usize * 2 + 1],
            };
            if model.trees()[0].splits() == 0 {
                prop_assert!(least.is_infinite() || cost(criterion, &target) < 1e-12);
                continue;
            }
            let first = share(rows[0].0);
            let side = |wanted: bool| -> Vec<f64> {
                rows.iter().filter(|row| (share(row.0) == first) == wanted).map(|row| f64::from(row.1)).collect()
            };
            let found = [true, false].map(side).iter().filter(|s| !s.is_empty()).map(|s| cost(criterion, s)).sum::<f64>();
            prop_assert!((found - least).abs() < 1e-9, "{criterion:?}: {found} {least}");
        }
    }
}

fn levels(codes: Vec<u32>, count: usize) -> Features {
    let names: Vec<String> = (0..count).map(|level| format!("level {level}")).collect();
    let rows = codes.len();
    let column = Column::Categories(Categories::new(codes.into(), names.into()));
    Features::from_columns(rows, ["level".to_owned()].into(), vec![column])
}

/// Rows with numbers, missing values and categories.
fn mixed(rows: usize) -> Features {
    let key = Key::new(7);
    let number = |row: u64| if row % 11 == 3 { f64::NAN } else { key.uniform(row) };
    let code = |row: u64| if row % 13 == 5 { Categories::MISSING } else { key.child("level").below(row, 20) as u32 };
    let all = || 0..rows as u64;
    let names: Vec<String> = (0..20).map(|level| level.to_string()).collect();
    let columns = vec![
        Column::Dense(all().map(number).collect::<Vec<_>>().into()),
        Column::Dense(all().map(|row| key.child("second").below(row, 9) as f64).collect::<Vec<_>>().into()),
        Column::Categories(Categories::new(all().map(code).collect::<Vec<_>>().into(), names.into())),
    ];
    Features::from_columns(rows, ["a".to_owned(), "b".to_owned(), "c".to_owned()].into(), columns)
}

fn targets(rows: usize) -> [Target; 3] {
    let key = Key::new(8);
    let codes = |count: u64| (0..rows as u64).map(|row| key.below(row, count) as u32).collect();
    [
        Target::Classes { codes: codes(2), count: 2 },
        Target::Classes { codes: codes(3), count: 4 },
        Target::Numbers((0..rows as u64).map(|row| key.uniform(row) * 3.0 - 1.0).collect()),
    ]
}

fn forests() -> Vec<Forest> {
    let few = Forest { trees: 7, out_of_bag: true, ..Forest::default() };
    vec![few.clone(), Forest { trees: 7, ..Forest::extra_trees() }, Forest { bootstrap: false, rows: 0.5, ..few }]
}

fn assert_sound(outputs: &Outputs) {
    assert!(outputs.values().iter().all(|value| value.is_finite()), "{outputs:?}");
    if let Outputs::Probabilities { values, classes } = outputs {
        assert!(values.chunks(*classes).all(|row| (row.iter().sum::<f64>() - 1.0).abs() < 1e-12));
    }
}

#[test]
fn threads_change_nothing_and_saved_models_are_the_fitted_ones() {
    for target in targets(300) {
        let train = Dataset::new(mixed(300), target);
        for forest in forests() {
            let model = on_any_threads(|| forest.fit(&train).unwrap());
            let saved: ForestModel = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
            assert_eq!(saved, model);
            saved.validate().unwrap();
            let outputs = on_any_threads(|| model.predict(&train.features).unwrap());
            assert_eq!(saved.predict(&train.features).unwrap(), outputs);
            assert_sound(&outputs);
        }
    }
}

#[test]
fn rows_in_another_order_give_the_same_tree() {
    let order = Key::new(3).permutation(300);
    for target in targets(300) {
        let train = Dataset::new(mixed(300), target);
        let model = DecisionTree::default().fit(&train).unwrap();
        assert_eq!(DecisionTree::default().fit(&train.take(&order)).unwrap(), model);
    }
    let growth = Growth { criterion: Criterion::Absolute, depth: Some(5), ..Growth::default() };
    let train = Dataset::new(mixed(300), targets(300)[2].clone());
    assert_eq!(tree(growth.clone()).fit(&train).unwrap(), tree(growth).fit(&train.take(&order)).unwrap());
}

#[test]
fn a_weight_of_two_is_the_row_twice() {
    let criteria = [Criterion::Auto, Criterion::Absolute];
    for (index, target) in targets(100).into_iter().enumerate() {
        for criterion in if index == 2 { &criteria[..] } else { &criteria[..1] } {
            let plain = Dataset::new(mixed(100), target.clone());
            let weights: Vec<f64> = (0..100).map(|row| f64::from(1 + u8::from(row % 3 == 0))).collect();
            let twice: Vec<u32> = (0..100_u32).flat_map(|row| vec![row; weights[row as usize] as usize]).collect();
            let weighted = plain.clone().with_weights(weights).unwrap();
            let learner = tree(Growth { criterion: *criterion, depth: Some(6), ..Growth::default() });
            let (one, two) = (learner.fit(&weighted).unwrap(), learner.fit(&plain.take(&twice)).unwrap());
            assert_eq!(splits(&one.trees()[0]), splits(&two.trees()[0]));
            let (one, two) = (one.predict(&plain.features).unwrap(), two.predict(&plain.features).unwrap());
            assert!(one.values().iter().zip(two.values()).all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }
}

#[test]
fn odd_weights_are_learned_from() {
    let weights: Vec<f64> = (0..300).map(|row| 0.1 + Key::new(4).uniform(row)).collect();
    for target in targets(300) {
        let train = Dataset::new(mixed(300), target).with_weights(weights.clone()).unwrap();
        for learner in forests() {
            assert_sound(&learner.fit(&train).unwrap().predict(&train.features).unwrap());
        }
        // Every row is told apart, whatever it weighs.
        let places: Vec<f64> = (0..300).map(f64::from).collect();
        let apart = Features::new(300, ["place".to_owned()].into(), places);
        let apart = Dataset::new(apart, train.labels.clone());
        let outputs = DecisionTree::default().fit(&apart).unwrap().predict(&apart.features).unwrap();
        if let Target::Numbers(values) = apart.target() {
            assert_eq!(outputs.values(), values);
        }
    }
}

#[test]
fn odd_tables_have_right_answers() {
    let one_class = Target::Classes { codes: vec![1; 20], count: 2 };
    let model = Forest::default().fit(&Dataset::new(mixed(20), one_class)).unwrap();
    assert_eq!(model.predict(&mixed(20)).unwrap().values(), [0.0, 1.0].repeat(20));
    let single = Target::Classes { codes: vec![0; 20], count: 1 };
    let model = DecisionTree::default().fit(&Dataset::new(mixed(20), single)).unwrap();
    assert_eq!(model.predict(&mixed(20)).unwrap().values(), [1.0; 20]);
    for value in [5.0, f64::NAN] {
        let names = ["constant".to_owned()].into();
        let features = Features::new(4, names, vec![value; 4]);
        let train = Dataset::new(features, Target::Numbers(vec![1.0, 2.0, 3.0, 6.0]));
        let model = DecisionTree::default().fit(&train).unwrap();
        assert_eq!(model.predict(&train.features).unwrap().values(), [3.0; 4]);
        for forest in forests() {
            assert_sound(&forest.fit(&train).unwrap().predict(&train.features).unwrap());
        }
    }
    let none = Features::new(2, Vec::new().into(), Vec::new());
    let train = Dataset::new(none, Target::Numbers(vec![1.0, 2.0]));
    assert_eq!(DecisionTree::default().fit(&train).unwrap().predict(&train.features).unwrap().values(), [1.5; 2]);
}

#[test]
fn more_columns_than_rows_and_all_scales() {
    let names: Vec<String> = (0..50).map(|column| column.to_string()).collect();
    for scale in [1e150, 1e300, 1.7e308, 1.0, 1e-150, 1e-310] {
        let values = (0..500).map(|place| (Key::new(1).uniform(place) - 0.5) * 2.0 * scale).collect();
        let features = Features::new(10, names.clone().into(), values);
        let target: Vec<f64> = (0..10).map(|row| (Key::new(2).uniform(row) - 0.5) * 2.0 * scale).collect();
        let train = Dataset::new(features, Target::Numbers(target.clone()));
        for criterion in [Criterion::Squared, Criterion::Absolute] {
            let model = tree(Growth { criterion, ..Growth::default() }).fit(&train).unwrap();
            assert_eq!(model.predict(&train.features).unwrap().values(), target, "{scale}");
            let Summary::Importance(importance) = model.summary() else { unreachable!("trees") };
            assert!((importance.gain.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        }
        for forest in forests() {
            assert_sound(&forest.fit(&train).unwrap().predict(&train.features).unwrap());
        }
    }
}

#[test]
fn new_levels_and_missing_values_go_with_most_rows() {
    let target = Target::Numbers(vec![1.0, 1.0, 1.0, 9.0]);
    let model = DecisionTree::default().fit(&Dataset::new(levels(vec![0, 0, 1, 2], 3), target.clone())).unwrap();
    let column = |codes: Vec<u32>, names: [&str; 3]| {
        let names: Vec<String> = names.map(str::to_owned).to_vec();
        let column = Column::Categories(Categories::new(codes.into(), names.into()));
        Features::from_columns(4, ["level".to_owned()].into(), vec![column])
    };
    let rows = column(vec![0, 1, 2, Categories::MISSING], ["new", "level 2", "level 0"]);
    assert_eq!(model.predict(&rows).unwrap().values(), [1.0, 9.0, 1.0, 1.0]);
    let features = Features::from_rows(["x"], &[[1.0], [2.0], [3.0], [7.0]]);
    let model = DecisionTree::default().fit(&Dataset::new(features, target)).unwrap();
    assert_eq!(model.predict(&Features::from_rows(["x"], &[[f64::NAN], [5.1]])).unwrap().values(), [1.0, 9.0]);
}

#[test]
fn ten_thousand_categories_are_learned_from() {
    let codes: Vec<u32> = (0..20_000).map(|row| row % 10_000).collect();
    let target = codes.iter().map(|code| u32::from(code % 7 == 0)).collect::<Vec<u32>>();
    let features = levels(codes, 10_000);
    let train = Dataset::new(features, Target::Classes { codes: target.clone(), count: 2 });
    let model = DecisionTree::default().fit(&train).unwrap();
    assert_eq!((model.trees()[0].leaves(), model.predict(&train.features).unwrap().labels()), (2, target));
    let forest = Forest { trees: 3, ..Forest::default() };
    assert_sound(&forest.fit(&train).unwrap().predict(&train.features).unwrap());
}

#[test]
fn out_of_bag_scores_are_honest() {
    let train = iris();
    let (model, apart) = Forest::default().fit_out_of_bag(&train, &Fit::new()).unwrap();
    assert_eq!(apart.rows.len(), 150);
    assert_sound(&apart.outputs);
    let score = model.out_of_bag_score().unwrap();
    assert!((0.92..0.98).contains(&score), "{score}");
    let score = Forest { out_of_bag: true, ..Forest::default() }.fit(&diabetes()).unwrap().out_of_bag_score();
    assert!(score.is_some_and(|score| (0.38..0.5).contains(&score)), "{score:?}");
    let score = Forest { out_of_bag: true, ..Forest::extra_trees() }.fit(&train).unwrap().out_of_bag_score();
    assert_eq!(score, None);
    // Noise is not predicted.
    let noise = Dataset::new(mixed(300), targets(300)[2].clone());
    let score = Forest { out_of_bag: true, ..Forest::default() }.fit(&noise).unwrap().out_of_bag_score();
    assert!(score.is_some_and(|score| score < 0.05), "{score:?}");
}

#[test]
fn isolation_forests_find_what_is_far() {
    let mut rows: Vec<[f64; 2]> = (0..300).map(|row| [Key::new(1).uniform(row), Key::new(2).uniform(row)]).collect();
    rows.extend([[5.0, 0.5], [0.5, -5.0]]);
    let features = Features::from_rows(["x", "y"], &rows);
    let model = on_any_threads(|| IsolationForest::default().fit(&features, Key::new(0), &NoProgress).unwrap());
    model.validate().unwrap();
    let scores = on_any_threads(|| model.scores(&features).unwrap());
    let inner = scores[..300].iter().copied().fold(0.0, f64::max);
    assert!(scores[300] > inner && scores[301] > inner, "{inner} {:?}", &scores[300..]);
    let saved: IsolationModel = serde_json::from_str(&serde_json::to_string(&model).unwrap()).unwrap();
    assert_eq!(saved, model);
    for features in [mixed(50), Features::new(3, ["x".to_owned()].into(), vec![f64::NAN; 3]), levels(vec![0; 9], 4)] {
        let model = IsolationForest::default().fit(&features, Key::new(0), &NoProgress).unwrap();
        assert!(model.scores(&features).unwrap().iter().all(|score| (0.0..=1.0).contains(score)));
    }
    let one = Features::new(1, ["x".to_owned()].into(), vec![1.0]);
    let failure = IsolationForest::default().fit(&one, Key::new(0), &NoProgress).unwrap_err();
    assert_eq!(failure.code, code::TOO_FEW_ROWS);
}

#[test]
fn what_cannot_be_learned_is_refused() {
    let train = iris();
    let code_of = |learner: DecisionTree| learner.fit(&train).unwrap_err().code;
    let growth = Growth::default();
    assert_eq!(code_of(tree(Growth { criterion: Criterion::Squared, ..growth.clone() })), code::WRONG_TASK);
    assert_eq!(code_of(tree(Growth { columns: Columns::Share(0.0), ..growth.clone() })), code::BAD_VALUE);
    assert_eq!(code_of(tree(Growth { leaves: Some(0), ..growth })), code::BAD_VALUE);
    assert_eq!(code_of(DecisionTree { prune: f64::NAN, ..DecisionTree::default() }), code::BAD_VALUE);
    assert_eq!(Forest { trees: 0, ..Forest::default() }.fit(&train).unwrap_err().code, code::BAD_VALUE);
    let none = DecisionTree::default().fit(&train.take(&[])).unwrap_err();
    assert_eq!(none.code, code::TOO_FEW_ROWS);
    let infinite = Dataset::new(Features::from_rows(["x"], &[[1.0]]), Target::Numbers(vec![f64::INFINITY]));
    assert_eq!(DecisionTree::default().fit(&infinite).unwrap_err().code, code::VALUE_OUT_OF_RANGE);
}

#[test]
fn hostile_files_are_refused() {
    let train = iris();
    let model = serde_json::to_value(DecisionTree::default().fit(&train).unwrap()).unwrap();
    let changed = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut model = model.clone();
        change(&mut model);
        serde_json::from_value::<ForestModel>(model).map_err(|_| ()).and_then(|model| model.validate().map_err(|_| ()))
    };
    assert!(changed(&|_| ()).is_ok());
    assert!(changed(&|model| model["shares"] = serde_json::json!([])).is_err());
    assert!(changed(&|model| model["shares"][0][0] = serde_json::json!(2.0)).is_err());
    assert!(changed(&|model| model["classes"] = serde_json::json!(0)).is_err());
    assert!(changed(&|model| model["classes"] = serde_json::json!(u64::MAX)).is_err());
    assert!(changed(&|model| model["trees"] = serde_json::json!([])).is_err());
    assert!(changed(&|model| model["more"] = serde_json::json!(1)).is_err());
    assert!(changed(&|model| model["trees"][0]["left"][0] = serde_json::json!(0)).is_err());
}

#[test]
fn forests_ignore_no_cancellation() {
    #[derive(Debug)]
    struct Cancelled;
    impl crate::Progress for Cancelled {
        fn cancelled(&self) -> bool {
            true
        }
    }
    let failure = Forest::default().fit_with(&iris(), &Fit::new().progress(&Cancelled)).unwrap_err();
    assert_eq!(failure.code, code::CANCELLED);
}

/// The definition of Meinshausen (2006), equation 6: the weights of all training rows, summed up to the level.
#[test]
fn quantiles_of_leaves_are_those_of_the_definition() {
    let plain = diabetes();
    let Target::Numbers(targets) = plain.target().clone() else { unreachable!("numbers") };
    let weights: Vec<f64> = (0..plain.rows()).map(|row| [1.0, 2.0, 0.5][row % 3]).collect();
    let forest = Forest {
        trees: 7,
        growth: Growth { min_rows: 5, ..Growth::default() },
        random_thresholds: true,
        ..Forest::default()
    };
    for (train, weights) in
        [(plain.clone(), vec![1.0; plain.rows()]), (plain.clone().with_weights(weights.clone()).unwrap(), weights)]
    {
        let model = forest.fit_quantiles(&train, &Fit::new()).unwrap();
        assert_eq!(*model.forest(), forest.fit(&train).unwrap());
        let ends = model.forest().leaves_of(&train.features);
        let ends: Vec<&[u32]> = ends.chunks(forest.trees).collect();
        let levels = [0.0, 0.05, 0.37, 0.5, 0.9, 1.0];
        let found = model.quantiles(&train.features, &levels).unwrap();
        let mut order: Vec<usize> = (0..train.rows()).collect();
        order.sort_by(|&one, &two| targets[one].total_cmp(&targets[two]));
        for row in 0..train.rows() {
            let leaf_weight = |tree: usize| -> f64 {
                (0..train.rows())
                    .filter(|&other| ends[other][tree] == ends[row][tree])
                    .map(|other| weights[other])
                    .sum()
            };
            let sums: Vec<f64> = (0..forest.trees).map(leaf_weight).collect();
            let weight = |other: usize| -> f64 {
                let shared = (0..forest.trees).filter(|&tree| ends[other][tree] == ends[row][tree]);
                shared.map(|tree| weights[other] / sums[tree]).sum::<f64>() / forest.trees as f64
            };
            for (found, level) in found.iter().zip(levels) {
                let mut reached = 0.0;
                let mut with_weight = order.iter().filter(|&&other| weight(other) > 0.0);
                let wanted = with_weight.find(|&&other| {
                    reached += weight(other);
                    reached >= level - 1e-9
                });
                assert_eq!(found[row], targets[*wanted.unwrap()], "row {row}, level {level}");
            }
        }
        on_any_threads(|| {
            forest.fit_quantiles(&train, &Fit::new()).unwrap().quantiles(&train.features, &levels).unwrap()
        });
    }
}

#[test]
fn quantiles_of_forests_refuse_what_has_none() {
    let code_of = |result: Result<QuantileForestModel, Failure>| result.unwrap_err().code;
    let forest = Forest { trees: 2, ..Forest::default() };
    assert_eq!(code_of(forest.fit_quantiles(&iris(), &Fit::new())), code::WRONG_TASK);
    let train = diabetes();
    let model = forest.fit_quantiles(&train, &Fit::new()).unwrap();
    for level in [-0.1, 1.1, f64::NAN] {
        assert_eq!(model.quantiles(&train.features, &[level]).unwrap_err().code, code::BAD_VALUE);
    }
    assert_eq!(model.quantiles(&iris().features, &[0.5]).unwrap_err().code, code::WRONG_WIDTH);
}
