//! Shapley values against their definition, closed forms and each other.

#![allow(clippy::unwrap_used)] // All of this file is tests.

mod common;

use common::{assert_near, function, mixed, numbers, on_any_threads};
use pipewright_diagnostic::code;
use pipewright_explain::{Attributions, Explainer, Failure, Numbers, Players, Shapley, linear};
use pipewright_learn::boost::Gbdt;
use pipewright_learn::linear::Linear;
use pipewright_learn::{Dataset, Features, Key, Learner, Model, Summary, Target};
use pipewright_table::testing::table;
use pipewright_table::{Role, Table};
use proptest::prelude::*;

const METHODS: [Shapley; 4] =
    [Shapley::Auto, Shapley::Exact, Shapley::Kernel { coalitions: 1 << 12 }, Shapley::Permutation { permutations: 1 }];

fn explained(of: impl Fn(&[f64]) -> f64 + Sync, background: &Features, rows: &Features, how: Shapley) -> Attributions {
    Explainer::new(function(of), background).shapley(rows, how).unwrap()
}

/// Golden values: products are shared evenly, and the maximum of 3 and 1 over a baseline of 0 is 2.5 and 0.5.
#[test]
fn small_games_have_the_known_values() {
    let pair = Features::from_rows(["a", "b"], &[[1.0, 1.0]]);
    let zeros = Features::from_rows(["a", "b"], &[[0.0, 0.0]]);
    let triple = Features::from_rows(["a", "b", "c"], &[[1.0, 1.0, 1.0]]);
    let three = Features::from_rows(["a", "b"], &[[3.0, 1.0]]);
    for how in METHODS {
        assert_near(explained(|x| x[0] * x[1], &zeros, &pair, how).of(0, 0), &[0.5, 0.5], 1e-12);
        assert_near(explained(|x| x[0].max(x[1]), &zeros, &three, how).of(0, 0), &[2.5, 0.5], 1e-12);
    }
    let none = Features::from_rows(["a", "b", "c"], &[[0.0; 3]]);
    for how in [Shapley::Exact, Shapley::Kernel { coalitions: 6 }] {
        assert_near(explained(|x| x[0] * x[1] * x[2], &none, &triple, how).of(0, 0), &[1.0 / 3.0; 3], 1e-12);
    }
}

/// The definition: the mean over all orders of what a player adds to those before it.
fn by_orders(of: &impl Fn(&[f64]) -> f64, background: &Features, row: &[f64]) -> Vec<f64> {
    let players = row.len();
    let value = |is_in: &[bool]| {
        let hybrid = |member: usize| {
            let from = |player: usize| if is_in[player] { row[player] } else { background.column(player)[member] };
            of(&(0..players).map(from).collect::<Vec<f64>>())
        };
        (0..background.rows()).map(hybrid).sum::<f64>() / background.rows() as f64
    };
    let mut sums = vec![0.0; players];
    let mut orders = 0.0;
    let mut order: Vec<usize> = (0..players).collect();
    // Heap's algorithm.
    let mut counters = vec![0; players];
    let mut visit = |order: &[usize]| {
        let mut is_in = vec![false; players];
        for &player in order {
            let before = value(&is_in);
            is_in[player] = true;
            sums[player] += value(&is_in) - before;
        }
        orders += 1.0;
    };
    visit(&order);
    let mut place = 0;
    while place < players {
        if counters[place] < place {
            order.swap(place, if place.is_multiple_of(2) { 0 } else { counters[place] });
            visit(&order);
            counters[place] += 1;
            place = 0;
        } else {
            counters[place] = 0;
            place += 1;
        }
    }
    sums.into_iter().map(|sum| sum / orders).collect()
}

fn wild(x: &[f64]) -> f64 {
    (x[0] + 2.0 * x[1] * x[2]).sin() + x.iter().skip(3).product::<f64>() * x[0].exp() + f64::from(u8::from(x[1] > 0.1))
}

#[test]
fn exact_values_are_those_of_all_orders() {
    let (background, rows) = (numbers(7, 5, 1), numbers(3, 5, 2));
    let exact = explained(wild, &background, &rows, Shapley::Exact);
    for row in 0..3 {
        let values: Vec<f64> = (0..5).map(|column| rows.column(column)[row]).collect();
        assert_near(exact.of(row, 0), &by_orders(&wild, &background, &values), 1e-12);
        assert!((exact.total(row, 0) - wild(&values)).abs() < 1e-12);
    }
}

