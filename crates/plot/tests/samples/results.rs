//! Figures of results and explanations.

use pipewright_plot::*;

use super::{long_names, normal};

/// A ROC curve of a model whose scores are this far apart.
fn roc_places(power: f64) -> Vec<[f64; 2]> {
    (0..=60).map(|step| f64::from(step) / 60.0).map(|x| [x, x.powf(1.0 / power)]).collect()
}

fn banded(places: &[[f64; 2]], width: f64) -> Vec<[f64; 3]> {
    let band = |[x, y]: &[f64; 2]| [*x, (y - width * (1.0 - y)).max(0.0), (y + width * (1.0 - y)).min(1.0)];
    places.iter().map(band).collect()
}

pub(super) fn results() -> Vec<(&'static str, Figure)> {
    let (forest, linear) = (roc_places(5.0), roc_places(2.5));
    let (forest_band, linear_band) = (banded(&forest, 0.3), banded(&linear, 0.25));
    let curves = [
        Curve { name: "gradient boosting", places: &forest, band: &forest_band, score: Some(0.833) },
        Curve { name: "logistic regression", places: &linear, band: &linear_band, score: Some(0.714) },
    ];
    let falling: Vec<[f64; 2]> = forest.iter().map(|[x, y]| [*y, 1.0 - 0.7 * x]).collect();
    let precision = [Curve { name: "gradient boosting", places: &falling, band: &[], score: Some(0.91) }];
    let bins = |shift: f64| -> Vec<CalibrationBin> {
        (0..10)
            .map(|bin| {
                let predicted = 0.05 + 0.1 * f64::from(bin);
                let observed = (predicted + shift * (predicted * 6.3).sin()).clamp(0.0, 1.0);
                let count = 20 + (bin as usize * 37) % 90;
                CalibrationBin { predicted, observed, interval: Some([observed - 0.05, observed + 0.05]), count }
            })
            .collect()
    };
    let (one, two) = (bins(0.1), bins(-0.04));
    let actual: Vec<f64> = normal(21, 120).iter().map(|x| x * 30.0 + 200.0).collect();
    let predicted: Vec<f64> =
        actual.iter().zip(normal(22, 120)).map(|(y, noise)| y * 0.85 + 30.0 + noise * 9.0).collect();
    let predictions = Predictions { target: "price", unit: "1000 EUR", predicted: &predicted, actual: &actual };
    let along: Vec<f64> = [50.0, 100.0, 200.0, 400.0, 800.0, 1600.0].to_vec();
    let training: Vec<[f64; 2]> = along.iter().map(|n| [*n, 0.98 - 2.0 / n.sqrt() * 0.1]).collect();
    let held_out: Vec<[f64; 2]> = along.iter().map(|n| [*n, 0.93 - 2.2 / n.sqrt()]).collect();
    let (training_band, held_band) = (banded(&training, 0.5), banded(&held_out, 0.2));
    let learning = [
        Curve { name: "training rows", places: &training, band: &training_band, score: None },
        Curve { name: "held-out rows", places: &held_out, band: &held_band, score: None },
    ];
    let depth: Vec<[f64; 2]> =
        (0..7).map(|power| [10_f64.powi(power - 4), 0.9 - 0.02 * f64::from((power - 3) * (power - 3))]).collect();
    let validation = [Curve { name: "held-out rows", places: &depth, band: &[], score: Some(0.9) }];
    let recall: Vec<[f64; 2]> = (0..=50).map(|step| f64::from(step) / 50.0).map(|t| [t, 1.0 - t * t]).collect();
    let accuracy: Vec<[f64; 2]> = recall.iter().map(|[t, _]| [*t, 0.9 - (t - 0.4) * (t - 0.4)]).collect();
    let measures = [
        Curve { name: "recall", places: &recall, band: &[], score: None },
        Curve { name: "accuracy", places: &accuracy, band: &[], score: Some(0.9) },
    ];
    let names = long_names(8);
    let folds: Vec<Vec<f64>> = (0..8)
        .map(|model| normal(model + 30, 10).iter().map(|x| 0.9 - model as f64 * 0.01 + x * 0.01).collect())
        .collect();
    let models: Vec<Group<'_>> = names.iter().zip(&folds).map(|(name, values)| Group { name, values }).collect();
    let ranked: Vec<Ranked<'_>> = names
        .iter()
        .enumerate()
        .map(|(rank, name)| {
            let score = 0.91 - 0.012 * rank as f64;
            Ranked { name, score, interval: Some([score - 0.02, score + 0.015]) }
        })
        .collect();
    let ranks: Vec<(&str, f64)> =
        names.iter().enumerate().map(|(index, name)| (name.as_str(), 1.4 + 0.8 * index as f64)).collect();
    let depths: Vec<f64> = normal(40, 60).iter().map(|x| (x * 3.0 + 6.0).round()).collect();
    let rates: Vec<f64> = normal(41, 60).iter().map(|x| 10_f64.powf(x - 2.0)).collect();
    let kinds: Vec<&str> = (0..60).map(|row| ["squared", "absolute", "huber"][row % 3]).collect();
    let scores: Vec<f64> = depths
        .iter()
        .zip(&rates)
        .map(|(depth, rate)| 0.9 - 0.01 * (depth - 5.0).abs() - 0.02 * (rate.log10() + 2.0).abs())
        .collect();
    let axes = [
        ("depth", Settings::Numbers(&depths)),
        ("learning rate", Settings::Logarithms(&rates)),
        ("loss", Settings::Names(&kinds)),
    ];
    vec![
        ("roc", roc(&curves)),
        ("precision-recall", precision_recall(&precision, Some(0.3))),
        ("gain", gain(&curves)),
        ("thresholds", thresholds(&measures, Some(0.42))),
        ("calibration", calibration(&[("gradient boosting", &one), ("logistic regression", &two)])),
        ("confusion", confusion(&["setosa", "versicolor", "virginica"], &[50, 0, 0, 0, 47, 3, 0, 2, 48])),
        ("predicted-actual", predicted_actual(&predictions)),
        ("residuals", residuals(&predictions)),
        (
            "learning-curve",
            score_curves(&ScoreCurves {
                title: "Learning curve",
                along: "training rows",
                is_log: false,
                score: "accuracy",
                curves: &learning,
            }),
        ),
        (
            "validation-curve",
            score_curves(&ScoreCurves {
                title: "Validation curve",
                along: "penalty",
                is_log: true,
                score: "accuracy",
                curves: &validation,
            }),
        ),
        ("fold-scores", fold_scores("accuracy", &models)),
        ("leaderboard", leaderboard("accuracy", &ranked)),
        ("critical-difference", critical_difference(&ranks, Some(1.7), &[[0, 2], [1, 3], [4, 7]])),
        (
            "parallel-coordinates",
            parallel_coordinates(&ParallelCoordinates { axes: &axes, score: "accuracy", scores: &scores }),
        ),
    ]
}

