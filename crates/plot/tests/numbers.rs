//! The numbers of figures, against those of other tools.

use pipewright_plot::*;
use serde_json::Value;

/// The numbers of the n-th mark of a panel.
fn data(figure: &Figure, panel: usize, mark: usize) -> Value {
    json(figure)["panels"][panel]["marks"][mark]["data"].clone()
}

#[test]
fn boxes_are_those_of_matplotlib() {
    // matplotlib 3.11.2: cbook.boxplot_stats(values).
    let values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 30.0, -20.0, 10.5];
    let groups = [Group { name: "all", values: &values }];
    let figure = boxes(&Boxes { name: "x", unit: "", by: "", groups: &groups });
    // Whiskers say nothing of their own.
    let body = &data(&figure, 0, 0)[0];
    for (name, expected) in [("low", 1.0), ("quartile-1", 2.75), ("median", 5.5), ("quartile-3", 8.25), ("high", 10.5)]
    {
        assert_eq!(body[name].as_f64(), Some(expected), "{name}");
    }
    let beyond: Vec<f64> =
        data(&figure, 0, 1).as_array().unwrap().iter().filter_map(|point| point["x"].as_f64()).collect();
    assert_eq!(beyond, [-20.0, 30.0]);
}

#[test]
fn bins_hold_what_numpy_counts() {
    // numpy 2.4.6: np.histogram(values, bins=[0, 5, 10, 15, 20]).
    let values = [0.0, 1.0, 4.9, 5.0, 7.5, 9.99, 10.0, 19.0, 20.0];
    let figure = histogram(&Histogram { column: Column::new("x", &values), bins: Some(4), range: None });
    let bins: Vec<(f64, f64, u64)> = data(&figure, 0, 0)
        .as_array()
        .unwrap()
        .iter()
        .map(|bin| (bin["from"].as_f64().unwrap(), bin["to"].as_f64().unwrap(), bin["count"].as_u64().unwrap()))
        .collect();
    assert_eq!(bins, [(0.0, 5.0, 3), (5.0, 10.0, 3), (10.0, 15.0, 1), (15.0, 20.0, 2)]);
}

#[test]
fn the_lift_is_the_gain_by_the_share_of_rows() {
    let places = [[0.0, 0.0], [0.25, 0.75], [0.5, 1.0], [1.0, 1.0]];
    let figure = gain(&[Curve { name: "model", places: &places, band: &[], score: None }]);
    let lift = data(&figure, 1, 0);
    assert_eq!(lift["x"], serde_json::json!([0.25, 0.5, 1]));
    assert_eq!(lift["y"], serde_json::json!([3, 2, 1]));
}

#[test]
fn a_waterfall_ends_at_the_prediction() {
    let steps: Vec<(String, f64)> = (0..20).map(|index| (format!("column {index}"), f64::from(index) - 8.0)).collect();
    let contributions: Vec<(&str, &str, f64)> =
        steps.iter().map(|(name, amount)| (name.as_str(), "", *amount)).collect();
    let figure = waterfall(&Waterfall { target: "y", base: 100.0, contributions: &contributions });
    let json = json(&figure);
    let marks = json["panels"][0]["marks"].as_array().unwrap();
    let bars = marks.iter().find(|mark| mark["kind"] == "rectangles").unwrap()["data"].as_array().unwrap();
    assert_eq!(bars.len(), 14);
    assert_eq!(bars[13]["feature"], "7 others");
    assert_eq!(bars[13]["sum"], 130);
}

#[test]
fn small_multiples_share_their_scales() {
    let of = |values: &[f64]| histogram(&Histogram { column: Column::new("x", values), bins: None, range: None });
    let figure = small_multiples("x by kind", &[("a", of(&[0.0, 1.0, 2.0])), ("b", of(&[5.0, 10.0, f64::NAN]))]);
    let json = json(&figure);
    assert_eq!(json["panels"][0]["x"], json["panels"][1]["x"]);
    assert_eq!(json["panels"][0]["y"], json["panels"][1]["y"]);
    assert_eq!(figure.notes, ["b: 1 row with a missing value is left out."]);
}

#[test]
fn what_has_no_finite_place_is_counted() {
    let places = [[0.0, 0.0], [0.5, f64::NAN], [1.0, 1.0]];
    let figure = roc(&[Curve { name: "model", places: &places, band: &[], score: None }]);
    assert_eq!(figure.notes, ["1 value that is not finite is left out."]);
    let bins = [CalibrationBin { predicted: 0.5, observed: f64::NAN, interval: None, count: 3 }; 2];
    assert_eq!(calibration(&[("model", &bins)]).notes, ["2 bins with a missing value are left out."]);
    let models = ["a", "b"].map(|name| Ranked { name, score: f64::NAN, interval: None });
    assert_eq!(leaderboard("accuracy", &models).notes, ["2 models with a missing value are left out."]);
}

#[test]
fn nothing_is_refused() {
    // Nothing at all, and values without a partner.
    let figures = [
        bars(&Bars::default()),
        boxes(&Boxes::default()),
        violins(&Boxes::default()),
        strips(&Boxes::default()),
        densities(&Densities::default()),
        scatter(&Scatter { x: Column::new("x", &[1.0, 2.0]), y: Column::new("y", &[1.0]), by: None }),
        lines(&Lines::default()),
        pie("", &[("a", -1.0), ("b", f64::NAN)]),
        scatter_matrix(&[]),
        missing_values(&[("a", &[])]),
        small_multiples("", &[]),
        components(&Components::default()),
        correlations(&[], &[]),
        roc(&[]),
        precision_recall(&[Curve::default()], Some(f64::NAN)),
        gain(&[]),
        thresholds(&[], None),
        calibration(&[("a", &[])]),
        confusion(&["a", "b"], &[1]),
        predicted_actual(&Predictions::default()),
        residuals(&Predictions::default()),
        score_curves(&ScoreCurves::default()),
        fold_scores("", &[Group { name: "a", values: &[f64::NAN] }]),
        leaderboard("", &[]),
        critical_difference(&[("a", 1.0)], Some(f64::INFINITY), &[[0, 9]]),
        parallel_coordinates(&ParallelCoordinates::default()),
        beeswarm(&[Contribution { feature: "a", contributions: &[1.0], values: &[] }]),
        waterfall(&Waterfall::default()),
        dependence(&Column::new("a", &[1.0]), &[], None),
        effect(&Effect::default()),
        tree("", &[]),
        tree("", &[TreeNode { lines: &[], share: Some(2.0), below: &[("itself", 0), ("nowhere", 7)] }]),
        plan("", &[PlanStage { lines: &["a"], kind: 900, after: &[0, 5] }]),
    ];
    for figure in figures {
        for (width, height) in [(800, 600), (300, 200), (0, 0)] {
            let picture = svg(&figure, Theme::Auto, Size { width, height });
            assert!(!picture.contains("NaN") && !picture.contains("inf"), "{picture}");
        }
        for width in [0, 30, 100] {
            assert!(terminal(&figure, width, true).ends_with('\n'));
        }
        assert!(json(&figure)["panels"].is_array());
    }
}
