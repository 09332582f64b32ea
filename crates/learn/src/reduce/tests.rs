//! Components of rows whose shape is known, of random ones, and of rows that must be refused.

use super::*;
use crate::Transformer;
use pipewright_world::random::Key;
use proptest::prelude::*;

fn features(columns: &[Vec<f64>]) -> Features {
    let names: Vec<String> = (0..columns.len()).map(|index| format!("x{index}")).collect();
    Features::new(columns.first().map_or(0, Vec::len), names.into(), columns.concat())
}

/// Numbers that look random and are the same everywhere.
fn noise(rows: usize, columns: usize, seed: u64) -> Features {
    let column = |index| (0..rows).map(|row| Key::new(seed).index(index).uniform(row as u64) - 0.4).collect();
    features(&(0..columns as u64).map(column).collect::<Vec<_>>())
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(a, b)| a * b).sum()
}

#[test]
fn a_share_takes_as_many_components_as_it_needs() {
    let columns = [vec![-3.0, 3.0, 0.0, 0.0], vec![0.0, 0.0, -1.0, 1.0], vec![7.0; 4]];
    let fit = |share| Pca::share(share).fit(&features(&columns), None, Key::new(0)).unwrap();
    assert_eq!((fit(0.89).directions().len(), fit(0.91).directions().len()), (1, 2));
    assert!((fit(0.91).shares()[0] - 0.9).abs() < 1e-12);
    assert_eq!(fit(0.89).names(), ["pca 1"]);
    // Of constant columns there is nothing to hold.
    let constant = Pca::share(0.5).fit(&features(&[vec![1.0; 3]]), None, Key::new(0)).unwrap();
    assert_eq!((constant.directions().len(), constant.shares()), (1, &[0.0][..]));
}

#[test]
fn too_many_components_and_unfit_rows_are_refused() {
    let refusal = |pca: Pca, rows: &Features| pca.fit(rows, None, Key::new(0)).unwrap_err().code;
    assert_eq!(refusal(Pca::first(4), &noise(9, 3, 1)), code::BAD_VALUE);
    assert_eq!(refusal(Pca::first(4), &noise(3, 9, 1)), code::TOO_FEW_ROWS);
    assert_eq!(refusal(Pca::first(1), &noise(1, 2, 1)), code::TOO_FEW_ROWS);
    assert_eq!(refusal(Pca::first(1), &noise(0, 2, 1)), code::TOO_FEW_ROWS);
    assert_eq!(refusal(Pca::first(1), &features(&[vec![1.0, f64::NAN]])), code::NON_FINITE);
    let huge = features(&[vec![1e300, -1e300], vec![1e300, 1e300]]);
    assert_eq!(refusal(Pca::first(1), &huge), code::VALUE_OUT_OF_RANGE);
}

/// The components of many rows come from their covariance, unless a small one is kept.
#[test]
fn covariances_have_the_components_of_the_rows() {
    let plain = noise(3000, 5, 7);
    let units = [1.0, 0.5, 2.0, 0.1, 1e-5];
    let columns: Vec<Vec<f64>> =
        (0..5).map(|column| plain.column(column).iter().map(|x| (x + 3.0) * units[column]).collect()).collect();
    let features = features(&columns);
    let (of_covariance, of_rows) =
        (pca::Components::of_covariance(&features).unwrap(), pca::Components::of_rows(&features).unwrap());
    assert_eq!([4, 5].map(|count| of_covariance.keeps_digits(count)), [true, false]);
    for component in 0..4 {
        assert!((of_covariance.variances[component] / of_rows.variances[component] - 1.0).abs() < 1e-12);
        let pairs = of_covariance.directions[component].iter().zip(&of_rows.directions[component]);
        pairs.for_each(|(found, wanted)| assert!((found - wanted).abs() < 1e-11));
    }
    let all = |count| Pca::first(count).fit(&features, None, Key::new(0)).unwrap();
    assert_eq!(all(4).variances(), &of_covariance.variances[..4]);
    assert_eq!(all(5).variances(), &of_rows.variances);
    crate::threads::on_any_threads(|| all(4));
}

#[test]
fn hostile_files_are_refused() {
    let projection = Svd::first(2).fit(&noise(5, 3, 1), None, Key::new(0)).unwrap();
    let text = serde_json::to_string(&projection).unwrap();
    assert_eq!(serde_json::from_str::<Projection>(&text).unwrap(), projection);
    let hostile = [
        text.replace("\"centre\":[0.0,", "\"centre\":["),
        text.replace("\"variances\":[", "\"variances\":[-1.0,"),
        text.replace("\"name\":\"svd\"", "\"name\":\"\""),
    ];
    for text in hostile {
        assert_eq!(serde_json::from_str::<Projection>(&text).unwrap().validate().unwrap_err().code, code::BAD_BUNDLE);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn components_are_orthogonal_and_rows_local(rows in 3_usize..40, columns in 1_usize..12, seed in 0_u64..1000) {
        let (inputs, count) = (noise(rows, columns, seed), columns.min(rows - 1));
        for projection in [
            Pca::first(count).fit(&inputs, None, Key::new(0)).unwrap(),
            Svd::first(count).fit(&inputs, None, Key::new(0)).unwrap(),
        ] {
            for (place, direction) in projection.directions().iter().enumerate() {
                for (other_place, other) in projection.directions().iter().enumerate() {
                    let wanted = f64::from(u8::from(place == other_place));
                    prop_assert!((dot(direction, other) - wanted).abs() < 1e-12);
                }
                let largest = direction.iter().fold(0.0_f64, |most, x| if x.abs() > most.abs() { *x } else { most });
                prop_assert!(largest > 0.0);
            }
            let made = projection.apply(&inputs).unwrap();
            let part: Vec<u32> = (rows as u32 / 3..rows as u32).collect();
            prop_assert_eq!(projection.apply(&inputs.take(&part)).unwrap(), made.take(&part));
        }
        let pca = Pca::first(count).whitened().fit(&inputs, None, Key::new(0)).unwrap();
        let made = pca.apply(&inputs).unwrap();
        for (index, variance) in pca.variances().iter().enumerate() {
            if *variance > 1e-6 {
                let squares = dot(made.column(index), made.column(index)) / (rows as f64 - 1.0);
                prop_assert!((squares - 1.0).abs() < 1e-9, "{}", squares);
            }
        }
    }
}
