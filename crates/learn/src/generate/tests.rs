//! Points of scikit-learn 1.9.1 where nothing is random, and the structure of the rest.

use super::*;
use pipewright_diagnostic::code;

fn close(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-14 * (1.0 + expected.abs()), "{found} {expected}");
    }
}

/// The rows of a data set in the plane, in the order of their classes and coordinates.
fn sorted(data: &Generated) -> Vec<f64> {
    let Answers::Classes(classes) = &data.answers else { panic!("classes") };
    let mut rows: Vec<[f64; 3]> =
        (0..classes.len()).map(|row| [f64::from(classes[row]), data.features[0][row], data.features[1][row]]).collect();
    rows.sort_by(|a, b| a.partial_cmp(b).unwrap());
    rows.concat()
}

/// `make_moons(5, shuffle=False)`, `make_circles(5, shuffle=False, factor=0.5)`.
#[test]
fn moons_and_circles_are_those_of_scikit_learn() {
    let moons = Moons { rows: 5, noise: 0.0 }.generate(Key::new(0)).unwrap();
    #[rustfmt::skip]
    close(&sorted(&moons), &[0.0, -1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.5, 1.0, 1.0, -0.5, 1.0, 2.0, 0.5]);
    let circles = Circles { rows: 5, noise: 0.0, factor: 0.5 }.generate(Key::new(0)).unwrap();
    let half = 0.433_012_701_892_219_35;
    let mut expected = vec![0.0, -1.0, 0.0, 0.0, 1.0, 0.0, 1.0, -0.25, -half, 1.0, -0.25, half, 1.0, 0.5, 0.0];
    let mut found = sorted(&circles);
    // The two points at -1/4 differ in the last bits, so that their order is chance.
    for rows in [&mut found, &mut expected] {
        rows[6..12].iter_mut().for_each(|value| *value = value.abs());
    }
    close(&found, &expected);
}

/// `make_s_curve(3, random_state=0)`, `make_swiss_roll(3, random_state=0)`, `make_friedman1(3, n_features=5,
/// random_state=0)`, with the uniform numbers that they drew.
#[test]
fn surfaces_and_the_function_of_friedman_are_those_of_scikit_learn() {
    let (along, across) = (0.548_813_503_927_324_8, 0.544_883_182_996_896_9);
    let (point, place) = SCurve::point(along, across);
    close(&point, &[0.443_998_675_879_204_2, 1.089_766_365_993_793_7, -0.103_972_558_557_767_55]);
    close(&[place], &[0.460_056_436_002_179_9]);
    let (point, place) = SwissRoll::point(along, across);
    close(&point, &[-8.857_082_873_619_394, 11.442_546_842_934_835, -4.388_853_383_451_782]);
    close(&[place], &[9.884_834_396_771_56]);
    let row = [along, 0.715_189_366_372_419_5, 0.602_763_376_071_643_9, across, 0.423_654_799_338_904_7];
    close(&[Friedman1::answer(row)], &[17.213_491_800_723_624]);
}

fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    values.clone().sum::<f64>() / values.count() as f64
}

#[test]
fn normal_numbers_have_mean_0_and_variance_1() {
    let numbers = column(40_000, |row| normal(Key::new(1), row)).unwrap();
    let center = mean(numbers.iter().copied());
    assert!(center.abs() < 0.02, "{center}");
    let variance = mean(numbers.iter().map(|number| number * number));
    assert!((variance - 1.0).abs() < 0.03, "{variance}");
    let fourth = mean(numbers.iter().map(|number| number.powi(4)));
    assert!((fourth - 3.0).abs() < 0.2, "{fourth}");
}

#[test]
fn noise_has_its_deviation_and_keys_decide() {
    let plain = Moons { rows: 5000, noise: 0.0 }.generate(Key::new(3)).unwrap();
    let noisy = Moons { rows: 5000, noise: 0.5 }.generate(Key::new(3)).unwrap();
    for (plain, noisy) in plain.features.iter().zip(&noisy.features) {
        let square = mean(plain.iter().zip(noisy).map(|(plain, noisy)| (plain - noisy).powi(2)));
        assert!((square.sqrt() - 0.5).abs() < 0.02, "{square}");
    }
    let again = Moons { rows: 5000, noise: 0.5 }.generate(Key::new(3)).unwrap();
    assert_eq!(noisy, again);
    assert_ne!(noisy, Moons { rows: 5000, noise: 0.5 }.generate(Key::new(4)).unwrap());
}