#[test]
fn the_kernel_is_exact_with_all_coalitions_up_to_12_players() {
    for players in [1, 2, 3, 5, 8, 12] {
        let (background, rows) = (numbers(3, players, 3), numbers(2, players, 4));
        let of = |x: &[f64]| {
            x.iter().enumerate().map(|(i, x)| x.powi(i as i32 % 3 + 1)).sum::<f64>() + x[0] * x[players - 1]
        };
        let exact = explained(of, &background, &rows, Shapley::Exact);
        let kernel = explained(of, &background, &rows, Shapley::Kernel { coalitions: 1 << players.max(2) });
        for row in 0..2 {
            assert_near(kernel.of(row, 0), exact.of(row, 0), 1e-8);
            assert_eq!(kernel.base(row, 0), exact.base(row, 0));
        }
    }
}

#[test]
fn sampled_values_add_up_and_come_close() {
    let (background, rows) = (numbers(5, 10, 5), numbers(1, 10, 6));
    let exact = explained(wild, &background, &rows, Shapley::Exact);
    let spread = exact.of(0, 0).iter().map(|value| value.abs()).fold(0.0, f64::max);
    let kernel = explained(wild, &background, &rows, Shapley::Kernel { coalitions: 600 });
    let permuted = explained(wild, &background, &rows, Shapley::Permutation { permutations: 100 });
    for found in [&kernel, &permuted] {
        assert!((found.total(0, 0) - exact.total(0, 0)).abs() < 1e-10);
        assert_near(found.of(0, 0), exact.of(0, 0), 0.1 * spread);
    }
    // Of ten values, at most one is expected to be 3 standard errors off once in 37 runs.
    let errors = permuted.errors(0, 0).unwrap();
    let far =
        |player: &usize| (permuted.of(0, 0)[*player] - exact.of(0, 0)[*player]).abs() > 3.5 * errors[*player] + 1e-9;
    assert_eq!((0..10).filter(far).count(), 0);
    assert!(kernel.errors(0, 0).is_none());
}

#[test]
fn one_order_and_its_reverse_are_exact_for_pairs() {
    let of = |x: &[f64]| x[0] * x[1] - 3.0 * x[2] * x[3] + x[4].powi(3) + x[0] * x[4];
    let (background, rows) = (numbers(4, 5, 7), numbers(3, 5, 8));
    let exact = explained(of, &background, &rows, Shapley::Exact);
    let permuted = explained(of, &background, &rows, Shapley::Permutation { permutations: 1 });
    (0..3).for_each(|row| assert_near(permuted.of(row, 0), exact.of(row, 0), 1e-12));
}

#[test]
fn linear_functions_have_a_closed_form() {
    let rows = numbers(40, 4, 9);
    let target = (0..40).map(|row| 2.0 * rows.column(0)[row] - rows.column(2)[row] + 0.1 * (row % 3) as f64).collect();
    let model = Linear::default().fit(&Dataset::new(rows.clone(), Target::Numbers(target))).unwrap();
    let Summary::Coefficients(functions) = model.summary() else { panic!("a linear model") };
    let closed = linear(&functions, &rows, &rows).unwrap();
    for how in METHODS {
        let found = Explainer::new(|rows: &Features| model.predict(rows), &rows).shapley(&rows, how).unwrap();
        for row in 0..40 {
            assert_near(found.of(row, 0), closed.of(row, 0), 1e-10);
            assert!((found.base(row, 0) - closed.base(row, 0)).abs() < 1e-12);
        }
    }
    let other = Features::from_rows(["x0"], &[[1.0]]);
    assert_eq!(linear(&functions, &other, &rows).unwrap_err().code, code::WRONG_WIDTH);
}

#[test]
fn interaction_values_sum_to_shapley_values() {
    let (background, rows) = (numbers(5, 4, 10), numbers(2, 4, 11));
    let explainer = Explainer::new(function(wild), &background);
    let (values, pairs) = (explainer.shapley(&rows, Shapley::Exact).unwrap(), explainer.interactions(&rows).unwrap());
    for row in 0..2 {
        let sums: Vec<f64> = pairs.of(row, 0).chunks(4).map(|row| row.iter().sum()).collect();
        assert_near(&sums, values.of(row, 0), 1e-12);
    }
    // Of a·b + c, each of a and b holds half of the interaction, and c has none.
    let zeros = Features::from_rows(["a", "b", "c"], &[[0.0; 3]]);
    let product = Explainer::new(function(|x| x[0] * x[1] + x[2]), &zeros);
    let found = product.interactions(&Features::from_rows(["a", "b", "c"], &[[1.0, 1.0, 2.0]])).unwrap();
    assert_near(found.of(0, 0), &[0.0, 0.5, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 2.0], 1e-12);
}

