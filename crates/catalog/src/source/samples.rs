//! Sample data sets that come with the program.

use pipewright_operator::Sample;

macro_rules! sample {
    ($name:literal, $summary:literal) => {
        Sample {
            name: $name,
            summary: $summary,
            text: include_str!(concat!("../../../../dsl-examples/data/", $name, ".csv")),
        }
    };
}

/// All sample data sets; their origins are documented next to the files.
pub(crate) const SAMPLES: &[Sample] = &[
    sample!("breast_cancer", "569 tumours, 30 measurements of their cells, and whether they are malignant."),
    sample!("diabetes", "442 patients, ten measurements, and the progression of their disease after a year."),
    sample!("iris", "150 flowers of three species, four measurements each."),
    sample!("penguins", "344 penguins of three species on three islands, measured; some values are missing."),
    sample!("titanic", "1,309 passengers of the Titanic, and who survived; some ages are missing."),
    sample!("wine", "178 wines of three growers, 13 measurements each."),
];