#[test]
fn blobs_lie_around_their_centres() {
    let data = Blobs { rows: 3001, centers: 4, features: 3, deviation: 0.5 }.generate(Key::new(5)).unwrap();
    let Answers::Classes(classes) = &data.answers else { panic!("classes") };
    let count = |class| classes.iter().filter(|&&other| other == class).count();
    assert_eq!([0, 1, 2, 3].map(count), [751, 750, 750, 750]);
    for feature in &data.features {
        for class in 0..4 {
            let of_class = feature.iter().zip(classes).filter(|(_, other)| **other == class).map(|(value, _)| *value);
            let center = mean(of_class.clone());
            let variance = mean(of_class.map(|value| (value - center).powi(2)));
            assert!(center.abs() < 10.2 && (variance.sqrt() - 0.5).abs() < 0.05, "{center} {variance}");
        }
    }
}

#[test]
fn a_regression_is_linear_in_the_informative_features() {
    let regression = Regression { rows: 50, features: 4, informative: 2, bias: 7.0, noise: 0.0 };
    let data = regression.generate(Key::new(0)).unwrap();
    let Answers::Numbers(answers) = &data.answers else { panic!("numbers") };
    // The constant is known, so that two rows give the two coefficients.
    let [a, b] = [&data.features[0], &data.features[1]];
    let determinant = a[0] * b[1] - a[1] * b[0];
    let first = ((answers[0] - 7.0) * b[1] - (answers[1] - 7.0) * b[0]) / determinant;
    let second = (a[0] * (answers[1] - 7.0) - a[1] * (answers[0] - 7.0)) / determinant;
    assert!((0.0..100.0).contains(&first) && (0.0..100.0).contains(&second));
    for row in 0..50 {
        let expected = first * a[row] + second * b[row] + 7.0;
        assert!((expected - answers[row]).abs() < 1e-9, "{expected} {}", answers[row]);
    }
}

fn classification() -> Classification {
    Classification {
        rows: 4000,
        informative: 3,
        redundant: 1,
        useless: 2,
        classes: 3,
        clusters_per_class: 2,
        separation: 40.0,
        flip: 0.0,
    }
}

#[test]
fn classes_stand_at_corners_of_a_cube() {
    let data = classification().generate(Key::new(2)).unwrap();
    let Answers::Classes(classes) = &data.answers else { panic!("classes") };
    assert_eq!(data.features.len(), 6);
    // Far apart, the signs of the informative features tell the cluster, and a cluster has one class.
    let mut seen = std::collections::BTreeMap::new();
    for row in 0..4000 {
        let corner: Vec<bool> = data.features[..3].iter().map(|feature| feature[row] > 0.0).collect();
        assert_eq!(*seen.entry(corner).or_insert(classes[row]), classes[row]);
    }
    assert_eq!(seen.len(), 6);
    assert!(mean(data.features[4].iter().copied()).abs() < 0.1, "the last two are noise");
    let flipped = Classification { flip: 0.3, ..classification() }.generate(Key::new(2)).unwrap();
    let Answers::Classes(flipped) = &flipped.answers else { panic!("classes") };
    let share = mean(classes.iter().zip(flipped).map(|(a, b)| f64::from(u8::from(a != b))));
    assert!((share - 0.2).abs() < 0.03, "a third of the flipped ones keep their class: {share}");
}

#[test]
fn more_clusters_than_corners_are_refused() {
    let crowded = Classification { clusters_per_class: 3, ..classification() };
    assert_eq!(crowded.generate(Key::new(0)).unwrap_err().code, code::BAD_VALUE);
    assert!(Classification { informative: 70, ..classification() }.clusters().is_ok());
}

#[test]
fn what_has_no_room_is_not_begun() {
    use pipewright_diagnostic::{Bounds, Memory};
    let bounds = Bounds { memory: Memory::Limit(1 << 20), ..Bounds::default() };
    let failure = bounds.around(|| Moons { rows: 4_000_000_000, noise: 0.0 }.generate(Key::new(0))).unwrap_err();
    assert_eq!(
        failure.message,
        "a table of 4000000000 rows and 2 features needs about 160 GB; the memory limit is 1.0 MB"
    );
}
