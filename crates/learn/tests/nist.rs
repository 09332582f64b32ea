//! Least squares against the certified values of NIST's Statistical Reference Datasets (linear regression).

use pipewright_learn::linear::{Linear, LinearModel};
use pipewright_learn::{Dataset, Features, Learner, Target};

/// A file of the collection: certified values, then rows of y and x.
struct Reference {
    certified: Vec<f64>,
    deviations: Vec<f64>,
    rows: Vec<Vec<f64>>,
}

impl Reference {
    fn parse(text: &str) -> Reference {
        let numbers =
            |line: &str| -> Option<Vec<f64>> { line.split_whitespace().map(|word| word.parse().ok()).collect() };
        let (certified, deviations) = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix('B'))
            .filter_map(numbers)
            .filter(|values| values.len() == 3)
            .map(|values| (values[1], values[2]))
            .unzip();
        let start = text.lines().position(|line| line.starts_with("Data:") && line.contains(" x")).expect("a header");
        let rows = text.lines().skip(start + 1).filter_map(numbers).filter(|row| row.len() > 1).collect();
        Reference { certified, deviations, rows }
    }

    /// The fewest correct digits of any coefficient, with as many powers of the one x as there are coefficients, or
    /// with the x as they are where there are several. `order` arranges the rows.
    fn correct_digits(&self, order: impl Fn(usize, usize) -> usize) -> f64 {
        let model = self.fit(order);
        let found = std::iter::once(model.intercept()).chain(model.coefficients().iter().copied());
        found.zip(&self.certified).map(|(found, certified)| digits(found, *certified)).fold(15.0, f64::min)
    }

    fn fit(&self, order: impl Fn(usize, usize) -> usize) -> LinearModel {
        let count = self.certified.len() - 1;
        let rows: Vec<&Vec<f64>> = (0..self.rows.len()).map(|row| &self.rows[order(row, self.rows.len())]).collect();
        let value = |row: &Vec<f64>, column: usize| {
            if row.len() == 2 { row[1].powi(column as i32 + 1) } else { row[column + 1] }
        };
        let values = (0..count).flat_map(|column| rows.iter().map(move |row| value(row, column))).collect();
        let names: Vec<String> = (1..=count).map(|power| format!("x{power}")).collect();
        let features = Features::new(rows.len(), names.into(), values);
        let target = Target::Numbers(rows.iter().map(|row| row[0]).collect());
        Linear::default().fit(&Dataset::new(features, target)).expect("sound data")
    }

    /// The model and the certified standard deviations.
    fn fitted(self) -> (LinearModel, Vec<f64>) {
        (self.fit(|row, _| row), self.deviations)
    }
}

/// The negative logarithm of the relative error, 15 at most: as many digits as are certified.
fn digits(found: f64, certified: f64) -> f64 {
    (-((found - certified) / certified).abs().log10()).min(15.0)
}

macro_rules! reference {
    ($name:literal) => {
        ($name, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/oracles/nist/", $name, ".dat")))
    };
}

const LINEAR: [(&str, &str); 8] = [
    reference!("Norris"),
    reference!("Pontius"),
    reference!("Longley"),
    reference!("Wampler1"),
    reference!("Wampler2"),
    reference!("Wampler3"),
    reference!("Wampler4"),
    reference!("Wampler5"),
];

#[test]
fn coefficients_have_thirteen_digits() {
    for (name, text) in LINEAR {
        let reference = Reference::parse(text);
        assert!(reference.certified.len() > 1 && reference.rows.len() > 10, "{name}");
        let found = reference.correct_digits(|row, _| row);
        println!("{name} {found:.1}");
        assert!(found >= 13.0, "{name}: {found:.1} digits");
        let reversed = reference.correct_digits(|row, rows| rows - 1 - row);
        assert!(reversed >= 13.0, "{name}, rows reversed: {reversed:.1} digits");
    }
}

/// Powers up to the tenth, rounded to `f64`, lose digits before any solver sees them: 7.6 is the most that is left.
#[test]
fn filip_is_as_good_as_its_rounded_powers() {
    let found = Reference::parse(reference!("Filip").1).correct_digits(|row, _| row);
    println!("Filip {found:.1}");
    assert!(found >= 7.4, "{found:.1} digits");
}

/// The certified standard deviations of the estimates, where rows are not met exactly.
#[test]
fn standard_errors_have_nine_digits() {
    for (name, text) in LINEAR {
        let (model, certified) = Reference::parse(text).fitted();
        let Some(errors) = model.standard_errors() else { continue };
        let found = errors.intercept().into_iter().chain(errors.weights().iter().copied());
        let pairs = found.zip(&certified).filter(|(_, certified)| **certified > 0.0);
        let worst = pairs.map(|(found, certified)| digits(found, *certified)).fold(15.0, f64::min);
        println!("{name} {worst:.1}");
        assert!(worst >= 9.0, "{name}: {worst:.1} digits");
    }
}

/// NoInt1 and NoInt2: lines through the origin.
#[test]
fn lines_without_intercept_have_thirteen_digits() {
    let no_int_1: Vec<(f64, f64)> = (0..11).map(|row| (f64::from(60 + row), f64::from(130 + row))).collect();
    let no_int_2 = vec![(4.0, 3.0), (5.0, 4.0), (6.0, 4.0)];
    for (points, certified) in [(no_int_1, 2.074_380_165_289_26), (no_int_2, 0.727_272_727_272_727)] {
        let (x, y): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
        let train = Dataset::new(Features::new(x.len(), ["x".to_owned()].into(), x), Target::Numbers(y));
        let model = Linear { intercept: false }.fit(&train).expect("sound data");
        assert_eq!(model.intercept(), 0.0);
        let found = digits(model.coefficients()[0], certified);
        assert!(found >= 13.0, "{found:.1} digits");
    }
}
