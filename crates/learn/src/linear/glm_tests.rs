//! Generalised linear models: scikit-learn's numbers, laws, and targets that must be refused.

use super::tests::{assert_close, classes, features, fit, noise, numbers, refusal};
use super::*;
use crate::threads::on_any_threads;

#[path = "golden/glm.rs"]
mod golden;
use golden::*;

fn family(power: f64) -> Family {
    match power {
        0.0 => Family::Normal,
        1.0 => Family::Poisson,
        2.0 => Family::Gamma,
        3.0 => Family::InverseGaussian,
        _ => Family::Tweedie(power),
    }
}

/// x0[i] = sin(i), x1[i] = cos(2i)·3 + 1, x2[i] = (i mod 5) - 2, mean m = exp(0.5 + 0.8·x0 - 0.3·x1 + 0.1·x2); counts
/// floor(m·(1 + 0.6·sin(7i)) + 0.3) for Poisson, else m·(1.05 + sin(7i)), 0 in every fourth row for 1.5; 40 rows.
pub(super) fn waves(power: f64) -> Dataset {
    let rows = || (0..40).map(f64::from);
    let columns: Vec<Vec<f64>> = vec![
        rows().map(f64::sin).collect(),
        rows().map(|i| (2.0 * i).cos() * 3.0 + 1.0).collect(),
        rows().map(|i| i % 5.0 - 2.0).collect(),
    ];
    let target = |row: usize| {
        let mean = (0.5 + 0.8 * columns[0][row] - 0.3 * columns[1][row] + 0.1 * columns[2][row]).exp();
        let wave = (7.0 * row as f64).sin();
        if power == 1.0 {
            (mean * (1.0 + 0.6 * wave) + 0.3).floor()
        } else if power == 1.5 && row.is_multiple_of(4) {
            0.0
        } else {
            mean * (1.05 + wave)
        }
    };
    numbers(&columns, &(0..40).map(target).collect::<Vec<f64>>())
}

/// `TweedieRegressor(power, alpha=l2/Σω, link="log", solver="newton-cholesky", tol=1e-12)` and `mean_tweedie_deviance` of
/// scikit-learn 1.9.1.
#[test]
fn scikit_learn_finds_the_same() {
    for &(power, l2, intercept, weigh, deviance, wanted) in GLM_GOLDEN {
        let mut train = waves(power);
        if weigh {
            train = train.with_weights((0..40).map(|i| f64::from(i % 3) + 0.5).collect()).unwrap();
        }
        let config = Glm { l2, intercept, ..Glm::new(family(power)) };
        let (model, notices) = fit(&config, &train);
        assert!(notices.is_empty(), "{config:?}: {notices:?}");
        println!("{config:?} {:?} {wanted:?}", model);
        assert_close(model.coefficients(), &wanted[1..], 1e-6);
        assert!((model.intercept() - wanted[0]).abs() < 1e-6);
        let Target::Numbers(truth) = train.target() else { unreachable!("numbers") };
        let predicted = model.predict(&train.features).unwrap();
        let found = config.family.deviance(truth, predicted.values(), train.weights());
        assert!((found / deviance - 1.0).abs() < 1e-9, "{found} {deviance}");
    }
}

#[test]
fn targets_outside_of_a_family_are_refused_with_their_row() {
    let columns = [vec![1.0, 2.0, 3.0]];
    for (family, bad) in [(Family::Poisson, -1.0), (Family::Gamma, 0.0), (Family::Tweedie(1.5), -0.1)] {
        let failure = Glm::new(family).fit(&numbers(&columns, &[1.0, bad, 2.0])).unwrap_err();
        assert_eq!((failure.code, failure.place.row), (code::VALUE_OUT_OF_RANGE, Some(2)));
    }
    assert_eq!(refusal(&Glm::new(Family::Poisson), &numbers(&columns, &[0.0; 3])), code::VALUE_OUT_OF_RANGE);
    assert_eq!(refusal(&Glm::new(Family::Poisson), &classes(&columns, &[0, 1, 1], 2)), code::WRONG_TASK);
    for power in [0.5, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(refusal(&Glm::new(Family::Tweedie(power)), &numbers(&columns, &[1.0; 3])), code::BAD_VALUE);
    }
}

/// Coefficients do not depend on the unit of the target, and huge exponents are predicted as finite numbers.
#[test]
fn extremes_have_finite_answers() {
    for power in [0.0, 1.0, 1.5, 2.0, 3.0] {
        let train = waves(power);
        let Target::Numbers(target) = train.target() else { unreachable!("numbers") };
        let config = Glm { l2: 0.0, ..Glm::new(family(power)) };
        let (model, _) = fit(&config, &train);
        for unit in [1e150, 1e-150] {
            let scaled: Vec<f64> = target.iter().map(|y| y * unit).collect();
            let (other, _) = fit(&config, &Dataset::new(train.features.clone(), Target::Numbers(scaled)));
            assert_close(other.coefficients(), model.coefficients(), 1e-6);
        }
        let far = features(&[vec![1e300, -1e300], vec![1e300, 1e300], vec![f64::MAX, f64::MAX]]);
        assert!(model.predict(&far).unwrap().values().iter().all(|mean| mean.is_finite()));
    }
}

#[test]
fn columns_without_a_single_answer_have_an_answer() {
    let unit = |column: usize| [1.0, 1e150, 1e-150, 0.0][column % 4];
    let columns: Vec<Vec<f64>> =
        (0..20).map(|column| noise(12, column as u64 / 2).iter().map(|x| x * unit(column)).collect()).collect();
    let counts: Vec<f64> = (0..12).map(|row| f64::from(row * 5 % 4)).collect();
    for l2 in [0.0, 1.0] {
        let config = Glm { l2, ..Glm::new(Family::Poisson) };
        match config.fit(&numbers(&columns, &counts)) {
            Ok(model) => assert!(model.validate().is_ok()),
            Err(failure) => assert_eq!(failure.code, code::VALUE_OUT_OF_RANGE),
        }
    }
}

#[test]
fn laws_of_fitted_models_hold() {
    let columns: Vec<Vec<f64>> = (0..4).map(|stream| noise(5000, stream)).collect();
    let counts: Vec<f64> = noise(5000, 9).iter().zip(&columns[0]).map(|(e, x)| ((x + e).exp() * 2.0).floor()).collect();
    let train = numbers(&columns, &counts);
    let model = on_any_threads(|| fit(&Glm::new(Family::Poisson), &train).0);
    assert_eq!(serde_json::from_str::<GlmModel>(&serde_json::to_string(&model).unwrap()).unwrap(), model);
    let reversed: Vec<u32> = (0..5000).rev().collect();
    assert_close(fit(&Glm::new(Family::Poisson), &train.take(&reversed)).0.coefficients(), model.coefficients(), 1e-9);
}