pub(super) fn explanations() -> Vec<(&'static str, Figure)> {
    let names = long_names(8);
    let bars_of: Vec<Bar<'_>> = names
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let value = 0.3 / (1.0 + index as f64);
            Bar { name, value, interval: Some([value * 0.8, value * 1.15]) }
        })
        .collect();
    let features: Vec<(Vec<f64>, Vec<f64>)> = (0..8)
        .map(|index| {
            let values = normal(50 + index, 90);
            let noise = normal(70 + index, 90);
            (values.iter().zip(noise).map(|(x, noise)| (x + noise * 0.3) / (1.0 + index as f64)).collect(), values)
        })
        .collect();
    let contributions: Vec<Contribution<'_>> = names
        .iter()
        .zip(&features)
        .map(|(name, (contributions, values))| Contribution { feature: name, contributions, values })
        .collect();
    let steps = [
        ("age", "47", 12.4),
        ("income", "2300", -7.1),
        ("region", "Příliš žluťoučký kůň", 3.9),
        ("children", "2", -1.2),
        ("a rather long name of a column", "", 0.4),
    ];
    let grid: Vec<f64> = (0..40).map(|step| 18.0 + f64::from(step)).collect();
    let rows: Vec<Vec<[f64; 2]>> = normal(90, 25)
        .iter()
        .map(|shift| grid.iter().map(|x| [*x, shift * 4.0 + (x / 9.0).sin() * 6.0 + x * 0.4]).collect())
        .collect();
    let row_refs: Vec<&[[f64; 2]]> = rows.iter().map(Vec::as_slice).collect();
    let average: Vec<[f64; 2]> = grid.iter().map(|x| [*x, (x / 9.0).sin() * 6.0 + x * 0.4]).collect();
    let ages: Vec<f64> = normal(91, 150).iter().map(|x| x * 9.0 + 36.0).collect();
    let band: Vec<[f64; 3]> = average.iter().map(|[x, y]| [*x, y - 1.5, y + 1.5]).collect();
    let effect_of = |rows, band| {
        effect(&Effect {
            feature: Column { name: "age", unit: "years", values: &ages },
            effect: "predicted price (1000 EUR)",
            average: &average,
            band,
            rows,
        })
    };
    let nodes = [
        TreeNode { lines: &["petal length ≤ 2.45", "150 rows"], share: Some(0.33), below: &[("yes", 1), ("no", 2)] },
        TreeNode { lines: &["setosa", "50 rows"], share: Some(0.0), below: &[] },
        TreeNode { lines: &["petal width ≤ 1.75", "100 rows"], share: Some(0.5), below: &[("yes", 3), ("no", 4)] },
        TreeNode { lines: &["petal length ≤ 4.95", "54 rows"], share: Some(0.6), below: &[("yes", 5), ("no", 6)] },
        TreeNode { lines: &["virginica", "46 rows"], share: Some(1.0), below: &[] },
        TreeNode { lines: &["versicolor", "48 rows"], share: Some(0.5), below: &[] },
        TreeNode { lines: &["virginica", "6 rows"], share: Some(0.9), below: &[] },
    ];
    let stages = [
        PlanStage { lines: &["read", "houses.csv"], kind: 0, after: &[] },
        PlanStage { lines: &["derive", "rooms per person"], kind: 2, after: &[0] },
        PlanStage { lines: &["read", "regions.csv"], kind: 0, after: &[] },
        PlanStage { lines: &["join", "by region"], kind: 2, after: &[1, 2] },
        PlanStage { lines: &["impute", "median"], kind: 3, after: &[3] },
        PlanStage { lines: &["train", "gradient boosting"], kind: 1, after: &[4] },
        PlanStage { lines: &["train", "ridge"], kind: 1, after: &[4] },
        PlanStage { lines: &["eval", "5 folds"], kind: 4, after: &[5, 6] },
    ];
    vec![
        (
            "importances",
            bars(&Bars {
                title: "Importance of features",
                by: "",
                name: "loss of accuracy when shuffled",
                unit: "",
                bars: &bars_of,
                in_order: false,
            }),
        ),
        ("beeswarm", beeswarm(&contributions)),
        ("waterfall", waterfall(&Waterfall { target: "price (1000 EUR)", base: 210.0, contributions: &steps })),
        (
            "dependence",
            dependence(
                &Column::new("age", &features[0].1),
                &features[0].0,
                Some(&Column::new("income", &features[1].1)),
            ),
        ),
        ("effect-single-rows", effect_of(&row_refs, &[])),
        ("effect-accumulated", effect_of(&[], &band)),
        ("tree", tree("Decision tree", &nodes)),
        ("plan", plan("Plan", &stages)),
    ]
}

/// A full tree of six layers.
pub(super) fn large_tree() -> Figure {
    let below: Vec<[(&str, usize); 2]> = (0..63).map(|node| [("yes", 2 * node + 1), ("no", 2 * node + 2)]).collect();
    let node = |index: usize| TreeNode {
        lines: &["petal length ≤ 2.45", "150 rows"],
        share: Some(index as f64 / 63.0),
        below: if index < 31 { &below[index] } else { &[] },
    };
    tree("Decision tree", &(0..63).map(node).collect::<Vec<_>>())
}

/// A plan of 20 stages in a row.
pub(super) fn long_plan() -> Figure {
    let after: Vec<[usize; 1]> = (0..20).map(|stage: usize| [stage.saturating_sub(1)]).collect();
    let stage = |index: usize| PlanStage {
        lines: &["derive", "rooms per person = rooms / persons"],
        kind: index % 3,
        after: if index == 0 { &[] } else { &after[index] },
    };
    plan("Plan", &(0..20).map(stage).collect::<Vec<_>>())
}
