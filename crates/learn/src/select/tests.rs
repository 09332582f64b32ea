//! Selection among columns of known relevance.

use super::*;
use crate::data::Target;
use crate::threads::on_any_threads;
use crate::{Transform, Transformer};
use pipewright_diagnostic::code;
use pipewright_world::random::Key;
use proptest::prelude::*;

fn features(columns: &[Vec<f64>]) -> Features {
    let names: Vec<String> = (0..columns.len()).map(|index| format!("x{index}")).collect();
    Features::new(columns.first().map_or(0, Vec::len), names.into(), columns.concat())
}

fn noise(rows: usize, stream: u64) -> Vec<f64> {
    (0..rows).map(|row| Key::new(5).index(stream).uniform(row as u64) - 0.5).collect()
}

/// Columns 1 and 3 of six say what the target is, the others nothing.
fn example(rows: usize) -> (Features, Vec<f64>) {
    let columns: Vec<Vec<f64>> = (0..6).map(|stream| noise(rows, stream)).collect();
    let target = (0..rows).map(|row| 2.0 * columns[1][row] - 1.5 * columns[3][row] + 0.1 * columns[5][row]).collect();
    (features(&columns), target)
}

fn classes(numbers: &[f64]) -> Target {
    let codes = numbers.iter().map(|number| u32::from(*number > -0.4) + u32::from(*number > 0.4)).collect();
    Target::Classes { codes, count: 3 }
}

fn fit<T: Transformer>(config: &T, features: &Features, target: &Target) -> T::Transform {
    config.fit(features, Some(target), Key::new(0)).unwrap()
}

#[test]
fn every_way_finds_what_says_something() {
    let (features, numbers) = example(150);
    for target in [Target::Numbers(numbers.clone()), classes(&numbers)] {
        for score in [Score::F, Score::Information, Score::L1] {
            assert_eq!(fit(&Best { score, count: 2 }, &features, &target).kept(), [1, 3], "{score:?}");
        }
        assert_eq!(fit(&Eliminate::to(2), &features, &target).kept(), [1, 3]);
        let validated = fit(&Eliminate::validated(), &features, &target);
        assert!(validated.kept().contains(&1) && validated.kept().contains(&3));
        for direction in [Direction::Forward, Direction::Backward] {
            assert_eq!(fit(&Sequential { count: 2, direction }, &features, &target).kept(), [1, 3], "{direction:?}");
        }
    }
}

#[test]
fn counts_that_follow_the_class_have_the_largest_chi2() {
    let counts = features(&[vec![1.0, 1.0, 1.0, 1.0], vec![5.0, 4.0, 0.0, 1.0], vec![0.0; 4]]);
    let target = Target::Classes { codes: vec![0, 0, 2, 2], count: 3 };
    let choice = fit(&Best { score: Score::Chi2, count: 1 }, &counts, &target);
    assert_eq!((choice.kept(), choice.scores()), (&[1][..], &[0.0, 6.4, 0.0][..]));
}

#[test]
fn constant_and_repeated_columns_say_nothing() {
    let first = noise(20, 1);
    let columns = [vec![3.0; 20], first.clone(), first.iter().map(|x| 1.0 - 2.0 * x).collect(), noise(20, 2)];
    let features = features(&columns);
    let target = Target::Numbers(first);
    assert_eq!(fit(&Variance { above: 0.0 }, &features, &target).kept(), [1, 2, 3]);
    assert_eq!(fit(&Correlated { above: 0.95 }, &features, &target).kept(), [0, 1, 3]);
    let f = fit(&Best { score: Score::F, count: 4 }, &features, &target);
    assert!(f.scores()[0] == 0.0 && f.scores()[1] > 1e12 && f.kept().len() == 4);
    let l1 = fit(&Best { score: Score::L1, count: 4 }, &features, &target);
    assert!(!l1.kept().contains(&0), "a column without a coefficient does not stay");
}

/// More columns than a block of products has.
#[test]
fn correlations_are_found_across_blocks() {
    let mut columns: Vec<Vec<f64>> = (0..150).map(|stream| noise(40, stream)).collect();
    columns[140] = columns[2].iter().map(|x| 3.0 * x).collect();
    let choice = fit(&Correlated { above: 0.9 }, &features(&columns), &Target::Numbers(noise(40, 999)));
    assert!(!choice.kept().contains(&140) && choice.kept().len() == 149);
    assert!((choice.scores()[140] - 1.0).abs() < 1e-12);
}