#[test]
fn a_group_is_one_player() {
    let (background, rows) = (numbers(6, 4, 12), numbers(2, 4, 13));
    let players = Players::each(&background).group("both", &["x1", "x3"]).unwrap();
    let found = Explainer::new(function(wild), &background).players(players).shapley(&rows, Shapley::Exact).unwrap();
    assert_eq!(found.names(), ["x0", "both", "x2"]);
    // The same game with the pair in one place: a function of x0, the number of a row, and x2.
    let (from, to) = (&background, &rows);
    let both = |x: &[f64]| {
        let (of, row) = if x[1] < 0.0 { (from, (-x[1]) as usize - 1) } else { (to, x[1] as usize) };
        wild(&[x[0], of.column(1)[row], x[2], of.column(3)[row]])
    };
    let with_place = |of: &Features, place: &dyn Fn(usize) -> f64| {
        let rows: Vec<[f64; 3]> =
            (0..of.rows()).map(|row| [of.column(0)[row], place(row), of.column(2)[row]]).collect();
        Features::from_rows(["x0", "place", "x2"], &rows)
    };
    let known = with_place(&background, &|row| -(row as f64) - 1.0);
    let asked = with_place(&rows, &|row| row as f64);
    let expected = explained(both, &known, &asked, Shapley::Exact);
    (0..2).for_each(|row| assert_near(found.of(row, 0), expected.of(row, 0), 1e-12));
}

#[test]
fn columns_of_no_player_stay_those_of_the_row() {
    let (background, rows) = (numbers(6, 3, 14), numbers(2, 3, 15));
    let players = Players::each(&background).only(&["x0", "x2"]).unwrap();
    let found = Explainer::new(function(|x| x[0] * x[1] + x[2]), &background).players(players);
    let found = found.shapley(&rows, Shapley::Exact).unwrap();
    for row in 0..2 {
        let mean = |column: usize| background.column(column).iter().sum::<f64>() / 6.0;
        let x = |column: usize| rows.column(column)[row];
        assert_near(found.of(row, 0), &[x(1) * (x(0) - mean(0)), x(2) - mean(2)], 1e-12);
        assert!((found.base(row, 0) - (x(1) * mean(0) + mean(2))).abs() < 1e-12);
    }
}

#[test]
fn all_classes_are_explained_and_their_contributions_cancel() {
    let rows = numbers(120, 4, 16);
    let codes = (0..120).map(|row| (1.5 + 1.5 * rows.column(0)[row].signum() * rows.column(1)[row].abs()) as u32);
    let train = Dataset::new(rows.clone(), Target::Classes { codes: codes.collect(), count: 3 });
    let model = Gbdt::with_trees(10).fit(&train).unwrap();
    let few = rows.take(&[3, 50]);
    let explainer = Explainer::new(|rows: &Features| model.predict(rows), &rows);
    let found = on_any_threads(|| explainer.shapley(&few, Shapley::Auto).unwrap());
    let predicted = model.predict(&few).unwrap();
    for row in 0..2 {
        for class in 0..3 {
            assert!((found.total(row, class) - predicted.values()[3 * row + class]).abs() < 1e-6);
        }
        let sum = |player: usize| (0..3).map(|class| found.of(row, class)[player]).sum::<f64>();
        (0..4).for_each(|player| assert!(sum(player).abs() < 1e-12));
    }
}

/// A pipeline that encodes: the text is one column, whatever is made of it.
#[test]
fn source_columns_of_tables_are_explained() {
    let rows = table("city,size,price\nOslo,1,5\nRome,2,4\nOslo,3,7\nBern,4,9\n,5,1\n");
    let rows = rows.with_role("price", Role::Target).unwrap();
    let pipeline = |rows: &Table| {
        let size = rows.numbers(&["size".into()])?;
        let cities = rows.codes("city", &["Bern".into(), "Oslo".into(), "Rome".into()])?;
        let price = |city: Option<u32>| city.map_or(-1.0, |city| [10.0, 20.0, 40.0][city as usize]);
        Ok::<_, Failure>(Numbers::new(size.iter().zip(cities).map(|(size, city)| price(city) * size).collect(), 1))
    };
    let found = Explainer::new(pipeline, &rows).shapley(&rows, Shapley::Exact).unwrap();
    assert_eq!(found.names(), ["city", "size"]);
    // For a product: φ of one = (a + mean a)/2-weighted differences.
    let (city, size) = ([20.0, 40.0, 20.0, 10.0, -1.0], [1.0, 2.0, 3.0, 4.0, 5.0]);
    let (means, pairs) = ((89.0 / 5.0, 3.0), city.iter().zip(size).map(|(c, s)| c * s).sum::<f64>() / 5.0);
    for row in 0..5 {
        let (c, s) = (city[row], size[row]);
        let first = ((c * means.1 - pairs) + (c * s - means.0 * s)) / 2.0;
        let second = ((means.0 * s - pairs) + (c * s - c * means.1)) / 2.0;
        assert_near(found.of(row, 0), &[first, second], 1e-12);
    }
}

