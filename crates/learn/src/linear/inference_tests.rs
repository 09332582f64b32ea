//! Standard errors, statistics, p-values and intervals of statsmodels.

use super::tests::{fit, noise, numbers};
use super::*;
use crate::summary::{Estimate, Inference};

#[path = "golden/inference.rs"]
mod golden;
use golden::*;

fn inferences(model: &impl Model) -> Vec<Option<Inference>> {
    let Summary::Coefficients(functions) = model.summary() else { unreachable!("a linear model") };
    functions.into_iter().map(|function| function.inference).collect()
}

/// Each row is a standard error, a statistic, a p-value and an interval; the intercept comes first.
#[track_caller]
fn assert_same(model: &impl Model, wanted: &[[f64; 5]]) {
    let inference = inferences(model).remove(0).unwrap();
    let found: Vec<Estimate> = inference.intercept.into_iter().chain(inference.weights).collect();
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(wanted) {
        println!("{found:?} {wanted:?}");
        for (found, wanted) in
            [found.std_error, found.statistic, found.p_value, found.low, found.high].iter().zip(wanted)
        {
            assert!((found - wanted).abs() <= 1e-7 * wanted.abs().max(1e-9), "{found} {wanted}");
        }
    }
}

/// `OLS`, `GLM(Poisson)`, `GLM(Gamma(Log()))` with `use_t`, and `Logit` of statsmodels 0.15.0 on the rows of the other
/// tests.
#[test]
fn statsmodels_finds_the_same() {
    let train = robust_tests::waves(false);
    assert_same(&fit(&Linear::default(), &train).0, &OLS);
    assert_same(&fit(&Linear { intercept: false }, &train).0, &OLS_ORIGIN);
    for (family, power, wanted) in [(Family::Poisson, 1.0, POISSON), (Family::Gamma, 2.0, GAMMA)] {
        assert_same(&fit(&Glm { l2: 0.0, ..Glm::new(family) }, &glm_tests::waves(power)).0, &wanted);
    }
    let logistic = Logistic { l2: 0.0, ..Logistic::default() };
    assert_same(&fit(&logistic, &logistic_tests::waves(2)).0, &LOGIT);
}

/// `MNLogit` has contrasts with the first class; its covariance is turned into that of functions that sum to 0.
#[test]
fn several_classes_have_the_errors_of_statsmodels() {
    let codes = (0..60).map(|row| row * 7 % 11 % 3).collect();
    let train = Dataset::new(logistic_tests::waves(3).features, Target::Classes { codes, count: 3 });
    let (model, _) = fit(&Logistic { l2: 0.0, ..Logistic::default() }, &train);
    for (errors, wanted) in model.standard_errors().iter().zip(MULTINOMIAL) {
        let found: Vec<f64> = errors.intercept().into_iter().chain(errors.weights().iter().copied()).collect();
        found.iter().zip(wanted).for_each(|(found, wanted)| assert!((found / wanted - 1.0).abs() < 1e-6, "{found}"));
    }
    assert_eq!(model.standard_errors().len(), 3);
}

#[test]
fn a_weight_of_2_is_as_certain_as_two_rows() {
    let train = robust_tests::waves(false);
    let weighted = train.clone().with_weights((0..40).map(|row| f64::from(row % 3)).collect()).unwrap();
    let repeated: Vec<u32> = (0..40).flat_map(|row| std::iter::repeat_n(row, row as usize % 3)).collect();
    let of = |train: &Dataset| fit(&Linear::default(), train).0.standard_errors().unwrap().clone();
    let (weighted, repeated) = (of(&weighted), of(&train.take(&repeated)));
    assert_eq!(weighted.freedom(), repeated.freedom());
    tests::assert_close(weighted.weights(), repeated.weights(), 1e-10);
}

#[test]
fn what_is_not_defined_is_absent() {
    let columns = [noise(20, 1), noise(20, 2)];
    let train = numbers(&columns, &noise(20, 3));
    let none = |model: LinearModel| assert_eq!(inferences(&model), [None]);
    none(fit(&Ridge::default(), &train).0);
    none(fit(&ElasticNet::default(), &train).0);
    none(fit(&Linear::default(), &numbers(&[noise(20, 1), noise(20, 1)], &noise(20, 3))).0);
    none(fit(&Linear::default(), &train.take(&[0, 1, 2])).0);
    none(fit(&Linear::default(), &train.take(&[0, 1])).0);
    assert!(fit(&Logistic::default(), &logistic_tests::waves(2)).0.standard_errors().is_empty());
}

#[test]
fn errors_survive_a_file_and_hostile_ones_do_not() {
    let (model, _) = fit(&Linear::default(), &robust_tests::waves(false));
    let text = serde_json::to_string(&model).unwrap();
    let loaded: LinearModel = serde_json::from_str(&text).unwrap();
    assert_eq!((&loaded, loaded.summary()), (&model, model.summary()));
    let hostile = [
        text.replace("\"freedom\":36.0", "\"freedom\":-1.0"),
        text.replace("\"freedom\":36.0", "\"freedom\":0.0"),
        text.replace("\"weights\":[", "\"weights\":[1.0,"),
        text.replace("\"weights\":[", "\"weights\":[-"),
    ];
    for hostile in hostile {
        assert_ne!(hostile, text);
        assert!(serde_json::from_str::<LinearModel>(&hostile).unwrap().validate().is_err());
    }
    let old = r#"{"coefficients":[2.0],"intercept":1.0}"#;
    assert_eq!(serde_json::from_str::<LinearModel>(old).unwrap(), LinearModel::new(vec![2.0], 1.0));
}