#[test]
fn what_cannot_be_judged_is_refused() {
    let (features, numbers) = example(30);
    let target = Target::Numbers(numbers);
    let one_class = Target::Classes { codes: vec![1; 30], count: 2 };
    let refusal = |score: Score, features: &Features, target: Option<&Target>| {
        Best { score, count: 2 }.fit(features, target, Key::new(0)).unwrap_err().code
    };
    assert_eq!(refusal(Score::F, &features, None), code::NO_TARGET);
    assert_eq!(refusal(Score::F, &features, Some(&one_class)), code::ONE_CLASS);
    assert_eq!(refusal(Score::Chi2, &features, Some(&target)), code::WRONG_TASK);
    let few = features.take(&[0, 1]);
    assert_eq!(refusal(Score::F, &few, Some(&target.take(&[0, 1]))), code::TOO_FEW_ROWS);
    assert_eq!(refusal(Score::Information, &few, Some(&target.take(&[0, 1]))), code::TOO_FEW_ROWS);
    let codes = Target::Classes { codes: (0..30).map(|row| row % 2).collect(), count: 2 };
    let failure = Best { score: Score::Chi2, count: 2 }.fit(&features, Some(&codes), Key::new(0)).unwrap_err();
    assert_eq!((failure.code, failure.place.row.is_some()), (code::VALUE_OUT_OF_RANGE, true));
    assert_eq!(Eliminate::to(2).fit(&features, None, Key::new(0)).unwrap_err().code, code::NO_TARGET);
    let sequential = Sequential { count: 1, direction: Direction::Forward };
    let failure = sequential.fit(&few, Some(&target.take(&[0, 1])), Key::new(0)).unwrap_err();
    assert_eq!(failure.code, code::TOO_FEW_ROWS);
}

#[test]
fn hostile_files_are_refused() {
    let choice = Choice::best(vec![1.0, 3.0, 2.0], 2);
    let text = serde_json::to_string(&choice).unwrap();
    assert_eq!(serde_json::from_str::<Choice>(&text).unwrap(), choice);
    for kept in ["[2,1]", "[1,3]", "[1,1]"] {
        let read: Choice = serde_json::from_str(&text.replace("[1,2]", kept)).unwrap();
        assert_eq!(read.validate().unwrap_err().code, code::BAD_BUNDLE, "{kept}");
    }
}

#[test]
fn any_number_of_threads_chooses_the_same() {
    let (features, numbers) = example(80);
    on_any_threads(|| {
        let of = |score| fit(&Best { score, count: 3 }, &features, &classes(&numbers));
        [
            of(Score::F),
            of(Score::Information),
            of(Score::L1),
            fit(&Eliminate::validated(), &features, &classes(&numbers)),
        ]
    });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Mutual information does not depend on the order of rows, nor on the unit of a column.
    #[test]
    fn information_is_of_the_set_of_rows(rows in 8_usize..60, seed in 0_u64..1000, scale in 0.1_f64..10.0) {
        let columns = [noise(rows, seed), noise(rows, seed + 1)];
        let numbers: Vec<f64> = columns[0].iter().zip(noise(rows, seed + 2)).map(|(x, e)| x + 0.3 * e).collect();
        let of = |columns: &[Vec<f64>], target: &Target| {
            information(&features(columns), target, &[false, false], 3, None).unwrap()
        };
        let order = Key::new(seed).permutation(rows);
        let shuffled: Vec<Vec<f64>> = columns.iter().map(|column| order.iter().map(|&row| column[row as usize]).collect()).collect();
        let scaled: Vec<Vec<f64>> = columns.iter().map(|column| column.iter().map(|x| x * scale).collect()).collect();
        for target in [Target::Numbers(numbers.clone()), classes(&numbers)] {
            let (found, again, other) = (of(&columns, &target), of(&shuffled, &target.take(&order)), of(&scaled, &target));
            for ((found, again), other) in found.iter().zip(&again).zip(&other) {
                prop_assert!((found - again).abs() < 1e-12 && (found - other).abs() < 0.05 && *found >= 0.0);
            }
        }
    }
}