#[test]
fn missing_values_and_categories_are_taken_from_rows() {
    let train = mixed(300, 1);
    let model = Gbdt::with_trees(20).fit(&train).unwrap();
    let (background, few) = (train.features.take(&[0, 1, 2, 3, 4, 5, 6, 7]), train.features.take(&[20, 21, 22]));
    let explainer = Explainer::new(|rows: &Features| model.predict(rows), &background);
    let (exact, predicted) = (explainer.shapley(&few, Shapley::Exact).unwrap(), model.predict(&few).unwrap());
    let kernel = explainer.shapley(&few, Shapley::Kernel { coalitions: 30 }).unwrap();
    for row in 0..3 {
        assert!((exact.total(row, 0) - predicted.values()[row]).abs() < 1e-6);
        assert_near(kernel.of(row, 0), exact.of(row, 0), 1e-8);
    }
}

#[test]
fn what_cannot_be_explained_is_refused() {
    let (many, few, none) = (numbers(2, 13, 1), numbers(2, 3, 1), numbers(0, 3, 1));
    let explainer = Explainer::new(function(|x| x[0]), &many);
    let refused = |result: Result<Attributions, Failure>| result.unwrap_err().code;
    assert_eq!(refused(explainer.shapley(&many, Shapley::Exact)), code::LIMIT_REACHED);
    assert_eq!(refused(explainer.shapley(&few, Shapley::Auto)), code::WRONG_WIDTH);
    assert_eq!(refused(explainer.shapley(&many, Shapley::Kernel { coalitions: 1 })), code::BAD_VALUE);
    assert_eq!(refused(explainer.shapley(&many, Shapley::Permutation { permutations: 0 })), code::BAD_VALUE);
    assert_eq!(refused(Explainer::new(function(|x| x[0]), &none).shapley(&few, Shapley::Auto)), code::TOO_FEW_ROWS);
    let infinite = Explainer::new(function(|x| 1.0 / (x[0] - x[0])), &few);
    assert_eq!(refused(infinite.shapley(&few, Shapley::Auto)), code::NON_FINITE);
    let short = Explainer::new(|_: &Features| Ok::<_, Failure>(vec![1.0]), &few);
    assert_eq!(refused(short.shapley(&few, Shapley::Auto)), code::WRONG_WIDTH);
    let failing = Explainer::new(|_: &Features| Err::<Numbers, _>(Failure::new(code::BUG, "no")), &few);
    assert_eq!(refused(failing.shapley(&few, Shapley::Auto)), code::BUG);
    assert_eq!(Explainer::new(function(|x| x[0]), &few).shapley(&none, Shapley::Auto).unwrap().rows(), 0);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(30))]

    /// Players that do nothing get nothing, players that do the same get the same, and all get the difference.
    #[test]
    fn axioms(seed in any::<u64>(), scale in -3.0..3.0_f64) {
        let background = numbers(4, 4, seed);
        let x = Key::new(seed).uniform(99);
        let rows = Features::from_rows(["x0", "x1", "x2", "x3"], &[[x, x, 0.3, 7.0]]);
        // Players 0 and 1 are alike only if the background is alike in them.
        let columns = [0, 0, 2, 3].map(|column| background.column(column).to_vec()).concat();
        let background = Features::new(4, common::names(4), columns);
        let of = |x: &[f64]| scale * (x[0] * x[1]).exp() + x[2] * (x[0] + x[1]);
        for how in [Shapley::Exact, Shapley::Kernel { coalitions: 14 }] {
            let found = explained(of, &background, &rows, how);
            let values = found.of(0, 0);
            prop_assert!((values[0] - values[1]).abs() < 1e-9 && values[3].abs() < 1e-9);
            prop_assert!((found.total(0, 0) - of(&[x, x, 0.3, 7.0])).abs() < 1e-9);
        }
    }
}
